"""Solves a large routing problem by reps: candidates, rep-weeks apart, a border pass between neighbours.

Drives are computed for one part at a time, never for all places. Parts run through any `concurrent.futures` executor;
they are numbered and seeded before they are sent, so the plan does not depend on who finishes first.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context

import numpy as np

from scenarios.errors import UsageError
from scenarios.schema import Effort
from solvers.brake import Brake, Stop, never
from solvers.routing.problem import RoutingProblem
from solvers.routing.scale.bound import quick_bound_eur
from solvers.routing.scale.candidates import Candidates, choose
from solvers.routing.scale.part import Part, Solved, cut, solve_part
from solvers.travel import TravelModel

LARGE = 5_000
"""Visits from which on `plan_routes` solves reps apart: below, one search over all rep-days finds more."""
STEPS_A_VISIT: dict[Effort, float] = {"quick": 4.0, "normal": 18.0, "thorough": 60.0}
"""Steps of a rep's week for each of its candidates."""
BORDER_SHARE = 2.0
"""Steps of a pair of neighbours as a share of those of a week, for each of its candidates."""
BORDER_ROUNDS = 8
"""How often each rep is paired with a neighbour."""
LOST_ON_DASK = {"KilledWorker", "CommClosedError", "FutureCancelledError"}
"""What Dask raises, by name because it need not be installed, for work whose workers died again and again."""
NEIGHBOURS = 8
WAITING_A_PAIR = 120
"""Visits on no route that a pair may take, at most."""


@dataclass(frozen=True)
class Wide:
    """sequences: task indices of each shift in order. value_eur: see `value_eur` of a part. bound_eur: no plan is worth
    more. weeks_eur: the value before borders were settled. seconds by phase. brake_hit: whether time ended a part.
    """

    sequences: tuple[tuple[int, ...], ...]
    value_eur: float
    bound_eur: float
    weeks_eur: float
    seconds: dict[str, float] = field(compare=False)
    brake_hit: bool = False


def solve(
    problem: RoutingProblem,
    *,
    travel: TravelModel | None = None,
    executor: Executor | None = None,
    workers: int = 1,
    seed: int = 0,
    effort: Effort = "normal",
    until: float = float("inf"),
    stop: Stop = never,
) -> Wide:
    """A good plan for a problem of any size.

    Args:
        problem: with `travel` its own matrices may be empty, of shape (0, 0). Neither borders nor even weeks.
        travel: the model drives come from; None: the problem's matrices.
        executor: where parts are solved, e.g. a Dask client's; None: here if `workers` is 1, else that many processes.
        until: emergency brake, an instant of `time.perf_counter`.
        stop: asked between parts whether to end with the best so far; weeks not searched by then are filled greedily.

    Returns:
        `Wide`; every visit is made at most once, every order is legal.

    Raises:
        UsageError: visits across borders are limited, or weeks are to be even: see `is_large`.
    """
    if problem.borders or problem.even:
        raise UsageError(
            "reps solved apart know neither soft territories nor even weeks: leave these out, or plan whole"
        )
    began = time.perf_counter()
    if not problem.shifts or not problem.tasks:
        return Wide(((),) * len(problem.shifts), 0.0, 0.0, 0.0, {})
    own = ProcessPoolExecutor(workers, mp_context=get_context("spawn")) if executor is None and workers > 1 else None
    try:
        found = _solve(problem, travel, executor or own, seed, effort, Brake(until, stop))
    finally:
        if own:
            own.shutdown()
    orders, weeks_eur, value, seconds, braked = found
    bound = quick_bound_eur(problem, travel=travel)
    seconds["total"] = time.perf_counter() - began
    sequences = tuple(orders.get(shift, ()) for shift in range(len(problem.shifts)))
    return Wide(sequences, value, max(bound, value), weeks_eur, seconds, braked)


def _solve(
    problem: RoutingProblem,
    travel: TravelModel | None,
    executor: Executor | None,
    seed: int,
    effort: Effort,
    brake: Brake,
) -> tuple[dict[int, tuple[int, ...]], float, float, dict[str, float], bool]:
    began = time.perf_counter()
    groups = choose(problem, travel=travel)
    seconds = {"candidates": time.perf_counter() - began}
    steps = STEPS_A_VISIT[effort]
    parts = (
        cut(problem, shifts=days, tasks=tasks, orders={}, travel=travel, steps=int(steps * len(tasks)),
            seed=seed + rep, until=brake.until)
        for rep, (days, tasks) in enumerate(zip(groups.shifts, groups.tasks, strict=True))
    )  # fmt: skip
    orders: dict[int, tuple[int, ...]] = {}
    values, braked = np.zeros(len(groups.reps)), False
    for rep, done in enumerate(_map(executor, list(parts), brake.stop)):
        orders |= done.orders
        values[rep] = done.value_eur
        braked |= done.brake_hit
    weeks, total = float(values.sum()), float(values.sum())
    seconds["weeks"] = time.perf_counter() - began - seconds["candidates"]
    for pairs in neighbour_pairs(problem, groups, rounds=BORDER_ROUNDS, seed=seed):
        if brake.stop():
            braked = True
            break
        gained, hit = _settle(problem, travel, executor, groups, pairs, orders, steps * BORDER_SHARE, seed, brake)
        total += gained
        braked |= hit
    seconds["borders"] = time.perf_counter() - began - seconds["candidates"] - seconds["weeks"]
    return orders, weeks, total, seconds, braked


