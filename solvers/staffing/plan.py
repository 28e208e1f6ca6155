"""The staffing of the contact centre, from forecast to named shifts: `plan_staffing` shows the whole on one screen."""

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecasting.types import CallForecast
from scenarios.schema import Staffing
from scenarios.schema.base import Horizon
from solvers.brake import Brake, Stop, never
from solvers.outcome import Outcome, conclude
from solvers.staffing.crew import Crew, make_crew
from solvers.staffing.grid import Grid, make_grid
from solvers.staffing.requirement import Requirement, answered_share, require_agents
from solvers.staffing.roster import Assignment, cost_eur, cover
from solvers.staffing.shapes import Shapes, make_shapes
from solvers.staffing.tables import agent_table, request_table, requirement_table, shift_table
from solvers.types import Roster

if TYPE_CHECKING:
    from solvers.staffing.design import Design
    from solvers.staffing.people import People

_DESIGN_SHARE = 0.4
"""Share of the time limit after which the shift design gives up."""
_NAMED = 5


def plan_staffing(
    forecast: CallForecast,
    agents: pd.DataFrame,
    absences: pd.DataFrame,
    shift_requests: pd.DataFrame,
    *,
    settings: Staffing,
    horizon: Horizon,
    engine: str,
    effort: str,
    time_limit_seconds: float,
    seed: int,
    stop: Stop = never,
) -> Roster:
    """Staff the planned days: requirement, shift design, people.

    Demand is soft (agent hours short cost `understaffed_eur_per_agent_hour`), working-time law is hard, and so is the
    contract with its tolerance wherever the agent alone can keep it; a legal roster therefore always exists.

    Args:
        forecast: days of the horizon that it does not cover are not planned, and are named.
        agents, absences, shift_requests: tables of the input contract; absences of other people are ignored.
        settings, horizon: the `staffing:` block, and the days to plan (`settings.horizon` is not read).
        engine: of the shift design, `auto`, `highs` or `cbc`.
        effort, time_limit_seconds: budgets in steps, and the brake; the roster is legal even if it is hit.

    Returns:
        The roster with three outcomes: requirement (agent hours), design (EUR), people (EUR).

    Raises:
        ScenarioError: the time zone is unknown, or staffing intervals are finer than the forecast's.
    """
    started = time.perf_counter()
    grid, notes = _planned_days(forecast, settings, horizon)
    requirement = require_agents(forecast, grid, settings=settings)
    outcome = _requirement_outcome(requirement, grid, time.perf_counter() - started, notes)
    shapes = make_shapes(grid, settings.shifts)
    queues = requirement.queues
    crew = make_crew(
        agents, absences, shift_requests, planned_queues=queues, settings=settings, grid=grid, shapes=shapes
    )
    assignment, outcomes = _search(
        requirement,
        crew,
        shapes,
        grid,
        settings,
        engine=engine,
        effort=effort,
        brake=Brake(started + time_limit_seconds, stop),
        seed=seed,
    )
    on_phone = cover(assignment, shapes, queues=len(queues)) * (1 - settings.shrinkage_pct / 100)
    answered = answered_share(requirement, on_phone, grid, settings)
    return Roster(
        requirement=requirement_table(requirement, on_phone, answered, grid),
        shifts=shift_table(assignment, queues, crew, shapes, grid),
        agents=agent_table(assignment, crew, shapes, grid),
        requests=request_table(shift_requests, assignment, crew, shapes),
        outcomes=(outcome, *outcomes),
    )


def _planned_days(forecast: CallForecast, settings: Staffing, horizon: Horizon) -> tuple[Grid, tuple[str, ...]]:
    """The days of the horizon that the forecast covers, as a grid, and a note on those it does not."""
    first = np.datetime64(horizon.start, "D")
    days = first + np.arange(horizon.days)
    known = np.unique(np.asarray(forecast.interval_starts, dtype="datetime64[us]").astype("datetime64[D]"))
    covered = days[np.isin(days, known)] if len(forecast.queues) else days[:0]
    notes: tuple[str, ...] = ()
    if len(covered) < len(days):
        notes = (f"{len(days) - len(covered)} of {len(days)} days lie outside the call forecast and are not rostered",)
    grid = make_grid(
        first_day=covered[0] if len(covered) else first,
        days=int((covered[-1] - covered[0]).astype(int)) + 1 if len(covered) else 0,
        interval_minutes=settings.interval_minutes,
        opening_hours=settings.opening_hours,
        timezone=settings.timezone,
    )
    return grid, notes


def _requirement_outcome(requirement: Requirement, grid: Grid, seconds: float, notes: tuple[str, ...]) -> Outcome:
    notes = (*notes, *requirement.notes)
    method = "Erlang A over sample paths, exact search in each interval"
    if not grid.is_open.any() or not requirement.queues:
        reason = "no day with a forecast is open" if requirement.queues else "no queue is forecast"
        return Outcome(
            "staffing.requirement", "nothing_to_do", 0, None, "agent-hours", False, method, seconds, (*notes, reason)
        )
    hours = float(requirement.agents.sum()) * grid.interval_minutes / 60
    return conclude(
        stage="staffing.requirement",
        value=hours,
        bound=hours,
        unit="agent-hours",
        maximise=False,
        method=method,
        seconds=seconds,
        notes=notes,
    )


