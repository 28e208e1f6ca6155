"""Injected faults: each ends in a finished, honest forecast, and its reason is named in table and notes."""

from datetime import date
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest

from forecasting.calls import backtest, forecast_calls
from forecasting.calls.direct import Effort
from forecasting.types import CallForecast
from scenarios.schema import CallSettings

AS_OF = date(2024, 6, 30)
NO_LEGS = pd.DataFrame(
    {"queue": pd.array(["q"], dtype="str"), "arrived_at": [pd.Timestamp("2024-06-01")], "handle_seconds": [120.0]}
)
WEEK = np.array([100, 90, 95, 92, 60, 40, 20])
USUAL = WEEK.sum() * 48  # calls of a week: 24 hours at 1, 2 and 3 times the weekday's figure


def weekly(weekday: np.ndarray, slot: np.ndarray) -> np.ndarray:
    return WEEK[weekday] * (1 + slot % 3)


def run(demand: pd.DataFrame, **changes: object) -> CallForecast:
    arguments: dict = {
        "settings": CallSettings(days=7, interval_minutes=60, sample_paths=50), "opening_hours": {}, "country": None,
        "as_of": AS_OF, "seed": 3,
    }  # fmt: skip
    return forecast_calls(demand, NO_LEGS, **{**arguments, **changes})


@pytest.fixture(autouse=True)
def few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    """The faults concern the data: few trees, to keep the tests quick."""
    small = lambda **more: Effort(bags=1, rows=4000, trees=10)  # noqa: E731
    monkeypatch.setattr("forecasting.calls.forecast.Effort", Mock(side_effect=small, rows=4000))


def told(result: CallForecast, text: str) -> bool:
    return bool(result.table["fallback_reason"].str.contains(text, regex=False).all()) and any(
        text in note for note in result.notes
    )


