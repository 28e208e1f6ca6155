"""Packing programmes by CBC (Forrest and Lougee-Heimer, 2005) through PuLP: one thread, budgets in nodes.

PuLP hides CBC's bound and says "Optimal" of a time-limited incumbent, so neither is used: the bound is that of the
relaxation, and a solution counts only if it keeps every row. CBC is a process of its own and cannot be asked to `stop`;
it ends by its time limit.
"""

import numpy as np

from scenarios.errors import InvalidInput
from solvers.brake import Stop, never
from solvers.channels.model import Packing

METHOD = "PuLP with CBC"


def solve_lp(packing: Packing, *, seconds: float, stop: Stop = never) -> tuple[np.ndarray, np.ndarray] | None:
    """(x, duals >= 0 of the rows in euros per unit) of the relaxation; None if the brake was hit."""
    import pulp

    problem, variables = _load(packing, integer=False)
    problem.solve(_command(seconds, []))
    if problem.status != pulp.LpStatusOptimal:
        return None
    values = np.array([variable.value() or 0.0 for variable in variables])
    duals = np.array([constraint.pi or 0.0 for constraint in problem.constraints()])
    return np.clip(values, 0.0, 1.0), np.maximum(duals, 0.0)


def solve_mip(
    packing: Packing, *, nodes: int, gap_pct: float, seconds: float, start: np.ndarray, stop: Stop = never
) -> tuple[np.ndarray, float | None, bool]:
    """(x of 0 and 1, None: no bound, whether the brake was hit), never worse than `start`."""
    import pulp

    problem, variables = _load(packing, integer=True)
    problem.solve(_command(seconds, [f"maxNodes {nodes}", f"ratioGap {gap_pct / 100}"]))
    brake = (problem.solutionTime or 0.0) >= seconds
    found = np.array([(variable.value() or 0.0) > 0.5 for variable in variables])
    legal = problem.sol_status in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible)
    legal = legal and bool(np.all(packing.matrix @ found <= packing.limit + 1e-6))
    if not legal or packing.order_eur @ found < packing.order_eur @ start:
        found = start
    return found, None, brake


def _command(seconds: float, options: list[str]):  # type: ignore[no-untyped-def]
    import pulp

    # The CBC that comes with PuLP; its own command class is deprecated and only adds this path.
    path = pulp.PULP_CBC_CMD.pulp_cbc_path
    command = pulp.COIN_CMD(path=path, msg=False, threads=1, timeLimit=max(seconds, 1.0), options=options)
    if not command.available():
        raise InvalidInput("solve.engines.channels is cbc, but CBC cannot run on this machine; set it to highs")
    return command


def _load(packing: Packing, *, integer: bool):  # type: ignore[no-untyped-def]
    import pulp

    problem = pulp.LpProblem("channels", pulp.LpMaximize)
    kind = pulp.LpBinary if integer else pulp.LpContinuous
    variables = [problem.add_variable(f"x{column:07d}", 0, 1, kind) for column in range(len(packing.order_eur))]
    problem += pulp.LpAffineExpression(list(zip(variables, packing.order_eur.tolist(), strict=True)))
    matrix = packing.matrix
    for row in range(len(packing.limit)):
        part = slice(matrix.indptr[row], matrix.indptr[row + 1])
        terms = zip(matrix.indices[part].tolist(), matrix.data[part].tolist(), strict=True)
        left = pulp.LpAffineExpression([(variables[column], weight) for column, weight in terms])
        problem.addConstraint(pulp.LpConstraint(left, pulp.LpConstraintLE, f"row{row}", float(packing.limit[row])))
    return problem, variables
