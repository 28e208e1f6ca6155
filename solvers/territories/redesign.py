"""Territories from scratch: compact regions of equal workload per working time, matched to the reps.

A balanced power diagram: given centres, each customer goes to the centre with the least squared distance plus price,
and the prices are those at which the workloads meet their targets (Aurenhammer, Hoffmann, Aronov, 1998). Prices come
from Newton steps on the smoothed dual of that transportation problem; prices and centres take turns (Lloyd, 1982).
Distances in km, work in minutes a week.
"""

from dataclasses import dataclass

import numpy as np

from solvers.brake import Brake

SMOOTHING = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01)
"""Widths of the soft border, in units of a territory's mean squared radius, coarse to fine."""
NEWTON_STEPS = 30
TRUST_WIDTHS = 5.0
"""A step changes no price by more than so many widths: beyond that the curvature says nothing."""
KEPT_CUSTOMER_KM = 2.0
"""In matching, a customer who keeps the rep weighs as much as a home so many km nearer to that customer."""


@dataclass(frozen=True)
class Starts:
    """Search budget of an effort: number of random starts and turns of prices and centres in each."""

    starts: int
    turns: int


EFFORT = {"quick": Starts(3, 15), "normal": Starts(8, 30), "thorough": Starts(24, 60)}


def power_diagram(place_km: np.ndarray, work: np.ndarray, target: np.ndarray, centres_km: np.ndarray) -> np.ndarray:
    """Assign each customer to a centre so that loads meet the targets, up to a customer or so at each border.

    Args:
        place_km: (n, 2). work: (n,) minutes, > 0 in sum. target: (k,) minutes, > 0, summing to the work.
        centres_km: (k, 2).

    Returns:
        owner (n,).
    """
    distance = ((place_km[:, None, :] - centres_km[None, :, :]) ** 2).sum(axis=2)
    radius = float(np.average(distance.min(axis=1), weights=work)) + 1e-9
    price = np.zeros(len(target))
    for width in SMOOTHING:
        price = _newton(distance, work, target, price, width * radius)
    return np.asarray((distance + price).argmin(axis=1))


def _newton(distance: np.ndarray, work: np.ndarray, target: np.ndarray, price: np.ndarray, width: float) -> np.ndarray:
    """Maximise sum_u work_u softmin_j(d_uj + p_j) - sum_j target_j p_j by Newton steps in a trust region.

    The dual is concave in p (km2); Levenberg's damping grows until a step is short enough and raises it.
    """
    value, share, load = _soft(distance, work, target, price, width)
    damping = 1e-6
    for _ in range(NEWTON_STEPS):
        gradient = load - target
        if np.abs(gradient).max() <= 1e-3 * target.max():
            break
        curvature = (np.diag(load) - share.T @ (share * work[:, None])) / width
        while damping < 1e6:
            step = np.linalg.solve(curvature + np.diag(damping * target / width), gradient)
            step -= step.mean()
            too_long = np.abs(step).max() / (TRUST_WIDTHS * width)
            step /= max(1.0, too_long)
            new = _soft(distance, work, target, price + step, width)
            if new[0] > value and (too_long <= 1 or damping >= 1):
                break
            damping *= 10
        else:
            break
        price, (value, share, load), damping = price + step, new, max(damping / 10, 1e-9)
    return price


def _soft(
    distance: np.ndarray, work: np.ndarray, target: np.ndarray, price: np.ndarray, width: float
) -> tuple[float, np.ndarray, np.ndarray]:
    """Dual value, shares (n, k) and loads (k,) at these prices."""
    cost = distance + price
    least = cost.min(axis=1)
    share = np.exp((least[:, None] - cost) / width)
    total = share.sum(axis=1)
    share /= total[:, None]
    value = float(work @ (least - width * np.log(total)) - target @ price)
    return value, share, work @ share


def spread_centres(place_km: np.ndarray, work: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, 2) starting centres by k-means++ (Arthur and Vassilvitskii, 2007), weighted by work."""
    chosen = [int(rng.choice(len(work), p=work / work.sum()))]
    nearest = ((place_km - place_km[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < count:
        chance = nearest * work
        chance = chance / chance.sum() if chance.sum() > 0 else np.full(len(work), 1 / len(work))
        chosen.append(int(rng.choice(len(work), p=chance)))
        nearest = np.minimum(nearest, ((place_km - place_km[chosen[-1]]) ** 2).sum(axis=1))
    return place_km[chosen]


def match_reps(
    place_km: np.ndarray,
    work: np.ndarray,
    region: np.ndarray,
    *,
    region_target: np.ndarray,
    rep_target: np.ndarray,
    homes_km: np.ndarray,
    former: np.ndarray,
) -> np.ndarray:
    """(k,) the rep of each region: the least sum of home distances x work, less what kept customers are worth.

    A linear assignment (Kuhn, 1955) in which a region may only go to a rep whose target equals the region's.
    """
    from scipy.optimize import linear_sum_assignment

    count = len(rep_target)
    load = np.bincount(region, work, count)
    cost = np.zeros((count, count))
    for number in range(count):
        inside = region == number
        middle = np.average(place_km[inside], axis=0, weights=work[inside] + 1e-9) if inside.any() else homes_km[number]
        kept = np.bincount(former[inside & (former >= 0)], work[inside & (former >= 0)], count)
        cost[number] = load[number] * np.linalg.norm(homes_km - middle, axis=1) - KEPT_CUSTOMER_KM * kept
    same = np.isclose(region_target[:, None], rep_target[None, :], rtol=1e-9)
    cost = np.where(same, cost, cost.max() + np.abs(cost).sum() + 1)
    reps: np.ndarray = linear_sum_assignment(cost)[1]
    return reps


def draw_regions(
    place_km: np.ndarray,
    work: np.ndarray,
    target: np.ndarray,
    *,
    homes_km: np.ndarray,
    former: np.ndarray,
    start: int,
    turns: int,
    rng: np.random.Generator,
    brake: Brake,
) -> np.ndarray:
    """(n,) owner by one start of the search: centres at random (start 0: at the homes), prices and centres in turns."""
    count = len(target)
    distinct_homes = len(np.unique(np.round(homes_km, 6), axis=0)) == count
    centres = homes_km.copy() if start == 0 and distinct_homes else spread_centres(place_km, work, count, rng)
    if not (start == 0 and distinct_homes):
        nearest = ((place_km[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2).argmin(axis=1)
        even = np.ones(count)
        seats = match_reps(
            place_km, work, nearest, region_target=even, rep_target=even, homes_km=homes_km, former=former
        )
        ordered = np.empty_like(centres)
        ordered[seats] = centres
        centres = ordered
    owner = np.zeros(len(work), dtype=np.int64)
    for turn in range(turns):
        owner = power_diagram(place_km, work, target, centres)
        held = np.bincount(owner, work, count)
        new = np.column_stack([np.bincount(owner, work * place_km[:, axis], count) for axis in (0, 1)])
        moved = np.where(held[:, None] > 0, new / np.maximum(held, 1e-12)[:, None], centres)
        shift = float(np.abs(moved - centres).max())
        centres = moved
        if shift < 1e-3 or (turn and brake.pulled()):
            break
    seats = match_reps(place_km, work, owner, region_target=target, rep_target=target, homes_km=homes_km, former=former)
    return np.asarray(seats[owner])
