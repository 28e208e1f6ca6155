"""The search for the best packing: relaxation, repair, the core, and an exact programme on what that leaves open.

The bound is computed here from the duals, whatever the library says: at any prices >= 0 of the capacities no packing
is worth more than what they cost plus, for each customer, the best allowed options after prices (Lagrange; Fisher,
1981). What an option would take from that bound if it were decided the other way is its loss: where the loss exceeds
the distance between bound and value, the option is settled, and the exact programme sees only the others.
"""

from dataclasses import dataclass
from types import ModuleType

import numpy as np

from scenarios.schema import Effort
from solvers.brake import Brake
from solvers.channels.model import Packing

NODES = {"quick": 10, "normal": 60, "thorough": 3000}
"""Branch-and-bound nodes."""
CORE_OPTIONS = {"quick": 300, "normal": 500, "thorough": 1500}
"""Options among which the core is solved."""
EXACT_OPTIONS = 2000
"""The exact programme is tried on at most so many undecided options."""
GAP_PCT = {"quick": 0.05, "normal": 0.01, "thorough": 0.0}
"""The gap at which the search is content, in percent."""


@dataclass(frozen=True)
class Found:
    """chosen (m,) bool, value and bound in euros, duals (rows,) in euros per unit, and how it was found."""

    chosen: np.ndarray
    value: float
    bound: float
    duals: np.ndarray
    brake_hit: bool
    method: str


def search(packing: Packing, engine: ModuleType, *, effort: Effort, exact: bool, brake: Brake) -> Found:
    """The best packing within the budget of an effort.

    Args:
        engine: module with METHOD, solve_lp and solve_mip.
        exact: whether to go on to the exact programme where the repair leaves a gap.
        brake: ends the search early, and the programme that is being solved.
    """
    count = len(packing.order_eur)
    if not count:
        nothing = np.zeros(0, dtype=bool)
        return Found(nothing, 0.0, 0.0, np.zeros(len(packing.limit)), False, "nothing to choose from")
    relaxed = engine.solve_lp(packing, seconds=brake.seconds_left(), stop=brake.stop)
    if relaxed is None:
        chosen = fill(packing, np.zeros(count, dtype=bool), packing.order_eur)
        bound = price_options(packing, np.zeros(len(packing.limit))).bound
        value = float(packing.order_eur @ chosen)
        duals = np.zeros(len(packing.limit))
        return Found(chosen, value, bound, duals, True, "greedy: the relaxation hit the time limit")
    share, duals = relaxed
    priced = price_options(packing, duals)
    bound = priced.bound
    chosen = fill(packing, share > 1 - 1e-6, share - priced.loss / (1 + np.abs(priced.loss).max()))
    value, method, hit = float(packing.order_eur @ chosen), f"{engine.METHOD}: relaxation and repair", False
    enough = GAP_PCT[effort] / 100 * abs(value) + 1e-7
    if exact and bound - value > enough:
        chosen, hit = _solve_core(packing, engine, share, priced, chosen, effort=effort, brake=brake)
        value, method = float(packing.order_eur @ chosen), f"{engine.METHOD}: relaxation, repair, core"
    undecided = bound - priced.loss > value
    if exact and bound - value > enough and not hit and undecided.sum() <= EXACT_OPTIONS:
        chosen, bound, hit = _solve_rest(
            packing, engine, undecided, ~undecided & priced.best, chosen, bound, effort=effort, brake=brake
        )
        value, method = float(packing.order_eur @ chosen), f"{method}, exact on the {undecided.sum()} undecided options"
    return Found(chosen, value, max(bound, value), duals, hit, method)


def _solve_core(
    packing: Packing,
    engine: ModuleType,
    share: np.ndarray,
    priced: "Priced",
    chosen: np.ndarray,
    *,
    effort: Effort,
    brake: Brake,
) -> tuple[np.ndarray, bool]:
    """The better of `chosen` and the best choice among the options of least loss, all others as relaxed.

    (The core of a knapsack: Balas and Zemel, 1980.) Returns it and whether the brake was hit.
    """
    taken = share > 1e-6
    rank = np.where(taken & (share < 1 - 1e-6), -1.0, np.where(taken, np.inf, priced.loss))
    close = np.argsort(rank, kind="stable")[: CORE_OPTIONS[effort]]
    close = close[np.isfinite(rank[close])]
    beside = taken & np.isin(packing.customer_row, packing.customer_row[close])
    core = np.union1d(close, np.flatnonzero(beside))
    outside = share > 1 - 1e-6
    outside[core] = False
    part = packing.part(core, packing.matrix @ outside.astype(float))
    start = fill(part, share[core] > 1 - 1e-6, share[core] - priced.loss[core] / (1 + np.abs(priced.loss).max()))
    found, _, hit = engine.solve_mip(
        part, nodes=NODES[effort], gap_pct=GAP_PCT[effort], seconds=brake.seconds_left(), start=start, stop=brake.stop
    )
    tried = outside.copy()
    tried[core] = found
    better = float(packing.order_eur @ tried) > float(packing.order_eur @ chosen)
    return (tried if better else chosen), hit


