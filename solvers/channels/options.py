"""Every contact that may be planned, as one table of arrays: who, by which channel, by which rep, how long, worth what.

Options that policy forbids (consent, no positive value) are left out here, with what is needed to say so later. Minutes
are those of the capacity that the contact uses: in the field visit and driving, elsewhere the contact.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scenarios.schema import FIELD, Channel, ContactPolicy, Horizon
from solvers.channels.field import FieldLoad
from solvers.types import Territories

ANY_DAY = -1
"""Day of an option whose day is settled later: field (by routing) and channels whose contacts are equally long."""


@dataclass(frozen=True)
class Options:
    """n customers, m options; all arrays (m,) unless said otherwise.

    customer_ids (n,), rep_ids (r,), channels (c names): what the numbers in customer, rep (-1: none), channel mean.
    latest_day (n,): last day 0..days-1 on which the customer may be contacted. fixed (n,): required or routed, and has
    a field option, which is booked beforehand.
    day: ANY_DAY or the day. minutes: capacity used. contact_minutes: of the contact. order_eur, value_eur.
    preference: place of the rep among those who may visit, 0 = best. worth: euros are positive; the others are kept for
    required and routed customers only.
    valued, consented, positive (n,): whether the customer has any action of positive value; with consent; with both.
    met (n,): contacts that are made already, by appointments.
    wanted_field (n,): has a field action with consent and positive value, whether or not anybody may visit.
    """

    customer_ids: np.ndarray
    rep_ids: np.ndarray
    channels: tuple[str, ...]
    latest_day: np.ndarray
    fixed: np.ndarray
    customer: np.ndarray
    channel: np.ndarray
    rep: np.ndarray
    preference: np.ndarray
    day: np.ndarray
    minutes: np.ndarray
    contact_minutes: np.ndarray
    order_eur: np.ndarray
    value_eur: np.ndarray
    worth: np.ndarray
    valued: np.ndarray
    consented: np.ndarray
    positive: np.ndarray
    wanted_field: np.ndarray
    met: np.ndarray
    daily: frozenset[int]
    """Numbers of the channels whose contacts differ in length, so that each day is an option of its own."""


def make_options(
    actions: pd.DataFrame,
    customers: pd.DataFrame,
    territories: Territories,
    field: FieldLoad,
    *,
    channels: Mapping[str, Channel],
    policy: ContactPolicy,
    horizon: Horizon,
    routed: frozenset[str],
    unroutable: frozenset[str],
    met: Mapping[str, int],
) -> Options:
    """All options, sorted by customer, channel, rep (best first), day; arguments as of `allocate_channels`."""
    customers = customers.sort_values("customer_id", ignore_index=True)
    ids = customers["customer_id"].to_numpy(object)
    number = {name: place for place, name in enumerate(ids)}
    names = tuple(channels)
    table = actions[actions["channel"].isin(names) & actions["customer_id"].isin(number)]
    who = table["customer_id"].map(number).to_numpy(np.int64)
    channel = table["channel"].map({name: place for place, name in enumerate(names)}).to_numpy(np.int64)
    consent = table["consent"].to_numpy(bool) | (not policy.respect_consent)
    value, order = table["value_eur"].to_numpy(float), table["order_eur"].to_numpy(float)
    worth = (value > 0) & (order > 0)
    is_field = channel == (names.index(FIELD) if FIELD in names else -1)
    barred = np.isin(ids, list(unroutable - routed))
    must = (customers["required"].fillna(False).to_numpy(bool) & ~barred) | np.isin(ids, list(routed))
    must &= policy.max_contacts_per_customer_per_week > 0
    valued, consented, positive, wanted_field = (np.zeros(len(ids), dtype=bool) for _ in range(4))
    valued[who[worth]] = True
    consented[who[consent]] = True
    positive[who[consent & worth]] = True
    wanted_field[who[consent & worth & is_field]] = True
    contact = table["minutes"].to_numpy(float)
    daily = frozenset(
        place
        for place, name in enumerate(names)
        if name != FIELD
        and channels[name].capacity_minutes_per_day is not None
        and len(set(contact[channel == place])) > 1
    )
    rows = np.flatnonzero(consent & (worth | (is_field & must[who])) & ~(is_field & barred[who]))
    expanded = _expand(rows, who, channel, is_field, ids, territories, field, routed, days=horizon.days, daily=daily)
    row, rep, preference, day = expanded
    latest = latest_days(customers["due_date"], horizon)
    keep = (day == ANY_DAY) | (day <= latest[who[row]])
    kept = np.flatnonzero(keep)
    kept = kept[np.lexsort((day[kept], preference[kept], channel[row[kept]], who[row[kept]]))]
    row, rep, preference, day = row[kept], rep[kept], preference[kept], day[kept]
    load = field.load.set_index("customer_id")["minutes"].reindex(ids).to_numpy(float)
    used = np.where(is_field[row], load[who[row]], contact[row])
    fixed = np.zeros(len(ids), dtype=bool)
    fixed[who[row[is_field[row]]]] = True
    return Options(
        customer_ids=ids,
        rep_ids=field.capacity["rep_id"].to_numpy(object),
        channels=names,
        latest_day=latest,
        fixed=fixed & must,
        customer=who[row],
        channel=channel[row],
        rep=rep,
        preference=preference,
        day=day,
        minutes=np.where(np.isnan(used), contact[row], used),
        contact_minutes=contact[row],
        order_eur=order[row],
        value_eur=value[row],
        worth=worth[row],
        valued=valued,
        consented=consented,
        positive=positive,
        wanted_field=wanted_field,
        met=np.array([met.get(name, 0) for name in ids], dtype=np.int64),
        daily=daily,
    )


def latest_days(due_date: pd.Series, horizon: Horizon) -> np.ndarray:
    """(n,) last day 0..days-1 for a contact: the due date's; the first day if overdue, the last one if none is due."""
    after = (pd.to_datetime(due_date) - pd.Timestamp(horizon.start)).dt.days.fillna(horizon.days - 1)
    latest: np.ndarray = after.clip(0, horizon.days - 1).to_numpy().astype(np.int64)
    return latest


