"""Generalized assignments: ours and the peers beside each other, single-threaded, with the same time limit."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from benchmarks.channels import checking, peers
from benchmarks.channels.cases import Assignment
from benchmarks.channels.child import Answer, in_child
from benchmarks.channels.running import side_by_side
from benchmarks.channels.weeks import OURS
from benchmarks.frame import Options, Row

GRACE_SECONDS = 120.0


def ours(problem: Assignment, seconds: float, seed: int) -> dict[str, Any]:
    """Our assignment; for a process of its own. Compiled code is loaded before the clock runs."""
    from solvers.channels.assignment import solve

    solve(np.ones((2, 3)), np.ones((2, 3)), np.full(2, 2.0), iterations=1)
    plan = solve(problem.cost, problem.minutes, problem.capacity, seconds=seconds, seed=seed)
    return {"choice": plan.choice, "bound": plan.bound, "seconds": plan.seconds, "message": plan.message}


def peer(name: str, problem: Assignment, seconds: float) -> np.ndarray | None:
    """A peer's choice of people."""
    return peers.solve_with(name, peers.pairs_of_assignment(problem), seconds)


def measure_assignment(
    problem: Assignment, options: Options, *, limit: float, seeds: int, rivals: tuple[str, ...]
) -> Iterator[Row]:
    """All on one instance. gap_pct: against the best known cost, where there is none against our bound."""
    case = {"part": "assignment", "instance": problem.name, "limit_seconds": limit}
    ends = limit + GRACE_SECONDS
    jobs = {
        f"{OURS}, seed {options.seed + number}": partial(
            in_child, ours, problem, limit, options.seed + number, limit_seconds=ends
        )
        for number in range(seeds)
    }
    for rival in rivals:
        if not peers.installed(rival):
            yield case | {"method": rival, "note": "not installed"}
            continue
        jobs[rival] = partial(in_child, peer, rival, problem, limit, limit_seconds=ends)
    jobs["greedy"] = partial(in_child, peers.greedy_assignment, problem, limit_seconds=ends)
    answers: dict[str, Answer] = dict(side_by_side(jobs))
    bounds: list[float] = [
        each.value["bound"] for method, each in answers.items() if method.startswith(OURS) and each.value
    ]
    bound = max(bounds, default=float("nan"))
    least: float = bound if problem.best_known is None else problem.best_known
    saved = False
    for method, answer in answers.items():
        mine = method.startswith(OURS)
        choice = answer.value["choice"] if mine and answer.value else answer.value
        row: Row = case | {"method": method, "best_known": problem.best_known}
        row |= judged(problem, choice, answer, least)
        if mine and answer.value:
            row["bound"], row["seconds"] = answer.value["bound"], answer.value["seconds"]
            row["note"] = row["note"] or answer.value["message"]
            if problem.best_known is not None and row["bound"] > problem.best_known * (1 + 1e-9):
                row["note"] = "the bound is wrong"
            if not saved:
                save(options, problem.name, choice)
                saved = True
        yield row


def judged(problem: Assignment, choice: np.ndarray | None, answer: Answer, least: float) -> Row:
    """The figures of an answer, checked."""
    row: Row = {"seconds": answer.seconds, "peak_mb": answer.peak_mb, "note": answer.note}
    if choice is None:
        return row | {"note": answer.note or "nothing found in its time"}
    try:
        cost = checking.cost_of(problem, choice)
    except checking.Broken as broken:
        return row | {"note": str(broken)}
    return row | {"value": cost, "gap_pct": 100 * (cost - least) / max(abs(least), 1e-9)}


def save(options: Options, name: str, choice: np.ndarray) -> None:
    """Write `task,person`, if asked."""
    if options.solutions is None:
        return
    options.solutions.mkdir(parents=True, exist_ok=True)
    lines = [f"{task},{person}" for task, person in enumerate(np.asarray(choice).tolist())]
    (options.solutions / f"{name}.csv").write_text("\n".join(["task,person", *lines, ""]), encoding="utf-8")
