"""What is measured at which size: instances, route counts, engines and limits."""

import csv
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import routing_scale
from benchmarks.frame import Cell, Options, Row
from benchmarks.routing import features, peers, real_week, replanning
from benchmarks.routing.cases import Case, problem_of
from benchmarks.routing.check import Verdict, check
from benchmarks.routing.formats import DEAR_HOUR_PRICE, best_known, named, read, read_solomon, read_toptw
from benchmarks.routing.summary import OURS
from benchmarks.routing.synthetic import toptw_like
from benchmarks.routing.technicians import joined, read_technicians
from solvers.brake import Brake
from solvers.routing.find import find_orders
from solvers.routing.pool import upper_bound
from solvers.routing.problem import Orders, RoutingProblem

COLUMNS = ("family", "instance", "engine", "limit", "seconds", "value", "gap_pct", "best", "travel", "visits", "faults",
           "method")  # fmt: skip
FOREVER = Brake(float("inf"))
MET = 20_000
"""Rep-days remembered for the bound."""
SECONDS_PER_HOUR = 3600
DEFAULT_TOPTW = ("c103", "c109", "r104", "rc107", "pr02", "pr09")
ALL_PEERS_ON = ("c103", "r104", "pr02")
DEFAULT_SOLOMON, DEFAULT_HOMBERGER = ("R104", "RC108", "C109", "R211"), ("r1_10_3",)
DEAR_HOURS = {
    "quick": (),
    "default": (DEAR_HOUR_PRICE, 1.5 * DEAR_HOUR_PRICE),
    "full": (DEAR_HOUR_PRICE / 2, DEAR_HOUR_PRICE, 1.5 * DEAR_HOUR_PRICE, 2 * DEAR_HOUR_PRICE),
}
"""Prices of a travel hour at which the week is searched once more, by ours and by PyVRP."""
FETCHERS = (2, 3, 5)
"""Technicians who can do each request before nobody more goes to fetch tools: what is tried."""
ROUTES = {"quick": (2, 4), "default": (1, 2, 4), "full": (1, 2, 3, 4)}
SMALL_SECONDS, LARGE_SECONDS, QUICK_SECONDS = 10.0, 60.0, 3.0
Engine = Callable[[RoutingProblem, float, int], peers.Orders]
PEERS: dict[str, Engine] = {
    "pyvrp": peers.pyvrp, "ortools": peers.ortools, "vroom": peers.vroom, "nearest": peers.nearest_neighbour,
    "top": peers.top_by_value,
}  # fmt: skip
TIMELESS = ("greedy", "vroom", "nearest", "top")


def cells(options: Options) -> Iterator[Cell]:
    """The cells of a size; with `--instances` only those files; without data a synthetic instance."""
    yield Cell("compile", compile_first)
    if options.instances:
        known = best_known(options.data / "routing") if (options.data / "routing" / "bks.csv").exists() else {}
        for path in options.instances:
            yield from _of_file(path, options, known)
        return
    folder = options.data / "routing"
    if not folder.exists():
        case = toptw_like(options.seed, 4)
        limit = options.seconds or QUICK_SECONDS
        yield Cell(f"synthetic {case.name}", partial(measure, case, ("pyvrp", "greedy"), limit, options))
        if options.size != "quick":
            yield from replanning.cells(options)
        return
    known = best_known(folder)
    for path in sorted((folder / "toptw").glob("*.txt")):
        if path.stem in _chosen(options, DEFAULT_TOPTW, ("r104", "pr02")) or (
            options.size == "full" and not path.stem.startswith("FORMAT")
        ):
            yield from _of_file(path, options, known)
    if options.size == "quick":
        return
    full = options.size == "full"
    yield from _of_file(folder / "week2000", options, known)
    for group, names in (
        ("vrptw_solomon", DEFAULT_SOLOMON), ("vrptw_homberger", DEFAULT_HOMBERGER), ("pcvrptw", None),
        ("trsp_pillac", None),
    ):  # fmt: skip
        for path in sorted((folder / group).iterdir()):
            small = group == "vrptw_homberger" and "_10_" not in path.stem
            if path.suffix not in (".txt", ".vrp") or path.stem.startswith("README") or small:
                continue
            if full or names is None or path.stem in names:
                yield from _of_file(path, options, known)
    yield from _of_fields(options)


def _of_fields(options: Options) -> Iterator[Cell]:
    """The real week's field, its wishes, a rep who is ill, and a large field."""
    yield from real_week.cells(options)
    yield from features.cells(options)
    yield from replanning.cells(options)
    for cell in routing_scale.cells(options):
        yield Cell(cell.key, partial(_scaled, cell))


