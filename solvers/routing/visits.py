"""The visits one customer asks for: on which rep-days each may lie, so that skill, due date, pins and spacing hold.

Several visits are kept apart by giving each its own run of days: any day of one run is at least `days_between` from
any day of the next. That is stricter than needed (a few legal pairs of days are lost), and simple to prove. Neighbours
of the owner may come on days of the same runs: the runs are those of the owner's days wherever these hold all visits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import pandas as pd

from scenarios.schema import WEEKDAYS, Pin
from solvers.routing.problem import Shift, Task
from solvers.types import Territories

UNSERVED = ["customer_id", "rep_id", "reason", "detail", "prize_eur"]


@dataclass(frozen=True)
class Demand:
    """One customer's wish: prizes_eur has one entry a visit; windows and service in seconds; days_between >= 1.

    waiting_pct: percent of a visit's prize that is lost with each day it waits.
    """

    customer_id: str
    prizes_eur: tuple[float, ...]
    service_seconds: int
    windows: tuple[tuple[int, int], ...]
    skill: str
    due: pd.Timestamp
    days_between: int
    required: bool
    waiting_pct: float = 0.0


@dataclass(frozen=True)
class Staff:
    """Who can visit: skills by rep, shift indices by rep (with the shifts), owner and visiting reps by customer.

    neighbours: by customer who may come across the border of a territory. first_day: from which visits wait.
    """

    skills: Mapping[str, frozenset[str]]
    shifts: tuple[Shift, ...]
    shifts_of: Mapping[str, tuple[int, ...]]
    owner: Mapping[str, str]
    visiting: Mapping[str, tuple[str, ...]]
    first_day: pd.Timestamp
    neighbours: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, team: pd.DataFrame, shifts: tuple[Shift, ...], territories: Territories, first_day: pd.Timestamp
    ) -> "Staff":
        """Read from the tables; nobody's neighbours are known yet."""
        held = team["skills"] if "skills" in team else [()] * len(team)
        skills = {
            rep: frozenset(has) if isinstance(has, (tuple, list, frozenset)) else frozenset()
            for rep, has in zip(team["rep_id"], held, strict=True)
        }
        shifts_of: dict[str, tuple[int, ...]] = dict.fromkeys(skills, ())
        for i, shift in enumerate(shifts):
            shifts_of[shift.rep_id] += (i,)
        table = territories.assignment
        owner = dict(zip(table["customer_id"], table["rep_id"], strict=True))
        visiting = dict(zip(table["customer_id"], table["visiting_rep_ids"], strict=True))
        owner = {c: r for c, r in owner.items() if isinstance(r, str)}
        return cls(skills, shifts, shifts_of, owner, visiting, first_day)

    def able(self, skill: str) -> frozenset[str]:
        """Reps who work on some day and have the skill ("": none is needed)."""
        return frozenset(rep for rep, has in self.skills.items() if self.shifts_of[rep] and (not skill or skill in has))


def visit_tasks(demand: Demand, staff: Staff, *, place: int, pins: Mapping[str, Pin]) -> tuple[list[Task], list[tuple]]:
    """The visits of one customer, pinned ones first, and rows of UNSERVED for those that no rep-day can take."""
    customer, owner = demand.customer_id, staff.owner.get(demand.customer_id, "")
    able = [rep for rep in staff.visiting.get(customer, ()) if not demand.skill or demand.skill in staff.skills[rep]]
    working = [i for rep in able for i in staff.shifts_of[rep]]
    open_shifts = [i for i in working if staff.shifts[i].day <= demand.due]
    across = [i for rep in staff.neighbours.get(customer, ()) for i in staff.shifts_of[rep]]
    across = [i for i in across if staff.shifts[i].day <= demand.due]
    prizes = list(demand.prizes_eur)
    pinned = {name: pin for name, pin in pins.items() if pin.customer == customer}
    taken: list[pd.Timestamp] = []
    tasks, lost = [], []
    for name, pin in pinned.items():
        shifts = [i for i in pinned_shifts(pin, staff) if staff.shifts[i].day <= demand.due]
        shifts = [i for i in shifts if _apart(staff.shifts[i].day, taken, demand.days_between)]
        if len(demand.prizes_eur) > 1 or len(pinned) > 1:
            first_day = min((staff.shifts[i].day for i in shifts), default=pd.Timestamp.max)
            shifts = [i for i in shifts if staff.shifts[i].day == first_day]
            taken.append(first_day)
        windows = (
            demand.windows if pin.time is None else ((60 * pin.time, 60 * pin.time + 59 + demand.service_seconds),)
        )
        prize = prizes.pop(0) if prizes else 0.0
        tasks.append(_task(demand, staff, place, windows, prize, name, shifts))
    runs = _runs(demand, staff, open_shifts, across, taken, len(prizes))
    for prize, run in zip(prizes, runs, strict=False):
        shifts = sorted(i for i in (*open_shifts, *across) if staff.shifts[i].day in run)
        border = tuple(i for i in shifts if i in across)
        tasks.append(_task(demand, staff, place, demand.windows, prize, "", shifts, border))
    for prize in prizes[len(runs) :]:
        reason, detail = _why_no_shift(demand, staff, able, working, len(demand.prizes_eur))
        lost.append((customer, owner, reason, detail, prize))
    return tasks, lost


