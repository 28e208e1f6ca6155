"""Channel weeks: gap, seconds and memory by size, the price of every hour, random small weeks, unit contacts."""

import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.channels import checking, peers
from benchmarks.channels.cases import (
    CAPACITIES,
    DAYS,
    Week,
    make_week,
    random_week,
    read_week,
    unit_contacts,
)
from benchmarks.channels.child import Answer, in_child
from benchmarks.channels.running import side_by_side
from benchmarks.frame import Options, Row
from solvers.brake import Brake

OURS = "Muster"
EXTRA_MINUTES = 60.0
START_SECONDS = 900.0
"""A process is ended so long after its time limit; nothing is expected to need it."""
SMALL_SECONDS = 60.0
"""Emergency brake of ours on a random week, and on a week solved again for a price; none was seen to need it."""
RESOURCES = np.append(np.arange(CAPACITIES), -1)
CHANNEL_OF_OPTION = np.append(np.repeat(np.arange(4), DAYS), 4)


def problem_of(week: Week) -> Any:
    """The week as our engine takes it."""
    from solvers.channels.dual import CapacityProblem

    return CapacityProblem(
        value=week.value,
        minutes=week.minutes,
        capacity_minutes=week.capacity_minutes,
        resource_of_option=RESOURCES,
        channel_of_option=CHANNEL_OF_OPTION,
    )


def ours(folder: str, workers: int) -> dict[str, Any]:
    """Our plan of the week in a folder; for a process of its own. The week is read from disk before the clock runs."""
    from solvers.channels.dual import solve

    week = Week(*(np.load(Path(folder) / f"{name}.npy") for name in ("value", "minutes", "capacity_minutes")))
    plan = solve(problem_of(week), workers=workers)
    answer = {name: getattr(plan, name) for name in ("choice", "value", "bound", "regret_eur", "unused_eur", "seconds")}
    return answer | {"prices": plan.prices_eur_per_minute}


def solve_ours(week: Week, *, workers: int) -> Answer:
    """Our plan, made in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("value", "minutes", "capacity_minutes"):
            np.save(Path(folder) / f"{name}.npy", getattr(week, name))
        return in_child(ours, folder, workers, limit_seconds=START_SECONDS)


def measure_week(
    name: str, week: Week, options: Options, *, limit: float, rivals: tuple[str, ...], with_greedy: bool = True
) -> Iterator[Row]:
    """Ours, the greedy way and the peers on one week; all gaps are against the bound that our prices prove."""
    case = {"part": "week", "instance": name}
    answer = solve_ours(week, workers=cores())
    if answer.value is None:
        yield case | {"method": OURS, "note": answer.note}
        return
    found = answer.value
    bound = min(checking.proven(week, found["prices"]), found["bound"])
    value = checking.value_of(week, found["choice"])
    agrees = abs(value - found["value"]) <= 1e-6 * max(1.0, abs(value)) and value <= bound * (1 + 1e-9) + 1e-9
    yield case | {
        "method": OURS, "value": value, "bound": bound, "gap_pct": gap_pct(bound, value), "seconds": found["seconds"],
        "peak_mb": answer.peak_mb, "regret_eur": found["regret_eur"], "unused_eur": found["unused_eur"],
        "note": "" if agrees else "its own value or bound is wrong",
    }  # fmt: skip
    save(options, name, found["choice"])
    jobs = {"greedy": partial(in_child, peers.greedy_week, week, limit_seconds=START_SECONDS)} if with_greedy else {}
    for peer in rivals:
        if not peers.installed(peer):
            yield case | {"method": peer, "note": "not installed"}
            continue
        jobs[peer] = partial(in_child, peer_of_week, peer, week, limit, limit_seconds=4 * limit + 60)
    if rivals:
        jobs["LP by HiGHS"] = partial(in_child, lp_of_week, week, limit, limit_seconds=4 * limit + 60)
    for method, theirs in side_by_side(jobs):
        yield (
            case
            | {"method": method, "limit_seconds": limit if method != "greedy" else None}
            | judged(week, bound, theirs, is_relaxed=method == "LP by HiGHS")
        )


def peer_of_week(peer: str, week: Week, seconds: float) -> np.ndarray | None:
    """A peer's choice of options."""
    return peers.solve_with(peer, peers.pairs_of_week(week), seconds)


def lp_of_week(week: Week, seconds: float) -> float | None:
    """The optimum of the linear relaxation in euros."""
    least = peers.by_highs_lp(peers.pairs_of_week(week), seconds)
    return None if least is None else -least


def judged(week: Week, bound: float, theirs: Answer, *, is_relaxed: bool = False) -> Row:
    """The figures of a peer's answer; a relaxation has a bound in place of a value."""
    row: Row = {"seconds": theirs.seconds, "peak_mb": theirs.peak_mb, "note": theirs.note}
    if theirs.value is None:
        return row | {"note": theirs.note or "nothing found in its time"}
    if is_relaxed:
        return row | {"bound": theirs.value, "note": "a bound, no plan"}
    try:
        value = checking.value_of(week, theirs.value)
    except checking.Broken as broken:
        return row | {"note": str(broken)}
    return row | {"value": value, "gap_pct": gap_pct(bound, value)}


