"""Keeps up with drift: one number, added to all log-odds, that makes the latest known outcomes come out even.

Win rates move within weeks, and a calibrator fitted on all of the past follows late. The shift is found on the last
window of matured observations, and drawn to 0 by how few deals stand in it: a normal prior of
`PRIOR_SD` on the log-odds, and the rows of one deal count together as one.
"""

import numpy as np
from scipy.special import expit

from forecasting.calibration import logit
from forecasting.closure.landmarks import DAY, Rows
from forecasting.closure.sequences import Floats

WINDOW_DAYS = 42
"""Days of landmarks, back from the latest one with a known outcome, that the shift looks at."""
PRIOR_SD = 0.25
"""How far win rates usually move between a past and the present, in log-odds (.25 is 5 points at one half)."""
NEWTON_STEPS = 30


def recent_shift(probability: Floats, rows: Rows, weight: Floats, *, window_days: int = WINDOW_DAYS) -> float:
    """The shift in log-odds; 0 where nothing is known.

    Args:
        probability: (R,) calibrated, made without the rows' own outcomes; NaN leaves a row out.
        rows: (R,) observations. weight: (R,) 0 where the outcome is not known.
        window_days: how far back to look.
    """
    known = (weight > 0) & ~np.isnan(probability)
    if not known.any():
        return 0.0
    known &= rows.landmark > rows.landmark[known].max() - window_days * DAY
    y, w = rows.won[known].astype(np.float64), weight[known]
    base = logit(probability[known])
    # Rows of one deal tell the same outcome again: together they weigh as one.
    _, deal = np.unique(rows.deal[known], return_inverse=True)
    mean_rows = np.bincount(deal, weights=w)
    together = float((mean_rows**2).sum() / mean_rows.sum())
    shift = 0.0
    for _ in range(NEWTON_STEPS):
        p = expit(base + shift)
        slope = (w * (y - p)).sum() / together - shift / PRIOR_SD**2
        bend = (w * p * (1 - p)).sum() / together + 1 / PRIOR_SD**2
        step = slope / bend
        shift += step
        if abs(step) < 1e-10:
            break
    return float(shift)


def shifted(probability: Floats, shift: float) -> Floats:
    """(R,) probabilities with `shift` added to their log-odds; NaN stays NaN."""
    return np.asarray(expit(logit(probability) + shift), dtype=np.float64) if shift else probability
