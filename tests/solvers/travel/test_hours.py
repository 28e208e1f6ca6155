"""Paces by hand: hours of the day times the rep's own factor, their mean over a shift, drives without departures."""

import numpy as np
import pandas as pd
import pytest

from scenarios.schema import Travel
from solvers.travel import (
    Haversine,
    Places,
    drive_factors,
    driven_by,
    least_factor,
    mean_factor,
    pace_notes,
    pace_of,
    parking_seconds,
    stretched,
)

HOURS = [{"between": "07:00-09:00", "factor": 1.5}, {"between": "16:00-18:00", "factor": 2}]
BANDS = ((0, 1.0), (25_200, 1.5), (32_400, 1.0), (57_600, 2.0), (64_800, 1.0))
TEAM = pd.DataFrame({"rep_id": ["R1", "R2", "R3"], "drive_factor": [np.nan, 3.0, 1.0]})


def test_a_pace_is_the_hours_factor_times_the_reps():
    assert Travel.model_validate({"hours": HOURS}).hour_bands() == BANDS
    assert pace_of(BANDS, 2.0) == ((0, 2.0), (25_200, 3.0), (32_400, 2.0), (57_600, 4.0), (64_800, 2.0))
    assert pace_of((), 3.0) == ((0, 3.0),)
    assert pace_of((), 1.0) == pace_of(((0, 1.0), (25_200, 1.0)), 1.0) == ()
    assert pace_of(((0, 0.5),), 2.0) == ()
    assert drive_factors(TEAM) == {"R1": 1.0, "R2": 3.0, "R3": 1.0}
    assert drive_factors(TEAM[["rep_id"]]) == {"R1": 1.0, "R2": 1.0, "R3": 1.0}


@pytest.mark.parametrize(
    ("begin", "until", "mean"),
    [
        (8 * 3600, 10 * 3600, 1.25),  # one hour at 1.5, one at 1
        (6 * 3600, 18 * 3600, (8 * 1 + 2 * 1.5 + 2 * 2) / 12),
        (17 * 3600, 17 * 3600, 2.0),  # no time at all: what the clock shows
        (23 * 3600, 24 * 3600, 1.0),
    ],
)
def test_the_mean_factor_weighs_each_part_of_the_span(begin, until, mean):
    assert mean_factor(BANDS, begin, until) == pytest.approx(mean)
    assert mean_factor((), begin, until) == 1
    assert least_factor(BANDS) == least_factor(()) == 1
    assert least_factor(pace_of(BANDS, 0.5)) == 0.5


def test_a_stretched_drive_keeps_its_parking():
    """1 degree of latitude is 111.195 km: 6672 s at 60 km/h; 90 s of parking at the customer only; no drive at home."""
    places = Places(np.array(["C1", "R1"], object), np.array([0.0, 1.0]), np.zeros(2), np.array([True, False]))
    travel = Travel(speed_kmh=60, detour_factor=1, parking_minutes=1.5)
    model = Haversine(60, 1, 1.5)
    assert model.matrix(places, places)[0].tolist() == [[0, 6672], [6762, 0]]
    slow, km = stretched(model, 1.5, travel).matrix(places, places)
    assert slow.tolist() == [[0, 10_008], [10_098, 0]]
    assert km[0, 1] == pytest.approx(111.195, abs=1e-3)
    assert stretched(model, 1.0, travel) is model
    assert parking_seconds(travel) == 90
    assert parking_seconds(Travel(parking_minutes=0.33)) == 20


def test_the_notes_say_which_hours_and_which_reps():
    travel = Travel.model_validate({"hours": HOURS})
    assert pace_notes(travel, TEAM) == (
        "each part of a drive takes the factor of reps.travel.hours when it is driven: 07:00-09:00 x 1.5, "
        "16:00-18:00 x 2",
        "drives of 1 reps take their reps.drive_factor: R2 x 3",
    )
    assert pace_notes(Travel.model_validate({"hours": HOURS, "planned_at": "08:00"}), TEAM.head(1)) == ()
    many = pd.DataFrame({"rep_id": [f"R{i}" for i in range(7)], "drive_factor": 2.0})
    assert pace_notes(Travel(), many)[0].endswith("R0 x 2, R1 x 2, R2 x 2, R3 x 2, R4 x 2 and 2 more")


@pytest.mark.parametrize(
    ("departure", "base", "arrival"),
    [
        (6 * 3600, 1800, 6 * 3600 + 1800),  # before the rush
        (7 * 3600, 1800, 7 * 3600 + 2700),  # within it
        (7 * 3600 - 600, 1800, 7 * 3600 + 1800),  # 600 s before it, the other 1200 at 1.5
        (9 * 3600 - 900, 1800, 9 * 3600 + 1200),  # 900 s of the clock drive 600, the other 1200 at 1
        (6 * 3600, 3600 + 7200 / 1.5 + 1, 9 * 3600 + 1),  # through the whole rush
        (7 * 3600, 1, 7 * 3600 + 2),  # 1.5 s: rounded up
        (8 * 3600, 0, 8 * 3600),
        (23 * 3600, 7200, 25 * 3600),  # past midnight at the last factor
    ],
)
def test_a_drive_takes_the_factor_of_each_part_of_the_day(departure, base, arrival):
    assert driven_by(BANDS, departure, base) == arrival
    assert driven_by((), departure, base) == departure + np.ceil(base)


def test_who_leaves_later_never_arrives_earlier():
    arrivals = [driven_by(BANDS, departure, 2400) for departure in range(5 * 3600, 19 * 3600, 60)]
    assert arrivals == sorted(arrivals)
