"""The conversion probability of every fresh lead: gradient-boosted trees on what was known before the sale.

Columns that leak the outcome are refused by evidence (leakage.py). The trees (model.py) are measured on the last 30 %
of the history in order of time, beside the base rate and a logistic regression on the same features.
"""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from forecasting.leads.columns import LeadColumns, read_columns
from forecasting.leads.leakage import Leaks, find_leaks
from forecasting.leads.model import explained, logistic, predict
from forecasting.metrics import auc, bias_points, brier, ece, log_loss, precision_at
from forecasting.types import LeadScores

HOLDOUT_SHARE = 0.3
TOP_SHARE = 0.2
MIN_ROWS = 200
"""With fewer past leads, or fewer than `MIN_OUTCOMES` of one outcome, all leads get the base rate."""
MIN_OUTCOMES = 20
MODEL, BASE, LOGISTIC = "gradient-boosted trees", "base rate", "logistic regression"
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
    leaks = find_leaks(columns, seed=seed)
    refused = leaks.refused
    kept = [name for name in columns.past.columns if name not in set(refused["column"])]
    past, fresh, converted = columns.past[kept], columns.fresh[kept], columns.converted
    notes = _column_notes(columns, leaks)
    trained = len(converted) >= MIN_ROWS and min(converted.sum(), (~converted).sum()) >= MIN_OUTCOMES and bool(kept)
    if not trained:
        probability, reasons = np.full(len(fresh), _base_rate(converted)), [""] * len(fresh)
        notes.append(f"{len(converted)} past leads, {int(converted.sum())} converted: too few or no features to learn "
                     "from; every lead has the base rate.")  # fmt: skip
        quality = _quality(np.zeros(0), converted[:0], {})
    else:
        first = int(len(past) * (1 - HOLDOUT_SHARE))
        earlier, later = past[:first], past[first:]
        baselines = {BASE: np.full(len(later), float(converted[:first].mean()))}
        if len(np.unique(converted[:first])) == 2:
            baselines[LOGISTIC] = logistic(earlier, converted[:first], later)
        tested = predict(earlier, converted[:first], later, seed=seed)
        quality = _quality(tested, converted[first:], baselines)
        probability, reasons = explained(past, converted, fresh, seed=seed)
    return LeadScores(_ranked(leads, probability, reasons), refused, quality, tuple(notes))


def _base_rate(converted: np.ndarray) -> float:
    rows, won = len(converted), int(converted.sum())
    return (won + 1) / (rows + 2) if won in (0, rows) else won / rows


def _ranked(leads: pd.DataFrame, probability: np.ndarray, reasons: list[str]) -> pd.DataFrame:
    """lead_id, conversion_probability, rank, reason; by lead_id."""
    scores = pd.DataFrame({"lead_id": leads["lead_id"].sort_values(kind="stable").reset_index(drop=True)})
    scores["conversion_probability"] = probability
    place = np.empty(len(scores), dtype=np.int64)
    place[np.argsort(-probability, kind="stable")] = np.arange(1, len(scores) + 1)
    return scores.assign(rank=place, reason=pd.Series(reasons, dtype="str"))


def _quality(probability: np.ndarray, converted: np.ndarray, baselines: dict[str, np.ndarray]) -> pd.DataFrame:
    """Measures of the model beside each baseline on the last leads in order of time."""
    measures: dict[str, Any] = {
        "auc": auc, "brier": brier, "ece": ece, "bias_points": bias_points, "log_loss": log_loss,
        "precision_top20": partial(precision_at, share=TOP_SHARE),
    }  # fmt: skip
    note = f"last {100 * HOLDOUT_SHARE:.0f} % of the past leads in order of time"
    rows = [
        (MODEL, name, measure(probability, converted), other, measure(baseline, converted), len(converted), note)
        for other, baseline in baselines.items()
        for name, measure in measures.items()
    ]
    quality = pd.DataFrame(rows, columns=COLUMNS)
    texts = dict.fromkeys(("model", "metric", "baseline", "note"), "str")
    return quality.astype({**texts, "value": "float64", "baseline_value": "float64", "rows": "int64"})


def _column_notes(columns: LeadColumns, leaks: Leaks) -> list[str]:
    notes = [f"Past leads are put in order of time by: {columns.order}."]
    if columns.aside:
        names = ", ".join(f"{name} ({reason})" for name, reason in sorted(columns.aside.items()))
        notes.append(f"No features: {names}.")
    if len(leaks.refused):
        notes.append(f"Refused as leaking the outcome: {', '.join(leaks.refused['column'])}.")
    if leaks.watched:
        notes.append(
            f"Kept, but to be watched: {', '.join(leaks.watched)}. Fresh leads differ there as history never did; "
            "what they are expected to convert at hardly rests on it."
        )
    return notes
