"""A sales pipeline of any size, with fiscal years that differ, reps that say too much, and a log as people keep one.

Deals run through the chain of `deals`; in between people note a status (`meeting`, `no answer`, ...), more good ones
for good deals. How much outcomes depend on a deal's hidden quality (`quality_spread`) sets how often a perfect model is
right at one half; how clearly the statuses tell of it (`told`) and how carelessly the log is kept (`Log`) set how near
a forecast can come. Each fiscal year has its win rate and its reps. The planted probability of every deal is exact at
every moment. Equal arguments give an equal pipeline.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from scipy.special import expit, logit, softmax

from inputs.synthetic.deals import LOST, NAMES, WON, next_chances, walk, ways_out, win_chances
from inputs.synthetic.words import generator, ids

STATUSES = ("meeting", "question", "no answer", "postponed")
USUAL = np.log([0.3, 0.25, 0.28, 0.17])
LEAN = np.array([1.0, 0.3, -0.5, -1.0])
"""Log-odds of a status for a deal of middling quality, and how they move with a standard deviation of quality."""
PACE_SPREAD = 0.5
OWN_POINTS = 4.0
"""Spread of the reps' own biases, percentage points."""
MEDIAN_EUR = 4000.0
EUR_SPREAD = 0.9
DAY = 86_400


@dataclass(frozen=True)
class Year:
    """win_share: of deals created in this fiscal year, 0..1. reps_points: what reps say beyond what they know, in
    percentage points.
    """

    win_share: float
    reps_points: float = 10.0


@dataclass(frozen=True)
class Log:
    """How carelessly events are written, each as a share of events: missing, late (by a median of `late_days`), with
    another name than the true one. The outcome is always written, at its time.
    """

    missing: float = 0.0
    late: float = 0.0
    late_days: float = 5.0
    misnamed: float = 0.0


@dataclass(frozen=True)
class Pipeline:
    """opportunities, stage_events: tables of the contract. truth: one row per deal, in the order of opportunities:
    quality, pace, win_probability_at_start.

    deal, stage, second: (E,) what really happened (the stages without statuses), by deal and time, seconds since 1970.
    """

    opportunities: pd.DataFrame
    stage_events: pd.DataFrame
    truth: pd.DataFrame
    deal: np.ndarray
    stage: np.ndarray
    second: np.ndarray

    def planted(self, deal: np.ndarray, second: np.ndarray) -> np.ndarray:
        """(n,) chance to win ever, given everything, of deals (n,) rows that are open at seconds (n,); exact."""
        span = int(self.second.max()) + 1
        last = np.searchsorted(self.deal * span + self.second, deal * span + second, side="left") - 1
        quality, pace = (self.truth[name].to_numpy()[deal] for name in ("quality", "pace"))
        return _chance(quality, pace, self.stage[last], (second - self.second[last]) / DAY)


