"""Forecasts and scores: complete, within their range, quantiles in order, actions summing to their value."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np
import pandas as pd

from inputs.rows import rows
from inputs.types import Tables
from planner.audit.findings import Finding
from scenarios.schema import SELF_SERVICE, Scenario

Plan = Mapping[str, pd.DataFrame]
EURO_TOLERANCE = 1e-6


def calls_in_range(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Calls are never negative or missing, zero when closed, and their quantiles rise."""
    table = plan["call_forecast"]
    quantiles = [f"calls_p{round(100 * q):02d}" for q in sorted(scenario.forecast.calls.quantiles)]
    for column in ("calls_mean", *quantiles):
        values = table[column].to_numpy(float)
        bad = ~(values >= 0) | (~table["is_open"].to_numpy(bool) & (values != 0))
        for row in rows(table[bad].head(5)):
            message = f"{column} is negative, missing, or not zero in a closed interval"
            yield Finding("calls_in_range", "call_forecast", f"{row.queue} {row.interval_start}", message)
    for low, high in pairwise(quantiles):
        for row in rows(table[table[low] > table[high]].head(5)):
            yield Finding("calls_in_range", "call_forecast", f"{row.queue} {row.interval_start}", f"{low} above {high}")


def probabilities_in_range(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Closure, churn and conversion probabilities lie in 0..1, one row a key."""
    for table, key, column in (
        ("closure", "opportunity_id", "win_probability"),
        ("customer_scores", "customer_id", "churn_probability"),
        ("lead_scores", "lead_id", "conversion_probability"),
    ):
        frame = plan[table]
        for value in frame.loc[~frame[column].between(0, 1), key].head(5):
            yield Finding("probabilities_in_range", table, str(value), f"{column} is outside 0..1")
        for value in frame.loc[frame[key].duplicated(), key].head(5):
            yield Finding("probabilities_in_range", table, str(value), "scored twice")


def open_deals_scored(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Each deal without a terminal stage by the end of `as_of` is scored, and no other."""
    events = tables.stage_events
    until = pd.Timestamp(scenario.as_of) + pd.Timedelta(days=1)
    ended = set(events.loc[events["stage"].isin(["won", "lost"]) & (events["entered_at"] < until), "opportunity_id"])
    deals = tables.opportunities
    expected = set(deals.loc[deals["created_at"] < until, "opportunity_id"]) - ended
    scored = set(plan["closure"]["opportunity_id"])
    for deal in sorted(expected - scored)[:5]:
        yield Finding("open_deals_scored", "closure", deal, "an open deal has no score")
    for deal in sorted(scored - expected)[:5]:
        yield Finding("open_deals_scored", "closure", deal, "a deal that is not open is scored")


def actions_sum(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """value = win + churn + growth - cost; cost = minutes x price; every customer has every channel once."""
    actions = plan["actions"]
    parts = actions["win_eur"] + actions["churn_eur"] + actions["growth_eur"] - actions["contact_cost_eur"]
    price = actions["channel"].map({name: item.cost_eur_per_hour for name, item in scenario.channels.items()})
    cost = actions["minutes"] / 60 * price
    bad = ~np.isclose(parts, actions["value_eur"], atol=EURO_TOLERANCE, rtol=0)
    bad |= ~np.isclose(cost, actions["contact_cost_eur"], atol=EURO_TOLERANCE, rtol=0)
    for row in rows(actions[bad].head(5)):
        yield Finding("actions_sum", "actions", f"{row.customer_id} {row.channel}", "the parts do not sum to the value")
    expected = len(tables.customers) * len(scenario.channels)
    if len(actions) != expected or actions.duplicated(["customer_id", "channel"]).any():
        message = f"{len(actions)} rows, where {expected} pairs of customer and channel exist"
        yield Finding("actions_sum", "actions", "", message)


def win_euros(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """win_eur = sum over open deals of amount x margin x min(lift, 1 - probability)."""
    actions, deals = plan["actions"], plan["closure"]
    wanted = "open_opportunities" in scenario.next_best_action.value_from
    for name, channel in scenario.channels.items():
        lift = np.minimum(channel.win_lift_points / 100, 1 - deals["win_probability"])
        gain = deals["amount_eur"].fillna(0) * lift * scenario.money.gross_margin_pct / 100 * wanted
        by_customer = gain.groupby(deals["customer_id"]).sum()
        mine = actions[actions["channel"] == name]
        expected = mine["customer_id"].map(by_customer).fillna(0.0).to_numpy(float)
        bad = ~np.isclose(mine["win_eur"].to_numpy(float), expected, atol=0.005, rtol=1e-9)
        for row in rows(mine[bad].head(5)):
            yield Finding("win_euros", "actions", f"{row.customer_id} {name}", f"win_eur is {row.win_eur:.2f}")


def consent_as_given(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """The consent that actions carry is the customer's own; self-service needs none."""
    given = {row.customer_id: set(row.consent) for row in rows(tables.customers)}
    actions = plan["actions"]
    if not scenario.contact_policy.respect_consent:
        return
    for row in rows(actions[actions["consent"]]):
        if row.channel != SELF_SERVICE and row.channel not in given.get(row.customer_id, set()):
            yield Finding("consent_as_given", "actions", f"{row.customer_id} {row.channel}", "consent was never given")


CHECKS = (calls_in_range, probabilities_in_range, open_deals_scored, actions_sum, win_euros, consent_as_given)
