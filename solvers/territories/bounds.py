"""What no plan with few moves can beat: lower bounds for the repair of territories.

Relaxation: pieces, neighbours and distances do not matter, work that leaves an overloaded rep vanishes, and each move
carries the largest customers that there are. What even this cannot do, nothing can.
"""

import numpy as np


def least_moves(work: np.ndarray, former: np.ndarray, target: np.ndarray, tolerance: float) -> int:
    """Least number of owned customers who must change rep so that all loads are within `tolerance` of the target.

    Overloaded reps must lose their excess, each move at most their largest customer; what underloaded reps lack beyond
    the work of the customers whom nobody owns must come by moves of the largest customers.

    Args:
        work: (n,) minutes. former: (n,) owner before, -1 none (free to place). target: (reps,) minutes.
        tolerance: share of the target, 0.1 = 10 %.
    """
    owned = former >= 0
    load = np.bincount(former[owned], work[owned], len(target))
    timed = target > 0
    away = 0
    for rep in np.flatnonzero(timed & (load > target * (1 + tolerance))):
        away += _needed(work[former == rep], float(load[rep] - target[rep] * (1 + tolerance)))
    missing = np.maximum(target * (1 - tolerance) - load, 0.0)[timed].sum() - work[~owned].sum()
    return max(away, _needed(work[owned], float(missing)))


def _needed(work: np.ndarray, minutes: float) -> int:
    """How many of the largest customers make up so many minutes (all of them if even they do not)."""
    slack = 1e-9 * max(1.0, float(work.sum()))
    if minutes <= slack:
        return 0
    reached = np.cumsum(np.sort(work)[::-1])
    return min(int(np.searchsorted(reached, minutes - slack)) + 1, len(work))


def least_imbalance_pct(work: np.ndarray, former: np.ndarray, target: np.ndarray, budget: int) -> float:
    """The least deviation from the targets, in percent, that `budget` moves could reach: bisection on `least_moves`."""
    if least_moves(work, former, target, 0.0) <= budget:
        return 0.0
    low, high = 0.0, 1.0
    while least_moves(work, former, target, high) > budget:
        high *= 2
        if high > 1e6:
            return 0.0
    for _ in range(40):
        middle = (low + high) / 2
        if least_moves(work, former, target, middle) > budget:
            low = middle
        else:
            high = middle
    return 100 * low
