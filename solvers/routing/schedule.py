"""The exact timetable of a rep-day: from an order of visits to whole seconds, with windows, lunch and appointments."""

from dataclasses import dataclass, replace

from solvers.routing.arrays import NEVER, Arrays
from solvers.routing.compiled import advance, after_lunch, end_of_day, leave_for, serve, there
from solvers.routing.problem import RoutingProblem


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
        legs.append(advance(arrays, shift, *legs[-1], task))
    if end_of_day(arrays, shift, *legs[-1]) > day.latest_end_seconds:
        return None
    lunch_after = _lunch_position(arrays, shift, legs, order) if day.lunch_seconds else -1
    place, free = day.start_place, day.start_seconds
    events: list[Event] = []
    for position, task in enumerate((-1, *order)):
        if task >= 0:
            to, arrive, km = _drive(problem, arrays, shift, place, problem.tasks[task].place, free)
            end = int(serve(arrays.tasks, task, arrive))
            start = end - problem.tasks[task].service_seconds
            events.append(Event(problem.tasks[task].kind, task, to, arrive - free, km, arrive, start, end))
            place, free = to, end
        if position == lunch_after:
            start = max(free, day.lunch_from_seconds)
            events.append(Event("lunch", -1, place, 0, 0.0, free, start, start + day.lunch_seconds))
            free = start + day.lunch_seconds
    to, arrive, km = _drive(problem, arrays, shift, place, day.end_place, free)
    events.append(Event("end", -1, to, arrive - free, km, arrive, arrive, arrive))
    return _leave_late(problem, arrays, shift, events)


def _drive(
    problem: RoutingProblem, arrays: Arrays, shift: int, place: int, to: int, departure: int
) -> tuple[int, int, float]:
    """Where the rep is, when, and the km, who leaves `place` at `departure` for `to` (-1: stays)."""
    if to < 0:
        return place, departure, 0.0
    return to, int(there(arrays, shift, place, to, departure)), float(problem.km[place, to])


def _lunch_position(arrays: Arrays, shift: int, legs: list[tuple[int, int, int]], order: tuple[int, ...]) -> int:
    """After how many events lunch is taken so that the day ends earliest: traced back from the end of the day."""
    for position in range(len(order), 0, -1):
        _, before, after = legs[position]
        if after_lunch(arrays.shifts, shift, before) < after:
            return position
    return 0


def _leave_late(problem: RoutingProblem, arrays: Arrays, shift: int, events: list[Event]) -> list[Event]:
    """Put the start row in front: departure so that nothing is waited for before the first service."""
    day = problem.shifts[shift]
    lunch_first = events[0].kind == "lunch"
    first = events[1] if lunch_first else events[0]
    stays = first.task >= 0 and problem.tasks[first.task].place < 0
    to = day.start_place if stays else first.place
    leave = int(leave_for(arrays, shift, day.start_place, to, first.start))
    moved: list[Event] = []
    if lunch_first:
        end = min(leave, day.lunch_to_seconds)
        leave = end - day.lunch_seconds
        moved.append(Event("lunch", -1, day.start_place, 0, 0.0, leave, leave, end))
    away = end if lunch_first else leave
    arrive = int(there(arrays, shift, day.start_place, to, away))
    moved.append(replace(first, travel_seconds=arrive - away, arrive=arrive))
    begin = Event("start", -1, day.start_place, 0, 0.0, leave, leave, leave)
    return [begin, *moved, *events[1 + lunch_first :]]
