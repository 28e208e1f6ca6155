"""The other engines agree with the dual, and refuse what they cannot do."""

from dataclasses import replace

import numpy as np
import pytest

from scenarios.errors import InvalidInput
from solvers.channels.dual import CapacityProblem, solve, solve_with


@pytest.fixture(scope="module")
def unit_contacts(random_problem):
    """Every contact takes 10 minutes; a day's capacity is no multiple of that."""

    def make(n: int) -> CapacityProblem:
        problem = random_problem(n, 11)
        minutes = np.full_like(problem.minutes, 10.0)
        return replace(problem, minutes=minutes, capacity_minutes=np.array([1.25, 1.0, 0.73, 0.31]) * n + 7)

    return make


@pytest.mark.parametrize("engine", ["dual", "highs", "cbc", "cp_sat"])
def test_engines_find_the_best_of_all_plans(random_problem, brute_force, engine):
    """Cases of five customers, by each engine."""
    for seed in range(4):
        problem = random_problem(5, 40 + seed, share=0.3)
        plan = solve_with(engine, problem)
        best = brute_force(problem)
        assert plan.value == pytest.approx(best, abs=1e-4)
        assert plan.bound >= best - 1e-6
        assert (plan.used_minutes <= problem.capacity_minutes + 1e-6).all()


def test_dual_meets_the_flow_on_unit_contacts(unit_contacts):
    """20,000 customers, each contact equally long: the exact flow is worth no more than 1e-4 % more."""
    problem = unit_contacts(20_000)
    exact, plan = solve_with("flow", problem), solve(problem)
    assert plan.value == pytest.approx(exact.value, rel=1e-6)
    assert exact.bound >= plan.value - 1e-3
    assert exact.gap_pct <= 1e-4


def test_flow_refuses_unequal_minutes_and_sums_of_days(random_problem, unit_contacts):
    """It would round; it says so in place of an answer."""
    with pytest.raises(InvalidInput, match="equally long"):
        solve_with("flow", random_problem(20, 1))
    with pytest.raises(InvalidInput, match="one capacity for each resource"):
        solve_with("flow", replace(unit_contacts(20), rows=np.tri(4)))


def test_cp_sat_refuses_fractions_of_a_thousandth(random_problem):
    """Whole-number engines cannot hold such minutes exactly."""
    with pytest.raises(InvalidInput, match="thousandths of a minute"):
        solve_with("cp_sat", random_problem(20, 1, whole=False))


def test_whole_programmes_refuse_too_many(random_problem, monkeypatch):
    """One that would not answer is not begun."""
    monkeypatch.setattr("solvers.channels.dual.engines.WHOLE_LIMIT", 10)
    with pytest.raises(InvalidInput, match="takes up to 10 customers"):
        solve_with("highs", random_problem(11, 1))


def test_unknown_engine_is_refused(random_problem):
    """The text names those there are."""
    with pytest.raises(InvalidInput, match="there are dual, highs, cbc, cp_sat, flow"):
        solve_with("greedy", random_problem(3, 1))


@pytest.mark.parametrize("engine", ["highs", "cbc", "cp_sat", "flow"])
def test_nobody_and_nothing_worth_taking(random_problem, unit_contacts, engine):
    """Empty input and options that lose money, by each engine."""
    assert solve_with(engine, random_problem(0, 1)).value == 0
    problem = unit_contacts(6)
    value = np.tile(np.array([[-1.0, -1, -1, -1, 2]], np.float32), (6, 1))
    assert solve_with(engine, replace(problem, value=value)).value == 12
