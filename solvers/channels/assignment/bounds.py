"""Lower bounds on a generalized assignment, and the prices that prove them.

Capacities priced (LP): at any prices p >= 0 of the capacities no assignment costs less than

    sum_j min_i (cost_ij + p_i minutes_ij) - sum_i p_i capacity_i;

the best p are the duals of the linear relaxation, found by HiGHS (Huangfu and Hall, 2018) on a growing set of columns.

Tasks priced (Lagrange): at any prices u of the tasks no assignment costs less than

    sum_j u_j + sum_i min { sum_j (cost_ij - u_j) x_ij : sum_j minutes_ij x_ij <= capacity_i, x 0/1 },

a knapsack for each person, at least as strong as the LP (Fisher, Jaikumar and Van Wassenhove, 1986). Both are computed
here from the prices, whatever a solver said. Minutes are rounded down to a grid for the knapsacks, which only relaxes.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from solvers.brake import Brake, end_highs_on
from solvers.channels.assignment.problem import AssignmentProblem

FIRST_COLUMNS, NEW_COLUMNS, ROUNDS = 6, 4, 30
"""Columns per task at the start; most that a round adds per task; most rounds."""
CELLS = 20_000
"""Most steps of a knapsack's grid."""


@dataclass(frozen=True)
class Relaxed:
    """prices (m,) >= 0 of the capacities, tasks (n,) prices of the tasks, the bound they prove.

    impossible: the relaxation already has no solution, so there is no assignment.
    """

    prices: np.ndarray
    tasks: np.ndarray
    bound: float
    impossible: bool


def priced_bound(problem: AssignmentProblem, prices: np.ndarray) -> tuple[float, np.ndarray]:
    """(bound, (n,) cost of each task at its best person after prices) at prices (m,) >= 0 of the capacities."""
    best = (problem.cost + prices[:, None] * problem.minutes).min(axis=0)
    return float(best.sum() - prices @ problem.capacity), best


def first_prices(problem: AssignmentProblem, *, steps: int = 150) -> np.ndarray:
    """(m,) rough prices of the capacities by subgradient steps that shrink; the best seen."""
    m, n = problem.cost.shape
    finite = problem.cost[np.isfinite(problem.cost)]
    spread = float(finite.max() - finite.min()) if len(finite) else 0.0
    unit = max(spread, 1e-9) / max(float(problem.minutes.mean()), 1e-9)
    prices, best, best_bound = np.zeros(m), np.zeros(m), -np.inf
    tasks = np.arange(n)
    for step in range(steps):
        net = problem.cost + prices[:, None] * problem.minutes
        choice = net.argmin(axis=0)
        bound = float(net[choice, tasks].sum() - prices @ problem.capacity)
        if bound > best_bound:
            best, best_bound = prices, bound
        over = np.bincount(choice, problem.minutes[choice, tasks], minlength=m) - problem.capacity
        pull = over / max(float(np.abs(over).max()), 1e-9)
        prices = np.maximum(prices + 0.2 * unit * 0.97**step * pull, 0.0)
    return best


def relax(problem: AssignmentProblem, *, brake: Brake) -> Relaxed:
    """The linear relaxation. Where the brake is pulled before its end, the prices are worse, the bound still holds."""
    prices = first_prices(problem)
    bound, tasks = priced_bound(problem, prices)
    net = problem.cost + prices[:, None] * problem.minutes
    chosen = _cheapest(net, FIRST_COLUMNS)
    allowed = np.isfinite(problem.cost)
    whole = float(np.abs(problem.cost[allowed]).max()) if allowed.any() else 0.0
    left_out = 10.0 * (whole + 1.0)
    for _ in range(ROUNDS):
        if brake.pulled():
            break
        found = _solve_lp(problem, chosen, left_out=left_out, brake=brake)
        if found is None:
            break
        lp_prices, lp_tasks, unassigned = found
        new_bound, new_tasks = priced_bound(problem, lp_prices)
        if new_bound > bound:
            prices, tasks, bound = lp_prices, new_tasks, new_bound
        reduced = problem.cost + lp_prices[:, None] * problem.minutes - lp_tasks[None, :]
        reduced[chosen] = np.inf
        entering = _cheapest(reduced, NEW_COLUMNS) & (reduced < -1e-7 * max(1.0, whole))
        if not entering.any():
            if unassigned <= 1e-6:
                break
            if left_out >= 1e7 * (whole + 1.0):
                return Relaxed(
                    lp_prices, new_tasks, np.inf, impossible=_proves_impossible(problem, lp_prices, left_out)
                )
            left_out *= 100.0
        chosen |= entering
    return Relaxed(prices, tasks, bound, impossible=False)


