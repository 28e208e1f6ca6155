"""Overtime, paces, waiting and borders in the pool: worked out by hand, and against trying all plans."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solvers.brake import Brake
from solvers.routing.pool import upper_bound
from solvers.routing.pool.day import make_day, prize_eur
from solvers.routing.pool.group import relax
from solvers.routing.pool.labels import reach_bound, rest_bound, through_bound
from solvers.routing.pool.master import Column, Master
from solvers.routing.pool.polish import NEVER, arrival, overtime_eur, polish
from solvers.routing.pool.settle import settle
from solvers.routing.problem import Borders, EvenWeeks, Orders

QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def with_shifts(problem, **changes):
    return replace(problem, shifts=tuple(replace(s, **changes) for s in problem.shifts))


def two_ways(world, **changes):
    """A (50 euro) and B (40) lie 30 minutes out on both sides, an hour each; 9:00-12:00 holds one of them."""
    week = world(eur_per_km=0.0).rep("R1", shift="9:00-12:00").customer("A", 30, 0, prize=50, minutes=60)
    return with_shifts(week.customer("B", -30, 0, prize=40, minutes=60).problem(), **changes)


def random_week(world, soften, number, *, reps=2, visits=4):
    rng = np.random.default_rng(number)
    week = world(lunch=(30, "12:00-13:00") if number % 2 else None, eur_per_km=float(rng.choice([0.0, 0.5])))
    for r in range(reps):
        week.rep(f"R{r}", shift="9:00-13:30", home=tuple(int(v) for v in rng.integers(-15, 15, 2)))
    if number % 3 == 0:
        week.appointment("R0", "10:30", "11:00")
    for k in range(visits):
        start = int(rng.integers(9, 12))
        windows = (f"{start}:00-{start + 2}:00",) if rng.random() < 0.4 else ()
        x, y = (int(v) for v in rng.integers(-30, 30, 2))
        who = tuple(f"R{r}" for r in range(reps) if rng.random() < 0.7) or ("R0",)
        week.customer(f"C{k}", x, y, prize=float(rng.integers(10, 90)), minutes=int(rng.integers(20, 100)),
                      windows=windows, reps=who)  # fmt: skip
    return soften(week.problem(), number)


@pytest.mark.parametrize(("eur_per_hour", "minutes", "value"), [(30, 60, 60), (30, 59, 50), (45, 60, 50)])
def test_overtime_is_bought_where_it_pays(world, eur_per_hour, minutes, value):
    """Both visits take until 13:00. An hour of overtime at 30 euro leaves 50 + 40 - 30 = 60; a minute less of it, or 45
    euro an hour, and one visit without overtime is better: 50."""
    problem = two_ways(world, overtime_seconds=60 * minutes, overtime_eur_per_hour=eur_per_hour)
    bound = upper_bound(problem, rounds=60, seed=1)
    assert bound.value_eur == pytest.approx(value, abs=0.02)
    assert len(bound.orders[0]) == (2 if value == 60 else 1)
    day = make_day(problem, 0, (0, 1))
    assert arrival(day, (0, 1)) == (13 * 3600 if minutes == 60 else NEVER)
    assert overtime_eur(day, (0, 1)) == pytest.approx(eur_per_hour * minutes / 60)
    assert overtime_eur(day, (0,)) == overtime_eur(day, ()) == 0.0


def test_a_drive_takes_its_hours_factor_and_parking_is_not_stretched(world):
    """Drives take twice as long until 9:45, then their time. 1,800 base seconds from 9:00: 22.5 minutes of them until
    9:45, the rest until 9:52:30; parked 9:54:30; served 10:54:30; home 11:24:30. Half as fast all day: 10:00, 10:02,
    11:02, 12:02, two minutes of overtime at 30 euro an hour: 1 euro."""
    problem = two_ways(world)
    away = (problem.seconds > 0) & problem.places.parks
    problem = replace(problem, parking_seconds=120, seconds=problem.seconds + np.where(away, 120, 0))
    early = with_shifts(problem, pace=((0, 2.0), (9 * 3600 + 2700, 1.0)))
    assert arrival(make_day(early, 0, (0,)), (0,)) == 11 * 3600 + 24 * 60 + 30
    slow = with_shifts(problem, pace=((0, 2.0),), overtime_seconds=600, overtime_eur_per_hour=30.0)
    assert arrival(make_day(slow, 0, (0,)), (0,)) == 12 * 3600 + 120
    assert upper_bound(slow, rounds=60, seed=1).value_eur == pytest.approx(49, abs=0.02)
    assert arrival(make_day(with_shifts(slow, overtime_seconds=0), 0, (0,)), (0,)) == NEVER


def test_what_waits_is_worth_less_and_its_days_are_priced_apart(world):
    """One visit a day. A loses 20 until Tuesday, B 2: A on Monday, B on Tuesday, 50 + 38; days are no longer alike. The
    bound is that to 2 %, below the 90 of a week in which nothing waits."""
    week = world(eur_per_km=0.0, days=2).rep("R1", shift="9:00-12:00").customer("A", 30, 0, prize=50, minutes=60)
    problem = week.customer("B", -30, 0, prize=40, minutes=60).problem()
    assert [g.shifts for g in relax(problem).groups] == [(0, 1)]
    lost = {"A": (0.0, 20.0), "B": (0.0, 2.0)}
    problem = replace(problem, tasks=tuple(replace(t, waited_eur=lost[t.customer_id]) for t in problem.tasks))
    assert [(g.shifts, g.prize.tolist()) for g in relax(problem).groups] == [((0,), [50, 40]), ((1,), [30, 38])]
    bound = upper_bound(problem, incumbent=((1,), (0,)), rounds=60, seed=1)
    assert 88 <= bound.value_eur <= 1.02 * 88
    assert bound.orders == ((0,), (1,))


@pytest.mark.parametrize(("most", "value"), [(0, 50), (1, 85), (2, 110)])
def test_visits_across_borders_cost_and_are_few(world, most, value):
    """A, B and C (50, 40, 30) belong to R1, whose day holds one; R2 and R3 may take one each for 5 euro. None: 50. One:
    50 + 35. Two: 50 + 35 + 25. The plan keeps to it, and the bound is that of the best plan to 3 %."""
    week = world(eur_per_km=0.0)
    for rep in ("R1", "R2", "R3"):
        week.rep(rep, shift="9:00-12:00")
    for name, (x, y), prize in (("A", (30, 0), 50), ("B", (-30, 0), 40), ("C", (0, 30), 30)):
        week.customer(name, x, y, prize=prize, minutes=60, reps=("R1", "R2", "R3"))
    problem = week.problem()
    tasks = tuple(replace(t, border=(1, 2)) for t in problem.tasks)
    problem = replace(problem, tasks=tasks, borders=Borders(most, 5.0))
    assert [prize_eur(problem, s, 0) for s in range(3)] == [50, 45, 45]
    bound = upper_bound(problem, incumbent=((2,), (), ()), rounds=60, seed=1)
    assert value <= bound.value_eur <= 1.03 * value
    assert len(bound.orders[0]) == 1
    assert sum(map(len, bound.orders[1:])) == most
    planned = sum(prize_eur(problem, s, i) for s, order in enumerate(bound.orders) for i in order)
    assert planned == pytest.approx(value)
    assert bound.duals_eur.shape == (3,)


def test_the_master_packs_no_more_border_visits_than_there_may_be():
    """Two routes of 10 euro, each with one visit across a border, and one of 4 without: one of the first and the last,
    14; the mixture's price of one more border visit is the 6 that it would gain over the route without."""
    master = Master(visits=3, groups=[2], border_visits=[1])
    for visit, value, across in ((0, 10.0, 1), (1, 10.0, 1), (2, 4.0, 0)):
        master.add(Column(0, (visit,), value, True, across))
    master.hold(np.zeros(4), np.full(4, 99.0))
    value, prices, groups = master.solve()
    assert value == pytest.approx(14)
    assert prices[3] + groups[0] == pytest.approx(10)
    assert sorted(master.pack([10.0, 10.0, 4.0], start=[2], nodes=50, seconds=9.0))[-1] == 2


