"""A proven upper bound on what any legal plan can collect, in euros."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from solvers.routing.fastest import least_drives, parking_at
from solvers.routing.problem import RoutingProblem


def upper_bound_eur(problem: RoutingProblem) -> float:
    """No legal plan is worth more than this.

    Argument. On rep-day s each visit j is driven to from some place: the start of s, or a visit or appointment that s
    may have. Let i_js be the shortest such drive in seconds, as fast as the pace of s ever is, and e_js the cheapest in
    euros. Let o_s be the overtime of s, at most over_s seconds for r_s euros each, and w_js what visit j brings on s,
    less what it costs to cross a border (b_js = 1, else 0), of which a plan has at most B. Then a legal day satisfies

        sum_j x_js (service_j + i_js) <= shift - lunch - service of its appointments - shortest drive to its end + o_s,

    and is worth at most sum_j x_js (w_js - e_js) - r_s o_s, appointments' drives left out. With sum_s x_js <= 1,
    sum_js b_js x_js <= B and 0 <= x <= 1 this is a linear relaxation. For any multipliers y_s >= 0 of the rows and
    z >= 0 of the borders, by weak duality (an optimal o_s is 0 or over_s),

        sum_s (y_s capacity_s + max(0, y_s - r_s) over_s) + z B
            + sum_j max(0, max_s (w_js - e_js - z b_js - y_s (service_j + i_js)))

    bounds it, hence the plan. The multipliers come from an LP, the bound from this sum, so the tolerances of the LP
    cannot make it wrong. Requirements are left out, which can only raise it. Rounded up to whole cents.
    """
    return knapsack_prices(problem).bound_eur


@dataclass(frozen=True)
class KnapsackPrices:
    """bound_eur: see `upper_bound_eur`. visits_eur: (T,) what each task is worth beyond the time it takes. shifts_eur:
    (S,) what the whole time of each rep-day is worth, overtime less its cost. border_eur: what it is worth to make one
    more visit across a border, 0 where these are not limited."""

    bound_eur: float
    visits_eur: np.ndarray
    shifts_eur: np.ndarray
    border_eur: float


@dataclass(frozen=True)
class _Pairs:
    """Visits on rep-days: (P,) seconds used and euros won at most, task and shift; border: 1.0 across one, else 0.0."""

    size: np.ndarray
    worth: np.ndarray
    task: np.ndarray
    shift: np.ndarray
    border: np.ndarray

    def only(self, chosen: np.ndarray) -> "_Pairs":
        """Some of them."""
        columns = self.size, self.worth, self.task, self.shift, self.border
        return _Pairs(*(column[chosen] for column in columns))


def knapsack_prices(problem: RoutingProblem) -> KnapsackPrices:
    """The bound of `upper_bound_eur` with the prices it is made of; with the price of a border for each visit that may
    cross one, they sum to it before rounding."""
    group_of, firsts = _alike(problem)
    pairs = _pairs(problem, firsts)
    capacity, over, rate = _capacity_seconds(problem)
    pairs = pairs.only((pairs.worth > 0) & (pairs.size <= (capacity + over)[pairs.shift]))
    best = np.zeros(len(problem.tasks))
    if not len(pairs.worth):
        return KnapsackPrices(0.0, best, np.zeros(len(capacity)), 0.0)
    at_group = group_of[pairs.shift]
    rooms, overs = (np.bincount(group_of, weights=each, minlength=len(firsts)) for each in (capacity, over))
    most = problem.borders.most_visits if problem.borders else 0
    price, border = _prices(pairs, at_group, rooms, overs, rate[firsts], most, len(problem.tasks))
    np.maximum.at(best, pairs.task, pairs.worth - price[at_group] * pairs.size - border * pairs.border)
    bought = np.maximum(0.0, price - rate[firsts])
    bound = float(np.ceil(100 * (price @ rooms + bought @ overs + border * most + best.sum()) + 1e-6) / 100)
    return KnapsackPrices(bound, best, price[group_of] * capacity + bought[group_of] * over, border)


def _alike(problem: RoutingProblem) -> tuple[np.ndarray, list[int]]:
    """(S,) group of each shift, and the first shift of each group: equal hours, ends and tasks, hence equal prices."""
    tasks: list[list[tuple[int, float, bool]]] = [[] for _ in problem.shifts]
    for index, task in enumerate(problem.tasks):
        for s, waited in zip(task.shifts, task.waited_eur or (0.0,) * len(task.shifts), strict=True):
            tasks[s].append((index, waited, s in task.border))
    known: dict[tuple, int] = {}
    groups = np.zeros(len(problem.shifts), np.int64)
    firsts: list[int] = []
    for s, row in enumerate(problem.shifts):
        hours = row.start_seconds, row.end_seconds, row.lunch_seconds, row.start_place, row.end_place
        late = row.overtime_seconds, row.overtime_eur_per_hour, row.pace
        groups[s] = known.setdefault((hours, late, tuple(tasks[s])), len(known))
        if groups[s] == len(firsts):
            firsts.append(s)
    return groups, firsts


def _pairs(problem: RoutingProblem, shifts: list[int]) -> _Pairs:
    """Each visit on those of its shifts."""
    visits: dict[int, list[int]] = {s: [] for s in shifts}
    prizes: dict[int, list[float]] = {s: [] for s in shifts}
    borders: dict[int, list[bool]] = {s: [] for s in shifts}
    stays: dict[int, set[int]] = {s: {problem.shifts[s].start_place} for s in shifts}
    fee = problem.borders.eur_per_visit if problem.borders else 0.0
    for index, task in enumerate(problem.tasks):
        for s, waited in zip(task.shifts, task.waited_eur or (0.0,) * len(task.shifts), strict=True):
            if s not in visits:
                continue
            if task.kind == "visit":
                visits[s].append(index)
                borders[s].append(s in task.border)
                prizes[s].append(task.prize_eur - waited - fee * borders[s][-1])
            if task.place >= 0:
                stays[s].add(task.place)
    parts: list[tuple[np.ndarray, ...]] = []
    places = np.array([t.place for t in problem.tasks], int)
    service = np.array([t.service_seconds for t in problem.tasks], float)
    several_at = np.bincount(places[places >= 0], minlength=len(problem.places.ids)) > 1
    for s, members in visits.items():
        j: np.ndarray = np.array(members, int)
        origins = np.array(sorted(stays[s]), int)
        parking = parking_at(problem, places[j])
        drive = least_drives(problem.shifts[s], problem.seconds[np.ix_(origins, places[j])], parking).astype(float)
        cost = problem.km[np.ix_(origins, places[j])] * problem.travel_eur_per_km
        at_own_place = origins[:, None] == places[j][None, :]
        own = at_own_place & ~(several_at[places[j]] | (places[j] == problem.shifts[s].start_place))[None, :]
        own &= ~np.isin(places[j], _appointment_places(problem, s))[None, :]
        drive, cost = np.where(own, np.inf, drive), np.where(own, np.inf, cost)
        worth = np.array(prizes[s], float) - cost.min(axis=0)
        crosses = np.array(borders[s], float)
        parts.append((service[j] + drive.min(axis=0), worth, j, np.full(len(j), s), crosses))
    if not parts:
        none = np.zeros(0)
        return _Pairs(none, none, none.astype(int), none.astype(int), none)
    return _Pairs(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _appointment_places(problem: RoutingProblem, shift: int) -> list[int]:
    return [t.place for t in problem.tasks if t.kind == "appointment" and t.shifts == (shift,)]


def _capacity_seconds(problem: RoutingProblem) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(S,) each: seconds left for visits and the drives to them, those that overtime adds, euros a second of these."""
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
    for s, row in enumerate(problem.shifts):
        if row.pace and np.isfinite(back[s]):
            back[s] = least_drives(row, back[s], parking_at(problem, [row.end_place])[0])
    capacity -= np.where(np.isfinite(back), back, 0.0)
    left = np.maximum(0.0, capacity)
    over = np.maximum(0.0, capacity + np.array([s.overtime_seconds for s in problem.shifts], float)) - left
    return left, over, np.array([s.overtime_eur_per_hour / 3600 for s in problem.shifts], float)


