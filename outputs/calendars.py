"""A calendar (iCalendar, RFC 5545) per rep and per agent; the same plan gives the same bytes and the same UIDs.

A UID is made of the planned week, the person and what is done (customer, shift): a plan made anew moves the events of
a calendar that was imported before instead of doubling them. Where a plan was planned again in its week, visits that a
rep does not make any more are handed over as cancelled, so that they leave his calendar too.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from icalendar import Calendar, Event, Timezone

from inputs.rows import groups, rows
from inputs.types import Tables
from outputs.escaping import printable
from outputs.pages import file_name
from outputs.visits import Visits
from planner.types import Plan


def write_calendars(folder: Path, plan: Plan, tables: Tables) -> list[Path]:
    """Write REP.ics for each rep on the road and AGENT.ics for each agent with shifts; returns the files.

    An agent whose id is a rep's too is written as `ID~agent.ics`.
    """
    folder.mkdir()
    scenario = plan.scenario
    stamp = datetime.combine(scenario.as_of, time(), UTC)
    written = []
    reps = {str(rep) for rep in _all_stops(plan)["rep_id"]}
    for zone, events, suffixes in (
        (scenario.reps.timezone, _rep_events(plan, tables), {}),
        (scenario.staffing.timezone, _agent_events(plan), dict.fromkeys(reps, "~agent")),
    ):
        for person, name, entries in events:
            calendar = _calendar(f"{scenario.name}: {name}", zone, scenario.horizon.start)
            for event in entries:
                calendar.add_component(_event(event, zone, stamp))
            path = folder / f"{file_name(person)}{suffixes.get(person, '')}.ics"
            path.write_bytes(calendar.to_ical())
            written.append(path)
    return written


def _calendar(name: str, zone: str, start: date) -> Calendar:
    """An empty calendar with the rules of its time zone from the year before to the year after."""
    calendar = Calendar()
    calendar.add("prodid", "-//Muster//plan of the week//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", printable(name))
    calendar.add("x-wr-calname", printable(name))
    if zone != "UTC":  # times in UTC carry a Z and need no rules
        first, last = date(start.year - 1, 1, 1), date(start.year + 2, 1, 1)
        calendar.add_component(Timezone.from_tzinfo(ZoneInfo(zone), zone, first, last))
    return calendar


def _event(fields: dict[str, Any], zone: str, stamp: datetime) -> Event:
    """An event; start and end are naive local."""
    local = ZoneInfo(zone)
    event = Event()
    event.add("uid", fields["uid"])
    event.add("dtstamp", stamp)
    event.add("summary", printable(fields["summary"]))
    event.add("dtstart", fields["start"].to_pydatetime().replace(tzinfo=local))
    event.add("dtend", fields["end"].to_pydatetime().replace(tzinfo=local))
    if fields.get("cancelled"):
        event.add("status", "CANCELLED")
    if fields.get("description"):
        event.add("description", printable(fields["description"]))
    if fields.get("place"):
        latitude, longitude = fields["place"]
        event.add("location", f"{latitude:.6f}, {longitude:.6f}")
        event.add("geo", (round(latitude, 6), round(longitude, 6)))
    elif fields.get("location"):
        event.add("location", printable(fields["location"]))
    return event


def _rep_events(plan: Plan, tables: Tables) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """(rep_id, name, events) of each rep: visits, lunch and appointments."""
    names = dict(zip(tables.customers["customer_id"], tables.customers["name"], strict=True))
    rep_names = dict(zip(plan.tables["team"]["rep_id"], plan.tables["team"]["name"], strict=True))
    visits = Visits(plan)
    held = {(row.rep_id, row.start): row.place for row in rows(tables.appointments)}
    week = plan.scenario.horizon.start
    for rep, stops in groups(_all_stops(plan), "rep_id"):
        seen: dict[tuple[str, bool], int] = {}
        entries: dict[str, dict[str, Any]] = {}
        for stop in rows(stops.sort_values(["cancelled", "day", "position"])):
            what = _what(stop)
            if not what:
                continue
            key = (what, bool(stop.cancelled))
            seen[key] = seen.get(key, 0) + 1
            customer = str(stop.customer_id)
            place = None if pd.isna(stop.latitude) or stop.kind == "lunch" else (stop.latitude, stop.longitude)
            where = held.get((stop.rep_id, stop.start_at)) if stop.kind == "appointment" else None
            why = visits.why(customer, stop.start_at) if stop.kind == "visit" and not stop.cancelled else None
            uid = _uid(week, "rep", str(rep), what, seen[key])
            entries.setdefault(uid, {
                "uid": uid,
                "summary": _summary(stop.kind, names.get(customer), customer, where),
                "start": stop.start_at,
                "end": stop.end_at,
                "description": _visit_text(stop, why) if stop.kind == "visit" else "",
                "place": place if customer else None,
                "location": where if isinstance(where, str) else "",
                "cancelled": stop.cancelled,
            })  # fmt: skip
        yield str(rep), _or(rep_names.get(rep), str(rep)), list(entries.values())


def _all_stops(plan: Plan) -> pd.DataFrame:
    """The stops of the plan, and those of the plan in hand, which are cancelled where no stop of the same kind with
    the same customer follows them."""
    stops = plan.tables["stops"].assign(cancelled=False)
    if "stops_before" not in plan.tables:
        return stops
    return pd.concat([stops, plan.tables["stops_before"].assign(cancelled=True)], ignore_index=True)


def _what(stop: Any) -> str:
    """What an event is about, for its UID; empty: no event."""
    if stop.kind == "visit":
        return f"visit {stop.customer_id}"
    if stop.kind == "lunch":
        return f"lunch {stop.day:%Y-%m-%d}"
    return f"appointment {stop.start_at:%Y-%m-%dT%H:%M}" if stop.kind == "appointment" else ""


def _summary(kind: str, name: Any, customer: str, where: Any) -> str:
    if kind == "lunch":
        return "Lunch"
    who = _or(name, customer) or _or(where, "")
    return who if kind == "visit" else f"Appointment: {who}" if who else "Appointment"


def _visit_text(stop: Any, why: Any) -> str:
    drive = f"{stop.travel_km:.1f} km, {round(stop.travel_seconds / 60)} min drive before."
    pinned = "Pinned." if stop.pinned else ""
    return " ".join(part for part in (stop.customer_id + ".", _or(why, ""), drive, pinned) if part)


def _agent_events(plan: Plan) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """(agent_id, name, events) of each agent: shifts, the break in the description."""
    week = plan.scenario.staffing_horizon().start
    for agent, shifts in groups(plan.tables["agent_shifts"], "agent_id"):
        seen: dict[str, int] = {}
        entries = []
        for shift in rows(shifts.sort_values("start_at")):
            what = f"shift {shift.day:%Y-%m-%d}"
            seen[what] = seen.get(what, 0) + 1
            rest = "No break." if pd.isna(shift.break_start_at) else (
                f"Break {shift.break_start_at:%H:%M} to {shift.break_end_at:%H:%M}."
            )  # fmt: skip
            entries.append({
                "uid": _uid(week, "agent", str(agent), what, seen[what]),
                "summary": f"Shift {shift.queue}",
                "start": shift.start_at,
                "end": shift.end_at,
                "description": f"{rest} Paid {shift.paid_minutes / 60:.2f} h.",
            })  # fmt: skip
        yield str(agent), str(agent), entries


def _uid(week: date, kind: str, person: str, what: str, number: int) -> str:
    """An id that does not depend on day and time; ids of people and customers do not show in it."""
    key = "\x1f".join([week.isoformat(), kind, person, what, str(number)])
    return f"{hashlib.sha256(key.encode()).hexdigest()[:32]}@muster"


def _or(text: Any, other: str) -> str:
    return text if isinstance(text, str) and text else other
