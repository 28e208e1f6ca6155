"""What the gates found, as the frames and sentences that the report shows."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from inputs.gates.faults import fault_rows, finding
from inputs.gates.table import Gated
from inputs.sources.raw import Opened
from inputs.types import Finding, Quality

FAULT_COLUMNS = {"table": "str", "row": "int64", "column": "str", "reason": "str", "value": "str", "id": "str"}
COUNT_COLUMNS = {"table": "str", "bronze": "int64", "silver": "int64", "flagged": "int64", "rejected": "int64"}
SOURCE_COLUMNS = {"table": "str", "path": "str", "sha256": "str", "rows": "int64"}
_ORDER = {"stop": 0, "reject": 1, "warn": 2}


def _frame(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=list(columns))
    return frame.astype(dict(columns))


def findings_from(gated: Mapping[str, Gated]) -> list[Finding]:
    """Every finding, those that stop first, then by table and in the order of the checks."""
    found = [finding(fault, table=name, label=table.label) for name, table in gated.items() for fault in table.faults]
    return sorted(found, key=lambda each: _ORDER[each.severity])


def fault_frame(gated: Mapping[str, Gated], *, emptied: bool) -> pd.DataFrame:
    """Rows set aside (or, with `emptied`, cells that count as unknown): table, row, column, reason, value, id."""
    parts = [
        fault_rows(fault, name)
        for name, table in gated.items()
        for fault in table.faults
        if (fault.emptied if emptied else fault.severity == "reject")
    ]
    return pd.concat(parts, ignore_index=True) if parts else _frame([], FAULT_COLUMNS)


def counts_frame(gated: Mapping[str, Gated], flagged: Mapping[str, int]) -> pd.DataFrame:
    """bronze = silver + flagged + rejected, per table that is given.

    flagged: rows that are kept but do not count by themselves: legs that are no demand, repeated hours added up.
    """
    rows = []
    for name, table in gated.items():
        if not table.label:
            continue
        rejected = {int(row) for fault in table.faults if fault.severity == "reject" for row in fault.rows}
        silver = len(table.frame) - (flagged["calls"] if name == "calls" else 0)
        rows.append(
            {
                "table": name,
                "bronze": table.bronze,
                "silver": silver,
                "flagged": flagged.get(name, 0),
                "rejected": len(rejected),
            }
        )
    return _frame(rows, COUNT_COLUMNS)


def sources_frame(opened: Mapping[str, Opened], rows: Mapping[str, Gated] | Mapping[str, int]) -> pd.DataFrame:
    """table, path, sha256, rows of every source that was read."""
    return _frame(
        [
            {
                "table": name,
                "path": source.location,
                "sha256": source.sha256,
                "rows": count.bronze if isinstance(count := rows[name], Gated) else count,
            }
            for name, source in opened.items()
        ],
        SOURCE_COLUMNS,
    )


def quality_as_plain(quality: Quality) -> dict[str, Any]:
    """Quality as plain data for the lake; where the sources lie is left out."""
    return {
        "findings": [asdict(found) for found in quality.findings],
        "rejects": _records(quality.rejects),
        "emptied": _records(quality.emptied),
        "counts": _records(quality.counts),
        "rows": dict(zip(quality.sources["table"], quality.sources["rows"].tolist(), strict=True)),
        "notes": list(quality.notes),
    }


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [dict(zip(frame.columns, row, strict=True)) for row in frame.astype(object).to_numpy().tolist()]


def plain_quality(plain: Mapping[str, Any], sources: pd.DataFrame) -> Quality:
    """The reverse of `quality_as_plain`, with the sources of this load."""
    return Quality(
        findings=tuple(Finding(**{**found, "examples": tuple(found["examples"])}) for found in plain["findings"]),
        rejects=_frame(plain["rejects"], FAULT_COLUMNS),
        emptied=_frame(plain["emptied"], FAULT_COLUMNS),
        counts=_frame(plain["counts"], COUNT_COLUMNS),
        sources=sources,
        notes=tuple(plain["notes"]),
    )


def stop_text(findings: Sequence[Finding], full: Path | None) -> str:
    """The text of a DataError: every check that stops the run, then how much else was found."""
    stops = [found for found in findings if found.severity == "stop"]
    others = [found for found in findings if found.severity != "stop"]
    lines = [f"the data cannot be planned with: {len(stops)} problem{'s' if len(stops) > 1 else ''}"]
    for found in stops:
        lines.append(f"  {found.table}: {found.message}")
        lines += [f"      {example}" for example in found.examples]
        if found.advice:
            lines.append(f"      -> {found.advice}")
    if others:
        lines.append(f"  beside these, {len(others)} checks set rows or values aside or warn:")
        lines += [f"  {found.table}: {found.message}" for found in others]
    if full is not None and others:
        lines.append(f"  every row that was set aside: {full}")
    return "\n".join(lines)
