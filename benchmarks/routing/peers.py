"""Other ways to plan the same routing problem: OR-Tools, VROOM, PyVRP by itself, and simple rules.

Each takes the problem that Muster's own engine takes, and returns the order of each shift. None gets more time.
"""

import datetime as dt
import importlib.util
import math
from collections.abc import Sequence

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from solvers.brake import Brake
from solvers.routing.arrays import idle_eur_per_second, required_bonus_eur
from solvers.routing.problem import RoutingProblem
from solvers.routing.pyvrp_model import solve_together

Orders = tuple[tuple[int, ...], ...]
MILLI = 1000
VROOM_PRIORITIES, VROOM_EXPLORATION = 100, 5
LATEST = 1 << 40


def pyvrp(problem: RoutingProblem, seconds: float, seed: int) -> Orders:
    """PyVRP with prizes of 1,000 units a point, one model for all shifts."""
    return solve_together(problem, seed=seed, brake=Brake(math.inf), seconds=seconds)[0]


def _money(problem: RoutingProblem, places: np.ndarray) -> np.ndarray:
    """Thousandths of a point for each drive, the same as the other engines count."""
    grid = np.ix_(places, places)
    money = problem.km[grid] * problem.travel_eur_per_km + idle_eur_per_second(problem) * problem.seconds[grid]
    whole: np.ndarray = np.rint(MILLI * money).astype(np.int64)
    return whole


def ortools(problem: RoutingProblem, seconds: float, seed: int) -> Orders:
    """OR-Tools' routing library: parallel insertion, then guided local search until the limit; seed is not used."""
    shifts = problem.shifts
    spots = [p for s in shifts for p in (s.start_place, s.end_place)]
    places = np.array([*spots, *(t.place for t in problem.tasks)], int)
    first = len(spots)
    ends = list(range(0, first, 2)), list(range(1, first, 2))
    manager = pywrapcp.RoutingIndexManager(len(places), len(shifts), *ends)
    model = pywrapcp.RoutingModel(manager)
    money = _money(problem, places)
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(money.tolist()))
    service = np.array([0] * first + [t.service_seconds for t in problem.tasks], np.int64)
    drive = problem.seconds[np.ix_(places, places)].astype(np.int64)
    latest = max(s.end_seconds for s in shifts)
    model.AddDimension(model.RegisterTransitMatrix((drive + service[:, None]).tolist()), latest, latest, False, "time")
    clock = model.GetDimensionOrDie("time")
    for d in range(max((len(s.capacity) for s in shifts), default=0)):
        loads = [0] * first + [t.load[d] if t.load else 0 for t in problem.tasks]
        taken = model.RegisterUnaryTransitVector(loads)
        model.AddDimensionWithVehicleCapacity(taken, 0, [s.capacity[d] for s in shifts], True, f"load {d}")
    bonus = required_bonus_eur(problem)
    everywhere = set(range(len(shifts)))
    for i, task in enumerate(problem.tasks):
        index = manager.NodeToIndex(first + i)
        penalty = round(MILLI * (task.prize_eur + (bonus if task.required else 0.0)))
        model.AddDisjunction([index], penalty)
        (begin, end) = task.windows[0]
        clock.CumulVar(index).SetRange(begin, max(begin, end - task.service_seconds))
        if set(task.shifts) != everywhere:
            model.VehicleVar(index).SetValues([-1, *task.shifts])
    for v, shift in enumerate(shifts):
        clock.CumulVar(model.Start(v)).SetMin(shift.start_seconds)
        clock.CumulVar(model.End(v)).SetMax(shift.end_seconds)
    asked = pywrapcp.DefaultRoutingSearchParameters()
    asked.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    asked.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    asked.time_limit.FromMilliseconds(int(1000 * seconds))
    found = model.SolveWithParameters(asked)
    orders: list[tuple[int, ...]] = [()] * len(shifts)
    for v in range(len(shifts) if found is not None else 0):
        index, order = found.Value(model.NextVar(model.Start(v))), []
        while not model.IsEnd(index):
            order.append(manager.IndexToNode(index) - first)
            index = found.Value(model.NextVar(index))
        orders[v] = tuple(order)
    return tuple(orders)


