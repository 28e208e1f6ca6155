"""Whether the timetable of a rep's week keeps every rule, and what it is worth.

From the stops and the problem's figures alone, with none of the engines' code; drives by their own time are integrated
piece by piece in real numbers.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from solvers.routing import RoutingProblem
from solvers.routing.problem import Shift, Task

ROUNDED_SECONDS = 2.0
"""A drive in whole seconds may take so much more than the exact one, never less."""
CENT = 0.01

Stops = Sequence[dict]
"""The rows of one rep-day in time order, as Python values."""


@dataclass(frozen=True)
class FieldVerdict:
    """value_eur: prizes on the days of their visits, less km, overtime and border visits. work_hours: service and
    drives by rep. faults: every broken rule in words."""

    value_eur: float
    visits: int
    km: float
    driving_hours: float
    overtime_hours: float
    overtime_eur: float
    border_visits: int
    work_hours: dict[str, float]
    faults: tuple[str, ...]


def check_field(problem: RoutingProblem, stops: pd.DataFrame) -> FieldVerdict:
    """Walk through each rep-day's stops and count. For problems with one visit a customer and no appointments."""
    tasks = {task.customer_id: task for task in problem.tasks}
    faults: list[str] = []
    sums = {"prize": 0.0, "km": 0.0, "driving": 0.0, "late": 0.0, "overtime_eur": 0.0}
    work = dict.fromkeys(sorted({shift.rep_id for shift in problem.shifts}), 0.0)
    seen: list[str] = []
    border = 0
    for number, rows in rep_days(problem, stops):
        shift = problem.shifts[number]
        where = f"{shift.rep_id} {shift.day:%a}"
        faults += [f"{where}: {fault}" for fault in _drives(problem, shift, rows, tasks) + _lunch(shift, rows)]
        for row in rows:
            if row["kind"] != "visit":
                continue
            task = tasks[row["customer_id"]]
            faults += [f"{where}: {fault}" for fault in _visit(task, number, row, shift)]
            seen.append(task.customer_id)
            border += number in task.border
            sums["prize"] += prize_on(task, number)
            work[shift.rep_id] += task.service_seconds / 3600
        driving = sum(row["travel_seconds"] for row in rows) / 3600
        late = max(0.0, second(rows[-1]["arrive_at"], shift) - shift.end_seconds) / 3600
        work[shift.rep_id] += driving
        sums["km"] += sum(row["travel_km"] for row in rows)
        sums["driving"] += driving
        sums["late"] += late
        sums["overtime_eur"] += late * shift.overtime_eur_per_hour
    if twice := sorted({c for c in seen if seen.count(c) > 1}):
        faults.append(f"visited more than once: {twice[:5]}")
    each = problem.borders.eur_per_visit if problem.borders else 0.0
    if border > (problem.borders.most_visits if problem.borders else 0):
        faults.append(f"{border} visits by neighbours, more than allowed")
    if left := sorted(c for c, task in tasks.items() if task.required and c not in set(seen)):
        faults.append(f"{len(left)} required visits are not made: {left[:5]}")
    value = sums["prize"] - problem.travel_eur_per_km * sums["km"] - sums["overtime_eur"] - each * border
    return FieldVerdict(
        value, len(seen), sums["km"], sums["driving"], sums["late"], sums["overtime_eur"], border, work, tuple(faults)
    )


def beyond_share_hours(problem: RoutingProblem, work_hours: dict[str, float], team_hours: float) -> float:
    """Hours of work beyond each rep's share of `team_hours`; shares are in proportion to the reps' shifts."""
    paid = dict.fromkeys(work_hours, 0.0)
    for shift in problem.shifts:
        paid[shift.rep_id] += shift.end_seconds - shift.start_seconds
    whole = sum(paid.values())
    return sum(max(0.0, hours - team_hours * paid[rep] / whole) for rep, hours in work_hours.items())


def prize_on(task: Task, number: int) -> float:
    """What the visit brings on a rep-day."""
    waited = dict(zip(task.shifts, task.waited_eur, strict=True)) if task.waited_eur else {}
    return task.prize_eur - waited.get(number, 0.0)


def rep_days(problem: RoutingProblem, stops: pd.DataFrame) -> Iterator[tuple[int, Stops]]:
    """(number of the shift, its stops in order) of each rep-day with stops."""
    number = {(shift.rep_id, shift.day): s for s, shift in enumerate(problem.shifts)}
    for (rep, day), rows in stops.groupby(["rep_id", "day"], sort=True):
        yield number[str(rep), pd.Timestamp(str(day))], rows.sort_values("position").to_dict("records")


def arrival(departure: float, drive: float, parking: float, pace: Sequence[tuple[int, float]]) -> float:
    """When a drive of `drive` seconds ends, the last `parking` of them not stretched, each other part at the factor of
    the hour in which it is driven (Ichoua, Gendreau and Potvin, 2003)."""
    if drive <= 0:
        return departure
    now, left = departure, drive - parking
    bands = [*pace, (math.inf, 1.0)] if pace else [(0, 1.0), (math.inf, 1.0)]
    for (_, factor), (until, _) in pairwise(bands):
        part = min(left, max(0.0, until - now) / factor)
        now, left = now + part * factor, left - part
    return now + parking


