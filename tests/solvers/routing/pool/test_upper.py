import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solvers.brake import Brake
from solvers.routing.arrays import make_arrays
from solvers.routing.bound import knapsack_prices, upper_bound_eur
from solvers.routing.improve import make_state
from solvers.routing.pool import upper_bound
from solvers.routing.pool.group import relax, shortest_paths
from solvers.routing.pool.labels import rest_bound
from solvers.routing.pool.pricing import price_group
from solvers.routing.pool.settle import settle
from solvers.routing.pool.upper import _Search
from solvers.routing.problem import Orders


def worth_of(problem, orders):
    total = 0.0
    for shift, order in enumerate(orders):
        day = problem.shifts[shift]
        stops = [problem.tasks[i].place for i in order if problem.tasks[i].place >= 0]
        path = [day.start_place, *stops, day.end_place]
        km = sum(problem.km[a, b] for a, b in itertools.pairwise(path)) if order else 0.0
        total += sum(problem.tasks[i].prize_eur for i in order) - problem.travel_eur_per_km * km
    return total


def random_week(world, number, *, reps=2, visits=5):
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
    return week.problem()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10_000))
def test_never_below_the_best_plan_and_never_above_the_knapsack(world, brute_force, number):
    """Random small weeks with lunch, appointments, windows and two reps: best plan by trying all <= bound <= knapsack;
    the plan handed back is legal, worth what its visits say, and no better than the best."""
    problem = random_week(world, number)
    best = brute_force(problem)
    bound = upper_bound(problem, rounds=12, seed=number)
    assert best <= bound.value_eur + 1e-6
    assert bound.value_eur <= upper_bound_eur(problem) + 1e-9
    if not any(task.kind == "appointment" for task in problem.tasks):
        assert make_state(problem, make_arrays(problem), bound.orders).length.sum() == sum(map(len, bound.orders))
        assert worth_of(problem, bound.orders) <= best + 1e-6


def test_one_day_is_priced_exactly(world):
    """A and B lie 30 km apart on both sides; 9:00-12:00 holds one of them: 60 minutes there and back and 60 of visit.
    The knapsack has 180 - 30 minutes for visits of 30 + 60 each, so it holds A and two thirds of B, 50 + 26.67; routes
    show that only the better one can be had."""
    week = world(eur_per_km=0.0).rep("R1", shift="9:00-12:00").customer("A", 30, 0, prize=50, minutes=60)
    problem = week.customer("B", -30, 0, prize=40, minutes=60).problem()
    assert upper_bound_eur(problem) == pytest.approx(76.67, abs=0.02)
    bound = upper_bound(problem, rounds=60, seed=1)
    assert bound.value_eur == pytest.approx(50, abs=0.02)
    assert bound.orders == ((0,),)


def test_like_days_share_one_price_and_the_pool_packs_them(world):
    """Two equal days of one rep and four far visits of 50, 40, 30, 20: the days hold one each, so 90 in all."""
    week = world(eur_per_km=0.0, days=2).rep("R1", shift="9:00-12:00")
    for name, (x, y), prize in (("A", (30, 0), 50), ("B", (-30, 0), 40), ("C", (0, 30), 30), ("D", (0, -30), 20)):
        week.customer(name, x, y, prize=prize, minutes=60)
    problem = week.problem()
    assert [g.shifts for g in relax(problem).groups] == [(0, 1)]
    bound = upper_bound(problem, incumbent=((3,), ()), rounds=60, seed=1)
    assert bound.value_eur == pytest.approx(90, abs=0.05)
    assert sorted(bound.orders) == [(0,), (1,)]


def test_no_rounds_nothing_to_do_and_too_many_places(world):
    """No rounds or no time: the knapsack's figure and the incumbent; no visits: 0."""
    problem = world().rep("R1").customer("A", 5, 0, prize=30).problem()
    for bound in (upper_bound(problem, rounds=0), upper_bound(problem, rounds=5, seconds=-1.0)):
        assert bound.value_eur == pytest.approx(25, abs=0.02)
        assert bound.rounds == 0
    assert upper_bound(world().rep("R1").problem(), rounds=3).value_eur == 0.0


