"""The same week without looking at capacity: everybody's best channel first, then cut off where minutes end.

The usual way of next-best-action tools, on the same options and the same minutes, so that what it costs can be told.
"""

import numpy as np
import pandas as pd

from solvers.channels.model import Packing
from solvers.channels.options import Options
from solvers.channels.search import fill

COLUMNS = ("way", "order_eur", "value_eur", "contacts", "cut_off")
AWARE, CUT_OFF = "with capacity in view", "best channel, cut off when full"


def compare_ways(
    options: Options, packing: Packing, free: np.ndarray, booked: np.ndarray, chosen: np.ndarray, *, contacts: int
) -> pd.DataFrame:
    """One row per way: euros of the order, value in euros, contacts, and customers who wanted one and got none.

    Args:
        packing: over all options. free: options left to choose from; booked (m,): those settled before.
        chosen: (m,) the plan. contacts: allowed per customer.
    """
    wanted = _best_channels(options, free, contacts)
    part = packing.part(wanted, packing.matrix @ booked.astype(float))
    cut = booked.copy()
    cut[wanted[fill(part, np.zeros(len(wanted), dtype=bool), part.order_eur)]] = True
    hopeful = np.zeros(len(options.customer_ids), dtype=bool)
    hopeful[options.customer[free]] = True
    rows = [(name, *_counted(options, taken, hopeful)) for name, taken in ((AWARE, chosen), (CUT_OFF, cut))]
    return typed(pd.DataFrame(rows, columns=list(COLUMNS)))


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its columns' types, also when it is empty."""
    return frame.astype(
        {"way": "str", "order_eur": "float64", "value_eur": "float64", "contacts": "int64", "cut_off": "int64"}
    )


def no_ways() -> pd.DataFrame:
    """The table without rows."""
    return typed(pd.DataFrame(columns=list(COLUMNS)))


def _best_channels(options: Options, free: np.ndarray, contacts: int) -> np.ndarray:
    """Those of the free options that are by one of their customer's `contacts` best channels; any rep, any day."""
    pair = options.customer[free] * len(options.channels) + options.channel[free]
    pairs, where = np.unique(pair, return_inverse=True)
    best = np.full(len(pairs), -np.inf)
    np.maximum.at(best, where, options.order_eur[free])
    customer = pairs // max(len(options.channels), 1)
    order = np.lexsort((-best, customer))
    first = np.r_[True, customer[order][1:] != customer[order][:-1]] if len(order) else np.empty(0, dtype=bool)
    begins = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    kept = np.zeros(len(pairs), dtype=bool)
    kept[order] = np.arange(len(order)) - begins < contacts
    return np.asarray(free[kept[where]])


def _counted(options: Options, taken: np.ndarray, hopeful: np.ndarray) -> tuple[float, float, int, int]:
    served = np.zeros(len(hopeful), dtype=bool)
    served[options.customer[taken]] = True
    euros = float(options.order_eur[taken].sum()), float(options.value_eur[taken].sum())
    return *euros, int(taken.sum()), int((hopeful & ~served).sum())
