"""What needs no public data: planted win probabilities found again, and a hundred thousand open deals scored at once.

A synthetic company knows the probability of each open deal to be won within 90 days. The forecast is held against it:
in ten groups of the forecast, the mean said and the mean planted (calibration error), and the chance that the forecast
orders a won and a lost deal right, beside the chance that the planted probabilities themselves would. Those know the
hidden quality of each deal, which no forecast can.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.frame import Options, Row
from forecasting.closure.forecast import forecast_closure
from forecasting.closure.landmarks import take_censuses
from forecasting.closure.load import read_deals
from forecasting.closure.model import learn
from forecasting.closure.models import MEAN, ORDINARY, describe
from forecasting.closure.score import score_open_deals
from scenarios.schema.forecast import ClosureSettings

PART = "scoring"
CUSTOMERS = {"quick": 600, "default": 3200, "full": 3200}
DEALS = 100_000
SEEDS = {"quick": 1, "default": 3, "full": 5}
FIRST_SEED = 2000
SUMMARY_KEYS = (
    "score_100k_seconds", "score_100k_cpu_seconds", "planted_ece", "planted_auc", "planted_truth_auc",
    "planted_bias_pp", "planted_forecast_seconds",
)  # fmt: skip


def cells(options: Options) -> Iterator[tuple[str, Callable[[], Iterator[Row]]]]:
    """Companies of several seeds, and the batch."""
    for number in range(SEEDS[options.size]):
        seed = FIRST_SEED + options.seed + number
        yield f"planted {seed}", partial(measure_planted, CUSTOMERS[options.size], seed)
    yield "batch", partial(measure_batch, FIRST_SEED + options.seed)


def measure_planted(customers: int, seed: int) -> Iterator[Row]:
    """The forecast of a company's open deals beside their planted probabilities."""
    from inputs.synthetic import make_company

    company = make_company("planted", customers=customers, reps=20, agents=15, seed=seed)
    begun = time.perf_counter()
    forecast = forecast_closure(
        company.tables["opportunities"], company.tables["stage_events"], settings=ClosureSettings(),
        as_of=company.as_of, seed=seed,
    )  # fmt: skip
    seconds = time.perf_counter() - begun
    truth = company.truth["opportunities"].set_index("opportunity_id")["win_probability_90_days"]
    planted = truth.reindex(forecast.scores["opportunity_id"]).to_numpy(dtype=np.float64)
    known = ~np.isnan(planted)
    p, q = forecast.scores["win_probability"].to_numpy(dtype=np.float64)[known], planted[known]
    yield {
        "model": f"company {seed}", "rows": int(known.sum()), "auc": expected_auc(p, q), "ece": planted_ece(p, q),
        "bias_pp": 100 * float(p.mean() - q.mean()), "seconds": seconds, "truth_auc": expected_auc(q, q),
        "note": f"planted probabilities themselves {expected_auc(q, q):.3f}; {forecast.scores['method'].iloc[0]}",
    }  # fmt: skip


def expected_auc(score: np.ndarray, truth: np.ndarray) -> float:
    """Expected share of (won, lost) pairs in the right order when outcomes follow `truth`; ties count half."""
    _, place = np.unique(score, return_inverse=True)
    wins, losses = np.bincount(place, weights=truth), np.bincount(place, weights=1 - truth)
    below = np.cumsum(losses) - losses
    together = truth.sum() * (1 - truth).sum()
    return float((wins * (below + losses / 2)).sum() / together) if together > 0 else float("nan")


def planted_ece(p: np.ndarray, truth: np.ndarray, *, bins: int = 10) -> float:
    """Weighted |mean said - mean planted| over groups of equal size by p; equal p are never parted."""
    _, first, position = np.unique(np.sort(p), return_index=True, return_inverse=True)
    bin_of = (first * bins // len(p))[position]
    order = np.argsort(p, kind="stable")
    return float(np.abs(np.bincount(bin_of, weights=p[order] - truth[order])).sum() / len(p))


def measure_batch(seed: int) -> Iterator[Row]:
    """Seconds to score 100,000 open deals from tables to table, by the whole mean of three heads."""
    from inputs.synthetic import make_company

    company = make_company("batch", customers=1500, reps=10, agents=10, seed=seed)
    opportunities, events = company.tables["opportunities"], company.tables["stage_events"]
    deals = read_deals(opportunities, events, start_stages=[], as_of=company.as_of).with_unknown_stage()
    history = describe(deals, take_censuses(deals, horizon_days=90), horizon_days=90)
    model = learn(history, deals.end, chosen=MEAN, hidden_states=4, seed=seed, care=ORDINARY)
    ended = set(events.loc[events["stage"].isin(["won", "lost"]), "opportunity_id"])
    still = opportunities[~opportunities["opportunity_id"].isin(ended)]
    own = events[events["opportunity_id"].isin(still["opportunity_id"])]
    times = -(-DEALS // len(still))
    many, more = (_copies(each, times) for each in (still, own))
    many = many.head(DEALS)
    more = more[more["opportunity_id"].isin(many["opportunity_id"])]
    begun, used = time.perf_counter(), time.process_time()
    scores = score_open_deals(model, many, more, as_of=company.as_of)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - used
    note = f"{model.method}, with close dates, {cpu:.1f} s of one core"
    yield {"model": "batch", "rows": len(scores), "seconds": seconds, "cpu_seconds": cpu, "note": note}


def _copies(table: pd.DataFrame, times: int) -> pd.DataFrame:
    """The table so many times, every copy with ids and seconds of its own."""
    copies = []
    for number in range(times):
        part = table.assign(opportunity_id=table["opportunity_id"] + f"-{number:05d}")
        for column in ("created_at", "entered_at"):
            if column in part:
                part[column] = part[column] - pd.to_timedelta(37 * number % 86_400, unit="s")
        copies.append(part)
    return pd.concat(copies, ignore_index=True)


def summarise(rows: Sequence[Row]) -> dict[str, Any]:
    """Means over the companies, and the seconds of the batch."""
    companies = [row for row in rows if "truth_auc" in row]
    found: dict[str, Any] = {row["model"]: row for row in rows if row["model"] == "batch"}
    result: dict[str, Any] = {}
    if "batch" in found:
        batch = found["batch"]
        result = {"score_100k_seconds": batch["seconds"], "score_100k_cpu_seconds": batch.get("cpu_seconds")}
    if companies:
        keys = {"planted_ece": "ece", "planted_auc": "auc", "planted_truth_auc": "truth_auc",
                "planted_bias_pp": "bias_pp", "planted_forecast_seconds": "seconds"}  # fmt: skip
        result |= {key: float(np.mean([row[name] for row in companies])) for key, name in keys.items()}
    return result
