import datetime as dt

import numpy as np
import pytest

from scenarios.errors import ScenarioError
from solvers.staffing.grid import make_grid


def grid(first: str, days: int = 1, zone: str = "Europe/Madrid", hours=None):
    return make_grid(
        first_day=np.datetime64(first), days=days, interval_minutes=60, opening_hours=hours or {}, timezone=zone
    )


def test_spring_day_has_23_hours() -> None:
    """2024-03-31, Madrid: 02:00 to 03:00 takes no time."""
    elapsed = grid("2024-03-31").elapsed
    assert elapsed[[0, 120, 150, 180, 1440]].tolist() == [0, 120, 120, 120, 1380]


def test_autumn_day_has_25_hours() -> None:
    """2024-10-27, Madrid: the hour before 03:00 runs twice."""
    elapsed = grid("2024-10-27").elapsed
    assert elapsed[[0, 120, 180, 1440]].tolist() == [0, 120, 240, 1500]


def test_hours_run_through_midnight_only_where_both_days_are_open() -> None:
    week = grid("2024-01-08", days=3, hours={"mon": (480, 1440), "tue": (0, 600), "wed": (480, 1440)})
    assert week.is_within_hours(23 * 60, 25 * 60)
    assert not week.is_within_hours(47 * 60, 49 * 60)
    assert not week.is_within_hours(71 * 60, 73 * 60)
    assert not week.is_within_hours(7 * 60, 9 * 60)


def test_weeks_count_from_the_first_day() -> None:
    week = grid("2024-01-10", days=10)
    assert [list(week.days_of(w)) for w in range(week.weeks)] == [[0, 1, 2, 3, 4, 5, 6], [7, 8, 9]]


def test_day_numbers() -> None:
    """Days outside, or no days at all, have no number."""
    week = grid("2024-01-08", days=7)
    asked = [dt.date(2024, 1, 9), np.datetime64("2024-01-14T10:00"), "2024-01-15", None, "soon"]
    assert [week.day_number(day) for day in asked] == [1, 6, None, None, None]


def test_unknown_time_zone_is_a_fault_of_the_scenario() -> None:
    with pytest.raises(ScenarioError, match="Mars/Olympus"):
        grid("2024-01-08", zone="Mars/Olympus")
