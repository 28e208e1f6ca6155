"""Consent, appointments and required visits through the whole run of a company of a few customers."""

from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from outputs import Run, run_scenario
from planner.agree import plan_value_eur
from scenarios.errors import NoLegalPlan
from scenarios.schema import Scenario

NOW = datetime(2026, 3, 6, 18, 0)
WEEK = """\
name: Few
as_of: 2026-03-06
horizon: {start: 2026-03-09, days: 5}
data: {customers: c.csv, reps: r.csv, opportunities: o.csv, stage_events: e.csv, appointments: a.csv}
outputs: [report]
solve: {effort: quick}
"""


def run(
    folder: Path,
    customers: list[str],
    *,
    appointments: str = "",
    working_days: str = "mon|tue|wed|thu|fri",
    overrides: tuple[str, ...] = (),
) -> Run:
    """Plan customers (`id,consent,required`), each with an open deal, with one rep a few minutes away."""
    ids = [line.split(",")[0] for line in customers]
    rows = [f"{line},41.40,2.17" for line in customers]
    files = {
        "c": ["customer_id,consent,required,latitude,longitude", *rows],
        "r": [
            "rep_id,home_latitude,home_longitude,shift_start,shift_end,working_days",
            f"R1,41.41,2.18,09:00,17:00,{working_days}",
        ],
        "o": ["opportunity_id,customer_id,created_at,amount_eur", *(f"O{c},{c},2026-02-01,90000" for c in ids)],
        "e": ["opportunity_id,stage,entered_at", *(f"O{c},offer,2026-02-03T10:00:00" for c in ids)],
        "a": ["rep_id,start,end,customer_id,place", *filter(None, [appointments])],
    }
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "week.yaml").write_text(WEEK, encoding="utf-8")
    return run_scenario(
        folder / "week.yaml", overrides=overrides, runs=folder / "runs", store=folder / "store", clock=lambda: NOW
    )


def table(made: Run, name: str) -> pd.DataFrame:
    """A table as it was handed over."""
    return pd.read_parquet(made.folder / "tables" / f"{name}.parquet")


def channels(made: Run) -> dict[str, str]:
    """The channel of each customer."""
    rows = table(made, "allocations")
    return dict(zip(rows["customer_id"], rows["channel"], strict=True))


def visited(made: Run) -> set[str]:
    """Customers with a visit on a route."""
    stops = table(made, "stops")
    return set(stops.loc[stops["kind"] == "visit", "customer_id"])


def test_consent_wins_over_required(tmp_path: Path) -> None:
    """C2 is required and allows calls only: it is called, the note says why, and the plan is sound."""
    made = run(tmp_path, ["C1,field,1", "C2,outbound,1", "C3,,1"])
    assert made.findings.empty
    assert visited(made) == {"C1"}
    assert channels(made)["C2"] == "outbound"
    manifest = (made.folder / "manifest.json").read_text(encoding="utf-8")
    assert "2 required customers gave no consent to field visits: C2, C3" in manifest


def test_consent_wins_over_a_pin(tmp_path: Path) -> None:
    """The pin is refused by name, row and way out, with exit code 4; where consent is not respected it is kept."""
    pin = "reps.pinned={audit: {customer: C2, rep: R1}}"
    with pytest.raises(NoLegalPlan) as refused:
        run(tmp_path, ["C1,field,0", "C2,outbound,0"], overrides=(pin,))
    assert refused.value.exit_code == 4
    for part in ("pin audit (C2) is impossible", "c.csv row 2", "no consent to field visits", "reps.pinned.audit"):
        assert part in str(refused.value)
    made = run(tmp_path, ["C1,field,0", "C2,outbound,0"], overrides=(pin, "contact_policy.respect_consent=false"))
    assert made.findings.empty
    assert "C2" in visited(made)


AT_C1 = "R1,2026-03-10T10:00:00,2026-03-10T11:00:00,C1,"


