"""All rep-days in one PyVRP model, for problems that need nothing PyVRP cannot say (Wouda, Lan & Kool, 2024).

Equal rep-days are one vehicle type with so many vehicles; who may be visited on which rep-day is a profile with drives
that are forbidden; money is counted so finely that a prize below a drive's cost still counts. PyVRP's own objective and
clock are exact here, so nothing is put right afterwards.
"""

import time
import warnings
from collections.abc import Iterator

import numpy as np
from pyvrp import Client, Depot, Location, ProblemData, Result, VehicleType
from pyvrp import solve as pyvrp_solve
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.stop import MaxIterations, MaxRuntime, MultipleCriteria, StoppingCriterion

from solvers.brake import Brake
from solvers.routing.arrays import idle_eur_per_second
from solvers.routing.problem import RoutingProblem

COST_UNITS = 1000.0
"""Units of PyVRP's whole-number money in a euro."""
HOPE = 0.3
"""Share of the budget after which PyVRP ends if it has found nothing feasible."""
INFEASIBLE = 1 << 62
"""A plan that is not feasible costs more than this in PyVRP."""
FORBIDDEN = 1 << 30
"""Length and duration of a drive that must not be made."""


def cannot_say(problem: RoutingProblem) -> tuple[str, ...]:
    """What the problem asks for that one PyVRP model does not hold."""
    asked = {
        "lunch": any(shift.lunch_seconds for shift in problem.shifts),
        "several windows": any(len(task.windows) != 1 for task in problem.tasks),
        "appointments without a place": any(task.place < 0 for task in problem.tasks),
        "visits that no rep-day may do": any(not task.shifts for task in problem.tasks),
        "visits that bring less on some rep-days": any(task.waited_eur or task.border for task in problem.tasks),
        "overtime": any(shift.overtime_seconds for shift in problem.shifts),
        "drives by their own time": any(shift.pace for shift in problem.shifts),
        "even weeks": problem.even is not None,
    }
    return tuple(name for name, there in asked.items() if there)


class _Hopeless:
    """PyVRP's question whether to stop: yes if a share of its budget has brought no feasible plan."""

    def __init__(self, seconds: float | None, iterations: int | None) -> None:
        self._began, self._asked = time.perf_counter(), 0
        self._seconds = np.inf if seconds is None else HOPE * seconds
        self._iterations = np.inf if iterations is None else HOPE * iterations

    def __call__(self, best_cost: float) -> bool:
        self._asked += 1
        spent = self._asked > self._iterations or time.perf_counter() - self._began > self._seconds
        return spent and best_cost >= INFEASIBLE


class _Pulled:
    """PyVRP's question whether to stop, answered by the brake."""

    def __init__(self, brake: Brake) -> None:
        self._brake = brake

    def __call__(self, best_cost: float) -> bool:
        return self._brake.pulled()


def solve_together(
    problem: RoutingProblem, *, seed: int, brake: Brake, seconds: float | None = None, iterations: int | None = None
) -> tuple[tuple[tuple[int, ...], ...], int]:
    """The order of each shift and the iterations made; () everywhere if PyVRP finds nothing feasible.

    Args:
        problem: one of which `cannot_say` says nothing.
        brake: ends the search early. seconds, iterations: so does whichever is given, and a share of it if nothing
            feasible was found by then.
    """
    groups = _groups(problem)
    data = _data(problem, groups)
    criteria: list[StoppingCriterion] = [_Pulled(brake), _Hopeless(seconds, iterations)]
    if seconds is not None:
        criteria.append(MaxRuntime(max(0.0, seconds)))
    if iterations is not None:
        criteria.append(MaxIterations(iterations))
    with warnings.catch_warnings():  # told by the empty plan
        warnings.simplefilter("ignore", PenaltyBoundWarning)
        result: Result = pyvrp_solve(data, MultipleCriteria(criteria), seed=seed, collect_stats=False, display=False)
    orders: list[tuple[int, ...]] = [()] * len(problem.shifts)
    if result.best.is_feasible():
        free = [iter(members) for members in groups]
        for route in result.best.routes():
            kind: Iterator[int] = free[route.vehicle_type()]
            orders[next(kind)] = tuple(visit.idx for visit in route if visit.is_client())
    return tuple(orders), result.num_iterations


