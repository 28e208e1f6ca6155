"""Who works when: a legal roster for every agent, by CP-SAT in neighbourhoods.

A neighbourhood frees some cells (agent, day) of the roster; CP-SAT chooses shifts, queues and breaks of those cells
under all laws while the others stand. First the agents are placed a few at a time, then neighbourhoods are improved in
turn: a few agents over a week, or many agents on a day or two. A roster small enough to be one neighbourhood is solved
whole, and CP-SAT's bound is then one for the roster. Budgets are deterministic seconds, so a run can be repeated.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scenarios.schema import Staffing
from solvers.staffing.contracts import Contracts
from solvers.staffing.crew import Crew
from solvers.staffing.grid import Grid
from solvers.staffing.laws import earliest_next_start
from solvers.staffing.neighbourhood import Centre, solve_cells
from solvers.staffing.roster import Assignment, cost_eur, refused_agents
from solvers.staffing.shapes import Shapes

ROUNDS = {"quick": 12, "normal": 36, "thorough": 400}
_PLACE_SECONDS = {"quick": 0.3, "normal": 0.6, "thorough": 1.0}
_ROUND_SECONDS = {"quick": 0.5, "normal": 1.0, "thorough": 2.0}
_WHOLE_SECONDS = {"quick": 5.0, "normal": 20.0, "thorough": 120.0}
"""Deterministic seconds of CP-SAT."""
_REFUSED_FIRST = 2
"""Agents with a refused request that every third neighbourhood holds."""
_WHOLE_CHOICES = 2500
_DAY_CHOICES = 6000
_WEEK_CHOICES = 2500
_PLACE_CHOICES = 2500
"""Choices (agent, shift, queue) of a whole roster, an improvement on one day or on several, a placement."""


@dataclass(frozen=True)
class People:
    """The roster found. bound: EUR below which no legal roster is, None if CP-SAT did not see the whole."""

    assignment: Assignment
    value: float
    bound: float | None
    rounds: int
    brake_hit: bool
    seconds: float


def roster_people(
    required: np.ndarray,
    crew: Crew,
    contracts: Contracts,
    *,
    shapes: Shapes,
    grid: Grid,
    settings: Staffing,
    effort: str,
    time_limit_seconds: float,
    seed: int,
) -> People:
    """A legal roster for `required` (Q, T) agents on the phone."""
    started = time.perf_counter()
    centre = Centre(
        required=required,
        crew=crew,
        band=contracts.band,
        shapes=shapes,
        grid=grid,
        settings=settings,
        earliest=earliest_next_start(shapes, grid, settings.rules),
    )

    def left() -> float:
        return time_limit_seconds - (time.perf_counter() - started)

    def cost(assignment: Assignment) -> float:
        return cost_eur(assignment, required, crew, shapes=shapes, grid=grid, settings=settings)

    rng = np.random.default_rng(seed)
    choices = _choices(crew, shapes, grid)
    best = _place(centre, contracts, choices, effort=effort, left=left, rng=rng)
    value, bound, rounds = cost(best), None, 0
    if choices.sum() <= _WHOLE_CHOICES:
        free = np.ones(best.shape.shape, dtype=bool)
        seconds = _WHOLE_SECONDS[effort]
        answer = solve_cells(centre, best, free, deterministic_seconds=seconds, wall_seconds=left(), seed=seed)
        rounds, bound = 1, answer.bound
        if answer.assignment is not None and cost(answer.assignment) <= value:
            best, value = answer.assignment, cost(answer.assignment)
    else:
        while rounds < ROUNDS[effort] and left() > 0:
            refused = refused_agents(best, crew, shapes)
            free = _neighbourhood(rounds, choices, refused, grid, rng)
            seconds = _ROUND_SECONDS[effort]
            answer = solve_cells(
                centre, best, free, deterministic_seconds=seconds, wall_seconds=left(), seed=seed + rounds
            )
            rounds += 1
            if answer.assignment is not None and (found := cost(answer.assignment)) <= value:
                best, value = answer.assignment, found
    bound = None if bound is None else min(max(0.0, bound), value)
    return People(best, value, bound, rounds, left() <= 0, time.perf_counter() - started)


def _choices(crew: Crew, shapes: Shapes, grid: Grid) -> np.ndarray:
    """(A, D) number of (shift, queue) choices of each cell."""
    counts = np.zeros((len(crew), grid.days), dtype=np.int64)
    for day in range(grid.days):
        counts[:, day] = crew.can_work[:, shapes.day == day].sum(axis=1)
    return counts * np.array([len(queues) for queues in crew.queues], dtype=np.int64).reshape(-1, 1)


def _place(
    centre: Centre,
    contracts: Contracts,
    choices: np.ndarray,
    *,
    effort: str,
    left: Callable[[], float],
    rng: np.random.Generator,
) -> Assignment:
    """Agents placed a few at a time, those with the fewest choices first; each is legal as soon as it is placed."""
    current = Assignment.empty(*choices.shape)
    totals = choices.sum(axis=1)
    order = [int(a) for a in np.lexsort((rng.random(len(totals)), totals)) if totals[a] > 0]
    while order:
        batch = [order.pop(0)]
        while order and totals[[*batch, order[0]]].sum() <= _PLACE_CHOICES:
            batch.append(order.pop(0))
        for agent in batch:  # a legal start, kept if the search finds nothing in time
            _settle(current, agent, contracts.weeks[agent], centre)
        if left() <= 0:
            continue
        free = np.zeros(choices.shape, dtype=bool)
        free[batch] = True
        answer = solve_cells(
            centre,
            current,
            free,
            deterministic_seconds=_PLACE_SECONDS[effort],
            wall_seconds=left(),
            seed=int(rng.integers(2**31)),
        )
        if answer.assignment is not None:
            current = answer.assignment
    return current


def _settle(assignment: Assignment, agent: int, week: np.ndarray, centre: Centre) -> None:
    """Give an agent shapes by day, in its first queue, with the first break that is legal."""
    for day in np.flatnonzero(week >= 0):
        breaks = centre.shapes.breaks[week[day]]
        assignment.shape[agent, day] = week[day]
        assignment.queue[agent, day] = centre.crew.queues[agent][0]
        assignment.pause[agent, day] = breaks[0] if breaks else -1


def _neighbourhood(
    number: int, choices: np.ndarray, refused: np.ndarray, grid: Grid, rng: np.random.Generator
) -> np.ndarray:
    """Cells to free, in turn: many agents on one day, some over a week, more over two or three neighbouring days."""
    open_days = np.flatnonzero(choices.any(axis=0))
    kind = number % 3
    if kind == 0:
        days, budget = open_days[[number // 3 % len(open_days)]], _DAY_CHOICES
    elif kind == 1:
        week = int(rng.integers(grid.weeks))
        days, budget = np.array(grid.days_of(week)), _WEEK_CHOICES
    else:
        first = int(rng.choice(open_days))
        days, budget = np.arange(first, min(first + 2 + int(rng.integers(2)), grid.days)), _WEEK_CHOICES
    free = np.zeros(choices.shape, dtype=bool)
    order = rng.permutation(len(choices))
    if kind == 1:  # a few of those whose requests are refused go first
        order = np.concatenate([rng.permutation(refused)[:_REFUSED_FIRST], order]).astype(np.int64)
        order = order[np.sort(np.unique(order, return_index=True)[1])]
    for agent in order:
        size = int(choices[agent, days].sum())
        if size > budget:
            break
        if size:
            free[agent, days] = True
            budget -= size
    return free
