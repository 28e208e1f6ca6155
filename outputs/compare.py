"""Runs side by side, read back from their folders: figures with differences, who moved; as text and as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from outputs import folder as run_folder
from outputs.console import frame_text, records
from planner.compare import EXAMPLES, compare_figures, moves
from scenarios.errors import UsageError

MOST_MOVES = 12
"""Moves of a kind that a terminal shows; `--json` holds all."""


@dataclass(frozen=True)
class Comparison:
    """The first run is the one compared with.

    runs: name (as the columns of `figures` are called) -> folder; scenarios: name -> what its scenario is called.
    figures: kpi, unit, a column per run, `NAME: difference`. moves: name of a further run -> what, before, after,
    count, examples.
    """

    runs: Mapping[str, Path]
    scenarios: Mapping[str, str]
    figures: pd.DataFrame
    moves: Mapping[str, pd.DataFrame]


def compare_runs(folders: Sequence[Path]) -> Comparison:
    """Compare two or more finished runs.

    Raises:
        UsageError: fewer than two, the same one twice, or a folder that is no single run.
    """
    if len(folders) < 2:
        raise UsageError("Give two runs or more to compare; the first is the one compared with.")
    if len({folder.resolve() for folder in folders}) < len(folders):
        raise UsageError("A run is given twice; each can be compared with others only.")
    names = [folder.resolve().name for folder in folders]
    if len(set(names)) < len(names):
        names = [str(folder) for folder in folders]
    runs = dict(zip(names, folders, strict=True))
    scenarios, tables = {}, {}
    for name, folder in runs.items():
        manifest = run_folder.read_manifest(folder)
        tables[name] = run_folder.read_tables(folder)
        if "kpis" not in tables[name]:
            raise UsageError(f"{folder} is no single run; compare the runs that it lists.")
        scenarios[name] = str(manifest["name"])
    first, *others = names
    return Comparison(
        runs=runs,
        scenarios=scenarios,
        figures=compare_figures({name: tables[name]["kpis"] for name in names}),
        moves={name: moves(tables[first], tables[name]) for name in others},
    )


def comparison_text(comparison: Comparison) -> str:
    """Figures, then for each further run who moved."""
    letters = {name: f"[{number}]" for number, name in enumerate(comparison.runs, start=1)}
    parts = [f"{letters[name]} {name}  {comparison.scenarios[name]}" for name in comparison.runs]
    first, *others = comparison.runs
    names = {name: letters[name] for name in comparison.runs}
    names |= {f"{name}: difference": f"{letters[name]} less {letters[first]}" for name in others}
    text = ["\n".join(parts), f"figures\n{frame_text(comparison.figures.rename(columns=names))}"]
    for name, moved in comparison.moves.items():
        head = f"from {letters[first]} to {letters[name]}"
        if moved.empty:
            text.append(f"{head}: nobody moved")
            continue
        shown = moved.groupby("what", sort=False).head(MOST_MOVES)
        left = len(moved) - len(shown)
        more = f"\n  and {left} rarer moves (--json shows them)" if left else ""
        text.append(f"{head}, who moved (the first {EXAMPLES} of each)\n{frame_text(shown)}{more}")
    return "\n\n".join(text)


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """The same as plain data; what is missing is null."""
    return {
        "runs": [
            {"name": name, "folder": str(folder), "scenario": comparison.scenarios[name]}
            for name, folder in comparison.runs.items()
        ],
        "figures": records(comparison.figures),
        "moves": {name: records(moved) for name, moved in comparison.moves.items()},
    }
