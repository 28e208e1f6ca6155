"""Closure probability by likelihood ratio, the classic way: one hidden chain of won deals, one of lost, compared.

The log-odds are the difference of the two log-likelihoods of a deal's path so far plus the log-odds of winning at all,
drawn to a straight line (Platt) because a chain that ignores context is too sure of itself. Both classes start from
one chain fitted on all deals: chains started apart end in different corners, and their difference is then that of the
corners (measured: AUC .66 to .72 by the seed alone, from a common start .74 to .75). Rabiner (1989).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from forecasting.calibration import Calibrator, fit_calibrator
from forecasting.closure.hmm.chain import HiddenChain
from forecasting.closure.hmm.ticks import TICKS, Sequences, Symbols
from forecasting.closure.hmm.trie import ENDED, PrefixTrie
from forecasting.closure.landmarks import draw_evenly
from forecasting.closure.load import Bools, Floats, Ints

COMMON_ITERATIONS = 15
CLASS_ITERATIONS = 3
FLOOR = 1e-3
"""Share of every distribution that is kept for what training did not see."""


@dataclass(frozen=True)
class HiddenMarkov:
    """A fitted pair of chains.

    symbol_of: (S x TICKS + 1,) chain symbol of each tick, the last for stages unseen. prior_log_odds: of winning.
    line: Platt's line through the training rows.
    """

    won: HiddenChain
    lost: HiddenChain
    symbol_of: Ints
    prior_log_odds: float
    line: Calibrator

    def probability(self, sequences: Sequences) -> Floats:
        """(R,) closure probability; every different beginning is scored once."""
        return self.line.apply(expit(self.log_odds(sequences)))[sequences.of_row]

    def log_odds(self, sequences: Sequences) -> Floats:
        """(U,) of each different sequence, not yet drawn to the line."""
        trie = PrefixTrie(self.won.n_features)
        final = trie.append_table(recode(sequences.symbols, self.symbol_of), np.zeros(len(sequences.symbols)))
        difference = self.won.log_likelihood(trie) - self.lost.log_likelihood(trie)
        return np.where(final >= 0, np.append(difference, 0.0)[final], 0.0) + self.prior_log_odds


def fit_hidden_markov(
    sequences: Sequences, won: Bools, weight: Floats, *, stages: int, hidden_states: int, seed: int
) -> HiddenMarkov | None:
    """Fits both chains; None where one class has no row or too few symbols for two hidden states.

    Args:
        sequences: of R rows. won: (R,). weight: (R,) how much each row counts, 0 for an unknown label.
        stages: number of stage codes S. A stage without a training row gets the symbol `other`, a tick that no
            training row reached that of the longest one seen of its stage.
        hidden_states: per class, at most; fewer where there is less data than parameters.
        seed: of the starting point.
    """
    total = [float(weight[won].sum()), float(weight[~won].sum())]
    if min(total) <= 0:
        return None
    symbol_of, symbols = symbols_of(sequences.symbols[sequences.of_row[weight > 0]], stages)
    recoded = recode(sequences.symbols, symbol_of)
    length = (recoded != ENDED).sum(axis=1)[sequences.of_row]
    # A chain with more free parameters (start, step, emit) than symbols to learn from learns them by heart.
    learned_from = min(int(length[(weight > 0) & outcome].sum()) for outcome in (won, ~won))
    states = hidden_states
    while states >= 2 and (states - 1) + states * (states - 1) + states * (symbols - 1) > learned_from:
        states -= 1
    if states < 2:
        return None

    def tree(share: Floats) -> PrefixTrie:
        trie = PrefixTrie(symbols)
        trie.append_table(recoded, np.bincount(sequences.of_row, weights=share, minlength=len(recoded)))
        return trie

    common = HiddenChain(states, symbols, n_iter=COMMON_ITERATIONS, floor=FLOOR, seed=seed).fit(tree(weight))
    chains = [
        HiddenChain(states, symbols, n_iter=CLASS_ITERATIONS, floor=FLOOR)
        .begin(common.startprob_, common.transmat_, common.emissionprob_)
        .fit(tree(np.where(of_class, weight, 0.0)))
        for of_class in (won, ~won)
    ]
    raw = HiddenMarkov(chains[0], chains[1], symbol_of, float(np.log(total[0] / total[1])), Calibrator())
    return HiddenMarkov(raw.won, raw.lost, symbol_of, raw.prior_log_odds, _line(raw, sequences, won, weight))


def symbols_of(seen: Symbols, stages: int) -> tuple[Ints, int]:
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


def recode(symbols: Symbols, symbol_of: Ints) -> Symbols:
    """Stage codes to chain symbols; codes beyond the known become the symbol of the unseen, ends are marked."""
    coded = symbol_of[np.minimum(symbols, len(symbol_of) - 1)]
    return np.where(symbols < 0, ENDED, coded)


def _line(raw: HiddenMarkov, sequences: Sequences, won: Bools, weight: Floats) -> Calibrator:
    drawn = draw_evenly(weight)
    return fit_calibrator(raw.probability(sequences)[drawn], won[drawn], drawn, kinds=("platt",))
