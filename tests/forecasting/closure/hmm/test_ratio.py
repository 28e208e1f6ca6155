import numpy as np
import pytest

from forecasting.closure.hmm import Sequences, fit_hidden_markov, tick_sequences
from forecasting.closure.hmm.ratio import symbols_of
from forecasting.closure.hmm.ticks import TICKS
from forecasting.closure.landmarks import DAY, Rows


def test_a_stage_is_said_again_each_time_its_stay_doubles(deals_of) -> None:
    # First event lasts 5 days (ticks at 1, 2, 4), the second has lasted 1.5 days at the landmark (tick at 1).
    deals = deals_of([(0, 99 * DAY, True)], [[0, 5 * DAY, 80 * DAY]])
    deals.stage[1] = 1
    rows = Rows(*(np.array([v]) for v in (0, int(6.5 * DAY), 2, 99 * DAY)), won=np.array([True]))
    sequences = tick_sequences(deals, rows)
    assert sequences.symbols[sequences.of_row[0]].tolist() == [0, 1, 2, 3, TICKS, TICKS + 1]


def test_equal_prefixes_are_held_once(deals_of) -> None:
    deals = deals_of([(0, 99 * DAY, True), (0, 99 * DAY, False)], [[0], [0]])
    rows = Rows(np.array([0, 1]), np.array([DAY * 3] * 2), deals.first[1:], deals.terminal, deals.won)
    sequences = tick_sequences(deals, rows)
    assert sequences.symbols.tolist() == [[0, 1, 2]]
    assert sequences.of_row.tolist() == [0, 0]


def test_a_tick_never_seen_is_read_as_the_longest_seen_and_a_stage_never_seen_as_other() -> None:
    symbol_of, symbols = symbols_of(np.array([[0, 1, 2, -1]]), stages=2)
    assert symbols == 4
    assert symbol_of[:TICKS].tolist() == [0, 1, 2] + [2] * (TICKS - 3)
    assert symbol_of[TICKS:].tolist() == [3] * (TICKS + 1)


def planted(rows: int, seed: int = 2) -> tuple[Sequences, np.ndarray]:
    """Won deals alternate stages 0 and 1, lost ones stay: each sequence is one of ten."""
    rng = np.random.default_rng(seed)
    won = rng.random(rows) < 0.4
    table = np.full((10, 6), -1)
    for row in range(10):
        length = 2 + row % 5
        table[row, :length] = [0 if row < 5 else TICKS * (place % 2) for place in range(length)]
    follows = rng.random(rows) < 0.85
    return Sequences(table, np.where(won == follows, 5, 0) + rng.integers(0, 5, rows)), won


def test_the_pair_of_chains_finds_what_tells_won_from_lost() -> None:
    sequences, won = planted(1200)
    model = fit_hidden_markov(sequences, won, np.ones(1200), stages=2, hidden_states=3, seed=1)
    assert model is not None
    p = model.probability(sequences)
    alternates = sequences.of_row >= 5
    assert p[alternates].mean() == pytest.approx(won[alternates].mean(), abs=0.05)
    assert p[~alternates].mean() == pytest.approx(won[~alternates].mean(), abs=0.05)
    again = fit_hidden_markov(sequences, won, np.ones(1200), stages=2, hidden_states=3, seed=1)
    assert again is not None
    assert np.array_equal(again.probability(sequences), p)


def test_a_stage_never_seen_says_little() -> None:
    sequences, won = planted(1200)
    model = fit_hidden_markov(sequences, won, np.ones(1200), stages=9, hidden_states=3, seed=1)
    assert model is not None
    unseen = Sequences(np.array([[8 * TICKS, -1]]), np.array([0]))
    assert 0.1 < model.probability(unseen)[0] < 0.9


@pytest.mark.parametrize("rows", [0, 1], ids=["no win", "one win"])
def test_too_little_of_one_class_fits_no_chain(rows: int) -> None:
    sequences, _ = planted(40)
    won = np.arange(40) < rows
    assert fit_hidden_markov(sequences, won, np.ones(40), stages=2, hidden_states=4, seed=1) is None


def test_a_state_that_is_never_left_is_learned_in_silence(caplog) -> None:
    """Sequences of one symbol show no transition at all; hmmlearn would write to stderr of it."""
    table = np.zeros((1, 1), dtype=np.int64)
    won = np.arange(100) % 2 == 0
    model = fit_hidden_markov(
        Sequences(table, np.zeros(100, dtype=np.int64)), won, np.ones(100), stages=1, hidden_states=2, seed=1
    )
    assert model is not None
    assert model.probability(Sequences(table, np.zeros(1, dtype=np.int64)))[0] == pytest.approx(0.5)
    assert caplog.records == []
