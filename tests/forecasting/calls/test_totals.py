"""Totals read from the paths, by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecasting.calls import path_totals, staffing_minutes
from forecasting.types import CallForecast


def forecast() -> CallForecast:
    """Two queues, two days of two intervals, five paths of 1 to 5 calls an interval; 60 s and 120 s a call."""
    starts = np.array(["2024-01-01T00", "2024-01-01T12", "2024-01-02T00", "2024-01-02T12"], dtype="datetime64[us]")
    paths = np.arange(1, 6, dtype=np.float32)[:, None, None] * np.ones((1, 2, 4), dtype=np.float32)
    seconds = np.array([[60.0] * 4, [120.0] * 4])
    return CallForecast(("a", "b"), starts, paths, seconds, pd.DataFrame(), pd.DataFrame())


def test_sums_are_taken_inside_each_path():
    """A day of queue a has 2 x 3 calls on average, 2 to 10 at the ends; all queues 24 calls and 36 minutes."""
    totals = path_totals(forecast(), (0.0, 1.0)).set_index(["queue", "date"])
    day = totals.loc[("a", pd.Timestamp("2024-01-01"))]
    assert day[["calls_mean", "calls_p00", "calls_p100"]].tolist() == [6, 2, 10]
    whole = totals.loc["*"].iloc[-1]
    assert whole["calls_mean"] == 24
    assert whole["minutes_mean"] == pytest.approx(3 * 4 * 1 + 3 * 4 * 2)
    assert totals.loc["b"]["minutes_p100"].tolist() == [20, 20, 40]


def test_staffing_minutes_are_calls_times_handle_time():
    """Path 5 of queue b: 5 calls of two minutes in every interval."""
    minutes = staffing_minutes(forecast())
    assert minutes.shape == (5, 2, 4)
    assert minutes[4, 1].tolist() == [10, 10, 10, 10]


def test_the_factor_of_a_path_and_day_is_inside_its_minutes():
    """Path 5 takes twice as long on the second day: 5 x 2 calls of 60 s are 10 minutes, then 20; calls stay."""
    factors = np.ones((5, 2, 2), dtype=np.float32)
    factors[4, 0, 1] = 2.0
    uncertain = replace(forecast(), handle_factors=factors)
    assert staffing_minutes(uncertain)[4, 0].tolist() == [5, 5, 10, 10]
    assert staffing_minutes(uncertain, slice(1, 2))[4].tolist() == [[10, 10, 10, 10]]
    totals = path_totals(uncertain, (1.0,)).set_index("queue")
    assert totals.loc["a", "minutes_p100"].tolist() == [10, 20, 30]
    assert totals.loc["a", "calls_p100"].tolist() == [10, 10, 20]


def test_no_queue_no_row():
    """An empty forecast has the columns and no row."""
    empty = CallForecast((), np.zeros(0, dtype="datetime64[us]"), np.zeros((5, 0, 0), dtype=np.float32),
                         np.zeros((0, 0)), pd.DataFrame(), pd.DataFrame())  # fmt: skip
    assert path_totals(empty).columns.tolist()[:3] == ["queue", "date", "calls_mean"]
    assert len(path_totals(empty)) == 0
