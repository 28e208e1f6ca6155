"""The usual course of a day: medians, rare calls, gaps, holidays."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.calls.history import HOLIDAY_KIND, make_days, read_history
from forecasting.calls.level import closed_level, day_patterns, usual_day, weekday_levels


def test_frequent_calls_take_the_median_of_the_latest_eight_days():
    """Of nine days the oldest is not looked at: the median of 100..800 x 1000 is 450 thousand."""
    window = np.array([100, 200, 300, 400, 500, 600, 700, 800, 9e9]).reshape(1, 9, 1) * 1000
    level, count = usual_day(window)
    assert level[0, 0] == pytest.approx(450_000, rel=1e-4)
    assert count.tolist() == [8]


def test_rare_calls_take_the_mean_where_the_median_would_be_zero():
    """One call in eight days, in each of eight slots: every day has one call, so every slot expects an eighth."""
    level, _ = usual_day(np.eye(8)[None])
    assert level[0] == pytest.approx(np.full(8, 1 / 8))
    assert level.sum() == pytest.approx(1.0)


def test_a_gap_is_no_source_and_the_next_older_day_takes_its_place():
    """The slot whose latest day is a gap uses days 2 to 9, the other slot days 1 to 8."""
    window = np.repeat(np.arange(1.0, 10.0)[:, None], 2, axis=1)[None] * 1e6
    window[0, 0, 1] = np.nan
    level, count = usual_day(window)
    assert level[0, 1] / level[0, 0] == pytest.approx(5.5 / 4.5, rel=1e-3)
    assert count.tolist() == [9]


def test_unknown_slots_stay_unknown():
    """A slot that was never seen has no level, and does not spoil its neighbour's."""
    window = np.full((1, 3, 2), np.nan)
    window[0, :, 0] = 7.0
    level, _ = usual_day(window)
    assert level[0, 0] == pytest.approx(7.0)
    assert np.isnan(level[0, 1])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 500), min_size=3, max_size=3), min_size=1, max_size=8), st.permutations(range(3))
)
def test_levels_are_never_negative_never_beyond_what_was_seen_and_follow_their_slot(days, order):
    """The day's sum lies within the sums seen, and permuting the slots permutes the level."""
    window = np.array(days, dtype=np.float64)[None]
    level, _ = usual_day(window)
    sums = window.sum(axis=2)
    assert (level >= 0).all()
    assert level.sum() <= sums.max() + 1e-6
    assert usual_day(window[:, :, list(order)])[0] == pytest.approx(level[:, list(order)])


WEEK_COURSE = np.array([100.0, 90.0, 95.0, 92.0, 60.0, 40.0, 20.0])  # Sunday rests, Saturday is short


def history_until(make_demand, end: str, days: int, calls_by_date: dict[str, float]):
    demand = make_demand(days, lambda weekday, slot: WEEK_COURSE[weekday] + 0 * slot, end=end)
    for day, calls in calls_by_date.items():
        demand.loc[demand["interval_start"].dt.normalize() == day, "calls"] = calls
    arguments = {"interval_minutes": 60, "opening_hours": {}, "country": "DE"}
    return read_history(demand, as_of=date.fromisoformat(end), **arguments)


def test_a_holiday_takes_the_rest_day_and_its_eve_the_short_day(make_demand):
    """Before any holiday was seen: 3 October 2024 (Thursday) as Sunday, the 2nd as Saturday."""
    history = history_until(make_demand, "2024-09-29", 60, {})
    levels = weekday_levels(history)
    days = make_days(date(2024, 9, 30), 7, interval_minutes=60, opening_hours={}, country="DE")
    assert (levels.rest, levels.short) == (6, 5)
    pattern = day_patterns(history, levels, days, known_until=59)
    assert pattern.tolist() == [0, 1, 5, 6, 4, 5, 6]


def test_a_holiday_is_no_source_of_its_weekday(make_demand):
    """Labour Day 2024 (Wednesday) with 5 calls an hour leaves the level of Wednesdays at 95."""
    history = history_until(make_demand, "2024-05-05", 40, {"2024-05-01": 5.0})
    levels = weekday_levels(history)
    assert levels.after[levels.latest[-1, 2], 0] == pytest.approx(np.full(24, 95.0))


def test_two_past_holidays_teach_that_people_call_as_on_any_day(make_demand):
    """Where Ascension Day and Whit Monday had the calls of their weekday, Unity Day keeps its own course."""
    history = history_until(make_demand, "2024-09-29", 170, {})
    levels = weekday_levels(history)
    days = make_days(date(2024, 10, 3), 1, interval_minutes=60, opening_hours={}, country="DE")
    known = len(history.days) - 1
    assert day_patterns(history, levels, days, known_until=known).tolist() == [3]
    quiet = history_until(
        make_demand, "2024-09-29", 170, dict.fromkeys(("2024-05-01", "2024-05-09", "2024-05-20"), 20.0)
    )
    assert day_patterns(quiet, weekday_levels(quiet), days, known_until=known).tolist() == [6]


def test_an_eve_quieter_than_the_short_day_keeps_its_own_course(make_demand):
    """The Sunday before Whit Monday stays a Sunday."""
    history = history_until(make_demand, "2024-05-05", 30, {})
    days = make_days(date(2024, 5, 19), 2, interval_minutes=60, opening_hours={}, country="DE")
    assert day_patterns(history, weekday_levels(history), days, known_until=29).tolist() == [6, 6]


def test_where_no_weekday_rests_a_holiday_keeps_its_own_course(make_demand):
    """Weekdays of 90 to 100 calls an hour: 3 October 2024 stays a Thursday until two examples teach better."""
    demand = make_demand(60, lambda weekday, slot: 100.0 - weekday + 0 * slot, end="2024-09-29")
    history = read_history(demand, as_of=date(2024, 9, 29), interval_minutes=60, opening_hours={}, country="DE")
    levels = weekday_levels(history)
    assert not levels.has_rest
    days = make_days(date(2024, 10, 2), 2, interval_minutes=60, opening_hours={}, country="DE")
    assert day_patterns(history, levels, days, known_until=59).tolist() == [2, 3]


def test_two_holidays_without_calls_teach_that_the_company_is_closed(make_demand):
    """Labour Day and Ascension Day 2024 with one call an hour: 24 a day. One example, or a busy one, is none."""

    def learned(end: str, calls_by_date: dict[str, float]) -> np.ndarray | None:
        history = history_until(make_demand, end, 30, calls_by_date)
        return closed_level(history, weekday_levels(history), HOLIDAY_KIND, known_until=len(history.days) - 1)

    quiet = {"2024-05-01": 1.0, "2024-05-09": 1.0}
    assert learned("2024-05-15", quiet).tolist() == [24.0]
    assert learned("2024-05-08", quiet) is None
    assert learned("2024-05-15", {"2024-05-09": 1.0}) is None
    assert learned("2024-05-15", quiet | {"2024-05-09": 9.3}) is None  # a tenth of a Thursday's 92 is 9.2
    assert learned("2024-05-15", quiet | {"2024-05-09": 9.0}).tolist() == [24 * (9.0 + 1.0) / 2]
