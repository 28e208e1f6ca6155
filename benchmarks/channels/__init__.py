"""Channel capacity: gap to the proven bound by size, prices re-solved, random weeks, unit contacts, assignments.

Weeks follow a stated recipe (`cases.make_week`; the public case `alloc10k` is its n = 10,000, seed 1, and is read where
it is there). Every value is computed by `checking.py` from the choice, every bound of a week from our prices, so no
solver's status word or own figure is taken over. A week's gap_pct is against that bound for all methods alike; an
assignment's against the best known cost of the literature, or, for generated instances, our bound.

Ours runs with two threads on weeks and one on assignments; each measurement in a process of its own, which reads the
week from disk; seconds are those of the solve, peak_mb is all of the process. Peers run single-threaded, two at a time.

--quick: 10,000 customers, prices of 100,000, 40 random weeks, 20,000 unit contacts, two generated assignments of 10 s.
default: all sizes, 200 random weeks, the five assignments of 60 s with peers on d20200 and e20200. --full: all the
assignments of the data folder, two more generated, peers on all, three seeds. --instances: channel weeks (.npz) or
assignments (.gz) in place of the benchmark's own. --solutions: `customer,option` and `task,person`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.channels.assignments import measure_assignment
from benchmarks.channels.cases import Assignment, is_week, make_assignment, make_week, read_assignment, read_week
from benchmarks.channels.peers import SOLVERS
from benchmarks.channels.weeks import (
    OURS,
    measure_flow,
    measure_prices,
    measure_random,
    measure_week,
    week_of_size,
)
from benchmarks.frame import Benchmark, Cell, Options, Row

SIZES = {"n10k": 10_000, "n100k": 100_000, "n1m": 1_000_000}
WEEK_SEED = 1
"""The seed of the public case; other seeds are measured by --instances."""
TARGETS = ("d20200", "e20200", "c20200", "d40400", "e40400")
WITH_PEERS = ("d20200", "e20200")
GENERATED = {
    "quick": (("d", 10, 60), ("e", 10, 60)),
    "default": (("d", 20, 200), ("e", 20, 200)),
    "full": (("d", 20, 200), ("e", 80, 1600)),
}
RANDOM_WEEKS = {"quick": 40, "default": 200, "full": 200}
UNIT_CONTACTS = {"quick": 20_000, "default": 100_000, "full": 100_000}
PRICED = 100_000
"""Customers of the week whose prices are solved again: an hour must be little of a day's capacity, as it is there."""
ASSIGNMENT_SECONDS = {"quick": 10.0, "default": 60.0, "full": 60.0}
WEEK_SECONDS = {"quick": 10.0, "default": 30.0, "full": 150.0}
"""Time limit of the peers on a week."""
SEEDS = {"quick": 1, "default": 1, "full": 3}
COLUMNS = (
    "instance", "method", "value", "bound", "gap_pct", "best_known", "seconds", "limit_seconds", "peak_mb",
    "regret_eur", "unused_eur", "expected_eur", "brought_eur", "price_error_pct", "value_error_pct", "violations",
    "short_of_best_pct", "note",
)  # fmt: skip
PEER_KEYS = {"PuLP+CBC": "cbc", "PuLP+HiGHS": "highs", "SCIP": "scip", "CP-SAT": "cp_sat", "greedy": "greedy"}
WEEK_KEYS = ("gap_pct", "seconds", "peak_mb")
SUMMARY_KEYS = (
    *(f"{size}.{key}" for size in SIZES for key in WEEK_KEYS),
    *(f"n10k.{peer}_gap_pct" for peer in PEER_KEYS.values()),
    "n100k.greedy_gap_pct", "n10k.lp_seconds",
    "price_error_pct_max", "price_value_error_pct_max", "random.worst_gap_pct", "random.bound_violations",
    "random.short_of_best_pct", "flow.gap_pct", "flow.seconds", "flow.min_cost_flow_seconds", "flow.greedy_gap_pct",
    "gap.mean_gap_pct", *(f"gap.{name}_gap_pct" for name in TARGETS), "gap.worst_spread_pct",
    *(f"gap.{name}_{peer}_gap_pct" for name in WITH_PEERS for peer in PEER_KEYS.values()),
)  # fmt: skip


def cells(options: Options) -> Iterator[Cell]:
    """What is measured at this size, the small first; named files in place of all of it."""
    rivals = tuple(SOLVERS)
    if options.instances:
        yield from (_named(path, options, rivals) for path in options.instances)
        return
    count = RANDOM_WEEKS[options.size]
    for part in range(0, count, 40):
        yield Cell(f"random {part}", partial(measure_random, options.seed * 1000 + part, min(40, count - part)))
    yield Cell("prices", partial(_prices, options))
    yield Cell("flow", partial(measure_flow, UNIT_CONTACTS[options.size], options.seed))
    for name, n in SIZES.items():
        if options.size == "quick" and n > 10_000:
            continue
        yield Cell(name, partial(_size, name, n, options, rivals if n == 10_000 else ()))
    for problem in _assignments(options):
        beside = rivals if options.size != "default" or problem.name in WITH_PEERS or not _known(options) else ()
        yield Cell(f"assignment {problem.name}", partial(_assigned, problem, options, beside))


