"""Places that lie apart from all others."""

import numpy as np
import pytest

from inputs.gates.places import lonely_km

KM_PER_DEGREE = 6371.0088 * np.pi / 180


def grid(step_km: float) -> tuple[np.ndarray, np.ndarray]:
    """36 places on the equator's two sides, `step_km` apart."""
    steps = np.arange(6) * step_km / KM_PER_DEGREE
    latitude, longitude = np.meshgrid(steps, steps)
    return latitude.ravel(), longitude.ravel()


def test_a_place_in_the_sea_is_found_with_its_distance() -> None:
    """5 km from its fellows is usual here; 60 km east of the last one is not, and both rows at that spot are found."""
    latitude, longitude = grid(1.0)
    east = longitude.max() + 60 / KM_PER_DEGREE
    away = lonely_km(np.append(latitude, [0.0, 0.0]), np.append(longitude, [east, east]))
    assert np.isnan(away[:-2]).all()
    assert away[-2:] == pytest.approx([60.0, 60.0], rel=1e-6)


@pytest.mark.parametrize(("step_km", "away_km"), [(1.0, 24.0), (8.0, 70.0)])
def test_thin_country_and_short_ways_are_usual(step_km: float, away_km: float) -> None:
    """Under 25 km is never told, nor what is under ten times the usual distance."""
    latitude, longitude = grid(step_km)
    east = longitude.max() + away_km / KM_PER_DEGREE
    assert np.isnan(lonely_km(np.append(latitude, 0.0), np.append(longitude, east))).all()


def test_few_places_say_nothing_of_what_is_usual() -> None:
    """Two customers on two continents, and none at all."""
    assert np.isnan(lonely_km(np.array([40.0, -30.0]), np.array([0.0, 20.0]))).all()
    assert lonely_km(np.array([]), np.array([])).tolist() == []


def test_kilometres_across_the_date_line_are_short() -> None:
    """Longitudes 179.99 and -179.99 are neighbours."""
    latitude, longitude = grid(1.0)
    wrapped = (longitude + 179.99 + 180) % 360 - 180
    assert np.isnan(lonely_km(latitude, wrapped)).all()
