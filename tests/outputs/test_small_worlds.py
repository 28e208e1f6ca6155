"""Companies that lack nearly everything are planned honestly: no traceback, no silent drop."""

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from outputs import check_run, run_scenario

NOW = datetime(2026, 3, 6, 18, 0)
WEEK = """\
name: Small world
as_of: 2026-03-06
horizon: {{start: 2026-03-09, days: 5}}
data: {{{data}}}
outputs: [route_sheets, map, workbook, calendar, scripts, report]
solve: {{effort: quick}}
"""
CUSTOMERS = (
    "customer_id,name,latitude,longitude,consent,required\nC1,Łódź & Söhne <b>,41.40,2.17,field|outbound,{required}\n"
)
REPS = "rep_id,home_latitude,home_longitude,shift_start,shift_end\nR1,41.41,2.18,09:00,17:00\n"
DEALS = "opportunity_id,customer_id,created_at,amount_eur\nO1,C1,2026-02-01,1000\n"
EVENTS = "opportunity_id,stage,entered_at\nO1,offer,2026-02-03T10:00:00\n"


def plan(folder: Path, **tables: str) -> tuple[dict[str, pd.DataFrame], Path]:
    """Plan a company with these tables; the tables handed over and the run's folder."""
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    data = ", ".join(f"{name}: {name}.csv" for name in tables)
    (folder / "week.yaml").write_text(WEEK.format(data=data), encoding="utf-8")
    run = run_scenario(folder / "week.yaml", runs=folder / "runs", store=folder / "store", clock=lambda: NOW)
    assert run.findings.empty
    assert check_run(run.folder) == []
    return {p.stem: pd.read_parquet(p) for p in (run.folder / "tables").glob("*.parquet")}, run.folder


def test_one_customer_and_nothing_else(tmp_path: Path) -> None:
    """Nobody can visit, nothing is worth a contact: the customer stands in the plan with a reason."""
    tables, _ = plan(tmp_path, customers=CUSTOMERS.format(required=0))
    assert tables["allocations"][["customer_id", "channel", "reason"]].to_numpy().tolist() == [
        ["C1", "none", "no_positive_value"]
    ]
    assert tables["stops"].empty


def test_one_customer_one_rep_one_deal(tmp_path: Path) -> None:
    """An open deal makes the visit worth its drive; data is escaped wherever it is shown."""
    tables, folder = plan(
        tmp_path, customers=CUSTOMERS.format(required=1), reps=REPS, opportunities=DEALS, stage_events=EVENTS
    )
    visits = tables["stops"][tables["stops"]["kind"] == "visit"]
    assert visits[["rep_id", "customer_id"]].to_numpy().tolist() == [["R1", "C1"]]
    for page in folder.rglob("*.html"):
        assert "Söhne <b>" not in page.read_text(encoding="utf-8"), page.name


def test_reps_without_work(tmp_path: Path) -> None:
    """A rep whose customers are worth nothing stays at home; every day is listed."""
    tables, _ = plan(tmp_path, customers=CUSTOMERS.format(required=0), reps=REPS)
    assert len(tables["rep_days"]) == 5
    assert tables["rep_days"]["visits"].sum() == 0


@pytest.mark.parametrize("table", ["reps", "opportunities"])
def test_an_empty_table_is_a_table(tmp_path: Path, table: str) -> None:
    """A file with a header and no rows is planned like no file, and said."""
    header = {"reps": REPS, "opportunities": DEALS}[table].splitlines()[0] + "\n"
    tables, _ = plan(tmp_path, customers=CUSTOMERS.format(required=0), **{table: header})
    assert len(tables["allocations"]) == 1
    assert tables["data_findings"]["message"].tolist() == [f"{table}.csv: no row in it"]
