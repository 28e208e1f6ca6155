"""The report's page on routes: what border visits, overtime, even weeks and waiting bring or cost.

From the tables of a plan (routing_ways, stops, rep_days, territories); euros, hours and minutes. A part that nobody
asked for is empty; where none is, the section is left out.
"""

from typing import Any

import pandas as pd
from markupsafe import Markup

from inputs.rows import rows
from outputs.charts import week_chart
from outputs.field import rep_days_of, rep_names, shift_hours, stops_of, ways_of, work_hours
from outputs.readable import NOTHING, figure, signed
from outputs.way_words import EVEN, way_sentences
from planner.types import Plan

MOST_PAIRS = 12
"""Pairs of owner and neighbour shown, those with most visits."""
SAME_HOURS = 0.1
"""The ways count drives at their usual time: beside weeks driven slower or faster than that, they are not drawn."""


def route_details(plan: Plan) -> dict[str, Any]:
    """The values of the templates' names that begin with `route_`."""
    tables, scenario = plan.tables, plan.scenario
    names, ways = rep_names(tables), ways_of(tables)
    days, visits = rep_days_of(tables), stops_of(tables).query("kind == 'visit'")
    pairs = _pairs(visits, names)
    waits = bool(visits["waited_eur"].sum() > 0)
    words = [
        *(way_sentences([row._asdict() for row in rows(ways)]) if len(ways) else _border_words(visits)),
        *([_overtime_words(days)] if scenario.reps.overtime else []),
        *([_waiting_words(visits)] if waits else []),
    ]
    return {
        "route_words": words,
        "route_ways": _ways(ways),
        "route_pairs": pairs[:MOST_PAIRS],
        "route_pairs_rest": len(pairs[MOST_PAIRS:]),
        "route_weeks": Markup(_weeks(plan, ways, names)),  # our own drawing
        "route_overtime": _overtime(days, names),
        "route_waiting": _waiting(visits) if waits else [],
    }


def _border_words(visits: pd.DataFrame) -> list[str]:
    """How many visits a neighbour makes, where nobody compared them with own territories."""
    count = int((visits["for_rep"] != "").sum())
    return [f"{count} visit{'s are' if count > 1 else ' is'} made by a neighbour."] if count else []


def _euros(value: float) -> str:
    return figure(round(value))


def _hours(value: float) -> str:
    return f"{value:.1f}"


def _ways(ways: pd.DataFrame) -> list[dict[str, str]]:
    """A row a plan; the difference is to the plan before it."""
    gains = ways["value_eur"].round().diff()
    return [
        {
            "way": row.way,
            "value": _euros(row.value_eur),
            "difference": NOTHING if pd.isna(gain) else signed(gain),
            "visits": figure(row.visits),
            "border_visits": figure(row.border_visits),
            "beyond": _hours(row.beyond_share_hours),
            "longest": _hours(row.longest_hours),
            "shortest": _hours(row.shortest_hours),
        }
        for row, gain in zip(rows(ways), gains, strict=True)
    ]


def _pairs(visits: pd.DataFrame, names: dict[str, str]) -> list[dict[str, str]]:
    """Whose customers are visited by whom, the commonest pair first."""
    border = visits[visits["for_rep"] != ""]
    pairs = border.groupby(["for_rep", "rep_id"], as_index=False).agg(
        visits=("customer_id", "count"), prize_eur=("prize_eur", "sum")
    )
    return [
        {
            "owner": names.get(row.for_rep, row.for_rep),
            "visitor": names.get(row.rep_id, row.rep_id),
            "visits": figure(row.visits),
            "prize": _euros(row.prize_eur),
        }
        for row in rows(pairs.sort_values(["visits", "prize_eur"], ascending=False, kind="stable"))
    ]


def _weeks(plan: Plan, ways: pd.DataFrame, names: dict[str, str]) -> str:
    """The chart of the reps' weeks, where even weeks are asked for and somebody works."""
    work = work_hours(plan.tables)
    if work.empty or plan.scenario.reps.balance is None:
        return ""
    paid = shift_hours(plan.tables).reindex(work.index)
    before = ways[ways["way"] != EVEN].tail(1)
    alike = len(ways) > 0 and abs(ways["longest_hours"].iloc[-1] - work.max()) < SAME_HOURS
    team = float(ways["team_hours"].iloc[-1]) if alike else float(work.sum())
    share = team * paid / max(float(paid.sum()), 1e-9)
    span = tuple(before[["shortest_hours", "longest_hours"]].iloc[0]) if alike and len(before) else None
    return week_chart({names.get(rep, rep): (work[rep], share[rep]) for rep in work.index}, before=span)


def _overtime(days: pd.DataFrame, names: dict[str, str]) -> list[dict[str, str]]:
    """A row a rep who stays longer, the most minutes first."""
    late = days[days["overtime_minutes"] > 0]
    by_rep = late.groupby("rep_id", as_index=False).agg(
        days=("day", "count"), minutes=("overtime_minutes", "sum"), longest=("overtime_minutes", "max"),
        eur=("overtime_eur", "sum"),
    )  # fmt: skip
    return [
        {
            "rep": names.get(row.rep_id, row.rep_id),
            "days": figure(row.days),
            "minutes": _some(row.minutes),
            "longest": _some(row.longest),
            "eur": _some(row.eur),
        }
        for row in rows(by_rep.sort_values("minutes", ascending=False, kind="stable"))
    ]


def _some(value: float) -> str:
    """A figure of something that is there: never 0."""
    return _euros(value) if value >= 1 else "under 1"


def _overtime_words(days: pd.DataFrame) -> str:
    late = days[days["overtime_minutes"] > 0]
    if late.empty:
        return "Overtime is allowed, and no rep-day makes use of it."
    count = f"{len(late)} rep-day{'s' if len(late) != 1 else ''}"
    hours, euros = late["overtime_minutes"].sum() / 60, late["overtime_eur"].sum()
    verb = "ends" if len(late) == 1 else "end"
    working = int(days["works"].sum())
    return f"{count} of {working} {verb} after the shift: {hours:.1f} hours of overtime for {_euros(euros)} eur."


def _waiting(visits: pd.DataFrame) -> list[dict[str, str]]:
    """A row a day: visits, what they bring that day, what waiting took off."""
    by_day = visits.groupby("day", as_index=False).agg(
        visits=("customer_id", "count"), prize_eur=("prize_eur", "sum"), waited_eur=("waited_eur", "sum")
    )
    return [
        {
            "day": f"{row.day:%a} {row.day.day}",
            "visits": figure(row.visits),
            "prize": _euros(row.prize_eur),
            "waited": _euros(row.waited_eur),
        }
        for row in rows(by_day)
    ]


def _waiting_words(visits: pd.DataFrame) -> str:
    lost, left = visits["waited_eur"].sum(), visits["prize_eur"].sum()
    share = f", {100 * lost / (lost + left):.1f} % of it" if lost + left > 0 else ""
    return f"Waiting for a later day takes {_euros(lost)} eur off the value of the visits{share}."
