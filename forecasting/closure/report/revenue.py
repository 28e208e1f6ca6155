"""Euros that the open pipeline will bring, with a band that holds.

Summing deals as if they were independent gives a band far too narrow: win rates of a month rise and fall together, and
deals that came in the same week are alike in ways no model sees. So each draw shifts the log-odds of all deals of a
census by one number and those of each weekly cohort by another, and given both deals are independent. How far the two
wander is learned from past censuses: the pair under which their won euros are likeliest. Few censuses say little
about that, and censuses of the same deals overlap: the pair is drawn to `PRIOR_SD`, and shifts are drawn from Student's
t with as many degrees of freedom as there are independent censuses (less one), not from the normal.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from forecasting.calibration import logit
from forecasting.closure.load import Bools, Floats, Ints
from forecasting.closure.report.judged import Judged, moments

COLUMNS = ("census", "deals", "expected_eur", "low_eur", "high_eur", "won_eur", "inside")
GRID = np.linspace(0.0, 1.2, 41)
PRIOR_SD = 0.18
"""Of each of the two: together they wander .25, which is 5 points at one half."""
PRIOR_WEIGHT = 2.0
"""The prior on each sd counts as much as so many independent censuses."""
LEAST_FREEDOM = 3.0
"""Degrees of freedom of the t where next to nothing is known."""


@dataclass(frozen=True)
class Drift:
    """sd: spread of the shift, in log-odds, that all deals of a census share. cohort_sd: of the one that the deals of a
    weekly cohort share. freedom: degrees of the t that both are drawn from; inf: normal.
    """

    sd: float = PRIOR_SD
    cohort_sd: float = 0.0
    freedom: float = float("inf")

    def draw(self, rng: np.random.Generator, cohorts: int) -> tuple[float, Floats]:
        """One shift of all, and one of each of so many cohorts; the same uncertainty of scale stretches both."""
        stretch = 1.0 if np.isinf(self.freedom) else float(np.sqrt(self.freedom / rng.chisquare(self.freedom)))
        return self.sd * stretch * float(rng.standard_normal()), self.cohort_sd * stretch * rng.standard_normal(cohorts)


def fit_drift(p: Floats, won: Bools, amount_eur: Floats, landmark: Ints, deal: Ints) -> Drift:
    """Learns both shifts from past censuses.

    The gap of won and expected euros of a census has, to first order in the shifts, the variance

        sum_i a_i^2 p_i (1 - p_i)  +  sd^2 L^2  +  cohort_sd^2 sum_k L_k^2,   L_k = sum_{i in k} a_i p_i (1 - p_i).

    Args:
        p: (R,) probabilities that did not see the rows' outcomes. won: (R,). amount_eur: (R,) unknown counts 0.
        landmark: (R,) censuses. deal: (R,) numbers of deals: what overlaps is not counted twice, and a deal's cohort
            is the census at which it is first seen.
    """
    amount = np.nan_to_num(amount_eur)
    censuses, number = np.unique(landmark, return_inverse=True)
    if len(censuses) < 3:
        return Drift(cohort_sd=PRIOR_SD, freedom=LEAST_FREEDOM)
    # Deals stand in several censuses: together all censuses tell as much as their deals would once.
    independent = len(np.unique(deal)) / len(deal)
    cohort = _cohorts(landmark, deal)
    gap = np.bincount(number, weights=(won - p) * amount)
    alone = np.bincount(number, weights=p * (1 - p) * amount**2)
    moved = np.zeros((len(censuses), int(cohort.max()) + 1))
    np.add.at(moved, (number, cohort), p * (1 - p) * amount)
    together, apart = moved.sum(axis=1) ** 2, (moved**2).sum(axis=1)
    variance = alone + (GRID[:, None] ** 2)[..., None] * together + (GRID[None, :] ** 2)[..., None] * apart
    variance = np.maximum(variance, 1e-9)
    fit = independent * (-0.5 * np.log(variance) - 0.5 * gap**2 / variance).sum(axis=-1)
    prior = PRIOR_WEIGHT * (np.log(np.maximum(GRID, 1e-3) / PRIOR_SD) - GRID / PRIOR_SD)
    best = np.unravel_index(int(np.argmax(fit + prior[:, None] + prior[None, :])), fit.shape)
    freedom = max(LEAST_FREEDOM, independent * len(censuses) - 1)
    return Drift(float(GRID[best[0]]), float(GRID[best[1]]), float(freedom))


def pipeline(
    judged: Judged, model: str, drift: Drift, *, share: float = 0.8, draws: int = 2000, seed: int = 0
) -> pd.DataFrame:
    """Expected euros by census with the central band of `share`, and what was won: `COLUMNS`.

    Args:
        judged: observations; unknown amounts count 0. model: name of the model. drift: the shared shifts.
        share: of outcomes that the band should hold. draws: simulated futures a census. seed: of them.
    """
    rng = np.random.default_rng(seed)
    cohorts = _cohorts(judged.landmark, judged.deal)
    rows = []
    for census in np.unique(judged.landmark):
        mine = judged.landmark == census
        part = judged.pick(mine)
        amount = np.nan_to_num(part.amount_eur)
        p = part.probability[model]
        low, high = band(p, amount, cohorts[mine], drift, share=share, draws=draws, rng=rng)
        won = float((part.won * amount).sum())
        expected = float((part.probability[model] * amount).sum())
        rows.append((moments(np.array([census]))[0], len(part), expected, low, high, won, low <= won <= high))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def band(
    p: Floats, amount_eur: Floats, cohort: Ints, drift: Drift, *, share: float, draws: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Central band of `share` of the euros won: shifts of all and of each cohort (N,), then each deal on its own."""
    total = np.empty(draws)
    base = logit(p)
    _, code = np.unique(cohort, return_inverse=True)
    for draw in range(draws):
        of_all, of_cohort = drift.draw(rng, int(code.max(initial=-1)) + 1)
        q = expit(base + of_all + of_cohort[code])
        total[draw] = amount_eur[rng.random(len(q)) < q].sum()
    low, high = np.quantile(total, [(1 - share) / 2, (1 + share) / 2])
    return float(low), float(high)


def _cohorts(landmark: Ints, deal: Ints) -> Ints:
    """(R,) number of the census at which the deal of each row is first seen."""
    _, code = np.unique(deal, return_inverse=True)
    first = np.full(int(code.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, code, landmark)
    _, cohort = np.unique(first[code], return_inverse=True)
    return np.asarray(cohort, dtype=np.int64)