def make_pipeline(
    *,
    deals: int,
    years: Mapping[int, Year],
    as_of: date,
    seed: int,
    year_begins: int = 1,
    quality_spread: float = 2.0,
    told: float = 1.0,
    status_every_days: float = 3.0,
    pace: float = 1.0,
    reps_know: float = 0.5,
    owners: int = 10,
    log: Log = Log(),
) -> Pipeline:
    """Deals created evenly over the fiscal years, as they are known at the end of `as_of`.

    Args:
        deals: how many. years: fiscal year, by the calendar year in which it ends -> what it is like; consecutive.
        as_of: the last day known; deals created later are not drawn. year_begins: month of the fiscal year's begin.
        quality_spread: standard deviation of the hidden quality, log-odds of each step forward.
        told: how clearly statuses tell of quality; 0: not at all. status_every_days: mean days between two statuses of
            a deal of pace 1; infinity: none. pace: times the usual days of each stage.
        reps_know: 0..1, how much of what is planted at one moment of a deal's life its rep knows.
        owners: reps, each with a bias of his own. log: how the log is kept.
    """
    rng = generator(seed, "pipeline")
    begin, end = _span(years, as_of, year_begins)
    created = np.sort(rng.integers(begin, end - DAY, deals))
    year = _fiscal_year(created, year_begins)
    mean = {name: _mean_quality(each.win_share, quality_spread) for name, each in years.items()}
    quality = np.array([mean[name] for name in year]) + quality_spread * rng.standard_normal(deals)
    own_pace = pace * rng.lognormal(0, PACE_SPREAD, deals)
    chances = next_chances(quality)
    at_start = win_chances(chances)[:, 0]
    until = (end - created) / DAY
    deal, stage, days = walk(rng, chances, own_pace, np.zeros(deals, dtype=np.int64), until)
    second = created[deal] + np.floor(days * DAY).astype(np.int64)
    truth = pd.DataFrame({"quality": quality, "pace": own_pace, "win_probability_at_start": at_start})
    names = ids("O", deals, 7)
    owner = rng.integers(0, owners, deals)
    points = np.array([years[name].reps_points for name in year])
    said = _said(rng, truth, owner=owner, know=reps_know, ends=_ends(deal, second, end), created=created,
                 core=(deal, stage, second), year=year, points=points)  # fmt: skip
    amount = MEDIAN_EUR * own_pace / pace * rng.lognormal(0, EUR_SPREAD, deals)
    opportunities = pd.DataFrame(
        {
            "opportunity_id": pd.Series(names, dtype="str"),
            "customer_id": pd.Series(ids("C", deals, 7), dtype="str"),
            "created_at": created.astype("datetime64[s]").astype("datetime64[us]"),
            "amount_eur": np.round(amount, -1).clip(min=50),
            "rep_probability_pct": np.round(said, 1),
            "owner_rep_id": pd.Series(ids("R", owners, 2)[owner], dtype="str"),
        }
    )
    noted = _noted(rng, deal, stage, second, quality=told * (quality - mean_of(mean, year)) / quality_spread,
                   every_days=status_every_days * own_pace, end=end)  # fmt: skip
    events = _kept(rng, *noted, log=log, end=end)
    table = pd.DataFrame(
        {
            "opportunity_id": pd.Series(names[events[0]], dtype="str"),
            "stage": pd.Series(_names()[events[1]], dtype="str"),
            "entered_at": events[2].astype("datetime64[s]").astype("datetime64[us]"),
        }
    )
    return Pipeline(opportunities, table, truth, deal, stage, second)


def mean_of(mean: Mapping[int, float], year: np.ndarray) -> np.ndarray:
    """(n,) mean quality of the years (n,)."""
    return np.array([mean[name] for name in year])


def _names() -> np.ndarray:
    """Names of stages, outcomes and statuses by code."""
    return np.array([*NAMES, *STATUSES], dtype=object)


def _span(years: Mapping[int, Year], as_of: date, year_begins: int) -> tuple[int, int]:
    """Second at which the first fiscal year begins, and at which `as_of` ends."""
    first = np.datetime64(f"{min(years) - (year_begins > 1)}-{year_begins:02d}-01", "s")
    return int(first.astype(np.int64)), int((np.datetime64(as_of, "D") + 1).astype("datetime64[s]").astype(np.int64))


def _fiscal_year(second: np.ndarray, year_begins: int) -> np.ndarray:
    """(n,) calendar year in which the fiscal year of each moment ends."""
    months = second.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
    calendar, month = 1970 + months // 12, months % 12 + 1
    return np.asarray(calendar + ((year_begins > 1) & (month >= year_begins)))


def _mean_quality(win_share: float, spread: float) -> float:
    """The mean quality at which so many deals win from the first stage on; by bisection."""
    points, weights = np.polynomial.hermite_e.hermegauss(41)
    low, high = -12.0, 12.0
    for _ in range(60):
        middle = (low + high) / 2
        share = float((win_chances(next_chances(middle + spread * points))[:, 0] * weights).sum() / weights.sum())
        low, high = (middle, high) if share < win_share else (low, middle)
    return middle


def _chance(quality: np.ndarray, pace: np.ndarray, stage: np.ndarray, dwell: np.ndarray) -> np.ndarray:
    """(n,) chance to win ever of open deals in `stage` for `dwell` days."""
    chances = next_chances(quality)
    way, _, _ = ways_out(chances[np.arange(len(stage)), stage], pace, stage=stage, dwell=dwell)
    return np.asarray((way * win_chances(chances)).sum(axis=1))


def _ends(deal: np.ndarray, second: np.ndarray, end: int) -> np.ndarray:
    """(n,) second of the last event of each deal; of open ones too, which is when they were last heard of."""
    last = np.append(np.flatnonzero(np.diff(deal)), len(deal) - 1)
    return np.asarray(np.minimum(second[last], end))