def _groups(problem: RoutingProblem) -> list[list[int]]:
    """Shifts that are the same in all but rep and day."""
    found: dict[tuple, list[int]] = {}
    members = _members(problem)
    for s, shift in enumerate(problem.shifts):
        span = (shift.start_seconds, shift.end_seconds, shift.start_place, shift.end_place, shift.capacity)
        key = (*span, members[s])
        found.setdefault(_same_depot(problem, key), []).append(s)
    return list(found.values())


def _same_depot(problem: RoutingProblem, key: tuple) -> tuple:
    """Places that are one point on the map count as one."""
    places = problem.places
    at = [(float(places.latitude[p]), float(places.longitude[p])) for p in (key[2], key[3])]
    same = problem.seconds[key[2]].tobytes(), problem.seconds[:, key[3]].tobytes()
    return (*key[:2], *at, hash(same), *key[4:])


def _members(problem: RoutingProblem) -> list[tuple[int, ...]]:
    members: list[list[int]] = [[] for _ in problem.shifts]
    for i, task in enumerate(problem.tasks):
        for s in task.shifts:
            members[s].append(i)
    return [tuple(each) for each in members]


def _data(problem: RoutingProblem, groups: list[list[int]]) -> ProblemData:
    first = [problem.shifts[members[0]] for members in groups]
    spots = [p for shift in first for p in (shift.start_place, shift.end_place)]
    places = np.array([*spots, *(task.place for task in problem.tasks)], int)
    idle = idle_eur_per_second(problem)
    seconds = problem.seconds[np.ix_(places, places)].astype(np.int64)
    money = problem.km[np.ix_(places, places)] * problem.travel_eur_per_km + idle * seconds
    cost = np.rint(COST_UNITS * money).astype(np.int64)
    np.fill_diagonal(cost, 0)
    np.fill_diagonal(seconds, 0)
    things = max((len(shift.capacity) for shift in problem.shifts), default=0)
    clients = [
        Client(len(spots) + i, delivery=list(task.load or (0,) * things), service_duration=task.service_seconds,
               tw_early=task.windows[0][0], tw_late=task.windows[0][1] - task.service_seconds,
               prize=round(COST_UNITS * task.prize_eur), required=task.required)
        for i, task in enumerate(problem.tasks)
    ]  # fmt: skip
    membership = _members(problem)
    profiles: dict[tuple[int, ...], int] = {}
    distances, durations, vehicles = [], [], []
    for g, (members, shift) in enumerate(zip(groups, first, strict=True)):
        may = membership[members[0]]
        if may not in profiles:
            profiles[may] = len(profiles)
            closed = np.ones(len(places), bool)
            closed[: len(spots)] = False
            closed[len(spots) + np.array(may, int)] = False
            shut = (closed[:, None] | closed[None, :]) & ~np.eye(len(places), dtype=bool)
            distances.append(np.where(shut, FORBIDDEN, cost))
            durations.append(np.where(shut, FORBIDDEN, seconds))
        vehicles.append(
            VehicleType(len(members), capacity=list(shift.capacity), start_depot=2 * g, end_depot=2 * g + 1,
                        tw_early=shift.start_seconds, tw_late=shift.end_seconds, profile=profiles[may])
        )  # fmt: skip
    locations = [Location(float(problem.places.latitude[p]), float(problem.places.longitude[p])) for p in places]
    return ProblemData(locations, clients, [Depot(k) for k in range(len(spots))], vehicles, distances, durations)
