"""Cells of an edited workbook: found by header, read leniently, named by file, sheet and address where wrong."""

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from scenarios.clock import parse_clock

SECONDS_PER_DAY = 86_400


@dataclass(frozen=True)
class Cell:
    """A cell: its sheet, address and value as the workbook holds it."""

    sheet: str
    address: str
    value: Any

    @property
    def text(self) -> str:
        """The value as a person wrote it; whole numbers without decimals, since ids may look like numbers."""
        if self.value is None:
            return ""
        if isinstance(self.value, float) and self.value.is_integer():
            return str(int(self.value))
        return str(self.value).strip()

    def day(self) -> date | None:
        """The date it holds, or None."""
        if isinstance(self.value, datetime):
            return self.value.date()
        if isinstance(self.value, date):
            return self.value
        try:
            return date.fromisoformat(self.text[:10])
        except ValueError:
            return None

    def clock_seconds(self) -> int | None:
        """Seconds after midnight: a time of day, a fraction of a day, or text `HH:MM` or `HH:MM:SS`; else None."""
        value = self.value
        if isinstance(value, datetime):
            value = value.time()
        if isinstance(value, time):
            return round(value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6)
        if isinstance(value, timedelta):
            value = value.total_seconds() / SECONDS_PER_DAY
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return round(value * SECONDS_PER_DAY) if 0 <= value <= 1 else None
        try:
            return 60 * parse_clock(self.text)
        except ValueError:
            pass
        try:
            parsed = time.fromisoformat(self.text)
        except ValueError:
            return None
        return parsed.hour * 3600 + parsed.minute * 60 + parsed.second


@dataclass
class Faults:
    """All that is wrong with a workbook, in the order in which it was found."""

    file: str
    found: list[str] = field(default_factory=list)

    def add(self, cell: Cell, message: str) -> None:
        """A fault of a cell: `plan.xlsx: Pins!C4: 'Rep 99' is no rep`."""
        self.found.append(f"{self.file}: {cell.sheet}!{cell.address}: {message}")

    def add_file(self, message: str) -> None:
        """A fault of the whole file."""
        self.found.append(f"{self.file}: {message}")


@dataclass(frozen=True)
class Book:
    """The values of a workbook by sheet; reps and customers are those it knows (empty: it does not say)."""

    sheets: dict[str, list[tuple[Any, ...]]]
    reps: frozenset[str]
    customers: frozenset[str]

    def rows(self, sheet: str, headers: Sequence[str]) -> Iterator[dict[str, Cell]]:
        """The rows below the head, cells by header; an absent sheet has none, an absent column is empty."""
        lines = self.sheets.get(sheet, [])
        head = [str(cell).strip() if cell is not None else "" for cell in lines[0]] if lines else []
        places = {name: head.index(name) for name in headers if name in head}
        for number, line in enumerate(lines[1:], start=2):
            cells = {}
            for name in headers:
                at = places.get(name, len(line))
                value = line[at] if at < len(line) else None
                cells[name] = Cell(sheet, f"{get_column_letter(at + 1)}{number}", value)
            yield cells


NEEDED = {"Pins": ("Customer", "Rep"), "Routes": ("keep", "Rep", "Customer", "Day", "Stop", "Arrive", "Start", "End")}
"""Columns without which a sheet cannot be read."""


def open_book(path: Path, faults: Faults) -> Book | None:
    """Read the workbook's values; None after a fault of the file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells of extensions that other programs wrote
            book = load_workbook(path, read_only=True, data_only=True)
            sheets = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}
            book.close()
    except FileNotFoundError:
        faults.add_file(f"no such file: {path}")
        return None
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, InvalidFileException):
        faults.add_file("cannot be read as an Excel workbook (.xlsx); save it in that format")
        return None
    if "Pins" not in sheets and "Routes" not in sheets:
        faults.add_file("has neither a sheet Pins nor a sheet Routes; give the plan.xlsx of a run")
        return None
    for name, needed in NEEDED.items():
        head = [str(cell).strip() for cell in sheets[name][0] if cell is not None] if sheets.get(name) else None
        if head is not None and (absent := [column for column in needed if column not in head]):
            faults.add(Cell(name, "A1", None), f"the first row lacks the column {', '.join(absent)}")
    if faults.found:
        return None
    known = {name: frozenset(_column(sheets.get("Names", []), name)) for name in ("Reps", "Customers")}
    return Book(sheets, known["Reps"], known["Customers"])


def _column(lines: list[tuple[Any, ...]], header: str) -> list[str]:
    """Texts below a header."""
    if not lines or header not in lines[0]:
        return []
    at = lines[0].index(header)
    cells = (Cell("Names", "", line[at] if at < len(line) else None) for line in lines[1:])
    return [cell.text for cell in cells if cell.text]
