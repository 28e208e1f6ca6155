"""Instances drawn at random by the recipes of the public ones: for runs without data, and for tuning on other draws."""

import numpy as np

from benchmarks.routing.cases import Case, euclid, floored
from benchmarks.routing.formats import around

SIDE, HORIZON, SERVICE = 100.0, 230.0, 10.0
WIDTHS = (10, 61)


def toptw_like(seed: int, vehicles: int, customers: int = 100) -> Case:
    """Customers spread evenly over a square, windows of 10 to 60 around a reachable moment, scores 1 to 50."""
    rng = np.random.default_rng(seed)
    depot, where = np.array([SIDE / 2, SIDE / 2]), rng.uniform(0, SIDE, (customers, 2))
    points = around(depot, where, vehicles)
    drive = floored(euclid(points), 1)
    out = drive[customers, :customers]
    last = np.maximum(out, HORIZON - SERVICE - out)
    centre, width = rng.uniform(out, last), rng.integers(*WIDTHS, customers)
    opens = np.floor(np.maximum(0, centre - width / 2))
    return Case(
        family="toptw", name=f"synthetic {seed}", kind="score", points=points, drive=drive,
        service=np.full(customers, SERVICE), score=rng.integers(1, 51, customers).astype(float), opens=opens,
        closes=np.maximum(opens, np.floor(np.minimum(centre + width / 2, last))), starts=np.zeros(vehicles),
        ends=np.full(vehicles, HORIZON), ticks=10, objective=f"score, {vehicles} routes",
    )  # fmt: skip
