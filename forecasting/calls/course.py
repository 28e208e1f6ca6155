"""The course of a day: which share of its calls each interval takes, by weekday, and how the calendar bends it.

The share is that of the last twenty days of the same course; deviations from it (first days of a month, days after a
holiday, a slow drift) are Gaussian a priori over the days and are smoothed by the noise that counts of their size have.
One eigendecomposition of the days' covariance serves all queues and intervals (the noise is one number an interval).
"""

import numpy as np

SOURCES = 20
"""Days of the same course whose shares are averaged."""
WEEKDAY_SD, CALENDAR_SHARE, SPECIAL_SHARE, WALK_SD = 0.10, 2 / 3, 1 / 2, 0.004
"""Prior sizes of a deviation: of a weekday about its own last days; of calendar effects and of holidays, as a share of
their size in the day totals; of a day's step of the drift."""
OVERDISPERSION = 0.05
"""Variance of a share's relative error on top of counting noise."""
HOLD_AT_SD = 3.0
PRIOR_CALLS = 0.05
"""Calls added to each open interval, so that one never seen is rare and not impossible."""


def smooth_courses(
    calls: np.ndarray,
    is_open: np.ndarray,
    plain: np.ndarray,
    effects: np.ndarray,
    special: np.ndarray,
    pattern: np.ndarray,
    *,
    origin: int,
    targets: np.ndarray,
) -> np.ndarray:
    """Shares of the day by interval.

    Args:
        calls: (Q, D, S), NaN unknown; read up to `origin`. is_open: (D', S) over history and horizon.
        plain: (D,) days that teach a weekday's share. effects, special: of `Design`. pattern: (D',) weekdays.
        targets: (H,) positions of the days forecast.

    Returns:
        (Q, H, S) shares, 0 when closed, summing to 1 over a day with an open interval; NaN where nothing is known.
    """
    days = np.flatnonzero(is_open[: origin + 1].any(axis=1))
    seen = np.where(is_open[days], calls[:, days], np.nan)
    whole: np.ndarray = np.asarray(~(np.isnan(seen) & is_open[days]).any(axis=2))  # (Q, n)
    counted = np.where(whole[:, :, None], np.nan_to_num(seen), 0.0)
    base = _usual_shares(counted, whole, plain[days], pattern[days])
    total = counted.sum(axis=2)
    expected = total[:, :, None] * base[:, pattern[days]]
    usable = (expected > 0) & is_open[days]
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation = np.where(usable, counted / expected - 1.0, 0.0)
        noise = np.where(usable, 1.0 / expected + OVERDISPERSION, np.nan)
        deviation = np.where(usable, np.clip(deviation, -HOLD_AT_SD * np.sqrt(noise), HOLD_AT_SD * np.sqrt(noise)), 0.0)
    count = usable.sum(axis=1)
    typical = np.where(count > 0, np.nansum(noise, axis=1) / np.maximum(count, 1), 1e6)  # (Q, S)
    within, across = _kernels(effects, special, pattern, days, targets, origin)
    eigen, vectors = np.linalg.eigh(within)
    rotated = np.tensordot(vectors.T, deviation, axes=(1, 1))  # (n, Q, S)
    rotated /= np.maximum(eigen, 0.0)[:, None, None] + typical[None]
    bend = np.tensordot(across @ vectors, rotated, axes=(1, 0)).transpose(1, 0, 2)  # (Q, H, S)
    share = base[:, pattern[targets]] * np.clip(1.0 + bend, 0.2, 5.0)
    return _to_one(np.where(is_open[targets], share, 0.0), is_open[targets])


def _usual_shares(counted: np.ndarray, whole: np.ndarray, plain: np.ndarray, pattern: np.ndarray) -> np.ndarray:
    """(Q, 7, S) share of each interval by weekday; NaN for a weekday never seen."""
    shares = np.full((len(counted), 7, counted.shape[2]), np.nan)
    for weekday in range(7):
        at = np.flatnonzero(plain & (pattern == weekday))[::-1]
        if not len(at):
            continue
        latest = np.cumsum(whole[:, at], axis=1) <= SOURCES
        mine = np.logical_and(whole[:, at], latest)
        total = (counted[:, at] * mine[:, :, None]).sum(axis=1) + PRIOR_CALLS
        shares[:, weekday] = np.where(mine.any(axis=1)[:, None], total / total.sum(axis=1, keepdims=True), np.nan)
    return shares


def _kernels(
    effects: np.ndarray, special: np.ndarray, pattern: np.ndarray, days: np.ndarray, targets: np.ndarray, origin: int
) -> tuple[np.ndarray, np.ndarray]:
    columns = effects * np.where(special, SPECIAL_SHARE, CALENDAR_SHARE)
    age = (origin - days).astype(np.float64)
    same = np.equal.outer(pattern[days], pattern[days])
    within = columns[days] @ columns[days].T + WEEKDAY_SD**2 * same + WALK_SD**2 * np.minimum.outer(age, age)
    across = columns[targets] @ columns[days].T
    across += WEEKDAY_SD**2 * np.equal.outer(pattern[targets], pattern[days])
    return within, across


def _to_one(share: np.ndarray, is_open: np.ndarray) -> np.ndarray:
    total = share.sum(axis=2, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = np.where(total > 0, share / total, share)
    scaled[:, ~is_open.any(axis=1)] = 0.0
    return scaled
