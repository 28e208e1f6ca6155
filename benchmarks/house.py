"""The house as a user meets it: seconds of the commands, the same plan twice, what is computed again, exit codes.

Every figure comes from `python plan.py ...` in a process of its own. A week is planned five times: with nothing kept
(`run`), by the same command again (`again`), into another runs folder from kept stages (`from kept stages`), from
nothing once more (`from nothing`), and with two reps away from the stages kept (`two reps away`). Tables are compared
byte for byte with those of the first run. `--quick` plans a synthetic company of 300 customers at effort quick only.
"""

import json
import shutil
import statistics
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.frame import Benchmark, Cell, Options, Row
from benchmarks.process import Finished, run_plan

WRITTEN = (0, 5)
INVALID = 3
HELP_RUNS, VALIDATE_RUNS = 5, 3
COMPANIES = {"quick": (300, 3, 15), "default": (3200, 20, 60), "full": (3200, 20, 60)}
QUICK_EFFORT = ("--set", "solve.effort=quick")
COLUMNS = ("measure", "week", "seconds", "exit_code", "peak_mb", "computed", "cached", "findings", "equal", "note")
SUMMARY_KEYS = (
    "help_seconds", "validate_seconds", "run_seconds", "rerun_seconds", "tables_equal", "audit_findings",
    "recomputed_stages", "cached_stages", "broken_exit_codes_ok", "synthetic_run_seconds", "peak_mb",
)  # fmt: skip
REAL, SYNTHETIC = "real_week", "synthetic"


def real_week(options: Options) -> Path:
    """Folder of the real week: beside the data."""
    return options.data.parent / "real_week"


def cells(options: Options) -> Iterator[Cell]:
    """What is measured at this size; the real week only where it is there."""
    yield Cell("help", measure_help)
    broken = sorted((real_week(options) / "broken").glob("*.yaml"))
    if broken:
        yield Cell("broken", partial(measure_broken, broken))
    weeks = list(options.instances)
    if not weeks and options.size != "quick" and (real_week(options) / "week.yaml").exists():
        weeks = [real_week(options) / "week.yaml"]
    for week in weeks:
        name = REAL if week.parent.name == REAL else week.stem
        yield Cell(f"week {week}", partial(measure_week, week, name, options))
    yield Cell(SYNTHETIC, partial(measure_synthetic, options))


def row(measure: str, week: str, done: Finished, **more: Any) -> Row:
    """A row of the table; a command that failed says why in its note."""
    note = "" if done.exit_code in (*WRITTEN, INVALID) else done.last_words()
    figures = {"seconds": round(done.seconds, 3), "exit_code": done.exit_code, "peak_mb": round(done.peak_mb, 1)}
    return {"measure": measure, "week": week, **figures, "note": note, **more}


def repeated(measure: str, week: str, times: int, arguments: Sequence[str | Path]) -> Row:
    """The same command several times: median seconds, the worst exit code and memory."""
    with tempfile.TemporaryDirectory() as folder:
        done = [run_plan(arguments, folder=Path(folder)) for _ in range(times)]
    worst = max(done, key=lambda each: abs(each.exit_code))
    seconds = statistics.median(each.seconds for each in done)
    return row(measure, week, worst) | {"seconds": round(seconds, 3), "peak_mb": round(max(d.peak_mb for d in done), 1)}


def measure_help() -> Iterator[Row]:
    """`--help`, median of five."""
    yield repeated("help", "", HELP_RUNS, ["--help"])


def measure_broken(files: Sequence[Path]) -> Iterator[Row]:
    """`run` on each broken scenario must end with exit code 3."""
    for file in files:
        with tempfile.TemporaryDirectory() as folder:
            done = run_plan(["run", file.resolve()], folder=Path(folder))
        yield row("broken", file.stem, done, note=f"{len(done.stderr.splitlines())} lines on stderr")


def measure_synthetic(options: Options) -> Iterator[Row]:
    """Make a company and plan its week."""
    customers, reps, agents = COMPANIES[options.size]
    with tempfile.TemporaryDirectory() as name:
        asked = f"--customers {customers} --reps {reps} --agents {agents} --seed {options.seed}".split()
        made = run_plan(["new", SYNTHETIC, "--folder", name, *asked], folder=Path(name))
        yield row("new", SYNTHETIC, made, note=f"{customers} customers, {reps} reps, {agents} agents")
        if made.exit_code == 0:
            yield from measure_week(Path(name) / SYNTHETIC / "week.yaml", SYNTHETIC, options)


