"""Plans on the way to the last one: own territories, then border visits, then even weeks, each from the one before.

What a rule brings or costs is measured, not estimated: the same search goes on from the plan that did without it, and
the two plans' values are told side by side (`Routes.ways`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from solvers.routing.arrays import make_arrays
from solvers.routing.problem import EvenWeeks, Orders, RoutingProblem, Task
from solvers.routing.tables import plan_value_eur, shifts_table, stops_table
from solvers.types import no_routing_ways

OWN, BORDER, EVEN = "own territories", "border visits", "even weeks"
SECONDS_PER_HOUR = 3600

Search = Callable[[RoutingProblem, Orders | None], Orders]
"""From a problem, and the plan to begin with, to a plan."""


@dataclass(frozen=True)
class Way:
    """A plan on the way, and the problem that it solves."""

    name: str
    problem: RoutingProblem
    orders: Orders


def find_ways(problem: RoutingProblem, search: Search) -> Iterator[Way]:
    """The plans on the way, the last one with all that is asked for; one alone if the problem does not ask for ways."""
    own = within_territories(problem)
    orders = search(own, None)
    yield Way(OWN, own, orders)
    if problem.borders is not None:
        open_borders = replace(problem, even=None)
        orders = search(open_borders, orders)
        yield Way(BORDER, open_borders, orders)
    if problem.balance_eur_per_hour > 0:
        even = EvenWeeks(problem.balance_eur_per_hour, shares_seconds(problem, orders.sequences))
        balanced = replace(problem, even=even)
        yield Way(EVEN, balanced, search(balanced, orders))


def ways_table(ways: Sequence[Way]) -> pd.DataFrame:
    """`Routes.ways`; empty where one plan stands alone."""
    if len(ways) < 2:
        return no_routing_ways()
    last = ways[-1]
    even = last.problem.even
    share = even.share_seconds if even else shares_seconds(last.problem, last.orders.sequences)
    table = pd.DataFrame([_row(way, share) for way in ways], columns=list(no_routing_ways().columns))
    return table.astype(no_routing_ways().dtypes.to_dict())


def within_territories(problem: RoutingProblem) -> RoutingProblem:
    """The same without border visits and even weeks."""
    return replace(problem, tasks=tuple(map(_own_only, problem.tasks)), borders=None, even=None)


def _own_only(task: Task) -> Task:
    if not task.border:
        return task
    kept = [k for k, shift in enumerate(task.shifts) if shift not in task.border]
    waited = tuple(task.waited_eur[k] for k in kept) if task.waited_eur else ()
    return replace(task, shifts=tuple(task.shifts[k] for k in kept), waited_eur=waited, border=())


def shares_seconds(problem: RoutingProblem, sequences: tuple[tuple[int, ...], ...]) -> dict[str, float]:
    """By rep: the plan's work in proportion to the rep's working time."""
    reps = np.array([shift.rep_id for shift in problem.shifts], object)
    time = np.array([s.end_seconds - s.start_seconds for s in problem.shifts], float)
    total = work_seconds(problem, sequences).sum()
    return {str(rep): float(total * time[reps == rep].sum() / time.sum()) for rep in dict.fromkeys(reps)}


def work_seconds(problem: RoutingProblem, sequences: tuple[tuple[int, ...], ...]) -> np.ndarray:
    """(S,) service and driving of each rep-day, at the drives' base seconds."""
    work = np.zeros(len(problem.shifts))
    for shift, order in enumerate(sequences):
        if order:
            day, tasks = problem.shifts[shift], [problem.tasks[i] for i in order]
            path = np.array([day.start_place, *(t.place for t in tasks if t.place >= 0), day.end_place])
            work[shift] = problem.seconds[path[:-1], path[1:]].sum() + sum(t.service_seconds for t in tasks)
    return work


def _row(way: Way, share: Mapping[str, float]) -> tuple[object, ...]:
    problem, sequences = way.problem, way.orders.sequences
    shifts = shifts_table(problem, stops_table(problem, make_arrays(problem), sequences))
    work = dict.fromkeys(share, 0.0)
    for shift, seconds in zip(problem.shifts, work_seconds(problem, sequences), strict=True):
        work[shift.rep_id] += seconds
    hours = np.array(list(work.values())) / SECONDS_PER_HOUR
    beyond = np.maximum(0.0, hours - np.array([share[rep] for rep in work]) / SECONDS_PER_HOUR)
    return (
        way.name, plan_value_eur(problem, shifts), int(shifts["visits"].sum()), int(shifts["border_visits"].sum()),
        float(beyond.sum()), float(hours.max()), float(hours.min()),
    )  # fmt: skip
