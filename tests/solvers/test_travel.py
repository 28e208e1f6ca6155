"""Driving times and distances against figures known from elsewhere."""

import numpy as np
import pandas as pd
import pytest

from scenarios.errors import DataError
from scenarios.schema import Travel
from solvers.travel import Haversine, Places, great_circle_km, make_travel

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
