"""Why this customer is, or is not, contacted: one of a closed list of answers, with the plan's own numbers."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from inputs.rows import rows
from planner.next_best import beside_next_best
from planner.not_taken import SMALL_EUR, WHY_NOT_ROUTED, why_not_taken
from scenarios.errors import UsageError
from scenarios.schema import FIELD
from scenarios.suggestions import closest

__all__ = ["WHY_NOT_CONTACTED", "WHY_NOT_ROUTED", "explain_customer"]

WHY_NOT_CONTACTED = {
    "no_consent": "gave no consent to any channel that would pay",
    "no_positive_value": "no contact is worth more than it costs",
    "capacity_full": "the hours of every channel that would pay are worth more elsewhere",
    "contact_policy": "the contact policy allows no contact",
    "unroutable": "a field visit fits no route, and no other channel would pay",
}


def explain_customer(tables: Mapping[str, pd.DataFrame], customer_id: str) -> str:
    """What is planned for a customer and why, in a few sentences for people.

    Raises:
        UsageError: no such customer in the plan.
    """
    allocations = tables["allocations"]
    mine = allocations[allocations["customer_id"] == customer_id]
    if mine.empty:
        raise UsageError(_unknown(tables, customer_id))
    owner = tables["territories"].set_index("customer_id")["rep_id"].get(customer_id, "")
    lines = [f"{customer_id} belongs to {owner or 'nobody'}."]
    lines += [_contact_sentence(tables, row) for row in rows(mine)]
    lines += _day_sentences(tables, customer_id)
    lines += _field_sentences(tables, customer_id)
    lines += why_not_taken(tables, customer_id)
    lines += _reasons(tables, customer_id)
    lines += ["", "What each channel would bring, in euros of margin:", *_channel_lines(tables, customer_id)]
    return "\n".join(lines)


def _contact_sentence(tables: Mapping[str, pd.DataFrame], row: Any) -> str:
    if row.channel == "none":
        return f"No contact is planned: {WHY_NOT_CONTACTED.get(row.reason, row.reason)}."
    if row.channel == FIELD:
        stops = tables["stops"]
        visit = stops[(stops["customer_id"] == row.customer_id) & (stops["kind"] == "visit")]
        when = "; ".join(f"by {stop.rep_id} on {_day(stop.start_at)} at {stop.start_at:%H:%M}" for stop in rows(visit))
        planned = f"A field visit is planned {when}" if when else "A field visit is planned"
    else:
        planned = f"A contact by {row.channel} is planned" + ("" if pd.isna(row.day) else f" on {_day(row.day)}")
    actions = tables["actions"]
    other = actions[(actions["customer_id"] == row.customer_id) & (actions["channel"] == row.runner_up)]
    mine = actions[(actions["customer_id"] == row.customer_id) & (actions["channel"] == row.channel)]
    words = beside_next_best(row, next(rows(mine), None), next(rows(other), None), unit="euros")
    runner_up = f" The next best would be {row.runner_up.replace('_', ' ')}, {words}." if words else ""
    return f"{planned}, worth {row.value_eur:.2f} euros.{runner_up}"


def _day_sentences(tables: Mapping[str, pd.DataFrame], customer_id: str) -> list[str]:
    """Who comes beside the customer's own rep, and what waiting for a later day costs; nothing for plans of old."""
    stops, days = tables["stops"], tables["rep_days"]
    owner = tables["territories"].set_index("customer_id")["rep_id"].get(customer_id, "")
    lines = []
    for stop in rows(stops[(stops["customer_id"] == customer_id) & (stops["kind"] == "visit")]):
        if getattr(stop, "border", False):
            day = days[(days["rep_id"] == stop.rep_id) & (days["day"] == stop.day)]
            each = float(day["border_eur"].sum() / day["border_visits"].sum())
            cost = f", which costs {each:.2f} euros" if each >= SMALL_EUR else ""
            lines.append(
                f"{stop.rep_id} makes the visit across the border of {owner}'s territory{cost}; {owner} stays the "
                "customer's rep."
            )
        waited = getattr(stop, "waited_eur", 0.0)
        if waited >= SMALL_EUR:
            whole = stop.prize_eur + waited
            lines.append(
                f"Waiting until {_day(stop.day)} takes {waited:.2f} of the {whole:.2f} euros that would be lost "
                "without the visit."
            )
    return lines


