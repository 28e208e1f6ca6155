"""How sure each planned contact is, and what would change it."""

import numpy as np
import pandas as pd
from scipy.special import ndtr

VALUE_ERROR = 0.2
"""Typical relative error of the euros of an action, by which confidence is told."""

NO_CONTACT = {
    "no_consent": "consent to a channel",
    "no_positive_value": "a channel that is worth more than it costs",
    "contact_policy": "a higher limit of contacts, or an appointment less",
    "unroutable": "a rep who can make the visit",
}
"""What would change a customer without a contact, by reason."""


def confidence_of(margin_eur: np.ndarray, own_eur: np.ndarray, other_eur: np.ndarray) -> np.ndarray:
    """(n,) chance that a choice stays ahead of its runner-up after prices if the euros of both are off.

    Errors are normal, independent, VALUE_ERROR of the euros in size: Phi(margin / (VALUE_ERROR x hypot(own, other))).
    Where both are worth nothing, or there is no runner-up (other NaN), the choice is certain.
    """
    spread = VALUE_ERROR * np.hypot(own_eur, np.nan_to_num(other_eur))
    ratio = np.divide(margin_eur, spread, out=np.full(len(spread), np.inf), where=spread > 0)
    sure: np.ndarray = np.where(np.isnan(other_eur), 1.0, ndtr(ratio))
    return sure


def would_change(allocations: pd.DataFrame, rent_eur: np.ndarray, used_minutes: np.ndarray) -> pd.Series:
    """What would turn each row of `allocations` into something else, in words.

    Args:
        allocations: channel, runner_up, margin_eur, reason.
        rent_eur: (rows,) what the capacity that a contact uses costs at its price; used_minutes (rows,) of it.
    """
    columns = zip(
        allocations["channel"],
        allocations["runner_up"],
        allocations["margin_eur"].to_numpy(float),
        allocations["reason"],
        rent_eur.tolist(),
        used_minutes.tolist(),
        strict=True,
    )
    return pd.Series([_sentence(*row) for row in columns], index=allocations.index, dtype="str")


def _sentence(channel: str, runner_up: str, margin: float, reason: str, rent: float, minutes: float) -> str:
    if reason in NO_CONTACT:
        return NO_CONTACT[reason]
    if reason == "capacity_full":
        if margin < 0 or runner_up == "none":
            return f"room by {runner_up}" if runner_up != "none" else "room by any channel"
        return f"{runner_up} if worth {margin:.2f} EUR more"
    other = "no contact" if runner_up == "none" else runner_up
    if margin < 0:
        return f"{other} if it had room; it is {-margin:.2f} EUR ahead"
    text = f"{other} if worth {margin:.2f} EUR less"
    if rent > 0 and minutes > 0:
        text += f", or at {60 * (rent + margin) / minutes:.2f} EUR an hour of {channel}"
    return text
