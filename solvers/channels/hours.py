"""What one more hour of a capacity would bring: the relaxation solved again with the hour, in euros.

All capacities are tried on one programme, each from the last one's basis, so an hour costs a few steps. Where there
are many customers only those near the margin of a capacity stay open, the others keep what the plan gives them. What an
hour brings is at most its price, because more capacity is worth less and less; whatever is found above it closes a gap
of the plan and is cut off.
"""

import numpy as np

from solvers.brake import Stop, never
from solvers.channels import highs
from solvers.channels.model import BUDGET, Capacity, Packing, whole_contacts
from solvers.channels.options import Options
from solvers.channels.search import price_options

OPEN_TRIED = 80
"""Options of a capacity that is tried which stay open: those whose customers would lose least by another one."""
OPEN_OTHER = 10
"""The same for a capacity that is not tried, through which customers may pass on what they leave."""
HOURS = 60
"""Hours that are tried at most, dearest first; a larger team's others are left at their price alone."""
TRIED_OPTIONS = 1_200_000
"""Open options times hours tried, at most: a large team's programme is larger, so fewer hours are tried on it."""


def hours_of(options: Options, capacity: Capacity, days: int) -> tuple[list[tuple[int, int, int]], np.ndarray]:
    """Every hour that could be added, and what it adds to each capacity row.

    Returns:
        (channel number, rep number or -1, day, -1 or BUDGET) of h hours, and (h, capacity rows) minutes. On a day of
        equally long contacts, and in a budget of such, an hour brings whole contacts; on a day it counts in all sums of
        days that end on it or later.
    """
    keys: list[tuple[int, int, int]] = []
    more: list[np.ndarray] = []
    for row in np.flatnonzero(capacity.rep >= 0).tolist():
        keys.append((int(capacity.channel[row]), int(capacity.rep[row]), -1))
        more.append(np.where(np.arange(len(capacity.limit)) == row, 60.0, 0.0))
    for channel in sorted(set(capacity.channel[capacity.rep < 0].tolist())):
        own = (capacity.channel == channel) & (capacity.rep < 0)
        lengths = options.minutes[(options.channel == channel) & (options.rep < 0)]
        for row in np.flatnonzero(own & (capacity.day == BUDGET)).tolist():
            limit = float(capacity.limit[row])
            added = whole_contacts(limit + 60, lengths) - limit
            keys.append((channel, -1, BUDGET))
            more.append(np.where(np.arange(len(capacity.limit)) == row, added, 0.0))
        for day in range(days if (own & (capacity.day >= 0)).any() else 0):
            keys.append((channel, -1, day))
            if channel in capacity.slots:
                minutes = float(lengths[0])
                added = np.floor((capacity.daily_minutes[channel] + 60) / minutes + 1e-9) - capacity.slots[channel]
                more.append(np.where(own & (capacity.day >= day), added * minutes, 0.0))
            else:
                more.append(np.where(own & (capacity.day == day), 60.0, 0.0))
    return keys, np.array(more).reshape(len(keys), len(capacity.limit))


def euros_of_more(
    packing: Packing, duals: np.ndarray, chosen: np.ndarray, more: np.ndarray, *, stop: Stop = never
) -> np.ndarray:
    """(h,) euros that the relaxation gains with `more` (h, rows) added to the limits, one line at a time.

    Args:
        duals: (rows,) prices of the relaxation, by which options are held fast or left open.
        chosen: (m,) the plan.
        stop: ends early; hours that were not tried (beyond HOURS) are NaN.
    """
    import highspy

    gained = np.full(len(more), np.nan)
    if not len(packing.order_eur):
        return np.zeros(len(more))
    priced = price_options(packing, duals)
    dearest = np.argsort(-(more @ duals), kind="stable")[:HOURS]
    nearest = _nearest(packing, priced.loss, np.unique(np.nonzero(more[dearest])[1]))
    if not len(nearest):
        return np.zeros(len(more))
    # A customer is open as a whole: the option taken now and those that might take its place.
    open_rows = np.zeros(len(packing.limit), dtype=bool)
    open_rows[packing.customer_row[nearest]] = True
    open_now = open_rows[packing.customer_row]
    held = ~open_now & chosen
    used = packing.matrix @ held.astype(float)
    columns = packing.matrix.tocsc()[:, open_now]
    touched = np.flatnonzero(np.diff(columns.tocsr().indptr))
    part = packing.part(np.flatnonzero(open_now), used)
    model = highs._load(part, integer=False)
    model.run()
    if model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return gained
    before = model.getInfo().objective_function_value
    scale = 1 / np.maximum(part.limit, 1.0)
    for number in dearest[: max(TRIED_OPTIONS // int(open_now.sum()), 1)].tolist():
        change = more[number]
        if stop():
            break
        rows = np.flatnonzero(change[touched])
        for row in rows.tolist():
            limit = part.limit[row] + change[touched[row]]
            model.changeRowBounds(row, -highspy.kHighsInf, limit * scale[row])
        model.run()
        gain = before - model.getInfo().objective_function_value
        gained[number] = min(max(gain, 0.0), float(duals @ change))
        for row in rows.tolist():
            model.changeRowBounds(row, -highspy.kHighsInf, part.limit[row] * scale[row])
    return gained


def _nearest(packing: Packing, loss: np.ndarray, tried: np.ndarray) -> np.ndarray:
    """Columns of each capacity that would lose least by being decided the other way; `tried`: numbers of rows."""
    matrix = packing.matrix
    wide = set(tried.tolist())
    found = [np.empty(0, dtype=np.int64)]
    for row in np.setdiff1d(np.arange(len(packing.limit)), packing.customer_row).tolist():
        columns = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
        count = OPEN_TRIED if row in wide else OPEN_OTHER
        found.append(columns[np.argsort(loss[columns], kind="stable")[:count]])
    return np.unique(np.concatenate(found))
