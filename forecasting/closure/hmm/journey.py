"""Closure probability as absorption: a chain of stages and phases of dwelling that ends in won or lost.

Each stage is a row of phases. A deal enters a stage in its first phase, stays in a phase from day to day, goes on to
the next phase, or leaves for the first phase of another stage, for `won` or for `lost`. Phases make the time in a stage
other than geometric (a phase-type distribution; Neuts, 1981), so standing still can be bad news: late phases may lead
elsewhere than early ones. What is impossible is zero from the start and stays zero. Stages are seen, phases are not;
open deals are beginnings and teach as such.

With Q the steps among stage phases and r those to `won`, the closure probability of a phase is h = (I - Q)^-1 r, and of
a deal the mean of h over the phases it may be in, given its path.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecasting.closure.hmm.chain import HiddenChain
from forecasting.closure.hmm.ticks import day_sequences
from forecasting.closure.hmm.trie import MISSING, PrefixTrie
from forecasting.closure.landmarks import Rows
from forecasting.closure.load import NEVER, UNKNOWN_STAGE, Deals, Floats, Ints

PHASES = 3
STAY = (0.50, 0.85, 0.97)
"""Chance to stay another day in each phase before anything is learned: about 2, 7 and 33 days."""
ITERATIONS = 15
FLOOR = 1e-4


@dataclass(frozen=True)
class Journey:
    """A fitted chain. stages: S names; states are stage x PHASES + phase, then won, then lost."""

    chain: HiddenChain
    stages: tuple[str, ...]
    deals: int

    def win_chances(self, *, days: int | None = None) -> Floats:
        """(K,) chance that a deal in each state is won: ever, or within so many steps of a day."""
        size = len(self.stages) * PHASES
        step = self.chain.transmat_
        if days is not None:
            return np.asarray(np.linalg.matrix_power(step, days)[:, size], dtype=np.float64)
        inside, win = step[:size, :size], step[:size, size]
        return np.append(np.linalg.solve(np.eye(size) - inside, win), [1.0, 0.0])

    def probability(self, deals: Deals, rows: Rows, *, days: int | None = None) -> Floats:
        """(R,) closure probability of each row; a stage that was never learned is read as a missing symbol."""
        flat, lengths = day_sequences(deals, rows)
        return self.probability_of(flat, lengths, days=days)

    def probability_of(self, flat: Ints, lengths: Ints, *, days: int | None = None) -> Floats:
        """The same from symbols and lengths (see `day_sequences`)."""
        trie = PrefixTrie(self.chain.n_features)
        learned = np.append([name != UNKNOWN_STAGE for name in self.stages], False)
        known = np.where(learned[np.minimum(flat, len(self.stages))], flat, MISSING)
        final = trie.append(known, lengths, np.zeros(len(lengths)))
        now = np.vstack([self.chain.state_now(trie), self.chain.startprob_])[final]
        alive = now[:, :-2]
        total = alive.sum(axis=1, keepdims=True)
        # A path that the chain cannot have produced says nothing: an average start stands for it.
        alive = np.where(total > 0, alive / np.where(total > 0, total, 1.0), self.chain.startprob_[:-2])
        return np.asarray((alive @ self.win_chances(days=days)[:-2]).clip(0.0, 1.0), dtype=np.float64)


def fit_journey(deals: Deals, when: int, *, chosen: Any = None) -> Journey | None:
    """Learns from all deals that had an event before second `when`, decided or not.

    Args:
        deals: the history. when: what happened later is unknown. chosen: (D,) bool, deals to learn from; None: all.

    Returns:
        The chain; None where no deal was won or none was lost by then.
    """
    last = np.minimum(deals.terminal, when)
    before = np.concatenate([[0], np.cumsum(deals.entered < when)])
    upto = deals.first[:-1] + before[deals.first[1:]] - before[deals.first[:-1]]
    used = (upto > deals.first[:-1]) & (deals.created < when)
    used &= True if chosen is None else chosen
    deal = np.flatnonzero(used)
    decided = deals.terminal[deal] < min(when, NEVER)
    won = deals.won[deal] & decided
    if not won.any() or not (decided & ~won).any():
        return None
    rows = Rows(deal, np.maximum(last[deal], deals.entered[upto[deal] - 1]), upto[deal], deals.terminal[deal], won)
    flat, lengths = day_sequences(deals, rows)
    size = len(deals.stages)
    # The outcome is the last symbol of a decided deal; an open one has none.
    at = np.cumsum(lengths)[decided]
    flat = np.insert(flat, at, np.where(won[decided], size, size + 1))
    trie = PrefixTrie(size + 2)
    trie.append(flat, lengths + decided)
    chain = HiddenChain(size * PHASES + 2, size + 2, n_iter=ITERATIONS, tol=1.0, params="st", floor=FLOOR)
    return Journey(chain.begin(*_beginning(size)).fit(trie), deals.stages, len(deal))


def _beginning(stages: int) -> tuple[Floats, Floats, Floats]:
    """Start, step and emission probabilities before learning, with the zeros that make the structure."""
    size = stages * PHASES
    first = list(range(0, size, PHASES))
    start = np.zeros(size + 2)
    start[first] = 1.0 / stages
    step = np.zeros((size + 2, size + 2))
    for state in range(size):
        stage, phase = divmod(state, PHASES)
        ways = [each for each in first if each != stage * PHASES] + [size, size + 1]
        # A stage may be entered anew from itself: events repeat. That is a step back to its first phase.
        ways += [stage * PHASES] if phase else []
        leave = 1.0 - STAY[phase]
        onward = leave / 2 if phase + 1 < PHASES else 0.0
        step[state, state] = STAY[phase]
        if onward:
            step[state, state + 1] = onward
        step[state, ways] += (leave - onward) / len(ways)
    step[size, size] = step[size + 1, size + 1] = 1.0
    emit = np.zeros((size + 2, stages + 2))
    emit[np.arange(size), np.arange(size) // PHASES] = 1.0
    emit[size, stages] = emit[size + 1, stages + 1] = 1.0
    return start, step, emit
