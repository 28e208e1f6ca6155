"""Opportunities of the synthetic company: a semi-Markov chain over sales stages, with its exact chances to win.

From each stage a deal first draws where it goes next (forward, a stage skipped, back, won or lost), then how long
that takes: lognormal, with a median by stage and way out, times the pace of its segment and its own. Because slow
ways out are the bad ones, a deal that stands still is less likely to be won.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from inputs.synthetic.words import ids

STAGES = ("new", "qualified", "demo", "proposal", "negotiation")
WON, LOST = len(STAGES), len(STAGES) + 1
NAMES = np.array([*STAGES, "won", "lost"], dtype=object)
# Chances of the next stage from each stage, for a deal of middling quality: columns as NAMES.
NEXT = np.array(
    [
        [0.00, 0.56, 0.08, 0.03, 0.00, 0.005, 0.325],
        [0.04, 0.00, 0.50, 0.10, 0.02, 0.01, 0.33],
        [0.01, 0.08, 0.00, 0.52, 0.07, 0.02, 0.30],
        [0.00, 0.03, 0.09, 0.00, 0.50, 0.10, 0.28],
        [0.00, 0.01, 0.03, 0.12, 0.00, 0.58, 0.26],
    ]
)
FORWARD = np.triu(np.ones((len(STAGES), len(NAMES)), dtype=bool), k=1)
FORWARD[:, LOST] = False
MEDIAN_DAYS = np.array([6.0, 11.0, 12.0, 15.0, 14.0])
LOSING_SLOWER, BACK_SLOWER, SPREAD = 2.2, 1.5, 0.8
PACE = np.array([0.4, 0.8, 1.4, 2.6])
START_SHARES = np.array([0.84, 0.10, 0.02, 0.04, 0.0])
DEALS_PER_YEAR = np.array([0.6, 1.0, 1.5, 2.7])
MEDIAN_EUR = np.array([900.0, 2600.0, 8000.0, 26000.0])
HISTORY_DAYS = 540
OVERCONFIDENCE = 0.10
HORIZON_DAYS = 90
SIMULATIONS = 400


@dataclass(frozen=True)
class Deals:
    """opportunities, stage_events: tables as the contract has them. truth: one row per opportunity (see truth.md)."""

    opportunities: pd.DataFrame
    stage_events: pd.DataFrame
    truth: pd.DataFrame


def next_chances(quality: np.ndarray) -> np.ndarray:
    """(n, 5, 7) chances of the next stage of deals of a quality (n,), 0 = middling: odds of forward x exp(quality)."""
    raw = NEXT[None] * np.where(FORWARD[None], np.exp(quality)[:, None, None], 1.0)
    return np.asarray(raw / raw.sum(axis=2, keepdims=True))


def win_chances(chances: np.ndarray) -> np.ndarray:
    """(n, 7) probability of ending in `won` from each stage: the absorption (I - Q) a = r of the embedded chain."""
    transient, win = chances[:, :, :WON], chances[:, :, WON]
    solved = np.linalg.solve(np.eye(WON)[None] - transient, win[:, :, None])[:, :, 0]
    return np.concatenate([solved, np.ones((len(chances), 1)), np.zeros((len(chances), 1))], axis=1)


def median_days(pace: np.ndarray, stage: np.ndarray) -> np.ndarray:
    """(n, 7) median days in `stage` (n,) by where the deal goes next; pace (n,) multiplies."""
    way = np.ones((WON, len(NAMES)))
    way[:, LOST] = LOSING_SLOWER
    way[np.tril_indices(WON, k=-1)] = BACK_SLOWER
    return np.asarray(MEDIAN_DAYS[stage, None] * way[stage] * pace[:, None])


def ways_out(
    chances: np.ndarray, pace: np.ndarray, *, stage: np.ndarray, dwell: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where n deals go from `stage` after `dwell` days in it: p_k S_k(dwell) / sum, S_k the lognormal survival.

    Args:
        chances: (n, 7) of the next stage when the stage is entered. pace: (n,). stage: (n,). dwell: (n,) days.

    Returns:
        (n, 7) chances of the ways out, median days of each, and survival S_k(dwell) of each.
    """
    middle = median_days(pace, stage)
    survival = ndtr(-np.log(np.maximum(dwell[:, None], 1e-9) / middle) / SPREAD)
    way = chances * np.maximum(survival, 1e-300)
    return way / way.sum(axis=1, keepdims=True), middle, survival


