"""Probability that a customer leaves, learned from `customer_history` (churned 0/1) and its `feature_*` columns.

Gradient-boosted trees (LightGBM: Ke et al., 2017) and logistic regression, their log-odds averaged in the shares that
out-of-fold log loss asks for: plain laws are a line's, the rest is the trees'. Calibrated on probabilities made out of
fold; the folds keep all rows of one customer together. The horizon is the label's own.
"""

from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from forecasting.calibration import fit_calibrator, logit
from forecasting.customers.features import Encoder, fit_encoder
from forecasting.metrics import auc, bias_points, brier, log_loss
from forecasting.reasons import in_words, reason_texts, shown_rows, tree_contributions

FOLDS = 5
MIN_OF_EACH = 20
"""With fewer past customers who left, or who stayed, nothing is learned but the base rate."""
TREES = 150
PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.04,
    "num_leaves": 8,
    "min_child_samples": 20,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "deterministic": True,
    "force_col_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of the trees that are tried."""
Figure = tuple[str, str, float, str, float, int, str]
"""A row of a quality frame: model, metric, value, baseline, baseline_value, rows, note."""


@dataclass(frozen=True)
class Churn:
    """probability: (N,) of each customer, calibrated. reason: (N,) what moves it, in words; "" where nothing is known
    or not asked (forecasting/reasons.py)."""

    probability: np.ndarray
    reason: np.ndarray
    quality: tuple[Figure, ...]
    notes: tuple[str, ...]


def score_churn(customers: pd.DataFrame, customer_history: pd.DataFrame, *, seed: int) -> Churn:
    """Churn probability of each row of `customers`.

    Without history nothing is known of leaving: the probability is 0, so that no euro rests on it, and a note says
    so. With too few outcomes of one kind, or no usable feature, it is the (smoothed) base rate.

    Args:
        customers: feature_*. customer_history: churned (0/1; unknown rows are left out), feature_*, and if known
            customer_id (rows of one customer stay in one fold) and snapshot_date (time order for calibration).
    """
    labelled = customer_history[customer_history["churned"].notna()].reset_index(drop=True)
    if not len(labelled):
        note = "churn: there is no customer_history, so nothing is known of leaving and its probability counts 0"
        return Churn(
            np.zeros(len(customers)),
            _unsaid(customers),
            (("churn", "rows", 0.0, "base_rate", np.nan, 0, note),),
            (note,),
        )
    y = labelled["churned"].to_numpy(dtype=np.float64)
    rate = (y.sum() + 0.5) / (len(y) + 1)
    encoder, notes = fit_encoder(labelled, customers)
    too_few = min(y.sum(), len(y) - y.sum()) < MIN_OF_EACH
    if too_few or not encoder.columns:
        why = (
            f"fewer than {MIN_OF_EACH} past customers left, or stayed" if too_few else "no feature can be learned from"
        )
        note = f"churn: {why}: every customer gets the base rate {100 * rate:.1f} %"
        figure: Figure = ("churn", "brier", float(np.mean((rate - y) ** 2)), "base_rate", np.nan, len(y), note)
        return Churn(np.full(len(customers), rate), _unsaid(customers), (figure,), (*notes, note))
    return _learned(customers, labelled, y, encoder, notes, seed)


def _learned(
    customers: pd.DataFrame, labelled: pd.DataFrame, y: np.ndarray, encoder: Encoder, notes: tuple[str, ...], seed: int
) -> Churn:
    x, linear = encoder.encode(labelled), encoder.one_hot(labelled)
    fold = _folds(labelled, y, seed)
    raw, linear_raw, base = np.empty(len(y)), np.empty(len(y)), np.empty(len(y))
    for k in range(FOLDS):
        train, test = fold != k, fold == k
        raw[test] = _trees(x[train], y[train], encoder, seed).predict(x[test])
        linear_raw[test] = logistic(linear[train], y[train], linear[test])
        base[test] = y[train].mean()
    share = _share_of_trees(raw, linear_raw, y)
    raw = _mixed(raw, linear_raw, share)
    order = _time_order(labelled)
    honest = np.empty(len(y))
    for k in range(FOLDS):
        honest[fold == k] = fit_calibrator(raw[fold != k], y[fold != k], order[fold != k]).apply(raw[fold == k])
    calibrator = fit_calibrator(raw, y, order)
    probability, reason = np.zeros(0), _unsaid(customers)
    if len(customers):
        model = _trees(x, y, encoder, seed)
        line = Line.fit(linear, y)
        trees, plain = model.predict(encoder.encode(customers)), line.probability(encoder.one_hot(customers))
        probability = calibrator.apply(_mixed(np.asarray(trees), plain, share))
        shown = shown_rows(probability)
        some = customers.iloc[shown]
        added = share * tree_contributions(model, encoder.encode(some))
        added += (1 - share) * encoder.by_column(line.contributions(encoder.one_hot(some)))
        values = [some[name].to_list() for name in encoder.columns]
        reason[shown] = reason_texts(added, [in_words(name) for name in encoder.columns], values)
    note = f"out of fold, {100 * share:.0f} % trees, calibrated by {calibrator.kind}"
    quality: list[Figure] = []
    for baseline, other in (("base_rate", base), ("logistic", linear_raw)):
        quality += [
            ("churn", "auc", auc(honest, y), baseline, 0.5 if baseline == "base_rate" else auc(other, y), len(y), note),
            ("churn", "brier", brier(honest, y), baseline, brier(other, y), len(y), note),
            ("churn", "bias_points", bias_points(honest, y), baseline, bias_points(other, y), len(y), note),
        ]
    return Churn(np.clip(probability, 0, 1), reason, tuple(quality), notes)


