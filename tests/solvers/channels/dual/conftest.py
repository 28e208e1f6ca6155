"""Random capacity problems, and a solution by trying every plan."""

from itertools import product

import numpy as np
import pytest

from solvers.channels.dual import CapacityProblem

DAYS, CHANNELS = 2, 2
RESOURCE = np.array([0, 1, 2, 3, -1])
CHANNEL = np.array([0, 0, 1, 1, 2])


@pytest.fixture(scope="session")
def random_problem():
    """n customers x (2 channels x 2 days + self-service); whole minutes, or broken ones."""

    def make(n: int, seed: int, *, share: float = 0.15, whole: bool = True) -> CapacityProblem:
        rng = np.random.default_rng(seed)
        value = rng.lognormal(3, 1, (n, 1)) * rng.beta(2, 3, (n, 5)) * [1, 0.9, 0.7, 0.63, 0.2]
        value[:, :4][rng.random((n, 4)) < 0.15] = -np.inf
        minutes = np.column_stack([rng.uniform(15, 90, n), rng.uniform(3, 25, n), np.zeros(n)])
        minutes = np.round(minutes) if whole else minutes
        capacity = np.repeat(minutes[:, :2].sum(axis=0), DAYS) * share
        return CapacityProblem(value.astype(np.float32), minutes.astype(np.float32), capacity, RESOURCE, CHANNEL)

    return make


@pytest.fixture(scope="session")
def brute_force():
    """The most euros over every choice of options that keeps the capacities."""

    def best(problem: CapacityProblem) -> float:
        n, options = problem.value.shape
        everybody = np.arange(n)
        minutes, resource = problem.minutes_of(everybody), problem.resources_of(everybody)
        rows, most = problem.rows_of_resources(), -np.inf
        for choice in product(range(options), repeat=n):
            value = sum(float(problem.value[i, o]) for i, o in enumerate(choice))
            if value <= most:
                continue
            used = np.zeros(problem.resources)
            for i, o in enumerate(choice):
                if resource[i, o] >= 0:
                    used[resource[i, o]] += minutes[i, o]
            if np.all(rows @ used <= problem.capacity_minutes + 1e-9):
                most = value
        return most

    return best
