"""Border visits and even weeks on cases worked out by hand: what they bring and cost, and the budget."""

from dataclasses import replace

import pytest

from solvers.routing import plan_routes
from solvers.routing.problem import Borders


def plan(problem):
    return plan_routes(problem, engine="native", effort="quick", time_limit_seconds=60, seed=1)


def two_reps(world, *, names, shift="9:00-12:00"):
    """anna lives at (0, 0), ben at (20, 0); customers lie at ben's but belong to anna; ben may come as a neighbour."""
    week = world().rep("anna", shift=shift).rep("ben", shift="9:00-12:00", home=(20, 0))
    for k, name in enumerate(names):
        week.customer(name, 20, k, prize=50 + k, minutes=40, reps=("anna", "ben"))
    problem = week.problem()
    tasks = tuple(replace(task, border=(1,)) for task in problem.tasks)
    return replace(problem, tasks=tasks)


def test_borders_bring_what_the_way_saves(world):
    """One visit 20 km from anna and next door to ben: 40 euros of driving saved, less 5 for the stranger: 35."""
    problem = replace(two_reps(world, names=["A"]), borders=Borders(1, 5.0))
    routes = plan(problem)
    assert routes.ways["way"].tolist() == ["own territories", "border visits"]
    assert routes.ways["value_eur"].tolist() == pytest.approx([50 - 40, 50 - 5])
    assert routes.ways["border_visits"].tolist() == [0, 1]
    assert routes.stops.loc[routes.stops["border"], "rep_id"].tolist() == ["ben"]
    assert routes.outcome.value == pytest.approx(45)
    assert routes.shifts["border_eur"].sum() == 5


@pytest.mark.parametrize(("budget", "value"), [(0, 0), (1, 50 - 1), (2, 101 - 2 - 2), (5, 153 - 4 - 3)])
def test_the_budget_is_never_exceeded(world, budget, value):
    """anna's hour is too short for the way there; ben makes as many of the three as he may, the nearest first."""
    routes = plan(replace(two_reps(world, names="ABC", shift="9:00-10:00"), borders=Borders(budget, 1.0)))
    assert int(routes.stops["border"].sum()) == min(budget, 3)
    assert routes.ways["value_eur"].tolist() == pytest.approx([0, value])


def test_a_border_that_costs_too_much_is_not_crossed(world):
    routes = plan(replace(two_reps(world, names=["A"]), borders=Borders(1, 41.0)))
    assert routes.ways["value_eur"].tolist() == pytest.approx([10, 10])
    assert not routes.stops["border"].any()


def test_even_weeks_hand_work_on_at_a_price(world):
    """Four visits of an hour at anna's door, 12 km from ben: each hour handed on costs 24 km once; at 20 euros an hour
    beyond her share two hours are worth it, at 5 they are not."""
    for rate, longest in ((20.0, 2.8), (5.0, 4.0)):
        week = world().rep("anna", shift="9:00-15:00").rep("ben", shift="9:00-15:00", home=(12, 0))
        for k in range(4):
            week.customer(f"C{k}", 0, 0, prize=60, minutes=60, reps=("anna", "ben"))
        routes = plan(replace(week.problem(), balance_eur_per_hour=rate))
        ways = routes.ways.set_index("way")
        assert ways.index.tolist() == ["own territories", "even weeks"]
        assert ways.loc["own territories", ["value_eur", "beyond_share_hours", "longest_hours"]].tolist() == [240, 2, 4]
        assert ways.loc["even weeks", "longest_hours"] <= longest
        moved = ways.loc["even weeks", "longest_hours"] < 4
        assert moved == (rate == 20.0)
        assert routes.outcome.value == pytest.approx(240 - 24 * moved)


def test_nothing_asked_for_nothing_told(world):
    assert plan(world().rep("R1").customer("A", 1, 0).problem()).ways.empty
