"""A sweep as text for a terminal, or as plain data for JSON."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from outputs.console import frame_text, records

if TYPE_CHECKING:
    from outputs.sweep import Sweep


def sweep_text(sweep: "Sweep") -> str:
    """The ranked table, failures in a line each, notes, and the page to open."""
    table = sweep.cells
    marks = [
        " ".join(word for word, there in (("best", best), ("baseline", base), (status, status != "done")) if there)
        for best, base, status in zip(table["is_best"], table["is_baseline"], table["status"], strict=True)
    ]
    shown = table[["place", "label", *sweep.figures]].assign(
        place=["-" if pd.isna(place) else str(place) for place in table["place"]]
    )
    leading = sweep.figures[0]
    shown["difference"], shown["mark"] = table[f"{leading}_difference"], marks
    parts = [frame_text(shown)]
    failed = table[table["status"] == "failed"]
    if len(failed):
        parts.append(
            "\n".join(
                f"  {label}: {error.strip()}" for label, error in zip(failed["label"], failed["error"], strict=True)
            )
        )
    last = [*sweep.notes, f"sweep: {sweep.folder}" + (" (made before, unchanged)" if sweep.reused else "")]
    return "\n\n".join([*parts, "\n".join([*last, f"open: {sweep.page}"])])


def sweep_json(sweep: "Sweep") -> dict[str, Any]:
    """The same as plain data; what is missing is null."""
    return {
        "folder": str(sweep.folder),
        "page": str(sweep.page),
        "exit_code": sweep.exit_code,
        "reused": sweep.reused,
        "figures": list(sweep.figures),
        "notes": list(sweep.notes),
        "cells": records(sweep.cells),
    }
