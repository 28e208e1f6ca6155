"""`plan_routes`: chooses the engine, spends the step budget, and turns orders into exact, explained routes."""

import importlib
import time

import pandas as pd

from scenarios.errors import UsageError
from scenarios.schema import Effort
from solvers.brake import Brake, Stop, never
from solvers.outcome import Outcome, conclude
from solvers.routing.arrays import make_arrays
from solvers.routing.bound import upper_bound_eur
from solvers.routing.hours import hour_prices
from solvers.routing.improve import improve, make_state
from solvers.routing.problem import Orders, RoutingProblem
from solvers.routing.reasons import check_required, unserved_table
from solvers.routing.tables import shifts_table, stops_table
from solvers.types import Routes

ENGINES = ("auto", "pyvrp", "ortools", "greedy")
STEPS_PER_VISIT = {"quick": 20, "normal": 100, "thorough": 500}
"""Ruin-and-recreate steps for each visit of the problem."""
MOST_STEPS = {"quick": 25_000, "normal": 60_000, "thorough": 600_000}
"""Never more steps than these, however large the problem."""
AFTER_ENGINE_SHARE = 0.3
"""Share of these steps that follows an engine which has searched itself."""


def plan_routes(
    problem: RoutingProblem,
    *,
    engine: str,
    effort: Effort,
    time_limit_seconds: float,
    seed: int,
    workers: int = 1,
    stop: Stop = never,
) -> Routes:
    """Who visits whom, when: the most prize less travel; required visits before prizes.

    Value = sum of prizes of the visits made - travel_eur_per_km x km of all drives (appointments' included).

    Args:
        engine: `auto` starts greedily and searches by ruin and recreate over exact schedules; `pyvrp` and `ortools`
            solve each rep's days by that library and are then timed exactly, repaired and refilled by a shorter ruin
            and recreate; `greedy` inserts once and does not search.
        effort: step budgets. time_limit_seconds: emergency brake; a run that hits it says so and cannot be repeated.
        seed: of all random choices.
        workers: accepted for the common interface; the plan is made in one thread and does not depend on it.

    Returns:
        `Routes`. A rep-day without visits and appointments has no stops, only its row in shifts. Required visits that
        were possible by themselves but did not fit stand in unserved and in the outcome's notes.

    Raises:
        UsageError: an unknown engine.
        NoLegalPlan: a required visit that is impossible by itself, or pins that do not fit together.
    """
    if engine not in ENGINES:
        raise UsageError(f"solve.engines.routing: {engine!r} is no engine; choose one of {', '.join(ENGINES)}")
    began = time.perf_counter()
    brake = Brake(began + time_limit_seconds, stop)
    arrays = make_arrays(problem)
    check_required(problem, frozenset())
    orders = _search(problem, engine=engine, effort=effort, seed=seed, brake=brake) if problem.shifts else None
    sequences = orders.sequences if orders else ()
    stops = stops_table(problem, arrays, sequences)
    unserved = unserved_table(problem, arrays, sequences)
    shifts = shifts_table(problem, stops)
    value = float(stops["prize_eur"].sum() - problem.travel_eur_per_km * stops["travel_km"].sum())
    prices = hour_prices(problem, sequences, effort=effort, seed=seed)
    outcome = _outcome(problem, orders, value, unserved, time.perf_counter() - began)
    return Routes(stops, shifts, unserved, outcome, prices)


def steps_for(problem: RoutingProblem, effort: Effort) -> int:
    """The budget of ruin and recreate, in steps."""
    return min(MOST_STEPS[effort], STEPS_PER_VISIT[effort] * sum(task.kind == "visit" for task in problem.tasks))


def needs(problem: RoutingProblem) -> tuple[str, ...]:
    """What this problem asks of an engine beyond prizes, windows and drives, in words."""
    asked = {
        "lunch": any(shift.lunch_seconds for shift in problem.shifts),
        "several windows": any(len(task.windows) > 1 for task in problem.tasks),
        "visits open to several reps": any(
            len({problem.shifts[s].rep_id for s in task.shifts}) > 1 for task in problem.tasks
        ),
        "appointments without a place": any(task.place < 0 for task in problem.tasks),
    }
    return tuple(name for name, there in asked.items() if there)


def _search(problem: RoutingProblem, *, engine: str, effort: Effort, seed: int, brake: Brake) -> Orders:
    """Orders by the engine's own search, then by the shared ruin and recreate; heavy libraries load only if asked."""
    arrays = make_arrays(problem)
    module = importlib.import_module(f"solvers.routing.engine_{'greedy' if engine == 'auto' else engine}")
    found: Orders = module.solve(problem, arrays, effort=effort, seed=seed, brake=brake)
    steps = 0 if engine == "greedy" else steps_for(problem, effort)
    if engine in ("pyvrp", "ortools"):
        steps = int(AFTER_ENGINE_SHARE * steps)
    state = make_state(problem, arrays, found.sequences)
    sequences, brake_hit = improve(problem, arrays, state, steps=steps, seed=seed, brake=brake)
    method = found.method
    if steps:
        method += f", then ruin and recreate, {steps} steps"
    if engine == "auto":
        method = f"auto: {method}"
    return Orders(sequences, method, brake_hit or found.brake_hit)


def _outcome(
    problem: RoutingProblem, orders: Orders | None, value: float, unserved: pd.DataFrame, seconds: float
) -> Outcome:
    notes = list(problem.notes)
    if orders is None or not problem.tasks:
        return Outcome("routing", "nothing_to_do", 0.0, 0.0, "EUR", True, "none", seconds, tuple(notes))
    if asked := needs(problem):
        notes.append(f"the problem asks for: {', '.join(asked)}")
    required = {(task.customer_id, task.prize_eur) for task in problem.tasks if task.required and task.kind == "visit"}
    left = sorted(
        {c for c, p in zip(unserved["customer_id"], unserved["prize_eur"], strict=True) if (c, p) in required}
    )
    if left:
        notes.append(f"{len(left)} required visits were not fitted in: {', '.join(left[:5])}")
    return conclude(
        stage="routing",
        value=value,
        bound=upper_bound_eur(problem),
        unit="EUR",
        maximise=True,
        method=orders.method,
        seconds=seconds,
        brake_hit=orders.brake_hit,
        notes=tuple(notes),
    )
