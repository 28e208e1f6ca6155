"""Turns past deals into honest training rows: each deal as it looked at weekly censuses while it was open.

A forecast is asked about deals that are open now. Learning from closed deals alone, seen at their end, answers
another question; learning only from those that closed in time favours the quick ones, and losing is quick. So past
deals are observed at landmarks (van Houwelingen, 2007), weeks before the as-of day and at the same hour, and a row is
labelled `won within horizon_days of the landmark`. A row whose label is not known yet is left out, and the rows like
it that were seen longer count for it: weights of inverse probability of censoring (Robins and Rotnitzky, 1992).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecasting.closure.load import NEVER, OUTCOME_SECONDS, Bools, Deals, Floats, Ints

DAY = 86_400
WEEK_DAYS = 7
MAX_ROWS = 120_000
"""More rows than this teach nothing more; censuses are then taken every 2, 4, 8 ... weeks."""
MAX_WEIGHT = 10.0
"""No row counts for more than ten."""
SETTLED = 0.95
"""A census is matured when the label of at least this share of its rows is known."""


@dataclass(frozen=True)
class Rows:
    """R observations of open deals, by landmark and deal; times in seconds since 1970.

    deal: (R,) row of `Deals`. landmark: (R,). upto: (R,) the events known at the landmark are first[deal]:upto, at
    least one. known_at: (R,) second at which the label was settled, `NEVER` if it is not. won: (R,) bool, meaningful
    only where known.
    """

    deal: Ints
    landmark: Ints
    upto: Ints
    known_at: Ints
    won: Bools

    def __len__(self) -> int:
        return len(self.deal)

    def pick(self, chosen: Any) -> "Rows":
        """The rows of a mask or index array."""
        return Rows(*(values[chosen] for values in (self.deal, self.landmark, self.upto, self.known_at, self.won)))


def observe(deals: Deals, landmark: int, *, horizon_days: int) -> tuple[Rows, Ints]:
    """The deals open just before second `landmark`, with what was known of each then.

    Returns:
        Rows with at least one event, and the deals (rows of `Deals`) that were open without any.
    """
    open_then = (deals.created < landmark) & (deals.terminal - OUTCOME_SECONDS >= landmark)
    deal = np.flatnonzero(open_then)
    # Events are sorted by deal and time: those of a deal that lie before the landmark are a leading run.
    before = np.concatenate([[0], np.cumsum(deals.entered < landmark)])
    upto = deals.first[deal] + before[deals.first[deal + 1]] - before[deals.first[deal]]
    seen = upto > deals.first[deal]
    horizon = landmark + horizon_days * DAY
    terminal = deals.terminal[deal]
    known_at = np.minimum(terminal, horizon)
    known_at = np.where(known_at <= deals.end, known_at, NEVER)
    rows = Rows(deal, np.full(len(deal), landmark), upto, known_at, deals.won[deal] & (terminal <= horizon))
    return rows.pick(seen), deal[~seen]


def take_censuses(deals: Deals, *, horizon_days: int) -> Rows:
    """All past observations: every week back from the as-of day to the first deal (see `MAX_ROWS`)."""
    if len(deals.created) == 0:
        return join([])
    weeks = np.arange(deals.end - WEEK_DAYS * DAY, int(deals.created.min()), -WEEK_DAYS * DAY)[::-1]
    closed = np.minimum(deals.terminal, deals.end)
    expected = (closed - deals.created).clip(0).sum() / (WEEK_DAYS * DAY)
    every = 1
    while expected / every > MAX_ROWS:
        every *= 2
    return join([observe(deals, int(week), horizon_days=horizon_days)[0] for week in weeks[::-1][::every][::-1]])


def weights_at(rows: Rows, when: int) -> Floats:
    """(R,) weights of the rows as known at second `when`: 0 where the label was unknown then.

    1 / share of rows that had been watched at least as long as this one took to be settled; mean over the known
    about 1. The time under watch of every row is known exactly (`when` - landmark), so its distribution is counted,
    not estimated.
    """
    watched = np.sort((when - rows.landmark).clip(0))
    known = (rows.known_at <= when) & (rows.landmark < when)
    took = np.where(known, rows.known_at - rows.landmark, 0)
    longer = len(rows) - np.searchsorted(watched, took, side="left")
    if known.sum() == (rows.landmark < when).sum():
        return known.astype(np.float64)  # Nobody has to be stood for.
    weight = np.where(known, len(rows) / np.maximum(longer, 1), 0.0).clip(max=MAX_WEIGHT)
    return weight / weight[known].mean() if known.any() else weight


def draw_evenly(weight: Floats) -> Ints:
    """(R,) row numbers in which each row stands in proportion to its weight, with no randomness.

    Turns weighted rows into plain ones for what knows no weights: the middles of R equal steps of the summed weight.
    """
    steps = (np.arange(len(weight)) + 0.5) / max(1, len(weight)) * weight.sum()
    rows: Ints = np.searchsorted(np.cumsum(weight), steps, side="right").astype(np.int64)
    return rows.clip(max=max(0, len(weight) - 1))


def matured(rows: Rows, end: int) -> Bools:
    """(R,) whether the row stands in a census that is settled (see `SETTLED`) and its own label is known."""
    known = rows.known_at <= end
    _, census = np.unique(rows.landmark, return_inverse=True)
    share = np.bincount(census, weights=known) / np.bincount(census) if len(rows) else np.zeros(0)
    mature: Bools = known & (share[census] >= SETTLED)
    return mature


def join(parts: list[Rows]) -> Rows:
    """The rows of all parts, in their order; none of none."""
    if not parts:
        empty = np.zeros(0, dtype=np.int64)
        return Rows(empty, empty, empty, empty, np.zeros(0, dtype=bool))
    fields = ("deal", "landmark", "upto", "known_at", "won")
    return Rows(*(np.concatenate([getattr(part, name) for part in parts]) for name in fields))
