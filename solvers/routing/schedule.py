"""The exact timetable of a rep-day: from an order of visits to whole seconds, with windows, lunch and appointments."""

from dataclasses import dataclass, replace

from solvers.routing.arrays import NEVER, Arrays
from solvers.routing.insertion import advance, after_lunch, home_in_time, serve
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
    if not home_in_time(arrays, shift, *legs[-1]):
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
