import dataclasses
import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from inputs.load import load_tables
from inputs.types import Tables
from scenarios.errors import DataError, InvalidInput
from scenarios.schema import Scenario

NOON = dt.datetime(2026, 1, 1, 12)
CUSTOMERS = "customer_id,latitude,longitude,preferred_channel,consent,required_skill\n"
ONE = CUSTOMERS + "C1,41.4,2.1,field,field|outbound,\n"
REPS = "rep_id,home_latitude,home_longitude,shift_start,shift_end,skills\nR1,41.4,2.1,09:00,17:00,a\n"


def scenario(folder: Path, files: dict[str, str], **blocks: Any) -> Scenario:
    """A scenario whose tables are the given CSV texts."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    data = {name: {"path": folder / f"{name}.csv"} for name in files}
    day = {"name": "Test", "as_of": "1999-12-17", "horizon": {"start": "1999-12-20"}}
    return Scenario.model_validate({**day, "data": data, **blocks})


def load(folder: Path, files: dict[str, str], store: Path | None = None, **blocks: Any) -> Tables:
    return load_tables(scenario(folder, files, **blocks), store=store, loaded_at=NOON)


def checks(tables: Tables) -> list[tuple[str, str, str, int]]:
    return [(found.table, found.column, found.check, found.rows) for found in tables.quality.findings]


def assert_conserved(tables: Tables) -> None:
    """Every row of every source is in silver, flagged or rejected."""
    counts = tables.quality.counts.set_index("table")
    assert (counts["bronze"] == counts["silver"] + counts["flagged"] + counts["rejected"]).all()
    rejected = tables.quality.rejects.groupby("table")["row"].nunique()
    assert rejected.to_dict() == counts.loc[counts["rejected"] > 0, "rejected"].to_dict()
    for table, row in counts.iterrows():
        kept = row["silver"] + (row["flagged"] if table == "calls" else 0)
        assert len(getattr(tables, str(table))) == kept


def test_one_customer_and_nothing_else(tmp_path: Path) -> None:
    """The least that can be loaded: every other table is there, empty, with its columns; every table has a hash."""
    tables = load(tmp_path, {"customers": ONE})
    assert tables.customers["consent"].tolist() == [("field", "outbound")]
    assert checks(tables) == []
    names = {field.name for field in dataclasses.fields(Tables)} - {"quality", "hashes"}
    assert set(tables.hashes) == names
    assert all(getattr(tables, name).empty for name in names - {"customers"})
    assert {"rep_id", "working_days"} <= set(tables.reps.columns)
    assert_conserved(tables)


def test_all_problems_that_stop_come_at_once(tmp_path: Path) -> None:
    """A lost file, a missing column, no usable customer: one error that names them all, with what to do."""
    files = {
        "customers": CUSTOMERS + "C1,north,2.1,,,\n",
        "reps": "rep,home_latitude\nR1,41\n",
        "leads": "lead_id\nL1\n",
    }
    made = scenario(tmp_path, files)
    (tmp_path / "leads.csv").unlink()
    with pytest.raises(DataError) as caught:
        load_tables(made, store=tmp_path / "store", loaded_at=NOON)
    text = str(caught.value)
    assert caught.value.exit_code == 3
    assert text.startswith("the data cannot be planned with: 6 problems\n")
    assert "customers: customers.csv: none of its 1 rows can be used" in text
    assert "reps: reps.csv: rep_id: this required column is missing" in text
    assert "columns: {rep_id: 'rep'}" in text
    assert "reps: reps.csv: home_longitude: this required column is missing" in text
    assert "leads: leads.csv: No such file" in text
    assert "customers: customers.csv: latitude (1 row): not a number" in text
    assert not (tmp_path / "store" / "lake" / "silver").exists()


def test_an_empty_table_stops_only_where_nothing_can_be_planned_without_it(tmp_path: Path) -> None:
    """Customers with a header only stop; leads with a header only are a warning; a file of 0 bytes is unreadable."""
    with pytest.raises(DataError, match=r"customers\.csv: no row in it"):
        load(tmp_path, {"customers": CUSTOMERS})
    assert checks(load(tmp_path, {"customers": ONE, "leads": "lead_id\n"})) == [("leads", "", "empty table", 0)]
    with pytest.raises(DataError, match=r"leads\.csv: it is empty"):
        load(tmp_path, {"customers": ONE, "leads": ""})


def test_orphans_of_orphans_go_too_and_customers_without_use_are_told(tmp_path: Path) -> None:
    """A deal of an unknown customer is rejected, then its stages; a rep who left is only told."""
    tables = load(
        tmp_path,
        {
            "customers": CUSTOMERS + "C1,41.4,2.1,outbound,field,b\nC2,41.4,2.1,fax,fax,a\n",
            "reps": REPS,
            "opportunities": "opportunity_id,customer_id,created_at\nO1,C1,1999-12-01\nO2,C9,1999-12-01\n",
            "stage_events": "opportunity_id,stage,entered_at\nO1,a,1999-12-01\nO2,a,1999-12-01\n",
            "current_territories": "customer_id,rep_id\nC1,R9\n",
            "absences": "person_id,date\nA1,1999-12-20\n",
        },
    )
    assert set(checks(tables)) == {
        ("opportunities", "customer_id", "orphan key", 1),
        ("stage_events", "opportunity_id", "orphan key", 1),
        ("stage_events", "stage", "no end of a deal", 1),
        ("current_territories", "rep_id", "orphan key", 1),
        ("customers", "customer_id", "no owner", 1),
        ("customers", "required_skill", "skill without a rep", 1),
        ("customers", "preferred_channel", "preference without consent", 1),
        ("customers", "preferred_channel", "unknown channel", 1),
        ("customers", "consent", "unknown channel", 1),
    }
    assert tables.opportunities["opportunity_id"].tolist() == tables.stage_events["opportunity_id"].tolist() == ["O1"]
    assert tables.current_territories["rep_id"].tolist() == ["R9"]
    assert len(tables.absences) == 1, "agents are not given, so A1 may be one of them"
    assert_conserved(tables)


CALLS = (
    "call_id,queue,arrived_at,outcome,handle_seconds,ivr_seconds\n"
    "K1,q,1999-12-17T10:00:00,answered,60,5\nK2,q,1999-12-17T10:10:00,phantom,0,5\n"
    "K3,q,1999-12-17T11:00:00,answered,0,-3\nK4,q,soon,answered,1,1\nK1,q,1999-12-17T11:00:00,answered,1,1\n"
)


def test_calls_are_conserved_and_odd_values_are_told(tmp_path: Path) -> None:
    """5 rows: 2 demand, 1 phantom, 2 rejected; an answered call of 0 s is demand without a handle time."""
    tables = load(tmp_path, {"customers": ONE, "calls": CALLS})
    counts = tables.quality.counts.set_index("table").loc["calls"]
    assert counts.to_dict() == {"bronze": 5, "silver": 2, "flagged": 1, "rejected": 2}
    assert tables.calls["no_demand_reason"].tolist() == ["", "phantom", ""]
    assert tables.demand["calls"].sum() == counts["silver"] == tables.contacts["is_demand"].sum()
    assert tables.handled["handle_seconds"].tolist() == [60.0]
    assert ("calls", "handle_seconds", "answered in no time", 1) in checks(tables)
    assert tables.quality.emptied[["column", "row", "value"]].to_numpy().tolist() == [["ivr_seconds", 3, "-3"]]
    assert_conserved(tables)


def test_counts_in_longer_intervals_than_the_forecasts_stop(tmp_path: Path) -> None:
    """Hourly counts cannot be planned by the half hour; the sentence says what to set; shorter ones are added up."""
    rows = "".join(f"q,1999-12-17T{hour:02d}:00,{hour}\n" for hour in range(24))
    files = {"customers": ONE, "call_counts": "queue,interval_start,calls_offered\n" + rows}
    with pytest.raises(DataError, match=r"set forecast\.calls\.interval_minutes to 60"):
        load(tmp_path, files)
    centre = {"interval_minutes": 60, "shifts": {"start_every_minutes": 60}}
    hourly = load(tmp_path, files, forecast={"calls": {"interval_minutes": 60}}, staffing=centre)
    assert hourly.demand["calls"].sum() == sum(range(24))
    odd = files["call_counts"].replace("T01:00", "T00:20").replace("T02:00", "T00:40")
    with pytest.raises(DataError, match="15, 30 or 60 minutes"):
        load(tmp_path, {**files, "call_counts": "\n".join(odd.splitlines()[:4]) + "\n"})


def test_a_german_export_loads_like_any_other(tmp_path: Path) -> None:
    """Semicolons, decimal commas, cp1252, another column name, packed: the notes say what was told."""
    text = "Kunde;latitude;longitude;name\nC1;41,4;2,1;Müller\n"
    (tmp_path / "k.csv").write_bytes(text.encode("cp1252"))
    data = {"customers": {"path": tmp_path / "k.csv", "columns": {"customer_id": "Kunde"}}}
    tables = load_tables(
        Scenario.model_validate({"name": "x", "as_of": "1999-12-17", "horizon": {"start": "1999-12-20"}, "data": data}),
        store=None,
        loaded_at=NOON,
    )
    assert tables.customers[["customer_id", "latitude", "name"]].to_numpy().tolist() == [["C1", 41.4, "Müller"]]
    assert tables.quality.notes == ("customers (k.csv): read as cp1252", "customers (k.csv): read with a decimal comma")


@pytest.mark.parametrize("block", ["reps", "staffing"])
def test_an_unknown_time_zone(tmp_path: Path, block: str) -> None:
    """The key and an example are named."""
    with pytest.raises(InvalidInput, match=f"{block}.timezone: 'Mars/Base' is no time zone"):
        load(tmp_path, {"customers": ONE}, **{block: {"timezone": "Mars/Base"}})


FILES = {"customers": ONE + "C2,0,0,,,\n", "calls": CALLS, "reps": REPS}


def test_a_second_load_reads_silver_and_adds_nothing(tmp_path: Path) -> None:
    """Same content from another folder: equal tables, hashes, findings; no new version of any Delta table."""
    store = tmp_path / "store"
    first = load(tmp_path / "a", FILES, store)
    logs = sorted(store.rglob("*.json")) + sorted(store.rglob("*.parquet"))
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    second = load(tmp_path / "b", FILES, store)
    assert sorted(store.rglob("*.json")) + sorted(store.rglob("*.parquet")) == logs
    unsaved = load(tmp_path / "b", FILES)
    for other in (second, unsaved):
        assert dict(other.hashes) == dict(first.hashes)
        assert other.quality.findings == first.quality.findings
        assert other.quality.notes == first.quality.notes
        for field in dataclasses.fields(Tables):
            frame = getattr(first, field.name)
            if isinstance(frame, pd.DataFrame):
                pd.testing.assert_frame_equal(getattr(other, field.name), frame)
        for name in ("rejects", "emptied", "counts"):
            pd.testing.assert_frame_equal(getattr(other.quality, name), getattr(first.quality, name))
    paths = second.quality.sources.set_index("table")["path"]
    assert paths["calls"] == str(tmp_path / "b" / "calls.csv")
    assert second.quality.sources["rows"].tolist() == [2, 5, 1]


def test_another_as_of_or_changed_content_is_a_new_load(tmp_path: Path) -> None:
    """What silver depends on makes a new load; a rep who is absent does not."""
    store = tmp_path / "store"
    load(tmp_path, FILES, store)
    loads = store / "lake" / "silver" / "_loads"
    load(tmp_path, FILES, store, reps={"absent": ["R1"]})
    assert len(list(loads.iterdir())) == 1
    load(tmp_path, FILES, store, as_of="1999-12-18")
    assert len(list(loads.iterdir())) == 2
    changed = load(tmp_path, {**FILES, "customers": ONE.replace("C1", "C7")}, store)
    assert changed.customers["customer_id"].tolist() == ["C7"]
    assert len(list(loads.iterdir())) == 3


def test_an_export_in_other_words_loads_as_if_it_used_these(tmp_path: Path) -> None:
    """`values:` of a table; rows and cells at fault are shown as the source writes them."""
    day = {"name": "Test", "as_of": "1999-12-17", "horizon": {"start": "1999-12-20"}}
    (tmp_path / "k.csv").write_text(
        "customer_id;latitude;longitude;consent;required\nC1;41,4;2,1;Besuch,Brief;ja\nC2;41,4;2,1;;vielleicht\n"
    )
    (tmp_path / "r.csv").write_text(
        "rep_id;home_latitude;home_longitude;shift_start;shift_end;working_days\n"
        "R1;41,4;2,1;9:00;17:00;Mo,Mi\nR2;41,4;2,1;9:00;17:00;Mo,Sonntag\n"
    )
    data = {
        "customers": {"path": tmp_path / "k.csv", "values": {"consent": {"Besuch": "field"}}},
        "reps": {"path": tmp_path / "r.csv", "values": {"working_days": {"mo": "mon", "Mi": "wed"}}},
    }
    made = Scenario.model_validate({**day, "data": data, "channels": {"field": {"contact_minutes": 30}}})
    tables = load_tables(made, store=None, loaded_at=NOON)
    assert tables.customers["consent"].tolist() == [("field", "Brief"), ()]
    assert tables.customers["required"].tolist() == [True, False]
    assert tables.reps["working_days"].iloc[0] == ("mon", "wed")
    told = {found.column: (found.examples, found.advice) for found in tables.quality.findings}
    advice = "the value counts as unknown; the row stays; your own words are translated by `values:` of the table"
    assert told["working_days"] == (("row 2: Mo,Sonntag",), advice)
    assert told["required"] == (("row 2: vielleicht",), advice)
    assert told["consent"][0] == ("row 1: field|Brief",)
    assert "reps (r.csv): working_days: lists by commas, for example mon,wed" in tables.quality.notes


def test_a_customer_in_the_sea_is_told_and_stays(tmp_path: Path) -> None:
    """25 customers on a street, one 86 km off the coast."""
    street = "".join(f"C{n},{39.47 + n / 1000},-0.4,,,\n" for n in range(25))
    tables = load(tmp_path, {"customers": CUSTOMERS + street + "SEA,39.48,0.6,,,\n"})
    (found,) = tables.quality.findings
    assert (found.column, found.check, found.severity) == ("latitude, longitude", "far from all", "warn")
    assert found.examples == ("row 26: 39.48, 0.6, 86 km from the next customer",)
    assert len(tables.customers) == 26


def test_required_visits_without_consent_are_told_by_name(tmp_path: Path) -> None:
    """Only where consent counts and the week has a field; rows that consent are not named."""
    text = (
        "customer_id,latitude,longitude,consent,required\nC1,41,2,field,1\nC2,41,2,outbound,1\nC3,41,2,,0\nC4,41,2,,1\n"
    )
    channels = {"field": {"contact_minutes": 30}, "outbound": {"contact_minutes": 9}}
    (found,) = load(tmp_path, {"customers": text}, channels=channels).quality.findings
    assert (found.column, found.check, found.severity) == ("customer_id", "required without consent", "warn")
    assert found.examples == ("row 2: C2", "row 4: C4")
    assert (
        checks(load(tmp_path, {"customers": text}, channels=channels, contact_policy={"respect_consent": False})) == []
    )
    without_field = load(tmp_path, {"customers": text}, channels={"outbound": {"contact_minutes": 9}})
    assert "required without consent" not in {check for _, _, check, _ in checks(without_field)}
