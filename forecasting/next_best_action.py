"""What each action is worth: one contact with one customer by one channel this week, in euros of gross margin.

value = win + churn + growth - contact cost, where

    win    = sum over the customer's open deals of amount x margin x min(lift, 1 - closure probability)
    churn  = churn probability x reduction x potential x margin
    growth = growth lift x potential x margin
    cost   = contact minutes / 60 x cost per hour

    (lift, reduction and growth lift are multiplied by the effect factor; a reduction is at most 1)

Lifts, reductions and costs are the channel's, as the scenario assumes them (`evidence` assumed, factor 1), until an
experiment in the contact history says how channels and customers compare (`evidence` estimated, forecasting/response).
Recency, engagement, friction and preference are percentages that order the work and never enter the euros.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from forecasting.action_sentences import sentences
from forecasting.confidence import ASSUMED_SPREAD, best_channel_shares
from forecasting.response.effects import effect_factors, effects_sentence, effects_table
from forecasting.response.learn import Response
from forecasting.types import Actions, ClosureForecast, CustomerScores
from scenarios.schema import FIELD, SELF_SERVICE, Adjust, Channel, ContactPolicy, Money, NextBestAction

Array = np.ndarray[Any, np.dtype[Any]]

RECENCY_NEUTRAL_DAYS = 45.0
"""A last contact so long ago neither raises nor lowers; today lowers fully, twice as long ago raises fully."""
FULL_FRICTION_TICKETS = 2.0
"""So many open tickets lower a sales contact fully."""
DIGITAL_NAMES = ("web", "mail", "chat", "app")
"""A channel with one of these in its name is digital unless the scenario says otherwise."""


def value_actions(
    customers: pd.DataFrame,
    scores: CustomerScores,
    closure: ClosureForecast,
    *,
    channels: Mapping[str, Channel],
    policy: ContactPolicy,
    settings: NextBestAction,
    money: Money,
    as_of: date,
    response: Response | None = None,
) -> Actions:
    """Values every customer by every channel.

    Args:
        customers: customer_id, and if known name, visit_minutes, consent, preferred_channel, digital_engagement,
            open_tickets, last_contact_date. scores: churn_probability, potential_eur; unknown counts 0.
        closure: open deals with amount_eur (unknown counts 0) and win_probability.
        channels: in the order of the rows. settings: which parts count, and adjustments. money: margin.
        response: what the contact history says; None: all effects as the scenario assumes them.

    Returns:
        One row per customer and channel (`forecasting.types.Actions`), sorted by customer_id, then as `channels`.
        With `policy.respect_consent` off, `consent` is true everywhere: every channel may be used.
    """
    people = customers.sort_values("customer_id", kind="stable").reset_index(drop=True)
    facts, notes = _facts(people, scores, as_of)
    deal_customer, deal_eur, deal_p, deal_notes = _deals(closure, people["customer_id"])
    facts["deals"] = np.bincount(deal_customer, minlength=len(people)).astype(np.int64)
    facts["deals_eur"] = np.bincount(deal_customer, weights=deal_eur, minlength=len(people))
    margin = money.gross_margin_pct / 100
    factors = effect_factors(response, people["customer_id"], channels)
    effects = effects_table(response, factors, channels)
    said = (*(() if response is None else response.notes), effects_sentence(response, effects))
    notes = (*notes, *deal_notes, *(said if len(people) else ()))
    blocks = []
    for position, (name, channel) in enumerate(channels.items()):
        factor, spread = factors.get(name, (np.ones(len(people)), ASSUMED_SPREAD))
        gain = deal_eur * margin * np.minimum(channel.win_lift_points / 100 * factor[deal_customer], 1 - deal_p)
        reduction = np.minimum(channel.churn_reduction_pct / 100 * factor, 1.0)
        parts = {
            "win_eur": np.bincount(deal_customer, weights=gain, minlength=len(people)),
            "churn_eur": facts["churn"] * reduction * facts["potential"] * margin,
            "growth_eur": channel.growth_lift_pct / 100 * factor * facts["potential"] * margin,
        }
        minutes = _minutes(people, name, channel)
        block: dict[str, Any] = {"customer_id": people["customer_id"], "channel": name, "position": position}
        block |= {"minutes": minutes, "consent": _allowed(people, name, policy), "spread": spread}
        block |= {"effect_factor": factor, "evidence": "estimated" if name in factors else "assumed"}
        block |= _counted(parts, settings)
        block["contact_cost_eur"] = minutes / 60 * channel.cost_eur_per_hour
        block |= _adjustments(people, facts, name, channel, settings.adjust_pct, policy)
        blocks.append(pd.DataFrame({**block, **{f"fact_{key}": value for key, value in facts.items()}}))
    if not blocks or not len(people):
        return Actions(_finished(pd.DataFrame(columns=[*COLUMNS])), notes=notes, effects=effects)
    table = pd.concat(blocks, ignore_index=True).sort_values(["customer_id", "position"], kind="stable")
    return Actions(_finished(table.reset_index(drop=True)), notes=notes, effects=effects)


COLUMNS = (
    "customer_id", "channel", "minutes", "consent", "win_eur", "churn_eur", "growth_eur", "contact_cost_eur",
    "value_eur", "recency_pct", "engagement_pct", "friction_pct", "preference_pct", "order_eur", "effect_factor",
    "evidence", "confidence", "why",
)  # fmt: skip
TEXTS = ("customer_id", "channel", "evidence", "why")
ADJUSTMENTS = ("recency_pct", "engagement_pct", "friction_pct", "preference_pct")


def order_eur(value_eur: Array, adjust_pct: Array) -> Array:
    """The value as the work is ordered by it.

    An adjustment up raises it and one down lowers it, also where the value is negative; neither turns a loss into a
    gain or a gain into a loss: value x max(0, 1 + adjust) from 0 up, value x max(0, 1 - adjust) below.
    """
    share = np.asarray(adjust_pct, dtype=np.float64) / 100
    ordered: Array = value_eur * np.maximum(0.0, 1 + np.where(value_eur >= 0, share, -share))
    return ordered


def is_digital(name: str, channel: Channel) -> bool:
    """Whether customers use this channel on a screen: as the scenario says, or by its name."""
    if channel.digital is not None:
        return channel.digital
    return name == SELF_SERVICE or any(word in name.lower() for word in DIGITAL_NAMES)


def _facts(people: pd.DataFrame, scores: CustomerScores, as_of: date) -> tuple[dict[str, Array], tuple[str, ...]]:
    """Numbers of each customer that no channel changes, and what was missing."""
    known = scores.scores.drop_duplicates("customer_id").set_index("customer_id")
    row = known.reindex(people["customer_id"])
    churn = row["churn_probability"].to_numpy(dtype=np.float64)
    potential = row["potential_eur"].to_numpy(dtype=np.float64)
    unknown = int((np.isnan(churn) | np.isnan(potential)).sum())
    notes = (f"{unknown} customers without churn probability or potential: they count 0 there",) if unknown else ()
    last = pd.to_datetime(_column(people, "last_contact_date", pd.NaT))
    days = (pd.Timestamp(as_of) - last.dt.normalize()).dt.days.to_numpy(dtype=np.float64)
    tickets = pd.to_numeric(_column(people, "open_tickets", np.nan)).to_numpy(dtype=np.float64, na_value=np.nan)
    engagement = pd.to_numeric(_column(people, "digital_engagement", np.nan)).to_numpy(
        dtype=np.float64, na_value=np.nan
    )
    facts: dict[str, Array] = {
        "name": np.where(
            _column(people, "name", np.nan).notna(), _column(people, "name", ""), people["customer_id"]
        ).astype(object),
        "churn": np.clip(np.nan_to_num(churn), 0, 1),
        "potential": np.maximum(np.nan_to_num(potential), 0),
        "days": np.maximum(days, 0),
        "tickets": np.maximum(np.nan_to_num(tickets), 0),
        "engagement": np.clip(engagement, 0, 1),
    }
    return facts, notes


def _column(frame: pd.DataFrame, name: str, otherwise: Any) -> pd.Series:
    return frame[name] if name in frame.columns else pd.Series(otherwise, index=frame.index)


def _deals(closure: ClosureForecast, customer_id: pd.Series) -> tuple[Array, Array, Array, tuple[str, ...]]:
    """(K,) position of the customer, euros and closure probability of each open deal of a known customer."""
    deals = closure.scores
    if not len(deals):
        return np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0), ()
    position = pd.Index(customer_id).get_indexer(pd.Index(deals["customer_id"]))
    mine = position >= 0
    amount = deals["amount_eur"].to_numpy(dtype=np.float64)[mine]
    p = deals["win_probability"].to_numpy(dtype=np.float64)[mine]
    notes = []
    if np.isnan(amount).any():
        notes.append(f"{int(np.isnan(amount).sum())} open deals without an amount count 0 euros")
    if (~mine).any():
        notes.append(f"{int((~mine).sum())} open deals belong to no customer in the table and count nowhere")
    if np.isnan(p).any():
        notes.append(f"{int(np.isnan(p).sum())} open deals without a closure probability count 0 euros")
        amount = np.where(np.isnan(p), 0.0, amount)
    return (
        position[mine],
        np.maximum(np.nan_to_num(amount), 0.0),
        np.clip(np.nan_to_num(p, nan=1.0), 0.0, 1.0),
        tuple(notes),
    )


def _minutes(people: pd.DataFrame, name: str, channel: Channel) -> Array:
    """Minutes of one contact; in the field a customer's own visit minutes win."""
    minutes = np.full(len(people), float(channel.contact_minutes))
    if name != FIELD:
        return minutes
    own = pd.to_numeric(_column(people, "visit_minutes", np.nan)).to_numpy(dtype=np.float64, na_value=np.nan)
    given: Array = np.where(np.isnan(own) | (own < 0), minutes, own)
    return given


