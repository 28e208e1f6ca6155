"""A company on disk: files that read back alike, a scenario that is valid, truth that the scenario does not know."""

import gzip
import json
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
import shapely

from inputs.load import load_tables
from inputs.synthetic import make_company, write_company
from inputs.synthetic.write import csv_bytes
from scenarios.errors import UsageError
from scenarios.loader import load_scenario


def test_week_and_what_ifs_are_valid_scenarios(tmp_path: Path) -> None:
    """week.yaml loads, names every table with rows and no truth; the what-ifs change what they say."""
    company = make_company('Sòl & "mar" # 2', customers=80, reps=12, agents=30, seed=2)
    week = write_company(company, tmp_path / "sol")
    scenario = load_scenario(week).scenario
    assert scenario.name == 'Sòl & "mar" # 2'
    assert (scenario.as_of, scenario.horizon.start, scenario.horizon.days) == (date(2026, 3, 6), date(2026, 3, 9), 5)
    assert scenario.staffing_horizon().days == 7
    assert scenario.solve.effort == "normal"
    assert scenario.outputs == ["route_sheets", "map", "workbook", "calendar", "scripts", "report"]
    assert set(scenario.staffing.queues) == {"service", "sales", "technical"}
    sources = scenario.data.sources()
    assert set(sources) == {name for name, frame in company.tables.items() if not frame.empty}
    assert all(source.path and source.path.is_file() for source in sources.values())
    assert "truth" not in week.read_text(encoding="utf-8")
    assert load_scenario(week.with_name("two_reps_away.yaml")).scenario.reps.absent == ["R04", "R11"]
    peak = load_scenario(week.with_name("call_peak.yaml")).scenario.events["invoice_run"]
    assert (peak.date, peak.calls_change_pct) == (date(2026, 3, 11), 25)


@pytest.mark.parametrize(("reps", "agents"), [(0, 0), (0, 1), (1, 0), (2, 6)])
def test_smallest_scenarios_are_valid(tmp_path: Path, reps: int, agents: int) -> None:
    """Without reps or agents their tables are left out of the scenario, which stays valid."""
    week = write_company(make_company("tiny", customers=1, reps=reps, agents=agents, seed=0), tmp_path)
    scenario = load_scenario(week).scenario
    assert (scenario.data.reps is None) == (reps == 0)
    assert (scenario.data.calls is None) == (agents == 0)
    assert len(load_scenario(tmp_path / "two_reps_away.yaml").scenario.reps.absent) == max(min(2, reps - 1), 0)


def test_files_read_back_as_written(tmp_path: Path) -> None:
    """Tables, polygons and truth come back with the same values."""
    company = make_company("back", customers=50, reps=4, agents=12, seed=4)
    write_company(company, tmp_path)
    customers = pd.read_csv(tmp_path / "data/customers.csv.gz", dtype={"area": str})
    pd.testing.assert_series_equal(customers["name"], company.tables["customers"]["name"], check_dtype=False)
    assert (customers["latitude"] == company.tables["customers"]["latitude"]).all()
    events = pd.read_csv(tmp_path / "data/stage_events.csv.gz", parse_dates=["entered_at"])
    assert (events["entered_at"] == company.tables["stage_events"]["entered_at"].dt.floor("s")).all()
    features = json.loads((tmp_path / "data/areas.geojson").read_text())["features"]
    assert [f["properties"]["key"] for f in features] == company.tables["areas"]["key"].tolist()
    total = sum(shapely.geometry.shape(f["geometry"]).area for f in features)
    assert total == pytest.approx(sum(g.area for g in company.tables["areas"]["geometry"]))
    truth = pd.read_csv(tmp_path / "truth/customers.csv.gz")
    assert truth["churn_probability"].tolist() == company.truth["customers"]["churn_probability"].tolist()
    described = (tmp_path / "truth/truth.md").read_text(encoding="utf-8")
    for name, frame in company.truth.items():
        assert f"## {name}.csv.gz" in described
        assert all(column in described for column in frame.columns), name


def test_csv_by_hand() -> None:
    """Dates, instants, missing values, flags, texts with commas: the bytes worked out by hand."""
    frame = pd.DataFrame(
        {
            "day": pd.to_datetime(["2026-03-06", None]),
            "at": pd.to_datetime(["2026-03-06 09:30", "2026-03-06 00:00"]),
            "text": ["Ärger", ""],
            "number": [1.5, None],
            "flag": [True, False],
        }
    )
    plain = "day,at,text,number,flag\n2026-03-06,2026-03-06T09:30:00,Ärger,1.5,true\n,2026-03-06T00:00:00,,,false\n"
    assert csv_bytes(frame, packed=False).decode() == plain
    assert gzip.decompress(csv_bytes(frame, packed=True)).decode() == plain
    comma = pd.DataFrame({"name": ['Forn "Puig", Gràcia'], "number": [2]})
    assert csv_bytes(comma, packed=False).decode() == '"name","number"\n"Forn ""Puig"", Gràcia",2\n'


def test_a_planners_file_is_not_overwritten(tmp_path: Path) -> None:
    """An existing week.yaml stops the writing unless told otherwise; a folder that cannot be is named."""
    company = make_company("once", customers=1, reps=0, agents=0, seed=0)
    week = write_company(company, tmp_path)
    week.write_text("mine")
    with pytest.raises(UsageError, match=r"week\.yaml exists"):
        write_company(company, tmp_path)
    assert week.read_text() == "mine"
    assert write_company(company, tmp_path, overwrite=True).read_text(encoding="utf-8") == company.scenario_yaml
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        write_company(company, tmp_path / "file" / "below")


def test_gates_set_nothing_aside(tmp_path: Path) -> None:
    """The project's own gates accept every row; what they leave out of demand is what was planted, gap included."""
    company = make_company("gates", customers=150, reps=4, agents=30, seed=6)
    week = write_company(company, tmp_path)
    tables = load_tables(load_scenario(week).scenario, store=None, loaded_at=datetime(2026, 3, 7))
    assert {finding.severity for finding in tables.quality.findings} <= {"warn"}
    assert tables.quality.rejects.empty
    log = company.tables["calls"]
    assert len(tables.transactions) == len(company.tables["transactions"])
    gap = tables.demand[tables.demand["is_gap"] & tables.demand["is_open"]]
    assert gap["interval_start"].min() == pd.Timestamp("2026-01-27 12:00")
    assert gap["interval_start"].max() == pd.Timestamp("2026-01-28 19:30")
    assert len(gap) == 3 * 40
    fresh = log[(log["direction"] == "inbound") & (log["outcome"] != "phantom") & (log["transferred_from"] == "")]
    redials = len(fresh) - tables.demand["calls"].sum()
    assert 0.25 < redials / (fresh["outcome"] == "abandoned").sum() < 0.5
