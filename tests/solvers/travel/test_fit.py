"""Speeds by distance and hour, found again in drives that were made with known ones."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.errors import DataError
from scenarios.schema import Travel
from solvers.travel import Calibrated, Places, calibration_notes, make_travel
from solvers.travel.fit import drives_of_visits, fit_travel

KM_PER_DEGREE = 111.19508
"""Of latitude, on a sphere of 6371.0088 km."""


def meridian(km):
    """Places on one meridian, at these km from the first; drives among all of them."""
    at = pd.DataFrame(
        {"latitude": 40 + np.array(km) / KM_PER_DEGREE, "longitude": 2.0}, index=[f"P{i}" for i in range(len(km))]
    )
    pairs = [(i, j) for i in range(len(km)) for j in range(len(km)) if i != j]
    crow = np.array([abs(km[i] - km[j]) for i, j in pairs])
    return at, pd.DataFrame({"from_id": [f"P{i}" for i, _ in pairs], "to_id": [f"P{j}" for _, j in pairs]}), crow


def test_intercept_and_one_speed_are_found_again():
    """60 s and then 45 km/h on roads 1.2 times the crow's way: an exact fit, with no error on unseen drives."""
    at, drives, crow = meridian(np.cumsum([0, 0.5, 1, 2, 3, 5, 8]))
    fit = fit_travel(drives.assign(seconds=60 + 80 * 1.2 * crow, metres=1200 * crow), at)
    assert fit.detour_factor == 1.2
    assert fit.intercept_seconds == pytest.approx(60, abs=0.1)
    assert set(fit.speeds_kmh) == {45.0}
    assert (fit.error_median_pct, fit.error_p90_pct) == (0.0, 0.0)
    assert fit.plain_median_pct > 4


def test_one_wild_drive_in_ten_moves_nothing():
    """Every tenth drive takes ten times as long: Huber's loss keeps speed and intercept within 5 percent."""
    at, drives, crow = meridian(np.cumsum(np.linspace(0.3, 3, 14)))
    seconds = 60 + 80 * 1.2 * crow
    seconds[::10] *= 10
    fit = fit_travel(drives.assign(seconds=seconds, metres=1200 * crow), at)
    assert fit.predict(np.array([10.0])) == pytest.approx(60 + 80 * 12, rel=0.05)
    assert fit.error_median_pct < 5


def test_a_rush_hour_is_found_again():
    at, drives, crow = meridian(np.cumsum(np.linspace(0.3, 3, 14)))
    hour = np.arange(len(crow)) % 3 + 8
    factor = np.where(hour == 8, 1.5, 1.0)
    fit = fit_travel(drives.assign(seconds=(60 + 96 * crow) * factor, hour=hour), at, detour_factor=1.2)
    (rush, rest) = fit.hours
    assert rest[:2] == (9, 11)
    assert rush[2] / rest[2] == pytest.approx(1.5, abs=0.02)
    assert fit.error_p90_pct < 2
    assert any("no road km" in note for note in fit.notes)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_longer_drives_never_take_less(seed):
    rng = np.random.default_rng(seed)
    at, drives, crow = meridian(np.cumsum(rng.uniform(0.1, 4, 12)))
    fit = fit_travel(drives.assign(seconds=rng.uniform(30, 4000, len(crow))), at)
    assert (np.diff(fit.predict(np.linspace(0, 60, 50))) > 0).all()


def test_rows_left_out_are_named_and_too_few_are_refused():
    at, drives, crow = meridian([0, 1, 3, 6, 10, 15])
    drives = drives.assign(seconds=100 * crow)
    drives.loc[0, "seconds"], drives.loc[1, "to_id"] = -5, "nobody"
    notes = " ".join(fit_travel(drives, at).notes)
    assert "1 rows have no time above 0 and are left out, for example P0 to P1" in notes
    assert "1 rows name a place without latitude and longitude" in notes
    with pytest.raises(DataError, match="10 usable drives are too few"):
        fit_travel(drives.iloc[2:12], at)


def test_drives_lie_between_a_reps_visits_of_a_day():
    visits = pd.DataFrame(
        {
            "rep_id": ["R1", "R1", "R1", "R2"],
            "customer_id": ["C1", "C2", "C3", "C4"],
            "start": ["2026-03-02 09:00", "2026-03-02 10:00", "2026-03-03 09:00", "2026-03-02 09:00"],
            "end": ["2026-03-02 09:40", "2026-03-02 10:30", "2026-03-03 09:30", "2026-03-02 09:30"],
        }
    )
    found = drives_of_visits(visits)
    assert found[["from_id", "to_id", "seconds", "hour"]].to_numpy().tolist() == [["C1", "C2", 1200.0, 9]]


def test_a_calibrated_drive_by_hand():
    """60 s, 2 km at 20 km/h, the rest at 60: 5 km take 60 + 360 + 180 s; the rush hour makes it half as long again."""
    given = {
        "intercept_seconds": 60, "bands": [{"to_km": 2, "speed_kmh": 20}, {"speed_kmh": 60}],
        "error_median_pct": 8.1, "error_p90_pct": 24, "pairs": 900,
    }  # fmt: skip
    hours = [{"between": "07:00-09:00", "factor": 1.5}]
    travel = Travel(engine="calibrated", calibration=given, detour_factor=1, hours=hours, planned_at="07:30")
    model = make_travel(travel, pd.DataFrame())
    assert isinstance(model, Calibrated)
    assert model.driving_seconds(np.array([0.0, 5.0])) == pytest.approx([90, 900])
    two = Places(np.array(["A", "B"], object), np.array([40, 40 + 5 / KM_PER_DEGREE]), np.zeros(2), np.zeros(2, bool))
    assert model.matrix(two, two)[0][0, 1] in {900, 901}
    assert "8.1 % (median) and 24 % (90th percentile) over 900 drives" in calibration_notes(travel)[0]
    assert calibration_notes(Travel()) == ()
    unmeasured = Travel(engine="calibrated", calibration={"bands": [{"speed_kmh": 9}]})
    assert "is not stated" in calibration_notes(unmeasured)[0]
