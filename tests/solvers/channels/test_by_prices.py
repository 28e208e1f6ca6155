"""Packing programmes as customers x options: the same programme, and the same best plan, in both forms."""

from itertools import product

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from solvers.brake import Brake
from solvers.channels import highs
from solvers.channels.by_prices import as_options, one_contact_each, search_by_prices
from solvers.channels.hours import euros_of_more
from solvers.channels.model import Packing
from solvers.channels.proof import gap_parts, parts_note


def packing_of(seed: int, people: int = 7) -> Packing:
    """Two sums of days, one rep, and a free option for some; one contact each."""
    rng = np.random.default_rng(seed)
    rows, weights, euros, customer = [], [], [], []
    for person in range(people):
        late = bool(rng.integers(0, 2))
        for uses, minutes in (([1] if late else [0, 1], 10.0), ([2], float(rng.integers(20, 60))), ([], 0.0)):
            if rng.random() < 0.8:
                rows.append(uses)
                weights.append(minutes)
                euros.append(float(rng.lognormal(3, 1)))
                customer.append(person)
    present = sorted(set(customer))
    matrix = np.zeros((3 + len(present), len(euros)))
    for column, (uses, minutes) in enumerate(zip(rows, weights, strict=True)):
        matrix[uses, column] = minutes
        matrix[3 + present.index(customer[column]), column] = 1.0
    limit = np.concatenate([[10.0, 30.0, 70.0], np.ones(len(present))])
    return Packing(np.array(euros), csr_matrix(matrix), limit, np.array([3 + present.index(c) for c in customer]))


def best_of_all(packing: Packing) -> float:
    """The most euros over every choice of columns."""
    most = 0.0
    for choice in product([0, 1], repeat=len(packing.order_eur)):
        taken = np.array(choice)
        if packing.order_eur @ taken > most and np.all(packing.matrix @ taken <= packing.limit + 1e-9):
            most = float(packing.order_eur @ taken)
    return most


@pytest.mark.parametrize("seed", range(4))
def test_the_search_finds_the_best_of_all_packings(seed):
    """Small programmes; value, bound and capacities."""
    packing = packing_of(seed, people=5)
    assert one_contact_each(packing)
    found = search_by_prices(packing, effort="thorough", seed=0, brake=Brake(np.inf))
    assert found.value == pytest.approx(best_of_all(packing))
    assert found.bound >= found.value
    assert (packing.matrix @ found.chosen <= packing.limit + 1e-9).all()


def test_columns_with_the_same_capacities_share_a_resource():
    """Kinds of columns: due on the first day (both sums), due later (the second), the rep's; free ones have none."""
    problem, column = as_options(packing_of(1, people=30))
    assert sorted(map(tuple, problem.rows.T.tolist())) == [(0, 0, 1), (0, 1, 0), (1, 1, 0)]
    assert sorted(column[column >= 0].tolist()) == list(range(len(packing_of(1, people=30).order_eur)))
    assert (column[:, -1] == -1).all()


def test_two_contacts_each_are_no_such_programme():
    """Customers' rows must allow one contact."""
    packing = packing_of(2)
    assert not one_contact_each(Packing(packing.order_eur, packing.matrix, packing.limit * 2, packing.customer_row))


def test_an_hour_more_is_what_the_relaxation_solved_anew_says():
    """Each capacity with 60 minutes more, against a programme of its own; never more than the price says."""
    packing = packing_of(3, people=40)
    share, duals = highs.solve_lp(packing, seconds=10)
    found = search_by_prices(packing, effort="normal", seed=0, brake=Brake(np.inf))
    more = np.zeros((3, len(packing.limit)))
    more[np.arange(3), np.arange(3)] = 60.0
    gained = euros_of_more(packing, duals, found.chosen, more)
    for row in range(3):
        again = Packing(packing.order_eur, packing.matrix, packing.limit + more[row], packing.customer_row)
        anew, _ = highs.solve_lp(again, seconds=10)
        assert gained[row] == pytest.approx(packing.order_eur @ (anew - share), abs=1e-6)
        assert gained[row] <= 60 * duals[row] + 1e-6


def test_an_hour_of_many_customers_is_found_among_those_near_the_margin():
    """800 customers, of whom most stay as they are: the same gains as from programmes of everybody."""
    small = packing_of(5, people=800)
    limit = small.limit * np.where(np.arange(len(small.limit)) < 3, 60.0, 1.0)
    packing = Packing(small.order_eur, small.matrix, limit, small.customer_row)
    share, duals = highs.solve_lp(packing, seconds=10)
    found = search_by_prices(packing, effort="normal", seed=0, brake=Brake(np.inf))
    more = np.zeros((3, len(packing.limit)))
    more[np.arange(3), np.arange(3)] = 60.0
    gained = euros_of_more(packing, duals, found.chosen, more)
    assert gained.max() > 0
    for row in range(3):
        again = Packing(packing.order_eur, packing.matrix, packing.limit + more[row], packing.customer_row)
        anew, _ = highs.solve_lp(again, seconds=10)
        assert gained[row] == pytest.approx(packing.order_eur @ (anew - share), rel=1e-3, abs=1e-6)


def test_hours_that_were_not_tried_say_so():
    """Stopped at once: NaN, not 0; without options an hour brings nothing."""
    packing = packing_of(3)
    _, duals = highs.solve_lp(packing, seconds=10)
    more = np.full((1, len(packing.limit)), 60.0)
    taken = np.zeros(len(packing.order_eur), dtype=bool)
    assert np.isnan(euros_of_more(packing, duals, taken, more, stop=lambda: True)).all()
    nothing = packing.part(np.empty(0, dtype=int), np.zeros(len(packing.limit)))
    assert euros_of_more(nothing, np.zeros(0), np.zeros(0, dtype=bool), np.zeros((2, 0))).tolist() == [0, 0]


def test_parts_of_the_gap_by_hand():
    """Two customers, 10 EUR for 10 minutes and 9 EUR for 6 of 12; price 1 EUR a minute: both would, one can.

    The bound is 12 + 0 + 3 = 15, the better single plan 10: 3 EUR regret of the other one, 2 minutes left at 1 EUR.
    """
    matrix = csr_matrix(np.array([[10.0, 6.0], [1, 0], [0, 1]]))
    packing = Packing(np.array([10.0, 9.0]), matrix, np.array([12.0, 1, 1]), np.array([1, 2]))
    regret, unused = gap_parts(packing, np.array([1.0, 0, 0]), np.array([True, False]))
    assert (regret, unused) == (3.0, 2.0)
    assert parts_note(regret, unused).startswith("what the prices leave open is 3.00 EUR regret")
