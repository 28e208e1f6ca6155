"""The channel problem as a packing programme: maximise euros, subject to capacities and contact limits.

    maximise  order_eur @ x   subject to  matrix @ x <= limit,  x in {0, 1}

Rows: capacity of each resource in minutes, then at most so many contacts per customer, then at most one contact per
customer and channel where that says more. Contacts of one channel that are equally long share whole slots of a day, so
days need no variables: contacts due by day d are at most the slots of days 0..d, and by earliest due date first
(Jackson, 1955) whatever keeps these rows also fits the days. Slots are rounded down to whole contacts. A budget is one
more row, over all contacts of its channel.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix, vstack

from scenarios.schema import Channel
from solvers.channels.options import Options

BUDGET = -2
"""Day of the row that holds a channel's weekly budget."""


@dataclass(frozen=True)
class Packing:
    """order_eur (m,), matrix (rows, m) of entries >= 0, limit (rows,) >= 0.

    customer_row (m,): the row that limits the contacts of the option's customer.
    """

    order_eur: np.ndarray
    matrix: csr_matrix
    limit: np.ndarray
    customer_row: np.ndarray

    def part(self, columns: np.ndarray, used: np.ndarray) -> "Packing":
        """The programme of some columns, when `used` (rows,) of the limits is taken already."""
        part = csc_matrix(self.matrix)[:, columns]
        limit = np.maximum(self.limit - used, 0.0)
        rows = np.flatnonzero(part.getnnz(axis=1))
        place = np.full(len(limit), -1, dtype=np.int64)
        place[rows] = np.arange(len(rows))
        return Packing(self.order_eur[columns], csr_matrix(part)[rows], limit[rows], place[self.customer_row[columns]])


@dataclass(frozen=True)
class Capacity:
    """The capacity rows: row r is of channel number `channel[r]`, of rep `rep[r]` (-1: none) and of day `day[r]`.

    day -1: the whole horizon (field). BUDGET: the channel's budget, over the whole horizon. Of a channel in `slots` a
    row holds contacts due by `day` against the slots up to it, of any other channel those of `day`.
    slots: per channel of equally long contacts the contacts that fit into a day; daily_minutes: the day's capacity.
    """

    channel: np.ndarray
    rep: np.ndarray
    day: np.ndarray
    limit: np.ndarray
    matrix: csr_matrix
    slots: dict[int, int]
    daily_minutes: dict[int, float]


def make_capacity(
    options: Options, field_minutes: np.ndarray, *, channels: Mapping[str, Channel], days: int
) -> Capacity:
    """The capacity rows over all options.

    Args:
        field_minutes: (reps,) minutes that may be allocated to each rep.
        days: days of the horizon.
    """
    rows: list[tuple[int, int, int, float]] = []
    members: list[np.ndarray] = []
    slots: dict[int, int] = {}
    daily_minutes: dict[int, float] = {}
    for rep in range(len(options.rep_ids)):
        inside = np.flatnonzero(options.rep == rep)
        if len(inside):
            rows.append((int(options.channel[inside[0]]), rep, -1, float(field_minutes[rep])))
            members.append(inside)
    latest = options.latest_day[options.customer]
    for number, name in enumerate(options.channels):
        inside = np.flatnonzero((options.channel == number) & (options.rep < 0))
        if not len(inside):
            continue
        budget = channels[name].budget_minutes(days)
        if budget is not None:
            rows.append((number, -1, BUDGET, whole_contacts(budget, options.minutes[inside])))
            members.append(inside)
        capacity = channels[name].capacity_minutes_per_day
        if capacity is None:
            continue
        if number in options.daily:
            for day in range(days):
                rows.append((number, -1, day, float(capacity)))
                members.append(inside[options.day[inside] == day])
            continue
        minutes = float(options.minutes[inside[0]])
        if minutes <= 0:
            continue
        daily_minutes[number] = float(capacity)
        slots[number] = int(np.floor(capacity / minutes + 1e-9))
        for day in sorted({*latest[inside].tolist(), days - 1}):
            rows.append((number, -1, day, slots[number] * minutes * (day + 1)))
            members.append(inside[latest[inside] <= day])
    table = np.array(rows, dtype=float).reshape(-1, 4)
    entry_rows = np.repeat(np.arange(len(members)), [len(part) for part in members])
    entry_columns = np.concatenate(members) if members else np.empty(0, dtype=np.int64)
    matrix = csr_matrix(
        (options.minutes[entry_columns], (entry_rows, entry_columns)), shape=(len(rows), len(options.customer))
    )
    matrix.eliminate_zeros()
    whole = table[:, :3].astype(np.int64)
    return Capacity(whole[:, 0], whole[:, 1], whole[:, 2], table[:, 3], matrix, slots, daily_minutes)


def whole_contacts(budget_minutes: float, minutes: np.ndarray) -> float:
    """Of a budget what whole contacts can use, where all are equally long."""
    length = float(minutes[0])
    if length <= 0 or (minutes != length).any():
        return budget_minutes
    return float(np.floor(budget_minutes / length + 1e-9)) * length


def make_packing(options: Options, capacity: Capacity, *, contacts: int) -> Packing:
    """The whole programme over all options, with at most `contacts` a customer."""
    count, people = len(options.customer), len(options.customer_ids)
    columns = np.arange(count)
    per_customer = csr_matrix((np.ones(count), (options.customer, columns)), shape=(people, count))
    blocks, limits = [capacity.matrix, per_customer], [capacity.limit, np.maximum(contacts - options.met, 0.0)]
    if contacts > 1 and count:
        pair = options.customer * len(options.channels) + options.channel
        pairs, row, size = np.unique(pair, return_inverse=True, return_counts=True)
        per_pair = csr_matrix((np.ones(count), (row.reshape(-1), columns)), shape=(len(pairs), count))[size > 1]
        blocks.append(per_pair)
        limits.append(np.ones(per_pair.shape[0]))
    customer_row = len(capacity.limit) + options.customer
    return Packing(options.order_eur, csr_matrix(vstack(blocks)), np.concatenate(limits), customer_row)


def undominated(options: Options, capacity: Capacity, columns: np.ndarray) -> np.ndarray:
    """Of these columns those that one contact a customer may ever take.

    Where a customer has an option that uses no capacity, nothing worth as little or less is ever better.
    """
    free = capacity.matrix.getnnz(axis=0)[columns] == 0
    best = np.full(len(options.customer_ids), -np.inf)
    np.maximum.at(best, options.customer[columns[free]], options.order_eur[columns[free]])
    first_free = np.full(len(options.customer_ids), -1, dtype=np.int64)
    winning = columns[free][options.order_eur[columns[free]] >= best[options.customer[columns[free]]]]
    first_free[options.customer[winning[::-1]]] = winning[::-1]
    kept: np.ndarray = columns[
        (options.order_eur[columns] > best[options.customer[columns]])
        | (first_free[options.customer[columns]] == columns)
    ]
    return kept
