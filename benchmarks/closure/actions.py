"""What the product says of contacts and customers, held against what synthetic companies were drawn from.

Effects: each company's contact history, contacts by lot and others, is read by `learn_response`; all pairs of customer
and channel are put in order by the estimated effect and by the planted one. Qini is the area between the planted gain
of contacting in that order and contacting at random; ours is a percentage of the planted order's own. Within a channel
the planted differences are small beside what 500 contacts can show; that figure stands beside it. Habit is the order by
how often a channel was used without a lot.

Churn: planted probabilities against ours, and the euros that rest on leaving (probability x value of the customer).
Seeds are 1600 + seed, 1601 + seed, ...: nothing was chosen on them.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.closure.scoring import expected_auc, planted_ece
from benchmarks.frame import Options, Row
from forecasting.customers import score_customers
from forecasting.response.learn import learn_response
from forecasting.response.uplift import qini

PART = "actions"
FIRST_SEED = 1600
COMPANIES = {"quick": 1, "default": 3, "full": 5}
CUSTOMERS = 3200
CHANNELS = ("field", "outbound", "inbound", "assisted_web", "self_service")
EFFECTS, CHURN = "effects", "churn"
SUMMARY_KEYS = (
    "actions.qini_pct_of_oracle", "actions.worst_qini_pct_of_oracle", "actions.within_channel_qini_pct_of_oracle",
    "actions.habit_qini_pct_of_oracle", "actions.seconds", "churn.planted_ece", "churn.planted_auc",
    "churn.planted_truth_auc", "churn.euros_vs_planted_pct", "churn.value_vs_planted_pct",
)  # fmt: skip


def cells(options: Options) -> Iterator[tuple[str, Callable[[], Iterator[Row]]]]:
    """One cell a company."""
    for number in range(COMPANIES[options.size]):
        seed = FIRST_SEED + options.seed + number
        yield f"company {seed}", partial(measure, seed)


def measure(seed: int) -> Iterator[Row]:
    """One company: its effects, then its churn."""
    from inputs.synthetic import make_company

    company = make_company("actions", customers=CUSTOMERS, reps=5, agents=10, seed=seed)
    yield measure_effects(company, seed)
    yield measure_churn(company, seed)


def measure_effects(company: Any, seed: int) -> Row:
    """Qini of our order of all pairs, of the order within each channel, and of habit."""
    tables = company.tables
    people = tables["customers"].copy()
    people["consent"] = [tuple(str(text).split("|")) for text in people["consent"]]
    begun = time.perf_counter()
    response = learn_response(tables["interactions"], people, channels=CHANNELS, seed=seed)
    seconds = time.perf_counter() - begun
    planted = company.truth["response"]
    planted = planted.assign(planted=planted["response_probability"] - planted["base_probability"])
    pairs = response.effect.merge(planted[["customer_id", "channel", "planted"]], on=["customer_id", "channel"])
    usual = tables["interactions"]
    usual = usual[usual["randomised"] == 0].groupby("channel").size()
    pairs["habit"] = pairs["channel"].map(usual).astype("float64")
    within = [share_of_oracle(group, "effect") for _, group in pairs.groupby("channel")]
    return {
        "model": f"{EFFECTS} {seed}", "rows": len(pairs), "seconds": seconds,
        "qini_pct_of_oracle": share_of_oracle(pairs, "effect"), "within_pct": float(np.mean(within)),
        "habit_pct": share_of_oracle(pairs, "habit"),
        "note": f"Qini {share_of_oracle(pairs, 'effect'):.0f} % of the planted order's own; within a channel "
        f"{np.mean(within):.0f} %",
    }  # fmt: skip


def share_of_oracle(pairs: pd.DataFrame, order: str) -> float:
    """Qini of this order in percent of that of the planted effects."""
    planted = pairs["planted"].to_numpy(np.float64)
    return 100 * qini(pairs[order].to_numpy(np.float64), planted) / qini(planted, planted)


def measure_churn(company: Any, seed: int) -> Row:
    """Calibration and order of the churn probabilities, and the euros at risk."""
    tables = company.tables
    scores = score_customers(
        tables["customers"], tables["customer_history"], tables["transactions"], as_of=company.as_of,
        value_horizon_months=12, seed=seed,
    ).scores.set_index("customer_id")  # fmt: skip
    truth = company.truth["customers"].set_index("customer_id").reindex(scores.index)
    p, q = (frame["churn_probability"].to_numpy(np.float64) for frame in (scores, truth))
    potential, value = scores["potential_eur"].to_numpy(np.float64), truth["value_12_months_eur"].to_numpy(np.float64)
    euros = 100 * (float((p * potential).sum() / (q * value).sum()) - 1)
    return {
        "model": f"{CHURN} {seed}", "rows": len(p), "auc": expected_auc(p, q), "truth_auc": expected_auc(q, q),
        "ece": planted_ece(p, q), "bias_pp": 100 * float(p.mean() - q.mean()), "euros_pct": euros,
        "value_pct": 100 * (float(potential.sum() / value.sum()) - 1),
        "note": f"euros at risk {euros:+.0f} % off the planted; AUC of the planted itself {expected_auc(q, q):.3f}",
    }  # fmt: skip


def summarise(rows: Sequence[Row]) -> dict[str, Any]:
    """Means over the companies."""
    effects = [row for row in rows if str(row["model"]).startswith(EFFECTS)]
    churn = [row for row in rows if str(row["model"]).startswith(CHURN)]

    def mean(found: Sequence[Row], name: str) -> float:
        return float(np.mean([row[name] for row in found]))

    result: dict[str, Any] = {}
    if effects:
        result |= {
            "actions.qini_pct_of_oracle": mean(effects, "qini_pct_of_oracle"),
            "actions.worst_qini_pct_of_oracle": min(row["qini_pct_of_oracle"] for row in effects),
            "actions.within_channel_qini_pct_of_oracle": mean(effects, "within_pct"),
            "actions.habit_qini_pct_of_oracle": mean(effects, "habit_pct"),
            "actions.seconds": mean(effects, "seconds"),
        }
    if churn:
        names = {"planted_ece": "ece", "planted_auc": "auc", "planted_truth_auc": "truth_auc",
                 "euros_vs_planted_pct": "euros_pct", "value_vs_planted_pct": "value_pct"}  # fmt: skip
        result |= {f"churn.{key}": mean(churn, name) for key, name in names.items()}
    return result
