"""Closure probability as two competing risks in time: when does an open deal end, and is that end a win?

Time from the landmark is cut into spans. For a deal still open at the start of a span, one boosted model gives the
chance that it ends within it, another the chance that such an end is a win. With S_j the chance to be open at the start
of span j,

    P(won within h) = sum over spans j before h of S_j e_j w_j,    S_{j+1} = S_j (1 - e_j).

The second model starts from the log-odds of the transparent head, where there is one, and learns what time adds.
One fit answers for any horizon h and gives the quantiles of the close date. A deal that is still open teaches that
it did not end in the spans watched in full: nothing is thrown away and nothing assumed. Discrete-time competing risks
(Prentice et al., 1978; Tutz and Schmid, 2016).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from forecasting.closure.features import Features
from forecasting.closure.landmarks import DAY, Rows
from forecasting.closure.load import Deals, Floats, Ints
from forecasting.closure.trees import Boosted, boost, telling

SPANS = (0, 1, 2, 4, 7, 10, 14, 19, 25, 31, 40, 60)
"""Days from the landmark at which spans begin; the last one has no end."""
ROUNDS = 100
LAST_SPAN_DAYS = 90.0
"""Length given to the open last span when a date in it is asked for."""


@dataclass(frozen=True)
class Hazard:
    """ends, wins: models of the end of a span and of its being a win; wins None: all ends were alike (`win_rate`)."""

    ends: Boosted
    wins: Boosted | None
    win_rate: float

    def open_at(self, features: Features) -> Floats:
        """(R, J + 1) chance that the deal is still open at the start of each span; 0 after the last one."""
        end = np.asarray(expit(self.ends.log_odds(self._wide(features))), dtype=np.float64).reshape(-1, len(SPANS))
        end[:, -1] = 1.0  # Every deal ends at last.
        return np.asarray(np.cumprod(np.column_stack([np.ones(len(end)), 1.0 - end]), axis=1), dtype=np.float64)

    def probability(
        self,
        features: Features,
        *,
        days: float | None = None,
        start: Floats | None = None,
        still: Floats | None = None,
    ) -> Floats:
        """(R,) probability to be won within `days` of the landmark; None: ever. Spans are read in proportion.

        Args:
            features: of R rows. days: horizon. start: (R,) log-odds that the wins start from, if the fit was given
                them. still: what `open_at` returned, where it was asked already.
        """
        remaining = self.open_at(features) if still is None else still
        win = np.full((len(remaining), len(SPANS)), self.win_rate)
        if self.wins is not None:
            begin = 0.0 if start is None else np.repeat(start, len(SPANS))
            win = np.asarray(expit(self.wins.log_odds(self._wide(features)) + begin), dtype=np.float64)
            win = win.reshape(-1, len(SPANS))
        won = -np.diff(remaining, axis=1) * win
        return np.asarray((won @ _share_before(days)).clip(0.0, 1.0), dtype=np.float64)

    def close_days(self, features: Features, *, quantiles: tuple[float, ...], still: Floats | None = None) -> Floats:
        """(R, Q) days from the landmark until the deal ends, won or lost, at these quantiles (0..1)."""
        ended = 1 - (self.open_at(features) if still is None else still)
        knots = np.append(SPANS, SPANS[-1] + LAST_SPAN_DAYS)
        days = np.empty((len(ended), len(quantiles)))
        row = np.arange(len(ended))
        for at, quantile in enumerate(quantiles):
            # The span in which the share that has ended passes the quantile, read in proportion.
            passed = (ended[:, 1:-1] < quantile).sum(axis=1) + 1
            low, high = ended[row, passed - 1], ended[row, passed]
            part = np.clip((quantile - low) / np.maximum(high - low, 1e-12), 0.0, 1.0)
            days[:, at] = knots[passed - 1] + part * (knots[passed] - knots[passed - 1])
        return days

    def _wide(self, features: Features) -> np.ndarray:
        """A row for each span of each deal."""
        x = features.arranged(self.ends.names[:-1])
        wide = np.empty((len(x), len(SPANS), x.shape[1] + 1), dtype=np.float32)
        wide[:, :, :-1] = x[:, None, :]
        wide[:, :, -1] = np.arange(len(SPANS))
        return wide.reshape(len(x) * len(SPANS), x.shape[1] + 1)


def fit_hazard(
    deals: Deals,
    rows: Rows,
    features: Features,
    when: int,
    *,
    seed: int,
    seeds: int,
    max_spans: int,
    start: Floats | None = None,
) -> Hazard | None:
    """Learns from rows before second `when`, of which nothing later is known; None where no deal ended by then.

    Args:
        deals: the history. rows, features: (R,) observations. when: second of knowledge.
        seed: of the first model. seeds: models averaged. max_spans: deal-spans learned from, at most; beyond it rows
            are thinned evenly. start: (R,) log-odds that the model of the wins starts from; None: from nothing.
    """
    known = np.flatnonzero(rows.landmark < when)
    if len(known) == 0:
        return None
    row, span, ended, win = _spans_of(deals, rows.pick(known), when)
    if not ended.any() or ended.all():
        return None
    if len(row) > max_spans:
        # Whole rows are left out, evenly, so that the spans of a row stay together.
        kept = np.zeros(len(known), dtype=bool)
        kept[np.linspace(0, len(known) - 1, int(len(known) * max_spans / len(row))).astype(np.int64)] = True
        row, span, ended, win = (each[kept[row]] for each in (row, span, ended, win))
    names = telling(features.pick(known))
    x = np.column_stack([features.pick(known).arranged(names)[row], span.astype(np.float32)])
    ones = np.ones(len(row))
    wide = (*names, "span")
    ends = boost(x, ended, ones, wide, seed=seed, rounds=ROUNDS, seeds=seeds)
    won = win[ended]
    wins = None
    if len(np.unique(won)) == 2:
        begin = None if start is None else start[known][row][ended]
        rounds = ROUNDS if start is None else ROUNDS // 2
        wins = boost(x[ended], won, ones[ended], wide, seed=seed, rounds=rounds, seeds=seeds, start=begin)
    return Hazard(ends, wins, float((won.sum() + 1) / (len(won) + 2)))


def _spans_of(deals: Deals, rows: Rows, when: int) -> tuple[Ints, Ints, np.ndarray, np.ndarray]:
    """Row, span, whether the deal ended in it and by a win: every span that was watched, as known at `when`."""
    terminal = deals.terminal[rows.deal]
    decided = terminal <= when
    watched = (np.where(decided, terminal, when) - rows.landmark) / DAY
    last = np.searchsorted(SPANS, watched, side="right") - 1
    # An open deal's last span was not watched to its end: only the spans before it count.
    count = np.where(decided, last + 1, last).astype(np.int64)
    row = np.repeat(np.arange(len(rows)), count)
    span = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    ended = decided[row] & (span == last[row])
    return row, span, ended, ended & deals.won[rows.deal][row]


def _share_before(days: float | None) -> Floats:
    """(J,) share of each span that lies before `days`."""
    if days is None:
        return np.ones(len(SPANS))
    begin = np.array(SPANS, dtype=np.float64)
    length = np.append(np.diff(begin), LAST_SPAN_DAYS)
    return np.asarray(((days - begin) / length).clip(0.0, 1.0), dtype=np.float64)
