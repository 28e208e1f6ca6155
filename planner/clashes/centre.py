"""The contact centre's rules against each other: contracts, laws, shift lengths, opening hours, who answers what.

A roster is always made (laws hold, contracts give way), so these are clashes that leave something open. Hours are paid
hours a week, counted generously: what is called impossible is so for every roster.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from inputs.rows import rows
from inputs.types import Tables
from planner.clashes.clash import Clash, Requirement, irreducible
from scenarios.clock import MINUTES_PER_DAY, format_clock
from scenarios.schema import WEEKDAYS, Scenario, Staffing

CONTRACT_DAYS = 5
"""Working days that a contract's week stands for; each absent one takes off its part."""
MOST_QUEUES = 8
"""Sets of queues are counted up to so many."""
SHOWN = 5
EMPTY = 1e-6


@dataclass(frozen=True)
class Week:
    """One week of one agent. days: by planned day without absence, minutes (open, and open while available).

    low: paid hours that the contract asks for at least, tolerance and absences taken off.
    """

    days: tuple[tuple[int, int], ...]
    planned: int
    low: float


def clashes_of_centre(scenario: Scenario, tables: Tables) -> Iterator[Clash]:
    """What the roster cannot keep, whoever works when."""
    if tables.agents.empty:
        return
    yield from _short_days(scenario)
    yield from _unanswered(scenario, tables)
    yield from _contracts(scenario, tables)


