"""`forecast calls` and `evaluate calls` on a small company: files, sums, and what an error costs in agents."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from forecasting.calls.direct import Effort
from forecasting.calls.history import Days
from forecasting.calls.rolling import Rolled
from forecasting.types import CallForecast
from outputs.calls_figures import daily_chart, day_type_chart, first_week, staffing_chart
from outputs.calls_staffing import staffing_cost
from outputs.cli import command_line
from scenarios.schema import Staffing


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from inputs.synthetic import make_company, write_company

    company = make_company("small", customers=60, reps=2, agents=4, seed=11)
    return write_company(company, tmp_path_factory.mktemp("company") / "small")


@pytest.fixture(autouse=True)
def few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    small = lambda **_: Effort(bags=1, rows=4000, trees=5)  # noqa: E731
    monkeypatch.setattr("forecasting.calls.forecast.Effort", Mock(side_effect=small, rows=4000))


def run(*words: object):
    return CliRunner().invoke(command_line(), [str(each) for each in words])


def test_a_forecast_is_written_and_its_days_sum_to_the_whole(week: Path, tmp_path: Path) -> None:
    """Interval means sum to day means, these to the whole; CSV and Parquet say the same; none is below zero."""
    done = run("forecast", "calls", week, "--to", tmp_path / "out", "--json", "--set", "forecast.calls.sample_paths=40")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    interval, day, total = (pd.read_parquet(tmp_path / "out" / f"calls_{name}.parquet")
                            for name in ("interval", "day", "total"))  # fmt: skip
    assert set(told["files"]) == {path.name for path in (tmp_path / "out").iterdir()} - {"model"}
    assert interval["calls_mean"].sum() == pytest.approx(told["calls_expected"], abs=0.06)
    by_day = interval.groupby(interval["interval_start"].dt.normalize())["calls_mean"].sum()
    assert day.query("queue == '*'").set_index("date")["calls_mean"].to_dict() == pytest.approx(by_day.to_dict())
    minutes = total.query("queue == '*'")["minutes_mean"].sum()
    assert interval["workload_minutes"].sum() == pytest.approx(minutes)
    assert (interval["calls_p10"] >= 0).all()
    assert interval.loc[~interval["is_open"], "calls_mean"].eq(0).all()
    written = pd.read_csv(tmp_path / "out" / "calls_day.csv")
    assert written["calls_p90"].to_numpy() == pytest.approx(day["calls_p90"].to_numpy())
    assert (tmp_path / "out" / "daily.svg").read_text(encoding="utf-8").startswith("<svg")


def test_a_review_is_written_and_told(week: Path, tmp_path: Path) -> None:
    """One origin: fourteen days a queue are measured; the terminal tells the tables' figures."""
    few = ("--set", "forecast.calls.sample_paths=40", "--origins", "1")
    done = run("evaluate", "calls", week, "--to", tmp_path / "out", *few)
    assert done.exit_code == 0, done.output
    summary = pd.read_csv(tmp_path / "out" / "summary.csv").set_index("grain")
    assert f"wmape_pct_day: {round(summary.loc['day', 'wmape_pct'], 2)}" in done.stdout
    days = pd.read_parquet(tmp_path / "out" / "days.parquet")
    assert days.groupby("queue")["days_ahead"].apply(list).map(max).le(14).all()
    assert set(pd.read_csv(tmp_path / "out" / "reliability.csv")["grain"]) == {"interval", "day", "total"}
    for name in ("daily", "totals", "reliability", "by_days_ahead", "by_day_type", "staffing"):
        assert "</svg>" in (tmp_path / "out" / f"{name}.svg").read_text(encoding="utf-8")
    assert {"hours_too_many", "hours_too_few", "too_few_eur"} <= set(pd.read_csv(tmp_path / "out" / "staffing.csv"))


def test_too_short_a_history_is_a_sentence(week: Path, tmp_path: Path) -> None:
    """Exit code 3 and what to change."""
    done = run(
        "evaluate", "calls", week, "--to", tmp_path, "--set", "as_of=2025-11-25", "--set", "horizon.start=2025-11-26"
    )
    assert done.exit_code == 3
    assert "Traceback" not in done.stderr


