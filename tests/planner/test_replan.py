"""A week in hand meets new facts: through the whole command, and its parts by hand."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from outputs import check_run, run_scenario
from outputs.cli.replanning import replan_settings
from outputs.folder import read_tables
from planner.audit.replanned import CHECKS
from planner.audit.visitors import right_rep
from planner.replan_contacts import contacts_after
from planner.replan_rows import changes_table
from scenarios.errors import ScenarioError, UsageError
from scenarios.loader import load_scenario
from scenarios.schema import Scenario
from solvers.outcome import Outcome
from solvers.types import Routes

NOW = datetime(2026, 3, 6, 18, 0)
MONDAY, TUESDAY, WEDNESDAY = (pd.Timestamp("2026-03-09") + pd.Timedelta(days=k) for k in range(3))


def replanned(small_run: Any, folder: Path, runs: Path, **facts: Any) -> Any:
    """The run `folder` after the facts, as the command `replan` makes it."""
    scenario = load_scenario(folder / "scenario.yaml").scenario
    given = {"frozen_until": None, "away": [], "urgent": [], "cancel": [], "max_changed_visits_pct": None} | facts
    settings = ["outputs=[route_sheets, calendar]", *replan_settings(scenario, folder, **given)]
    return run_scenario(
        folder / "scenario.yaml", overrides=settings, runs=runs, store=small_run.store, clock=lambda: NOW
    )


def visits(tables: dict[str, pd.DataFrame], name: str = "stops") -> pd.DataFrame:
    return tables[name][tables[name]["kind"] == "visit"]


@pytest.fixture(scope="module")
def ill(small_run: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The busiest rep of Tuesday is ill on it, Monday is driven; one urgent and one cancelled visit."""
    tables = small_run.plan
    tuesday = visits(tables)[visits(tables)["day"] == TUESDAY]
    rep = str(tuesday["rep_id"].value_counts().index[0])
    late = visits(tables)[visits(tables)["day"] > TUESDAY]
    once = ~visits(tables)["customer_id"].duplicated(keep=False)
    far = late[(late["rep_id"] != rep) & (late["day"] > WEDNESDAY) & once.reindex(late.index)]
    urgent, cancelled = str(far["customer_id"].iloc[0]), str(far["customer_id"].iloc[-1])
    runs = tmp_path_factory.mktemp("replan")
    made = replanned(
        small_run, small_run.folder, runs, frozen_until="tue", away=[f"{rep}:tue"], urgent=[f"{urgent}:wed"],
        cancel=[cancelled], max_changed_visits_pct=10.0,
    )  # fmt: skip
    return made, rep, urgent, cancelled, runs


def test_one_rep_ill_one_urgent_one_cancelled(small_run: Any, ill: Any) -> None:
    """Sound by the audit and by `check`; Monday row by row as it was; facts met; the rest of the week as it was."""
    made, rep, urgent, cancelled, _ = ill
    assert made.findings.empty
    assert check_run(made.folder) == []
    now, was = read_tables(made.folder), small_run.plan
    for name in ("stops", "stops_before"):
        driven = [t[n][t[n]["day"] < TUESDAY].reset_index(drop=True) for t, n in ((now, name), (was, "stops"))]
        pd.testing.assert_frame_equal(*driven)
    stops = visits(now)
    assert not ((stops["rep_id"] == rep) & (stops["day"] == TUESDAY)).any()
    assert stops.loc[stops["customer_id"] == urgent, "day"].tolist() <= [WEDNESDAY]
    assert cancelled not in set(stops["customer_id"])
    assert now["allocations"].query("customer_id == @cancelled")["channel"].tolist() != ["field"]
    for name in ("actions", "agent_shifts", "call_forecast", "closure"):
        pd.testing.assert_frame_equal(now[name], was[name])
    told = now["changes"]
    assert set(told.query("what == 'dropped'")["customer_id"]) >= {cancelled}
    assert told.query("customer_id == @urgent")[["what", "forced"]].to_numpy().tolist() == [["moved", True]]


