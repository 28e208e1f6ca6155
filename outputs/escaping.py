"""Texts from data made harmless: no text becomes a formula in a spreadsheet.

Pages escape by their templates (outputs/pages.py), calendars and GPX by their libraries; spreadsheets have no such
rule, so a text that a spreadsheet would run is led by an apostrophe in CSV and marked as text in a workbook
(CWE-1236; OWASP, CSV injection).
"""

import re

import pandas as pd

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""First characters that make a spreadsheet read a text as a formula; the wide ones do so in East Asian settings."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]+")


def printable(text: str) -> str:
    """The text on one line without control characters, which XML and calendars cannot hold."""
    return _CONTROLS.sub(" ", text).strip()


def is_formula(text: object) -> bool:
    """Whether a spreadsheet could run the text, blanks before it not counted."""
    return isinstance(text, str) and text.lstrip(" \u00a0").startswith(FORMULA_STARTS)


def harmless(column: pd.Series) -> pd.Series:
    """The column with each text that a spreadsheet could run led by an apostrophe; other values as they are."""
    risky = column.map(is_formula).astype(bool)
    return column.where(~risky, "'" + column.astype(str))


def harmless_table(table: pd.DataFrame) -> pd.DataFrame:
    """The table with every column of texts made harmless."""
    texts = [
        name for name in table.columns if isinstance(table[name].dtype, pd.StringDtype) or table[name].dtype == object
    ]
    return table.assign(**{name: harmless(table[name]) for name in texts})
