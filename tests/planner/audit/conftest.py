"""A week on a straight road, worked out by hand: four reps, eight customers, every new rule of the field at work."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pytest

from inputs.types import Tables
from scenarios.schema import Scenario

MONDAY = pd.Timestamp("2026-03-09")
MINUTE = pd.Timedelta(minutes=1)
KM_PER_DEGREE = math.radians(1) * 6371.0088
HOMES = {"R1": 0.0, "R2": 30.0, "R3": 60.0, "R4": 90.0}
CUSTOMERS: dict[str, tuple[float, str]] = {
    "C1": (4.0, "R1"), "C2": (8.0, "R1"), "C3": (16.0, "R1"), "C4": (31.0, "R2"),
    "C5": (35.0, "R2"), "C6": (62.0, "R3"), "C7": (59.0, "R3"), "C8": (88.0, "R4"),
}  # fmt: skip
"""Kilometre on the road, owner."""
VALUE_EUR = 100.0
VISIT_MINUTES = 30
SHIFT = (480, 1020)
PLAN: dict[tuple[str, int], list[str]] = {
    ("R1", 0): ["C1"], ("R1", 1): ["C2"], ("R2", 0): ["C4", "C3"], ("R2", 1): ["C5"], ("R3", 1): ["C7", "C6"],
    ("R4", 1): ["C8"],
}  # fmt: skip
"""Customers by rep and day; C3 is R1's and is visited by its neighbour R2."""
RUSH = ((480, 540, 2.0), (540, 570, 1.5))
"""Minutes from, to, and what a minute of road takes."""
SLOW = {"R3": 1.25}
OVERTIME = {"eur_per_hour": 36, "max_minutes_per_day": 45}
BORDERS = {"max_visits_pct": 12.5, "eur_per_visit": 7, "neighbours": 1}

WEEK: dict[str, Any] = {
    "name": "road", "as_of": "2026-03-06", "horizon": {"start": "2026-03-09", "days": 2},
    "data": {"customers": "c.csv"}, "money": {"travel_eur_per_km": 0.5},
    "channels": {"field": {"contact_minutes": VISIT_MINUTES}},
    "next_best_action": {"waiting_pct_per_day": 10},
    "territories": {"borders": BORDERS},
    "reps": {
        "lunch": {"minutes": 0}, "overtime": OVERTIME, "balance": {"eur_per_hour": 20},
        "travel": {
            "speed_kmh": 60, "detour_factor": 1,
            "hours": [{"between": "08:00-09:00", "factor": 2}, {"between": "09:00-09:30", "factor": 1.5}],
        },
    },
}  # fmt: skip


def latitude(km: float) -> float:
    """Degrees north of a place so far up the road."""
    return 41.0 + km / KM_PER_DEGREE


def rushed(clock: float, road_minutes: float, factor: float) -> float:
    """When a drive ends that begins at `clock`: followed in steps of a tenth of a second."""
    step = 1 / 600
    left, now = road_minutes * factor, clock
    while left > 1e-9:
        pace = next((by for begin, end, by in RUSH if begin <= now + step / 2 < end), 1.0)
        left, now = left - step / pace, now + step
    return now


