"""The same problem by other engines, for small cases and as a check: each refuses what it cannot do.

dual (plan.py, any size), highs and cbc (the whole programme at once), cp_sat (whole numbers), flow (unit contacts: an
exact minimum-cost flow). All return a `CapacityPlan`; what a library calls its result is never believed: values are
summed here, capacities checked here, and the bound is the better of the library's and that of the prices.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

import numpy as np

from scenarios.errors import InvalidInput
from scenarios.schema import Effort
from solvers.brake import Brake
from solvers.channels import cbc, highs
from solvers.channels.dual.marginal import Marginal, make_marginal
from solvers.channels.dual.passes import Passes
from solvers.channels.dual.plan import prepared, solve
from solvers.channels.dual.problem import CapacityPlan, CapacityProblem
from solvers.channels.dual.repair import slack, use_of, value_of

WHOLE_LIMIT = 20_000
"""Customers that engines of whole programmes take; with more, one of them would run for hours without an answer."""
EUR_UNITS = 1_000_000
"""Whole-number engines count euros in millionths, and minutes in thousandths."""
MINUTE_UNITS = 1000
NODES = {"quick": 200, "normal": 2000, "thorough": 100_000}
"""Branch-and-bound nodes of highs and cbc; for cp_sat a tenth of a second of its deterministic time each."""

Found = tuple[np.ndarray, float | None, bool]
"""The options taken (n,), a bound in euros or None, whether the brake was hit."""


def solve_with(
    engine: str, problem: CapacityProblem, *, effort: Effort = "normal", seed: int = 0, brake: Brake | None = None
) -> CapacityPlan:
    """The plan of one engine: dual, highs, cbc, cp_sat or flow. Prices are those of the dual in all cases.

    Raises:
        InvalidInput: no such engine, or this one cannot solve such a problem; the text says why.
    """
    if engine == "dual":
        return solve(problem, effort=effort, seed=seed, brake=brake)
    engines: dict[str, Callable[[CapacityProblem, Marginal, Effort, Brake], Found]] = {
        "highs": lambda whole, part, steps, until: _by_programme(highs, part, steps, until),
        "cbc": lambda whole, part, steps, until: _by_programme(cbc, part, steps, until),
        "cp_sat": _by_cp_sat,
        "flow": _by_flow,
    }
    if engine not in engines:
        raise InvalidInput(f"no engine {engine!r} for channels; there are dual, {', '.join(engines)}")
    if engine != "flow" and len(problem.value) > WHOLE_LIMIT:
        raise InvalidInput(
            f"{engine} takes up to {WHOLE_LIMIT:,} customers at once, these are {len(problem.value):,}; use dual"
        )
    began, brake = time.perf_counter(), brake or Brake(np.inf)
    priced = solve(problem, effort="quick", seed=seed, exact_below=0, brake=brake)
    if not len(priced.choice):
        return replace(priced, method=engine)
    whole = prepared(problem)
    passes, everybody = Passes(whole), np.arange(len(whole.value))
    part = make_marginal(
        passes, priced.choice.astype(np.int64), everybody, prices=priced.prices_eur_per_minute, loss_eur=np.inf
    )
    choice, bound, hit = engines[engine](whole, part, effort, brake)
    if (use_of(whole, choice) > whole.capacity_minutes + np.maximum(slack(whole), 1e-6)).any():
        raise AssertionError(f"{engine} broke a capacity")  # a fault of this program, not of the input
    value, used = value_of(whole, choice), use_of(whole, choice)
    runner_up, margin = passes.against(priced.prices_eur_per_minute, choice)
    unused_eur = float(priced.prices_eur_per_minute @ (whole.capacity_minutes - used))
    proven = priced.bound if bound is None else min(priced.bound, bound)
    return CapacityPlan(
        choice=choice.astype(np.int16),
        value=value,
        bound=max(proven, value),
        regret_eur=max(priced.value + priced.regret_eur + priced.unused_eur - value - unused_eur, 0.0),
        unused_eur=unused_eur,
        prices_eur_per_minute=priced.prices_eur_per_minute,
        used_minutes=used,
        runner_up=runner_up,
        margin_eur=margin,
        iterations=priced.iterations,
        seconds=time.perf_counter() - began,
        method=engine,
        brake_hit=hit,
    )


def _by_programme(library: ModuleType, part: Marginal, effort: Effort, brake: Brake) -> Found:
    if not len(part.option):
        return part.free, part.base_eur, False
    nothing = np.zeros(len(part.option), dtype=bool)
    found, bound, hit = library.solve_mip(
        part.packing, nodes=NODES[effort], gap_pct=0.0, seconds=brake.seconds_left(), start=nothing, stop=brake.stop
    )
    return part.options_taken(found), None if bound is None else part.base_eur + bound, hit


def _by_cp_sat(problem: CapacityProblem, part: Marginal, effort: Effort, brake: Brake) -> Found:
    """CP-SAT (OR-Tools): one thread, budget in its deterministic time."""
    from ortools.sat.python import cp_model

    packing = part.packing
    weights = packing.matrix.data * MINUTE_UNITS
    if len(weights) and np.abs(weights - np.round(weights)).max() > 1e-3:
        raise InvalidInput("cp_sat counts in thousandths of a minute; round the minutes, or use highs or dual")
    model = cp_model.CpModel()
    taken = [model.new_bool_var("") for _ in range(len(part.option))]
    matrix = packing.matrix
    for row in range(len(packing.limit)):
        inside = slice(matrix.indptr[row], matrix.indptr[row + 1])
        columns = matrix.indices[inside].tolist()
        if part.capacity_row[row] < 0:
            model.add_at_most_one([taken[column] for column in columns])
            continue
        minutes = np.round(matrix.data[inside] * MINUTE_UNITS).astype(np.int64).tolist()
        room = int(np.floor(packing.limit[row] * MINUTE_UNITS + 1e-3))
        model.add(cp_model.LinearExpr.weighted_sum([taken[column] for column in columns], minutes) <= room)
    euros = np.round(packing.order_eur * EUR_UNITS).astype(np.int64).tolist()
    model.maximize(cp_model.LinearExpr.weighted_sum(taken, euros))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_deterministic_time = NODES[effort] / 10
    left = brake.seconds_left()
    if np.isfinite(left):
        solver.parameters.max_time_in_seconds = max(left, 0.01)
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return part.free, None, True
    found = np.array([bool(solver.value(variable)) for variable in taken], dtype=bool)
    rounding = 0.5 * len(part.customers) / EUR_UNITS
    return part.options_taken(found), part.base_eur + solver.best_objective_bound / EUR_UNITS + rounding, left <= 0


def _by_flow(problem: CapacityProblem, part: Marginal, effort: Effort, brake: Brake) -> Found:
    """Contacts that are equally long on a resource share whole slots: an exact minimum-cost flow (OR-Tools)."""
    from ortools.graph.python import min_cost_flow

    if problem.rows is not None:
        raise InvalidInput("flow needs one capacity for each resource; use dual")
    minutes = problem.minutes_of(part.customers)[part.place, part.option]
    resource = problem.resources_of(part.customers)[part.place, part.option]
    limited = resource >= 0
    longest = np.zeros(problem.resources + 1)
    np.maximum.at(longest, resource[limited], minutes[limited])
    if not np.allclose(minutes[limited], longest[resource[limited]], rtol=0, atol=1e-9):
        raise InvalidInput("flow needs contacts that are equally long on each resource; use dual")
    slots = np.floor(problem.capacity_minutes / np.maximum(longest[:-1], 1e-9) + 1e-9).astype(np.int64)
    people, resources = len(part.customers), problem.resources
    sink = people + resources + 1  # resource number -1 is the node before it: whatever needs no room
    nodes = people + np.where(limited, resource, resources)
    cost = -np.round(part.packing.order_eur * EUR_UNITS).astype(np.int64)
    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(part.place, nodes, np.ones(len(part.option), np.int64), cost)
    flow.add_arcs_with_capacity_and_unit_cost(
        np.arange(people), np.full(people, sink), np.ones(people, np.int64), np.zeros(people, np.int64)
    )
    room = np.minimum(np.append(slots, people), people)
    flow.add_arcs_with_capacity_and_unit_cost(
        people + np.arange(resources + 1), np.full(resources + 1, sink), room, np.zeros(resources + 1, np.int64)
    )
    flow.set_nodes_supplies(np.append(np.arange(people), sink), np.append(np.ones(people, np.int64), -people))
    if flow.solve() != flow.OPTIMAL:
        raise AssertionError("a flow that may leave everybody out always exists")
    choice = part.options_taken(flow.flows(arcs) > 0)
    return choice, value_of(problem, choice) + 0.5 * people / EUR_UNITS, False
