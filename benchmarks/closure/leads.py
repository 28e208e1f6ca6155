"""Leads in order of their number: the first 70 % teach, the rest is scored, as it stands, leaking columns and all.

Ours goes through `score_leads`, which has to find the columns that were written after the sale; the baselines are the
base rate and a logistic regression on the columns that are left when the known leaks are taken out by hand. Sizes and
weights were chosen on splits within the first 70 %. Intervals: 200 bootstrap samples of the scored leads; the rows of
baselines say by how much ours is ahead in AUC and in the converted share of its best fifth.

`planted`: made-up tables with honest columns and up to three leaking ones (planted_leads.py): how many leaks are
missed, kind by kind, and how many honest columns refused. Thresholds were set on seeds 100 to 229, these are 1700 +
seed, ...

Other leads can be given by `--instances`: a CSV file with the columns of x_education_leads.csv.gz.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.closure.planted_leads import HONEST, LEAKING, UNSHOWN, make_tables
from benchmarks.closure.spread import spread, spread_of_lead
from benchmarks.frame import Options, Row
from forecasting.leads import score_leads
from forecasting.leads.columns import read_columns
from forecasting.leads.leakage import find_leaks
from forecasting.leads.model import logistic
from forecasting.metrics import auc, bias_points, brier, ece, precision_at

PART = "leads"
FILE = "x_education_leads.csv.gz"
TRAIN_SHARE = 0.7
TOP_SHARE = 0.2
PLANTED = {"quick": 10, "default": 40, "full": 150}
"""Made-up tables."""
FIRST_SEED = 1700
MOST_LEAKS = 3
OURS, BASE, LOGISTIC = "ours", "base rate", "logistic without the known leaks"
KNOWN_LEAKS = ("tags", "lead_quality", "lead_profile", "asymmetrique_activity_index", "asymmetrique_activity_score",
               "asymmetrique_profile_index", "asymmetrique_profile_score")  # fmt: skip
"""Known from the data's description; no model of ours reads this list."""
SUMMARY_KEYS = (
    "leads.auc", "leads.auc_low", "leads.auc_high", "leads.bias_pp", "leads.brier", "leads.ece",
    "leads.precision_top20", "leads.known_leaks_refused", "leads.known_leaks", "leads.refused", "leads.logistic_auc",
    "leads.logistic_bias_pp", "leads.base_rate_auc", "leads.base_rate_bias_pp", "leads.base_rate_precision_top20",
    "leads.logistic_precision_top20",
    *(f"leads.ahead_of_{key}_{figure}{end}" for key in ("logistic", "base_rate")
      for figure in ("auc", "precision_top20") for end in ("", "_low", "_high")),
    "leads.planted_tables", "leads.planted_leaks", "leads.planted_leaks_missed", "leads.planted_unshown_leaks_missed",
    "leads.planted_honest_columns", "leads.planted_honest_refused",
)  # fmt: skip


def cells(options: Options) -> Iterator[tuple[str, Callable[[], Iterator[Row]]]]:
    """The file, where it is there, and the made-up tables, unless instances are named."""
    named = [path for path in options.instances if path.name == FILE]
    path = named[0] if named else options.data / "crm" / FILE
    if path.exists():
        yield FILE, partial(measure, path, options.seed, options.solutions)
    if not options.instances:
        yield "planted", partial(measure_planted, FIRST_SEED + options.seed, PLANTED[options.size])


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
    yield {
        "model": BASE, **figures(flat, outcome),
        **ahead(probability, flat, outcome, "converted share of the first 70 %"),
    }  # fmt: skip
    columns = read_columns(leads, history)
    kept = [name for name in columns.past.columns if name not in known]
    plain = logistic(columns.past[kept], columns.converted, columns.fresh[kept])
    yield {
        "model": LOGISTIC, **figures(plain, outcome),
        **ahead(probability, plain, outcome, f"{len(kept)} columns chosen by hand"),
    }  # fmt: skip


def ahead(ours: np.ndarray, other: np.ndarray, outcome: np.ndarray, note: str) -> dict[str, Any]:
    """By how much ours is ahead of another forecast in AUC and in the converted share of the best fifth."""
    more, low, high = spread_of_lead(auc, ours, other, outcome)
    top, top_low, top_high = spread_of_lead(partial(precision_at, share=TOP_SHARE), ours, other, outcome)
    return {
        "ahead_auc": more, "ahead_auc_low": low, "ahead_auc_high": high, "ahead_precision_top20": top,
        "ahead_precision_top20_low": top_low, "ahead_precision_top20_high": top_high,
        "note": f"{note}; AUC of ours {more:+.3f} ({low:+.3f} to {high:+.3f}), best fifth {top:+.3f} "
        f"({top_low:+.3f} to {top_high:+.3f})",
    }  # fmt: skip


def measure_planted(first_seed: int, tables: int) -> Iterator[Row]:
    """One row a kind of column: in how many tables it was there, and was refused."""
    there, refused = dict.fromkeys((*LEAKING, *HONEST), 0), dict.fromkeys((*LEAKING, *HONEST), 0)
    for seed in range(first_seed, first_seed + tables):
        rng = np.random.default_rng(seed)
        kinds = tuple(str(each) for each in rng.permutation(list(LEAKING))[: rng.integers(0, MOST_LEAKS + 1)])
        leads, history = make_tables(seed, kinds)
        found = set(find_leaks(read_columns(leads, history), seed=seed).refused["column"])
        for name in (*kinds, *HONEST):
            there[name] += 1
            refused[name] += name in found
    for name, count in there.items():
        leaks = name in LEAKING
        yield {
            "model": f"planted {name}", "rows": count, "refused": refused[name], "leaks": leaks, "tables": tables,
            "note": f"{'leak' if leaks else 'honest'}: refused in {refused[name]} of {count} tables",
        }  # fmt: skip


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
        result |= {f"leads.logistic_{key}": by[LOGISTIC][key] for key in ("auc", "bias_pp", "precision_top20")}
    if BASE in by:
        result |= {f"leads.base_rate_{key}": by[BASE][key] for key in ("auc", "bias_pp", "precision_top20")}
    for model, key in ((LOGISTIC, "logistic"), (BASE, "base_rate")):
        if model in by:
            result |= {
                f"leads.ahead_of_{key}_{figure}{end}": by[model][f"ahead_{figure}{end}"]
                for figure in ("auc", "precision_top20")
                for end in ("", "_low", "_high")
            }
    return result | _planted(rows)


def _planted(rows: Sequence[Row]) -> dict[str, Any]:
    planted = [row for row in rows if str(row["model"]).startswith("planted ")]
    if not planted:
        return {}
    shown = [row for row in planted if row["leaks"] and row["model"] != f"planted {UNSHOWN}"]
    unshown = [row for row in planted if row["model"] == f"planted {UNSHOWN}"]
    honest = [row for row in planted if not row["leaks"]]
    return {
        "leads.planted_tables": planted[0]["tables"],
        "leads.planted_leaks": sum(row["rows"] for row in shown),
        "leads.planted_leaks_missed": sum(row["rows"] - row["refused"] for row in shown),
        "leads.planted_unshown_leaks_missed": sum(row["rows"] - row["refused"] for row in unshown),
        "leads.planted_honest_columns": sum(row["rows"] for row in honest),
        "leads.planted_honest_refused": sum(row["refused"] for row in honest),
    }
