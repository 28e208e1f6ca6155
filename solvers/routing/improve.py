"""From any engine's orders to a legal plan that nothing simple improves: load, repair, search, refill."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from scenarios.errors import NoLegalPlan
from solvers.brake import Brake
from solvers.routing.arrays import END, PLACE, ROOM, SERVICE, START, START_PLACE, Arrays, Met, State, in_euros
from solvers.routing.compiled import fill, insert, retime, scan, search, uneven_eur
from solvers.routing.pace import TICKS
from solvers.routing.press import Press
from solvers.routing.problem import RoutingProblem
from solvers.routing.scratch import make_memory, make_met, make_work

STEPS_A_CALL = 500
"""Steps between two looks at the brake."""
SECONDS_A_CALL = 0.1
"""With a time limit: how long a call should take."""
FINISH = 0.25
"""What making the plan and refilling it takes at the end, as a share of what filling took at the start."""
HEAT = 0.014
"""Temperature at the start, as a share of the mean prize, for each root of a step a visit: long searches start hot."""
HEAT_BETWEEN = (0.02, 3.0)
"""The start's share never lies outside."""
COOLING = 30.0
"""How many times colder the end is than the start."""


@dataclass(frozen=True)
class Improved:
    """sequences: the order of each shift; brake_hit: whether the brake ended the search; steps: those taken;
    met: distinct rep-days of plans on the way, (shift, order), newest kept; inserted: visits that the greedy
    filling put in before the first step."""

    sequences: tuple[tuple[int, ...], ...]
    brake_hit: bool
    steps: int
    met: tuple[tuple[int, tuple[int, ...]], ...] = ()
    inserted: int = 0


def make_state(problem: RoutingProblem, arrays: Arrays, sequences: Sequence[Sequence[int]]) -> State:
    """A legal plan that follows the given orders: `sequences` has one order a shift, () where nothing is known.

    Where an order cannot be kept to the second, the visit of least gain a minute is left out until it can; border
    visits beyond the budget are left out, too. Fixed appointments stand in every order by their time and are never left
    out.
    """
    shifts, tasks, room = len(problem.shifts), len(problem.tasks), most_events(arrays)
    state = State(
        order=np.full((shifts, room), -1, np.int64),
        length=np.zeros(shifts, np.int64),
        shift_of=np.full(tasks, -1, np.int64),
        times=np.zeros((shifts, room + 1, 7), np.int64),
        leg=np.zeros((shifts, room + 1)),
        carried=np.zeros(arrays.capacity.shape, np.int64),
        value=np.zeros(shifts),
        overtime=np.zeros(shifts),
        work=np.zeros(shifts, np.int64),
        stamp=np.zeros(shifts, np.int64),
        counts=np.array([0, problem.borders.most_visits if problem.borders else 0], np.int64),
    )
    fixed: dict[int, list[int]] = {}
    for i in np.flatnonzero(arrays.fixed):
        fixed.setdefault(problem.tasks[i].shifts[0], []).append(int(i))
    for shift in range(shifts):
        given = [int(i) for i in (sequences[shift] if sequences else ()) if shift in problem.tasks[i].shifts]
        visits = [i for i in given if state.shift_of[i] < 0 and not arrays.fixed[i]]
        beyond = [i for i in visits if shift in problem.tasks[i].border][max(0, int(state.counts[ROOM])) :]
        visits = [i for i in visits if i not in beyond]
        appointments = sorted(fixed.get(shift, ()), key=lambda i: problem.tasks[i].windows[0])
        whole = [i for i in given if i in visits or i in appointments]
        if appointments and len(whole) == len(visits) + len(appointments) <= room:
            if _set_day(arrays, state, shift, whole, []):
                state.counts[ROOM] -= sum(shift in problem.tasks[i].border for i in visits)
                continue
            state.shift_of[appointments] = -1
        while len(visits) + len(appointments) > room or not _set_day(arrays, state, shift, visits, appointments):
            if not visits:
                raise NoLegalPlan(f"the appointments of {problem.shifts[shift].rep_id} cannot all be kept")
            visits.remove(min(visits, key=lambda i: arrays.gain_eur[i] / (60 + arrays.tasks[i, SERVICE])))
        state.counts[ROOM] -= sum(shift in problem.tasks[i].border for i in visits)
    return state


def most_events(arrays: Arrays) -> int:
    """At least as many events as any rep-day can hold: by service and the shortest drive to each, the least first."""
    if not len(arrays.tasks):
        return 1
    place, starts = arrays.tasks[:, PLACE], arrays.shifts[:, START_PLACE]
    there = np.maximum(place, 0)
    origins = np.unique(np.concatenate([place[place >= 0], starts]))
    drives = arrays.seconds[np.ix_(origins, there)].astype(np.int64)
    drives[origins[:, None] == there[None, :]] = np.iinfo(np.int64).max
    alone = np.bincount(there, minlength=len(arrays.seconds))[there] == 1
    drive = np.where((place >= 0) & alone & ~np.isin(place, starts), drives.min(axis=0), 0)
    if arrays.clock.any():
        drive = np.where(drive > 0, arrays.parking[there] + (drive - arrays.parking[there]) * _fastest(arrays), 0)
    needed = np.cumsum(np.sort(arrays.tasks[:, SERVICE] + drive))
    longest = np.max(arrays.shifts[:, END] - arrays.shifts[:, START], initial=0)
    return int(np.searchsorted(needed, longest, side="right")) + 1


def _fastest(arrays: Arrays) -> float:
    """The smallest factor of any pace, at most 1."""
    return min(1.0, TICKS / float(np.diff(arrays.clock, axis=1).max()))


