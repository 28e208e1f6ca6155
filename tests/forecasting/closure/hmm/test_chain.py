import itertools

import numpy as np
import pytest
from hmmlearn.hmm import CategoricalHMM

from forecasting.closure.hmm.chain import HiddenChain
from forecasting.closure.hmm.trie import MISSING, PrefixTrie

START, STEP = [0.7, 0.3], [[0.8, 0.2], [0.1, 0.9]]
EMIT = [[0.5, 0.4, 0.1], [0.1, 0.2, 0.7]]


def chain(**more) -> HiddenChain:
    return HiddenChain(2, 3, **more).begin(START, STEP, EMIT)


def tree(sequences, weight=None, symbols: int = 3) -> PrefixTrie:
    trie = PrefixTrie(symbols)
    trie.append([symbol for each in sequences for symbol in each], [len(each) for each in sequences], weight)
    return trie


def enumerate_paths(sequence: list[int]) -> float:
    """Likelihood by summing over every path of hidden states; a missing symbol has probability 1."""
    emit = np.column_stack([EMIT, np.ones(2)])
    total = 0.0
    for states in itertools.product(range(2), repeat=len(sequence)):
        p = START[states[0]] * emit[states[0], sequence[0]]
        for place in range(1, len(sequence)):
            p *= STEP[states[place - 1]][states[place]] * emit[states[place], sequence[place]]
        total += p
    return float(np.log(total))


def random_sequences(rng, count: int, symbols: int = 3) -> list[list[int]]:
    return [rng.integers(0, symbols, rng.integers(1, 7)).tolist() for _ in range(count)]


def test_the_log_likelihood_sums_over_all_paths_also_with_missing_symbols() -> None:
    sequences = [[0], [2, 2, 2, 2], [0, MISSING, 2], [MISSING, MISSING], [1, 0]]
    trie = PrefixTrie(3)
    final = trie.append([s for each in sequences for s in each], [len(each) for each in sequences])
    found = chain().log_likelihood(trie)[final]
    assert found == pytest.approx([enumerate_paths(each) for each in sequences], abs=1e-12)
    assert found[3] == pytest.approx(0.0, abs=1e-12)


def test_twenty_steps_end_where_those_of_hmmlearn_end() -> None:
    rng = np.random.default_rng(3)
    sequences = random_sequences(rng, 200)
    ours = chain(n_iter=20, tol=None).fit(tree(sequences))
    theirs = CategoricalHMM(2, n_features=3, n_iter=20, tol=-np.inf, init_params="")
    theirs.startprob_, theirs.transmat_, theirs.emissionprob_ = map(np.array, (START, STEP, EMIT))
    flat, lengths = np.concatenate(sequences)[:, None], [len(each) for each in sequences]
    theirs.fit(flat, lengths)
    assert ours.score(tree(sequences)) == pytest.approx(theirs.score(flat, lengths), abs=1e-6)
    for name in ("startprob_", "transmat_", "emissionprob_"):
        assert getattr(ours, name) == pytest.approx(getattr(theirs, name), abs=1e-9)
    assert ours.history_ == pytest.approx(list(theirs.monitor_.history), abs=1e-6)
    assert ours.to_hmmlearn().score(flat, lengths) == pytest.approx(ours.score(tree(sequences)), abs=1e-8)
    assert HiddenChain.from_hmmlearn(theirs).score(tree(sequences)) == pytest.approx(theirs.score(flat, lengths))


def test_a_weight_is_worth_as_many_copies_and_steps_never_lose() -> None:
    sequences = random_sequences(np.random.default_rng(5), 30)
    weight = np.arange(30) % 4
    copies = [each for each, times in zip(sequences, weight, strict=True) for _ in range(times)]
    one = chain(n_iter=8, tol=None).fit(tree(sequences, weight))
    other = chain(n_iter=8, tol=None).fit(tree(copies))
    assert one.transmat_ == pytest.approx(other.transmat_, abs=1e-12)
    assert (np.diff(one.history_) > -1e-9).all()


def test_sequences_that_come_later_are_learned_as_if_they_had_been_there() -> None:
    sequences = random_sequences(np.random.default_rng(6), 40)
    trie = tree(sequences[:25])
    chain(n_iter=3).fit(trie)
    trie.append([s for each in sequences[25:] for s in each], [len(each) for each in sequences[25:]])
    assert chain(n_iter=5, tol=None).fit(trie).emissionprob_ == pytest.approx(
        chain(n_iter=5, tol=None).fit(tree(sequences)).emissionprob_, abs=1e-12
    )


def test_a_structural_zero_stays_zero_and_the_impossible_is_counted() -> None:
    # State 0 says only 0, state 1 only 1, and 1 never goes back.
    start = HiddenChain(2, 3, n_iter=6, tol=None, floor=0.01).begin(
        [1.0, 0.0], [[0.5, 0.5], [0.0, 1.0]], [[1.0, 0.0, 0.0], [0.0, 0.5, 0.5]]
    )
    fitted = start.fit(tree([[0, 0, 1], [0, 1, 1], [1, 0]], [1.0, 1.0, 5.0]))
    assert fitted.impossible_ == 5.0
    assert fitted.transmat_[1].tolist() == [0.0, 1.0]
    assert fitted.startprob_.tolist() == [1.0, 0.0]
    assert fitted.emissionprob_[0].tolist() == [1.0, 0.0, 0.0]
    # Of three steps out of state 0, two leave it; 1 % is spread over the two possible ways.
    assert fitted.transmat_[0].tolist() == pytest.approx([0.99 / 3 + 0.005, 0.99 * 2 / 3 + 0.005])
    assert fitted.score(tree([[1, 0]])) == -np.inf


def test_the_filtered_state_is_that_of_bayes() -> None:
    state = chain().state_now(tree([[2]]))
    assert state[0].tolist() == pytest.approx([0.07 / 0.28, 0.21 / 0.28])


def test_only_the_parameters_asked_for_are_learned() -> None:
    fitted = chain(n_iter=2, params="t").fit(tree([[0, 1, 2], [2, 2]]))
    assert fitted.startprob_.tolist() == START
    assert fitted.emissionprob_.tolist() == EMIT
    assert fitted.transmat_.tolist() != STEP


def test_what_is_no_chain_is_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        HiddenChain(3, 3).begin(START, STEP, EMIT)
    with pytest.raises(ValueError, match="distribution"):
        HiddenChain(2, 3).begin([0.7, 0.7], STEP, EMIT)
    with pytest.raises(ValueError, match="tree has 4 symbols"):
        chain().fit(tree([[0]], symbols=4))
    with pytest.raises(ValueError, match="fit it first"):
        HiddenChain.from_hmmlearn(CategoricalHMM(2))
    with pytest.raises(ValueError, match="at least one state"):
        HiddenChain(0, 3)


def test_random_starts_follow_the_seed_and_the_masks() -> None:
    masks = np.array([[True, True], [False, False]]), np.array([[True, False, True]] * 2)
    one, two = (HiddenChain(2, 3, seed=4).begin_randomly(*masks) for _ in range(2))
    assert np.array_equal(one.transmat_, two.transmat_)
    assert one.transmat_[1].tolist() == [0.5, 0.5]
    assert (one.emissionprob_[:, 1] == 0).all()
    assert HiddenChain(2, 3, seed=4).fit(tree([[0, 1]])).history_[0] < 0
