"""The programme of the customers at the margin, all others as they are: as a relaxation it makes the prices exact and
names the few customers that must be split; as a whole-number programme it finds the best way not to split them.

Written over gains: an option counts with what it is worth beyond the customer's best option that uses nothing.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, vstack

from solvers.channels.dual.passes import Passes
from solvers.channels.dual.problem import BARRED_EUR, CapacityProblem
from solvers.channels.dual.repair import use_of, value_of
from solvers.channels.model import Packing


@dataclass(frozen=True)
class Marginal:
    """The packing programme of some customers.

    customers (k,); free (k,): each one's best option that uses nothing. place (m,), option (m,): whose and which option
    each column is. capacity_row (rows of the packing,): the capacity of each row, -1 for customers' rows.
    base_eur: what the plan is worth with these customers on their free options.
    """

    packing: Packing
    customers: np.ndarray
    free: np.ndarray
    place: np.ndarray
    option: np.ndarray
    capacity_row: np.ndarray
    base_eur: float

    def options_taken(self, chosen: np.ndarray) -> np.ndarray:
        """(k,) the option of each customer under a choice (m,) of columns."""
        taken = self.free.copy()
        taken[self.place[chosen]] = self.option[chosen]
        return taken

    def columns_of(self, option: np.ndarray) -> np.ndarray:
        """(m,) the choice of columns that says the customers take these options (k,)."""
        return np.asarray(self.option == option[self.place])

    def prices(self, duals: np.ndarray, capacities: int) -> np.ndarray:
        """(capacities,) prices from the duals of the packing's rows; 0 for those that nobody here could use."""
        prices = np.zeros(capacities)
        known = self.capacity_row >= 0
        prices[self.capacity_row[known]] = np.maximum(duals[known], 0.0)
        return prices


def free_options(problem: CapacityProblem, customers: np.ndarray) -> np.ndarray:
    """(k,) each customer's best option that uses nothing; -1: has none."""
    value = problem.value[customers].astype(float)
    value[(problem.minutes_of(customers) > 0) | (value <= BARRED_EUR)] = -np.inf
    best = value.argmax(axis=1)
    return np.where(np.isfinite(value[np.arange(len(customers)), best]), best, -1)


def make_marginal(
    passes: Passes, choice: np.ndarray, customers: np.ndarray, *, prices: np.ndarray, loss_eur: float
) -> Marginal:
    """The programme of `customers` when all others take their `choice` (n,).

    Args:
        loss_eur: options that are further behind the customer's best after prices are left out (inf: none are); the
            choice itself stays in.
    """
    problem = passes.problem
    free = free_options(problem, customers)
    value, minutes = problem.value[customers].astype(float), problem.minutes_of(customers)
    gain = value - value[np.arange(len(customers)), free][:, None]
    room = np.append(_longest(passes), np.inf)[problem.resources_of(customers)]
    keep = (gain > 0) & (value > BARRED_EUR) & (minutes <= room)
    if np.isfinite(loss_eur):
        net = passes.net_of(prices, customers)
        near = net >= net.max(axis=1, keepdims=True) - loss_eur
        near[np.arange(len(customers)), choice[customers]] = True
        keep &= near
    place, option = np.nonzero(keep)
    resource = problem.resources_of(customers)[place, option]
    columns = np.arange(len(place))
    limited = resource >= 0
    uses = csr_matrix(
        (minutes[place, option][limited], (resource[limited], columns[limited])), shape=(problem.resources, len(place))
    )
    capacity = csr_matrix(passes.rows) @ uses
    rows = np.flatnonzero(np.diff(capacity.indptr))
    named, row = np.unique(place, return_inverse=True)
    once = csr_matrix((np.ones(len(place)), (row, columns)), shape=(len(named), len(place)))
    others = choice.copy()
    others[customers] = free
    limit = np.maximum(problem.capacity_minutes - use_of(problem, others), 0.0)
    packing = Packing(
        gain[place, option],
        csr_matrix(vstack([capacity[rows], once])),
        np.concatenate([limit[rows], np.ones(len(named))]),
        len(rows) + row,
    )
    capacity_row = np.concatenate([rows, np.full(len(named), -1)])
    return Marginal(packing, customers, free, place, option, capacity_row, value_of(problem, others))


def _longest(passes: Passes) -> np.ndarray:
    """(resources,) minutes of the longest option that each resource could ever hold."""
    rows = passes.rows
    share = np.where(rows > 0, rows, 1.0)
    longest: np.ndarray = np.where(rows > 0, passes.problem.capacity_minutes[:, None] / share, np.inf).min(
        axis=0, initial=np.inf
    )
    return longest * (1 + 1e-12)
