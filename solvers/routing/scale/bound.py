"""An upper bound for problems too large for a linear programme: the knapsack relaxation, multipliers by subgradient.

For any multipliers y >= 0 of the reps' days (Fisher, 1981), no plan is worth more than

    sum_s y_s capacity_s + sum_j max(0, max_r (prize_j - y_r (service_j + inward_j)))

where y is the same on all days of a rep, and inward_j is the drive from the nearest other place to j. Travel costs,
lunch places and windows are left out, which can only raise it.
"""

import numpy as np
from scipy.spatial import cKDTree

from solvers.routing.problem import RoutingProblem
from solvers.travel import Haversine, TravelModel

ROUNDS = 300


def quick_bound_eur(problem: RoutingProblem, *, travel: TravelModel | None) -> float:
    """No legal plan is worth more than this; rounded up to whole cents."""
    reps = {rep: k for k, rep in enumerate(dict.fromkeys(s.rep_id for s in problem.shifts))}
    of_shift = [reps[s.rep_id] for s in problem.shifts]
    room = np.zeros(len(reps))
    for rep, s in zip(of_shift, problem.shifts, strict=True):
        room[rep] += s.end_seconds - s.start_seconds - s.lunch_seconds
    pairs = np.array(
        [(i, r) for i, t in enumerate(problem.tasks) for r in sorted({of_shift[s] for s in t.shifts})], np.int64
    ).reshape(-1, 2)
    prize = np.array([max(0.0, t.prize_eur) for t in problem.tasks])
    size = np.array([t.service_seconds for t in problem.tasks], float) + _inward_seconds(problem, travel)
    first = np.flatnonzero(np.append(True, np.diff(pairs[:, 0]) > 0)) if len(pairs) else np.zeros(0, np.int64)
    best = np.inf
    price = np.full(len(reps), prize[pairs[:, 0]].sum() / max(1.0, 4 * room.sum()) if len(pairs) else 0.0)
    for step in range(ROUNDS):
        if not len(pairs):
            return 0.0
        left = prize[pairs[:, 0]] - price[pairs[:, 1]] * size[pairs[:, 0]]
        most = np.maximum.reduceat(left, first)
        total = float(price @ room + np.maximum(0.0, most).sum())
        best = min(best, total)
        winner = (left == np.repeat(most, np.diff(np.append(first, len(pairs))))) & (left > 0)
        asked = np.bincount(pairs[winner, 1], weights=size[pairs[winner, 0]], minlength=len(reps))
        rise = (asked - room) / room.clip(min=1.0)
        price = np.maximum(0.0, price * np.exp(0.5 / (1 + step / 20) * np.clip(rise, -1.0, 1.0)))
    return float(np.ceil(100 * best + 1e-6) / 100)


def _inward_seconds(problem: RoutingProblem, travel: TravelModel | None) -> np.ndarray:
    """(T,) least drive to each task from any other place; 0 where it cannot be told cheaply."""
    place = np.array([t.place for t in problem.tasks], np.int64)
    least = np.zeros(len(place))
    if (place < 0).any() or (travel is not None and not isinstance(travel, Haversine)):
        return least
    alone = np.bincount(place, minlength=len(problem.places.ids))[place] == 1
    starts = np.unique([s.start_place for s in problem.shifts])
    alone &= ~np.isin(place, starts)
    if travel is None:
        used = np.unique(np.concatenate([place, starts]))
        into = problem.seconds[used].astype(float)
        into[np.arange(len(used)), used] = np.inf
        return np.where(alone & (len(used) > 1), into.min(axis=0)[place], 0.0)
    latitude, longitude = np.radians(problem.places.latitude), np.radians(problem.places.longitude)
    points = np.column_stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
    )
    chord = cKDTree(points).query(points[place], k=2)[0][:, 1]
    km = 2 * 6371.0 * np.arcsin(np.clip(chord / 2, 0, 1)) * travel.detour_factor
    parking = np.where(problem.places.parks[place], 60 * travel.parking_minutes, 0.0)
    return np.where(alone, np.maximum(0.0, 3600 * km / travel.speed_kmh - 1e-6) + parking, 0.0)
