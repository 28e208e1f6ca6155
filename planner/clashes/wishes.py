"""Wishes that come to nothing, and limits that the territories cannot keep both: told, never in the way of a plan."""

import datetime as dt
import math
from collections.abc import Iterator

import numpy as np

from inputs.types import Tables
from planner.clashes.clash import Clash, Requirement
from scenarios.schema import WEEKDAYS, Scenario
from solvers.team import make_team, regular_minutes, workload_minutes
from solvers.territories.bounds import least_imbalance_pct, least_moves


def clashes_of_events(scenario: Scenario, tables: Tables) -> Iterator[Clash]:
    """Events on days that are not forecast, or on which the centre is closed."""
    if tables.demand.empty:
        return
    first = scenario.as_of + dt.timedelta(days=1)
    last = scenario.as_of + dt.timedelta(days=scenario.forecast.calls.days)
    opening = scenario.staffing.opening_hours
    for name, event in scenario.events.items():
        until = event.until or event.date
        days = [event.date + dt.timedelta(days=k) for k in range((until - event.date).days + 1)]
        within = [day for day in days if first <= day <= last]
        when = Requirement(f"{event.date}" + (f" to {until}" if event.until else ""), key=f"events.{name}.date")
        if not within:
            needed = (event.date - scenario.as_of).days
            far = (f"raise forecast.calls.days to {needed}",) if 0 < needed <= 62 else ()
            yield Clash(
                subject=f"the event {name} changes nothing: its days are not forecast",
                requirements=(
                    when,
                    Requirement(f"{scenario.forecast.calls.days} days", key="forecast.calls.days"),
                    Requirement(f"{scenario.as_of}", key="as_of"),
                ),
                proof=f"calls are forecast from {first} to {last}",
                relaxations=(*far, f"take away events.{name}"),
                hard=False,
            )
        elif opening and not any(WEEKDAYS[day.weekday()] in opening for day in within):
            yield Clash(
                subject=f"the event {name} changes nothing: the centre is closed then",
                requirements=(when, Requirement(f"open on {', '.join(opening)}", key="staffing.opening_hours")),
                proof=f"{', '.join(f'{day:%a}'.lower() for day in within)} is no opening day",
                relaxations=(f"take away events.{name}",),
                hard=False,
            )


def clashes_of_territories(scenario: Scenario, tables: Tables) -> Iterator[Clash]:
    """Balance within the tolerance that needs more moves than are allowed."""
    settings = scenario.territories
    if settings.mode != "repair" or tables.customers.empty or tables.current_territories.empty:
        return
    minutes = scenario.visit_minutes()
    team = make_team(
        tables.reps, tables.current_territories, tables.customers, settings=scenario.reps, default_visit_minutes=minutes
    )
    if team.empty:
        return
    work = workload_minutes(tables.customers, default_visit_minutes=minutes)
    number = {rep: i for i, rep in enumerate(team["rep_id"])}
    current = tables.current_territories
    owner = dict(zip(current["customer_id"], current["rep_id"], strict=True))
    former = np.array([number.get(owner.get(each, ""), -1) for each in tables.customers["customer_id"]])
    hours = regular_minutes(team)
    share = hours / hours.sum() if hours.sum() > 0 else np.full(len(team), 1 / len(team))
    target, tolerance = share * work.sum(), settings.workload_tolerance_pct / 100
    allowed = math.floor(settings.max_moved_beyond_forced_pct / 100 * len(work) + 1e-9)
    needed = least_moves(work, former, target, tolerance)
    if needed <= allowed:
        return
    wider = math.ceil(least_imbalance_pct(work, former, target, allowed))
    yield Clash(
        subject="territories cannot be balanced with so few moves",
        requirements=(
            Requirement(f"{settings.workload_tolerance_pct:g} %", key="territories.workload_tolerance_pct"),
            Requirement(f"{settings.max_moved_beyond_forced_pct:g} %", key="territories.max_moved_beyond_forced_pct"),
        ),
        proof=f"balance takes at least {needed} moves, {allowed} of {len(work)} customers may move",
        relaxations=(
            f"raise territories.max_moved_beyond_forced_pct to {math.ceil(1000 * needed / len(work)) / 10:g}",
            f"raise territories.workload_tolerance_pct to {wider}",
        ),
        hard=False,
    )
