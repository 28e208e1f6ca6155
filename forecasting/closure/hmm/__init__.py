"""Hidden Markov models of deals: exact, fast, weighted, and with structure."""

from forecasting.closure.hmm.chain import HiddenChain
from forecasting.closure.hmm.journey import Journey, fit_journey
from forecasting.closure.hmm.ratio import HiddenMarkov, fit_hidden_markov
from forecasting.closure.hmm.ticks import Sequences, day_sequences, tick_sequences
from forecasting.closure.hmm.trie import PrefixTrie

__all__ = [
    "HiddenChain",
    "HiddenMarkov",
    "Journey",
    "PrefixTrie",
    "Sequences",
    "day_sequences",
    "fit_hidden_markov",
    "fit_journey",
    "tick_sequences",
]