def _prices(
    pairs: _Pairs,
    at_group: np.ndarray,
    rooms: np.ndarray,
    overs: np.ndarray,
    rate: np.ndarray,
    border_visits: int,
    tasks: int,
) -> tuple[np.ndarray, float]:
    """Euros a second of each group's shifts, and of a visit across a border, at the optimum of the relaxation; zero,
    which is valid too, if the LP fails."""
    count, groups = len(pairs.worth), len(rooms)
    late, cross = np.flatnonzero(overs > 0), np.flatnonzero(pairs.border)
    rows = np.concatenate([at_group, groups + pairs.task, late, np.full(len(cross), groups + tasks)])
    every = np.arange(count)
    columns = np.concatenate([every, every, count + np.arange(len(late)), cross])
    entries = np.concatenate([pairs.size, np.ones(count), -np.ones(len(late)), np.ones(len(cross))])
    shape = groups + tasks + bool(len(cross)), count + len(late)
    matrix = coo_array((entries, (rows, columns)), shape=shape)
    limits = np.concatenate([rooms, np.ones(tasks), [float(border_visits)] * bool(len(cross))])
    cost = np.concatenate([-pairs.worth, rate[late]])
    highest = np.concatenate([np.full(count, np.inf), overs[late]])
    result = linprog(
        cost, A_ub=matrix.tocsr(), b_ub=limits, bounds=np.stack([np.zeros(len(cost)), highest], 1), method="highs"
    )
    if result.status != 0:
        return np.zeros(groups), 0.0
    prices = np.maximum(0.0, -np.asarray(result.ineqlin.marginals))
    return prices[:groups], float(prices[-1]) if len(cross) else 0.0
