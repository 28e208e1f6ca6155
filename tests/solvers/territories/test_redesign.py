"""The balanced power diagram against an exact second method, and the bounds of the repair."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from solvers.territories.bounds import least_imbalance_pct, least_moves
from solvers.territories.redesign import power_diagram


@pytest.mark.parametrize("seed", range(5))
def test_a_power_diagram_costs_what_the_exact_assignment_costs(seed):
    # 60 customers of equal work over 4 centres with 15 seats each: linear assignment is exact.
    rng = np.random.default_rng(seed)
    places, centres = rng.uniform(0, 10, (60, 2)), rng.uniform(0, 10, (4, 2))
    distance = ((places[:, None] - centres[None]) ** 2).sum(axis=2)
    rows, seats = linear_sum_assignment(np.repeat(distance, 15, axis=1))
    exact = distance[rows, seats // 15].sum()
    owner = power_diagram(places, np.ones(60), np.full(4, 15.0), centres)
    assert np.abs(np.bincount(owner, minlength=4) - 15).max() <= 1
    assert distance[np.arange(60), owner].sum() == pytest.approx(exact, rel=0.04)


def test_least_moves_by_hand():
    # Loads 100 (60 + 20 + 20) and 20, fair 60 each. Within 10 %: 34 must leave R0: the 60 alone does.
    work, former, target = np.array([60.0, 20, 20, 20]), np.array([0, 0, 0, 1]), np.array([60.0, 60.0])
    assert least_moves(work, former, target, 0.1) == 1
    assert least_moves(work, former, target, 1.0) == 0
    # Without the large one two of 20 are needed.
    small, owners = np.full(5, 20.0), np.array([0, 0, 0, 0, 0])
    assert least_moves(small, owners, np.array([50.0, 50.0]), 0.1) == 3
    # 45 of those minutes are missing at R1; 40 come from customers without a rep, so one move must do the rest.
    assert least_moves(np.full(5, 20.0), np.array([0, 0, 0, -1, -1]), np.array([50.0, 50.0]), 0.1) == 1


def test_least_imbalance_by_hand_and_never_above_what_exhaustion_finds():
    rng = np.random.default_rng(4)
    for _ in range(20):
        work, former = rng.integers(1, 9, 7).astype(float), rng.integers(0, 2, 7)
        target = np.full(2, work.sum() / 2)
        best = np.inf
        for number in range(2**7):
            owner = np.array([number >> i & 1 for i in range(7)])
            if (owner != former).sum() <= 2:
                best = min(best, 100 * np.abs(np.bincount(owner, work, 2) / target - 1).max())
        assert least_imbalance_pct(work, former, target, 2) <= best + 1e-6
    assert least_imbalance_pct(np.ones(4), np.array([0, 0, 0, 0]), np.full(2, 2.0), 1) == pytest.approx(50.0, abs=1e-6)
    assert least_imbalance_pct(np.ones(4), np.array([0, 0, 1, 1]), np.full(2, 2.0), 0) == 0.0


def test_least_imbalance_above_a_hundred_percent():
    # All four minutes at R0 whose share is one: 300 % over, and with one move still 200 %.
    work, former, target = np.ones(4), np.zeros(4, dtype=int), np.array([1.0, 3.0])
    assert least_imbalance_pct(work, former, target, 0) == pytest.approx(300, abs=1e-6)
    assert least_imbalance_pct(work, former, target, 1) == pytest.approx(200, abs=1e-6)
