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
DRAWN_BY_LOT = 100
"""A channel is estimated from so many contacts by lot and as many customers left alone."""
MOST_TIMES_ASSUMED = 4.0


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
    """win_eur = sum over open deals of amount x margin x min(lift x effect factor, 1 - probability)."""
    actions, deals = plan["actions"], plan["closure"]
    stake = deals["amount_eur"].fillna(0) * scenario.money.gross_margin_pct / 100
    known = deals[["customer_id"]].assign(stake=stake, room=1 - deals["win_probability"])
    wanted = "open_opportunities" in scenario.next_best_action.value_from
    for name, channel in scenario.channels.items():
        mine = actions[actions["channel"] == name]
        each = known.merge(mine[["customer_id", "effect_factor"]], on="customer_id")
        lift = np.minimum(channel.win_lift_points / 100 * each["effect_factor"], each["room"])
        by_customer = (each["stake"] * lift * wanted).groupby(each["customer_id"]).sum()
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


def effects_as_evidenced(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """A channel's effects are estimated if and only if the scenario lets them be and enough contacts were by lot.

    Assumed effects have the factor 1; estimated ones are between 0 and 4 times the assumed.
    """
    stated = {row.channel: row for row in rows(plan["contact_effects"])}
    for name in scenario.channels:
        contacts, alone = _drawn_by_lot(tables, name)
        wanted = scenario.next_best_action.effects == "estimated" and min(contacts, alone) >= DRAWN_BY_LOT
        evidence = "estimated" if wanted else "assumed"
        mine = plan["actions"][plan["actions"]["channel"] == name]
        factor = mine["effect_factor"]
        bad = (mine["evidence"] != evidence) | ~factor.between(0, MOST_TIMES_ASSUMED)
        if not wanted:
            bad |= factor != 1
        for row in rows(mine[bad].head(5)):
            message = f"{row.effect_factor:g} times the assumed effect, {row.evidence}, where effects are {evidence}"
            yield Finding("effects_as_evidenced", "actions", f"{row.customer_id} {name}", message)
        told = stated.get(name)
        if told is None or told.evidence != evidence or (wanted and told.contacts_by_lot != contacts):
            message = f"is not told as {evidence} with {contacts} contacts by lot"
            yield Finding("effects_as_evidenced", "contact_effects", name, message)
        elif len(mine) and not np.isclose(told.mean_factor, factor.mean(), rtol=1e-9):
            message = f"{told.mean_factor:g} is stated, the mean over customers is {factor.mean():g}"
            yield Finding("effects_as_evidenced", "contact_effects", name, message)


def _drawn_by_lot(tables: Tables, channel: str) -> tuple[int, int]:
    """Contacts by a channel and customers left alone in the history, by lot, of known customers who consent to it.

    Where no customer has a consent entry at all, all count.
    """
    history = tables.interactions
    if "randomised" not in history.columns:
        return 0, 0
    consents = {row.customer_id: row.consent for row in rows(tables.customers)}
    known = any(isinstance(given, tuple) for given in consents.values())
    may = {who for who, given in consents.items() if not known or (isinstance(given, tuple) and channel in given)}
    by_lot = history[(history["randomised"].fillna(0).astype(float) > 0) & history["customer_id"].isin(may)]
    return int((by_lot["channel"] == channel).sum()), int((by_lot["channel"] == "none").sum())


CHECKS = (
    calls_in_range,
    probabilities_in_range,
    open_deals_scored,
    actions_sum,
    win_euros,
    consent_as_given,
    effects_as_evidenced,
)