def _set_day(arrays: Arrays, state: State, shift: int, visits: list[int], appointments: list[int]) -> bool:
    """Write the rep-day: visits in the given order, each appointment where it costs least; False if that cannot be."""
    state.shift_of[state.order[shift, : state.length[shift]]] = -1
    state.order[shift, : len(visits)], state.length[shift] = visits, len(visits)
    state.shift_of[visits] = shift
    if not retime(arrays, state, shift) and not appointments:
        return False
    for task in appointments:
        _, position = scan(arrays, state, shift, 0, int(state.length[shift]), task)
        if position < 0:
            return False
        insert(arrays, state, shift, position, task)
    return True


def improve(
    problem: RoutingProblem, arrays: Arrays, state: State, *, steps: int, seed: int, brake: Brake
) -> tuple[tuple[tuple[int, ...], ...], bool]:
    """As `search_from`, by steps only: the order of each shift, and whether the brake ended the search."""
    found = search_from(problem, arrays, state, steps=steps, seed=seed, brake=brake)
    return found.sequences, found.brake_hit


def search_from(
    problem: RoutingProblem,
    arrays: Arrays,
    state: State,
    *,
    steps: int,
    seed: int,
    brake: Brake,
    seconds: float | None = None,
    remember: int = 0,
    watch: Callable[[float], None] | None = None,
) -> Improved:
    """Search from `state`, then insert all that still fits and pays.

    Args:
        steps: how many steps; the plan depends on nothing but them and the seed.
        brake: ends the search early.
        seconds: take so long, filling included, instead of a number of steps (not repeatable to the byte).
        remember: at most so many rep-days of accepted plans come back in `met`.
        watch: is told what the best plan so far is worth at least, in euros, now and then; it never falls but where one
            more required visit is fitted in.
    """
    began, rng = time.perf_counter(), np.random.default_rng(seed)
    memory, work, met = make_memory(arrays), make_work(arrays), make_met(arrays, state.order.shape[1], rows=remember)
    inserted = fill(arrays, state, memory, work, rng)
    kept, best = copied(state), copied(state)
    values = np.full(2, state.value.sum() - uneven_eur(arrays, state))
    movable = int(np.sum(~arrays.fixed))
    left = None if seconds is None else seconds - (1 + FINISH) * (time.perf_counter() - began)
    pace = _Pace(steps if movable else 0, left if movable else None, movable, _scale(problem, arrays, state))
    press, brake_hit = Press(arrays, _required(problem), best), False
    prizes = np.array([task.prize_eur for task in problem.tasks])
    while (heat := pace.next_heat()).size:
        if brake.pulled():
            brake_hit = True
            break
        search(press.arrays, state, kept, best, memory, work, met, values, heat, rng)
        pace.taken(len(heat))
        press.look(state, best, memory, values)
        if watch is not None:
            watch(press.value(best, values, prizes))
    found = make_state(problem, arrays, read_orders(press.best(best)))
    fill(in_euros(arrays), found, make_memory(arrays), work, rng)
    return Improved(read_orders(found), brake_hit, pace.done, read_met(met), inserted)


def _required(problem: RoutingProblem) -> np.ndarray:
    """(T,) visits that come before any prize."""
    return np.array([task.required and task.kind == "visit" for task in problem.tasks], bool)


class _Pace:
    """How hot the next steps are: geometric cooling over the steps, or over the seconds."""

    def __init__(self, steps: int, seconds: float | None, visits: int, scale_eur: float) -> None:
        self.done, self._steps, self._seconds, self._visits, self._scale = 0, steps, seconds, visits, scale_eur
        self._began = time.perf_counter()
        self._call = STEPS_A_CALL if seconds is None else 20

    def next_heat(self) -> np.ndarray:
        """Temperatures of the next call, empty at the end."""
        if self._seconds is None:
            at = np.arange(self.done, min(self._steps, self.done + self._call)) / max(1, self._steps - 1)
            return self._cooled(self._steps, at)
        spent = time.perf_counter() - self._began
        if spent >= self._seconds:
            return np.zeros(0)
        if self.done:
            wanted = int(min(SECONDS_A_CALL, self._seconds - spent) * self.done / spent)
            self._call = max(1, min(wanted, 2 * self._call))
        expected = int(self._call if not self.done else self.done / spent * self._seconds)
        return self._cooled(expected, np.full(self._call, spent / self._seconds))

    def taken(self, steps: int) -> None:
        """Count steps."""
        self.done += steps

    def _cooled(self, steps: int, at: np.ndarray) -> np.ndarray:
        share = np.clip(HEAT * np.sqrt(steps / max(1, self._visits)), *HEAT_BETWEEN)
        heat: np.ndarray = self._scale * share * COOLING**-at
        return heat


def _scale(problem: RoutingProblem, arrays: Arrays, state: State) -> float:
    """Euros that matter to one visit: the mean prize; where all are required, the mean drive of the first plan."""
    optional = [t.prize_eur for t in problem.tasks if not t.required and t.prize_eur > 0]
    if optional:
        return float(np.mean(optional))
    used = np.arange(state.leg.shape[1])[None, :] <= state.length[:, None]
    return max(1e-9, float(state.leg[used].sum()) / max(1, int(state.length.sum())))


def copied(state: State) -> State:
    """A plan of its own."""
    return State(*(part.copy() for part in state))


def read_orders(state: State) -> tuple[tuple[int, ...], ...]:
    """The task indices of each shift, in order."""
    return tuple(tuple(map(int, row[:count])) for row, count in zip(state.order, state.length, strict=True))


def read_met(met: Met) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """(shift, task indices in order) of the rep-days met."""
    rows = np.flatnonzero(met.mark)
    return tuple((int(met.shift[r]), tuple(map(int, met.order[r, : met.length[r]]))) for r in rows)
