"""The clock of the planned days: which minutes are open, how local time runs, which week a day belongs to.

Instants are whole local minutes since midnight of the first planned day. `elapsed` maps them to minutes that really
pass, so that rest and pay are right on the two days a year on which clocks change.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from inputs.calendar import open_mask
from scenarios.clock import MINUTES_PER_DAY
from scenarios.errors import Problem, ScenarioError
from scenarios.schema.base import Weekday

DAYS_PER_WEEK = 7
_QUARTER = 15
"""Clocks change on quarters of an hour, everywhere since 1972."""


@dataclass(frozen=True)
class Grid:
    """Planned days cut into intervals.

    first_day: datetime64[D]. days: number of days. interval_minutes: length of an interval.
    is_open: (days x intervals a day,) bool; an interval that is open in part counts as open.
    open_before: (minutes + 1,) int, number of open minutes before each minute; a span lies in opening hours if it
        holds as many open minutes as minutes.
    elapsed: (minutes + 1,) int, real minutes since the start.
    """

    first_day: np.datetime64
    days: int
    interval_minutes: int
    is_open: np.ndarray
    open_before: np.ndarray
    elapsed: np.ndarray

    @property
    def minutes(self) -> int:
        """Length of the planned days in local minutes."""
        return self.days * MINUTES_PER_DAY

    @property
    def weeks(self) -> int:
        """Weeks of seven days from the first day, the last one perhaps shorter."""
        return -(-self.days // DAYS_PER_WEEK)

    @property
    def interval_starts(self) -> np.ndarray:
        """datetime64[us] of each interval."""
        return self.instant(np.arange(self.is_open.size) * self.interval_minutes)

    def instant(self, minutes: np.ndarray) -> np.ndarray:
        """datetime64[us] of local minutes since the start."""
        instants: np.ndarray = np.array(self.first_day, dtype="datetime64[us]") + minutes.astype("timedelta64[m]")
        return instants

    def days_of(self, week: int) -> range:
        """Day numbers of a week."""
        return range(week * DAYS_PER_WEEK, min((week + 1) * DAYS_PER_WEEK, self.days))

    def is_within_hours(self, start: int, end: int) -> bool:
        """Whether [start, end) lies in opening hours and in the planned days."""
        return 0 <= start < end <= self.minutes and int(self.open_before[end] - self.open_before[start]) == end - start

    def day_number(self, day: object) -> int | None:
        """Number of a calendar day among the planned ones; None if it is not planned or no day."""
        stamp = pd.to_datetime(day, errors="coerce")  # type: ignore[call-overload]
        if pd.isna(stamp):
            return None
        number = (stamp.normalize() - pd.Timestamp(self.first_day)).days
        return number if 0 <= number < self.days else None


def make_grid(
    *,
    first_day: np.datetime64,
    days: int,
    interval_minutes: int,
    opening_hours: Mapping[Weekday, tuple[int, int]],
    timezone: str,
) -> Grid:
    """The grid of `days` days from `first_day`.

    Raises:
        ScenarioError: the time zone is not known.
    """
    start = pd.Timestamp(first_day)
    starts = pd.date_range(start, periods=days * MINUTES_PER_DAY // interval_minutes, freq=f"{interval_minutes}min")
    minutes = pd.date_range(start, periods=days * MINUTES_PER_DAY, freq="min")
    open_minutes = open_mask(minutes, opening_hours, 1)
    return Grid(
        first_day=first_day,
        days=days,
        interval_minutes=interval_minutes,
        is_open=open_mask(starts, opening_hours, interval_minutes),
        open_before=np.concatenate([[0], np.cumsum(open_minutes)]),
        elapsed=_elapsed(start.to_pydatetime(), days, timezone),
    )


def _elapsed(start: dt.datetime, days: int, timezone: str) -> np.ndarray:
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ScenarioError(
            [
                Problem(
                    f"time zone {timezone!r} is not known; write an IANA name such as Europe/Madrid",
                    "staffing.timezone",
                )
            ]
        ) from None
    local = np.arange(days * MINUTES_PER_DAY + 1)
    offsets = []
    for quarter in range(days * MINUTES_PER_DAY // _QUARTER + 1):
        offset = (start + dt.timedelta(minutes=_QUARTER * quarter)).replace(tzinfo=zone).utcoffset()
        offsets.append(0 if offset is None else round(offset.total_seconds() / 60))
    shift = np.array(offsets)[local // _QUARTER] - offsets[0]
    # local minutes that the spring change skips take no time
    return np.minimum.accumulate((local - shift)[::-1])[::-1]
