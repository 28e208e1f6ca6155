"""How long before the decision the model is worth listening to.

Observations are grouped by the days that were left until the deal was decided, which nobody knew then. Skill is 1 -
Brier / Brier of always saying the group's own share of wins: it is 0 for a number that knows nothing of single deals.
"""

import numpy as np
import pandas as pd

from forecasting.closure.report.judged import Judged
from forecasting.metrics import auc, bias_points, brier

EDGES_DAYS = (0, 3, 7, 14, 21, 28, 42, 60, 90, 180, 365)
MIN_ROWS = 50
"""A group with fewer observations is not reported: its figures would be noise."""
SKILL = 0.10
"""Skill from which on a number is worth listening to."""
COLUMNS = ("from_days", "to_days", "rows", "won_pct", "auc", "brier", "skill", "bias_points", "rep_auc", "rep_brier")


def by_lead_time(judged: Judged, model: str) -> pd.DataFrame:
    """One row per group of days left: `COLUMNS`; groups below `MIN_ROWS` or with one outcome only are left out."""
    left = judged.days_ahead
    rows = []
    for low, high in zip(EDGES_DAYS, (*EDGES_DAYS[1:], np.inf), strict=True):
        part = judged.pick((left >= low) & (left < high))
        if len(part) < MIN_ROWS or len(np.unique(part.won)) < 2:
            continue
        p, rated = part.probability[model], part.pick(~np.isnan(part.rep))
        know_nothing = float(part.won.mean() * (1 - part.won.mean()))
        rows.append(
            (
                float(low), float(high), len(part), 100 * part.won.mean(), auc(p, part.won), brier(p, part.won),
                1 - brier(p, part.won) / know_nothing, bias_points(p, part.won), auc(rated.rep, rated.won),
                brier(rated.rep, rated.won),
            )
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def largest_lead(judged: Judged, model: str) -> tuple[float, float]:
    """The largest lead, in days and in median cycles, up to which skill stays above `SKILL` in every group.

    (0, 0) where it is below at once; the upper end of the last open group is read as its lower one.
    """
    reached = 0.0
    table = by_lead_time(judged, model)
    columns = (table[name].to_numpy(dtype=np.float64) for name in ("from_days", "to_days", "skill"))
    for low, high, skill in zip(*columns, strict=True):
        if not skill > SKILL:
            break
        reached = float(high if np.isfinite(high) else low)
    cycle = judged.cycle_days
    return reached, reached / cycle if cycle > 0 else 0.0
