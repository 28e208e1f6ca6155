"""What customers will spend within 13 weeks: 23,570 customers of one cohort, known up to the origin 1997-10-01.

Ours goes through `expect_sales`. Baselines, in the same run: a dropout model alone (BG/NBD), recency and frequency as a
rule (what customers like these, in fifths by recency and by frequency, spent in the 13 weeks before), last 13 weeks
again, and every customer's own mean. Everything was chosen on purchases before the origin. `other origins` repeats ours
and the baselines there, as the bias of one quarter says little. Intervals: 200 bootstrap samples of customers; rows of
baselines say by how much ours captures more, with its interval.

The cohort was won in the first quarter of 1997 and is seen for nine months: no quarter is seen twice, so a Christmas
quarter cannot be told from the table.

Other purchases can be given by `--instances`: a CSV file with the columns of cdnow_transactions.csv.gz.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.closure.spread import spread, spread_of_lead
from benchmarks.frame import Options, Row
from forecasting.customers.potential import bias_pct, dropout_alone, expect_sales, past_mean, top_capture
from forecasting.customers.purchases import MONTH_DAYS, Purchases, read_purchases, rfm, sales_between

PART = "value"
FILE = "cdnow_transactions.csv.gz"
ORIGIN = "1997-10-01"
OTHER_ORIGINS = {
    "quick": (),
    "default": ("1997-08-01", "1998-01-01"),
    "full": ("1997-08-01", "1997-09-01", "1998-01-01", "1998-04-01"),
}
WINDOW_DAYS = 91
FIFTHS = 5
OURS, DROPOUT, RULE, AGAIN, MEAN = "ours", "dropout model", "recency-frequency rule", "last 13 weeks again", "own mean"
KEYS = {DROPOUT: "dropout", RULE: "rule", AGAIN: "last_weeks", MEAN: "own_mean"}
SUMMARY_KEYS = (
    "value.capture10", "value.capture10_low", "value.capture10_high", "value.bias_pct", "value.bias_pct_low",
    "value.bias_pct_high", "value.mae_eur", "value.best_capture10", "value.mean_absolute_bias_pct_other_origins",
    *(f"value.{key}_{figure}" for key in KEYS.values() for figure in ("capture10", "bias_pct", "mae_eur")),
    *(f"value.ahead_of_{key}{end}" for key in KEYS.values() for end in ("", "_low", "_high")),
)  # fmt: skip


def cells(options: Options) -> Iterator[tuple[str, Callable[[], Iterator[Row]]]]:
    """One cell an origin; none where the file is absent."""
    named = [path for path in options.instances if path.name == FILE]
    path = named[0] if named else options.data / "crm" / FILE
    if path.exists():
        for origin in (ORIGIN, *OTHER_ORIGINS[options.size]):
            yield origin, partial(measure, path, origin, options.seed, options.solutions)


def measure(path: Path, origin: str, seed: int, solutions: Path | None) -> Iterator[Row]:
    """Ours and the baselines at one origin."""
    table = pd.read_csv(path, parse_dates=["date"]).rename(columns={"amount": "amount_eur"})
    table["customer_id"] = table["customer_id"].astype("str")
    first = pd.Timestamp(origin)
    past = table[table["date"] < first]
    future = table[(table["date"] >= first) & (table["date"] < first + pd.Timedelta(days=WINDOW_DAYS))]
    purchases = read_purchases(past, past["customer_id"].drop_duplicates(), as_of=(first - pd.Timedelta(days=1)).date())
    spent = future.groupby("customer_id")["amount_eur"].sum().reindex(purchases.ids).fillna(0.0).to_numpy(np.float64)
    begun = time.perf_counter()
    expected = expect_sales(purchases, horizon_months=3, seed=seed).eur
    seconds = time.perf_counter() - begun
    now = purchases.days
    forecasts = {
        OURS: expected,
        DROPOUT: dropout_alone(purchases, now, days=WINDOW_DAYS),
        RULE: recency_frequency(purchases, now),
        AGAIN: sales_between(purchases, now - WINDOW_DAYS, now),
        MEAN: past_mean(purchases, now) * WINDOW_DAYS / MONTH_DAYS,
    }
    for model, forecast in forecasts.items():
        row = {"model": model, "origin": origin, **figures(forecast, spent), "note": f"origin {origin}"}
        yield row | ({"seconds": seconds} if model == OURS else ahead(expected, forecast, spent, row["note"]))
    if solutions is not None and origin == ORIGIN:
        solutions.mkdir(parents=True, exist_ok=True)
        pd.DataFrame({"customer_id": purchases.ids, "expected_eur": expected}).to_csv(
            solutions / "value.csv", index=False
        )


def recency_frequency(purchases: Purchases, until: int) -> np.ndarray:
    """(B,) mean spend of the last 13 weeks of those in the same fifths by recency and purchases before them."""
    before, now = rfm(purchases, until - WINDOW_DAYS), rfm(purchases, until)
    spent = sales_between(purchases, until - WINDOW_DAYS, until)
    taught = ~np.isnan(before[:, 0])
    cuts = [np.quantile(before[taught, k], np.arange(1, FIFTHS) / FIFTHS) for k in (0, 2)]

    def cell(values: np.ndarray) -> np.ndarray:
        recency, times = np.nan_to_num(values[:, 0], nan=1e9), values[:, 2]
        return np.asarray(np.searchsorted(cuts[0], recency) * FIFTHS + np.searchsorted(cuts[1], times))

    size = FIFTHS * FIFTHS
    count = np.bincount(cell(before)[taught], minlength=size)
    total = np.bincount(cell(before)[taught], weights=spent[taught], minlength=size)
    mean = np.where(count > 0, total / np.maximum(count, 1), spent[taught].mean())
    result: np.ndarray = mean[cell(now)]
    return result


def figures(forecast: np.ndarray, actual: np.ndarray) -> dict[str, Any]:
    """Capture of the best tenth, bias of the total and mean absolute error, with intervals."""
    low, high = spread(top_capture, forecast, actual)
    bias_low, bias_high = spread(bias_pct, forecast, actual)
    return {
        "rows": len(actual), "capture10": top_capture(forecast, actual), "low": low, "high": high,
        "bias_pct": bias_pct(forecast, actual), "bias_pct_low": bias_low, "bias_pct_high": bias_high,
        "mae_eur": mean_absolute_error(forecast, actual), "best_capture10": top_capture(actual, actual),
    }  # fmt: skip


def ahead(ours: np.ndarray, other: np.ndarray, actual: np.ndarray, note: str) -> dict[str, Any]:
    """By how much ours captures more and errs less in euros a customer than another forecast, with intervals."""
    more, low, high = spread_of_lead(top_capture, ours, other, actual)
    less, less_low, less_high = spread_of_lead(mean_absolute_error, other, ours, actual)
    return {
        "ahead": more, "ahead_low": low, "ahead_high": high, "mae_less": less, "mae_less_low": less_low,
        "mae_less_high": less_high,
        "note": f"{note}; ours captures {more:+.3f} ({low:+.3f} to {high:+.3f}), errs by {less:+.2f} EUR less "
        f"({less_low:+.2f} to {less_high:+.2f})",
    }  # fmt: skip


def mean_absolute_error(forecast: np.ndarray, actual: np.ndarray) -> float:
    """Euros a customer."""
    return float(np.abs(forecast - actual).mean())


def summarise(rows: Sequence[Row]) -> dict[str, Any]:
    """Ours and the baselines at the origin, and how far ours was off at the others."""
    by = {row["model"]: row for row in rows if row["origin"] == ORIGIN}
    result: dict[str, Any] = {}
    if OURS in by:
        names = {"capture10": "capture10", "capture10_low": "low", "capture10_high": "high", "bias_pct": "bias_pct",
                 "bias_pct_low": "bias_pct_low", "bias_pct_high": "bias_pct_high", "mae_eur": "mae_eur",
                 "best_capture10": "best_capture10"}  # fmt: skip
        result |= {f"value.{key}": by[OURS][name] for key, name in names.items()}
    for model, key in KEYS.items():
        if model in by:
            result |= {f"value.{key}_{figure}": by[model][figure] for figure in ("capture10", "bias_pct", "mae_eur")}
            result |= {f"value.ahead_of_{key}{end}": by[model][f"ahead{end}"] for end in ("", "_low", "_high")}
    others = [abs(row["bias_pct"]) for row in rows if row["model"] == OURS and row["origin"] != ORIGIN]
    if others:
        result["value.mean_absolute_bias_pct_other_origins"] = float(np.mean(others))
    return result
