"""Churn of a telecom's customers: random 80/20 splits, learned and scored through `score_churn`.

A split moves the AUC by a point either way, so the figure is the mean over several (seeds `--seed`, +1, ...), with the
90 % interval of that mean and the worst and best split beside it. Baselines see the same rows; their rows say by how
much ours is ahead in AUC, with the interval of 200 bootstrap samples of the split's customers, the summary the mean
over splits with the interval of that mean. Trees were sized by cross-validation within training parts of other seeds.

`planted`: made-up customers whose probabilities are known (seeds 1800 + seed, ...). Ours learns from 3,200 of them, and
`learnable` is logistic regression, the form of the planted law, on 60,000: what the features can tell at all. The
probabilities themselves order customers better than that, since a part of them is in no feature.

Another table can be given by `--instances`: a CSV file with the columns of telco_churn.csv.gz.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.closure.scoring import expected_auc, planted_ece
from benchmarks.closure.spread import spread, spread_of_lead
from benchmarks.frame import Options, Row
from forecasting.customers.churn import logistic, score_churn
from forecasting.customers.features import fit_encoder
from forecasting.metrics import auc, bias_points, brier, ece

PART = "churn"
FILE = "telco_churn.csv.gz"
TRAIN_SHARE = 0.8
SPLITS = {"quick": 3, "default": 10, "full": 30}
OURS, BASE, LOGISTIC = "ours", "base rate", "logistic"
PLANTED = {"quick": 1, "default": 3, "full": 10}
"""Made-up companies."""
FIRST_SEED = 1800
LEARNED, MANY, JUDGED = 3200, 60_000, 8000
"""Customers whose outcome is known to ours and to `learnable`, and customers who are scored."""
SUMMARY_KEYS = (
    "churn.auc", "churn.auc_low", "churn.auc_high", "churn.auc_worst_split", "churn.auc_best_split", "churn.brier",
    "churn.ece", "churn.bias_pp", "churn.splits", "churn.logistic_auc", "churn.base_rate_auc",
    "churn.splits_better_than_logistic", "churn.ahead_of_logistic", "churn.ahead_of_logistic_low",
    "churn.ahead_of_logistic_high", "churn.planted_short_of_truth_auc", "churn.planted_short_of_learnable_auc",
    "churn.planted_learnable_short_of_truth_auc", "churn.planted_companies",
)  # fmt: skip


def cells(options: Options) -> Iterator[tuple[str, Callable[[], Iterator[Row]]]]:
    """A cell a split, none where the file is absent; a cell a made-up company, none where instances are named."""
    named = [path for path in options.instances if path.name == FILE]
    path = named[0] if named else options.data / "crm" / FILE
    if path.exists():
        for number in range(SPLITS[options.size]):
            yield f"split {number}", partial(measure, path, options.seed + number, number, options.solutions)
    for number in range(0 if options.instances else PLANTED[options.size]):
        yield f"planted {number}", partial(measure_planted, FIRST_SEED + options.seed + number)


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
    more, low, high = spread_of_lead(auc, probability, plain, left[test])
    yield {
        "model": LOGISTIC, "split": number, **figures(plain, left[test]), "ahead": more, "ahead_low": low,
        "ahead_high": high, "note": f"split {number}; AUC of ours {more:+.4f} ({low:+.4f} to {high:+.4f})",
    }  # fmt: skip


def measure_planted(seed: int) -> Iterator[Row]:
    """One company: AUC expected of ours, of what many customers teach, and of the planted probabilities."""
    from inputs.synthetic.behaviour import draw_behaviour

    rng = np.random.default_rng(seed)
    judged, few, many = (draw_behaviour(rng, count) for count in (JUDGED, LEARNED, MANY))
    truth = judged.churn_probability
    left = [(rng.random(len(each.churn_probability)) < each.churn_probability) * 1.0 for each in (few, many)]
    ours = score_churn(judged.features, few.features.assign(churned=left[0]), seed=seed).probability
    encoder, _ = fit_encoder(many.features, judged.features)
    line = logistic(encoder.one_hot(many.features), left[1], encoder.one_hot(judged.features))
    own, learnable, reached = (expected_auc(each, truth) for each in (truth, line, ours))
    yield {
        "model": f"planted {seed}", "rows": JUDGED, "auc": reached, "truth_auc": own, "learnable_auc": learnable,
        "ece": planted_ece(ours, truth), "bias_pp": 100 * float(ours.mean() - truth.mean()),
        "note": f"AUC of the planted itself {own:.3f}, learnable from {MANY} customers {learnable:.3f}",
    }  # fmt: skip


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
    """Means over the splits and the made-up companies that were measured."""
    planted = [row for row in rows if str(row["model"]).startswith("planted")]
    table = pd.DataFrame([row for row in rows if row not in planted])
    return (_splits(table) if len(table) else {}) | (_planted(planted) if planted else {})


def _planted(rows: Sequence[Row]) -> dict[str, Any]:
    truth, learnable, ours = (np.array([row[key] for row in rows]) for key in ("truth_auc", "learnable_auc", "auc"))
    return {
        "churn.planted_short_of_truth_auc": float((truth - ours).mean()),
        "churn.planted_short_of_learnable_auc": float((learnable - ours).mean()),
        "churn.planted_learnable_short_of_truth_auc": float((truth - learnable).mean()),
        "churn.planted_companies": len(rows),
    }


def _splits(table: pd.DataFrame) -> dict[str, Any]:
    ours, plain, flat = (table[table["model"] == model].set_index("split") for model in (OURS, LOGISTIC, BASE))
    auc_of = ours["auc"].to_numpy(np.float64)
    mean, half = float(auc_of.mean()), _half(auc_of)
    lead = (ours["auc"] - plain["auc"].reindex(ours.index)).to_numpy(np.float64)
    ahead, half_ahead = float(lead.mean()), _half(lead)
    return {
        "churn.auc": mean, "churn.auc_low": mean - half, "churn.auc_high": mean + half,
        "churn.ahead_of_logistic": ahead, "churn.ahead_of_logistic_low": ahead - half_ahead,
        "churn.ahead_of_logistic_high": ahead + half_ahead,
        "churn.auc_worst_split": float(auc_of.min()), "churn.auc_best_split": float(auc_of.max()),
        **{f"churn.{key}": float(ours[key].mean()) for key in ("brier", "ece", "bias_pp")},
        "churn.splits": len(ours), "churn.logistic_auc": float(plain["auc"].mean()),
        "churn.base_rate_auc": float(flat["auc"].mean()),
        "churn.splits_better_than_logistic": int((ours["auc"] > plain["auc"].reindex(ours.index)).sum()),
    }  # fmt: skip


def _half(values: np.ndarray) -> float:
    """Half the 90 % interval of the mean of these splits; NaN of one."""
    return 1.645 * float(values.std(ddof=1)) / float(np.sqrt(len(values))) if len(values) > 1 else float("nan")
