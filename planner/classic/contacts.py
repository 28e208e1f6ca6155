"""Channels the classic way: each customer's best channel, then each channel's list cut at its capacity.

No prices: the hours of a rep are as cheap in the list as anything else, so nearly everybody is wanted in the field.
"""

import time
from collections.abc import Container, Mapping

import numpy as np
import pandas as pd

from planner.classic.habits import Habits
from scenarios.schema import FIELD, Channel, ContactPolicy, Horizon
from solvers.channels import FieldLoad
from solvers.channels.options import latest_days
from solvers.outcome import Outcome, conclude
from solvers.types import ChannelPlan, Territories

NONE = "none"


def classic_channels(
    actions: pd.DataFrame,
    customers: pd.DataFrame,
    territories: Territories,
    field: FieldLoad,
    *,
    channels: Mapping[str, Channel],
    policy: ContactPolicy,
    horizon: Horizon,
    habits: Habits,
) -> ChannelPlan:
    """One contact a customer at most.

    Must-visits first, then from the most euros down. The field list of a rep is cut where the visits with their share
    of driving fill the rep's hours; another channel's where its minutes of the horizon are used. Consent is respected
    and nobody is contacted at a loss: an office does look at that.

    Args:
        actions: table of `Actions`. territories: who may visit. field: available minutes and load of each visit.

    Returns:
        `ChannelPlan`; the prices are 0, for none are known. A customer cut from the list has the reason capacity_full.
    """
    began = time.perf_counter()
    wishes = _wishes(actions, customers, policy)
    room = _Room(territories, field, channels, horizon)
    chosen: dict[str, tuple[str, str]] = {}
    if policy.max_contacts_per_customer_per_week > 0:
        for customer, channel, place in _queue(wishes, habits):
            if customer not in chosen and (place == 0 or habits.second_choice):
                rep = room.take(customer, channel)
                if rep is not None:
                    chosen[customer] = (channel, rep)
    table = _allocations(chosen, wishes, actions, customers, policy)
    table.insert(2, "day", _days(table, customers, channels, horizon))
    value = float(table["order_eur"].sum())
    method = "classic: best channel, cut by capacity" + (", then the next best" if habits.second_choice else "")
    outcome = conclude(
        stage="channels.offered", value=value, bound=None, unit="EUR", maximise=True, method=method,
        seconds=time.perf_counter() - began,
    )  # fmt: skip
    if not len(customers):
        outcome = Outcome("channels.offered", "nothing_to_do", 0.0, 0.0, "EUR", True, method, outcome.seconds)
    return ChannelPlan(table, _prices(table, field, channels, horizon), outcome)


def _wishes(actions: pd.DataFrame, customers: pd.DataFrame, policy: ContactPolicy) -> pd.DataFrame:
    """Contacts that are allowed and pay, best first per customer: customer_id, channel, order_eur, must, place.

    A must-visit (`required`) has the field in the first place, whatever it is worth, if the customer consents.
    """
    must = set(customers.loc[customers["required"].fillna(False).astype(bool), "customer_id"])
    table = actions[["customer_id", "channel", "order_eur", "value_eur", "consent"]]
    is_must = (table["channel"] == FIELD) & table["customer_id"].isin(must)
    allowed = table["consent"] | (not policy.respect_consent)
    table = table.assign(must=is_must)[allowed & (((table["value_eur"] > 0) & (table["order_eur"] > 0)) | is_must)]
    table = table.sort_values(["customer_id", "must", "order_eur"], ascending=[True, False, False], kind="stable")
    return table.assign(place=table.groupby("customer_id").cumcount()).reset_index(drop=True)


def _queue(wishes: pd.DataFrame, habits: Habits) -> list[tuple[str, str, int]]:
    """(customer, channel, place of the channel for the customer) in the order of the lists."""
    first = wishes if habits.second_choice else wishes[wishes["place"] == 0]
    keys = ["must", "order_eur", "customer_id"]
    ordered = first.sort_values(keys, ascending=[False, False, True], kind="stable")
    return list(zip(ordered["customer_id"], ordered["channel"], ordered["place"], strict=True))


