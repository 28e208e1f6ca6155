"""A public instance as it stands in its file, and the same as Muster's routing problem.

A `Case` keeps the file's own figures; the checker reads only these. `problem_of` puts them into the form in which a
rep's week is planned: customers are tasks, each vehicle and day is a shift, money is the instance's own objective.
"""

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from solvers.routing.problem import RoutingProblem, Shift, Task
from solvers.routing.visits import UNSERVED
from solvers.travel import Places

FIRST_DAY = pd.Timestamp("2024-01-01")


@dataclass(frozen=True)
class Case:
    """n customers, v vehicles; all in the file's units.

    kind: score (collect the most), distance (visit all, drive least), prize (drive and prizes left, least), work (visit
        all, working time least). points: (n + v, 2) customers, then where each vehicle starts and ends.
    drive: (n + v, n + v) time of a drive, and its length where nothing else is said; length: for `distance` in double
        precision. opens, closes: of the start of service. able: (n, v) who may. units: ticks of a whole second in
        which the engines count. hour_price: score of an hour's drive, for week2000. follows: (v,) -1, or the
        vehicle whose way ends at a depot where this one's begins: both are one technician, who fetches there what is
        needed; where this one stays empty the first goes home from its last customer.
    """

    family: str
    name: str
    kind: str
    points: np.ndarray
    drive: np.ndarray
    service: np.ndarray
    opens: np.ndarray
    closes: np.ndarray
    score: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    days: int = 1
    load: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), int))
    capacity: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), int))
    able: np.ndarray | None = None
    length: np.ndarray | None = None
    follows: np.ndarray | None = None
    ticks: int = 1
    price: float = 0.0
    best: float | None = None
    objective: str = ""

    @property
    def customers(self) -> int:
        """How many."""
        return len(self.service)

    @property
    def vehicles(self) -> int:
        """How many; each works on `days` days."""
        return len(self.starts)


def euclid(points: np.ndarray) -> np.ndarray:
    """All distances."""
    gaps = points[:, None, :] - points[None, :, :]
    distance: np.ndarray = np.sqrt((gaps**2).sum(axis=2))
    return distance


def floored(distance: np.ndarray, decimals: int) -> np.ndarray:
    """Cut, not rounded, to so many decimals; a value that lies on one is not pushed below it."""
    cut: np.ndarray = np.floor(distance * 10**decimals + 1e-7) / 10**decimals
    return cut


def problem_of(case: Case) -> RoutingProblem:
    """The case as rep-days with prizes and drives; drives are rounded up to whole ticks: no plan is too fast."""
    ticks, n = case.ticks, case.customers
    seconds = np.ceil(case.drive * ticks - 1e-6).astype(np.int64)
    km = case.length if case.length is not None else case.drive
    rate = case.price if case.kind == "score" else 1.0
    shifts = []
    for v in range(case.vehicles):
        capacity = tuple(map(int, case.capacity[v])) if case.capacity.size else ()
        for day in range(case.days):
            at = FIRST_DAY + pd.Timedelta(days=day)
            begin, end = math.ceil(case.starts[v] * ticks), math.floor(case.ends[v] * ticks + 1e-6)
            shifts.append(Shift(f"{v:04d}", at, begin, end, n + v, n + v, 0, 0, 0, capacity))
    everywhere = tuple(range(len(shifts)))
    tasks = []
    for i in range(n):
        service = round(float(case.service[i]) * ticks)
        window = (math.ceil(case.opens[i] * ticks - 1e-6), math.floor(case.closes[i] * ticks + 1e-6) + service)
        mine = everywhere
        if case.able is not None:
            mine = tuple(s for s in everywhere if case.able[i, s // case.days])
        prize = 0.0 if case.kind in ("distance", "work") else float(case.score[i])
        needed = case.kind in ("distance", "work")
        load = tuple(map(int, case.load[i])) if case.load.size else ()
        tasks.append(Task("visit", str(i), "", i, service, (window,), prize, needed, "", mine, load))
    names = np.array([str(i) for i in range(len(case.points))], object)
    places = Places(names, case.points[:, 1].astype(float), case.points[:, 0].astype(float), np.zeros(len(names), bool))
    return RoutingProblem(
        tasks=tuple(tasks),
        shifts=tuple(shifts),
        places=places,
        seconds=seconds,
        km=np.asarray(km, float),
        travel_eur_per_km=rate,
        days=pd.DataFrame({"rep_id": [s.rep_id for s in shifts], "day": [s.day for s in shifts]}),
        refused=pd.DataFrame(columns=UNSERVED),
    )
