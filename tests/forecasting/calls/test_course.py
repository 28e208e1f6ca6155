"""Shares of a day: of the last days, bent by what the calendar teaches."""

from datetime import date

import numpy as np
import pytest

from forecasting.calls.course import smooth_courses
from forecasting.calls.design import day_design
from forecasting.calls.history import make_days

DAYS, HORIZON, SLOTS = 180, 14, 24
HOURS = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), (480, 1080))


def courses(shape) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares said and true shares (H, S) of `shape(day of month) -> (S,)`, and the open mask."""
    days = make_days(date(2024, 1, 1), DAYS + HORIZON, interval_minutes=60, opening_hours=HOURS, country=None)
    design = day_design(days, rest=None)
    truth = np.array([shape(day) for day in design.features[:, 0]]) * days.is_open
    total = truth.sum(axis=1, keepdims=True)
    truth = np.divide(truth, total, out=np.zeros_like(truth), where=total > 0)
    said = smooth_courses(
        2000 * truth[None, :DAYS], days.is_open, days.is_open[:DAYS].any(axis=1), design.effects, design.special,
        days.weekday, origin=DAYS - 1, targets=np.arange(DAYS, DAYS + HORIZON),
    )  # fmt: skip
    return said[0], truth[DAYS:], days.is_open[DAYS:]


def test_a_course_that_repeats_is_exact_and_sums_to_one():
    """The same shares every day: said again; closed intervals are 0; open days sum to 1."""
    said, truth, is_open = courses(lambda day: 1.0 + np.arange(SLOTS) % 5)
    assert said == pytest.approx(truth, abs=1e-3)
    assert said[~is_open].sum() == 0
    assert said[is_open.any(axis=1)].sum(axis=1) == pytest.approx(1.0)


def test_a_morning_that_is_busier_at_the_start_of_the_month_is_learned():
    """Mornings a third busier on the first three days of a month: 1 July goes a fifth of the way, later days stay."""

    def shape(day: float) -> np.ndarray:
        return np.where((np.arange(SLOTS) < 12) & (day <= 3), 4 / 3, 1.0)

    said, truth, is_open = courses(shape)
    first = int(np.flatnonzero(is_open.any(axis=1))[0])
    days = make_days(date(2024, 1, 1), DAYS + HORIZON, interval_minutes=60, opening_hours=HOURS, country=None)
    july = int(np.flatnonzero(days.start[DAYS:] == np.datetime64("2024-07-01"))[0])
    later = int(np.flatnonzero((days.start[DAYS:] > np.datetime64("2024-07-04")) & is_open.any(axis=1))[0])
    assert first <= july
    usual, busy = truth[later, :12].sum(), truth[july, :12].sum()
    assert said[july, :12].sum() > usual + 0.2 * (busy - usual)
    assert said[later, :12].sum() == pytest.approx(usual, abs=0.03)