def _chosen(options: Options, default: Sequence[str], quick: Sequence[str]) -> Sequence[str]:
    return quick if options.size == "quick" else default


def _of_file(path: Path, options: Options, known: dict[tuple[str, str, str], float]) -> Iterator[Cell]:
    """The cells of one file; the file is read when the cell is measured."""
    case = read(path)
    short = options.seconds or (QUICK_SECONDS if options.size == "quick" else SMALL_SECONDS)
    long = options.seconds or LARGE_SECONDS
    full = options.size == "full" or bool(options.instances)
    everybody = full or path.stem in ALL_PEERS_ON
    if case.family == "toptw":
        text = path.read_text(encoding="utf-8")
        some: tuple[str, ...] = ("pyvrp", "ortools", "vroom", "greedy", "nearest", "top")
        some = some if everybody else ("pyvrp", "greedy")
        for m in ROUTES[options.size]:
            one = named(read_toptw(case.name, text, m), known.get(("toptw", case.name, str(m))))
            yield Cell(f"toptw {case.name} m={m}", partial(measure, one, some, short, options))
        total = float(case.score.sum())
        yield Cell(
            f"toptw_opt {case.name}", partial(measure, named(case, total), (), short, options, family="toptw_opt")
        )
    elif case.family == "week2000":
        for limit in (options.seconds,) if options.seconds else (SMALL_SECONDS, LARGE_SECONDS):
            rest = ("pyvrp", "ortools", "vroom", "greedy", "nearest", "top") if limit == long else ()
            yield Cell(f"week {case.name} {limit:g} s", partial(measure, case, rest, limit, options))
        for price in DEAR_HOURS[options.size]:
            dear = replace(case, name=f"{case.name} at {price:g} an hour", price=price)
            yield Cell(f"week {dear.name}", partial(measure, dear, ("pyvrp",), long, options, family="week2000_dear"))
    elif case.family in ("solomon", "homberger"):
        one = _vrptw(path, case.name, known)
        limit = short if case.family == "solomon" else long
        yield Cell(f"{case.family} {case.name}", partial(measure, one, ("pyvrp", "ortools"), limit, options))
    elif case.family == "pcvrptw":
        key = ("pcvrptw", case.name, "DIMACS")
        yield Cell(f"pcvrptw {case.name}", partial(measure, named(case, known.get(key)), ("pyvrp",), long, options))
    else:
        best = next(
            (v for (s, name, _), v in known.items() if s == "trsp_pillac" and case.name.startswith(name + ".")), None
        )
        yield Cell(f"trsp {case.name}", partial(technicians, path, best, len(FETCHERS) * short, options))


def _vrptw(path: Path, name: str, known: dict[tuple[str, str, str], float]) -> Case:
    """With cut distances where a best value for these is known, else with double precision."""
    text = path.read_text(encoding="utf-8")
    group = path.parent.name
    cut = known.get((group, name, "DIMACS"))
    if cut is not None:
        return named(read_solomon(name, text, cut=True), cut)
    double = known.get((group, name, "double precision"))
    return named(read_solomon(name, text, cut=None if double is None else False), double)


def compile_first() -> Iterator[Row]:
    """The first call on this machine compiles, or reads numba's cache: the search and the bound, outside any limit."""
    began = time.perf_counter()
    case = toptw_like(1, 2, customers=20)
    problem = problem_of(case)
    found = find_orders(problem, engine="native", seed=1, brake=FOREVER, effort="quick", remember=MET)
    bounded(problem, found, case, LARGE_SECONDS, 1)
    yield _row("compile", "", OURS, 0.0, time.perf_counter() - began, None, None, "once per installation")


def measure(
    case: Case, others: Iterable[str], limit: float, options: Options, family: str | None = None
) -> Iterator[Row]:
    """Ours, then the others, on one instance."""
    problem = problem_of(case)
    group = family or case.family
    began = time.perf_counter()
    found = find_orders(problem, engine="auto", seed=options.seed, brake=FOREVER, seconds=limit, remember=MET)
    spent = time.perf_counter() - began
    save(options, f"{group}_{case.name}_{case.vehicles}_{limit:g}s", OURS, case, found.sequences)
    yield _row(group, case.name, OURS, limit, spent, check(case, found.sequences), case, found.method)
    if "ortools" in others and group in ("week2000", "toptw"):
        yield bounded(problem, found, case, limit, options.seed)
    for name in others:
        began, note = time.perf_counter(), ""
        try:
            orders = _other(name, problem, limit, options.seed)
        except (ImportError, ValueError) as error:
            yield _row(group, case.name, name, limit, 0.0, None, case, f"not measured: {error}")
            continue
        spent = time.perf_counter() - began
        save(options, f"{group}_{case.name}_{case.vehicles}_{limit:g}s", name, case, orders)
        yield _row(group, case.name, name, 0.0 if name in TIMELESS else limit, spent, check(case, orders), case, note)


