"""Sample paths of calls: how far days and intervals stray from the point forecast, drawn jointly for all queues.

A path multiplies the point forecast by a trajectory of day ratios (actual over forecast, as a past origin really met
them, so that one day's error goes with the next day's) and adds the whole-day course of errors of one past day, scaled
by the standard deviation of a count (m + phi m^2, negative binomial). That error holds the counting noise of its day,
so none is drawn on top; only where a queue has no past error at all is the noise drawn from the negative binomial.
All queues share origin and past day, which keeps their correlation. `Stretch` widens or narrows the three grains apart
(`conformal`). The mean over the paths is the point forecast, but for the rounding to whole calls.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.calls.backtest import Backtest, what_came
from forecasting.calls.history import EVE_KIND, HOLIDAY_KIND, Days, History
from forecasting.calls.known import Known, Part

MIN_ORIGINS = 8
"""With fewer past origins the day errors are assumed."""
MIN_DONORS = 5
"""With fewer past days of the weekday, all plain days lend their course of errors."""
ASSUMED_LOG_SD = 0.20
"""Log standard deviation of a day's calls about its forecast, where no past origin tells (about 20 %)."""
ASSUMED_SPECIAL_LOG_SD = 0.50
"""The same of a holiday or an eve, before any was seen."""
PRIOR_DAYS = 4.0
"""Weight, in days, of the spread of all days in that of one kind of day."""
HALF_LIFE_DAYS = 84.0
"""A past origin so many days before the latest one is drawn half as often: a younger model knew less."""
MIXED_SHARE = 0.5
"""Share of the variance of a trajectory that comes from a mixture of all past ones."""
MAX_LOG_RATIO = 3.0
"""Errors of a day beyond a factor of 20 are held there."""
WEEK = 7
KINDS = EVE_KIND + 1
BAND_TAIL = 0.9
MOST_FOR_FEW = 1.6
"""The spread of the total is widened for few independent origins as Student's t has it, at most by this factor; of the
widening its square root is taken, because the stretch (`conformal`) allows for few cases too: without it 80 % bands of
totals covered 76 to 85 % on series of the past set aside for tuning, with all of it 82 to 95 %."""


@dataclass(frozen=True)
class Errors:
    """How wrong the forecast was at past origins.

    origins: (O,) positions of the last known day. log_ratio: (O, H, Q) log of actual over forecast of day o + 1 + h;
    NaN unknown. kind: (O, H) kind of that day, -1 beyond the history. course: (D, Q, S) error of each interval of a
    day about its own day's sum, in standard deviations; NaN unknown. phi: (Q,) overdispersion of an interval.
    """

    origins: np.ndarray
    log_ratio: np.ndarray
    kind: np.ndarray
    course: np.ndarray
    phi: np.ndarray


@dataclass(frozen=True)
class Stretch:
    """Factors on the spread of the horizon's total, of days about it, and of intervals about their day."""

    total: float = 1.0
    day: float = 1.0
    interval: float = 1.0


def past_errors(known: Known, test: Backtest, said: Part) -> Errors:
    """Errors of a forecast at past origins.

    Args:
        said: level (O, Q, H) and course (O, Q, H, S) at the origins of `test`.
    """
    totals, calls = what_came(known, test)
    with np.errstate(invalid="ignore"):
        ratio = np.log((totals + 0.5) / (said.level + 0.5)).transpose(0, 2, 1)
    log_ratio = np.clip(ratio, -MAX_LOG_RATIO, MAX_LOG_RATIO)
    days = len(known.history.days)
    at = test.origins[:, None] + 1 + np.arange(known.horizon)[None]
    opens = np.asarray(known.calendar.is_open.any(axis=1))[at]
    kind = np.where(at < days, known.calendar.kind[at], -1)
    expected, course = _interval_errors(known, test, said, calls)
    gap = np.where(np.isnan(course), 0.0, course**2 - expected)
    phi = np.clip(gap.sum(axis=(0, 2)) / np.maximum((expected**2).sum(axis=(0, 2)), 1e-9), 0.0, 1.0)
    sd = _count_sd(np.maximum(expected, 1e-9), phi[None, :, None])
    return Errors(test.origins, np.where(opens[:, :, None], log_ratio, np.nan), kind, course / sd, phi)


