"""Why this customer is, or is not, contacted: one of a closed list of answers, with the plan's own numbers."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from inputs.rows import rows
from scenarios.errors import UsageError
from scenarios.schema import FIELD

WHY_NOT_CONTACTED = {
    "no_consent": "gave no consent to any channel that would pay",
    "no_positive_value": "no contact is worth more than it costs",
    "capacity_full": "the hours of every channel that would pay are worth more elsewhere",
    "contact_policy": "the contact policy allows no contact",
    "unroutable": "a field visit fits no route, and no other channel would pay",
}
WHY_NOT_ROUTED = {
    "below_cost": "the visit is worth less than the drive",
    "no_window_fits": "no time window fits a working shift",
    "no_skill": "no rep at work has the skill",
    "shift_full": "the shifts of the reps who may visit are full of visits worth more",
    "no_rep": "no rep may visit",
    "pin_conflict": "a pinned visit stands in the way",
    "too_far": "the drive there and back does not fit a shift",
    "not_selected": "other visits together are worth more",
}


def explain_customer(tables: Mapping[str, pd.DataFrame], customer_id: str) -> str:
    """What is planned for a customer and why, in a few sentences for people.

    Raises:
        UsageError: no such customer in the plan.
    """
    allocations = tables["allocations"]
    mine = allocations[allocations["customer_id"] == customer_id]
    if mine.empty:
        raise UsageError(f"The plan knows no customer {customer_id!r}.")
    owner = tables["territories"].set_index("customer_id")["rep_id"].get(customer_id, "")
    lines = [f"{customer_id} belongs to {owner or 'nobody'}."]
    lines += [_contact_sentence(tables, row) for row in rows(mine)]
    lines += _field_sentences(tables, customer_id)
    lines += ["", "What each channel would bring, in euros of margin:", *_channel_lines(tables, customer_id)]
    return "\n".join(lines)


def _contact_sentence(tables: Mapping[str, pd.DataFrame], row: Any) -> str:
    if row.channel == "none":
        return f"No contact is planned: {WHY_NOT_CONTACTED.get(row.reason, row.reason)}."
    if row.channel == FIELD:
        stops = tables["stops"]
        visit = stops[(stops["customer_id"] == row.customer_id) & (stops["kind"] == "visit")]
        when = "; ".join(f"by {stop.rep_id} on {stop.start_at:%A %d %B at %H:%M}" for stop in rows(visit))
        planned = f"A field visit is planned {when}" if when else "A field visit is planned"
    else:
        planned = f"A contact by {row.channel} is planned" + ("" if pd.isna(row.day) else f" on {row.day:%A %d %B}")
    runner_up = f" The next best would be {row.runner_up}, {row.margin_eur:.2f} euros behind." if row.runner_up else ""
    return f"{planned}, worth {row.value_eur:.2f} euros.{runner_up}"


def _field_sentences(tables: Mapping[str, pd.DataFrame], customer_id: str) -> list[str]:
    unserved = tables["unserved"]
    return [
        f"A field visit was asked for, but is on no route: {WHY_NOT_ROUTED.get(row.reason, row.reason)}. {row.detail}"
        for row in rows(unserved[unserved["customer_id"] == customer_id])
    ]


def _channel_lines(tables: Mapping[str, pd.DataFrame], customer_id: str) -> list[str]:
    actions = tables["actions"]
    mine = actions[actions["customer_id"] == customer_id].sort_values("order_eur", ascending=False, kind="stable")
    return [
        f"  {row.channel:<14}{row.value_eur:>10.2f} = win {row.win_eur:.2f} + churn {row.churn_eur:.2f} + growth "
        f"{row.growth_eur:.2f} - cost {row.contact_cost_eur:.2f}" + ("" if row.consent else "  (no consent)")
        for row in rows(mine)
    ]
