"""Day totals: what was planted is found again, and what is odd does not bend the level."""

from datetime import date

import numpy as np
import pytest

from forecasting.calls.design import Design, day_design
from forecasting.calls.history import Days, make_days
from forecasting.calls.structural import driver_lifts, structural_totals

WEEK = np.array([1.3, 1.1, 1.0, 0.95, 0.9, 0.4, 0.2])
DAYS, HORIZON = 210, 14


@pytest.fixture(scope="module")
def calendar() -> tuple[Days, Design]:
    days = make_days(date(2024, 1, 1), DAYS + HORIZON, interval_minutes=60, opening_hours={}, country="DE")
    return days, day_design(days, rest=6)


def ahead(totals: np.ndarray, calendar: tuple[Days, Design], **more: np.ndarray) -> np.ndarray:
    days, design = calendar
    return structural_totals(
        totals[None], design.effects, days.weekday, origin=DAYS - 1, targets=np.arange(DAYS, DAYS + HORIZON), **more
    )[0]


def test_a_steady_week_is_continued(calendar):
    """Without noise the next fortnight is the same week, to one percent."""
    week = 1000 * WEEK[calendar[0].weekday]
    assert ahead(week[:DAYS], calendar) == pytest.approx(week[DAYS:], rel=0.01)


def test_busy_first_days_of_a_month_are_learned(calendar):
    """Calls 20 % up on the first two days of every month: 1 and 2 August are at least 8 % up, the 5th not."""
    days, design = calendar
    first = np.isin(design.features[:, 0], (1, 2))
    calls = 1000 * WEEK[days.weekday] * np.where(first, 1.2, 1.0)
    ratio = ahead(calls[:DAYS], calendar) / (1000 * WEEK[days.weekday[DAYS:]])
    august = [int(np.flatnonzero(days.start[DAYS:] == np.datetime64(f"2024-08-{day:02d}"))[0]) for day in (1, 2, 5)]
    assert (ratio[august[:2]] > 1.08).all()
    assert ratio[august[2]] < 1.05


def test_a_spike_of_twenty_times_hardly_moves_the_level(calendar):
    """One day of 20 times the calls, three days before the origin: the fortnight moves by less than 4 %."""
    week = 1000 * WEEK[calendar[0].weekday]
    spiked = week[:DAYS].copy()
    spiked[-3] *= 20
    assert ahead(spiked, calendar).sum() == pytest.approx(week[DAYS:].sum(), rel=0.04)


def test_a_level_that_rose_is_followed_within_weeks(calendar):
    """Calls 30 % up since four weeks: at least 24 % of it are in the forecast (the median of eight has half)."""
    week = 1000 * WEEK[calendar[0].weekday]
    risen = week[:DAYS] * np.where(np.arange(DAYS) >= DAYS - 28, 1.3, 1.0)
    assert ahead(risen, calendar).sum() / week[DAYS:].sum() > 1.24


def test_unknown_days_are_left_out_and_too_few_give_no_answer(calendar):
    """A quarter of the days unknown changes little; twenty known days are too few."""
    week = 1000 * WEEK[calendar[0].weekday]
    holes = week[:DAYS].copy()
    holes[::4] = np.nan
    assert ahead(holes, calendar) == pytest.approx(week[DAYS:], rel=0.02)
    few = np.full(DAYS, np.nan)
    few[-20:] = week[DAYS - 20 : DAYS]
    assert np.isnan(ahead(few, calendar)).all()


def test_a_planted_driver_acts_on_its_days_only(calendar):
    """Six mailings of +30 % in the past: the one ahead raises its day by 20 to 32 %, the others under 3 %."""
    days, _ = calendar
    mailing = np.zeros((1, DAYS + HORIZON, 1))
    mailing[0, [20, 55, 90, 121, 150, 185, DAYS + 3], 0] = 1.0
    calls = 1000 * WEEK[days.weekday] * np.where(mailing[0, :, 0] > 0, 1.3, 1.0)
    ratio = ahead(calls[:DAYS], calendar, drivers=mailing) / (1000 * WEEK[days.weekday[DAYS:]])
    assert 1.20 < ratio[3] < 1.32
    assert np.delete(ratio, 3) == pytest.approx(np.ones(HORIZON - 1), abs=0.03)


def test_the_lift_of_a_driver_is_what_its_past_days_showed(calendar):
    """The same mailings: a factor of 1.2 to 1.32 on their day, 1 on the others; without one ahead all are 1."""
    days, design = calendar
    mailing = np.zeros((1, DAYS + HORIZON, 1))
    mailing[0, [20, 55, 90, 121, 150, 185, DAYS + 3], 0] = 1.0
    calls = 1000 * WEEK[days.weekday] * np.where(mailing[0, :, 0] > 0, 1.3, 1.0)
    asked = {"origin": DAYS - 1, "targets": np.arange(DAYS, DAYS + HORIZON)}
    lift = driver_lifts(calls[None, :DAYS], design.effects, days.weekday, drivers=mailing, **asked)[0]
    assert 1.20 < lift[3] < 1.32
    assert np.delete(lift, 3).tolist() == [1.0] * (HORIZON - 1)
    mailing[0, DAYS + 3] = 0.0
    assert (driver_lifts(calls[None, :DAYS], design.effects, days.weekday, drivers=mailing, **asked) == 1).all()
