"""The working-time law for one agent, as CP-SAT constraints: one function a rule, each of them hard.

Days before and after the planned ones are taken as free. A shift counts on the day on which it starts.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from scenarios.schema import Rules
from solvers.staffing.grid import Grid
from solvers.staffing.shapes import Shapes

_REST_REACH_DAYS = 2
"""A shift of at most a day and a rest of at most a day reach no further than the second day after."""


@dataclass(frozen=True)
class Options:
    """Shifts that the model may give an agent, and those that stand.

    shapes, variables: one entry per choice (a shape appears once per queue). fixed: day -> shape of settled days.
    """

    shapes: np.ndarray
    variables: Sequence[cp_model.IntVar]
    fixed: Mapping[int, int]


def earliest_next_start(shapes: Shapes, grid: Grid, rules: Rules) -> np.ndarray:
    """(K,) first local minute at which the next shift may start: the rest has passed, by the clock and in fact."""
    rest = round(60 * rules.min_rest_hours)
    passed = np.searchsorted(grid.elapsed, grid.elapsed[shapes.end] + rest)
    result: np.ndarray = np.maximum(shapes.end + rest, passed)
    return result


def fits_fixed(shapes: Shapes, earliest: np.ndarray, candidates: np.ndarray, fixed: Mapping[int, int]) -> np.ndarray:
    """Which candidate shapes keep the rest to the settled shifts of other days."""
    fits = np.ones(len(candidates), dtype=bool)
    for day, shape in fixed.items():
        later, sooner = shapes.day[candidates] > day, shapes.day[candidates] < day
        fits &= ~later | (shapes.start[candidates] >= earliest[shape])
        fits &= ~sooner | (shapes.start[shape] >= earliest[candidates])
    return fits


def add_laws(
    model: cp_model.CpModel,
    options: Options,
    *,
    shapes: Shapes,
    grid: Grid,
    rules: Rules,
    most_days: np.ndarray,
    earliest: np.ndarray,
) -> None:
    """All rules but the paid hours of a week, which the caller holds beside the contract."""
    by_day: dict[int, list[cp_model.IntVar]] = defaultdict(list)
    for shape, variable in zip(options.shapes, options.variables, strict=True):
        by_day[int(shapes.day[shape])].append(variable)
    _one_shift_a_day(model, by_day)
    _rest(model, options, shapes, earliest)
    _days_in_a_row(model, by_day, options.fixed, grid, rules)
    _days_off(model, by_day, options.fixed, grid, most_days)


def _one_shift_a_day(model: cp_model.CpModel, by_day: Mapping[int, list[cp_model.IntVar]]) -> None:
    """At most one shift starts on a day."""
    for variables in by_day.values():
        model.add_at_most_one(variables)


def _rest(model: cp_model.CpModel, options: Options, shapes: Shapes, earliest: np.ndarray) -> None:
    """Between the end of a shift and the next start lie the hours of rest.

    One row for each different set of later starts that some shift forbids: all shifts that forbid at least this set,
    and the set itself, are worked at most once. Rests to settled days are kept by the choice of options.
    """
    days = shapes.day[options.shapes]
    numbers = {int(day): np.flatnonzero(days == day) for day in np.unique(days)}
    for day, sooner in numbers.items():
        for later_day in range(day + 1, day + 1 + _REST_REACH_DAYS):
            later = numbers.get(later_day)
            if later is None:
                continue
            starts = shapes.start[options.shapes[later]]
            ends = earliest[options.shapes[sooner]]
            seen = 0
            for end in np.unique(ends):
                forbidden = later[starts < end]
                if len(forbidden) == seen:
                    continue
                seen = len(forbidden)
                clash = [*sooner[ends >= end], *forbidden]
                model.add_at_most_one([options.variables[i] for i in clash])


def _days_in_a_row(
    model: cp_model.CpModel,
    by_day: Mapping[int, list[cp_model.IntVar]],
    fixed: Mapping[int, int],
    grid: Grid,
    rules: Rules,
) -> None:
    """No run of working days is longer than the limit."""
    for first in range(grid.days - rules.max_days_in_a_row):
        _at_most(model, by_day, fixed, range(first, first + rules.max_days_in_a_row + 1), rules.max_days_in_a_row)


def _days_off(
    model: cp_model.CpModel,
    by_day: Mapping[int, list[cp_model.IntVar]],
    fixed: Mapping[int, int],
    grid: Grid,
    most_days: np.ndarray,
) -> None:
    """A week has its days without a shift."""
    for week in range(grid.weeks):
        _at_most(model, by_day, fixed, grid.days_of(week), int(most_days[week]))


def _at_most(
    model: cp_model.CpModel,
    by_day: Mapping[int, list[cp_model.IntVar]],
    fixed: Mapping[int, int],
    days: range,
    most: int,
) -> None:
    settled = sum(day in fixed for day in days)
    if settled + sum(day in by_day for day in days) > most:
        model.add(cp_model.LinearExpr.sum([v for day in days for v in by_day.get(day, ())]) <= most - settled)
