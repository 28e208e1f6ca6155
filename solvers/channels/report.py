"""The allocation as tables for people: contacts with runner-up and prize, reasons for none, prices of capacity."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scenarios.schema import FIELD, Channel, Horizon
from solvers.channels.field import FieldLoad
from solvers.channels.model import BUDGET, Capacity
from solvers.channels.options import Options
from solvers.channels.turning import confidence_of, would_change

NONE = "none"
"""Channel of a customer without a contact, and the runner-up where no contact is the next best."""


@dataclass(frozen=True)
class Decision:
    """chosen (m,) bool; day (m,) number or -1; rent_eur (m,) price of the capacity that an option uses;
    row_price (rows,) euros per minute of each capacity row; contacts: allowed per customer."""

    options: Options
    capacity: Capacity
    chosen: np.ndarray
    day: np.ndarray
    rent_eur: np.ndarray
    row_price: np.ndarray
    contacts: int
    horizon: Horizon


def describe(decision: Decision) -> pd.DataFrame:
    """The frame `allocations` of `ChannelPlan`, sorted by customer_id and channel."""
    options, chosen = decision.options, decision.chosen
    people, names = len(options.customer_ids), np.array([*options.channels, NONE], dtype=object)
    best_reduced, best_open = _by_channel(decision)
    picked = np.flatnonzero(chosen)
    taken = np.zeros((people, len(options.channels)), dtype=bool)
    taken[options.customer[picked], options.channel[picked]] = True
    without = np.flatnonzero(~taken.any(axis=1))
    customer = np.concatenate([options.customer[picked], without])
    own = np.concatenate([options.channel[picked], np.full(len(without), len(options.channels))])
    others = np.where(taken[customer], -np.inf, best_reduced[customer])
    others = np.column_stack([others, np.where(own == len(options.channels), -np.inf, 0.0)])
    runner_up = others.argmax(axis=1) if len(customer) else np.empty(0, dtype=np.int64)
    runner_reduced = others.max(axis=1, initial=-np.inf)
    reduced = np.concatenate([(options.order_eur - decision.rent_eur)[picked], np.zeros(len(without))])
    known = np.isfinite(runner_reduced)
    still_open = np.where(taken[customer], 0.0, best_open[customer]).max(axis=1, initial=0.0)
    value = np.concatenate([options.value_eur[picked], np.zeros(len(without))])
    prize = np.where(own < len(options.channels), np.maximum(value - still_open, 0.0), 0.0)
    nothing = np.zeros(len(without))
    days = pd.DatetimeIndex(
        [pd.NaT if number < 0 else _day(decision.horizon, number) for number in decision.day[picked].tolist()]
        + [pd.NaT] * len(without)
    )
    rep = np.array([options.rep_ids[number] if number >= 0 else "" for number in options.rep[picked]], dtype=object)
    frame = pd.DataFrame(
        {
            "customer_id": pd.Series(options.customer_ids[customer], dtype="str"),
            "channel": pd.Series(names[own], dtype="str"),
            "day": days.astype("datetime64[us]"),
            "minutes": np.concatenate([options.contact_minutes[picked], nothing]),
            "value_eur": value,
            "order_eur": np.concatenate([options.order_eur[picked], nothing]),
            "runner_up": pd.Series(np.where(known, names[runner_up], NONE), dtype="str"),
            "margin_eur": np.where(known, reduced - np.where(known, runner_reduced, 0.0), 0.0),
            "reason": pd.Series([""] * len(picked) + reasons(decision, without), dtype="str"),
            "rep_id": pd.Series(np.concatenate([rep, np.full(len(without), "", dtype=object)]), dtype="str"),
            "prize_eur": prize,
        }
    )
    runner_order = np.where(known, _order_by_channel(options)[customer, np.where(known, runner_up, 0)], np.nan)
    frame["confidence"] = confidence_of(frame["margin_eur"].to_numpy(), frame["order_eur"].to_numpy(), runner_order)
    rent = np.concatenate([decision.rent_eur[picked], nothing])
    frame["would_change"] = would_change(frame, rent, np.concatenate([options.minutes[picked], nothing]))
    return frame.sort_values(["customer_id", "channel"], ignore_index=True)


def _day(horizon: Horizon, number: int) -> pd.Timestamp:
    return pd.Timestamp(horizon.start) + pd.Timedelta(days=number)


def _order_by_channel(options: Options) -> np.ndarray:
    """(n, channels + 1) order euros of each customer's best option by each channel; 0 for no contact."""
    found = np.zeros((len(options.customer_ids), len(options.channels) + 1))
    worth = np.flatnonzero(options.worth)
    np.maximum.at(found, (options.customer[worth], options.channel[worth]), options.order_eur[worth])
    return found


def _by_channel(decision: Decision) -> tuple[np.ndarray, np.ndarray]:
    """(n, channels) of each customer's options of positive worth: best order euros after prices (-inf: no such
    option), and best value euros among those that still fit beside the plan (0: none)."""
    options = decision.options
    shape = (len(options.customer_ids), len(options.channels))
    reduced, fitting = np.full(shape, -np.inf), np.zeros(shape)
    worth = np.flatnonzero(options.worth)
    where = (options.customer[worth], options.channel[worth])
    np.maximum.at(reduced, where, (options.order_eur - decision.rent_eur)[worth])
    np.maximum.at(fitting, where, np.where(still_fits(decision), options.value_eur, 0.0)[worth])
    return reduced, fitting


