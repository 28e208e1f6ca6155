"""A sweep: which cells a grid or a list of scenarios has, in which order they run, and how their figures rank.

A cell is one scenario file with some of its values set. Cells are numbered from 1 in the order in which they are
written: the last swept key changes fastest.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from planner.compare import less_is_better
from scenarios.explain import show_value
from scenarios.loader import Loaded

FIRST_FIGURE = "net_value_eur"
"""Ranks the cells where `compare:` names no figure."""
_OWN_KEYS = ("sweep", "scenarios", "baseline", "compare")

Status = Literal["done", "flagged", "failed", "not run"]
"""flagged: planned, but wants a look; not run: the sweep was interrupted before."""


@dataclass(frozen=True)
class Cell:
    """One scenario of a sweep.

    swept: dotted key -> value (empty for a list of files); settings: the same as `key=value` overrides of
    `file`, and what makes the cell a scenario of its own.
    """

    number: int
    label: str
    swept: Mapping[str, Any]
    file: Path
    settings: tuple[str, ...]
    is_baseline: bool


@dataclass(frozen=True)
class CellResult:
    """How a cell ended.

    run: name of its run folder, empty if there is none. figures: kpi -> value. flags: of its plan. error: why it
    failed. computed and kept: stages that this cell computed, and that were answered from the cache.
    """

    status: Status
    run: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    error: str = ""
    seconds: float = 0.0
    computed: int = 0
    kept: int = 0


def cells_of(loaded: Loaded) -> tuple[Cell, ...]:
    """The cells of a sweep; empty if the scenario describes a single run.

    The baseline of a grid is the cell that `baseline:` names; keys that it leaves open, or all where it is absent,
    take the scenario's own value. The baseline of a list is its first file.
    """
    scenario = loaded.scenario
    if scenario.scenarios:
        labels = _file_labels(scenario.scenarios)
        return tuple(
            Cell(number, label, {}, file, (), is_baseline=number == 1)
            for number, (label, file) in enumerate(zip(labels, scenario.scenarios, strict=True), start=1)
        )
    if not scenario.sweep:
        return ()
    keys = list(scenario.sweep)
    grid = [dict(zip(keys, values, strict=True)) for values in product(*scenario.sweep.values())]
    baseline = _baseline(grid, scenario.baseline, loaded)
    names = dict(zip(keys, short_names(keys), strict=True))
    return tuple(
        Cell(
            number=number,
            label=(label := ", ".join(f"{names[key]} {show_value(value)}" for key, value in values.items())),
            swept=values,
            file=loaded.files[0],
            settings=_settings(values, f"{scenario.name} ({label})", loaded),
            is_baseline=number - 1 == baseline,
        )
        for number, values in enumerate(grid, start=1)
    )


def _settings(values: Mapping[str, Any], name: str, loaded: Loaded) -> tuple[str, ...]:
    """Overrides that make a cell of the file: its values, a name of its own, and no sweep any more."""
    own = [f"{key}=null" for key in _OWN_KEYS]
    return (*own, f"name={json.dumps(name)}", *(f"{key}={_yaml(key, value, loaded)}" for key, value in values.items()))


def _yaml(key: str, value: Any, loaded: Loaded) -> str:
    """A value as YAML (of which JSON is a part); a table's path is read from the file that wrote the sweep."""
    parts = key.split(".")
    is_path = parts[0] == "data" and isinstance(value, str) and (len(parts) == 2 or parts[2:] == ["path"])
    place = loaded.place(f"sweep.{key}")
    if is_path and place is not None and place.path is not None:
        value = os.path.normpath(place.path.parent / value)
    return json.dumps(value, default=str, ensure_ascii=False)


def short_names(keys: Sequence[str], *, taken: Sequence[str] = ()) -> list[str]:
    """The last part of each dotted key, and as much before it as tells it from the others and from names `taken`."""
    parts = [key.split(".") for key in keys]

    def is_own(own: list[str], length: int) -> bool:
        return sum(other[-length:] == own[-length:] for other in parts) == 1 and ".".join(own[-length:]) not in taken

    return [".".join(own[-next((n for n in range(1, len(own)) if is_own(own, n)), len(own)) :]) for own in parts]


