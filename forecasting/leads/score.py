"""The conversion probability of every fresh lead: gradient-boosted trees on what was known before the sale.

Columns that leak the outcome are refused by evidence (leakage.py). The trees are calibrated by predictions of later
leads from earlier ones, and measured on the last 30 % of the history in order of time. Ke et al. (2017), LightGBM.
"""

from typing import Any

import lightgbm
import numpy as np
import pandas as pd

from forecasting.calibration import Calibrator, fit_calibrator, time_blocks
from forecasting.leads.columns import LeadColumns, read_columns
from forecasting.leads.leakage import find_leaks
from forecasting.metrics import auc, bias_points, brier, ece, log_loss, precision_at
from forecasting.types import LeadScores

HOLDOUT_SHARE = 0.3
CALIBRATION_BLOCKS = 5
MIN_ROWS = 200
"""With fewer past leads, or fewer than `MIN_OUTCOMES` of one outcome, all leads get the base rate."""
MIN_OUTCOMES = 20
TREES = 150
PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 30,
    "min_data_per_group": 30,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "deterministic": True,
    "force_col_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
MODEL, BASE = "gradient-boosted trees", "base rate"
COLUMNS = ["model", "metric", "value", "baseline", "baseline_value", "rows", "note"]


def score_leads(leads: pd.DataFrame, lead_history: pd.DataFrame, *, seed: int) -> LeadScores:
    """Conversion probability and rank of each lead.

    Args:
        leads: lead_id and any features.
        lead_history: the same features with `converted` (0/1) and, if known, `created_at`.
        seed: of the trees' samples.

    Returns:
        `LeadScores`, sorted by lead_id; rank 1 is the best, ties in order of lead_id. Without enough history every
        lead has the base rate ((converted + 1) / (rows + 2), Laplace's rule, where one outcome is missing) and a note
        says so. No leads: empty scores, the model is measured all the same.
    """
    columns = read_columns(leads, lead_history)
    refused = find_leaks(columns)
    kept = [name for name in columns.past.columns if name not in set(refused["column"])]
    past, fresh, converted = columns.past[kept], columns.fresh[kept], columns.converted
    notes = _column_notes(columns, refused)
    trained = len(converted) >= MIN_ROWS and min(converted.sum(), (~converted).sum()) >= MIN_OUTCOMES and bool(kept)
    if not trained:
        probability = np.full(len(fresh), _base_rate(converted))
        notes.append(f"{len(converted)} past leads, {int(converted.sum())} converted: too few or no features to learn "
                     "from; every lead has the base rate.")  # fmt: skip
        quality = _quality(np.zeros(0), converted[:0], base_rate=np.nan)
    else:
        first = int(len(past) * (1 - HOLDOUT_SHARE))
        tested = _predict(past[:first], converted[:first], past[first:], seed=seed)
        quality = _quality(tested, converted[first:], base_rate=float(converted[:first].mean()))
        probability = _predict(past, converted, fresh, seed=seed)
    return LeadScores(_ranked(leads, probability), refused, quality, tuple(notes))


def _predict(past: pd.DataFrame, converted: np.ndarray, later: pd.DataFrame, *, seed: int) -> np.ndarray:
    """Calibrated probability of the later rows; the calibrator is fitted on earlier rows predicted in the same way."""
    if len(later) == 0:
        return np.zeros(0)
    block = time_blocks(np.arange(len(past)), blocks=CALIBRATION_BLOCKS)
    raw = np.full(len(past), np.nan)
    for number in range(1, CALIBRATION_BLOCKS):
        before, now = block < number, block == number
        if len(np.unique(converted[before])) == 2:
            raw[now] = _trees(past[before], converted[before], past[now], seed=seed)
    predicted = ~np.isnan(raw)
    calibrator = Calibrator()
    if predicted.any():
        # A straight calibration first: what time changes most is the level, and `none` would leave it.
        order = np.flatnonzero(predicted)
        calibrator = fit_calibrator(raw[predicted], converted[predicted], order, kinds=("platt", "isotonic"))
    return calibrator.apply(_trees(past, converted, later, seed=seed))


def _trees(past: pd.DataFrame, converted: np.ndarray, later: pd.DataFrame, *, seed: int) -> np.ndarray:
    # Names go in as c0, c1, ...: LightGBM refuses some characters that people use.
    names = {name: f"c{place}" for place, name in enumerate(past.columns)}
    data = lightgbm.Dataset(past.rename(columns=names), label=converted.astype(int), free_raw_data=False)
    model = lightgbm.train({**PARAMETERS, "seed": seed % 2**31}, data, num_boost_round=TREES)
    return np.asarray(model.predict(later.rename(columns=names)), dtype=np.float64)


def _base_rate(converted: np.ndarray) -> float:
    rows, won = len(converted), int(converted.sum())
    return (won + 1) / (rows + 2) if won in (0, rows) else won / rows


def _ranked(leads: pd.DataFrame, probability: np.ndarray) -> pd.DataFrame:
    """lead_id, conversion_probability, rank; by lead_id."""
    scores = pd.DataFrame({"lead_id": leads["lead_id"].sort_values(kind="stable").reset_index(drop=True)})
    scores["conversion_probability"] = probability
    place = np.empty(len(scores), dtype=np.int64)
    place[np.argsort(-probability, kind="stable")] = np.arange(1, len(scores) + 1)
    return scores.assign(rank=place)


def _quality(probability: np.ndarray, converted: np.ndarray, *, base_rate: float) -> pd.DataFrame:
    """Measures of the model beside the base rate on the last leads in order of time."""
    measures = {"auc": auc, "brier": brier, "ece": ece, "bias_points": bias_points, "log_loss": log_loss}
    flat = np.full(len(probability), base_rate)
    rows: list[tuple[Any, ...]] = []
    note = f"last {100 * HOLDOUT_SHARE:.0f} % of the past leads in order of time"
    if len(probability):
        for name, measure in measures.items():
            rows.append((MODEL, name, measure(probability, converted), BASE, measure(flat, converted)))
        top = [precision_at(values, converted, share=0.2) for values in (probability, flat)]
        rows.append((MODEL, "precision_top20", top[0], BASE, top[1]))
    quality = pd.DataFrame([(*row, len(converted), note) for row in rows], columns=COLUMNS)
    texts = dict.fromkeys(("model", "metric", "baseline", "note"), "str")
    return quality.astype({**texts, "value": "float64", "baseline_value": "float64", "rows": "int64"})


def _column_notes(columns: LeadColumns, refused: pd.DataFrame) -> list[str]:
    notes = [f"Past leads are put in order of time by: {columns.order}."]
    if columns.aside:
        names = ", ".join(f"{name} ({reason})" for name, reason in sorted(columns.aside.items()))
        notes.append(f"No features: {names}.")
    if len(refused):
        notes.append(f"Refused as leaking the outcome: {', '.join(refused['column'])}.")
    return notes
