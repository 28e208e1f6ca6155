"""Handle times of the days forecast: mean by interval, factor by path and day, what is unsure about them in words."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from forecasting.calls.handle import ASSUMED_SECONDS, HandleTime, mean_handle_times, usable_legs
from forecasting.calls.handle_spread import handle_factors, handle_spread, legs_age_days, spread_note

STREAM = 1
"""Stream of random numbers of the handle times, apart from that of the calls."""


@dataclass(frozen=True)
class Handling:
    """seconds: (Q, T) mean by interval. factors: (N, Q, H) float32 on the mean of a day, by path. reasons: (Q,) why a
    queue's is not its own, "" where it is. notes: sentences for people."""

    seconds: np.ndarray
    factors: np.ndarray
    reasons: np.ndarray
    notes: tuple[str, ...]


def handling(
    handled: pd.DataFrame,
    calls: np.ndarray,
    paths: np.ndarray,
    *,
    queues: tuple[str, ...],
    as_of: date,
    interval_minutes: int,
    seed: int,
) -> Handling:
    """Handle times of the days ahead.

    Args:
        handled: answered legs (`mean_handle_times`). queues: the Q queues. calls: (Q, H, S) expected; paths:
            (N, Q, H, S) sample paths of them.
    """
    mean = mean_handle_times(handled, queues=queues, as_of=as_of)
    legs = usable_legs(handled, queues=queues, as_of=as_of)
    age = legs_age_days(legs, np.datetime64(as_of, "D"))
    spread = handle_spread(legs, mean, queues=len(queues), horizon=calls.shape[1], age_days=age)
    hour = np.arange(calls.shape[2]) * interval_minutes // 60
    work = np.einsum("nqhs,qs->nqh", paths, mean.seconds[:, hour].astype(paths.dtype))
    return Handling(
        seconds=np.tile(mean.seconds[:, hour], (1, calls.shape[1])),
        factors=handle_factors(spread, calls.sum(axis=2), work, rng=np.random.default_rng((seed, STREAM))),
        reasons=np.where(mean.assumed, _reason(mean), "").astype(object),
        notes=(*mean.notes, *(spread_note(spread, age) if len(legs.seconds) else ())),
    )


def _reason(mean: HandleTime) -> str:
    if mean.assumed.all():
        return f"no answered call is known: {ASSUMED_SECONDS:.0f} s a call are assumed"
    return "no answered call of this queue is known: handle time of all queues"
