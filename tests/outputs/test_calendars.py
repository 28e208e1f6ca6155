"""Calendars and GPX, read back by icalendar and gpxpy: everything is there, at the right instant, under stable ids."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import gpxpy
import pandas as pd
from icalendar import Calendar

from outputs.calendars import write_calendars
from outputs.escaping import printable


def calendar(path: Path) -> Calendar:
    return Calendar.from_ical(path.read_bytes())


def events(path: Path) -> list[Any]:
    return list(calendar(path).walk("VEVENT"))


def test_a_rep_finds_every_visit_lunch_and_appointment(held: Any) -> None:
    """One event per visit, lunch and appointment of the rep's week, none else, with place and reason."""
    stops = held.plan.tables["stops"]
    stops = stops[stops["kind"].isin(["visit", "lunch", "appointment"])]
    names = held.tables.customers.set_index("customer_id")["name"]
    for rep, mine in stops.groupby("rep_id"):
        made = events(held.folder / "calendars" / f"{rep}.ics")
        mine = mine.sort_values("start_at")
        zone = ZoneInfo(held.plan.scenario.reps.timezone)
        assert sorted(event.start for event in made) == [
            at.to_pydatetime().replace(tzinfo=zone) for at in mine["start_at"]
        ]
        by_start = {event.start.replace(tzinfo=None): event for event in made}
        seen: dict[str, str] = {}
        for row in mine[mine["kind"] == "visit"].itertuples():
            event = by_start[row.start_at.to_pydatetime()]
            assert str(event["summary"]) == names[row.customer_id]
            first = seen.setdefault(row.customer_id, f"{row.start_at:%A} {row.start_at.day} {row.start_at:%B}")
            again = first != f"{row.start_at:%A} {row.start_at.day} {row.start_at:%B}"
            why = f"Second visit this week, the first on {first} at " if again else "Worth "
            assert str(event["description"]).startswith(f"{row.customer_id}. {why}")
            assert event.end - event.start == (row.end_at - row.start_at).to_pytimedelta()
            assert abs(event["geo"].latitude - row.latitude) < 1e-5
            assert str(event["location"]) == f"{row.latitude:.6f}, {row.longitude:.6f}"


def test_an_agent_finds_every_shift_with_its_break(held: Any) -> None:
    """One event per shift."""
    shifts = held.plan.tables["agent_shifts"]
    for agent, mine in shifts.groupby("agent_id"):
        made = sorted(events(held.folder / "calendars" / f"{agent}.ics"), key=lambda event: event.start)
        mine = mine.sort_values("start_at")
        assert [event.start.replace(tzinfo=None) for event in made] == list(mine["start_at"].dt.to_pydatetime())
        assert [event.end.replace(tzinfo=None) for event in made] == list(mine["end_at"].dt.to_pydatetime())
        for event, row in zip(made, mine.itertuples(), strict=True):
            rest = "No break." if pd.isna(row.break_start_at) else f"Break {row.break_start_at:%H:%M} to "
            assert str(event["description"]).startswith(rest)


def test_times_carry_their_zone_and_the_stamp_is_of_the_data(held: Any) -> None:
    """TZID with its rules in the file; DTSTAMP is the scenario's as_of; method and version are set."""
    path = next((held.folder / "calendars").glob("R*.ics"))
    text = path.read_text(encoding="utf-8")
    zone = held.plan.scenario.reps.timezone
    assert text.count("BEGIN:VTIMEZONE") == 1
    assert f"TZID:{zone}" in text
    assert f"DTSTART;TZID={zone}:" in text
    assert {event["dtstamp"].dt for event in events(path)} == {datetime(2026, 3, 6, tzinfo=UTC)}
    assert (str(calendar(path)["version"]), str(calendar(path)["method"])) == ("2.0", "PUBLISH")


def test_the_same_plan_gives_the_same_files(held: Any, tmp_path: Path) -> None:
    """Byte for byte."""
    write_calendars(tmp_path / "calendars", held.plan, held.tables)
    for path in (tmp_path / "calendars").iterdir():
        assert path.read_bytes() == (held.folder / "calendars" / path.name).read_bytes()


