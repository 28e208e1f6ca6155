"""How good a forecast is: measures of probabilities, of point forecasts and of quantile forecasts.

Arguments are one-dimensional and of equal length. Probabilities and outcomes lie in 0..1; counts carry their own
unit. A measure that its input does not define (no rows, one class only) is NaN, never an invented number.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

CLIP = 1e-6
"""Probabilities are held this far from 0 and 1 before a logarithm is taken."""

Array = np.ndarray[Any, np.dtype[np.float64]]


def auc(probability: ArrayLike, outcome: ArrayLike) -> float:
    """Share of (won, lost) pairs in the right order; ties count half.

    The Mann-Whitney form of the area under the ROC curve (Hanley and McNeil, 1982). NaN with one class only.
    """
    p, y = _pair(probability, outcome)
    won = int(y.sum())
    lost = len(y) - won
    if won == 0 or lost == 0:
        return float("nan")
    _, position, count = np.unique(p, return_inverse=True, return_counts=True)
    mid_rank = (np.cumsum(count) - (count - 1) / 2)[position]
    return float((mid_rank[y == 1].sum() - won * (won + 1) / 2) / (won * lost))


def brier(probability: ArrayLike, outcome: ArrayLike) -> float:
    """Mean squared distance of probability and outcome (Brier, 1950); NaN without rows."""
    p, y = _pair(probability, outcome)
    return float(np.mean((p - y) ** 2)) if len(p) else float("nan")


def log_loss(probability: ArrayLike, outcome: ArrayLike) -> float:
    """Mean negative log-likelihood in nats, probabilities held `CLIP` away from 0 and 1; NaN without rows."""
    p, y = _pair(probability, outcome)
    if len(p) == 0:
        return float("nan")
    q = np.clip(p, CLIP, 1 - CLIP)
    return float(-np.mean(y * np.log(q) + (1 - y) * np.log1p(-q)))


def bias_points(probability: ArrayLike, outcome: ArrayLike) -> float:
    """Mean probability less the share that happened, in percentage points: above 0 is too confident."""
    p, y = _pair(probability, outcome)
    return float(100 * (p.mean() - y.mean())) if len(p) else float("nan")


def ece(probability: ArrayLike, outcome: ArrayLike, *, bins: int = 10) -> float:
    """Expected calibration error: weighted |mean probability - share that happened| over quantile bins.

    Bins are cut at the quantiles of the probability and a cut never parts equal probabilities: the tied block goes
    to the bin in which its first row falls, so the order of rows cannot change the figure. Naeini et al. (2015)
    with bins of equal mass. NaN without rows.
    """
    p, y = _pair(probability, outcome)
    if len(p) == 0:
        return float("nan")
    _, first, position = np.unique(np.sort(p), return_index=True, return_inverse=True)
    order = np.argsort(p, kind="stable")
    bin_of_row = (first * bins // len(p))[position]
    gap = np.bincount(bin_of_row, weights=p[order] - y[order], minlength=bins)
    return float(np.abs(gap).sum() / len(p))


def precision_at(probability: ArrayLike, outcome: ArrayLike, *, share: float) -> float:
    """Share that happened among the best `share` (0..1) of the rows; rows tied at the cut count in proportion.

    At least one row is taken. NaN without rows.
    """
    p, y = _pair(probability, outcome)
    if len(p) == 0:
        return float("nan")
    taken = max(1.0, share * len(p))
    values, position, count = np.unique(-p, return_inverse=True, return_counts=True)
    before = np.cumsum(count) - count
    weight = np.clip((taken - before) / count, 0.0, 1.0)[position]
    return float((weight * y).sum() / weight.sum()) if len(values) else float("nan")


def wmape_pct(forecast: ArrayLike, actual: ArrayLike) -> float:
    """Sum of absolute errors in percent of the sum of absolute actuals; rows with a NaN in either are left out.

    NaN where nothing remains or all actuals are 0 (Kolassa and Schuetz, 2007).
    """
    f, a = _known(forecast, actual)
    total = float(np.abs(a).sum())
    return float(100 * np.abs(f - a).sum() / total) if total > 0 else float("nan")


def pinball_loss(forecast: ArrayLike, actual: ArrayLike, *, quantile: float) -> float:
    """Mean pinball loss of a forecast of one `quantile` (0..1), in the unit of the actuals.

    q (a - f) where the actual lies above, (1 - q) (f - a) where it lies below (Koenker and Bassett, 1978). Rows with
    a NaN are left out; NaN where none remains.
    """
    f, a = _known(forecast, actual)
    above = a - f
    return float(np.mean(np.maximum(quantile * above, (quantile - 1) * above))) if len(a) else float("nan")


def coverage_pct(lower: ArrayLike, upper: ArrayLike, actual: ArrayLike) -> float:
    """Percent of actuals within lower..upper, both ends included; rows with a NaN are left out."""
    low, high, a = (np.asarray(values, dtype=np.float64) for values in (lower, upper, actual))
    if not low.shape == high.shape == a.shape:
        raise ValueError(f"lower {low.shape}, upper {high.shape} and actual {a.shape} must have the same shape")
    known = ~(np.isnan(low) | np.isnan(high) | np.isnan(a))
    inside = (low <= a) & (a <= high)
    return float(100 * inside[known].mean()) if known.any() else float("nan")


def _pair(probability: ArrayLike, outcome: ArrayLike) -> tuple[Array, Array]:
    p, y = np.asarray(probability, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    if p.shape != y.shape or p.ndim != 1:
        raise ValueError(f"probability {p.shape} and outcome {y.shape} must be one-dimensional and of equal length")
    return p, y


def _known(forecast: ArrayLike, actual: ArrayLike) -> tuple[Array, Array]:
    f, a = np.asarray(forecast, dtype=np.float64), np.asarray(actual, dtype=np.float64)
    if f.shape != a.shape:
        raise ValueError(f"forecast {f.shape} and actual {a.shape} must have the same shape")
    known = ~(np.isnan(f) | np.isnan(a))
    return f[known], a[known]
