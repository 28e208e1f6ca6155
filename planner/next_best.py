"""How far a planned contact is ahead of the customer's next best channel, in the euros that people are shown.

The plan orders by adjusted euros and the prices of scarce hours; people see plain euros. Where the two disagree in
sign, the reason is named in place of a number.
"""

from typing import Any

import pandas as pd

SMALL_EUR = 0.005
"""Below half a cent two channels are worth the same."""


def ahead_eur(allocations: pd.DataFrame, actions: pd.DataFrame) -> pd.Series:
    """Plain euros of each contact less those of its next best channel; NaN where there is no next best.

    Args:
        allocations: rows of contacts (customer_id, channel, value_eur, runner_up).
        actions: customer_id, channel, value_eur.
    """
    values = actions.set_index(["customer_id", "channel"])["value_eur"]
    keys = pd.MultiIndex.from_arrays([allocations["customer_id"], allocations["runner_up"]])
    return allocations["value_eur"] - pd.Series(values.reindex(keys).to_numpy(float), index=allocations.index)


def beside_next_best(allocation: Any, action: Any, other: Any, *, unit: str) -> str:
    """`12.00 EUR behind`, or why a channel that is worth more in plain euros is behind; empty without a next best.

    Args:
        allocation: row of allocations. action, other: rows of actions of its channel and of its next best, or None.
        unit: of money, as shown.
    """
    if other is None:
        return ""
    ahead = allocation.value_eur - other.value_eur
    if ahead >= SMALL_EUR:
        return f"{ahead:,.2f} {unit} behind"
    if abs(ahead) < SMALL_EUR:
        return "worth the same"
    worth = f"worth {-ahead:,.2f} {unit} more"
    if allocation.margin_eur > 0 and action is not None and action.order_eur > other.order_eur:
        return f"{worth}, but behind by the adjustments for preference, recency, engagement and friction"
    if allocation.margin_eur > 0:
        return f"{worth}, but behind once the price of its scarce hours is taken off"
    return worth
