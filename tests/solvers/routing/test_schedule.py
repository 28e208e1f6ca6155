import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solvers.routing.arrays import make_arrays
from solvers.routing.schedule import timetable

QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def told(problem, order):
    """The timetable of shift 0 as `kind HH:MM` of the start of each event."""
    events = timetable(problem, make_arrays(problem), 0, order)
    return None if events is None else [f"{e.kind} {e.start // 3600:02d}:{e.start // 60 % 60:02d}" for e in events]


def test_departure_waits_at_home_and_lunch_floats(world):
    """A opens at 10:00 and is 20 minutes away: leave at 9:40. B is 10 minutes on, so lunch at noon where B is."""
    week = world(lunch=(60, "12:00-14:00")).rep("R1")
    week.customer("A", 20, 0, windows=("10:00-12:00",)).customer("B", 30, 0, minutes=60)
    assert told(week.problem(), (0, 1)) == ["start 09:40", "visit 10:00", "visit 10:40", "lunch 12:00", "end 13:30"]


def test_lunch_is_taken_before_a_long_visit_if_that_is_the_only_way(world):
    """B lasts from 13:00 to 15:00, so the hour within 12:00 to 14:00 ends before the drive to B."""
    week = world(lunch=(60, "12:00-14:00")).rep("R1")
    week.customer("A", 10, 0, minutes=120).customer("B", 20, 0, minutes=120, windows=("13:00-15:30",))
    assert told(week.problem(), (0, 1)) == ["start 09:00", "visit 09:10", "lunch 12:00", "visit 13:10", "end 15:30"]


def test_lunch_at_home_before_a_day_that_starts_late(world):
    """The only visit is open from 14:00 to 16:00: lunch ends when the rep leaves."""
    week = world(lunch=(60, "12:00-14:00")).rep("R1").customer("A", 20, 0, minutes=120, windows=("14:00-16:00",))
    assert told(week.problem(), (0,)) == ["start 12:40", "lunch 12:40", "visit 14:00", "end 16:20"]


def test_the_second_window_is_used_and_an_order_may_be_impossible(world):
    """After B (till 11:30) the morning window of A is over; A in the afternoon makes B after it too late."""
    week = world().rep("R1").customer("A", 10, 0, windows=("9:00-10:00", "15:00-16:00"))
    week.customer("B", 10, 0, minutes=120, windows=("9:30-12:00",))
    assert told(week.problem(), (1, 0)) == ["start 09:20", "visit 09:30", "visit 15:00", "end 15:40"]
    assert told(week.problem(), (0, 1)) == ["start 09:00", "visit 09:10", "visit 09:40", "end 11:50"]
    late = world().rep("R1").customer("A", 10, 0, windows=("15:00-16:00",))
    late.customer("B", 10, 0, windows=("9:30-12:00",))
    assert told(late.problem(), (0, 1)) is None
    assert told(late.problem(), ()) == []


def test_an_appointment_without_a_place_is_where_the_rep_is(world):
    """From A (20 km out) the call at 11:00 needs no drive, and the way home is from A."""
    week = world().rep("R1").appointment("R1", "11:00", "11:30").customer("A", 20, 0)
    events = timetable(week.problem(), make_arrays(week.problem()), 0, (1, 0))
    assert [(e.kind, e.travel_km, e.start) for e in events][1:] == [
        ("visit", 20.0, 9 * 3600 + 1200),
        ("appointment", 0.0, 11 * 3600),
        ("end", 20.0, 11 * 3600 + 3000),
    ]


@settings(max_examples=120, deadline=None, suppress_health_check=QUIET, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_an_order_is_kept_exactly_where_trying_every_lunch_keeps_it(world, feasible, seed):
    """The compiled steps against the second method, on random windows, visits, appointments and lunches."""
    rng = np.random.default_rng(seed)
    lunch = (int(rng.integers(20, 70)), "11:30-13:30") if rng.random() < 0.7 else None
    week = world(lunch=lunch).rep("R1", shift="9:00-15:00")
    for name in "ABCD"[: rng.integers(1, 5)]:
        begin = int(rng.integers(9, 13))
        windows = (f"{begin}:00-{begin + 1}:30", f"{begin + 2}:00-15:00") if rng.random() < 0.5 else ()
        week.customer(name, *rng.integers(-15, 16, 2), minutes=int(rng.integers(10, 70)), windows=windows)
    if rng.random() < 0.3:
        week.appointment("R1", "10:00", "10:20")
    problem = week.problem()
    order = tuple(int(i) for i in rng.permutation(len(problem.tasks)))
    events = timetable(problem, make_arrays(problem), 0, order)
    assert (events is not None) == feasible(problem, 0, order)
    for event in events or ():
        if event.kind == "visit":
            task = problem.tasks[event.task]
            assert any(a <= event.start and event.end <= b for a, b in task.windows)
            assert event.end - event.start == task.service_seconds
