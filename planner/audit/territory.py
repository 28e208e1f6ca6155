"""Territories: every customer once, owners who exist, moves within the budget, loads as stated."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from inputs.rows import rows
from inputs.types import Tables
from planner.audit.findings import Finding
from scenarios.schema import Scenario

Plan = Mapping[str, pd.DataFrame]


def everybody_owned(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Each customer stands once in the assignment, owned by a rep of the team (by nobody only if there is no team)."""
    assignment, team = plan["territories"], set(plan["team"]["rep_id"])
    for customer in assignment.loc[assignment["customer_id"].duplicated(), "customer_id"].head(5):
        yield Finding("everybody_owned", "territories", customer, "assigned twice")
    for customer in sorted(set(tables.customers["customer_id"]) ^ set(assignment["customer_id"]))[:5]:
        yield Finding("everybody_owned", "territories", customer, "in one of customers and assignment only")
    if team:
        for row in rows(assignment[~assignment["rep_id"].isin(team)].head(5)):
            yield Finding("everybody_owned", "territories", row.customer_id, f"owner {row.rep_id!r} is not in the team")


def moves_within_budget(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Moves are those against `current_territories`, and in keep and repair within the budget beyond the forced."""
    assignment, team = plan["territories"], set(plan["team"]["rep_id"])
    before = tables.current_territories.set_index("customer_id")["rep_id"]
    was = assignment["customer_id"].map(before)
    moved = was.notna() & (was != assignment["rep_id"])
    forced = was.notna() & ~was.isin(team)
    for row in rows(assignment[moved != assignment["moved"]].head(5)):
        yield Finding("moves_within_budget", "territories", row.customer_id, f"moved is given as {row.moved}")
    free = int((moved & ~forced).sum())
    settings = scenario.territories
    budget = {"keep": 0.0, "repair": settings.max_moved_beyond_forced_pct}.get(settings.mode, 100.0)
    if free > budget / 100 * len(assignment) + 1e-9:
        message = f"{free} customers moved beyond the forced; {budget:g} % of {len(assignment)} are allowed"
        yield Finding("moves_within_budget", "territories", "", message)


def loads_as_stated(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """A territory's workload is the sum of its customers' visit minutes x visits a week."""
    customers = tables.customers
    minutes = customers["visit_minutes"].fillna(scenario.visit_minutes())
    load = minutes * customers["visits_per_week"].fillna(1).clip(lower=1)
    owner = customers["customer_id"].map(plan["territories"].set_index("customer_id")["rep_id"])
    expected = load.groupby(owner.to_numpy()).sum()
    for row in rows(plan["territory_reps"]):
        if not np.isclose(expected.get(row.rep_id, 0.0), row.workload_minutes, rtol=1e-6, atol=0.01):
            message = f"{row.workload_minutes:.1f} minutes are stated, {expected.get(row.rep_id, 0.0):.1f} are owned"
            yield Finding("loads_as_stated", "territory_reps", row.rep_id, message)


CHECKS = (everybody_owned, moves_within_budget, loads_as_stated)
