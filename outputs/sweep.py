"""A sweep: its scenarios planned side by side, ranked, and written to a folder of its own beside their runs.

runs/sweep-HASH/   manifest.json, scenario.yaml, tables/cells.parquet and .csv, sweep.html; the cells' runs stand beside
                   it under their own names. The hash is that of the cells' runs, so the same sweep is found again.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from inputs.load import load_tables, tables_key
from inputs.names import check_names
from inputs.types import Tables
from outputs import folder as run_folder
from outputs.run import FLAGGED, STOPPED, run_scenario
from outputs.sweep_page import write_page
from planner.cache import library_versions
from planner.content import code_hash, content_hash
from planner.drafts import draft_in
from planner.progress import Progress, Silent
from planner.sweep import Cell, CellResult, cells_of, figures_of, ranked, ranking_figure, running_order
from scenarios.errors import MusterError, UsageError
from scenarios.loader import Loaded, load_scenario
from scenarios.schema import Scenario
from scenarios.suggestions import closest
from solvers.brake import Stop, never


@dataclass(frozen=True)
class Sweep:
    """A sealed sweep.

    exit_code: 0; 5 where a cell failed or wants a look; 130 where it was interrupted. cells: see
    `planner.sweep.ranked`. notes: what a reader should know. reused: it was there already and is unchanged.
    """

    folder: Path
    exit_code: int
    figures: tuple[str, ...]
    cells: pd.DataFrame
    notes: tuple[str, ...]
    page: Path
    reused: bool


@dataclass(frozen=True)
class Setting:
    """How every cell runs: see `run_scenario`."""

    overrides: tuple[str, ...]
    runs: Path
    store: Path
    use_cache: bool
    clock: Callable[[], datetime]


def run_sweep(
    path: Path,
    *,
    overrides: Sequence[str] = (),
    runs: Path = Path("runs"),
    store: Path = Path(".muster"),
    use_cache: bool = True,
    progress: Progress | None = None,
    clock: Callable[[], datetime] = datetime.now,
    executor: Executor | None = None,
    stop: Stop = never,
) -> Sweep:
    """Plan every scenario of the sweep in `path` and write its folder below `runs`.

    A cell that fails is shown with its error while the others go on. Stages that cells share are computed once.

    Args:
        overrides: `key=value` settings of every cell; those of the grid win.
        store: folder of the layers and of kept stage results; without `use_cache` nothing is shared.
        executor: where cells run, at most `solve.workers` at a time; None: one after the other, here.
        stop: asked before a cell starts; once it says yes, no further one does.

    Raises:
        UsageError: the file describes a single run.
        InvalidInput: the file itself cannot be understood.
    """
    progress = progress or Silent()
    loaded = load_scenario(path, overrides)
    cells = cells_of(loaded)
    if not cells:
        raise UsageError(f"{path} describes a single run; `sweep:` or `scenarios:` makes it several.")
    setting = Setting(tuple(overrides), runs, store, use_cache, clock)
    results = _unfit(cells, setting)
    waiting = [cell for cell in running_order(cells, loaded.scenario.sweep) if cell.number not in results]
    for number, result in results.items():
        _tell(progress, cells[number - 1], result, len(cells))
    width = loaded.scenario.solve.workers
    for cell, result in _run_all(waiting, setting, executor=executor, width=width, stop=stop):
        results[cell.number] = result
        _tell(progress, cell, result, len(cells))
    return _write(loaded, cells, [results.get(cell.number, CellResult("not run")) for cell in cells], runs, clock())


def _unfit(cells: Sequence[Cell], setting: Setting) -> dict[int, CellResult]:
    """The cells whose scenario or data cannot be planned with, by number, before any is planned.

    Each distinct set of tables is read here once, so that cells at work side by side find its layers written.
    """
    unfit = {}
    for cell in cells:
        try:
            loaded = load_scenario(cell.file, [*setting.overrides, *cell.settings])
            if loaded.is_sweep:
                raise UsageError(f"{cell.file} describes several runs itself; a sweep's list names single ones.")
            tables = read_once(loaded.scenario, store=setting.store, loaded_at=setting.clock())
            if problems := check_names(loaded.scenario, tables):
                raise loaded.error(problems)
        except MusterError as error:
            unfit[cell.number] = CellResult("failed", error=str(error))
    return unfit


_READ: dict[tuple[str, Path], Tables] = {}
"""The tables read last by this process."""


def read_once(scenario: Scenario, *, store: Path | None, loaded_at: datetime) -> Tables:
    """`load_tables`, answered from memory while the cells of a sweep ask for the same tables."""
    key = (tables_key(scenario), Path(store or ""))
    if key not in _READ:
        tables = load_tables(scenario, store=store, loaded_at=loaded_at)
        _READ.clear()
        _READ[key] = tables
    return _READ[key]


def _run_all(
    cells: Sequence[Cell], setting: Setting, *, executor: Executor | None, width: int, stop: Stop
) -> Iterator[tuple[Cell, CellResult]]:
    """The cells as they end; at most `width` are handed to the executor at a time."""
    waiting, running = list(cells), dict[Future[CellResult], Cell]()
    while waiting or running:
        while waiting and len(running) < width and not stop():
            cell = waiting.pop(0)
            if executor is None:
                yield cell, run_cell(cell, setting)
            else:
                running[executor.submit(run_cell, cell, setting)] = cell
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            cell = running.pop(future)
            try:
                yield cell, future.result()
            except Exception as error:  # the worker's process died
                yield cell, CellResult("failed", error=f"its process ended ({type(error).__name__}: {error})")


def run_cell(cell: Cell, setting: Setting) -> CellResult:
    """Plan one cell; an error is its result."""
    began = time.perf_counter()
    try:
        run = run_scenario(
            cell.file,
            overrides=[*setting.overrides, *cell.settings],
            runs=setting.runs,
            store=setting.store,
            use_cache=setting.use_cache,
            clock=setting.clock,
            load=read_once,
            star=False,
        )
    except Exception as error:
        text = str(error) if isinstance(error, MusterError) else f"{type(error).__name__}: {error}"
        return CellResult("failed", error=text, seconds=time.perf_counter() - began)
    return CellResult(
        status="flagged" if run.flags else "done",
        run=run.folder.name,
        figures=dict(zip(run.kpis["kpi"], run.kpis["value"], strict=True)),
        flags=run.flags,
        seconds=time.perf_counter() - began,
        computed=int((run.stages["source"] == "computed").sum()),
        kept=int((run.stages["source"] == "cache").sum()),
    )


def _tell(progress: Progress, cell: Cell, result: CellResult, count: int) -> None:
    """One line about a cell that ended."""
    if result.status == "failed":
        first = result.error.strip().splitlines()[0] if result.error.strip() else "no reason given"
        progress.message(f"cell {cell.number} of {count}: {cell.label}: failed: {first}")
        return
    words = f"{cell.label}; {result.computed} stages computed, {result.kept} known"
    words += f"; flagged: {result.flags[0]}" if result.flags else ""
    progress.done(
        f"cell {cell.number} of {count}",
        source="computed" if result.computed else "cache",
        seconds=result.seconds,
        note=words,
    )


def _write(loaded: Loaded, cells: Sequence[Cell], results: Sequence[CellResult], runs: Path, now: datetime) -> Sweep:
    figures = figures_of(loaded)
    table = ranked(cells, results, figures)
    notes = _notes(table, figures, results)
    ends = [
        [cell.label, cell.is_baseline, result.status, result.run, result.error]
        for cell, result in zip(cells, results, strict=True)
    ]
    target = runs / f"sweep-{content_hash(loaded.scenario.name, list(figures), ends, code_hash())[:10]}"
    if (target / run_folder.MANIFEST).exists() and not run_folder.broken_seal(target):
        return read_sweep(target, reused=True)
    manifest: dict[str, Any] = {
        "kind": "sweep",
        "muster": version("muster"),
        "created_at": now.isoformat(timespec="seconds"),
        "name": loaded.scenario.name,
        "versions": library_versions(),
        "code": code_hash(),
        "scenario": loaded.resolved,
        "origins": {key: str(place) for key, place in loaded.origins.items()},
        "figures": list(figures),
        "ranked_by": ranking_figure(table, figures),
        "runs": [result.run for result in results if result.run],
        "notes": list(notes),
    }
    with draft_in(runs) as draft:
        run_folder.write_tables(draft, {"cells": table})
        (draft / "scenario.yaml").write_text(loaded.to_yaml(), encoding="utf-8")
        write_page(draft / "sweep.html", table, loaded.scenario, manifest)
        return read_sweep(run_folder.seal(draft, target, manifest))


def _notes(table: pd.DataFrame, figures: Sequence[str], results: Sequence[CellResult]) -> tuple[str, ...]:
    """Cells without a plan, and figures that no plan has."""
    counts = table["status"].value_counts()
    words = {"failed": "failed", "flagged": "want a look before they are used", "not run": "were not run: interrupted"}
    notes = [f"{counts[status]} of {len(table)} cells {text}." for status, text in words.items() if status in counts]
    known = sorted({figure for result in results for figure in result.figures})
    for figure in figures if known else ():
        if figure not in known:
            near = closest(figure, known)
            notes.append(f"`compare` names {figure}, which no plan has" + (f"; did you mean {near}?" if near else "."))
    return tuple(notes)


def read_sweep(folder: Path, *, reused: bool = False) -> Sweep:
    """A sealed sweep, read back.

    Raises:
        UsageError: the folder is no sealed sweep.
    """
    manifest = run_folder.read_manifest(folder)
    if manifest.get("kind") != "sweep":
        raise UsageError(f"{folder} is a single run, no sweep.")
    cells = run_folder.read_tables(folder)["cells"]
    ended = set(cells["status"])
    exit_code = STOPPED if "not run" in ended else FLAGGED if ended - {"done"} else 0
    figures, notes = tuple(manifest["figures"]), tuple(manifest["notes"])
    return Sweep(folder, exit_code, figures, cells, notes, folder / "sweep.html", reused)
