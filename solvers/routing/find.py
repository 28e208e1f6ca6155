"""Which engine plans a problem, whether it can, and for how long: from a problem to orders of visits."""

import importlib
import time
from collections.abc import Callable, Mapping

import numpy as np

from scenarios.errors import UsageError
from scenarios.schema import Effort
from solvers.brake import Brake
from solvers.routing.arrays import make_arrays
from solvers.routing.improve import make_state, search_from
from solvers.routing.problem import Orders, RoutingProblem

ENGINES = ("auto", "native", "pyvrp", "ortools", "greedy")
SEARCH_ONLY = frozenset(
    {"loads", "overtime", "drives by their own time", "visits that lose by waiting", "border visits", "even weeks"}
)
EVERYTHING = SEARCH_ONLY | {
    "lunch", "several windows", "visits open to several reps", "appointments without a place",
}  # fmt: skip
SUPPORTS: Mapping[str, frozenset[str]] = {
    "native": EVERYTHING,
    "greedy": EVERYTHING,
    "pyvrp": EVERYTHING - SEARCH_ONLY,
    "ortools": EVERYTHING - SEARCH_ONLY,
}
"""What each engine can be asked for beside prizes, drives, one window, skills, pins, required visits and several days.

`pyvrp` and `ortools` search a rep's days without what their models lack, and the shared search ends with all of it.
"""
STEPS_PER_VISIT = {"quick": 20, "normal": 100, "thorough": 500}
"""Ruin-and-recreate steps for each visit of the problem."""
MOST_STEPS = {"quick": 25_000, "normal": 60_000, "thorough": 600_000}
"""Never more steps than these, however large the problem."""
AFTER_ENGINE_SHARE = 0.3
"""Share of these steps that follows an engine which has searched itself."""
GO_ON_SHARE = 0.3
"""Share of these steps that a search takes which goes on from a plan, with one rule more or without."""
DEAR_SHARE = 0.5
"""Rep-days are dear to begin where more than this share of the visits does not pay alone."""
LONG_DAY = 25
"""Visits that make a rep-day long."""
TOGETHER_ITERATIONS = {"quick": 2_000, "normal": 10_000, "thorough": 60_000}
"""Iterations of PyVRP on all rep-days in one model."""
TOGETHER_SHARE, BEFORE_SHARE = 0.95, 0.4
"""With a time limit: PyVRP's share of it, the shared search has the rest: where all is required, and where days that no
visit pays for must be begun."""


def needs(problem: RoutingProblem) -> tuple[str, ...]:
    """What this problem asks of an engine beyond prizes, windows and drives, in words."""
    asked = {
        "lunch": any(shift.lunch_seconds for shift in problem.shifts),
        "several windows": any(len(task.windows) > 1 for task in problem.tasks),
        "visits open to several reps": any(
            len({problem.shifts[s].rep_id for s in task.shifts}) > 1 for task in problem.tasks
        ),
        "appointments without a place": any(task.place < 0 for task in problem.tasks),
        "loads": any(any(task.load) for task in problem.tasks),
        "overtime": any(shift.overtime_seconds for shift in problem.shifts),
        "drives by their own time": any(shift.pace for shift in problem.shifts),
        "visits that lose by waiting": any(any(task.waited_eur) for task in problem.tasks),
        "border visits": problem.borders is not None,
        "even weeks": problem.balance_eur_per_hour > 0,
    }
    return tuple(name for name, there in asked.items() if there)


def check_engine(problem: RoutingProblem, engine: str) -> None:
    """The engine exists and can do what the problem asks for.

    Raises:
        UsageError: names what it cannot do, or the choices.
    """
    if engine not in ENGINES:
        raise UsageError(f"solve.engines.routing: {engine!r} is no engine; choose one of {', '.join(ENGINES)}")
    if missing := [each for each in needs(problem) if each not in SUPPORTS.get(engine, EVERYTHING)]:
        raise UsageError(
            f"solve.engines.routing: {engine} cannot do {', '.join(missing)}, which this week asks for; choose auto"
        )


def delivers_only(problem: RoutingProblem) -> bool:
    """Whether nothing is left to choose but who drives where: all visits required, and PyVRP can say all of it."""
    from solvers.routing.pyvrp_model import cannot_say

    return bool(problem.tasks) and all(task.required for task in problem.tasks) and not cannot_say(problem)


def days_are_dear(problem: RoutingProblem) -> bool:
    """Whether days are long, most visits bring less than their way out and back, and PyVRP can say all that is asked.

    Then a rep-day pays only with a whole route in hand, which insertions one by one seldom find.
    """
    from solvers.routing.pyvrp_model import cannot_say

    optional = [task for task in problem.tasks if not task.required]
    if not optional or not problem.shifts or cannot_say(problem) or _visits_a_day(problem) < LONG_DAY:
        return False
    ends = sorted({(shift.start_place, shift.end_place) for shift in problem.shifts})
    place = np.array([task.place for task in optional])
    km = np.min([problem.km[start, place] + problem.km[place, end] for start, end in ends], axis=0)
    prize = np.array([task.prize_eur for task in optional])
    return bool(np.mean(prize < problem.travel_eur_per_km * km) > DEAR_SHARE)