def draw_deals(
    rng: np.random.Generator, *, customers: pd.DataFrame, segment: np.ndarray, territories: pd.DataFrame, as_of: date
) -> Deals:
    """All deals of the last 18 months; those undecided at the end of `as_of` stay open, and that is all one sees."""
    end = np.datetime64(as_of, "s") + np.timedelta64(1, "D") - np.timedelta64(1, "s")
    per_customer = rng.poisson(DEALS_PER_YEAR[segment] * HISTORY_DAYS / 365)
    who = np.repeat(np.arange(len(customers)), per_customer)
    age_days = rng.random(len(who)) * HISTORY_DAYS
    order = np.argsort(-age_days, kind="stable")
    who, age_days = who[order], age_days[order]
    count = len(who)
    quality = rng.normal(0.0, 0.55, count)
    pace = PACE[segment[who]] * rng.lognormal(0, 0.45, count)
    chances = next_chances(quality)
    stage = rng.choice(WON, count, p=START_SHARES)
    wins = win_chances(chances)
    deal, stages, days = walk(rng, chances, pace, stage, age_days)
    at_day = np.floor((days - age_days[deal]) * 86400).astype("timedelta64[s]")
    events = pd.DataFrame(
        {"deal": deal, "stage": stages, "days": days, "entered_at": (end + at_day).astype("datetime64[us]")}
    )
    last = events.groupby("deal").tail(1).set_index("deal")
    now, dwell = last["stage"].to_numpy(), age_days - last["days"].to_numpy()
    truth = _truth(rng, chances=chances, wins=wins, pace=pace, start=stage, now=now, dwell=dwell)
    truth.insert(0, "opportunity_id", ids("O", count, 6))
    known = np.where(truth["is_open"], truth["win_probability"], truth["win_probability_at_start"])
    said = np.clip(100 * (known + OVERCONFIDENCE + rng.normal(0, 0.05, count)), 1, 99)
    amount = MEDIAN_EUR[segment[who]] * rng.lognormal(0, 0.7, count)
    owner_of = dict(zip(territories["customer_id"], territories["rep_id"], strict=True))
    owner = np.array([owner_of.get(customer, "") for customer in customers["customer_id"]], dtype=object)
    opportunities = pd.DataFrame(
        {
            "opportunity_id": truth["opportunity_id"],
            "customer_id": customers["customer_id"].to_numpy()[who],
            "created_at": (end - np.floor(age_days * 86400).astype("timedelta64[s]")).astype("datetime64[us]"),
            "amount_eur": np.round(amount, -1).clip(min=50),
            "rep_probability_pct": np.round(said, 1),
            "owner_rep_id": owner[who],
        }
    )
    stage_events = pd.DataFrame(
        {
            "opportunity_id": truth["opportunity_id"].to_numpy()[events["deal"]],
            "stage": NAMES[events["stage"]],
            "entered_at": events["entered_at"],
        }
    )
    return Deals(opportunities, stage_events, truth)


def _pick(rng: np.random.Generator, chances: np.ndarray) -> np.ndarray:
    """One column per row, drawn with the row's chances (n, k) that sum to 1."""
    target = rng.random(len(chances))[:, None] * chances.sum(axis=1, keepdims=True)
    return np.asarray(np.minimum((np.cumsum(chances, axis=1) <= target).sum(axis=1), chances.shape[1] - 1))


def walk(
    rng: np.random.Generator, chances: np.ndarray, pace: np.ndarray, stage: np.ndarray, until_days: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Events (deal, stage, days after creation) of deals that start in `stage`, cut at `until_days` of each (n,).

    Sorted by deal, then time.
    """
    alive, day = np.arange(len(stage)), np.zeros(len(stage))
    log = [(alive, stage, day)]
    while len(alive):
        following = _pick(rng, chances[alive, stage])
        middle = median_days(pace[alive], stage)[np.arange(len(alive)), following]
        day = day + middle * rng.lognormal(0, SPREAD, len(alive))
        seen = day < until_days[alive]
        alive, stage, day = alive[seen], following[seen], day[seen]
        log.append((alive, stage, day))
        going = stage < WON
        alive, stage, day = alive[going], stage[going], day[going]
    deal, stages, days = (np.concatenate([entry[i] for entry in log]) for i in range(3))
    order = np.lexsort((days, deal))
    return deal[order], stages[order], days[order]


def _truth(
    rng: np.random.Generator,
    *,
    chances: np.ndarray,
    wins: np.ndarray,
    pace: np.ndarray,
    start: np.ndarray,
    now: np.ndarray,
    dwell: np.ndarray,
) -> pd.DataFrame:
    """Chances to win: at the start, and for open deals now, given how long they have stood still."""
    count = len(now)
    open_ = np.flatnonzero(now < WON)
    eventually, within = np.full(count, np.nan), np.full(count, np.nan)
    if len(open_):
        stage, waited = now[open_], dwell[open_]
        way, middle, survival = ways_out(chances[open_, stage], pace[open_], stage=stage, dwell=waited)
        eventually[open_] = (way * wins[open_]).sum(axis=1)
        within[open_] = _won_within(
            rng, chances[open_], pace[open_], way=way, middle=middle, survival=survival, waited=waited
        )
    return pd.DataFrame(
        {
            "is_open": now < WON,
            "win_probability_at_start": wins[np.arange(count), start],
            "win_probability": eventually,
            "win_probability_90_days": within,
        }
    )


def _won_within(
    rng: np.random.Generator,
    chances: np.ndarray,
    pace: np.ndarray,
    *,
    way: np.ndarray,
    middle: np.ndarray,
    survival: np.ndarray,
    waited: np.ndarray,
) -> np.ndarray:
    """(n,) share of simulated futures of open deals that are won within 90 days; standard error at most 0.025."""
    deal = np.repeat(np.arange(len(waited)), SIMULATIONS)
    first = _pick(rng, way[deal])
    left = rng.random(len(deal)) * survival[deal, first]
    day = middle[deal, first] * np.exp(-SPREAD * ndtri(np.maximum(left, 1e-300))) - waited[deal]
    won = np.bincount(deal[(first == WON) & (day <= HORIZON_DAYS)], minlength=len(waited)).astype(float)
    moving = (first < WON) & (day < HORIZON_DAYS)
    deal, stage, left_days = deal[moving], first[moving], HORIZON_DAYS - day[moving]
    runs, stages, _ = walk(rng, chances[deal], pace[deal], stage, left_days)
    return np.asarray((won + np.bincount(deal[runs[stages == WON]], minlength=len(waited))) / SIMULATIONS)
