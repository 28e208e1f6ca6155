"""Rows and groups of a frame, typed loosely: what stands in a column is said by the table's docstring."""

from collections.abc import Iterator
from typing import Any

import pandas as pd


def rows(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows in order, as named tuples: `row.column` reads a cell."""
    return iter(frame.itertuples())


def groups(frame: pd.DataFrame, by: str | list[str]) -> Iterator[tuple[Any, pd.DataFrame]]:
    """(key, rows) by the values of `by`, sorted by key; several columns give a tuple as key."""
    return iter(frame.groupby(by))