def _file_labels(files: Sequence[Path]) -> list[str]:
    """The files' names without suffix; the whole path where two are the same."""
    stems = [file.stem for file in files]
    return [stem if stems.count(stem) == 1 else str(file) for stem, file in zip(stems, files, strict=True)]


def _baseline(grid: Sequence[Mapping[str, Any]], given: Mapping[str, Any], loaded: Loaded) -> int | None:
    """The number, from 0, of the baseline's cell; None if the grid does not hold it."""
    own = loaded.scenario.model_dump(mode="json")
    asked = {key: given[key] if key in given else _at(own, key) for key in grid[0]}
    for wanted in (asked, given):
        for number, values in enumerate(grid):
            if wanted and all(values[key] == value for key, value in wanted.items()):
                return number
    return None


def _at(data: Any, key: str) -> Any:
    """The value at a dotted key of nested maps; None if there is none."""
    for name in key.split("."):
        data = data.get(name) if isinstance(data, dict) else None
    return data


def running_order(cells: Sequence[Cell], grid: Mapping[str, Sequence[Any]]) -> list[Cell]:
    """Cells so that neighbours differ in as many keys as they can.

    Cells that run at the same time then wait less for each other's stages: the diagonals of the grid follow one
    another (those with equal differences of their places, by key and modulo the number of values).
    """
    sizes = [len(values) for values in grid.values()]
    if len(sizes) < 2 or len(cells) < 2:
        return list(cells)

    def diagonal(cell: Cell) -> tuple[int, ...]:
        rest, places = cell.number - 1, []
        for size in reversed(sizes):
            rest, place = divmod(rest, size)
            places.append(place)
        longest = sizes[::-1].index(max(sizes))
        along = places[longest]
        return (*((place - along) % size for place, size in zip(places, sizes[::-1], strict=True)), along)

    return sorted(cells, key=diagonal)


def ranked(cells: Sequence[Cell], results: Sequence[CellResult], figures: Sequence[str]) -> pd.DataFrame:
    """The cells with their figures, best first, those without a plan last.

    Args:
        figures: kpis to show; the first one that any cell has ranks them (`less_is_better` says in which direction).

    Returns:
        place (1 is best; missing without a plan), cell, label, a column per swept key, status, is_best, is_baseline,
        each figure and FIGURE_difference to the baseline (missing where either is), flags, error, run, computed,
        kept (stages), seconds.
    """
    rows = []
    keys = list(cells[0].swept)
    numbers = {key: float for key in keys if all(_is_number(cell.swept[key]) for cell in cells)}
    base = next((result.figures for cell, result in zip(cells, results, strict=True) if cell.is_baseline), {})
    for cell, result in zip(cells, results, strict=True):
        known = dict(result.figures)
        row: dict[str, Any] = {"cell": cell.number, "label": cell.label}
        row |= {key: numbers.get(key, show_value)(value) for key, value in cell.swept.items()}
        row |= {"status": result.status, "is_baseline": cell.is_baseline}
        for figure in figures:
            row[figure] = known.get(figure, float("nan"))
            row[f"{figure}_difference"] = row[figure] - dict(base).get(figure, float("nan"))
        row |= {"flags": " | ".join(result.flags), "error": result.error, "run": result.run}
        rows.append(row | {"computed": result.computed, "kept": result.kept, "seconds": result.seconds})
    table = pd.DataFrame(rows)
    leading = ranking_figure(table, figures)
    order = table[leading] if less_is_better(leading) else -table[leading]
    place = order.rank(method="min")
    table.insert(0, "place", place.astype("Int64"))
    table.insert(list(table.columns).index("status") + 1, "is_best", (place == 1).to_numpy(bool))
    return table.sort_values(["place", "cell"], na_position="last", ignore_index=True)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def ranking_figure(table: pd.DataFrame, figures: Sequence[str]) -> str:
    """The first of `figures` that any cell has; the first if none has any."""
    return next((figure for figure in figures if table[figure].notna().any()), figures[0])


def figures_of(loaded: Loaded) -> tuple[str, ...]:
    """The figures to compare, each once; the net value where the scenario names none."""
    return tuple(dict.fromkeys(loaded.scenario.compare)) or (FIRST_FIGURE,)