def test_the_page_and_the_calendars_tell_it(ill: Any) -> None:
    """The page names the facts; a visit that a rep does not make any more is cancelled in his calendar."""
    made, _, _, cancelled, _ = ill
    page = (made.folder / "replan.html").read_text(encoding="utf-8")
    assert "is cancelled" in page
    assert "Tuesday 10 March" in page
    changes = pd.read_parquet(made.folder / "tables" / "changes.parquet")
    told = changes[changes["customer_id"] == cancelled].iloc[0]
    calendar = (made.folder / "calendars" / f"{told['rep_before']}.ics").read_text(encoding="utf-8")
    events = calendar.split("BEGIN:VEVENT")[1:]
    off = [event for event in events if "STATUS:CANCELLED" in event]
    assert any(f"DTSTART;TZID={zone(made)}:{told['start_before']:%Y%m%dT%H%M%S}" in event for event in off)
    uids = [line for event in events for line in event.splitlines() if line.startswith("UID")]
    assert len(set(uids)) == len(uids)


def zone(made: Any) -> str:
    manifest = json.loads((made.folder / "manifest.json").read_text(encoding="utf-8"))
    return str(manifest["scenario"]["reps"]["timezone"])


def test_a_plan_that_was_changed_is_changed_again(small_run: Any, ill: Any) -> None:
    """The facts of the first change still hold; without a budget only the visit that is cancelled goes."""
    made, rep, _, _, runs = ill
    tables = read_tables(made.folder)
    other = str(visits(tables)[visits(tables)["day"] > TUESDAY]["customer_id"].iloc[0])
    again = replanned(small_run, made.folder, runs, frozen_until="wed", cancel=[other], max_changed_visits_pct=0.0)
    assert again.findings.empty
    now = read_tables(again.folder)
    assert not now["rep_days"].query("rep_id == @rep and day == @TUESDAY")["works"].any()
    left = visits(tables)[visits(tables)["customer_id"] != other]
    places = [
        t[["customer_id", "rep_id", "day"]].sort_values("customer_id").to_numpy().tolist() for t in (left, visits(now))
    ]
    added = now["changes"].query("what == 'added'")["customer_id"]
    assert places[0] == [row for row in places[1] if row[0] not in set(added)]
    assert added.empty  # taking another visit in would be a change
    load = load_scenario(again.folder / "scenario.yaml").scenario.replan
    assert load is not None
    assert [fact.rep for fact in load.away.values()] == [rep]


