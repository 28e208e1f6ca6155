"""Which paid hours each agent's contract allows in each week.

The contract with its tolerance is hard wherever laws, availability and opening hours let the agent alone keep it; where
they do not (a closed week, three absent days), the agent gets the nearest hours that are legal, and is named. Agents
meet each other only in the demand, which is soft, so what one agent alone can do the whole roster can do.
"""

from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from scenarios.schema import Rules
from solvers.staffing.crew import Band, Crew
from solvers.staffing.grid import DAYS_PER_WEEK, Grid
from solvers.staffing.laws import Options, add_laws, earliest_next_start
from solvers.staffing.roster import paid_minutes
from solvers.staffing.shapes import Shapes

_DETERMINISTIC_SECONDS = 5.0
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Contracts:
    """band: paid minutes allowed. weeks: (A, D) a legal shape a day that keeps it, -1 = free. outside: (A,) bool."""

    band: Band
    weeks: np.ndarray
    outside: np.ndarray


def bind_contracts(crew: Crew, *, shapes: Shapes, grid: Grid, rules: Rules, seed: int) -> Contracts:
    """The band of every agent and week, and a roster that proves that it can be kept."""
    low = np.maximum(0.0, crew.contract_minutes - crew.tolerance_minutes)
    high = np.minimum(crew.most_minutes, crew.contract_minutes + crew.tolerance_minutes)
    low = np.minimum(low, high)  # a week that the law makes shorter than the contract
    weeks = np.full((len(crew), grid.days), -1, dtype=np.int64)
    outside = np.zeros(len(crew), dtype=bool)
    known: dict[tuple[bytes, bytes, bytes], np.ndarray] = {}
    earliest = earliest_next_start(shapes, grid, rules)
    for agent in range(len(crew)):
        key = (crew.can_work[agent].tobytes(), low[agent].tobytes(), high[agent].tobytes())
        if key not in known:
            known[key] = _nearest_week(agent, crew, low[agent], high[agent], shapes, grid, rules, earliest, seed)
        weeks[agent] = known[key]
        paid = paid_minutes(weeks[agent], shapes, grid)
        outside[agent] = bool((paid < low[agent] - _ROUNDING).any() or (paid > high[agent] + _ROUNDING).any())
        low[agent], high[agent] = np.minimum(low[agent], paid), np.maximum(high[agent], paid)
    return Contracts(Band(low, high), weeks, outside)


def _nearest_week(
    agent: int,
    crew: Crew,
    low: np.ndarray,
    high: np.ndarray,
    shapes: Shapes,
    grid: Grid,
    rules: Rules,
    earliest: np.ndarray,
    seed: int,
) -> np.ndarray:
    """Shapes by day with the fewest paid minutes outside [low, high], weeks added up."""
    week_of = np.full(grid.days, -1, dtype=np.int64)
    workable = np.flatnonzero(crew.can_work[agent])
    if not workable.size or not (low > 0).any():
        return week_of
    model = cp_model.CpModel()
    variables = [model.new_bool_var("") for _ in workable]
    add_laws(
        model,
        Options(workable, variables, {}),
        shapes=shapes,
        grid=grid,
        rules=rules,
        most_days=crew.most_days,
        earliest=earliest,
    )
    misses = []
    for week in range(grid.weeks):
        in_week = [i for i, shape in enumerate(workable) if shapes.day[shape] // DAYS_PER_WEEK == week]
        paid = cp_model.LinearExpr.weighted_sum(
            [variables[i] for i in in_week], [int(shapes.paid_minutes[workable[i]]) for i in in_week]
        )
        miss = model.new_int_var(0, int(np.ceil(max(low[week], crew.most_minutes))), "")
        model.add(paid + miss >= int(np.ceil(low[week] - _ROUNDING)))
        model.add(paid - miss <= int(np.floor(high[week] + _ROUNDING)))
        model.add(paid <= int(np.floor(crew.most_minutes + _ROUNDING)))
        misses.append(miss)
    model.minimize(cp_model.LinearExpr.sum(misses))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.catch_sigint_signal = False  # Ctrl-C is answered by who started the run
    solver.parameters.random_seed = seed
    solver.parameters.max_deterministic_time = _DETERMINISTIC_SECONDS
    if solver.solve(model) in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        for i, shape in enumerate(workable):
            if solver.value(variables[i]):
                week_of[shapes.day[shape]] = shape
    return week_of
