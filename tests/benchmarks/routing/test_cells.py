import csv
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.frame import Options
from benchmarks.routing import BENCHMARK, peers, real_week
from benchmarks.routing.cases import problem_of
from benchmarks.routing.cells import FOREVER, bounded, cells, measure, technicians
from benchmarks.routing.check import check
from benchmarks.routing.formats import DEAR_HOUR_PRICE
from benchmarks.routing.summary import SUMMARY_KEYS, summarise
from benchmarks.routing.synthetic import toptw_like
from solvers.routing.find import find_orders


@pytest.fixture(scope="module")
def small():
    return replace(toptw_like(3, 2, customers=15), best=200.0)


def test_ours_and_the_peers_stand_side_by_side(small, tmp_path):
    """Legal plans from each, ours not below the simple rules, solutions as rep, day, position, customer."""
    options = Options(data=tmp_path, solutions=tmp_path / "plans", seed=1)
    rows = list(measure(small, ("pyvrp", "ortools", "greedy", "nearest", "top"), 0.3, options))
    assert [row["engine"] for row in rows] == ["muster", "bound", "pyvrp", "ortools", "greedy", "nearest", "top"]
    assert summarise(rows)["toptw.bound_gap_pct"] == rows[1]["bound_gap_pct"] >= 0
    assert not any(row["faults"] for row in rows)
    value = {row["engine"]: row["value"] for row in rows}
    assert value["bound"] >= max(value[engine] for engine in value if engine != "bound")
    assert value["muster"] >= max(value["greedy"], value["nearest"], value["top"])
    assert rows[0]["gap_pct"] == round(100 * (200 - value["muster"]) / 200, 3)
    with (tmp_path / "plans" / "toptw_synthetic 3_2_0.3s_muster.csv").open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert len(table) == rows[0]["visits"]
    assert sum(small.score[int(line["customer"]) - 1] for line in table) == value["muster"]


def test_vroom_is_measured_or_said_to_be_absent(small, tmp_path, monkeypatch):
    """Without pyvroom its row says so and holds no figure."""
    options = Options(data=tmp_path)
    if peers.has_vroom():
        assert not check(small, peers.vroom(problem_of(small), 1.0, 1)).faults
    monkeypatch.setattr(peers, "has_vroom", lambda: False)
    row = list(measure(small, ("vroom",), 0.05, options))[1]
    assert (row["value"], row["method"]) == (None, "not measured: pyvroom is not installed (extra bench)")


def test_a_benchmark_without_data_measures_a_synthetic_instance(tmp_path):
    """Compile row first; the summary has declared keys only."""
    found = list(cells(Options(data=tmp_path / "absent", size="quick", seconds=0.1)))
    assert [cell.key for cell in found] == ["compile", "synthetic synthetic 7"]
    rows = [row for cell in found for row in cell.run()]
    summary = summarise(rows)
    assert set(summary) <= set(SUMMARY_KEYS)
    assert summary["faults"] == 0


def test_the_bound_is_not_below_the_plan(small):
    """Proven from above (rounded up by a cent): the gap of a searched plan is never negative."""
    problem = problem_of(small)
    found = find_orders(problem, engine="native", effort="quick", seed=1, brake=FOREVER, remember=50)
    row = bounded(problem, found, small, 5.0, 1)
    assert row["bound_gap_pct"] >= 0
    assert row["value"] <= small.score.sum() + 0.02


def test_a_plan_with_a_fault_counts_as_nothing():
    """One instance at 1 %, one with a broken rule: the mean is 50.5 %."""
    row = {"family": "toptw", "engine": "muster", "limit": 10, "seconds": 1.0, "value": 1.0, "travel": 0.0}
    rows = [row | {"gap_pct": 1.0, "faults": ""}, row | {"gap_pct": 0.0, "faults": "late"}]
    assert summarise(rows)["toptw.mean_gap_pct"] == 50.5


def test_the_public_sets_give_cells_of_every_family():
    """Default size on the shared data: every family has a cell; one file alone gives its own cells."""
    data = Path(__file__).resolve().parents[4] / "shared" / "data"
    if not (data / "routing" / "bks.csv").exists():
        pytest.skip("needs ../shared/data beside the checkout")
    keys = [cell.key for cell in BENCHMARK.cells(Options(data=data))]
    families = {
        "toptw",
        "toptw_opt",
        "week",
        "solomon",
        "homberger",
        "pcvrptw",
        "trsp",
        "real_week",
        "features",
        "replan",
    }
    assert families <= {key.split()[0] for key in keys}
    assert "week week2000 at 40 an hour" in keys
    one = data / "routing" / "toptw" / "c101.txt"
    keys = [cell.key for cell in BENCHMARK.cells(Options(data=data, instances=(one,)))]
    assert keys == ["compile", "toptw c101 m=1", "toptw c101 m=2", "toptw c101 m=4", "toptw_opt c101"]


