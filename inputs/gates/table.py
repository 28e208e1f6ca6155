"""One table through its gates: raw frame in, silver rows, findings, rejects and emptied cells out."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from inputs.contracts.contract import Column, Contract, default_values, empty_table
from inputs.gates.faults import Fault, with_ids
from inputs.gates.mapping import map_columns, translate
from inputs.gates.rules import empty_cells, merge_windows, row_faults
from inputs.gates.values import Converted, convert, infer
from inputs.sources.raw import Raw

ROW = "_row"
"""Name of the column that carries the row number of the source until the tables are joined."""
TOLERANCE = np.timedelta64(1, "s")
"""Clocks differ: an instant this much after the end of `as_of` still counts as known."""


@dataclass(frozen=True)
class Gated:
    """A table after its gates; frame: rows that stay, with `_row`; bronze: data rows of the source."""

    contract: Contract
    label: str
    frame: pd.DataFrame
    faults: tuple[Fault, ...]
    bronze: int
    merged: int = 0
    notes: tuple[str, ...] = ()


def nothing_gated(contract: Contract, label: str = "", faults: tuple[Fault, ...] = ()) -> Gated:
    """A table that is not given, or whose source cannot be used."""
    return Gated(contract, label, empty_table(contract).assign(**{ROW: np.array([], dtype=np.int64)}), faults, 0)


def _limits(column: Column) -> str:
    low = "" if column.minimum is None else f"at least {column.minimum:g}"
    high = "" if column.maximum is None else f"at most {column.maximum:g}"
    return " and ".join(part for part in (low, high) if part)


def _fault(column: Column, check: str, bad: np.ndarray, raw: pd.Series, rows: np.ndarray, reason: str) -> Fault:
    """Bad cells of a required column reject their rows; those of another are emptied."""
    if column.required:
        advice = "mend these rows at the source; they are left out until then"
        return Fault(column.name, check, "reject", rows[bad], raw[bad].tolist(), reason, advice)
    advice = "the value counts as unknown; the row stays"
    if check == "wrong type" and (column.kind == "flag" or column.allowed):
        advice += "; your own words are translated by `values:` of the table"
    return Fault(column.name, check, "warn", rows[bad], raw[bad].tolist(), reason, advice, emptied=True)


def column_faults(
    column: Column, raw: pd.Series, converted: Converted, rows: np.ndarray, *, as_of: dt.date
) -> list[Fault]:
    """Missing, unreadable, out of range and future cells of one converted column."""
    faults = []
    if column.required and converted.missing.any():
        faults.append(_fault(column, "missing value", converted.missing, raw, rows, "empty, but needed"))
    if converted.bad.any():
        faults.append(_fault(column, "wrong type", converted.bad, raw, rows, converted.reason))
    values = converted.cells
    if column.minimum is not None or column.maximum is not None:
        number = values.to_numpy(dtype=float)
        low = -np.inf if column.minimum is None else column.minimum
        high = np.inf if column.maximum is None else column.maximum
        outside = (number < low) | (number > high)
        # Coordinates have a check of their own that can tell swapped ones.
        if outside.any() and column.unit != "degrees":
            faults.append(_fault(column, "out of range", outside, raw, rows, f"must be {_limits(column)}"))
    if column.past:
        first_unknown = np.datetime64(as_of + dt.timedelta(days=1), "us")
        late = (values >= first_unknown + TOLERANCE * (column.kind == "instant")).to_numpy()
        if late.any():
            faults.append(
                _fault(column, "date in the future", late, raw, rows, f"after as_of ({as_of}), not yet known")
            )
    return faults


def _duplicates(contract: Contract, frame: pd.DataFrame) -> list[Fault]:
    """Rows that repeat the key of an earlier row; the first one stays."""
    if not contract.key:
        return []
    twice = frame.duplicated(list(contract.key)).to_numpy()
    if not twice.any():
        return []
    cells = [" | ".join(str(cell) for cell in row) for row in frame.loc[twice, list(contract.key)].to_numpy()]
    reason = "the key stands in an earlier row already"
    advice = "keep one row a key; the first one is used"
    return [
        Fault(", ".join(contract.key), "duplicate key", "reject", frame[ROW].to_numpy()[twice], cells, reason, advice)
    ]


def add_repeated_hours(frame: pd.DataFrame, timezone: str) -> tuple[pd.DataFrame, int]:
    """Interval counts of the hour that the clocks repeat in autumn, added up; (frame, rows merged into others)."""
    twice = frame.duplicated(["queue", "interval_start"], keep=False)
    if not twice.any():
        return frame, 0
    starts = pd.DatetimeIndex(frame.loc[twice, "interval_start"])
    first = starts.tz_localize(timezone, ambiguous=np.ones(len(starts), dtype=bool), nonexistent="shift_forward")
    second = starts.tz_localize(timezone, ambiguous=np.zeros(len(starts), dtype=bool), nonexistent="shift_forward")
    repeated = frame.index[twice][np.asarray(first != second)]
    part = frame.loc[repeated]
    nth = part.groupby(["queue", "interval_start"]).cumcount()
    part = part[nth < 2]
    calls = part.groupby(["queue", "interval_start"])["calls_offered"].transform("sum")
    handled = part.groupby(["queue", "interval_start"])["handled"].transform(lambda cells: cells.sum(min_count=1))
    frame = frame.copy()
    frame.loc[part.index, "calls_offered"] = calls
    frame.loc[part.index, "handled"] = handled
    drop = part.index[(nth.loc[part.index] == 1).to_numpy()]
    return frame.drop(index=drop), len(drop)


def _convert_all(
    contract: Contract, frame: pd.DataFrame, raw: Raw, *, written: pd.DataFrame, as_of: dt.date, timezone: str
) -> tuple[dict[str, pd.Series], list[Fault], list[str]]:
    columns: dict[str, pd.Series] = {}
    faults: list[Fault] = []
    notes: list[str] = []
    rows = raw.row_numbers.to_numpy()
    for name, column in contract.columns.items():
        if name not in frame.columns:
            columns[name] = default_values(column, len(frame))
            continue
        cells = frame[name].reset_index(drop=True)
        converted = convert(cells, column, decimal=raw.decimal, timezone=timezone)
        columns[name] = converted.cells.reset_index(drop=True)
        faults += column_faults(column, written[name].reset_index(drop=True), converted, rows, as_of=as_of)
        notes += [f"{name}: {note}" for note in converted.notes]
    for name in frame.columns:
        if name not in contract.columns:
            columns[name] = infer(frame[name], raw.decimal)
    return columns, faults, notes


def gate_table(
    contract: Contract,
    raw: Raw,
    *,
    label: str,
    columns: Mapping[str, str],
    as_of: dt.date,
    timezone: str,
    values: Mapping[str, Mapping[str, str]] | None = None,
) -> Gated:
    """Map, convert, check and sort one table.

    Args:
        raw: the source as it stands; label: how messages name it.
        columns: contract name -> the user's name.
        as_of: the last known day; timezone: IANA name of the table's local time.
        values: contract name -> the user's word -> the word that is meant.
    """
    renamed, faults = map_columns(raw.frame, columns, contract)
    written = renamed
    if not faults:
        renamed, faults = translate(renamed, values or {}, contract)
    bronze = len(raw.frame) + len(raw.ragged)
    if faults:
        return Gated(contract, label, nothing_gated(contract).frame, tuple(faults), bronze)
    if raw.ragged:
        rows = np.array([number for number, _ in raw.ragged])
        reason = f"does not have {len(raw.frame.columns)} columns"
        advice = "look for a separator or a quotation mark inside a text"
        faults.append(Fault("", "broken row", "reject", rows, [text for _, text in raw.ragged], reason, advice))
    typed, found, notes = _convert_all(contract, renamed, raw, written=written, as_of=as_of, timezone=timezone)
    frame = pd.DataFrame(typed)
    frame[ROW] = raw.row_numbers.to_numpy()
    found += row_faults(contract, frame, frame[ROW].to_numpy())
    for fault in found:
        if fault.emptied:
            frame = empty_cells(contract, frame, frame[ROW].to_numpy(), fault)
    rejected = np.concatenate([np.array([], dtype=np.int64), *(f.rows for f in found if f.severity == "reject")])
    frame = frame[~frame[ROW].isin(rejected)]
    merged = 0
    if contract.name == "call_counts":
        frame, merged = add_repeated_hours(frame, timezone)
    found += (twice := _duplicates(contract, frame))
    if twice:
        frame = frame[~frame[ROW].isin(twice[0].rows)]
    if contract.name == "customers":
        frame = merge_windows(frame)
    if contract.name == "areas":
        frame["name"] = frame["name"].fillna(frame["key"])
    frame = frame.sort_values([*contract.sort, ROW], kind="stable").reset_index(drop=True)
    named = _named([*faults, *found], contract, renamed, raw.row_numbers.to_numpy())
    return Gated(contract, label, frame, tuple(named), bronze, merged, (*raw.notes, *notes))


def _named(faults: list[Fault], contract: Contract, renamed: pd.DataFrame, rows: np.ndarray) -> list[Fault]:
    """Faults that set rows aside, with the rows' ids as the source writes them."""
    if not contract.key or contract.key[0] not in renamed:
        return faults
    names = renamed[contract.key[0]]
    return [with_ids(fault, names, rows) if fault.severity == "reject" else fault for fault in faults]
