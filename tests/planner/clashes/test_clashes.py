"""Contradictions planted one by one: the right requirements are named, and the cheapest change ends each of them.

Reps R01 and R02 work Monday 9 to Friday 13 March 2026, 9:00-17:30, lunch of 45 minutes between 12:30 and 15:00.
Customers C00001 to C00006 are next door: 2 minutes to park, no way home.
"""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pytest

from planner.clashes import Contradiction, refuse
from planner.clashes.told import by_name, sentence

World = Any  # of conftest


def pin(name: str, customer: str = "C00001", rep: str = "R01", day: str = "", time: str = "") -> str:
    parts = [f"customer: {customer}", f"rep: {rep}", *([f"day: {day}"] if day else [])]
    parts += [f'time: "{time}"'] if time else []
    return f"reps.pinned.{name}={{{', '.join(parts)}}}"


def customer(**cells: Any) -> dict[str, Any]:
    return {"customers": {"C00001": cells}}


def appointment(start: str, end: str, rep: str = "R01", customer: str = "") -> dict[str, Any]:
    known = {"customer_id": customer} if customer else {}
    return {"rep_id": rep, "start": pd.Timestamp(start), "end": pd.Timestamp(end), **known}


@dataclass(frozen=True)
class Case:
    """Planted by settings, edits, rows; `names` must be named, `change` is the cheapest; `fix` is what it says."""

    subject: str
    names: tuple[str, ...]
    change: str
    settings: tuple[str, ...] = ()
    edits: Any = field(default_factory=dict)
    rows: Any = field(default_factory=dict)
    fix_settings: tuple[str, ...] | None = None
    fix_edits: Any = None
    fix_rows: Any = None
    hard: bool = True


def days_off(*days: str, rep: str = "R01") -> dict[str, Any]:
    return {"absences": [{"person_id": rep, "date": pd.Timestamp(f"2026-03-{day}")} for day in days]}


