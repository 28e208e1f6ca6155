"""The report's page on next best actions: where effects come from, which contacts are worth most, and why.

From the tables of a plan (actions, contact_effects, allocations, customer_scores, closure, lead_scores); euros of
margin, shares and percent.
"""

from typing import Any

import pandas as pd

from inputs.rows import rows
from inputs.types import Tables
from outputs.readable import NOTHING, figure
from planner.types import Plan

MOST_CONTACTS = 12
MOST_LEADS = 10
SMALL_PCT = 0.5
"""An adjustment below is not named."""
ADJUSTMENTS = {
    "recency_pct": "recency", "engagement_pct": "digital", "friction_pct": "tickets", "preference_pct": "preference",
}  # fmt: skip


def action_details(plan: Plan, tables: Tables) -> dict[str, Any]:
    """The values of the templates' names that begin with `action_`."""
    handed = plan.tables
    words = [note for note in plan.decisions.actions.notes if note.startswith("effects of ")]
    leads = handed["lead_scores"]
    return {
        "action_words": f"{words[-1][0].upper()}{words[-1][1:]}." if words else "No customer is valued.",
        "action_measured": bool(handed["contact_effects"]["evidence"].eq("estimated").any()),
        "action_effects": _effects(handed["contact_effects"], handed["actions"]),
        "action_rows": _contacts(plan, tables),
        "action_leads": _leads(leads),
        "action_leads_total": figure(len(leads)),
    }


def _effects(effects: pd.DataFrame, actions: pd.DataFrame) -> list[dict[str, str]]:
    """A row a channel; best: customers of whom it is worth most in euros, sure: its mean confidence there."""
    allowed = actions[actions["consent"]]
    best = allowed.loc[allowed.groupby("customer_id")["value_eur"].idxmax()]
    found = []
    for row in rows(effects):
        mine = best[best["channel"] == row.channel]
        known = row.evidence == "estimated"
        found.append(
            {
                "channel": row.channel.replace("_", " "),
                "evidence": row.evidence,
                "contacts": figure(int(row.contacts_by_lot)),
                "controls": figure(int(row.left_alone_by_lot)),
                "logged": figure(int(row.contacts_logged)),
                "points": f"{row.effect_points:.1f}" if known else NOTHING,
                "span": _span(row.low_points, row.high_points, 1) if known else "",
                "qini": f"{row.qini_points:.2f}" if known else NOTHING,
                "qini_span": _span(row.qini_low_points, row.qini_high_points, 2) if known else "",
                "factor": f"{row.mean_factor:.2f}",
                "best": figure(len(mine)),
                "sure": _share(mine["confidence"].mean()),
            }
        )
    return found


def _contacts(plan: Plan, tables: Tables) -> list[dict[str, str]]:
    """The planned contacts worth most, with parts, adjustments and reasons."""
    handed = plan.tables
    planned = handed["allocations"].loc[handed["allocations"]["channel"] != "none", ["customer_id", "channel"]]
    chosen = planned.drop_duplicates().merge(handed["actions"], on=["customer_id", "channel"])
    chosen = chosen.sort_values(["value_eur", "customer_id"], ascending=[False, True], kind="stable")
    names = dict(zip(tables.customers["customer_id"], tables.customers["name"], strict=True))
    because = _because(handed, set(chosen["customer_id"].head(MOST_CONTACTS)))
    return [
        {
            "customer": _who(row.customer_id, names.get(row.customer_id)),
            "channel": row.channel.replace("_", " "),
            "value": figure(round(row.value_eur)),
            "win": figure(round(row.win_eur)),
            "churn": figure(round(row.churn_eur)),
            "growth": figure(round(row.growth_eur)),
            "cost": figure(round(row.contact_cost_eur)),
            "adjust": f"{sum(getattr(row, column) for column in ADJUSTMENTS):+.0f}".replace("-", "\u2212"),
            "sure": _share(row.confidence),
            "why": " ".join([row.why, *because.get(row.customer_id, []), _in_order(row)]),
        }
        for row in rows(chosen.head(MOST_CONTACTS))
    ]


def _because(handed: Any, customers: set[str]) -> dict[str, list[str]]:
    """By customer: what moves the closure probability of the largest deal, and the risk to leave."""
    deals = handed["closure"][handed["closure"]["customer_id"].isin(customers)]
    largest = deals.sort_values("amount_eur", ascending=False, kind="stable").drop_duplicates("customer_id")
    found: dict[str, list[str]] = {}
    for deal in rows(largest):
        if deal.reason:
            text = f"Largest deal closes with {100 * deal.win_probability:.0f} %: {deal.reason}."
            found.setdefault(deal.customer_id, []).append(text)
    scores = handed["customer_scores"]
    for score in rows(scores[scores["customer_id"].isin(customers)]):
        if score.churn_reason:
            found.setdefault(score.customer_id, []).append(f"Risk to leave: {score.churn_reason}.")
    return found


def _leads(leads: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {"lead": row.lead_id, "chance": f"{100 * row.conversion_probability:.0f}", "why": row.reason or NOTHING}
        for row in rows(leads.nsmallest(MOST_LEADS, "rank"))
    ]


def _who(customer_id: str, name: Any) -> str:
    return f"{name} ({customer_id})" if isinstance(name, str) and name else customer_id


def _in_order(row: Any) -> str:
    """`In the order of work: recency +20 %, tickets -12 %.`: the adjustments that change anything."""
    found = [(word, getattr(row, column)) for column, word in ADJUSTMENTS.items()]
    told = ", ".join(f"{word} {change:+.0f} %" for word, change in found if abs(change) >= SMALL_PCT)
    return f"In the order of work: {told}." if told else ""


def _share(share: float) -> str:
    return NOTHING if pd.isna(share) else f"{100 * share:.0f} %"


def _span(low: float, high: float, places: int) -> str:
    return f"{low:.{places}f} to {high:.{places}f}"