def _day(day: pd.Timestamp) -> str:
    return f"{day:%A} {day.day} {day:%B}"


def _unknown(tables: Mapping[str, pd.DataFrame], customer_id: str) -> str:
    """Why the plan has no such customer: set aside by the gates, written otherwise, or simply not there."""
    rejects = tables.get("data_rejects", pd.DataFrame(columns=["table", "row", "column", "reason", "value", "id"]))
    aside = rejects[rejects["table"] == "customers"]
    named = aside[(aside["value"] == customer_id) | (aside["id"] == customer_id)]
    if len(named):
        told = "; ".join(f"row {row.row} of customers was set aside: {row.column} {row.reason}" for row in rows(named))
        return f"The plan knows no customer {customer_id!r}: {told}."
    known = tables["allocations"]["customer_id"].drop_duplicates().tolist()
    near = closest(customer_id, known)
    hint = f"; did you mean {near}?" if near else "."
    if near and near.casefold() == customer_id.casefold():
        hint = f"; did you mean {near}? Capitals count."
    rest = (
        f" {len(aside)} row{'s' if len(aside) > 1 else ''} of customers {'were' if len(aside) > 1 else 'was'} set "
        "aside: tables/data_rejects.csv of the run says which and why."
    )
    return f"The plan knows no customer {customer_id!r}{hint}{rest if len(aside) else ''}"


def _field_sentences(tables: Mapping[str, pd.DataFrame], customer_id: str) -> list[str]:
    unserved = tables["unserved"]
    return [
        f"A field visit was asked for, but is on no route: {WHY_NOT_ROUTED.get(row.reason, row.reason)}. {row.detail}"
        for row in rows(unserved[unserved["customer_id"] == customer_id])
    ]


def _reasons(tables: Mapping[str, pd.DataFrame], customer_id: str) -> list[str]:
    """What moves the customer's risk to leave and the closure probability of each open deal."""
    scores, deals = (tables.get(name, pd.DataFrame(columns=["customer_id"])) for name in ("customer_scores", "closure"))
    risks = [
        f"The risk to leave is {100 * row.churn_probability:.0f} %: {row.churn_reason}."
        for row in rows(scores[scores["customer_id"] == customer_id])
        if getattr(row, "churn_reason", "")
    ]
    chances = [
        f"Deal {row.opportunity_id} closes with {100 * row.win_probability:.0f} %: {row.reason}."
        for row in rows(deals[deals["customer_id"] == customer_id])
        if getattr(row, "reason", "")
    ]
    return risks + chances


def _channel_lines(tables: Mapping[str, pd.DataFrame], customer_id: str) -> list[str]:
    actions = tables["actions"]
    mine = actions[actions["customer_id"] == customer_id].sort_values("order_eur", ascending=False, kind="stable")
    return [
        f"  {row.channel:<14}{row.value_eur:>10.2f} = win {row.win_eur:.2f} + churn {row.churn_eur:.2f} + growth "
        f"{row.growth_eur:.2f} - cost {row.contact_cost_eur:.2f}"
        + ("" if row.consent else "  (no consent)")
        + _known(row)
        for row in rows(mine)
    ]


def _known(row: Any) -> str:
    """How sure it is that the channel is the best, and where its effect comes from."""
    if not row.consent:
        return ""
    evidence = "assumed" if row.evidence == "assumed" else f"estimated, {row.effect_factor:.2f} of the assumed"
    return f"  (best in {100 * row.confidence:.0f} % of draws; effect {evidence})"
