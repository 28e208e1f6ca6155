"""The best route of a group of rep-days for given worths of the visits: a proven upper bound, and good routes.

Visits that cannot be on a route above `target` are sifted out first: by their way out and back with the rest of the
shift filled as a fractional knapsack (Dantzig, 1957), then by tables over rounded times; the rest is labelled exactly.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from solvers.routing.pool.day import Day
from solvers.routing.pool.group import Group, Relaxed
from solvers.routing.pool.labels import price, reach_bound, rest_bound, through_bound

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
    out = np.where(placed, relaxed.seconds[row.start_place, place], 0).astype(np.int64)
    back = np.where(placed, relaxed.seconds[place, row.end_place], 0).astype(np.int64)
    size = relaxed.service[tasks] + relaxed.inward[tasks]
    room = row.end_seconds - row.start_seconds - row.lunch_seconds
    share = relaxed.inward[tasks].min()
    flat = relaxed.service[tasks] + share
    fits = (worth > 0) & (out + relaxed.service[tasks] + back <= room)
    fits &= row.start_seconds + out + relaxed.service[tasks] <= _last_end(relaxed, tasks)
    through = np.full(len(tasks), -np.inf)
    near = worth + _knapsack(worth, size, fits, room - size)
    far = worth + _knapsack(worth, flat, fits, room - relaxed.service[tasks] - np.maximum(out + back - share, share))
    through[fits] = np.minimum(near, far)[fits]
    chosen = through > target
    return tasks[chosen], through[chosen]


def price_group(relaxed: Relaxed, group: Group, worth_eur: np.ndarray, *, target_eur: float, room: int) -> Priced:
    """Upper bound on the group's best route, at least `target_eur`.

    Args:
        worth_eur: (T,) of the problem's tasks: prize less the price of the visit.
        target_eur: what a legal route of the group is known to be worth, appointments not counted; 0 for none.
        room: labels at most; what is open then counts with its bound.
    """
    worth = np.where(relaxed.fixed, KEPT_EUR, worth_eur)[group.tasks]
    free = relaxed.service[group.tasks] + relaxed.inward[group.tasks]
    free_ride = free < (group.row.end_seconds - group.row.start_seconds) * LEAST_INTERVAL
    carried = float(np.maximum(0.0, worth_eur[group.tasks])[free_ride & ~relaxed.fixed[group.tasks]].sum())
    worth[free_ride] = 0.0
    kept = KEPT_EUR * int((relaxed.fixed[group.tasks] & ~free_ride).sum())
    target = target_eur + kept
    chosen, _ = sift(relaxed, group, worth, target)
    every = dict(zip(group.tasks.tolist(), worth.tolist(), strict=True))
    grid, most, rest = 0, np.inf, np.zeros((1, 1, 1))
    for intervals in GRIDS:
        if not len(chosen):
            return Priced(target_eur + carried, (), 0)
        day, here = relaxed.day(group, chosen), np.array([every[i] for i in chosen.tolist()])
        if grid == _grid(day, intervals):
            break
        grid = _grid(day, intervals)
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


def _grid(day: Day, intervals: int) -> int:
    """Seconds of an interval: never more than any visit takes, its shortest drive included."""
    drive = day.drive[:, :-1] + np.where(np.eye(len(day.drive), len(day.drive) - 1, dtype=bool), 1 << 40, 0)
    shortest = int((day.service + drive.min(axis=0)).min())
    return max(1, min(int(day.span[1] - day.span[0]) // intervals, shortest))


def _last_end(relaxed: Relaxed, tasks: np.ndarray) -> np.ndarray:
    """(n,) end of the last window of each task."""
    windows = relaxed.windows[tasks]
    last: np.ndarray = windows[np.arange(len(tasks)), 2 * windows[:, 0]]
    return last


def _knapsack(worth: np.ndarray, size: np.ndarray, fits: np.ndarray, room: np.ndarray) -> np.ndarray:
    """(n,) the most that fractions of the fitting visits are worth in each room of seconds; -inf without room.

    A visit's own worth may be counted again, which only raises the bound.
    """
    value, seconds = worth[fits], np.maximum(size[fits], 1e-9)
    order = np.argsort(-value / seconds, kind="stable")
    filled = np.interp(
        np.maximum(room, 0), np.append(0.0, np.cumsum(seconds[order])), np.append(0.0, np.cumsum(value[order]))
    )
    return np.where(room >= 0, filled, -np.inf)


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
    return float(worth[path].sum() - cost), tuple(int(i) for i in day.tasks[path])
