"""Sample paths of calls: how far days and intervals stray from the point forecast, drawn jointly for all queues.

A path multiplies the point forecast by a trajectory of day ratios (actual over forecast, as a past origin really met
them, so that one day's error goes with the next day's) and adds the whole-day course of errors of one past day, scaled
by the standard deviation of a count (m + phi m^2, negative binomial). That error holds the counting noise of its day,
so none is drawn on top; only where a queue has no past error at all is the noise drawn from the negative binomial.
All queues share origin and past day, which keeps their correlation. The mean over the paths is the point forecast,
but for the rounding to whole calls.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.calls.history import EVE_KIND, HOLIDAY_KIND, Days, History
from forecasting.calls.level import WEEK, Levels, day_patterns

WARM_UP_DAYS = 28
"""Origins with fewer days behind them are not asked how good they were."""
MIN_ORIGINS = 10
"""With fewer past origins the day errors are assumed."""
MIN_DONORS = 5
"""With fewer past days of the weekday, all plain days lend their course of errors."""
ASSUMED_LOG_SD = 0.20
"""Log standard deviation of a day's calls about its forecast, where no past origin tells (about 20 %)."""
ASSUMED_SPECIAL_LOG_SD = 0.50
"""The same of a holiday or an eve, before any was seen."""
PRIOR_DAYS = 4.0
"""Weight, in days, of the spread of all days in that of one kind of day."""
MAX_LOG_RATIO = 3.0
"""Errors of a day beyond a factor of 20 are held there."""
KINDS = EVE_KIND + 1


@dataclass(frozen=True)
class Errors:
    """How wrong the point forecast was in the past.

    log_ratio: (O, H, Q) log of actual over forecast of day o + 1 + h seen from the end of day o; NaN unknown.
    kind: (O, H) kind of that day. course: (D, Q, S) error of each interval of a plain day about its own day's sum, in
    standard deviations; NaN unknown. phi: (Q,) overdispersion of an interval.
    """

    log_ratio: np.ndarray
    kind: np.ndarray
    course: np.ndarray
    phi: np.ndarray


def past_errors(history: History, levels: Levels, *, horizon_days: int) -> Errors:
    """Errors of the point forecast at every past origin, each with what was known then."""
    log_ratio, kind = _day_errors(history, levels, horizon_days)
    expected, course = _interval_errors(history, levels)
    gap = np.where(np.isnan(course), 0.0, course**2 - expected)
    phi = np.clip(gap.sum(axis=(0, 2)) / np.maximum((expected**2).sum(axis=(0, 2)), 1e-9), 0.0, 1.0)
    sd = _count_sd(np.maximum(expected, 1e-9), phi[None, :, None])
    return Errors(log_ratio, kind, course / sd, phi)