WEEK = ("09", "10", "11", "12", "13")
FULL = [appointment(f"2026-03-{day} 09:00", f"2026-03-{day} 16:45", rep) for day in WEEK for rep in ("R01", "R02")]
NO_LUNCH = "reps.lunch.minutes=0"
CASES = {
    "a required visit, and all reps taken away": Case(
        "the required visit to C00001 is impossible", ("reps.remove",), "take away `required` of C00001",
        ("reps.remove=[R01, R02]",), customer(required=True),
        fix_settings=("reps.remove=[R01, R02]",), fix_edits=customer(required=False),
    ),
    "a pin after the shift": Case(
        "pin a (C00001) is impossible", ("reps.pinned.a.time", "table reps R01 shift_end"),
        "move reps.pinned.a.time to 17:00", (pin("a", time="17:15"),), fix_settings=(pin("a", time="17:00"),),
    ),
    "a pin outside the windows": Case(
        "pin a (C00001) is impossible", ("reps.pinned.a.time", "table customers C00001 windows"),
        "move reps.pinned.a.time to 10:30", (pin("a", time="14:00"),), customer(windows=((540, 660),)),
        fix_settings=(pin("a", time="10:30"),),
    ),
    "a pin on an absent day": Case(
        "pin a (C00001) is impossible", ("reps.pinned.a.rep", "reps.pinned.a.day", "table absences R01 date"),
        "move reps.pinned.a.day to mon", (pin("a", day="tue"),), rows=days_off("10"),
        fix_settings=(pin("a", day="mon"),),
    ),
    "a pin on a day off": Case(
        "pin a (C00001) is impossible", ("reps.pinned.a.day", "table reps R01 working_days"),
        "move reps.pinned.a.day to mon", (pin("a", day="wed"),), {"reps": {"R01": {"working_days": ("mon", "tue")}}},
        fix_settings=(pin("a", day="mon"),),
    ),
    "a pin without the skill": Case(
        "pin a (C00001) is impossible", ("reps.pinned.a.rep", "table customers C00001 required_skill"),
        "give reps.pinned.a.rep to R02", (pin("a"),),
        customer(required_skill="oil") | {"reps": {"R02": {"skills": ("oil",)}}},
        fix_settings=(pin("a", rep="R02"),),
    ),
    "a pin without consent": Case(
        "pin a (C00001) is impossible", ("reps.pinned.a.customer", "table customers C00001 consent"),
        "record the consent `field` of C00001, if it was given", (pin("a"),), customer(consent=("outbound",)),
        fix_edits=customer(consent=("field",)),
    ),
    "a pin after the due date": Case(
        "pin a (C00001) is impossible", ("reps.pinned.a.day", "table customers C00001 due_date"),
        "move reps.pinned.a.day to mon", (pin("a", day="thu"),), customer(due_date=pd.Timestamp("2026-03-10")),
        fix_settings=(pin("a", day="mon"),),
    ),
    "a pin across all of lunch": Case(
        "pin a (C00001) is impossible", ("reps.pinned.a.time", "reps.lunch", "table customers C00001 visit_minutes"),
        "move reps.pinned.a.time to 11:15", (pin("a", time="12:15"),), customer(visit_minutes=180.0),
        fix_settings=(pin("a", time="11:15"),),
    ),
    "two pins at nearly one time": Case(
        "pin a and pin b exclude each other", ("reps.pinned.a.time", "reps.pinned.b.time"),
        "move reps.pinned.a.time to 09:45",
        (pin("a", day="tue", time="10:00"), pin("b", "C00002", day="tue", time="10:20")),
        fix_settings=(pin("a", day="tue", time="09:45"), pin("b", "C00002", day="tue", time="10:20")),
    ),
    "a pin during an appointment": Case(
        "exclude each other", ("reps.pinned.a.time", "table appointments R01 start"),
        "move reps.pinned.a.time to 10:00", (pin("a", day="tue", time="10:15"),),
        rows={"appointments": [appointment("2026-03-10 10:40", "2026-03-10 12:00")]},
        fix_settings=(pin("a", day="tue", time="10:00"),),
    ),
    "an appointment after the shift": Case(
        "does not fit into the shift", ("table appointments R01 start", "table reps R01 shift_end"),
        "set shift_end of R01 to 18:00", rows={"appointments": [appointment("2026-03-10 17:00", "2026-03-10 18:00")]},
        fix_edits={"reps": {"R01": {"shift_end": 1080}}},
    ),
    "two appointments at once": Case(
        "exclude each other", ("table appointments R01 start",),
        "take the appointment 10:00-11:00 of R01 away",
        rows={"appointments": [appointment("2026-03-10 10:00", "2026-03-10 11:00"),
                               appointment("2026-03-10 10:30", "2026-03-10 11:30")]},
        fix_rows={"appointments": [appointment("2026-03-10 10:30", "2026-03-10 11:30")]},
    ),
    "too many pins for one day": Case(
        "exclude each other", ("reps.pinned.a", "reps.pinned.b", "reps.pinned.c", "table reps R01 shift_end"),
        "set shift_end of R01 to 18:45",
        (NO_LUNCH, *(pin(name, f"C0000{n}", day="wed") for n, name in enumerate("abc", start=1))),
        {"customers": {f"C0000{n}": {"visit_minutes": 190.0} for n in (1, 2, 3)}},
        fix_edits={"reps": {"R01": {"shift_end": 1125}}},
    ),
    "a required skill that nobody has": Case(
        "the required visit to C00001 is impossible", ("table customers C00001 required_skill",),
        "give R01 the skill oil", (), customer(required=True, required_skill="oil"),
        fix_edits={"reps": {"R01": {"skills": ("oil",)}}},
    ),
    "a required window after all shifts": Case(
        "the required visit to C00001 is impossible", ("table customers C00001 windows",),
        "widen windows of C00001 from 18:00-20:00 to 17:00-20:00", (),
        customer(required=True, windows=((1080, 1200),)), fix_edits=customer(windows=((1020, 1200),)),
    ),
    "a window shorter than the visit": Case(
        "the required visit to C00001 is impossible",
        ("table customers C00001 windows", "table customers C00001 visit_minutes"),
        "shorten visit_minutes of C00001 to 20", (), customer(required=True, windows=((600, 620),)),
        fix_edits=customer(visit_minutes=20.0),
    ),
    "a required customer and nobody at work": Case(
        "the required visit to C00001 is impossible", ("table customers C00001 required",),
        "let R01 work on Monday 9 March", ("reps.absent=[R01, R02]",), customer(required=True),
        fix_settings=("reps.absent=[R02]",),
    ),
    "due before anybody works": Case(
        "the required visit to C00001 is impossible", ("table customers C00001 due_date",),
        "set due_date of C00001 to 2026-03-11", (),
        customer(required=True, due_date=pd.Timestamp("2026-03-10"))
        | {"reps": {rep: {"working_days": ("wed", "thu")} for rep in ("R01", "R02")}},
        fix_edits=customer(due_date=pd.Timestamp("2026-03-11")),
    ),
    "a visit longer than any shift": Case(
        "the required visit to C00001 is impossible", ("table customers C00001 visit_minutes",),
        "shorten visit_minutes of C00001 to 310", (), customer(required=True, visit_minutes=700.0),
        fix_edits=customer(visit_minutes=310.0),
    ),
    "all days full of appointments": Case(
        "fits no shift of R01, R02 beside the appointments", ("table customers C00001 required",),
        "take the appointment 09:00-16:45 of R01 away", (NO_LUNCH,), customer(required=True, visit_minutes=60.0),
        {"appointments": FULL}, fix_rows={"appointments": FULL[1:]},
    ),
    "only the owner visits, and lacks the skill": Case(
        "the required visit to C00001 is impossible",
        ("territories.specialists", "table customers C00001 required_skill"),
        "let R02 visit as well", ("territories.mode=keep", "territories.specialists=own"),
        customer(required=True, required_skill="oil")
        | {"reps": {"R02": {"skills": ("oil",)}}, "current_territories": {"C00001": {"rep_id": "R01"}}},
        fix_edits={"current_territories": {"C00001": {"rep_id": "R02"}}},
    ),
    "three visits two days apart in four days": Case(
        "C00001 wants 3 visits, and the days hold 2", ("table customers C00001 min_days_between", "horizon.days"),
        "lower visits_per_week of C00001 to 2", ("horizon.days=4",),
        customer(required=True, visits_per_week=3.0, min_days_between=2.0), fix_edits=customer(visits_per_week=2.0),
    ),
    "two pins of one customer too close": Case(
        "visit C00001 too soon after one another", ("reps.pinned.b.day", "table customers C00001 min_days_between"),
        "move reps.pinned.b.day to thu", (pin("a", day="mon"), pin("b", day="tue")), customer(min_days_between=3.0),
        fix_settings=(pin("a", day="mon"), pin("b", day="thu")),
    ),
    "a policy of no contacts": Case(
        "the policy allows no contact", ("contact_policy.max_contacts_per_customer_per_week",),
        "set contact_policy.max_contacts_per_customer_per_week to 1",
        ("contact_policy.max_contacts_per_customer_per_week=0",), customer(required=True), fix_settings=(),
    ),
    "more required work than one rep's hours": Case(
        "6 required visits", ("table customers C00001 required", "table reps R01 shift_end"),
        "drop 4 of these 6", ("territories.mode=keep", "horizon.days=1", NO_LUNCH),
        {"customers": {f"C0000{n}": {"required": True, "visit_minutes": 200.0} for n in range(1, 7)},
         "current_territories": {f"C0000{n}": {"rep_id": "R01"} for n in range(1, 7)}},
        fix_edits={"customers": {f"C0000{n}": {"required": False} for n in range(1, 5)}}, hard=False,
    ),
    "contracts above the weekly maximum": Case(
        "the contract of A01", ("staffing.rules.max_hours_per_week",),
        "raise staffing.rules.contract_tolerance_hours to 10", ("staffing.rules.max_hours_per_week=20",),
        fix_settings=("staffing.rules.max_hours_per_week=20", "staffing.rules.contract_tolerance_hours=10"), hard=False,
    ),
    "shifts too short for the contract": Case(
        "the contract of A01", ("staffing.shifts.lengths_hours",),
        "raise staffing.rules.contract_tolerance_hours to 15", ("staffing.shifts.lengths_hours=[3]",),
        fix_settings=("staffing.shifts.lengths_hours=[3]", "staffing.rules.contract_tolerance_hours=15"), hard=False,
    ),
    "an agent who is there too short": Case(
        "the contract of A01 cannot be kept", ("table agents A01 available_from",),
        "raise staffing.rules.contract_tolerance_hours to 10", (),
        {"agents": {"A01": {"available_from": 540, "available_to": 780}}},
        fix_settings=("staffing.rules.contract_tolerance_hours=10",), hard=False,
    ),
    "a day shorter than any shift": Case(
        "nobody can work on sat", ("staffing.opening_hours.sat", "staffing.shifts.lengths_hours"),
        "add 2 to staffing.shifts.lengths_hours", ('staffing.opening_hours.sat="09:00-11:00"',),
        fix_settings=('staffing.opening_hours.sat="09:00-11:00"', "staffing.shifts.lengths_hours=[2, 4, 6, 8]"),
        hard=False,
    ),
    "a queue that nobody answers": Case(
        "nobody answers the queue service", ("staffing.queues.service", "table agents queues"),
        "add service to the queues of an agent", (),
        {"agents": {agent: {"queues": ("sales",)} for agent in ("A01", "A02", "A03")}},
        fix_edits={"agents": {"A02": {"queues": ("service",)}}}, hard=False,
    ),
    "an event after the forecast": Case(
        "the event fair changes nothing: its days are not forecast", ("events.fair.date", "forecast.calls.days"),
        "raise forecast.calls.days to 18", ("events.fair={date: 2026-03-24, calls_change_pct: 5}",),
        fix_settings=("events.fair={date: 2026-03-24, calls_change_pct: 5}", "forecast.calls.days=18"), hard=False,
    ),
    "an event on a closed day": Case(
        "the event fair changes nothing: the centre is closed then", ("events.fair.date", "staffing.opening_hours"),
        "take away events.fair", ("events.fair={date: 2026-03-15, calls_change_pct: 5}",), fix_settings=(), hard=False,
    ),
    "balance without moves": Case(
        "territories cannot be balanced with so few moves",
        ("territories.workload_tolerance_pct", "territories.max_moved_beyond_forced_pct"),
        "raise territories.max_moved_beyond_forced_pct to",
        ("territories={mode: repair, workload_tolerance_pct: 0, max_moved_beyond_forced_pct: 0}",),
        fix_settings=("territories={mode: repair, workload_tolerance_pct: 0, max_moved_beyond_forced_pct: 100}",),
        hard=False,
    ),
}  # fmt: skip


def merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Edits with further edits on top."""
    tables = {**first}
    for name, by_id in second.items():
        rows = {**tables.get(name, {})}
        for row_id, cells in by_id.items():
            rows[row_id] = {**rows.get(row_id, {}), **cells}
        tables[name] = rows
    return tables


@pytest.mark.parametrize("name", CASES)
def test_a_planted_contradiction_is_named_and_its_cheapest_change_ends_it(world: World, name: str) -> None:
    case = CASES[name]
    found = world.clashes(case.settings, case.edits, case.rows)
    assert [clash.subject for clash in found if clash.hard is not case.hard] == []
    (clash,) = [clash for clash in found if case.subject in clash.subject]
    assert set(case.names) <= {by_name(each) for each in clash.requirements}
    assert clash.relaxations[0].startswith(case.change)
    settings = case.settings if case.fix_settings is None else case.fix_settings
    kept = [each for each in case.settings if each.startswith((NO_LUNCH, "territories.mode", "horizon.days"))]
    rows = case.rows if case.fix_rows is None else case.fix_rows
    after = world.clashes([*kept, *settings], merged(case.edits, case.fix_edits or {}), rows)
    assert [each.subject for each in after if case.subject in each.subject] == []


def test_a_calm_week_has_no_clash(world: World) -> None:
    assert world.clashes() == ()


def test_two_faults_of_one_pin_are_two_clashes_each_with_its_own_change(world: World) -> None:
    """Neither change alone makes the pin possible; each ends its own clash."""
    edits = customer(required_skill="oil", windows=((540, 660),)) | {"reps": {"R02": {"skills": ("oil",)}}}
    skill, time = world.clashes([pin("a", time="14:00")], edits)
    assert (skill.relaxations[0], time.relaxations[0]) == (
        "give reps.pinned.a.rep to R02",
        "move reps.pinned.a.time to 10:30",
    )
    both = [pin("a", rep="R02", time="10:30")]
    assert world.clashes(both, edits) == ()


def test_a_hard_clash_refuses_the_plan_and_its_text_names_keys_and_cells(world: World) -> None:
    clashes = world.clashes([pin("a", time="17:15")])
    with pytest.raises(Contradiction) as caught:
        refuse(clashes)
    assert caught.value.exit_code == 4
    assert str(caught.value).splitlines() == [
        "No legal plan.",
        "1. pin a (C00001) is impossible",
        "    customer C00001    reps.pinned.a.customer",
        "    30 minutes         table customers C00001 visit_minutes",
        "    shift 09:00-17:30  table reps R01 shift_end",
        "    time 17:15         reps.pinned.a.time",
        "    R01 drives 2 minutes there and 0 back, the visit takes 30",
        "    cheapest: move reps.pinned.a.time to 17:00",
        "    or: shorten visit_minutes of C00001 to 15",
        "    or: set shift_end of R01 to 17:45",
        "    or: take away reps.pinned.a",
        "1 clash",
    ]
    refuse(tuple(clash for clash in clashes if not clash.hard))


def test_a_soft_clash_is_one_sentence_of_the_report(world: World) -> None:
    (clash,) = world.clashes(['staffing.opening_hours.sat="09:00-11:00"'])
    assert sentence(clash) == (
        "Nobody can work on sat: staffing.opening_hours.sat (open 09:00-11:00), staffing.shifts.lengths_hours (shifts "
        "of 4 hours and more); the day is open for 2 hours, the shortest shift lasts 4. Cheapest: add 2 to "
        "staffing.shifts.lengths_hours."
    )


def test_overtime_reps_who_are_fast_and_hours_of_little_traffic_leave_room(world: World) -> None:
    """A visit from 17:20 to 17:50 is beyond 17:30, but not with half an hour of overtime; lunch stays due by the shift.
    An hour's way from 9:00 on is too long for a visit at 9:40, unless some hour or rep is twice as fast."""
    late = pin("late", day="tue", time="17:20")
    assert world.clashes((late,))
    assert not world.clashes((late, "reps.overtime={eur_per_hour: 40, max_minutes_per_day: 30}"))
    far = {"customers": {"C00001": {"latitude": 41.4 + 22 / 1.35 / 111.195}}}  # 22 km by road at 22 km/h: an hour
    soon = pin("soon", day="tue", time="09:40")
    assert world.clashes((soon,), far)
    assert not world.clashes((soon, 'reps.travel.hours=[{between: "06:00-11:00", factor: 0.5}]'), far)
    assert world.clashes((soon, 'reps.travel.hours=[{between: "06:00-11:00", factor: 2}]'), far)
    cyclists = {"R01": {"drive_factor": 0.5}, "R02": {"drive_factor": 1.0}}
    assert not world.clashes((soon,), far | {"reps": cyclists})


def test_a_neighbour_may_come_beside_an_owner_who_could_where_borders_are_soft(world: World) -> None:
    """R01, who owns C00001, is booked all week: R02 may come where borders are soft. Where only owners visit and R01
    lacks the skill, a border changes nothing: neighbours stand beside an owner, not for one."""
    booked = {"appointments": [appointment(f"2026-03-{day} 09:00", f"2026-03-{day} 17:30") for day in WEEK]}
    keep = ("territories.mode=keep", NO_LUNCH)
    mine = customer(required=True) | {"current_territories": {"C00001": {"rep_id": "R01"}}}
    assert world.clashes(keep, mine, booked)
    assert not world.clashes((*keep, "territories.borders={}"), mine, booked)
    skill = CASES["only the owner visits, and lacks the skill"]
    assert world.clashes((*skill.settings, "territories.borders={}"), skill.edits)
