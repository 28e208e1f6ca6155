"""Plans on the way to the last one: own territories, then border visits, then even weeks, each from the one before.

What a rule brings or costs is measured, not estimated: the same search goes on from the plan that did without it, as
long as without the rule, and the two plans' values are told side by side (`Routes.ways`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from solvers.routing.arrays import in_euros, make_arrays
from solvers.routing.compiled import uneven_eur
from solvers.routing.improve import make_state
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


def find_ways(problem: RoutingProblem, search: Search) -> list[Way]:
    """The plans on the way, the last one with all that is asked for; one alone if the problem does not ask for ways.

    A plan without a rule is searched on for as many steps as the plan with it, and is kept in its place if it turns out
    to be better: what is told of a rule is never what more searching brings.
    """
    own, opened = within_territories(problem), replace(problem, even=None)
    soft, balanced = problem.borders is not None, problem.balance_eur_per_hour > 0
    orders = search(own, None)
    ways = [Way(OWN, own, _on(own, orders, search, soft + balanced))]
    if soft:
        orders = search(opened, orders)
        ways.append(_better(Way(BORDER, opened, _on(opened, orders, search, balanced)), ways[-1]))
    if balanced:
        even = EvenWeeks(problem.balance_eur_per_hour, shares_seconds(problem, ways[-1].orders.sequences))
        asked = replace(opened if soft else own, even=even)
        ways.append(_better(Way(EVEN, asked, search(asked, orders)), ways[-1]))
    return ways


def _on(problem: RoutingProblem, orders: Orders, search: Search, times: int) -> Orders:
    for _ in range(times):
        orders = search(problem, orders)
    return orders


def _better(way: Way, before: Way) -> Way:
    """The way, or the plan before it if that is better under the way's own rules."""
    plans = (before.orders, way.orders)
    worth = [_objective_eur(way.problem, orders) for orders in plans]
    return replace(way, orders=plans[int(worth[1] > worth[0])])


def _objective_eur(problem: RoutingProblem, orders: Orders) -> float:
    """What the search counts for a plan, by euros alone."""
    arrays = in_euros(make_arrays(problem))
    state = make_state(problem, arrays, orders.sequences)
    return float(state.value.sum()) - uneven_eur(arrays, state)


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
        float(beyond.sum()), sum(share.values()) / SECONDS_PER_HOUR, float(hours.max()), float(hours.min()),
    )  # fmt: skip
