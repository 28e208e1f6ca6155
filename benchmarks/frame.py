"""What a benchmark is: named cells that yield rows, and a summary with declared keys. How one is run: `measure`.

A cell is what is measured in one go; its rows are kept when it ends, so that a run which was stopped goes on with the
next cell. Nothing kept is used once a line of code, a library, an option or an input has changed.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from benchmarks.keeping import Kept

Row = dict[str, Any]
Size = Literal["quick", "default", "full"]


@dataclass(frozen=True)
class Options:
    """What the command line asks for.

    data: folder of public data. instances: files to measure instead of the benchmark's own. seconds: time limit a
    solve, None: the benchmark's own. solutions: folder for each solution in a plain form, None: not written.
    """

    data: Path
    instances: tuple[Path, ...] = ()
    seconds: float | None = None
    seed: int = 7
    solutions: Path | None = None
    size: Size = "default"


def data_and_instances(options: Options) -> tuple[Path, ...]:
    """The inputs of most benchmarks: the data folder, and the instances that were named."""
    return (options.data, *options.instances)


@dataclass(frozen=True)
class Cell:
    """One measurement: `key` is unique within its benchmark; `run` yields rows as they are known."""

    key: str
    run: Callable[[], Iterable[Row]]


@dataclass(frozen=True)
class Benchmark:
    """A benchmark, as a module `benchmarks/NAME.py` declares it under the name `BENCHMARK`.

    about: one sentence. columns: of the printed table, in order. summary_keys: all keys of the summary; one that was
    not measured at this size is null. cells: what to measure. summarise: rows -> value by key. inputs: files and
    folders that the figures depend on beside the code; kept rows are dropped when they change.
    """

    name: str
    about: str
    columns: tuple[str, ...]
    summary_keys: tuple[str, ...]
    cells: Callable[[Options], Iterable[Cell]]
    summarise: Callable[[Sequence[Row]], Mapping[str, Any]]
    inputs: Callable[[Options], Iterable[Path]] = data_and_instances


@dataclass(frozen=True)
class Measured:
    """rows, summary with every declared key, and the cells that failed (key, error)."""

    rows: tuple[Row, ...]
    summary: dict[str, Any]
    failed: tuple[tuple[str, str], ...] = ()


def measure(benchmark: Benchmark, options: Options, kept: Kept, show: Callable[[Row, bool], None]) -> Measured:
    """Run the cells that are not kept yet; `show(row, was_kept)` is called for each row as it is known.

    A cell that raises is reported and left out of what is kept; the others are still measured.
    """
    rows: list[Row] = []
    failed: list[tuple[str, str]] = []
    for cell in benchmark.cells(options):
        known = kept.rows_of(cell.key)
        new: list[Row] = []
        try:
            for row in known if known is not None else cell.run():
                new.append(plain(row))
                show(new[-1], known is not None)
        except Exception as error:  # one broken cell must not cost the others
            failed.append((cell.key, f"{type(error).__name__}: {error}"))
            continue
        if known is None:
            kept.keep(cell.key, new)
        rows += new
    return Measured(tuple(rows), whole_summary(benchmark, rows), tuple(failed))


def whole_summary(benchmark: Benchmark, rows: Sequence[Row]) -> dict[str, Any]:
    """The summary with every declared key, None where nothing was measured.

    Raises:
        ValueError: the benchmark summarises under a key that it did not declare.
    """
    found = plain(dict(benchmark.summarise(rows)))
    if undeclared := sorted(set(found) - set(benchmark.summary_keys)):
        raise ValueError(f"{benchmark.name} summarises under keys it does not declare: {', '.join(undeclared)}")
    return {key: found.get(key) for key in benchmark.summary_keys}


def plain(value: Any) -> Any:
    """`value` as JSON has it: numpy numbers as Python's, NaN and infinity as None."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
