"""Trees that say who converts: the latest leads count more, several samples are averaged, the level follows the latest.

Leads change in time: sources come and go, and so does the share that converts. So a lead of half a history ago counts
half (`HALF_LIFE`), scores are calibrated on later leads predicted from earlier ones, and the calibrated level is moved
by what the last of these predictions missed. Ke et al. (2017), LightGBM; Platt (1999) for the line on log-odds.
"""

from typing import Any

import lightgbm
import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from forecasting.calibration import Calibrator, fit_calibrator, logit, time_blocks
from forecasting.reasons import in_words, reason_texts, shown_rows, tree_contributions

TREES = 300
BAGS = 3
"""Samples whose log-odds are averaged where leads are scored; one is enough where only the calibrator reads them."""
HALF_LIFE = 0.5
"""After this share of the history a past lead counts half."""
CALIBRATION_BLOCKS = 5
LATEST_SHARE = 0.25
"""Of the leads predicted from earlier ones, so many, the latest, set the level."""
LEVEL_ROWS = 100.0
"""The level found there is drawn to no change by so many rows."""
PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.04,
    "num_leaves": 8,
    "min_data_in_leaf": 30,
    "min_data_per_group": 30,
    "cat_smooth": 30.0,
    "cat_l2": 20.0,
    "feature_fraction": 0.35,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "deterministic": True,
    "force_col_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
MIN_CATEGORY_ROWS = 10
"""Rarer values have no column of their own in the logistic regression."""


def predict(past: pd.DataFrame, converted: np.ndarray, later: pd.DataFrame, *, seed: int) -> np.ndarray:
    """(L,) calibrated probability of the later leads.

    Args:
        past, later: the same N features (float64 or category), `past` (R rows) in order of time. converted: (R,) bool.
    """
    if len(later) == 0:
        return np.zeros(0)
    return _fit(past, converted, seed=seed).apply(raw_probability(past, converted, later, seed=seed, bags=BAGS))


def raw_probability(
    past: pd.DataFrame, converted: np.ndarray, later: pd.DataFrame, *, seed: int, bags: int
) -> np.ndarray:
    """(L,) probability as the trees have it: mean log-odds of `bags` samples."""
    return _odds(_trees(past, converted, seed=seed, bags=bags), later)


def explained(
    past: pd.DataFrame, converted: np.ndarray, later: pd.DataFrame, *, seed: int
) -> tuple[np.ndarray, list[str]]:
    """`predict`, and for each of the later leads what moves its probability, in words (forecasting/reasons.py)."""
    if len(later) == 0:
        return np.zeros(0), []
    trees = _trees(past, converted, seed=seed, bags=BAGS)
    probability = _fit(past, converted, seed=seed).apply(_odds(trees, later))
    shown = shown_rows(probability)
    some = later.iloc[shown]
    added = np.mean([tree_contributions(model, _named(some)) for model in trees], axis=0)
    values = [some[name].to_list() for name in later.columns]
    reasons = np.full(len(later), "", dtype=object)
    reasons[shown] = reason_texts(added, [in_words(str(name)) for name in later.columns], values)
    return probability, reasons.tolist()


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """Names go in as c0, c1, ...: LightGBM refuses some characters that people use."""
    return frame.rename(columns={name: f"c{place}" for place, name in enumerate(frame.columns)})


def _trees(past: pd.DataFrame, converted: np.ndarray, *, seed: int, bags: int) -> list[lightgbm.Booster]:
    data = lightgbm.Dataset(_named(past), label=converted.astype(int), weight=recency(len(past)), free_raw_data=False)
    return [
        lightgbm.train({**PARAMETERS, "seed": (seed + bag) % 2**31}, data, num_boost_round=TREES) for bag in range(bags)
    ]


def _odds(trees: list[lightgbm.Booster], later: pd.DataFrame) -> np.ndarray:
    """(L,) probability at the mean of the trees' log-odds."""
    odds = np.zeros(len(later))
    for model in trees:
        odds += np.asarray(model.predict(_named(later), raw_score=True), dtype=np.float64)
    return np.asarray(expit(odds / len(trees)))


def recency(rows: int) -> np.ndarray:
    """(R,) weight of past leads in order of time: 1 for the latest, half of it `HALF_LIFE` of the history earlier."""
    age = np.arange(rows)[::-1] / max(rows, 1)
    return np.asarray(0.5 ** (age / HALF_LIFE))


def logistic(past: pd.DataFrame, converted: np.ndarray, later: pd.DataFrame) -> np.ndarray:
    """(L,) probability by logistic regression on the same features, the plain way: what the trees must beat."""
    x, at = _one_hot(past, past), _one_hot(past, later)
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-9
    model = LogisticRegression(C=0.1, max_iter=1000).fit((x - mean) / scale, converted)
    probability: np.ndarray = model.predict_proba((at - mean) / scale)[:, 1]
    return probability


def _fit(past: pd.DataFrame, converted: np.ndarray, *, seed: int) -> Calibrator:
    """The calibrator of the trees, from predictions of later leads by earlier ones, moved to the latest level."""
    block = time_blocks(np.arange(len(past)), blocks=CALIBRATION_BLOCKS)
    raw = np.full(len(past), np.nan)
    for number in range(1, CALIBRATION_BLOCKS):
        before, now = block < number, block == number
        if len(np.unique(converted[before])) == 2:
            raw[now] = raw_probability(past[before], converted[before], past[now], seed=seed, bags=1)
    order = np.flatnonzero(~np.isnan(raw))
    if not len(order):
        return Calibrator()
    # A straight line first: what time changes most is the level, and `none` would leave it.
    fitted = fit_calibrator(raw[order], converted[order], order, kinds=("platt", "isotonic"))
    return fitted if fitted.kind != "platt" else _moved(fitted, raw[order], converted[order])


def _moved(fitted: Calibrator, raw: np.ndarray, converted: np.ndarray) -> Calibrator:
    """The same line with the intercept at which the latest predictions have no bias, drawn to the old one."""
    latest = slice(int(len(raw) * (1 - LATEST_SHARE)), None)
    odds, won = logit(fitted.apply(raw[latest])), float(converted[latest].sum())
    shift = 0.0
    for _ in range(20):  # Newton on: sum of probabilities = number converted
        p = expit(odds + shift)
        shift += (won - p.sum()) / max(float((p * (1 - p)).sum()), 1e-9)
        shift = float(np.clip(shift, -3.0, 3.0))
    drawn = shift * len(odds) / (len(odds) + LEVEL_ROWS)
    return Calibrator(
        kind="platt", slope=fitted.slope, intercept=fitted.intercept + drawn, block_log_loss=fitted.block_log_loss
    )


def _one_hot(past: pd.DataFrame, frame: pd.DataFrame) -> np.ndarray:
    """(L, G) numbers as ranks in the past and whether unknown, categories as 0/1 columns."""
    blocks = []
    for name in past.columns:
        if isinstance(past[name].dtype, pd.CategoricalDtype):
            count = past[name].cat.codes.value_counts()
            common = np.sort(count.index[count >= MIN_CATEGORY_ROWS].to_numpy())
            blocks.append(frame[name].cat.codes.to_numpy()[:, None] == common[None])
        else:
            known = np.sort(past[name].dropna().to_numpy())
            values = frame[name].to_numpy()
            rank = np.searchsorted(known, values) / max(len(known), 1)
            unknown = np.isnan(values)
            blocks.append(np.column_stack([np.where(unknown, 0.5, rank), unknown]))
    return np.hstack(blocks).astype(np.float64) if blocks else np.zeros((len(frame), 0))
