"""A routing problem as flat arrays, for compiled code."""

from typing import NamedTuple

import numpy as np

from solvers.routing.problem import RoutingProblem

NEVER = 1 << 40
"""A time that is never reached."""


PLACE, SERVICE, WINDOWS, FIRST_WINDOW = 0, 1, 2, 3
"""Columns of `Arrays.tasks`."""
START, END, START_PLACE, END_PLACE, LUNCH, LUNCH_FROM, LUNCH_TO = range(7)
"""Columns of `Arrays.shifts`."""


class Arrays(NamedTuple):
    """A `RoutingProblem` as flat arrays for compiled code; T tasks, S shifts, P places, W windows a task.

    tasks: (T, 3 + 2 W) place (-1: where the rep is), service, number of windows, then (from, to) of each, ascending.
    shifts: (S, 7) start, end, start place, end place, lunch, lunch from, lunch to. seconds, eur: (P, P) of a drive.
    gain_eur: (T,) prize plus a bonus for required work. fixed: (T,) appointments.
    near: (T, K) tasks that share a shift, nearest drive first. shifts_of: (T, A) allowed shifts. Both end with -1.
    load: (T, D), capacity: (S, D) of scarce things in the car. twin: (S,) an earlier shift that is the same in
    everything but its day, -1 if none. cost: (P, P) what the search counts for a drive: euros, and a little for each
    second, so that among equal plans the shorter is better. drives: (P, P, 4) float32, by place and other place:
    seconds from the other, seconds to it, cost from it, cost to it; all that an insertion asks stands side by side.
    """

    tasks: np.ndarray
    shifts: np.ndarray
    seconds: np.ndarray
    eur: np.ndarray
    gain_eur: np.ndarray
    fixed: np.ndarray
    shifts_of: np.ndarray
    near: np.ndarray
    load: np.ndarray
    capacity: np.ndarray
    twin: np.ndarray
    cost: np.ndarray
    drives: np.ndarray


class State(NamedTuple):
    """A plan under search; S shifts of at most N events.

    order: (S, N) task indices; length: (S,); shift_of: (T,) -1 where left out; times: (S, N + 1, 7) what is known after
    each event, see the columns below; leg: (S, N + 1) the search's cost of the drive that follows, 0 on an empty day;
    carried: (S, D) load on board; value: (S,) gains less the search's cost of travel; stamp: (S,) number of this
    version of the rep-day; clock: (1,) last stamp given.
    """

    order: np.ndarray
    length: np.ndarray
    shift_of: np.ndarray
    times: np.ndarray
    leg: np.ndarray
    carried: np.ndarray
    value: np.ndarray
    stamp: np.ndarray
    clock: np.ndarray


HERE, ONWARD, BEFORE, AFTER, LATE_BEFORE, LATE_AFTER, PLACELESS = range(7)
"""Columns of `State.times`: where the rep is after the event, and the place driven to next; when the rep is free if
lunch is still to come, and if it is over; the latest arrival at the next event, or at the day's end, from which the
rest of the day can be kept, lunch still to come, and over; 1 if the next event has no place of its own."""


class Memory(NamedTuple):
    """What is known of insertions: (T, A) each, by task and column of `Arrays.shifts_of`.

    gain: euros of the best insertion; position: where (-1: none is legal); stamp: version of the rep-day it is true of.
    """

    gain: np.ndarray
    position: np.ndarray
    stamp: np.ndarray


class Work(NamedTuple):
    """Scratch of the search.

    keys: (T, H) by which a pool is ordered, ascending; share: (H + 1,) cumulated chance of each order, the first is
    random; touched: (S,) whether a step has changed the shift; unsaved: (S,) whether it differs from the best plan's;
    shifts: (S,) those a step has changed; pool: (T,) what it may insert; open_shifts, seen: (S,).
    """

    keys: np.ndarray
    share: np.ndarray
    touched: np.ndarray
    unsaved: np.ndarray
    shifts: np.ndarray
    pool: np.ndarray
    open_shifts: np.ndarray
    seen: np.ndarray


class Met(NamedTuple):
    """Rep-days of accepted plans, one a row, at most M; a newer one takes the row of an older one with the same hash.

    mark: (M,) hash of shift and set of tasks, 0 where the row is empty; value: (M,) gains less the search's cost;
    shift, length: (M,); order: (M, N); of_shift: (S,) and of_task: (T,) random parts of the hash.
    """

    mark: np.ndarray
    value: np.ndarray
    shift: np.ndarray
    length: np.ndarray
    order: np.ndarray
    of_shift: np.ndarray
    of_task: np.ndarray


NEIGHBOURS = 60
"""How many near tasks are known of each task."""
IDLE_SHARE = 0.02
"""What the search counts for a working day spent driving, as a share of the prizes a working day can bring."""