def _proves_impossible(problem: AssignmentProblem, prices: np.ndarray, left_out: float) -> bool:
    """Whether prices / left_out are a Farkas ray: at them all tasks cost more minutes than there are.

    For any p >= 0, an assignment that keeps the capacities has sum_j min_i p_i minutes_ij <= p @ capacity.
    """
    ray = prices / left_out
    allowed = np.isfinite(problem.cost)
    least = np.where(allowed, ray[:, None] * problem.minutes, np.inf).min(axis=0).sum()
    return bool(least > ray @ problem.capacity * (1 + 1e-9) + 1e-7)


def _cheapest(net: np.ndarray, count: int) -> np.ndarray:
    """(m, n) mask of the `count` least entries of each column, finite ones only."""
    count = min(count, net.shape[0])
    mask = np.zeros(net.shape, dtype=bool)
    mask[np.argpartition(net, count - 1, axis=0)[:count], np.arange(net.shape[1])[None, :]] = True
    mask &= np.isfinite(net)
    return mask


def _solve_lp(
    problem: AssignmentProblem, chosen: np.ndarray, *, left_out: float, brake: Brake
) -> tuple[np.ndarray, np.ndarray, float] | None:
    """(prices (m,), tasks (n,), tasks left without a person) of the LP over the chosen pairs; None if stopped.

    A task may stay without a person at the cost `left_out`, so the LP always has a solution.
    """
    import highspy

    m, n = problem.cost.shape
    person, task = np.nonzero(chosen)
    scale = 1.0 / np.maximum(problem.capacity, 1.0)
    pairs = len(task)
    highs = highspy.Highs()
    for option, value in (("output_flag", False), ("threads", 1), ("parallel", "off"), ("random_seed", 0)):
        highs.setOptionValue(option, value)
    highs.setOptionValue("time_limit", float(np.clip(brake.seconds_left(), 0.01, 1e7)))
    end_highs_on(highs, brake.stop)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = pairs + n, m + n
    model.col_cost_ = np.r_[problem.cost[person, task], np.full(n, left_out)]
    model.col_lower_, model.col_upper_ = np.zeros(pairs + n), np.full(pairs + n, highspy.kHighsInf)
    model.row_lower_ = np.r_[np.full(m, -highspy.kHighsInf), np.ones(n)]
    model.row_upper_ = np.r_[problem.capacity * scale, np.ones(n)]
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = np.r_[2 * np.arange(pairs), 2 * pairs + np.arange(n + 1)]
    model.a_matrix_.index_ = np.r_[np.c_[person, m + task].ravel(), m + np.arange(n)]
    weights = problem.minutes[person, task] * scale[person]
    model.a_matrix_.value_ = np.r_[np.c_[weights, np.ones(pairs)].ravel(), np.ones(n)]
    highs.passModel(model)
    highs.run()
    solution = highs.getSolution()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal or not solution.dual_valid:
        return None
    dual = np.array(solution.row_dual)
    unassigned = float(np.array(solution.col_value)[pairs:].sum())
    return np.maximum(-dual[:m] * scale, 0.0), dual[m:], unassigned


