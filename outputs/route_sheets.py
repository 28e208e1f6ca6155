"""A page per rep and day: who is visited when, why now, and how to get there. No script; for phone and paper."""

from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from inputs.rows import groups, rows
from inputs.types import Tables
from outputs.geography import outlines
from outputs.pages import file_name, render
from outputs.sketch import route_sketch
from planner.explain import WHY_NOT_ROUTED
from planner.types import Plan


def write_route_sheets(folder: Path, plan: Plan, tables: Tables) -> list[Path]:
    """Write `routes/REP-DATE.html` for each rep-day with stops, and `routes/index.html`; returns the sheets."""
    target = folder / "routes"
    target.mkdir()
    customers = {row.customer_id: row for row in rows(tables.customers)}
    reasons = _field_reasons(plan)
    shapes = outlines(tables.areas)
    sheets, index = [], []
    missed = _missed_by_rep(plan, customers)
    for (rep, day), stops in groups(plan.tables["stops"], ["rep_id", "day"]):
        name = f"{file_name(str(rep))}-{day:%Y-%m-%d}.html"
        ordered = stops.sort_values("position")
        head = _heading(plan, str(rep), pd.Timestamp(day), ordered)
        page = render(
            "route_sheet.html.j2",
            **head,
            stops=[_entry(stop, customers, reasons) for stop in _numbered(ordered)],
            sketch=Markup(route_sketch(ordered, shapes)),  # our own numbers only
            missed=missed.get(str(rep), []),
            credit=_credit(plan),
        )
        (target / name).write_text(page, encoding="utf-8")
        sheets.append(target / name)
        index.append({"file": name, **head})
    page = render("routes_index.html.j2", plan=plan.scenario.name, sheets=index)
    (target / "index.html").write_text(page, encoding="utf-8")
    return sheets


def _heading(plan: Plan, rep: str, day: pd.Timestamp, stops: pd.DataFrame) -> dict[str, Any]:
    names = plan.tables["team"].set_index("rep_id")["name"].to_dict()
    name = names.get(rep)
    driving = int(stops["travel_seconds"].sum() / 60)
    return {
        "plan": plan.scenario.name,
        "rep": f"{name} ({rep})" if isinstance(name, str) and name != rep else rep,
        "day": f"{day:%A %d %B %Y}",
        "visits": int((stops["kind"] == "visit").sum()),
        "km": f"{stops['travel_km'].sum():.0f}",
        "driving": f"{driving // 60} h {driving % 60:02d}",
        "leave": f"{stops['end_at'].iloc[0]:%H:%M}",
        "back": f"{stops['arrive_at'].iloc[-1]:%H:%M}",
    }


def _numbered(stops: pd.DataFrame) -> list[Any]:
    """The stops with `number`: 1, 2, ... for visits and 0 for what is none."""
    visit = stops["kind"] == "visit"
    return list(rows(stops.assign(number=visit.cumsum().where(visit, 0))))


def _entry(stop: Any, customers: dict[str, Any], reasons: dict[str, str]) -> dict[str, Any]:
    """What the page shows of a stop."""
    drive = f"{stop.travel_km:.1f} km, {round(stop.travel_seconds / 60)} min drive" if stop.travel_seconds else ""
    entry: dict[str, Any] = {"number": 0, "quiet": True, "until": "", "navigate": "", "lines": []}
    if stop.kind == "start":
        return entry | {"at": f"{stop.end_at:%H:%M}", "title": "Leave"}
    if stop.kind == "end":
        return entry | {"at": f"{stop.arrive_at:%H:%M}", "title": "Back", "lines": [drive] if drive else []}
    span = {"at": f"{stop.start_at:%H:%M}", "until": f"to {stop.end_at:%H:%M}"}
    if stop.kind == "lunch":
        return entry | span | {"title": "Lunch"}
    customer = customers.get(stop.customer_id)
    waits = round((stop.start_at - stop.arrive_at).total_seconds() / 60)
    arrival = f"Arrive {stop.arrive_at:%H:%M}, wait {waits} min. {drive}" if waits > 0 else drive
    lines = [line for line in (reasons.get(stop.customer_id, ""), *_facts(customer), arrival) if line]
    title = "Appointment" if stop.kind == "appointment" else _who(customer, stop.customer_id)
    place = f"{stop.latitude:.6f},{stop.longitude:.6f}"
    go = f"https://www.google.com/maps/dir/?api=1&destination={place}" if stop.customer_id else ""
    return entry | span | {"number": stop.number, "quiet": False, "title": title, "lines": lines, "navigate": go}


def _facts(customer: Any) -> list[str]:
    """What a rep wants to know at the door, from the customer's row."""
    if customer is None:
        return []
    facts = []
    if customer.windows:
        spans = " and ".join(f"{a // 60:02d}:{a % 60:02d}-{b // 60:02d}:{b % 60:02d}" for a, b in customer.windows)
        facts.append(f"May be visited {spans}.")
    if isinstance(customer.required_skill, str):
        facts.append(f"Needs {customer.required_skill.replace('_', ' ')}.")
    if customer.open_tickets > 0:
        facts.append("Speak of the open tickets first.")
    return [" ".join(facts)] if facts else []


def _field_reasons(plan: Plan) -> dict[str, str]:
    actions = plan.tables["actions"]
    field = actions[actions["channel"] == "field"]
    return dict(zip(field["customer_id"], field["why"].astype(str), strict=True))


def _missed_by_rep(plan: Plan, customers: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Visits of each rep's own customers that fit no route."""
    missed: dict[str, list[dict[str, str]]] = {}
    for row in rows(plan.tables["unserved"]):
        why = f"{WHY_NOT_ROUTED.get(row.reason, row.reason)}. {row.detail}"
        missed.setdefault(row.rep_id, []).append(
            {"who": _who(customers.get(row.customer_id), row.customer_id), "why": why}
        )
    return missed


def _who(customer: Any, customer_id: str) -> str:
    named = customer is not None and isinstance(customer.name, str) and customer.name != customer_id
    return f"{customer.name} ({customer_id})" if named else customer_id


def _credit(plan: Plan) -> str:
    areas = plan.scenario.data.areas
    return (areas.credit or "areas as given in the data") if areas else "none"
