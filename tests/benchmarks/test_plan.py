"""The plan benchmark: what its summary makes of rows, and one small week measured from end to end."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from benchmarks import plan
from benchmarks.frame import Options, whole_summary
from benchmarks.process import Finished


def row(week: str, name: str, by: str, net: float, *, broken: int = 0, seconds: float = 9.0) -> dict[str, Any]:
    return {
        "week": week, "plan": name, "by": by, "net_value_eur": net, "before_pay_eur": net + 100.0, "findings": broken,
        "broken_windows": broken, "seconds": seconds, "peak_mb": 500.0,
    }  # fmt: skip


ROWS = [
    row("real_week", "ours", "forecast", 140.0, seconds=50.0),
    row("real_week", "classic", "forecast", 100.0, broken=7),
    row("real_week", "careful", "forecast", 112.0),
    {"week": "real_week", "plan": "mutations", "refused": 49, "tried": 50},
    {"week": "every rule", "plan": "rule mutations", "refused": 33, "tried": 34, "findings": 1},
    *(
        row(f"synthetic {seed}", name, by, value * scale, broken=3 if name == "classic" else 0, seconds=60.0)
        for seed, scale in ((1, 1.0), (2, 3.0))
        for name, value in (("ours", 300.0), ("classic", 100.0), ("careful", 200.0))
        for by in ("truth",)
    ),
    row("synthetic 1", "ours", "forecast", 9999.0),
    row("synthetic 1", "classic", "forecast", 1.0),
    row("synthetic 1", "careful", "forecast", 1.0),
]


def test_the_summary_is_by_the_truth_where_there_is_one() -> None:
    """Synthetic: means 600 and 200; real week: 140 and 100; forecasts of synthetic companies count nowhere."""
    summary = whole_summary(plan.BENCHMARK, ROWS)
    assert (summary["net_value_eur"], summary["baseline_net_value_eur"]) == (600.0, 200.0)
    assert summary["value_gain_pct"] == pytest.approx(200.0)
    assert summary["synthetic.careful_gain_pct"] == pytest.approx(50.0)
    assert summary["synthetic.gain_before_pay_pct"] == pytest.approx(100 * 400 / 300)
    assert summary["real_week.value_gain_pct"] == summary["least_gain_pct"] == pytest.approx(40.0)
    assert summary["real_week.careful_gain_pct"] == pytest.approx(25.0)
    assert (summary["seconds"], summary["peak_mb"]) == (50.0, 500.0)
    assert (summary["audit_findings"], summary["broken_windows"]) == (0, 0)
    assert (summary["baseline_audit_findings"], summary["baseline_broken_windows"]) == (13, 13)
    assert (summary["mutations_refused"], summary["mutations_tried"]) == (49, 50)
    ruled = [summary[f"rule_{name}"] for name in ("mutations_refused", "mutations_tried", "findings")]
    assert ruled == [33, 34, 1]


def test_without_synthetic_companies_the_forecasts_count() -> None:
    """Only the real week: its own figures are the summary's."""
    summary = whole_summary(plan.BENCHMARK, ROWS[:3])
    assert (summary["net_value_eur"], summary["baseline_net_value_eur"]) == (140.0, 100.0)
    assert summary["synthetic.value_gain_pct"] is None
    assert summary["mutations_refused"] is None


def test_nothing_measured() -> None:
    """No rows: every key is null."""
    assert set(whole_summary(plan.BENCHMARK, []).values()) == {None}


@pytest.mark.parametrize(
    ("value", "baseline", "gain"), [(150, 100, 50), (-50, -100, 50), (50, -100, 150), (-1, 1, -200)]
)
def test_gain_is_in_percent_of_the_size_of_the_baseline(value: float, baseline: float, gain: float) -> None:
    """A loss that is halved is a gain of 50 percent."""
    assert plan.gain_pct(value, baseline) == gain


def test_no_gain_over_nothing() -> None:
    """A baseline of 0 has no percent."""
    assert plan.gain_pct(5.0, 0.0) is None


def test_what_is_measured_at_each_size(tmp_path: Path) -> None:
    """Quick: one company; default: the real week and three; full: five; named files: these and nothing else."""
    (tmp_path / "real_week").mkdir()
    (tmp_path / "real_week" / "week.yaml").write_text("name: x")
    options = Options(data=tmp_path / "data")

    def keys(**more: Any) -> list[str]:
        return [cell.key.split("/")[-1] for cell in plan.cells(dataclasses.replace(options, **more))]

    assert keys(size="quick") == ["synthetic 1007", "every rule"]
    assert keys() == ["week.yaml", "synthetic 1007", "synthetic 1008", "synthetic 1009", "every rule"]
    assert keys(size="full", seed=1)[1:] == [*(f"synthetic {1001 + number}" for number in range(5)), "every rule"]
    assert keys(instances=(tmp_path / "own.yaml",)) == ["own.yaml"]


def test_a_command_that_fails_is_a_failed_cell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`new` or `run` with another exit code than 0 or 5 raises with its last words."""

    def fails(arguments: Any, *, folder: Path) -> Finished:
        return Finished(3, 1.0, 1.0, "", "the file is not there\n")

    monkeypatch.setattr(plan, "run_plan", fails)
    with pytest.raises(RuntimeError, match="`new` ended with 3: the file is not there"):
        list(plan.measure_synthetic(1, (), Options(data=tmp_path), is_first=True))
    with pytest.raises(RuntimeError, match="`run` ended with 3"):
        list(plan.measure_week(tmp_path / "week.yaml", "week", (), Options(data=tmp_path), is_first=True))


def test_a_small_company_from_end_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """90 customers: three plans by truth and by forecast, ours legal and repeatable in its parts, mutations refused."""
    monkeypatch.setitem(plan.COMPANIES, "quick", (90, 3, 6))
    monkeypatch.setattr(plan, "MUTATIONS", 2)
    options = Options(data=tmp_path, size="quick", solutions=tmp_path / "solutions")
    rows = list(plan.measure_synthetic(5, ("solve.effort=quick",), options, is_first=True))
    by = {(each["plan"], each["by"]): each for each in rows if each["plan"] != "mutations"}
    assert set(by) == {(name, how) for name in ("ours", "classic", "careful") for how in ("truth", "forecast")}
    for each in by.values():
        costs = sum(each[name] for name in plan.PARTS if name not in ("win_eur", "churn_eur", "growth_eur"))
        gains = each["win_eur"] + each["churn_eur"] + each["growth_eur"]
        assert each["net_value_eur"] == pytest.approx(gains - costs, abs=0.1)
    assert by["ours", "truth"]["findings"] == by["ours", "truth"]["broken_windows"] == 0
    assert by["classic", "truth"]["broken_windows"] > 0
    assert by["careful", "truth"]["broken_windows"] == 0
    assert rows[-1]["note"] == "2 of 2 refused"
    assert (tmp_path / "solutions" / "synthetic 5 classic" / "stops.csv").exists()


def test_a_folder_without_truth_has_none(tmp_path: Path) -> None:
    """The real week has no truth folder."""
    assert plan.read_truth(tmp_path) == {}
