"""Drives of the audit: by hand, and against the travel models for every engine."""

import math

import numpy as np
import pandas as pd
import pytest

from planner.audit.geometry import Drives
from scenarios.schema import Travel
from solvers.travel import Places, make_travel
from solvers.travel.kept import KeptDrives

TIMES = pd.DataFrame(
    [("A", "B", 100, 1000.0), ("B", "A", 130, np.nan)], columns=["from_id", "to_id", "seconds", "metres"]
)
CALIBRATION = {"intercept_seconds": 30, "bands": [{"to_km": 2, "speed_kmh": 20}, {"speed_kmh": 70}]}
RUSH = {"hours": [{"between": "07:00-09:00", "factor": 1.5}], "planned_at": "08:00"}
A, B, C = ("A", 41.0, 2.0), ("B", 41.02, 2.01), ("C", 41.1, 2.2)
PLACES = Places(
    np.array(["A", "B", "C"], object), np.array([41.0, 41.02, 41.1]), np.array([2.0, 2.01, 2.2]), np.ones(3, bool)
)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"engine": "calibrated", "calibration": CALIBRATION},
        {"engine": "matrix", "fill_holes": True, "calibration": CALIBRATION},
        {"engine": "osrm", "url": "http://nowhere:1", "fill_holes": True, "calibration": CALIBRATION},
    ],
)
@pytest.mark.parametrize("hours", [{}, RUSH])
def test_audit_and_model_agree_on_every_drive(settings, hours, tmp_path):
    """Two computations, one source: the seconds differ by rounding up, the km by nothing."""
    travel = Travel(**settings, **hours, parking_minutes=1, kept_in=str(tmp_path))
    nan = np.nan
    answered = np.array([[0, 61.5, nan], [70, 0, 80], [90, 95, 0]])
    KeptDrives(travel.kept_drives()).write(PLACES, PLACES, answered, answered * 10)
    seconds, km = make_travel(travel, TIMES).matrix(PLACES, PLACES)
    drives = Drives(travel, TIMES)
    for i, origin in enumerate((A, B, C)):
        for j, destination in enumerate((A, B, C)):
            least, length = drives.drive(origin, destination, parks=True)
            assert 0 <= seconds[i, j] - least + 1e-6 < 2
            assert km[i, j] == pytest.approx(length, abs=1e-9)


def test_a_drive_nobody_knows_takes_for_ever(tmp_path):
    assert Drives(Travel(engine="matrix"), TIMES).drive(A, C, parks=False) == (math.inf, math.inf)
    server = Travel(engine="osrm", url="http://nowhere:1", kept_in=str(tmp_path))
    assert Drives(server, TIMES).drive(A, B, parks=False) == (math.inf, math.inf)
    assert Drives(Travel(engine="matrix"), TIMES).drive(A, B, parks=False) == (100.0, 1.0)
