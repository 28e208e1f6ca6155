"""What each rep and each territory may be asked to bring: expected euros with a band, and what it is made of.

Two sources: deals that are open now, by their probability, and deals that will be created and won within the horizon,
by what such deals brought in past windows of the same length. A good or bad season is good or bad for all: every draw
of the band has one shift of all log-odds and one of each week's deals (see `report.revenue`), and given them deals are
won on their own.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from forecasting.calibration import logit
from forecasting.closure.landmarks import DAY
from forecasting.closure.load import Bools, Deals, Floats, Ints
from forecasting.closure.report.revenue import Drift

COLUMNS = (
    "level", "name", "open_deals", "open_amount_eur", "from_open_eur", "from_new_eur", "expected_eur", "low_eur",
    "high_eur", "share_pct", "reps_said_eur",
)  # fmt: skip
ALL, REP, TERRITORY = "all", "rep", "territory"
NOBODY = "(nobody)"
SHARE = 0.8
"""Of futures that the band holds: 90 % reach the low end, 10 % the high one."""
MOST_WINDOWS = 4
DRAWS = 2000


@dataclass(frozen=True)
class NewDeals:
    """Deals that began and were won inside a past window of the horizon's length. amount_eur, deal: (W,).

    windows: how many windows were looked at; 0: the history is shorter than one. won_share: of all decided deals.
    """

    deal: np.ndarray
    amount_eur: Floats
    windows: int
    won_share: float


def new_deals(deals: Deals, *, horizon_days: int) -> NewDeals:
    """What began and was won in each of the last windows of `horizon_days` before the as-of day's end.

    Windows are counted back from the as-of day as far as the history reaches, at most `MOST_WINDOWS`.
    """
    length = horizon_days * DAY
    decided = deals.terminal <= deals.end
    share = float(deals.won[decided].mean()) if decided.any() else 0.0
    reach = deals.end - int(deals.created.min(initial=deals.end))
    windows = min(MOST_WINDOWS, reach // length)
    window = (deals.end - 1 - deals.created) // length
    same = window == (deals.end - 1 - np.minimum(deals.terminal, deals.end)) // length
    found = np.flatnonzero(decided & deals.won & same & (window < windows))
    amount = np.nan_to_num(deals.table["amount_eur"].to_numpy(dtype=np.float64)[found])
    return NewDeals(found, amount, int(windows), share)


def quotas(
    scores: pd.DataFrame,
    deals: Deals,
    drift: Drift,
    *,
    horizon_days: int,
    seed: int,
    territories: pd.DataFrame | None = None,
    draws: int = DRAWS,
) -> pd.DataFrame:
    """Expected euros of the next `horizon_days` by rep and territory: `COLUMNS`, the largest first.

    Args:
        scores: opportunity_id, win_probability, amount_eur of the open deals (unknown amounts count 0).
        deals: all deals known, open ones too, with owner, customer and the rep's number. drift: the shared shifts.
        territories: customer_id, rep_id: whose territory a customer is in; None: no rows of that level.
        seed, draws: of the simulated futures.

    Returns:
        A row for all, one per rep who owns deals and one per territory that holds some; `(nobody)` where none is
        named. from_open + from_new = expected. low, high: the central 80 % of the futures. reps_said: amount x rep's
        number of the open deals, NaN where no number is known.
    """
    place = pd.Index(deals.table["opportunity_id"]).get_indexer(pd.Index(scores["opportunity_id"]))
    amount = np.nan_to_num(scores["amount_eur"].to_numpy(dtype=np.float64))
    p = scores["win_probability"].to_numpy(dtype=np.float64)
    said = deals.table["rep_probability"].to_numpy(dtype=np.float64)[place]
    past = new_deals(deals, horizon_days=horizon_days)
    groups = {ALL: np.full(len(deals.table), ALL, dtype=object), REP: deals.table["owner"].to_numpy(dtype=object)}
    if territories is not None and len(territories):
        holder = territories.drop_duplicates("customer_id").set_index("customer_id")["rep_id"]
        groups[TERRITORY] = deals.table["customer_id"].map(holder).fillna("").to_numpy(dtype=object)
    week = (deals.end - deals.created[place]) // (7 * DAY)
    future = _Future(p, amount, week, past, drift, np.random.default_rng(seed), draws)
    rows = []
    for level, name_of in groups.items():
        open_name, new_name = name_of[place], name_of[past.deal]
        for name in sorted({*open_name.tolist(), *new_name.tolist()}):
            mine, new = open_name == name, new_name == name
            low, high = np.quantile(future.totals(mine, new), [(1 - SHARE) / 2, (1 + SHARE) / 2])
            here, there = float((p * amount)[mine].sum()), float(past.amount_eur[new].sum()) / max(1, past.windows)
            rated = mine & ~np.isnan(said)
            told = float((said * amount)[rated].sum()) if rated.any() else np.nan
            rows.append((level, name or NOBODY, int(mine.sum()), float(amount[mine].sum()), here, there, here + there,
                         float(low), float(high), np.nan, told))  # fmt: skip
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    total = float(found.loc[found["level"] == ALL, "expected_eur"].sum())
    found["share_pct"] = 100 * found["expected_eur"] / total if total > 0 else np.nan
    found["order"] = found["level"].map({ALL: 0, REP: 1, TERRITORY: 2})
    found = found.sort_values(["order", "expected_eur", "name"], ascending=[True, False, True], kind="stable")
    return found[list(COLUMNS)].reset_index(drop=True)


class _Future:
    """Simulated euros: shared shifts of log-odds a draw, then each deal and the number of new ones on their own."""

    def __init__(
        self, p: Floats, amount: Floats, week: Ints, past: NewDeals, drift: Drift, rng: np.random.Generator, draws: int
    ) -> None:
        self.p, self.amount, self.past, self.rng = p, amount, past, rng
        weeks, self.cohort = np.unique(week, return_inverse=True)
        drawn = [drift.draw(rng, len(weeks)) for _ in range(draws)]
        self.shift = np.array([together for together, _ in drawn])
        self.own = np.array([apart for _, apart in drawn]).reshape(draws, len(weeks))
        self.luck = rng.random((draws, len(p)), dtype=np.float32)
        share = np.clip(past.won_share, 1e-6, 1 - 1e-6)
        self.season = np.asarray(expit(logit(np.array([share])) + self.shift) / share)

    def totals(self, mine: Bools, new: Bools) -> Floats:
        """(draws,) euros of the open deals `mine` and of new deals like the past ones `new`."""
        chance = expit(logit(self.p[mine]) + self.shift[:, None] + self.own[:, self.cohort[mine]])
        total = (self.luck[:, mine] < chance) @ self.amount[mine]
        amounts = self.past.amount_eur[new]
        if len(amounts):
            count = self.rng.poisson(len(amounts) / self.past.windows * self.season)
            drawn = np.append(0.0, np.cumsum(self.rng.choice(amounts, int(count.sum()))))
            ends = np.cumsum(count)
            total = total + drawn[ends] - drawn[ends - count]
        return np.asarray(total, dtype=np.float64)
