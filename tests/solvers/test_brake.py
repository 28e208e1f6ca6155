"""A brake: an instant, or somebody who asks."""

import math
import os
import signal
import threading
import time
from typing import Any

import numpy as np
import pytest
from ortools.sat.python import cp_model
from scipy import sparse

from solvers.brake import Brake, end_highs_on, never, solve_beside
from solvers.staffing.linear import LinearModel, minimise_by_highs


def test_a_brake_is_pulled_by_its_instant_or_by_somebody() -> None:
    """Without either, time is left; a past instant or a yes leaves none."""
    assert Brake(math.inf).seconds_left() == math.inf
    assert not Brake(time.perf_counter() + 60).pulled()
    assert Brake(time.perf_counter() - 1).pulled()
    asked: list[bool] = []
    brake = Brake(math.inf, lambda: bool(asked))
    assert not brake.pulled()
    asked.append(True)
    assert brake.pulled()
    assert brake.seconds_left() == 0


def market_split(columns: int, rows: int) -> LinearModel:
    """Whole numbers that miss targets by as little as can be: hard beyond any node limit (Cornuejols, Dawande 1998)."""
    rng = np.random.default_rng(5)
    weights = rng.integers(0, 100, size=(rows, columns)).astype(float)
    slack = sparse.hstack([sparse.csr_array(weights), sparse.eye_array(rows), -sparse.eye_array(rows)])
    half = np.floor(weights.sum(axis=1) / 2)
    return LinearModel(
        cost=np.r_[np.zeros(columns), np.ones(2 * rows)],
        lower=np.zeros(columns + 2 * rows),
        upper=np.r_[np.ones(columns), np.full(2 * rows, np.inf)],
        integer=np.r_[np.ones(columns, bool), np.zeros(2 * rows, bool)],
        rows=sparse.csr_array(slack),
        row_lower=half,
        row_upper=half,
    )


def test_a_signal_ends_highs_with_the_best_it_has() -> None:
    """The handler of a signal runs although HiGHS holds the main thread; a legal point comes back."""
    asked: list[bool] = []
    model = market_split(40, 5)
    before = signal.signal(signal.SIGINT, lambda *_: asked.append(True))
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    try:
        timer.start()
        began = time.perf_counter()
        found = minimise_by_highs(
            model, max_nodes=10**9, gap_pct=0, time_limit_seconds=120, seed=1, stop=lambda: bool(asked)
        )
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, before)
    assert asked == [True]
    assert time.perf_counter() - began < 60
    assert found.brake_hit
    assert found.x is not None
    assert np.allclose(model.rows @ found.x, model.row_lower, atol=1e-5)


def test_a_question_that_nobody_answers_changes_no_result() -> None:
    model = market_split(14, 2)
    plain, asked = (
        minimise_by_highs(model, max_nodes=200, gap_pct=0, time_limit_seconds=60, seed=1, stop=stop)
        for stop in (never, lambda: False)
    )
    assert plain.x is not None
    assert asked.x is not None
    assert plain.x.tolist() == asked.x.tolist()
    assert (plain.bound, plain.brake_hit) == (asked.bound, asked.brake_hit)


def test_cp_sat_ends_with_the_best_it_has_when_asked() -> None:
    """The same market split in CP-SAT, asked after half a second."""
    split = market_split(40, 5)
    weights = split.rows.toarray()[:, :40].astype(int)
    model = cp_model.CpModel()
    picks = [model.new_bool_var("") for _ in range(40)]
    misses = [model.new_int_var(0, 10_000, "") for _ in range(5)]
    for row, miss, half in zip(weights, misses, split.row_lower, strict=True):
        model.add_abs_equality(miss, cp_model.LinearExpr.weighted_sum(picks, row.tolist()) - int(half))
    model.minimize(sum(misses))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = 120
    instant = time.perf_counter() + 0.5
    status = solve_beside(
        lambda: solver.solve(model), end=solver.stop_search, stop=lambda: time.perf_counter() > instant
    )
    assert status == cp_model.FEASIBLE
    assert solver.wall_time < 60


def test_what_is_solved_beside_comes_back_as_it_would_from_here() -> None:
    """Its answer, its error; without anybody who could ask, no thread is needed."""

    def fail() -> None:
        raise ValueError("no such model")

    here = threading.get_ident()
    assert solve_beside(threading.get_ident, end=lambda: None, stop=never) == here
    assert solve_beside(threading.get_ident, end=lambda: None, stop=lambda: False) != here
    with pytest.raises(ValueError, match="no such model"):
        solve_beside(fail, end=lambda: None, stop=lambda: False)


def test_highs_is_left_alone_where_nobody_asks() -> None:
    class Untouched:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(name)

    end_highs_on(Untouched(), never)
