"""The review of past origins: figures worked out by hand, and no origin reads what came later."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from forecasting.calls.history import Days
from forecasting.calls.review import noise_floor_pct, review_tables
from forecasting.calls.rolling import Rolled, rolling_forecasts
from forecasting.types import CallForecast
from scenarios.errors import DataError
from scenarios.schema import CallSettings


def rolled(paths: np.ndarray, actual: np.ndarray, *, queues: tuple[str, ...] = ("q",)) -> Rolled:
    """An origin on Sunday 2 March 2025; paths (N, Q, H, S), actual (Q, H, S)."""
    days = np.datetime64("2025-03-03") + np.arange(actual.shape[1])
    kinds = np.arange(actual.shape[1]) % 7
    calendar = Days(days, kinds, np.where(kinds == 1, 7, kinds), np.ones(actual.shape[1:], dtype=bool))
    flat = paths.reshape(*paths.shape[:2], -1).astype(np.float32)
    forecast = CallForecast(queues, np.zeros(0), flat, np.zeros(0), pd.DataFrame(), pd.DataFrame())
    return Rolled(date(2025, 3, 2), calendar, forecast, actual, actual + 5.0)


def test_errors_by_hand() -> None:
    """Two days of two intervals, forecast 10 each; 12, 8, 20 came and one is not known: left out on both sides."""
    actual = np.array([[[12.0, 8.0], [20.0, np.nan]]])
    tables = review_tables([rolled(np.full((10, 1, 2, 2), 10.0), actual)])
    summary = tables["summary"].set_index("grain")
    assert summary["cases"].to_dict() == {"interval": 3, "day": 2, "total": 1}
    assert summary["wmape_pct"].to_dict() == {
        "interval": pytest.approx(100 * (2 + 2 + 10) / 40), "day": pytest.approx(100 * 10 / 40),
        "total": pytest.approx(100 * 10 / 40),
    }  # fmt: skip
    assert summary["bias_pct"].tolist() == pytest.approx([-25.0] * 3)
    assert summary.loc["interval", "naive_wmape_pct"] == pytest.approx(100 * 15 / 40)
    assert summary.loc["interval", "pinball_calls"] == pytest.approx(np.mean([(2 * q + 2 * (1 - q) + 10 * q) / 3
                                                                              for q in (0.1, 0.5, 0.9)]))  # fmt: skip
    assert summary.loc["day", "coverage80_pct"] == 50.0, "20 calls came on the first day, as all paths say"
    by_type = tables["by_day_type"].set_index("day_type")["wmape_pct"]
    assert by_type.to_dict() == {"mon": 0.0, "holiday": 50.0}
    assert tables["by_days_ahead"]["bias_pct"].tolist() == [0.0, -50.0]
    assert tables["days"]["calls_actual"].tolist() == [20.0, 20.0]


def test_all_queues_stand_below_their_queues() -> None:
    """10 calls too few in one queue, 10 too many in the other: no bias together, but an error of 25 %."""
    actual = np.array([[[30.0]], [[10.0]]])
    tables = review_tables([rolled(np.full((10, 2, 1, 1), 20.0), actual, queues=("a", "b"))])
    by_queue = tables["by_queue"].set_index("queue")
    assert by_queue["bias_pct"].to_dict() == {"a": pytest.approx(-100 / 3), "b": 100.0, "*": 0.0}
    assert by_queue.loc["*", "wmape_pct"] == 50.0


def test_true_paths_are_reliable_and_their_error_is_the_noise_floor() -> None:
    """Poisson truth at rates that the paths are drawn from: shares at their levels, error at the floor."""
    rng = np.random.default_rng(5)
    rate = rng.uniform(3, 30, (1, 14, 48))
    many = [rolled(rng.poisson(np.broadcast_to(rate, (300, *rate.shape))), rng.poisson(rate).astype(float))
            for _ in range(6)]  # fmt: skip
    tables = review_tables(many)
    table = tables["reliability"].query("grain == 'interval'")
    assert (table["share_below_pct"] - table["level_pct"]).abs().max() < 2.5
    summary = tables["summary"].set_index("grain").loc["interval"]
    assert summary["wmape_pct"] == pytest.approx(summary["noise_floor_pct"], rel=0.04)
    assert summary["coverage80_pct"] == pytest.approx(80, abs=3)


def test_the_noise_floor_is_the_mean_deviation_of_a_poisson_count() -> None:
    """By the sum over counts, for whole and broken rates; 0 calls: unknown."""
    for rate in (0.4, 1.0, 7.5, 12.0):
        counts = np.arange(200)
        log_probability = -rate + counts * np.log(rate) - np.cumsum(np.log(np.maximum(counts, 1)))
        expected = float((np.exp(log_probability) * np.abs(counts - rate)).sum())
        assert noise_floor_pct(np.array([rate]), np.array([1.0])) == pytest.approx(100 * expected)
    assert np.isnan(noise_floor_pct(np.zeros(1), np.zeros(1)))


SETTINGS = CallSettings(days=7, interval_minutes=60, sample_paths=20)
HANDLED = pd.DataFrame({"queue": ["q"], "arrived_at": pd.to_datetime(["2025-01-01"]), "handle_seconds": [60.0]})


def roll(calls: np.ndarray, origins: int) -> tuple[Rolled, ...]:
    starts = pd.date_range("2025-01-01", periods=len(calls), freq="h", unit="us")
    demand = pd.DataFrame({"queue": "q", "interval_start": starts, "calls": calls, "is_gap": False})
    as_of = starts[-1].date() if len(starts) else date(2025, 3, 1)
    return rolling_forecasts(
        demand, HANDLED, settings=SETTINGS, opening_hours={}, country=None, as_of=as_of, seed=3, exogenous=None,
        origins=origins,
    )  # fmt: skip


def test_origins_lie_a_week_apart_and_read_nothing_that_came_later() -> None:
    """49 days, 7 ahead: the last origin is day 42, the one before day 35; later days do not move the earlier one."""
    calls = np.random.default_rng(1).poisson(20, 49 * 24).astype(float)
    first, second = roll(calls, 5)[-2:]
    assert (first.origin, second.origin) == (date(2025, 2, 4), date(2025, 2, 11))
    assert first.actual[0].ravel() == pytest.approx(calls[35 * 24 : 42 * 24])
    assert first.naive[0].ravel() == pytest.approx(calls[28 * 24 : 35 * 24])
    changed = calls.copy()
    changed[35 * 24 :] *= 3
    again = roll(changed, 2)[0]
    assert np.array_equal(again.forecast.paths, first.forecast.paths)
    assert again.actual.sum() == pytest.approx(3 * first.actual.sum())


def test_too_short_a_history_says_what_to_do() -> None:
    """30 days cannot hold 28 known and 7 to compare; no queue is said as well."""
    with pytest.raises(DataError, match=r"of 30 days are known.*longer history, or lower forecast.calls.days"):
        roll(np.full(30 * 24, 9.0), 1)
    with pytest.raises(DataError, match="no queue"):
        roll(np.zeros(0), 1)
