"""The call forecast as a whole: exact where the past repeats, honest where it cannot know."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting.calls import forecast_calls
from forecasting.calls.conformal import count_quantiles
from forecasting.calls.forecast import quantile_column
from forecasting.types import CallForecast
from inputs.calendar import open_mask
from scenarios.schema import CallSettings

SHARED = Path(__file__).resolve().parents[3].parent / "shared"
AS_OF = date(2024, 6, 30)
NO_LEGS = pd.DataFrame(
    {"queue": pd.array([], dtype="str"), "arrived_at": pd.to_datetime([]), "handle_seconds": np.zeros(0)}
)
WEEK = np.array([100, 90, 95, 92, 60, 40, 20])


def run(demand: pd.DataFrame, handled: pd.DataFrame = NO_LEGS, **changes: object) -> CallForecast:
    arguments: dict = {
        "settings": CallSettings(days=7, interval_minutes=60, sample_paths=100),
        "opening_hours": {},
        "country": None,
        "as_of": AS_OF,
        "seed": 3,
    }
    return forecast_calls(demand, handled, **{**arguments, **changes})


def weekly(weekday: np.ndarray, slot: np.ndarray) -> np.ndarray:
    return WEEK[weekday] * (1 + slot % 3)


def test_a_past_that_repeats_is_forecast_exactly(make_demand):
    """Twenty equal weeks: mean and every quantile are the week itself, to a call; measured errors are below 1 %."""
    result = run(make_demand(140, weekly))
    expected = weekly(np.repeat(np.arange(7), 24), np.tile(np.arange(24), 7))
    for column in ("calls_mean", "calls_p10", "calls_p50", "calls_p90"):
        assert result.table[column].to_numpy() == pytest.approx(expected, rel=0.02, abs=1.0)
    figures = result.quality.set_index("metric")["value"]
    assert figures["wmape_pct_interval"] < 1.0
    assert abs(figures["bias_pct"]) < 0.5


def test_the_table_covers_the_days_after_as_of_and_reads_its_quantiles_from_the_paths(make_demand):
    """Rows, columns and workload follow the type's docstring; quantiles never cross."""
    rng = np.random.default_rng(0)
    demand = make_demand(120, lambda weekday, slot: rng.poisson(10 + 0 * slot))
    handled = pd.DataFrame({"queue": "q", "arrived_at": [pd.Timestamp("2024-06-01 10:00")] * 9, "handle_seconds": 90.0})
    result = run(demand, handled)
    table = result.table
    assert list(table.columns) == [
        "queue", "interval_start", "is_open", "day_type", "calls_mean", "calls_p10", "calls_p50", "calls_p90",
        "handle_seconds_mean", "workload_minutes", "method", "fallback_reason",
    ]  # fmt: skip
    assert table["interval_start"].iloc[[0, -1]].tolist() == [
        pd.Timestamp("2024-07-01 00:00"),
        pd.Timestamp("2024-07-07 23:00"),
    ]
    assert (table["calls_p10"] <= table["calls_p50"]).all()
    assert (table["calls_p50"] <= table["calls_p90"]).all()
    assert table["calls_mean"].to_numpy() == pytest.approx(result.paths.mean(axis=0, dtype=float)[0])
    assert table["calls_p90"].to_numpy() == pytest.approx(count_quantiles(result.paths[:, 0], [0.9])[0])
    assert table["calls_p90"].to_numpy() == pytest.approx(np.quantile(result.paths[:, 0], 0.9, axis=0), abs=0.51)
    assert table["workload_minutes"].to_numpy() == pytest.approx(table["calls_mean"].to_numpy() * 1.5)
    assert set(table["method"]) == {"combined"}
    assert set(table["fallback_reason"]) == {""}
    assert result.paths.dtype == np.float32


