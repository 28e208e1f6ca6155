"""Days of the call forecast for people, by hand."""

import numpy as np
import pandas as pd

from forecasting.types import CallForecast
from outputs.report_calls import call_days


def forecast(reasons: list[str]) -> CallForecast:
    """One queue, two days of one interval, eleven paths of 0 to 1,000 calls; six minutes a call, twice on path 11."""
    starts = np.array(["2025-03-03T09:00", "2025-03-04T09:00"], dtype="datetime64[us]")
    paths = (100 * np.arange(11, dtype=np.float32))[:, None, None] * np.ones((1, 1, 2), dtype=np.float32)
    factors = np.ones((11, 1, 2), dtype=np.float32)
    factors[10] = 2.0
    table = pd.DataFrame({"queue": "sales", "interval_start": starts, "fallback_reason": reasons})
    return CallForecast(("sales",), starts, paths, np.full((1, 2), 360.0), table, pd.DataFrame(), (), factors)


def test_a_day_has_low_median_and_high_and_its_reason():
    """Tenth, half and nine tenths of eleven paths: 100, 500, 900 calls and 10, 50, 90 hours."""
    monday, tuesday = call_days(forecast(["", "dead feed"]))["sales"]
    assert monday == {
        "day": "Mon 3 Mar", "calls_low": "100", "calls": "500", "calls_high": "900", "hours_low": "10.0",
        "hours": "50.0", "hours_high": "90.0", "why": "",
    }  # fmt: skip
    assert (tuesday["day"], tuesday["why"]) == ("Tue 4 Mar", "dead feed")


def test_without_paths_there_is_no_day():
    """A week taken up again has the table and no paths."""
    none = np.zeros((0, 0, 0), dtype=np.float32)
    empty = CallForecast((), np.zeros(0, "datetime64[us]"), none, np.zeros((0, 0)), pd.DataFrame(), pd.DataFrame())
    assert call_days(empty) == {}
