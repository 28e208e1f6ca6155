"""Days and instants from text: ISO 8601 first, other notations only where the whole column leaves no doubt."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

EARLIEST = np.datetime64("1900-01-01", "us")
"""Days before this one are spreadsheet zeros and typing errors."""
_ISO = r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?$"
_OFFSET = r"(?:Z|[+-]\d{2}:?\d{2})$"
_DAY_MONTH = r"^(\d{1,2})([./-])(\d{1,2})[./-](\d{4})(?:[T ,]+(\d{1,2}:\d{2}(?::\d{2})?))?$"
_COMPACT = r"^(\d{4})[/]?(\d{2})[/]?(\d{2})$"


@dataclass(frozen=True)
class Dates:
    """cells: datetime64[us], naive local, NaT where missing or bad; reason: what the bad cells are not."""

    cells: pd.Series
    missing: np.ndarray
    bad: np.ndarray
    reason: str
    notes: tuple[str, ...] = ()


def _local(instants: pd.Series, timezone: str) -> pd.Series:
    """Instants with an offset as naive local time."""
    moved: pd.Series = instants.dt.tz_convert(ZoneInfo(timezone)).dt.tz_localize(None).astype("datetime64[us]")
    return moved


def _iso(text: pd.Series) -> pd.Series:
    """ISO days and instants, `T24:00` as the next midnight; NaT where the text is none."""
    values = pd.Series(np.full(len(text), np.datetime64("NaT"), dtype="datetime64[us]"))
    end_of_day = text.str.contains(r"[T ]24:00(?::00)?$", regex=True, na=False).to_numpy()
    if end_of_day.any():
        text = text.mask(end_of_day, text.str.slice(0, 10))
    is_iso = text.str.contains(_ISO, regex=True, na=False).to_numpy()
    if is_iso.any():
        values[is_iso] = pd.to_datetime(text[is_iso], format="ISO8601", errors="coerce").astype("datetime64[us]")
    values[end_of_day] = values[end_of_day] + np.timedelta64(1, "D")
    return values


def _other(text: pd.Series) -> tuple[pd.Series, str, str]:
    """(values, reason, note) of texts that are not ISO: 19991217, 1999/12/17, 17.12.1999, 17/12/1999, 12/17/1999."""
    values = pd.Series(np.full(len(text), np.datetime64("NaT"), dtype="datetime64[us]"), index=text.index)
    compact = text.str.extract(_COMPACT)
    rows = compact[0].notna()
    if rows.any():
        joined = compact[0] + compact[1] + compact[2]
        values[rows] = pd.to_datetime(joined[rows], format="%Y%m%d", errors="coerce").astype("datetime64[us]")
    parts = text.str.extract(_DAY_MONTH)
    rows = parts[0].notna()
    if not rows.any():
        return values, "", ""
    first, second = parts.loc[rows, 0].astype(int), parts.loc[rows, 2].astype(int)
    dotted = bool((parts.loc[rows, 1] == ".").all())
    day_first, month_first = bool((first > 12).any()), bool((second > 12).any())
    if (day_first and month_first) or not (day_first or month_first or dotted):
        return values, "no day that can be told: the day or the month may stand first; write 1999-12-31", ""
    if dotted and month_first:
        return values, "no day: with points the day stands first (31.12.1999)", ""
    day, month = (second, first) if month_first else (first, second)
    clock = parts.loc[rows, 4].fillna("00:00").str.zfill(5)
    joined = parts.loc[rows, 3] + "-" + month.astype("str").str.zfill(2) + "-" + day.astype("str").str.zfill(2)
    values[rows] = _iso((joined + "T" + clock).reset_index(drop=True)).to_numpy()
    note = f"{'month' if month_first else 'day'} first, for example {text[rows].iloc[0]} is {joined.iloc[0]}"
    return values, "", note


def parse_dates(series: pd.Series, *, timezone: str, whole_days: bool, missing_words: tuple[str, ...]) -> Dates:
    """Days or instants of a column.

    Args:
        series: text, datetimes (naive local or with a zone), or objects of Python dates.
        timezone: IANA name; instants with an offset are moved to it.
        whole_days: cut off the time of day.
        missing_words: texts, in lower case, that count as missing.
    """
    notes: list[str] = []
    reason = (
        "no day of the calendar, written such as 1999-12-31" if whole_days else "no instant such as 1999-12-31T08:30:00"
    )
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        values, missing = _local(series, timezone), series.isna().to_numpy()
        bad = np.zeros(len(series), dtype=bool)
    elif pd.api.types.is_datetime64_dtype(series.dtype):
        values, missing = series.astype("datetime64[us]"), series.isna().to_numpy()
        bad = np.zeros(len(series), dtype=bool)
    else:
        text = series if isinstance(series.dtype, pd.StringDtype) else series.astype(object).map(_iso_text)
        text = text.astype("str").str.strip()
        text = text.mask((text == "") | text.str.lower().isin(missing_words))
        missing = text.isna().to_numpy()
        values = _iso(text)
        left = values.isna().to_numpy() & ~missing
        if left.any():
            zoned = left & text.str.contains(r"[T ]\d{2}:\d{2}.*" + _OFFSET, regex=True, na=False).to_numpy()
            if zoned.any():
                moved = pd.to_datetime(text[zoned], format="ISO8601", errors="coerce", utc=True)
                values[zoned] = _local(moved, timezone)
                notes.append(f"instants with an offset were moved to {timezone}")
            left &= ~zoned
        if left.any():
            values[left], why, note = _other(text[left])
            reason = why or reason
            notes += [note] if note else []
        bad = values.isna().to_numpy() & ~missing
    early = (values < EARLIEST).to_numpy()
    if early.any():
        values, bad = values.mask(early), bad | early
        reason += f", from {EARLIEST.astype('datetime64[D]')} on"
    return Dates(values.dt.normalize() if whole_days else values, missing, bad, reason, tuple(notes))


def _iso_text(value: object) -> object:
    if value is pd.NaT:
        return np.nan
    if isinstance(value, (date, pd.Timestamp)):
        return value.isoformat()
    return np.nan if value is None or (isinstance(value, float) and np.isnan(value)) else str(value)
