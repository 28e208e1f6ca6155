"""The best plan for any number of customers: prices, a plan that keeps the capacities, and a proof of what it misses.

1. Prices at the minimum of the smoothed dual (`prices.py`).
2. Everybody's best option after prices; least-regret moves until no capacity is broken; the rest filled (`repair.py`).
3. The relaxation of the customers at the margin, all others as they are, makes the prices exact: where the bound they
   prove meets its value, it is the relaxation of all. No more customers than capacities are split by it.
4. A whole-number programme of those nearest the margin takes the splits away at the least loss.
5. Up to `exact_below` customers: what the bound still leaves open is solved as a whole-number programme.
"""

import time
from dataclasses import dataclass, replace

import numpy as np

from scenarios.errors import InvalidInput
from scenarios.schema import Effort
from solvers.brake import Brake
from solvers.channels import highs
from solvers.channels.dual.exchange import exchange
from solvers.channels.dual.marginal import Marginal, free_options, make_marginal
from solvers.channels.dual.passes import CHUNK, Passes, Priced
from solvers.channels.dual.prices import find_prices
from solvers.channels.dual.problem import BARRED_EUR, CapacityPlan, CapacityProblem
from solvers.channels.dual.repair import fill, relieve, slack, use_of, value_of

MARGINAL = 1500
"""Customers at the margin in the first relaxation; each further one has half as many more."""
RELAXATIONS = 8
"""Relaxations at most."""
EXCHANGED = {"quick": (60, 200), "normal": (60, 200, 600, 1800), "thorough": (60, 200, 600, 1800, 5400)}
"""Customers who may change in pairs, by stages."""
SWEEPS = {"quick": 4, "normal": 12, "thorough": 40}
"""Rounds of such changes at most."""
CORE = {"quick": 80, "normal": 160, "thorough": 400}
"""Customers of the whole-number programme."""
NODES = {"quick": 20, "normal": 100, "thorough": 5000}
"""Its branch-and-bound nodes."""
GAP_PCT = {"quick": 0.5, "normal": 0.01, "thorough": 0.0}
"""The gap at which the search is content, in percent."""
EXACT_COLUMNS = {"quick": 6000, "normal": 6000, "thorough": 20_000}
"""The exact programme is tried on at most so many open options."""


@dataclass
class _State:
    """The best so far: prices with what they prove, and a legal choice."""

    prices: np.ndarray
    priced: Priced
    choice: np.ndarray
    value: float
    bound: float
    brake_hit: bool = False

    def offer(self, problem: CapacityProblem, choice: np.ndarray) -> None:
        """Take a choice that is worth more and keeps the capacities."""
        value = value_of(problem, choice)
        if value > self.value and (use_of(problem, choice) <= problem.capacity_minutes + slack(problem)).all():
            self.choice, self.value = choice, value


def solve(
    problem: CapacityProblem,
    *,
    warm_prices: np.ndarray | None = None,
    workers: int = 1,
    chunk: int = CHUNK,
    exact_below: int = 5000,
    seed: int = 0,
    effort: Effort = "normal",
    brake: Brake | None = None,
) -> CapacityPlan:
    """One option for each customer, so that euros are as many as the capacities allow, with bound and prices.

    Args:
        warm_prices: (capacities,) euros per minute to begin at, as last week's; None: a cold start.
        workers: threads for the passes over the customers; the result does not depend on it.
        chunk: customers a chunk of a pass.
        exact_below: up to so many customers, what the bound leaves open is solved exactly if it is small enough.
        seed: of the sample on which a cold start is made.
        effort: size and nodes of the whole-number programmes.
        brake: ends the search early with the best found; a programme that is being solved ends with it.

    Raises:
        InvalidInput: a customer has no option without minutes, or `warm_prices` do not fit the capacities.
    """
    began = time.perf_counter()
    brake = brake or Brake(np.inf)
    n, capacities = len(problem.value), len(problem.capacity_minutes)
    if warm_prices is not None and np.shape(warm_prices) != (capacities,):
        raise InvalidInput(f"warm_prices must have one price for each of the {capacities} capacities")
    if not n:
        nothing = np.empty(0, np.int16)
        zero = np.zeros(capacities)
        return CapacityPlan(nothing, 0.0, 0.0, 0.0, 0.0, zero, zero, nothing, np.empty(0), 0, 0.0, "nothing to do")
    _everybody_may_be_left(problem)
    problem = prepared(problem)
    passes = Passes(problem, workers=workers, chunk=chunk)
    prices = find_prices(passes, start=warm_prices, seed=seed, workers=workers, chunk=chunk, brake=brake)
    priced = passes.priced(prices)
    choice = relieve(passes, prices, priced.best, priced.margin)
    state = _State(prices, priced, choice, value_of(problem, choice), priced.bound)
    method = "prices by Newton on the smoothed dual, least-regret repair"
    if capacities:
        whole = _relax(passes, state, grow_to=n if n <= exact_below else 20 * MARGINAL, brake=brake)
        method += ", relaxation at the margin"
        found = exchange(passes, state.prices, whole, sizes=EXCHANGED[effort], sweeps=SWEEPS[effort], brake=brake)
        state.offer(problem, fill(passes, found))
    # A better plan leaves fewer options open, so what was too large before the core is perhaps not after it.
    for search, words in (_EXACT, _CORE, _EXACT):
        if _content(state, effort) or not capacities or brake.pulled() or (search is _exact and n > exact_below):
            continue
        if search(passes, state, effort=effort, brake=brake):
            method += f", {words}"
        if search is _exact and words in method:
            break
    state.offer(problem, fill(passes, state.choice))
    return _report(passes, state, method, began, brake)