def test_five_days_of_history_still_give_a_forecast_with_its_reasons(make_demand):
    """Wednesday to Sunday are known once; Monday and Tuesday take the mean of the others; the spread is assumed."""
    result = run(make_demand(5, lambda weekday, slot: 10 * (weekday + 0 * slot)))
    by_day = result.table.groupby(result.table["interval_start"].dt.day)
    assert by_day["calls_mean"].sum()[1] == pytest.approx(24 * 40, rel=0.1)  # mean of 20, 30, 40, 50, 60
    assert by_day["fallback_reason"].first()[1].startswith("no mon in the history: mean of the other weekdays; ")
    assert by_day["fallback_reason"].first()[3].startswith("only 1 wed in the history instead of 8; ")
    assert result.table["fallback_reason"].str.contains("the spread of the days is assumed").all()
    assert result.quality["note"].tolist() == ["too few weeks of history: the forecast could not be measured"]


def test_a_dead_feed_is_not_taken_for_silence(make_demand):
    """Ten days of zeros at the end: the level before them holds, and the reason names the days."""
    demand = make_demand(120, weekly)
    demand.loc[demand["interval_start"] > "2024-06-21", "calls"] = 0.0
    demand.loc[demand["interval_start"] == "2024-06-21", "calls"] = 0.0
    result = run(demand)
    assert result.table["calls_mean"].sum() == pytest.approx(WEEK.sum() * 48, rel=0.03)
    assert result.table["fallback_reason"].str.contains("dead feed: no call at all in the last 10 days").all()


def test_a_feed_that_stopped_is_named(make_demand):
    """Nothing known of the last 30 days: the older level is taken, aloud."""
    demand = make_demand(120, weekly)
    result = run(demand[demand["interval_start"] < "2024-06-01"])
    assert result.table["fallback_reason"].str.contains("nothing is known of the last 30 days").all()
    assert result.table["calls_mean"].sum() == pytest.approx(WEEK.sum() * 48, rel=0.03)


def test_a_queue_without_any_known_call_expects_none_and_says_so(make_demand):
    """All counts NaN: zero calls, method none."""
    result = run(make_demand(60, lambda weekday, slot: np.full(len(slot), np.nan)))
    assert result.table["calls_mean"].sum() == 0
    assert set(result.table["method"]) == {"none"}
    assert result.table["fallback_reason"].str.startswith("no calls in the history: nothing is expected").all()


def test_hours_never_seen_take_the_other_weekdays(make_demand):
    """Monday nights are a gap every week: they take the mean of the other nights."""
    demand = make_demand(70, lambda weekday, slot: 30 + 0 * slot)
    gap = (demand["interval_start"].dt.day_of_week == 0) & (demand["interval_start"].dt.hour < 6)
    demand.loc[gap, "is_gap"] = True
    result = run(demand)
    assert result.table["calls_mean"].iloc[:6].to_numpy() == pytest.approx(np.full(6, 30.0), rel=0.05)
    assert result.table["fallback_reason"].iloc[0].startswith("some open intervals of mon were never seen")


def test_closed_days_have_no_calls_whatever_was_counted(make_demand):
    """Open on Mondays only: one day with calls, method closed elsewhere; no day open at all is noted."""
    result = run(make_demand(90, weekly), opening_hours={"mon": (480, 720)})
    assert result.table["is_open"].sum() == 4
    assert result.table.loc[~result.table["is_open"], ["calls_mean", "calls_p90"]].to_numpy().sum() == 0
    assert set(result.table.loc[~result.table["is_open"], "method"]) == {"closed"}
    shut = run(
        make_demand(90, weekly),
        opening_hours={"mon": (480, 720)},
        as_of=date(2024, 6, 24),
        settings=CallSettings(days=6, interval_minutes=60, sample_paths=20),
    )
    assert shut.table["calls_mean"].sum() == 0
    assert shut.notes[0] == "calls: closed on all days forecast, no call is expected"


