"""The data protocol: which rows, slots and origins a file gives, on files made here and on the public ones."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.calls import FILES, methods
from benchmarks.calls.scores import scores
from benchmarks.calls.series import read_series

CALLS = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "calls"


def write(path: Path, days: pd.DatetimeIndex, first: str, last: str, step: str) -> Path:
    """Counts of 1 in every bin of every day."""
    stamps = [t for day in days for t in pd.date_range(f"{day.date()} {first}", f"{day.date()} {last}", freq=step)]
    pd.DataFrame({"timestamp": stamps, "calls": 1.0}).to_csv(path, index=False)
    return path


def test_a_series_of_weekdays_has_weekday_rows_and_drops_a_stray_bin(tmp_path):
    """170 weekdays of 08:00 to 10:00 by ten minutes: four half-hours of three bins; the bin at 10:00 is dropped."""
    days = pd.bdate_range("2003-03-03", periods=170).delete([30, 55])
    series = read_series(write(tmp_path / "x.csv", days, "08:00", "10:00", "10min"), "x")
    assert series.calls.shape == (170, 4)
    assert np.isnan(series.calls[[30, 55]]).all()
    assert np.nanmean(series.calls) == 3
    assert series.origins == tuple(range(124, 160, 5))
    assert series.ahead == 10
    assert series.opening_hours["mon"] == (480, 600)
    assert "sat" not in series.opening_hours


def test_nothing_after_the_origin_is_in_what_is_known(tmp_path):
    """The demand table ends with the origin's last slot; missing days are gaps."""
    days = pd.date_range("2020-01-01", periods=200)
    series = read_series(write(tmp_path / "y.csv", days, "00:00", "23:50", "10min"), "y")
    assert series.opening_hours == {}
    known = series.known(100)
    assert known["interval_start"].max() == pd.Timestamp(series.days[100]) + pd.Timedelta(hours=23, minutes=30)
    assert len(known) == 101 * 48


@pytest.mark.parametrize(
    ("name", "method", "expected"),
    [
        ("bank", methods.seasonal_naive, (8.89, 7.13, 5.17)),
        ("bank", methods.median_of_8, (6.92, 5.72, 3.40)),
        ("technion", methods.seasonal_naive, (31.65, 19.77, 9.24)),
        ("technion", methods.median_of_8, (25.61, 16.55, 10.56)),
    ],
)
def test_the_protocol_gives_the_published_baselines(name, method, expected):
    """wI, wD and TD of two baselines on both public series, to two digits."""
    if not CALLS.exists():
        pytest.skip("../shared is not beside the checkout")
    series = read_series(CALLS / FILES[name], name)
    said = [method(series, origin, 0) for origin in series.origins]
    found = scores(said, [methods.came(series, o) for o in series.origins], naive_error=1.0)
    assert [round(found[key], 2) for key in ("wI", "wD", "TD")] == pytest.approx(list(expected), abs=0.011)