def neighbour_pairs(
    problem: RoutingProblem, groups: Candidates, *, rounds: int, seed: int
) -> list[list[tuple[int, int]]]:
    """For each round pairs of neighbouring reps, nobody twice in a round, no pair in two rounds, the nearest first."""
    home = {s.rep_id: s.start_place for s in reversed(problem.shifts)}
    at = np.array([home[rep] for rep in groups.reps], np.int64)
    latitude, longitude = np.radians(problem.places.latitude[at]), np.radians(problem.places.longitude[at])
    x = longitude * np.cos(latitude.mean()) if len(at) else longitude
    edges = []
    for a in range(len(at)):
        away = (x - x[a]) ** 2 + (latitude - latitude[a]) ** 2
        near = [b for b in np.argsort(away, kind="stable")[: NEIGHBOURS + 1].tolist() if b != a]
        edges += [(float(away[b]), min(a, b), max(a, b)) for b in near]
    edges = sorted(set(edges))
    used: set[tuple[int, int]] = set()
    found = []
    for number in range(rounds):
        jitter = np.random.default_rng((seed, number)).random(len(edges))
        busy: set[int] = set()
        pairs = []
        for k in sorted(range(len(edges)), key=lambda k: edges[k][0] * (0.5 + jitter[k])):
            _, a, b = edges[k]
            if a not in busy and b not in busy and (a, b) not in used:
                busy |= {a, b}
                used.add((a, b))
                pairs.append((a, b))
        found.append(pairs)
    return found


def _settle(
    problem: RoutingProblem,
    travel: TravelModel | None,
    executor: Executor | None,
    groups: Candidates,
    pairs: Sequence[tuple[int, int]],
    orders: dict[int, tuple[int, ...]],
    steps: float,
    seed: int,
    brake: Brake,
) -> tuple[float, bool]:
    """Search each pair of neighbours together from their present days; euros gained. `orders` is changed in place."""
    planned = {i for order in orders.values() for i in order}
    parts = []
    for a, b in pairs:
        days = groups.shifts[a] + groups.shifts[b]
        mine = [i for r in (a, b) for i in (*groups.tasks[r], *groups.waiting[r]) if i not in planned]
        open_here = set(days)
        asked = [i for i in mine if not open_here.isdisjoint(problem.tasks[i].shifts)]
        asked.sort(key=lambda i: -problem.tasks[i].prize_eur / (60 + problem.tasks[i].service_seconds))
        present = {d: orders[d] for d in days if orders.get(d)}
        size = sum(map(len, present.values())) + min(len(asked), WAITING_A_PAIR)
        parts.append(
            cut(problem, shifts=sorted(days), tasks=asked[:WAITING_A_PAIR], orders=present, travel=travel,
                steps=int(steps * size), seed=seed + a, until=brake.until)
        )  # fmt: skip
    gained, braked = 0.0, False
    for done in _map(executor, parts, brake.stop):
        if done.value_eur > done.start_eur + 1e-9:
            gained += done.value_eur - done.start_eur
            orders.update(done.orders)
        braked |= done.brake_hit
    return gained, braked


def _map(executor: Executor | None, parts: list[Part], stop: Stop) -> Iterator[Solved]:
    """Solve the parts, in their order; a part whose worker died is solved here. Once `stop` says so, parts that are
    solved here get no steps: they are filled greedily."""
    if executor is None:
        for part in parts:
            late = stop()
            yield replace(solve_part(replace(part, steps=0)), brake_hit=True) if late else solve_part(part)
        return
    waiting = [_sent(executor, part) for part in parts]
    for part, future in zip(parts, waiting, strict=True):
        try:
            done = future.result() if future else solve_part(part)
        except (BrokenExecutor, CancelledError):
            done = solve_part(part)
        except Exception as error:
            if type(error).__name__ not in LOST_ON_DASK:
                raise
            done = solve_part(part)
        yield done


def _sent(executor: Executor, part: Part) -> Future[Solved] | None:
    """The part on its way to a worker; None if the executor takes no more work."""
    try:
        return executor.submit(solve_part, part)
    except (BrokenExecutor, RuntimeError):  # broken, or shut down
        return None
