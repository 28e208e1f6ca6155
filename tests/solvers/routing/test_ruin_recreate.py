import importlib.util
import sys

import numba
import numpy as np

from solvers.routing import ruin_recreate
from solvers.routing.arrays import State, make_arrays
from solvers.routing.improve import make_state


def interpreted():
    """The same file, run by Python instead of the compiler."""
    spec = importlib.util.spec_from_file_location("ruin_recreate_interpreted", ruin_recreate.__file__)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    numba.config.DISABLE_JIT = True
    try:
        spec.loader.exec_module(module)
    finally:
        numba.config.DISABLE_JIT = False
    return module


def crowded(world):
    """Two reps and 14 visits for 10 hours, with an appointment without a place."""
    rng = np.random.default_rng(5)
    week = world(lunch=(30, "11:00-13:00")).rep("R1", shift="9:00-14:00").rep("R2", shift="9:00-14:00", home=(9, 9))
    for k in range(14):
        begin = 9 + k % 4
        windows = (f"{begin}:00-{begin}:50", f"12:{k:02d}-13:{k + 30:02d}") if k % 2 else ()
        reps = [("R1",), ("R2",), ("R1", "R2")][k % 3]
        week.customer(f"C{k}", *rng.integers(-9, 19, 2), prize=10 + k, minutes=35 + k, windows=windows, reps=reps)
    return week.appointment("R1", "10:00", "10:20").problem()


def run(module, problem, steps):
    arrays, rng = make_arrays(problem), np.random.default_rng(2)
    state = make_state(problem, arrays, ())
    module.fill(arrays, state, rng)
    filled = state.value.sum()
    best = State(*(part.copy() for part in state))
    values = np.full(2, filled)
    module.search(arrays, state, best, values, np.geomspace(2.0, 0.02, steps), rng)
    return filled, values, best, state


def test_compiled_and_interpreted_agree_step_by_step(world):
    """Same seed, same steps, same plans: the compiler changes nothing."""
    problem = crowded(world)
    slow, fast = run(interpreted(), problem, 150), run(ruin_recreate, problem, 150)
    assert slow[0] == fast[0]
    assert slow[1].tolist() == fast[1].tolist()
    assert slow[2].order.tolist() == fast[2].order.tolist()
    assert slow[1][1] > slow[0]


def test_the_state_never_drifts_from_its_orders(world):
    """After many kept and undone steps, times, values and places equal those computed afresh from the orders."""
    problem = crowded(world)
    _, values, _, state = run(ruin_recreate, problem, 2000)
    fresh = State(*(part.copy() for part in state))
    for shift in range(len(problem.shifts)):
        assert ruin_recreate.retime(make_arrays(problem), fresh, shift)
        used = state.length[shift] + 1
        for part in ("place", "before", "after"):
            assert getattr(fresh, part)[shift, :used].tolist() == getattr(state, part)[shift, :used].tolist()
        assert all(state.shift_of[i] == shift for i in state.order[shift, : state.length[shift]])
    assert values[0] == state.value.sum()
    assert state.length.sum() == (state.shift_of >= 0).sum()


def test_orders_that_cannot_be_kept_lose_the_least_valuable_visit(world):
    """Three visits of two hours in five: the one of 1 euro goes, the order of the others stays."""
    week = world().rep("R1", shift="9:00-14:00")
    for name, prize in (("A", 9), ("B", 1), ("C", 8)):
        week.customer(name, 1, 0, prize=prize, minutes=120)
    problem = week.problem()
    state = make_state(problem, make_arrays(problem), [(2, 1, 0)])
    assert state.order[0, : state.length[0]].tolist() == [2, 0]
    assert state.shift_of.tolist() == [0, -1, 0]
