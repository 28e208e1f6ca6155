"""Rep-days that offer the same routes, so that they are priced once: same hours, overtime, pace and ends, same tasks
open to them for the same euros. Where the value of a visit falls while it waits, days therefore stand by themselves.

What is priced is relaxed in one direction only: drives are shortest paths over all places, so that leaving a visit out
of a route never makes the route longer or dearer, whatever the travel times; a task without a place is near everywhere;
loads are left out. Under a pace paths are shortest in seconds that it stretches, and only the parking that ends a path
counts: base seconds driven in pieces take no less, and parking on the way is time that is not driven.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from solvers.routing.fastest import clock_of, least_drives, parking_at
from solvers.routing.pool.day import Day, prize_eur, span_of
from solvers.routing.problem import RoutingProblem, Shift


@dataclass(frozen=True)
class Paths:
    """Shortest paths between P places: seconds: (P, P); parking: (P,) seconds of those to each place that no pace
    stretches; inward: (T,) least path to each task from any other task or start."""

    seconds: np.ndarray
    parking: np.ndarray
    inward: np.ndarray


@dataclass(frozen=True)
class Group:
    """shifts: the problem's rep-days that are alike, row: the first of them; tasks: (n,) task indices open to them,
    prize: (n,) what they bring there, see `prize_eur`, border: (n,) whether the rep is a neighbour of the territory's,
    inward: (n,) least drive to them. paths: those of the rep-day's pace, if it has one."""

    shifts: tuple[int, ...]
    row: Shift
    tasks: np.ndarray
    prize: np.ndarray
    border: np.ndarray
    inward: np.ndarray
    paths: Paths

    def least_seconds(self, origins: np.ndarray, destinations: np.ndarray) -> np.ndarray:
        """(n,) what the drive from each origin to its destination takes at least, whenever it begins."""
        parking = self.paths.parking[destinations]
        return least_drives(self.row, self.paths.seconds[origins, destinations], parking)


@dataclass(frozen=True)
class Relaxed:
    """The problem's tasks and the cheapest paths as arrays; T tasks, P places. windows as in `Day`; prize: (T,) the
    most a task brings on any of its rep-days."""

    groups: tuple[Group, ...]
    eur: np.ndarray
    place: np.ndarray
    service: np.ndarray
    windows: np.ndarray
    fixed: np.ndarray
    prize: np.ndarray

    def day(self, group: Group, chosen: np.ndarray) -> Day:
        """The chosen tasks (indices into the problem's) of a rep-day of the group."""
        place, placed = self.place[chosen], self.place[chosen] >= 0
        sources = np.append(np.where(placed, place, 0), group.row.start_place)
        targets = np.append(np.where(placed, place, 0), group.row.end_place)
        drive = group.paths.seconds[np.ix_(sources, targets)].astype(np.int64)
        eur = self.eur[np.ix_(sources, targets)]
        nowhere = np.append(~placed, False)
        for matrix in (drive, eur):
            matrix[nowhere, :], matrix[:, nowhere] = 0, 0
        clock, back = clock_of(group.row.pace)
        return Day(
            tasks=chosen,
            drive=drive,
            eur=eur,
            service=self.service[chosen],
            windows=self.windows[chosen],
            placed=placed,
            fixed=self.fixed[chosen],
            prize=group.prize[np.searchsorted(group.tasks, chosen)],
            span=span_of(group.row),
            load=np.zeros((len(chosen), 0), np.int64),
            capacity=np.zeros(0, np.int64),
            overtime=group.row.overtime_eur_per_hour / 3600,
            clock=clock,
            back=back,
            parking=group.paths.parking[targets],
        )


def relax(problem: RoutingProblem) -> Relaxed:
    """All rep-days in groups of equals, with shortest paths."""
    place = np.array([t.place for t in problem.tasks], np.int64)
    eur = problem.km * problem.travel_eur_per_km
    if eur.any():
        shortest_paths(eur)
    most = max((len(t.windows) for t in problem.tasks), default=1)
    windows = np.zeros((len(problem.tasks), 1 + 2 * most), np.int64)
    for i, task in enumerate(problem.tasks):
        windows[i, : 1 + 2 * len(task.windows)] = len(task.windows), *np.ravel(task.windows)
    return Relaxed(
        groups=_groups(problem, place),
        eur=eur,
        place=place,
        service=np.array([t.service_seconds for t in problem.tasks], np.int64),
        windows=windows,
        fixed=np.array([t.kind == "appointment" for t in problem.tasks], bool),
        prize=np.array([t.prize_eur - min(t.waited_eur, default=0.0) for t in problem.tasks], float),
    )


def _groups(problem: RoutingProblem, place: np.ndarray) -> tuple[Group, ...]:
    """Rep-days that are alike in everything a route may depend on."""
    open_to: dict[int, list[int]] = {s: [] for s in range(len(problem.shifts))}
    prize: dict[int, list[float]] = {s: [] for s in range(len(problem.shifts))}
    for index, task in enumerate(problem.tasks):
        for shift in task.shifts:
            open_to[shift].append(index)
            prize[shift].append(prize_eur(problem, shift, index))
    border = {s: tuple(s in problem.tasks[i].border for i in mine) for s, mine in open_to.items()}
    alike: dict[tuple, list[int]] = {}
    for shift, row in enumerate(problem.shifts):
        hours = (row.start_seconds, row.end_seconds, row.lunch_seconds, row.lunch_from_seconds, row.lunch_to_seconds)
        late = row.overtime_seconds, row.overtime_eur_per_hour, row.pace
        key = hours, late, row.start_place, row.end_place, row.capacity, tuple(open_to[shift]), tuple(prize[shift])
        alike.setdefault((*key, border[shift]), []).append(shift)
    plain, paced = (_paths(problem, place, under_pace=pace) for pace in (False, True))
    groups = []
    for shifts in alike.values():
        row, tasks = problem.shifts[shifts[0]], np.array(open_to[shifts[0]], np.int64)
        paths = paced if row.pace else plain
        inward = least_drives(row, paths.inward[tasks], paths.parking[place[tasks]])
        own = np.array(prize[shifts[0]], float), np.array(border[shifts[0]], bool)
        groups.append(Group(tuple(shifts), row, tasks, *own, inward, paths))
    return tuple(groups)


def _paths(problem: RoutingProblem, place: np.ndarray, *, under_pace: bool) -> Paths:
    """Shortest paths of the matrix, or of what a pace stretches with the parking that surely ends them."""
    seconds, parking = problem.seconds.astype(np.int32), np.zeros(len(problem.seconds), np.int64)
    if not any(bool(shift.pace) == under_pace for shift in problem.shifts):
        return Paths(seconds[:0, :0], parking[:0], parking[:0])
    starts = np.array([s.start_place for s in problem.shifts], np.int64)
    if not under_pace:
        shortest_paths(seconds)
        return Paths(seconds, parking, _inward(seconds, place, starts))
    parking = parking_at(problem, np.arange(len(seconds)))
    seconds -= np.minimum(parking, seconds).astype(np.int32)
    shortest_paths(seconds)
    # Parking ends no path that may come through a place without parking and from there in no time.
    parking = np.where((seconds[parking == 0] == 0).any(axis=0), 0, parking)
    seconds += np.where(seconds > 0, parking, 0).astype(np.int32)
    return Paths(seconds, parking, _inward(seconds, place, starts))


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
