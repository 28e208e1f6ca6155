"""A routing problem as flat arrays, for compiled code."""

from typing import NamedTuple

import numpy as np
from numba import types
from numba.extending import overload

from solvers.routing.pace import NEVER, make_clocks
from solvers.routing.problem import RoutingProblem

__all__ = ["NEVER", "Arrays", "Memory", "Met", "State", "Work", "make_arrays"]

PLACE, SERVICE, WINDOWS, FIRST_WINDOW = 0, 1, 2, 3
"""Columns of `Arrays.tasks`."""
START, END, START_PLACE, END_PLACE, LUNCH, LUNCH_FROM, LUNCH_TO, USUAL_END, PACE, TWIN, FIRST, PAST, SHARE = range(13)
"""Columns of `Arrays.shifts`."""
STAMPS, ROOM = range(2)
"""Entries of `State.counts`."""


class Arrays(NamedTuple):
    """A `RoutingProblem` as flat arrays for compiled code; T tasks, S shifts, P places, W windows a task.

    tasks: (T, 3 + 2 W) place (-1: where the rep is), service, number of windows, then (from, to) of each, ascending.
    shifts: (S, 13) start, latest end, start place, end place, lunch, lunch from, lunch to, end without overtime, row of
    `clock` (-1: drives always take the same), an earlier shift that is the same in everything but its day (-1: none),
    first shift of the same rep, the one after his last, seconds of his week's work that are his share.
    seconds, eur: (P, P) of a drive.
    gain_eur: (T,) prize plus a bonus for required work. fixed: (T,) appointments.
    near: (T, K) tasks that share a shift, nearest drive first. shifts_of: (T, A) allowed shifts. Both end with -1.
    load: (T, D), capacity: (S, D) of scarce things in the car. cost: (P, P) what the search counts for a drive: euros,
    and a little for each second, so that among equal plans the shorter is better. drives: (P, P, 4) float32, by place
    and other place: seconds from the other, seconds to it, cost from it, cost to it; all that an insertion asks stands
    side by side.
    overtime: (S,) euros a second after the usual end. off: (T, A) euros that a visit brings less on each of its
    shifts, by the column of `shifts_of`. border: (T, A) whether the shift is a neighbour's. clock, back: see
    `pace.make_clocks`. parking: (P,) seconds of a drive to each place that no pace stretches. beyond: (1,) euros for
    each second of work beyond a rep's share. Where a problem asks for none of these rules, `overtime`, `off`, `border`,
    `clock` and `beyond` are empty and of type int8 (`is_asked`), and what they cost is compiled away; where it asks for
    one, all are there, so that the search is compiled for two kinds of problems and not for 32.
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
    cost: np.ndarray
    drives: np.ndarray
    overtime: np.ndarray
    off: np.ndarray
    border: np.ndarray
    clock: np.ndarray
    back: np.ndarray
    parking: np.ndarray
    beyond: np.ndarray


RULES = ("overtime", "off", "border", "clock", "beyond")


def is_asked(rule: np.ndarray) -> bool:
    """Whether the problem asks for rules like that of this array of `Arrays`: a constant to the compiler."""
    return bool(rule.dtype != np.int8)


@overload(is_asked)
def _is_asked(rule):  # type: ignore[no-untyped-def]
    asked = rule.dtype != types.int8
    return lambda rule: asked


class State(NamedTuple):
    """A plan under search; S shifts of at most N events.

    order: (S, N) task indices; length: (S,); shift_of: (T,) -1 where left out; times: (S, N + 1, 7) what is known after
    each event, see the columns below; leg: (S, N + 1) the search's cost of the drive that follows, 0 on an empty day;
    carried: (S, D) load on board; value: (S,) gains less the search's cost of travel and of overtime; overtime: (S,)
    euros of the latter; work: (S,) seconds of service and driving; stamp: (S,) number of this version of the rep-day;
    counts: (2,) last stamp given, and how many more border visits are allowed.
    """

    order: np.ndarray
    length: np.ndarray
    shift_of: np.ndarray
    times: np.ndarray
    leg: np.ndarray
    carried: np.ndarray
    value: np.ndarray
    overtime: np.ndarray
    work: np.ndarray
    stamp: np.ndarray
    counts: np.ndarray


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
    paces = sorted({s.pace for s in shifts if s.pace})
    clock, back = make_clocks(paces)
    clocks = [
        (s.start_seconds, s.latest_end_seconds, s.start_place, s.end_place, s.lunch_seconds, s.lunch_from_seconds,
         s.lunch_to_seconds, s.end_seconds, paces.index(s.pace) if s.pace else -1) for s in shifts
    ]  # fmt: skip
    rows = np.column_stack([np.array(clocks, np.int64).reshape(-1, TWIN), _twins(problem), _weeks(problem)])
    seconds = np.ascontiguousarray(problem.seconds, np.int32)
    eur = np.ascontiguousarray(problem.km * problem.travel_eur_per_km, float)
    cost = eur + idle_eur_per_second(problem) * seconds
    things = max((len(s.capacity) for s in shifts), default=0)
    arrays = Arrays(
        tasks=numbers,
        shifts=np.ascontiguousarray(rows, np.int64),
        seconds=seconds,
        eur=eur,
        gain_eur=np.array([t.prize_eur + (bonus if t.required else 0.0) for t in tasks], float),
        fixed=np.array([t.kind == "appointment" for t in tasks], bool),
        shifts_of=shifts_of,
        near=_near(problem, numbers[:, PLACE]),
        load=np.array([t.load or (0,) * things for t in tasks], np.int64).reshape(len(tasks), things),
        capacity=np.array([s.capacity for s in shifts], np.int64).reshape(len(shifts), things),
        cost=cost,
        drives=_side_by_side(seconds, cost),
        overtime=np.array([s.overtime_eur_per_hour / 3600 for s in shifts], float),
        **_by_shift(problem, shifts_of.shape[1]),
        clock=clock,
        back=back,
        parking=np.where(problem.places.parks, problem.parking_seconds, 0).astype(np.int64),
        beyond=np.array([problem.even.eur_per_hour / 3600 if problem.even else 0.0]),
    )
    rules = {name: getattr(arrays, name) for name in RULES}
    if any(rule.any() for rule in rules.values()):
        return arrays
    return arrays._replace(**{name: np.zeros((0,) * rule.ndim, np.int8) for name, rule in rules.items()})


def _side_by_side(seconds: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """`Arrays.drives`."""
    drives = np.empty((*seconds.shape, 4), np.float32)
    for column, matrix in enumerate((seconds.T, seconds, cost.T, cost)):
        drives[:, :, column] = matrix
    return drives


def _by_shift(problem: RoutingProblem, width: int) -> dict[str, np.ndarray]:
    """`off` and `border`: what differs between the shifts of one visit."""
    off, border = np.zeros((len(problem.tasks), width)), np.zeros((len(problem.tasks), width), bool)
    for i, task in enumerate(problem.tasks):
        border[i, : len(task.shifts)] = np.isin(task.shifts, task.border)
        off[i, : len(task.shifts)] = task.waited_eur or 0.0
    if problem.borders is not None:
        off += problem.borders.eur_per_visit * border
    return {"off": off, "border": border}


def _weeks(problem: RoutingProblem) -> np.ndarray:
    """(S, 3): first shift of the same rep, the one after his last, his share of work; shifts are sorted by rep."""
    reps, even = [shift.rep_id for shift in problem.shifts], problem.even
    starts = np.array([s for s, rep in enumerate(reps) if s == 0 or reps[s - 1] != rep], np.int64)
    ends = np.append(starts[1:], len(reps))[: len(starts)]
    share = np.array([round(even.share_seconds[rep]) if even else 0 for rep in reps], np.int64)
    return np.column_stack([np.repeat(np.column_stack([starts, ends]), ends - starts, axis=0), share])


def in_euros(arrays: Arrays) -> Arrays:
    """The same with drives that count their euros alone."""
    drives = arrays.drives.copy()
    drives[:, :, 2], drives[:, :, 3] = arrays.eur.T, arrays.eur
    return arrays._replace(cost=arrays.eur, drives=drives)


def idle_eur_per_second(problem: RoutingProblem) -> float:
    """What the search counts for a second of driving beside its euros: little, so that it breaks ties.

    `IDLE_SHARE` of the prizes on offer for each second of the shifts, but never more than the drive is paid anyway.
    """
    prizes = sum(t.prize_eur for t in problem.tasks)
    work = sum(s.end_seconds - s.start_seconds for s in problem.shifts)
    return IDLE_SHARE * prizes / max(work, 1)


def _twins(problem: RoutingProblem) -> np.ndarray:
    """(S,): the last shift before each that has the same rep's places, times, lunch, capacity and visits, or -1.

    Where waiting costs something the earlier of two is the better, so it may stand for both.
    """
    members: dict[int, list[int]] = {s: [] for s in range(len(problem.shifts))}
    for i, task in enumerate(problem.tasks):
        for s in task.shifts:
            members[s].append(i)
    last: dict[tuple, int] = {}
    twin = np.full(len(problem.shifts), -1, np.int64)
    for s, day in enumerate(problem.shifts):
        clock = (day.start_seconds, day.end_seconds, day.lunch_seconds, day.lunch_from_seconds, day.lunch_to_seconds)
        later = (day.overtime_seconds, day.overtime_eur_per_hour, day.pace)
        key = (clock, later, day.start_place, day.end_place, day.capacity, tuple(members[s]))
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