def _named(path: Path, options: Options, rivals: tuple[str, ...]) -> Cell:
    if is_week(path):
        limit = options.seconds or WEEK_SECONDS[options.size]
        return Cell(
            f"week {path}", lambda: measure_week(path.stem, read_week(path), options, limit=limit, rivals=rivals)
        )
    return Cell(f"assignment {path}", lambda: _assigned(read_assignment(path), options, rivals))


def _size(name: str, n: int, options: Options, rivals: tuple[str, ...]) -> Iterator[Row]:
    limit = options.seconds or WEEK_SECONDS[options.size]
    week = week_of_size(n, WEEK_SEED, options.data)
    return measure_week(name, week, options, limit=limit, rivals=rivals, with_greedy=n <= 100_000)


def _prices(options: Options) -> Iterator[Row]:
    return measure_prices(f"{PRICED} customers", make_week(PRICED, WEEK_SEED))


def _known(options: Options) -> list[Path]:
    """Assignments of the data folder."""
    return sorted((options.data / "channel" / "gap").glob("*.gz"))


def _assignments(options: Options) -> Iterator[Assignment]:
    """The targets, at --full all of the data folder and generated ones; generated ones too where there is no data."""
    files = _known(options)
    if options.size != "quick":
        yield from (read_assignment(file) for file in files if options.size == "full" or file.name[:-3] in TARGETS)
    if options.size != "default" or not files:
        for kind, m, n in GENERATED[options.size]:
            yield make_assignment(kind, m, n, options.seed)


def _assigned(problem: Assignment, options: Options, rivals: tuple[str, ...]) -> Iterator[Row]:
    limit = options.seconds or ASSIGNMENT_SECONDS[options.size]
    return measure_assignment(problem, options, limit=limit, seeds=SEEDS[options.size], rivals=rivals)


def summarise(rows: Sequence[Row]) -> Mapping[str, Any]:
    """The summary; a mean over seeds where there are several."""

    def get(part: str, instance: str | None, method: str, key: str) -> list[float]:
        return [
            row[key] for row in rows
            if row["part"] == part and instance in (None, row["instance"])
            and row["method"].split(",")[0] == method and row.get(key) is not None
        ]  # fmt: skip

    def one(part: str, instance: str | None, method: str, key: str) -> float | None:
        return mean(found) if (found := get(part, instance, method, key)) else None

    found: dict[str, Any] = {f"{size}.{key}": one("week", size, OURS, key) for size in SIZES for key in WEEK_KEYS}
    found |= {f"n10k.{key}_gap_pct": one("week", "n10k", peer, "gap_pct") for peer, key in PEER_KEYS.items()}
    found["n100k.greedy_gap_pct"] = one("week", "n100k", "greedy", "gap_pct")
    found["n10k.lp_seconds"] = one("week", "n10k", "LP by HiGHS", "seconds")
    found["price_error_pct_max"] = max(get("prices", None, OURS, "price_error_pct"), default=None)
    found["price_value_error_pct_max"] = max(get("prices", None, OURS, "value_error_pct"), default=None)
    found["random.worst_gap_pct"] = max(get("random", None, OURS, "gap_pct"), default=None)
    violations = get("random", None, OURS, "violations")
    found["random.bound_violations"] = sum(violations) if violations else None
    found["random.short_of_best_pct"] = max(get("random", None, OURS, "short_of_best_pct"), default=None)
    found["flow.gap_pct"], found["flow.seconds"] = (one("flow", None, OURS, key) for key in ("gap_pct", "seconds"))
    found["flow.min_cost_flow_seconds"] = one("flow", None, "min-cost flow", "seconds")
    found["flow.greedy_gap_pct"] = one("flow", None, "greedy", "gap_pct")
    names = dict.fromkeys(row["instance"] for row in rows if row["part"] == "assignment")
    ours = {name: get("assignment", name, OURS, "gap_pct") for name in names}
    found["gap.mean_gap_pct"] = mean(mean(each) for each in ours.values() if each) if any(ours.values()) else None
    found["gap.worst_spread_pct"] = max((max(each) - min(each) for each in ours.values() if each), default=None)
    for name in TARGETS:
        found[f"gap.{name}_gap_pct"] = one("assignment", name, OURS, "gap_pct")
    for name in WITH_PEERS:
        for peer, key in PEER_KEYS.items():
            found[f"gap.{name}_{key}_gap_pct"] = one("assignment", name, peer, "gap_pct")
    return found


def inputs(options: Options) -> Iterable[Path]:
    """The channel data, and the instances that were named."""
    return (options.data / "channel", *options.instances)


BENCHMARK = Benchmark(
    name="channels",
    about="Channel capacity: gap to the proven bound, prices re-solved, assignments; peers on the same instances.",
    columns=COLUMNS,
    summary_keys=SUMMARY_KEYS,
    cells=cells,
    summarise=summarise,
    inputs=inputs,
)
