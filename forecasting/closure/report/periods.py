"""Reps against model against what happened, by fiscal period: who was nearer.

An observation belongs to the period of its landmark: what was said then is held against what became of those deals.
"""

import numpy as np
import pandas as pd

from forecasting.closure.report.intervals import interval
from forecasting.closure.report.judged import Judged, moments
from forecasting.metrics import bias_points, brier

COLUMNS = (
    "period", "rows", "deals", "actual_pct", "model_pct", "rep_pct", "model_bias_points", "model_bias_low",
    "model_bias_high", "rep_bias_points", "model_brier", "rep_brier", "nearer",
)  # fmt: skip
TIE_POINTS = 0.5
"""Biases that differ by less count as equally near."""


def by_period(
    judged: Judged, model: str, *, periods: str = "quarter", year_begins: int = 1, draws: int = 200, seed: int = 0
) -> pd.DataFrame:
    """One row per fiscal period: `COLUMNS`.

    Args:
        judged: observations with outcomes; where they have a rep's number, model and rep are compared on the rows that
            have one. model: name of the model.
        periods: year, quarter, month or half-month. year_begins: month (1..12) in which the fiscal year begins; a
            fiscal year is named for the calendar year in which it ends.
        draws, seed: of the bootstrap over deals for the interval of the model's bias.

    Returns:
        By period in order; nearer is model, rep, `equal`, or "" where no rep's number is known.
    """
    label = period_names(judged.landmark, periods=periods, year_begins=year_begins)
    rows = []
    for name in sorted(set(label)):
        part = judged.pick(label == name)
        rated = part.pick(~np.isnan(part.rep))
        both = rated if len(rated) else part
        p, won = both.probability[model], both.won
        bias = bias_points(p, won)
        ends = interval(bias_points, p, won, both.deal, draws=draws, seed=seed)
        rep_bias = bias_points(rated.rep, rated.won)
        gap = abs(bias) - abs(rep_bias)
        nearer = "" if not len(rated) else "equal" if abs(gap) < TIE_POINTS else "model" if gap < 0 else "rep"
        rows.append(
            (
                name, len(both), len(np.unique(both.deal)), 100 * won.mean(), 100 * p.mean(),
                100 * rated.rep.mean() if len(rated) else np.nan, bias, *ends, rep_bias, brier(p, won),
                brier(rated.rep, rated.won), nearer,
            )
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def period_names(seconds: np.ndarray, *, periods: str, year_begins: int) -> np.ndarray:
    """(R,) names such as FY24, FY24 Q3, 2024-05 or 2024-05-01 to 15, which sort in time.

    Raises:
        ValueError: the kind of period is not known or there is no such month.
    """
    if not 1 <= year_begins <= 12:
        raise ValueError(f"a fiscal year begins in a month 1 to 12, not {year_begins}")
    moment = moments(seconds)
    passed = (moment.month.to_numpy() - year_begins) % 12
    begins = moment.year.to_numpy() - (moment.month.to_numpy() < year_begins)
    ends = begins + (year_begins > 1)
    year = np.array([f"FY{each % 100:02d}" for each in ends], dtype=object)
    if periods == "year":
        return year
    if periods == "quarter":
        return np.array([f"{name} Q{each // 3 + 1}" for name, each in zip(year, passed, strict=True)], dtype=object)
    if periods == "month":
        return np.asarray(moment.strftime("%Y-%m"), dtype=object)
    if periods == "half-month":
        return np.array(
            [f"{m:%Y-%m}-01 to 15" if m.day <= 15 else f"{m:%Y-%m}-16 to end" for m in moment], dtype=object
        )
    raise ValueError(f"periods are year, quarter, month or half-month, not {periods}")
