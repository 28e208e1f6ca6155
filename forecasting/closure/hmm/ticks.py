"""A deal's path as symbols for the hidden chains: its stages in order, and said again while it stays.

`tick_sequences` uses a doubling clock (a stage is said again after 1, 2, 4, ... 64 days, with the number of the tick):
short sequences that still tell how long. `day_sequences` says the stage once a day: long ones, on which dwell times are
counted in days.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecasting.closure.hmm.trie import ENDED, PrefixTrie
from forecasting.closure.landmarks import DAY, Rows
from forecasting.closure.load import Deals, Ints

TICK_DAYS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
TICKS = len(TICK_DAYS) + 1
"""Symbols per stage: entered, and one per tick. Symbol = stage code x TICKS + tick."""
MAX_SYMBOLS = 80
"""Only the last so many symbols of a sequence are read on the doubling clock."""
MAX_DAYS = 120
"""A stage is said on at most so many days."""

Symbols = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Sequences:
    """U different sequences and which of them each of R rows has.

    symbols: (U, L) codes, -1 after the end. of_row: (R,) index into symbols.
    """

    symbols: Symbols
    of_row: Ints

    def pick(self, chosen: Any) -> "Sequences":
        """Those of the chosen rows, sequences that none of them has left out."""
        used, of_row = np.unique(self.of_row[chosen], return_inverse=True)
        return Sequences(self.symbols[used], of_row.astype(np.int64))


def tick_sequences(deals: Deals, rows: Rows) -> Sequences:
    """The stage sequence with ticks of each row, as known at its landmark."""
    row, event, days = _stays(deals, rows)
    ticks = 1 + np.searchsorted(TICK_DAYS, days, side="right")
    owner = np.repeat(row, ticks)
    symbol = np.repeat(deals.stage[event], ticks) * TICKS + _counted(ticks)
    total = np.bincount(owner, minlength=len(rows))
    place = _counted(total) - np.maximum(total - MAX_SYMBOLS, 0)[owner]
    table = np.full((len(rows), min(MAX_SYMBOLS, int(total.max(initial=1)))), -1, dtype=np.int64)
    table[owner[place >= 0], place[place >= 0]] = symbol[place >= 0]
    trie = PrefixTrie(max(1, len(deals.stages) * TICKS))
    _, one, of_row = np.unique(
        trie.append_table(np.where(table < 0, ENDED, table)), return_index=True, return_inverse=True
    )
    return Sequences(table[one], of_row.reshape(-1).astype(np.int64))


def day_sequences(deals: Deals, rows: Rows) -> tuple[Ints, Ints]:
    """Symbols (stage codes) of all rows one after the other, and how many each row has.

    A stage is said when it is entered and again for each full day in it, `MAX_DAYS` times at most.
    """
    row, event, days = _stays(deals, rows)
    times = (1 + np.floor(days)).clip(1, MAX_DAYS).astype(np.int64)
    flat = np.repeat(deals.stage[event], times)
    return flat, np.bincount(row, weights=times, minlength=len(rows)).astype(np.int64)


def _stays(deals: Deals, rows: Rows) -> tuple[Ints, Ints, Any]:
    """Row and event of each stay known at the rows' landmarks, and how many days it lasted until then."""
    length = rows.upto - deals.first[rows.deal]
    row = np.repeat(np.arange(len(rows)), length)
    event = _counted(length) + deals.first[rows.deal[row]]
    is_last = event + 1 == rows.upto[row]
    following = deals.entered[np.minimum(event + 1, len(deals.entered) - 1)] if len(event) else event
    until = np.where(is_last, rows.landmark[row], following)
    return row, event, (until - deals.entered[event]) / DAY


def _counted(lengths: Ints) -> Ints:
    """0, 1, ... within each of the lengths, one after the other."""
    found: Ints = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return found