def technicians(path: Path, best: float | None, limit: float, options: Options) -> Iterator[Row]:
    """A crew, with the number of those who fetch tools found by trying: the limit is shared by all that are tried."""
    text, began = path.read_text(encoding="utf-8", errors="replace"), time.perf_counter()
    tried = {case.vehicles: case for case in (read_technicians(path.stem, text, enough) for enough in FETCHERS)}
    engine = "auto" if len(tried) == 1 else "native"
    plans = []
    for case in tried.values():
        found = find_orders(
            problem_of(case), engine=engine, seed=options.seed, brake=FOREVER, seconds=limit / len(tried)
        )
        plans.append((check(case, found.sequences), case, found))
    verdict, case, found = min(plans, key=lambda plan: (len(plan[0].faults), plan[0].value))
    spent, fetching = time.perf_counter() - began, int((np.array(case.follows) >= 0).sum())
    save(options, f"trsp_{case.name}_{limit:g}s", OURS, case, joined(case, found.sequences))
    told = f"{found.method}; {fetching} may fetch tools" if fetching else found.method
    yield _row("trsp", case.name, OURS, limit, spent, verdict, named(case, best), told)


def bounded(problem: RoutingProblem, found: Orders, case: Case, limit: float, seed: int) -> Row:
    """A proven bound on what any plan is worth net of priced travel, and the gap of ours to it."""
    bound = upper_bound(problem, incumbent=found.sequences, met=found.met, seconds=limit, seed=seed)
    verdict = check(case, found.sequences)
    net = verdict.value - case.price * verdict.travel / SECONDS_PER_HOUR
    row = _row(case.family, case.name, "bound", limit, bound.seconds, None, case, f"net of travel: {bound.method}")
    short = round(100 * (bound.value_eur - net) / bound.value_eur, 3)
    return row | {"value": round(bound.value_eur, 2), "bound_gap_pct": short}


def _scaled(cell: Cell) -> Iterator[Row]:
    """The rows of a large field among ours."""
    for row in cell.run():
        own = _row("scale", f"{row['measure']}, {row['customers']}", OURS, 0.0, row["seconds"], None, None, row["note"])
        yield own | row | {"faults": row["note"] if row.get("faults") else ""}


def _other(name: str, problem: RoutingProblem, limit: float, seed: int) -> peers.Orders:
    if name == "greedy":
        return find_orders(problem, engine="greedy", seed=seed, brake=FOREVER).sequences
    if name == "vroom" and not peers.has_vroom():
        raise ImportError("pyvroom is not installed (extra bench)")
    return PEERS[name](problem, limit, seed)


def _row(
    family: str, instance: str, engine: str, limit: float, seconds: float, verdict: Verdict | None, case: Case | None,
    method: str,
) -> Row:  # fmt: skip
    row: Row = {
        "family": family, "instance": instance, "engine": engine, "limit": limit, "seconds": round(seconds, 2),
        "value": None, "gap_pct": None, "best": None, "travel": None, "visits": None, "faults": "", "method": method,
    }  # fmt: skip
    if case is not None and family in ("toptw", "toptw_opt"):
        row["instance"] = f"{instance} m={case.vehicles}"
    if case is None or verdict is None:
        return row
    travel = verdict.travel
    if case.family == "week2000":
        travel, row["hour_price"] = travel / SECONDS_PER_HOUR, case.price
    row |= {"value": round(verdict.value, 2), "travel": round(travel, 2), "visits": verdict.visits, "best": case.best}
    row["faults"] = "; ".join(verdict.faults[:3])
    if case.best:
        short = case.best - verdict.value if case.kind == "score" else verdict.value - case.best
        row["gap_pct"] = round(100 * short / case.best, 3)
    return row


def save(options: Options, name: str, engine: str, case: Case, plan: Sequence[Sequence[int]]) -> None:
    """`rep,day,position,customer` of a plan; customers as numbered in the file (from 0 in a week, else from 1)."""
    if options.solutions is None:
        return
    options.solutions.mkdir(parents=True, exist_ok=True)
    first = 0 if case.family == "week2000" else 1
    with (options.solutions / f"{name}_{engine}.csv".replace("/", "-")).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["rep", "day", "position", "customer"])
        for number, route in enumerate(plan):
            for position, customer in enumerate(route):
                writer.writerow([number // case.days, number % case.days, position, customer + first])