def has_vroom() -> bool:
    """Whether pyvroom is installed (extra `bench`)."""
    return importlib.util.find_spec("vroom") is not None


def vroom(problem: RoutingProblem, seconds: float, seed: int) -> Orders:
    """VROOM at its highest exploration; prizes become priorities 0 to 100; it may overrun the limit, seconds say so."""
    import vroom as library

    asked = library.Input()
    asked.set_durations_matrix("car", problem.seconds.astype(np.uint32))
    most = max((t.prize_eur for t in problem.tasks), default=0.0)
    for v, shift in enumerate(problem.shifts):
        asked.add_vehicle(
            library.Vehicle(
                v, start=shift.start_place, end=shift.end_place, time_window=(shift.start_seconds, shift.end_seconds),
                capacity=list(shift.capacity),
            )
        )  # fmt: skip
    everywhere = len(problem.shifts)
    if any(len(t.shifts) != everywhere for t in problem.tasks):
        raise ValueError("VROOM has no list of allowed shifts")
    for i, task in enumerate(problem.tasks):
        begin, end = task.windows[0]
        weight = VROOM_PRIORITIES if task.required else round(VROOM_PRIORITIES * task.prize_eur / max(most, 1e-9))
        asked.add_job(
            library.Job(
                i, location=task.place, default_service=task.service_seconds, priority=weight,
                time_windows=[(begin, end - task.service_seconds)], delivery=list(task.load),
            )
        )  # fmt: skip
    found = asked.solve(exploration_level=VROOM_EXPLORATION, nb_threads=1, timeout=dt.timedelta(seconds=seconds))
    orders: list[list[int]] = [[] for _ in problem.shifts]
    for row in found.routes.to_dict("records"):
        if row["type"] == "job":
            orders[int(row["vehicle_id"])].append(int(row["id"]))
    return tuple(map(tuple, orders))


def nearest_neighbour(problem: RoutingProblem, seconds: float, seed: int) -> Orders:
    """Each shift in turn drives to the nearest customer it can still serve and be home in time."""
    left = set(range(len(problem.tasks)))
    return tuple(_chase(problem, s, left) for s in range(len(problem.shifts)))


TOP = 10


def top_by_value(problem: RoutingProblem, seconds: float, seed: int) -> Orders:
    """Each shift takes the ten customers worth most of those left, then drives to the nearest of them."""
    left = set(range(len(problem.tasks)))
    orders = []
    for s in range(len(problem.shifts)):
        mine = sorted((i for i in left if s in problem.tasks[i].shifts), key=lambda i: -problem.tasks[i].prize_eur)
        orders.append(_chase(problem, s, set(mine[:TOP])))
        left -= set(orders[-1])
    return tuple(orders)


def _chase(problem: RoutingProblem, shift: int, left: set[int]) -> tuple[int, ...]:
    """Nearest neighbour for one shift; what it serves is taken out of `left`."""
    day = problem.shifts[shift]
    place, now, load = day.start_place, day.start_seconds, list(day.capacity)
    order: list[int] = []
    while True:
        best, best_end = -1, LATEST
        for i in sorted(left, key=lambda i: (int(problem.seconds[place, problem.tasks[i].place]), i)):
            task = problem.tasks[i]
            begin = max(now + int(problem.seconds[place, task.place]), task.windows[0][0])
            end = begin + task.service_seconds
            home = end + int(problem.seconds[task.place, day.end_place])
            room = _room(load, task.load)
            if shift in task.shifts and end <= task.windows[0][1] and home <= day.end_seconds and room:
                best, best_end = i, end
                break
        if best < 0:
            return tuple(order)
        left.discard(best)
        order.append(best)
        load = [have - take for have, take in zip(load, problem.tasks[best].load, strict=False)]
        place, now = problem.tasks[best].place, best_end


def _room(load: Sequence[int], take: Sequence[int]) -> bool:
    return all(have >= need for have, need in zip(load, take, strict=False))