def second(moment: pd.Timestamp, shift: Shift) -> float:
    """Seconds after midnight of the rep-day."""
    return float((moment - shift.day).total_seconds())


def _place(problem: RoutingProblem, shift: Shift, row: dict, tasks: dict[str, Task], here: int) -> int:
    """Index of the place of a stop."""
    if row["kind"] == "visit":
        return tasks[row["customer_id"]].place
    return shift.end_place if row["kind"] == "end" else here


def _drives(problem: RoutingProblem, shift: Shift, rows: Stops, tasks: dict[str, Task]) -> list[str]:
    """Starts at home, every drive long enough, over in time."""
    faults: list[str] = []
    if (rows[0]["kind"], rows[-1]["kind"]) != ("start", "end"):
        faults.append("does not begin at home and end at the end place")
    here, free = shift.start_place, second(rows[0]["end_at"], shift)
    if free < shift.start_seconds:
        faults.append("leaves before the shift")
    for row in rows[1:]:
        to = _place(problem, shift, row, tasks, here)
        parking = problem.parking_seconds if problem.places.parks[to] else 0
        drive, came = float(problem.seconds[here, to]), second(row["arrive_at"], shift)
        due = arrival(free, drive, parking, shift.pace)
        name = f"the drive to {row['customer_id'] or row['kind']}"
        # a rep may leave later than the stop before ends, where nothing is missed by it: only too fast is a fault
        if came < due - CENT:
            faults.append(f"{name} is {due - came:.0f} s too fast")
        if not _took(came, drive, parking, shift, row["travel_seconds"]):
            faults.append(f"{name} takes {row['travel_seconds']} s")
        if abs(row["travel_km"] - problem.km[here, to]) > CENT:
            faults.append(f"{name} has {row['travel_km']:.2f} km")
        here, free = to, second(row["end_at"], shift)
    if free > shift.end_seconds + shift.overtime_seconds:
        faults.append("ends too late")
    return faults


def _took(came: float, drive: float, parking: float, shift: Shift, told: float) -> bool:
    """Whether a drive that took so long as told, and ended when the rep came, is one of `drive` base seconds."""
    return -CENT <= came - arrival(came - told, drive, parking, shift.pace) <= ROUNDED_SECONDS


def _lunch(shift: Shift, rows: Stops) -> list[str]:
    breaks = [row for row in rows if row["kind"] == "lunch"]
    if len(breaks) != bool(shift.lunch_seconds):
        return [f"{len(breaks)} lunch breaks"]
    return [
        "lunch outside its span"
        for row in breaks
        if second(row["start_at"], shift) < shift.lunch_from_seconds
        or second(row["end_at"], shift) > shift.lunch_to_seconds
        or (row["end_at"] - row["start_at"]).total_seconds() != shift.lunch_seconds
    ]


def _visit(task: Task, number: int, row: dict, shift: Shift) -> list[str]:
    """Who, when, how long and for how much."""
    begin, end = second(row["start_at"], shift), second(row["end_at"], shift)
    told = {
        "by a rep or on a day that may not": number not in task.shifts,
        "begins before the rep is there": row["start_at"] < row["arrive_at"],
        "outside its windows": not any(a <= begin and end <= b for a, b in task.windows),
        "of another length": end - begin != task.service_seconds,
        "with another prize": abs(row["prize_eur"] - prize_on(task, number)) > CENT,
        "not told as a border visit, or told as one": bool(row["border"]) != (number in task.border),
    }
    return [f"{task.customer_id} {what}" for what, broken in told.items() if broken]


def late_visits(problem: RoutingProblem, stops: pd.DataFrame) -> tuple[int, int]:
    """(visits that do not fit their windows, days that end too late) if these orders are driven at the problem's pace.

    Each rep leaves home when the plan says, takes lunch after the same stop, and drives on as soon as he is free.
    """
    tasks = {task.customer_id: task for task in problem.tasks}
    missed = long = 0
    for number, rows in rep_days(problem, stops):
        shift = problem.shifts[number]
        here, now = shift.start_place, second(rows[0]["end_at"], shift)
        for row in rows[1:]:
            to = _place(problem, shift, row, tasks, here)
            parking = problem.parking_seconds if problem.places.parks[to] else 0
            now = arrival(now, float(problem.seconds[here, to]), parking, shift.pace)
            if row["kind"] == "lunch":
                now = max(now, shift.lunch_from_seconds) + shift.lunch_seconds
            elif row["kind"] == "visit":
                task = tasks[row["customer_id"]]
                opens = [a for a, b in task.windows if now <= b - task.service_seconds]
                missed += not opens
                now = max(now, min(opens, default=now)) + task.service_seconds
            here = to
        long += now > shift.end_seconds + shift.overtime_seconds + CENT
    return missed, long