def _unsaid(customers: pd.DataFrame) -> np.ndarray:
    return np.full(len(customers), "", dtype=object)


def _mixed(trees: np.ndarray, plain: np.ndarray, share: float) -> np.ndarray:
    """Probability at the weighted mean of the log-odds, `share` of it the trees'."""
    return np.asarray(expit(share * logit(trees) + (1 - share) * logit(plain)))


def _share_of_trees(trees: np.ndarray, plain: np.ndarray, y: np.ndarray) -> float:
    """The share with the least log loss; on a tie the larger."""
    return min(reversed(SHARES), key=lambda share: log_loss(_mixed(trees, plain, share), y))


def _folds(labelled: pd.DataFrame, y: np.ndarray, seed: int) -> np.ndarray:
    """(N,) fold of each row: dealt out at random within each outcome, rows of one customer together."""
    rng = np.random.default_rng(seed)
    if "customer_id" in labelled.columns and labelled["customer_id"].notna().any():
        ids = labelled["customer_id"].fillna("").astype("str").to_numpy()
        ids = np.where(ids == "", [f"row {i}" for i in range(len(ids))], ids)
    else:
        ids = np.arange(len(y)).astype(str)
    _, first, group = np.unique(ids, return_index=True, return_inverse=True)
    left = np.bincount(group, weights=y) > 0
    order = rng.permutation(len(first))
    order = order[np.argsort(left[order], kind="stable")]
    fold_of_group = np.empty(len(first), dtype=np.int64)
    fold_of_group[order] = np.arange(len(first)) % FOLDS
    fold: np.ndarray = fold_of_group[group]
    return fold


def _time_order(labelled: pd.DataFrame) -> np.ndarray:
    """(N,) what sorts rows by time: the snapshot date, or the order in which they came."""
    if "snapshot_date" in labelled.columns and labelled["snapshot_date"].notna().all():
        return labelled["snapshot_date"].to_numpy().astype("datetime64[us]").astype(np.int64)
    return np.arange(len(labelled))


def _trees(x: np.ndarray, y: np.ndarray, encoder: Encoder, seed: int) -> lgb.Booster:
    data = lgb.Dataset(x, y, categorical_feature=encoder.categorical, free_raw_data=True)
    return lgb.train({**PARAMETERS, "seed": seed}, data, num_boost_round=TREES)


@dataclass(frozen=True)
class Line:
    """Logistic regression; unknown numbers count as their mean. mean, scale, weight: (G,) by column."""

    mean: np.ndarray
    scale: np.ndarray
    weight: np.ndarray
    intercept: float

    @classmethod
    def fit(cls, x: np.ndarray, y: np.ndarray) -> "Line":
        """Learns from (N, G) columns, NaN unknown, and outcomes 0 or 1."""
        known = ~np.isnan(x)
        mean = np.where(known.any(axis=0), np.nansum(x, axis=0) / np.maximum(known.sum(axis=0), 1), 0.0)
        filled = np.where(known, x, mean)
        spread = filled.std(axis=0)
        scale = np.where(spread > 0, spread, 1.0)
        model = LogisticRegression(C=1.0, max_iter=500).fit((filled - mean) / scale, y)
        return cls(mean, scale, model.coef_[0], float(model.intercept_[0]))

    def contributions(self, x: np.ndarray) -> np.ndarray:
        """(L, G) log-odds that each column adds to a mean row."""
        return np.asarray(np.where(np.isnan(x), 0.0, x - self.mean) / self.scale * self.weight)

    def probability(self, x: np.ndarray) -> np.ndarray:
        """(L,) probability."""
        return np.asarray(expit(self.contributions(x).sum(axis=1) + self.intercept))


def logistic(x: np.ndarray, y: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(L,) probability by logistic regression, unknown numbers as their mean: the plain way beside the trees."""
    return Line.fit(x, y).probability(at)
