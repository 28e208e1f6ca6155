"""Who works when: a legal roster for every agent, by CP-SAT in neighbourhoods.

A neighbourhood frees some cells (agent, day) of the roster; CP-SAT chooses shifts, queues and breaks of those cells
under all laws while the others stand. First the agents are placed one after the other, then a few at a time are taken
out and placed again, then neighbourhoods are improved in turn. A roster small enough to be one neighbourhood is solved
whole, and CP-SAT's bound is then one for the roster. Budgets are deterministic seconds, so a run can be repeated.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scenarios.schema import Staffing
from solvers.brake import Brake
from solvers.staffing.contracts import Contracts
from solvers.staffing.crew import Crew
from solvers.staffing.grid import Grid
from solvers.staffing.laws import earliest_next_start
from solvers.staffing.neighbourhood import Centre, solve_cells
from solvers.staffing.response import recreate, respond
from solvers.staffing.roster import Assignment, cost_eur, cover, refused_agents
from solvers.staffing.shapes import Shapes

RECREATIONS = {"quick": 80, "normal": 240, "thorough": 3000}
"""Times that a few agents are taken out and placed again."""
_MOST_TAKEN_OUT = 4
ROUNDS = {"quick": 5, "normal": 16, "thorough": 300}
_ROUND_SECONDS = {"quick": 0.6, "normal": 1.0, "thorough": 2.0}
_WHOLE_SECONDS = {"quick": 5.0, "normal": 20.0, "thorough": 120.0}
"""Deterministic seconds of CP-SAT."""
_REFUSED_FIRST = 2
"""Agents with a refused request that every third neighbourhood holds."""
_WHOLE_CHOICES = 2500
_DAY_CHOICES = 6000
_WEEK_CHOICES = 2500
"""Choices (agent, shift, queue) of a whole roster, of an improvement on one day, on several."""


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
    brake: Brake,
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

    def cost(assignment: Assignment) -> float:
        return cost_eur(assignment, required, crew, shapes=shapes, grid=grid, settings=settings)

    rng = np.random.default_rng(seed)
    choices = _choices(crew, shapes, grid)
    best = _place(centre, contracts, choices, left=brake.seconds_left, rng=rng)
    bound, rounds = None, 1
    if choices.sum() <= _WHOLE_CHOICES:
        free = np.ones(best.shape.shape, dtype=bool)
        seconds = _WHOLE_SECONDS[effort]
        answer = solve_cells(
            centre, best, free, deterministic_seconds=seconds, wall_seconds=brake.seconds_left(), seed=seed,
            stop=brake.stop,
        )  # fmt: skip
        bound = answer.bound
        if answer.assignment is not None:
            best = min(best, answer.assignment, key=cost)
    else:
        best = _recreate(centre, best, choices, cost=cost, left=brake.seconds_left, steps=RECREATIONS[effort], rng=rng)
        best, rounds = _improve(centre, best, choices, cost=cost, left=brake.seconds_left, effort=effort, rng=rng)
    value = cost(best)
    bound = None if bound is None else min(max(0.0, bound), value)
    return People(best, value, bound, rounds, brake.pulled(), time.perf_counter() - started)


def _recreate(
    centre: Centre,
    best: Assignment,
    choices: np.ndarray,
    *,
    cost: Callable[[Assignment], float],
    left: Callable[[], float],
    steps: int,
    rng: np.random.Generator,
) -> Assignment:
    """One to a few agents are taken out and placed again; what is not dearer is kept."""
    movable, value = np.flatnonzero(choices.any(axis=1)), cost(best)
    for step in range(steps):
        if left() <= 0:
            break
        taken = rng.permutation(movable)[: 1 + step % _MOST_TAKEN_OUT].tolist()
        candidate = recreate(centre, best, taken, rng=rng)
        if (found := cost(candidate)) <= value:
            best, value = candidate, found
    return best


def _improve(
    centre: Centre,
    best: Assignment,
    choices: np.ndarray,
    *,
    cost: Callable[[Assignment], float],
    left: Callable[[], float],
    effort: str,
    rng: np.random.Generator,
) -> tuple[Assignment, int]:
    """Neighbourhoods re-decided in turn; what is not dearer is kept. Returns the roster and the rounds done."""
    value, rounds = cost(best), 0
    while rounds < ROUNDS[effort] and left() > 0:
        refused = refused_agents(best, centre.crew, centre.shapes)
        free = _neighbourhood(rounds, choices, refused, centre.grid, rng)
        answer = solve_cells(
            centre,
            best,
            free,
            deterministic_seconds=_ROUND_SECONDS[effort],
            wall_seconds=left(),
            seed=int(rng.integers(2**31)),
        )
        rounds += 1
        if answer.assignment is not None and (found := cost(answer.assignment)) <= value:
            best, value = answer.assignment, found
    return best, rounds


def _choices(crew: Crew, shapes: Shapes, grid: Grid) -> np.ndarray:
    """(A, D) number of (shift, queue) choices of each cell."""
    counts = np.zeros((len(crew), grid.days), dtype=np.int64)
    for day in range(grid.days):
        counts[:, day] = crew.can_work[:, shapes.day == day].sum(axis=1)
    return counts * np.array([len(queues) for queues in crew.queues], dtype=np.int64).reshape(-1, 1)


def _place(
    centre: Centre, contracts: Contracts, choices: np.ndarray, *, left: Callable[[], float], rng: np.random.Generator
) -> Assignment:
    """Agents placed one after the other, each as well as it can be, those with the fewest choices first."""
    current = Assignment.empty(*choices.shape)
    totals = choices.sum(axis=1)
    standing = np.zeros(centre.required.shape)
    for agent in map(int, np.lexsort((rng.random(len(totals)), totals))):
        if not totals[agent]:
            continue
        _settle(current, agent, contracts.weeks[agent], centre)  # a legal start, kept if time is up
        if left() > 0:
            respond(centre, current, agent, standing=standing, seed=int(rng.integers(2**31)))
        only = np.zeros(choices.shape, dtype=bool)
        only[agent] = True
        standing += cover(current, centre.shapes, queues=len(centre.required), where=only)
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
