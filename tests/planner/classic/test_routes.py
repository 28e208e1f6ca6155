"""Nearest neighbour on a line: one km takes one minute, the rep lives at km 0 and works from 9:00."""

from dataclasses import replace

import numpy as np
import pandas as pd

from planner.classic.habits import CAREFUL, USUAL, Habits
from planner.classic.routes import classic_routes
from solvers.routing.problem import SPAN_SECONDS, RoutingProblem, Shift, Task
from solvers.routing.visits import UNSERVED
from solvers.travel import Places
from solvers.types import Routes

MONDAY = pd.Timestamp("2026-03-09")
NINE, NOON, ONE = 9 * 3600, 12 * 3600, 13 * 3600


def visit(place: int, *, window: tuple[int, int] = (0, SPAN_SECONDS), required: bool = False, minutes: int = 30,
          shifts: tuple[int, ...] = (0,), pin: str = "") -> Task:  # fmt: skip
    """A visit at the place of a number; its prize is ten euros."""
    return Task("visit", f"C{place}", "R1", place, 60 * minutes, (window,), 10.0, required, pin, shifts)


def appointment(start: int, end: int, *, place: int = -1) -> Task:
    """Fixed work of the rep."""
    name = f"C{place}" if place >= 0 else ""
    return Task("appointment", name, "R1", place, end - start, ((start, end),), 0.0, True, "", (0,))


def drive(*tasks: Task, at_km: tuple[float, ...], ends: int = 17 * 3600, lunch: int = 0, days: int = 1,
          habits: Habits = USUAL, pace: tuple[tuple[int, float], ...] = ()) -> Routes:  # fmt: skip
    """The classic routes of one rep; `at_km` are the customers' places on the line."""
    km = np.array([*at_km, 0.0])
    home = len(at_km)
    shifts = tuple(
        Shift("R1", MONDAY + pd.Timedelta(days=day), NINE, ends, home, home, 60 * lunch, NOON, ONE + 3600, pace=pace)
        for day in range(days)
    )
    far = np.abs(km[:, None] - km[None, :])
    rows = [("R1", s.day, True, "", s.day + pd.Timedelta(hours=9), s.day + pd.Timedelta(seconds=ends)) for s in shifts]
    table = pd.DataFrame(rows, columns=["rep_id", "day", "works", "reason", "shift_start_at", "shift_end_at"])
    places = Places(np.array([f"C{i}" for i in range(home)] + ["R1"], object), km * 0, km, np.arange(home + 1) < home)
    problem = RoutingProblem(
        tasks, shifts, places, np.rint(60 * far).astype(np.int64), far, 1.0, table, pd.DataFrame(columns=UNSERVED)
    )
    return classic_routes(problem, habits=habits)


def story(routes: Routes) -> list[str]:
    """Each stop as `kind-or-customer HH:MM`, start of service."""
    stops = routes.stops
    names = stops["customer_id"].where(stops["customer_id"] != "", stops["kind"])
    return [f"{name} {at:%H:%M}" for name, at in zip(names, stops["start_at"], strict=True)]


def test_the_nearest_is_next() -> None:
    """From 0 to 10, then 25 (15 away) rather than -12 (22 away), then back past home."""
    routes = drive(visit(0), visit(1), visit(2), at_km=(10.0, 25.0, -12.0))
    assert story(routes) == ["start 09:00", "C0 09:10", "C1 09:55", "C2 11:02", "end 11:44"]
    assert routes.shifts.loc[0, ["visits", "travel_km"]].tolist() == [3, 10 + 15 + 37 + 12]
    assert routes.outcome.value == 30 - 74
    assert routes.unserved.empty


def test_the_shift_end_is_kept_and_the_rest_named() -> None:
    """A visit from which home is not reached in time is left; nobody else can make it."""
    routes = drive(visit(0), visit(1), at_km=(10.0, 100.0), ends=NINE + 3600)
    assert story(routes) == ["start 09:00", "C0 09:10", "end 09:50"]
    assert routes.unserved[["customer_id", "reason"]].to_numpy().tolist() == [["C1", "shift_full"]]


def test_what_is_left_is_visited_the_next_day() -> None:
    """Two days of one hour: one visit each, none twice."""
    routes = drive(visit(0, shifts=(0, 1)), visit(1, shifts=(0, 1)), at_km=(10.0, -10.0), ends=NINE + 3600, days=2)
    assert routes.shifts["visits"].tolist() == [1, 1]
    assert sorted(routes.stops.loc[routes.stops["kind"] == "visit", "customer_id"]) == ["C0", "C1"]


