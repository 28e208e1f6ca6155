"""A roster under construction: who works which shift in which queue with which break, what it covers, what it costs."""

from dataclasses import dataclass

import numpy as np

from scenarios.schema import Staffing
from solvers.staffing.crew import Crew, Request, granted
from solvers.staffing.grid import DAYS_PER_WEEK, Grid
from solvers.staffing.shapes import Shapes


@dataclass(frozen=True)
class Assignment:
    """shape, queue, pause: (A, D) int, -1 where free; pause is the minute at which the break starts, -1 = no break."""

    shape: np.ndarray
    queue: np.ndarray
    pause: np.ndarray

    @staticmethod
    def empty(agents: int, days: int) -> "Assignment":
        """Nobody works."""
        return Assignment(*(np.full((agents, days), -1, dtype=np.int64) for _ in range(3)))

    def copy(self) -> "Assignment":
        """A copy that may be written to."""
        return Assignment(self.shape.copy(), self.queue.copy(), self.pause.copy())

    def worked(self, agent: int) -> dict[int, int]:
        """Day number -> shape of one agent."""
        return {int(day): int(self.shape[agent, day]) for day in np.flatnonzero(self.shape[agent] >= 0)}


def paid_minutes(week: np.ndarray, shapes: Shapes, grid: Grid) -> np.ndarray:
    """(W,) paid minutes of shapes by day (D,), -1 = free."""
    minutes = np.zeros(grid.weeks)
    for day in np.flatnonzero(week >= 0):
        minutes[day // DAYS_PER_WEEK] += shapes.paid_minutes[week[day]]
    return minutes


def cover(assignment: Assignment, shapes: Shapes, *, queues: int, where: np.ndarray | None = None) -> np.ndarray:
    """(Q, T) agents on shift and not on break, before shrinkage; only the cells `where` (A, D) if given."""
    total = np.zeros((queues, shapes.work.shape[1]))
    at_work = assignment.shape >= 0
    for agent, day in zip(*np.nonzero(at_work if where is None else at_work & where), strict=True):
        row = total[assignment.queue[agent, day]]
        row += shapes.work[assignment.shape[agent, day]]
        if assignment.pause[agent, day] >= 0:
            intervals, share = shapes.break_share(int(assignment.pause[agent, day]))
            row[intervals] -= share
    return total


def cost_eur(
    assignment: Assignment,
    required: np.ndarray,
    crew: Crew,
    *,
    shapes: Shapes,
    grid: Grid,
    settings: Staffing,
) -> float:
    """Pay, overtime, agent hours short and refused requests, in EUR: what the roster is chosen by."""
    at_work = cover(assignment, shapes, queues=len(required)) * (1 - settings.shrinkage_pct / 100)
    short_hours = float(np.maximum(required - at_work, 0).sum()) * grid.interval_minutes / 60
    cost = short_hours * settings.costs.understaffed_eur_per_agent_hour
    for agent in range(len(crew)):
        paid = paid_minutes(assignment.shape[agent], shapes, grid)
        over = np.maximum(0, paid - crew.contract_minutes[agent])
        cost += float(crew.wage[agent] * paid.sum() + (crew.overtime[agent] - crew.wage[agent]) * over.sum())
    return cost + sum(request.eur for request in _refused(assignment, crew, shapes))


def refused_agents(assignment: Assignment, crew: Crew, shapes: Shapes) -> np.ndarray:
    """Numbers of the agents with a refused request that costs something, ascending."""
    return np.array(sorted({r.agent for r in _refused(assignment, crew, shapes) if r.eur > 0}), dtype=np.int64)


def _refused(assignment: Assignment, crew: Crew, shapes: Shapes) -> list[Request]:
    return [r for r in crew.requests if not granted(r, assignment.worked(r.agent), shapes)]
