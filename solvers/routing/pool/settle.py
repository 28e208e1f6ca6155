"""The end of a plan run: a proven bound at the effort's price, and the pool's plan where it is better."""

import math
from dataclasses import replace

from scenarios.schema import Effort
from solvers.brake import Brake
from solvers.routing.bound import upper_bound_eur
from solvers.routing.pool.upper import upper_bound
from solvers.routing.problem import Orders, RoutingProblem

ROUNDS: dict[Effort, int] = {"quick": 0, "normal": 0, "thorough": 4}
"""Pricings of all rep-days; without any the bound is the knapsack's."""


def settle(problem: RoutingProblem, orders: Orders, *, effort: Effort, seed: int, brake: Brake) -> tuple[Orders, float]:
    """(orders at least as good as those given, bound in euros that no plan exceeds).

    Args:
        effort: how many rounds routes are priced. brake: ends the pricing early; then the orders say so.

    Orders made to be even are kept: the pool counts euros of visits and drives, and would undo what evenness is worth.
    """
    if not ROUNDS[effort] or brake.pulled():
        return orders, upper_bound_eur(problem)
    left = brake.seconds_left()
    found = upper_bound(
        problem, incumbent=orders.sequences, met=getattr(orders, "met", ()), rounds=ROUNDS[effort], seed=seed,
        seconds=left,
    )  # fmt: skip
    cut_short = math.isfinite(left) and found.seconds > left
    if problem.even:
        return replace(orders, brake_hit=orders.brake_hit or cut_short), found.value_eur
    method = orders.method if found.orders == orders.sequences else f"{orders.method}, then set packing of routes met"
    return replace(orders, sequences=found.orders, method=method, brake_hit=orders.brake_hit or cut_short), (
        found.value_eur
    )
