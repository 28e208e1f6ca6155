"""What borders and even weeks brought and cost: the table `routing_ways`, a plan a row, the last of which is the plan.

Work of a rep is service and driving, each drive as a usual rep drives it without traffic. A rep's share of the team's
work is in proportion to the rep's working time. With even weeks the team's work is that of the plan before them: it is
told, and lies between what the longest and the shortest week of that plan say.
"""

import math
from collections.abc import Iterator, Mapping

import pandas as pd

from inputs.rows import rows
from inputs.types import Tables
from planner.audit.findings import Finding
from planner.audit.geometry import Drives
from planner.audit.routes import legs_of, places_of, rep_days_of
from planner.audit.visitors import is_border
from planner.audit.worth import EURO_TOLERANCE, routes_eur
from scenarios.schema import Scenario

Plan = Mapping[str, pd.DataFrame]
OWN, BORDER, EVEN = "own territories", "border visits", "even weeks"
ROUNDING_HOURS = 1.5 / 3600
"""Of a drive: plans have whole seconds, rounded up, and whole seconds of parking."""


def ways_in_order(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Where plans on the way are told, there is one for each rule that is asked for, none worse than the one before.

    Border visits may not lose value; even weeks may lose as much as the price allows for the hours that they take off
    those who have more than their share.
    """
    ways = _ways(plan)
    if ways.empty:
        return
    balance = scenario.reps.balance
    wanted = [OWN, *[BORDER] * (scenario.territories.borders is not None)]
    wanted += [EVEN] * (balance is not None and balance.eur_per_hour > 0)
    if ways["way"].tolist() != wanted:
        told = ", ".join(ways["way"])
        yield Finding("ways_in_order", "routing_ways", "", f"tells of {told}; asked for are {', '.join(wanted)}")
    if made := ways["border_visits"].iloc[0]:
        yield Finding("ways_in_order", "routing_ways", OWN, f"has {made} border visits")
    for (_, before), (_, after) in zip(ways.iloc[:-1].iterrows(), ways.iloc[1:].iterrows(), strict=True):
        eur_per_hour = balance.eur_per_hour if balance and after["way"] == EVEN else 0.0
        may_lose = eur_per_hour * (before["beyond_share_hours"] - after["beyond_share_hours"])
        lost = before["value_eur"] - after["value_eur"]
        if lost > may_lose + EURO_TOLERANCE:
            message = f"{lost:.2f} eur less than before, for which {may_lose:.2f} may be given up"
            yield Finding("ways_in_order", "routing_ways", after["way"], message)


def last_way_is_the_plan(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Value, visits, border visits and the hours of the last row are those of the routes."""
    ways = _ways(plan)
    if ways.empty:
        return
    last, stops = ways.iloc[-1], plan["stops"]
    parts = routes_eur(scenario, plan)
    value = parts["prize_eur"] - parts["travel_eur"] - parts["overtime_eur"] - parts["border_eur"]
    visits, border = (stops["kind"] == "visit").sum(), sum(map(is_border, rows(stops)))
    hours = work_hours(scenario, tables, plan)
    fewest, most_of_all = _team_hours(hours, ways)
    beyond = _beyond_share(hours, float(last["team_hours"]), plan)
    drives = stops.groupby("rep_id").size()
    slack, slacks = (ROUNDING_HOURS * float(count) for count in (drives.max() if len(drives) else 0, drives.sum()))
    longest, shortest = max(hours.values(), default=0.0), min(hours.values(), default=0.0)
    for name, least, most in (
        ("value_eur", value - EURO_TOLERANCE, value + EURO_TOLERANCE),
        ("visits", visits, visits),
        ("border_visits", border, border),
        ("longest_hours", longest - slack, longest + slack),
        ("shortest_hours", shortest - slack, shortest + slack),
        ("team_hours", fewest - slacks, most_of_all + slacks),
        ("beyond_share_hours", beyond - slacks, beyond + slacks),
    ):
        if not least <= last[name] <= most:
            message = f"{name} {last[name]:.2f} is stated, the routes say {least:.2f} to {most:.2f}"
            yield Finding("last_way_is_the_plan", "routing_ways", last["way"], message)


def work_hours(scenario: Scenario, tables: Tables, plan: Plan) -> dict[str, float]:
    """Hours of service and usual driving by rep, of reps who work on some day."""
    drives, places = Drives(scenario.reps.travel, tables.travel_times), places_of(tables)
    days = plan["rep_days"]
    hours = dict.fromkeys(sorted(set(days.loc[days["works"].astype(bool), "rep_id"])), 0.0)
    for item in rep_days_of(plan):
        seconds = [
            (stop.end_at - stop.start_at).total_seconds()
            for stop in item.stops
            if stop.kind in {"visit", "appointment"}
        ]
        seconds += [
            drives.usual_seconds(here, there, parks=parks) for _, _, here, there, parks in legs_of(item, places)
        ]
        hours[item.rep.rep_id] = hours.get(item.rep.rep_id, 0.0) + math.fsum(seconds) / 3600
    return hours


def _team_hours(hours: Mapping[str, float], ways: pd.DataFrame) -> tuple[float, float]:
    """Least and most work of which shares can be parts; the same without even weeks."""
    if ways["way"].iloc[-1] != EVEN or len(ways) < 2:
        return math.fsum(hours.values()), math.fsum(hours.values())
    before, others = ways.iloc[-2], len(hours) - 1
    longest, shortest = float(before["longest_hours"]), float(before["shortest_hours"])
    return longest + shortest * others, shortest + longest * others


def _beyond_share(hours: Mapping[str, float], team_hours: float, plan: Plan) -> float:
    """Hours of reps beyond their parts of the team's."""
    days = plan["rep_days"][plan["rep_days"]["works"].astype(bool)]
    time = (days["shift_end_at"] - days["shift_start_at"]).groupby(days["rep_id"]).sum()
    share = (time / time.sum()).to_dict() if len(time) else {}
    return math.fsum(max(0.0, worked - share.get(rep, 0.0) * team_hours) for rep, worked in hours.items())


def _ways(plan: Plan) -> pd.DataFrame:
    """The table; plans of old have none."""
    return plan.get("routing_ways", pd.DataFrame())


CHECKS = (ways_in_order, last_way_is_the_plan)
