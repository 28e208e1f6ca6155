"""A proven upper bound on what any legal plan can collect, in euros."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from solvers.routing.problem import RoutingProblem


def upper_bound_eur(problem: RoutingProblem) -> float:
    """No legal plan is worth more than this.

    Argument. On rep-day s each visit j is driven to from some place: the start of s, or a visit or appointment that s
    may have. Let i_js be the shortest such drive in seconds and e_js the cheapest in euros. Then a legal day satisfies

        sum_j x_js (service_j + i_js) <= shift - lunch - service of its appointments - shortest drive to its end,

    and is worth at most sum_j x_js (prize_j - e_js), appointments' drives left out. With sum_s x_js <= 1 and
    0 <= x <= 1 this is a linear relaxation. For any multipliers y_s >= 0 of the rows, by weak duality,

        sum_s y_s capacity_s + sum_j max(0, max_s (prize_j - e_js - y_s (service_j + i_js)))

    bounds it, hence the plan. The multipliers come from an LP, the bound from this sum, so the tolerances of the LP
    cannot make it wrong. Requirements are left out, which can only raise it. Rounded up to whole cents.
    """
    return knapsack_prices(problem).bound_eur


@dataclass(frozen=True)
class KnapsackPrices:
    """bound_eur: see `upper_bound_eur`. visits_eur: (T,) what each task is worth beyond the time it takes. shifts_eur:
    (S,) what the whole time of each rep-day is worth."""

    bound_eur: float
    visits_eur: np.ndarray
    shifts_eur: np.ndarray


def knapsack_prices(problem: RoutingProblem) -> KnapsackPrices:
    """The bound of `upper_bound_eur` with the prices it is made of; they sum to it before rounding."""
    group_of, firsts = _alike(problem)
    size, worth, at_task, at_shift = _pairs(problem, firsts)
    capacity = _capacity_seconds(problem)
    open_pair = (worth > 0) & (size <= capacity[at_shift])
    size, worth, at_task, at_shift = size[open_pair], worth[open_pair], at_task[open_pair], at_shift[open_pair]
    best = np.zeros(len(problem.tasks))
    if not len(worth):
        return KnapsackPrices(0.0, best, np.zeros(len(capacity)))
    at_group = group_of[at_shift]
    rooms = np.bincount(group_of, weights=capacity, minlength=len(firsts))
    price = _row_prices(size, worth, at_task, at_group, rooms, len(problem.tasks))
    np.maximum.at(best, at_task, worth - price[at_group] * size)
    bound = float(np.ceil(100 * (price @ rooms + best.sum()) + 1e-6) / 100)
    return KnapsackPrices(bound, best, price[group_of] * capacity)


def _alike(problem: RoutingProblem) -> tuple[np.ndarray, list[int]]:
    """(S,) group of each shift, and the first shift of each group: equal hours, ends and tasks, hence equal prices."""
    tasks: list[list[int]] = [[] for _ in problem.shifts]
    for index, task in enumerate(problem.tasks):
        for s in task.shifts:
            tasks[s].append(index)
    known: dict[tuple, int] = {}
    groups = np.zeros(len(problem.shifts), np.int64)
    firsts: list[int] = []
    for s, row in enumerate(problem.shifts):
        hours = row.start_seconds, row.end_seconds, row.lunch_seconds, row.start_place, row.end_place
        groups[s] = known.setdefault((hours, tuple(tasks[s])), len(known))
        if groups[s] == len(firsts):
            firsts.append(s)
    return groups, firsts


def _pairs(problem: RoutingProblem, shifts: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Seconds used and euros won at most, visit and shift, of each visit on those of its shifts."""
    visits: dict[int, list[int]] = {s: [] for s in shifts}
    stays: dict[int, set[int]] = {s: {problem.shifts[s].start_place} for s in shifts}
    for index, task in enumerate(problem.tasks):
        for s in task.shifts:
            if s not in visits:
                continue
            if task.kind == "visit":
                visits[s].append(index)
            if task.place >= 0:
                stays[s].add(task.place)
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
    places = np.array([t.place for t in problem.tasks], int)
    service = np.array([t.service_seconds for t in problem.tasks], float)
    prize = np.array([t.prize_eur for t in problem.tasks], float)
    for s, members in visits.items():
        j: np.ndarray = np.array(members, int)
        origins = np.array(sorted(stays[s]), int)
        drive = problem.seconds[np.ix_(origins, places[j])].astype(float)
        cost = problem.km[np.ix_(origins, places[j])] * problem.travel_eur_per_km
        at_own_place = origins[:, None] == places[j][None, :]
        several = np.bincount(places[j], minlength=len(problem.places.ids))[places[j]] > 1
        own = at_own_place & ~(several | (places[j] == problem.shifts[s].start_place))[None, :]
        own &= ~np.isin(places[j], _appointment_places(problem, s))[None, :]
        drive, cost = np.where(own, np.inf, drive), np.where(own, np.inf, cost)
        parts.append((service[j] + drive.min(axis=0), prize[j] - cost.min(axis=0), j, np.full(len(j), s)))
    if not parts:
        none = np.zeros(0)
        return none, none, none.astype(int), none.astype(int)
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))  # type: ignore[return-value]


def _appointment_places(problem: RoutingProblem, shift: int) -> list[int]:
    return [t.place for t in problem.tasks if t.kind == "appointment" and t.shifts == (shift,)]


def _capacity_seconds(problem: RoutingProblem) -> np.ndarray:
    """(S,) seconds left for visits and the drives to them."""
    capacity = np.array([s.end_seconds - s.start_seconds - s.lunch_seconds for s in problem.shifts], float)
    back = np.full(len(problem.shifts), np.inf)
    for task in problem.tasks:
        for s in task.shifts:
            if task.kind == "appointment":
                capacity[s] -= task.service_seconds
            at = task.place if task.place >= 0 else problem.shifts[s].start_place
            back[s] = min(back[s], problem.seconds[at, problem.shifts[s].end_place])
            if task.place < 0:
                back[s] = 0.0
    left: np.ndarray = np.maximum(0.0, capacity - np.where(np.isfinite(back), back, 0.0))
    return left


def _row_prices(
    size: np.ndarray, worth: np.ndarray, at_task: np.ndarray, at_shift: np.ndarray, capacity: np.ndarray, tasks: int
) -> np.ndarray:
    """Euros a second of each shift at the optimum of the relaxation; zero, which is valid too, if the LP fails."""
    pairs, shifts = len(worth), len(capacity)
    rows = np.concatenate([at_shift, shifts + at_task])
    columns = np.concatenate([np.arange(pairs), np.arange(pairs)])
    matrix = coo_array((np.concatenate([size, np.ones(pairs)]), (rows, columns)), shape=(shifts + tasks, pairs))
    limits = np.concatenate([capacity, np.ones(tasks)])
    result = linprog(-worth, A_ub=matrix.tocsr(), b_ub=limits, method="highs")
    if result.status != 0:
        return np.zeros(shifts)
    prices: np.ndarray = np.maximum(0.0, -np.asarray(result.ineqlin.marginals)[:shifts])
    return prices
