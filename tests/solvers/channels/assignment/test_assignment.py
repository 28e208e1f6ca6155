"""Generalized assignment: optima by enumeration, bounds below them, and what is said where there is no assignment."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.errors import DataError
from solvers.brake import Brake
from solvers.channels.assignment import solve
from solvers.channels.assignment.bounds import knapsack_bound, priced_bound, relax
from solvers.channels.assignment.problem import excess, make_problem, total_cost


def by_enumeration(cost: np.ndarray, minutes: np.ndarray, capacity: np.ndarray) -> float:
    """Least cost over all m^n assignments, inf if none keeps the capacities."""
    m, n = cost.shape
    best = np.inf
    for choice in product(range(m), repeat=n):
        used = np.zeros(m)
        for task, person in enumerate(choice):
            used[person] += minutes[person, task]
        if (used <= capacity + 1e-9).all():
            best = min(best, sum(cost[person, task] for task, person in enumerate(choice)))
    return best


def case(seed: int, *, m: int = 3, n: int = 7, cover: float = 1.05) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    minutes = draw.integers(1, 30, (m, n)).astype(float)
    return draw.integers(-10, 50, (m, n)).astype(float), minutes, np.floor(cover * minutes.sum(axis=1) / m)


@pytest.mark.parametrize("seed", range(6))
def test_small_cases_are_solved(seed: int) -> None:
    """Optimum of all 3^7 assignments, found and not passed by the bound; an impossible case is not called possible."""
    arrays = case(seed, cover=0.8 + 0.1 * seed)
    best = by_enumeration(*arrays)
    plan = solve(*arrays, iterations=5, seed=seed)
    if np.isinf(best):
        assert not plan.feasible
        assert plan.ended in ("infeasible", "none_found")
        return
    assert plan.feasible
    assert plan.cost == best
    assert plan.bound <= best + 1e-9
    assert plan.ended == "optimal"
    assert plan.gap_pct == pytest.approx(0, abs=1e-6)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.integers(0, 10_000), st.floats(0.5, 2.0), st.sampled_from([1.0, 0.5, 0.37]))
def test_bounds_never_pass_the_optimum(seed: int, cover: float, unit: float) -> None:
    """LP prices and knapsacks prove no more than the optimum, whole minutes or not."""
    cost, minutes, capacity = case(seed, n=6, cover=cover)
    best = by_enumeration(cost, minutes * unit, capacity * unit)
    problem = make_problem(cost, minutes * unit, capacity * unit)
    if not np.isfinite(problem.cost).any(axis=0).all():
        return
    relaxed = relax(problem, brake=Brake(np.inf))
    if relaxed.impossible:
        assert np.isinf(best)
        return
    assert relaxed.bound <= best + 1e-6
    assert priced_bound(problem, relaxed.prices)[0] == pytest.approx(relaxed.bound)
    assert (relaxed.prices >= 0).all()
    bound, _ = knapsack_bound(problem, relaxed.tasks, upper=best, steps=50, brake=Brake(np.inf))
    assert bound <= best + 1e-6
    assert bound >= relaxed.bound - 1e-6 * abs(relaxed.bound)


def test_linear_relaxation_against_a_solver() -> None:
    """The growing set of columns ends at the optimum that scipy finds for the whole relaxation."""
    from scipy.optimize import linprog

    cost, minutes, capacity = case(3, m=12, n=40, cover=0.7)
    m, n = cost.shape
    room = np.zeros((m, m * n))
    for person in range(m):
        room[person, person * n : (person + 1) * n] = minutes[person]
    once = np.tile(np.eye(n), m)
    whole = linprog(cost.ravel(), A_ub=room, b_ub=capacity, A_eq=once, b_eq=np.ones(n))
    relaxed = relax(make_problem(cost, minutes, capacity), brake=Brake(np.inf))
    assert relaxed.bound == pytest.approx(whole.fun, rel=1e-7)


def test_same_seed_same_answer() -> None:
    """By iterations the answer is repeated; it is a legal assignment close to its bound."""
    arrays = case(1, m=8, n=60, cover=0.7)
    one, two = (solve(*arrays, iterations=3, seed=4) for _ in range(2))
    assert one.choice.tolist() == two.choice.tolist()
    assert (one.bound, one.iterations) == (two.bound, two.iterations)
    problem = make_problem(*arrays)
    assert not excess(problem, one.choice).any()
    assert total_cost(problem, one.choice) == one.cost
    assert one.bound <= one.cost
    assert one.gap_pct is not None
    assert one.gap_pct < 3


def test_seconds_end_the_search() -> None:
    """With a second the answer is legal and says what ended it."""
    plan = solve(*case(2, m=8, n=60, cover=0.7), seconds=1.0)
    assert plan.feasible
    assert plan.ended in ("time_limit", "optimal")


def test_one_person_takes_everything() -> None:
    """One person: the cost is the sum, and an hour that is missing makes it impossible."""
    cost, minutes = np.array([[3.0, 4.0, 5.0]]), np.full((1, 3), 20.0)
    plan = solve(cost, minutes, np.array([60.0]))
    assert (plan.cost, plan.bound, plan.ended) == (12.0, 12.0, "optimal")
    short = solve(cost, minutes, np.array([55.0]), iterations=1)
    assert not short.feasible
    assert short.ended == "infeasible"
    assert short.excess_minutes.tolist() == [5.0]
    assert "5 minutes too many" in short.message
    assert short.gap_pct is None


def test_zero_capacity_and_tasks_that_take_nothing() -> None:
    """With no minutes only tasks of no minutes can be done; the first that cannot is named."""
    cost, minutes = np.array([[1.0, 2.0], [2.0, 1.0]]), np.array([[0.0, 5.0], [0.0, 5.0]])
    plan = solve(cost, minutes, np.zeros(2))
    assert plan.choice.tolist() == [0, -1]
    assert (plan.ended, plan.bound) == ("infeasible", np.inf)
    assert "task 1 fits nobody" in plan.message
    free = solve(cost[:, :1], minutes[:, :1], np.zeros(2))
    assert (free.cost, free.ended) == (1.0, "optimal")


def test_forbidden_pairs_and_tasks_longer_than_a_capacity() -> None:
    """inf forbids a pair; a person who is too short for a task never gets it."""
    cost = np.array([[np.inf, 1.0], [7.0, 9.0]])
    minutes = np.array([[1.0, 50.0], [1.0, 5.0]])
    plan = solve(cost, minutes, np.array([10.0, 10.0]), iterations=1)
    assert plan.choice.tolist() == [1, 1]
    assert plan.cost == 16.0
    stuck = solve(np.full((2, 3), np.inf), np.ones((2, 3)), np.ones(2))
    assert "and 2 more" in stuck.message


def test_nothing_to_do() -> None:
    """No tasks: an empty plan of no cost."""
    plan = solve(np.empty((2, 0)), np.empty((2, 0)), np.ones(2))
    assert (plan.ended, plan.cost, len(plan.choice)) == ("nothing_to_do", 0.0, 0)


def test_equal_costs_are_proven() -> None:
    """All values equal: any legal assignment is optimal, and is known to be."""
    plan = solve(np.full((4, 20), 5.0), np.full((4, 20), 7.0), np.full(4, 36.0), iterations=2)
    assert (plan.cost, plan.ended) == (100.0, "optimal")


@pytest.mark.parametrize(
    ("cost", "minutes", "capacity", "words"),
    [
        (np.ones((2, 3)), np.ones((3, 2)), np.ones(2), "one row a person"),
        (np.full((2, 3), np.nan), np.ones((2, 3)), np.ones(2), "missing"),
        (np.ones((2, 3)), -np.ones((2, 3)), np.ones(2), "minutes must be"),
        (np.ones((2, 3)), np.ones((2, 3)), np.array([1.0, -1.0]), "capacity must be"),
    ],
)
def test_arrays_that_cannot_be_meant(cost: np.ndarray, minutes: np.ndarray, capacity: np.ndarray, words: str) -> None:
    """Refused with a sentence."""
    with pytest.raises(DataError, match=words):
        solve(cost, minutes, capacity)
