import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solvers.routing.hours import hour_prices
from solvers.routing.pool.day import make_day
from solvers.routing.pool.polish import polish, timed
from solvers.routing.problem import Borders


def prices(problem, orders):
    return hour_prices(problem, orders, effort="thorough", seed=3)["price_eur_per_hour"].to_list()


def prolonged(problem, shift):
    shifts = list(problem.shifts)
    shifts[shift] = replace(shifts[shift], end_seconds=shifts[shift].end_seconds + 3600)
    return replace(problem, shifts=tuple(shifts))


def test_an_hour_is_worth_the_visit_it_holds(world):
    """9:00-10:00 holds A (60 minutes at the door). B is 10 km out: 20 minutes and 20 euro of driving for 30 minutes
    and 50 euro. An hour more holds it: 50 - 20 = 30. C, 45 minutes and 25 km out, costs 50 euro of driving: never."""
    week = world(days=2).rep("R1", shift="9:00-10:00", works=(0,))
    week.customer("A", 0, 0, prize=90, minutes=60).customer("B", 10, 0, prize=50, minutes=30)
    week.customer("C", 0, 25, prize=40, minutes=45)
    problem = week.problem()
    table = hour_prices(problem, ((0,),), effort="quick", seed=1)
    assert table["price_eur_per_hour"].to_list() == [pytest.approx(30)]
    assert table["rep_id"].to_list() == ["R1"]
    assert table["basis"].str.contains("60 minutes later").all()


def test_an_hour_may_swap_a_visit_but_never_a_required_one(world):
    """9:00-10:00 holds A (60 minutes, 20 euro). In two hours B (120 minutes, 90 euro) takes its place: 70 more. If A
    is required nothing changes: 0."""
    week = world(eur_per_km=0.0).rep("R1", shift="9:00-10:00").customer("B", 0, 0, prize=90, minutes=120)
    swap = week.customer("A", 0, 0, prize=20, minutes=60).problem()
    order = tuple(i for i, task in enumerate(swap.tasks) if task.customer_id == "A")
    assert prices(swap, (order,)) == [pytest.approx(70)]
    must = replace(swap, tasks=tuple(replace(t, required=t.customer_id == "A") for t in swap.tasks))
    assert prices(must, (order,)) == [0.0]


def test_nothing_waits_nothing_is_gained(world):
    """All visits are made; no shift, no row; a shift until midnight cannot be longer."""
    week = world().rep("R1").customer("A", 1, 0)
    assert prices(week.problem(), ((0,),)) == [0.0]
    assert hour_prices(world().problem(), (), effort="quick", seed=1).empty
    late = world(eur_per_km=0.0).rep("R1", shift="23:00-24:00").customer("A", 0, 0, minutes=90)
    assert prices(late.problem(), ((),)) == [0.0]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10_000))
def test_against_the_whole_solved_again(world, brute_force, feasible, number):
    """One rep-day with a best plan: the price is what solving again with an hour more brings, on random small days;
    the values of the search are those of the order it returns, and the order can be kept."""
    rng = np.random.default_rng(number)
    week = world(lunch=(30, "12:00-13:30")).rep("R1", shift="9:00-14:00")
    for k in range(5):
        start = int(rng.integers(9, 13))
        windows = (f"{start}:00-{start + 3}:00",) if rng.random() < 0.5 else ()
        x, y = (int(v) for v in rng.integers(-20, 20, 2))
        week.customer(f"C{k}", x, y, prize=float(rng.integers(40, 120)), minutes=int(rng.integers(30, 90)),
                      windows=windows)  # fmt: skip
    problem = week.problem()
    day = make_day(problem, 0, range(5))
    value, order = polish(day, (), worth_eur=day.prize, steps=300, seed=number)
    assert feasible(problem, 0, order)
    assert timed(day, order)
    assert value == pytest.approx(brute_force(problem))
    again = brute_force(prolonged(problem, 0))
    assert prices(problem, (order,)) == [pytest.approx(again - value, abs=1e-5)]


