"""Engine `ortools`: OR-Tools' routing library with disjunctions, a time dimension and breaks, one model a rep.

Several windows are holes in the range of the time variable; allowed days are allowed vehicles; lunch is a break
interval. OR-Tools may put a break into a drive; the exact schedule afterwards does not. The library counts no steps
(its guided search ends by the clock), so its budget is a descent: parallel insertion, then local search until no move
improves, which ends by itself and is the same at every effort. Visits that several reps may do go into the model of the
first of them. Appointments without a place are left out.
"""

from itertools import pairwise

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from solvers.brake import Brake
from solvers.routing.arrays import Arrays, required_bonus_eur
from solvers.routing.problem import SPAN_SECONDS, Orders, RoutingProblem

MILLI_EURO = 1000


def solve(problem: RoutingProblem, arrays: Arrays, *, effort: str, seed: int, brake: Brake) -> Orders:
    """Each rep's days in one model, reps in ascending order; deterministic: neither effort nor seed is used."""
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
        if tasks:
            for shift, order in _solve_rep(problem, tasks, shifts, left):
                sequences[shift] = order
            brake_hit |= brake.pulled()
    return Orders(tuple(sequences), "OR-Tools routing, descent for each rep", brake_hit)


def _solve_rep(
    problem: RoutingProblem, tasks: list[int], shifts: list[int], seconds_left: float
) -> list[tuple[int, tuple[int, ...]]]:
    days = [problem.shifts[s] for s in shifts]
    starts, ends = list(range(len(days))), list(range(len(days), 2 * len(days)))
    places = np.array(
        [*(d.start_place for d in days), *(d.end_place for d in days), *(problem.tasks[i].place for i in tasks)], int
    )
    first = 2 * len(days)
    service = np.array([0] * first + [problem.tasks[i].service_seconds for i in tasks], np.int64)
    drive = problem.seconds[np.ix_(places, places)].astype(np.int64)
    euros = np.rint(MILLI_EURO * problem.km[np.ix_(places, places)] * problem.travel_eur_per_km).astype(np.int64)
    manager = pywrapcp.RoutingIndexManager(len(places), len(days), starts, ends)
    model = pywrapcp.RoutingModel(manager)
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(euros.tolist()))
    spent = model.RegisterTransitMatrix((drive + service[:, None]).tolist())
    model.AddDimension(spent, SPAN_SECONDS, SPAN_SECONDS, False, "time")
    clock = model.GetDimensionOrDie("time")
    bonus = required_bonus_eur(problem)
    for k, i in enumerate(tasks):
        task, index = problem.tasks[i], manager.NodeToIndex(first + k)
        begins = [(a, b - task.service_seconds) for a, b in task.windows if b - a >= task.service_seconds]
        vehicles = [v for v, s in enumerate(shifts) if s in task.shifts]
        prize = task.prize_eur + (bonus if task.required else 0.0)
        model.AddDisjunction([index], round(MILLI_EURO * prize))
        if not begins or not vehicles:
            model.ActiveVar(index).SetValue(0)
            continue
        clock.CumulVar(index).SetRange(begins[0][0], max(b for _, b in begins))
        for (_, until), (after, _) in pairwise(begins):
            if until + 1 < after:
                clock.CumulVar(index).RemoveInterval(until + 1, after - 1)
        model.VehicleVar(index).SetValues([-1, *vehicles])
    solver = model.solver()
    for v, day in enumerate(days):
        clock.CumulVar(model.Start(v)).SetMin(day.start_seconds)
        clock.CumulVar(model.End(v)).SetMax(day.end_seconds)
        if day.lunch_seconds:
            latest = day.lunch_to_seconds - day.lunch_seconds
            lunch = solver.FixedDurationIntervalVar(
                day.lunch_from_seconds, latest, day.lunch_seconds, False, f"lunch {v}"
            )
            clock.SetBreakIntervalsOfVehicle([lunch], v, service.tolist())
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GREEDY_DESCENT
    parameters.time_limit.FromMilliseconds(max(1, int(1000 * seconds_left)))
    found = model.SolveWithParameters(parameters)
    if found is None:
        return []
    return [(s, _read(manager, model, found, v, tasks, first)) for v, s in enumerate(shifts)]


def _read(
    manager: pywrapcp.RoutingIndexManager,
    model: pywrapcp.RoutingModel,
    found: pywrapcp.Assignment,
    vehicle: int,
    tasks: list[int],
    first: int,
) -> tuple[int, ...]:
    order, index = [], found.Value(model.NextVar(model.Start(vehicle)))
    while not model.IsEnd(index):
        order.append(tasks[manager.IndexToNode(index) - first])
        index = found.Value(model.NextVar(index))
    return tuple(order)
