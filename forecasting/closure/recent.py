"""Keeps up with drift: one number, added to all log-odds, that makes the latest weeks come out even.

Win rates move within weeks, and a calibrator fitted on all of the past follows late. Waiting for settled outcomes is
late too, and taking the outcomes that came first is wrong: quick ones are not like the others. A forecast must not be
expected to change (it is a martingale; Dawid, 1982): so an observation whose outcome is not known is held against what
is thought of its deal today, with the same shift. An observation then says: won, lost, or how much likelier the deal
has become. The shift is drawn to 0 by how few deals there are: a normal prior of `PRIOR_SD` on the log-odds, and the
rows of one deal count together as one.
"""

import numpy as np
from scipy.special import expit

from forecasting.calibration import logit
from forecasting.closure.landmarks import DAY, Rows
from forecasting.closure.load import Bools, Floats

WINDOW_DAYS = 42
"""Days of landmarks, back from the latest one with a prediction, that the shift looks at."""
PRIOR_SD = 0.25
"""How far win rates usually move between a past and the present, in log-odds (.25 is 5 points at one half)."""
STEPS = 200


def recent_shift(
    probability: Floats, rows: Rows, known: Bools, *, horizon_days: int | None, window_days: int = WINDOW_DAYS
) -> float:
    """The shift in log-odds; 0 where nothing is known.

    With q = expit(logit p + s), the shift s solves

        sum over rows of (m - q) / n = s / PRIOR_SD^2,

    where m is 1 or 0 if the outcome is known, else the deal's own q at its latest landmark, times the share of such
    wins that come in time for the older row's horizon; n is how many rows a deal has, on average over rows.

    Args:
        probability: (R,) calibrated, made without the rows' own outcomes; NaN leaves a row out.
        rows: (R,) observations. known: (R,) whether the outcome was known at the latest landmark. Not later: losses
            of the days since would count, and the deals that have been open since would not stand against them.
        horizon_days: of the label; None: ever. window_days: how far back to look.
    """
    told = np.flatnonzero(~np.isnan(probability))
    if not known[told].any():
        return 0.0
    deal, landmark = rows.deal[told], rows.landmark[told]
    order = np.lexsort((landmark, deal))
    final = order[np.append(deal[order][1:] != deal[order][:-1], True)]
    place = np.searchsorted(deal[final], deal)
    latest, now = told[final][place], landmark[final][place]
    kept = landmark > landmark.max() - window_days * DAY
    in_time = _share_in_time(rows, known, landmark[kept], now[kept], horizon_days=horizon_days)
    told, latest, deal = told[kept], latest[kept], deal[kept]
    base, today = logit(probability[told]), logit(probability[latest])
    is_known, won = known[told], rows.won[told].astype(np.float64)
    # An open deal's latest row has nothing to be held against: it says that nothing has changed.
    in_time = np.where(told == latest, 1.0, in_time)
    # Rows of one deal tell the same outcome again: together they weigh as one.
    _, code = np.unique(deal, return_inverse=True)
    count = np.bincount(code)
    together = float((count**2).sum() / count.sum())
    shift = 0.0
    for _ in range(STEPS):
        q = expit(base + shift)
        meant = np.where(is_known, won, expit(today + shift) * in_time)
        slope = float((meant - q).sum()) / together - shift / PRIOR_SD**2
        # The bend of the settled case: larger than the true one, so that steps fall short and never swing.
        step = slope / (float((q * (1 - q)).sum()) / together + 1 / PRIOR_SD**2)
        shift += step
        if abs(step) < 1e-10:
            break
    return float(shift)


def shifted(probability: Floats, shift: float) -> Floats:
    """(R,) probabilities with `shift` added to their log-odds; NaN stays NaN."""
    return np.asarray(expit(logit(probability) + shift), dtype=np.float64) if shift else probability


def _share_in_time(rows: Rows, known: Bools, landmark: Floats, now: Floats, *, horizon_days: int | None) -> Floats:
    """(K,) share of wins within the horizon, seen from second `now`, that come before that of `landmark` ends."""
    wins = known & rows.won
    if horizon_days is None or not wins.any():
        return np.ones(len(landmark))
    took = np.sort(rows.known_at[wins] - rows.landmark[wins])
    left = landmark + horizon_days * DAY - now
    return np.asarray(np.searchsorted(took, left, side="right") / len(took), dtype=np.float64)
