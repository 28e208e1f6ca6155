"""Drives of the audit: by hand, and against the travel models for every engine."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    "engine",
    [
        {},
        {"engine": "calibrated", "calibration": CALIBRATION},
        {"engine": "matrix", "fill_holes": True, "calibration": CALIBRATION},
        {"engine": "osrm", "url": "http://nowhere:1", "fill_holes": True, "calibration": CALIBRATION},
    ],
)
@pytest.mark.parametrize("hours", [{}, RUSH])
def test_audit_and_model_agree_on_every_drive(engine, hours, tmp_path):
    """Two computations, one source: the seconds differ by rounding up, the km by nothing."""
    travel = Travel(**engine, **hours, parking_minutes=1, kept_in=str(tmp_path))
    nan = np.nan
    answered = np.array([[0, 61.5, nan], [70, 0, 80], [90, 95, 0]])
    KeptDrives(travel.kept_drives()).write(PLACES, PLACES, answered, answered * 10)
    seconds, km = make_travel(travel, TIMES).matrix(PLACES, PLACES)
    drives = Drives(travel, TIMES)
    for i, origin in enumerate((A, B, C)):
        for j, destination in enumerate((A, B, C)):
            least, length = drives.drive(origin, destination, parks=True, leaves=0)
            assert 0 <= seconds[i, j] - least + 1e-6 < 2
            assert km[i, j] == pytest.approx(length, abs=1e-9)


def test_a_drive_nobody_knows_takes_for_ever(tmp_path):
    assert Drives(Travel(engine="matrix"), TIMES).drive(A, C, parks=False, leaves=0) == (math.inf, math.inf)
    server = Travel(engine="osrm", url="http://nowhere:1", kept_in=str(tmp_path))
    assert Drives(server, TIMES).drive(A, B, parks=False, leaves=0) == (math.inf, math.inf)
    assert Drives(Travel(engine="matrix"), TIMES).drive(A, B, parks=False, leaves=0) == (100.0, 1.0)


def rushing(**more: object) -> Drives:
    """60 km/h with no detour; 07:00-09:00 twice as slow, 09:00-10:00 half as slow again; 30 s of parking."""
    hours = [{"between": "07:00-09:00", "factor": 2}, {"between": "09:00-10:00", "factor": 1.5}]
    return Drives(Travel(speed_kmh=60, detour_factor=1, parking_minutes=0.5, hours=hours, **more), TIMES)


NORTH = ("N", 41.0 + math.degrees(60 / 6371.0088), 2.0)
"""60 km north of A: an hour at 60 km/h."""


@pytest.mark.parametrize(
    ("leaves", "takes"),
    [
        (5 * 3600, 3600),  # over before the rush begins
        (6 * 3600, 3600),  # ends as it begins
        (6.5 * 3600, 1800 + 3600),  # half before, half at half speed
        (7 * 3600, 7200),
        (8 * 3600, 3600 + 2700),  # half until nine, the other half by 1.5
        (8.5 * 3600, 1800 + 3600 + 300),  # a quarter, two thirds, and a twelfth at full speed
        (10 * 3600, 3600),
        (30.5 * 3600, 1800 + 3600),  # the next morning is like this one
    ],
)
def test_each_part_of_a_drive_takes_the_factor_of_its_hour(leaves, takes):
    """By hand; parking is not stretched."""
    drives = rushing()
    assert drives.drive(A, NORTH, parks=False, leaves=leaves)[0] == pytest.approx(takes, abs=1e-6)
    assert drives.drive(A, NORTH, parks=True, leaves=leaves)[0] == pytest.approx(takes + 30, abs=1e-6)
    assert drives.drive(A, A, parks=True, leaves=leaves) == (0.0, 0.0)


def test_a_rep_who_drives_slowly():
    """1.2 hours of road from eight: half an hour's worth until nine, 40 minutes' until ten, 2 minutes at full speed."""
    at_eight, parked = (
        rushing().drive(A, NORTH, parks=parks, leaves=8 * 3600, drive_factor=1.2)[0] for parks in (False, True)
    )
    assert (at_eight, parked) == pytest.approx((7200 + 120, 7200 + 150), abs=1e-6)
    one_hour = rushing(planned_at="09:30").drive(A, NORTH, parks=True, leaves=8 * 3600, drive_factor=1.2)[0]
    assert one_hour == pytest.approx(3600 * 1.2 * 1.5 + 30, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 100_000), st.floats(0, 7200), st.floats(0.2, 5), st.floats(0.2, 5))
def test_nobody_overtakes_by_leaving_later(leaves, later, first, second):
    """First in, first out, whatever the factors; and a minute's steps of road add up to the same."""
    hours = [{"between": "07:00-09:00", "factor": first}, {"between": "09:00-10:00", "factor": second}]
    drives = Drives(Travel(speed_kmh=60, detour_factor=1, hours=hours), TIMES)
    early = leaves + drives.drive(A, NORTH, parks=False, leaves=leaves)[0]
    late = leaves + later + drives.drive(A, NORTH, parks=False, leaves=leaves + later)[0]
    assert late >= early - 1e-6
    clock = leaves
    for _ in range(60):
        clock += drives.drive(A, MINUTE_NORTH, parks=False, leaves=clock)[0]
    assert clock == pytest.approx(early, abs=1e-3)


MINUTE_NORTH = ("M", 41.0 + math.degrees(1 / 6371.0088), 2.0)
"""1 km north of A: a minute at 60 km/h."""


def test_a_place_that_nobody_knows_is_never_reached():
    """Without coordinates no part of the day ends the drive."""
    seconds, _ = rushing().drive(A, ("X", math.nan, math.nan), parks=False, leaves=0)
    assert math.isnan(seconds)
