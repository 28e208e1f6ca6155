import mpmath
import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import expm_multiply

from solvers.staffing.erlang import (
    agents_required_c,
    erlang_a,
    erlang_b,
    erlang_c,
    log_inverse_b,
    service_level_c,
)


def waits_by_sums(agents: int, load: float) -> mpmath.mpf:
    """Erlang C by the sums of its definition, with 50 digits."""
    with mpmath.workdps(50):
        a, term, below = mpmath.mpf(load), mpmath.mpf(1), mpmath.mpf(1)
        for k in range(1, agents):
            term = term * a / k
            below += term
        top = term * a / agents * agents / (agents - a)
        return top / (below + top)


@pytest.mark.parametrize(
    ("agents", "load"),
    [(1, 0.5), (10, 8.3), (50, 1e-3), (100, 95.2), (1000, 970.1), (5000, 4500.0), (5000, 4999.5)],
)
def test_erlang_c_equals_its_definition(agents: int, load: float) -> None:
    """Relative error at most 1e-12 against direct sums in high precision."""
    exact = waits_by_sums(agents, load)
    assert abs(float(erlang_c(agents, load)) / exact - 1) < 1e-12


def test_erlang_b_and_c_by_hand() -> None:
    """Two agents, one Erlang: B = (1/2) / (1 + 1 + 1/2) = 1/5, C = 1/3."""
    assert erlang_b([2, 0], [1, 3]) == pytest.approx([1 / 5, 1])
    assert erlang_c([2, 2, 2], [1, 2, 0]) == pytest.approx([1 / 3, 1, 0])


def test_b_refuses_half_an_agent() -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        erlang_b(1.5, 1)


def test_continued_b_equals_the_recursion() -> None:
    """The gamma form of 1/B agrees with the recursion at whole numbers, near and far from the load."""
    n = np.array([1, 3, 14, 15, 40, 300, 5])
    a = np.array([2.0, 0.4, 14.0, 15.5, 90.0, 280.0, 4000.0])
    assert np.exp(log_inverse_b(n, a)) * erlang_b(n, a) == pytest.approx(np.ones(7), rel=1e-12)


def chain(agents: int, load: float, *, handle: float, patience: float, within: float) -> tuple[float, float, float]:
    """(waits, answered in time, occupancy) from the birth-death chain and the fate of a tagged call in the queue."""
    rate, served, lost, size = load / handle, 1 / handle, 1 / patience, agents + 900
    states = np.arange(size + 1)
    log_p = np.zeros(size + 1)
    log_p[1:] = np.cumsum(
        np.log(rate / (np.minimum(states[1:], agents) * served + np.maximum(states[1:] - agents, 0) * lost))
    )
    p = np.exp(log_p - log_p.max())
    p /= p.sum()
    ahead = np.arange(size - agents + 1)  # calls before the tagged one; one more departure serves it
    leave = agents * served + ahead * lost
    last = len(ahead)  # the state "served"
    to = np.where(ahead > 0, ahead - 1, last)
    moves = sparse.coo_array((leave, (to, ahead)), shape=(last + 1, last + 1)).tocsr()
    moves = moves - sparse.diags_array(np.append(leave + lost, 0.0))
    start = np.append(p[agents:], 0.0)
    in_time = expm_multiply(sparse.csr_array(moves * within), start)[last] if within else 0.0
    return p[agents:].sum(), p[:agents].sum() + in_time, (p * np.minimum(states, agents)).sum() / agents


@pytest.mark.parametrize(
    ("agents", "load", "patience", "within"),
    [(10, 9, 300, 20), (10, 14, 300, 20), (3, 1, 60, 20), (100, 100, 180, 20), (200, 150, 180, 20), (1, 5, 50, 0)],
)
def test_erlang_a_equals_the_chain(agents: int, load: float, patience: float, within: float) -> None:
    """The closed form agrees with the truncated chain solved numerically."""
    state = erlang_a(agents, load, handle_seconds=200, patience_seconds=patience, within_seconds=within)
    waits, in_time, busy = chain(agents, load, handle=200, patience=patience, within=within)
    assert (state.waits, state.answered_in_time, state.occupancy) == pytest.approx((waits, in_time, busy), abs=1e-12)


def test_erlang_a_with_patience_equal_to_handling_is_a_poisson_number() -> None:
    """With equal rates of leaving the number in the system is Poisson: one agent is busy with 1 - exp(-a)."""
    state = erlang_a(1, 2.0, handle_seconds=100, patience_seconds=100, within_seconds=20)
    assert float(state.waits) == pytest.approx(1 - np.exp(-2.0), rel=1e-13)
    assert float(state.abandoned) == pytest.approx(1 - (1 - np.exp(-2.0)) / 2, rel=1e-12)


def test_erlang_a_with_endless_patience_is_erlang_c() -> None:
    n, a = np.array([10, 55, 1000]), np.array([9.0, 50.0, 970.0])
    state = erlang_a(n, a, handle_seconds=180, patience_seconds=1e11, within_seconds=20)
    expected = service_level_c(n, a, handle_seconds=180, within_seconds=20)
    assert state.answered_in_time == pytest.approx(expected, abs=2e-7)


def test_erlang_a_is_safe_for_huge_and_lopsided_centres() -> None:
    """A fluid limit: with twice the load half of the calls give up; far fewer or more agents give 0 or 1."""
    n = np.array([1e5, 1e5, 1e5, 10, 0.3, 1e5, 1e6])
    a = np.array([1e5, 2e5, 10.0, 1e5, 2000.0, 9.9e4, 1.0])
    state = erlang_a(n, a, handle_seconds=200, patience_seconds=300, within_seconds=20)
    assert np.isfinite([state.waits, state.answered_in_time, state.occupancy, state.abandoned]).all()
    assert state.abandoned[1] == pytest.approx(0.5, abs=1e-9)
    assert state.abandoned[3] == pytest.approx(1 - 10 / 1e5, abs=1e-9)
    assert state.answered_in_time[[1, 2, 3, 6]] == pytest.approx([0, 1, 0, 1], abs=1e-9)
    assert 0.5 < state.waits[0] < 0.6


def test_erlang_a_improves_with_every_fraction_of_an_agent() -> None:
    n = np.linspace(0.01, 30, 1500)
    state = erlang_a(n, 9.0, handle_seconds=200, patience_seconds=300, within_seconds=20)
    assert (np.diff(state.answered_in_time) > 0).all()
    assert (np.diff(state.occupancy) < 0).all()


def test_erlang_a_without_calls_or_agents() -> None:
    state = erlang_a([0, 5, 0], [3.0, 0.0, 0.0], handle_seconds=100, patience_seconds=100, within_seconds=20)
    assert state.answered_in_time.tolist() == [0, 1, 1]
    assert state.abandoned.tolist() == [1, 0, 0]


def test_agents_required_c_is_the_fewest() -> None:
    """One agent less misses the target; no load needs nobody."""
    load = np.array([0.0, 0.2, 8.3, 120.0, 980.0])
    need = agents_required_c(load, handle_seconds=300, within_seconds=20, answered=0.8)
    level = service_level_c(need, load, handle_seconds=300, within_seconds=20)
    less = service_level_c(np.maximum(need - 1, 0), load, handle_seconds=300, within_seconds=20)
    assert need[0] == 0
    assert (level >= 0.8).all()
    assert (less[1:] < 0.8).all()