def _count_sd(mean: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """Standard deviation of a negative binomial count, never below that of 0.25 calls."""
    sd: np.ndarray = np.sqrt(np.maximum(mean, 0.25) + phi * mean**2)
    return sd


def _interval_errors(known: Known, test: Backtest, said: Part, calls: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(D, Q, S) calls expected given the day's sum, 0 where unknown; and calls above that, NaN where unknown.

    Each plain day is judged by the last origin before it.
    """
    queues, days, slots = known.history.calls.shape
    expected = np.zeros((days, queues, slots))
    course = np.full((days, queues, slots), np.nan)
    for i, origin in enumerate(test.origins):
        until = test.origins[i + 1] if i + 1 < len(test.origins) else days - 1
        for h in range(min(known.horizon, int(min(until, days - 1)) - int(origin))):
            day = int(origin) + 1 + h
            if not known.teaching[day]:
                continue
            actual, share = calls[i, :, h], said.course[i, :, h]
            seen = ~np.isnan(actual) & np.isfinite(share)
            share = np.where(seen, share, 0.0)
            mass = share.sum(axis=1, keepdims=True)
            met = np.where(seen, actual, 0.0).sum(axis=1, keepdims=True)
            mean = met * share / np.where(mass > 0, mass, 1.0)
            expected[day] = np.where(seen, mean, 0.0)
            course[day] = np.where(seen & (mass > 0), actual - mean, np.nan)
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
    stretch: Stretch = Stretch(),
) -> tuple[np.ndarray, bool]:
    """Joint sample paths of calls.

    Args:
        point: (Q, H, S) point forecast. errors: of the past; only what had happened by `known_until` is used.
        days: the H days forecast; pattern: (H,) weekday whose course each takes.
        known_until: position in the history of the last known day.
        paths: number of paths N. stretch: of the spread at the three grains.

    Returns:
        (N, Q, H, S) float32 whole calls, 0 when closed; and whether the day errors had to be assumed.
    """
    ratios, assumed = _day_ratios(errors, days, known_until=known_until, paths=paths, rng=rng, stretch=stretch)
    queues, horizon, slots = point.shape
    out = np.zeros((paths, queues, horizon, slots), dtype=np.float32)
    for h in range(horizon):
        if not days.is_open[h].any():
            continue
        mean = point[None, :, h] * ratios[:, h, :, None]  # (N, Q, S)
        donors = _donors(errors, history, int(pattern[h]), known_until)
        calls = _noisy(mean, errors, donors, rng, stretch.interval)
        average = calls.mean(axis=0)
        calls *= np.where(average > 0, point[:, h] / np.where(average > 0, average, 1.0), 1.0)
        out[:, :, h] = np.where(days.is_open[h], np.floor(calls + rng.random(calls.shape)), 0.0)
    return out, assumed


def _noisy(
    mean: np.ndarray, errors: Errors, donors: np.ndarray, rng: np.random.Generator, stretch: float
) -> np.ndarray:
    """Calls of one day on each path: the mean and one past day's errors, or drawn noise where none are known."""
    if len(donors):
        order = np.resize(rng.permutation(donors), len(mean))
        course = errors.course[rng.permutation(order)] * stretch
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
    errors: Errors, days: Days, *, known_until: int, paths: int, rng: np.random.Generator, stretch: Stretch
) -> tuple[np.ndarray, bool]:
    """(N, H, Q) factor on each day's forecast, mean 1 over the paths; and whether its spread had to be assumed."""
    horizon = len(days)
    over = errors.origins + horizon <= known_until
    log_ratio, kind = errors.log_ratio[over], errors.kind[over]
    queues = errors.log_ratio.shape[2]
    known = ~np.isnan(log_ratio).all(axis=(1, 2))
    spread, centre = _spread_by_kind(log_ratio[known], kind[known])
    # An error of the past that leaned to one side is no less uncertain: the spread is about zero, not about its mean.
    scale = np.sqrt(spread**2 + centre**2)
    assumed = bool(known.sum() < MIN_ORIGINS)
    few = 1.0
    if assumed:
        # A level error that lasts and a daily one, of equal size; shared by the queues to a half, on the safe side.
        common, daily = rng.standard_normal((paths, 1, 1)), rng.standard_normal((paths, horizon, 1))
        own = rng.standard_normal((paths, horizon, queues))
        z = 0.5 * common + 0.5 * daily + np.sqrt(0.5) * own
    else:
        standard = (log_ratio[known] - centre[kind[known]]) / spread[kind[known]]
        z = _filled(standard)
        few = _student(1 + float(np.ptp(errors.origins[over][known])) / horizon) ** 0.5
        z = _trajectories(z, errors.origins[over][known], paths, rng)
    # What lasts is the mean of the standardised errors: an eve, whose own spread is wide, must not widen every day.
    opens = days.is_open.any(axis=1)
    lasting = z[:, opens].mean(axis=1, keepdims=True) if opens.any() else np.zeros_like(z[:, :1])
    log = (few * stretch.total * lasting + stretch.day * (z - lasting)) * scale[days.kind]
    ratio = np.exp(np.clip(log, -MAX_LOG_RATIO, MAX_LOG_RATIO))
    ratio /= ratio.mean(axis=0)
    return ratio, assumed


def _trajectories(z: np.ndarray, origins: np.ndarray, paths: int, rng: np.random.Generator) -> np.ndarray:
    """(N, H, Q) trajectories with the covariance of the past ones (O, H, Q), recent origins counting more.

    Half of the variance is one past trajectory as it was, which keeps its shape; half is a Gaussian mixture of all of
    them (a smoothed bootstrap: Silverman and Young, 1987). The quantiles of some twenty trajectories alone would be
    too narrow: between the ends of n cases lie (n - 1) / (n + 1) of the next ones only.
    """
    weight = 0.5 ** ((origins.max() - origins) / HALF_LIFE_DAYS)
    weight /= weight.sum()
    drawn = np.searchsorted(np.cumsum(weight), (np.arange(paths) + rng.random()) / paths).clip(max=len(origins) - 1)
    one = z[rng.permutation(drawn)]
    mixture = np.tensordot(rng.standard_normal((paths, len(origins))) * np.sqrt(weight), z, axes=1)
    both: np.ndarray = np.sqrt(1 - MIXED_SHARE) * one + np.sqrt(MIXED_SHARE) * mixture
    return both


def _student(independent: float) -> float:
    """How much wider an 80 % prediction band is when the spread comes from so many independent cases."""
    from scipy.stats import norm, t

    if independent <= 2:
        return MOST_FOR_FEW
    wide = t.ppf(BAND_TAIL, independent - 1) * np.sqrt(1 + 1 / independent) / norm.ppf(BAND_TAIL)
    return float(min(wide, MOST_FOR_FEW))


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
