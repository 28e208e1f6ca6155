"""Clashes on the command line: keys with their line, cells with their row, exit code 4 from `validate` and `run`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import plan
from inputs.row_numbers import source_rows
from inputs.synthetic import make_company, write_company
from outputs.places import places_of
from planner.clashes import Requirement
from scenarios.loader import load_scenario


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A week with a pin that ends after the shift of R01, 17:30."""
    company = make_company("tiny", customers=50, reps=2, agents=3, seed=12)
    file = write_company(company, tmp_path_factory.mktemp("places") / "tiny")
    pin = '{late: {customer: C00001, rep: R01, day: tue, time: "17:20"}}'
    text = file.read_text(encoding="utf-8")
    assert text.count("pinned: {} ") == 1
    file.write_text(text.replace("pinned: {} ", f"pinned: {pin} "), encoding="utf-8")
    return file


def test_validate_and_run_refuse_alike_and_say_where(week: Path, tmp_path: Path) -> None:
    """The line of the pin, the row of the rep; nothing is planned, nothing is written."""
    line = next(n for n, text in enumerate(week.read_text(encoding="utf-8").splitlines(), start=1) if "late:" in text)
    checked = CliRunner().invoke(plan.app, ["validate", str(week)])
    ran = CliRunner().invoke(
        plan.app, ["run", str(week), "--runs", str(tmp_path), "--store", str(tmp_path / "s"), "-q"]
    )
    assert (checked.exit_code, ran.exit_code) == (4, 4)
    for told in (checked.stderr, ran.stderr):
        assert told.startswith("No legal plan.\n1. pin late (C00001) is impossible\n")
        assert f"week.yaml:{line}:" in told
        assert "reps.csv row 1\n" in told
        assert "    cheapest: move reps.pinned.late.time to " in told
    assert "no legal plan; 0 findings" in checked.stdout
    assert [path.name for path in tmp_path.iterdir() if path.name != "s"] == []


def test_json_holds_the_clashes(week: Path) -> None:
    told = json.loads(CliRunner().invoke(plan.app, ["validate", str(week), "--json"]).stdout)
    (hard,) = [clash for clash in told["clashes"] if clash["hard"]]
    assert not told["valid"]
    assert {each["what"] for each in hard["requirements"]} >= {"reps.pinned.late.time", "table reps R01 shift_end"}
    assert hard["relaxations"][-1] == "take away reps.pinned.late"


def test_a_place_is_a_line_a_row_or_a_default(week: Path) -> None:
    where = places_of(load_scenario(week, ["horizon.days=4"]))
    assert where(Requirement("", key="horizon.days")) == "--set"
    assert where(Requirement("", key="territories.workload_tolerance_pct")).endswith(":43:27")
    assert where(Requirement("", key="staffing.costs.refused_request_eur_per_weight")) == "default"
    assert where(Requirement("", table="agents")) == "agents.csv"
    assert where(Requirement("", table="agents", row_id="A02")) == "agents.csv row 2"
    scenario = load_scenario(week).scenario
    assert source_rows(scenario, "absences", "R01") == ("", ())
    assert source_rows(scenario, "reps", "R77") == ("reps.csv", ())
