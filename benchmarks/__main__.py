"""`python -m benchmarks NAME`: measure, print a table as rows finish, then one JSON object as the last line.

Exit codes: 0 measured, 1 a cell failed, 2 wrong usage or a benchmark that is not built, 130 interrupted (rows of
finished cells are kept, the same command goes on).
"""

import argparse
import importlib
import importlib.util
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.frame import Benchmark, Measured, Options, Row, measure
from benchmarks.keeping import Kept, fingerprint
from benchmarks.results import line_of, rewrite, section

ROOT = Path(__file__).resolve().parents[1]
NAMES = (
    "house", "calls", "closure", "territories", "channels", "routing", "staffing", "plan", "whatif", "service",
)  # fmt: skip
"""Every benchmark of the project, built or not; a built one is a module of this package that has a BENCHMARK."""


def built() -> list[str]:
    """The benchmarks that are there."""
    return [name for name in NAMES if importlib.util.find_spec(f"benchmarks.{name}") is not None]


def load(name: str) -> Benchmark:
    """The benchmark of a name."""
    found: Benchmark = importlib.import_module(f"benchmarks.{name}").BENCHMARK
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description="Measure how good Muster is.")
    parser.add_argument("name", metavar="NAME", help=f"one of {', '.join(built())}, or all")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of public data")
    parser.add_argument("--instances", type=Path, nargs="+", default=[], help="files to measure instead")
    parser.add_argument("--seconds", type=float, help="time limit a solve")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--solutions", type=Path, help="folder for the solutions")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="size", action="store_const", const="quick", help="at most 4 minutes")
    size.add_argument("--full", dest="size", action="store_const", const="full", help="everything, five seeds")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "RESULTS.md", help="file of figures")
    parser.add_argument("--keep", type=Path, default=ROOT / ".muster" / "benchmarks", help="folder of kept rows")
    parser.set_defaults(size="default")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; returns the exit code."""
    asked = _parser().parse_args(arguments)
    there = built()
    if asked.name != "all" and asked.name not in there:
        known = "is not built yet" if asked.name in NAMES else "is no benchmark"
        print(f"{asked.name} {known}; there are: {', '.join(there)}, or all", file=sys.stderr)
        return 2
    if missing := [path for path in asked.instances if not path.exists()]:
        print(f"no such file: {', '.join(map(str, missing))}", file=sys.stderr)
        return 2
    options = Options(
        data=asked.data,
        instances=tuple(asked.instances),
        seconds=asked.seconds,
        seed=asked.seed,
        solutions=asked.solutions,
        size=asked.size,
    )
    names = there if asked.name == "all" else [asked.name]
    done: dict[str, Measured] = {}
    try:
        for name in names:
            done[name] = _run(name, options, keep=asked.keep, results=asked.results)
    except KeyboardInterrupt:
        print("interrupted; the same command goes on", file=sys.stderr)
        return 130
    print(json.dumps(_answer(asked.name, done), ensure_ascii=False, allow_nan=False))
    return 1 if any(each.failed for each in done.values()) else 0


def _run(name: str, options: Options, *, keep: Path, results: Path) -> Measured:
    benchmark = load(name)
    parts = (name, options.size, options.seed, options.seconds, str(options.data), str(options.solutions))
    inputs = benchmark.inputs(options)
    kept = Kept(keep, name=name, fingerprint=fingerprint(parts, root=ROOT, inputs=inputs))
    print(f"{name}, {options.size}: {benchmark.about}")
    print(line_of({column: column for column in benchmark.columns}, benchmark.columns), flush=True)

    def show(row: Row, was_kept: bool) -> None:
        print(line_of(row, benchmark.columns) + ("  (kept)" if was_kept else ""), flush=True)

    measured = measure(benchmark, options, kept, show)
    for cell, error in measured.failed:
        print(f"{cell} failed: {error}", file=sys.stderr)
    if not measured.failed:
        kept.finish()
    rewrite(results, section(benchmark, options, measured))
    return measured


def _answer(name: str, done: dict[str, Measured]) -> dict[str, Any]:
    if name != "all":
        return {"benchmark": name, "rows": list(done[name].rows), "summary": done[name].summary}
    rows = [{"benchmark": each, **row} for each, measured in done.items() for row in measured.rows]
    return {"benchmark": name, "rows": rows, "summary": {each: measured.summary for each, measured in done.items()}}


if __name__ == "__main__":
    sys.exit(main())
