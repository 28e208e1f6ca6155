"""Equal beginnings of sequences held once: a tree whose nodes are the different prefixes, weighted by what ends there.

A deal's path is a prefix of its later path, and a hundred thousand deals share a few thousand beginnings. Whatever a
forward recursion computes for a prefix is computed once for all sequences that begin so. Sequences may be appended at
any time: nodes are numbered as they appear, so a child always has a larger number than its parent.
"""

from typing import Any

import numpy as np
from numba import njit

from forecasting.closure.load import Floats, Ints

MISSING = -1
"""Symbol of a place at which something happened, but nobody knows what."""
ENDED = -2
"""Filler after the end of a sequence in a table."""
SMALLEST = 1024
"""Slots of an empty tree's hash table; always a power of two, at most half full."""


class PrefixTrie:
    """Weighted sequences of symbols 0..symbols-1, `MISSING` allowed.

    Args:
        symbols: number of different symbols.

    Attributes:
        parent: (N,) node before, -1 at the first place. symbol: (N,) symbol of the node, `symbols` where missing.
        ends: (N,) summed weight of the sequences that end in the node. empty: summed weight of empty sequences.
    """

    def __init__(self, symbols: int) -> None:
        if symbols < 1:
            raise ValueError("a tree needs at least one symbol")
        self.symbols = symbols
        self.empty = 0.0
        self._size = 0
        self._parent = np.empty(SMALLEST // 2, dtype=np.int64)
        self._symbol = np.empty(SMALLEST // 2, dtype=np.int64)
        self._ends = np.zeros(SMALLEST // 2)
        self._slots = np.full(SMALLEST, -1, dtype=np.int64)

    def __len__(self) -> int:
        return self._size

    @property
    def parent(self) -> Ints:
        """(N,) the node before, -1 at the first place."""
        return self._parent[: self._size]

    @property
    def symbol(self) -> Ints:
        """(N,) symbol of the node, `symbols` where it is missing."""
        return self._symbol[: self._size]

    @property
    def ends(self) -> Floats:
        """(N,) summed weight of the sequences that end here."""
        return self._ends[: self._size]

    def append(self, flat: Any, lengths: Any, weight: Any = None) -> Ints:
        """Adds sequences; those known already only gain weight.

        Args:
            flat: (sum of lengths,) symbols of all sequences, one after the other, as hmmlearn has them.
            lengths: (S,) symbols in each sequence, 0 allowed.
            weight: (S,) how much each counts, >= 0; None: 1 each. A sequence of weight 0 only gets its nodes.

        Returns:
            (S,) the node in which each sequence ends, -1 for an empty one.

        Raises:
            ValueError: lengths do not add up, a weight is negative or not finite, a symbol is out of range.
        """
        codes = np.ascontiguousarray(np.asarray(flat).reshape(-1), dtype=np.int64)
        count = np.ascontiguousarray(lengths, dtype=np.int64)
        share = np.ones(len(count)) if weight is None else np.ascontiguousarray(weight, dtype=np.float64)
        if count.sum() != len(codes) or (count < 0).any() or share.shape != count.shape:
            raise ValueError("lengths must be >= 0, add up to the symbols given and have one weight each")
        if not np.isfinite(share).all() or (share < 0).any():
            raise ValueError("weights must be finite and not negative")
        if len(codes) and (codes.min() < MISSING or codes.max() >= self.symbols):
            raise ValueError(f"symbols must lie in 0..{self.symbols - 1}, or be {MISSING} where one is missing")
        codes = np.where(codes == MISSING, self.symbols, codes)
        final = np.full(len(count), -1, dtype=np.int64)
        done = used = 0
        while True:
            done, used, self._size = _insert(
                codes, count, done, used, self._parent, self._symbol, self._slots, self._size, self.symbols + 1, final
            )
            if done == len(count):
                break
            self._grow()
        inside = final >= 0
        self._ends[: self._size] += np.bincount(final[inside], weights=share[inside], minlength=self._size)
        self.empty += float(share[~inside].sum())
        return final

    def append_table(self, table: Any, weight: Any = None) -> Ints:
        """Adds the rows of a table (S, L) of symbols, `ENDED` after the end of each; see `append`."""
        rows = np.asarray(table, dtype=np.int64)
        there = rows != ENDED
        return self.append(rows[there], there.sum(axis=1), weight)

    def _grow(self) -> None:
        """Twice the room; the hash table is filled anew."""
        room = 2 * len(self._parent)
        self._parent = np.concatenate([self._parent, np.empty(room // 2, dtype=np.int64)])
        self._symbol = np.concatenate([self._symbol, np.empty(room // 2, dtype=np.int64)])
        self._ends = np.concatenate([self._ends, np.zeros(room // 2)])
        self._slots = np.full(2 * room, -1, dtype=np.int64)
        _rehash(self._parent, self._symbol, self._slots, self._size, self.symbols + 1)


@njit(cache=True, inline="always")
def _slot(key: int, mask: int) -> int:
    """Where the search for a key begins (Fibonacci hashing; Knuth, 1973)."""
    return ((key * 0x9E3779B97F4A7C1) >> 17) & mask


@njit(cache=True)
def _insert(codes, lengths, done, used, parent, symbol, slots, size, wide, final):  # type: ignore[no-untyped-def]
    """Inserts sequences done.. until all are in or the room is used up; a sequence begun again finds its own nodes."""
    mask = len(slots) - 1
    room = len(parent)
    while done < len(lengths):
        if size + lengths[done] > room:
            # A sequence longer than the room left might still fit, for its beginning may be known: count first.
            node, new = -1, 0
            for place in range(used, used + lengths[done]):
                if new == 0:
                    key = (node + 1) * wide + codes[place]
                    at = _slot(key, mask)
                    while slots[at] >= 0 and not (parent[slots[at]] == node and symbol[slots[at]] == codes[place]):
                        at = (at + 1) & mask
                    if slots[at] >= 0:
                        node = slots[at]
                        continue
                new += 1
            if size + new > room:
                return done, used, size
        node = -1
        for place in range(used, used + lengths[done]):
            key = (node + 1) * wide + codes[place]
            at = _slot(key, mask)
            while slots[at] >= 0 and not (parent[slots[at]] == node and symbol[slots[at]] == codes[place]):
                at = (at + 1) & mask
            if slots[at] < 0:
                parent[size] = node
                symbol[size] = codes[place]
                slots[at] = size
                size += 1
            node = slots[at]
        final[done] = node
        used += lengths[done]
        done += 1
    return done, used, size


@njit(cache=True)
def _rehash(parent, symbol, slots, size, wide):  # type: ignore[no-untyped-def]
    mask = len(slots) - 1
    for node in range(size):
        at = _slot((parent[node] + 1) * wide + symbol[node], mask)
        while slots[at] >= 0:
            at = (at + 1) & mask
        slots[at] = node
