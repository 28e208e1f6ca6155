"""Figures as people read them: the printed table, and RESULTS.md, of which each run rewrites its own section."""

import os
import platform
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.frame import Benchmark, Measured, Options
from benchmarks.keeping import libraries

TITLE = """# Results
Written by `python -m benchmarks NAME`; each run rewrites its own section. Targets and methods: each benchmark's module.
"""
SHOWN = ("numpy", "pandas", "scipy", "scikit-learn", "lightgbm", "ortools", "highspy", "pulp", "pyvrp", "numba")


def figure(value: Any) -> str:
    """A value as a table shows it: numbers to four digits, whole ones whole, nothing as a dash."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def line_of(row: Mapping[str, Any], columns: Sequence[str]) -> str:
    """A row of the printed table; each column is as wide as its name, at least ten, the first forty."""
    widths = [40, *(max(10, len(column)) for column in columns[1:])]
    cells = [figure(row.get(column)) for column in columns]
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


def machine() -> str:
    """Cores and versions, without names or places."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    known = libraries()
    versions = ", ".join(f"{name} {known[name]}" for name in SHOWN if name in known)
    return f"{cores} cores ({platform.machine()}), Python {platform.python_version()}, {versions}"


def section(benchmark: Benchmark, options: Options, measured: Measured) -> str:
    """The section of a benchmark at a size, Markdown, ended by a newline."""
    asked = [f"seed {options.seed}"]
    asked += [f"{options.seconds:g} s a solve"] if options.seconds else []
    asked += [f"{len(options.instances)} own instances"] if options.instances else []
    head = f"## {benchmark.name}, {options.size}\n{benchmark.about}\n\nMachine: {machine()}; {', '.join(asked)}.\n\n"
    columns = benchmark.columns
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(_cell(row.get(column)) for column in columns)} |" for row in measured.rows]
    lines += ["", "| summary | |", "|---|---|"]
    lines += [f"| {key} | {_cell(value)} |" for key, value in measured.summary.items()]
    lines += ["", *(f"Failed: {key}" for key, _ in measured.failed)]
    return head + "\n".join(lines).rstrip() + "\n"


def _cell(value: Any) -> str:
    return figure(value).replace("|", "\\|").replace("\n", " ")


def rewrite(path: Path, text: str) -> None:
    """Put a section (its first line is its heading) into the file, in the place of the old one, sorted by heading."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    sections = {part.splitlines()[0]: part for part in re.split(r"(?m)^(?=## )", old) if part.startswith("## ")}
    sections[text.splitlines()[0]] = text
    whole = "\n".join([TITLE, *(sections[heading].rstrip() + "\n" for heading in sorted(sections))])
    draft = path.with_suffix(".draft")
    draft.write_text(whole, encoding="utf-8")
    draft.replace(path)