def _visits_a_day(problem: RoutingProblem) -> float:
    """How many visits with the drive to their nearest neighbour fill a rep-day, by time and by load, on average."""
    place = np.unique([task.place for task in problem.tasks])
    drive = problem.seconds[np.ix_(place, place)].astype(float)
    np.fill_diagonal(drive, np.inf)
    nearest = drive.min(axis=1) if len(place) > 1 else np.zeros(1)
    service = np.mean([task.service_seconds for task in problem.tasks])
    span = np.mean([shift.end_seconds - shift.start_seconds for shift in problem.shifts])
    held = [float(span / max(1.0, service + nearest.mean()))]
    for thing, room in enumerate(np.mean([shift.capacity for shift in problem.shifts], axis=0)):
        held.append(float(room / max(1e-9, np.mean([task.load[thing] if task.load else 0 for task in problem.tasks]))))
    return min(held)


def steps_for(problem: RoutingProblem, effort: Effort) -> int:
    """The budget of ruin and recreate, in steps."""
    visits = sum(task.kind == "visit" for task in problem.tasks)
    return min(MOST_STEPS[effort], STEPS_PER_VISIT[effort] * visits)


def find_orders(
    problem: RoutingProblem,
    *,
    engine: str,
    seed: int,
    brake: Brake,
    effort: Effort = "normal",
    seconds: float | None = None,
    remember: int = 0,
    watch: Callable[[float], None] | None = None,
) -> Orders:
    """Orders by the engine's own search, then by the shared ruin and recreate; heavy libraries load only if asked.

    Args:
        engine: of ENGINES. `auto`: PyVRP on all rep-days in one model, then `native` from there, where that model holds
            all that is asked for and either every visit is required (nothing but driving is left to decide) or days are
            long and most visits do not pay for their own way out and back; else `native` alone.
        seconds: take so long in all (anytime) instead of the steps of `effort`; of `native` and `auto` only.
        remember: so many distinct rep-days of the plans on the way come back in `Orders.met`, for a pool.
        watch: is told the search's best value in euros, now and then.

    Raises:
        UsageError: an engine that does not exist, cannot do what the problem asks for, or knows no time limit.
    """
    began = time.perf_counter()
    check_engine(problem, engine)
    if seconds is not None and engine not in ("auto", "native"):
        raise UsageError(f"{engine} has no time limit of its own; choose auto or native, or an effort")
    arrays = make_arrays(problem)
    steps = 0 if engine == "greedy" else steps_for(problem, effort)
    share = _share_together(problem) if engine == "auto" and problem.shifts else 0.0
    if share:
        limit = None if seconds is None else share * seconds - (time.perf_counter() - began)
        found = _together(problem, effort=effort, seed=seed, brake=brake, seconds=limit)
    elif engine in ("auto", "native"):
        found = Orders((), "")
    else:
        module = importlib.import_module(f"solvers.routing.engine_{engine}")
        found = module.solve(problem, arrays, effort=effort, seed=seed, brake=brake)
    if engine in ("pyvrp", "ortools") or (share == TOGETHER_SHARE and any(found.sequences)):
        steps = int(AFTER_ENGINE_SHARE * steps)
    state = make_state(problem, arrays, found.sequences)
    left = None if seconds is None else max(0.0, seconds - (time.perf_counter() - began))
    after = search_from(
        problem, arrays, state, steps=steps, seed=seed, brake=brake, seconds=left, remember=remember, watch=watch
    )
    told = [found.method] if found.method else [f"greedy insertion by gain per minute, {after.inserted} visits"]
    if after.steps:
        told.append(f"ruin and recreate, {after.steps} steps")
    method = ("auto: " if engine == "auto" else "") + ", then ".join(told)
    return Orders(after.sequences, method, after.brake_hit or found.brake_hit, after.met)


def go_on(
    problem: RoutingProblem,
    orders: Orders,
    *,
    engine: str,
    seed: int,
    brake: Brake,
    effort: Effort,
    watch: Callable[[float], None] | None = None,
) -> Orders:
    """The shared search from a plan of the same visits under other rules; never worse than that plan under these."""
    steps = 0 if engine == "greedy" else int(GO_ON_SHARE * steps_for(problem, effort))
    arrays = make_arrays(problem)
    state = make_state(problem, arrays, orders.sequences)
    after = search_from(
        problem, arrays, state, steps=steps, seed=seed, brake=brake, remember=len(orders.met), watch=watch
    )
    met = dict.fromkeys((*orders.met, *after.met))
    return Orders(after.sequences, orders.method, after.brake_hit or orders.brake_hit, tuple(met))


def _share_together(problem: RoutingProblem) -> float:
    """PyVRP's share of the search of `auto`; 0 where the shared search begins by itself."""
    if delivers_only(problem):
        return TOGETHER_SHARE
    return BEFORE_SHARE if days_are_dear(problem) else 0.0


def _together(problem: RoutingProblem, *, effort: Effort, seed: int, brake: Brake, seconds: float | None) -> Orders:
    from solvers.routing.pyvrp_model import solve_together

    iterations = TOGETHER_ITERATIONS[effort] if seconds is None else None
    sequences, done = solve_together(problem, seed=seed, brake=brake, seconds=seconds, iterations=iterations)
    told = "PyVRP on all rep-days together" if any(sequences) else "PyVRP found no plan"
    return Orders(sequences, f"{told}, {done} iterations", brake.pulled())
