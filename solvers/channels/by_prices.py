"""Packing programmes of many customers by prices of the capacities, where each customer has one contact at most.

The programme is handed to `solvers.channels.dual` as customers x places of options: a customer's columns stand side by
side, and columns that count against the same capacities share a resource.
"""

import numpy as np

from scenarios.schema import Effort
from solvers.brake import Brake
from solvers.channels.dual import BARRED_EUR, CapacityPlan, CapacityProblem, solve
from solvers.channels.model import Packing
from solvers.channels.search import Found


def one_contact_each(packing: Packing) -> bool:
    """Whether all rows but the capacities say that a customer takes one column at most."""
    rows = np.unique(packing.customer_row)
    weights = packing.matrix[rows].data
    return bool((packing.limit[rows] == 1).all() and (weights == 1).all() and len(weights) == len(packing.order_eur))


def search_by_prices(
    packing: Packing, *, effort: Effort, seed: int, brake: Brake, start: np.ndarray | None = None
) -> Found:
    """The best packing that prices, least-regret repair and exchanges at the margin lead to.

    Args:
        packing: of customers with one contact each (`one_contact_each`).
        seed: of the sample on which prices are looked for first.
        start: (rows,) euros per unit to begin at, as last week's; None: a cold start.
    """
    problem, column = as_options(packing)
    warm = None if start is None else start[_capacities(packing)]
    plan = solve(problem, warm_prices=warm, effort=effort, seed=seed, brake=brake)
    begun = "" if warm is None else ", begun at the prices of an earlier run"
    return as_found(packing, plan, column, begun=begun)


def as_found(packing: Packing, plan: CapacityPlan, column: np.ndarray, *, begun: str = "") -> Found:
    """What a plan of `as_options` says about the packing; `column` as there. begun: what its method says besides."""
    taken = column[np.arange(len(plan.choice)), plan.choice]
    chosen = np.zeros(len(packing.order_eur), dtype=bool)
    chosen[taken[taken >= 0]] = True
    duals = np.zeros(len(packing.limit))
    duals[_capacities(packing)] = plan.prices_eur_per_minute
    value = float(packing.order_eur @ chosen)
    method = f"{plan.method} ({plan.iterations} passes{begun})" if plan.iterations else plan.method
    return Found(chosen, value, max(plan.bound, value), duals, plan.brake_hit, method)


def _capacities(packing: Packing) -> np.ndarray:
    """Numbers of the rows that are capacities."""
    return np.setdiff1d(np.arange(len(packing.limit)), packing.customer_row)


def as_options(packing: Packing) -> tuple[CapacityProblem, np.ndarray]:
    """The problem of customers x options, and the column (customers, options) behind each option, -1: none.

    The last option of everybody is no contact.
    """
    customers, who = np.unique(packing.customer_row, return_inverse=True)
    order = np.argsort(who, kind="stable")
    size = np.bincount(who, minlength=len(customers))
    place = np.empty(len(who), dtype=np.int64)
    place[order] = np.arange(len(who)) - np.repeat(np.cumsum(size) - size, size)
    options = int(size.max(initial=0)) + 1
    capacities = np.setdiff1d(np.arange(len(packing.limit)), customers)
    uses = packing.matrix[capacities].tocsc()
    uses.sort_indices()
    count = np.diff(uses.indptr)
    minutes = np.zeros(len(who))
    minutes[count > 0] = uses.data[uses.indptr[:-1][count > 0]]
    # Columns with the same capacities have the same sum of random numbers; 64 bits leave no room for chance.
    mark = np.random.default_rng(0).integers(1, 2**62, len(capacities)).astype(np.uint64)
    sums = np.zeros(len(who), dtype=np.uint64)
    np.add.at(sums, np.repeat(np.arange(len(who)), count), mark[uses.indices])
    kinds, first, kind = np.unique(sums[count > 0], return_index=True, return_inverse=True)
    rows = np.zeros((len(capacities), len(kinds)))
    for number, column in enumerate(np.flatnonzero(count > 0)[first].tolist()):
        rows[uses.indices[uses.indptr[column] : uses.indptr[column + 1]], number] = 1.0
    value = np.full((len(customers), options), 10 * BARRED_EUR)
    value[:, -1] = 0.0
    value[who, place] = packing.order_eur
    taking = np.zeros((len(customers), options))
    taking[who, place] = minutes
    resource = np.full((len(customers), options), -1, dtype=np.int32)
    resource[who[count > 0], place[count > 0]] = kind.reshape(-1)
    column = np.full((len(customers), options), -1, dtype=np.int64)
    column[who, place] = np.arange(len(who))
    limit = packing.limit[capacities]
    if rows.shape[0] == rows.shape[1] and (rows.sum(axis=0) == 1).all() and (rows.sum(axis=1) == 1).all():
        place = np.append(rows.argmax(axis=0), -1)  # each kind has a capacity of its own, which then is the resource
        return CapacityProblem(value, taking, limit, place[resource].astype(np.int32), np.arange(options)), column
    return CapacityProblem(value, taking, limit, resource, np.arange(options), rows), column
