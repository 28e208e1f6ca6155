"""The report's page on channels: what hours are worth, who waits, and what a view of capacity is worth.

From the tables of a plan (capacity_prices, backlog, channel_ways, rounds); euros, hours and days.
"""

from typing import Any

import pandas as pd

from inputs.rows import rows
from outputs.readable import NOTHING, figure
from planner.types import Plan
from scenarios.schema import FIELD
from solvers.channels.ways import AWARE

WEEK = "week"
"""Heading of a budget's column."""


def channel_details(plan: Plan) -> dict[str, Any]:
    """The values of the templates' names that begin with `channel_`."""
    tables = plan.tables
    headings, hours = _hours(tables["capacity_prices"])
    return {
        "channel_proof": [note[0].upper() + note[1:] for note in plan.decisions.offered.notes],
        "channel_days": headings,
        "channel_hours": hours,
        "channel_field": _field_hours(tables["capacity_prices"]),
        "channel_backlog": _backlog(tables["backlog"]),
        "channel_ways": _ways(tables["channel_ways"]),
        "channel_gain": _gain(tables["channel_ways"]),
        "channel_rounds": _rounds(tables["rounds"]),
    }


def _words(name: str) -> str:
    return name.replace("_", " ")


def _money(euros: float) -> str:
    return NOTHING if pd.isna(euros) else figure(round(euros, 1))


def _hours(prices: pd.DataFrame) -> tuple[list[str], list[dict[str, Any]]]:
    """Headings of days (and of the week, where there is a budget), and a row of price and worth by channel."""
    desk = prices[prices["channel"] != FIELD]
    budget = desk["day"].isna()
    days = sorted(desk.loc[~budget, "day"].unique())
    headings = [f"{pd.Timestamp(day):%a} {pd.Timestamp(day).day}" for day in days]
    found = []
    for channel, mine in desk.groupby("channel", sort=False):
        of_day = {row.day: row for row in rows(mine[mine["day"].notna()])}
        keys = [of_day.get(day) for day in days]
        if budget.any():
            keys.append(next(iter(rows(mine[mine["day"].isna()])), None))
        found.append({"channel": _words(str(channel)), "cells": [_cell(row) for row in keys]})
    return headings + ([WEEK] if budget.any() else []), found


def _cell(row: Any) -> dict[str, str]:
    """Price of an hour, what one more brings, and hours used of those there."""
    if row is None:
        return {"price": NOTHING, "more": "", "used": ""}
    used, there = figure(round(row.used_minutes / 60, 1)), figure(round(row.capacity_minutes / 60, 1))
    return {"price": _money(row.price_eur_per_hour), "more": _money(row.hour_more_eur), "used": f"{used} of {there} h"}


def _field_hours(prices: pd.DataFrame) -> str:
    """What the channels paid for a rep's hour while visits were offered."""
    reps = prices[prices["channel"] == FIELD]
    if reps.empty:
        return ""
    price, more = reps["price_eur_per_hour"], reps["hour_more_eur"].dropna()
    text = f"A rep's hour was priced at {_money(price.min())} to {_money(price.max())} eur"
    if len(more):
        text += f"; one more would bring {_money(more.min())} to {_money(more.max())} eur"
    tried = f" ({len(more)} of {len(reps)} reps were tried, the dearest)" if len(more) < len(reps) else ""
    return f"{text}{tried}."


def _backlog(backlog: pd.DataFrame) -> list[dict[str, str]]:
    """Who waits at the end of the first and of the last day, how long, and whose due date is at risk."""
    found = []
    for channel, mine in backlog.groupby("channel", sort=False):
        by_day = mine.sort_values("day")
        first, last = by_day.iloc[0], by_day.iloc[-1]
        found.append(
            {
                "channel": _words(str(channel)),
                "first": figure(int(first["waiting"])),
                "last": figure(int(last["waiting"])),
                "unplanned": figure(int(last["unplanned"])),
                "oldest": figure(by_day["oldest_days"].max()) or NOTHING,
                "due": figure(int(by_day["due_next_day"].max())),
                "overdue": figure(int(last["overdue"])),
            }
        )
    return found


def _ways(ways: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {
            "way": row.way,
            "order": figure(round(row.order_eur)),
            "value": figure(round(row.value_eur)),
            "contacts": figure(row.contacts),
            "cut_off": figure(row.cut_off),
        }
        for row in rows(ways)
    ]


def _gain(ways: pd.DataFrame) -> str:
    """What a view of capacity is worth, in order euros."""
    euros = dict(zip(ways["way"], ways["order_eur"], strict=True))
    if AWARE not in euros or len(euros) < 2:
        return ""
    other = next(value for way, value in euros.items() if way != AWARE)
    gain = euros[AWARE] - other
    share = f", {100 * gain / other:.1f} %" if other > 0 else ""
    return f"Planning with capacity in view is worth {figure(round(gain))} eur{share}."


def _rounds(rounds: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {
            "number": str(row.number),
            "asked": figure(row.visits_asked),
            "routed": figure(row.visits_routed),
            "returned": figure(row.returned),
            "returned_eur": figure(round(row.returned_eur)),
            "value": figure(round(row.value_eur)),
            "best": figure(round(row.best_eur)),
            "kept": "yes" if row.kept else "no",
        }
        for row in rows(rounds)
    ]
