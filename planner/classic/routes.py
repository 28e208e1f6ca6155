"""Routes the classic way: each rep, day by day, drives to the nearest customer left until the shift is full.

The problem is Muster's own (who may visit whom on which day, drives, lunch, appointments), so that only the order of
visits differs. Greedy nearest neighbour (Rosenkrantz, Stearns and Lewis 1977) knows distances; a visit starts on
arrival, whether or not a window is open. Shift end, lunch, appointments and must-visits are kept: they stand in every
calendar. A drive takes what it takes at its time of day, and a visit is worth what it is worth on its day; nobody plans
overtime, or visits for a neighbour. Clock times are seconds after midnight.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from planner.classic.habits import Habits
from solvers.outcome import Outcome, conclude
from solvers.routing import RoutingProblem
from solvers.routing.problem import Shift, Task
from solvers.routing.schedule import Event
from solvers.routing.tables import STOPS, plan_value_eur, shifts_table
from solvers.routing.visits import UNSERVED
from solvers.travel import driven_by
from solvers.types import Routes


def classic_routes(problem: RoutingProblem, *, habits: Habits) -> Routes:
    """Nearest neighbour over the rep-days of the problem, by rep and day.

    Returns:
        `Routes`; what found no place has the reason shift_full. The outcome's value is prizes on the days of the visits
        less travel in euros.
    """
    began = time.perf_counter()
    left = {number for number, task in enumerate(problem.tasks) if not _is_fixed(task)}
    rows: list[tuple] = []
    for number in range(len(problem.shifts)):
        day = _Day(problem, number, habits)
        left -= day.fill(left)
        rows += day.rows()
    stops = _stops_table(rows)
    shifts = shifts_table(problem, stops)
    value = plan_value_eur(problem, shifts)
    method = "classic: nearest neighbour, windows " + ("kept" if habits.keeps_windows else "not looked at")
    seconds = time.perf_counter() - began
    outcome = Outcome("routing", "nothing_to_do", 0.0, 0.0, "EUR", True, method, seconds, problem.notes)
    if problem.tasks:
        outcome = conclude(
            stage="routing", value=value, bound=None, unit="EUR", maximise=True, method=method, seconds=seconds,
            notes=problem.notes,
        )  # fmt: skip
    return Routes(stops, shifts, _unserved(problem, sorted(left)), outcome)


def _is_fixed(task: Task) -> bool:
    """Appointments, and pins with a time, have one instant and one rep-day."""
    return task.kind == "appointment" or (bool(task.pin) and task.is_timed)


@dataclass(frozen=True)
class _Clock:
    """Where a rep is (place index) and when free; whether lunch is still to be taken; fixed tasks ahead, by start."""

    place: int
    free: int
    lunch_ahead: bool
    fixed: tuple[int, ...]


class _Day:
    """One rep-day as it is filled."""

    def __init__(self, problem: RoutingProblem, number: int, habits: Habits) -> None:
        self._problem, self._number, self._habits = problem, number, habits
        self._shift: Shift = problem.shifts[number]
        mine = [i for i, task in enumerate(problem.tasks) if _is_fixed(task) and number in task.shifts[:1]]
        fixed = tuple(sorted(mine, key=lambda i: problem.tasks[i].windows[0]))
        self._now = _Clock(self._shift.start_place, self._shift.start_seconds, self._shift.lunch_seconds > 0, fixed)
        self._events: list[Event] = []

    def fill(self, left: Iterable[int]) -> set[int]:
        """Visit until nothing fits any more, then drive home; the tasks that were visited.

        Lunch is taken at the first stop at which its span has begun, or when nothing fits before it.
        """
        pool = {i for i in left if self._number in self._problem.tasks[i].shifts}
        visited: set[int] = set()
        while True:
            if self._now.free >= self._shift.lunch_from_seconds and self._may_lunch(self._now, self._now.fixed):
                self._take_lunch()
            found = self._nearest(pool - visited)
            if found is not None:
                self._serve(found, self._end_of_service(found, self._now) or 0)
                visited.add(found)
            elif self._may_lunch(self._now, self._now.fixed):
                self._take_lunch()
            elif self._now.fixed:
                index = self._now.fixed[0]
                self._now = replace(self._now, fixed=self._now.fixed[1:])
                self._serve(index, self._problem.tasks[index].windows[0][1])
            else:
                break
        drive, km = self._drive(self._now, self._shift.end_place)
        at = self._now.free + drive
        self._events.append(Event("end", -1, self._shift.end_place, drive, km, at, at, at))
        return visited

    def rows(self) -> list[tuple]:
        """Rows of `Routes.stops`; none for a day without visits and appointments."""
        if not any(event.task >= 0 for event in self._events):
            return []
        leaves = self._shift.start_seconds
        start = Event("start", -1, self._shift.start_place, 0, 0.0, leaves, leaves, leaves)
        return [_row(self._problem, self._number, at, event) for at, event in enumerate([start, *self._events])]

    def _nearest(self, pool: Iterable[int]) -> int | None:
        """The nearest visit after which lunch, fixed work and the way home still fit; must-visits before others."""
        tasks, seconds, here = self._problem.tasks, self._problem.seconds, self._now.place

        def order(i: int) -> tuple[bool, int, str, int]:
            return not tasks[i].required, int(seconds[here, tasks[i].place]), tasks[i].customer_id, i

        return next((i for i in sorted(pool, key=order) if self._fits(i)), None)

    def _fits(self, index: int) -> bool:
        end = self._end_of_service(index, self._now)
        return end is not None and self._rest_fits(
            replace(self._now, place=self._problem.tasks[index].place, free=end)
        )  # fmt: skip

    def _end_of_service(self, index: int, now: _Clock) -> int | None:
        """When a visit ends; None if windows are kept and none is left for it."""
        task = self._problem.tasks[index]
        arrives = now.free + self._drive(now, task.place)[0]
        if not self._habits.keeps_windows:
            return arrives + task.service_seconds
        ends = [max(arrives, opens) + task.service_seconds for opens, _ in task.windows]
        kept = [end for end, (_, closes) in zip(ends, task.windows, strict=True) if end <= closes]
        return min(kept, default=None)

    def _rest_fits(self, now: _Clock) -> bool:
        """Whether lunch, fixed work and the way home fit after this; lunch as soon as it can be."""
        for number, index in enumerate(now.fixed):
            if self._may_lunch(now, now.fixed[number:]):
                now = self._after_lunch(now)
            if not self._reaches(now, index):
                return False
            now = replace(now, place=self._place(index, now), free=self._problem.tasks[index].windows[0][1])
        if now.lunch_ahead:
            now = self._after_lunch(now)
            if now.free > self._shift.lunch_to_seconds:
                return False
        return now.free + self._drive(now, self._shift.end_place)[0] <= self._shift.end_seconds

    def _reaches(self, now: _Clock, index: int) -> bool:
        drive = self._drive(now, self._place(index, now))[0]
        return now.free + drive <= self._problem.tasks[index].windows[0][0]

    def _may_lunch(self, now: _Clock, fixed: tuple[int, ...]) -> bool:
        """Whether lunch is ahead, and taken now would end within its span and in time for what is fixed next."""
        if not now.lunch_ahead:
            return False
        then = self._after_lunch(now)
        return then.free <= self._shift.lunch_to_seconds and (not fixed or self._reaches(then, fixed[0]))

    def _place(self, index: int, now: _Clock) -> int:
        place = self._problem.tasks[index].place
        return now.place if place < 0 else place

    def _drive(self, now: _Clock, there: int) -> tuple[int, float]:
        """Seconds and km of the drive that begins now."""
        problem, here = self._problem, now.place
        seconds, km = int(problem.seconds[here, there]), float(problem.km[here, there])
        if self._shift.pace and seconds > 0:
            parking = problem.parking_seconds if problem.places.parks[there] else 0
            seconds = driven_by(self._shift.pace, now.free, seconds - parking) - now.free + parking
        return seconds, km

    def _after_lunch(self, now: _Clock) -> _Clock:
        begins = max(now.free, self._shift.lunch_from_seconds)
        return replace(now, free=begins + self._shift.lunch_seconds, lunch_ahead=False)

    def _take_lunch(self) -> None:
        now, self._now = self._now, self._after_lunch(self._now)
        begins = self._now.free - self._shift.lunch_seconds
        self._events.append(Event("lunch", -1, now.place, 0, 0.0, now.free, begins, self._now.free))

    def _serve(self, index: int, end: int) -> None:
        task, now = self._problem.tasks[index], self._now
        place = self._place(index, now)
        drive, km = self._drive(now, place)
        start = end - task.service_seconds
        self._events.append(Event(task.kind, index, place, drive, km, now.free + drive, start, end))
        self._now = replace(now, place=place, free=end)


def _row(problem: RoutingProblem, number: int, position: int, event: Event) -> tuple:
    task, shift = problem.tasks[event.task] if event.task >= 0 else None, problem.shifts[number]
    arrive, start, end = (shift.day + pd.Timedelta(seconds=s) for s in (event.arrive, event.start, event.end))
    prize = task.prize_on(number) if task else 0.0
    return (
        shift.rep_id, shift.day, position, event.kind, task.customer_id if task else "",
        problem.places.latitude[event.place], problem.places.longitude[event.place], event.travel_seconds,
        event.travel_km, arrive, start, end, prize, bool(task and task.pin), task.prize_eur - prize if task else 0.0,
        False,
    )  # fmt: skip


def _stops_table(rows: list[tuple]) -> pd.DataFrame:
    whole = dict.fromkeys(["position", "travel_seconds"], "int64")
    real = dict.fromkeys(["latitude", "longitude", "travel_km", "prize_eur", "waited_eur"], "float64")
    times = dict.fromkeys(["day", "arrive_at", "start_at", "end_at"], "datetime64[us]")
    texts: dict[str, Any] = {"pinned": bool, "border": bool, "rep_id": "str", "customer_id": "str", "kind": "str"}
    return pd.DataFrame(rows, columns=STOPS).astype({**whole, **real, **times, **texts})


def _unserved(problem: RoutingProblem, left: list[int]) -> pd.DataFrame:
    rows = list(problem.refused.itertuples(index=False, name=None))
    for index in left:
        task = problem.tasks[index]
        detail = f"{task.customer_id} was nobody's nearest customer before the shifts were full"
        rows.append((task.customer_id, task.owner_rep_id, "shift_full", detail, task.prize_eur))
    table = pd.DataFrame(rows, columns=UNSERVED).astype({"prize_eur": float} | dict.fromkeys(UNSERVED[:4], "str"))
    return table.sort_values(["customer_id", "reason"], kind="stable").reset_index(drop=True)