@pytest.mark.parametrize("check", CHECKS, ids=lambda each: each.__name__)
def test_the_audit_finds_a_plan_that_broke_its_word(ill: Any, check: Any, small_run: Any) -> None:
    """Sound as it is; then a driven stop is moved, visits are dropped beyond the budget, a cancelled one is made."""
    made, _, _, cancelled, _ = ill
    scenario, tables = load_scenario(made.folder / "scenario.yaml").scenario, read_tables(made.folder)
    assert list(check(scenario, small_run.tables, tables)) == []
    stops = tables["stops"]
    late = visits(tables)[visits(tables)["day"] > TUESDAY]
    broken = {
        "driven_days_kept": stops.assign(end_at=stops["end_at"] + pd.Timedelta(minutes=1)),
        "change_budget_kept": stops.drop(late.index[: 1 + len(visits(tables)) // 5]),
        "new_facts_met": stops.assign(customer_id=stops["customer_id"].where(stops.index != late.index[0], cancelled)),
    }
    found = list(check(scenario, small_run.tables, tables | {"stops": broken[check.__name__]}))
    assert {each.check for each in found} == {check.__name__}


def test_what_is_asked_wrongly_is_refused(small_run: Any, tmp_path: Path) -> None:
    """A day outside the week, a folder without a plan, a customer who is urgent and cancelled: each with its place."""
    with pytest.raises(UsageError, match=r"--away: 'sat' is no day of the plan"):
        replanned(small_run, small_run.folder, tmp_path, away=["R01:sat"])
    stops = visits(small_run.plan)
    rep = str(stops.loc[stops["day"] == MONDAY, "rep_id"].iloc[0])
    with pytest.raises(ScenarioError, match=rf"{rep} is away on 2026-03-09, a day that counts as driven"):
        replanned(small_run, small_run.folder, tmp_path, frozen_until="tue", away=[f"{rep}:mon"])
    for settings, told in (
        ([f"replan={{run: {tmp_path}}}"], "holds no finished run"),
        ([f"replan={{run: {small_run.folder}, frozen_until: 2026-03-20}}"], "is no day of the horizon"),
        ([f"replan={{run: {small_run.folder}, away: {{a: {{rep: R01, date: 2026-01-01}}}}}}"], "no day of the horizon"),
        (
            [f"replan={{run: {small_run.folder}, urgent: {{a: {{customer: C1}}}}, cancelled: {{b: C1}}}}"],
            "cancelled too",
        ),
    ):
        with pytest.raises(ScenarioError, match=told):
            load_scenario(small_run.file, settings)
    with pytest.raises(ScenarioError, match=r"no rep 'R77'"):
        run_scenario(
            small_run.file, overrides=[f"replan={{run: {small_run.folder}, away: {{a: {{rep: R77}}}}}}"],
            runs=tmp_path, store=small_run.store,
        )  # fmt: skip


def contact(
    customer: str, channel: str, day: Any = pd.NaT, minutes: float = 12.0, value: float = 5.0
) -> dict[str, Any]:
    return {
        "customer_id": customer, "channel": channel, "day": day, "minutes": minutes, "value_eur": value,
        "order_eur": value, "runner_up": "none", "margin_eur": 0.0, "reason": "", "rep_id": "", "prize_eur": 0.0,
        "confidence": 1.0, "would_change": "",
    }  # fmt: skip


def stop(customer: str, rep: str, start: str, prize: float = 9.0) -> dict[str, Any]:
    at = pd.Timestamp(start)
    return {
        "kind": "visit", "customer_id": customer, "rep_id": rep, "day": at.normalize(), "start_at": at,
        "prize_eur": prize - 3.0, "waited_eur": 3.0,
    }  # fmt: skip


def test_contacts_follow_the_routes(small_run: Any) -> None:
    """A loses the visit: calls have 24 minutes a day, 20 of Tuesday and 12 of Wednesday are taken, so Wednesday it is;
    B loses it too and finds no room but on Thursday, which is after the due date: none. D gets a visit: no call."""
    scenario: Scenario = small_run.scenario
    call = scenario.channels["outbound"].model_copy(
        update={"capacity_minutes_per_day": 24, "contact_minutes": 12, "budget_minutes_per_week": None,
                "budget_eur_per_week": None}
    )  # fmt: skip
    scenario = scenario.model_copy(update={"channels": {"field": scenario.channels["field"], "outbound": call}})
    table = pd.DataFrame([
        contact("A", "field", minutes=30.0), contact("B", "field", minutes=30.0),
        contact("C", "outbound", TUESDAY, 20.0), contact("D", "outbound", WEDNESDAY),
        contact("E", "outbound", WEDNESDAY),
    ]).astype({"day": "datetime64[us]"})  # fmt: skip
    actions = pd.DataFrame([
        {"customer_id": c, "channel": ch, "minutes": m, "consent": True, "value_eur": v, "order_eur": v,
         "confidence": 0.5}
        for c in "ABCDE" for ch, m, v in (("field", 30.0, 40.0), ("outbound", 12.0, 7.0))
    ])  # fmt: skip
    before = pd.DataFrame([stop("A", "R1", "2026-03-11 10:00"), stop("B", "R1", "2026-03-12 10:00")])
    now = pd.DataFrame([stop("D", "R2", "2026-03-12 11:00", prize=33.0)])
    due = {"B": WEDNESDAY}
    customers = pd.DataFrame({"customer_id": list("ABCDE")})
    customers["due_date"] = pd.to_datetime(customers["customer_id"].map(due))
    found = contacts_after(
        table, before, now, actions, customers, scenario=scenario, opens=TUESDAY, met={}
    ).set_index("customer_id")  # fmt: skip
    assert found.loc["A", ["channel", "day", "minutes", "value_eur"]].tolist() == ["outbound", WEDNESDAY, 12.0, 7.0]
    assert found.loc["B", ["channel", "reason", "minutes"]].tolist() == ["none", "capacity_full", 0.0]
    assert found.loc["D", ["channel", "minutes", "value_eur", "prize_eur", "rep_id"]].tolist() == [
        "field", 30.0, 40.0, 33.0, "R2",
    ]  # fmt: skip
    assert found.loc["C", "day"] == TUESDAY


def test_changes_are_told_by_kind() -> None:
    """A moves to another rep, B is an hour later, C is dropped and called, D comes in, E stays."""
    before = pd.DataFrame(
        [stop("A", "R1", "2026-03-10 10:00"), stop("B", "R1", "2026-03-10 11:00"), stop("C", "R1", "2026-03-10 12:00"),
         stop("E", "R1", "2026-03-10 13:00")]
    )  # fmt: skip
    now = pd.DataFrame(
        [stop("A", "R2", "2026-03-10 10:00"), stop("B", "R1", "2026-03-10 12:00"), stop("D", "R1", "2026-03-10 10:00"),
         stop("E", "R1", "2026-03-10 13:00")]
    )  # fmt: skip
    unserved = pd.DataFrame({"customer_id": ["C"], "detail": ["fits nowhere"]})
    routes = Routes(now, pd.DataFrame(), unserved, Outcome("routing", "feasible", 0.0, None, "EUR", True, "", 0.0))
    contacts = pd.DataFrame([contact("C", "outbound", TUESDAY), contact("A", "field")])
    table = changes_table(before, routes, ["A"], contacts)
    assert table[
        ["customer_id", "what", "forced", "rep_before", "rep_now", "channel_now", "why"]
    ].to_numpy().tolist() == [
        ["C", "dropped", False, "R1", "", "outbound", "fits nowhere"],
        ["A", "moved", True, "R1", "R2", "", ""],
        ["D", "added", False, "", "R1", "", ""],
        ["B", "another time", False, "R1", "R1", "", ""],
    ]


def test_nothing_new_and_no_budget_is_the_same_plan(small_run: Any, tmp_path: Path) -> None:
    """Byte for byte the same routes and contacts."""
    made = replanned(small_run, small_run.folder, tmp_path, max_changed_visits_pct=0.0)
    assert made.findings.empty
    for name in ("stops", "rep_days", "unserved", "allocations"):
        path = f"tables/{name}.parquet"
        assert (made.folder / path).read_bytes() == (small_run.folder / path).read_bytes(), name


def test_nobody_covers_unless_asked(small_run: Any, ill: Any) -> None:
    """With `cover_reps: 0` no colleague visits a customer of the rep who is ill: the audit refuses such a plan."""
    made, rep, *_ = ill
    tables = read_tables(made.folder)
    owner = tables["territories"].set_index("customer_id")["rep_id"]
    stops = visits(tables)
    covered = stops[(stops["customer_id"].map(owner) == rep) & (stops["rep_id"] != rep)]
    scenario = load_scenario(made.folder / "scenario.yaml", ["replan.cover_reps=0"]).scenario
    refused = {each.row for each in right_rep(scenario, small_run.tables, tables)}
    lacking = tables["team"].set_index("rep_id")["skills"]
    needs = small_run.tables.customers.set_index("customer_id")["required_skill"]
    alone = {c for c in covered["customer_id"] if not isinstance(needs[c], str) or needs[c] in lacking[rep].split("|")}
    assert refused >= alone