def prepared(problem: CapacityProblem) -> CapacityProblem:
    """The same problem, closer to its bound: capacities in whole minutes where all minutes are whole, and without the
    options that are longer than all of their capacity."""
    return _without_the_too_long(_in_whole_minutes(problem))


def _everybody_may_be_left(problem: CapacityProblem) -> None:
    for begin in range(0, len(problem.value), 65536):
        who = np.arange(begin, min(begin + 65536, len(problem.value)))
        stuck = np.flatnonzero(free_options(problem, who) < 0)
        if len(stuck):
            raise InvalidInput(
                f"customer {begin + int(stuck[0])} has no option without minutes; give everybody one that is "
                "allowed and uses no capacity (self-service, or no contact at 0 EUR)"
            )


def _in_whole_minutes(problem: CapacityProblem) -> CapacityProblem:
    """Where all minutes are whole, a capacity is worth only its whole minutes: a bound without the rest is closer."""
    whole = all(
        not (problem.minutes[begin : begin + 65536] % 1).any() for begin in range(0, len(problem.minutes), 65536)
    )
    if not whole or (problem.rows is not None and (problem.rows % 1).any()):
        return problem
    return replace(problem, capacity_minutes=np.floor(problem.capacity_minutes + 1e-9))


def _without_the_too_long(problem: CapacityProblem) -> CapacityProblem:
    """The problem with options barred that are longer than all of their capacity; itself where there are none."""
    rows = problem.rows_of_resources()
    share = np.where(rows > 0, rows, 1.0)
    room = np.where(rows > 0, problem.capacity_minutes[:, None] / share, np.inf).min(axis=0, initial=np.inf)
    longest = problem.minutes.max(axis=0, initial=0.0)[problem.channel_of_option]
    place = problem.resource_of_option
    resources = place if place.ndim == 1 else place.min(axis=0)
    if place.ndim == 1 and np.all(longest <= np.append(room, np.inf)[resources] + 1e-9):
        return problem
    if place.ndim == 2 and (not len(room) or longest.max(initial=0.0) <= room.min() + 1e-9):
        return problem
    value = problem.value.copy()
    for begin in range(0, len(value), 65536):
        who = np.arange(begin, min(begin + 65536, len(value)))
        fits = problem.minutes_of(who) <= np.append(room, np.inf)[problem.resources_of(who)] + 1e-9
        value[who] = np.where(fits, value[who], 10 * BARRED_EUR)
    return replace(problem, value=value)


def _content(state: _State, effort: Effort) -> bool:
    return state.bound - state.value <= GAP_PCT[effort] / 100 * abs(state.value) + 1e-9


def _relax(passes: Passes, state: _State, *, grow_to: int, brake: Brake) -> np.ndarray:
    """Exact prices from relaxations of ever more customers at the margin, until the bound meets their value.

    Returns:
        (n,) the choice of the last relaxation, in whole: customers whom it splits have their best option, and those
        whom another option costs least make room for them. It leaves minutes unused, but hardly any regret.
    """
    n = len(state.choice)
    whole = state.choice
    inside = np.zeros(n, dtype=bool)
    size = MARGINAL
    for _ in range(RELAXATIONS):
        if brake.pulled():
            state.brake_hit = True
            break
        _, margin = passes.against(state.prices, state.choice)
        size = min(size, n, grow_to)
        inside[np.argpartition(margin, size - 1)[:size]] = True
        chosen = np.flatnonzero(inside)
        reach = float(np.abs(margin[chosen][np.isfinite(margin[chosen])]).max(initial=0.0))
        loss = np.inf if size >= n else 3 * reach + 1e-6
        part = make_marginal(passes, state.choice, chosen, prices=state.prices, loss_eur=loss)
        if not len(part.option):
            break
        relaxed = highs.solve_lp(part.packing, seconds=brake.seconds_left(), stop=brake.stop)
        if relaxed is None:
            state.brake_hit = True
            break
        share, duals = relaxed
        prices = part.prices(duals, len(state.prices))
        unused_rows = np.setdiff1d(np.arange(len(prices)), part.capacity_row[part.capacity_row >= 0])
        prices[unused_rows] = state.prices[unused_rows]
        priced = passes.priced(prices)
        relaxed_eur = part.base_eur + float(part.packing.order_eur @ share)
        if priced.bound < state.bound:
            state.prices, state.priced, state.bound = prices, priced, priced.bound
        whole = state.choice.copy()
        split = np.zeros(len(chosen), dtype=bool)
        split[part.place[(share > 1e-6) & (share < 1 - 1e-6)]] = True
        whole[chosen] = np.where(split, priced.best[chosen], part.options_taken(share > 1 - 1e-6))
        if priced.bound - relaxed_eur <= 1e-9 * abs(priced.bound) or size == n:
            break
        astray = passes.against(prices, state.choice)[1]
        worst = np.argpartition(astray, size - 1)[:size]
        inside[worst[astray[worst] < 0]] = True
        size = int(1.5 * size)
    return relieve(passes, state.prices, whole, np.abs(passes.against(state.prices, whole)[1]))