def measure_prices(name: str, week: Week, *, seconds: float = SMALL_SECONDS) -> Iterator[Row]:
    """60 more minutes for each channel and day, solved again: what they bring, against 60 times the price.

    price_error_pct: against the change of what the new prices prove (the relaxation's optimum). value_error_pct:
    against the change of the plan's value, which also holds the change of two gaps of its own.
    """
    from solvers.channels.dual import solve

    first = solve(problem_of(week), brake=_brake(seconds))
    base = checking.proven(week, first.prices_eur_per_minute)
    value = checking.value_of(week, first.choice)
    for row in range(CAPACITIES):
        capacity = week.capacity_minutes.astype(float).copy()
        capacity[row] += EXTRA_MINUTES
        more = replace(week, capacity_minutes=capacity)
        again = solve(problem_of(more), warm_prices=first.prices_eur_per_minute, brake=_brake(seconds))
        expected = EXTRA_MINUTES * float(first.prices_eur_per_minute[row])
        brought = checking.proven(more, again.prices_eur_per_minute) - base
        brought_value = checking.value_of(more, again.choice) - value
        yield {
            "part": "prices", "instance": name, "method": OURS, "capacity": row, "expected_eur": expected,
            "brought_eur": brought, "price_error_pct": error_pct(brought, expected),
            "value_error_pct": error_pct(brought_value, expected), "seconds": again.seconds,
        }  # fmt: skip


def _brake(seconds: float) -> Brake:
    return Brake(time.perf_counter() + seconds)


def error_pct(brought: float, expected: float) -> float:
    """Distance in percent of what was brought; nothing expected and nothing brought is no error."""
    return 100 * abs(brought - expected) / max(abs(brought), 1e-2)


def measure_random(first_seed: int, count: int, *, seconds: float = SMALL_SECONDS) -> Iterator[Row]:
    """Random weeks at effort quick, `count` of 50 to 5,000 customers and as many of 2 to 4, whose best plan is found
    by enumeration; a row for all, and one for each fault."""
    from solvers.channels.dual import solve

    gaps, violations, short = [], 0, []
    draw = np.random.default_rng(first_seed)
    for number in range(2 * count):
        tiny = number % 2 == 1
        n = int(draw.integers(2, 5)) if tiny else int(np.exp(draw.uniform(np.log(50), np.log(5000))))
        week = random_week(n, 1_000_000 + 1000 * first_seed + number)
        plan = solve(problem_of(week), effort="quick", brake=_brake(seconds))
        value = checking.value_of(week, plan.choice)
        bound = min(plan.bound, checking.proven(week, plan.prices_eur_per_minute))
        best = checking.best_by_enumeration(week) if tiny else None
        slack = 1e-6 * max(1.0, abs(value))
        wrong = bound < value - slack or (best is not None and not value - slack <= best <= bound + slack)
        violations += wrong
        if not tiny:
            gaps.append(gap_pct(bound, value))
        elif best is not None:
            short.append(gap_pct(best, value))
        if wrong:
            yield {
                "part": "random", "instance": f"n {n}, case {number}", "method": OURS, "value": value, "bound": bound,
                "best": best, "note": "the bound is wrong",
            }  # fmt: skip
    yield {
        "part": "random", "instance": f"{count} weeks", "method": OURS, "gap_pct": max(gaps, default=None),
        "median_gap_pct": float(np.median(gaps)) if gaps else None, "violations": violations,
        "short_of_best_pct": max(short, default=None), "note": f"and {len(short)} of 2 to 4 customers, enumerated",
    }  # fmt: skip


def measure_flow(n: int, seed: int) -> Iterator[Row]:
    """Unit contacts against min-cost flow, which is exact on them."""
    week = unit_contacts(n, seed)
    name = f"unit contacts {n}"
    exact = in_child(peers.by_flow, week, limit_seconds=START_SECONDS)
    if exact.value is None:
        yield {"part": "flow", "instance": name, "method": "min-cost flow", "note": exact.note}
        return
    best = checking.value_of(week, exact.value)
    yield {
        "part": "flow", "instance": name, "method": "min-cost flow", "value": best, "gap_pct": 0.0,
        "seconds": exact.seconds, "peak_mb": exact.peak_mb,
    }  # fmt: skip
    answer = solve_ours(week, workers=cores())
    if answer.value is None:
        yield {"part": "flow", "instance": name, "method": OURS, "note": answer.note}
        return
    value = checking.value_of(week, answer.value["choice"])
    bound = min(checking.proven(week, answer.value["prices"]), answer.value["bound"])
    wrong = bound < best * (1 - 1e-9)
    yield {
        "part": "flow", "instance": name, "method": OURS, "value": value, "bound": bound,
        "gap_pct": gap_pct(best, value), "seconds": answer.value["seconds"], "peak_mb": answer.peak_mb,
        "note": "the bound is wrong" if wrong else "",
    }  # fmt: skip
    greedy = in_child(peers.greedy_week, week, limit_seconds=START_SECONDS)
    yield {"part": "flow", "instance": name, "method": "greedy"} | judged(week, best, greedy)


def gap_pct(best: float, value: float) -> float:
    """What a value is short of the best (or of a bound), in percent of that."""
    return 100 * (best - value) / max(abs(best), 1e-9)


def week_of_size(n: int, seed: int, data: Path) -> Week:
    """The public case for n = 10,000 and seed 1 where it is there, else one by its recipe."""
    public = data / "channel" / "alloc10k" / "alloc10k.npz"
    if n == 10_000 and seed == 1 and public.exists():
        return read_week(public)
    return make_week(n, seed)


def cores() -> int:
    """Threads for the big weeks: two, or what the machine has."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(2, there)


def save(options: Options, name: str, choice: np.ndarray) -> None:
    """Write `customer,option`, if asked."""
    if options.solutions is None:
        return
    options.solutions.mkdir(parents=True, exist_ok=True)
    lines = [f"{customer},{option}" for customer, option in enumerate(np.asarray(choice).tolist())]
    (options.solutions / f"{name}.csv").write_text("\n".join(["customer,option", *lines, ""]), encoding="utf-8")


__all__ = ["OURS", "measure_flow", "measure_prices", "measure_random", "measure_week", "week_of_size"]
