"""Driving times and distances against figures known from elsewhere."""

import numpy as np
import pandas as pd
import pytest

from scenarios.errors import DataError
from scenarios.schema import Travel
from solvers.travel import Haversine, Places, great_circle_km, make_travel, travel_notes

NO_TIMES = pd.DataFrame({"from_id": [], "to_id": [], "seconds": [], "metres": []})


def places(*rows: tuple[str, float, float], parks: bool = True) -> Places:
    ids, latitude, longitude = zip(*rows, strict=True)
    return Places(np.array(ids, object), np.array(latitude), np.array(longitude), np.full(len(rows), parks))


HOME = places(("R1", 41.0, 2.0), parks=False)
NORTH = places(("C1", 42.0, 2.0))


def test_a_degree_of_latitude_is_111_195_km():
    assert great_circle_km(HOME, NORTH)[0, 0] == pytest.approx(111.1951, abs=1e-3)


def test_london_to_paris_is_344_km_as_the_crow_flies():
    london, paris = places(("L", 51.5074, -0.1278)), places(("P", 48.8566, 2.3522))
    assert great_circle_km(london, paris)[0, 0] == pytest.approx(343.6, abs=0.3)


def test_a_drive_is_detour_over_speed_rounded_up_and_parking_where_it_ends_at_a_customer():
    model = Haversine(speed_kmh=60, detour_factor=1.2, parking_minutes=2)
    seconds, km = model.matrix(HOME, NORTH)
    assert km[0, 0] == pytest.approx(133.4341, abs=1e-3)
    assert seconds[0, 0] == 8007 + 120  # 133.4341 km at a km a minute are 8006.05 s
    assert model.matrix(NORTH, HOME)[0][0, 0] == 8007


def test_staying_takes_no_time_and_no_parking():
    seconds, km = Haversine(60, 1.2, 2).matrix(NORTH, NORTH)
    assert (seconds[0, 0], km[0, 0]) == (0, 0.0)


def test_a_matrix_is_looked_up_with_its_direction_and_parking():
    table = pd.DataFrame(
        {"from_id": ["R1", "C1"], "to_id": ["C1", "R1"], "seconds": [100.2, 90], "metres": [1500, 1400]}
    )
    model = make_travel(Travel(engine="matrix", parking_minutes=1), table)
    seconds, km = model.matrix(HOME, NORTH)
    assert (seconds[0, 0], km[0, 0]) == (161, 1.5)
    assert model.matrix(NORTH, HOME)[0][0, 0] == 90
    assert model.matrix(NORTH, NORTH)[0][0, 0] == 0


def test_a_missing_drive_is_named_and_no_table_is_said_so():
    table = pd.DataFrame({"from_id": ["R1"], "to_id": ["C1"], "seconds": [100], "metres": [1500]})
    model = make_travel(Travel(engine="matrix"), table)
    with pytest.raises(DataError, match="1 of 1 drives, for example C1 to R1"):
        model.matrix(NORTH, HOME)
    with pytest.raises(DataError, match="travel_times is not given"):
        make_travel(Travel(engine="matrix"), NO_TIMES)


def test_the_settings_reach_the_great_circle_model():
    model = make_travel(Travel(speed_kmh=22, detour_factor=1.35, parking_minutes=2), NO_TIMES)
    assert model == Haversine(22, 1.35, 2)


def table(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["from_id", "to_id", "seconds", "metres"])


CALIBRATION = {"bands": [{"speed_kmh": 60}]}
THREE = places(("C1", 41.0, 2.0), ("C2", 42.0, 2.0), ("C3", 43.0, 2.0), parks=False)
ALL = [
    ("C1", "C2", 90, 1e3),
    ("C2", "C1", 60, 1e3),
    ("C2", "C3", 90, 1e3),
    ("C3", "C2", 90, 1e3),
    ("C3", "C1", 90, 1e3),
]


def test_a_hole_is_estimated_only_where_the_scenario_says_so_and_then_named():
    times = table(*ALL)
    with pytest.raises(DataError, match="1 of 9 drives, for example C1 to C3"):
        make_travel(Travel(engine="matrix"), times).matrix(THREE, THREE)
    filled = make_travel(Travel(engine="matrix", fill_holes=True, calibration=CALIBRATION, detour_factor=1), times)
    seconds, km = filled.matrix(THREE, THREE)
    assert seconds[0, 2] == 13344  # 222.390 km at a km a minute
    assert km[0, 2] == pytest.approx(222.390, abs=1e-3)
    assert seconds[0, 1] == 90
    assert travel_notes(filled, THREE)[0].startswith("1 of 6 drives are missing in travel_times and estimated")


def test_detours_strangers_and_drives_without_metres_are_counted():
    times = table(*ALL, ("C1", "C3", 500, np.nan), ("X", "C1", 5, 5))
    model = make_travel(Travel(engine="matrix", detour_factor=2), times)
    notes = " ".join(travel_notes(model, THREE))
    assert "1 drives of travel_times are longer than the way by a third place" in notes
    assert "1 drives of travel_times have no metres" in notes
    assert "1 ids of travel_times are no places of this plan" in notes
    assert model.matrix(THREE, THREE)[1][0, 2] == pytest.approx(2 * 222.390, abs=1e-2)


@pytest.mark.parametrize("seconds", [-1.0, np.nan, np.inf])
def test_times_that_are_no_times_are_named(seconds):
    with pytest.raises(DataError, match="1 rows whose seconds are negative or not a number, for example C1 to C2"):
        make_travel(Travel(engine="matrix"), table(("C1", "C2", seconds, 1)))


def test_a_drive_given_twice_is_named():
    with pytest.raises(DataError, match="1 drives twice, for example C1 to C2"):
        make_travel(Travel(engine="matrix"), table(("C1", "C2", 1, 1), ("C1", "C2", 2, 1)))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"engine": "osrm"}, "needs `url`"),
        ({"engine": "osrm", "url": "localhost:5000"}, "starts with http"),
        ({"engine": "calibrated"}, "needs `calibration`"),
        ({"fill_holes": True}, "`fill_holes` needs"),
        ({"hours": [{"between": s, "factor": 2} for s in ("07:00-09:00", "08:00-10:00")]}, "overlap"),
        ({"calibration": {"bands": [{"to_km": 3, "speed_kmh": 9}]}}, "the last band has no"),
        (
            {"calibration": {"bands": [{"to_km": 3, "speed_kmh": 9}, {"to_km": 2, "speed_kmh": 9}, {"speed_kmh": 9}]}},
            "ascending",
        ),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Travel(**settings)


def test_outside_the_hours_the_factor_is_one():
    hours = [{"between": "07:00-09:00", "factor": 2}]
    assert Travel(hours=hours, planned_at="09:00").hour_factor() == 1
    assert make_travel(Travel(hours=hours, planned_at="07:00", speed_kmh=60), NO_TIMES) == Haversine(30, 1.35, 0)
