"""Which visits each rep's week is solved with: those that bring most a minute there, each visit with one rep."""

from dataclasses import dataclass

import numpy as np

from solvers.routing.pool.day import prize_eur
from solvers.routing.problem import RoutingProblem
from solvers.travel import Places, TravelModel

MOST = 250
"""Visits a rep's week is solved with, at most; required and pinned ones come on top."""
DRIVE_SHARE = 0.25
"""Share of the drive from home that a visit is charged: neighbours share the way out."""


@dataclass(frozen=True)
class Candidates:
    """reps: rep_id of each; shifts: its rep-days; tasks: its candidates, best first; waiting: those beyond MOST that
    rank next, which the border pass may take."""

    reps: tuple[str, ...]
    shifts: tuple[tuple[int, ...], ...]
    tasks: tuple[tuple[int, ...], ...]
    waiting: tuple[tuple[int, ...], ...]


def choose(problem: RoutingProblem, *, travel: TravelModel | None) -> Candidates:
    """Each task goes to the rep with whom it brings most a minute; a rep keeps its best `MOST`.

    A task that is too low on its best rep's list is offered to the next best, in descending order of value a minute.
    """
    reps = tuple(dict.fromkeys(s.rep_id for s in problem.shifts))
    number = {rep: k for k, rep in enumerate(reps)}
    of_shift = np.array([number[s.rep_id] for s in problem.shifts], np.int64)
    home = {number[s.rep_id]: s.start_place for s in reversed(problem.shifts)}
    pairs = np.array(
        [(i, r) for i, t in enumerate(problem.tasks) for r in sorted({int(of_shift[s]) for s in t.shifts})], np.int64
    ).reshape(-1, 2)
    density = _euros_a_second(problem, pairs, home, of_shift, travel)
    must = np.array([t.required or t.kind == "appointment" for t in problem.tasks], bool)
    order = np.lexsort((pairs[:, 1], pairs[:, 0], -density, ~must[pairs[:, 0]]))
    taken, rest = np.full(len(problem.tasks), -1), np.full(len(problem.tasks), -1)
    tasks: list[list[int]] = [[] for _ in reps]
    waiting: list[list[int]] = [[] for _ in reps]
    for task, rep in pairs[order].tolist():
        if taken[task] >= 0:
            continue
        if must[task] or len(tasks[rep]) < MOST:
            taken[task] = rep
            tasks[rep].append(task)
        elif rest[task] < 0:
            rest[task] = rep
    for task in np.flatnonzero((taken < 0) & (rest >= 0)).tolist():
        waiting[rest[task]].append(task)
    days: list[list[int]] = [[] for _ in reps]
    for shift, rep in enumerate(of_shift.tolist()):
        days[rep].append(shift)
    return Candidates(reps, *(tuple(tuple(each) for each in part) for part in (days, tasks, waiting)))


def best_prizes(problem: RoutingProblem, of_shift: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """(P,) the most that a task brings on any rep-day of a rep.

    of_shift: (S,) number of each shift's rep. pairs: (P, 2) task and rep; the rep has a day on which it may be done.
    """
    prize: np.ndarray = np.array([t.prize_eur for t in problem.tasks], float)[pairs[:, 0]]
    if not problem.borders and not any(t.waited_eur for t in problem.tasks):
        return prize
    for k, (task, rep) in enumerate(pairs.tolist()):
        days = [s for s in problem.tasks[task].shifts if of_shift[s] == rep]
        prize[k] = max(prize_eur(problem, s, task) for s in days)
    return prize


def _euros_a_second(
    problem: RoutingProblem, pairs: np.ndarray, home: dict[int, int], of_shift: np.ndarray, travel: TravelModel | None
) -> np.ndarray:
    """Best prize of each (task, rep) less the travel it is charged, by second of service and charged drive."""
    density = np.zeros(len(pairs))
    place = np.array([t.place for t in problem.tasks], np.int64)
    service = np.array([t.service_seconds for t in problem.tasks], float)
    prize = best_prizes(problem, of_shift, pairs)
    by_rep = np.argsort(pairs[:, 1], kind="stable")
    first = np.searchsorted(pairs[by_rep, 1], np.arange(len(home) + 1))
    for rep, at in home.items():
        mine = by_rep[first[rep] : first[rep + 1]]
        tasks = pairs[mine, 0]
        stops = np.where(place[tasks] >= 0, place[tasks], at)
        if travel is None:
            seconds, km = problem.seconds[at, stops], problem.km[at, stops]
        else:
            here, there = (_places(problem.places, np.atleast_1d(index)) for index in (np.array([at]), stops))
            seconds, km = (matrix[0] for matrix in travel.matrix(here, there))
        charged = 60.0 + service[tasks] + 2 * DRIVE_SHARE * seconds
        density[mine] = (prize[mine] - problem.travel_eur_per_km * 2 * DRIVE_SHARE * km) / charged
    return density


def _places(places: Places, index: np.ndarray) -> Places:
    return Places(places.ids[index], places.latitude[index], places.longitude[index], places.parks[index])
