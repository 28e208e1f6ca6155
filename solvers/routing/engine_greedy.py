"""Engine `greedy`: the most gain per minute first, exactly timed; then a refill. No search, so no steps."""

import numpy as np

from solvers.brake import Brake
from solvers.routing.arrays import Arrays
from solvers.routing.compiled import fill
from solvers.routing.improve import make_state, read_orders
from solvers.routing.problem import Orders, RoutingProblem
from solvers.routing.scratch import make_memory, make_work


def solve(problem: RoutingProblem, arrays: Arrays, *, effort: str, seed: int, brake: Brake) -> Orders:
    """Cheapest best insertion by gain per minute of service and added drive; supports everything.

    The brake is not looked at: it takes one pass.
    """
    state = make_state(problem, arrays, ())
    inserted = fill(arrays, state, make_memory(arrays), make_work(arrays), np.random.default_rng(seed))
    return Orders(read_orders(state), f"greedy insertion by gain per minute, {inserted} visits")
