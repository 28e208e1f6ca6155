"""The search for the best packing: relaxation, repair, and an exact programme on what the repair leaves open.

The bound is computed here from the duals, whatever the library says: for any y >= 0 no packing is worth more than
limit @ y + sum of max(0, order_eur - y @ matrix) (Lagrange; Fisher, 1981). An option whose reduced price alone takes
that bound below the value in hand is settled; the exact programme sees the few that are not.
"""

import time
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from scenarios.schema import Effort
from solvers.channels.model import Packing

NODES = {"quick": 50, "normal": 1000, "thorough": 20000}
"""Branch-and-bound nodes."""
GAP_PCT = {"quick": 0.05, "normal": 0.005, "thorough": 0.0}
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
    notes: tuple[str, ...] = ()


def search(packing: Packing, engine: ModuleType, *, effort: Effort, exact: bool, deadline: float) -> Found:
    """The best packing within the budget of an effort.

    Args:
        engine: module with METHOD, solve_lp and solve_mip.
        exact: whether to go on to the exact programme where the repair leaves a gap.
        deadline: instant of `time.perf_counter` of the emergency brake.
    """
    count = len(packing.order_eur)
    if not count:
        nothing = np.zeros(0, dtype=bool)
        return Found(nothing, 0.0, 0.0, np.zeros(len(packing.limit)), False, "nothing to choose from")
    relaxed = engine.solve_lp(packing, seconds=deadline - time.perf_counter())
    if relaxed is None:
        chosen = fill(packing, np.zeros(count, dtype=bool), packing.order_eur)
        bound = lagrangian_bound(packing, np.zeros(len(packing.limit)))
        value = float(packing.order_eur @ chosen)
        duals = np.zeros(len(packing.limit))
        return Found(chosen, value, bound, duals, True, "greedy: the relaxation hit the time limit")
    share, duals = relaxed
    bound = lagrangian_bound(packing, duals)
    reduced = packing.order_eur - packing.matrix.T @ duals
    chosen = fill(packing, share > 1 - 1e-6, reduced + 1e-3 * share)
    value, method, brake = float(packing.order_eur @ chosen), f"{engine.METHOD}: relaxation and repair", False
    notes: tuple[str, ...] = ()
    if exact and bound - value > max(GAP_PCT[effort] / 100 * abs(value), 1e-7):
        open_ = bound - np.abs(reduced) > value
        settled = ~open_ & (reduced > 0)
        core = packing.part(np.flatnonzero(open_), packing.matrix @ settled.astype(float))
        base = float(packing.order_eur @ settled)
        found, core_bound, brake = engine.solve_mip(
            core,
            nodes=NODES[effort],
            gap_pct=GAP_PCT[effort],
            seconds=deadline - time.perf_counter(),
            start=chosen[open_],
        )
        chosen = settled.copy()
        chosen[open_] = found
        value = float(packing.order_eur @ chosen)
        if core_bound is not None:
            bound = max(min(bound, base + core_bound), value)
        method = f"{engine.METHOD}: relaxation, repair, exact on what these leave open"
        notes = (f"{int(open_.sum())} of {count} options were left to the exact programme.",)
    return Found(chosen, value, max(bound, value), duals, brake, method, notes)


def lagrangian_bound(packing: Packing, duals: np.ndarray) -> float:
    """An upper bound in euros of every packing, from any duals >= 0."""
    reduced = packing.order_eur - packing.matrix.T @ duals
    return float(packing.limit @ duals + np.maximum(reduced, 0.0).sum())


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
