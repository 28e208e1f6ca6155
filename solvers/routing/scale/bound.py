"""An upper bound for problems too large for a linear programme: knapsacks of the reps, prices by a smoothed dual.

A route is a chain of drives. Half of each drive is charged to either end, so a visit j of rep r costs at least

    size_jr = service_j + (in_jr + out_jr) / 2

seconds, in and out being the shortest drives to j and from j that the rep may have, from and to different visits. A day
also costs half the shortest drive from home and half the shortest one back. The same holds for euros of travel. Drives
take what they take at least on any of the rep's days, a visit brings the most it brings on any of them, and overtime is
bought at the rep's lowest price. For any multipliers y >= 0 of the reps' time (Lagrange; Fisher, 1981), no plan is
worth more than

    sum_r (y_r time_r + max(0, y_r - rate_r) overtime_r) + sum_j max(0, max_r (prize_jr - travel_jr - y_r size_jr))

Windows, which visits are chosen together and how many cross a border are left out, which can only raise it.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from solvers.routing.fastest import least_drives, parking_at
from solvers.routing.problem import RoutingProblem
from solvers.routing.scale.candidates import best_prizes
from solvers.travel import Places, TravelModel

HEATS = (0.4, 0.1, 0.02, 0.004)
"""Share of the mean worth by which the best offer of a visit is smoothed, one search after the other."""
ROUNDS = 80
"""Steps of each search."""


def quick_bound_eur(problem: RoutingProblem, *, travel: TravelModel | None) -> float:
    """No legal plan is worth more than this; rounded up to whole cents."""
    reps = {rep: k for k, rep in enumerate(dict.fromkeys(s.rep_id for s in problem.shifts))}
    of_shift = np.array([reps[s.rep_id] for s in problem.shifts], np.int64)
    open_to = [sorted({int(of_shift[s]) for s in t.shifts}) for t in problem.tasks]
    pairs = np.array([(i, r) for i, mine in enumerate(open_to) for r in mine], np.int64).reshape(-1, 2)
    size, worth = np.zeros(len(pairs)), np.zeros(len(pairs))
    best = best_prizes(problem, of_shift, pairs)
    room, longest, over, rate = (np.zeros(len(reps)) for _ in range(4))
    by_rep = np.argsort(pairs[:, 1], kind="stable")
    first = np.searchsorted(pairs[by_rep, 1], np.arange(len(reps) + 1))
    for rep in range(len(reps)):
        rows = by_rep[first[rep] : first[rep + 1]]
        days = [s for s, r in zip(problem.shifts, of_shift, strict=True) if r == rep]
        size[rows], travel_eur, home = _least(problem, pairs[rows, 0], days, travel)
        worth[rows] = best[rows] - travel_eur
        spans = np.array([s.end_seconds - s.start_seconds - s.lunch_seconds - home for s in days])
        late = np.array([s.overtime_seconds for s in days], float)
        room[rep], longest[rep] = np.maximum(0.0, spans).sum(), np.maximum(0.0, spans + late).max()
        over[rep] = np.maximum(0.0, spans + late).sum() - room[rep]
        rate[rep] = min(s.overtime_eur_per_hour for s in days) / 3600
    fits = (worth > 0) & (size <= longest[pairs[:, 1]])
    pairs, size, worth = pairs[fits], size[fits], worth[fits]
    if not len(pairs):
        return 0.0
    return float(np.ceil(100 * _by_prices(pairs, size, worth, _Time(room, over, rate)) + 1e-6) / 100)


class _Time(NamedTuple):
    """(R,) each: seconds of a rep's days, seconds that overtime adds, euros a second of these."""

    room: np.ndarray
    over: np.ndarray
    rate: np.ndarray


