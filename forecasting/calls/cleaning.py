"""Faults of a feed that are no demand: whole open days of zeros in a busy queue, and counts far beyond anything usual.

Both become unknown, are counted, and are named by `fallback`. What is marked a gap already stays one; zeros that the
queue shows regularly are believed.
"""

from dataclasses import dataclass, replace

import numpy as np

from forecasting.calls.history import DEAD_FEED_CALLS, History

SPIKE_TIMES, SPIKE_SDS, SPIKE_CALLS = 8.0, 8.0, 10.0
"""A count is a spike if it is above so many times the usual one, and so many standard deviations plus calls above."""
RARE_SHARE = 0.05
"""Zero days are believed if more than this share of the queue's open plain days are zero."""
RECENT_DAYS = 56
"""Faults so near to the forecast are worth a reason in its table."""
WEEK = 7


@dataclass(frozen=True)
class Faults:
    """What was taken out, by queue. spikes: (Q,) intervals; zero_days: (Q,) whole days of unmarked zeros;
    recent_spikes, recent_zero_days: those of them in the last `RECENT_DAYS` days."""

    spikes: np.ndarray
    zero_days: np.ndarray
    recent_spikes: np.ndarray
    recent_zero_days: np.ndarray


def without_faults(history: History) -> tuple[History, Faults]:
    """The history with faults unknown, and how many there were."""
    calls = history.calls.copy()
    days = history.days
    plain = days.is_plain & days.is_open.any(axis=1)
    opened = np.where(days.is_open, calls, np.nan)
    known = np.asarray(~np.isnan(opened).all(axis=2))
    totals = np.where(known, np.nansum(opened, axis=2), np.nan)
    usual = np.full(len(history.queues), 0.0)
    for q in range(len(history.queues)):
        seen = totals[q][plain & known[q]]
        usual[q] = np.median(seen[seen > 0]) if (seen > 0).any() else 0.0
    zero: np.ndarray = np.equal(totals, 0) & plain
    share = zero.sum(axis=1) / np.maximum((known & plain).sum(axis=1), 1)
    weeks = np.maximum((known & plain).sum(axis=1) / WEEK, 1.0)
    believed = (usual < DEAD_FEED_CALLS) | ((share > RARE_SHARE) & (zero.sum(axis=1) > 2 * weeks))
    believed |= _one_weekday(zero, days.weekday)
    zero &= ~believed[:, None]
    calls[zero] = np.nan
    spike = _spikes(calls, days.weekday, plain)
    calls[spike] = np.nan
    recent = slice(max(0, len(days) - RECENT_DAYS), None)
    faults = Faults(
        spike.sum(axis=(1, 2)), zero.sum(axis=1), spike[:, recent].sum(axis=(1, 2)), zero[:, recent].sum(axis=1)
    )
    return replace(history, calls=calls), faults


def _one_weekday(zero: np.ndarray, weekday: np.ndarray) -> np.ndarray:
    """(Q,) bool: all zero days, three or more, fall on one weekday: a day off, and no fault."""
    found = np.zeros(len(zero), dtype=bool)
    for q in range(len(zero)):
        on = weekday[zero[q]]
        found[q] = len(on) > WEEK // 2 and len(np.unique(on)) == 1
    return found


def _spikes(calls: np.ndarray, weekday: np.ndarray, plain: np.ndarray) -> np.ndarray:
    """(Q, D, S) bool: far beyond the median of the weekday's own interval."""
    found = np.zeros(calls.shape, dtype=bool)
    for day in range(WEEK):
        same = np.flatnonzero(weekday == day)
        teach = same[plain[same]]
        if len(teach) < 3:
            continue
        block = calls[:, teach]
        unseen = np.isnan(block).all(axis=1)
        usual = np.where(unseen, np.nan, np.nanmedian(np.where(unseen[:, None], 0.0, block), axis=1))
        limit = np.maximum(SPIKE_TIMES * usual, usual + SPIKE_SDS * np.sqrt(usual) + SPIKE_CALLS)
        with np.errstate(invalid="ignore"):
            found[:, same] = calls[:, same] > limit[:, None]
    return found