CREW = """tiny

CREW COUNT  SKILLS  TOOLS   SPARE PARTS
2      5       5       2

DEPOT TECHNICIANS AND REQUESTS
0    0     0     0      50     0      [] \t[] \t[]
1    0     1     0      50     0      [0] \t[] \t[1,0]
2    9     0     0      50     0      [0,1] \t[0] \t[0,0]
3    3     4     0      20     2      [0] \t[3] \t[0,0]
4    0     3     0      10     2      [0] \t[] \t[0,0]
"""


def test_a_crew_that_must_fetch_a_tool_serves_everybody(tmp_path):
    """The tool nobody has is at the depot; 2 + 2 at (0, 3), 3 to the depot, 5 + 2, home over (3, 3): one technician."""
    path = tmp_path / "tiny.txt"
    path.write_text("TECHNICIANS\n" + CREW)
    options = Options(data=tmp_path, solutions=tmp_path / "plans", seed=1)
    (row,) = technicians(path, None, 0.6, options)
    assert (row["visits"], row["faults"]) == (2, "")
    assert row["value"] <= 2 + 2 + 3 + 5 + 2 + 18**0.5 + 1e-6
    assert "may fetch tools" in row["method"]
    assert len(list((tmp_path / "plans").iterdir())) == 1


def test_the_usual_steps_are_compared_with_ten_times_as_many():
    """40 customers of the real week; both plans are worth something, and the share is that of the two rows."""
    folder = Path(__file__).resolve().parents[4] / "shared" / "real_week" / "data"
    if not (folder / "reps.csv").exists():
        pytest.skip("needs ../shared/real_week beside the checkout")
    rows = list(real_week.measure(folder, 3, offered=40))
    assert rows[1]["share_pct"] == round(100 * rows[0]["value"] / rows[1]["value"], 3)
    assert summarise(rows)["real_week.of_ten_times_pct"] == rows[1]["share_pct"]
    usual, many = (int(row["method"].split()[0]) for row in rows)
    assert many == 10 * usual


def test_without_the_real_week_there_is_no_cell_for_it(tmp_path):
    """No folder, no cell."""
    assert list(real_week.cells(Options(data=tmp_path / "data"))) == []


def test_the_week_at_a_dear_hour(small, tmp_path):
    """Value and hours of ours and PyVRP at one price, as the summary names them; the hours are the checker's."""
    dear = replace(small, family="week2000", price=DEAR_HOUR_PRICE)
    rows = list(measure(dear, ("pyvrp",), 0.3, Options(data=tmp_path), family="week2000_dear"))
    assert [(row["family"], row["hour_price"]) for row in rows] == [("week2000_dear", 40.0)] * 2
    summary = summarise(rows)
    assert summary["week2000.dear_value_60s"] == rows[0]["value"]
    assert summary["week2000.dear_pyvrp_travel_h"] == rows[1]["travel"]
    assert "week2000.value_60s" not in summary


def test_ahead_in_both_is_told_by_price():
    """At 3.6 more value in more hours; at 40 both, and that plan beats PyVRP's at 3.6 too; at 80 a rule is broken."""

    def row(engine, price, value, travel, faults=""):
        family = "week2000" if price == 3.6 else "week2000_dear"
        return {
            "family": family, "engine": engine, "hour_price": price, "value": value, "travel": travel, "limit": 60.0,
            "faults": faults, "gap_pct": None,
        }  # fmt: skip

    rows = [
        row("muster", 3.6, 54.0, 150.0), row("pyvrp", 3.6, 53.0, 145.0), row("muster", 40.0, 53.5, 140.0),
        row("pyvrp", 40.0, 53.0, 144.0), row("muster", 80.0, 60.0, 1.0, "late"), row("pyvrp", 80.0, 52.0, 130.0),
        row("muster", 3.6, 53.0, 160.0) | {"limit": 10.0},
    ]  # fmt: skip
    summary = summarise(rows)
    assert summary["week2000.ahead_in_both"] == "40"
    assert summary["week2000.pyvrp_plans_beaten_in_both"] == "2 of 3"
    assert (summary["week2000.dear_value_60s"], summary["week2000.dear_pyvrp_travel_h"]) == (53.5, 144.0)
    assert (summary["week2000.value_10s"], summary["week2000.travel_h"]) == (53.0, 150.0)
    assert summarise(rows[:2])["week2000.ahead_in_both"] == "at no price"
