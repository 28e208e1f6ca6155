"""The tables a plan hands over: one flat frame each, the form in which it is audited, written and read back."""

from collections.abc import Iterable
from dataclasses import fields

import pandas as pd

from planner.types import Decisions, Round
from solvers.channels.backlog import no_backlog
from solvers.channels.ways import no_ways


def plan_tables(decisions: Decisions) -> dict[str, pd.DataFrame]:
    """Flat tables by name; columns are described where their types are (forecasting/types.py, solvers/types.py)."""
    calls, roster, routes = decisions.calls, decisions.roster, decisions.routes
    again = decisions.replanning
    replanned = {"stops_before": again.before, "changes": again.changes, "change_curve": again.curve} if again else {}
    return {
        "call_forecast": calls.table,
        "closure": decisions.closure.scores,
        "customer_scores": decisions.customers.scores,
        "lead_scores": decisions.leads.scores,
        "actions": decisions.actions.table,
        "contact_effects": decisions.actions.effects,
        "team": _flat(decisions.team),
        "territories": _flat(decisions.territories.assignment),
        "territory_reps": decisions.territories.reps,
        "allocations": decisions.channels.allocations,
        "capacity_prices": decisions.channels.prices,
        "backlog": _or_empty(decisions.channels.backlog, no_backlog()),
        "channel_ways": _or_empty(decisions.channels.ways, no_ways()),
        "stops": routes.stops,
        "rep_days": routes.shifts,
        "unserved": routes.unserved,
        "hour_prices": routes.hour_prices,
        "routing_ways": routes.ways,
        "requirement": roster.requirement,
        "agent_shifts": roster.shifts,
        "agents": roster.agents,
        "requests": roster.requests,
        "forecast_quality": _stacked(
            [
                ("calls", calls.quality),
                ("closure", decisions.closure.quality),
                ("customers", decisions.customers.quality),
                ("leads", decisions.leads.quality),
            ]
        ),
        "left_out_deals": decisions.closure.left_out,
        "refused_columns": decisions.leads.refused,
        "rounds": _rounds(decisions.rounds),
        **replanned,
    }


def _rounds(rounds: Iterable[Round]) -> pd.DataFrame:
    """The rounds between channels and routes; best_eur: of the best plan so far, which never falls."""
    frame = pd.DataFrame([vars(item) for item in rounds], columns=[item.name for item in fields(Round)])
    return frame.assign(best_eur=frame["value_eur"].cummax())


def _or_empty(frame: pd.DataFrame, empty: pd.DataFrame) -> pd.DataFrame:
    """The frame, or its columns without rows where the plan was made without it."""
    return frame if len(frame.columns) else empty


def _stacked(parts: Iterable[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    """The quality frames of the forecasts in one, led by the forecast's name."""
    filled = [part.assign(forecast=name) for name, part in parts if len(part)]
    if not filled:
        return pd.DataFrame(columns=["forecast", "model", "metric", "value"])
    stacked = pd.concat(filled, ignore_index=True)
    return stacked[["forecast", *[column for column in stacked.columns if column != "forecast"]]]


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with columns of tuples as texts joined by `|`, the form that CSV and spreadsheets can hold."""
    tuples = [name for name in frame.columns if any(isinstance(cell, tuple) for cell in frame[name])]
    return frame.assign(**{name: frame[name].map("|".join).astype("str") for name in tuples})
