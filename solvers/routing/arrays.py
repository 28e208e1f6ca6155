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
    """

    tasks: np.ndarray
    shifts: np.ndarray
    seconds: np.ndarray
    eur: np.ndarray
    gain_eur: np.ndarray
    fixed: np.ndarray
    shifts_of: np.ndarray
    near: np.ndarray


class State(NamedTuple):
    """A plan under search; S shifts of at most N events.

    order: (S, N) task indices; length: (S,); shift_of: (T,) -1 where left out; place, before, after: (S, N + 1) where
    and when the rep is free after each event (see `schedule`); value: (S,) gains less travel in euros.
    """

    order: np.ndarray
    length: np.ndarray
    shift_of: np.ndarray
    place: np.ndarray
    before: np.ndarray
    after: np.ndarray
    value: np.ndarray


NEIGHBOURS = 60
"""How many near tasks a removal may reach from a task."""


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
    return Arrays(
        tasks=numbers,
        shifts=np.array(rows, np.int64).reshape(len(shifts), 7),
        seconds=np.ascontiguousarray(problem.seconds, np.int32),
        eur=np.ascontiguousarray(problem.km * problem.travel_eur_per_km, float),
        gain_eur=np.array([t.prize_eur + (bonus if t.required else 0.0) for t in tasks], float),
        fixed=np.array([t.kind == "appointment" for t in tasks], bool),
        shifts_of=shifts_of,
        near=_near(problem, numbers[:, PLACE]),
    )


def _near(problem: RoutingProblem, place: np.ndarray) -> np.ndarray:
    """(T, K): the visits that share a shift with each visit, nearest drive first; itself is the first."""
    on_shift: dict[int, list[int]] = {}
    for i, task in enumerate(problem.tasks):
        if task.kind == "visit":
            for shift in task.shifts:
                on_shift.setdefault(shift, []).append(i)
    near = np.full((len(problem.tasks), NEIGHBOURS), -1, np.int64)
    for i, task in enumerate(problem.tasks):
        others = np.unique(np.concatenate([np.array(on_shift.get(s, []), np.int64) for s in (*task.shifts, -1)]))
        others = others[others != i]
        here = np.zeros(len(others)) if task.place < 0 else problem.seconds[task.place, place[others]]
        nearest = others[np.argsort(here, kind="stable")][: NEIGHBOURS - 1]
        near[i, 0], near[i, 1 : 1 + len(nearest)] = i, nearest
    return near
