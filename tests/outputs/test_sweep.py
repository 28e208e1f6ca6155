"""A sweep of a small company: every cell has a row, failures are shown, stages are shared; and runs side by side."""

import json
import re
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

import plan
from inputs.synthetic import make_company, write_company
from outputs import compare_runs, read_run, read_sweep, run_scenario, run_sweep
from outputs.compare import comparison_json, comparison_text
from outputs.folder import broken_seal
from outputs.sweep import Setting, Sweep, _run_all
from outputs.sweep_text import sweep_json, sweep_text
from planner.sweep import Cell
from scenarios.errors import UsageError

NOW = datetime(2026, 3, 6, 18, 0)
pytestmark = pytest.mark.xdist_group("sweep")

GRID = """extends: week.yaml
name: Reps <b> & costs
solve: {effort: quick}
outputs: [report]
sweep:
  reps.headcount_change: [0, 1]
  staffing.shrinkage_pct: [5, 15]
  reps.absent: [[], [R99]]
baseline: {reps.headcount_change: 0, staffing.shrinkage_pct: 15}
compare: [net_value_eur, visits, agent_hours, visit]
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sweep")
    write_company(make_company("tiny", customers=50, reps=2, agents=3, seed=12), folder / "tiny")
    (folder / "tiny" / "grid.yaml").write_text(GRID, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def made(place: Path) -> Sweep:
    return run_sweep(place / "tiny" / "grid.yaml", runs=place / "runs", store=place / "store", clock=lambda: NOW)


def test_every_cell_has_a_row_and_failures_their_reason(made: Sweep) -> None:
    """Half of the cells name a rep that does not exist: they fail, the others are planned and ranked."""
    table = made.cells
    assert made.exit_code == 5
    assert sorted(table["cell"]) == [1, 2, 3, 4, 5, 6, 7, 8]
    failed = table[table["status"] == "failed"]
    assert set(failed["cell"]) == {2, 4, 6, 8}
    assert failed["error"].str.contains("R99").all()
    planned = table[table["place"].notna()]
    assert planned["net_value_eur"].is_monotonic_decreasing
    assert planned["is_best"].tolist() == [True, False, False, False]
    assert table.loc[table["is_baseline"], "cell"].tolist() == [3]
    base = table.loc[table["is_baseline"], "net_value_eur"].item()
    assert (planned["net_value_eur"] - base).tolist() == planned["net_value_eur_difference"].tolist()
    assert "did you mean visits?" in made.notes[-1]


def test_stages_are_shared_by_cells(made: Sweep) -> None:
    """Forecasts are computed once, routes once per headcount, rosters once per shrinkage."""
    planned = made.cells[made.cells["place"].notna()]
    folders = [made.folder.parent / name for name in planned["run"]]
    stages = pd.concat([read_run(folder).stages for folder in folders])
    computed = stages[stages["source"] == "computed"]["stage"].value_counts()
    assert (computed["calls"], computed["closure"], computed["territories"], computed["staffing"]) == (1, 1, 2, 2)
    assert stages["stage"].value_counts()["calls"] == 4


def test_a_sealed_sweep_is_found_again(made: Sweep, place: Path) -> None:
    """The same sweep costs nothing the second time, and says so."""
    again = run_sweep(place / "tiny" / "grid.yaml", runs=place / "runs", store=place / "store", clock=lambda: NOW)
    assert (again.folder, again.reused) == (made.folder, True)
    assert broken_seal(made.folder) == []
    pd.testing.assert_frame_equal(again.cells, read_sweep(made.folder).cells)
    with pytest.raises(UsageError, match="single run"):
        read_sweep(made.folder.parent / made.cells["run"][0])


def test_the_page_links_its_runs_and_trusts_no_text(made: Sweep) -> None:
    """Every link leads to a file that exists; a name with markup stays a name; nothing comes from a network."""
    page = made.page.read_text(encoding="utf-8")
    links = re.findall(r'<a href="([^"]+)"', page)
    assert len(links) == 5
    assert all((made.folder / link).is_file() for link in links)
    assert "Reps &lt;b&gt; &amp; costs" in page
    assert "<b>" not in page
    assert not re.search(r"(src|href)=\"https?:", page)
    assert page.count('<svg role="img"') == 2
    assert len(page) < 150_000


def test_text_and_json_say_the_same(made: Sweep) -> None:
    """The terminal shows the rank, failures with their reason, and what to open."""
    text = sweep_text(made)
    assert re.search(r"^ +1 .*\bbest\b", text, re.MULTILINE)
    assert text.count("no rep 'R99'") == 4
    assert text.splitlines()[-1] == f"open: {made.page}"
    plain = sweep_json(made)
    assert (len(plain["cells"]), plain["exit_code"]) == (8, 5)
    assert plain["cells"][-1]["net_value_eur"] is None


def test_runs_side_by_side(made: Sweep) -> None:
    """Figures and moves of two cells that differ by one rep."""
    by_cell = made.cells.set_index("cell")["run"]
    folders = [made.folder.parent / by_cell[number] for number in (1, 5)]
    comparison = compare_runs(folders)
    value = comparison.figures.set_index("kpi").loc["net_value_eur"]
    figures = made.cells.set_index("cell")["net_value_eur"]
    assert value[f"{folders[1].name}: difference"] == figures[5] - figures[1]
    moved = comparison.moves[folders[1].name]
    assert moved.loc[moved["what"] == "owner", "count"].sum() > 0
    assert "[2] less [1]" in comparison_text(comparison)
    assert comparison_json(comparison)["moves"][folders[1].name][0]["what"] == moved["what"][0]
    with pytest.raises(UsageError, match="two runs or more"):
        compare_runs(folders[:1])
    with pytest.raises(UsageError, match="twice"):
        compare_runs([folders[0], folders[0]])
    with pytest.raises(UsageError, match="no single run"):
        compare_runs([folders[0], made.folder])


def test_a_list_of_files_and_a_wish_to_stop(place: Path, made: Sweep) -> None:
    """Cells that do not start are shown as not run; a file that is missing has failed; exit code 130."""
    folder = place / "tiny"
    for name in ("one", "two"):
        (folder / f"{name}.yaml").write_text(f"extends: week.yaml\nname: {name}\n", encoding="utf-8")
    (folder / "list.yaml").write_text("extends: week.yaml\nscenarios: [one.yaml, grid.yaml, two.yaml]\n", "utf-8")
    sweep = run_sweep(
        folder / "list.yaml", runs=place / "other", store=place / "store", clock=lambda: NOW, stop=lambda: True
    )
    assert sweep.exit_code == 130
    assert sweep.cells.set_index("label")["status"].to_dict() == {
        "one": "not run",
        "grid": "failed",
        "two": "not run",
    }
    assert "Best by" not in sweep.page.read_text(encoding="utf-8")
    with pytest.raises(UsageError, match="single run"):
        run_sweep(folder / "week.yaml", runs=place / "other", store=place / "store")


def test_check_looks_at_every_run_of_a_sweep(made: Sweep) -> None:
    """All are sound; a run that was touched afterwards, and one whose folder is gone, are named."""
    shown = CliRunner().invoke(plan.app, ["check", str(made.folder)])
    assert shown.exit_code == 0
    assert shown.stdout.count("no plan: ") == 4
    assert shown.stdout.endswith(f"{made.folder}: 4 runs checked, sound\n")
    runs = made.cells.loc[made.cells["run"].str.len() > 0, "run"].tolist()
    folders = [made.folder.parent / run for run in runs]
    (folders[0] / "report.html").write_bytes((text := (folders[0] / "report.html").read_bytes()) + b"!")
    for gone in folders[1:]:
        gone.rename(gone.with_name(f"gone-{gone.name}"))
    try:
        told = CliRunner().invoke(plan.app, ["check", str(made.folder), "--json"])
    finally:
        (folders[0] / "report.html").write_bytes(text)
        for gone in folders[1:]:
            gone.with_name(f"gone-{gone.name}").rename(gone)
    answer = json.loads(told.stdout)
    by_run = {row["run"]: row for row in answer["cells"]}
    assert (told.exit_code, answer["sound"]) == (5, False)
    assert "report.html" in by_run[runs[0]]["first"]
    assert [(by_run[run]["problems"], by_run[run]["first"]) for run in runs[1:]] == [(1, "its folder is gone")] * 3


class Broken:
    """An executor whose process dies with each cell."""

    def submit(self, *_: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(OSError("killed"))
        return future


def test_a_process_that_dies_fails_its_cell(tmp_path: Path) -> None:
    """The others go on."""
    cells = [Cell(number, f"c{number}", {}, tmp_path / "x.yaml", (), False) for number in (1, 2, 3)]
    setting = Setting((), tmp_path, tmp_path, True, datetime.now)
    ended = list(_run_all(cells, setting, executor=Broken(), width=2, stop=lambda: False))  # type: ignore[arg-type]
    assert sorted(cell.number for cell, _ in ended) == [1, 2, 3]
    assert {result.error for _, result in ended} == {"its process ended (OSError: killed)"}


def test_an_interrupted_run_is_whole_flagged_and_under_its_own_name(place: Path) -> None:
    """A run that is asked to stop at once is a legal, sealed plan with exit code 130, under a name of its own."""
    week = place / "tiny" / "week.yaml"
    cut = run_scenario(
        week,
        overrides=["solve.seed=5", "outputs=[]"],
        runs=place / "stopped",
        store=place / "store",
        clock=lambda: NOW,
        stop=lambda: True,
    )
    assert (cut.exit_code, cut.findings.empty) == (130, True)
    assert cut.folder.name.endswith("-interrupted")
    assert cut.flags[0].startswith("The run was interrupted")
    assert broken_seal(cut.folder) == []


def test_a_run_whose_results_are_known_is_not_cut_short(place: Path, made: Sweep) -> None:
    """Where every stage is in the cache, a wish to stop changes nothing."""
    known = made.cells.set_index("cell").loc[1]
    scenario = made.folder.parent / known["run"] / "scenario.yaml"
    run = run_scenario(scenario, runs=place / "again", store=place / "store", clock=lambda: NOW, stop=lambda: True)
    assert (run.exit_code, set(run.stages["source"])) == (0, {"cache"})
    assert run.kpis.set_index("kpi").loc["net_value_eur", "value"] == known["net_value_eur"]
