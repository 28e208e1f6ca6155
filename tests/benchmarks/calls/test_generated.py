"""Synthetic companies and many queues: what a row says, and that the large case is measured in its own process."""

import subprocess
from unittest.mock import Mock

import numpy as np
import pytest

from benchmarks import calls
from benchmarks.calls import generated, peers
from benchmarks.calls.scores import Said
from benchmarks.frame import Options
from forecasting.calls.direct import Effort


def test_weekly_accuracy_of_a_company_by_hand(monkeypatch):
    """One origin, 10 calls an interval said: 10 came in the first week, 8 in the second: 0 and 25 % wrong."""
    said = Said(np.full((14, 4), 10.0), np.full((3, 14, 4), 10.0), np.full((20, 14, 4), 10.0))
    came = np.repeat([10.0, 8.0], 7)[:, None] * np.ones(4)
    naive = Said(np.full((14, 4), 8.0))
    asked = Mock(return_value=[(said, naive, came)])
    monkeypatch.setattr(calls, "company_said", asked)
    monkeypatch.setattr(calls, "company_naive_error", Mock(return_value=0.5))
    row, beside = calls.measure_company(1007, "quick")
    assert row["weekly_accuracy_pct"] == pytest.approx(100 - 25 / 2)
    assert row["wD"] == pytest.approx(100 * 7 * 8 / (7 * 4 * 18))
    asked.assert_called_once_with(1007, origins=4)
    assert row["mase"] == pytest.approx(1.0 / 0.5)
    assert (beside["method"], beside["weekly_accuracy_pct"]) == ("seasonal_naive", pytest.approx(100 - 20 / 2))
    assert "cover80_day" not in beside


def test_statsforecast_models_are_a_row_each(tmp_path, monkeypatch):
    """Where the interpreter answers, every model is scored like any other method."""
    path = tmp_path / "small.csv"
    times = [f"2022-{month:02d}-{day:02d} 09:{minute}" for month in range(1, 4) for day in range(1, 29)
             for minute in ("00", "30")]  # fmt: skip
    path.write_text("timestamp,calls\n" + "".join(f"{time},20\n" for time in times))
    one = dict.fromkeys(peers.MODELS, Said(np.full((14, 2), 10.0)))
    monkeypatch.setattr(peers, "statsforecast_profiles", lambda series, _: [one] * len(series.origins))
    rows = list(calls.measure_statsforecast(path, "small", Options(data=tmp_path)))
    assert [row["method"] for row in rows] == [f"statsforecast_{name}" for name in peers.MODELS]
    assert rows[0]["wI"] == pytest.approx(50.0)


def test_the_large_case_is_a_process_of_its_own(monkeypatch):
    """Its line of figures becomes a row: seconds, peak memory, share by the combined method."""
    done = subprocess.CompletedProcess([], 0, "12.5 1000 200 0.99 2048.0\n")
    started = Mock(return_value=done)
    monkeypatch.setattr(generated.subprocess, "run", started)
    row = next(iter(generated.measure_large(1000, 7)))
    assert (row["series"], row["seconds"], row["peak_mb"]) == ("1000 queues", 12.5, 2048.0)
    assert row["note"] == "200 paths; 99 % of open rows by the combined method"
    assert "run_large(1000, 7)" in started.call_args.args[0][-1]


def test_the_body_of_the_large_case_tells_what_it_forecast(monkeypatch, capsys):
    """Two queues, few trees: seconds, queues, paths, and nearly all rows by the combined method."""
    small = lambda **_: Effort(bags=1, rows=4000, trees=5)  # noqa: E731
    monkeypatch.setattr("forecasting.calls.forecast.Effort", Mock(side_effect=small, rows=4000))
    generated.run_large(2, 1)
    seconds, queues, paths, combined = (float(part) for part in capsys.readouterr().out.split())
    assert (queues, paths) == (2, 200)
    assert seconds > 0
    assert 0 <= combined <= 1


def test_cells_with_the_data_beside(tmp_path):
    """Both series by every method, the log three ways, a company, the large case; the folder of data is named."""
    folder = tmp_path / "calls"
    folder.mkdir()
    for name in (*calls.FILES.values(), calls.LOG):
        (folder / name).write_text("")
    options = Options(data=tmp_path)
    kinds = ("simple {}", "ours {} 7", "bands {}", "trained {}", "statsforecast {}")
    series = [kind.format(name) for name in ("bank", "technion") for kind in kinds]
    others = ["handle time", "log to demand", "february", *(f"company {seed}" for seed in range(7, 12)), "scale"]
    assert [cell.key for cell in calls.cells(options)] == [*series, *others]
    assert [*calls.inputs(options)] == [folder]


def test_seasonal_naive_of_a_company_repeats_its_last_week(monkeypatch):
    """The naive answer is the seven days before the end of `AS_OF`, twice; its own weekly error is that of Poisson."""
    answer = Mock(side_effect=RuntimeError)
    monkeypatch.setattr(generated, "forecast_calls", answer)
    with pytest.raises(RuntimeError):
        next(generated.company_said(1, origins=1))
    asked = answer.call_args.kwargs
    assert (asked["as_of"], asked["country"]) == (generated.AS_OF, "ES")
    assert answer.call_args.args[0]["interval_start"].max().date() == generated.AS_OF
    demand, _ = generated.company_demand(1)
    calls_seen = demand["calls"].to_numpy().reshape(-1, generated.SLOTS)[:-14]
    usual = calls_seen[calls_seen > 0].mean()
    assert 0.5 * np.sqrt(usual) < generated.company_naive_error(1, origins=1) < 3 * np.sqrt(usual)
