"""replan.html: what changed when a plan met new facts, whom to tell, and what more changes would bring."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from inputs.rows import rows
from inputs.types import Tables
from outputs.curve import curve_svg
from outputs.pages import file_name, render
from outputs.readable import figure, signed
from planner.replan_rows import ADDED, DROPPED, MOVED, RETIMED
from planner.types import Plan

WORDS = {
    DROPPED: "No visit any more",
    MOVED: "Another rep or day",
    ADDED: "New visits",
    RETIMED: "Another time, same rep and day",
}
HIDDEN_MINUTES = 10
"""New times that differ by less are counted, not listed."""


def write_replan(path: Path, plan: Plan, tables: Tables, compared: pd.DataFrame | None) -> None:
    """Write the page; nothing where the plan was made from nothing.

    Args:
        compared: kpi, before, now, difference to the plan in hand; None: not known.
    """
    again = plan.decisions.replanning
    if again is None or plan.scenario.replan is None:
        return
    names = dict(zip(tables.customers["customer_id"], tables.customers["name"], strict=True))
    people = dict(zip(plan.tables["team"]["rep_id"], plan.tables["team"]["name"], strict=True))
    changes = again.changes
    page = render(
        "replan.html.j2",
        name=plan.scenario.name,
        run=plan.scenario.replan.run.name,
        opens=_day(again.opens),
        facts=_facts(plan, names, people),
        cards=_cards(plan, compared),
        flags=plan.flags,
        links=_links(plan),
        kinds=[_kind(what, part, names, people) for what in WORDS if len(part := changes[changes["what"] == what])],
        reps=_reps(plan, people),
        curve_svg=Markup(curve_svg(again.curve, _budget_pct(plan))),  # drawn here from numbers
        curve=[
            {"changes": figure(row.changes), "pct": f"{row.changed_pct:.1f}", "value": figure(row.value_eur),
             "more": signed(row.value_eur - float(again.curve["value_eur"].iloc[0]))}
            for row in rows(again.curve)
        ],
        budget=f"{_budget_pct(plan):g}",
    )  # fmt: skip
    path.write_text(page, encoding="utf-8")


def _links(plan: Plan) -> list[dict[str, str]]:
    """Other pages of the run, those that were asked for."""
    pages = {
        "report": ("report.html", "Report"),
        "map": ("map.html", "Map"),
        "route_sheets": ("routes/index.html", "Route sheets"),
    }
    return [{"href": pages[each][0], "text": pages[each][1]} for each in pages if each in plan.scenario.outputs]


def _budget_pct(plan: Plan) -> float:
    assert plan.scenario.replan is not None
    return plan.scenario.replan.max_changed_visits_pct


def _facts(plan: Plan, names: Mapping[str, Any], people: Mapping[str, Any]) -> list[str]:
    """The new facts in sentences."""
    asked, found = plan.scenario.replan, []
    assert asked is not None
    for away in asked.away.values():
        first = _day(away.date) if away.date else "the first open day"
        when = f"from {first} until {_day(away.until)}" if away.until else f"on {first}"
        when = "for the rest of the horizon" if away.date is None and away.until is None else when
        found.append(f"{_who(away.rep, people)} does not come {when}.")
    for wish in asked.urgent.values():
        due = f" by {_day(wish.until)}" if wish.until else ""
        found.append(f"{_who(wish.customer, names)} must be visited{due}.")
    found += [f"The visit to {_who(customer, names)} is cancelled." for customer in asked.cancelled.values()]
    return found or ["Nothing new: only better routes within the budget of changes."]


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"


def _who(key: str, names: Mapping[str, Any]) -> str:
    name = names.get(key)
    return f"{name} ({key})" if isinstance(name, str) and name and name != key else key


def _cards(plan: Plan, compared: pd.DataFrame | None) -> list[dict[str, str]]:
    """The few figures that tell what the new facts cost."""
    again = plan.decisions.replanning
    assert again is not None
    counts = again.changes["what"].value_counts()
    allowed = f"{_budget_pct(plan):g} % were allowed"
    parts = (
        (again.counted, "visits changed that need not have", allowed),
        (again.forced, "visits that had to change", "they do not count"),
        (int(counts.get(DROPPED, 0)), "visits dropped", ""),
        (int(counts.get(ADDED, 0)), "visits added", ""),
    )
    cards = [{"value": figure(value), "label": label, "more": more} for value, label, more in parts]
    now = plan.kpis.set_index("kpi")["value"]
    more_by = compared.set_index("kpi")["difference"] if compared is not None else pd.Series(dtype=float)
    for kpi, label in (("net_value_eur", "euros net value of the week"), ("visits", "visits"), ("travel_km", "km")):
        if kpi in now:
            more = f"{signed(float(more_by[kpi]))} against the plan in hand" if kpi in more_by else ""
            cards.append({"value": figure(float(now[kpi])), "label": label, "more": more})
    return cards


def _kind(what: str, part: pd.DataFrame, names: Mapping[str, Any], people: Mapping[str, Any]) -> dict[str, Any]:
    shown = part
    if what == RETIMED:
        shift = (part["start_now"] - part["start_before"]).abs()
        shown = part[shift >= pd.Timedelta(minutes=HIDDEN_MINUTES)].sort_values("start_now", kind="stable")
    return {
        "what": WORDS[what],
        "count": figure(len(part)),
        "hidden": figure(len(part) - len(shown)) if len(part) > len(shown) else "",
        "open": what != RETIMED,
        "rows": [
            {
                "who": _who(str(row.customer_id), names),
                "before": _when(row.rep_before, row.start_before, people),
                "now": _when(row.rep_now, row.start_now, people) or _instead(str(row.channel_now)),
                "why": ("Had to change. " if row.forced else "") + str(row.why),
            }
            for row in rows(shown)
        ],
    }


def _instead(channel: str) -> str:
    return "no contact" if channel in ("", "none") else f"contact by {channel.replace('_', ' ')}"


def _when(rep: str, start: Any, people: Mapping[str, Any]) -> str:
    return "" if pd.isna(start) else f"{start:%a %d %b %H:%M}, {_who(rep, people)}"


def _reps(plan: Plan, people: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Reps whose open days changed, with links to the new route sheets where these were written."""
    again = plan.decisions.replanning
    assert again is not None
    changes = again.changes
    touched = {(r, d.normalize()) for r, d in zip(changes["rep_before"], changes["start_before"], strict=True) if r}
    touched |= {(r, d.normalize()) for r, d in zip(changes["rep_now"], changes["start_now"], strict=True) if r}
    stops = plan.tables["stops"]
    driven = set(zip(stops["rep_id"], stops["day"], strict=True))
    linked = "route_sheets" in plan.scenario.outputs
    found: dict[str, list[dict[str, str]]] = {}
    for rep, day in sorted(touched):
        there = (rep, day) in driven
        href = f"routes/{file_name(rep)}-{day:%Y-%m-%d}.html" if linked and there else ""
        found.setdefault(rep, []).append({"day": _day(day), "href": href, "free": "" if there else "no stops any more"})
    return [{"who": _who(rep, people), "days": days} for rep, days in found.items()]
