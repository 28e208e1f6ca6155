"""Leads in order of their number: the first 70 % teach, the rest is scored, as it stands, leaking columns and all.

Ours goes through `score_leads`, which has to find the columns that were written after the sale; the baselines are the
base rate and a logistic regression on the columns that are left when the known leaks are taken out by hand. Sizes and
weights were chosen on splits within the first 70 %. Intervals: 200 bootstrap samples of the scored leads.

Other leads can be given by `--instances`: a CSV file with the columns of x_education_leads.csv.gz.
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
from forecasting.leads import score_leads
from forecasting.leads.columns import read_columns
from forecasting.leads.model import logistic
from forecasting.metrics import auc, bias_points, brier, ece, precision_at

PART = "leads"
FILE = "x_education_leads.csv.gz"
TRAIN_SHARE = 0.7
TOP_SHARE = 0.2
OURS, BASE, LOGISTIC = "ours", "base rate", "logistic without the known leaks"
KNOWN_LEAKS = ("tags", "lead_quality", "lead_profile", "asymmetrique_activity_index", "asymmetrique_activity_score",
               "asymmetrique_profile_index", "asymmetrique_profile_score")  # fmt: skip
"""Known from the data's description; no model of ours reads this list."""
SUMMARY_KEYS = (
    "leads.auc", "leads.auc_low", "leads.auc_high", "leads.bias_pp", "leads.brier", "leads.ece",
    "leads.precision_top20", "leads.known_leaks_refused", "leads.known_leaks", "leads.refused", "leads.logistic_auc",
    "leads.logistic_bias_pp", "leads.base_rate_auc", "leads.base_rate_bias_pp", "leads.base_rate_precision_top20",
)  # fmt: skip


def cells(options: Options) -> Iterator[tuple[str, Callable[[], Iterator[Row]]]]:
    """One cell; none where the file is absent."""
    named = [path for path in options.instances if path.name == FILE]
    path = named[0] if named else options.data / "crm" / FILE
    if path.exists():
        yield FILE, partial(measure, path, options.seed, options.solutions)


def read_leads(path: Path) -> pd.DataFrame:
    """The leads in order of their number, columns in small letters, as a company would hand them over."""
    table = pd.read_csv(path)
    table.columns = [name.strip().lower().replace(" ", "_") for name in table.columns]
    table = table.rename(columns={"prospect_id": "lead_id"})
    return table.sort_values("lead_number", kind="stable", ignore_index=True)


def measure(path: Path, seed: int, solutions: Path | None) -> Iterator[Row]:
    """Ours, then both baselines."""
    table = read_leads(path)
    first = round(TRAIN_SHARE * len(table))
    history, leads = table[:first], table[first:].drop(columns="converted")
    begun = time.perf_counter()
    scored = score_leads(leads, history, seed=seed)
    seconds = time.perf_counter() - begun
    outcome = table[first:].set_index("lead_id")["converted"].reindex(scored.scores["lead_id"]).to_numpy(np.float64)
    probability = scored.scores["conversion_probability"].to_numpy(np.float64)
    known = set(KNOWN_LEAKS) & set(table.columns)
    found = set(scored.refused["column"])
    yield {
        "model": OURS, **figures(probability, outcome), "seconds": seconds, "refused": len(found),
        "known_leaks": len(known), "known_leaks_refused": len(known & found),
        "note": f"refused by evidence: {', '.join(sorted(found))}",
    }  # fmt: skip
    if solutions is not None:
        solutions.mkdir(parents=True, exist_ok=True)
        scored.scores.to_csv(solutions / "leads.csv", index=False)
    flat = np.full(len(outcome), float(history["converted"].mean()))
    yield {"model": BASE, **figures(flat, outcome), "note": "converted share of the first 70 %"}
    columns = read_columns(leads, history)
    kept = [name for name in columns.past.columns if name not in known]
    plain = logistic(columns.past[kept], columns.converted, columns.fresh[kept])
    yield {"model": LOGISTIC, **figures(plain, outcome), "note": f"{len(kept)} columns chosen by hand"}


def figures(probability: np.ndarray, outcome: np.ndarray) -> dict[str, Any]:
    """Measures of one model, and the interval of its AUC."""
    low, high = spread(auc, probability, outcome)
    return {
        "rows": len(outcome),
        "auc": auc(probability, outcome),
        "low": low,
        "high": high,
        "brier": brier(probability, outcome),
        "ece": ece(probability, outcome),
        "bias_pp": bias_points(probability, outcome),
        "precision_top20": precision_at(probability, outcome, share=TOP_SHARE),
    }


def summarise(rows: Sequence[Row]) -> dict[str, Any]:
    """Ours, with what the program refused, and the baselines."""
    by = {row["model"]: row for row in rows}
    result: dict[str, Any] = {}
    if OURS in by:
        names = {"auc": "auc", "auc_low": "low", "auc_high": "high", "bias_pp": "bias_pp", "brier": "brier",
                 "ece": "ece", "precision_top20": "precision_top20", "refused": "refused",
                 "known_leaks": "known_leaks", "known_leaks_refused": "known_leaks_refused"}  # fmt: skip
        result |= {f"leads.{key}": by[OURS][name] for key, name in names.items()}
    if LOGISTIC in by:
        result |= {f"leads.logistic_{key}": by[LOGISTIC][key] for key in ("auc", "bias_pp")}
    if BASE in by:
        result |= {f"leads.base_rate_{key}": by[BASE][key] for key in ("auc", "bias_pp", "precision_top20")}
    return result
