"""A holiday that is open longer than the rest day: the hours beyond come from its own weekday."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from forecasting.calls.history import make_days, read_history
from forecasting.calls.known import join, make_known
from forecasting.calls.longer_days import completed, hours_beyond, with_longer_days

HOURS = {**dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), (8 * 60, 20 * 60)), "sat": (9 * 60, 14 * 60)}


def test_hours_beyond_take_the_own_weekdays_share_and_the_sum_stays():
    """Rest day 3 : 1 in two slots, own weekday 20, 20, 30, 30: half of the day lies beyond, 30 : 30 of it."""
    course = completed(
        np.array([[0.75, 0.25, 0.0, 0.0]]), np.array([[20.0, 20.0, 30.0, 30.0]]), np.array([False, False, True, True])
    )
    assert course[0] == pytest.approx([0.4 * 0.75, 0.4 * 0.25, 0.3, 0.3])


def test_what_is_not_known_stays():
    """No calls on the own weekday, or none on the rest day: the course is left as it is."""
    beyond = np.array([False, True])
    assert completed(np.array([[1.0, 0.0]]), np.zeros((1, 2)), beyond).tolist() == [[1.0, 0.0]]
    assert completed(np.array([[0.0, 0.0]]), np.ones((1, 2)), beyond).tolist() == [[0.0, 0.0]]


def test_a_holiday_on_a_thursday_is_forecast_in_the_afternoon_too(make_demand):
    """Thursday 3 October 2024 takes Saturday's course, open to 14:00; its afternoon has a Thursday's share."""
    week = np.array([100, 90, 95, 92, 60, 40, 0])

    def rate(weekday: np.ndarray, slot: np.ndarray) -> np.ndarray:
        opened = np.where(weekday == 5, (slot >= 9) & (slot < 14), (slot >= 8) & (slot < 20) & (weekday < 5))
        return week[weekday] * opened * np.where(weekday == 5, 1 + (slot == 9), 1)

    demand: pd.DataFrame = make_demand(84, rate, end="2024-09-29")
    calendar = {"interval_minutes": 60, "opening_hours": HOURS, "country": "DE"}
    history = read_history(demand, as_of=date(2024, 9, 29), **calendar)
    known = make_known(history, join(history.days, make_days(date(2024, 9, 30), 7, **calendar)), None)
    origin, targets = 83, np.arange(84, 91)
    pattern = known.patterns(origin)
    assert pattern[87] == 5
    beyond, own = hours_beyond(known, origin, 5, 87)
    assert np.flatnonzero(beyond).tolist() == [8, *range(14, 20)]
    assert own[0, 15] == pytest.approx(92)
    from forecasting.calls.known import usual_part

    usual = usual_part(known, origin, pattern, targets)
    course = with_longer_days(known, usual, origin, pattern, targets).course[0, 3]
    assert course.sum() == pytest.approx(1)
    assert course[[8, 15, 19]] == pytest.approx([1 / 12] * 3)
    assert course[9:14] == pytest.approx(5 / 12 * np.array([2, 1, 1, 1, 1]) / 6)
    plain = np.arange(84, 87)
    part = usual_part(known, origin, pattern, plain)
    assert with_longer_days(known, part, origin, pattern, plain) is part