@dataclass(frozen=True)
class Bench:
    """A table to plan one week on: `home` holds its stores and runs folders."""

    week: str
    home: Path
    effort: Sequence[str]

    def plan(self, file: Path, measure: str, *, store: str, runs: str) -> tuple[Row, Path | None]:
        """Run a scenario; the row, and the folder of tables (None: no plan was written)."""
        places: list[str | Path] = ["--store", self.home / store, "--runs", self.home / runs]
        done = run_plan(["run", file.resolve(), "--json", "--quiet", *self.effort, *places], folder=self.home)
        if done.exit_code not in WRITTEN:
            return row(measure, self.week, done), None
        answer = json.loads(done.stdout)
        sources = [stage["source"] for stage in answer["stages"]]
        more = {"findings": len(answer["findings"]), "computed": sources.count("computed")}
        more["cached"] = sources.count("cache")
        return row(measure, self.week, done, **more), self.home / answer["folder"] / "tables"


def measure_week(file: Path, name: str, options: Options) -> Iterator[Row]:
    """`validate`, then the five plans of a week."""
    yield repeated("validate", name, VALIDATE_RUNS, ["validate", file.resolve()])
    effort = QUICK_EFFORT if options.size == "quick" else ()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(name, Path(folder), effort)
        first, tables = bench.plan(file, "run", store="store", runs="runs")
        yield first
        if tables is None:
            return
        if options.solutions is not None:
            save_tables(tables, options.solutions / name)
        for measure, store, runs in [
            ("again", "store", "runs"),
            ("from kept stages", "store", "other runs"),
            ("from nothing", "other store", "runs from nothing"),
        ]:
            figures, others = bench.plan(file, measure, store=store, runs=runs)
            yield figures | {"equal": others is not None and equal_tables(tables, others)}
        away = file.with_name("two_reps_away.yaml")
        if away.exists():
            yield bench.plan(away, "two reps away", store="store", runs="runs")[0]


def equal_tables(one: Path, other: Path) -> bool:
    """Whether two folders hold the same files, at least one, byte for byte."""
    contents = [{file.name: file.read_bytes() for file in folder.iterdir()} for folder in (one, other)]
    return bool(contents[0]) and contents[0] == contents[1]


def save_tables(tables: Path, target: Path) -> None:
    """Copy the plan's CSV tables, for whoever wants to check them elsewhere."""
    target.mkdir(parents=True, exist_ok=True)
    for file in tables.glob("*.csv"):
        shutil.copy(file, target / file.name)


def summarise(rows: Sequence[Row]) -> Mapping[str, Any]:
    """The summary; seconds of a command that failed are no figure. The week is the real one, else the first."""
    weeks = [each["week"] for each in rows if each["measure"] == "run"]
    main = REAL if REAL in weeks else (weeks[0] if weeks else "")

    def get(measure: str, key: str, week: str = main) -> Any:
        found = [each for each in rows if each["measure"] == measure and each["week"] == week]
        return found[0].get(key) if found and found[0]["exit_code"] in WRITTEN else None

    compared = [each["equal"] for each in rows if "equal" in each]
    planned = [each["findings"] for each in rows if each.get("findings") is not None]
    broken = [each["exit_code"] == INVALID for each in rows if each["measure"] == "broken"]
    return {
        "help_seconds": get("help", "seconds", ""),
        "validate_seconds": get("validate", "seconds"),
        "run_seconds": get("run", "seconds"),
        "rerun_seconds": get("again", "seconds"),
        "tables_equal": all(compared) if compared else None,
        "audit_findings": sum(planned) if planned else None,
        "recomputed_stages": get("two reps away", "computed"),
        "cached_stages": get("two reps away", "cached"),
        "broken_exit_codes_ok": all(broken) if broken else None,
        "synthetic_run_seconds": get("run", "seconds", SYNTHETIC),
        "peak_mb": max((each["peak_mb"] for each in rows), default=None),
    }


def inputs(options: Options) -> Iterable[Path]:
    """The real week's files, and the instances that were named."""
    return (real_week(options), *options.instances)


BENCHMARK = Benchmark(
    name="house",
    about="The commands as a user meets them: seconds, repeatability, what is computed again, exit codes.",
    columns=COLUMNS,
    summary_keys=SUMMARY_KEYS,
    cells=cells,
    summarise=summarise,
    inputs=inputs,
)
