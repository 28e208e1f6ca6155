"""Equal values hash alike; any change of content changes the hash."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from planner.content import code_hash, content_hash
from scenarios.schema import Lunch


@dataclass(frozen=True)
class Pair:
    left: pd.DataFrame
    right: tuple[int, ...]


def frame() -> pd.DataFrame:
    return pd.DataFrame({"id": ["a", "b"], "day": pd.to_datetime(["2026-03-02", None]), "spans": [(1, 2), ()]})


def test_equal_content_hashes_alike_whatever_its_identity() -> None:
    """Two frames built apart, in dataclasses built apart, are the same content."""
    assert content_hash(Pair(frame(), (1, 2))) == content_hash(Pair(frame().copy(), (1, 2)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, "1"),
        (1, 1.0),
        (1, True),
        ([1, 2], [2, 1]),
        ({"a": 1}, {"a": 2}),
        (np.arange(3), np.arange(3).astype(float)),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        (date(2026, 3, 2), date(2026, 3, 3)),
        (Lunch(minutes=30), Lunch(minutes=45)),
        (frame(), frame().assign(id=["a", "c"])),
        (frame(), frame().assign(spans=[(1, 3), ()])),
        (frame(), frame().iloc[::-1]),
        (frame(), frame().rename(columns={"id": "key"})),
    ],
)
def test_any_difference_changes_the_hash(one: object, other: object) -> None:
    """Kind, order, shape and every cell count."""
    assert content_hash(one) != content_hash(other)


def test_order_of_maps_and_sets_does_not_count() -> None:
    """Maps and sets have no order."""
    assert content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})
    assert content_hash(frozenset("abc")) == content_hash(frozenset("cba"))


def test_paths_do_not_count() -> None:
    """The same data in another folder is the same content."""
    assert content_hash(Path("/here/a.csv")) == content_hash(Path("/there/a.csv"))


def test_unknown_kinds_are_refused() -> None:
    """A value that cannot travel between rooms is an error, not a silent constant."""
    with pytest.raises(TypeError, match="no content hash for object"):
        content_hash(object())


def test_code_hash_is_stable_within_a_process() -> None:
    """The hash of the sources is 32 hexadecimal digits, the same each time."""
    assert len(code_hash()) == 32
    assert code_hash() == code_hash()
