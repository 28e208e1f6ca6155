"""A mixed-integer linear programme as arrays, and the two engines that minimise it: HiGHS and, through PuLP, CBC.

Budgets are steps (nodes of the search tree) on one thread, so that a result can be repeated; the time limit is a brake.
"""

import time
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from solvers.brake import Stop, end_highs_on, never


@dataclass(frozen=True)
class LinearModel:
    """Minimise cost x with row_lower <= rows x <= row_upper and lower <= x <= upper; `integer` marks whole columns."""

    cost: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    integer: np.ndarray
    rows: sparse.csr_array
    row_lower: np.ndarray
    row_upper: np.ndarray


@dataclass(frozen=True)
class LinearResult:
    """x: the best point found, None if none was. bound: no point is cheaper, None if unknown."""

    x: np.ndarray | None
    bound: float | None
    brake_hit: bool


def minimise_by_highs(
    model: LinearModel, *, max_nodes: int, gap_pct: float, time_limit_seconds: float, seed: int, stop: Stop = never
) -> LinearResult:
    """HiGHS, called directly because PuLP hides its bound."""
    import highspy

    highs = highspy.Highs()
    for option, value in {
        "output_flag": False,
        "threads": 1,
        "parallel": "off",
        "random_seed": seed % 2**31,
        "mip_max_nodes": max_nodes,
        "mip_rel_gap": gap_pct / 100,
        "time_limit": max(0.1, time_limit_seconds),
    }.items():
        highs.setOptionValue(option, value)
    lp = highspy.HighsLp()
    columns = sparse.csc_array(model.rows)
    lp.num_col_, lp.num_row_ = len(model.cost), len(model.row_lower)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.cost, model.lower, model.upper
    lp.row_lower_, lp.row_upper_ = model.row_lower, model.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = columns.indptr, columns.indices
    lp.a_matrix_.value_ = columns.data
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    lp.integrality_ = [kinds[int(whole)] for whole in model.integer]
    highs.passModel(lp)
    end_highs_on(highs, stop)
    highs.run()
    info = highs.getInfo()
    is_mip = bool(model.integer.any())
    status = highs.getModelStatus()
    found = info.primal_solution_status == 2  # feasible
    bound = float(info.mip_dual_bound) if is_mip else float(info.objective_function_value)
    proven = is_mip or status == highspy.HighsModelStatus.kOptimal
    return LinearResult(
        x=np.array(highs.getSolution().col_value) if found else None,
        bound=bound if proven and np.isfinite(bound) else None,
        brake_hit=status in (highspy.HighsModelStatus.kTimeLimit, highspy.HighsModelStatus.kInterrupt),
    )


def minimise_by_cbc(
    model: LinearModel, *, max_nodes: int, gap_pct: float, time_limit_seconds: float, seed: int, stop: Stop = never
) -> LinearResult:
    """CBC through PuLP, a process of its own: it ends by its time limit and cannot be asked to `stop`.

    PuLP does not hand over CBC's bound, so the bound is that of the linear relaxation.
    """
    started = time.perf_counter()
    relaxed = _by_pulp(model, whole=False, options=[], gap_pct=0.0, time_limit_seconds=time_limit_seconds)
    left = time_limit_seconds - (time.perf_counter() - started)
    if relaxed is None or left <= 0:
        return LinearResult(None, None, brake_hit=True)
    bound = float(model.cost @ relaxed)
    if not model.integer.any():
        return LinearResult(relaxed, bound, brake_hit=False)
    options = [f"maxNodes {max_nodes}", f"randomCbcSeed {seed % 2**31}"]
    x = _by_pulp(model, whole=True, options=options, gap_pct=gap_pct, time_limit_seconds=left)
    return LinearResult(x, bound, brake_hit=time.perf_counter() - started >= time_limit_seconds)


def _by_pulp(
    model: LinearModel, *, whole: bool, options: list[str], gap_pct: float, time_limit_seconds: float
) -> np.ndarray | None:
    import pulp
    from pulp.apis import coin_api

    problem = pulp.LpProblem("shift_design", pulp.LpMinimize)
    columns = [
        problem.add_variable(
            f"x{j}",
            float(model.lower[j]),
            float(model.upper[j]) if np.isfinite(model.upper[j]) else None,
            pulp.LpInteger if whole and model.integer[j] else pulp.LpContinuous,
        )
        for j in range(len(model.cost))
    ]
    problem += pulp.LpAffineExpression(zip(columns, model.cost.tolist(), strict=True))
    for i in range(len(model.row_lower)):
        part = slice(model.rows.indptr[i], model.rows.indptr[i + 1])
        terms = [(columns[j], float(v)) for j, v in zip(model.rows.indices[part], model.rows.data[part], strict=True)]
        row, low, high = pulp.LpAffineExpression(terms), float(model.row_lower[i]), float(model.row_upper[i])
        if low == high:
            problem += row == low
            continue
        if np.isfinite(low):
            problem += row >= low
        if np.isfinite(high):
            problem += row <= high
    problem.solve(
        pulp.COIN_CMD(
            path=coin_api.pulp_cbc_path,
            msg=False,
            threads=1,
            gapRel=gap_pct / 100,
            timeLimit=max(1.0, time_limit_seconds),
            options=options,
        )
    )
    if problem.sol_status not in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible):
        return None
    return np.array([column.value() or 0.0 for column in columns])
