"""A run's folder: written under a temporary name, sealed by sha256, renamed; never overwritten.

manifest.json   what was asked, what was read, how each stage ended, sha256 of every other file
scenario.yaml   the resolved scenario, re-runnable
tables/         every table as Parquet (exact) and CSV (for people)
bi/             the same week as a star schema for BI tools, with its data dictionary
report.html, map.html, plan.xlsx, routes/, scripts/, calendars/, gpx/, run.log
report.pdf      where it was asked for and a Chromium is installed
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from outputs.escaping import harmless_table
from scenarios.errors import UsageError

MANIFEST = "manifest.json"


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Each table as `tables/NAME.parquet` and `tables/NAME.csv`."""
    target = folder / "tables"
    target.mkdir()
    for name, table in tables.items():
        table.to_parquet(target / f"{name}.parquet", index=False)
        harmless_table(table).to_csv(
            target / f"{name}.csv", index=False, date_format="%Y-%m-%dT%H:%M:%S", lineterminator="\n"
        )


def read_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """The tables of a run, by name."""
    return {path.stem: pd.read_parquet(path) for path in sorted((folder / "tables").glob("*.parquet"))}


def seal(draft: Path, target: Path, manifest: Mapping[str, Any], hashes: Mapping[str, str] | None = None) -> Path:
    """Write the manifest with every file's sha256 and move the draft to `target`.

    Returns:
        The folder of the run: `target`, or `target` with a number if that name is taken.
    """
    content = dict(manifest) | {"files": dict(hashes or file_hashes(draft))}
    text = json.dumps(content, indent=1, ensure_ascii=False, default=str)
    (draft / MANIFEST).write_text(text + "\n", encoding="utf-8")
    final, number = target, 2
    while final.exists():
        final, number = target.with_name(f"{target.name}-{number}"), number + 1
    draft.rename(final)
    return final


def file_hashes(folder: Path) -> dict[str, str]:
    """sha256 of every file but the manifest, by path from the folder."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a sealed run.

    Raises:
        UsageError: the folder is no sealed run.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder} is no run of Muster: {MANIFEST} is missing or unreadable.") from error
    return manifest


def broken_seal(folder: Path) -> list[str]:
    """What differs from the seal: missing, changed and added files; empty if the run is as it was written."""
    sealed, found = read_manifest(folder)["files"], file_hashes(folder)
    missing = [f"{name} is missing" for name in sorted(set(sealed) - set(found))]
    added = [f"{name} was added" for name in sorted(set(found) - set(sealed))]
    changed = [f"{name} was changed" for name in sorted(set(sealed) & set(found)) if sealed[name] != found[name]]
    return missing + changed + added
