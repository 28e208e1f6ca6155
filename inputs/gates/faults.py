"""What a check hands back: the bad rows of one column, and the words for them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from inputs.types import Finding

Severity = Literal["stop", "reject", "warn"]
MAX_EXAMPLES = 5
MAX_CHARACTERS = 80


@dataclass(frozen=True)
class Fault:
    """Bad rows of one column of one table.

    rows: 1-based data rows of the source; cells: what stands there, in the same order.
    reason: what is wrong, as half a sentence that follows the column's name; advice: what to change.
    emptied: the cell counts as unknown and its row stays (only for `warn`).
    ids: what each row calls itself (the first column of its table's key), in the same order; empty: not known.
    """

    column: str
    check: str
    severity: Severity
    rows: np.ndarray
    cells: Sequence[object]
    reason: str
    advice: str = ""
    emptied: bool = False
    ids: Sequence[object] = ()


def shorten(value: object) -> str:
    """A cell as text of at most `MAX_CHARACTERS` characters on one line; a missing one is `(empty)`, a list has `|`."""
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NaT:
        return "(empty)"
    if isinstance(value, tuple):
        value = "|".join(str(part) for part in value)
    text = " ".join(str(value).split())
    return text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 3] + "..."


def finding(fault: Fault, *, table: str, label: str) -> Finding:
    """The fault as a finding that names the file, the column, the number of rows and at most five of them."""
    examples = tuple(
        f"row {row}: {shorten(value)}"
        for row, value in zip(fault.rows[:MAX_EXAMPLES], fault.cells[:MAX_EXAMPLES], strict=False)
    )
    subject = f"{label}: {fault.column}" if fault.column else label
    if len(fault.rows):
        subject += f" ({len(fault.rows)} row{'s' if len(fault.rows) > 1 else ''})"
    return Finding(
        table=table,
        column=fault.column,
        check=fault.check,
        severity=fault.severity,
        rows=len(fault.rows),
        message=f"{subject}: {fault.reason}",
        examples=examples,
        advice=fault.advice,
    )


def fault_rows(fault: Fault, table: str) -> pd.DataFrame:
    """The fault's rows as table, row, column, reason, value, id."""
    ids = fault.ids or [""] * len(fault.rows)
    return pd.DataFrame(
        {
            "table": pd.Series([table] * len(fault.rows), dtype="str"),
            "row": pd.Series(np.asarray(fault.rows, dtype=np.int64)),
            "column": pd.Series([fault.column] * len(fault.rows), dtype="str"),
            "reason": pd.Series([fault.reason] * len(fault.rows), dtype="str"),
            "value": pd.Series([shorten(value) for value in fault.cells], dtype="str"),
            "id": pd.Series([shorten(each) for each in ids], dtype="str"),
        }
    )


def with_ids(fault: Fault, names: pd.Series, rows: np.ndarray) -> Fault:
    """The fault, each of its rows with what it calls itself.

    Args:
        names: what each row of a table calls itself; rows: their numbers in the source, in the same order.
    """
    known = dict(zip(rows[np.isin(rows, fault.rows)].tolist(), names[np.isin(rows, fault.rows)].tolist(), strict=True))
    return replace(fault, ids=[known.get(row, "") for row in fault.rows.tolist()])
