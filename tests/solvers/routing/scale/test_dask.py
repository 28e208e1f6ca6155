"""Rep-weeks on Dask: two worker processes on this machine, one of them killed while it works."""

import os
import signal
from concurrent.futures import Executor, Future
from typing import Any

import numpy as np
import pandas as pd
import pytest

from solvers.routing.problem import RoutingProblem, Shift, Task
from solvers.routing.scale import solve
from solvers.travel import Haversine, Places

distributed = pytest.importorskip("distributed", reason="Dask is not installed")

DRIVE = Haversine(speed_kmh=30.0, detour_factor=1.3, parking_minutes=2.0)
KILL_AT = 3
"""The part with whose sending a worker dies."""


def field(customers: int, reps: int) -> RoutingProblem:
    """One day of five hours a rep; every customer may be visited by all."""
    rng = np.random.default_rng(3)
    latitude, longitude = (base + 0.2 * rng.random(customers + reps) for base in (41, 2))
    ids = np.array([f"P{i}" for i in range(customers + reps)], object)
    places = Places(ids, latitude, longitude, np.arange(customers + reps) < customers)
    monday = pd.Timestamp("2024-03-04")
    shifts = tuple(Shift(f"R{r}", monday, 32400, 50400, customers + r, customers + r, 0, 0, 0) for r in range(reps))
    tasks = tuple(
        Task("visit", f"C{i}", "", i, 1800, ((32400, 50400),), float(rng.integers(10, 90)), False, "",
             tuple(range(reps)))
        for i in range(customers)
    )  # fmt: skip
    none = pd.DataFrame(columns=["rep_id", "day"])
    return RoutingProblem(tasks, shifts, places, np.zeros((0, 0), np.int64), np.zeros((0, 0)), 0.1, none, none)


class Deadly(Executor):
    """Sends parts to Dask; with part `KILL_AT` the process that is to work on it is killed."""

    def __init__(self, client: Any) -> None:
        self._client, self._dask, self._sent = client, client.get_executor(), 0
        self.killed = 0

    def submit(self, work: Any, /, *args: Any, **kwargs: Any) -> Future:
        self._sent += 1
        future = self._dask.submit(work, *args, **kwargs)
        if self._sent == KILL_AT:
            worker = sorted(self._client.run(os.getpid).values())[0]
            os.kill(worker, signal.SIGKILL)
            self.killed = worker
        return future


@pytest.mark.filterwarnings("ignore")
def test_a_worker_that_dies_loses_nothing() -> None:
    """Six reps, 60 customers: the plan through Dask, with a worker killed in the middle, is that of one process."""
    problem = field(customers=60, reps=6)
    alone = solve(problem, travel=DRIVE, seed=2, effort="quick")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        executor = Deadly(client)
        apart = solve(problem, travel=DRIVE, seed=2, effort="quick", executor=executor)
    assert executor.killed
    assert apart == alone
    assert sum(map(len, alone.sequences)) > 20
