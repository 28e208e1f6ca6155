"""A run as text for a terminal, or as plain data for JSON."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.errors import Problem

if TYPE_CHECKING:
    import pandas as pd

    from inputs.types import Finding
    from outputs.run import Run

TABLES = ("stages", "outcomes", "kpis", "findings")

OUTCOME = ("stage", "reason", "value", "bound", "gap_pct", "unit", "seconds")


def run_text(run: "Run") -> str:
    """Stages, outcomes, figures, what borders and even weeks changed, audit findings, flags, what was left out of the
    data, the folder, the report."""
    bounds = ["none" if bound is None or bound != bound else number(bound) for bound in run.outcomes["bound"]]
    shown = [name for name in OUTCOME if name in run.outcomes]
    parts = [
        f"stages\n{frame_text(run.stages)}",
        f"outcomes\n{frame_text(run.outcomes.assign(bound=bounds)[shown])}\n{_methods(run.outcomes)}".rstrip(),
        f"figures\n{frame_text(run.kpis)}",
    ]
    if told := _ways(run.folder):
        parts.append(f"routes\n{told}")
    if len(run.findings):
        parts.append(f"audit findings\n{frame_text(run.findings)}")
    last = [*(f"flagged: {flag}" for flag in run.flags), *_left_out(run.folder)]
    last.append(f"run: {run.folder}" + (" (made before, unchanged)" if run.reused else ""))
    if run.report:
        last.append(f"open: {run.report}")
    return "\n\n".join([*parts, "\n".join(last)])


def _ways(folder: Path) -> str:
    """A line for each plan on the way to the routes; none where neither borders nor even weeks were asked for."""
    ways = folder / "tables" / "routing_ways.csv"
    if not ways.is_file():
        return ""
    from outputs.way_words import way_sentences

    with ways.open(encoding="utf-8", newline="") as rows:
        told = [
            {name: value if name == "way" else float(value) for name, value in row.items()}
            for row in csv.DictReader(rows)
        ]
    return "\n".join(f"  {sentence}" for sentence in way_sentences(told))


def _left_out(folder: Path) -> list[str]:
    """One line for rows set aside and warnings of the tables that a run was planned from; none where all was used."""
    counts, findings = folder / "tables" / "data_counts.csv", folder / "tables" / "data_findings.csv"
    if not (counts.is_file() and findings.is_file()):
        return []
    with counts.open(encoding="utf-8", newline="") as rows:
        aside = sum(int(row["rejected"]) for row in csv.DictReader(rows))
    with findings.open(encoding="utf-8", newline="") as rows:
        warnings = sum(row["severity"] == "warn" for row in csv.DictReader(rows))
    parts = [f"{aside:,} row{'s' if aside != 1 else ''} set aside (each in tables/data_rejects.csv)"] if aside else []
    parts += [f"{warnings} warning{'s' if warnings != 1 else ''} (in the report, or by `validate`)"] * (warnings > 0)
    return [f"data: {', '.join(parts)}"] if parts else []


def _methods(outcomes: "pd.DataFrame") -> str:
    """How each outcome came to be, in sentences below the table."""
    lines = []
    for row in outcomes.to_dict("records"):
        told = [str(row.get("method") or ""), *map(str, row.get("notes") or ())]
        lines += [f"  {row['stage']}: {text}" for text in told if text]
    return "\n".join(lines)


def run_json(run: "Run") -> dict[str, Any]:
    """The same as plain data; what is missing is null."""
    return {
        "folder": str(run.folder),
        "report": str(run.report) if run.report else None,
        "exit_code": run.exit_code,
        "flags": list(run.flags),
        "reused": run.reused,
        **{name: records(getattr(run, name)) for name in TABLES},
    }


def findings_text(findings: "Sequence[Finding]") -> str:
    """What the gates found in the tables, each with examples and what to do."""
    lines = []
    for finding in findings:
        where = f"{finding.table}.{finding.column}" if finding.column else finding.table
        lines.append(f"{finding.severity}: {where}: {finding.message}")
        if finding.examples:
            lines.append(f"    for example {'; '.join(finding.examples)}")
        if finding.advice:
            lines.append(f"    {finding.advice}")
    return "\n".join(lines)


def problem_json(problem: Problem) -> dict[str, Any]:
    """One problem of a scenario as plain data; `file` is `--set` for the command line, null if it stands nowhere."""
    place = problem.place
    file = None if place is None else str(place.path or "--set")
    where = {"file": file, "line": place.line if place else None, "column": place.column if place else None}
    return {**where, **{name: getattr(problem, name) for name in ("key", "message", "allowed", "suggestion", "advice")}}


def json_text(value: Any) -> str:
    """Plain data as JSON for people and programs; what JSON lacks as its text."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def records(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    """Rows of a frame as plain data, what is missing as null."""
    rows: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", date_format="iso", force_ascii=False))
    return rows


def frame_text(frame: "pd.DataFrame") -> str:
    """A small table as aligned text, its column names first; numbers to the right."""
    numeric = [kind.kind in "if" for kind in frame.dtypes]
    rows = [tuple(map(str, frame.columns))]
    rows += [tuple(_cell(value) for value in row) for row in frame.itertuples(index=False, name=None)]
    return aligned(rows, right=numeric)


def number(value: float) -> str:
    """Two decimals, thousands marked."""
    return f"{value:,.2f}"


def aligned(rows: Sequence[tuple[str, ...]], *, right: Sequence[bool] = (), widest: int = 60) -> str:
    """Rows in columns two spaces apart; a cell over `widest` pushes only its own row.

    Args:
        rows: cells, as many in each.
        right: by column, whether it is set to the right; to the left where not given.
    """
    count = max((len(row) for row in rows), default=0)
    widths = [max((len(row[i]) for row in rows if len(row[i]) <= widest), default=0) for i in range(count)]
    rights = [*right, *[False] * count]
    return "\n".join(
        "  "
        + "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, rights, strict=False)
        ).rstrip()
        for row in rows
    )


def _cell(value: Any) -> str:
    if value is None or value != value:
        return "-"
    if isinstance(value, float):
        return number(value)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
