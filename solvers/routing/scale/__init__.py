"""Large fields: 500 reps, 5 days, 100,000 customers. Each rep's week is solved apart, then neighbours settle borders.

from solvers.routing.scale import solve
solve(problem, *, travel=None, executor=None, workers=1, seed=0, effort="normal", until=inf) -> Wide
"""

from solvers.routing.scale.orders import is_large, large_orders
from solvers.routing.scale.weeks import LARGE, Wide, solve

__all__ = ["LARGE", "Wide", "is_large", "large_orders", "solve"]
