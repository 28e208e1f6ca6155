"""Field work as the clash checks see it: rep-days, visits that must be made, fixed appointments, drives.

Times are seconds after midnight of the rep-day. Read from the tables anew: no line is shared with the routing engines,
so that what both call impossible was found twice.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from inputs.rows import rows
from inputs.types import Tables
from scenarios.schema import FIELD, WEEKDAYS, Pin, Scenario
from scenarios.schema.travel import Travel
from solvers.team import make_team, rep_days
from solvers.travel import Places, TravelModel, drive_factors, least_factor, make_travel, pace_of, stretched

DAY_SECONDS = 24 * 3600


@dataclass(frozen=True)
class RepDay:
    """One rep on one day; lunch is 0 where none is due. reason: why the rep does not work, "" if they do.

    end: when the day must be over, overtime made use of.
    """

    rep_id: str
    day: pd.Timestamp
    reason: str
    start: int
    end: int
    lunch: int
    lunch_from: int
    lunch_to: int

    @property
    def weekday(self) -> str:
        """mon to sun."""
        return WEEKDAYS[self.day.weekday()]


@dataclass(frozen=True)
class Visit:
    """A visit that must be made: name of its pin ("" for a required customer), service in seconds.

    visits: how many such visits are asked for in the horizon, at least `days_between` days apart.
    """

    customer_id: str
    service: int
    windows: tuple[tuple[int, int], ...]
    skill: str
    due: pd.Timestamp | None
    visits: int
    days_between: int
    name: str = ""
    pin: Pin | None = None


@dataclass(frozen=True)
class Appointment:
    """A fixed appointment on a working rep-day; customer_id "" if it is wherever the rep is."""

    rep_id: str
    day: pd.Timestamp
    start: int
    end: int
    customer_id: str


@dataclass(frozen=True)
class FieldWork:
    """All fixed and required field work of a horizon.

    days: by rep. skills: by rep. owner: rep who alone may visit, by customer; who is absent may be visited by anybody
        skilled (an upper bound of what territories allow, so that a clash is one for every choice of them).
    seconds: of drives by the smallest factor that any hour or rep has, so that a clash is one at every time of day.
    gone: reps of the table whom the scenario takes away.
    """

    scenario: Scenario
    days: Mapping[str, tuple[RepDay, ...]]
    skills: Mapping[str, frozenset[str]]
    owner: Mapping[str, str]
    visits: tuple[Visit, ...]
    appointments: tuple[Appointment, ...]
    silent: frozenset[str]
    gone: tuple[str, ...]
    places: Places
    seconds: np.ndarray = field(repr=False)

    @cached_property
    def index(self) -> dict[str, int]:
        """Number of each place, by id; where a rep ends is `rep/end`."""
        return {str(name): i for i, name in enumerate(self.places.ids)}

    def drive(self, start: str, end: str) -> int:
        """Seconds from place to place."""
        return int(self.seconds[self.index[start], self.index[end]])

    def home_drive(self, customer: str, rep_id: str) -> int:
        """Seconds from a customer to where the rep's day ends."""
        end = f"{rep_id}/end"
        return self.drive(customer, end if end in self.index else rep_id)

    def working(self) -> Iterator[RepDay]:
        """All rep-days with work."""
        return (each for days in self.days.values() for each in days if not each.reason)


def field_work(scenario: Scenario, tables: Tables) -> FieldWork:
    """Read what must be done in the field, and who is there to do it."""
    s = scenario
    team = make_team(
        tables.reps,
        tables.current_territories,
        tables.customers,
        settings=s.reps,
        default_visit_minutes=s.visit_minutes(),
    )
    frame = rep_days(team, tables.absences, settings=s.reps, horizon=s.horizon)
    hours = {row.rep_id: (60 * int(row.shift_start), 60 * int(row.shift_end)) for row in rows(team)}
    days: dict[str, tuple[RepDay, ...]] = dict.fromkeys(team["rep_id"], ())
    for row in rows(frame):
        days[row.rep_id] += (_rep_day(row, hours[row.rep_id], s),)
    visits, silent = _visits(s, tables.customers)
    known = set(tables.customers["customer_id"])
    appointments = tuple(_appointments(tables.appointments, days, known))
    stops = sorted({v.customer_id for v in visits} | {a.customer_id for a in appointments if a.customer_id})
    places = _places(tables.customers.set_index("customer_id").loc[stops], team)
    return FieldWork(
        scenario=s,
        days=days,
        skills={row.rep_id: frozenset(row.skills or ()) for row in rows(team)},
        owner=_sole_visitors(s, tables.current_territories, team, frame),
        visits=visits,
        appointments=appointments,
        silent=silent,
        gone=tuple(sorted(set(tables.reps["rep_id"]) - set(team["rep_id"]))),
        places=places,
        seconds=_shortest_drives(s.reps.travel, tables.travel_times, team).matrix(places, places)[0],
    )


