"""How often, how far apart, and whether at all: repeated visits of one customer, and the contact policy."""

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import pandas as pd

from planner.clashes.alone import legal_starts
from planner.clashes.clash import Clash, Requirement
from planner.clashes.field import FieldWork, Visit
from scenarios.schema import WEEKDAYS

ALLOWED = "contact_policy.max_contacts_per_customer_per_week"


def clashes_often(work: FieldWork) -> Iterator[Clash]:
    """Visits of one customer that lie too close, days that do not hold all visits, and a policy that allows none."""
    for visit in work.visits:
        if visit.visits > 1:
            yield from _too_many(work, visit)
    pins = [visit for visit in work.visits if visit.name]
    for first, second in combinations(pins, 2):
        if first.customer_id == second.customer_id:
            yield from _too_close(work, first, second)
    if work.visits and work.scenario.contact_policy.max_contacts_per_customer_per_week == 0:
        yield _no_contacts(work.visits)


def days_apart(days: list[pd.Timestamp], between: int) -> int:
    """The most of these days that lie at least `between` apart: always taking the earliest is best."""
    count, last = 0, None
    for day in sorted(days):
        if last is None or (day - last).days >= between:
            count, last = count + 1, day
    return count


def _days(work: FieldWork, visit: Visit) -> list[pd.Timestamp]:
    return sorted({day.day for day, _ in legal_starts(work, visit)})


def _too_many(work: FieldWork, visit: Visit) -> Iterator[Clash]:
    days = _days(work, visit)
    most = days_apart(days, visit.days_between)
    if not days or most >= visit.visits:
        return
    weeks = max(1, math.ceil(work.scenario.horizon.days / 7))
    cell = {"table": "customers", "row_id": visit.customer_id}
    relaxations = [f"lower visits_per_week of {visit.customer_id} to {most // weeks or round(most / weeks, 2):g}"]
    closer = [gap for gap in range(visit.days_between - 1, 0, -1) if days_apart(days, gap) >= visit.visits]
    if closer:
        relaxations.append(f"lower min_days_between of {visit.customer_id} to {closer[0]}")
    yield Clash(
        subject=f"{visit.customer_id} wants {visit.visits} visits, and the days hold {most}",
        requirements=(
            Requirement("must be visited", column="required", **cell),
            Requirement(
                f"{visit.visits} visits in {weeks} week{'s' * (weeks > 1)}",
                column="visits_per_week",
                **cell,
            ),
            Requirement(f"at least {visit.days_between} days apart", column="min_days_between", **cell),
            Requirement(f"{work.scenario.horizon.days} days", key="horizon.days"),
        ),
        proof=f"{len(days)} days allow a visit, and at most {most} of them lie {visit.days_between} days apart",
        relaxations=(*relaxations, f"take away `required` of {visit.customer_id}"),
    )


def _too_close(work: FieldWork, first: Visit, second: Visit) -> Iterator[Clash]:
    mine, other, gap = _days(work, first), _days(work, second), first.days_between
    if not mine or not other or any(abs((a - b).days) >= gap for a in mine for b in other):
        return
    relaxations = []
    loose = _days(work, replace(second, pin=second.pin.model_copy(update={"day": None}))) if second.pin else []
    free = [day for day in loose if any(abs((day - a).days) >= gap for a in mine)]
    if free:
        relaxations.append(f"move reps.pinned.{second.name}.day to {WEEKDAYS[free[0].weekday()]}")
    widest = max(abs((a - b).days) for a in mine for b in other)
    if widest:
        relaxations.append(f"lower min_days_between of {first.customer_id} to {widest}")
    yield Clash(
        subject=f"pins {first.name} and {second.name} visit {first.customer_id} too soon after one another",
        requirements=(
            _pin(first), _pin(second),
            Requirement(f"at least {gap} days apart", table="customers", row_id=first.customer_id,
                        column="min_days_between"),
        ),
        proof=f"they lie {widest} days apart at most, {gap} {'is' if gap == 1 else 'are'} asked for",
        relaxations=(*relaxations, f"take away reps.pinned.{second.name}"),
    )  # fmt: skip


def _pin(visit: Visit) -> Requirement:
    day = visit.pin.day if visit.pin else None
    return Requirement(f"day {day or 'any'}", key=f"reps.pinned.{visit.name}{'.day' if day else ''}")


def _no_contacts(visits: tuple[Visit, ...]) -> Clash:
    first = visits[0]
    asked = (
        Requirement(f"customer {first.customer_id}", key=f"reps.pinned.{first.name}.customer")
        if first.name
        else Requirement("must be visited", table="customers", row_id=first.customer_id, column="required")
    )
    return Clash(
        subject=f"the policy allows no contact, and {len(visits)} visits must be made",
        requirements=(Requirement("0 contacts a week", key=ALLOWED), asked),
        proof=f"{len(visits)} is more than 0",
        relaxations=(f"set {ALLOWED} to 1", "take away the pins and `required`"),
    )
