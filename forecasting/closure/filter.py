"""What may be looked at, and when: guards against knowing too early, and the ways to take observations.

Three things make a history look better than it was. Records written later than they claim (back-dated), records
written because of the outcome (in its seconds, or after it), and columns that hold their latest value with no word on
when it came. The first two are taken out and counted, the third is refused by name. What is left is observed at
landmarks: a weekly census, every day, or after every event; a deal is seen only while it is open, and its label is
matured or unknown, never assumed.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from forecasting.closure.landmarks import DAY, Rows, join, observe, take_censuses
from forecasting.closure.load import Deals, count_reasons

Kind = Literal["census", "daily", "event"]

BACK_DATED_DAYS = 1.0
"""A record written more than so many days after the moment it claims is back-dated."""
KEYS = ("opportunity_id", "customer_id", "created_at")
KNOWN_AT_CREATION = ("amount_eur", "owner_rep_id", "segment")
"""Columns that are taken as they were when the deal was created; a CRM that edits them must send their first value."""
OPINION = "rep_probability_pct"


@dataclass(frozen=True)
class Guarded:
    """events: what may be read. left_out: reason, deals. refused: column, reason."""

    events: pd.DataFrame
    left_out: pd.DataFrame
    refused: pd.DataFrame


def guard(opportunities: pd.DataFrame, stage_events: pd.DataFrame) -> Guarded:
    """Takes out what could not have been known at its own time.

    Args:
        opportunities: the table; its columns beside keys and those known at creation are refused.
        stage_events: the table. A column `recorded_at`, where there is one, says when a record was written: records
            written more than `BACK_DATED_DAYS` after `entered_at` are left out, and one without a time too.

    Returns:
        `Guarded`. Events without a time have no place in an order and are left out, whatever else is known.
    """
    timed = stage_events["entered_at"].notna()
    counts = {"an event without a time": _deals(stage_events, ~timed)}
    kept = timed
    if "recorded_at" in stage_events:
        late = (stage_events["recorded_at"] - stage_events["entered_at"]) > pd.Timedelta(days=BACK_DATED_DAYS)
        unknown = stage_events["recorded_at"].isna()
        counts["a back-dated event (written later than it claims)"] = _deals(stage_events, timed & late)
        counts["an event with no word on when it was written"] = _deals(stage_events, timed & unknown)
        kept = kept & ~late & ~unknown
    reasons = [(name, _refusal(name)) for name in opportunities.columns if name not in (*KEYS, *KNOWN_AT_CREATION)]
    refused = pd.DataFrame(reasons, columns=["column", "reason"]).astype("str")
    events = stage_events if kept.all() else stage_events[kept]
    return Guarded(events, count_reasons(counts), refused)


def take_rows(deals: Deals, kind: Kind, *, horizon_days: int) -> Rows:
    """Observations of past deals.

    Args:
        deals: the history. kind: `census`: weekly, back from the as-of day; `daily`: every midnight before the as-of
            day; `event`: each deal the second after each of its events.
        horizon_days: a deal is won if it closes within so many days of the landmark.

    Returns:
        Rows with matured or unknown labels, by landmark and deal.
    """
    if kind == "census":
        return take_censuses(deals, horizon_days=horizon_days)
    if len(deals.created) == 0 or len(deals.entered) == 0:
        return join([])
    if kind == "daily":
        days = np.arange(deals.end - DAY, int(deals.created.min()), -DAY)[::-1]
        return join([observe(deals, int(day), horizon_days=horizon_days)[0] for day in days])
    seconds = np.unique(deals.entered + 1)
    owner = np.repeat(np.arange(len(deals.created)), np.diff(deals.first))
    entered = set(zip(owner.tolist(), (deals.entered + 1).tolist(), strict=True))
    seen = join([observe(deals, int(at), horizon_days=horizon_days)[0] for at in seconds[seconds < deals.end]])
    mine = np.array(
        [pair in entered for pair in zip(seen.deal.tolist(), seen.landmark.tolist(), strict=True)], dtype=bool
    )
    return seen.pick(mine)


def compare_regimes(deals: Deals) -> pd.DataFrame:
    """regime, deals, decided, won_pct, events, median_days: the strict and the whole history side by side."""
    strict = deals.table["strict"].to_numpy()
    has_event = np.diff(deals.first) > 0
    rows = []
    for name, mine in (("strict", strict & has_event), ("all", has_event)):
        decided = mine & (deals.terminal <= deals.end)
        days = (deals.terminal[decided] - deals.created[decided]) / DAY
        rows.append(
            (
                name, int(mine.sum()), int(decided.sum()), 100 * deals.won[decided].mean() if decided.any() else np.nan,
                int(np.diff(deals.first)[mine].sum()), float(np.median(days)) if len(days) else np.nan,
            )
        )  # fmt: skip
    return pd.DataFrame(rows, columns=["regime", "deals", "decided", "won_pct", "events", "median_days"])


def _refusal(column: str) -> str:
    if column == OPINION:
        return "the rep's opinion is what the model is measured against"
    return "no word on when its value was known"


def _deals(events: pd.DataFrame, mask: pd.Series) -> int:
    return int(events.loc[mask, "opportunity_id"].nunique())