def test_timing_agrees_with_trying_every_lunch(world, feasible):
    """All orders of four tasks, an appointment without a place among them: kept by one method if by the other."""
    week = world(lunch=(60, "12:00-14:00")).rep("R1", shift="9:00-15:00").appointment("R1", "10:00", "10:45")
    week.customer("A", 20, 0, windows=("9:00-10:00", "13:00-14:30")).customer("B", -15, 5, windows=("11:00-13:30",))
    problem = week.customer("C", 3, 3, minutes=50).problem()
    day = make_day(problem, 0, range(4))
    found = [timed(day, order) for order in itertools.permutations(range(4))]
    assert found == [feasible(problem, 0, order) for order in itertools.permutations(range(4))]
    assert 0 < sum(found) < len(found)


def test_what_the_car_holds_is_kept(world):
    """An hour more holds B, worth 50, but the car holds one of two samples: A (60) or B, never both."""
    week = world(eur_per_km=0.0).rep("R1", shift="9:00-10:00").customer("A", 0, 0, prize=60, minutes=60)
    problem = week.customer("B", 0, 0, prize=50, minutes=60).problem()
    assert prices(problem, ((0,),)) == [pytest.approx(50)]
    tasks = tuple(replace(t, load=(1,)) for t in problem.tasks)
    scarce = replace(problem, tasks=tasks, shifts=(replace(problem.shifts[0], capacity=(1,)),))
    assert prices(scarce, ((0,),)) == [0.0]
    assert not timed(make_day(prolonged(scarce, 0), 0, (0, 1)), (0, 1))


def test_an_hour_more_is_no_overtime(world):
    """At the door 9:00-10:00 holds A (60 minutes, 90 euro); C (30 minutes, 40 euro) fits with half an hour of overtime
    at 60 an hour: 90 + 40 - 30. An hour more holds B too (60 minutes, 50 euro), and the overtime stays: 50. If only the
    latest end moved, B would cost 60 of overtime and bring nothing."""
    week = world(eur_per_km=0.0).rep("R1", shift="9:00-10:00").customer("A", 0, 0, prize=90, minutes=60)
    problem = week.customer("B", 0, 0, prize=50, minutes=60).customer("C", 0, 0, prize=40, minutes=30).problem()
    late = {"overtime_seconds": 1800, "overtime_eur_per_hour": 60.0}
    problem = replace(problem, shifts=(replace(problem.shifts[0], **late),))
    wide = tuple(replace(t, windows=((9 * 3600, 24 * 3600),)) for t in problem.tasks)
    number = {t.customer_id: i for i, t in enumerate(problem.tasks)}
    assert prices(replace(problem, tasks=wide), ((number["A"], number["C"]),)) == [pytest.approx(50)]
    night = replace(problem.shifts[0], end_seconds=24 * 3600 - 1800)
    assert prices(replace(problem, tasks=wide, shifts=(night,)), ((number["A"], number["C"]),)) == [0.0]


def test_an_hour_counts_what_waiting_and_borders_leave(world):
    """An hour more holds B, worth 50 less 8 for waiting and 5 for crossing the border: 37, if one visit may cross."""
    week = world(eur_per_km=0.0).rep("R1", shift="9:00-10:00").customer("A", 0, 0, prize=60, minutes=60)
    problem = week.customer("B", 0, 0, prize=50, minutes=60).problem()
    at = next(i for i, t in enumerate(problem.tasks) if t.customer_id == "B")
    tasks = tuple(replace(t, waited_eur=(8.0,), border=(0,)) if i == at else t for i, t in enumerate(problem.tasks))
    wide = tuple(replace(t, windows=((9 * 3600, 24 * 3600),)) for t in tasks)
    for most, price in ((1, 37.0), (0, 0.0)):
        soft = replace(problem, tasks=wide, borders=Borders(most, 5.0))
        assert prices(soft, ((1 - at,),)) == [pytest.approx(price)]
