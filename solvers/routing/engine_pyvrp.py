"""Engine `pyvrp`: PyVRP's iterated local search (Wouda, Lan & Kool, 2024), one model for each rep's days.

What PyVRP cannot say is said here: allowed days by a profile for each set of allowed visits; several windows by
mutually exclusive clients; money in tenths of a cent, so that a prize below a drive's cost still counts. Lunch has no
place of its own, so the clock is cut: the earliest lunch is taken out of the day, later times move up by its length.
Visits that several reps may do go into the model of the first of them. Appointments without a place are left out.
What the cut clock gets wrong is put right afterwards by the exact schedule.
"""

import numpy as np
from pyvrp import Client, ClientGroup, Depot, Location, ProblemData, Solution, VehicleType
from pyvrp import solve as pyvrp_solve
from pyvrp.stop import MaxIterations, MaxRuntime, MultipleCriteria

from solvers.brake import Brake
from solvers.routing.arrays import Arrays, required_bonus_eur
from solvers.routing.problem import SPAN_SECONDS, Orders, RoutingProblem, Shift

ITERATIONS = {"quick": 300, "normal": 1500, "thorough": 10000}
"""Iterations of the local search for each rep."""
MILLI_EURO = 1000
FORBIDDEN = 1 << 30
"""Length and duration of a drive that must not be made: longer than any day, dearer than any prize."""


def solve(problem: RoutingProblem, arrays: Arrays, *, effort: str, seed: int, brake: Brake) -> Orders:
    """Each rep's days in one PyVRP model, reps in ascending order; a rep reached after the brake stays empty."""
    sequences: list[tuple[int, ...]] = [()] * len(problem.shifts)
    brake_hit = False
    chosen = [problem.shifts[task.shifts[0]].rep_id if task.shifts else "" for task in problem.tasks]
    for rep in sorted({shift.rep_id for shift in problem.shifts}):
        tasks = [i for i, home in enumerate(chosen) if home == rep and problem.tasks[i].place >= 0]
        shifts = [s for s, shift in enumerate(problem.shifts) if shift.rep_id == rep]
        left = brake.seconds_left()
        if left <= 0:
            brake_hit = True
            break
        if not tasks:
            continue
        model = _RepModel(problem, tasks, shifts)
        stop = MultipleCriteria([MaxIterations(ITERATIONS[effort]), MaxRuntime(left)])
        result = pyvrp_solve(model.data, stop, seed=seed, collect_stats=False, display=False)
        brake_hit |= brake.pulled()
        for shift, order in model.orders(result.best):
            sequences[shift] = order
    return Orders(tuple(sequences), f"PyVRP, {ITERATIONS[effort]} iterations a rep", brake_hit)


def cut(shift: Shift, second: int) -> int:
    """A time of day on the clock from which the earliest lunch is taken out."""
    if not shift.lunch_seconds or second <= shift.lunch_from_seconds:
        return second
    return max(shift.lunch_from_seconds, second - shift.lunch_seconds)


class _RepModel:
    """PyVRP's data for some tasks on some shifts of one rep, and the way back to task indices."""

    def __init__(self, problem: RoutingProblem, tasks: list[int], shifts: list[int]) -> None:
        self.tasks, self.shifts = tasks, shifts
        days = [problem.shifts[s] for s in shifts]
        spots = [p for day in days for p in (day.start_place, day.end_place)]
        places = np.array([*spots, *(problem.tasks[i].place for i in tasks)], int)
        self.owner: list[int] = []
        clients: list[Client] = []
        groups: list[ClientGroup] = []
        bonus = required_bonus_eur(problem)
        for k, i in enumerate(tasks):
            task = problem.tasks[i]
            prize = round(MILLI_EURO * (task.prize_eur + (bonus if task.required else 0.0)))
            group = len(groups) if len(task.windows) > 1 else None
            if group is not None:
                groups.append(ClientGroup(list(range(len(clients), len(clients) + len(task.windows))), False))
            for begin, end in task.windows:
                early, late = cut(days[0], begin), max(cut(days[0], begin), cut(days[0], end) - task.service_seconds)
                clients.append(
                    Client(len(spots) + k, service_duration=task.service_seconds, tw_early=early,
                           tw_late=min(late, SPAN_SECONDS), prize=prize, required=False, group=group)
                )  # fmt: skip
                self.owner.append(i)
        vehicles, distances, durations = [], [], []
        euros = np.rint(MILLI_EURO * problem.km[np.ix_(places, places)] * problem.travel_eur_per_km).astype(np.int64)
        seconds = problem.seconds[np.ix_(places, places)].astype(np.int64)
        profiles: dict[tuple[bool, ...], int] = {}
        for v, (s, day) in enumerate(zip(shifts, days, strict=True)):
            may = tuple(s in problem.tasks[i].shifts for i in tasks)
            if may not in profiles:
                profiles[may] = len(profiles)
                closed = np.concatenate([np.zeros(len(spots), bool), ~np.array(may, bool)])
                shut = (closed[:, None] | closed[None, :]) & ~np.eye(len(places), dtype=bool)
                distances.append(np.where(shut, FORBIDDEN, euros))
                durations.append(np.where(shut, FORBIDDEN, seconds))
            vehicles.append(
                VehicleType(start_depot=2 * v, end_depot=2 * v + 1, tw_early=cut(day, day.start_seconds),
                            tw_late=cut(day, day.end_seconds), profile=profiles[may])
            )  # fmt: skip
        self.data = ProblemData(
            [Location(problem.places.latitude[p], problem.places.longitude[p]) for p in places],
            clients,
            [Depot(k) for k in range(len(spots))],
            vehicles,
            distances,
            durations,
            groups,
        )

    def orders(self, solution: Solution) -> list[tuple[int, tuple[int, ...]]]:
        """(shift, task indices in order) of each used vehicle."""
        return [
            (self.shifts[route.vehicle_type()], tuple(self.owner[stop.idx] for stop in route if stop.is_client()))
            for route in solution.routes()
        ]
