"""How far handle times may stray from their forecast: a factor on each path, by queue and day, about 1.

log factor = lasting error of the level + error of the day. The lasting error is what past origins met over a whole
horizon: the level as it stood then against the mean that came. The error of a day holds what is beyond chance
(estimated by moments) and the chance of few calls, cv^2 / n. Few origins are drawn to assumed sizes. Half of the
lasting error and of the day's is shared by all queues: agents, products and systems are.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.calls.handle import HALF_LIFE_DAYS, HOURS, PRIOR_LEGS, HandleTime, Legs

ASSUMED_LASTING_SD, ASSUMED_DAY_SD = 0.06, 0.04
"""Log standard deviations where nothing is known: of the level over a fortnight, of a day about it beyond chance."""
PRIOR_HORIZONS, PRIOR_DAYS = 3.0, 10.0
"""Weight of the assumed sizes, in horizons that do not overlap and in days."""
WARM_UP_DAYS = 7
SHARED = 0.5
MOST_SD = 0.25
"""No lasting error is taken for wider than this, however old the last handle time is."""
ASSUMED_CV = 1.2
"""Standard deviation over mean of a handle time, where fewer than two are known."""


@dataclass(frozen=True)
class HandleSpread:
    """lasting: (Q,) log sd of the level over the horizon. day: (Q,) log sd of a day about it beyond chance.
    cv: (Q,) standard deviation / mean of one handle time. origins: past origins behind `lasting`."""

    lasting: np.ndarray
    day: np.ndarray
    cv: np.ndarray
    origins: int


def handle_spread(legs: Legs, handle: HandleTime, *, queues: int, horizon: int, age_days: int) -> HandleSpread:
    """Sizes of the errors.

    Args:
        legs: answered legs known. handle: the forecast; its hours take the mix of a day out. queues: Q.
        horizon: days forecast. age_days: days from the latest leg to the last known day; the level wanders on in them
            (variance x (1 + age / 28)).
    """
    cv = _variation(legs, queues)
    seconds, expected, count = _by_day(legs, handle.seconds, queues)
    lasting_sq, origins = _lasting_squares(seconds, expected, horizon)
    independent = 1 + (origins - 1) / horizon if origins else 0.0
    effective = np.minimum(count.sum(axis=1), 2 * HALF_LIFE_DAYS * count.mean(axis=1)) + PRIOR_LEGS
    assumed = ASSUMED_LASTING_SD**2 + cv**2 / effective
    seen = np.isfinite(lasting_sq)
    lasting = (independent * np.where(seen, lasting_sq, assumed) + PRIOR_HORIZONS * assumed) / (
        independent + PRIOR_HORIZONS
    )
    lasting = lasting * (1 + max(0, age_days) / HALF_LIFE_DAYS)
    day = _day_variance(seconds, expected, count, cv, horizon)
    return HandleSpread(np.minimum(np.sqrt(lasting), MOST_SD), np.sqrt(day), cv, origins)


def handle_factors(
    spread: HandleSpread, calls_by_day: np.ndarray, work: np.ndarray, *, rng: np.random.Generator
) -> np.ndarray:
    """(N, Q, H) float32 factors on the mean handle time of a day; they leave the mean work of a day as it is.

    Args:
        calls_by_day: (Q, H) calls expected; few calls have an uncertain mean. work: (N, Q, H) of each path, any unit.
    """
    paths, queues, days = work.shape
    if not queues or not days or not paths:
        return np.ones((paths, queues, days), dtype=np.float32)

    def half_shared(shape: tuple[int, ...]) -> np.ndarray:
        common, own = rng.standard_normal((paths, 1, *shape[1:])), rng.standard_normal((paths, *shape))
        mixed: np.ndarray = np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * own
        return mixed

    chance = spread.cv[:, None] / np.sqrt(np.maximum(calls_by_day, 1.0))
    log = half_shared((queues, 1)) * spread.lasting[:, None] + half_shared((queues, days)) * spread.day[:, None]
    log += rng.standard_normal((paths, queues, days)) * chance
    factor = np.exp(np.clip(log, -2.0, 2.0))
    mass = work.sum(axis=0)
    weighted = np.where(mass > 0, (factor * work).sum(axis=0) / np.where(mass > 0, mass, 1.0), factor.mean(axis=0))
    scaled: np.ndarray = (factor / weighted).astype(np.float32)
    return scaled


def spread_note(spread: HandleSpread, age_days: int) -> tuple[str, ...]:
    """A sentence on how sure the level is, for the typical queue."""
    if not len(spread.lasting):
        return ()
    width = 128.0 * float(np.median(spread.lasting))  # 80 % of a normal lie within 1.28 sd
    basis = f"{spread.origins} past origins" if spread.origins else "an assumed size: too few days are known"
    return (
        f"handle time: over the days forecast the mean may lie {width:.0f} % beside the forecast (4 times of 5 less), "
        f"by {basis}" + (f", the last call known being {age_days} days old" if age_days > HALF_LIFE_DAYS else ""),
    )


def _variation(legs: Legs, queues: int) -> np.ndarray:
    """(Q,) standard deviation over mean; drawn to the assumed one by `PRIOR_LEGS` legs."""
    count = np.bincount(legs.queue, minlength=queues)
    mean = np.bincount(legs.queue, weights=legs.seconds, minlength=queues) / np.maximum(count, 1)
    square = np.bincount(legs.queue, weights=legs.seconds**2, minlength=queues) / np.maximum(count, 1)
    own = np.maximum(square - mean**2, 0.0) / np.where(mean > 0, mean, 1.0) ** 2
    cv: np.ndarray = np.sqrt((count * own + PRIOR_LEGS * ASSUMED_CV**2) / (count + PRIOR_LEGS))
    return cv


def _by_day(legs: Legs, course: np.ndarray, queues: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(Q, D) seconds, seconds expected by queue and hour, and legs, of the days from the first to the latest leg."""
    if not len(legs.seconds):
        none = np.zeros((queues, 1))
        return none, none.copy(), none.copy()
    day = legs.arrived.astype("datetime64[D]")
    days = int((day.max() - day.min()).astype(int)) + 1
    cell = legs.queue * days + (day - day.min()).astype(int)
    hour = legs.arrived.astype("datetime64[h]").astype(np.int64) % HOURS
    shape = (queues, days)
    summed = [
        np.bincount(cell, weights=weights, minlength=queues * days).reshape(shape)
        for weights in (legs.seconds, course[legs.queue, hour])
    ]
    return summed[0], summed[1], np.bincount(cell, minlength=queues * days).reshape(shape)


