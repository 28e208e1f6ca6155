"""Whether a probability means what it says: said against happened, in bins of equal mass."""

import numpy as np
import pandas as pd

from forecasting.closure.load import Bools, Floats, Ints
from forecasting.closure.report.intervals import by_deal

COLUMNS = ("bin", "rows", "said_pct", "happened_pct", "happened_low", "happened_high")


def reliability(p: Floats, won: Bools, deal: Ints, *, bins: int = 10, draws: int = 200, seed: int = 0) -> pd.DataFrame:
    """One row per bin of p (cut at quantiles, equal values never parted): `COLUMNS`, intervals by deal.

    Args:
        p: (R,) probabilities. won: (R,). deal: (R,) numbers of deals. bins: at most. draws, seed: of the bootstrap.
    """
    if len(p) == 0:
        return pd.DataFrame(columns=list(COLUMNS))
    _, first, position = np.unique(np.sort(p), return_index=True, return_inverse=True)
    bin_of = np.empty(len(p), dtype=np.int64)
    bin_of[np.argsort(p, kind="stable")] = (first * bins // len(p))[position]
    drawn = np.array([_shares(bin_of[rows], won[rows], bins) for rows in by_deal(deal, draws=draws, seed=seed)])
    rows = []
    for number in np.unique(bin_of):
        mine = bin_of == number
        low, high = np.nanquantile(drawn[:, number], [0.025, 0.975])
        rows.append((int(number), int(mine.sum()), 100 * p[mine].mean(), 100 * won[mine].mean(), low, high))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _shares(bin_of: Ints, won: Bools, bins: int) -> Floats:
    """(bins,) percent won; NaN in a bin that was not drawn."""
    count = np.bincount(bin_of, minlength=bins)
    happened = np.bincount(bin_of, weights=won, minlength=bins)
    return np.where(count > 0, 100 * happened / np.maximum(count, 1), np.nan)
