"""The benchmark as a whole on a small series: rows, notes and the summary."""

import json
import subprocess
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest

from benchmarks import calls
from benchmarks.calls import generated, methods, peers
from benchmarks.calls.handle_times import measure_handle_times
from benchmarks.calls.scores import Said
from benchmarks.calls.series import read_series, thinned
from benchmarks.frame import Options, whole_summary
from forecasting.calls.direct import Effort


@pytest.fixture
def series_file(tmp_path):
    """100 weekdays of 09:00 to 11:00, Poisson counts with busy Mondays."""
    rng = np.random.default_rng(3)
    days = pd.bdate_range("2022-01-03", periods=100)
    rows = [(day + pd.Timedelta(minutes=540 + 30 * slot), rng.poisson(60 if day.day_of_week == 0 else 40))
            for day in days for slot in range(4)]  # fmt: skip
    path = tmp_path / "small.csv"
    pd.DataFrame(rows, columns=["timestamp", "calls"]).to_csv(path, index=False)
    return path


def test_baselines_are_measured_and_written(series_file, tmp_path):
    """A row per method; the solutions hold origin, forecast and actual of every slot."""
    options = Options(data=tmp_path, instances=(series_file,), solutions=tmp_path / "out")
    rows = list(calls.measure_series(series_file, "small", calls.SIMPLE, options))
    assert [row["method"] for row in rows] == ["seasonal_naive", "median8", "median8_day_types"]
    assert rows[1]["wI"] < rows[0]["wI"]
    written = pd.read_csv(tmp_path / "out" / "calls_small_median8.csv")
    assert len(written) == 8 * 10 * 4
    error = (written["forecast"] - written["actual"]).abs().sum() / written["actual"].sum()
    assert rows[1]["wI"] == pytest.approx(100 * error)


def test_trained_peers_answer_and_a_missing_one_says_so(series_file, tmp_path, monkeypatch):
    """LightGBM stays near the truth on a flat series; without an interpreter statsforecast is named as missing."""
    series = thinned(read_series(series_file, "small"), 8)
    monkeypatch.setattr(peers, "TREES", 20)
    said = peers.quantile_lightgbm(series, series.origins[0], 1)
    assert (np.diff(said.quantiles, axis=0) >= 0).all()
    assert peers.recursive_lightgbm(series, series.origins[0], 1).point.sum() == pytest.approx(10 * 4 * 44, rel=0.2)
    monkeypatch.delenv(peers.INTERPRETER, raising=False)
    rows = list(calls.measure_statsforecast(series_file, "small", Options(data=tmp_path)))
    assert rows[0]["note"].startswith("not installed")


def test_statsforecast_answers_become_totals_times_the_usual_profile(series_file, monkeypatch):
    """An interpreter that answers 200 a day: each day sums to 200, in the shares of the last eight weeks."""
    series = read_series(series_file, "small")
    started = Mock(return_value=subprocess.CompletedProcess([], 0, json.dumps([{"AutoETS": [200.0] * 10}] * 8), ""))
    monkeypatch.setenv(peers.INTERPRETER, "python")
    monkeypatch.setattr(peers.subprocess, "run", started)
    said = [answer["AutoETS"] for answer in peers.statsforecast_profiles(series, 1)]
    assert said[0].point.sum(axis=1) == pytest.approx(np.full(10, 200.0))
    asked = json.loads(started.call_args.kwargs["input"])
    assert asked["known"] == [origin + 1 for origin in series.origins]
    assert len(asked["y"]) == max(asked["known"])
    broken = subprocess.CompletedProcess([], 1, "", "boom\nno module\n")
    monkeypatch.setattr(peers.subprocess, "run", lambda *_, **__: broken)
    with pytest.raises(peers.NotInstalled, match="no module"):
        peers.statsforecast_profiles(series, 1)


def test_ours_on_one_origin_is_closed_where_it_should_be(series_file):
    """Only the series' slots and rows come back; paths and quantiles are there and never negative."""
    series = read_series(series_file, "small")
    said = methods.ours(series, series.origins[-1], 1)
    assert said.point.shape == (10, 4)
    assert said.quantiles.shape == (3, 10, 4)
    assert said.paths.shape == (methods.PATHS, 10, 4)
    assert said.point.sum() == pytest.approx(4 * (2 * 60 + 8 * 40), rel=0.1)
    assert said.quantiles.min() >= 0


def test_bands_are_measured_at_every_row_between_the_first_and_the_last_origin(series_file, tmp_path, monkeypatch):
    """Eight origins five rows apart are 36 a row apart; a forecast of paths 0 to 199 holds the truth of 40 or 60."""
    asked = []

    def answer(series, origin, seed):
        asked.append(origin)
        paths = np.linspace(0, 100, 20)[:, None, None] * np.ones((1, 10, 4))
        return Said(np.full((10, 4), 50.0), np.quantile(paths, (0.1, 0.5, 0.9), axis=0), paths)

    monkeypatch.setattr(methods, "ours", answer)
    row = next(iter(calls.measure_bands(series_file, "bank", Options(data=tmp_path, solutions=tmp_path / "none"))))
    assert np.diff(asked).tolist() == [1] * 35
    assert asked[-1] == 89
    assert (row["measure"], row["cover80_total"]) == ("bands", 100.0)
    assert whole_summary(calls.BENCHMARK, [row])["bank.cover80_total_more_origins"] == 100.0
    assert not (tmp_path / "none").exists()


