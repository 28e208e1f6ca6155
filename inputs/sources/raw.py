"""A source opened but not judged: its content hash, and a function that reads its raw frame."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Raw:
    """What stands in a source.

    frame: columns as the source names them; texts pandas `str` with missing NaN, or the source's own types.
    row_numbers: 1-based data row of each row of the frame in the source.
    ragged: (row number, text) of rows with too few or too many columns, which are not in the frame.
    decimal: decimal mark of numbers that came as text.
    notes: what was told from the file, in sentences.
    """

    frame: pd.DataFrame
    row_numbers: pd.Series
    ragged: tuple[tuple[int, str], ...] = ()
    decimal: str = "."
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Opened:
    """A source whose content is fixed.

    label: how messages name it (file name, or address without password); location: full path or address.
    sha256: of the content, not of where it lies.
    """

    label: str
    location: str
    sha256: str
    read: Callable[[], Raw]


class Unreadable(Exception):
    """The source cannot be read; the text says why and what to do. Turned into a finding by the gates."""


def as_raw(frame: pd.DataFrame, *, notes: tuple[str, ...] = ()) -> Raw:
    """A frame that keeps its own types, rows numbered from 1."""
    return Raw(frame=frame, row_numbers=pd.Series(range(1, len(frame) + 1), dtype="int64"), notes=notes)
