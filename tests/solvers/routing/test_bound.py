from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solvers.routing.bound import knapsack_prices, upper_bound_eur
from solvers.routing.fastest import least_drives
from solvers.routing.problem import Borders
from solvers.routing.scale.bound import quick_bound_eur


def two_ways(world, **changes):
    """A (50 euro) and B (40) lie 30 minutes out on both sides, an hour each; 9:00-12:00."""
    week = world(eur_per_km=0.0).rep("R1", shift="9:00-12:00").customer("A", 30, 0, prize=50, minutes=60)
    problem = week.customer("B", -30, 0, prize=40, minutes=60).problem()
    return replace(problem, shifts=tuple(replace(s, **changes) for s in problem.shifts))


def test_the_bound_of_one_visit_is_exact(world):
    """One visit of 30 euro, 5 km out: at least 5 km must be driven to it, so 25."""
    assert upper_bound_eur(world().rep("R1").customer("A", 5, 0, prize=30).problem()) == pytest.approx(25, abs=0.02)


def test_time_is_shared_as_a_fractional_knapsack(world):
    """10:00-12:00 at the door: of two visits of 80 minutes worth 80 and 40, one and a half fit: 80 + 40 x 40/80."""
    week = world(eur_per_km=0.0).rep("R1", shift="10:00-12:00")
    week.customer("A", 0, 0, prize=80, minutes=80).customer("B", 0, 0, prize=40, minutes=80)
    assert upper_bound_eur(week.problem()) == pytest.approx(100, abs=0.02)


def test_lunch_and_appointments_take_their_time(world):
    """Of 9:00-17:00 lunch takes one hour and an appointment six: one hour is left for a visit of two."""
    week = world(lunch=(60, "12:00-14:00"), eur_per_km=0.0).rep("R1").customer("A", 0, 0, prize=80, minutes=45)
    week.customer("B", 0, 0, prize=80, minutes=45)
    assert upper_bound_eur(week.problem()) == pytest.approx(160, abs=0.02)
    week.appointment("R1", "9:00", "12:00").appointment("R1", "14:00", "17:00")
    assert upper_bound_eur(week.problem()) == pytest.approx(80 + 80 * 15 / 45, abs=0.02)


def test_what_does_not_pay_or_fit_adds_nothing(world):
    """A prize below its drive, a visit longer than the shift, no visits, no reps."""
    week = world().rep("R1").customer("A", 50, 0, prize=20).customer("B", 0, 0, prize=20, minutes=600)
    assert upper_bound_eur(week.problem()) == 0.0
    assert upper_bound_eur(world().rep("R1").problem()) == 0.0
    assert upper_bound_eur(world().problem()) == 0.0


@pytest.mark.parametrize(("eur_per_hour", "minutes", "bound"), [(30, 60, 76.67), (20, 60, 80), (20, 15, 78.33)])
def test_overtime_is_more_time_at_its_price(world, eur_per_hour, minutes, bound):
    """150 minutes for visits of 90: A and 60 minutes of B, 26.67 euro an hour. At 30 an hour no more of B pays; at 20
    the last 30 minutes bring 13.33 - 10, and if there are 15 of them 6.67 - 5."""
    problem = two_ways(world, overtime_seconds=60 * minutes, overtime_eur_per_hour=eur_per_hour)
    prices = knapsack_prices(problem)
    assert prices.bound_eur == pytest.approx(bound, abs=0.02)
    assert prices.visits_eur.sum() + prices.shifts_eur.sum() == pytest.approx(bound, abs=0.02)


def test_drives_take_what_they_take_at_least(world):
    """Half the time after 10:00: 15 minutes each instead of 30. 180 - 15 minutes for visits of 75: A and 90 of B, so
    both: 90. By 10:00 a drive of 32 minutes, 2 of them parking, takes 62, without parking 64; later 17 and 16."""
    assert upper_bound_eur(two_ways(world, pace=((0, 2.0), (36_000, 0.5)))) == pytest.approx(90, abs=0.02)
    shift, drives, parking = two_ways(world).shifts[0], np.array([[0, 1920], [1920, 0]]), np.array([0, 120])
    early = replace(shift, pace=((0, 2.0), (36_000, 0.5)), end_seconds=36_000)
    assert least_drives(early, drives, parking).tolist() == [[0, 3720], [3840, 0]]
    assert least_drives(replace(early, overtime_seconds=60), drives, parking).tolist() == [[0, 1020], [960, 0]]
    assert least_drives(shift, drives, parking) is drives


def test_a_visit_brings_what_it_brings_on_its_day(world):
    """Two days; on both the visit loses by waiting, or is across a border for 5 euro: the better day counts."""
    problem = world(eur_per_km=0.0, days=2).rep("R1").customer("A", 5, 0, prize=30).problem()
    task = replace(problem.tasks[0], waited_eur=(4.0, 9.0))
    assert upper_bound_eur(replace(problem, tasks=(task,))) == pytest.approx(26, abs=0.02)
    across = replace(problem, tasks=(replace(task, border=(0,)),), borders=Borders(1, 7.0))
    assert upper_bound_eur(across) == pytest.approx(21, abs=0.02)
    assert quick_bound_eur(across, travel=None) == pytest.approx(21, abs=0.02)


@pytest.mark.parametrize(("most", "bound"), [(0, 76.67), (1, 105), (2, 113.33)])
def test_borders_are_few(world, most, bound):
    """A, B and C (50, 40, 30) of 90 minutes belong to R1, whose 150 minutes hold A and two thirds of B; R2 may make one
    of the others for 5 euro: 50 + 40 + 30 x 2/3 - 5. With two, 1.33 visits are across: 120 - 6.67."""
    week = world(eur_per_km=0.0).rep("R1", shift="9:00-12:00").rep("R2", shift="9:00-12:00")
    for name, (x, y), prize in (("A", (30, 0), 50), ("B", (-30, 0), 40), ("C", (0, 30), 30)):
        week.customer(name, x, y, prize=prize, minutes=60, reps=("R1", "R2"))
    problem = week.problem()
    tasks = tuple(replace(t, border=(1,)) for t in problem.tasks)
    prices = knapsack_prices(replace(problem, tasks=tasks, borders=Borders(most, 5.0)))
    assert prices.bound_eur == pytest.approx(bound, abs=0.02)
    parts = prices.visits_eur.sum() + prices.shifts_eur.sum() + most * prices.border_eur
    assert parts == pytest.approx(bound, abs=0.02)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10_000))
def test_never_below_the_best_plan(world, soften, soft_best, number):
    """Random weeks of two reps with overtime, a pace, waiting and borders switched on and off: the best plan by trying
    all is worth no more than either bound."""
    rng = np.random.default_rng(number)
    week = world(lunch=(30, "12:00-13:00") if number % 2 else None, eur_per_km=float(rng.choice([0.0, 0.5])))
    for rep in ("R1", "R2"):
        week.rep(rep, shift="9:00-12:30", home=tuple(int(v) for v in rng.integers(-15, 15, 2)))
    if number % 3 == 0:
        week.appointment("R1", "10:30", "11:00")
    for k in range(4):
        x, y = (int(v) for v in rng.integers(-20, 20, 2))
        week.customer(f"C{k}", x, y, prize=float(rng.integers(10, 90)), minutes=int(rng.integers(20, 100)),
                      reps=[("R1",), ("R1", "R2"), ("R2", "R1")][rng.integers(3)])  # fmt: skip
    problem = soften(week.problem(), number)
    best = soft_best(problem)
    assert best <= upper_bound_eur(problem) + 1e-6
    assert best <= quick_bound_eur(problem, travel=None) + 1e-6