def _by_prices(pairs: np.ndarray, size: np.ndarray, worth: np.ndarray, time: _Time) -> float:
    """The least sum found over prices of the reps' time; each sum is a bound, however good the prices are.

    The largest of a visit's offers is smoothed by a temperature (Nesterov, 2005), which makes the sum convex and
    smooth in the prices; L-BFGS-B goes on from the prices of the temperature before.

    pairs: (P, 2) task and rep, by task. Overtime's part of the sum is smoothed in the same way.
    """
    room, over, rate = time
    task, rep = pairs[:, 0], pairs[:, 1]
    first = np.flatnonzero(np.append(True, np.diff(task) > 0))
    many = np.diff(np.append(first, len(pairs)))

    def offers(price: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        left = worth - price[rep] * size
        return left, np.maximum(0.0, np.maximum.reduceat(left, first))

    def smooth(price: np.ndarray, heat: float) -> tuple[float, np.ndarray]:
        left, most = offers(price)
        share = np.exp((left - np.repeat(most, many)) / heat)
        total = np.add.reduceat(share, first) + np.exp(-most / heat)
        value = price @ room + np.sum(most + heat * np.log(total))
        asked = np.bincount(rep, weights=size * share / np.repeat(total, many), minlength=len(room))
        dear = np.clip((price - rate) * over / heat, -700, 700)
        value += heat * float(np.logaddexp(0.0, dear)[over > 0].sum())
        return float(value), room - asked + over / (1.0 + np.exp(-dear))

    # Prices are searched in units of the mean worth of a second, so that steps of all problems are of one size.
    unit = float(worth.sum() / size.sum())

    def scaled(x: np.ndarray, heat: float) -> tuple[float, np.ndarray]:
        value, slope = smooth(x * unit, heat)
        return value, slope * unit

    price, best = np.full(len(room), unit), np.inf
    for heat in HEATS:
        found = minimize(
            scaled, price / unit, args=(heat * float(worth.mean()),), jac=True, method="L-BFGS-B",
            bounds=[(0.0, None)] * len(room), options={"maxiter": ROUNDS},
        )  # fmt: skip
        price = np.maximum(0.0, found.x * unit)
        bought = np.maximum(0.0, price - rate) @ over
        best = min(best, float(price @ room + bought + offers(price)[1].sum()))
    return best


def _least(
    problem: RoutingProblem, tasks: np.ndarray, days: list, travel: TravelModel | None
) -> tuple[np.ndarray, np.ndarray, float]:
    """(seconds and euros each visit takes at least, half drives included, half drives from and to home).

    tasks: those open to a rep. days: the rep's shifts.
    """
    chosen = [problem.tasks[i] for i in tasks.tolist()]
    service = np.array([t.service_seconds for t in chosen], float)
    here = np.array([t.place for t in chosen], np.int64)
    if (here < 0).any() or not len(here):  # beside an appointment without a place any drive may be none
        return service, np.zeros(len(chosen)), 0.0
    starts = np.unique([s.start_place for s in days])
    ends = np.unique([s.end_place for s in days])
    seconds, km = _drives(problem, np.concatenate([here, starts]), np.concatenate([here, ends]), travel)
    parking = parking_at(problem, np.concatenate([here, ends]))
    kinds = {(day.pace, day.start_seconds, day.latest_end_seconds): day for day in days}
    seconds = np.min([least_drives(day, seconds, parking) for day in kinds.values()], axis=0)
    n = len(here)
    eur = problem.travel_eur_per_km * _half(km, n)
    home = 0.5 * (float(seconds[n:, :n].min()) + float(seconds[:n, n:].min()))
    return service + _half(seconds, n), eur, home


def _half(drives: np.ndarray, visits: int) -> np.ndarray:
    """(visits,) half of the least drive in and out of each visit, not both from and to the same other one.

    drives: (visits + starts, visits + ends).
    """
    drives = drives.astype(float)
    index = np.arange(visits)
    drives[index, index] = np.inf
    into, out = drives[:, :visits], drives[:visits, :].T  # both: (from or to, visit)
    i, k = into.argmin(axis=0), out.argmin(axis=0)
    in_1, out_1 = into[i, index], out[k, index]
    in_2 = np.partition(into, 1, axis=0)[1] if len(into) > 1 else np.full(visits, np.inf)
    out_2 = np.partition(out, 1, axis=0)[1] if len(out) > 1 else np.full(visits, np.inf)
    same = (i == k) & (i < visits)
    apart = np.minimum(in_1 + out_2, in_2 + out_1)
    total = np.where(same, apart, in_1 + out_1)
    least: np.ndarray = 0.5 * total
    return least


def _drives(
    problem: RoutingProblem, origins: np.ndarray, destinations: np.ndarray, travel: TravelModel | None
) -> tuple[np.ndarray, np.ndarray]:
    if travel is None:
        at = np.ix_(origins, destinations)
        return problem.seconds[at], problem.km[at]
    places = problem.places
    return travel.matrix(_some(places, origins), _some(places, destinations))


def _some(places: Places, at: np.ndarray) -> Places:
    return Places(places.ids[at], places.latitude[at], places.longitude[at], places.parks[at])
