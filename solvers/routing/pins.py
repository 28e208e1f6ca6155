"""What is fixed must be possible: pins against reps, skills, shifts and windows; fixed times against each other."""

from collections.abc import Mapping
from itertools import pairwise

import pandas as pd

from scenarios.clock import format_clock
from scenarios.errors import NoLegalPlan, Problem, ScenarioError
from scenarios.schema import FIELD, Pin
from solvers.routing.arrays import make_arrays
from solvers.routing.problem import RoutingProblem, Shift
from solvers.routing.schedule import timetable
from solvers.routing.visits import Demand, Staff, pinned_shifts
from solvers.travel import mean_factor


def without_field_consent(customers: pd.DataFrame) -> frozenset[str]:
    """Customers who gave no consent to the field, by customer_id; nobody if the table knows nothing of consent."""
    if "consent" not in customers:
        return frozenset()
    given = [isinstance(each, (tuple, list, frozenset)) and FIELD in each for each in customers["consent"]]
    return frozenset(c for c, has in zip(customers["customer_id"], given, strict=True) if not has)


def check_pin_consent(pins: Mapping[str, Pin], customers: pd.DataFrame) -> None:
    """Consent wins over a pin.

    Raises:
        ScenarioError: names every pinned customer without consent to the field, and what to change.
    """
    silent = without_field_consent(customers)
    refused = [(name, pin.customer) for name, pin in pins.items() if pin.customer in silent]
    if refused:
        raise ScenarioError(
            [
                Problem(
                    f"pin {name}: {customer} gave no consent to field visits; take the pin away, or record the consent "
                    f"`{FIELD}` of {customer} in the table customers",
                    key=f"reps.pinned.{name}.customer",
                )
                for name, customer in refused
            ]
        )


def check_pins(pins: Mapping[str, Pin], demands: Mapping[str, Demand], staff: Staff) -> None:
    """Each pin by itself.

    Raises:
        NoLegalPlan: the rep is not there, lacks the skill, does not work then, or the time is outside the shift or
            the customer's windows; names pin, customer, rep and times.
    """
    for name, pin in pins.items():
        what, demand = f"pin {name} ({pin.customer} with {pin.rep})", demands[pin.customer]
        if pin.rep not in staff.skills:
            raise NoLegalPlan(f"{what}: {pin.rep} is not in the team; change reps.pinned.{name}.rep")
        if demand.skill and demand.skill not in staff.skills[pin.rep]:
            raise NoLegalPlan(f"{what}: the customer needs the skill {demand.skill}, which {pin.rep} does not have")
        shifts = [staff.shifts[i] for i in pinned_shifts(pin, staff)]
        if not shifts:
            when = f" on {pin.day}" if pin.day else ""
            raise NoLegalPlan(f"{what}: {pin.rep} does not work{when} in the horizon; change reps.pinned.{name}")
        if min(s.day for s in shifts) > demand.due:
            raise NoLegalPlan(f"{what}: the visit is due by {demand.due:%Y-%m-%d}; pin it earlier")
        if pin.time is not None:
            _check_time(what, name, 60 * pin.time, shifts, demand)


def _check_time(what: str, name: str, start: int, shifts: list[Shift], demand: Demand) -> None:
    end = start + demand.service_seconds
    visit = f"{_clock(start)}-{_clock(end)}"
    if not any(s.start_seconds <= start and end <= s.latest_end_seconds for s in shifts):
        spans = sorted({f"{_clock(s.start_seconds)}-{_clock(s.latest_end_seconds)}" for s in shifts})
        raise NoLegalPlan(f"{what}: {visit} lies outside the shift {', '.join(spans)}; change reps.pinned.{name}.time")
    if not any(a <= start and end <= b for a, b in demand.windows):
        spans = [f"{_clock(a)}-{_clock(b)}" for a, b in demand.windows]
        raise NoLegalPlan(f"{what}: {visit} is outside the customer's windows {', '.join(spans)}; change the time")


