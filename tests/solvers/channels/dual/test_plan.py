"""Plans of the dual: against brute force, with bounds that hold, prices that foretell, and what goes wrong in data."""

from dataclasses import replace

import numpy as np
import pytest

from scenarios.errors import InvalidInput
from solvers.brake import Brake
from solvers.channels.dual import CapacityPlan, CapacityProblem, solve
from solvers.channels.dual.repair import use_of


def check(problem: CapacityProblem, plan: CapacityPlan) -> None:
    """Every rule, counted anew; and the gap is its two parts."""
    n = len(problem.value)
    taken = problem.value[np.arange(n), plan.choice].astype(float)
    assert (taken > -1e5).all()
    assert plan.value == pytest.approx(taken.sum())
    assert (use_of(problem, plan.choice.astype(int)) <= problem.capacity_minutes + 1e-6).all()
    assert plan.bound >= plan.value
    assert (plan.prices_eur_per_minute >= 0).all()
    assert plan.bound - plan.value <= plan.regret_eur + plan.unused_eur + 1e-5
    known = plan.runner_up >= 0
    assert (plan.runner_up != plan.choice).all()
    price = np.append(problem.rows_of_resources().T @ plan.prices_eur_per_minute, 0.0)
    everybody = np.arange(n)
    net = problem.value - price[problem.resources_of(everybody)] * problem.minutes_of(everybody)
    lead = net[everybody, plan.choice] - net[everybody, plan.runner_up]
    assert plan.margin_eur[known] == pytest.approx(lead[known], abs=1e-3)


def test_bound_and_value_against_every_plan_of_small_cases(random_problem, brute_force):
    """200 cases of 1 to 5 customers: the bound is never below the best of all plans, and thorough finds that plan."""
    for seed in range(200):
        problem = random_problem(1 + seed % 5, seed, share=(0.0, 0.1, 0.3, 0.6)[seed % 4], whole=seed % 2 == 0)
        best = brute_force(problem)
        plan = solve(problem, effort="thorough")
        assert plan.value <= best + 1e-6
        assert plan.bound >= best - 1e-6
        assert plan.value == pytest.approx(best, abs=1e-4)


@pytest.mark.parametrize(("n", "seed"), [(50, 1), (120, 2), (400, 3), (1500, 4), (5000, 5)])
def test_gap_of_cases_too_large_to_try_all(random_problem, n, seed):
    """All rules hold, and the gap is at most 1 %."""
    problem = random_problem(n, seed, whole=seed % 2 == 0)
    plan = solve(problem, effort="quick")
    check(problem, plan)
    assert plan.gap_pct <= 1


def test_large_case_is_nearly_proven_and_the_same_for_any_number_of_workers(random_problem):
    """20,000 customers: within 0.005 %, and neither threads nor chunks change the plan."""
    problem = random_problem(20_000, 6)
    plan = solve(problem)
    check(problem, plan)
    assert plan.gap_pct <= 0.005
    again = solve(problem, workers=2, seed=0)
    assert (again.choice == plan.choice).all()
    assert again.bound == plan.bound


def test_an_hour_more_is_worth_its_price(random_problem):
    """The bound of a case with an hour more on a day rises by the day's price, for every channel and day."""
    problem = random_problem(30_000, 7)
    plan = solve(problem, effort="quick")
    for resource in range(4):
        more = problem.capacity_minutes.copy()
        more[resource] += 60
        again = solve(replace(problem, capacity_minutes=more), warm_prices=plan.prices_eur_per_minute, effort="quick")
        assert again.bound - plan.bound == pytest.approx(60 * plan.prices_eur_per_minute[resource], rel=0.01)


def test_last_weeks_prices_lead_to_the_same_plan_with_fewer_passes(random_problem):
    """A warm start ends at the same bound."""
    problem = random_problem(20_000, 8)
    cold = solve(problem)
    warm = solve(problem, warm_prices=cold.prices_eur_per_minute * 1.05)
    assert warm.bound == pytest.approx(cold.bound, rel=1e-8)
    assert warm.iterations < cold.iterations


def test_sums_of_days_are_capacities(brute_force):
    """Contacts due on the first day count on both sums of days, others on the second only."""
    value = np.array([[9.0, 0.0], [8.0, 0.0], [7.0, 0.0]], np.float32)
    resource = np.array([[0, -1], [0, -1], [1, -1]])
    problem = CapacityProblem(
        value,
        np.array([[10.0], [10.0], [10.0]], np.float32),
        np.array([10.0, 20.0]),
        resource,
        np.array([0, 0]),
        np.array([[1.0, 0.0], [1.0, 1.0]]),
    )
    plan = solve(problem)
    assert plan.choice.tolist() == [0, 1, 0]
    assert plan.value == brute_force(problem) == 16
    assert plan.used_minutes.tolist() == [10, 20]


@pytest.mark.parametrize("seed", range(5))
def test_each_customer_on_their_own_rep(seed):
    """With a resource per customer the plan is that of the reps one by one."""
    rng = np.random.default_rng(seed)
    n, reps = 60, 3
    own = rng.integers(0, reps, n)
    value = np.column_stack([rng.lognormal(3, 1, n), np.zeros(n)]).astype(np.float32)
    minutes = np.round(rng.uniform(20, 60, (n, 1))).astype(np.float32)
    capacity = np.array([200.0, 300.0, 100.0])
    resource = np.column_stack([own, np.full(n, -1)])
    together = solve(CapacityProblem(value, minutes, capacity, resource, np.array([0, 0])), effort="thorough")
    alone = 0.0
    for rep in range(reps):
        mine = own == rep
        part = CapacityProblem(value[mine], minutes[mine], capacity[[rep]], np.array([0, -1]), np.array([0, 0]))
        alone += solve(part, effort="thorough").value
    assert together.value == pytest.approx(alone)


