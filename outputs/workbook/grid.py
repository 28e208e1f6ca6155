"""How a table becomes a sheet: typed cells, units in headers, frozen head, filter, widths, print set-up.

Texts are written as texts, never as formulas; those that would run if somebody retyped them are marked as quoted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from inputs.rows import rows
from outputs.escaping import is_formula

LONGEST_TEXT = 32_767
"""Characters that a cell can hold."""
SECONDS_PER_DAY = 86_400

Kind = Literal["text", "day", "clock", "number", "whole", "edit"]
NUMBER_FORMATS: dict[Kind, str] = {
    "day": "ddd yyyy-mm-dd",
    "clock": "[hh]:mm",
    "number": "#,##0.00_)",
    "whole": "#,##0_)",
    "text": "@",
    "edit": "@",
}


@dataclass(frozen=True)
class Column:
    """A column of a sheet.

    name: of the frame; header: as shown, with the unit; kind: `clock` cells are seconds after the row's midnight,
    `edit` cells are texts meant to be filled in; width in characters.
    """

    name: str
    header: str
    kind: Kind = "text"
    width: float = 12


class Styles:
    """The cell formats of a workbook, made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        head = {"bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#E3EDF4", "bottom": 1}
        self.head: Format = book.add_format(head)
        self.head_right: Format = book.add_format(head | {"align": "right"})
        self.title: Format = book.add_format({"bold": True, "font_size": 15})
        self.bold: Format = book.add_format({"bold": True, "valign": "top"})
        self.prose: Format = book.add_format({"text_wrap": True, "valign": "top"})
        self.quoted: Format = book.add_format({"num_format": "@", "quote_prefix": True, "valign": "top"})
        edit = {"bg_color": "#FFF8DC", "border": 1, "border_color": "#D9CFA3"}
        self.kinds: dict[Kind, Format] = {
            kind: book.add_format(
                {"num_format": form, "valign": "top"}
                | (edit if kind == "edit" else {})
                | ({"align": "left"} if kind == "day" else {})
            )
            for kind, form in NUMBER_FORMATS.items()
        }


def write_grid(
    sheet: Worksheet, styles: Styles, columns: Sequence[Column], frame: pd.DataFrame, *, first_row: int = 0
) -> int:
    """Write head and rows from `first_row` on; returns the first free row below."""
    sheet.set_row(first_row, 32)
    for at, column in enumerate(columns):
        right = column.kind in ("number", "whole", "clock")
        sheet.write_string(first_row, at, column.header, styles.head_right if right else styles.head)
    line = first_row
    for line, row in enumerate(rows(frame), start=first_row + 1):
        for at, column in enumerate(columns):
            write_cell(sheet, styles, line, at, getattr(row, column.name), column.kind)
    return line + 1


def set_up_sheet(sheet: Worksheet, columns: Sequence[Column], last_row: int, *, title: str) -> None:
    """Frozen head, filter over all rows, widths; A4 landscape, one page wide, the head on every page.

    A last column `why` is left out in print: its sentences stand on the route sheets, and would make all else tiny.
    """
    for at, column in enumerate(columns):
        sheet.set_column(at, at, column.width)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(last_row, 1), len(columns) - 1)
    sheet.repeat_rows(0)
    if columns[-1].name == "why":
        sheet.print_area(0, 0, max(last_row, 1), len(columns) - 2)
    set_up_print(sheet, title=title)


def set_up_print(sheet: Worksheet, *, title: str) -> None:
    """A4 landscape, one page wide; the sheet's name and the page's number below."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&8" + title.replace("&", "&&") + " · &A&R&8&P of &N")


def write_cell(sheet: Worksheet, styles: Styles, row: int, at: int, value: Any, kind: Kind) -> None:
    """One cell; what is missing stays empty."""
    style = styles.kinds[kind]
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        sheet.write_blank(row, at, None, style)
    elif kind in ("text", "edit"):
        text = str(value)
        sheet.write_string(row, at, text[:LONGEST_TEXT], styles.quoted if is_formula(text) else style)
    elif kind == "day":
        sheet.write_datetime(row, at, _day(value), style)
    elif kind == "clock":
        sheet.write_number(row, at, round(float(value)) / SECONDS_PER_DAY, style)
    else:
        sheet.write_number(row, at, float(value), style)


def _day(value: date | pd.Timestamp) -> datetime:
    return datetime(value.year, value.month, value.day)
