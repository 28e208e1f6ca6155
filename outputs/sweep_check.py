"""Whether a sweep is unchanged since it was sealed, and the plans of its cells are sound."""

from pathlib import Path
from typing import Any

import pandas as pd

from inputs.rows import rows
from outputs import folder as run_folder
from outputs.console import frame_text, records
from outputs.run import check_run
from scenarios.errors import MusterError, UsageError

OWN = "the sweep itself"
"""The row of the sweep's own folder."""


def check_sweep(folder: Path) -> pd.DataFrame:
    """Check the sweep's folder, and the run of each of its cells.

    Returns:
        label, run, problems (their number), first (one of them; for a cell without a run, why there is none); the
        sweep's own folder first, then the cells in the order of their ranking. A cell that failed has no plan that
        could be unsound: it is no problem, and is named. A run of several cells is checked once.

    Raises:
        UsageError: the folder is no sealed sweep.
    """
    run_folder.read_manifest(folder)
    broken = run_folder.broken_seal(folder)
    table = [(OWN, folder.name, len(broken), broken[0] if broken else "")]
    known: dict[str, list[str]] = {}
    for cell in rows(pd.read_parquet(folder / "tables" / "cells.parquet")):
        if not cell.run:
            table.append((cell.label, "", 0, f"no plan: {cell.error or cell.status}"))
            continue
        if cell.run not in known:
            known[cell.run] = _problems(folder.parent / cell.run)
        found = known[cell.run]
        table.append((cell.label, cell.run, len(found), found[0] if found else ""))
    return pd.DataFrame(table, columns=["label", "run", "problems", "first"])


def _problems(run: Path) -> list[str]:
    if not run.is_dir():
        return ["its folder is gone"]
    try:
        return check_run(run)
    except UsageError as error:
        return [str(error)]
    except MusterError as error:
        return [f"cannot be checked: {error}"]


def checked_text(folder: Path, checked: pd.DataFrame) -> str:
    """The table, and a sentence."""
    bad = int((checked["problems"] > 0).sum())
    runs = checked.loc[checked["label"] != OWN, "run"]
    verdict = "sound" if not bad else f"{bad} of {len(checked)} rows have problems"
    return f"{frame_text(checked)}\n{folder}: {runs[runs != ''].nunique()} runs checked, {verdict}"


def checked_json(folder: Path, checked: pd.DataFrame) -> dict[str, Any]:
    """The same as plain data."""
    return {"sweep": str(folder), "sound": not checked["problems"].any(), "cells": records(checked)}
