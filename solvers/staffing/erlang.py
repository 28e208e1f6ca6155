"""Waiting in a queue with n agents: Erlang B, C and A, service level and occupancy, and the agents that a target needs.

All functions are vectorised: arguments broadcast, results have the broadcast shape (float64). Loads are in Erlang
(calls per second x mean handle seconds), times in seconds, service levels and occupancies are shares 0..1.

Erlang A (Palm 1943; Garnett, Mandelbaum and Reiman 2002) is evaluated in closed form by incomplete gamma functions.
With a = load, c = n x patience / handle time, eta = calls per second x patience, all sums over states are taken
relative to the state "all n busy, nobody waits":

    below  = sum over fewer than n in the system = 1 / B(n, a) - 1
    at_or_above = S(c, eta) = 1F1(1; c + 1; eta) = Gamma(c + 1) exp(eta) eta^-c P(c, eta)

and are held as logarithms, so nothing under- or overflows however many agents there are. n may be fractional (agents
after shrinkage): the gamma functions continue the formulas between the integers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

_TINY = 1e-280
"""Below this an incomplete gamma function has lost digits; its series is then short."""
_MAX_TERMS = 20_000


def erlang_b(agents: ArrayLike, load_erlang: ArrayLike) -> np.ndarray:
    """Share of calls that find all agents busy and leave at once.

    Args:
        agents: whole numbers >= 0.
        load_erlang: >= 0.

    Returns:
        B(n, a) by the recursion 1/B(k) = 1 + k/a x 1/B(k-1) (Jagerman 1984): only sums of positive terms.
    """
    return 1 / _inverse_b(agents, load_erlang)


def erlang_c(agents: ArrayLike, load_erlang: ArrayLike) -> np.ndarray:
    """Share of calls that wait where nobody gives up (1 where the load is not below the agents).

    1/C = (1 - a/n) / B + a/n. Arguments as in `erlang_b`.
    """
    n, a = np.broadcast_arrays(np.asarray(agents, float), np.asarray(load_erlang, float))
    inverse = _inverse_b(n, a)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        waits = 1 / (inverse * (1 - a / n) + a / n)
    return np.where(a >= n, np.where(a > 0, 1.0, 0.0), np.where(a > 0, waits, 0.0))


def service_level_c(
    agents: ArrayLike, load_erlang: ArrayLike, *, handle_seconds: ArrayLike, within_seconds: float
) -> np.ndarray:
    """Share of calls answered within `within_seconds` where nobody gives up: 1 - C exp(-(n - a) T / h)."""
    n, a = np.broadcast_arrays(np.asarray(agents, float), np.asarray(load_erlang, float))
    spare = np.maximum(n - a, 0) * within_seconds / np.asarray(handle_seconds, float)
    level: np.ndarray = np.where((a >= n) & (a > 0), 0.0, 1 - erlang_c(n, a) * np.exp(-spare))
    return level


def agents_required_c(
    load_erlang: ArrayLike, *, handle_seconds: ArrayLike, within_seconds: float, answered: float
) -> np.ndarray:
    """Fewest agents whose Erlang C service level is at least `answered` (0..1), by one recursion over n."""
    a, h = np.broadcast_arrays(np.asarray(load_erlang, float), np.asarray(handle_seconds, float))
    need = np.zeros(a.shape, dtype=np.int64)
    open_ = a > 0
    inverse = np.ones(a.shape)
    n = 0
    while open_.any():
        n += 1
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            inverse = np.where(open_, 1 + n / a * inverse, 1.0)
            waits = 1 / (inverse * (1 - a / n) + a / n)
            level = 1 - waits * np.exp(-(n - a) * within_seconds / h)
        done = open_ & (n > a) & (level >= answered)
        need[done] = n
        open_ &= ~done
    return need


@dataclass(frozen=True)
class ErlangA:
    """Steady state of a queue whose callers give up after an exponential patience; arrays of one shape, shares 0..1.

    waits: of calls that do not find a free agent. answered_in_time: of all calls offered, those answered within the
    promised time (a call that gives up counts as not answered). occupancy: of the agents' time that is busy.
    abandoned: of all calls offered, those that give up.
    """

    waits: np.ndarray
    answered_in_time: np.ndarray
    occupancy: np.ndarray
    abandoned: np.ndarray


def erlang_a(
    agents: ArrayLike,
    load_erlang: ArrayLike,
    *,
    handle_seconds: ArrayLike,
    patience_seconds: float,
    within_seconds: float,
) -> ErlangA:
    """Erlang A in closed form.

    The virtual wait has the density lambda pi(n-1) exp(eta (1 - exp(-t/p)) - n t/h) for t > 0 (Zeltyn and
    Mandelbaum 2005), p the patience; integrated against the chance exp(-t/p) to be still there it gives

        answered in time = P(no wait) + pi(n-1) [(S(c, eta) - 1) - (S(c, x) - 1) exp(eta - x - c T/p)],
        x = eta exp(-T/p),  S(c, y) - 1 = y / (c + 1) x S(c + 1, y).

    Args:
        agents: >= 0, may be fractional; without agents nothing is answered.
        load_erlang: >= 0; without calls everything is answered in time.
        handle_seconds: > 0 where there is load.
        patience_seconds: mean, > 0.
        within_seconds: >= 0.
    """
    n, a, h = np.broadcast_arrays(*(np.asarray(v, float) for v in (agents, load_erlang, handle_seconds)))
    normal = (n > 0) & (a > 0) & (h > 0)
    n1, a1, h1 = (np.where(normal, v, 1.0) for v in (n, a, h))
    c, eta = n1 * patience_seconds / h1, a1 * patience_seconds / h1
    log_below = np.log(n1 / a1) + log_inverse_b(n1 - 1, a1)
    log_queue = _log_s(c, eta)
    log_all = np.logaddexp(log_below, log_queue)
    waits = np.exp(log_queue - log_all)
    free = np.exp(log_below - log_all)
    decay = within_seconds / patience_seconds
    x = eta * np.exp(-decay)
    all_waiters = np.exp(np.log(eta / (c + 1)) + _log_s(c + 1, eta) - log_all)
    # eta - x by expm1: for a short promise the two are nearly equal
    shift = -eta * np.expm1(-decay) - c * decay
    late_waiters = np.exp(np.log(x / (c + 1)) + _log_s(c + 1, x) + shift - log_all)
    in_time = np.clip(free + n1 / a1 * (all_waiters - late_waiters), 0, 1)
    busy = np.clip(a1 / n1 * free - np.exp(-log_all) + waits, 0, 1)
    abandoned = np.clip(1 - busy * n1 / a1, 0, 1)
    no_calls = (a <= 0) | (h <= 0)
    return ErlangA(
        waits=np.where(normal, waits, np.where(no_calls, 0.0, 1.0)),
        answered_in_time=np.where(normal, in_time, np.where(no_calls, 1.0, 0.0)),
        occupancy=np.where(normal, busy, np.where(no_calls, 0.0, 1.0)),
        abandoned=np.where(normal, abandoned, np.where(no_calls, 0.0, 1.0)),
    )


def log_inverse_b(agents: ArrayLike, load_erlang: ArrayLike) -> np.ndarray:
    """log(1 / B(n, a)) = log(Q(n + 1, a) / pmf(n; a)), for any real n > -1 and a > 0, safe for any size."""
    n, a = np.broadcast_arrays(np.asarray(agents, float), np.asarray(load_erlang, float))
    tail = special.gammaincc(n + 1, a)
    small = tail < _TINY
    with np.errstate(divide="ignore"):
        result = np.atleast_1d(np.log(tail) - _log_poisson(n, a))
    if small.any():  # load far above the agents: 1 + n/a + n(n-1)/a^2 + ... falls fast
        result[np.atleast_1d(small)] = np.log(_falling_series(n[small], a[small]))
    return result.reshape(n.shape)


def _inverse_b(agents: ArrayLike, load_erlang: ArrayLike) -> np.ndarray:
    n, a = np.broadcast_arrays(np.asarray(agents, float), np.asarray(load_erlang, float))
    if n.size and ((n < 0).any() or (n != np.floor(n)).any()):
        raise ValueError("agents must be whole numbers >= 0")
    inverse = np.ones(n.shape)
    with np.errstate(over="ignore", divide="ignore"):
        for k in range(1, int(n.max(initial=0)) + 1):
            inverse = np.where(k <= n, 1 + k / a * inverse, inverse)
    return inverse


def _log_s(c: np.ndarray, y: np.ndarray) -> np.ndarray:
    """log of S(c, y) = 1 + y/(c+1) + y^2/((c+1)(c+2)) + ..., c > 0, y > 0."""
    lower = special.gammainc(c, y)
    small = lower < _TINY
    with np.errstate(divide="ignore"):
        result = np.atleast_1d(np.log(lower) - _log_poisson(c, y))
    if small.any():  # patience far shorter than the time to a free agent: the series falls fast
        result[np.atleast_1d(small)] = np.log(_rising_series(c[small], y[small]))
    return result.reshape(np.shape(c))


def _rising_series(c: np.ndarray, y: np.ndarray) -> np.ndarray:
    total, term = np.ones_like(c), np.ones_like(c)
    for k in range(1, _MAX_TERMS):
        term = term * (y / (c + k))
        total += term
        if (term <= 1e-17 * total).all():
            break
    return total


def _falling_series(n: np.ndarray, a: np.ndarray) -> np.ndarray:
    total, term = np.ones_like(n), np.ones_like(n)
    for k in range(_MAX_TERMS):
        term = term * np.maximum(n - k, 0) / a
        total += term
        if (term <= 1e-17 * total).all():
            break
    return total


def _log_poisson(n: np.ndarray, a: np.ndarray) -> np.ndarray:
    """log(a^n exp(-a) / Gamma(n + 1)) without the cancellation of large terms (Loader 2000, saddle point)."""
    big = n >= 15
    m = np.where(big, n, 15.0)
    stirling_error = (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / (1188 * m**2)) / m**2) / m**2) / m**2) / m
    by_saddle = -0.5 * np.log(2 * np.pi * m) - stirling_error - _deviance(m, a)
    direct = np.where(big, 0.0, n) * np.log(a) - a - special.gammaln(np.where(big, 0.0, n) + 1)
    result: np.ndarray = np.where(big, by_saddle, direct)
    return result


def _deviance(n: np.ndarray, a: np.ndarray) -> np.ndarray:
    """n log(n/a) + a - n, by a series in (n-a)/(n+a) where the two are close."""
    v = (n - a) / (n + a)
    near = np.abs(v) < 0.1
    w = np.where(near, v, 0.0)
    series, power = (n - a) * w, 2 * n * w
    for j in range(1, 12):
        power = power * w * w
        series = series + power / (2 * j + 1)
    result: np.ndarray = np.where(near, series, n * np.log(n / a) + a - n)
    return result