def check_fixed_times(problem: RoutingProblem) -> None:
    """All fixed times of each rep-day together: appointments and pins with one possible day and a time.

    Their order follows from their times, so a day that cannot be timed is a proof that no legal plan exists.

    Raises:
        NoLegalPlan: names the first two that exclude each other, or the one that the shift or lunch excludes.
    """
    arrays = make_arrays(problem)
    fixed: dict[int, list[int]] = {}
    for i, task in enumerate(problem.tasks):
        if not (len(task.shifts) == 1 and task.is_timed and task.required):
            continue
        mine = task.kind == "visit" and not task.pin
        if mine and timetable(problem, arrays, task.shifts[0], (i,)) is None:
            continue  # impossible by itself: told with all other such visits
        fixed.setdefault(task.shifts[0], []).append(i)
    for shift, members in sorted(fixed.items()):
        order = tuple(sorted(members, key=lambda i: problem.tasks[i].windows[0]))
        if timetable(problem, arrays, shift, order) is not None:
            continue
        for i in order:
            if timetable(problem, arrays, shift, (i,)) is None:
                raise NoLegalPlan(
                    f"{describe(problem, i, shift)} does not fit into {_shift(problem.shifts[shift])}"
                    f"{_drives(problem, i, shift)}; move it, or change the shift"
                )
        for first, second in pairwise(order):
            if timetable(problem, arrays, shift, (first, second)) is None:
                drive = _drive_minutes(problem, shift, problem.tasks[first].place, problem.tasks[second].place)
                raise NoLegalPlan(
                    f"{describe(problem, first, shift)} and {describe(problem, second, shift)} exclude each other "
                    f"(drive between them {drive:.0f} minutes); move one of them"
                )
        names = ", ".join(describe(problem, i, shift) for i in order)
        raise NoLegalPlan(f"{names} do not fit together into {_shift(problem.shifts[shift])}")


def describe(problem: RoutingProblem, index: int, shift: int) -> str:
    """A fixed task in words: `pin audit_visit (C00104 with R07, Tue 21 Dec 10:00-10:45)`."""
    task, day = problem.tasks[index], problem.shifts[shift]
    name = f"pin {task.pin}" if task.pin else task.kind
    when = f" {_clock(task.windows[0][0])}-{_clock(task.windows[0][1])}" if task.is_timed else ""
    who = f"{task.customer_id} with {day.rep_id}" if task.customer_id else day.rep_id
    return f"{name} ({who}, {day.day:%a %d %b}{when})"


def _drives(problem: RoutingProblem, index: int, shift: int) -> str:
    """The drives there and back in words, nothing where the task has no place of its own."""
    place, day = problem.tasks[index].place, problem.shifts[shift]
    if place < 0:
        return ""
    there = _drive_minutes(problem, shift, day.start_place, place)
    back = _drive_minutes(problem, shift, place, day.end_place)
    return f" (drive there {there:.0f} minutes, back {back:.0f} minutes)"


def _drive_minutes(problem: RoutingProblem, shift: int, here: int, there: int) -> float:
    """Minutes of a drive, at the mean factor of the shift; 0 where a place is not known."""
    if min(here, there) < 0:
        return 0.0
    day, seconds = problem.shifts[shift], float(problem.seconds[here, there])
    parking = problem.parking_seconds if seconds > 0 and problem.places.parks[there] else 0
    return (parking + (seconds - parking) * mean_factor(day.pace, day.start_seconds, day.latest_end_seconds)) / 60


def _clock(seconds: int) -> str:
    return format_clock(seconds // 60)


def _shift(shift: Shift) -> str:
    lunch = f" with {shift.lunch_seconds // 60} minutes of lunch" if shift.lunch_seconds else ""
    clock = f"{_clock(shift.start_seconds)}-{_clock(shift.end_seconds)}"
    over = f", overtime until {_clock(shift.latest_end_seconds)} included" if shift.overtime_seconds else ""
    return f"the shift of {shift.rep_id} on {shift.day:%a %d %b}, {clock}{lunch}{over}"
