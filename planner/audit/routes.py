"""Routes: shifts and overtime, drives, windows, service times, lunch, pins, appointments, double visits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd

from inputs.calendar import day_types
from inputs.rows import groups, rows
from inputs.types import Tables
from planner.audit.findings import Finding
from planner.audit.geometry import Drives, Place
from planner.audit.replanned import newly_away
from scenarios.schema import WEEKDAYS, Scenario

Plan = Mapping[str, pd.DataFrame]
MINUTE = pd.Timedelta(minutes=1)
SECONDS_TOLERANCE = 1.0
KM_TOLERANCE = 0.01


@dataclass(frozen=True)
class RepDay:
    """One rep's day as planned: its stops in order, and the rep's raw row."""

    rep: Any
    day: pd.Timestamp
    stops: list[Any]

    @property
    def key(self) -> str:
        """`R01 2026-03-02`."""
        return f"{self.rep.rep_id} {self.day:%Y-%m-%d}"


def rep_days_of(plan: Plan) -> Iterator[RepDay]:
    """The rep-days with stops, of reps of the team."""
    team = {row.rep_id: row for row in rows(plan["team"])}
    ordered = plan["stops"].sort_values(["rep_id", "day", "position"])
    for (rep_id, day), stops in groups(ordered, ["rep_id", "day"]):
        if rep_id in team:
            yield RepDay(team[rep_id], pd.Timestamp(day), list(rows(stops)))


def reps_at_work(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Stops belong to reps of the team on days on which they work: no leave, no holiday, no free weekday."""
    away = {(row.person_id, row.date) for row in rows(tables.absences)} | newly_away(scenario)
    start = pd.Timestamp(scenario.horizon.start)
    days = pd.date_range(start, periods=scenario.horizon.days)
    kinds = day_types(days, scenario.reps.country)
    team = {row.rep_id: row for row in rows(plan["team"])}
    for (rep_id, day), _ in groups(plan["stops"], ["rep_id", "day"]):
        why = ""
        if rep_id not in team or rep_id in scenario.reps.remove:
            why = "is not in the team"
        elif day not in kinds.index:
            why = "works outside the horizon"
        elif rep_id in scenario.reps.absent or (rep_id, day) in away:
            why = "is absent"
        elif kinds[day] == "holiday":
            why = "works on a public holiday"
        elif WEEKDAYS[day.weekday()] not in team[rep_id].working_days.split("|"):
            why = "works on a free weekday"
        if why:
            yield Finding("reps_at_work", "stops", f"{rep_id} {day:%Y-%m-%d}", f"the rep {why}")


