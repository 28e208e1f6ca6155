"""`plan_routes`: chooses the engine, spends the step budget, and turns orders into exact, explained routes."""

import time
from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from scenarios.schema import Effort
from solvers.brake import Brake, Stop, never
from solvers.outcome import Outcome, conclude
from solvers.routing.arrays import make_arrays
from solvers.routing.bound import upper_bound_eur
from solvers.routing.find import check_engine, find_orders, go_on, needs
from solvers.routing.hours import hour_prices
from solvers.routing.pool.settle import ROUNDS, settle
from solvers.routing.problem import Orders, RoutingProblem
from solvers.routing.ready import compile_for
from solvers.routing.reasons import check_required, unserved_table
from solvers.routing.scale.orders import is_large, large_orders
from solvers.routing.tables import plan_value_eur, shifts_table, stops_table
from solvers.routing.ways import find_ways, ways_table
from solvers.types import Routes, no_routing_ways

Watch = Callable[[float, float | None], None]
"""Is told euros of the best so far, and a bound that no plan exceeds (None: unknown)."""
ROUTES_KEPT = 2000
"""Rep-days met in the search that the pool begins with, where routes are priced."""


def plan_routes(
    problem: RoutingProblem,
    *,
    engine: str,
    effort: Effort,
    time_limit_seconds: float,
    seed: int,
    workers: int = 1,
    stop: Stop = never,
    watch: Watch | None = None,
) -> Routes:
    """Who visits whom, when: the most prize less travel; required visits before prizes.

    Value = sum of what the visits made bring on their days - travel_eur_per_km x km of all drives (appointments'
    included) - overtime - what border visits cost. Where borders or even weeks are asked for, the plan is searched
    without them first, and goes on from there; `Routes.ways` tells what each brings or costs.

    Args:
        engine: `native` starts greedily and searches by ruin and recreate over exact schedules; `pyvrp` and `ortools`
            solve each rep's days by that library and are then timed exactly, repaired and refilled by a shorter ruin
            and recreate; `greedy` inserts once and does not search; `auto` is `native`, or PyVRP on all rep-days at
            once where every visit is required and nothing is asked for that it cannot hold.
        effort: step budgets. time_limit_seconds: emergency brake; a run that hits it says so and cannot be repeated.
            What the first call of an installation compiles does not count.
        seed: of all random choices.
        workers: processes that share a large problem's reps (`scale.LARGE` visits or more, engine `auto`); smaller ones
            are planned in one thread. The plan does not depend on it.
        stop: asked between steps whether to end with the best so far.
        watch: is told, now and then, what the best plan so far is worth at least, and the bound.

    Returns:
        `Routes`. A rep-day without visits and appointments has no stops, only its row in shifts. Required visits that
        were possible by themselves but did not fit stand in unserved and in the outcome's notes.

    Raises:
        UsageError: an unknown engine, or one that cannot do what the problem asks for.
        NoLegalPlan: a required visit that is impossible by itself, or pins that do not fit together.
    """
    check_engine(problem, engine)
    arrays = make_arrays(problem)
    compile_for(problem, arrays)
    began = time.perf_counter()
    brake = Brake(began + time_limit_seconds, stop)
    check_required(problem, frozenset())
    orders, bound, ways = None, 0.0, no_routing_ways()
    if problem.shifts:
        told = _with_bound(problem, watch)

        def search(each: RoutingProblem, plan: Orders | None) -> Orders:
            if plan is not None:
                return go_on(each, plan, engine=engine, effort=effort, seed=seed, brake=brake, watch=told)
            if engine == "auto" and is_large(each):
                return large_orders(each, effort=effort, workers=workers, seed=seed, brake=brake)
            return find_orders(
                each, engine=engine, effort=effort, seed=seed, brake=brake,
                remember=ROUTES_KEPT if ROUNDS[effort] else 0, watch=told,
            )  # fmt: skip

        *others, last = find_ways(problem, search)
        orders, bound = settle(last.problem, last.orders, effort=effort, seed=seed, brake=brake)
        problem = last.problem
        arrays = make_arrays(problem)
        ways = ways_table([*others, replace(last, orders=orders)])
    sequences = orders.sequences if orders else ()
    stops = stops_table(problem, arrays, sequences)
    unserved = unserved_table(problem, arrays, sequences)
    shifts = shifts_table(problem, stops)
    value = plan_value_eur(problem, shifts)
    prices = hour_prices(problem, sequences, effort=effort, seed=seed)
    outcome = _outcome(problem, orders, value, bound, unserved, time.perf_counter() - began)
    return Routes(stops, shifts, unserved, outcome, prices, ways)


def _with_bound(problem: RoutingProblem, watch: Watch | None) -> Callable[[float], None] | None:
    """The search tells its value, the watcher hears it beside the bound."""
    if watch is None:
        return None
    bound = upper_bound_eur(problem)
    return lambda value: watch(value, bound)


def _outcome(
    problem: RoutingProblem, orders: Orders | None, value: float, bound: float, unserved: pd.DataFrame, seconds: float
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
        bound=bound,
        unit="EUR",
        maximise=True,
        method=orders.method,
        seconds=seconds,
        brake_hit=orders.brake_hit,
        notes=tuple(notes),
    )