def test_an_appointment_is_the_visit_and_the_contact(tmp_path: Path) -> None:
    """C1 has an appointment on Tuesday: no visit and, with one contact a week, no call either; with two, a call."""
    made = run(tmp_path, ["C1,field|outbound,0", "C2,field|outbound,1"], appointments=AT_C1)
    assert (made.findings.empty, made.exit_code, visited(made)) == (True, 0, {"C2"})
    rows = table(made, "allocations").set_index("customer_id")
    assert rows.loc["C1", ["channel", "reason"]].tolist() == ["none", "contact_policy"]
    two = ("contact_policy.max_contacts_per_customer_per_week=2",)
    made = run(tmp_path, ["C1,field|outbound,0", "C2,field|outbound,1"], appointments=AT_C1, overrides=two)
    assert (made.findings.empty, visited(made)) == (True, {"C2"})
    contacts = table(made, "allocations").query("customer_id == 'C1' and channel != 'none'")
    assert len(contacts) == 1
    assert contacts["channel"].iloc[0] != "field"


def test_an_appointment_that_nobody_keeps_is_a_flag(tmp_path: Path) -> None:
    """R1 is off on Tuesdays: the appointment counts for nothing, C1 is visited, and the run is flagged."""
    made = run(tmp_path, ["C1,field,0"], appointments=AT_C1, working_days="mon|wed|thu|fri")
    assert (made.findings.empty, made.exit_code, visited(made)) == (True, 5, {"C1"})
    assert made.flags == ("1 appointments fall on rep-days without work and are not planned: R1 Tue 10 Mar 10:00.",)


def test_visits_that_fit_no_route_go_back_with_their_prize_and_the_best_value_never_falls(tmp_path: Path) -> None:
    """One rep, one day, more customers than the day holds: the table of rounds adds up."""
    folder = run(
        tmp_path, [f"C{i:02d},field,0" for i in range(30)], working_days="mon", overrides=("solve.effort=thorough",)
    ).folder
    rounds = pd.read_csv(folder / "tables" / "rounds.csv")
    assert rounds["number"].tolist() == list(range(1, len(rounds) + 1))
    assert 2 <= len(rounds) <= 10
    assert (rounds["visits_asked"] - rounds["visits_routed"]).tolist() == rounds["returned"].tolist()
    first = rounds.iloc[0]
    assert first["returned"] > 0
    assert first["returned_eur"] > 0
    assert rounds["best_eur"].tolist() == rounds["value_eur"].cummax().tolist()
    assert rounds.loc[rounds["kept"], "value_eur"].iloc[-1] == rounds["value_eur"].max()
    ways = pd.read_csv(folder / "tables" / "channel_ways.csv")
    assert len(ways) == 2
    assert ways["order_eur"].iloc[0] >= ways["order_eur"].iloc[1]
    assert len(pd.read_csv(folder / "tables" / "backlog.csv")) == 10  # field and outbound on five days


def test_waiting_overtime_and_border_visits_come_off_the_value_once() -> None:
    """100 + 40 euros of contacts, less 10 km at 0.35, 12 of overtime, 5 for a border visit, 8 lost by waiting."""
    scenario = Scenario.model_validate_json(
        '{"name": "t", "as_of": "2026-03-06", "horizon": {"start": "2026-03-09"}, "data": {"customers": "c.csv"},'
        '"money": {"travel_eur_per_km": 0.35}}'
    )
    days = pd.DataFrame({"travel_km": [4.0, 6.0], "overtime_eur": [12.0, 0.0], "border_eur": [0.0, 5.0]})
    routes: Any = SimpleNamespace(shifts=days.assign(waited_eur=[3.0, 5.0], prize_eur=[50.0, 40.0]))
    channels: Any = SimpleNamespace(allocations=pd.DataFrame({"value_eur": [100.0, 40.0]}))
    assert plan_value_eur(channels, routes, scenario) == pytest.approx(140 - 3.5 - 12 - 5 - 8)
