"""A small company, planned once: what the tests of planner and outputs look at."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from inputs.types import Tables
from scenarios.schema import Scenario

SMALL = {"customers": 90, "reps": 3, "agents": 8, "seed": 5}
NOW = datetime(2026, 3, 6, 18, 0)


@dataclass(frozen=True)
class SmallRun:
    """A planned company: its scenario file, its run folder, what was read and what was handed over."""

    file: Path
    folder: Path
    store: Path
    scenario: Scenario
    tables: Tables
    plan: dict[str, pd.DataFrame]


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> SmallRun:
    """A company of 90 customers, planned at effort quick. Tests that use it carry `xdist_group("small_run")`."""
    from inputs.load import load_tables
    from inputs.synthetic import make_company, write_company
    from outputs import run_scenario
    from outputs.folder import read_tables
    from scenarios.loader import load_scenario

    place = tmp_path_factory.mktemp("small")
    file = write_company(make_company("small", **SMALL), place / "small")
    overrides = ["solve.effort=quick"]
    run = run_scenario(file, overrides=overrides, runs=place / "runs", store=place / "store", clock=lambda: NOW)
    scenario = load_scenario(file, overrides).scenario
    tables = load_tables(scenario, store=None, loaded_at=NOW)
    return SmallRun(file, run.folder, place / "store", scenario, tables, read_tables(run.folder))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share the planned company run on one worker, so that it is planned once."""
    for item in items:
        if "small_run" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("small_run"))
