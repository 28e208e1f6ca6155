"""A run: sealed, reused when nothing changed, read back, checked, explained."""

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from outputs import check_run, explain_customer, read_run, run_scenario
from outputs.folder import broken_seal, read_manifest
from planner.explain import WHY_NOT_CONTACTED
from scenarios.errors import ScenarioError, UsageError

NOW = datetime(2026, 3, 6, 18, 0)
QUICK = ["solve.effort=quick"]


@pytest.fixture
def copy(small_run: Any, tmp_path: Path) -> Path:
    """A copy of the run's folder, to be changed."""
    return Path(shutil.copytree(small_run.folder, tmp_path / small_run.folder.name))


def test_the_same_scenario_again_answers_with_the_same_run(small_run: Any) -> None:
    """Nothing changed: the sealed run is answered, not planned again."""
    again = run_scenario(
        small_run.file, overrides=QUICK, runs=small_run.folder.parent, store=small_run.store, clock=lambda: NOW
    )
    assert again.reused
    assert again.folder == small_run.folder
    assert [path.name for path in small_run.folder.parent.iterdir()] == [small_run.folder.name]


def test_another_folder_gets_the_same_tables_from_kept_stages(small_run: Any, tmp_path: Path) -> None:
    """Every stage is answered from the cache, and every table is equal byte for byte."""
    run = run_scenario(small_run.file, overrides=QUICK, runs=tmp_path, store=small_run.store, clock=lambda: NOW)
    assert set(run.stages["source"]) == {"cache"}
    for path in sorted((small_run.folder / "tables").iterdir()):
        assert (run.folder / "tables" / path.name).read_bytes() == path.read_bytes(), path.name


def test_a_what_if_computes_only_what_changed(small_run: Any, tmp_path: Path) -> None:
    """A rep on leave: forecasts and staffing are kept; territories, channels and routes are computed."""
    overrides = [*QUICK, "reps.absent=[R01]", "territories.mode=keep"]
    run = run_scenario(small_run.file, overrides=overrides, runs=tmp_path, store=small_run.store, clock=lambda: NOW)
    source = dict(zip(run.stages["stage"], run.stages["source"], strict=True))
    kept = {"calls", "closure", "customers", "leads", "response", "actions", "staffing"}
    assert {stage for stage, origin in source.items() if origin == "cache"} == kept
    days = pd.read_parquet(run.folder / "tables" / "rep_days.parquet")
    assert set(days.loc[days["rep_id"] == "R01", "reason"]) <= {"absent", "not_working_day"}


def test_the_manifest_tells_how_the_plan_came_to_be(small_run: Any) -> None:
    """Inputs with their sha256, every setting's origin, every stage's outcome, every file's sha256."""
    manifest = read_manifest(small_run.folder)
    assert {"customers", "reps", "calls"} <= {row["table"] for row in manifest["inputs"]}
    assert all(len(row["sha256"]) == 64 for row in manifest["inputs"])
    assert manifest["origins"]["solve.effort"] == "--set"
    assert manifest["origins"]["horizon.start"].startswith(str(small_run.file))
    stages = [outcome["stage"] for outcome in manifest["outcomes"]]
    assert stages[:4] == ["territories", "channels.offered", "routing", "channels.settled"]
    assert "report.html" in manifest["files"]
    assert manifest["created_at"] == "2026-03-06T18:00:00"


def test_the_resolved_scenario_can_be_run_again(small_run: Any, tmp_path: Path) -> None:
    """scenario.yaml of a run is a scenario: it names the same run."""
    run = run_scenario(small_run.folder / "scenario.yaml", runs=tmp_path, store=small_run.store, clock=lambda: NOW)
    assert run.folder.name == small_run.folder.name


def test_a_sound_run_passes_its_check(small_run: Any) -> None:
    """The seal holds and a fresh audit finds nothing."""
    assert check_run(small_run.folder) == []


def test_the_seal_names_what_was_changed(copy: Path) -> None:
    """A changed, a missing and an added file are told apart."""
    (copy / "report.html").write_text("better figures")
    (copy / "map.html").unlink()
    (copy / "note.txt").write_text("x")
    assert broken_seal(copy) == ["map.html is missing", "report.html was changed", "note.txt was added"]


def test_a_plan_that_was_changed_is_refused(copy: Path) -> None:
    """A visit moved in the table breaks the seal, and the audit says which rule it breaks."""
    path = copy / "tables" / "stops.parquet"
    stops = pd.read_parquet(path)
    row = stops.index[stops["kind"] == "visit"][0]
    stops.loc[row, "travel_km"] = 0.0
    stops.to_parquet(path)
    problems = check_run(copy)
    assert problems[0] == "tables/stops.parquet was changed"
    assert any(problem.startswith("days_in_order: stops R") for problem in problems)


def test_a_damaged_run_is_not_reused(small_run: Any, tmp_path: Path) -> None:
    """A run whose seal is broken is left alone; the plan is written beside it under a new name."""
    damaged = Path(shutil.copytree(small_run.folder, tmp_path / small_run.folder.name))
    (damaged / "report.html").write_text("")
    run = run_scenario(small_run.file, overrides=QUICK, runs=tmp_path, store=small_run.store, clock=lambda: NOW)
    assert run.folder.name == f"{damaged.name}-2"
    assert (damaged / "report.html").read_text() == ""


def test_a_folder_that_is_no_run_is_a_usage_error(tmp_path: Path) -> None:
    """The sentence names what is missing."""
    with pytest.raises(UsageError, match=r"is no run of Muster: manifest\.json"):
        read_run(tmp_path)


def test_names_that_do_not_exist_are_found_before_planning(small_run: Any, tmp_path: Path) -> None:
    """An unknown rep is a problem of the scenario, with its place."""
    with pytest.raises(ScenarioError, match="R99"):
        run_scenario(small_run.file, overrides=["reps.absent=[R99]"], runs=tmp_path, store=small_run.store)
    assert not tmp_path.exists() or list(tmp_path.iterdir()) == []


def test_every_customer_has_an_answer_to_why(small_run: Any) -> None:
    """Contacted or not: a sentence with the plan's own numbers, one per channel with what it would bring."""
    allocations = small_run.plan["allocations"]
    for customer in allocations["customer_id"].unique()[:20]:
        text = explain_customer(small_run.folder, customer)
        assert text.startswith(f"{customer} belongs to R")
        assert len(text.split("in euros of margin:")[1].strip().splitlines()) == len(small_run.scenario.channels)
    field = allocations.loc[allocations["channel"] == "field", "customer_id"].iloc[0]
    assert "A field visit is planned by R" in explain_customer(small_run.folder, field)
    for row in small_run.plan["unserved"].itertuples():
        assert "is on no route" in explain_customer(small_run.folder, row.customer_id)
    for row in allocations[allocations["channel"] == "none"].itertuples():
        assert WHY_NOT_CONTACTED[row.reason] in explain_customer(small_run.folder, row.customer_id)
    with pytest.raises(UsageError, match="knows no customer 'nobody'"):
        explain_customer(small_run.folder, "nobody")


def test_the_log_is_json_lines(small_run: Any) -> None:
    """One line per stage, one per note (where the effects of contacts come from, too), then the run."""
    lines = [json.loads(line) for line in (small_run.folder / "run.log").read_text().splitlines()]
    assert list(dict.fromkeys(line["event"] for line in lines)) == ["stage", "note", "run"]
    assert any(line.get("text", "").startswith("effects of contacts are those") for line in lines)
