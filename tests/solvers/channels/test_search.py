"""The search for a packing: bounds and losses by hand, and what happens without a relaxation."""

import os
import time
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from solvers.brake import Brake
from solvers.channels import cbc, highs
from solvers.channels.model import Packing
from solvers.channels.search import fill, price_options, search

# Two customers, one contact each: A is worth 10 by phone (10 minutes) or 4 for nothing, B 9 (10 minutes) or 1;
# there are 10 minutes of phone. The best is 10 + 1 or 4 + 9: the phone for B, 13.
PACKING = Packing(
    np.array([10.0, 4, 9, 1]),
    csr_matrix(np.array([[10.0, 0, 10, 0], [1, 1, 0, 0], [0, 0, 1, 1]])),
    np.array([10.0, 1, 1]),
    np.array([1, 1, 2, 2]),
)


def test_bound_and_losses_at_a_price_of_70_cents_a_minute():
    # Net values 3 4 | 2 1: bound 7 for the minutes + 4 + 2; A loses 1 by the phone, B 1 without it.
    priced = price_options(PACKING, np.array([0.7, 0, 0]))
    assert priced.bound == pytest.approx(13.0)
    assert priced.best.tolist() == [False, True, True, False]
    assert priced.loss.tolist() == pytest.approx([1, 1, 1, 1])


def test_two_contacts_a_customer_count_the_two_best():
    twice = Packing(PACKING.order_eur, PACKING.matrix, np.array([10.0, 2, 1]), PACKING.customer_row)
    priced = price_options(twice, np.array([0.7, 0, 0]))
    assert priced.bound == pytest.approx(7 + 3 + 4 + 2)
    assert priced.loss.tolist() == pytest.approx([3, 4, 1, 1])


@pytest.mark.parametrize("engine", [highs, cbc])
def test_both_engines_prove_the_optimum(engine):
    found = search(PACKING, engine, effort="thorough", exact=True, brake=Brake(time.perf_counter() + 60))
    assert found.value == pytest.approx(13)
    assert found.bound == pytest.approx(13)
    assert found.chosen.tolist() == [False, True, True, False]
    assert 0.6 - 1e-9 <= found.duals[0] <= 0.8 + 1e-9


def test_without_a_relaxation_the_plan_is_greedy_and_the_bound_that_of_no_prices():
    stopped = SimpleNamespace(METHOD="x", solve_lp=lambda packing, seconds, stop: None)
    found = search(PACKING, stopped, effort="normal", exact=True, brake=Brake(0.0))
    assert (found.value, found.bound, found.brake_hit) == (11.0, 19.0, True)


def test_filling_takes_what_fits_by_rank_and_nothing_worthless():
    assert fill(PACKING, np.zeros(4, dtype=bool), np.array([0.0, 1, 3, 2])).tolist() == [False, True, True, False]
    worthless = Packing(np.array([-1.0, 0]), csr_matrix(np.ones((1, 2))), np.array([2.0]), np.array([0, 0]))
    assert not fill(worthless, np.zeros(2, dtype=bool), np.ones(2)).any()


def test_highs_prints_nothing_and_stdout_works_afterwards(capfd):
    start = np.zeros(4, dtype=bool)
    highs.solve_mip(PACKING, nodes=10, gap_pct=0.0, seconds=10, start=start)
    os.write(1, b"after\n")
    assert capfd.readouterr().out == "after\n"
