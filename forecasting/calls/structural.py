"""Day totals by their own model: level that wanders, weekday, place in the month, holidays, known drivers.

log total = weekday + calendar effects + driver effects + level + error, every part Gaussian a priori: effects about 0
with the standard deviations of `design`, the level a random walk, each weekday a slower one of its own. That is a
structural time series (Harvey, 1989) solved as a Gaussian process (Rasmussen and Williams, 2006, ch. 2): one linear
system a queue, with the origin as the point from which the walk runs back. Days that fit badly are weighed down
(Huber weights, iterated), so that a spike or an unmarked gap does not bend the level. Three sizes of error are
averaged, which is steadier than one chosen by likelihood from a few months.
"""

import numpy as np

from forecasting.calls.design import WEEK

LOOK_BACK_DAYS = 400
"""Older days are not read."""
LEAST_DAYS = 21
"""With fewer known days there is no answer."""
ERROR_SDS = (0.03, 0.06, 0.12)
"""Log standard deviations of a day's error that are averaged, on top of counting noise."""
WALK_SD, WEEKDAY_WALK_SD = 0.006, 0.002
"""Log standard deviation of a day's step of the level, and of a weekday's own."""
WEEKDAY_SD = 3.0
DRIVER_SD = 0.3
"""Prior log standard deviation of what a driver at its largest value does."""
HUBER = 3.0
LEAST_WEIGHT = 0.01


def structural_totals(
    totals: np.ndarray,
    effects: np.ndarray,
    pattern: np.ndarray,
    *,
    origin: int,
    targets: np.ndarray,
    drivers: np.ndarray | None = None,
) -> np.ndarray:
    """Forecast of day totals from the end of day `origin`.

    Args:
        totals: (Q, D) calls a day, NaN unknown; only days up to `origin` are read.
        effects: (D', F) prior-scaled columns of the calendar; D' covers the targets.
        pattern: (D',) weekday 0..6 whose course each day takes. targets: (H,) positions of the days forecast.
        drivers: (Q, D', K) known values in 0..1 of what moves calls beside the calendar; None: nothing does.

    Returns:
        (Q, H) calls; NaN for a queue with fewer than `LEAST_DAYS` known days.
    """
    days = np.arange(max(0, origin + 1 - LOOK_BACK_DAYS), origin + 1)
    out = np.full((len(totals), len(targets)), np.nan)
    within, across = _kernels(effects, pattern, days, targets, origin)
    for q in range(len(totals)):
        seen = np.flatnonzero(np.isfinite(totals[q, days]))
        if len(seen) < LEAST_DAYS:
            continue
        near, far = within[np.ix_(seen, seen)], across[:, seen]
        if drivers is not None and drivers[q].any():
            moved = drivers[q] * DRIVER_SD
            near = near + moved[days[seen]] @ moved[days[seen]].T
            far = far + moved[targets] @ moved[days[seen]].T
        out[q] = _solve(totals[q, days[seen]], near, far)
    return out


def driver_lifts(
    totals: np.ndarray,
    effects: np.ndarray,
    pattern: np.ndarray,
    *,
    origin: int,
    targets: np.ndarray,
    drivers: np.ndarray,
) -> np.ndarray:
    """(Q, H) factor that the drivers put on the days ahead, by what their past days taught; 1 where none acts.

    Arguments as of `structural_totals`; the factor is exp of the posterior mean of the drivers' own part.
    """
    days = np.arange(max(0, origin + 1 - LOOK_BACK_DAYS), origin + 1)
    lift = np.ones((len(totals), len(targets)))
    if not drivers[:, targets].any():
        return lift
    within, _ = _kernels(effects, pattern, days, targets, origin)
    for q in np.flatnonzero(drivers[:, targets].any(axis=(1, 2))):
        seen = np.flatnonzero(np.isfinite(totals[q, days]))
        if len(seen) >= LEAST_DAYS:
            moved = drivers[q] * DRIVER_SD
            near = within[np.ix_(seen, seen)] + moved[days[seen]] @ moved[days[seen]].T
            y, weight, counting = _weighted(totals[q, days[seen]], near)
            held = _coefficients(near, (ERROR_SDS[1] ** 2 + counting) / weight, y)
            lift[q] = np.exp(moved[targets] @ moved[days[seen]].T @ held)
    return lift


def _kernels(
    effects: np.ndarray, pattern: np.ndarray, days: np.ndarray, targets: np.ndarray, origin: int
) -> tuple[np.ndarray, np.ndarray]:
    """(D, D) and (H, D) prior covariance of log totals. The walk is 0 at the origin and stays there afterwards."""
    weekdays = np.eye(WEEK)[pattern] * WEEKDAY_SD
    columns = np.hstack([weekdays, effects])
    age = (origin - days).astype(np.float64)
    same = np.equal.outer(pattern[days], pattern[days])
    walk = np.minimum.outer(age, age) * (WALK_SD**2 + WEEKDAY_WALK_SD**2 * same)
    return columns[days] @ columns[days].T + walk, columns[targets] @ columns[days].T


def _solve(total: np.ndarray, within: np.ndarray, across: np.ndarray) -> np.ndarray:
    """(H,) forecast of one queue: robust weights at the middle error size, then the mean over the sizes."""
    centre = float(np.median(np.log(total + 0.5)))
    y, weight, counting = _weighted(total, within)
    answers = [np.exp(centre + across @ _coefficients(within, (sd**2 + counting) / weight, y)) for sd in ERROR_SDS]
    mean: np.ndarray = np.mean(answers, axis=0)
    return mean


def _weighted(total: np.ndarray, within: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(D,) log totals about their median, robust weights of the days, variance of counting."""
    y = np.log(total + 0.5)
    y = y - float(np.median(y))
    counting = 1.0 / (total + 1.0)
    weight = np.ones(len(y))
    for _ in range(2):
        noise = ERROR_SDS[1] ** 2 + counting
        residual = np.abs(noise / weight * _coefficients(within, noise / weight, y)) / np.sqrt(noise)
        weight = np.clip(HUBER / np.maximum(residual, 1e-9), LEAST_WEIGHT, 1.0)
    return y, weight, counting


def _coefficients(within: np.ndarray, noise: np.ndarray, y: np.ndarray) -> np.ndarray:
    from scipy.linalg import cho_factor, cho_solve

    matrix = within.copy()
    matrix[np.diag_indices_from(matrix)] += noise
    solved: np.ndarray = cho_solve(cho_factor(matrix, lower=True, overwrite_a=True, check_finite=False), y)
    return solved
