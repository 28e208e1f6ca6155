"""Closure probability from the sequence of stages: one hidden Markov model of won deals, one of lost, compared.

The sequence of a deal at a landmark is its stages in order; after a stage has lasted 1, 2, 4, ... 64 days it is said
again with the number of that tick. Staying long speaks too, and a doubling clock keeps the sequence short. The
log-odds are the difference of the two log-likelihoods plus the log-odds of winning at all, drawn to a straight line
(Platt) because a chain that ignores context is too sure of itself. Rabiner (1989).

Training is by hmmlearn on a seeded sample of the sequences, drawn by their weights: first one chain on all deals, then
a few more steps from there on each class. Two chains started apart end in different corners, and their difference is
then that of the corners (measured: AUC .66 to .72 by the seed alone, from a common start .74 to .75). Scoring is the
forward recursion over all different sequences at once, one numpy step per symbol.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from hmmlearn.hmm import CategoricalHMM
from scipy.special import expit

from forecasting.calibration import Calibrator, fit_calibrator
from forecasting.closure.landmarks import DAY, Rows, draw_evenly
from forecasting.closure.sequences import Bools, Deals, Floats, Ints

TICK_DAYS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
TICKS = len(TICK_DAYS) + 1
"""Symbols per stage: entered, and one per tick. Symbol = stage code x TICKS + tick."""
TRAIN_SEQUENCES = 600
"""Sequences drawn per chain, at most."""
COMMON_ITERATIONS = 15
CLASS_ITERATIONS = 3
MAX_SYMBOLS = 80
"""Only the last so many symbols of a sequence are read."""
FLOOR = 1e-3
"""Share of every distribution that is kept for what training did not see."""

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


@dataclass(frozen=True)
class Chain:
    """start: (K,), step: (K, K), emit: (K, V) probabilities, rows summing to 1."""

    start: Floats
    step: Floats
    emit: Floats


@dataclass(frozen=True)
class HiddenMarkov:
    """A fitted pair of chains. symbol_of: (S x TICKS + 1,) chain symbol of each tick, the last for stages unseen."""

    won: Chain
    lost: Chain
    symbol_of: Ints
    prior_log_odds: float
    line: Calibrator

    def probability(self, sequences: Sequences) -> Floats:
        """(R,) closure probability; every different sequence is scored once."""
        return self.line.apply(expit(self._log_odds(sequences)))[sequences.of_row]

    def _log_odds(self, sequences: Sequences) -> Floats:
        known = _recode(sequences.symbols, self.symbol_of)
        return log_likelihood(self.won, known) - log_likelihood(self.lost, known) + self.prior_log_odds


def tick_sequences(deals: Deals, rows: Rows) -> Sequences:
    """The stage sequence with ticks of each row, as known at its landmark."""
    length = rows.upto - deals.first[rows.deal]
    row = np.repeat(np.arange(len(rows)), length)
    event = np.arange(len(row)) - np.repeat(np.cumsum(length) - length, length) + deals.first[rows.deal[row]]
    is_last = event + 1 == rows.upto[row]
    following = deals.entered[np.minimum(event + 1, len(deals.entered) - 1)] if len(event) else event
    until = np.where(is_last, rows.landmark[row], following)
    ticks = 1 + np.searchsorted(TICK_DAYS, (until - deals.entered[event]) / DAY, side="right")
    owner = np.repeat(row, ticks)
    tick = np.arange(len(owner)) - np.repeat(np.cumsum(ticks) - ticks, ticks)
    symbol = np.repeat(deals.stage[event], ticks) * TICKS + tick
    total = np.bincount(owner, minlength=len(rows))
    place = np.arange(len(owner)) - np.repeat(np.cumsum(total) - total, total)
    place -= np.maximum(total - MAX_SYMBOLS, 0)[owner]
    table = np.full((len(rows), min(MAX_SYMBOLS, int(total.max(initial=1)))), -1, dtype=np.int64)
    table[owner[place >= 0], place[place >= 0]] = symbol[place >= 0]
    symbols, of_row = np.unique(table, axis=0, return_inverse=True)
    return Sequences(symbols, of_row.reshape(-1).astype(np.int64))


def fit_hidden_markov(
    sequences: Sequences, won: Bools, weight: Floats, *, stages: int, hidden_states: int, seed: int
) -> HiddenMarkov | None:
    """Fits both chains; None where one class has no row or too few symbols for two hidden states.

    Args:
        sequences: of R rows. won: (R,). weight: (R,) how much each row counts, 0 for an unknown label.
        stages: number of stage codes S. A stage without a training row gets the symbol `other`, a tick that no
            training row reached that of the longest one seen of its stage.
        hidden_states: per class, at most; fewer where there is less data than parameters.
        seed: of the sample and of the starting points.
    """
    total = [float(weight[won].sum()), float(weight[~won].sum())]
    if min(total) <= 0:
        return None
    symbol_of, symbols = _symbols_of(sequences.symbols[sequences.of_row[weight > 0]], stages)
    recoded = _recode(sequences.symbols, symbol_of)
    rng = np.random.default_rng(seed)
    chains: list[Chain] = []
    for share in (weight, np.where(won, weight, 0.0), np.where(won, 0.0, weight)):
        drawn = rng.choice(len(won), size=min(TRAIN_SEQUENCES, int((share > 0).sum())), p=share / share.sum())
        sample = recoded[sequences.of_row[drawn]]
        states = hidden_states if not chains else len(chains[0].start)
        common = chains[0] if chains else None
        chain = _fit_chain(sample, symbols=symbols, states=states, seed=int(rng.integers(2**31)), common=common)
        if chain is None:
            return None
        chains.append(chain)
    raw = HiddenMarkov(chains[1], chains[2], symbol_of, float(np.log(total[0] / total[1])), Calibrator())
    return HiddenMarkov(raw.won, raw.lost, symbol_of, raw.prior_log_odds, _line(raw, sequences, won, weight))


def log_likelihood(chain: Chain, symbols: Symbols) -> Floats:
    """(U,) log-likelihood of each sequence (U, L), -1 after its end: the scaled forward recursion."""
    result = np.zeros(len(symbols))
    state = np.broadcast_to(chain.start, (len(symbols), len(chain.start)))
    emit = np.vstack([chain.emit.T, np.ones(len(chain.start))])  # Symbol -1 is the last row: it changes nothing.
    for place in range(symbols.shape[1]):
        alive = symbols[:, place] >= 0
        if not alive.any():
            break
        if place:
            state = state @ chain.step
        state = state * emit[symbols[:, place]]
        scale = state.sum(axis=1)
        result[alive] += np.log(scale[alive])
        state = state / scale[:, None]
    return result


def _fit_chain(sample: Symbols, *, symbols: int, states: int, seed: int, common: Chain | None) -> Chain | None:
    """A chain by expectation-maximisation, from random starting points or from `common`.

    None where not even two states have fewer free parameters than there are symbols to learn from.
    """
    lengths = (sample >= 0).sum(axis=1)
    flat = sample[sample >= 0]
    # A chain with more free parameters (start, step, emit) than symbols to learn from learns them by heart.
    while states >= 2 and (states - 1) + states * (states - 1) + states * (symbols - 1) > len(flat):
        states -= 1
    if states < 2 or (common is not None and len(common.start) != states):
        return None
    model = CategoricalHMM(
        n_components=states,
        n_features=symbols,
        n_iter=COMMON_ITERATIONS if common is None else CLASS_ITERATIONS,
        tol=1e-2,
        random_state=seed,
        implementation="scaling",
        init_params="ste" if common is None else "",
    )
    if common is not None:
        model.startprob_, model.transmat_, model.emissionprob_ = common.start, common.step, common.emit
    with _quiet_hmmlearn():
        model.fit(flat[:, None], lengths)
    return Chain(_floored(model.startprob_), _floored(model.transmat_), _floored(model.emissionprob_))


@contextmanager
def _quiet_hmmlearn() -> Iterator[None]:
    """hmmlearn writes to stderr of states that are never left (made even here) or a last step that gained nothing."""
    log = logging.getLogger("hmmlearn.base")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


def _symbols_of(seen: Symbols, stages: int) -> tuple[Ints, int]:
    """Chain symbol of each tick symbol, and the number of chain symbols; the last of them is `other`."""
    known = np.unique(seen)
    known = known[known >= 0]
    symbol_of = np.full(stages * TICKS + 1, len(known), dtype=np.int64)
    symbol_of[known] = np.arange(len(known))
    for stage in range(stages):
        longest = len(known)
        for tick in range(stage * TICKS, (stage + 1) * TICKS):
            longest = symbol_of[tick] if symbol_of[tick] < len(known) else longest
            symbol_of[tick] = longest
    return symbol_of, len(known) + 1


def _line(raw: HiddenMarkov, sequences: Sequences, won: Bools, weight: Floats) -> Calibrator:
    """Platt's line through the training rows."""
    drawn = draw_evenly(weight)
    return fit_calibrator(raw.probability(sequences)[drawn], won[drawn], drawn, kinds=("platt",))


def _floored(probabilities: Any) -> Floats:
    """Rows summing to 1 with `FLOOR` spread evenly; a row that training left empty becomes even."""
    p = np.asarray(probabilities, dtype=np.float64)
    total = p.sum(axis=-1, keepdims=True)
    p = np.where(total > 0, p / np.where(total > 0, total, 1.0), 1.0 / p.shape[-1])
    floored: Floats = (1 - FLOOR) * p + FLOOR / p.shape[-1]
    return floored


def _recode(symbols: Symbols, symbol_of: Ints) -> Symbols:
    """Stage codes to chain symbols; codes beyond the known become the symbol of the unseen, -1 stays."""
    coded = symbol_of[np.minimum(symbols, len(symbol_of) - 1)]
    return np.where(symbols < 0, -1, coded)