def _said(
    rng: np.random.Generator,
    truth: pd.DataFrame,
    *,
    owner: np.ndarray,
    know: float,
    ends: np.ndarray,
    created: np.ndarray,
    core: tuple[np.ndarray, np.ndarray, np.ndarray],
    year: np.ndarray,
    points: np.ndarray,
) -> np.ndarray:
    """(n,) percent that reps say: what they know of the planted chance at one moment of the deal's life, and more.

    A rep is asked once, at a moment between creation and the last event; he knows the share `know` of how far the
    planted log-odds then lie from those of all deals, and errs by the rest.
    """
    count = len(truth)
    asked = created + np.floor(rng.random(count) * np.maximum(ends - created, 1)).astype(np.int64) + 1
    deal, stage, second = core
    view = Pipeline(pd.DataFrame(), pd.DataFrame(), truth, deal, stage, second)
    planted = view.planted(np.arange(count), asked)
    score = logit(np.clip(planted, 1e-4, 1 - 1e-4))
    blur = np.sqrt(1 - know**2) * score.std() * rng.standard_normal(count)
    known = np.empty(count)
    # A deal that lives long is looked at more often: means are over looks, not over deals.
    looks = (ends - created + 1).astype(np.float64)
    for each in np.unique(year):
        mine = year == each
        blurred = know * (score[mine] - score[mine].mean()) + blur[mine]
        known[mine] = _drawn_to(blurred, float(np.average(planted[mine], weights=looks[mine])), weight=looks[mine])
    own = rng.normal(0, OWN_POINTS, int(owner.max()) + 1)
    return np.asarray(np.clip(100 * known + points + (own - own.mean())[owner], 1, 99))


def _drawn_to(log_odds: np.ndarray, mean: float, *, weight: np.ndarray) -> np.ndarray:
    """(n,) probabilities of these log-odds, halved and shifted so that their mean is `mean`: nobody says 2 or 98 %."""
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        found = expit(log_odds / 2 + middle)
        low, high = (middle, high) if np.average(found, weights=weight) < mean else (low, middle)
    return np.asarray(found)


def _noted(
    rng: np.random.Generator,
    deal: np.ndarray,
    stage: np.ndarray,
    second: np.ndarray,
    *,
    quality: np.ndarray,
    every_days: np.ndarray,
    end: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Events (deal, code into `_names`, second) with the statuses in between, by deal and time."""
    same = np.append(deal[1:] == deal[:-1], False)
    until = np.where(same, np.append(second[1:], end), end)
    days = np.where(stage < WON, (until - second) / DAY, 0.0)
    count = rng.poisson(days / every_days[deal])
    stay = np.repeat(np.arange(len(deal)), count)
    at = second[stay] + np.floor(rng.random(len(stay)) * (until - second)[stay]).astype(np.int64)
    lean = softmax(USUAL + quality[deal[stay], None] * LEAN, axis=1)
    status = (rng.random(len(stay))[:, None] > np.cumsum(lean, axis=1)[:, :-1]).sum(axis=1)
    owner = np.concatenate([deal, deal[stay]])
    code = np.concatenate([stage, len(NAMES) + status])
    when = np.concatenate([second, at])
    order = np.lexsort((when, owner))
    return owner[order], code[order], when[order]


def _kept(
    rng: np.random.Generator, deal: np.ndarray, code: np.ndarray, second: np.ndarray, *, log: Log, end: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The events as the log has them: some missing, some late, some misnamed; outcomes as they are."""
    ended = (code == WON) | (code == LOST)
    gone = ~ended & (rng.random(len(deal)) < log.missing)
    late = ~ended & (rng.random(len(deal)) < log.late)
    delay = np.floor(log.late_days * DAY * rng.lognormal(0, 1, len(deal))).astype(np.int64)
    other = rng.choice([*range(WON), *range(len(NAMES), len(NAMES) + len(STATUSES))], len(deal))
    code = np.where(~ended & (rng.random(len(deal)) < log.misnamed), other, code)
    second = np.where(late, second + delay, second)
    kept = ~gone & (second < end)
    deal, code, second = deal[kept], code[kept], second[kept]
    order = np.lexsort((second, deal))
    return deal[order], code[order], second[order]
