"""What one contact by a channel changes on average: contacts by lot, made sharper by those that habit chose.

By lot, each channel is compared with the customers left alone by the doubly robust score (Robins, Rotnitzky and Zhao,
1994; Kennedy, 2023), cross-fitted: on other folds outcome models mu1, mu0 are learned, then for each row

    phi = mu1 - mu0 + (contact - e) / (e (1 - e)) x (outcome - mu_contact)

whose mean is the effect, if either mu or e is right; e is the share of contacts among rows of customers who could have
been drawn. Contacts that habit chose are more, and may flatter. They are weighted to look like the customers who could
be drawn, and the remaining gap to the contacts by lot is looked at over all channels: what it has beyond chance is
their bias b. Both are averaged by precision, b counted in (Rosenman et al., 2023): where habit flatters, only the lot
counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np

FOLDS = 5
MIN_PROPENSITY = 0.02
LARGEST_WEIGHT = 5.0
"""No logged contact counts more than so many average ones."""
NORMAL_90 = 1.645
OUTCOME: dict[str, Any] = {
    "objective": "regression", "num_leaves": 4, "min_data_in_leaf": 50, "learning_rate": 0.05, "lambda_l2": 10.0,
    "feature_fraction": 0.5, "bagging_fraction": 0.7, "bagging_freq": 1, "deterministic": True, "force_col_wise": True,
    "num_threads": 1, "verbosity": -1,
}  # fmt: skip
TREES = 60


@dataclass(frozen=True)
class Contacts:
    """Rows of a contact history, or some of them: row (N,) who of the P people, outcome (N,) 0 or 1."""

    row: np.ndarray
    outcome: np.ndarray


@dataclass(frozen=True)
class Trial:
    """One channel against the customers left alone by lot.

    row, contact, phi: (N,) who, whether contacted and the score of each row by lot. logged: contacts that habit chose.
    gap: how much higher the logged contacts are than those by lot, once weighted; variance_lot, variance_logged: of
    the two means of contacts (logged: infinite where there are none).
    """

    channel: str
    row: np.ndarray
    contact: np.ndarray
    phi: np.ndarray
    logged: int
    gap: float
    variance_lot: float
    variance_logged: float


@dataclass(frozen=True)
class Effect:
    """The effect of a channel, its standard error, and the share that logged contacts have in it (0..1)."""

    mean: float
    error: float
    logged_share: float

    @property
    def low(self) -> float:
        """Lower end of the 90 % interval."""
        return self.mean - NORMAL_90 * self.error

    @property
    def high(self) -> float:
        """Upper end of the 90 % interval."""
        return self.mean + NORMAL_90 * self.error


def fold_of(count: int) -> np.ndarray:
    """(P,) fold of each customer, so that the rows of one never part."""
    return np.arange(count) % FOLDS


def make_trial(
    channel: str,
    x: np.ndarray,
    drawable: np.ndarray,
    mu0: np.ndarray,
    *,
    by_lot: Contacts,
    controls: Contacts,
    logged: Contacts,
    seed: int,
) -> Trial:
    """The scores of the rows by lot, and how far logged contacts are from them.

    Args:
        x: (P, F) features. drawable: (P,) who could be drawn for the channel; all rows are of these. mu0: (P,) chance
            of an outcome without a contact, cross-fitted.
    """
    mu1 = cross_fitted(
        x,
        np.concatenate([by_lot.row, logged.row]),
        np.concatenate([by_lot.outcome, logged.outcome]),
        seed=seed,
    )
    row = np.concatenate([by_lot.row, controls.row])
    outcome = np.concatenate([by_lot.outcome, controls.outcome])
    contact = np.repeat([1.0, 0.0], [len(by_lot.row), len(controls.row)])
    e = float(np.clip(contact.mean(), MIN_PROPENSITY, 1 - MIN_PROPENSITY))
    off = outcome - np.where(contact > 0, mu1[row], mu0[row])
    phi = mu1[row] - mu0[row] + (contact - e) / (e * (1 - e)) * off
    residual = by_lot.outcome - mu1[by_lot.row]
    gap, variance_logged = 0.0, float("inf")
    if len(logged.row):
        weight = _weights(x, drawable, logged.row, seed)
        apart = logged.outcome - mu1[logged.row]
        gap = float((weight * apart).sum() / weight.sum() - residual.mean())
        variance_logged = float((weight**2 * apart**2).sum() / weight.sum() ** 2)
    variance_lot = float(residual.var() / max(len(residual), 1))
    return Trial(channel, row, contact, phi, len(logged.row), gap, variance_lot, variance_logged)


def average(trials: list[Trial]) -> dict[str, Effect]:
    """The effect of each channel, by lot and logged contacts together."""
    both = [trial for trial in trials if np.isfinite(trial.variance_logged)]
    excess = [trial.gap**2 - trial.variance_lot - trial.variance_logged for trial in both]
    bias = max(0.0, float(np.mean(excess))) if excess else 0.0
    found = {}
    for trial in trials:
        other = trial.variance_logged + bias
        whole = trial.variance_lot + other
        share = trial.variance_lot / whole if np.isfinite(whole) and whole > 0 else 0.0
        saved = share * trial.variance_lot  # v - v o / (v + o)
        variance = float(trial.phi.var(ddof=1)) / len(trial.phi) - saved
        found[trial.channel] = Effect(float(trial.phi.mean()) + share * trial.gap, max(variance, 0.0) ** 0.5, share)
    return found


def cross_fitted(x: np.ndarray, row: np.ndarray, outcome: np.ndarray, *, seed: int) -> np.ndarray:
    """(P,) expected outcome of each customer, learned from rows of customers in other folds."""
    fold = fold_of(len(x))
    expected = np.zeros(len(x))
    for k in range(FOLDS):
        train = fold[row] != k
        expected[fold == k] = boosted(x[row[train]], outcome[train], x[fold == k], OUTCOME, seed=seed)
    return expected


def boosted(x: np.ndarray, y: np.ndarray, at: np.ndarray, shape: Mapping[str, Any], *, seed: int) -> np.ndarray:
    """(len(at),) predictions; the mean of y where nothing can be learned."""
    if len(y) < 2 or np.ptp(y) == 0 or not len(at):
        return np.full(len(at), float(y.mean()) if len(y) else 0.0)
    model = lgb.train({**shape, "seed": seed % 2**31}, lgb.Dataset(x, y), num_boost_round=TREES)
    return np.asarray(model.predict(at), dtype=np.float64)


def _weights(x: np.ndarray, drawable: np.ndarray, logged: np.ndarray, seed: int) -> np.ndarray:
    """(N,) weights that make logged contacts look like the customers who could be drawn: (1 - s) / s with the chance s
    of being a logged contact, cross-fitted."""
    everybody = np.flatnonzero(drawable)
    rows = np.concatenate([logged, everybody])
    label = np.repeat([1.0, 0.0], [len(logged), len(everybody)])
    s = np.clip(cross_fitted(x, rows, label, seed=seed)[logged], MIN_PROPENSITY, 1 - MIN_PROPENSITY)
    weight = (1 - s) / s
    return np.asarray(np.minimum(weight / weight.mean(), LARGEST_WEIGHT))