def test_a_holiday_is_named_in_the_notes(make_demand):
    """3 October 2024 in Germany takes the course of a Sunday."""
    result = run(make_demand(60, weekly, end="2024-09-29"), country="DE", as_of=date(2024, 9, 29))
    assert result.notes[:2] == (
        "calls: 2024-10-02 is a day before a holiday and takes the course of a sat",
        "calls: 2024-10-03 is a holiday and takes the course of a sun",
    )
    days = result.table.groupby(result.table["interval_start"].dt.day)["calls_mean"].sum()
    assert days[3] == pytest.approx(20 * 48, rel=0.1)
    assert result.table["day_type"].unique().tolist() == ["mon", "tue", "eve", "holiday", "fri", "sat", "sun"]


def test_no_queue_gives_an_empty_forecast(make_demand):
    """Empty demand is no error."""
    result = run(make_demand(1, weekly).iloc[:0])
    assert result.queues == ()
    assert result.paths.shape == (100, 0, 168)
    assert len(result.table) == 0
    assert result.notes == ("calls: there is no queue in the data, nothing is forecast",)


def test_queue_names_are_kept_as_they_are_and_a_run_can_be_repeated(make_demand):
    """Unicode names; same seed, same bytes."""
    demand = pd.concat([make_demand(60, weekly, queue=name) for name in ("Störung", "問い合わせ")])
    first, again = run(demand), run(demand)
    assert first.queues == ("Störung", "問い合わせ")
    assert first.paths.tobytes() == again.paths.tobytes()
    pd.testing.assert_frame_equal(first.table, again.table)


def test_a_rising_level_is_followed(make_demand):
    """Calls that grow by 3 percent a week: the median of eight weeks is 13 % behind, the forecast less than half so."""
    demand = make_demand(210, lambda weekday, slot: 50 + 0 * slot)
    growth = 1.03 ** (np.arange(len(demand)) // (24 * 7))
    demand["calls"] *= growth
    ahead = run(demand).table["calls_mean"].sum() / (50 * 24 * 7 * 1.03**30)
    assert 0.93 < ahead < 1.02


def test_a_total_missed_in_the_past_is_told(make_demand):
    """A level that doubled ten weeks ago within a fortnight left past forecasts low: the notes say by how much."""
    demand = make_demand(126, lambda weekday, slot: 50 + 0 * slot)
    week = np.arange(len(demand)) // (24 * 7)
    demand["calls"] *= np.where(week < 8, 1.0, 1.0 + 0.12 * (week - 7))
    note = next(note for note in run(demand).notes if "origins" in note)
    assert note.endswith("too low: calls are rising")
    assert 5 < float(note.split(" was ")[1].split()[0]) < 25


@pytest.mark.parametrize(("quantile", "column"), [(0.1, "calls_p10"), (0.05, "calls_p05"), (0.975, "calls_p97.5")])
def test_quantile_columns_are_named_in_percent(quantile, column):
    """Two digits at least."""
    assert quantile_column(quantile) == column


@pytest.mark.real_week
def test_real_counts_beat_seasonal_naive_and_cover_their_band():
    """The bank's 350 days: below seasonal naive at interval grain, and the 80 % band holds 70 to 90 % of intervals."""
    if not SHARED.exists():
        pytest.skip("../shared is not beside the checkout")
    counts = pd.read_csv(SHARED / "real_week/data/call_counts.csv.gz", parse_dates=["interval_start"])
    demand = counts.rename(columns={"calls_offered": "calls"}).assign(is_gap=False)
    hours = dict.fromkeys(("sun", "mon", "tue", "wed", "thu"), (420, 1440)) | {"fri": (420, 840), "sat": (1140, 1440)}
    result = run(demand, settings=CallSettings(), opening_hours=hours, country="IL", as_of=date(1999, 12, 17), seed=7)
    quality = result.quality.set_index("metric")
    assert quality.loc["wmape_pct_interval", "value"] < 0.9 * quality.loc["wmape_pct_interval", "baseline_value"]
    assert 70 < quality.loc["coverage80_pct_interval", "value"] < 90
    opened = open_mask(pd.DatetimeIndex(result.interval_starts), hours, 30)
    assert result.paths[:, :, ~opened].sum() == 0
    assert 14_000 < result.table["calls_mean"].sum() < 20_000  # 16,848 rows hold about 8,900 calls a week in autumn