def test_a_company_and_many_queues_can_be_generated(monkeypatch):
    """One origin of a company, with few trees; three queues over 18 weeks with levels that differ."""
    small = lambda **_: Effort(bags=1, rows=4000, trees=5)  # noqa: E731
    monkeypatch.setattr("forecasting.calls.forecast.Effort", Mock(side_effect=small, rows=4000))
    said, naive, truth = next(generated.company_said(5, origins=1))
    assert said.point.shape == naive.point.shape == truth.shape == (14, 48)
    before = generated.company_demand(5)[0]["calls"].to_numpy()[-21 * 48 : -14 * 48].reshape(7, 48)
    assert (naive.point == np.tile(before, (2, 1))).all()
    demand = generated.many_queues(3, 1)
    assert len(demand) == 3 * generated.LARGE_DAYS * 48
    assert demand.groupby("queue", observed=True)["calls"].sum().std() > 0


def test_queues_of_the_log_are_forecast_from_their_first_fortnight(tmp_path):
    """Five calls at 9:30 each day in two queues: 70 calls ahead, whatever is phantom or outbound."""
    rows = [(queue, 990200 + day, "9:35:00", outcome) for day in range(1, 29) for outcome in ["AGENT"] * 5 + ["PHANTOM"]
            for queue in ("PS", "NW", "TT")]  # fmt: skip
    path = tmp_path / "log.csv"
    pd.DataFrame(rows, columns=["type", "date", "vru_entry", "outcome"]).to_csv(path, index=False)
    found = list(calls.measure_february(path, Options(data=tmp_path)))
    assert [row["series"] for row in found] == ["february NW"] * 4 + ["february PS"] * 4
    assert all(row["wI"] < 10 for row in found)
    assert "only 2 fri in the history instead of 8" in found[3]["note"]


def test_handle_times_by_hand(tmp_path):
    """Every call takes 100 s in training and 110 in the test: bias -9.1 %, cell error 9.1 %."""

    def rows(day: int, seconds: int) -> list[tuple]:
        return [("PS", 990200 + day, "9:30:00", "AGENT", seconds)] * 20

    log = [row for day in range(1, 15) for row in rows(day, 100)]
    log += [row for day in range(15, 29) for row in rows(day, 110)]
    log += [("TT", 990215, "9:30:00", "AGENT", 5000), ("PS", 990215, "9:30:00", "PHANTOM", 0)]
    path = tmp_path / "log.csv"
    pd.DataFrame(log, columns=["type", "date", "vru_entry", "outcome", "ser_time"]).to_csv(path, index=False)
    found = {row["method"]: row for row in measure_handle_times(path)}
    assert found["ours"]["workload_bias_pct"] == pytest.approx(-100 / 11, abs=0.01)
    assert found["ours"]["cell_error_pct"] == pytest.approx(100 / 11, abs=0.01)
    assert abs(found["ours, each evening"]["workload_bias_pct"]) < 100 / 11


def test_the_summary_has_its_declared_keys_and_the_mean_over_seeds(tmp_path):
    """Two seeds of ours are averaged; peers stand beside; everything else is null."""
    base = dict.fromkeys(calls.FIGURES, 1.0) | {
        "measure": "series",
        "series": "bank",
        "seconds": 3.0,
        "cpu_seconds": 2.0,
    }
    rows = [
        {**base, "method": "ours", "wI": 5.0}, {**base, "method": "ours", "wI": 7.0},
        {**base, "method": "median8", "wI": 6.9},
        {"measure": "handle time", "method": "ours", "cell_error_pct": 21.0, "workload_bias_pct": -3.0},
        {"measure": "log", "series": "rows not accounted for", "method": "ours", "calls": 0.0},
        {"measure": "scale", "series": "1000 queues", "method": "ours", "seconds": 200.0, "peak_mb": 2000.0},
        {**dict.fromkeys(calls.COMPANY_FIGURES, 80.0), "measure": "company", "series": "a", "method": "ours",
         "mase": 0.6},
        {"measure": "company", "series": "a", "method": "seasonal_naive", "mase": 0.9},
        {"measure": "february", "series": "b", "method": "ours", "mase": 0.8},
        {"measure": "february", "series": "b", "method": "seasonal_naive", "mase": 0.7},
    ]  # fmt: skip
    summary = whole_summary(calls.BENCHMARK, rows)
    assert summary["bank.wI"] == 6.0
    assert summary["bank.median8_wI"] == 6.9
    assert summary["aht.cell_error_pct"] == 21.0
    assert summary["scale_queues"] == 1000
    assert summary["log.rows_unaccounted"] == 0.0
    assert summary["one_queue_cpu_seconds"] == 2.0
    assert summary["synthetic.mase"] == 0.6
    assert summary["untuned.series"] == 2
    assert summary["untuned.mase"] == pytest.approx(0.7)
    assert (summary["untuned.seasonal_naive_mase"], summary["untuned.better_than_naive"]) == (pytest.approx(0.8), 1)
    assert 0.6 <= summary["untuned.mase_low"] <= 0.7 <= summary["untuned.mase_high"] <= 0.8
    assert summary["technion.wI"] is None


def test_cells_follow_the_size(tmp_path):
    """Without data: quick has one company, default the large case too; a named file is measured in their place."""
    keys = [cell.key for cell in calls.cells(Options(data=tmp_path, size="quick"))]
    assert keys == ["company 7"]
    assert [cell.key for cell in calls.cells(Options(data=tmp_path))] == [
        *(f"company {seed}" for seed in range(7, 12)),
        "scale",
    ]
    named = tmp_path / "other.csv"
    named.write_text("timestamp,calls\n")
    keys = [cell.key for cell in calls.cells(Options(data=tmp_path, size="quick", instances=(named,)))]
    assert keys[:2] == ["simple other", "ours other 7"]
