"""A hidden Markov chain over symbols, fitted by exact expectation-maximisation on a prefix tree.

Attributes are named as hmmlearn's `CategoricalHMM` and mean the same, and chains go to and from it. Beyond it:
weights, missing symbols, structural zeros (a probability that starts at 0 stays 0) and open sequences (one that has no
terminal symbol yet is the likelihood of its beginning, whatever follows).
"""

from typing import Any

import numpy as np

from forecasting.closure.hmm.expectation import expected_counts, forward
from forecasting.closure.hmm.trie import PrefixTrie
from forecasting.closure.load import Floats


class HiddenChain:
    """Hidden Markov model of categorical symbols (Baum et al., 1970; Rabiner, 1989).

    Args:
        n_components: states K.
        n_features: symbols V.
        n_iter: steps of expectation-maximisation, at most.
        tol: stops when a step gains less than so many nats in all; None: never before `n_iter`.
        params: which of start (s), transition (t) and emission (e) probabilities are learned.
        floor: share of each learned distribution spread evenly over what is structurally possible, 0..1.
        seed: of the starting point, where none is given.

    Attributes:
        startprob_ (K,), transmat_ (K, K), emissionprob_ (K, V): probabilities; set them to start from there.
        history_: log-likelihood in nats before each step. impossible_: weight of the sequences that the chain cannot
            have produced; they teach nothing.

    References:
        Baum, Petrie, Soules, Weiss (1970), Annals of Mathematical Statistics 41.
        Rabiner (1989), Proceedings of the IEEE 77.
    """

    startprob_: Floats
    transmat_: Floats
    emissionprob_: Floats

    def __init__(
        self,
        n_components: int,
        n_features: int,
        *,
        n_iter: int = 20,
        tol: float | None = 1e-2,
        params: str = "ste",
        floor: float = 0.0,
        seed: int = 0,
    ) -> None:
        if n_components < 1 or n_features < 1:
            raise ValueError("a chain needs at least one state and one symbol")
        self.n_components = n_components
        self.n_features = n_features
        self.n_iter = n_iter
        self.tol = tol
        self.params = params
        self.floor = floor
        self.seed = seed
        self.history_: list[float] = []
        self.impossible_ = 0.0

    def begin(self, startprob: Any, transmat: Any, emissionprob: Any) -> "HiddenChain":
        """Sets the probabilities, as a starting point or for scoring; rows must sum to 1.

        Raises:
            ValueError: a shape does not fit, or a row is no distribution.
        """
        shapes = ((self.n_components,), (self.n_components,) * 2, (self.n_components, self.n_features))
        given = [np.array(each, dtype=np.float64) for each in (startprob, transmat, emissionprob)]
        for name, values, shape in zip(("startprob", "transmat", "emissionprob"), given, shapes, strict=True):
            if values.shape != shape:
                raise ValueError(f"{name} has shape {values.shape}, not {shape}")
            if (values < 0).any() or not np.allclose(values.sum(axis=-1), 1.0, atol=1e-6):
                raise ValueError(f"every row of {name} must be a distribution")
        self.startprob_, self.transmat_, self.emissionprob_ = given
        return self

    def begin_randomly(self, allowed_steps: Any = None, allowed_symbols: Any = None) -> "HiddenChain":
        """Random probabilities from `seed`; masks (K, K) and (K, V) say what is possible at all (True)."""
        rng = np.random.default_rng(self.seed)
        k, v = self.n_components, self.n_features
        steps = np.ones((k, k), dtype=bool) if allowed_steps is None else np.asarray(allowed_steps, dtype=bool)
        symbols = np.ones((k, v), dtype=bool) if allowed_symbols is None else np.asarray(allowed_symbols, dtype=bool)
        start, step, emit = (rng.dirichlet(np.ones(n), size=m) for n, m in ((k, 1), (k, k), (v, k)))
        return self.begin(start[0], _rows(step * steps), _rows(emit * symbols))

    def fit(self, trie: PrefixTrie) -> "HiddenChain":
        """Learns from the weighted sequences in the tree, from the probabilities set, or from random ones.

        Raises:
            ValueError: the tree has other symbols than the chain.
        """
        if trie.symbols != self.n_features:
            raise ValueError(f"the tree has {trie.symbols} symbols, the chain {self.n_features}")
        if not hasattr(self, "startprob_"):
            self.begin_randomly()
        masks = self.startprob_ > 0, self.transmat_ > 0, self.emissionprob_ > 0
        self.history_ = []
        for _ in range(self.n_iter):
            found = expected_counts(
                trie.parent, trie.symbol, trie.ends, self.startprob_, self.transmat_, self._wide_emissions()
            )
            log_likelihood, start, step, emit, self.impossible_ = found
            self.history_.append(float(log_likelihood))
            if "s" in self.params:
                self.startprob_ = self._learned(start, self.startprob_, masks[0])
            if "t" in self.params:
                self.transmat_ = self._learned(step, self.transmat_, masks[1])
            if "e" in self.params:
                self.emissionprob_ = self._learned(emit[:, :-1], self.emissionprob_, masks[2])
            if self.tol is not None and len(self.history_) > 1 and self.history_[-1] - self.history_[-2] < self.tol:
                break
        return self

    def log_likelihood(self, trie: PrefixTrie) -> Floats:
        """(N,) log-likelihood in nats of each prefix in the tree; -inf where the chain cannot produce it."""
        found: Floats = forward(trie.parent, trie.symbol, self.startprob_, self.transmat_, self._wide_emissions())[2]
        return found

    def state_now(self, trie: PrefixTrie) -> Floats:
        """(N, K) probability of each hidden state at the last place of each prefix, given the prefix; filtered.

        Rows of impossible prefixes are 0.
        """
        found: Floats = forward(trie.parent, trie.symbol, self.startprob_, self.transmat_, self._wide_emissions())[0]
        return found

    def score(self, trie: PrefixTrie) -> float:
        """Summed log-likelihood in nats of the weighted sequences; -inf if one of them is impossible."""
        used = trie.ends > 0
        return float((trie.ends[used] * self.log_likelihood(trie)[used]).sum())

    def to_hmmlearn(self) -> Any:
        """A fitted `hmmlearn.hmm.CategoricalHMM` with the same probabilities."""
        from hmmlearn.hmm import CategoricalHMM

        model = CategoricalHMM(n_components=self.n_components, n_features=self.n_features, init_params="")
        model.startprob_, model.transmat_ = self.startprob_.copy(), self.transmat_.copy()
        model.emissionprob_ = self.emissionprob_.copy()
        return model

    @classmethod
    def from_hmmlearn(cls, model: Any) -> "HiddenChain":
        """The chain with the probabilities of a fitted `CategoricalHMM`.

        Raises:
            ValueError: it is not fitted (see `begin`).
        """
        fitted = [getattr(model, name, None) for name in ("startprob_", "transmat_", "emissionprob_")]
        if any(each is None for each in fitted):
            raise ValueError("this hmmlearn model has no probabilities yet: fit it first")
        states, symbols = fitted[2].shape  # type: ignore[union-attr]
        return cls(states, symbols).begin(*fitted)

    def _wide_emissions(self) -> Floats:
        """(K, V + 1): a missing symbol tells nothing, so all states emit it alike."""
        return np.column_stack([self.emissionprob_, np.ones(self.n_components)])

    def _learned(self, counts: Floats, before: Floats, possible: Any) -> Floats:
        """Counts as distributions; a state that was never visited keeps its own."""
        total = counts.sum(axis=-1, keepdims=True)
        found = np.where(total > 0, counts / np.where(total > 0, total, 1.0), before)
        if self.floor > 0:
            even = possible / possible.sum(axis=-1, keepdims=True)
            found = (1 - self.floor) * found + self.floor * even
        return np.asarray(found, dtype=np.float64)


def _rows(values: Floats) -> Floats:
    """Rows divided by their sums; a row without anything possible becomes even."""
    total = values.sum(axis=-1, keepdims=True)
    return np.where(total > 0, values / np.where(total > 0, total, 1.0), 1.0 / values.shape[-1])
