"""Call series as the benchmark reads them: half-hours by day, what is missing, origins, and who keeps which holidays.

A file has the columns timestamp and calls. A series without weekend rows has its Mondays to Fridays as rows, eight
origins five rows apart with ten rows after each; any other has nine origins fourteen days apart with fourteen days
after each. The last origin leaves just its horizon. Half-hours that a file holds less than half of are dropped.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from inputs.calendar import public_holidays
from scenarios.schema.base import WEEKDAYS, Weekday

SLOT_MINUTES = 30
HORIZON_DAYS = 14
OUTBOUND, PHANTOM = "TT", "PHANTOM"
"""In the raw log: the queue of outbound call-backs, and the outcome of rows that are no calls."""
COUNTRIES = {"us_bank": "US", "technion": "IL"}
"""Whose public holidays a series keeps, by the start of its file's name; other series keep none."""


@dataclass(frozen=True)
class Series:
    """days: (D,) datetime64[D], rows of the series. calls: (D, S), NaN missing. first_minute: of the first slot.
    origins: positions of the last known row. ahead: rows after an origin. country: ISO code or None."""

    name: str
    days: np.ndarray
    calls: np.ndarray
    first_minute: int
    origins: tuple[int, ...]
    ahead: int
    country: str | None

    @property
    def is_holiday(self) -> np.ndarray:
        """(D,) bool: public holidays."""
        years = self.days.astype("datetime64[Y]").astype(int) + 1970
        known = public_holidays(self.country, first_year=int(years.min()), last_year=int(years.max()))
        return np.isin(self.days, known)

    @property
    def weekday(self) -> np.ndarray:
        """(D,) 0 Monday .. 6 Sunday."""
        return np.asarray((self.days.astype("datetime64[D]").astype(int) + 3) % 7)

    @property
    def opening_hours(self) -> dict[Weekday, tuple[int, int]]:
        """Minutes after midnight by weekday; {} where all slots of all days are there."""
        slots = self.calls.shape[1]
        if slots * SLOT_MINUTES == 24 * 60 and len(np.unique(self.weekday)) == 7:
            return {}
        hours = (self.first_minute, self.first_minute + slots * SLOT_MINUTES)
        return {WEEKDAYS[day]: hours for day in np.unique(self.weekday)}

    def known(self, origin: int) -> pd.DataFrame:
        """The demand table up to and including the row `origin`: nothing later is in it."""
        days, slots = self.days[: origin + 1], self.calls.shape[1]
        minute = (self.first_minute + np.arange(slots) * SLOT_MINUTES).astype("timedelta64[m]")
        starts = (days[:, None].astype("datetime64[us]") + minute).ravel()
        calls = self.calls[: origin + 1].ravel()
        return pd.DataFrame(
            {"queue": pd.array([self.name] * len(starts), dtype="str"), "interval_start": starts, "calls": calls,
             "is_gap": np.isnan(calls)}
        )  # fmt: skip


def read_series(path: Path, name: str) -> Series:
    """A series of half-hours from a file of counts."""
    table = pd.read_csv(path, parse_dates=["timestamp"])
    stamp = table["timestamp"].to_numpy().astype("datetime64[m]")
    day = stamp.astype("datetime64[D]")
    slot = (stamp - day).astype(int) // SLOT_MINUTES
    per_day = len(table) / len(np.unique(day))
    slots, counts = np.unique(slot, return_counts=True)
    full = counts >= 0.5 * counts.max()
    first, last = int(slots[full].min()), int(slots[full].max())
    weekdays_only = not np.isin((np.unique(day).astype(int) + 3) % 7, (5, 6)).any()
    days = np.arange(day.min(), day.max() + 1)
    if weekdays_only:
        days = days[(days.astype(int) + 3) % 7 < 5]
    calls = np.zeros((len(days), last - first + 1))
    seen = np.zeros(len(days), dtype=int)
    keep = (slot >= first) & (slot <= last)
    row = np.searchsorted(days, day)
    np.add.at(calls, (row[keep], slot[keep] - first), table["calls"].to_numpy(dtype=float)[keep])
    np.add.at(seen, row, 1)
    calls[seen < 0.5 * per_day] = np.nan
    ahead, step, many = (10, 5, 8) if weekdays_only else (HORIZON_DAYS, HORIZON_DAYS, 9)
    origins = tuple(len(days) - 1 - ahead - step * k for k in range(many) if len(days) - 1 - ahead - step * k >= 28)
    country = next((code for start, code in COUNTRIES.items() if path.name.startswith(start)), None)
    return Series(name, days, calls, first * SLOT_MINUTES, origins[::-1], ahead, country)


def read_log_queues(path: Path) -> list[Series]:
    """The inbound queues of the raw log of four weeks: one origin in the middle, fourteen days before and after it."""
    log = pd.read_csv(path, usecols=["type", "date", "vru_entry", "outcome"])
    log = log[(log["type"] != OUTBOUND) & (log["outcome"] != PHANTOM)]
    day = pd.to_datetime(log["date"].astype(str), format="%y%m%d").to_numpy().astype("datetime64[D]")
    slot = (pd.to_timedelta(log["vru_entry"]).dt.total_seconds() // (60 * SLOT_MINUTES)).to_numpy(dtype=int)
    days = np.arange(day.min(), day.max() + 1)
    found = []
    for queue in sorted(log["type"].unique()):
        calls = np.zeros((len(days), 24 * 60 // SLOT_MINUTES))
        mine = (log["type"] == queue).to_numpy()
        np.add.at(calls, ((day[mine] - days[0]).astype(int), slot[mine] % calls.shape[1]), 1.0)
        found.append(Series(f"february {queue}", days, calls, 0, (HORIZON_DAYS - 1,), HORIZON_DAYS, "IL"))
    return found


def thinned(series: Series, every: int) -> Series:
    """The series with every n-th origin only, for a quick run."""
    return Series(**{**series.__dict__, "origins": series.origins[::every]})


def with_more_origins(series: Series) -> Series:
    """The series with an origin each week (each row where it has no weekends), from its first to its last: totals of a
    horizon are few, and eight or nine of them tell little about a band."""
    step = HORIZON_DAYS // 2 if len(np.unique(series.weekday)) == 7 else 1
    first, last = series.origins[0], series.origins[-1]
    return Series(**{**series.__dict__, "origins": tuple(range(last, first - 1, -step))[::-1]})
