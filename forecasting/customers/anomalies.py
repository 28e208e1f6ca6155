"""Customers whose numbers are odd together, and which of them are.

Isolation forest (Liu, Ting and Zhou, 2008) over the numeric features and the purchase history. Its score lies in 0..1
and is about 0.5 where nothing is odd. A customer is an anomaly where the score is beyond `ODD_SCORE` and more than
`ODD_SPREADS` robust standard deviations above the usual customer's.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import IsolationForest

TREES = 200
SAMPLE = 256
MIN_CUSTOMERS = 20
"""Among fewer customers nobody is called odd."""
ODD_SCORE = 0.6
ODD_SPREADS = 3.0
NAMED_FEATURES = 2
MIN_NAMED_SPREADS = 2.0
"""A feature nearer to the median than this is no reason."""
MAD_TO_SD = 1.4826
"""Median absolute deviation times this is the standard deviation of a normal variable."""


@dataclass(frozen=True)
class Anomalies:
    """score: (N,) 0..1. is_anomaly: (N,) bool. reason: (N,) text, "" for usual customers."""

    score: np.ndarray
    is_anomaly: np.ndarray
    reason: np.ndarray
    notes: tuple[str, ...]


def find_anomalies(values: np.ndarray, names: tuple[str, ...], *, seed: int) -> Anomalies:
    """Scores each row of `values`.

    Args:
        values: (N, F) numbers, NaN unknown (read as the column's median). names: (F,) as they stand in the reason.

    Returns:
        Scores; all 0.5 and nobody odd with fewer than `MIN_CUSTOMERS` rows or no column that varies.
    """
    count = len(values)
    spread, median = _robust_spread(values)
    varies = spread > 0
    if count < MIN_CUSTOMERS or not varies.any():
        note = f"anomalies: not looked for ({count} customers, {int(varies.sum())} numbers that vary)"
        nobody = np.zeros(count, dtype=bool)
        return Anomalies(np.full(count, 0.5), nobody, np.full(count, "", dtype=object), (note,))
    filled = np.where(np.isnan(values), median, values)[:, varies]
    forest = IsolationForest(n_estimators=TREES, max_samples=min(SAMPLE, count), random_state=seed, n_jobs=1)
    score = -forest.fit(filled).score_samples(filled)
    usual = float(np.median(score))
    scatter = MAD_TO_SD * float(np.median(np.abs(score - usual)))
    odd = (score > ODD_SCORE) & (score > usual + ODD_SPREADS * scatter)
    distance = (filled - median[varies]) / spread[varies]
    kept = [name for name, use in zip(names, varies, strict=True) if use]
    reason = np.full(count, "", dtype=object)
    for i in np.flatnonzero(odd):
        reason[i] = _reason(distance[i], kept)
    return Anomalies(np.clip(score, 0.0, 1.0), odd, reason, ())


def _robust_spread(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(F,) robust standard deviation of each column, by its median; the plain one where more than half are equal."""
    spread, median = np.zeros(values.shape[1]), np.zeros(values.shape[1])
    for j in range(values.shape[1]):
        known = values[:, j][~np.isnan(values[:, j])]
        if len(known):
            median[j] = np.median(known)
            spread[j] = MAD_TO_SD * np.median(np.abs(known - median[j])) or float(np.std(known))
    return spread, median


def _reason(distance: np.ndarray, names: list[str]) -> str:
    """`sales_eur 8.1 robust standard deviations above the median, ...` of the furthest features."""
    order = np.argsort(-np.abs(distance), kind="stable")[:NAMED_FEATURES]
    far = [j for j in order if abs(distance[j]) >= MIN_NAMED_SPREADS]
    if not far:
        return "no single number stands out: their combination is rare"
    return ", ".join(
        f"{names[j]} {abs(distance[j]):.1f} robust standard deviations "
        f"{'above' if distance[j] > 0 else 'below'} the median"
        for j in far
    )