def noisy(demand: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    return demand.assign(calls=np.random.default_rng(seed).poisson(demand["calls"]).astype(float))


def test_a_gap_of_a_week_leaves_the_level_where_it_was(make_demand):
    """The last week but one is a gap: the next week is as usual, to 4 %, by the usual method; the gap is named."""
    demand = noisy(make_demand(140, weekly))
    demand.loc[demand["interval_start"].between("2024-06-17", "2024-06-23 23:59"), "is_gap"] = True
    result = run(demand)
    assert told(result, "7 open days of the last 56 are gaps in the feed: the other days are taken")
    assert result.table["calls_mean"].sum() == pytest.approx(USUAL, rel=0.04)
    assert set(result.table["method"]) == {"combined"}


def test_a_month_of_gaps_goes_back_to_the_baseline_and_says_so(make_demand):
    """28 of the last 56 days unknown: half of the open intervals, so the median of the last eight is taken."""
    demand = noisy(make_demand(140, weekly))
    demand.loc[demand["interval_start"].between("2024-05-20", "2024-06-16 23:59"), "is_gap"] = True
    result = run(demand)
    assert told(result, "50 % of the open intervals of the last 56 days are unknown")
    assert set(result.table["method"]) == {"median_of_last_8"}
    assert result.table["calls_mean"].sum() == pytest.approx(USUAL, rel=0.04)


def test_a_spike_of_twenty_times_is_named_and_moves_nothing(make_demand):
    """A whole day of twenty times the calls: its 24 intervals are unknown, the forecast stays."""
    demand = noisy(make_demand(140, weekly))
    demand.loc[demand["interval_start"].dt.normalize() == "2024-06-26", "calls"] *= 20
    result = run(demand)
    assert told(result, "24 intervals of the last 56 days lie far above anything usual (spike)")
    assert result.table["calls_mean"].sum() == pytest.approx(USUAL, rel=0.04)


def test_unmarked_zero_days_are_no_demand(make_demand):
    """Three days of zeros in a queue of thousands of calls a day are taken as unknown, aloud."""
    demand = noisy(make_demand(140, weekly))
    demand.loc[demand["interval_start"].between("2024-06-10", "2024-06-12 23:59"), "calls"] = 0.0
    result = run(demand)
    assert told(result, "3 open days of the last 56 without a single call")
    assert result.table["calls_mean"].sum() == pytest.approx(USUAL, rel=0.04)


def test_a_queue_of_five_days_borrows_a_week_at_its_own_level(make_demand):
    """`new` has Wednesday to Sunday at half of `old`: it gets old's Monday at half, and the reason names `old`."""
    old = noisy(make_demand(140, weekly, queue="old"))
    new = make_demand(5, lambda weekday, slot: 0.5 * weekly(weekday, slot), queue="new")
    table = run(pd.concat([old, new])).table
    mine = table[table["queue"] == "new"]
    assert mine["fallback_reason"].str.startswith("new queue: the course of a week is borrowed from old").all()
    assert set(mine["method"]) == {"borrowed_week"}
    monday = mine[mine["interval_start"].dt.day_of_week == 0]
    assert monday["calls_mean"].sum() == pytest.approx(0.5 * 100 * 48, rel=0.05)
    assert set(table.loc[table["queue"] == "old", "method"]) == {"combined"}


def test_days_of_clock_changes_shift_nothing(make_demand):
    """The hour lost on 31 March is a gap, the doubled one of 27 October counts twice: the week after each is usual."""
    for end, hour, calls in (("2024-04-07", "2024-03-31 02:00", np.nan), ("2024-11-03", "2024-10-27 02:00", 120.0)):
        demand = noisy(make_demand(140, weekly, end=end))
        demand.loc[demand["interval_start"] == hour, "calls"] = calls
        result = run(demand, as_of=date.fromisoformat(end))
        assert len(result.table) == 7 * 24
        assert result.table["calls_mean"].sum() == pytest.approx(USUAL, rel=0.03)
        sunday = result.table[result.table["interval_start"].dt.day_of_week == 6]
        assert sunday["calls_mean"].to_numpy() == pytest.approx(np.tile([20.0, 40.0, 60.0], 8), rel=0.35)


def test_a_holiday_on_a_monday_rests_and_the_tuesday_after_is_busier(make_demand):
    """Whit Monday 2024: a Sunday's course; Easter Monday and others taught that the day after has a fifth more."""
    demand = make_demand(400, weekly, end="2024-05-19")
    day = demand["interval_start"].dt.normalize()
    for free in ("2023-05-29", "2023-10-03", "2023-12-25", "2023-12-26", "2024-01-01", "2024-04-01", "2024-05-01",
                 "2024-05-09"):  # fmt: skip
        demand.loc[day == free, "calls"] = 20.0 * (1 + demand["interval_start"].dt.hour % 3)
        after = pd.Timestamp(free) + pd.Timedelta(days=1)
        if str(after.date()) not in ("2023-12-26",):
            demand.loc[day == after, "calls"] *= 1.2
    result = run(noisy(demand), as_of=date(2024, 5, 19), country="DE")
    total = result.table.groupby(result.table["interval_start"].dt.day)["calls_mean"].sum()
    assert total[20] == pytest.approx(20 * 48, rel=0.25)
    assert total[21] > 1.06 * 90 * 48
    assert total[23] == pytest.approx(92 * 48, rel=0.06)
    assert "calls: 2024-05-20 is a holiday and takes the course of a sun" in result.notes


def test_a_company_closed_on_holidays_is_forecast_closed(make_demand):
    """No call on the four holidays of spring 2024: Whit Monday has none on any path, and the note says closed."""
    demand = noisy(make_demand(140, weekly, end="2024-05-19"))
    free = pd.to_datetime(["2024-03-29", "2024-04-01", "2024-05-01", "2024-05-09"])
    demand.loc[demand["interval_start"].dt.normalize().isin(free), "calls"] = 0.0
    result = run(demand, as_of=date(2024, 5, 19), country="DE")
    assert result.paths[:, 0, :24].sum() == 0
    assert "calls: 2024-05-20 is a holiday and is taken as closed: next to nobody called on the last such days" in (
        result.notes
    )
    tuesday = result.table["calls_mean"].to_numpy()[24:48].sum()
    assert tuesday == pytest.approx(90 * 48, rel=0.1)


def test_a_broken_model_is_left_out_aloud(make_demand, monkeypatch):
    """Trees that fail to fit: the others carry the forecast, and the sentence of the failure is a reason."""

    def broken(*_: object, **__: object) -> None:
        raise ValueError("tree file cut in half")

    monkeypatch.setattr(backtest, "fit_direct", broken)
    result = run(noisy(make_demand(140, weekly)))
    assert told(result, "the direct model could not be fitted (tree file cut in half): it is left out")
    assert result.table["calls_mean"].sum() == pytest.approx(USUAL, rel=0.03)


def test_trees_cut_in_half_are_fitted_anew_aloud(make_demand, tmp_path):
    """A kept model file loses its second half: the forecast is the same to the byte, and the reason names the file."""
    demand = noisy(make_demand(140, weekly))
    first = run(demand, keep=tmp_path)
    file = tmp_path / "trees-1.txt"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    result = run(demand, keep=tmp_path)
    assert told(
        result, "cannot be used (trees-1.txt was changed or cut short since it was saved): they are fitted anew"
    )
    assert result.paths.tobytes() == first.paths.tobytes()
    assert file.read_bytes() == whole
    again = run(demand, keep=tmp_path)
    assert again.paths.tobytes() == first.paths.tobytes()
    assert not again.table["fallback_reason"].str.contains("anew").any()


def test_a_model_that_lost_against_the_baseline_is_not_used(make_demand, monkeypatch):
    """A structural model that says twice the truth at past origins sends the queue back to the median."""
    monkeypatch.setattr("forecasting.calls.weights.PRIOR_LEVEL", np.array([1.0, 0.0, 0.0]))
    monkeypatch.setattr("forecasting.calls.weights.PRIOR_DAYS_ALL", 1e9)
    wrong = lambda totals, *_, targets, **__: np.full((len(totals), len(targets)), 9000.0)  # noqa: E731
    monkeypatch.setattr("forecasting.calls.known.structural_totals", wrong)
    result = run(noisy(make_demand(140, weekly)))
    assert told(result, "more than the median of the last eight days of its kind, which is taken")
    assert set(result.table["method"]) == {"median_of_last_8"}


def test_a_day_outside_the_band_of_the_baseline_takes_the_baseline(make_demand, monkeypatch):
    """A structural model that explodes on one day ahead only: that day is the baseline's, the others stay."""
    from forecasting.calls import known

    good = known.structural_totals

    def exploding(totals, effects, pattern, *, origin, targets, drivers=None):
        said = good(totals, effects, pattern, origin=origin, targets=targets, drivers=drivers)
        if origin == 139:
            said[:, 2] *= 50
        return said

    monkeypatch.setattr(known, "structural_totals", exploding)
    table = run(noisy(make_demand(140, weekly))).table
    by_day = table.groupby(table["interval_start"].dt.day)
    assert by_day["method"].first().tolist() == ["combined"] * 2 + ["median_of_last_8"] + ["combined"] * 4
    assert "is outside the band of the baseline" in by_day["fallback_reason"].first()[3]
    assert by_day["calls_mean"].sum()[3] == pytest.approx(95 * 48, rel=0.05)


def test_vintages_known_after_the_origin_change_nothing(make_demand):
    """A mailing ahead is known from 20 June as 1; a later vintage says 9, and one more day: the same bytes without."""
    demand = noisy(make_demand(140, weekly))
    past = [("2024-03-05", 1.0, "2024-03-01"), ("2024-04-09", 1.0, "2024-04-01"), ("2024-05-14", 1.0, "2024-05-01")]
    ahead = ("2024-07-02", 1.0, "2024-06-20")
    for day in ("2024-03-05", "2024-04-09", "2024-05-14"):
        demand.loc[demand["interval_start"].dt.normalize() == day, "calls"] *= 1.5

    def mailings(*rows: tuple[str, float, str]) -> pd.DataFrame:
        frame = pd.DataFrame(rows, columns=["date", "value", "known_from"]).assign(name="mailing", queue="*")
        return frame.astype({"date": "datetime64[us]", "known_from": "datetime64[us]"})

    known = run(demand, exogenous=mailings(*past, ahead))
    later = ("2024-07-02", 9.0, "2024-07-01"), ("2024-07-04", 9.0, "2024-07-03")
    assert run(demand, exogenous=mailings(*past, ahead, *later)).paths.tobytes() == known.paths.tobytes()
    by_day = known.table.groupby(known.table["interval_start"].dt.day)["calls_mean"].sum()
    assert by_day[2] > 1.2 * 90 * 48
    assert by_day[4] == pytest.approx(92 * 48, rel=0.05)