def most_hours(week: Week, staffing: Staffing, parts: Sequence[str]) -> float:
    """The most paid hours that the rules named in `parts` leave to a week."""
    rules = staffing.rules
    which = 1 if "available" in parts else 0
    days = sorted((_longest(minutes[which], staffing, "lengths" in parts) for minutes in week.days), reverse=True)
    count = len(days)
    if "days_off" in parts:
        count = min(count, week.planned - max(0, rules.min_days_off_per_week - (7 - week.planned)))
    if "in_a_row" in parts:
        count = min(count, week.planned - week.planned // (rules.max_days_in_a_row + 1))
    total = sum(days[: max(0, count)])
    return min(total, rules.max_hours_per_week) if "max_hours" in parts else total


def _longest(minutes: int, staffing: Staffing, by_lengths: bool) -> float:
    """Paid hours of the longest shift within so many minutes."""
    shifts = staffing.shifts
    fitting = [hours for hours in shifts.lengths_hours if 60 * hours <= minutes] if by_lengths else [minutes / 60]
    free = math.inf if shifts.breaks_paid else shifts.break_after_hours
    paid = [hours - (shifts.break_minutes / 60 if hours > free else 0) for hours in fitting]
    return max(paid, default=0.0)


PARTS = ("in_a_row", "days_off", "max_hours", "lengths", "available")


def _contracts(scenario: Scenario, tables: Tables) -> Iterator[Clash]:
    """Contracts that laws, shift lengths and availability leave no room for, agents of the same case together."""
    staffing = scenario.staffing
    planned = set(_queues(scenario, tables))
    cases: dict[Week, list[str]] = {}
    for row in rows(tables.agents):
        if planned & set(row.queues or ()):
            for week in _weeks(scenario, row, tables.absences):
                if most_hours(week, staffing, PARTS) < week.low - EMPTY:
                    cases.setdefault(week, []).append(str(row.agent_id))
    for week, agents in cases.items():
        names = list(dict.fromkeys(agents))
        kept = irreducible(PARTS, lambda parts, week=week: most_hours(week, staffing, parts) < week.low - EMPTY)  # type: ignore[misc]
        yield Clash(
            subject=f"the contract of {_listed(names)} cannot be kept",
            requirements=(
                Requirement(f"{week.low:g} hours a week at least, tolerance taken off", table="agents",
                            row_id=names[0], column="contract_hours_per_week"),
                *(_rule(part, staffing, names[0]) for part in kept),
            ),
            proof=f"at most {most_hours(week, staffing, PARTS):g} paid hours fit into {len(week.days)} open days",
            relaxations=tuple(_room(week, staffing, kept)),
            hard=False,
        )  # fmt: skip


def _weeks(scenario: Scenario, agent: object, absences: pd.DataFrame) -> Iterator[Week]:
    staffing, horizon = scenario.staffing, scenario.staffing_horizon()
    away = set(pd.to_datetime(absences.loc[absences["person_id"] == agent.agent_id, "date"]).dt.normalize())  # type: ignore[attr-defined]
    first, last = _available(agent)
    days = pd.date_range(horizon.start, periods=horizon.days, freq="D")
    for begin in range(0, len(days), 7):
        part = days[begin : begin + 7]
        there = [day for day in part if day not in away]
        open_ = [
            (_open_minutes(staffing, day, 0, MINUTES_PER_DAY), _open_minutes(staffing, day, first, last))
            for day in there
        ]
        worked = max(0, min(len(part), CONTRACT_DAYS) - (len(part) - len(there)))
        contract = float(agent.contract_hours_per_week) * worked / CONTRACT_DAYS  # type: ignore[attr-defined]
        low = contract - staffing.rules.contract_tolerance_hours
        yield Week(tuple(sorted((minutes for minutes in open_ if minutes[0]), reverse=True)), len(part), max(0.0, low))


def _available(agent: object) -> tuple[int, int]:
    first, last = agent.available_from, agent.available_to  # type: ignore[attr-defined]
    start = 0 if pd.isna(first) or first < 0 else int(first)
    return start, MINUTES_PER_DAY if pd.isna(last) or last < 0 else int(last)


def _open_minutes(staffing: Staffing, day: pd.Timestamp, first: int, last: int) -> int:
    """Minutes of the day in which the agent may work at most: a shift may run on past an opening until midnight."""
    opening = staffing.opening_hours
    available = last - first if first < last else MINUTES_PER_DAY
    if not opening:
        return available
    opens, closes = opening.get(WEEKDAYS[day.weekday()], (0, 0))
    if opens < closes < MINUTES_PER_DAY:
        within = min(closes, last) - max(opens, first) if first < last else closes - opens
        return max(0, within)
    return available if opens != closes else 0


def _rule(part: str, staffing: Staffing, agent: str) -> Requirement:
    if part == "available":
        return Requirement("works between these times only", table="agents", row_id=agent, column="available_from")
    rules = staffing.rules
    lengths = ", ".join(f"{hours:g}" for hours in staffing.shifts.lengths_hours)
    says = {
        "in_a_row": (f"{rules.max_days_in_a_row} days in a row", "rules.max_days_in_a_row"),
        "days_off": (f"{rules.min_days_off_per_week} days off a week", "rules.min_days_off_per_week"),
        "max_hours": (f"{rules.max_hours_per_week:g} hours a week", "rules.max_hours_per_week"),
        "lengths": (f"shifts of {lengths} hours", "shifts.lengths_hours"),
    }[part]
    return Requirement(says[0], key=f"staffing.{says[1]}")


def _room(week: Week, staffing: Staffing, kept: Sequence[str]) -> Iterator[str]:
    """Single changes with which the week fits, each tried: the tolerance first, laws last."""
    rules = staffing.rules
    gap = week.low - most_hours(week, staffing, PARTS)
    wider = math.ceil(2 * (rules.contract_tolerance_hours + gap) - EMPTY) / 2
    yield f"raise staffing.rules.contract_tolerance_hours to {wider:g}"

    def fits(**changed: object) -> bool:
        shifts = staffing.shifts.model_copy(update={k: v for k, v in changed.items() if k == "lengths_hours"})
        other = rules.model_copy(update={k: v for k, v in changed.items() if k != "lengths_hours"})
        made = staffing.model_copy(update={"rules": other, "shifts": shifts})
        return most_hours(week, made, PARTS) >= week.low - EMPTY

    if "lengths" in kept:
        for half_hours in range(math.ceil(2 * max(staffing.shifts.lengths_hours)), 25):
            if fits(lengths_hours=[*staffing.shifts.lengths_hours, half_hours / 2]):
                yield f"add {half_hours / 2:g} to staffing.shifts.lengths_hours"
                break
    for key, values in (
        ("max_hours_per_week", [math.ceil(week.low)]),
        ("min_days_off_per_week", range(rules.min_days_off_per_week - 1, -1, -1)),
        ("max_days_in_a_row", range(rules.max_days_in_a_row + 1, 8)),
    ):
        working = [value for value in values if fits(**{key: value})]
        if working:
            yield f"set staffing.rules.{key} to {working[0]}"


def _short_days(scenario: Scenario) -> Iterator[Clash]:
    """Open days on which no shift length fits."""
    shifts = scenario.staffing.shifts
    shortest = min(shifts.lengths_hours)
    for weekday, (opens, closes) in scenario.staffing.opening_hours.items():
        if opens < closes and closes - opens < 60 * shortest:
            step = scenario.staffing.interval_minutes
            fitting = (closes - opens) // step * step / 60
            open_ = f"open {format_clock(opens)}-{format_clock(closes)}"
            add = [f"add {fitting:g} to staffing.shifts.lengths_hours"] if fitting > 0 else []
            yield Clash(
                subject=f"nobody can work on {weekday}",
                requirements=(
                    Requirement(open_, key=f"staffing.opening_hours.{weekday}"),
                    Requirement(f"shifts of {shortest:g} hours and more", key="staffing.shifts.lengths_hours"),
                ),
                proof=f"the day is open for {(closes - opens) / 60:g} hours, the shortest shift lasts {shortest:g}",
                relaxations=(*add, f"open until {format_clock(min(MINUTES_PER_DAY, opens + round(60 * shortest)))}"),
                hard=False,
            )  # fmt: skip


def _queues(scenario: Scenario, tables: Tables) -> list[str]:
    return sorted(scenario.staffing.queues) or sorted(set(tables.demand["queue"]))


def _unanswered(scenario: Scenario, tables: Tables) -> Iterator[Clash]:
    """Planned queues that no agent answers."""
    answered = {name for cell in tables.agents["queues"] for name in cell or ()}
    for queue in _queues(scenario, tables):
        if queue not in answered:
            asked = (
                Requirement("planned", key=f"staffing.queues.{queue}")
                if queue in scenario.staffing.queues
                else Requirement(f"calls of {queue}", table="calls" if len(tables.calls) else "call_counts")
            )
            yield Clash(
                subject=f"nobody answers the queue {queue}",
                requirements=(asked, Requirement("queues of the agents", table="agents", column="queues")),
                proof=f"none of {len(tables.agents)} agents names {queue}",
                relaxations=(f"add {queue} to the queues of an agent",),
                hard=False,
            )


def clashes_of_demand(scenario: Scenario, tables: Tables, requirement: pd.DataFrame) -> Iterator[Clash]:
    """Service level against contracts: queues that ask for more hours than all who answer them may work.

    Args:
        requirement: `Roster.requirement`.
    """
    names = sorted(set(requirement["queue"]))
    if tables.agents.empty or not names:
        return
    staffing = scenario.staffing
    share = 1 - staffing.shrinkage_pct / 100
    need = requirement.groupby("queue")["agents_required"].sum() * staffing.interval_minutes / 60 / share
    sets = [part for size in range(1, len(names) + 1) for part in combinations(names, size)]
    told: set[str] = set()
    for part in sets if len(names) <= MOST_QUEUES else [tuple(names)]:
        mine = [row for row in rows(tables.agents) if set(part) & set(row.queues or ())]
        have = sum(_most_of(scenario, row, tables.absences) for row in mine)
        asked = float(need[list(part)].sum())
        if told & set(part) or not mine or asked <= have + EMPTY:
            continue
        told |= set(part)
        more = math.ceil((asked - have) / (have / len(mine))) if have else 1
        level = staffing.service_level
        yield Clash(
            subject=f"{', '.join(part)} {'asks' if len(part) == 1 else 'ask'} for more hours than agents may work",
            requirements=(
                Requirement(f"{level.answered_pct:g} % within {level.within_seconds:g} seconds",
                            key="staffing.service_level"),
                Requirement(f"{len(mine)} agents", table="agents", column="contract_hours_per_week"),
                Requirement(f"{staffing.rules.contract_tolerance_hours:g} hours beyond the contract",
                            key="staffing.rules.contract_tolerance_hours"),
            ),
            proof=f"{asked:,.0f} paid hours are asked for, shrinkage included; contracts and laws allow {have:,.0f}",
            relaxations=(f"employ {more} more with the same hours",),
            hard=False,
        )  # fmt: skip


def _most_of(scenario: Scenario, agent: object, absences: pd.DataFrame) -> float:
    """Paid hours that an agent may work in the horizon at most."""
    staffing = scenario.staffing
    double = 2 * staffing.rules.contract_tolerance_hours
    total = 0.0
    for week in _weeks(scenario, agent, absences):
        legal = most_hours(week, staffing, PARTS)
        total += min(legal, max(week.low + double, 0.0)) if week.low > 0 else legal
    return total


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more agents" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