def _allowed(people: pd.DataFrame, name: str, policy: ContactPolicy) -> Array:
    """Whether the customer may be contacted by this channel; self-service is the customer's own doing."""
    if not policy.respect_consent or name == SELF_SERVICE:
        return np.ones(len(people), dtype=bool)
    given = _column(people, "consent", np.nan)
    return np.array([isinstance(entry, (tuple, list)) and name in entry for entry in given], dtype=bool)


def _counted(parts: dict[str, Array], settings: NextBestAction) -> dict[str, Array]:
    """The parts, 0 where their source of value is switched off."""
    source = {"win_eur": "open_opportunities", "churn_eur": "churn_risk", "growth_eur": "potential"}
    return {
        part: euros if source[part] in settings.value_from else np.zeros_like(euros) for part, euros in parts.items()
    }


def _adjustments(
    people: pd.DataFrame,
    facts: dict[str, Array],
    name: str,
    channel: Channel,
    adjust: Adjust,
    policy: ContactPolicy,
) -> dict[str, Array]:
    """Percent up or down, at most what the scenario allows; unknown facts change nothing."""
    recency = np.clip(facts["days"] / RECENCY_NEUTRAL_DAYS - 1, -1, 1)
    engaged = 2 * facts["engagement"] - 1
    friction = np.minimum(facts["tickets"] / FULL_FRICTION_TICKETS, 1)
    preferred = (_column(people, "preferred_channel", "") == name).to_numpy(dtype=bool, na_value=False)
    return {
        "recency_pct": adjust.recency * np.nan_to_num(recency),
        "engagement_pct": adjust.digital_engagement * np.nan_to_num(engaged if is_digital(name, channel) else -engaged),
        "friction_pct": 0.0 - adjust.support_friction * friction * float(name != SELF_SERVICE),
        "preference_pct": policy.preference_bonus_pct * preferred.astype(np.float64),
    }


def _finished(table: pd.DataFrame) -> pd.DataFrame:
    """Value, order and sentence on top of the parts, with the columns in their order."""
    for column in (*COLUMNS, *(f"fact_{key}" for key in ("deals_eur",)), "spread"):
        if column not in table.columns:
            table[column] = pd.Series(dtype=np.float64)
    table["value_eur"] = table["win_eur"] + table["churn_eur"] + table["growth_eur"] - table["contact_cost_eur"]
    total_pct = table[list(ADJUSTMENTS)].sum(axis=1)
    table["order_eur"] = order_eur(table["value_eur"].to_numpy(dtype=np.float64), total_pct.to_numpy(dtype=np.float64))
    table["confidence"] = best_channel_shares(table)
    table["why"] = sentences(table)
    table["consent"] = table["consent"].astype(bool)
    numbers = [column for column in COLUMNS if column not in (*TEXTS, "consent")]
    types: dict[str, Any] = dict.fromkeys(numbers, "float64") | dict.fromkeys(TEXTS, "str")
    return table[list(COLUMNS)].astype(types)