@dataclass(frozen=True)
class Road:
    """The week: what was asked, what is known, and a sound plan."""

    scenario: Scenario
    tables: Tables
    plan: dict[str, pd.DataFrame]

    def asked(self, **changes: Any) -> Scenario:
        """The scenario with blocks of WEEK changed."""
        return Scenario.model_validate(merged(WEEK, changes))

    def changed(self, table: str, rows: Any, **cells: Any) -> dict[str, pd.DataFrame]:
        """The plan with cells of a table rewritten."""
        frame = self.plan[table].copy()
        for column, value in cells.items():
            frame.loc[rows, column] = value
        return self.plan | {table: frame}


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Nested blocks, the later ones winning."""
    blocks = {
        key: merged(base[key], value) if isinstance(value, dict) and isinstance(base.get(key), dict) else value
        for key, value in changes.items()
    }
    return {**base, **blocks}


def road_tables() -> Tables:
    """Customers and reps of the road; C8 needs the skill `laser`, loses 50 % a day; C2 loses nothing."""
    frames = {name: pd.DataFrame() for name in Tables.__dataclass_fields__ if name not in ("quality", "hashes")}
    count = len(CUSTOMERS)
    frames["customers"] = pd.DataFrame(
        {
            "customer_id": list(CUSTOMERS), "latitude": [latitude(km) for km, _ in CUSTOMERS.values()],
            "longitude": 2.0, "visit_minutes": math.nan, "visits_per_week": math.nan, "min_days_between": math.nan,
            "windows": [()] * count, "due_date": pd.NaT, "required": False,
            "required_skill": ["laser" if name == "C8" else "" for name in CUSTOMERS],
            "waiting_pct_per_day": [{"C8": 50.0, "C2": 0.0}.get(name, math.nan) for name in CUSTOMERS],
        }
    )  # fmt: skip
    reps = pd.DataFrame({"rep_id": list(HOMES), "home_latitude": [latitude(km) for km in HOMES.values()]})
    frames["reps"] = reps.assign(
        home_longitude=2.0, end_latitude=math.nan, end_longitude=math.nan, shift_start=SHIFT[0], shift_end=SHIFT[1],
        drive_factor=[SLOW.get(rep, math.nan) for rep in HOMES],
        skills=[("laser",) if rep in ("R3", "R4") else () for rep in HOMES],
        working_days=[("mon", "tue", "wed", "thu", "fri")] * len(HOMES),
    )  # fmt: skip
    frames["absences"] = pd.DataFrame({"person_id": pd.Series(dtype="str"), "date": pd.Series(dtype="datetime64[us]")})
    appointments = {"rep_id": "str", "customer_id": "str", "start": "datetime64[us]", "end": "datetime64[us]"}
    frames["appointments"] = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in appointments.items()})
    return Tables(**frames)


def instant(day: pd.Timestamp, minutes: float) -> pd.Timestamp:
    """That minute of the day, on whole milliseconds."""
    return (day + minutes * MINUTE).round("ms")


def stops_of(rep: str, day: int, order: list[str]) -> list[dict[str, Any]]:
    """The rep-day driven as early as it can be; R2 waits at C4 on Monday until the day ends 20 minutes late."""
    clock, at, rows = float(SHIFT[0]), HOMES[rep], []
    today = MONDAY + pd.Timedelta(days=day)
    wait_until = 951.0 if (rep, day) == ("R2", 0) else 0.0
    ids = ["", *order, ""]
    for position, customer in enumerate(ids):
        kind = "start" if position == 0 else "visit" if customer else "end"
        to = CUSTOMERS[customer][0] if customer else HOMES[rep]
        arrives = rushed(clock, abs(to - at), SLOW.get(rep, 1.0))
        begins = max(arrives, wait_until if kind == "visit" else 0.0)
        ends = begins + (VISIT_MINUTES if kind == "visit" else 0)
        lost = {"C8": 0.5, "C2": 0.0}.get(customer, 0.1) if day else 0.0
        whole = VALUE_EUR if kind == "visit" else 0.0
        rows.append(
            {
                "rep_id": rep, "day": today, "position": position, "kind": kind, "customer_id": customer,
                "latitude": latitude(to), "longitude": 2.0, "travel_seconds": 60 * (arrives - clock),
                "travel_km": abs(to - at), "arrive_at": instant(today, arrives), "start_at": instant(today, begins),
                "end_at": instant(today, ends), "prize_eur": whole * (1 - lost), "pinned": False,
                "waited_eur": whole * lost, "border": kind == "visit" and CUSTOMERS[customer][1] != rep,
            }
        )  # fmt: skip
        clock, at = ends, to
    return rows


def days_of(stops: pd.DataFrame) -> pd.DataFrame:
    """One row per rep and day with the sums that belong to it, added up stop by stop."""
    found = []
    for rep in HOMES:
        for day in (MONDAY, MONDAY + pd.Timedelta(days=1)):
            mine = [row for row in stops.to_dict("records") if row["rep_id"] == rep and row["day"] == day]
            visits = [row for row in mine if row["kind"] == "visit"]
            ends = day + SHIFT[1] * MINUTE
            late = max(0.0, (mine[-1]["arrive_at"] - ends) / MINUTE) if mine else 0.0
            border = sum(row["border"] for row in mine)
            found.append(
                {
                    "rep_id": rep, "day": day, "works": True, "reason": "", "shift_start_at": day + SHIFT[0] * MINUTE,
                    "shift_end_at": ends, "visits": len(visits), "visit_minutes": float(VISIT_MINUTES * len(visits)),
                    "travel_minutes": sum(row["travel_seconds"] for row in mine) / 60,
                    "wait_minutes": sum((row["start_at"] - row["arrive_at"]) / MINUTE for row in mine),
                    "travel_km": sum(row["travel_km"] for row in mine),
                    "prize_eur": sum(row["prize_eur"] for row in mine),
                    "waited_eur": sum(row["waited_eur"] for row in mine), "border_visits": border,
                    "border_eur": border * 7.0, "overtime_minutes": late, "overtime_eur": late * 36 / 60,
                }
            )  # fmt: skip
    return pd.DataFrame(found)


def road_plan(scenario: Scenario, tables: Tables) -> dict[str, pd.DataFrame]:
    """The sound plan: eight visits offered, all made, one of them by a neighbour; 800 euros of contacts."""
    stops = pd.DataFrame([row for (rep, day), order in PLAN.items() for row in stops_of(rep, day, order)])
    days = days_of(stops)
    ids = list(CUSTOMERS)
    pairs = pd.DataFrame({"customer_id": ids, "channel": "field", "value_eur": VALUE_EUR})
    costs = 0.5 * days["travel_km"].sum() + days["overtime_eur"].sum() + 7.0 + days["waited_eur"].sum()
    rounds = pd.DataFrame({"number": [1], "value_eur": [VALUE_EUR * len(ids) - costs], "kept": [True]})
    return {
        "team": tables.reps.assign(skills=tables.reps["skills"].map("|".join), working_days="mon|tue|wed|thu|fri"),
        "territories": pd.DataFrame({"customer_id": ids, "rep_id": [owner for _, owner in CUSTOMERS.values()]}),
        "rep_days": days, "stops": stops, "allocations": pairs.copy(), "actions": pairs.copy(), "rounds": rounds,
        "unserved": pd.DataFrame({"customer_id": pd.Series(dtype="str")}),
    }  # fmt: skip


@pytest.fixture(scope="session")
def road() -> Road:
    """The week on the road; treat it as read-only."""
    scenario, tables = Scenario.model_validate(WEEK), road_tables()
    return Road(scenario, tables, road_plan(scenario, tables))
