"""The baseline forecast of every queue, day and interval, and why a day of it is thinner than usual."""

import numpy as np

from forecasting.calls.borrow import Borrowed
from forecasting.calls.history import Days, History
from forecasting.calls.level import SOURCES, Levels
from inputs.calendar import DAY_TYPES

ENOUGH_DAYS = 3
"""Same-type days from which on the median of the last eight needs no reason."""
NOTHING_KNOWN = "no calls in the history: nothing is expected"


def baseline_forecast(
    history: History,
    levels: Levels,
    days: Days,
    pattern: np.ndarray,
    *,
    known_until: int,
    borrowed: dict[int, Borrowed] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Calls of each queue, day and slot by the median of the last eight days of its kind, 0 when closed.

    Returns:
        (Q, H, S) calls; (Q, H) texts, "" where the usual method held.
    """
    queues, _, slots = history.calls.shape
    point = np.zeros((queues, len(days), slots))
    reasons = np.full((queues, len(days)), "", dtype=object)
    latest = levels.latest[known_until]
    seen = np.array([d for d in latest if d >= 0], dtype=np.int64)
    for h, weekday in enumerate(pattern):
        if not days.is_open[h].any():
            continue
        at = latest[weekday]
        for q in range(queues):
            if borrowed and q in borrowed:
                own, reasons[q, h] = _borrowed(borrowed[q], int(weekday))
            else:
                count = int(levels.sources[at, q]) if at >= 0 else 0
                own = levels.after[at, q] if at >= 0 else np.full(slots, np.nan)
                own, reasons[q, h] = _own(own, count, DAY_TYPES[weekday], levels.after[seen, q], days.is_open[h])
            point[q, h] = np.where(days.is_open[h], np.nan_to_num(own), 0.0)
    return point, reasons


def _borrowed(week: Borrowed, weekday: int) -> tuple[np.ndarray, str]:
    names = ", ".join(week.lenders[:3]) + (f" and {len(week.lenders) - 3} more" if len(week.lenders) > 3 else "")
    return week.week[weekday], f"new queue: the course of a week is borrowed from {names}, the level is its own"


def _own(own: np.ndarray, count: int, name: str, all_levels: np.ndarray, is_open: np.ndarray) -> tuple[np.ndarray, str]:
    reason = ""
    if count == 0:
        own, reason = _mean_known(all_levels), f"no {name} in the history: mean of the other weekdays"
    elif count < ENOUGH_DAYS:
        reason = f"only {count} {name} in the history instead of {SOURCES}"
    if np.isnan(own[is_open]).all():
        reason = NOTHING_KNOWN
    elif np.isnan(own[is_open]).any() and not reason:
        own = np.where(np.isnan(own), _mean_known(all_levels), own)
        reason = f"some open intervals of {name} were never seen: mean of the other weekdays there"
    return own, reason


def _mean_known(levels: np.ndarray) -> np.ndarray:
    """(S,) mean over the rows of (N, S), NaN where none is known."""
    known = ~np.isnan(levels)
    return np.where(known.any(axis=0), np.nansum(levels, axis=0) / np.maximum(known.sum(axis=0), 1), np.nan)