def test_windows_are_not_looked_at() -> None:
    """The visit starts on arrival at 9:10, though the door opens at 11; the careful rep waits for it."""
    closed = visit(0, window=(11 * 3600, NOON))
    assert story(drive(closed, at_km=(10.0,)))[1] == "C0 09:10"
    careful = drive(closed, at_km=(10.0,), habits=CAREFUL)
    assert story(careful)[1] == "C0 11:00"
    assert careful.shifts.loc[0, "wait_minutes"] == 110
    missed = visit(0, window=(0, NINE))
    assert drive(missed, at_km=(10.0,), habits=CAREFUL).unserved["customer_id"].tolist() == ["C0"]


def test_must_visits_are_nearest_of_all() -> None:
    """A required visit is made before a nearer one that is not."""
    assert story(drive(visit(0), visit(1, required=True), at_km=(10.0, 20.0)))[1:3] == ["C1 09:20", "C0 10:00"]


def test_lunch_is_taken_at_the_first_stop_in_its_span() -> None:
    """Visits of 100 minutes end 10:50 and 12:40; lunch of 45 minutes follows the second."""
    routes = drive(*(visit(i, minutes=100) for i in range(3)), at_km=(10.0, 20.0, 30.0), lunch=45)
    assert story(routes) == ["start 09:00", "C0 09:10", "C1 11:00", "lunch 12:40", "C2 13:35", "end 15:45"]


def test_lunch_comes_first_when_no_visit_fits_before_it() -> None:
    """A visit of four and a half hours would end after lunch is over: lunch at noon, at home, then the visit."""
    routes = drive(visit(0, minutes=290), at_km=(10.0,), ends=18 * 3600 + 1800, lunch=45)
    assert story(routes) == ["start 09:00", "lunch 12:00", "C0 12:55", "end 17:55"]


def test_appointments_are_kept() -> None:
    """At 10:00 the rep must be at km 40: there is time for km 10 before, and for km 20 only afterwards."""
    meeting = appointment(10 * 3600 + 600, 11 * 3600, place=2)
    routes = drive(visit(0), visit(1), meeting, at_km=(10.0, 20.0, 40.0))
    assert story(routes) == ["start 09:00", "C0 09:10", "C2 10:10", "C1 11:20", "end 12:10"]
    kept = routes.stops.set_index("customer_id").loc["C2"]
    assert kept["kind"] == "appointment"
    assert f"{kept['arrive_at']:%H:%M}" == "10:10"


def test_a_pin_with_a_time_is_fixed_work() -> None:
    """The pinned visit starts at its minute."""
    pinned = visit(0, window=(NOON, NOON + 1800), pin="audit", required=True)
    routes = drive(pinned, visit(1), at_km=(10.0, 20.0))
    assert story(routes) == ["start 09:00", "C1 09:20", "C0 12:00", "end 12:40"]
    assert routes.stops["pinned"].tolist() == [False, False, True, False]


def test_nothing_to_visit() -> None:
    """No tasks: no stops, a row a rep-day."""
    routes = drive(at_km=())
    assert routes.stops.empty
    assert routes.outcome.reason == "nothing_to_do"
    assert routes.shifts["visits"].tolist() == [0]


def test_a_day_without_work_has_no_stops() -> None:
    """The only visit fits no shift: the rep stays at home, without lunch on the list."""
    routes = drive(visit(0), at_km=(900.0,), lunch=45)
    assert routes.stops.empty
    assert len(routes.unserved) == 1


def test_drives_take_what_they_take_at_their_hour_and_visits_what_their_day_is_worth() -> None:
    """At factor 2 until 9:10, so 10 km take 10 minutes for the first 5 and 5 for the rest; 30 minutes of visit; home at
    factor 1. The visit waits no day; the second, on Tuesday, lost 4 of its 10 euros."""
    waits = replace(visit(1, shifts=(1,)), waited_eur=(4.0,))
    routes = drive(visit(0), waits, at_km=(10.0, 20.0), days=2, pace=((0, 2.0), (NINE + 600, 1.0)))
    assert story(routes) == ["start 09:00", "C0 09:15", "end 09:55", "start 09:00", "C1 09:25", "end 10:15"]
    assert routes.stops["travel_seconds"].tolist() == [0, 900, 600, 0, 1500, 1200]
    assert routes.shifts[["prize_eur", "waited_eur"]].to_numpy().tolist() == [[10, 0], [6, 4]]
    assert routes.outcome.value == 16 - 20 - 40
    none = routes.shifts[["border_visits", "border_eur", "overtime_minutes", "overtime_eur"]]
    assert not none.to_numpy().any()
    assert not routes.stops["border"].any()
    assert routes.ways.empty