def _core(passes: Passes, state: _State, *, effort: Effort, brake: Brake) -> bool:
    """The best choice among those nearest the margin, all others as they are; always tried, so always True."""
    _, margin = passes.against(state.prices, state.choice)
    size = min(CORE[effort], len(margin))
    nearest = np.sort(np.argpartition(np.abs(margin), size - 1)[:size])
    reach = np.abs(margin[nearest][np.isfinite(margin[nearest])]).max(initial=0.0)
    part = make_marginal(passes, state.choice, nearest, prices=state.prices, loss_eur=float(reach) + 1e-6)
    _search(passes, state, part, effort=effort, brake=brake)
    return True


def _exact(passes: Passes, state: _State, *, effort: Effort, brake: Brake) -> bool:
    """The whole-number programme of all options that a better plan could take, and the bound it proves; False if it is
    too large to be tried."""
    distance = state.priced.bound - state.value
    open_to_all = np.flatnonzero(state.priced.margin <= distance + 1e-9)
    settled = state.priced.best.copy()
    part = make_marginal(passes, settled, open_to_all, prices=state.prices, loss_eur=distance + 1e-9)
    others = settled.copy()
    others[open_to_all] = part.free
    problem = passes.problem
    if len(part.option) > EXACT_COLUMNS[effort]:
        return False
    if (use_of(problem, others) > problem.capacity_minutes + slack(problem)).any():
        state.bound = state.value  # whoever must take their best option do not fit: nothing better exists
        return True
    bound = _search(passes, state, part, effort=effort, brake=brake, base=settled)
    if bound is not None:
        state.bound = max(state.value, min(state.bound, bound))
    return True


_EXACT = (_exact, "exact on what is open")
_CORE = (_core, "whole-number programme at the margin")


def _search(
    passes: Passes,
    state: _State,
    part: Marginal,
    *,
    effort: Effort,
    brake: Brake,
    base: np.ndarray | None = None,
) -> float | None:
    """Solve a part's whole-number programme, offer what it finds; returns the bound in euros of the whole, if any.

    Args:
        base: (n,) the choice of the customers outside the part; None: the state's, which then is where it starts.
    """
    if not len(part.option):
        return part.base_eur
    outside = state.choice if base is None else base
    own = part.columns_of(state.choice[part.customers])
    start = own & bool((part.packing.matrix @ own <= part.packing.limit + 1e-9).all())
    enough = GAP_PCT[effort] / 100 * abs(state.value) / max(float(part.packing.order_eur @ own), 1.0)
    found, bound, hit = highs.solve_mip(
        part.packing,
        nodes=NODES[effort],
        gap_pct=100 * enough,
        seconds=brake.seconds_left(),
        start=start,
        stop=brake.stop,
    )
    state.brake_hit |= hit
    tried = outside.copy()
    tried[part.customers] = part.options_taken(found)
    state.offer(passes.problem, tried)
    state.offer(passes.problem, fill(passes, state.choice))
    return None if bound is None else part.base_eur + bound


def _report(passes: Passes, state: _State, method: str, began: float, brake: Brake) -> CapacityPlan:
    problem = passes.problem
    runner_up, margin = passes.against(state.prices, state.choice)
    used = use_of(problem, state.choice)
    unused_eur = float(state.prices @ (problem.capacity_minutes - used))
    return CapacityPlan(
        choice=state.choice.astype(np.int16),
        value=state.value,
        bound=max(state.bound, state.value),
        regret_eur=max(state.priced.bound - state.value - unused_eur, 0.0),
        unused_eur=unused_eur,
        prices_eur_per_minute=state.prices,
        used_minutes=used,
        runner_up=runner_up,
        margin_eur=margin,
        iterations=passes.count,
        seconds=time.perf_counter() - began,
        method=method,
        brake_hit=state.brake_hit or brake.pulled(),
    )