def test_a_plan_made_even_is_kept(world):
    """The pool would take A for B; a plan that was made even stays, with the bound of its value."""
    problem, worse = two_ways(world), Orders(((1,),), "by hand")
    even = replace(problem, even=EvenWeeks(10.0, {"R1": 0.0}))
    kept, bound = settle(even, worse, effort="thorough", seed=1, brake=Brake(math.inf))
    assert (kept, bound) == (worse, pytest.approx(50, abs=10))
    assert bound >= 50
    assert settle(problem, worse, effort="thorough", seed=1, brake=Brake(math.inf))[0].sequences == ((0,),)


@settings(max_examples=8, deadline=None, suppress_health_check=QUIET)
@given(st.integers(0, 10_000))
def test_never_below_the_best_plan(world, soften, soft_best, soft_day, number):
    """Random small weeks with overtime, a pace and parking, waiting and borders switched on and off: the best plan by
    trying all is worth no more than the bound; the plan handed back is legal and worth what a second method says."""
    problem = random_week(world, soften, number)
    best = soft_best(problem)
    bound = upper_bound(problem, rounds=8, seed=number)
    assert best <= bound.value_eur + 1e-6
    worth = [soft_day(problem, s, order) for s, order in enumerate(bound.orders)]
    across = sum(s in problem.tasks[i].border for s, order in enumerate(bound.orders) for i in order)
    assert min(worth) > -math.inf
    assert problem.borders is None or across <= problem.borders.most_visits
    if not any(task.kind == "appointment" for task in problem.tasks):
        assert sum(worth) <= best + 1e-6


@settings(max_examples=12, deadline=None, suppress_health_check=QUIET)
@given(st.integers(0, 10_000))
def test_one_day_against_a_second_method(world, soften, soft_day, number):
    """All orders of a rep-day: kept by one method if by the other; polish ends at the best of them; no route is worth
    more than the table says of its start, nor more than it says of each of its visits."""
    problem = random_week(world, soften, number, reps=1, visits=5)
    fixed = [i for i, t in enumerate(problem.tasks) if t.kind == "appointment"]
    problem = replace(problem, borders=None)
    day = make_day(problem, 0, range(len(problem.tasks)))
    group = (relaxed := relax(problem)).groups[0]
    like = relaxed.day(group, group.tasks)
    rest = rest_bound(like, group.prize, 60)
    through = through_bound(reach_bound(like, group.prize, 60), rest)
    best = 0.0
    for count in range(1, len(problem.tasks) + 1):
        for order in itertools.permutations(range(len(problem.tasks)), count):
            value = soft_day(problem, 0, order)
            assert (arrival(day, order) < NEVER) == (value > -math.inf)
            best = max(best, value) if set(fixed) <= set(order) else best
            if value > -math.inf:
                assert value <= through[list(order)].min() + 1e-6
                assert value <= rest[0, -1, 0] + 1e-6
    if not fixed:
        value, order = polish(day, (), worth_eur=day.prize, steps=300, seed=number)
        assert value == pytest.approx(best)
        assert value == pytest.approx(soft_day(problem, 0, order))
