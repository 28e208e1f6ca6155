"""Why a channel that is worth more to a customer than the planned one was not taken: what the plan's tables prove."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from inputs.rows import rows
from scenarios.schema import FIELD

SMALL_EUR = 0.005
"""Below half a cent a channel is not worth more."""
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


def why_not_taken(tables: Mapping[str, pd.DataFrame], customer_id: str) -> list[str]:
    """A sentence for each channel with a higher value than the one planned (0 where none is), the dearest first.

    Args:
        tables: allocations, actions, unserved, territories, rep_days, capacity_prices.
    """
    allocations, actions = tables["allocations"], tables["actions"]
    planned = allocations[allocations["customer_id"] == customer_id]
    taken = set(planned["channel"])
    mine = actions[actions["customer_id"] == customer_id]
    orders = mine.loc[mine["channel"].isin(taken), "order_eur"]
    better = mine[(mine["value_eur"] > planned["value_eur"].max() + SMALL_EUR) & ~mine["channel"].isin(taken)]
    return [
        f"{row.channel.replace('_', ' ').capitalize()} would be worth {row.value_eur:.2f} euros, but "
        f"{_reason(tables, row, orders.max() if len(orders) else 0.0)}."
        for row in rows(better.sort_values("value_eur", ascending=False, kind="stable"))
    ]


def _reason(tables: Mapping[str, pd.DataFrame], action: Any, planned_order_eur: float) -> str:
    if not action.consent:
        return "the customer gave no consent to it"
    prices = tables["capacity_prices"]
    room = prices[prices["channel"] == action.channel]
    if action.channel == FIELD:
        unserved = tables["unserved"]
        missed = unserved.loc[unserved["customer_id"] == action.customer_id, "reason"]
        if len(missed):
            return WHY_NOT_ROUTED.get(str(missed.iloc[0]), str(missed.iloc[0]))
        territories = tables["territories"].set_index("customer_id")
        reps = str(territories["visiting_rep_ids"].get(action.customer_id, "")).split("|")
        if not any(reps):
            return _nobody_visits(tables["rep_days"], str(territories["rep_id"].get(action.customer_id, "")))
        room = room[room["resource"].isin([f"{FIELD}:{rep}" for rep in reps])]
    full = room["capacity_minutes"] - room["used_minutes"] < action.minutes
    budget = room["resource"] == f"{action.channel}:week"
    if full[budget].any():
        price = room.loc[budget, "price_eur_per_hour"].max()
        worth = f"; one more hour would bring {price:.2f} euros" if price >= SMALL_EUR else ""
        return f"its budget of the week is spent on other contacts{worth}"
    room, full = room[~budget], full[~budget]
    if len(room) and full.all():
        price = room["price_eur_per_hour"].max()
        worth = f"; one more hour would bring {price:.2f} euros" if price >= SMALL_EUR else ""
        return f"its hours are full of other contacts{worth}"
    if action.order_eur < planned_order_eur:
        return "the adjustments for preference, recency, engagement and friction put it behind"
    if len(room) and room["price_eur_per_hour"].min() >= SMALL_EUR:
        return f"its hours are scarce: an hour costs at least {room['price_eur_per_hour'].min():.2f} euros there"
    return "the plan as a whole settled on another channel; no rule forbids it"


def _nobody_visits(days: pd.DataFrame, owner: str) -> str:
    working = days[days["works"]]
    if working.empty:
        return "no rep works in this week"
    if owner and owner not in set(working["rep_id"]):
        return f"its rep {owner} does not work in this week and nobody else may visit"
    return "no rep at work who may visit has the skill it needs"
