"""Rows and groups of a frame, typed loosely: what stands in a column is said by the table's docstring."""

from collections import namedtuple
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd


def rows(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows in order, as named tuples: `row.column` reads a cell, `row.Index` the index.

    They equal those of `DataFrame.itertuples`, which takes several times as long for texts and for small frames.
    """
    cells = [frame.index, *(_cells(column) for _, column in frame.items())]
    return map(_row_type(tuple(map(str, frame.columns)))._make, zip(*cells, strict=True))


def groups(frame: pd.DataFrame, by: str | list[str]) -> Iterator[tuple[Any, pd.DataFrame]]:
    """(key, rows) by the values of `by`, sorted by key; several columns give a tuple as key."""
    return iter(frame.groupby(by))


@lru_cache(maxsize=256)
def _row_type(columns: tuple[str, ...]) -> Any:
    """The type of a row; making one takes longer than reading a dozen rows."""
    return namedtuple("Row", ["Index", *columns], rename=True)


def _cells(column: pd.Series) -> Sequence[Any]:
    """The cells as Python values: numbers and truth values, instants as Timestamps, all else as it stands."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
        return column.to_numpy().tolist()
    if isinstance(column.dtype, pd.StringDtype):
        return column.to_numpy(dtype=object).tolist()
    return list(column)
