"""The exact timing of a rep-day: from an order of visits to the earliest times, with windows, lunch and appointments.

Everything is in whole seconds after midnight. Arriving earlier is never worse, because a rep may wait; so for a fixed
order two numbers say all that matters after each event: the earliest time the rep is free if lunch is still to come,
and the earliest if lunch is over. Lunch is taken where the last event ended, before the next drive. The same compiled
steps serve the search (`ruin_recreate`) and the timetable, so no engine can differ from what is printed.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numba import njit

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


@njit(cache=True, inline="always")
def serve(tasks: np.ndarray, task: int, ready: int) -> int:
    """Earliest end of a service that may begin from `ready` on; NEVER if no window is left."""
    end = NEVER
    for w in range(tasks[task, WINDOWS]):
        begin = max(ready, tasks[task, FIRST_WINDOW + 2 * w])
        if begin + tasks[task, SERVICE] <= tasks[task, FIRST_WINDOW + 1 + 2 * w]:
            end = begin + tasks[task, SERVICE]
            break
    return end


@njit(cache=True, inline="always")
def after_lunch(shifts: np.ndarray, shift: int, free: int) -> int:
    """Earliest end of lunch for a rep who is free from `free` on; `free` itself where the shift has no lunch."""
    end = free
    if shifts[shift, LUNCH] > 0:
        end = max(free, shifts[shift, LUNCH_FROM]) + shifts[shift, LUNCH]
        if end > shifts[shift, LUNCH_TO]:
            end = NEVER
    return end


@njit(cache=True, inline="always")
def advance(
    tasks: np.ndarray,
    shifts: np.ndarray,
    seconds: np.ndarray,
    shift: int,
    place: int,
    before: int,
    after: int,
    task: int,
) -> tuple[int, int, int]:
    """Place and both earliest free times (lunch to come, lunch over) once `task` is done from here."""
    to = tasks[task, PLACE]
    if to < 0:
        to = place
    drive = np.int64(seconds[place, to])
    eaten = min(after, after_lunch(shifts, shift, before))
    return to, serve(tasks, task, before + drive), serve(tasks, task, eaten + drive)


@njit(cache=True, inline="always")
def home_in_time(shifts: np.ndarray, seconds: np.ndarray, shift: int, place: int, before: int, after: int) -> bool:
    """Whether the rep reaches the end of the day in time, lunch taken."""
    eaten = min(after, after_lunch(shifts, shift, before))
    return bool(eaten + seconds[place, shifts[shift, END_PLACE]] <= shifts[shift, END])


@dataclass(frozen=True)
class Event:
    """One row of a rep-day: task index, or -1 for start, lunch and end; place is a place index; seconds after
    midnight."""

    kind: str
    task: int
    place: int
    travel_seconds: int
    travel_km: float
    arrive: int
    start: int
    end: int


def timetable(problem: RoutingProblem, arrays: Arrays, shift: int, order: tuple[int, ...]) -> list[Event] | None:
    """The events of one rep-day with exact times, or None if the order cannot be kept; [] for an empty order.

    Departure from home is as late as the first service allows without moving it. All else is as early as possible.
    """
    if not order:
        return []
    day = problem.shifts[shift]
    legs = [(day.start_place, day.start_seconds, NEVER)]
    for task in order:
        legs.append(advance(arrays.tasks, arrays.shifts, arrays.seconds, shift, *legs[-1], task))
    if not home_in_time(arrays.shifts, arrays.seconds, shift, *legs[-1]):
        return None
    lunch_after = _lunch_position(arrays, shift, legs, order) if day.lunch_seconds else -1
    place, free = day.start_place, day.start_seconds
    events: list[Event] = []
    for position, task in enumerate((-1, *order)):
        if task >= 0:
            to, drive, km = _drive(problem, place, problem.tasks[task].place)
            end = int(serve(arrays.tasks, task, free + drive))
            start = end - problem.tasks[task].service_seconds
            events.append(Event(problem.tasks[task].kind, task, to, drive, km, free + drive, start, end))
            place, free = to, end
        if position == lunch_after:
            start = max(free, day.lunch_from_seconds)
            events.append(Event("lunch", -1, place, 0, 0.0, free, start, start + day.lunch_seconds))
            free = start + day.lunch_seconds
    to, drive, km = _drive(problem, place, day.end_place)
    events.append(Event("end", -1, to, drive, km, free + drive, free + drive, free + drive))
    return _leave_late(problem, shift, events)


def _drive(problem: RoutingProblem, place: int, to: int) -> tuple[int, int, float]:
    if to < 0:
        return place, 0, 0.0
    return to, int(problem.seconds[place, to]), float(problem.km[place, to])


def _lunch_position(arrays: Arrays, shift: int, legs: list[tuple[int, int, int]], order: tuple[int, ...]) -> int:
    """After how many events lunch is taken so that the day ends earliest: traced back from the end of the day."""
    for position in range(len(order), 0, -1):
        _, before, after = legs[position]
        if after_lunch(arrays.shifts, shift, before) < after:
            return position
    return 0


def _leave_late(problem: RoutingProblem, shift: int, events: list[Event]) -> list[Event]:
    """Put the start row in front: departure so that nothing is waited for before the first service."""
    day = problem.shifts[shift]
    lunch_first = events[0].kind == "lunch"
    first = events[1] if lunch_first else events[0]
    leave = first.start - first.travel_seconds
    moved: list[Event] = []
    if lunch_first:
        end = min(leave, day.lunch_to_seconds)
        leave = end - day.lunch_seconds
        moved.append(Event("lunch", -1, day.start_place, 0, 0.0, leave, leave, end))
        moved.append(replace(first, arrive=end + first.travel_seconds))
    else:
        moved.append(replace(first, arrive=first.start))
    begin = Event("start", -1, day.start_place, 0, 0.0, leave, leave, leave)
    return [begin, *moved, *events[1 + lunch_first :]]
