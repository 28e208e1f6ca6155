"""Plans on the way to the last one: own territories, then border visits, then even weeks, each from the one before.

What a rule brings or costs is measured, not estimated: the same search goes on from the plan that did without it, and
the two plans' values are told side by side (`Routes.ways`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

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


def asks_for_ways(problem: RoutingProblem) -> bool:
    """Whether the problem has a rule whose price is to be told."""
    return problem.borders is not None or problem.balance_eur_per_hour > 0


def search_ways(problem: RoutingProblem, search: Search) -> tuple[RoutingProblem, Orders, pd.DataFrame]:
    """The plan with all that is asked for, the problem that it solves, and `Routes.ways`."""
    plans = list(_plans(problem, search))
    _, solved, orders = plans[-1]
    share = solved.even.share_seconds if solved.even else shares_seconds(problem, orders.sequences)
    rows = [_row(way, each, orders, share) for way, each, orders in plans]
    table = pd.DataFrame(rows, columns=list(no_routing_ways().columns)).astype(no_routing_ways().dtypes.to_dict())
    return solved, orders, table


def _plans(problem: RoutingProblem, search: Search) -> Iterator[tuple[str, RoutingProblem, Orders]]:
    own = within_territories(problem)
    orders = search(own, None)
    yield OWN, own, orders
    open_borders = replace(problem, even=None)
    if problem.borders is not None:
        orders = search(open_borders, orders)
        yield BORDER, open_borders, orders
    if problem.balance_eur_per_hour > 0:
        even = EvenWeeks(problem.balance_eur_per_hour, shares_seconds(problem, orders.sequences))
        balanced = replace(problem, even=even)
        yield EVEN, balanced, search(balanced, orders)


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


def _row(way: str, problem: RoutingProblem, orders: Orders, share: Mapping[str, float]) -> tuple[object, ...]:
    stops = stops_table(problem, make_arrays(problem), orders.sequences)
    shifts = shifts_table(problem, stops)
    work = dict.fromkeys(share, 0.0)
    for shift, seconds in zip(problem.shifts, work_seconds(problem, orders.sequences), strict=True):
        work[shift.rep_id] += seconds
    hours = np.array(list(work.values())) / SECONDS_PER_HOUR
    beyond = np.maximum(0.0, hours - np.array([share[rep] for rep in work]) / SECONDS_PER_HOUR)
    return (
        way, plan_value_eur(problem, shifts), int(shifts["visits"].sum()), int(shifts["border_visits"].sum()),
        float(beyond.sum()), float(hours.max(initial=0.0)), float(hours.min(initial=np.inf)),
    )  # fmt: skip
