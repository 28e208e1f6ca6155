"""Prices of an earlier run as an input of the next: read, part of its name, refused when they cannot be read."""

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from outputs import run_scenario
from outputs.folder import read_tables
from planner.warm import prices_before
from scenarios.errors import ScenarioError

NOW = datetime(2026, 3, 6, 18, 0)
DUAL = "solve.engines.channels=dual"


def test_a_run_begins_at_the_prices_of_another_wherever_that_lies(small_run: Any, tmp_path: Path) -> None:
    """Value not worse and fewer passes; the same prices give the same run, also from a copy of the folder."""
    where: dict[str, Any] = {"runs": tmp_path / "runs", "store": tmp_path / "store", "clock": lambda: NOW}
    base = ["solve.effort=quick", DUAL, "outputs=[]"]
    cold = run_scenario(small_run.file, overrides=base, **where)
    warm = run_scenario(small_run.file, overrides=[*base, f"solve.warm_start_run={cold.folder}"], **where)
    assert warm.folder != cold.folder
    assert warm.findings.empty
    assert passes(warm.folder) < passes(cold.folder)
    made, before = (read_tables(run.folder)["allocations"]["order_eur"].sum() for run in (warm, cold))
    assert made >= before * (1 - 1e-3)
    shutil.copytree(cold.folder, tmp_path / "elsewhere")
    again = run_scenario(small_run.file, overrides=[*base, f"solve.warm_start_run={tmp_path / 'elsewhere'}"], **where)
    assert again.reused
    assert again.folder == warm.folder


def passes(run: Path) -> int:
    """Passes of the search for the offered allocation, of its method's words."""
    outcomes = pd.read_json(run / "manifest.json", typ="series")["outcomes"]
    method = next(item["method"] for item in outcomes if item["stage"] == "channels.offered")
    return int(method.rpartition("(")[2].partition(" ")[0])


def test_prices_that_cannot_be_read_are_refused_with_the_key(small_run: Any, tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "capacity_prices.parquet").write_bytes(b"no parquet")
    solve = small_run.scenario.solve.model_copy(update={"warm_start_run": tmp_path})
    with pytest.raises(ScenarioError, match=r"cannot be read \(ArrowInvalid\)") as refused:
        prices_before(small_run.scenario.model_copy(update={"solve": solve}))
    assert refused.value.problems[0].key == "solve.warm_start_run"
    assert prices_before(small_run.scenario) is None