def _solve_rest(
    packing: Packing,
    engine: ModuleType,
    undecided: np.ndarray,
    settled: np.ndarray,
    chosen: np.ndarray,
    bound: float,
    *,
    effort: Effort,
    brake: Brake,
) -> tuple[np.ndarray, float, bool]:
    """The exact programme of the undecided options; anything better than `chosen` has the `settled` ones."""
    value, base = float(packing.order_eur @ chosen), float(packing.order_eur @ settled)
    columns = np.flatnonzero(undecided)
    part = packing.part(columns, packing.matrix @ settled.astype(float))
    start = chosen[columns] & bool((chosen[~undecided] == settled[~undecided]).all())
    found, rest_bound, hit = engine.solve_mip(
        part, nodes=NODES[effort], gap_pct=GAP_PCT[effort], seconds=brake.seconds_left(), start=start, stop=brake.stop
    )
    tried = settled.copy()
    tried[columns] = found
    better = float(packing.order_eur @ tried) > value
    value = max(value, float(packing.order_eur @ tried))
    if rest_bound is not None:
        bound = min(bound, max(base + rest_bound, value))
    return (tried if better else chosen), max(bound, value), hit


@dataclass(frozen=True)
class Priced:
    """bound in euros; best (m,): among the best allowed options of its customer after prices; loss (m,) >= 0."""

    bound: float
    best: np.ndarray
    loss: np.ndarray


def price_options(packing: Packing, duals: np.ndarray) -> Priced:
    """What the duals (rows,) >= 0 of all but the customers' rows prove; the customers' own are the best possible.

    With at most k contacts a customer's part of the bound is the sum of the k largest positive net values. An option
    among them loses what it is above the next one (or 0), any other what it is below the least of them.
    """
    count = len(packing.order_eur)
    prices = duals.copy()
    prices[packing.customer_row] = 0.0
    net = packing.order_eur - packing.matrix.T @ prices
    order = np.lexsort((-net, packing.customer_row))
    row = packing.customer_row[order]
    first = np.flatnonzero(np.r_[True, row[1:] != row[:-1]])
    size = np.diff(np.r_[first, count])
    place = np.arange(count) - np.repeat(first, size)
    allowed = np.floor(packing.limit[row[first]] + 1e-9).astype(np.int64)
    sorted_net = net[order]
    inside = (place < np.repeat(allowed, size)) & (sorted_net > 0)
    full = np.add.reduceat(inside, first) == allowed
    last_in = np.where(full & (allowed > 0), sorted_net[first + np.minimum(np.maximum(allowed - 1, 0), size - 1)], 0.0)
    next_out = np.where(allowed < size, sorted_net[first + np.minimum(allowed, size - 1)], 0.0)
    never = 1.0 + np.abs(packing.order_eur).sum()
    loss = np.where(
        inside,
        sorted_net - np.repeat(np.maximum(next_out, 0.0), size),
        np.where(np.repeat(allowed, size) > 0, np.repeat(last_in, size) - sorted_net, never),
    )
    best, losses = np.empty(count, dtype=bool), np.empty(count)
    best[order], losses[order] = inside, np.maximum(loss, 0.0)
    return Priced(float(packing.limit @ prices + sorted_net[inside].sum()), best, losses)


def fill(packing: Packing, chosen: np.ndarray, rank: np.ndarray) -> np.ndarray:
    """Add options of positive euros that still fit to a legal choice, by falling rank (ties: by position)."""
    columns = packing.matrix.tocsc()
    left = packing.limit - packing.matrix @ chosen.astype(float)
    chosen = chosen.copy()
    for column in np.argsort(-rank, kind="stable").tolist():
        if chosen[column] or packing.order_eur[column] <= 0:
            continue
        part = slice(columns.indptr[column], columns.indptr[column + 1])
        rows, weights = columns.indices[part], columns.data[part]
        if np.all(weights <= left[rows] + 1e-9):
            left[rows] -= weights
            chosen[column] = True
    return chosen