def knapsack_bound(
    problem: AssignmentProblem, tasks: np.ndarray, *, upper: float, steps: int, brake: Brake
) -> tuple[float, np.ndarray]:
    """(bound, prices (n,) of the tasks) by subgradient steps on the tasks' prices, from `tasks` (n,).

    Args:
        upper: cost of the best assignment known (inf: none), towards which steps go.
        steps: at most so many; fewer where the brake is pulled.
    """
    grain = _grid(problem)
    weights = np.floor(problem.minutes / grain[:, None] + 1e-9).astype(np.int64)
    room = np.floor((problem.capacity + 1e-6) / grain + 1e-9).astype(np.int64)
    best, best_bound, now = tasks, -np.inf, tasks.copy()
    pace, since, smooth = 0.5, 0, np.zeros(len(tasks))
    for _ in range(steps):
        value, taken = _knapsacks(problem.cost, weights, room, now)
        bound = float(now.sum() + value)
        since += 1
        if bound > best_bound + 1e-9 * abs(bound):
            best, best_bound, since = now.copy(), bound, 0
        elif since >= 20:
            pace, since, now = pace / 2, 0, best.copy()
        smooth = 0.7 * (1.0 - taken) + 0.3 * smooth
        length = float(smooth @ smooth)
        if length < 1e-12 or pace < 1e-4 or brake.pulled():
            break
        target = upper if np.isfinite(upper) else bound + 0.01 * abs(bound)
        now = now + pace * max(target - bound, 1e-4 * abs(bound)) / length * smooth
    return best_bound, best


def _exact_step(problem: AssignmentProblem) -> float:
    """The coarsest usual fraction of a minute that all minutes are multiples of; a thousandth where none is."""
    for part in (1.0, 0.5, 0.25, 0.1, 0.05, 0.01):
        steps = problem.minutes / part
        if np.all(np.abs(steps - np.round(steps)) < 1e-6):
            return part
    return 1e-3


def _grid(problem: AssignmentProblem) -> np.ndarray:
    """(m,) minutes of a knapsack's step: one that loses nothing, if it is not too fine."""
    return np.maximum(_exact_step(problem), problem.capacity / CELLS)


def grain_minutes(problem: AssignmentProblem) -> float:
    """How closely capacities can be met: the step of the minutes, but from 1 to 10 % of a mean task."""
    mean = float(problem.minutes.mean())
    return float(np.clip(_exact_step(problem), 0.01 * mean, 0.1 * mean)) if mean > 0 else 1.0


@njit(cache=True)
def _knapsacks(cost: np.ndarray, weights: np.ndarray, room: np.ndarray, tasks: np.ndarray) -> tuple[float, np.ndarray]:
    """(sum over people of the least sum of cost - price that fits, (n,) how many people take each task)."""
    m, n = cost.shape
    taken = np.zeros(n)
    total = 0.0
    widest = 0
    for i in range(m):
        widest = max(widest, room[i])
    gain = np.empty(widest + 1)
    for i in range(m):
        items = np.empty(n, np.int64)
        count = 0
        for j in range(n):
            if tasks[j] - cost[i, j] > 0 and weights[i, j] <= room[i]:
                items[count] = j
                count += 1
        gain[: room[i] + 1] = 0.0
        kept = np.zeros((count, room[i] + 1), np.bool_)
        for number in range(count):
            j = items[number]
            worth, weight = tasks[j] - cost[i, j], weights[i, j]
            for left in range(room[i], weight - 1, -1):
                if gain[left - weight] + worth > gain[left]:
                    gain[left] = gain[left - weight] + worth
                    kept[number, left] = True
        total -= gain[room[i]]
        left = room[i]
        for number in range(count - 1, -1, -1):
            if kept[number, left]:
                taken[items[number]] += 1.0
                left -= weights[i, items[number]]
    return total, taken
