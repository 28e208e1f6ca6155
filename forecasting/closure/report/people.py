"""Which reps say too much and which too little, and how sure that is."""

import numpy as np
import pandas as pd

from forecasting.closure.report.intervals import interval
from forecasting.closure.report.judged import Judged
from forecasting.metrics import bias_points

COLUMNS = ("owner", "rows", "deals", "rep_pct", "actual_pct", "bias_points", "bias_low", "bias_high", "verdict")
MIN_DEALS = 20
"""An owner with fewer decided deals is not judged: it would be a verdict on chance, and on a person."""


def by_owner(judged: Judged, *, draws: int = 200, seed: int = 0) -> pd.DataFrame:
    """One row per owner with `MIN_DEALS` decided deals that have a rep's number: `COLUMNS`.

    verdict: over-confident, under-confident, or `as it happened` where the interval of the bias holds 0. Sorted by
    bias, the most over-confident first.
    """
    rated = judged.pick(~np.isnan(judged.rep) & (np.asarray(judged.owner, dtype=object) != ""))
    rows = []
    for owner in sorted(set(rated.owner)):
        part = rated.pick(rated.owner == owner)
        deals = len(np.unique(part.deal))
        if deals < MIN_DEALS:
            continue
        low, high = interval(bias_points, part.rep, part.won, part.deal, draws=draws, seed=seed)
        verdict = "over-confident" if low > 0 else "under-confident" if high < 0 else "as it happened"
        bias = bias_points(part.rep, part.won)
        happened = 100 * part.won.mean()
        rows.append((owner, len(part), deals, 100 * part.rep.mean(), happened, bias, low, high, verdict))
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    return found.sort_values(["bias_points", "owner"], ascending=[False, True], kind="stable").reset_index(drop=True)
