"""Prices of an earlier plan as prices of this plan's capacities: where a search begins."""

import numpy as np
import pandas as pd

from scenarios.schema import FIELD
from solvers.channels.model import BUDGET, Capacity
from solvers.channels.options import Options


def known_prices(before: pd.DataFrame, options: Options, capacity: Capacity, rows: np.ndarray) -> np.ndarray:
    """(len(rows),) euros per minute that an earlier plan paid for these rows of the packing; 0 where it knew none.

    Days are compared by their place in the horizon, reps and channels by name. The price of an hour on a day is the sum
    over all sums of days that end on it or later, so a sum of days has what its last day is dearer than the next sum's.

    Args:
        before: the earlier plan's `prices` (resource, day, price_eur_per_hour).
        rows: numbers of rows of the packing, whose first ones are the capacities.
    """
    euros = before["price_eur_per_hour"].fillna(0.0).to_numpy(float) / 60
    dates = pd.to_datetime(before["day"])
    numbers = (dates - dates.min()).dt.days.fillna(-1).to_numpy(np.int64)
    known = dict(zip(zip(before["resource"].astype("str"), numbers.tolist(), strict=True), euros.tolist(), strict=True))
    found = np.zeros(len(capacity.limit))
    after: dict[int, float] = {}
    for row in reversed(range(len(found))):
        channel, rep, day = int(capacity.channel[row]), int(capacity.rep[row]), int(capacity.day[row])
        name = options.channels[channel]
        if rep >= 0:
            found[row] = known.get((f"{FIELD}:{options.rep_ids[rep]}", -1), 0.0)
        elif day == BUDGET:
            found[row] = known.get((f"{name}:week", -1), 0.0)
        else:
            own = known.get((name, day), 0.0)
            found[row] = max(own - after.get(channel, 0.0), 0.0) if channel in capacity.slots else own
            after[channel] = own
    start = np.zeros(len(rows))
    inside = rows < len(found)
    start[inside] = found[rows[inside]]
    return start
