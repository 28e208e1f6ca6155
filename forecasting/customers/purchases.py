"""Purchase history as arrays: sales by customer, and recency, frequency and value as they stood on a day.

Times are days; money is euros of sales. The feed may end before `as_of`: a silence at the end that chance cannot
explain means that purchases stopped being delivered, not that customers stopped buying.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

MONTH_DAYS = 365.25 / 12
SILENT_DAYS = 14
"""A shorter silence before `as_of` is never taken for the end of the feed."""
SILENT_TIMES = 5
"""Nor one shorter than so many times the longest silence seen before."""
RHYTHM_DAYS = 30
"""With purchases on fewer different days the table has no rhythm that could have stopped."""
RFM = ("recency_days", "tenure_days", "purchases", "sales_eur", "mean_eur", "largest_eur", "last_eur",
       "sales_eur_90_days", "sales_eur_180_days", "purchases_90_days", "purchases_365_days", "rhythm_days")  # fmt: skip


@dataclass(frozen=True)
class Purchases:
    """Purchases of known buyers up to `observed_until`, sorted by day, then customer.

    ids: (B,) every customer asked for and every other buyer, sorted. row: (K,) position of the buyer in `ids`.
    day: (K,) days since `first`. eur: (K,). days: length of the history in days, first and last day included.
    """

    ids: np.ndarray
    row: np.ndarray
    day: np.ndarray
    eur: np.ndarray
    days: int
    notes: tuple[str, ...]

    @property
    def buyers(self) -> int:
        """Number of customers with at least one purchase."""
        return len(np.unique(self.row))


def read_purchases(transactions: pd.DataFrame, customer_ids: pd.Series, *, as_of: date) -> Purchases:
    """Purchases dated up to `as_of`; rows without a date or an amount are not counted."""
    dates = transactions["date"].to_numpy().astype("datetime64[D]")
    eur = transactions["amount_eur"].to_numpy(dtype=np.float64)
    usable = ~np.isnat(dates) & (dates <= np.datetime64(as_of, "D")) & np.isfinite(eur)
    who = transactions["customer_id"].to_numpy(dtype=object)[usable].astype(str)
    wanted = customer_ids.to_numpy(dtype=object).astype(str)
    ids, row = np.unique(np.concatenate([who, wanted]), return_inverse=True)
    row = row[: len(who)]
    if not usable.any():
        return Purchases(ids, row, np.zeros(0, dtype=np.int64), np.zeros(0), 0, ())
    first = dates[usable].min()
    day = (dates[usable] - first).astype(np.int64)
    order = np.lexsort((row, day))
    end = int((np.datetime64(as_of, "D") - first).astype(np.int64))
    seen = np.unique(day)
    silence = end - int(seen[-1])
    longest = int(np.diff(seen).max(initial=1))
    notes: tuple[str, ...] = ()
    if len(seen) >= RHYTHM_DAYS and silence > SILENT_DAYS and silence > SILENT_TIMES * longest:
        end = int(seen[-1])
        notes = (
            f"potential: the last purchase in the table is {silence} days before as_of, longer than any silence before "
            f"it ({longest} days); the feed is taken to end there, and recency is counted from that day",
        )
    return Purchases(ids, row[order], day[order], eur[usable][order], end + 1, notes)


def sales_between(purchases: Purchases, start: int, stop: int) -> np.ndarray:
    """(B,) euros of each customer in days start <= day < stop."""
    inside = (purchases.day >= start) & (purchases.day < stop)
    return np.bincount(purchases.row[inside], weights=purchases.eur[inside], minlength=len(purchases.ids))


def rfm(purchases: Purchases, until: int) -> np.ndarray:
    """(B, len(RFM)) what was known of each customer before day `until`: NaN or 0 where nothing was bought."""
    before = purchases.day < until
    row, day, eur = purchases.row[before], purchases.day[before], purchases.eur[before]
    n = len(purchases.ids)
    count = np.bincount(row, minlength=n).astype(np.float64)
    total = np.bincount(row, weights=eur, minlength=n)
    first, last, largest, latest = np.full(n, np.inf), np.full(n, -np.inf), np.full(n, -np.inf), np.full(n, np.nan)
    np.minimum.at(first, row, day)
    np.maximum.at(last, row, day)
    np.maximum.at(largest, row, eur)
    latest[row] = eur  # purchases are sorted by day: the last one written stays
    bought = count > 0
    recency = np.where(bought, until - last, np.nan)
    tenure = np.where(bought, until - first, np.nan)
    with np.errstate(invalid="ignore"):
        rhythm = np.where(count > 1, (last - first) / np.maximum(count - 1, 1), np.nan)
    recent = [
        np.bincount(row[day >= until - days], weights=weights[day >= until - days], minlength=n)
        for days, weights in ((90, eur), (180, eur), (90, np.ones(len(eur))), (365, np.ones(len(eur))))
    ]
    mean = np.where(bought, total / np.maximum(count, 1), np.nan)
    return np.column_stack(
        [recency, tenure, count, total, mean, np.where(bought, largest, np.nan), latest, *recent, rhythm]
    )
