"""Turn the cells of one column into the contract's type; say which cells cannot be."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import time
from typing import Any

import numpy as np
import pandas as pd

from inputs.contracts.contract import MISSING_CLOCK, Column
from inputs.gates.dates import parse_dates
from scenarios.clock import parse_clock, parse_span

NO_NUMBER = ("nan", "na", "n/a", "#n/a", "null", "none", "-")
"""Words that count as a missing number or day, whatever their case."""
_TRUE = ("1", "1.0", "true", "yes", "y", "t", "ja", "sí", "si", "oui")
_FALSE = ("0", "0.0", "false", "no", "n", "f", "nein", "non")
_SIGNS = {"percent": r"\s*%$", "eur": r"^(?:€|EUR)\s*|\s*(?:€|EUR)$"}
"""What may stand at a number of a unit: `40 %`, `1.234,50 €`."""


@dataclass(frozen=True)
class Converted:
    """A column in silver's type.

    cells: missing where the cell was missing or bad; missing: bool per cell; bad: bool per cell.
    reason: what the bad cells are not; notes: how an unusual notation was read.
    """

    cells: pd.Series
    missing: np.ndarray
    bad: np.ndarray
    reason: str
    notes: tuple[str, ...] = ()


def as_text(series: pd.Series) -> pd.Series:
    """Cells as trimmed text, missing where empty; whole floats lose their `.0`, lists are joined by `|`."""
    if isinstance(series.dtype, pd.StringDtype):
        text = series.astype("str")
    elif pd.api.types.is_float_dtype(series.dtype):
        text = series.astype(object).map(_cell_text).astype("str")
    elif pd.api.types.is_integer_dtype(series.dtype) and not series.isna().any():
        text = series.astype("str")
    else:
        text = series.astype(object).map(_cell_text).astype("str")
    text = text.str.strip()
    return text.mask(text == "")


def _cell_text(value: Any) -> object:
    if isinstance(value, (list, tuple, np.ndarray)):
        return "|".join(str(part) for part in value)
    if value is None or pd.isna(value):
        return np.nan
    if isinstance(value, time):
        return value.strftime("%H:%M:%S" if value.second else "%H:%M")
    if isinstance(value, (float, np.floating)):
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    return str(value)


def parse_numbers(series: pd.Series, decimal: str) -> tuple[np.ndarray, np.ndarray]:
    """(float64 values, bad) of number cells; text with the other decimal mark is bad, as are infinite numbers.

    Thousands may be grouped by the other mark where the decimal mark tells them apart: `1.234,50`, `1,234.50`.
    """
    if pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_bool_dtype(series.dtype):
        values = series.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.where(np.isfinite(values), values, np.nan), np.isinf(values)
    text = as_text(series)
    text = text.mask(text.str.lower().isin(NO_NUMBER))
    wrong_mark = np.zeros(len(text), dtype=bool)
    other, mark = (r"\.", ",") if decimal == "," else (",", r"\.")
    grouped = text.str.fullmatch(rf"[+-]?\d{{1,3}}(?:{other}\d{{3}})+{mark}\d+", na=False)
    text = text.mask(grouped, text.str.replace(other, "", regex=True))
    if decimal == ",":
        wrong_mark = text.str.contains(".", regex=False, na=False).to_numpy()
        text = text.str.replace(",", ".", regex=False)
    values = pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    wrong_mark = wrong_mark | text.str.contains(r"[_xX]", regex=True, na=False).to_numpy()
    bad = text.notna().to_numpy() & (~np.isfinite(values) | wrong_mark)
    return np.where(bad, np.nan, values), bad


def _by_unique(text: pd.Series, parse: Callable[[str], Hashable], *, missing: object) -> tuple[pd.Series, np.ndarray]:
    """Parse each different text once; ValueError marks it bad."""
    parsed: dict[str, object] = {}
    wrong: set[str] = set()
    for cell in text.dropna().unique():
        try:
            parsed[cell] = parse(cell)
        except ValueError:
            wrong.add(cell)
    values = [missing if isinstance(cell, float) else parsed.get(cell, missing) for cell in text.astype(object)]
    out = np.empty(len(text), dtype=object)
    out[:] = values
    return pd.Series(out, dtype=object), text.isin(wrong).to_numpy()


def parse_windows(text: str) -> tuple[tuple[int, int], ...]:
    """Windows `09:00-11:00|15:00-17:00`, in order, those that touch joined.

    Raises:
        ValueError: one of them is no span, or ends before it starts.
    """
    spans = sorted(parse_span(part.strip()) for part in text.split("|") if part.strip())
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def list_mark(text: pd.Series) -> str:
    """What separates the items of a column of lists: `|`; a semicolon, else a comma, where no cell has a `|`."""
    return next((mark for mark in "|;," if text.str.contains(mark, regex=False, na=False).any()), "|")


def _parse_list(column: Column) -> Callable[[str], tuple[str, ...]]:
    def parse(text: str) -> tuple[str, ...]:
        parts = tuple(dict.fromkeys(part.strip() for part in text.split("|") if part.strip()))
        if column.allowed:
            parts = tuple(part.lower() for part in parts)
            if not set(parts) <= set(column.allowed):
                raise ValueError
        return parts

    return parse


def _parse_clock(text: str) -> int:
    return parse_clock(text)


def _numbers(series: pd.Series, column: Column, decimal: str) -> Converted:
    sign = _SIGNS.get(column.unit.removesuffix(" per hour"))
    if sign and not pd.api.types.is_numeric_dtype(series.dtype):
        series = as_text(series).str.replace(sign, "", regex=True)
    values, bad = parse_numbers(series, decimal)
    reason = "not a number"
    if column.kind == "integer":
        broken = ~bad & np.isfinite(values) & (values != np.floor(values))
        bad, values, reason = bad | broken, np.where(broken, np.nan, values), "not a whole number"
    missing = np.isnan(values) & ~bad
    filled = np.where(np.isnan(values), float(column.default) if column.default else np.nan, values)
    return Converted(pd.Series(filled.astype(np.int64) if column.kind == "integer" else filled), missing, bad, reason)


def _flags(series: pd.Series, column: Column) -> Converted:
    text = as_text(series).str.lower()
    missing = text.isna().to_numpy()
    yes, no = text.isin(_TRUE).to_numpy(), text.isin(_FALSE).to_numpy()
    values = np.where(yes | no, yes, column.default == "1")
    return Converted(pd.Series(values.astype(bool)), missing, ~missing & ~yes & ~no, "neither 0 nor 1 (nor yes or no)")


def _texts(series: pd.Series, column: Column) -> Converted:
    text = as_text(series)
    missing = text.isna().to_numpy()
    bad = np.zeros(len(text), dtype=bool)
    if column.allowed:
        text = text.str.lower()
        bad = ~missing & ~text.isin(column.allowed).to_numpy()
        text = text.mask(pd.Series(bad, index=text.index))
    if column.default:
        text = text.fillna(column.default)
    return Converted(text, missing, bad, f"none of {', '.join(column.allowed)}")


def convert(series: pd.Series, column: Column, *, decimal: str, timezone: str) -> Converted:
    """Cells of one column in the contract's type; text with an offset is moved to `timezone` (IANA name)."""
    series = series.reset_index(drop=True)
    if column.kind in ("number", "integer"):
        return _numbers(series, column, decimal)
    if column.kind == "flag":
        return _flags(series, column)
    if column.kind == "text":
        return _texts(series, column)
    if column.kind in ("date", "instant"):
        dates = parse_dates(series, timezone=timezone, whole_days=column.kind == "date", missing_words=NO_NUMBER)
        return Converted(dates.cells, dates.missing, dates.bad, dates.reason, dates.notes)
    text = as_text(series)
    missing = text.isna().to_numpy()
    if column.kind == "clock":
        values, bad = _by_unique(text, _parse_clock, missing=MISSING_CLOCK)
        return Converted(values.astype(np.int64), missing, bad, "no time of day HH:MM from 00:00 to 24:00")
    if column.kind == "windows":
        values, bad = _by_unique(text, parse_windows, missing=())
        return Converted(
            values, missing, bad, "no windows such as 09:00-11:00|15:00-17:00, each ending after it starts"
        )
    default = tuple(column.default.split("|")) if column.default else ()
    notes: tuple[str, ...] = ()
    if (mark := list_mark(text)) != "|":
        example = text[text.str.contains(mark, regex=False, na=False)].iloc[0]
        notes = (f"lists by {'semicolons' if mark == ';' else 'commas'}, for example {example}",)
        text = text.str.replace(mark, "|", regex=False)
    values, bad = _by_unique(text, _parse_list(column), missing=default)
    return Converted(values, missing, bad, f"not made of {', '.join(column.allowed)}", notes)


def infer(series: pd.Series, decimal: str) -> pd.Series:
    """A column beyond the contract as it came: numbers as float64, true/false as bool, all else as text.

    Texts with leading zeros (postcodes) stay text.
    """
    series = series.reset_index(drop=True)
    if not isinstance(series.dtype, pd.StringDtype) and series.dtype != object:
        if pd.api.types.is_bool_dtype(series.dtype) and not series.isna().any():
            return series.astype(bool)
        if pd.api.types.is_numeric_dtype(series.dtype):
            return pd.Series(series.to_numpy(dtype=np.float64, na_value=np.nan))
    text = as_text(series)
    present = text.dropna()
    if present.empty:
        return text
    if len(present) == len(text) and present.str.lower().isin(("true", "false")).all():
        return text.str.lower() == "true"
    if not present.iloc[:50].str.contains(r"\d|nan|null|none|^-$|n/a|^na$", case=False).all():
        return text
    if present.str.contains(r"^[+-]?0\d", regex=True).any():
        return text
    values, bad = parse_numbers(text, decimal)
    return text if bad.any() or np.isnan(values).all() else pd.Series(values)
