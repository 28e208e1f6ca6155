"""The plan that people hold, read back from its run folder, so that nothing of it is forecast or decided anew.

Forecasts come back as their tables, without the sample paths that they were made with.
"""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from forecasting.types import Actions, CallForecast, ClosureForecast, CustomerScores, LeadScores
from inputs.types import Tables
from planner.types import Decisions
from scenarios.errors import Problem, ScenarioError
from scenarios.schema import Scenario
from solvers.outcome import Outcome
from solvers.team import make_team, rep_days
from solvers.types import ChannelPlan, Roster, Routes, Territories

MANIFEST = "manifest.json"
DECIDING = ("stops", "rep_days", "unserved", "allocations")
"""Tables that decide what can be changed, and so the name of the run that changes them."""
NOT_IN_OLD_RUNS: dict[str, dict[str, float | int | bool]] = {
    "stops": {"waited_eur": 0.0, "border": False},
    "rep_days": {
        "waited_eur": 0.0, "border_visits": 0, "border_eur": 0.0, "overtime_minutes": 0.0, "overtime_eur": 0.0,
    },
}  # fmt: skip
"""Columns that runs of older versions lack, and what stands there: nothing of that kind was planned."""


@dataclass(frozen=True)
class WeekInHand:
    """tables: all that were handed over, by name. decisions: as far as the tables tell them."""

    tables: dict[str, pd.DataFrame]
    decisions: Decisions


def run_in_hand(scenario: Scenario) -> Path | None:
    """The folder of the run that is planned again, if any."""
    return scenario.replan.run if scenario.replan else None


def deciding_tables(scenario: Scenario) -> tuple[pd.DataFrame, ...]:
    """What of the plan in hand decides the new one; nothing where no plan is held.

    Raises:
        ScenarioError: a table cannot be read.
    """
    folder = run_in_hand(scenario)
    return () if folder is None else tuple(_table(folder / "tables" / f"{name}.parquet") for name in DECIDING)


def week_in_hand(scenario: Scenario, raw: Tables) -> WeekInHand:
    """The week of the run that `replan.run` names.

    Raises:
        ScenarioError: its tables or its manifest cannot be read.
    """
    folder = run_in_hand(scenario)
    assert folder is not None
    t = {path.stem: _table(path) for path in sorted((folder / "tables").glob("*.parquet"))}
    for name in NOT_IN_OLD_RUNS.keys() & t.keys():
        t[name] = t[name].assign(**{c: to for c, to in NOT_IN_OLD_RUNS[name].items() if c not in t[name]})
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        ended = {item["stage"]: _outcome(item) for item in manifest["outcomes"]}
        return WeekInHand(t, _decisions(scenario, raw, t, ended))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(folder, error) from None


def _decisions(scenario: Scenario, raw: Tables, t: dict[str, pd.DataFrame], ended: dict[str, Outcome]) -> Decisions:
    settings, none = scenario.reps, pd.DataFrame()
    team = make_team(
        raw.reps, raw.current_territories, raw.customers, settings=settings,
        default_visit_minutes=scenario.visit_minutes(),
    )  # fmt: skip
    owned = t["territories"]
    owned = owned.assign(visiting_rep_ids=owned["visiting_rep_ids"].fillna("").map(_split).astype(object))
    no_paths = np.zeros((0, 0, 0), np.float32)
    calls = CallForecast((), np.zeros(0, "datetime64[us]"), no_paths, np.zeros((0, 0)), t["call_forecast"], none)
    roster = Roster(
        t["requirement"], t["agent_shifts"], t["agents"], t["requests"],
        tuple(outcome for stage, outcome in ended.items() if stage.startswith("staffing")),
    )  # fmt: skip
    channels = ChannelPlan(
        t["allocations"], t["capacity_prices"], ended["channels.settled"], t["backlog"], t["channel_ways"]
    )
    return Decisions(
        team=team,
        days=rep_days(team, raw.absences, settings=settings, horizon=scenario.horizon),
        calls=calls,
        closure=ClosureForecast(t["closure"], none, t["left_out_deals"]),
        customers=CustomerScores(t["customer_scores"], none),
        leads=LeadScores(t["lead_scores"], t["refused_columns"], none),
        actions=Actions(t["actions"]),
        territories=Territories(owned, t["territory_reps"], ended["territories"]),
        offered=ended["channels.offered"],
        channels=channels,
        routes=Routes(t["stops"], t["rep_days"], t["unserved"], ended["routing"], t["hour_prices"]),
        roster=roster,
        rounds=(),
    )


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part for part in cell.split("|") if part)


def _outcome(item: dict[str, Any]) -> Outcome:
    known = {name: item[name] for name in (each.name for each in fields(Outcome))}
    return Outcome(**known | {"notes": tuple(item["notes"])})


def _table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise _unreadable(path.parent.parent, error) from None


def _unreadable(folder: Path, error: Exception) -> ScenarioError:
    message = f"the plan of the run `{folder.name}` cannot be read ({type(error).__name__})"
    return ScenarioError([Problem(message, "replan.run", advice="name another run, or make it again")])