class _Room:
    """What is left of each capacity in minutes (field: per rep), and the latest free day of a channel."""

    def __init__(
        self, territories: Territories, field: FieldLoad, channels: Mapping[str, Channel], horizon: Horizon
    ) -> None:
        table = territories.assignment
        self._visits: dict[str, tuple[str, ...]] = dict(
            zip(table["customer_id"], table["visiting_rep_ids"], strict=True)
        )
        self._load = dict(zip(field.load["customer_id"], field.load["minutes"], strict=True))
        reps = field.capacity
        self._rep_minutes = dict(zip(reps["rep_id"], reps["available_minutes"].astype(float), strict=True))
        self._contacts = {
            name: horizon.days * int(channel.capacity_minutes_per_day // channel.contact_minutes)
            for name, channel in channels.items()
            if name != FIELD and channel.capacity_minutes_per_day is not None and channel.contact_minutes > 0
        }

    def take(self, customer: str, channel: str) -> str | None:
        """The rep who visits ("" in other channels) if there is room, which is then used; None if there is none."""
        if channel == FIELD:
            for rep in self._visits.get(customer, ()):
                if self._load[customer] <= self._rep_minutes.get(rep, 0.0):
                    self._rep_minutes[rep] -= self._load[customer]
                    return rep
            return None
        if channel in self._contacts:
            if self._contacts[channel] <= 0:
                return None
            self._contacts[channel] -= 1
        return ""


def _allocations(
    chosen: Mapping[str, tuple[str, str]],
    wishes: pd.DataFrame,
    actions: pd.DataFrame,
    customers: pd.DataFrame,
    policy: ContactPolicy,
) -> pd.DataFrame:
    """The frame `allocations` of `ChannelPlan`; `day` is filled in later."""
    pays = (actions["value_eur"] > 0) & (actions["order_eur"] > 0)
    valued = set(actions.loc[pays, "customer_id"])
    wanted: dict[str, list[tuple[float, str]]] = {}
    for customer, channel, order in zip(wishes["customer_id"], wishes["channel"], wishes["order_eur"], strict=True):
        wanted.setdefault(customer, []).append((order, channel))
    columns = ["minutes", "value_eur", "order_eur"]
    numbers = actions.set_index(["customer_id", "channel"])[columns].astype(float)
    rows = []
    for customer in sorted(customers["customer_id"]):
        channel, rep = chosen.get(customer, (NONE, ""))
        others = [wish for wish in wanted.get(customer, []) if wish[1] != channel]
        next_best, runner_up = max(others, key=lambda wish: wish[0], default=(0.0, NONE))
        reason = "" if channel != NONE else _why_not(customer, wanted, valued, policy)
        rows.append((customer, channel, runner_up, next_best, reason, rep))
    texts = ["customer_id", "channel", "runner_up", "reason", "rep_id"]
    table = pd.DataFrame(rows, columns=["customer_id", "channel", "runner_up", "next_best", "reason", "rep_id"])
    table = table.astype(dict.fromkeys(texts, "str") | {"next_best": "float64"})
    found = numbers.reindex(pd.MultiIndex.from_frame(table[["customer_id", "channel"]])).fillna(0.0)
    table[columns] = found.to_numpy(float)
    table["margin_eur"] = table["order_eur"] - table.pop("next_best")
    # Without prices a visit is worth what it brings, not what it brings beyond the next best.
    table["prize_eur"] = table["value_eur"].clip(lower=0.0)
    # Nobody asks how sure a choice is.
    table = table.assign(confidence=np.nan, would_change=pd.Series("", index=table.index, dtype="str"))
    order = ["customer_id", "channel", *columns, "runner_up", "margin_eur", "reason", "rep_id", "prize_eur"]
    return table[[*order, "confidence", "would_change"]]


def _why_not(customer: str, wanted: Container[str], valued: Container[str], policy: ContactPolicy) -> str:
    """The reason, of NOT_CONTACTED, of a customer without a contact."""
    if policy.max_contacts_per_customer_per_week == 0:
        return "contact_policy"
    if customer in wanted:
        return "capacity_full"
    return "no_consent" if customer in valued else "no_positive_value"


def _days(table: pd.DataFrame, customers: pd.DataFrame, channels: Mapping[str, Channel], horizon: Horizon) -> pd.Series:
    """The day of each contact but the field's: earliest due date first, then most euros first, day by day."""
    latest = pd.Series(latest_days(customers["due_date"], horizon), index=customers["customer_id"])
    start = pd.Timestamp(horizon.start)
    number = pd.Series(np.nan, index=table.index)
    for name, channel in channels.items():
        mine = table[table["channel"] == name]
        if name == FIELD or mine.empty:
            continue
        a_day = len(mine)
        if channel.capacity_minutes_per_day is not None and channel.contact_minutes > 0:
            a_day = max(1, int(channel.capacity_minutes_per_day // channel.contact_minutes))
        order = mine.assign(latest=mine["customer_id"].map(latest)).sort_values(
            ["latest", "order_eur", "customer_id"], ascending=[True, False, True], kind="stable"
        )
        number[order.index] = np.arange(len(order)) // a_day
    return (start + pd.to_timedelta(number, unit="D")).astype("datetime64[us]")


def _prices(table: pd.DataFrame, field: FieldLoad, channels: Mapping[str, Channel], horizon: Horizon) -> pd.DataFrame:
    """The frame `prices` of `ChannelPlan`, each price 0."""
    load = field.load.set_index("customer_id")["minutes"]
    visits = table[table["channel"] == FIELD]
    used = visits["customer_id"].map(load).groupby(visits["rep_id"]).sum()
    rows: list[tuple[str, str, object, float, float, float, float]] = [
        (f"{FIELD}:{rep}", FIELD, pd.NaT, minutes, float(used.get(rep, 0.0)), 0.0, 0.0)
        for rep, minutes in zip(field.capacity["rep_id"], field.capacity["available_minutes"], strict=True)
    ]
    for name, channel in channels.items():
        if name != FIELD and channel.capacity_minutes_per_day is not None:
            mine = table[table["channel"] == name].groupby("day")["minutes"].sum()
            for day in pd.date_range(horizon.start, periods=horizon.days):
                spent = float(mine.get(day, 0.0))
                rows.append((name, name, day, float(channel.capacity_minutes_per_day), spent, 0.0, 0.0))
    columns = [
        "resource", "channel", "day", "capacity_minutes", "used_minutes", "price_eur_per_hour", "hour_more_eur",
    ]  # fmt: skip
    types = {"resource": "str", "channel": "str", "day": "datetime64[us]"} | dict.fromkeys(columns[3:], "float64")
    return pd.DataFrame(rows, columns=columns).astype(types)
