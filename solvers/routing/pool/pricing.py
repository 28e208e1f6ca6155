"""The best route of a group of rep-days for given worths of the visits: a proven upper bound, and good routes.

Visits that cannot be on a route above `target` are sifted out first: by their way out and back with the rest of the
shift filled as a fractional knapsack (Dantzig, 1957), overtime bought where it pays, then by tables over rounded times;
the rest is labelled exactly.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from solvers.routing.fastest import least_drives
from solvers.routing.pool.day import Day
from solvers.routing.pool.group import Group, Relaxed
from solvers.routing.pool.labels import price, reach_bound, rest_bound, through_bound
from solvers.routing.pool.polish import overtime_eur
from solvers.routing.problem import Shift

KEPT_EUR = 1e7
"""What an appointment counts, so that no route without it is ever best."""
GRIDS = (60, 300)
"""Intervals of a shift in the first and second table."""
LEAST_INTERVAL = 1 / 2000
"""Visits shorter than this share of the shift, drive to them included, are counted as won without a route."""
ROUTES = 12
"""Relaxed routes handed back at most."""


@dataclass(frozen=True)
class Priced:
    """bound_eur: no legal route of the group is worth more (0: an empty day). routes: (worth, task indices) of relaxed
    routes, best first, which may name a visit twice. sifted: visits that were left for the labels."""

    bound_eur: float
    routes: tuple[tuple[float, tuple[int, ...]], ...]
    sifted: int


def sift(relaxed: Relaxed, group: Group, worth: np.ndarray, target: float) -> tuple[np.ndarray, np.ndarray]:
    """Tasks that may be on a route worth more than `target`, and the bound for each route through them (m,).

    Args:
        worth: (n,) euros of the group's tasks. target: in the same euros.
    """
    tasks, row = group.tasks, group.row
    if not len(tasks):
        return tasks, np.zeros(0)
    placed = relaxed.place[tasks] >= 0
    place = np.where(placed, relaxed.place[tasks], row.start_place)
    out = np.where(placed, group.least_seconds(np.full_like(place, row.start_place), place), 0).astype(np.int64)
    back = np.where(placed, group.least_seconds(place, np.full_like(place, row.end_place)), 0).astype(np.int64)
    size = relaxed.service[tasks] + group.inward
    room = row.end_seconds - row.start_seconds - row.lunch_seconds
    share = group.inward.min()
    flat = relaxed.service[tasks] + share
    fits = (worth > 0) & (out + relaxed.service[tasks] + back <= room + row.overtime_seconds)
    fits &= row.start_seconds + out + relaxed.service[tasks] <= _last_end(relaxed, tasks)
    through = np.full(len(tasks), -np.inf)
    left = room - relaxed.service[tasks] - np.maximum(out + back - share, share)
    near, far = (worth + _knapsack(worth, s, fits, r, row) for s, r in ((size, room - size), (flat, left)))
    through[fits] = np.minimum(near, far)[fits]
    chosen = through > target
    return tasks[chosen], through[chosen]


def price_group(relaxed: Relaxed, group: Group, worth_eur: np.ndarray, *, target_eur: float, room: int) -> Priced:
    """Upper bound on the group's best route, at least `target_eur`.

    Args:
        worth_eur: (n,) of the group's tasks: prize there less the price of the visit.
        target_eur: what a legal route of the group is known to be worth, appointments not counted; 0 for none.
        room: labels at most; what is open then counts with its bound.
    """
    fixed = relaxed.fixed[group.tasks]
    worth = np.where(fixed, KEPT_EUR, worth_eur)
    free = relaxed.service[group.tasks] + group.inward
    free_ride = free < (group.row.latest_end_seconds - group.row.start_seconds) * LEAST_INTERVAL
    carried = float(np.maximum(0.0, worth_eur)[free_ride & ~fixed].sum())
    worth[free_ride] = 0.0
    kept = KEPT_EUR * int((fixed & ~free_ride).sum())
    target = target_eur + kept
    chosen, _ = sift(relaxed, group, worth, target)
    every = dict(zip(group.tasks.tolist(), worth.tolist(), strict=True))
    grid, most, rest = 0, np.inf, np.zeros((1, 1, 1))
    for intervals in GRIDS:
        if not len(chosen):
            return Priced(target_eur + carried, (), 0)
        day, here = relaxed.day(group, chosen), np.array([every[i] for i in chosen.tolist()])
        if grid == _grid(day, group.row, intervals):
            break
        grid = _grid(day, group.row, intervals)
        rest = rest_bound(day, here, grid)
        most = min(most, float(rest[0, -1, 0]))
        if most <= target:
            return Priced(target_eur + carried, (), len(chosen))
        alive = np.flatnonzero(through_bound(reach_bound(day, here, grid), rest) > target)
        rest = np.ascontiguousarray(rest[:, np.append(alive, len(chosen))])
        chosen = chosen[alive]
    if not len(chosen):
        return Priced(target_eur + carried, (), 0)
    day, here = relaxed.day(group, chosen), np.array([every[i] for i in chosen.tolist()])
    best, ends, visit, parent = price(day, here, rest, grid, target, room, np.zeros(len(chosen), np.int64))
    routes = [_route(day, here, visit, parent, int(end)) for end in ends[ends >= 0]]
    routes = sorted(((value - kept, order) for value, order in routes), reverse=True)[:ROUTES]
    return Priced(min(best, most) - kept + carried, tuple(routes), len(chosen))


def _grid(day: Day, row: Shift, intervals: int) -> int:
    """Seconds of an interval: never more than any visit takes, its shortest drive included."""
    drive = least_drives(row, day.drive, day.parking)[:, :-1]
    drive = drive + np.where(np.eye(len(drive), len(drive) - 1, dtype=bool), 1 << 40, 0)
    shortest = int((day.service + drive.min(axis=0)).min())
    return max(1, min(int(day.span[1] - day.span[0]) // intervals, shortest))


def _last_end(relaxed: Relaxed, tasks: np.ndarray) -> np.ndarray:
    """(n,) end of the last window of each task."""
    windows = relaxed.windows[tasks]
    last: np.ndarray = windows[np.arange(len(tasks)), 2 * windows[:, 0]]
    return last


def _knapsack(worth: np.ndarray, size: np.ndarray, fits: np.ndarray, room: np.ndarray, row: Shift) -> np.ndarray:
    """(n,) the most that fractions of the fitting visits are worth in each room of seconds; -inf without room.

    A visit's own worth may be counted again, which only raises the bound. What they are worth grows ever slower with
    the seconds, so overtime is bought, also where the room is negative, as long as a second of visits pays for it.
    """
    value, seconds = worth[fits], np.maximum(size[fits], 1e-9)
    order = np.argsort(-value / seconds, kind="stable")
    price = row.overtime_eur_per_hour / 3600
    pays = float(seconds[value > price * seconds].sum()) if row.overtime_seconds else 0.0
    used = np.minimum(np.maximum(np.maximum(room, 0), pays), np.maximum(room + row.overtime_seconds, 0))
    filled = np.interp(used, np.append(0.0, np.cumsum(seconds[order])), np.append(0.0, np.cumsum(value[order])))
    return np.where(room + row.overtime_seconds >= 0, filled - price * np.maximum(0, used - room), -np.inf)


def _route(
    day: Day, worth: np.ndarray, visit: np.ndarray, parent: np.ndarray, label: int
) -> tuple[float, tuple[int, ...]]:
    """Worth and task indices of the relaxed route that ends with a label."""
    path: list[int] = []
    while label > 0:
        path.append(int(visit[label]))
        label = int(parent[label])
    path.reverse()
    n = len(day.tasks)
    stops = [n, *path, n]
    cost = sum(float(day.eur[a, b]) for a, b in pairwise(stops))
    cost += overtime_eur(day, tuple(path))
    return float(worth[path].sum() - cost), tuple(int(i) for i in day.tasks[path])
