"""Packing programmes by HiGHS (Huangfu and Hall, 2018) through highspy: one thread, budgets in nodes."""

import numpy as np

from solvers.brake import Stop, end_highs_on, never
from solvers.channels.model import Packing
from solvers.silence import silence

METHOD = "HiGHS"


def solve_lp(packing: Packing, *, seconds: float, stop: Stop = never) -> tuple[np.ndarray, np.ndarray] | None:
    """(x, duals >= 0 of the rows in euros per unit) of the relaxation; None if the brake was hit."""
    highs = _load(packing, integer=False)
    end_highs_on(highs, stop)
    highs.setOptionValue("time_limit", max(seconds, 0.01))
    highs.run()
    solution = highs.getSolution()
    if not solution.dual_valid:
        return None
    return np.clip(np.array(solution.col_value), 0.0, 1.0), np.maximum(-np.array(solution.row_dual), 0.0) / _row_scale(
        packing
    )


def solve_mip(
    packing: Packing, *, nodes: int, gap_pct: float, seconds: float, start: np.ndarray, stop: Stop = never
) -> tuple[np.ndarray, float | None, bool]:
    """(x of 0 and 1, proven upper bound in euros or None, whether the brake was hit), never worse than `start`."""
    import highspy

    highs = _load(packing, integer=True)
    end_highs_on(highs, stop)
    highs.setOptionValue("time_limit", max(seconds, 0.01))
    highs.setOptionValue("mip_rel_gap", gap_pct / 100)
    highs.setOptionValue("mip_max_nodes", nodes)
    warm = highspy.HighsSolution()
    warm.col_value = start.astype(float).tolist()
    highs.setSolution(warm)
    with silence():
        highs.run()
    values, info = np.array(highs.getSolution().col_value), highs.getInfo()
    ended = (highspy.HighsModelStatus.kTimeLimit, highspy.HighsModelStatus.kInterrupt)
    brake = highs.getModelStatus() in ended
    bound = -float(info.mip_dual_bound) if np.isfinite(info.mip_dual_bound) else None
    found = np.round(values).astype(bool) if len(values) == len(start) else start
    if (
        not np.all(packing.matrix @ found <= packing.limit + 1e-6)
        or packing.order_eur @ found < packing.order_eur @ start
    ):
        found = start
    return found, bound, brake


def _row_scale(packing: Packing) -> np.ndarray:
    scale: np.ndarray = np.maximum(packing.limit, 1.0)
    return scale


def _load(packing: Packing, *, integer: bool):  # type: ignore[no-untyped-def]
    """A quiet single-threaded HiGHS that holds the programme as minimise -order_eur @ x."""
    import highspy

    highs = highspy.Highs()
    for option, value in (("output_flag", False), ("threads", 1), ("parallel", "off"), ("random_seed", 0)):
        highs.setOptionValue(option, value)
    count, rows = len(packing.order_eur), len(packing.limit)
    # HiGHS holds rows to an absolute tolerance: scaled to limits of about 1, a solution of many visits keeps it, too.
    scale = 1 / _row_scale(packing)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = count, rows
    model.col_cost_ = -packing.order_eur
    model.col_lower_, model.col_upper_ = np.zeros(count), np.ones(count)
    model.row_lower_, model.row_upper_ = np.full(rows, -highspy.kHighsInf), packing.limit * scale
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = packing.matrix.indptr
    model.a_matrix_.index_ = packing.matrix.indices
    model.a_matrix_.value_ = packing.matrix.data * np.repeat(scale, np.diff(packing.matrix.indptr))
    if integer:
        model.integrality_ = [highspy.HighsVarType.kInteger] * count
    highs.passModel(model)
    return highs