def _search(
    requirement: Requirement,
    crew: Crew,
    shapes: Shapes,
    grid: Grid,
    settings: Staffing,
    *,
    engine: str,
    effort: str,
    brake: Brake,
    seed: int,
) -> tuple[Assignment, tuple[Outcome, Outcome]]:
    """Design, then people, whose bound is the better of the design's and CP-SAT's own."""
    if not grid.is_open.any() or not requirement.queues or not len(crew):
        return _nothing_to_search(requirement, crew, shapes, grid, settings)
    # imported here: OR-Tools takes half a second, and nobody needs it without people
    from solvers.staffing.contracts import bind_contracts
    from solvers.staffing.design import design_shifts
    from solvers.staffing.people import roster_people

    contracts = bind_contracts(crew, shapes=shapes, grid=grid, rules=settings.rules, seed=seed)
    design = design_shifts(
        requirement.agents,
        crew,
        contracts.band,
        shapes=shapes,
        grid=grid,
        settings=settings,
        engine=engine,
        effort=effort,
        time_limit_seconds=_DESIGN_SHARE * brake.seconds_left(),
        seed=seed,
        stop=brake.stop,
    )
    people = roster_people(
        requirement.agents,
        crew,
        contracts,
        shapes=shapes,
        grid=grid,
        settings=settings,
        effort=effort,
        brake=brake,
        seed=seed,
    )
    if design.value is None:  # the roster is itself a design, its requests left aside
        bare = _without_requests(people.assignment, requirement, crew, shapes, grid, settings)
        design = replace(design, value=bare, method=f"{design.method}; value: counts of the roster")
    return people.assignment, (
        _design_outcome(design, shapes),
        _people_outcome(people, design, crew, contracts.outside),
    )


def _design_outcome(design: "Design", shapes: Shapes) -> Outcome:
    assert design.value is not None
    return conclude(
        stage="staffing.design",
        value=design.value,
        bound=None if design.bound is None else min(design.bound, design.value),
        unit="EUR",
        maximise=False,
        method=design.method,
        seconds=design.seconds,
        brake_hit=design.brake_hit,
        asked_gap_pct=design.asked_gap_pct,
        notes=_shape_notes(shapes),
    )


def _people_outcome(people: "People", design: "Design", crew: Crew, outside: np.ndarray) -> Outcome:
    bounds = [bound for bound in (design.bound, people.bound) if bound is not None]
    return conclude(
        stage="staffing.people",
        value=people.value,
        bound=max(bounds) if bounds else None,
        unit="EUR",
        maximise=False,
        method=f"CP-SAT, {people.rounds} neighbourhoods; bound of the shift design or of CP-SAT",
        seconds=people.seconds,
        brake_hit=people.brake_hit,
        notes=_people_notes(crew, outside),
    )


def _without_requests(
    assignment: Assignment, requirement: Requirement, crew: Crew, shapes: Shapes, grid: Grid, settings: Staffing
) -> float:
    costs = settings.costs.model_copy(update={"refused_request_eur_per_weight": 0.0})
    plain = settings.model_copy(update={"costs": costs})
    return cost_eur(assignment, requirement.agents, crew, shapes=shapes, grid=grid, settings=plain)


def _nothing_to_search(
    requirement: Requirement, crew: Crew, shapes: Shapes, grid: Grid, settings: Staffing
) -> tuple[Assignment, tuple[Outcome, Outcome]]:
    """Nobody to place or nothing open: the only roster is the empty one."""
    empty = Assignment.empty(len(crew), grid.days)
    value = cost_eur(empty, requirement.agents, crew, shapes=shapes, grid=grid, settings=settings)
    notes = (*crew.notes, "there are no agents" if not len(crew) else "the centre is closed: nobody works")
    bound = value if value > 0 else None
    design, people = (
        Outcome(stage, "nothing_to_do", value, bound, "EUR", False, "empty roster", 0.0, notes)
        for stage in ("staffing.design", "staffing.people")
    )
    return empty, (design, people)


def _shape_notes(shapes: Shapes) -> tuple[str, ...]:
    if not len(shapes):
        return ("no shift length fits opening hours and the break law: nobody can work",)
    if not shapes.unusable_hours:
        return ()
    lengths = ", ".join(f"{hours:g}" for hours in shapes.unusable_hours)
    return (f"shifts of {lengths} hours are left out: no single break keeps every stretch of work legal",)


def _people_notes(crew: Crew, outside: np.ndarray) -> tuple[str, ...]:
    notes = list(crew.notes)
    idle = [crew.ids[a] for a in range(len(crew)) if not crew.queues[a]]
    if idle:
        notes.append(f"{_listed(idle)} serve no planned queue and get no shift")
    missed = [crew.ids[a] for a in np.flatnonzero(outside) if crew.queues[a]]
    if missed:
        notes.append(
            f"{_listed(missed)}: laws, availability and opening hours allow no week within the contract's tolerance; "
            "planned with the nearest hours"
        )
    return tuple(notes)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{len(names)} agents ({', '.join(names[:_NAMED])}{more})"