STAFFING = Staffing.model_validate_json(
    """{"interval_minutes": 30, "timezone": "UTC", "service_level": {"answered_pct": 80, "within_seconds": 20},
    "costs": {"understaffed_eur_per_agent_hour": 60}}"""
)


def one_day(said: float, came: float) -> Rolled:
    """A day of 48 half-hours: so many calls an interval were said, so many came; 5 minutes each."""
    starts = np.datetime64("2025-03-03T00:00", "us") + np.arange(48) * np.timedelta64(30, "m")
    paths = np.full((20, 1, 48), said, dtype=np.float32)
    forecast = CallForecast(("q",), starts, paths, np.full((1, 48), 300.0), pd.DataFrame(), pd.DataFrame())
    days = Days(np.array(["2025-03-03"], "datetime64[D]"), np.zeros(1, int), np.zeros(1, int), np.ones((1, 48), bool))
    actual = np.full((1, 1, 48), came)
    return Rolled(date(2025, 3, 2), days, forecast, actual, actual)


def test_what_an_error_costs_in_agents() -> None:
    """Right: nothing. Too low: hours too few at 60 EUR and calls late; too high: as many hours too many."""
    right, low, high = (staffing_cost([one_day(said, came)], STAFFING).iloc[0]
                        for said, came in ((30.0, 30.0), (30.0, 60.0), (60.0, 30.0)))  # fmt: skip
    assert (right["hours_too_many"], right["hours_too_few"]) == (0.0, 0.0)
    assert right["answered_pct"] >= 80
    assert low["hours_too_few"] == low["hours_needed"] - low["hours_asked"] == high["hours_too_many"] > 0
    assert low["too_few_eur"] == pytest.approx(60 * low["hours_too_few"])
    assert low["answered_pct"] < 80 < high["answered_pct"]
    half = one_day(30.0, 60.0)
    unknown = replace(half, actual=np.where(np.arange(48) < 24, half.actual, np.nan))
    assert staffing_cost([unknown], STAFFING).iloc[0]["hours_too_few"] == pytest.approx(low["hours_too_few"] / 2)


def test_each_day_is_drawn_once_as_its_latest_origin_saw_it() -> None:
    """A day forecast from two origins shows the nearer one."""
    days = pd.DataFrame(
        {"queue": "q", "date": pd.to_datetime(["2025-03-10", "2025-03-10", "2025-03-12"]), "days_ahead": [9, 2, 4],
         "calls_p10": 1.0, "calls_p90": 9.0, "calls_forecast": [5.0, 6.0, 7.0], "calls_actual": 6.0}
    )  # fmt: skip
    assert first_week(days)["calls_forecast"].tolist() == [6.0, 7.0]
    assert "10 Mar" in daily_chart(first_week(days))


def test_hours_too_many_and_too_few_are_drawn_in_percent_of_those_needed() -> None:
    """Two queues of one origin, 10 + 30 hours too many and 4 too few of 200 needed: +20 % and -2 %; none needed: 0."""
    table = pd.DataFrame(
        {"origin": pd.to_datetime(["2025-03-10", "2025-03-10", "2025-03-17"]), "queue": ["a", "b", "a"],
         "hours_too_many": [10.0, 30.0, 0.0], "hours_too_few": [4.0, 0.0, 0.0], "hours_needed": [50.0, 150.0, 0.0]}
    )  # fmt: skip
    drawn = staffing_chart(table)
    assert "10 Mar" in drawn
    assert "too few agents" in drawn


def test_days_by_kind_carry_their_number() -> None:
    """A holiday of two days stands beside sixteen Mondays."""
    table = pd.DataFrame({"day_type": ["mon", "holiday"], "days": [16, 2], "wmape_pct": [4.0, 30.0],
                          "naive_wmape_pct": [6.0, 50.0]})  # fmt: skip
    drawn = day_type_chart(table, floor_pct=2.0)
    assert "16 days" in drawn
    assert "noise floor" in drawn
