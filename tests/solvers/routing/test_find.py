import math
from dataclasses import replace

import pytest

from scenarios.errors import UsageError
from solvers.brake import Brake
from solvers.routing.find import days_are_dear, delivers_only, find_orders
from solvers.routing.pyvrp_model import cannot_say, solve_together

NEVER = Brake(math.inf)


def loaded(world):
    plain = world().rep("R1").customer("A", 1, 0).customer("B", 2, 0).problem()
    return replace(
        plain,
        tasks=tuple(replace(task, load=(1,)) for task in plain.tasks),
        shifts=tuple(replace(shift, capacity=(1,)) for shift in plain.shifts),
    )


@pytest.mark.parametrize("engine", ["pyvrp", "ortools"])
def test_an_engine_refuses_what_it_cannot_do(world, engine):
    """Loads are in neither model: an error that names them, never a plan without them."""
    with pytest.raises(UsageError, match=f"{engine} cannot do loads, which this week asks for; choose auto"):
        find_orders(loaded(world), engine=engine, seed=1, brake=NEVER)


def test_only_anytime_engines_take_a_time_limit(world):
    """The others end by their steps."""
    with pytest.raises(UsageError, match="greedy has no time limit of its own"):
        find_orders(loaded(world), engine="greedy", seed=1, brake=NEVER, seconds=1.0)


def test_auto_takes_pyvrp_where_only_driving_is_left_to_decide(world):
    """All required, one window each: one rep drives the one way on which both lie, and the method says so."""
    problem = world().rep("R1").rep("R2").customer("A", 5, 0, required=True, reps=("R1", "R2"))
    problem = problem.customer("B", 10, 0, required=True, reps=("R1", "R2")).problem()
    found = find_orders(problem, engine="auto", effort="quick", seed=1, brake=NEVER)
    assert found.method.startswith("auto: PyVRP on all rep-days together, 2000 iterations, then ruin and recreate")
    assert sorted(map(len, found.sequences)) == [0, 2]


def test_auto_stays_native_where_something_is_optional_or_a_lunch_is_kept(world):
    """One optional visit is enough; so is a lunch."""
    assert not delivers_only(world().rep("R1").customer("A", 5, 0).problem())
    lunch = world(lunch=(30, "12:00-13:00")).rep("R1").customer("A", 5, 0, required=True).problem()
    assert cannot_say(lunch) == ("lunch",)
    assert not delivers_only(lunch)


def test_an_empty_day_opens_although_its_first_visit_does_not_pay(world):
    """Out and back costs 100; each of six visits at the far end brings 30: none pays alone, together they bring 80."""
    week = world(eur_per_km=1.0).rep("R1", shift="9:00-17:00")
    for k in range(6):
        week.customer(f"C{k}", 50, 0, prize=30, minutes=10)
    found = find_orders(week.problem(), engine="native", effort="normal", seed=1, brake=NEVER, remember=20)
    assert len(found.sequences[0]) == 6
    assert any(len(order) == 6 for _, order in found.met)


def far_away(world, *, visits=30, minutes=10, **more):
    """Out and back costs 100; each visit at the far end brings 10."""
    week = world(**more).rep("R1", shift="9:00-17:00")
    for k in range(visits):
        week.customer(f"C{k}", 50, k % 2, prize=10, minutes=minutes)
    return week.problem()


def test_long_days_that_no_visit_pays_for_begin_with_pyvrp(world):
    """480 minutes less 100 of driving hold all 30 visits of 10: 300 of prizes for 101 km or a little more."""
    problem = far_away(world)
    assert days_are_dear(problem)
    found = find_orders(problem, engine="auto", effort="quick", seed=1, brake=NEVER)
    assert found.method.startswith("auto: PyVRP on all rep-days together, 2000 iterations, then ruin and recreate, 600")
    assert len(found.sequences[0]) == 30


def test_days_are_not_dear_if_short_or_paid_for_or_with_lunch(world):
    """Visits of 30 minutes: 16 a day; two prizes of ten: nothing far; a lunch is not in PyVRP's model."""
    assert not days_are_dear(far_away(world, minutes=30))
    assert not days_are_dear(world().rep("R1").customer("A", 2, 0, minutes=1).problem())
    assert not days_are_dear(far_away(world, lunch=(30, "12:00-13:00")))
    loads = far_away(world)
    loads = replace(loads, tasks=tuple(replace(t, load=(1,)) for t in loads.tasks),
                    shifts=tuple(replace(s, capacity=(9,)) for s in loads.shifts))  # fmt: skip
    assert not days_are_dear(loads)


def test_pyvrp_gives_up_early_where_nothing_fits(world):
    """Two required visits of 30 minutes in 50 for one rep: nothing feasible after 30 of 100 iterations, so no more."""
    week = world().rep("R1").customer("A", 5, 0, required=True, windows=("10:00-10:50",))
    problem = week.customer("B", 9, 0, required=True, windows=("10:00-10:50",)).problem()
    orders, done = solve_together(problem, seed=1, brake=NEVER, iterations=100)
    assert orders == ((),)
    assert 30 <= done <= 31