def _shortest_drives(settings: Travel, travel_times: pd.DataFrame, team: pd.DataFrame) -> TravelModel:
    """Drives no longer than they are for any rep at any hour."""
    bands = settings.hour_bands()
    paces = [pace_of(bands, factor) for factor in drive_factors(team).values()]
    factor = min(map(least_factor, paces), default=1.0)
    return stretched(make_travel(settings, travel_times), factor, settings)


def _rep_day(row: object, hours: tuple[int, int], scenario: Scenario) -> RepDay:
    lunch = scenario.reps.lunch
    begin, until = (60 * lunch.between[0], 60 * lunch.between[1]) if lunch else (0, 0)
    due = lunch is not None and hours[0] <= begin and until <= hours[1]
    seconds = math.ceil(60 * lunch.minutes) if lunch and due else 0
    overtime = scenario.reps.overtime
    end = hours[1]
    if overtime is not None:
        end = max(end, min(DAY_SECONDS, end + math.floor(60 * overtime.max_minutes_per_day)))
    return RepDay(row.rep_id, row.day, row.reason, hours[0], end, seconds, begin, until)  # type: ignore[attr-defined]


def _visits(scenario: Scenario, customers: pd.DataFrame) -> tuple[tuple[Visit, ...], frozenset[str]]:
    """Visits that must be made, pins first, and the pinned or required customers without consent to the field."""
    pins = scenario.reps.pinned
    required = set(customers.loc[customers["required"].astype(bool), "customer_id"])
    named = {pin.customer for pin in pins.values()}
    weeks = max(1, math.ceil(scenario.horizon.days / 7))
    found: list[Visit] = []
    silent = set()
    for row in rows(customers[customers["customer_id"].isin(required | named)]):
        if scenario.contact_policy.respect_consent and FIELD not in tuple(row.consent or ()):
            silent.add(str(row.customer_id))
        minutes = scenario.visit_minutes() if pd.isna(row.visit_minutes) else float(row.visit_minutes)
        often = 0.0 if pd.isna(row.visits_per_week) else float(row.visits_per_week)
        gap = 1.0 if pd.isna(row.min_days_between) else float(row.min_days_between)
        plain = Visit(
            customer_id=str(row.customer_id),
            service=math.ceil(60 * minutes),
            windows=tuple(sorted((60 * a, 60 * b) for a, b in row.windows or ())) or ((0, DAY_SECONDS),),
            skill=row.required_skill if isinstance(row.required_skill, str) else "",
            due=None if pd.isna(row.due_date) else pd.Timestamp(row.due_date),
            visits=max(1, math.ceil(often * weeks)),
            days_between=max(1, math.ceil(gap)),
        )
        mine = {name: pin for name, pin in pins.items() if pin.customer == row.customer_id}
        found += [Visit(**{**vars(plain), "visits": 1, "name": name, "pin": pin}) for name, pin in mine.items()]
        if row.customer_id in required and row.customer_id not in silent and not mine:
            found.append(plain)
    return tuple(sorted(found, key=lambda visit: (not visit.name, visit.customer_id))), frozenset(silent)


def _appointments(
    table: pd.DataFrame, days: Mapping[str, tuple[RepDay, ...]], known: set[str]
) -> Iterator[Appointment]:
    at_work = {(each.rep_id, each.day) for mine in days.values() for each in mine if not each.reason}
    for row in rows(table):
        day = pd.Timestamp(row.start).normalize()
        if (row.rep_id, day) in at_work:
            start, end = (int((pd.Timestamp(at) - day).total_seconds()) for at in (row.start, row.end))
            yield Appointment(
                str(row.rep_id), day, start, end, str(row.customer_id) if row.customer_id in known else ""
            )


def _sole_visitors(
    scenario: Scenario, current: pd.DataFrame, team: pd.DataFrame, frame: pd.DataFrame
) -> dict[str, str]:
    """The only rep who may visit a customer, where the scenario leaves no other: kept, and owner at work and skilled.

    Where only owners visit, the owner alone, whether able or not.
    """
    settings = scenario.territories
    if settings.mode != "keep" or scenario.reps.headcount_change:
        return {}
    there = set(team["rep_id"])
    owners = {str(row.customer_id): str(row.rep_id) for row in rows(current) if row.rep_id in there}
    if settings.specialists == "own":
        return owners
    at_work = set(frame.loc[frame["works"].astype(bool), "rep_id"])
    return {customer: rep for customer, rep in owners.items() if rep in at_work}


def _places(stops: pd.DataFrame, team: pd.DataFrame) -> Places:
    ids, latitude, longitude = list(stops.index), list(stops["latitude"]), list(stops["longitude"])
    parks = len(ids)
    for row in rows(team):
        ids.append(row.rep_id)
        latitude.append(row.home_latitude)
        longitude.append(row.home_longitude)
        if pd.notna(row.end_latitude) and pd.notna(row.end_longitude):
            ids.append(f"{row.rep_id}/end")
            latitude.append(row.end_latitude)
            longitude.append(row.end_longitude)
    return Places(
        np.array(ids, object), np.array(latitude, float), np.array(longitude, float), np.arange(len(ids)) < parks
    )