def still_fits(decision: Decision) -> np.ndarray:
    """(m,) whether the option would fit into what the plan leaves of its capacity."""
    options, capacity = decision.options, decision.capacity
    fits = np.ones(len(options.customer), dtype=bool)
    left = capacity.limit - capacity.matrix @ decision.chosen.astype(float)
    for row in range(len(left)):
        part = slice(capacity.matrix.indptr[row], capacity.matrix.indptr[row + 1])
        columns = capacity.matrix.indices[part]
        if capacity.day[row] == BUDGET or int(capacity.channel[row]) not in capacity.slots:
            fits[columns] &= options.minutes[columns] <= left[row] + 1e-9
    # Slots are filled from the first day on, so a contact fits if a slot is free on a day up to its latest.
    for channel, slots in capacity.slots.items():
        inside = np.flatnonzero(options.channel == channel)
        filled = np.bincount(decision.day[inside][decision.chosen[inside]], minlength=decision.horizon.days)
        first_free = np.flatnonzero(filled < slots)
        first = int(first_free[0]) if len(first_free) else decision.horizon.days
        fits[inside] &= options.latest_day[options.customer[inside]] >= first
    return fits


def reasons(decision: Decision, without: np.ndarray) -> list[str]:
    """Why each of these customers has no contact, of NOT_CONTACTED.

    In this order: the policy allows none (beside appointments); no consent to any channel (or to none of positive
    value); nothing of
    positive value; only the field was left and nobody may go there; full.
    """
    options = decision.options
    usable = np.zeros(len(options.customer_ids), dtype=bool)
    usable[options.customer[options.worth]] = True
    found = []
    for customer in without.tolist():
        if decision.contacts <= options.met[customer]:
            found.append("contact_policy")
        elif not options.positive[customer]:
            refused = not options.consented[customer] or options.valued[customer]
            found.append("no_consent" if refused else "no_positive_value")
        elif options.wanted_field[customer] and not usable[customer]:
            found.append("unroutable")
        else:
            found.append("capacity_full")
    return found


def price_table(
    decision: Decision,
    field: FieldLoad,
    channels: Mapping[str, Channel],
    hour_eur: Mapping[tuple[int, int, int], float],
) -> pd.DataFrame:
    """The frame `prices` of `ChannelPlan`: one row per rep, one per limited channel and day, and one per budget.

    hour_eur: by channel number, rep number and day (-1: none, BUDGET), what one more hour brings (of `hours_of`); those
    that are not in it bring nothing.

    An hour more on a day serves contacts due that day or later: its price is the sum of the prices of the capacity
    rows that end on or after it.
    """
    options, capacity = decision.options, decision.capacity
    rows: list[tuple[str, str, object, float, float, float, float]] = []
    chosen = np.flatnonzero(decision.chosen)
    if FIELD in channels:
        used = np.bincount(
            options.rep[chosen[options.rep[chosen] >= 0]],
            options.minutes[chosen[options.rep[chosen] >= 0]],
            len(options.rep_ids),
        )
        by_rep = dict(zip(capacity.rep.tolist(), decision.row_price.tolist(), strict=True))
        limits = field.capacity["capacity_minutes"].tolist()
        for number, rep_id in enumerate(options.rep_ids):
            price = 60 * by_rep.get(number, 0.0)
            more = hour_eur.get((options.channels.index(FIELD), number, -1), 0.0)
            rows.append((f"{FIELD}:{rep_id}", FIELD, pd.NaT, limits[number], used[number], price, more))
    for number, (name, channel) in enumerate(channels.items()):
        if name == FIELD:
            continue
        inside = chosen[options.channel[chosen] == number]
        own = (capacity.channel == number) & (capacity.rep < 0)
        budget = channel.budget_minutes(decision.horizon.days)
        if budget is not None:
            price = 60 * float(decision.row_price[own & (capacity.day == BUDGET)].sum())
            spent = float(options.contact_minutes[inside].sum())
            more = hour_eur.get((number, -1, BUDGET), 0.0)
            rows.append((f"{name}:week", name, pd.NaT, budget, spent, price, more))
        if channel.capacity_minutes_per_day is None:
            continue
        used = np.bincount(decision.day[inside], options.contact_minutes[inside], decision.horizon.days)
        for day in range(decision.horizon.days):
            holds = own & ((capacity.day == day) if number in options.daily else (capacity.day >= day))
            price = 60 * float(decision.row_price[holds].sum())
            limit = float(channel.capacity_minutes_per_day)
            more = hour_eur.get((number, -1, day), 0.0)
            rows.append((name, name, _day(decision.horizon, day), limit, used[day], price, more))
    columns = ["resource", "channel", "day", "capacity_minutes", "used_minutes", "price_eur_per_hour", "hour_more_eur"]
    frame = pd.DataFrame(rows, columns=columns)
    types = {"resource": "str", "channel": "str", "day": "datetime64[us]"} | dict.fromkeys(columns[3:], "float64")
    return frame.astype(types)