def pinned_shifts(pin: Pin, staff: Staff) -> list[int]:
    """The rep's shifts on the pin's weekday, or all of them."""
    mine = staff.shifts_of.get(pin.rep, ())
    return [i for i in mine if pin.day is None or WEEKDAYS[staff.shifts[i].day.weekday()] == pin.day]


def spread_days(days: list[pd.Timestamp], visits: int, demand: Demand) -> list[set[pd.Timestamp]]:
    """At most `visits` runs of days, any two days of different runs at least `days_between` apart; as even as can be.

    Fewer runs come back where the days do not hold so many visits.
    """
    for count in range(min(visits, len(days)), 0, -1):
        runs = [days[k * len(days) // count : (k + 1) * len(days) // count] for k in range(count)]
        for left, right in pairwise(runs):
            while left and right and (right[0] - left[-1]).days < demand.days_between:
                (left if len(left) >= len(right) and len(left) > 1 else right).pop(-1 if len(left) >= len(right) else 0)
        if all(runs):
            return [set(run) for run in runs]
    return []


def _runs(
    demand: Demand, staff: Staff, own: list[int], across: list[int], taken: list[pd.Timestamp], visits: int
) -> list[set[pd.Timestamp]]:
    """The runs of days of the visits: one visit may lie on any day; several on the owner's days and whoever else comes
    on these; on days of neighbours alone only where the owner's days do not hold all visits."""

    def spread(shifts: list[int]) -> list[set[pd.Timestamp]]:
        days = sorted({staff.shifts[i].day for i in shifts})
        return spread_days([day for day in days if _apart(day, taken, demand.days_between)], visits, demand)

    found = spread(own) if visits > 1 or not across else []
    if across and len(found) < visits:
        wider = spread([*own, *across])
        found = wider if len(wider) > len(found) else found
    return found


def _apart(day: pd.Timestamp, taken: list[pd.Timestamp], days_between: int) -> bool:
    return all(abs((day - other).days) >= days_between for other in taken)


def _task(
    demand: Demand,
    staff: Staff,
    place: int,
    windows: tuple[tuple[int, int], ...],
    prize: float,
    pin: str,
    shifts: list[int],
    border: tuple[int, ...] = (),
) -> Task:
    waited: tuple[float, ...] = ()
    if demand.waiting_pct and prize:
        kept = 1 - demand.waiting_pct / 100
        waited = tuple(prize * (1 - kept ** (staff.shifts[i].day - staff.first_day).days) for i in shifts)
    return Task(
        kind="visit",
        customer_id=demand.customer_id,
        owner_rep_id=staff.owner.get(demand.customer_id, ""),
        place=place,
        service_seconds=demand.service_seconds,
        windows=windows,
        prize_eur=prize,
        required=demand.required or bool(pin),
        pin=pin,
        shifts=tuple(shifts),
        waited_eur=waited,
        border=border,
    )


def _why_no_shift(demand: Demand, staff: Staff, able: list[str], working: list[int], visits: int) -> tuple[str, str]:
    customer = demand.customer_id
    if demand.skill and not able:
        having = sorted(rep for rep, skills in staff.skills.items() if demand.skill in skills)
        who = f"those who have it ({', '.join(having[:5])}) may not visit" if having else "nobody has it"
        return "no_skill", f"{customer} needs the skill {demand.skill}: {who}"
    if not working:
        who = f"none of the reps who may visit ({', '.join(able)}) works" if able else "no rep may visit"
        return "no_rep", f"{customer}: {who} in the horizon"
    first = min(staff.shifts[i].day for i in working)
    if first > demand.due:
        return "no_window_fits", f"{customer} is due by {demand.due:%Y-%m-%d}, the first rep-day is {first:%Y-%m-%d}"
    between = f"{demand.days_between} days apart" if demand.days_between > 1 else "on different days"
    return "no_window_fits", f"{customer} wants {visits} visits {between}; the rep-days do not hold so many"
