import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.closure.hmm.trie import ENDED, MISSING, PrefixTrie

SEQUENCES = st.lists(st.lists(st.integers(-1, 3), max_size=6), max_size=12)


def prefixes(sequences: list[list[int]]) -> set[tuple[int, ...]]:
    return {tuple(each[:end]) for each in sequences for end in range(1, len(each) + 1)}


def flat(sequences: list[list[int]]) -> tuple[list[int], list[int]]:
    return [symbol for each in sequences for symbol in each], [len(each) for each in sequences]


def path(trie: PrefixTrie, node: int) -> list[int]:
    found: list[int] = []
    while node >= 0:
        symbol = int(trie.symbol[node])
        found.insert(0, MISSING if symbol == trie.symbols else symbol)
        node = int(trie.parent[node])
    return found


@settings(max_examples=40, deadline=None)
@given(SEQUENCES, SEQUENCES)
def test_each_prefix_is_one_node_also_when_sequences_come_later(first, second) -> None:
    trie = PrefixTrie(4)
    final = np.concatenate([trie.append(*flat(first)), trie.append(*flat(second))])
    everything = first + second
    assert len(trie) == len(prefixes(everything))
    assert [path(trie, node) for node in final] == everything
    assert (trie.parent < np.arange(len(trie))).all()
    assert trie.ends.sum() + trie.empty == len(everything)


def test_the_tree_grows_beyond_its_first_room_and_keeps_what_it_knew() -> None:
    rng = np.random.default_rng(0)
    table = rng.integers(0, 5, (3000, 9))
    trie = PrefixTrie(5)
    final = trie.append_table(table, np.full(3000, 0.5))
    assert len(trie) == sum(len(np.unique(table[:, :width], axis=0)) for width in range(1, 10))
    assert np.array_equal(trie.append_table(table, np.full(3000, 0.25)), final)
    assert trie.ends.sum() == pytest.approx(0.75 * 3000)


def test_a_table_marks_ends_and_missing_symbols_apart() -> None:
    trie = PrefixTrie(2)
    final = trie.append_table([[0, MISSING, 1], [0, ENDED, ENDED], [ENDED, ENDED, ENDED]])
    assert trie.symbol.tolist() == [0, 2, 1]
    assert final.tolist() == [2, 0, -1]
    assert trie.empty == 1.0


@pytest.mark.parametrize(
    ("codes", "lengths", "weight", "message"),
    [
        ([0, 1], [1], None, "add up"),
        ([0], [1], [-1.0], "not negative"),
        ([0], [1], [np.nan], "finite"),
        ([2], [1], None, r"0\.\.1"),
    ],
)
def test_what_is_no_sequence_is_refused(codes, lengths, weight, message) -> None:
    with pytest.raises(ValueError, match=message):
        PrefixTrie(2).append(codes, lengths, weight)
    with pytest.raises(ValueError, match="at least one"):
        PrefixTrie(0)