def test_required_visits_stay_in_the_packed_plan(world):
    """One visit fits. The required one is worth 1, the other 50: the plan keeps the required one."""
    week = world(eur_per_km=0.0).rep("R1", shift="9:00-12:00").customer("A", 30, 0, prize=1, minutes=60)
    problem = week.customer("B", -30, 0, prize=50, minutes=60).problem()
    problem = replace(problem, tasks=(replace(problem.tasks[0], required=True), problem.tasks[1]))
    bound = upper_bound(problem, incumbent=((0,),), rounds=6)
    assert bound.orders == ((0,),)
    assert bound.value_eur >= 50


def test_few_labels_and_short_visits_only_raise_the_bound(world):
    """With hardly any room for labels the bound is that of the tables; visits of no length are counted outright."""
    week = world(eur_per_km=0.0).rep("R1", shift="9:00-12:00")
    for k in range(6):
        week.customer(f"C{k}", 10 + k, 3 * k, prize=10 + k, minutes=20)
    problem = week.problem()
    relaxed = relax(problem)
    exact = price_group(relaxed, relaxed.groups[0], relaxed.groups[0].prize, target_eur=0.0, room=10_000)
    rough = price_group(relaxed, relaxed.groups[0], relaxed.groups[0].prize, target_eur=0.0, room=8)
    assert exact.bound_eur <= rough.bound_eur
    day = relaxed.day(relaxed.groups[0], relaxed.groups[0].tasks)
    assert rough.bound_eur <= rest_bound(day, relaxed.prize, 60)[0, -1, 0] + 1e-9
    week.customer("AT_HOME", 0, 0, prize=7, minutes=0)
    more = relax(week.problem())
    with_short = price_group(more, more.groups[0], more.groups[0].prize, target_eur=0.0, room=10_000)
    assert with_short.bound_eur == pytest.approx(exact.bound_eur + 7)


def test_shortest_paths_by_hand():
    """0 to 2 directly is 9, over 1 it is 5."""
    matrix = np.array([[0, 2, 9], [2, 0, 3], [9, 3, 0]], np.int32)
    shortest_paths(matrix)
    assert matrix.tolist() == [[0, 2, 5], [2, 0, 3], [5, 3, 0]]


def test_a_thorough_run_proves_by_routes_a_quick_one_by_the_knapsack(world):
    """Two far visits of which one fits: 76.67 by the knapsack, 50 by routes; a day's best route from the pool is taken
    where the orders given are worse; without time the knapsack's figure stands."""
    week = world(eur_per_km=0.0).rep("R1", shift="9:00-12:00").customer("A", 30, 0, prize=50, minutes=60)
    problem = week.customer("B", -30, 0, prize=40, minutes=60).problem()
    worse = Orders(((1,),), "by hand")
    quick, bound = settle(problem, worse, effort="quick", seed=1, brake=Brake(math.inf))
    assert (quick.sequences, bound) == (((1,),), pytest.approx(76.67, abs=0.02))
    better, bound = settle(problem, worse, effort="thorough", seed=1, brake=Brake(math.inf))
    assert better.sequences == ((0,),)
    assert better.method == "by hand, then set packing of routes met"
    assert 50 <= bound < 60
    assert settle(problem, worse, effort="thorough", seed=1, brake=Brake(-1.0))[1] == pytest.approx(76.67, abs=0.02)


def test_groups_that_time_left_unpriced_count_by_the_knapsack(world):
    """Time is over before anything is priced: the first round's sum is the knapsack bound itself, and a bound."""
    week = world(eur_per_km=0.0).rep("R1", shift="9:00-12:00").rep("R2", shift="9:00-12:00", home=(3, 3))
    for k in range(5):
        week.customer(f"C{k}", 10 * k, 5, prize=20 + k, minutes=60, reps=("R1", "R2"))
    problem = week.problem()
    start = knapsack_prices(problem)
    search = _Search(problem, relax(problem), ((), ()), 0, -math.inf)
    prices = np.array([start.shifts_eur[group.shifts[0]] for group in search.groups])
    total, found = search._price(start.visits_eur, prices, prices)
    assert (total, found) == (pytest.approx(start.bound_eur, abs=0.02), 0)
    assert search._price(start.visits_eur, prices, None) == (None, 0)
