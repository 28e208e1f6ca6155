"""Events on top of a forecast, worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from forecasting.calls import apply_events
from forecasting.types import CallForecast
from scenarios.schema import Event


def forecast() -> CallForecast:
    """Two queues, two days of two intervals, two paths of 10 and 20 calls, 120 s a call."""
    starts = np.array(["2024-01-01T00", "2024-01-01T12", "2024-01-02T00", "2024-01-02T12"], dtype="datetime64[us]")
    paths = np.stack([np.full((2, 4), 10.0), np.full((2, 4), 20.0)]).astype(np.float32)
    table = pd.DataFrame(
        {
            "queue": np.repeat(["a", "b"], 4),
            "interval_start": np.tile(starts, 2),
            "calls_mean": 15.0,
            "calls_p10": 11.0,
            "calls_p90": 19.0,
            "handle_seconds_mean": 120.0,
            "workload_minutes": 30.0,
        }
    )
    return CallForecast(("a", "b"), starts, paths, np.full((2, 4), 120.0), table, pd.DataFrame(), ("first",))


def test_an_event_scales_its_days_and_its_queue_only():
    """+20 % calls and +50 % handle time on queue a, 2 January: 18 calls of 180 s are 54 minutes."""
    event = Event(date="2024-01-02", queue="a", calls_change_pct=20, handle_time_change_pct=50)
    changed = apply_events(forecast(), {"bills": event})
    assert changed.table["calls_mean"].tolist() == pytest.approx([15, 15, 18, 18, 15, 15, 15, 15])
    assert changed.table["calls_p10"].tolist()[2] == pytest.approx(13.2)
    assert changed.table["workload_minutes"].tolist() == pytest.approx([30, 30, 54, 54, 30, 30, 30, 30])
    assert changed.handle_seconds[0].tolist() == [120, 120, 180, 180]
    assert changed.paths[:, 0, 2].tolist() == [12, 24]
    assert changed.notes == ("first", "event bills: calls +20 %, handle time +50 % on 1 day forecast")


def test_events_multiply_and_a_star_means_every_queue():
    """Two events of +100 % on all queues over both days make four times the calls; -100 % makes none."""
    both = Event(date="2024-01-01", until="2024-01-05", calls_change_pct=100)
    changed = apply_events(forecast(), {"x": both, "y": both})
    assert changed.table["calls_mean"].to_numpy() == pytest.approx(60.0)
    gone = apply_events(forecast(), {"strike": Event(date="2024-01-01", calls_change_pct=-100)})
    assert gone.paths[:, :, :2].sum() == 0
    assert gone.paths[:, :, 2:].sum() == 2 * 2 * (10 + 20)


def test_the_given_forecast_is_unchanged_and_events_elsewhere_change_nothing():
    """The original keeps its numbers; an event outside the days says that it changes nothing."""
    before = forecast()
    after = apply_events(before, {"later": Event(date="2024-03-01", calls_change_pct=50)})
    assert after.table["calls_mean"].tolist() == before.table["calls_mean"].tolist() == [15.0] * 8
    assert after.notes[-1].endswith("on 0 days forecast, so it changes nothing")
    assert apply_events(before, {}) is before