def test_uids_survive_a_move_and_are_never_shared(held: Any, tmp_path: Path) -> None:
    """A visit that moves by a day keeps its UID; no two events of the run share one."""
    stops = held.plan.tables["stops"]
    visit = stops[stops["kind"] == "visit"].index[0]
    moved = stops.copy()
    for column in ("start_at", "end_at"):
        moved.loc[visit, column] += timedelta(days=1)
    write_calendars(tmp_path / "calendars", replace(held.plan, tables=held.plan.tables | {"stops": moved}), held.tables)
    rep = stops.loc[visit, "rep_id"]
    before = {str(event["uid"]): event.start for event in events(held.folder / "calendars" / f"{rep}.ics")}
    after = {str(event["uid"]): event.start for event in events(tmp_path / "calendars" / f"{rep}.ics")}
    assert before.keys() == after.keys()
    assert [after[uid] - before[uid] for uid in before if after[uid] != before[uid]] == [timedelta(days=1)]
    uids = [str(event["uid"]) for path in (held.folder / "calendars").iterdir() for event in events(path)]
    assert len(uids) == len(set(uids)) > 50


def test_an_agent_with_a_reps_id_gets_a_file_of_their_own(held: Any, tmp_path: Path) -> None:
    """R01 the agent does not overwrite R01 the rep."""
    shifts = held.plan.tables["agent_shifts"].assign(agent_id="R01")
    plan = replace(held.plan, tables=held.plan.tables | {"agent_shifts": shifts})
    write_calendars(tmp_path / "calendars", plan, held.tables)
    names = {path.name for path in (tmp_path / "calendars").iterdir()}
    assert {"R01.ics", "R01~agent.ics"} <= names


def test_utc_needs_no_rules(held: Any, tmp_path: Path) -> None:
    """Times in UTC end with Z."""
    reps = held.plan.scenario.reps.model_copy(update={"timezone": "UTC"})
    plan = replace(held.plan, scenario=held.plan.scenario.model_copy(update={"reps": reps}))
    (path, *_) = write_calendars(tmp_path / "calendars", plan, held.tables)
    text = path.read_text(encoding="utf-8")
    assert "VTIMEZONE" not in text
    assert all(line.endswith("Z") for line in text.splitlines() if line.startswith("DTSTART"))


def test_hostile_names_add_no_property(hostile: Any) -> None:
    """A name with line breaks stays one summary; no line is longer than RFC 5545 allows."""
    for path in (hostile.folder / "calendars").iterdir():
        assert max(len(line) for line in path.read_bytes().split(b"\r\n")) <= 75
        for event in events(path):
            assert "attendee" not in event
    names = {printable(name) for name in hostile.tables.customers["name"]}
    stops = hostile.plan.tables["stops"]
    rep = stops["rep_id"].iloc[0]
    visits = [e for e in events(hostile.folder / "calendars" / f"{rep}.ics") if "geo" in e]
    assert {str(event["summary"]) for event in visits} <= names
    assert len(visits) == len(stops[(stops["rep_id"] == rep) & (stops["kind"] == "visit")])


def test_gpx_holds_stops_and_way(held: Any) -> None:
    """Waypoints are visits and placed appointments; the route runs from start to end; visits are numbered."""
    days = 0
    for (rep, day), stops in held.plan.tables["stops"].groupby(["rep_id", "day"]):
        text = (held.folder / "gpx" / f"{rep}-{day:%Y-%m-%d}.gpx").read_text(encoding="utf-8")
        gpx = gpxpy.parse(text)
        way = stops[stops["kind"] != "lunch"].sort_values("position").dropna(subset=["latitude"])
        assert [(p.latitude, p.longitude) for p in gpx.routes[0].points] == list(
            zip(way["latitude"], way["longitude"], strict=True)
        )
        placed = way[way["kind"].isin(["visit", "appointment"])]
        assert [point.latitude for point in gpx.waypoints] == placed["latitude"].tolist()
        assert [point.name.split(" ")[0] for point in gpx.waypoints if point.type == "visit"] == [
            str(n + 1) for n in range((placed["kind"] == "visit").sum())
        ]
        days += 1
    assert days == len(list((held.folder / "gpx").iterdir()))


def test_gpx_of_hostile_names_is_well_formed(hostile: Any) -> None:
    """Names with tags and control characters parse back as text."""
    names = {printable(name) for name in hostile.tables.customers["name"]}
    seen = set()
    for path in (hostile.folder / "gpx").iterdir():
        gpx = gpxpy.parse(path.read_text(encoding="utf-8"))
        seen |= {point.name.partition(" ")[2] for point in gpx.waypoints if point.type == "visit"}
    assert {"<script>alert(1)</script>", "a;b,c\\n & <tag> ]]>"} <= seen <= names
