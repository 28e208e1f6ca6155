"""From any engine's orders to a legal plan that nothing simple improves: load, repair, search, refill."""

from collections.abc import Sequence

import numpy as np

from scenarios.errors import NoLegalPlan
from solvers.brake import Brake
from solvers.routing.arrays import Arrays, State
from solvers.routing.problem import RoutingProblem
from solvers.routing.ruin_recreate import fill, fits, insert, retime, search

STEPS_A_CALL = 2000
"""Steps between two looks at the clock."""
HEAT_SHARE = (0.1, 0.001)
"""Temperature of the annealing at its start and end, as a share of the median prize."""


def make_state(problem: RoutingProblem, arrays: Arrays, sequences: Sequence[Sequence[int]]) -> State:
    """A legal plan that follows the given orders: `sequences` has one order a shift, () where nothing is known.

    Where an order cannot be kept to the second, the visit of least gain a minute is left out until it can. Fixed
    appointments stand in every order by their time and are never left out.
    """
    shifts, tasks = len(problem.shifts), len(problem.tasks)
    room = 1 + max((sum(s in t.shifts for t in problem.tasks) for s in range(shifts)), default=0)
    state = State(
        order=np.full((shifts, room), -1, np.int64),
        length=np.zeros(shifts, np.int64),
        shift_of=np.full(tasks, -1, np.int64),
        place=np.zeros((shifts, room + 1), np.int64),
        before=np.zeros((shifts, room + 1), np.int64),
        after=np.zeros((shifts, room + 1), np.int64),
        value=np.zeros(shifts),
    )
    fixed: dict[int, list[int]] = {}
    for i in np.flatnonzero(arrays.fixed):
        fixed.setdefault(problem.tasks[i].shifts[0], []).append(int(i))
    for shift in range(shifts):
        given = [int(i) for i in (sequences[shift] if sequences else ()) if shift in problem.tasks[i].shifts]
        visits = [i for i in given if state.shift_of[i] < 0 and not arrays.fixed[i]]
        appointments = sorted(fixed.get(shift, ()), key=lambda i: problem.tasks[i].windows[0])
        while not _set_day(arrays, state, shift, visits, appointments):
            if not visits:
                raise NoLegalPlan(f"the appointments of {problem.shifts[shift].rep_id} cannot all be kept")
            visits.remove(min(visits, key=lambda i: arrays.gain_eur[i] / (60 + arrays.tasks[i, 1])))
    return state


def _set_day(arrays: Arrays, state: State, shift: int, visits: list[int], appointments: list[int]) -> bool:
    """Write the rep-day: visits in the given order, each appointment where it is legal; False if that cannot be."""
    state.shift_of[state.order[shift, : state.length[shift]]] = -1
    state.order[shift, : len(visits)], state.length[shift] = visits, len(visits)
    state.shift_of[visits] = shift
    if not retime(arrays, state, shift) and not appointments:
        return False
    for task in appointments:
        for position in range(int(state.length[shift]) + 1):
            if fits(arrays, state, shift, position, task):
                insert(arrays, state, shift, position, task)
                break
        else:
            return False
    return True


def improve(
    problem: RoutingProblem, arrays: Arrays, state: State, *, steps: int, seed: int, brake: Brake
) -> tuple[tuple[tuple[int, ...], ...], bool]:
    """Search `steps` steps from `state`, then insert all that still fits and pays.

    Args:
        brake: ends the search early.

    Returns:
        The order of each shift, and whether the brake ended the search.
    """
    rng = np.random.default_rng(seed)
    fill(arrays, state, rng)
    best = State(*(part.copy() for part in state))
    optional = arrays.gain_eur[(arrays.gain_eur > 0) & ~np.array([t.required for t in problem.tasks], bool)]
    scale = float(np.median(optional)) if len(optional) else 1.0
    warm, cold = (scale * share for share in HEAT_SHARE)
    heat = warm * (cold / warm) ** (np.arange(steps) / max(1, steps - 1))
    values = np.full(2, state.value.sum())
    brake_hit = False
    for first in range(0, steps if np.any(~arrays.fixed) else 0, STEPS_A_CALL):
        if brake.pulled():
            brake_hit = True
            break
        search(arrays, state, best, values, heat[first : first + STEPS_A_CALL], rng)
    found = make_state(problem, arrays, read_orders(best))
    fill(arrays, found, rng)
    return read_orders(found), brake_hit


def read_orders(state: State) -> tuple[tuple[int, ...], ...]:
    """The task indices of each shift, in order."""
    return tuple(tuple(map(int, row[:count])) for row, count in zip(state.order, state.length, strict=True))
