"""Uncertainty of handle times: sizes worked out by hand, and factors that move the spread and not the mean."""

import numpy as np
import pytest

from forecasting.calls.handle import HandleTime, Legs
from forecasting.calls.handle_spread import (
    ASSUMED_CV,
    ASSUMED_DAY_SD,
    ASSUMED_LASTING_SD,
    MOST_SD,
    PRIOR_LEGS,
    HandleSpread,
    handle_factors,
    handle_spread,
    legs_age_days,
    spread_note,
)

LEVEL = HandleTime(np.full((1, 24), 100.0), np.zeros(1, dtype=bool), ())


def legs(seconds_by_day: np.ndarray, a_day: int = 200) -> Legs:
    """`a_day` legs at ten each morning, all of one length."""
    days = np.repeat(np.arange(len(seconds_by_day)), a_day)
    arrived = (np.datetime64("2024-01-01T10:00:00") + days * np.timedelta64(1, "D")).astype("datetime64[s]")
    count = len(days)
    return Legs(arrived, seconds_by_day[days].astype(float), np.zeros(count, dtype=int), np.ones(count, dtype=bool))


def test_without_a_leg_sizes_are_assumed():
    """Level 6 % and the chance of the 60 legs of the prior, day 4 %, variation 1.2."""
    none = Legs(np.zeros(0, dtype="datetime64[s]"), np.zeros(0), np.zeros(0, dtype=int), np.zeros(0, dtype=bool))
    spread = handle_spread(none, LEVEL, queues=1, horizon=14, age_days=0)
    assert spread.cv == pytest.approx([ASSUMED_CV])
    assert spread.day == pytest.approx([ASSUMED_DAY_SD])
    assert spread.lasting == pytest.approx([np.sqrt(ASSUMED_LASTING_SD**2 + ASSUMED_CV**2 / PRIOR_LEGS)])
    assert legs_age_days(none, np.datetime64("2024-03-01")) == 0
    assert "by an assumed size" in spread_note(spread, 0)[0]


def test_a_level_that_never_moved_is_surer_than_the_assumed_one_and_old_legs_are_less_sure():
    """70 equal days: every past horizon met its level; 28 days later the variance has doubled."""
    steady = legs(np.full(70, 100.0))
    spread = handle_spread(steady, LEVEL, queues=1, horizon=14, age_days=0)
    assert spread.origins == 70 - 14 - 6
    independent = 1 + (spread.origins - 1) / 14
    effective = min(70, 56) * 200 + PRIOR_LEGS
    assumed = ASSUMED_LASTING_SD**2 + spread.cv[0] ** 2 / effective
    assert spread.lasting[0] ** 2 == pytest.approx(3 * assumed / (independent + 3))
    older = handle_spread(steady, LEVEL, queues=1, horizon=14, age_days=28)
    assert older.lasting[0] ** 2 == pytest.approx(2 * spread.lasting[0] ** 2)
    assert handle_spread(steady, LEVEL, queues=1, horizon=14, age_days=4000).lasting[0] == MOST_SD
    assert legs_age_days(steady, np.datetime64("2024-03-15")) == 5


def test_a_level_that_moves_between_fortnights_widens_what_lasts():
    """100 and 130 s by turns each fortnight: the log ratio of a horizon to its level is near 0.2 in size."""
    moving = handle_spread(legs(np.where(np.arange(84) // 14 % 2, 130.0, 100.0)), LEVEL, queues=1, horizon=14,
                           age_days=0)  # fmt: skip
    assert 0.10 < moving.lasting[0] < 0.20


def test_days_beyond_chance_are_found():
    """A log sd of 0.15 by day on 200 legs of one length: found to a fifth."""
    days = np.exp(np.random.default_rng(1).normal(0, 0.15, 140))
    spread = handle_spread(legs(100 * days), LEVEL, queues=1, horizon=14, age_days=0)
    assert spread.day[0] == pytest.approx(0.15, rel=0.2)


@pytest.mark.parametrize("days", [1, 2, 13, 14, 15, 16, 40])
def test_logs_of_any_length_have_a_size(days: int):
    """Shorter than a horizon, as long, longer: equal days have no spread of their own beyond chance."""
    spread = handle_spread(legs(np.full(days, 100.0), a_day=5), LEVEL, queues=1, horizon=14, age_days=0)
    assert spread.day[0] ** 2 == pytest.approx(10 * ASSUMED_DAY_SD**2 / (days + 10))
    assert spread.origins == max(0, days - 14 - 6)


def test_factors_have_mean_one_and_the_sizes_asked_for():
    """Level 10 %, days 5 %, many calls: log sd of the mean over 14 days and of a day; queues share half."""
    spread = HandleSpread(np.array([0.10, 0.10]), np.array([0.05, 0.05]), np.array([1.0, 1.0]), 9)
    factors = handle_factors(spread, np.full((2, 14), 1e6), np.ones((4000, 2, 14)), rng=np.random.default_rng(2))
    assert factors.shape == (4000, 2, 14)
    assert factors.mean(axis=0, dtype=float) == pytest.approx(np.ones((2, 14)), abs=1e-6)
    log = np.log(factors)
    assert log[:, 0, 0].std() == pytest.approx(np.hypot(0.10, 0.05), rel=0.05)
    assert log[:, 0].mean(axis=1).std() == pytest.approx(np.sqrt(0.01 + 0.0025 / 14), rel=0.05)
    assert np.corrcoef(log[:, 0, 0], log[:, 1, 0])[0, 1] == pytest.approx(0.5, abs=0.06)


def test_few_calls_have_an_uncertain_mean():
    """Four calls of variation 1: half a log unit, though level and day are certain."""
    sure = HandleSpread(np.zeros(1), np.zeros(1), np.ones(1), 9)
    factors = handle_factors(sure, np.array([[4.0, 1e8]]), np.ones((4000, 1, 2)), rng=np.random.default_rng(3))
    assert np.log(factors).std(axis=0)[0] == pytest.approx([0.5, 0.0], abs=0.02)
    assert handle_factors(sure, np.zeros((0, 14)), np.zeros((5, 0, 14)), rng=np.random.default_rng(3)).shape == (
        5,
        0,
        14,
    )


def test_the_mean_work_of_a_day_stays():
    """Work of 1 to 50 on fifty paths: with the factors its mean is the same."""
    spread = HandleSpread(np.array([0.2]), np.array([0.1]), np.array([1.0]), 9)
    work = np.arange(1.0, 51.0)[:, None, None] * np.ones((1, 1, 3))
    factors = handle_factors(spread, np.full((1, 3), 20.0), work, rng=np.random.default_rng(4))
    assert (factors * work).mean(axis=0) == pytest.approx(work.mean(axis=0), rel=1e-6)
    assert handle_factors(spread, np.zeros((1, 3)), 0 * work, rng=np.random.default_rng(4)).std() > 0.1
