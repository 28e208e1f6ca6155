"""Compiled before the clock runs: a plan's time limit is for searching, not for the first call after installation."""

from functools import lru_cache

import numpy as np
import pandas as pd

from solvers.routing.arrays import Arrays, is_asked, make_arrays
from solvers.routing.compiled import fill, search
from solvers.routing.improve import copied, make_state
from solvers.routing.problem import EvenWeeks, RoutingProblem, Shift
from solvers.routing.scratch import make_memory, make_met, make_work
from solvers.travel import Places


def compile_for(problem: RoutingProblem, arrays: Arrays) -> None:
    """Compile, or read from numba's cache, what this problem's plan and those on the way to it are searched with."""
    asks = problem.balance_eur_per_hour > 0 or is_asked(arrays.beyond)
    for rules in (False, True) if asks else (False,):
        _compile(rules=rules)


@lru_cache(maxsize=2)
def _compile(*, rules: bool) -> None:
    """Fill and search a problem without visits, no steps; what is compiled depends on the arrays' types alone."""
    even = EvenWeeks(1.0, {"": 0.0}) if rules else None
    nowhere = Places(np.array([""], object), np.zeros(1), np.zeros(1), np.zeros(1, bool))
    problem = RoutingProblem(
        tasks=(),
        shifts=(Shift("", pd.Timestamp(0), 0, 1, 0, 0, 0, 0, 0),),
        places=nowhere,
        seconds=np.zeros((1, 1), np.int64),
        km=np.zeros((1, 1)),
        travel_eur_per_km=0.0,
        days=pd.DataFrame(),
        refused=pd.DataFrame(),
        even=even,
    )
    arrays, rng = make_arrays(problem), np.random.default_rng(0)
    state = make_state(problem, arrays, ())
    memory, work, met = make_memory(arrays), make_work(arrays), make_met(arrays, state.order.shape[1], rows=0)
    fill(arrays, state, memory, work, rng)
    search(arrays, state, copied(state), copied(state), memory, work, met, np.zeros(2), np.zeros(0), rng)
