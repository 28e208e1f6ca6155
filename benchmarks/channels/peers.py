"""The same instances by others: PuLP with CBC, PuLP with HiGHS, SCIP, CP-SAT, min-cost flow, and the greedy way.

Solvers get one thread and the same time limit, which counts from the call on; building the model is in the seconds, not
in the limit. An answer is what the solver left in its variables, whatever its status word says.
"""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.channels.cases import BARRED, CAPACITIES, DAYS, SELF_SERVICE, Assignment, Week


@dataclass(frozen=True)
class Pairs:
    """A choice of one pair for each of `items` items, at least cost: pair k is of item[k] and takes minutes[k] of the
    capacity place[k] (-1: none). value[k] is what the instance calls it: a person, or an option.
    """

    item: np.ndarray
    value: np.ndarray
    cost: np.ndarray
    place: np.ndarray
    minutes: np.ndarray
    capacity: np.ndarray
    items: int

    def of_items(self) -> list[list[int]]:
        """The pairs of each item."""
        return [part.tolist() for part in np.split(np.arange(len(self.item)), np.searchsorted(self.item, self._ends()))]

    def of_places(self) -> list[list[int]]:
        """The pairs of each capacity."""
        return [np.flatnonzero(self.place == row).tolist() for row in range(len(self.capacity))]

    def choice(self, taken: np.ndarray) -> np.ndarray | None:
        """(items,) what is chosen, from `taken` (pairs,) near 0 or 1; None if an item has none or several."""
        chosen = np.flatnonzero(np.asarray(taken) > 0.5)
        if not np.array_equal(self.item[chosen], np.arange(self.items)):
            return None
        answer: np.ndarray = self.value[chosen]
        return answer

    def _ends(self) -> np.ndarray:
        return np.arange(1, self.items)


