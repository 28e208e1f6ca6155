"""One rep-day cut out of a routing problem: only the visits it may have, as small flat arrays.

Times are whole seconds after midnight, money is euros. Node n stands for the start where a drive begins and for the
end where a drive ends; a task without a place is done where the rep is.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from solvers.routing.fastest import clock_of, parking_at
from solvers.routing.problem import RoutingProblem, Shift


class Day(NamedTuple):
    """n tasks of one rep-day; W windows at most.

    tasks: (n,) indices into the problem's tasks. drive: (n + 1, n + 1) seconds, from row to column. eur: the same in
    euros. service: (n,) seconds. windows: (n, 1 + 2 W) their number, then (from, to) of each, ascending. placed: (n,)
    whether the task has a place of its own. fixed: (n,) appointments, which must be kept. prize: (n,) see `prize_eur`.
    span: start, latest end, lunch, lunch from, lunch to, end without overtime. load: (n, D) of scarce things in the
    car, capacity: (D,) of them. overtime: euros a second of it. clock, back: see `solvers.routing.pace`, empty where
    drives always take the same; parking: (n + 1,) seconds of a drive to each node that no pace stretches.
    """

    tasks: np.ndarray
    drive: np.ndarray
    eur: np.ndarray
    service: np.ndarray
    windows: np.ndarray
    placed: np.ndarray
    fixed: np.ndarray
    prize: np.ndarray
    span: np.ndarray
    load: np.ndarray
    capacity: np.ndarray
    overtime: float
    clock: np.ndarray
    back: np.ndarray
    parking: np.ndarray


def make_day(problem: RoutingProblem, shift: int, tasks: Sequence[int]) -> Day:
    """The rep-day `shift` with these tasks of the problem, in the given order."""
    row, chosen = problem.shifts[shift], [problem.tasks[i] for i in tasks]
    place = np.array([t.place for t in chosen], np.int64)
    placed = place >= 0
    at = np.where(placed, place, row.start_place)
    sources, targets = np.append(at, row.start_place), np.append(at, row.end_place)
    most = max((len(t.windows) for t in chosen), default=1)
    windows = np.zeros((len(chosen), 1 + 2 * most), np.int64)
    for i, task in enumerate(chosen):
        windows[i, 0] = len(task.windows)
        windows[i, 1 : 1 + 2 * len(task.windows)] = np.ravel(task.windows)
    load = [t.load or (0,) * len(row.capacity) for t in chosen]
    clock, back = clock_of(row.pace)
    return Day(
        tasks=np.array(tasks, np.int64),
        drive=np.ascontiguousarray(problem.seconds[np.ix_(sources, targets)], np.int64),
        eur=np.ascontiguousarray(problem.km[np.ix_(sources, targets)] * problem.travel_eur_per_km, float),
        service=np.array([t.service_seconds for t in chosen], np.int64),
        windows=windows,
        placed=placed,
        fixed=np.array([t.kind == "appointment" for t in chosen], bool),
        prize=np.array([prize_eur(problem, shift, i) for i in tasks], float),
        span=span_of(row),
        load=np.array(load, np.int64).reshape(len(chosen), len(row.capacity)),
        capacity=np.array(row.capacity, np.int64),
        overtime=row.overtime_eur_per_hour / 3600,
        clock=clock,
        back=back,
        parking=parking_at(problem, targets) if row.pace else np.zeros(len(targets), np.int64),
    )


def prize_eur(problem: RoutingProblem, shift: int, task: int) -> float:
    """What a task brings on one of its rep-days, less what it costs that the rep is a neighbour of its territory's."""
    one = problem.tasks[task]
    fee = problem.borders.eur_per_visit if problem.borders and shift in one.border else 0.0
    return one.prize_on(shift) - fee


def span_of(row: Shift) -> np.ndarray:
    """`Day.span` of a rep-day."""
    lunch = row.lunch_seconds, row.lunch_from_seconds, row.lunch_to_seconds
    return np.array((row.start_seconds, row.latest_end_seconds, *lunch, row.end_seconds), np.int64)


def longer(day: Day, seconds: int) -> Day:
    """The same rep-day with its end and its latest end `seconds` later."""
    span = day.span.copy()
    span[[1, 5]] += seconds
    return day._replace(span=span)