def days_in_order(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """A rep-day starts and ends within the shift and the overtime allowed, at the rep's places; every drive has its
    time at the hour at which it begins."""
    drives = Drives(scenario.reps.travel, tables.travel_times)
    places = places_of(tables)
    factors = drive_factors(tables)
    overtime = scenario.reps.overtime
    longer_minutes = overtime.max_minutes_per_day if overtime else 0.0
    for item in rep_days_of(plan):
        faults = _order_faults(item, longer_minutes)
        faults += _drive_faults(item, drives, places, factors.get(item.rep.rep_id, 1.0))
        for message in faults:
            yield Finding("days_in_order", "stops", item.key, message)


def places_of(tables: Tables) -> dict[str, Place]:
    """Where customers are, by customer_id."""
    return {row.customer_id: (row.customer_id, row.latitude, row.longitude) for row in rows(tables.customers)}


def drive_factors(tables: Tables) -> dict[str, float]:
    """Time at the wheel of each rep beside that of `reps.travel`, by rep_id; 1 where the table `reps` has none."""
    known = tables.reps.get("drive_factor", pd.Series(1.0, index=tables.reps.index)).astype(float).fillna(1.0)
    return dict(zip(tables.reps["rep_id"], known, strict=True))


def _order_faults(item: RepDay, longer_minutes: float) -> list[str]:
    stops, faults = item.stops, []
    if [stop.position for stop in stops] != list(range(len(stops))):
        faults.append("positions are not 0, 1, 2, ...")
    if stops[0].kind != "start" or stops[-1].kind != "end" or len(stops) < 2:
        faults.append("does not lead from start to end")
    opens = item.day + item.rep.shift_start * MINUTE
    closes = item.day + (item.rep.shift_end + longer_minutes) * MINUTE
    if stops[0].end_at < opens or stops[-1].arrive_at > closes:
        faults.append(f"runs {stops[0].end_at:%H:%M}-{stops[-1].arrive_at:%H:%M}, outside {opens:%H:%M}-{closes:%H:%M}")
    faults += [
        f"stop {stop.position} is left before it is reached"
        for stop in stops
        if not stop.arrive_at <= stop.start_at <= stop.end_at
    ]
    return faults


def legs_of(item: RepDay, places: Mapping[str, Place]) -> Iterator[tuple[Any, Any, Place, Place, bool]]:
    """(stop before, stop, place before, place, whether the drive parks at a customer) of each drive of a rep-day."""
    rep = item.rep
    has_end = pd.notna(rep.end_latitude) and pd.notna(rep.end_longitude)
    home = (rep.home_latitude, rep.home_longitude)
    end = (rep.end_latitude, rep.end_longitude) if has_end else home
    here: Place = (rep.rep_id, *home)
    for before, stop in pairwise(item.stops):
        there = here
        if stop.kind == "end":
            there = (f"{rep.rep_id}/end" if end != home else rep.rep_id, *end)
        elif stop.customer_id:
            there = places.get(stop.customer_id, (stop.customer_id, float("nan"), float("nan")))
        yield before, stop, here, there, bool(stop.kind in {"visit", "appointment"} and stop.customer_id)
        here = there


def _drive_faults(item: RepDay, drives: Drives, places: Mapping[str, Place], drive_factor: float) -> list[str]:
    """A drive begins when the stop before it ends, or as much later as the time stated for it leaves."""
    faults = []
    for before, stop, here, there, parks in legs_of(item, places):
        gap = (stop.arrive_at - before.end_at).total_seconds()
        leaves = (before.end_at - item.day).total_seconds() + max(0.0, gap - stop.travel_seconds)
        seconds, km = drives.drive(here, there, parks=parks, leaves=leaves, drive_factor=drive_factor)
        took = min(gap, stop.travel_seconds)
        if not took >= seconds - SECONDS_TOLERANCE:
            faults.append(f"stop {stop.position} is reached in {took:.0f} s; the drive takes {seconds:.0f} s")
        if not abs(stop.travel_km - km) <= KM_TOLERANCE:
            faults.append(f"stop {stop.position} states {stop.travel_km:.2f} km; the drive is {km:.2f} km")
    return faults


def visits_kept(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """A visit lasts as long as it takes, within a window of the customer, and not after the due date."""
    customers = {row.customer_id: row for row in rows(tables.customers)}
    visits = plan["stops"][plan["stops"]["kind"] == "visit"]
    for stop in rows(visits):
        customer = customers.get(stop.customer_id)
        if customer is None:
            yield Finding("visits_kept", "stops", stop.customer_id, "is no customer")
            continue
        wanted = scenario.visit_minutes() if pd.isna(customer.visit_minutes) else customer.visit_minutes
        lasts = (stop.end_at - stop.start_at) / MINUTE
        if abs(lasts - wanted) > 1 / 60:
            yield Finding("visits_kept", "stops", stop.customer_id, f"lasts {lasts:g} minutes, {wanted:g} are needed")
        inside = [
            stop.day + opens * MINUTE <= stop.start_at and stop.end_at <= stop.day + closes * MINUTE
            for opens, closes in customer.windows
        ]
        if customer.windows and not any(inside):
            yield Finding("visits_kept", "stops", stop.customer_id, f"{stop.start_at:%H:%M} is in none of its windows")
        if stop.start_at.normalize() != stop.day:
            yield Finding("visits_kept", "stops", stop.customer_id, "starts on another day than it is planned for")
        late = pd.notna(customer.due_date) and stop.day > customer.due_date >= pd.Timestamp(scenario.horizon.start)
        if late:
            yield Finding("visits_kept", "stops", stop.customer_id, f"is due on {customer.due_date:%Y-%m-%d}")


def visited_as_often_as_wanted(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """No customer is visited more often than wanted, twice a day, or too soon again."""
    customers = tables.customers.set_index("customer_id")
    often, gaps = customers["visits_per_week"].to_dict(), customers["min_days_between"].to_dict()
    visits = plan["stops"][plan["stops"]["kind"] == "visit"]
    for customer, days in visits.groupby("customer_id")["day"]:
        wanted, least = often.get(customer, float("nan")), gaps.get(customer, float("nan"))
        if len(days) > (1 if pd.isna(wanted) else max(wanted, 1)):
            yield Finding("visited_as_often_as_wanted", "stops", str(customer), f"is visited {len(days)} times")
        apart = days.sort_values().diff().dt.days.min() if len(days) > 1 else float("inf")
        if apart < max(1, 1 if pd.isna(least) else least):
            yield Finding("visited_as_often_as_wanted", "stops", str(customer), f"visits are {apart:g} days apart")


def lunch_taken(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """A rep on the road whose shift covers the lunch span has one break of full length within it."""
    lunch = scenario.reps.lunch
    if lunch is None or lunch.minutes == 0:
        return
    opens, closes = lunch.between
    for item in rep_days_of(plan):
        covered = item.rep.shift_start <= opens and item.rep.shift_end >= closes
        busy = any(stop.kind in {"visit", "appointment"} for stop in item.stops)
        breaks = [stop for stop in item.stops if stop.kind == "lunch"]
        if covered and busy and len(breaks) != 1:
            yield Finding("lunch_taken", "stops", item.key, f"has {len(breaks)} lunch breaks")
        for stop in breaks:
            early, late = item.day + opens * MINUTE, item.day + closes * MINUTE
            if stop.start_at < early or stop.end_at > late or (stop.end_at - stop.start_at) < lunch.minutes * MINUTE:
                yield Finding("lunch_taken", "stops", item.key, f"lunch {stop.start_at:%H:%M}-{stop.end_at:%H:%M}")


def pins_kept(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Every pinned visit is on a route of its rep, on its day, at its time."""
    visits = plan["stops"][plan["stops"]["kind"] == "visit"]
    for name, pin in scenario.reps.pinned.items():
        mine = visits[(visits["customer_id"] == pin.customer) & (visits["rep_id"] == pin.rep)]
        if pin.day is not None:
            mine = mine[mine["day"].dt.day_of_week == WEEKDAYS.index(pin.day)]
        if pin.time is not None:
            mine = mine[mine["start_at"].dt.floor("min") == mine["day"] + pin.time * MINUTE]
        if mine.empty:
            yield Finding("pins_kept", "stops", pin.customer, f"pin {name!r} is not kept")


def appointments_kept(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Every fixed appointment of a rep who works that day is on the route at its time."""
    days = plan["rep_days"]
    at_work = {(row.rep_id, row.day) for row in rows(days[days["works"]])}
    held = plan["stops"][plan["stops"]["kind"] == "appointment"]
    known = {(row.rep_id, row.start_at, row.end_at) for row in rows(held)}
    for row in rows(tables.appointments):
        if (row.rep_id, row.start.normalize()) in at_work and (row.rep_id, row.start, row.end) not in known:
            yield Finding("appointments_kept", "stops", row.rep_id, f"appointment at {row.start} is not kept")


CHECKS = (
    reps_at_work, days_in_order, visits_kept, visited_as_often_as_wanted, lunch_taken, pins_kept, appointments_kept,
)  # fmt: skip
