"""A page per rep and day: who is visited when, why now, what to say, and how to get there; for phone and paper.

The pages hold no program. Each visit carries its pre-visit script in five parts, folded; paper shows two of them.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from inputs.rows import groups, rows
from inputs.types import Tables
from outputs.dossier import Dossier, Dossiers
from outputs.field import rep_days_of, rep_names, stops_of
from outputs.geography import outlines
from outputs.pages import file_name, render
from outputs.script_parts import write_script
from outputs.sketch import route_sketch
from outputs.visits import Visits
from planner.explain import WHY_NOT_ROUTED
from planner.types import Plan
from scenarios.clock import format_clock
from scenarios.schema import FIELD, Scenario

TOLD_ONE_BY_ONE = 5
"""Visits left out for one reason that have a line each."""


def write_route_sheets(folder: Path, plan: Plan, tables: Tables) -> list[Path]:
    """Write `routes/REP-DATE.html` for each rep-day with stops, and `routes/index.html`; returns the sheets."""
    target = folder / "routes"
    target.mkdir()
    dossiers, visits = Dossiers(plan, tables), Visits(plan)
    shapes = outlines(tables.areas)
    sheets, index = [], []
    missed, all_stops, reps = _missed_by_rep(plan, dossiers), stops_of(plan.tables), rep_names(plan.tables)
    lent = _visited_by_others(all_stops, dossiers, reps)
    late = {(row.rep_id, row.day): row for row in rows(rep_days_of(plan.tables)) if row.overtime_minutes > 0}
    for (rep, day), stops in groups(all_stops, ["rep_id", "day"]):
        name = f"{file_name(str(rep))}-{day:%Y-%m-%d}.html"
        ordered = stops.sort_values("position")
        head = _heading(plan.scenario.name, reps.get(str(rep), str(rep)), pd.Timestamp(day), ordered)
        longer = late.get((rep, day))
        page = render(
            "route_sheet.html.j2",
            **head,
            overtime=_overtime(longer),
            stops=[_entry(stop, dossiers, visits, plan.scenario, reps) for stop in _numbered(ordered)],
            sketch=Markup(route_sketch(ordered, shapes)),  # our own numbers only
            missed=missed.get(str(rep), []),
            lent=lent.get(str(rep), []),
            credit=_credit(plan),
        )
        (target / name).write_text(page, encoding="utf-8")
        sheets.append(target / name)
        late_words = longer and f"+{_minutes(longer)} min"
        index.append({"file": name, **head, "late": late_words, "day": f"{day:%a} {day.day} {day:%b}"})
    page = render("routes_index.html.j2", plan=plan.scenario.name, sheets=index)
    (target / "index.html").write_text(page, encoding="utf-8")
    return sheets


def _heading(plan: str, rep: str, day: pd.Timestamp, stops: pd.DataFrame) -> dict[str, Any]:
    driving = int(stops["travel_seconds"].sum() / 60)
    return {
        "plan": plan,
        "rep": rep,
        "day": f"{day:%A} {day.day} {day:%B %Y}",
        "visits": int((stops["kind"] == "visit").sum()),
        "km": f"{stops['travel_km'].sum():.0f}",
        "driving": f"{driving // 60} h {driving % 60:02d}",
        "leave": f"{stops['end_at'].iloc[0]:%H:%M}",
        "back": f"{stops['arrive_at'].iloc[-1]:%H:%M}",
    }


def _overtime(day: Any) -> str:
    """Until when a day lasts that goes beyond its shift, and how long that is; empty where it does not."""
    if day is None:
        return ""
    end = day.shift_end_at + pd.Timedelta(minutes=day.overtime_minutes)
    return f"Overtime: until {end:%H:%M}, {_minutes(day)} min after the shift ends at {day.shift_end_at:%H:%M}."


def _minutes(day: Any) -> int:
    """Whole minutes of overtime, as the clock shows them, never 0 where there is some."""
    return max(1, int(float(day.overtime_minutes) + 1e-6))


def _visited_by_others(
    stops: pd.DataFrame, dossiers: Dossiers, reps: Mapping[str, str]
) -> dict[str, list[dict[str, str]]]:
    """By owner: the customers whom a neighbour visits this week, who and when."""
    lent: dict[str, list[dict[str, str]]] = {}
    for stop in rows(stops[stops["for_rep"] != ""].sort_values(["start_at", "customer_id"])):
        when = f"{reps.get(stop.rep_id, stop.rep_id)}, {stop.start_at:%A} {stop.start_at:%H:%M}"
        lent.setdefault(stop.for_rep, []).append({"who": dossiers.of(stop.customer_id, FIELD).who, "when": when})
    return lent


def _numbered(stops: pd.DataFrame) -> list[Any]:
    """The stops with `number`: 1, 2, ... for visits and 0 for what is none."""
    visit = stops["kind"] == "visit"
    return list(rows(stops.assign(number=visit.cumsum().where(visit, 0))))


def _entry(
    stop: Any, dossiers: Dossiers, visits: Visits, scenario: Scenario, reps: Mapping[str, str]
) -> dict[str, Any]:
    """What the page shows of a stop."""
    drive = f"{stop.travel_km:.1f} km, {round(stop.travel_seconds / 60)} min drive" if stop.travel_seconds else ""
    entry: dict[str, Any] = {"number": 0, "quiet": True, "lines": [], "script": []}
    entry |= dict.fromkeys(["until", "navigate", "owner"], "")
    if stop.kind == "start":
        return entry | {"at": f"{stop.end_at:%H:%M}", "title": "Leave"}
    if stop.kind == "end":
        return entry | {"at": f"{stop.arrive_at:%H:%M}", "title": "Back", "lines": [drive] if drive else []}
    span = {"at": f"{stop.start_at:%H:%M}", "until": f"to {stop.end_at:%H:%M}"}
    if stop.kind == "lunch":
        return entry | span | {"title": "Lunch"}
    dossier = dossiers.of(stop.customer_id, FIELD)
    waits = round((stop.start_at - stop.arrive_at).total_seconds() / 60)
    arrival = f"Arrive {stop.arrive_at:%H:%M}, wait {waits} min. {drive}" if waits > 0 else drive
    place = f"{stop.latitude:.6f},{stop.longitude:.6f}"
    go = f"https://www.google.com/maps/dir/?api=1&destination={place}" if stop.customer_id else ""
    entry |= span | {"number": stop.number, "quiet": False, "navigate": go}
    if stop.kind == "appointment":
        where = dossier.who or dossiers.appointment_place(stop.rep_id, stop.start_at)
        return entry | {"title": f"Appointment: {where}" if where else "Appointment", "lines": [arrival]}
    dossier = replace(dossier, earlier_visits=visits.before(stop.customer_id, stop.start_at))
    why = visits.why(stop.customer_id, stop.start_at)
    lines = [line for line in (why, _facts(dossier, pinned=stop.pinned), arrival) if line]
    planned = f"{stop.start_at:%H:%M} to {stop.end_at:%H:%M}"
    script = write_script(dossier, scenario, at=stop.start_at, planned=planned)
    owner = reps.get(stop.for_rep, stop.for_rep)
    told = {"script": script.parts(), "paper": script.on_paper()}
    return entry | {"title": dossier.who, "owner": owner, "lines": lines, **told}


def _facts(dossier: Dossier, *, pinned: bool) -> str:
    """What a rep wants to know at the door."""
    customer = dossier.customer
    facts = ["Pinned."] if pinned else []
    if customer is not None:
        if customer.windows:
            spans = " and ".join(f"{format_clock(a)}-{format_clock(b)}" for a, b in customer.windows)
            facts.append(f"May be visited {spans}.")
        if isinstance(customer.required_skill, str) and customer.required_skill:
            facts.append(f"Needs {customer.required_skill.replace('_', ' ')}.")
        if customer.required:
            facts.append("Must be visited this week.")
        if pd.notna(customer.due_date):
            facts.append(f"Due by {customer.due_date:%A} {customer.due_date.day} {customer.due_date:%B}.")
        if customer.open_tickets > 0:
            facts.append("Speak of the open tickets first.")
    return " ".join(facts)


def _missed_by_rep(plan: Plan, dossiers: Dossiers) -> dict[str, list[dict[str, str]]]:
    """Visits of each rep's own customers that fit no route, the dearest first; many with one reason share a line."""
    missed: dict[str, list[dict[str, str]]] = {}
    unserved = plan.tables["unserved"].sort_values(["prize_eur", "customer_id"], ascending=[False, True], kind="stable")
    for (rep, reason), part in groups(unserved, ["rep_id", "reason"]):
        why = f"{WHY_NOT_ROUTED.get(reason, reason)}."
        people = [(dossiers.of(row.customer_id, FIELD).who, row) for row in rows(part)]
        if len(people) > TOLD_ONE_BY_ONE:
            total = f"{len(people)} visits, together worth {_worth(part['prize_eur'].sum(), plan)}"
            named = "; ".join(f"{who} {row.prize_eur:,.2f}" for who, row in people)
            entries = [{"who": f"{total}: {named}", "why": why}]
        else:
            entries = [{"who": who, "why": f"{why} {row.detail}"} for who, row in people]
        missed.setdefault(str(rep), []).extend(entries)
    return missed


def _worth(amount: float, plan: Plan) -> str:
    return f"{amount:,.2f} {plan.scenario.money.currency}"


def _credit(plan: Plan) -> str:
    areas = plan.scenario.data.areas
    return (areas.credit or "areas as given in the data") if areas else "none"