def _count_sd(mean: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """Standard deviation of a negative binomial count, never below that of 0.25 calls."""
    sd: np.ndarray = np.sqrt(np.maximum(mean, 0.25) + phi * mean**2)
    return sd


def _day_errors(history: History, levels: Levels, horizon_days: int) -> tuple[np.ndarray, np.ndarray]:
    queues, days, _ = history.calls.shape
    counted = np.where(history.days.is_open, history.calls, np.nan)
    log_ratio = np.full((days, horizon_days, queues), np.nan)
    kind = np.full((days, horizon_days), -1)
    for origin in range(WARM_UP_DAYS, days - 1):
        ahead = np.arange(origin + 1, min(days, origin + 1 + horizon_days))
        target = _slice(history.days, ahead)
        pattern = day_patterns(history, levels, target, known_until=origin)
        at = levels.latest[origin, pattern]
        usable = (at >= 0) & target.is_open.any(axis=1)
        level = levels.after[at]  # (H, Q, S)
        actual = counted[:, ahead].transpose(1, 0, 2)
        known = ~np.isnan(actual) & ~np.isnan(level)
        met, meant = np.where(known, actual, 0.0).sum(axis=2), np.where(known, level, 0.0).sum(axis=2)
        enough = known.sum(axis=2) >= 0.5 * target.is_open.sum(axis=1)[:, None]
        ratio = np.clip(np.log((met + 0.5) / (meant + 0.5)), -MAX_LOG_RATIO, MAX_LOG_RATIO)
        log_ratio[origin, : len(ahead)] = np.where(enough & usable[:, None], ratio, np.nan)
        kind[origin, : len(ahead)] = target.kind
    return log_ratio, kind


def _slice(days: Days, at: np.ndarray) -> Days:
    return Days(days.start[at], days.weekday[at], days.kind[at], days.is_open[at])


def _interval_errors(history: History, levels: Levels) -> tuple[np.ndarray, np.ndarray]:
    """(D, Q, S) calls expected given the day's sum, 0 where unknown; and calls above that, NaN where unknown."""
    queues, days, slots = history.calls.shape
    expected = np.zeros((days, queues, slots))
    course = np.full((days, queues, slots), np.nan)
    for day in np.flatnonzero(history.days.is_plain)[1:]:
        before = levels.latest[day - 1, history.days.weekday[day]]
        if day < WARM_UP_DAYS or before < 0:
            continue
        actual = np.where(history.days.is_open[day], history.calls[:, day], np.nan)
        level = levels.after[before]
        known = ~np.isnan(actual) & ~np.isnan(level)
        met, meant = np.where(known, actual, 0.0).sum(axis=1), np.where(known, level, 0.0).sum(axis=1)
        ratio = np.where(meant > 0, met / np.where(meant > 0, meant, 1.0), 0.0)
        mean = level * ratio[:, None]
        expected[day] = np.where(known, mean, 0.0)
        course[day] = np.where(known & (meant > 0)[:, None], actual - mean, np.nan)
    return expected, course


def sample_paths(
    point: np.ndarray,
    errors: Errors,
    history: History,
    days: Days,
    pattern: np.ndarray,
    *,
    known_until: int,
    paths: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, bool]:
    """Joint sample paths of calls.

    Args:
        point: (Q, H, S) point forecast. errors: of the past; only what had happened by `known_until` is used.
        days: the H days forecast; pattern: (H,) weekday whose course each takes.
        known_until: position in the history of the last known day.
        paths: number of paths N.

    Returns:
        (N, Q, H, S) float32 whole calls, 0 when closed; and whether the day errors had to be assumed.
    """
    ratios, assumed = _day_ratios(errors, days, known_until=known_until, paths=paths, rng=rng)
    queues, horizon, slots = point.shape
    out = np.zeros((paths, queues, horizon, slots), dtype=np.float32)
    for h in range(horizon):
        if not days.is_open[h].any():
            continue
        mean = point[None, :, h] * ratios[:, h, :, None]  # (N, Q, S)
        donors = _donors(errors, history, int(pattern[h]), known_until)
        calls = _noisy(mean, errors, donors, rng)
        average = calls.mean(axis=0)
        calls *= np.where(average > 0, point[:, h] / np.where(average > 0, average, 1.0), 1.0)
        out[:, :, h] = np.where(days.is_open[h], np.floor(calls + rng.random(calls.shape)), 0.0)
    return out, assumed


def _noisy(mean: np.ndarray, errors: Errors, donors: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Calls of one day on each path: the mean and one past day's errors, or drawn noise where none are known."""
    if len(donors):
        order = np.resize(rng.permutation(donors), len(mean))
        course = errors.course[rng.permutation(order)]
        calls: np.ndarray = np.maximum(mean + course * _count_sd(mean, errors.phi[None, :, None]), 0.0)
    else:
        calls = np.full(mean.shape, np.nan)
    unknown = np.isnan(calls)
    if unknown.any():
        phi = np.broadcast_to(np.maximum(errors.phi, 1e-6)[None, :, None], mean.shape)[unknown]
        calls[unknown] = rng.poisson(mean[unknown] * rng.gamma(1 / phi, phi))
    return calls


def _donors(errors: Errors, history: History, weekday: int, known_until: int) -> np.ndarray:
    """Past days whose course of errors may be drawn: of the same weekday, or all plain days where those are few."""
    seen = ~np.isnan(errors.course[: known_until + 1]).all(axis=(1, 2))
    same = np.flatnonzero(seen & (history.days.weekday[: known_until + 1] == weekday))
    donors: np.ndarray = same if len(same) >= MIN_DONORS else np.flatnonzero(seen)
    return donors


def _day_ratios(
    errors: Errors, days: Days, *, known_until: int, paths: int, rng: np.random.Generator
) -> tuple[np.ndarray, bool]:
    """(N, H, Q) factor on each day's forecast, mean 1 over the paths; and whether its spread had to be assumed."""
    horizon = len(days)
    log_ratio = errors.log_ratio[: max(0, known_until + 1 - horizon), :horizon]
    kind = errors.kind[: len(log_ratio), :horizon]
    queues = errors.log_ratio.shape[2]
    known = ~np.isnan(log_ratio).all(axis=(1, 2))
    scale, centre = _spread_by_kind(log_ratio[known], kind[known])
    if known.sum() < MIN_ORIGINS:
        # A level error that lasts and a daily one, of equal size; shared by the queues to a half, on the safe side.
        common, daily = rng.standard_normal((paths, 1, 1)), rng.standard_normal((paths, horizon, 1))
        own = rng.standard_normal((paths, horizon, queues))
        z = 0.5 * common + 0.5 * daily + np.sqrt(0.5) * own
    else:
        standard = (log_ratio[known] - centre[kind[known]]) / scale[kind[known]]
        z = _filled(standard)
        order = np.resize(rng.permutation(len(z)), paths)
        z = z[rng.permutation(order)]
    ratio = np.exp(np.clip(z * scale[days.kind], -MAX_LOG_RATIO, MAX_LOG_RATIO))
    ratio /= ratio.mean(axis=0)
    return ratio, bool(known.sum() < MIN_ORIGINS)


def _spread_by_kind(log_ratio: np.ndarray, kind: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(9, Q) standard deviation and mean of the log ratio by kind of day, drawn to all days' where days are few."""
    queues = log_ratio.shape[2]
    scale, centre = np.full((KINDS, queues), ASSUMED_LOG_SD), np.zeros((KINDS, queues))
    scale[WEEK:] = ASSUMED_SPECIAL_LOG_SD
    if not log_ratio.size:
        return scale, centre
    horizon = log_ratio.shape[1]
    plain = _moments(log_ratio[(kind >= 0) & (kind < WEEK)])
    pooled = np.where(plain[0] > 1, plain[2], ASSUMED_LOG_SD**2)
    for k in range(KINDS):
        count, mean, variance = _moments(log_ratio[kind == k])
        seen = count / horizon  # each day is met from up to `horizon` origins
        prior = pooled if k < HOLIDAY_KIND else np.maximum(pooled, ASSUMED_SPECIAL_LOG_SD**2)
        scale[k] = np.sqrt((seen * variance + PRIOR_DAYS * prior) / (seen + PRIOR_DAYS))
        centre[k] = mean * seen / (seen + PRIOR_DAYS)
    return np.maximum(scale, 1e-3), centre


def _moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(Q,) count, mean and variance of the known values of (N, Q); 0 where there is none."""
    known = ~np.isnan(values)
    count = known.sum(axis=0)
    mean = np.nansum(values, axis=0) / np.maximum(count, 1)
    variance = np.nansum((values - mean) ** 2, axis=0) / np.maximum(count, 1)
    return count, mean, variance


def _filled(z: np.ndarray) -> np.ndarray:
    """(O, H, Q) with unknown days given the queue's mean error at that origin, or all queues' where it is unknown."""
    known = ~np.isnan(z)
    total = np.where(known, z, 0.0)
    by_queue = total.sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
    overall = total.sum(axis=(1, 2), keepdims=True) / np.maximum(known.sum(axis=(1, 2), keepdims=True), 1)
    instead = np.where(known.any(axis=1, keepdims=True), by_queue, overall)
    filled: np.ndarray = np.where(known, z, instead)
    return filled
