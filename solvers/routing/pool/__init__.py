"""Many routes of single rep-days put together: a better plan by set packing, and a proven bound by priced routes.

    from solvers.routing.pool import Bound, upper_bound
    upper_bound(problem, *, incumbent=orders, met=(), rounds=30, seconds=inf, seed=0) -> Bound

`incumbent`: task indices of each shift in order (`Orders.sequences`); `met`: `Improved.met`, the first columns.
`Bound.value_eur` is never below the best legal plan; `Bound.orders` is a plan at least as good as the incumbent.
"""

from solvers.routing.pool.upper import Bound, upper_bound

__all__ = ["Bound", "upper_bound"]
