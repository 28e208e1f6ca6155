"""Which earlier run a plan is compared with, and what the report then says."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from outputs.changes import changes_since, earlier_run
from outputs.report_changes import changes_section
from planner.types import Plan


def run(runs: Path, name: str, *, of: str, start: str, made: str = "2026-03-06T18:00:00", **more: Any) -> Path:
    """A run folder that holds a manifest only."""
    folder = runs / name
    folder.mkdir(parents=True)
    manifest = {"name": of, "created_at": made, "scenario": {"horizon": {"start": start}}, **more}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture
def plan(held: Any) -> Plan:
    """The small company's plan: 9 March 2026, five days."""
    assert str(held.plan.scenario.horizon.start) == "2026-03-09"
    return held.plan


def test_the_latest_earlier_week_is_taken(plan: Plan, tmp_path: Path) -> None:
    """Not another scenario, not a later week, not classic, interrupted, broken or its own folder."""
    name = plan.scenario.name
    assert earlier_run(tmp_path / "absent", plan) is None
    own = run(tmp_path, "2026-W11-aaaaaaaaaa", of=name, start="2026-03-09")
    assert earlier_run(tmp_path, plan, but=own) is None
    again = run(tmp_path, "2026-W11-bbbbbbbbbb", of=name, start="2026-03-09")
    assert earlier_run(tmp_path, plan, but=own) == again
    run(tmp_path, "2026-W09-aaaaaaaaaa", of=name, start="2026-02-23", made="2026-03-06T19:00:00")
    run(tmp_path, "2026-W10-aaaaaaaaaa", of=name, start="2026-03-02", made="2026-03-01T18:00:00")
    latest = run(tmp_path, "2026-W10-bbbbbbbbbb", of=name, start="2026-03-02", made="2026-03-02T18:00:00")
    run(tmp_path, "2026-W10-cccccccccc", of="Another", start="2026-03-02", made="2026-03-03T18:00:00")
    run(tmp_path, "2026-W10-dddddddddd-interrupted", of=name, start="2026-03-02", made="2026-03-03T18:00:00")
    run(tmp_path, "2026-W10-eeeeeeeeee", of=name, start="2026-03-02", made="2026-03-04T18:00:00", interrupted=True)
    run(tmp_path, "2026-W10-classic-ffffffffff", of=name, start="2026-03-02", made="2026-03-05T18:00:00")
    run(tmp_path, "2026-W12-aaaaaaaaaa", of=name, start="2026-03-16", made="2026-03-05T18:00:00")
    (run(tmp_path, "2026-W10-abababab", of=name, start="2026-03-02") / "manifest.json").write_text("{")
    assert earlier_run(tmp_path, plan, but=own) == latest


def test_the_same_plan_a_week_earlier_is_no_change(small_run: Any, plan: Plan, tmp_path: Path) -> None:
    """Days are compared as weekdays: nobody moved, and every figure differs by nothing."""
    folder = earlier(small_run, tmp_path)
    changes = changes_since(folder, plan)
    assert changes is not None
    assert changes.moves.empty
    assert (changes.figures["difference"].fillna(0) == 0).all()
    assert (changes.new, changes.gone, changes.same_week) == (0, 0, False)
    section = changes_section(changes)
    assert section is not None
    assert section["title"] == "Changes against the week of 2 March 2026"
    assert section["moves"] == []
    assert section["people"] == ""


def test_a_visit_on_another_day_is_named(small_run: Any, plan: Plan, tmp_path: Path) -> None:
    """One customer moved from Monday to Tuesday by hand, one lost: both are told."""
    stops = plan.tables["stops"]
    visits = stops[(stops["kind"] == "visit") & ~stops["customer_id"].duplicated(keep=False)]
    row = visits[visits["day"] == "2026-03-09"].index[0]
    customer = stops.loc[row, "customer_id"]
    moved = stops.assign(day=stops["day"].where(stops.index != row, pd.Timestamp("2026-03-10")))
    known = plan.tables["allocations"]["customer_id"]
    allocations = plan.tables["allocations"][known != known.iloc[-1]]
    after = replace(plan, tables=plan.tables | {"stops": moved, "allocations": allocations})
    changes = changes_since(earlier(small_run, tmp_path), after)
    assert changes is not None
    assert changes.moves.query("what == 'visit day'")[["before", "after", "count", "examples"]].to_numpy().tolist() == [
        ["Monday", "Tuesday", 1, customer]
    ]
    section = changes_section(changes)
    assert section is not None
    assert section["people"] == "1 are no longer there; they are compared with nobody."
    assert [kind["what"] for kind in section["moves"]] == ["Customers visited on another day"]


def test_a_run_that_cannot_be_read_is_passed_over(small_run: Any, plan: Plan, tmp_path: Path) -> None:
    """A table is damaged, or missing: no changes, no error."""
    folder = earlier(small_run, tmp_path)
    (folder / "tables" / "stops.parquet").write_bytes(b"PAR1")
    assert changes_since(folder, plan) is None
    (folder / "tables" / "stops.parquet").unlink()
    assert changes_since(folder, plan) is None
    assert changes_section(None) is None


def earlier(small_run: Any, tmp_path: Path) -> Path:
    """The small company's run as if it had been made a week earlier."""
    folder = Path(shutil.copytree(small_run.folder, tmp_path / "2026-W10-aaaaaaaaaa"))
    week = timedelta(days=7)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    start = small_run.scenario.horizon.start - week
    manifest["scenario"]["horizon"]["start"] = str(start)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    for path in (folder / "tables").glob("stops.parquet"):
        stops = pd.read_parquet(path)
        stops.assign(day=stops["day"] - week).to_parquet(path, index=False)
    return folder