def required_bonus_eur(problem: RoutingProblem) -> float:
    """What a required task counts on top of its prize in the search: more than all prizes and drives together."""
    drives = problem.km.max(initial=0.0) * problem.travel_eur_per_km * (len(problem.tasks) + len(problem.shifts))
    return float(1.0 + drives + sum(abs(task.prize_eur) for task in problem.tasks))


def make_arrays(problem: RoutingProblem) -> Arrays:
    """The problem's numbers, in the layout of `Arrays`."""
    tasks, shifts = problem.tasks, problem.shifts
    bonus = required_bonus_eur(problem)
    most = max((len(t.windows) for t in tasks), default=0)
    numbers = np.zeros((len(tasks), FIRST_WINDOW + 2 * most), np.int64)
    shifts_of = np.full((len(tasks), max((len(t.shifts) for t in tasks), default=0)), -1, np.int64)
    for i, task in enumerate(tasks):
        numbers[i, :FIRST_WINDOW] = task.place, task.service_seconds, len(task.windows)
        numbers[i, FIRST_WINDOW : FIRST_WINDOW + 2 * len(task.windows)] = np.ravel(task.windows)
        shifts_of[i, : len(task.shifts)] = task.shifts
    rows = [
        (s.start_seconds, s.end_seconds, s.start_place, s.end_place, s.lunch_seconds, s.lunch_from_seconds,
         s.lunch_to_seconds) for s in shifts
    ]  # fmt: skip
    seconds = np.ascontiguousarray(problem.seconds, np.int32)
    eur = np.ascontiguousarray(problem.km * problem.travel_eur_per_km, float)
    cost = eur + idle_eur_per_second(problem) * seconds
    things = max((len(s.capacity) for s in shifts), default=0)
    return Arrays(
        tasks=numbers,
        shifts=np.array(rows, np.int64).reshape(len(shifts), 7),
        seconds=seconds,
        eur=eur,
        gain_eur=np.array([t.prize_eur + (bonus if t.required else 0.0) for t in tasks], float),
        fixed=np.array([t.kind == "appointment" for t in tasks], bool),
        shifts_of=shifts_of,
        near=_near(problem, numbers[:, PLACE]),
        load=np.array([t.load or (0,) * things for t in tasks], np.int64).reshape(len(tasks), things),
        capacity=np.array([s.capacity for s in shifts], np.int64).reshape(len(shifts), things),
        twin=_twins(problem),
        cost=cost,
        drives=np.stack([seconds.T, seconds, cost.T, cost], axis=2).astype(np.float32),
    )


def idle_eur_per_second(problem: RoutingProblem) -> float:
    """What the search counts for a second of driving beside its euros: little, so that it breaks ties.

    `IDLE_SHARE` of the prizes on offer for each second of the shifts, but never more than the drive is paid anyway.
    """
    prizes = sum(t.prize_eur for t in problem.tasks)
    work = sum(s.end_seconds - s.start_seconds for s in problem.shifts)
    return IDLE_SHARE * prizes / max(work, 1)


def _twins(problem: RoutingProblem) -> np.ndarray:
    """(S,): the last shift before each that has the same rep's places, times, lunch, capacity and visits, or -1."""
    members: dict[int, list[int]] = {s: [] for s in range(len(problem.shifts))}
    for i, task in enumerate(problem.tasks):
        for s in task.shifts:
            members[s].append(i)
    last: dict[tuple, int] = {}
    twin = np.full(len(problem.shifts), -1, np.int64)
    for s, day in enumerate(problem.shifts):
        clock = (day.start_seconds, day.end_seconds, day.lunch_seconds, day.lunch_from_seconds, day.lunch_to_seconds)
        key = (clock, day.start_place, day.end_place, day.capacity, tuple(members[s]))
        twin[s] = last.get(key, -1)
        last[key] = s
    return twin


def _near(problem: RoutingProblem, place: np.ndarray) -> np.ndarray:
    """(T, K): the visits that share a shift with each visit, nearest drive first; itself is the first."""
    on_shift: dict[int, list[int]] = {}
    for i, task in enumerate(problem.tasks):
        if task.kind == "visit":
            for shift in task.shifts:
                on_shift.setdefault(shift, []).append(i)
    arrays = {shift: np.array(members, np.int64) for shift, members in on_shift.items()}
    known: dict[tuple[int, ...], np.ndarray] = {}
    nothing = np.zeros(0, np.int64)
    near = np.full((len(problem.tasks), min(NEIGHBOURS, len(problem.tasks))), -1, np.int32)
    for i, task in enumerate(problem.tasks):
        if task.shifts not in known:
            known[task.shifts] = np.unique(np.concatenate([nothing, *(arrays.get(s, nothing) for s in task.shifts)]))
        others = known[task.shifts][known[task.shifts] != i]
        here = np.zeros(len(others)) if task.place < 0 else problem.seconds[task.place, place[others]]
        nearest = others[np.argsort(here, kind="stable")][: near.shape[1] - 1]
        near[i, 0], near[i, 1 : 1 + len(nearest)] = i, nearest
    return near
