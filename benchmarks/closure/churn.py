"""Churn of a telecom's customers: random 80/20 splits, learned and scored through `score_churn`.

The asked figure is that of one split (its seed is `--seed`); others follow, since a split moves the AUC by a point
either way: their mean and 90 % interval stand beside it. Baselines see the same rows. Trees were sized by
cross-validation within training parts of other seeds.

Another table can be given by `--instances`: a CSV file with the columns of telco_churn.csv.gz.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.closure.spread import spread
from benchmarks.frame import Options, Row
from forecasting.customers.churn import logistic, score_churn
from forecasting.customers.features import fit_encoder
from forecasting.metrics import auc, bias_points, brier, ece

PART = "churn"
FILE = "telco_churn.csv.gz"
TRAIN_SHARE = 0.8
SPLITS = {"quick": 3, "default": 10, "full": 30}
OURS, BASE, LOGISTIC = "ours", "base rate", "logistic"
SUMMARY_KEYS = (
    "churn.auc", "churn.auc_low", "churn.auc_high", "churn.brier", "churn.ece", "churn.bias_pp", "churn.logistic_auc",
    "churn.base_rate_auc", "churn.splits", "churn.mean_auc", "churn.mean_auc_low", "churn.mean_auc_high",
    "churn.mean_logistic_auc", "churn.splits_better_than_logistic",
)  # fmt: skip


def cells(options: Options) -> Iterator[tuple[str, Callable[[], Iterator[Row]]]]:
    """One cell a split; none where the file is absent."""
    named = [path for path in options.instances if path.name == FILE]
    path = named[0] if named else options.data / "crm" / FILE
    if path.exists():
        for number in range(SPLITS[options.size]):
            yield f"split {number}", partial(measure, path, options.seed + number, number, options.solutions)


def read_customers(path: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """Features as `feature_*`, and (N,) whether each customer left."""
    table = pd.read_csv(path)
    left = (table["Churn"] == "Yes").to_numpy(np.float64)
    return table.drop(columns=["Churn", "customerID"]).add_prefix("feature_"), left


def measure(path: Path, seed: int, number: int, solutions: Path | None) -> Iterator[Row]:
    """One split: ours and both baselines."""
    features, left = read_customers(path)
    order = np.random.default_rng(seed).permutation(len(left))
    train, test = np.split(order, [round(TRAIN_SHARE * len(left))])
    history = features.iloc[train].reset_index(drop=True).assign(churned=left[train])
    customers = features.iloc[test].reset_index(drop=True)
    begun = time.perf_counter()
    probability = score_churn(customers, history, seed=seed).probability
    seconds = time.perf_counter() - begun
    yield {"model": OURS, "split": number, **figures(probability, left[test]), "seconds": seconds,
           "note": f"split {number}"}  # fmt: skip
    if solutions is not None and number == 0:
        solutions.mkdir(parents=True, exist_ok=True)
        pd.DataFrame({"row": test, "probability": probability}).to_csv(solutions / "churn.csv", index=False)
    flat = np.full(len(test), left[train].mean())
    yield {"model": BASE, "split": number, **figures(flat, left[test]), "note": f"split {number}"}
    encoder, _ = fit_encoder(history, customers)
    plain = logistic(encoder.one_hot(history), left[train], encoder.one_hot(customers))
    yield {"model": LOGISTIC, "split": number, **figures(plain, left[test]), "note": f"split {number}"}


def figures(probability: np.ndarray, left: np.ndarray) -> dict[str, Any]:
    """Measures of one model, and the interval of its AUC."""
    low, high = spread(auc, probability, left)
    return {
        "rows": len(left),
        "auc": auc(probability, left),
        "low": low,
        "high": high,
        "brier": brier(probability, left),
        "ece": ece(probability, left),
        "bias_pp": bias_points(probability, left),
    }


def summarise(rows: Sequence[Row]) -> dict[str, Any]:
    """The first split, then all of them."""
    first = {row["model"]: row for row in rows if row["split"] == 0}
    result: dict[str, Any] = {}
    if OURS in first:
        names = {"auc": "auc", "auc_low": "low", "auc_high": "high", "brier": "brier", "ece": "ece",
                 "bias_pp": "bias_pp"}  # fmt: skip
        result |= {f"churn.{key}": first[OURS][name] for key, name in names.items()}
    for model, key in ((LOGISTIC, "churn.logistic_auc"), (BASE, "churn.base_rate_auc")):
        if model in first:
            result[key] = first[model]["auc"]
    by = {model: {row["split"]: row["auc"] for row in rows if row["model"] == model} for model in (OURS, LOGISTIC)}
    ours = np.array([by[OURS][each] for each in sorted(by[OURS])])
    if len(ours):
        half = 1.645 * float(ours.std(ddof=1)) / np.sqrt(len(ours)) if len(ours) > 1 else float("nan")
        plain = np.array([by[LOGISTIC].get(each, np.nan) for each in sorted(by[OURS])])
        result |= {
            "churn.splits": len(ours), "churn.mean_auc": float(ours.mean()),
            "churn.mean_auc_low": float(ours.mean() - half), "churn.mean_auc_high": float(ours.mean() + half),
            "churn.mean_logistic_auc": float(np.nanmean(plain)),
            "churn.splits_better_than_logistic": int((ours > plain).sum()),
        }  # fmt: skip
    return result
