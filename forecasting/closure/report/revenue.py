"""Euros that the open pipeline will bring, with a band that holds.

Summing deals as if they were independent gives a band far too narrow: win rates of a month rise and fall together.
So all deals of a census share one random shift of their log-odds, normal with standard deviation `sd`, and given it
they are independent. The sd is learned from past censuses: that under which their won euros are likeliest (a normal
approximation of the sum; censuses of the same deals overlap, which widens nothing and narrows nothing, but makes sd
itself uncertain, so it is drawn to `PRIOR_SD`).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from forecasting.calibration import logit
from forecasting.closure.report.judged import Judged, moments
from forecasting.closure.sequences import Bools, Floats, Ints

COLUMNS = ("census", "deals", "expected_eur", "low_eur", "high_eur", "won_eur", "inside")
GRID = np.linspace(0.0, 1.2, 61)
PRIOR_SD = 0.25
PRIOR_WEIGHT = 2.0
"""The prior on sd counts as much as so many independent censuses."""
QUADRATURE = 21
"""Points of the Gauss-Hermite rule over the shared shift."""


@dataclass(frozen=True)
class Drift:
    """sd: standard deviation of the shift, in log-odds, that all deals of a census share."""

    sd: float = PRIOR_SD


def fit_drift(p: Floats, won: Bools, amount_eur: Floats, landmark: Ints, deal: Ints) -> Drift:
    """Learns the shared shift from past censuses.

    Args:
        p: (R,) probabilities that did not see the rows' outcomes. won: (R,). amount_eur: (R,) unknown counts 0.
        landmark: (R,) censuses. deal: (R,) numbers of deals: what overlaps is not counted twice.
    """
    amount = np.nan_to_num(amount_eur)
    censuses, number = np.unique(landmark, return_inverse=True)
    if len(censuses) < 3:
        return Drift()
    # Deals stand in several censuses: together all censuses tell as much as their deals would once.
    independent = len(np.unique(deal)) / len(deal)
    gap = np.bincount(number, weights=(won - p) * amount)
    score = []
    for sd in GRID:
        mean, variance = np.zeros(len(censuses)), np.zeros(len(censuses))
        for shift, weight in _shifts(sd):
            q = expit(logit(p) + shift)
            moved = np.bincount(number, weights=(q - p) * amount)
            mean += weight * moved
            variance += weight * (np.bincount(number, weights=q * (1 - q) * amount**2) + moved**2)
        variance = np.maximum(variance - mean**2, 1e-9)
        fit = float((-0.5 * np.log(variance) - 0.5 * gap**2 / variance).sum()) * independent
        score.append(fit + PRIOR_WEIGHT * (np.log(max(sd, 1e-3) / PRIOR_SD) - sd / PRIOR_SD))
    return Drift(float(GRID[int(np.argmax(score))]))


def pipeline(
    judged: Judged, model: str, drift: Drift, *, share: float = 0.8, draws: int = 2000, seed: int = 0
) -> pd.DataFrame:
    """Expected euros by census with the central band of `share`, and what was won: `COLUMNS`.

    Args:
        judged: observations; unknown amounts count 0. model: name of the model. drift: the shared shift.
        share: of outcomes that the band should hold. draws: simulated futures a census. seed: of them.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for census in np.unique(judged.landmark):
        part = judged.pick(judged.landmark == census)
        amount = np.nan_to_num(part.amount_eur)
        low, high = band(part.probability[model], amount, drift, share=share, draws=draws, rng=rng)
        won = float((part.won * amount).sum())
        expected = float((part.probability[model] * amount).sum())
        rows.append((moments(np.array([census]))[0], len(part), expected, low, high, won, low <= won <= high))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def band(
    p: Floats, amount_eur: Floats, drift: Drift, *, share: float, draws: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Central band of `share` of the euros won: a shift shared by all, then each deal on its own."""
    total = np.empty(draws)
    base = logit(p)
    for draw in range(draws):
        q = expit(base + drift.sd * rng.standard_normal())
        total[draw] = amount_eur[rng.random(len(q)) < q].sum()
    low, high = np.quantile(total, [(1 - share) / 2, (1 + share) / 2])
    return float(low), float(high)


def _shifts(sd: float) -> list[tuple[float, float]]:
    """Points and weights of a normal shift of this spread."""
    points, weights = np.polynomial.hermite_e.hermegauss(QUADRATURE)
    return list(zip((sd * points).tolist(), (weights / weights.sum()).tolist(), strict=True))
