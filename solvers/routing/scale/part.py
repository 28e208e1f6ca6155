"""A few rep-days and visits cut out of a large problem, with drives computed for these places only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from solvers.brake import Brake
from solvers.routing.arrays import make_arrays
from solvers.routing.improve import improve, make_state
from solvers.routing.pool.day import make_day, prize_eur
from solvers.routing.pool.polish import overtime_eur
from solvers.routing.problem import Borders, RoutingProblem, Task
from solvers.travel import Places, TravelModel


@dataclass(frozen=True)
class Part:
    """A piece of work that travels to a worker: `problem` has its own numbering and, if `travel` is given, no drives
    yet; tasks, shifts: numbers in the large problem; start: orders to begin with, in the part's numbering."""

    problem: RoutingProblem
    travel: TravelModel | None
    tasks: tuple[int, ...]
    shifts: tuple[int, ...]
    start: tuple[tuple[int, ...], ...]
    steps: int
    seed: int
    until: float = float("inf")


def cut(
    problem: RoutingProblem,
    *,
    shifts: Sequence[int],
    tasks: Iterable[int],
    orders: dict[int, tuple[int, ...]],
    travel: TravelModel | None,
    steps: int,
    seed: int,
    until: float = float("inf"),
    border_visits_elsewhere: int = 0,
) -> Part:
    """The part of these rep-days and tasks; `orders`: the present order of each of its rep-days, in large numbers.

    Even weeks are a matter of the whole plan, which a part does not see: it is not asked for them.

    Args:
        border_visits_elsewhere: visits across borders on rep-days that are not in the part; they stay made.
        travel: where the drives come from; None: from the problem's own matrices.
        until: instant of `time.perf_counter` on this machine at which the part's search ends early.
    """
    chosen = sorted({*tasks, *(i for shift in shifts for i in orders.get(shift, ()))})
    number = {task: k for k, task in enumerate(chosen)}
    day = {shift: k for k, shift in enumerate(shifts)}
    rows = [problem.shifts[s] for s in shifts]
    used = {problem.tasks[i].place for i in chosen if problem.tasks[i].place >= 0}
    stops = sorted(used | {r.start_place for r in rows} | {r.end_place for r in rows})
    place = {old: new for new, old in enumerate(stops)} | {-1: -1}
    at, all_places = np.array(stops, np.int64), problem.places
    places = Places(all_places.ids[at], all_places.latitude[at], all_places.longitude[at], all_places.parks[at])
    own_tasks = tuple(_moved(problem.tasks[i], place, day) for i in chosen)
    own_shifts = tuple(replace(r, start_place=place[r.start_place], end_place=place[r.end_place]) for r in rows)
    none = np.zeros((0, 0))
    small = replace(
        problem,
        tasks=own_tasks,
        shifts=own_shifts,
        places=places,
        seconds=none.astype(np.int64) if travel else problem.seconds[np.ix_(at, at)],
        km=none if travel else problem.km[np.ix_(at, at)],
        days=problem.days.iloc[:0],
        refused=problem.refused.iloc[:0],
        notes=(),
        borders=_left(problem.borders, border_visits_elsewhere),
        even=None,
        balance_eur_per_hour=0.0,
    )
    start = tuple(tuple(number[i] for i in orders.get(shift, ())) for shift in shifts)
    return Part(small, travel, tuple(chosen), tuple(shifts), start, steps, seed, until)


def _moved(task: Task, place: dict[int, int], day: dict[int, int]) -> Task:
    """A task in the part's numbering; what waiting costs stays beside its rep-days."""
    kept = sorted((day[s], k) for k, s in enumerate(task.shifts) if s in day)
    return replace(
        task,
        place=place[task.place],
        shifts=tuple(s for s, _ in kept),
        waited_eur=tuple(task.waited_eur[k] for _, k in kept) if task.waited_eur else (),
        border=tuple(sorted(day[s] for s in task.border if s in day)),
    )


def _left(borders: Borders | None, made: int) -> Borders | None:
    return replace(borders, most_visits=max(0, borders.most_visits - made)) if borders else None


def with_drives(part: Part) -> RoutingProblem:
    """The part's problem with its drives."""
    if part.travel is None:
        return part.problem
    seconds, km = part.travel.matrix(part.problem.places, part.problem.places)
    return replace(part.problem, seconds=seconds, km=km)


@dataclass(frozen=True)
class Solved:
    """orders: by shift, in large numbers; value_eur and start_eur: of these and of the part's start; brake_hit: whether
    time ended the search."""

    orders: dict[int, tuple[int, ...]]
    value_eur: float
    start_eur: float
    brake_hit: bool


def solve_part(part: Part) -> Solved:
    """The part's best orders found, never worse than its start. Runs in a worker: all it needs is in the part."""
    problem = with_drives(part)
    arrays = make_arrays(problem)
    found, braked = improve(
        problem, arrays, make_state(problem, arrays, part.start), steps=part.steps, seed=part.seed,
        brake=Brake(part.until),
    )  # fmt: skip
    orders = {shift: tuple(part.tasks[i] for i in order) for shift, order in zip(part.shifts, found, strict=True)}
    value, start = (sum(value_eur(problem, k, order) for k, order in enumerate(plan)) for plan in (found, part.start))
    return Solved(orders, value, start, braked)


def value_eur(problem: RoutingProblem, shift: int, order: Sequence[int]) -> float:
    """Prizes of one rep-day less travel, overtime and what its visits across borders cost."""
    if not order:
        return 0.0
    row, tasks = problem.shifts[shift], [problem.tasks[i] for i in order]
    path = [row.start_place, *(t.place for t in tasks if t.place >= 0), row.end_place]
    km = sum(float(problem.km[a, b]) for a, b in pairwise(path))
    late = overtime_eur(make_day(problem, shift, order), tuple(range(len(order)))) if row.overtime_seconds else 0.0
    return sum(prize_eur(problem, shift, i) for i in order) - problem.travel_eur_per_km * km - late
