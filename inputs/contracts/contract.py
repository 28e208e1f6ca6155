"""What columns each table has: read from the data files beside this module, which also make the docs page.

Types of a column and what they become in silver: `text` pandas str (missing NaN); `number` float64 (missing NaN);
`integer` int64 (always with a default); `flag` bool; `date` and `instant` datetime64[us], naive local (missing NaT);
`clock` int64 minutes after midnight (missing -1); `list` tuple of str; `windows` tuple of (from, to) minutes.
"""

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, cast, get_args

import numpy as np
import pandas as pd

Kind = Literal["text", "number", "integer", "flag", "date", "instant", "clock", "list", "windows"]
HERE = Path(__file__).parent
MISSING_CLOCK = -1


@dataclass(frozen=True)
class Column:
    """One column of the contract; `minimum` and `maximum` are included, `past` forbids days after `as_of`.

    refers_to: (table, column) pairs of which one must hold the value; `orphan` says what happens if none does.
    """

    table: str
    name: str
    kind: Kind
    unit: str
    required: bool
    default: str
    minimum: float | None
    maximum: float | None
    past: bool
    allowed: tuple[str, ...]
    refers_to: tuple[tuple[str, str], ...]
    orphan: str
    description: str


@dataclass(frozen=True)
class Contract:
    """One table of the contract: its columns by name, its key, its order, what an empty one means.

    any_of: groups of columns of which one whole group must be there; () = no such rule.
    timezone: `reps` or `staffing`: whose time zone instants are in.
    """

    name: str
    row: str
    key: tuple[str, ...]
    sort: tuple[str, ...]
    any_of: tuple[tuple[str, ...], ...]
    timezone: str
    when_empty: str
    columns: Mapping[str, Column]

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that must be there."""
        return tuple(name for name, column in self.columns.items() if column.required)


def _split(text: str, separator: str = "|") -> tuple[str, ...]:
    return tuple(part for part in text.split(separator) if part)


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _column(row: Mapping[str, str]) -> Column:
    if row["type"] not in get_args(Kind):
        raise ValueError(f"columns.csv: {row['table']}.{row['column']} has the unknown type {row['type']!r}")
    refers = tuple(cast(tuple[str, str], tuple(pair.split("."))) for pair in _split(row["refers_to"]))
    return Column(
        table=row["table"],
        name=row["column"],
        kind=cast(Kind, row["type"]),
        unit=row["unit"],
        required=row["required"] == "yes",
        default=row["default"],
        minimum=float(row["minimum"]) if row["minimum"] else None,
        maximum=float(row["maximum"]) if row["maximum"] else None,
        past=row["past"] == "yes",
        allowed=_split(row["allowed"]),
        refers_to=refers,
        orphan=row["orphan"],
        description=row["description"],
    )


@lru_cache(maxsize=1)
def contracts() -> Mapping[str, Contract]:
    """Every table of the contract, by name, in the order of `tables.csv`."""
    columns: dict[str, dict[str, Column]] = {}
    for row in _rows("columns.csv"):
        columns.setdefault(row["table"], {})[row["column"]] = _column(row)
    return {
        row["table"]: Contract(
            name=row["table"],
            row=row["row"],
            key=_split(row["key"]),
            sort=_split(row["sort"]),
            any_of=tuple(_split(group, "+") for group in _split(row["any_of"])),
            timezone=row["timezone"],
            when_empty=row["when_empty"],
            columns=columns[row["table"]],
        )
        for row in _rows("tables.csv")
    }


@lru_cache(maxsize=1)
def synonyms() -> Mapping[str, tuple[str, ...]]:
    """Other names under which a column is often found, by column."""
    return {row["column"]: _split(row["synonyms"]) for row in _rows("synonyms.csv")}


@lru_cache(maxsize=1)
def contract_hash() -> str:
    """sha256 of the contract's data files: silver made under another contract is not used again."""
    digest = hashlib.sha256()
    for name in ("columns.csv", "tables.csv"):
        digest.update((HERE / name).read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def default_values(column: Column, rows: int) -> pd.Series:
    """`rows` cells of a column that is not given: its default, or missing, in the dtype of silver."""
    if column.kind == "number":
        return pd.Series(np.full(rows, float(column.default) if column.default else np.nan))
    if column.kind == "integer":
        return pd.Series(np.full(rows, int(column.default or 0), dtype=np.int64))
    if column.kind == "flag":
        return pd.Series(np.full(rows, column.default == "1"))
    if column.kind in ("date", "instant"):
        return pd.Series(np.full(rows, np.datetime64("NaT"), dtype="datetime64[us]"))
    if column.kind == "clock":
        return pd.Series(np.full(rows, MISSING_CLOCK, dtype=np.int64))
    if column.kind in ("list", "windows"):
        cells = np.empty(rows, dtype=object)
        cells[:] = [_split(column.default)] * rows
        return pd.Series(cells, dtype=object)
    return pd.Series([column.default or np.nan] * rows, dtype="str")


def empty_table(contract: Contract) -> pd.DataFrame:
    """A frame with every column of the contract and no row."""
    return pd.DataFrame({name: default_values(column, 0) for name, column in contract.columns.items()})
