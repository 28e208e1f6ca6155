"""The whole-number programme of the pairs that a good assignment is likely to use, by HiGHS (Huangfu and Hall, 2018).

The core is each task's few best people after prices, and those of the best assignment known (core problems of packing:
Balas and Zemel, 1980; kernel search: Angelelli, Mansini and Speranza, 2010). Only where
the core is everything does its bound hold for the whole.
"""

import numpy as np

from solvers.channels.assignment.problem import AssignmentProblem, excess, total_cost
from solvers.silence import silence


def solve_core(
    problem: AssignmentProblem, pairs: np.ndarray, choice: np.ndarray, *, seconds: float, nodes: int
) -> tuple[np.ndarray, float]:
    """(the best assignment (n,) found among `pairs` (m, n) bool, `choice` (n,) where none is better; a lower bound).

    The bound is -inf unless `pairs` hold every allowed pair; it is inf where HiGHS proves that there is no assignment.

    Args:
        choice: where the programme starts, if it keeps the capacities.
        seconds, nodes: limits of branch and bound; with `nodes` alone reached the answer can be repeated.
    """
    import highspy

    m, n = problem.cost.shape
    legal = not excess(problem, choice).any()
    pairs = pairs & np.isfinite(problem.cost)
    everything = bool((pairs == np.isfinite(problem.cost)).all())
    pairs[choice, np.arange(n)] = True
    person, task = np.nonzero(pairs)
    count = len(task)
    highs = highspy.Highs()
    for option, value in (("output_flag", False), ("threads", 1), ("parallel", "off"), ("random_seed", 0)):
        highs.setOptionValue(option, value)
    highs.setOptionValue("time_limit", float(np.clip(seconds, 0.01, 1e7)))
    highs.setOptionValue("mip_max_nodes", nodes)
    highs.setOptionValue("mip_rel_gap", 0.0)
    highs.setOptionValue("mip_abs_gap", 0.999 if problem.whole_costs else 1e-9)
    # Rows are kept to an absolute tolerance: scaled to capacities of 1, small ones are kept as well as large ones.
    scale = 1.0 / np.maximum(problem.capacity, 1.0)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = count, m + n
    model.col_cost_ = problem.cost[person, task]
    model.col_lower_, model.col_upper_ = np.zeros(count), np.ones(count)
    model.row_lower_ = np.r_[np.full(m, -highspy.kHighsInf), np.ones(n)]
    model.row_upper_ = np.r_[problem.capacity * scale, np.ones(n)]
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = 2 * np.arange(count + 1)
    model.a_matrix_.index_ = np.c_[person, m + task].ravel()
    model.a_matrix_.value_ = np.c_[problem.minutes[person, task] * scale[person], np.ones(count)].ravel()
    model.integrality_ = [highspy.HighsVarType.kInteger] * count
    highs.passModel(model)
    if legal:
        warm = highspy.HighsSolution()
        warm.col_value = (choice[task] == person).astype(float).tolist()
        highs.setSolution(warm)
    with silence():
        highs.run()
    bound = -np.inf
    if everything and highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        bound = np.inf
    elif everything and np.isfinite(highs.getInfo().mip_dual_bound):
        found_bound = float(highs.getInfo().mip_dual_bound)
        bound = found_bound - 1e-6 * max(1.0, abs(found_bound))
    values = np.array(highs.getSolution().col_value)
    if len(values) != count:
        return choice, bound
    taken = np.flatnonzero(values > 0.5)
    found = np.full(n, -1)
    found[task[taken]] = person[taken]
    if len(taken) != n or (found < 0).any() or excess(problem, found).any():
        return choice, bound
    better = not legal or total_cost(problem, found) < total_cost(problem, choice)
    return (found if better else choice), bound