def pairs_of_week(week: Week) -> Pairs:
    """All options that are not barred; cost is the negative value in euros."""
    customer, option = np.nonzero(week.value > BARRED / 2)
    place = np.where(option < CAPACITIES, option, -1)
    minutes = np.where(option < CAPACITIES, week.minutes[customer, option // DAYS].astype(float), 0.0)
    cost = -week.value[customer, option].astype(float)
    return Pairs(customer, option, cost, place, minutes, week.capacity_minutes, len(week.value))


def pairs_of_assignment(problem: Assignment) -> Pairs:
    """All pairs of task and person that fit alone."""
    task, person = np.nonzero((problem.minutes <= problem.capacity[:, None]).T)
    return Pairs(
        task, person, problem.cost[person, task], person, problem.minutes[person, task], problem.capacity,
        problem.cost.shape[1],
    )  # fmt: skip


def by_pulp(pairs: Pairs, seconds: float, *, engine: str) -> np.ndarray | None:
    """PuLP with `cbc` or `highs`."""
    import pulp

    problem = pulp.LpProblem("peer", pulp.LpMinimize)
    names = [f"x{number:07d}" for number in range(len(pairs.item))]
    take = [problem.add_variable(name, 0, 1, pulp.LpBinary) for name in names]
    problem += pulp.LpAffineExpression(list(zip(take, pairs.cost.tolist(), strict=True)))
    for number, members in enumerate(pairs.of_items()):
        left = pulp.LpAffineExpression([(take[k], 1.0) for k in members])
        problem.addConstraint(pulp.LpConstraint(left, pulp.LpConstraintEQ, f"one{number}", 1.0))
    for row, members in enumerate(pairs.of_places()):
        left = pulp.LpAffineExpression([(take[k], float(pairs.minutes[k])) for k in members])
        room = float(pairs.capacity[row])
        problem.addConstraint(pulp.LpConstraint(left, pulp.LpConstraintLE, f"room{row}", room))
    path = pulp.PULP_CBC_CMD.pulp_cbc_path
    if engine == "cbc":
        command = pulp.COIN_CMD(path=path, msg=False, threads=1, timeLimit=seconds)
    else:
        command = pulp.HiGHS(msg=False, threads=1, timeLimit=seconds)
    problem.solve(command)
    return pairs.choice(np.array([variable.value() or 0.0 for variable in take]))


def by_scip(pairs: Pairs, seconds: float) -> np.ndarray | None:
    """SCIP through pyscipopt."""
    from pyscipopt import Model, quicksum

    model = Model()
    model.hideOutput()
    model.setParam("limits/time", seconds)
    take = [model.addVar(vtype="B", obj=cost) for cost in pairs.cost.tolist()]
    for members in pairs.of_items():
        model.addCons(quicksum(take[k] for k in members) == 1)
    for row, members in enumerate(pairs.of_places()):
        model.addCons(quicksum(float(pairs.minutes[k]) * take[k] for k in members) <= float(pairs.capacity[row]))
    model.optimize()
    if not model.getNSols():
        return None
    best = model.getBestSol()
    return pairs.choice(np.array([model.getSolVal(best, variable) for variable in take]))


def by_cp_sat(pairs: Pairs, seconds: float) -> np.ndarray | None:
    """OR-Tools CP-SAT; costs in thousandths where they are not whole, minutes in hundredths, rounded to be safe."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    take = [model.new_bool_var("") for _ in range(len(pairs.item))]
    fine = 1 if np.all(pairs.cost == np.round(pairs.cost)) else 1000
    cents = 1 if np.all(pairs.minutes == np.round(pairs.minutes)) else 100
    for members in pairs.of_items():
        model.add_exactly_one(take[k] for k in members)
    for row, members in enumerate(pairs.of_places()):
        weights = np.ceil(pairs.minutes[members] * cents - 1e-9).astype(int).tolist()
        room = int(np.floor(pairs.capacity[row] * cents + 1e-9))
        model.add(cp_model.LinearExpr.weighted_sum([take[k] for k in members], weights) <= room)
    model.minimize(cp_model.LinearExpr.weighted_sum(take, np.round(pairs.cost * fine).astype(int).tolist()))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 1
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return pairs.choice(np.array([solver.value(variable) for variable in take]))


def by_highs_lp(pairs: Pairs, seconds: float) -> float | None:
    """Least cost of the linear relaxation by HiGHS alone; None if the time was up before."""
    from scipy.optimize import linprog
    from scipy.sparse import coo_matrix

    count = np.arange(len(pairs.item))
    one = coo_matrix((np.ones(len(count)), (pairs.item, count)), shape=(pairs.items, len(count)))
    uses = np.flatnonzero(pairs.place >= 0)
    room = coo_matrix((pairs.minutes[uses], (pairs.place[uses], uses)), shape=(len(pairs.capacity), len(count)))
    found = linprog(
        pairs.cost, A_ub=room.tocsr(), b_ub=pairs.capacity, A_eq=one.tocsr(), b_eq=np.ones(pairs.items),
        bounds=(0, 1), method="highs", options={"time_limit": seconds},
    )  # fmt: skip
    return float(found.fun) if found.status == 0 else None


def by_flow(week: Week) -> np.ndarray:
    """Unit contacts: the best plan by OR-Tools' min-cost flow; euros are whole cents, so it is exact.

    Customer -> option -> sink, with the contacts of a capacity as the last arc's room.
    """
    from ortools.graph.python import min_cost_flow

    pairs = pairs_of_week(week)
    n = pairs.items
    cents = np.round(pairs.cost * 100).astype(np.int64)
    sink = n + CAPACITIES + 1
    room = np.append(np.floor(week.capacity_minutes + 1e-9).astype(np.int64), n)
    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(pairs.item, n + pairs.value, np.ones(len(cents), np.int64), cents)
    options = np.arange(CAPACITIES + 1)
    flow.add_arcs_with_capacity_and_unit_cost(
        n + options, np.full(len(options), sink), room, np.zeros(len(options), np.int64)
    )
    flow.set_nodes_supplies(np.append(np.arange(n), sink), np.append(np.ones(n, np.int64), -n))
    if flow.solve() != flow.OPTIMAL:
        raise RuntimeError("min-cost flow found no solution")
    answer: np.ndarray = pairs.value[flow.flows(arcs) > 0]
    return answer


def greedy_week(week: Week) -> np.ndarray:
    """Customers by their best option's value; each takes the best of its options that still fits."""
    left = week.capacity_minutes.astype(float).copy()
    minutes = week.minutes_of_options()
    ranks = np.argsort(-week.value, axis=1, kind="stable")
    choice = np.full(len(week.value), SELF_SERVICE)
    for customer in np.argsort(-week.value.max(axis=1), kind="stable").tolist():
        for option in ranks[customer].tolist():
            if option == SELF_SERVICE:
                break
            if week.value[customer, option] > BARRED / 2 and minutes[customer, option] <= left[option] + 1e-9:
                left[option] -= minutes[customer, option]
                choice[customer] = option
                break
    return choice


def greedy_assignment(problem: Assignment) -> np.ndarray | None:
    """Tasks by the regret of not getting their cheapest person, each to the cheapest that still fits; None: stuck."""
    left = problem.capacity.astype(float).copy()
    two = np.sort(problem.cost, axis=0)[:2]
    choice = np.full(problem.cost.shape[1], -1)
    for task in np.argsort(two[0] - two[-1], kind="stable").tolist():
        fits = np.flatnonzero(problem.minutes[:, task] <= left + 1e-9)
        if not len(fits):
            return None
        person = fits[problem.cost[fits, task].argmin()]
        choice[task] = person
        left[person] -= problem.minutes[person, task]
    return choice


SOLVERS: dict[str, tuple[str, Callable[..., Any], dict[str, str]]] = {
    "PuLP+CBC": ("pulp", by_pulp, {"engine": "cbc"}),
    "PuLP+HiGHS": ("pulp", by_pulp, {"engine": "highs"}),
    "SCIP": ("pyscipopt", by_scip, {}),
    "CP-SAT": ("ortools", by_cp_sat, {}),
}
"""Name of a peer -> the library it needs, the function, its arguments."""


def installed(peer: str) -> bool:
    """Whether a peer's library is there."""
    return importlib.util.find_spec(SOLVERS[peer][0]) is not None


def solve_with(peer: str, pairs: Pairs, seconds: float) -> np.ndarray | None:
    """(items,) the peer's choice, None if it has found none."""
    _, function, arguments = SOLVERS[peer]
    return function(pairs, seconds, **arguments)  # type: ignore[no-any-return]
