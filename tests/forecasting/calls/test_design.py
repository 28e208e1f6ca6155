"""What the calendar says about a day, counted by hand."""

from datetime import date

import numpy as np

from forecasting.calls.design import FEATURES, day_design
from forecasting.calls.history import make_days

WEEKDAYS = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), (0, 1440))


def columns(start: date, days: int, country: str | None, rest: int | None = None) -> dict[str, np.ndarray]:
    calendar = make_days(start, days, interval_minutes=60, opening_hours=WEEKDAYS, country=country)
    return dict(zip(FEATURES, day_design(calendar, rest=rest).features.T, strict=True))


def test_working_days_count_from_both_ends_of_the_month():
    """May 2024 in Germany has 23 weekdays and three holidays on weekdays (1, 9, 20): the 2nd is the first of 20."""
    may = columns(date(2024, 4, 20), 60, "DE")
    at = {day: 11 + day - 1 for day in (1, 2, 3, 31)}  # 20 April is position 0
    assert may["day_of_month"][at[2]] == 2
    assert may["working_day"][at[1]] == 0
    assert may["working_day"][at[2]] == 1
    assert may["working_days_left"][at[2]] == 20
    assert may["working_days_left"][at[31]] == 1
    assert may["days_to_month_end"][at[31]] == 0


def test_a_month_that_began_before_the_calendar_is_counted_by_weekday():
    """A calendar from Wednesday 15 May 2024: the 1st to the 15th hold eleven weekdays, holidays unseen."""
    assert columns(date(2024, 5, 15), 10, None)["working_day"][0] == 11


def test_the_rest_day_is_no_working_day():
    """With Friday as rest day, Friday 3 May 2024 adds nothing to Thursday's count."""
    may = columns(date(2024, 5, 1), 5, None, rest=4)
    assert may["working_day"].tolist()[:3] == [1, 2, 2]


def test_the_opening_days_after_a_holiday_are_told():
    """Whit Monday, 20 May 2024: Tuesday is the first day after it, Wednesday the second; weekends are skipped."""
    may = columns(date(2024, 5, 16), 10, "DE")
    assert may["is_holiday"].nonzero()[0].tolist() == [4]
    assert may["after_holiday"].nonzero()[0].tolist() == [5]
    assert may["second_after_holiday"].nonzero()[0].tolist() == [6]
    good_friday = columns(date(2023, 4, 6), 7, "DE")  # Thursday; Friday and Monday are holidays
    assert good_friday["after_holiday"].nonzero()[0].tolist() == [5]
