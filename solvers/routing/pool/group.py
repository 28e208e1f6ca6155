"""Rep-days that offer the same routes, so that they are priced once: same hours, same ends, same tasks open to them.

What is priced is relaxed in one direction only: drives are shortest paths over all places, so that leaving a visit out
of a route never makes the route longer or dearer, whatever the travel times; a task without a place is near everywhere;
loads are left out.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from solvers.routing.pool.day import Day
from solvers.routing.problem import RoutingProblem, Shift


@dataclass(frozen=True)
class Group:
    """shifts: the problem's rep-days that are alike, row: the first of them; tasks: (n,) task indices open to them."""

    shifts: tuple[int, ...]
    row: Shift
    tasks: np.ndarray


@dataclass(frozen=True)
class Relaxed:
    """The problem's tasks and shortest paths as arrays; T tasks, P places. inward: (T,) least drive to the task from
    any other task or start; windows as in `Day`."""

    groups: tuple[Group, ...]
    seconds: np.ndarray
    eur: np.ndarray
    place: np.ndarray
    service: np.ndarray
    windows: np.ndarray
    fixed: np.ndarray
    prize: np.ndarray
    inward: np.ndarray

    def day(self, group: Group, chosen: np.ndarray) -> Day:
        """The chosen tasks (indices into the problem's) of a rep-day of the group."""
        place, placed = self.place[chosen], self.place[chosen] >= 0
        sources = np.append(np.where(placed, place, 0), group.row.start_place)
        targets = np.append(np.where(placed, place, 0), group.row.end_place)
        drive = self.seconds[np.ix_(sources, targets)].astype(np.int64)
        eur = self.eur[np.ix_(sources, targets)]
        nowhere = np.append(~placed, False)
        for matrix in (drive, eur):
            matrix[nowhere, :], matrix[:, nowhere] = 0, 0
        row = group.row
        span = (row.start_seconds, row.end_seconds, row.lunch_seconds, row.lunch_from_seconds, row.lunch_to_seconds)
        return Day(
            tasks=chosen,
            drive=drive,
            eur=eur,
            service=self.service[chosen],
            windows=self.windows[chosen],
            placed=placed,
            fixed=self.fixed[chosen],
            prize=self.prize[chosen],
            span=np.array(span, np.int64),
            load=np.zeros((len(chosen), 0), np.int64),
            capacity=np.zeros(0, np.int64),
        )


def relax(problem: RoutingProblem) -> Relaxed:
    """All rep-days in groups of equals, with shortest paths."""
    open_to: dict[int, list[int]] = {s: [] for s in range(len(problem.shifts))}
    for index, task in enumerate(problem.tasks):
        for shift in task.shifts:
            open_to[shift].append(index)
    alike: dict[tuple, list[int]] = {}
    for shift, row in enumerate(problem.shifts):
        hours = (row.start_seconds, row.end_seconds, row.lunch_seconds, row.lunch_from_seconds, row.lunch_to_seconds)
        key = hours, row.start_place, row.end_place, row.capacity, tuple(open_to[shift])
        alike.setdefault(key, []).append(shift)
    groups = tuple(
        Group(tuple(shifts), problem.shifts[shifts[0]], np.array(tasks, np.int64))
        for (*_, tasks), shifts in alike.items()
    )
    seconds, eur = problem.seconds.astype(np.int32), problem.km * problem.travel_eur_per_km
    shortest_paths(seconds)
    if eur.any():
        shortest_paths(eur)
    most = max((len(t.windows) for t in problem.tasks), default=1)
    windows = np.zeros((len(problem.tasks), 1 + 2 * most), np.int64)
    for i, task in enumerate(problem.tasks):
        windows[i, : 1 + 2 * len(task.windows)] = len(task.windows), *np.ravel(task.windows)
    place = np.array([t.place for t in problem.tasks], np.int64)
    return Relaxed(
        groups=groups,
        seconds=seconds,
        eur=eur,
        place=place,
        service=np.array([t.service_seconds for t in problem.tasks], np.int64),
        windows=windows,
        fixed=np.array([t.kind == "appointment" for t in problem.tasks], bool),
        prize=np.array([t.prize_eur for t in problem.tasks], float),
        inward=_inward(seconds, place, np.array([s.start_place for s in problem.shifts], np.int64)),
    )


@njit(cache=True)
def shortest_paths(matrix: np.ndarray) -> None:
    """Replace drives by shortest paths in place (Floyd, 1962)."""
    n = len(matrix)
    for k in range(n):
        row = matrix[k]
        for i in range(n):
            via, target = matrix[i, k], matrix[i]
            if i != k:
                for j in range(n):
                    target[j] = min(target[j], via + row[j])


def _inward(seconds: np.ndarray, place: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """(T,) least drive into each task; 0 where the task or one of its possible predecessors is at its place."""
    least = np.zeros(len(place), np.int64)
    used = np.unique(np.concatenate([place[place >= 0], starts]))
    if (place < 0).any():
        return least
    several = np.bincount(place, minlength=len(seconds)) > 1
    several[starts] = True
    into = seconds[used].astype(np.int64)
    into[np.arange(len(used)), used] = np.where(several[used], 0, 1 << 30)
    least[:] = into.min(axis=0)[place] if len(used) > 1 else 0
    return least
