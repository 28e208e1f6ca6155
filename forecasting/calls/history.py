"""Demand as a dense block of numbers: queue x day x slot of the day, and which of it may teach anything.

A slot is the k-th interval after local midnight. Unknown is NaN: gaps, days the table does not cover, and a dead feed
(a run of days at the end without a single call, in a queue that never had such a run).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from inputs.calendar import DAY_TYPES, EVE, HOLIDAY, day_types, open_mask
from scenarios.clock import MINUTES_PER_DAY
from scenarios.errors import DataError
from scenarios.schema.base import WEEKDAYS, Weekday

HOLIDAY_KIND = DAY_TYPES.index(HOLIDAY)
EVE_KIND = DAY_TYPES.index(EVE)

DEAD_FEED_DAYS = 2
"""So many last days without any call, in a queue that is open and has at least `DEAD_FEED_CALLS` on a usual day, are
taken for a dead feed and not for silence."""
DEAD_FEED_CALLS = 20.0


@dataclass(frozen=True)
class Days:
    """Consecutive calendar days.

    start: (D,) datetime64[D]. weekday: (D,) 0 Monday .. 6 Sunday. kind: (D,) 0..6 a plain weekday, 7 holiday, 8 eve
    (the position in `inputs.calendar.DAY_TYPES`). is_open: (D, S) bool.
    """

    start: np.ndarray
    weekday: np.ndarray
    kind: np.ndarray
    is_open: np.ndarray

    def __len__(self) -> int:
        return len(self.start)

    @property
    def is_plain(self) -> np.ndarray:
        """(D,) bool: neither holiday nor eve."""
        return self.kind < len(WEEKDAYS)


@dataclass(frozen=True)
class History:
    """What was seen of each queue.

    calls: (Q, D, S) float64, NaN unknown. The last day is `as_of`. dead_days: (Q,) days at the end that were taken
    out as a dead feed; silent_days: (Q,) days at the end without a known interval, dead days included.
    """

    queues: tuple[str, ...]
    days: Days
    calls: np.ndarray
    dead_days: np.ndarray
    silent_days: np.ndarray


def make_days(
    start: date,
    days: int,
    *,
    interval_minutes: int,
    opening_hours: Mapping[Weekday, tuple[int, int]],
    country: str | None,
) -> Days:
    """The calendar of `days` days from `start`."""
    slots = MINUTES_PER_DAY // interval_minutes
    dates = pd.DatetimeIndex(np.datetime64(start, "D") + np.arange(days))
    starts = pd.DatetimeIndex((dates.to_numpy()[:, None] + _offsets(slots, interval_minutes)).ravel())
    kinds = day_types(dates, country).map({name: position for position, name in enumerate(DAY_TYPES)})
    return Days(
        start=dates.to_numpy().astype("datetime64[D]"),
        weekday=dates.day_of_week.to_numpy(),
        kind=kinds.to_numpy(dtype=np.int64),
        is_open=open_mask(starts, opening_hours, interval_minutes).reshape(days, slots),
    )


def interval_starts(days: Days) -> np.ndarray:
    """(D x S,) datetime64[us]: start of every interval of the days."""
    slots = days.is_open.shape[1]
    starts: np.ndarray = (
        days.start[:, None].astype("datetime64[us]") + _offsets(slots, MINUTES_PER_DAY // slots)
    ).ravel()
    return starts


def _offsets(slots: int, interval_minutes: int) -> np.ndarray:
    return (np.arange(slots) * interval_minutes).astype("timedelta64[m]").astype("timedelta64[us]")


def read_history(
    demand: pd.DataFrame,
    *,
    as_of: date,
    interval_minutes: int,
    opening_hours: Mapping[Weekday, tuple[int, int]],
    country: str | None,
) -> History:
    """The block of everything known up to the end of `as_of`; later rows are not looked at.

    Raises:
        DataError: an interval does not start on the grid of `interval_minutes`.
    """
    queues = tuple(sorted(demand["queue"].unique()))
    end = np.datetime64(as_of, "D")
    starts = demand["interval_start"].to_numpy().astype("datetime64[m]")
    minute = (starts - starts.astype("datetime64[D]")).astype(np.int64)
    if (minute % interval_minutes).any():
        wrong = starts[minute % interval_minutes != 0][0]
        raise DataError(
            f"demand: an interval starts at {wrong}, which is not on the grid of {interval_minutes} minutes; "
            "set forecast.calls.interval_minutes to the length of the intervals in the data"
        )
    day = starts.astype("datetime64[D]")
    known = (day <= end) & ~demand["is_gap"].to_numpy(dtype=bool) & demand["calls"].notna().to_numpy()
    first = day[known].min() if known.any() else end
    days = make_days(
        first.astype(date),
        int((end - first).astype(int)) + 1,
        interval_minutes=interval_minutes,
        opening_hours=opening_hours,
        country=country,
    )
    calls = np.full((len(queues), *days.is_open.shape), np.nan)
    row = pd.Index(queues).get_indexer(pd.Index(demand["queue"]))[known]
    calls[row, (day[known] - first).astype(int), minute[known] // interval_minutes] = demand["calls"].to_numpy(
        dtype=np.float64
    )[known]
    return _without_dead_feed(queues, days, np.maximum(calls, 0.0))


def _without_dead_feed(queues: tuple[str, ...], days: Days, calls: np.ndarray) -> History:
    """Turns a run of zero days at the end into unknown where it cannot be silence."""
    opened = np.where(days.is_open, calls, np.nan)
    unseen = np.isnan(opened).all(axis=2)  # (Q, D): no open interval known, closed days included
    totals = np.where(unseen, np.nan, np.nansum(opened, axis=2))
    dead = np.zeros(len(queues), dtype=np.int64)
    expected = days.is_plain & days.is_open.any(axis=1)
    for q in range(len(queues)):
        nonzero = np.flatnonzero(totals[q] > 0)
        if not len(nonzero):
            continue
        usual = float(np.median(totals[q][nonzero]))
        zero_run = int((totals[q, nonzero[-1] + 1 :][expected[nonzero[-1] + 1 :]] == 0).sum())
        earlier = np.flatnonzero(totals[q, : nonzero[-1]] == 0)
        if zero_run >= DEAD_FEED_DAYS and usual >= DEAD_FEED_CALLS and not expected[earlier].any():
            dead[q] = len(days) - 1 - nonzero[-1]
            calls[q, nonzero[-1] + 1 :] = np.nan
    known = ~np.isnan(calls).all(axis=2)
    silent = np.array([len(days) - 1 - np.flatnonzero(k)[-1] if k.any() else len(days) for k in known], dtype=np.int64)
    return History(queues, days, calls, dead, silent)
