"""The best that any forecast could say of a synthetic company's open deals: one that knows how deals are drawn.

The generator hides each deal's quality, pace and segment. This observer knows their distributions and the chain, sees
what a forecast sees (the path with its times, the amount) and takes Bayes' posterior over the hidden three, on a grid.
No forecast can order deals better on average; what it lacks to the planted probabilities is hidden from everybody.
"""

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from benchmarks.closure.scoring import expected_auc, planted_ece
from benchmarks.frame import Row
from forecasting.closure.forecast import forecast_closure
from inputs.synthetic.deals import (
    DEALS_PER_YEAR,
    HORIZON_DAYS,
    MEDIAN_EUR,
    NAMES,
    PACE,
    SPREAD,
    WON,
    median_days,
    next_chances,
    walk,
    ways_out,
)
from inputs.synthetic.words import SEGMENT_SHARES
from scenarios.schema.forecast import ClosureSettings

QUALITY_SD, PACE_SD, AMOUNT_SD = 0.55, 0.45, 0.7
"""Of the generator: log-odds of a step, log of the pace within a segment, log euros within a segment."""
QUALITY, LOG_PACE = np.linspace(-2.2, 2.2, 23), np.linspace(-1.6, 1.6, 21)
FUTURES = 400
"""Simulated futures of a deal, each under a draw from its posterior."""
DAY = 86_400


def measure_observer(customers: int, seed: int) -> Row:
    """AUC and calibration error against the planted 90-day probabilities: ours, the best observer, the truth itself."""
    from inputs.synthetic import make_company

    company = make_company("planted", customers=customers, reps=20, agents=15, seed=seed)
    tables, truth = company.tables, company.truth["opportunities"].set_index("opportunity_id")
    scores = forecast_closure(
        tables["opportunities"], tables["stage_events"], settings=ClosureSettings(), as_of=company.as_of, seed=seed
    ).scores
    best = observer_probabilities(company, seed=seed)
    p = scores.set_index("opportunity_id")["win_probability"].reindex(best.index).to_numpy(dtype=np.float64)
    q = truth["win_probability_90_days"].reindex(best.index).to_numpy(dtype=np.float64)
    b = best.to_numpy(dtype=np.float64)
    ours, observer, planted = (expected_auc(each, q) for each in (p, b, q))
    return {
        "model": f"observer {seed}", "rows": len(q), "auc": ours, "observer_auc": observer, "truth_auc": planted,
        "ece": planted_ece(p, q), "observer_ece": planted_ece(b, q),
        "note": f"best that can be known {observer:.3f}, planted probabilities themselves {planted:.3f}; calibration "
        f"error of the best observer {planted_ece(b, q):.3f}",
    }  # fmt: skip


def observer_probabilities(company: Any, *, seed: int) -> pd.Series:
    """Chance to be won within 90 days, by opportunity_id, of each open deal of a synthetic company."""
    opportunities, events = company.tables["opportunities"], company.tables["stage_events"]
    still = company.truth["opportunities"]["is_open"].to_numpy(dtype=bool)
    code = {name: at for at, name in enumerate(NAMES)}
    stage = events["stage"].map(code).to_numpy(dtype=np.int64)
    day = events["entered_at"].to_numpy().astype("datetime64[s]").astype(np.int64) / DAY
    deal = pd.Index(opportunities["opportunity_id"]).get_indexer(pd.Index(events["opportunity_id"]))
    first = np.searchsorted(deal, np.arange(len(opportunities) + 1))
    end = (np.datetime64(company.as_of, "s") + np.timedelta64(1, "D")).astype(np.int64) / DAY
    log_amount = np.log(opportunities["amount_eur"].to_numpy(dtype=np.float64))
    rng = np.random.default_rng(seed)
    found = {}
    for number in np.flatnonzero(still):
        path = slice(first[number], first[number + 1])
        weight = posterior(stage[path], np.append(day[path], end), float(log_amount[number]))
        found[opportunities["opportunity_id"].iloc[number]] = _won_within(
            weight, int(stage[path][-1]), end - day[path][-1], rng
        )
    return pd.Series(found, dtype="float64")


def posterior(stage: np.ndarray, day: np.ndarray, log_amount: float) -> np.ndarray:
    """(segments, qualities, paces) weights that sum to 1, given a path.

    Args:
        stage: (E,) stages passed. day: (E + 1,) when each was entered, and now. log_amount: of euros.
    """
    chances = next_chances(QUALITY)
    prior = _bell(QUALITY / QUALITY_SD)[:, None] * _bell(LOG_PACE / PACE_SD)[None, :]
    weight = np.empty((len(PACE), len(QUALITY), len(LOG_PACE)))
    for segment, own in enumerate(PACE):
        usual = SEGMENT_SHARES[segment] * DEALS_PER_YEAR[segment]
        likely = prior * usual * _bell((log_amount - np.log(MEDIAN_EUR[segment])) / AMOUNT_SD)
        pace = own * np.exp(LOG_PACE)
        for at in range(len(stage)):
            middle = median_days(pace, np.full(len(pace), stage[at]))
            took = np.log(max(day[at + 1] - day[at], 1e-5) / middle) / SPREAD
            if at + 1 < len(stage):
                to = stage[at + 1]
                likely = likely * chances[:, stage[at], to][:, None] * _bell(took[:, to])[None, :]
            else:
                likely = likely * (chances[:, stage[at], :] @ ndtr(-took).T)
        weight[segment] = likely
    return np.asarray(weight / weight.sum())


def _won_within(weight: np.ndarray, stage: int, dwell: float, rng: np.random.Generator) -> float:
    """Share of futures won within `HORIZON_DAYS`, each with hidden values drawn from the posterior."""
    drawn = rng.choice(weight.size, FUTURES, p=weight.ravel())
    segment, quality, pace = np.unravel_index(drawn, weight.shape)
    chances, own = next_chances(QUALITY[quality]), PACE[segment] * np.exp(LOG_PACE[pace])
    now, waited = np.full(FUTURES, stage), np.full(FUTURES, dwell)
    way, middle, survival = ways_out(chances[:, stage], own, stage=now, dwell=waited)
    first = (rng.random(FUTURES)[:, None] > np.cumsum(way, axis=1)[:, :-1]).sum(axis=1)
    row = np.arange(FUTURES)
    left = np.maximum(rng.random(FUTURES) * survival[row, first], 1e-300)
    day = middle[row, first] * np.exp(-SPREAD * ndtri(left)) - waited
    won = int(((first == WON) & (day <= HORIZON_DAYS)).sum())
    on = (first < WON) & (day < HORIZON_DAYS)
    _, stages, _ = walk(rng, chances[on], own[on], first[on], HORIZON_DAYS - day[on])
    return (won + int((stages == WON).sum())) / FUTURES


def _bell(z: Any) -> Any:
    """Normal density but for its constant."""
    return np.exp(-0.5 * np.square(z))
