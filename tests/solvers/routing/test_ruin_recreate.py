import importlib.util
import math
import sys
from dataclasses import replace

import numba
import numpy as np
import pytest

from solvers.brake import Brake
from solvers.routing import compiled
from solvers.routing.arrays import make_arrays
from solvers.routing.compiled import fits, retime
from solvers.routing.improve import copied, make_state, read_met, search_from
from solvers.routing.scratch import make_memory, make_met, make_work


def interpreted(monkeypatch):
    """The compiled files, run by Python instead."""
    monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
    package = sys.modules["solvers.routing"]
    for name in ("pace", "timing", "insertion", "ruin_recreate", "compiled"):
        full = f"solvers.routing.{name}"
        spec = importlib.util.find_spec(full)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, full, module)
        monkeypatch.setattr(package, name, module)
        spec.loader.exec_module(module)
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


def run(module, problem, steps, rows=0):
    arrays, rng = make_arrays(problem), np.random.default_rng(2)
    state = make_state(problem, arrays, ())
    memory, work, met = make_memory(arrays), make_work(arrays), make_met(arrays, state.order.shape[1], rows=rows)
    module.fill(arrays, state, memory, work, rng)
    filled = state.value.sum()
    kept, best = copied(state), copied(state)
    values = np.full(2, filled)
    module.search(arrays, state, kept, best, memory, work, met, values, np.geomspace(2.0, 0.02, steps), rng)
    return filled, values, best, state, met


def test_compiled_and_interpreted_agree_step_by_step(world, monkeypatch):
    """Same seed, same steps, same plans: the compiler changes nothing."""
    problem = crowded(world)
    fast = run(compiled, problem, 100, rows=64)
    slow = run(interpreted(monkeypatch), problem, 100, rows=64)
    assert slow[0] == fast[0]
    assert slow[1].tolist() == fast[1].tolist()
    assert slow[2].order.tolist() == fast[2].order.tolist()
    assert read_met(slow[4]) == read_met(fast[4])
    assert slow[1][1] > slow[0]


def test_the_state_never_drifts_from_its_orders(world):
    """After many kept and undone steps, times, values and places equal those computed afresh from the orders."""
    problem = crowded(world)
    _, values, _, state, _ = run(compiled, problem, 2000)
    fresh = copied(state)
    for shift in range(len(problem.shifts)):
        assert retime(make_arrays(problem), fresh, shift)
        used = state.length[shift] + 1
        assert fresh.times[shift, :used].tolist() == state.times[shift, :used].tolist()
        assert fresh.leg[shift, :used].tolist() == state.leg[shift, :used].tolist()
        assert all(state.shift_of[i] == shift for i in state.order[shift, : state.length[shift]])
    assert values[0] == pytest.approx(state.value.sum())
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


def test_four_numbers_say_what_the_clock_says(world, feasible):
    """Each insertion of each left-out visit into each day of a searched plan: constant-time check against a walk."""
    problem = crowded(world)
    arrays = make_arrays(problem)
    state = run(compiled, problem, 300)[3]
    verdicts = set()
    for task in np.flatnonzero(state.shift_of < 0):
        for shift in problem.tasks[task].shifts:
            order = state.order[shift, : state.length[shift]].tolist()
            for position in range(len(order) + 1):
                legal = feasible(problem, shift, (*order[:position], int(task), *order[position:]))
                assert bool(fits(arrays, state, shift, position, task)) == legal
                verdicts.add(legal)
    assert False in verdicts


def test_scarce_things_in_the_car_are_not_overdrawn(world):
    """Two samples for three customers who lie side by side: the two who pay more get them."""
    week = world().rep("R1").customer("A", 1, 0, prize=9).customer("B", 1, 1, prize=20).customer("C", 1, 2, prize=12)
    plain = week.problem()
    problem = replace(
        plain,
        tasks=tuple(replace(task, load=(1,)) for task in plain.tasks),
        shifts=tuple(replace(shift, capacity=(2,)) for shift in plain.shifts),
    )
    arrays = make_arrays(problem)
    found = search_from(problem, arrays, make_state(problem, arrays, ()), steps=50, seed=1, brake=Brake(math.inf))
    assert sorted(problem.tasks[i].customer_id for i in found.sequences[0]) == ["B", "C"]


def test_a_time_limit_ends_the_search_and_the_days_met_are_legal(world, feasible):
    """Days come back with their shift, in an order that can be kept; the watcher hears values that never fall."""
    problem, heard = crowded(world), []
    arrays = make_arrays(problem)
    found = search_from(
        problem, arrays, make_state(problem, arrays, ()), steps=0, seconds=0.2, seed=1, brake=Brake(math.inf),
        remember=50, watch=heard.append,
    )  # fmt: skip
    assert found.steps > 0
    assert heard == sorted(heard)
    assert 2 <= len(found.met) <= 50
    assert all(feasible(problem, shift, order) for shift, order in found.met)
