"""Demand tables made of a weekly course, for the tests of the call forecast."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

MakeDemand = Callable[..., pd.DataFrame]


@pytest.fixture
def make_demand() -> MakeDemand:
    """A table of `rate(day, slot) -> calls` over whole days, one row per queue and interval."""

    def make(
        days: int,
        rate: Callable[[np.ndarray, np.ndarray], np.ndarray],
        *,
        end: str = "2024-06-30",
        queue: str = "q",
        interval_minutes: int = 60,
    ) -> pd.DataFrame:
        slots = 24 * 60 // interval_minutes
        last = pd.Timestamp(end)
        dates = pd.date_range(last - pd.Timedelta(days=days - 1), last)
        day, slot = np.repeat(np.arange(days), slots), np.tile(np.arange(slots), days)
        starts = dates.to_numpy()[day] + (slot * interval_minutes).astype("timedelta64[m]")
        return pd.DataFrame(
            {
                "queue": pd.array([queue] * len(starts), dtype="str"),
                "interval_start": starts.astype("datetime64[us]"),
                "calls": rate(dates.day_of_week.to_numpy()[day], slot).astype(np.float64),
                "is_open": True,
                "is_gap": False,
                "day_type": "mon",
            }
        )

    return make