def _lasting_squares(seconds: np.ndarray, expected: np.ndarray, horizon: int) -> tuple[np.ndarray, int]:
    """(Q,) mean square of log(mean of a horizon / level before it) over past origins, NaN unknown; their number."""
    days = seconds.shape[1]
    last = days - 1 - horizon
    if last < WARM_UP_DAYS - 1:
        return np.full(len(seconds), np.nan), 0
    fade = 0.5 ** (1 / HALF_LIFE_DAYS)
    top, bottom = np.zeros(len(seconds)), np.zeros(len(seconds))
    squares = []
    for day in range(last + 1):
        top, bottom = top * fade + seconds[:, day], bottom * fade + expected[:, day]
        if day >= WARM_UP_DAYS - 1:
            ahead = slice(day + 1, day + 1 + horizon)
            with np.errstate(invalid="ignore", divide="ignore"):
                error = np.log(seconds[:, ahead].sum(axis=1) / expected[:, ahead].sum(axis=1) / (top / bottom))
            squares.append(np.where(np.isfinite(error), error, np.nan) ** 2)
    block = np.array(squares)
    known = np.isfinite(block)
    mean = np.where(known.any(axis=0), np.nansum(block, axis=0) / np.maximum(known.sum(axis=0), 1), np.nan)
    return mean, len(squares)


def _day_variance(
    seconds: np.ndarray, expected: np.ndarray, count: np.ndarray, cv: np.ndarray, horizon: int
) -> np.ndarray:
    """(Q,) variance of a day's log mean about its neighbours' beyond cv^2 / n, by moments weighted with the calls."""
    around = [_around(block, horizon // 2) for block in (seconds, expected)]
    seen = (count > 0) & (around[1] > 0) & (seconds > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.log(seconds / expected / (around[0] / around[1]))
    error = np.where(seen, error, 0.0)
    excess = np.where(seen, count * error**2 - cv[:, None] ** 2, 0.0).sum(axis=1)  # n (e^2 - cv^2 / n)
    own = np.maximum(excess / np.maximum(count.sum(axis=1), 1), 0.0)
    days = seen.sum(axis=1)
    variance: np.ndarray = (days * own + PRIOR_DAYS * ASSUMED_DAY_SD**2) / (days + PRIOR_DAYS)
    return variance


def _around(block: np.ndarray, reach: int) -> np.ndarray:
    """(Q, D) sums over each day and as many days as `reach` on both sides of it."""
    summed = np.pad(np.cumsum(block, axis=1), ((0, 0), (1, 0)))
    day = np.arange(block.shape[1])
    sums: np.ndarray = summed[:, np.minimum(day + reach, day[-1]) + 1] - summed[:, np.maximum(day - reach, 0)]
    return sums


def legs_age_days(legs: Legs, last_day: np.datetime64) -> int:
    """Days from the latest leg to the last known day; 0 without legs."""
    if not len(legs.seconds):
        return 0
    return int((last_day - pd.Timestamp(legs.arrived.max()).to_datetime64().astype("datetime64[D]")).astype(int))