# What goes wrong in data.


def test_no_customers_is_an_empty_plan(random_problem):
    """Nobody to contact: worth 0, proven."""
    plan = solve(random_problem(0, 1))
    assert (len(plan.choice), plan.value, plan.bound) == (0, 0.0, 0.0)


def test_one_customer_takes_the_best_that_fits():
    """Of two options the dearer is longer than the day; the other one fits."""
    problem = CapacityProblem(
        np.array([[50.0, 20.0, 1.0]], np.float32),
        np.array([[61.0, 30.0]], np.float32),
        np.array([60.0, 60.0]),
        np.array([0, 1, -1]),
        np.array([0, 1, 0]),
    )
    plan = solve(problem)
    assert plan.choice.tolist() == [1]
    assert (plan.value, plan.bound) == (20, 20)


def test_without_capacity_everybody_helps_themselves(random_problem):
    """Capacity zero: the free option for all, proven."""
    problem = random_problem(300, 2, share=0.0)
    plan = solve(problem)
    assert (plan.choice == 4).all()
    assert plan.gap_pct == pytest.approx(0, abs=1e-6)


def test_nobody_consents(random_problem):
    """All limited options barred: the free option for all, and no price."""
    problem = random_problem(200, 3)
    value = problem.value.copy()
    value[:, :4] = -1e6
    plan = solve(replace(problem, value=value))
    assert (plan.choice == 4).all()
    assert plan.gap_pct == pytest.approx(0, abs=1e-6)
    assert (plan.prices_eur_per_minute == 0).all()
    assert (plan.runner_up == -1).all()


@pytest.mark.parametrize("n", [7, 300, 12_000])
def test_all_values_equal(n):
    """Everybody is worth the same 10 EUR for the same 10 minutes: as many as fit, proven."""
    value = np.tile(np.array([[10.0, 10.0, 0.0]], np.float32), (n, 1))
    problem = CapacityProblem(
        value, np.full((n, 1), 10.0, np.float32), np.array([25.0, 2 * n + 9.0]), np.array([0, 1, -1]), np.zeros(3, int)
    )
    plan = solve(problem)
    slots = min(n, 2 + (2 * n + 9) // 10)
    assert plan.value == pytest.approx(10 * slots)
    check(problem, plan)
    assert plan.bound <= 10 * (2.5 + (2 * n + 9) / 10) + 1e-6


def test_negative_values_are_not_taken():
    """Where contact loses money the free option stands, also when that one is negative."""
    value = np.array([[-5.0, 0.0], [-1.0, -3.0]], np.float32)
    problem = CapacityProblem(
        value, np.full((2, 1), 10.0, np.float32), np.array([100.0]), np.array([0, -1]), np.array([0, 0])
    )
    plan = solve(problem)
    assert plan.choice.tolist() == [1, 0]
    assert plan.value == plan.bound == -1


def test_a_customer_longer_than_a_days_capacity_gets_something_else(random_problem):
    """An option that can never fit is not chosen and does not loosen the bound."""
    problem = random_problem(500, 4)
    minutes = problem.minutes.copy()
    minutes[7] = 1e5
    value = problem.value.copy()
    value[7, :4] = 1e6
    plan = solve(replace(problem, minutes=minutes, value=value))
    assert plan.choice[7] == 4
    assert plan.gap_pct <= 0.5


def test_capacity_for_all_is_optimal_at_once(random_problem):
    """With room for everybody prices are zero and everybody has their best."""
    problem = random_problem(300, 5, share=5.0)
    plan = solve(problem)
    assert (plan.choice == problem.value.argmax(axis=1)).all()
    assert plan.gap_pct == pytest.approx(0, abs=1e-9)
    assert plan.prices_eur_per_minute.max() == pytest.approx(0, abs=1e-9)


def test_stopping_at_once_gives_a_legal_plan(random_problem):
    """Whoever asks it to stop gets a plan that keeps all capacities, and is told that it was stopped."""
    problem = random_problem(3000, 6)
    plan = solve(problem, brake=Brake(np.inf, lambda: True))
    check(problem, plan)
    assert plan.brake_hit


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"capacity_minutes": np.array([1.0, -1, 1, 1])}, "capacity_minutes must be"),
        ({"minutes": np.zeros((2, 3), np.float32)}, "minutes must have the shape"),
        ({"resource_of_option": np.array([0, 1, 2, 9, -1])}, "resource_of_option"),
        ({"channel_of_option": np.array([0, 0, 1, 1, 3])}, "channel_of_option"),
        ({"value": np.full((5, 5), np.nan, np.float32)}, "NaN"),
        ({"value": np.zeros(5, np.float32)}, "value must have the shape"),
        ({"rows": np.ones(4)}, "rows must have"),
        ({"rows": np.ones((1, 4))}, "rows must have"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(random_problem, change, words):
    """With a sentence that names the array."""
    with pytest.raises(InvalidInput, match=words):
        replace(random_problem(5, 1), **change)


def test_somebody_without_a_free_option_is_named(random_problem):
    """Everybody needs an option that uses no capacity."""
    problem = random_problem(5, 1)
    value = problem.value.copy()
    value[3, 4] = -np.inf
    with pytest.raises(InvalidInput, match="customer 3 has no option without minutes"):
        solve(replace(problem, value=value))


def test_warm_prices_must_fit(random_problem):
    """One price for each capacity."""
    with pytest.raises(InvalidInput, match="4 capacities"):
        solve(random_problem(5, 1), warm_prices=np.zeros(3))
