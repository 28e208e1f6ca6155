"""Why an action is worth what it is: one sentence for people, with the customer's own numbers."""

import numpy as np
import pandas as pd

SMALL_EUR = 0.005
"""Below half a cent nothing is worth naming."""


def sentences(actions: pd.DataFrame) -> list[str]:
    """One sentence per row: the largest part of the value and what it comes from, last contact, open tickets.

    Args:
        actions: consent, win_eur, churn_eur, growth_eur, contact_cost_eur, value_eur, evidence, effect_factor, and the
            customer's facts: fact_churn (0..1), fact_potential (EUR), fact_deals, fact_deals_eur, fact_days (days since
            the last contact, NaN unknown), fact_tickets.
    """
    if not len(actions):
        return []
    parts = actions[["win_eur", "churn_eur", "growth_eur"]].to_numpy(dtype=np.float64)
    largest = parts.argmax(axis=1)
    columns = [
        "consent", "contact_cost_eur", "value_eur", "fact_churn", "fact_potential",
        "fact_deals", "fact_deals_eur", "fact_days", "fact_tickets", "evidence", "effect_factor",
    ]  # fmt: skip
    rows = zip(*(actions[column].tolist() for column in columns), strict=True)
    return [_sentence(int(k), float(part[k]), *row) for k, part, row in zip(largest, parts, rows, strict=True)]


def _sentence(
    largest: int,
    part_eur: float,
    consent: bool,
    cost_eur: float,
    value_eur: float,
    churn: float,
    potential_eur: float,
    deals: float,
    deals_eur: float,
    days: float,
    tickets: float,
    evidence: str,
    factor: float,
) -> str:
    """`Worth 4.10 EUR, most from keeping the customer (...); last contact 69 days ago; 1 open ticket.`"""
    if part_eur < SMALL_EUR:
        worth = "nothing to win or to keep is known"
    elif largest == 0:
        worth = f"most from {_count(deals, 'open deal')} of {_eur(deals_eur)}, {_eur(part_eur)}"
    elif largest == 1:
        worth = (
            f"most from keeping the customer, {_eur(part_eur)} "
            f"(risk to leave {100 * churn:.0f} %, expected sales {_eur(potential_eur)})"
        )
    else:
        worth = f"most from growth, {_eur(part_eur)} (expected sales {_eur(potential_eur)})"
    cost = f", contact costs {_eur(cost_eur)}" if cost_eur >= SMALL_EUR else ""
    contact = "last contact unknown" if np.isnan(days) else f"last contact {_count(days, 'day')} ago"
    barred = "" if consent else "; no consent to this channel"
    learned = f"; effect estimated, {factor:.2f} of the assumed" if evidence == "estimated" else ""
    return f"Worth {_eur(value_eur)}, {worth}{cost}; {contact}; {_count(tickets, 'open ticket')}{learned}{barred}."


def _eur(amount: float) -> str:
    """Whole euros from 100 on, cents below."""
    return f"{amount:,.0f} EUR" if abs(amount) >= 100 else f"{round(amount, 2) + 0.0:.2f} EUR"


def _count(number: float, noun: str) -> str:
    whole = round(number)
    return f"{'no' if whole == 0 and noun != 'day' else whole} {noun}{'' if whole == 1 else 's'}"
