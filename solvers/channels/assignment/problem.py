"""A generalized assignment problem: each of n tasks to one of m people, minutes and cost differ by pair.

minimise  sum_j cost[choice_j, j]   subject to  sum_{j: choice_j = i} minutes[i, j] <= capacity[i]  for each i
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from scenarios.errors import DataError

Ended = Literal["optimal", "feasible", "time_limit", "infeasible", "none_found", "nothing_to_do"]
"""optimal: the bound meets the cost; feasible: iterations used up; time_limit: seconds used up; infeasible: proven that
no assignment keeps the capacities; none_found: neither an assignment nor a proof; nothing_to_do: no tasks."""

TOLERANCE_MINUTES = 1e-6
"""Capacities count as kept up to this much: sums of minutes that are no whole numbers carry rounding."""


@dataclass(frozen=True)
class AssignmentProblem:
    """cost (m, n) in any unit, inf where person i may not take task j; minutes (m, n) >= 0; capacity (m,) minutes >= 0.

    A pair whose minutes alone are above the person's capacity is not allowed either: its cost is inf here.
    """

    cost: np.ndarray
    minutes: np.ndarray
    capacity: np.ndarray

    @property
    def whole_costs(self) -> bool:
        """Whether all costs are whole numbers, so that a bound may be rounded up."""
        known = self.cost[np.isfinite(self.cost)]
        return bool(np.all(known == np.round(known))) and bool(np.abs(known).sum() < 2**50)


@dataclass(frozen=True)
class AssignmentPlan:
    """The answer.

    choice: (n,) the person of each task. It always is a whole assignment where every task has an allowed person; it
        keeps the capacities only if `feasible`. -1: nobody may take the task.
    cost: of `choice`, over the tasks that have a person. bound: no assignment that keeps the capacities costs less
        (inf: there is none).
    prices: (m,) cost that one more minute of each person would save in the relaxation, >= 0.
    excess_minutes: (m,) minutes of `choice` beyond each capacity. message: a sentence for the user where not feasible.
    iterations: rounds of the search that were done. seconds: wall clock.
    """

    choice: np.ndarray
    cost: float
    bound: float
    prices: np.ndarray
    excess_minutes: np.ndarray
    feasible: bool
    ended: Ended
    message: str
    iterations: int
    seconds: float

    @property
    def gap_pct(self) -> float | None:
        """Distance from the cost down to the bound in percent of the cost; None where the plan is not feasible."""
        return 100 * (self.cost - self.bound) / max(abs(self.cost), 1e-9) if self.feasible else None


def make_problem(cost: np.ndarray, minutes: np.ndarray, capacity: np.ndarray) -> AssignmentProblem:
    """The problem of three arrays, checked.

    Raises:
        DataError: shapes do not fit together, a value is missing, or minutes or capacities are negative.
    """
    cost, minutes, capacity = (np.array(each, dtype=float) for each in (cost, minutes, capacity))
    if cost.ndim != 2 or minutes.shape != cost.shape or capacity.shape != cost.shape[:1]:
        raise DataError(
            f"cost {cost.shape} and minutes {minutes.shape} must be (people, tasks) and capacity {capacity.shape} "
            "(people,): give one row a person in all three"
        )
    if np.isnan(cost).any() or np.isneginf(cost).any():
        raise DataError("cost has missing or -inf values: give a number, or inf where a person may not take a task")
    for name, each in (("minutes", minutes), ("capacity", capacity)):
        if not np.isfinite(each).all() or (each < 0).any():
            raise DataError(
                f"{name} must be numbers of at least 0: correct the {int((~(each >= 0)).sum())} that are not"
            )
    return AssignmentProblem(np.where(minutes > capacity[:, None] + TOLERANCE_MINUTES, np.inf, cost), minutes, capacity)


def loads(problem: AssignmentProblem, choice: np.ndarray) -> np.ndarray:
    """(m,) minutes that `choice` (n,) gives each person; tasks at -1 are left out."""
    taken = np.flatnonzero(choice >= 0)
    people = len(problem.capacity)
    return np.bincount(choice[taken], problem.minutes[choice[taken], taken], minlength=people).astype(float)


def excess(problem: AssignmentProblem, choice: np.ndarray) -> np.ndarray:
    """(m,) minutes beyond the capacities, 0 within the tolerance."""
    over = loads(problem, choice) - problem.capacity
    return np.where(over > TOLERANCE_MINUTES, over, 0.0)


def total_cost(problem: AssignmentProblem, choice: np.ndarray) -> float:
    """Cost of `choice` (n,); tasks at -1 are left out."""
    taken = np.flatnonzero(choice >= 0)
    return float(problem.cost[choice[taken], taken].sum())