def _expand(
    rows: np.ndarray,
    who: np.ndarray,
    channel: np.ndarray,
    is_field: np.ndarray,
    ids: np.ndarray,
    territories: Territories,
    field: FieldLoad,
    routed: frozenset[str],
    *,
    days: int,
    daily: frozenset[int],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(row, rep, preference, day) of each option.

    Field rows stand once per rep who may visit, rows of daily channels once per day.

    A visit that is longer than a rep's longest day is no option of that rep, unless it is already on a route.
    """
    rep_number = {name: place for place, name in enumerate(field.capacity["rep_id"])}
    longest = field.capacity["longest_day_minutes"].to_numpy(float)
    load = field.load.set_index("customer_id")["minutes"].to_dict()
    visiting = dict(zip(territories.assignment["customer_id"], territories.assignment["visiting_rep_ids"], strict=True))
    owner = dict(zip(territories.assignment["customer_id"], territories.assignment["rep_id"], strict=True))
    found: list[tuple[int, int, int, int]] = []
    for row in rows.tolist():
        name = ids[who[row]]
        if is_field[row]:
            on_route = name in routed
            able = visiting.get(name, ()) or ((owner.get(name, ""),) if on_route else ())
            reps = [rep_number[rep] for rep in able if rep in rep_number]
            reps = [rep for rep in reps if on_route or load.get(name, 0.0) <= longest[rep] + 1e-9]
            found.extend((row, rep, place, ANY_DAY) for place, rep in enumerate(reps))
        elif int(channel[row]) in daily:
            found.extend((row, -1, 0, day) for day in range(days))
        else:
            found.append((row, -1, 0, ANY_DAY))
    table = np.array(found, dtype=np.int64).reshape(-1, 4)
    return table[:, 0], table[:, 1], table[:, 2], table[:, 3]
