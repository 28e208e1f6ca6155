"""Rules that hold between the columns of one row: spans that end before they start, windows, places."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from inputs.contracts.contract import MISSING_CLOCK, Contract, default_values
from inputs.gates.faults import Fault
from inputs.gates.places import check_places
from scenarios.clock import MINUTES_PER_DAY, format_clock

PLACES = {"customers": (("latitude", "longitude"),), "reps": (("home_latitude", "home_longitude"),)}
"""Pairs of coordinates without which a row is of no use."""


def check_spans(frame: pd.DataFrame, rows: np.ndarray, *, start: str, end: str, severity: str) -> list[Fault]:
    """Rows whose `end` is not after their `start` (clock times or instants); missing ones are left alone."""
    first, last = frame[start], frame[end]
    if pd.api.types.is_integer_dtype(first.dtype):
        both = (first != MISSING_CLOCK) & (last != MISSING_CLOCK)
        words: Callable[[object], str] = lambda minute: format_clock(int(str(minute)))  # noqa: E731
    else:
        both, words = first.notna() & last.notna(), str
    bad = (both & (last <= first)).to_numpy()
    if not bad.any():
        return []
    cells = [f"{words(a)} to {words(b)}" for a, b in zip(first[bad], last[bad], strict=True)]
    return [
        Fault(
            f"{start}, {end}",
            "impossible span",
            "reject" if severity == "reject" else "warn",
            rows[bad],
            cells,
            "ends before it starts" + ("" if severity == "reject" else "; treated as not given"),
            "a span lies within one day; write 24:00 for its end at midnight",
            emptied=severity != "reject",
        )
    ]


def check_areas(frame: pd.DataFrame, rows: np.ndarray) -> list[Fault]:
    """Areas whose geometry is no polygon or multipolygon in WKT; missing ones are left to other checks."""
    import shapely

    cells = frame["geometry"]
    present = cells.notna().to_numpy()
    texts = [text if known else None for text, known in zip(cells, present, strict=True)]
    shapes = shapely.from_wkt(np.array(texts, dtype=object), on_invalid="ignore")
    polygons = np.isin(shapely.get_type_id(shapes), (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    bad = present & (~polygons | shapely.is_empty(shapes))
    if not bad.any():
        return []
    reason, advice = "no POLYGON or MULTIPOLYGON in WKT", "give the areas as GeoJSON"
    return [Fault("geometry", "wrong type", "reject", rows[bad], cells[bad].tolist(), reason, advice)]


def merge_windows(frame: pd.DataFrame) -> pd.DataFrame:
    """Fill `windows` of customers from window_start and window_end where it is empty.

    A start alone lasts to the end of the day, an end alone begins at midnight.
    """
    start, end = frame["window_start"].to_numpy(), frame["window_end"].to_numpy()
    windows = frame["windows"].to_numpy(dtype=object).copy()
    given = (start != MISSING_CLOCK) | (end != MISSING_CLOCK)
    for place in np.flatnonzero(given):
        if not windows[place]:
            first = max(int(start[place]), 0)
            last = MINUTES_PER_DAY if end[place] == MISSING_CLOCK else int(end[place])
            windows[place] = ((first, last),)
    return frame.assign(windows=pd.Series(windows, index=frame.index, dtype=object))


def row_faults(contract: Contract, frame: pd.DataFrame, rows: np.ndarray) -> list[Fault]:
    """Faults between the columns of one row, by table."""
    faults: list[Fault] = []
    for latitude, longitude in PLACES.get(contract.name, ()):
        faults += check_places(frame, rows, latitude=latitude, longitude=longitude, required=True)
    if contract.name == "customers":
        faults += check_spans(frame, rows, start="window_start", end="window_end", severity="warn")
    if contract.name == "reps":
        faults += check_places(frame, rows, latitude="end_latitude", longitude="end_longitude", required=False)
        faults += check_spans(frame, rows, start="shift_start", end="shift_end", severity="reject")
    if contract.name == "agents":
        faults += check_spans(frame, rows, start="available_from", end="available_to", severity="warn")
    if contract.name == "areas":
        faults += check_areas(frame, rows)
    if contract.name == "appointments":
        faults += check_spans(frame, rows, start="start", end="end", severity="reject")
    return faults


def empty_cells(contract: Contract, frame: pd.DataFrame, row_numbers: np.ndarray, fault: Fault) -> pd.DataFrame:
    """The frame with the cells of an `emptied` fault made missing, in each column that the fault names."""
    places = np.isin(row_numbers, fault.rows)
    changed = {}
    for name in fault.column.split(", "):
        blank = default_values(contract.columns[name], len(frame)).set_axis(frame.index)
        changed[name] = frame[name].where(~places, blank)
    return frame.assign(**changed)
