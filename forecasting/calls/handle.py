"""Handle time: the mean seconds of a call by queue and hour, from answered legs.

Hours are noisy and the tail is heavy, so the course over the day is taken from durations held at the queue's 99th
percentile and each hour is drawn to the queue's moving level; the level itself keeps the whole tail, because workload
is a sum and the median would lose two fifths of it. Demand counts a caller once, where he began; the legs passed on
are work all the same, so a call takes the seconds of all legs of its queue / the first legs among them.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

HALF_LIFE_DAYS = 28.0
"""A leg so many days before the latest one counts half in the moving level."""
PRIOR_LEGS = 60.0
"""Weight, in legs, of the queue's level in an hour's mean, and of all queues' level in a queue's."""
WINSOR_QUANTILE = 0.99
"""Durations above this quantile of their queue are held there, for the course over the day."""
ASSUMED_SECONDS = 300.0
"""Mean handle time where not one answered call is known."""
OLD_DAYS = 60
"""Handle times that end longer than this before the forecast are said to be old."""
HOURS = 24


@dataclass(frozen=True)
class Legs:
    """Answered legs that count: arrived (n,) datetime64[s], seconds (n,), queue (n,) row, first (n,) bool."""

    arrived: np.ndarray
    seconds: np.ndarray
    queue: np.ndarray
    first: np.ndarray


@dataclass(frozen=True)
class HandleTime:
    """seconds: (Q, 24) mean by hour of the day. assumed: (Q,) bool, no answered call of that queue known."""

    seconds: np.ndarray
    assumed: np.ndarray
    notes: tuple[str, ...]


def mean_handle_times(handled: pd.DataFrame, *, queues: tuple[str, ...], as_of: date) -> HandleTime:
    """Mean handle time by queue and hour of the day.

    Args:
        handled: queue, arrived_at, handle_seconds (> 0), and is_first_leg (unless given: all are): one row per
            answered leg; rows after `as_of` are ignored.
        queues: the Q queues asked for.

    Returns:
        Handle times; a queue without answered calls takes the level of all, or `ASSUMED_SECONDS` if there is none.
    """
    legs = usable_legs(handled, queues=queues, as_of=as_of)
    arrived, seconds, row, first = legs.arrived, legs.seconds, legs.queue, legs.first
    count = np.bincount(row, minlength=len(queues))
    if not len(seconds):
        note = f"handle time: no answered call is known, {ASSUMED_SECONDS:.0f} s a call are assumed"
        return HandleTime(np.full((len(queues), HOURS), ASSUMED_SECONDS), count == 0, (note,) if queues else ())
    on_day = arrived.astype("datetime64[D]")
    age_days = (on_day.max() - on_day).astype(np.float64)
    weight = 0.5 ** (age_days / HALF_LIFE_DAYS)
    level = _queue_levels(row, seconds, weight, len(queues)) * _legs_work(row, weight, first, len(queues))
    held, beyond = _winsorised(row, seconds, len(queues))
    course = _course(row, (arrived.astype("datetime64[h]").astype(np.int64) % HOURS), held, len(queues))
    return HandleTime(level[:, None] * course, count == 0, _notes(arrived, beyond, count, queues, as_of))


def usable_legs(handled: pd.DataFrame, *, queues: tuple[str, ...], as_of: date) -> Legs:
    """Legs of the queues asked for that took time and are known at the end of `as_of`; arguments as above."""
    arrived = handled["arrived_at"].to_numpy().astype("datetime64[s]")
    seconds = handled["handle_seconds"].to_numpy(dtype=np.float64)
    with np.errstate(invalid="ignore"):
        usable = (arrived.astype("datetime64[D]") <= np.datetime64(as_of, "D")) & (seconds > 0) & np.isfinite(seconds)
    row = pd.Index(queues).get_indexer(pd.Index(handled["queue"]))
    usable &= row >= 0
    first = handled["is_first_leg"].to_numpy(dtype=bool) if "is_first_leg" in handled else np.ones(len(row), dtype=bool)
    return Legs(arrived[usable], seconds[usable], row[usable], first[usable])


def _queue_levels(row: np.ndarray, seconds: np.ndarray, weight: np.ndarray, queues: int) -> np.ndarray:
    """(Q,) weighted mean of each queue, drawn to that of all queues where legs are few."""
    overall = float(np.average(seconds, weights=weight))
    mass = np.bincount(row, weights=weight, minlength=queues)
    total = np.bincount(row, weights=weight * seconds, minlength=queues)
    level: np.ndarray = (total + PRIOR_LEGS * overall) / (mass + PRIOR_LEGS)
    return level


def _legs_work(row: np.ndarray, weight: np.ndarray, first: np.ndarray, queues: int) -> np.ndarray:
    """(Q,) legs / first legs, weighted; 1 where no leg was passed on, and drawn to it by `PRIOR_LEGS` legs."""
    mass = np.bincount(row, weights=weight, minlength=queues)
    began = np.bincount(row, weights=weight * first, minlength=queues)
    work: np.ndarray = (mass + PRIOR_LEGS) / (began + PRIOR_LEGS)
    return work


def _winsorised(row: np.ndarray, seconds: np.ndarray, queues: int) -> tuple[np.ndarray, int]:
    held = seconds.copy()
    for q in range(queues):
        mine = row == q
        if mine.any():
            held[mine] = np.minimum(seconds[mine], np.quantile(seconds[mine], WINSOR_QUANTILE))
    return held, int((held < seconds).sum())


def _course(row: np.ndarray, hour: np.ndarray, held: np.ndarray, queues: int) -> np.ndarray:
    """(Q, 24) ratio of each hour's mean to the queue's, shrunk to 1; mean 1 over the queue's own legs."""
    cell = row * HOURS + hour
    count = np.bincount(cell, minlength=queues * HOURS).reshape(queues, HOURS)
    total = np.bincount(cell, weights=held, minlength=queues * HOURS).reshape(queues, HOURS)
    legs = count.sum(axis=1, keepdims=True)
    mean = np.where(legs > 0, total.sum(axis=1, keepdims=True) / np.maximum(legs, 1), 1.0)
    ratio = (total / mean + PRIOR_LEGS) / (count + PRIOR_LEGS)
    own = (ratio * count).sum(axis=1, keepdims=True) / np.maximum(legs, 1)
    return np.where(legs > 0, ratio / np.where(own > 0, own, 1.0), 1.0)


def _notes(
    arrived: np.ndarray, beyond: int, count: np.ndarray, queues: tuple[str, ...], as_of: date
) -> tuple[str, ...]:
    notes = []
    last = arrived.max().astype("datetime64[D]")
    if beyond:
        notes.append(
            f"handle time: {beyond} calls longer than their queue's 99th percentile shape no hour of the day, "
            "but count in full in the queue's mean"
        )
    days_old = int((np.datetime64(as_of, "D") - last).astype(int))
    if days_old > OLD_DAYS:
        notes.append(f"handle time: the last answered call known is of {last}, {days_old} days before the forecast")
    notes += [
        f"handle time: no answered call of queue {queue} is known, the mean of all queues is taken"
        for queue, legs in zip(queues, count, strict=True)
        if not legs
    ]
    return tuple(notes)
