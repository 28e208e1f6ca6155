import numpy as np
import pandas as pd
import pytest

from inputs.calendar import DAY_TYPES, day_types, open_mask, public_holidays
from scenarios.errors import InvalidInput


def test_spanish_christmas_week_of_1999() -> None:
    """Friday 24 December is the eve of Saturday's holiday; the 31st is the eve of New Year's Day of the next year."""
    kinds = day_types(pd.date_range("1999-12-20", "2000-01-01"), "FR")
    assert list(kinds.astype(object)) == [
        *["mon", "tue", "wed", "thu", "eve", "holiday", "sun"],
        *["mon", "tue", "wed", "thu", "eve", "holiday"],
    ]


def test_day_between_two_holidays_in_a_row_is_a_holiday_not_an_eve() -> None:
    """Rosh Hashanah 1999 lasted from 11 to 12 September: one eve, two holidays."""
    kinds = day_types(pd.date_range("1999-09-10", "1999-09-13"), "IL")
    assert list(kinds.astype(object)) == ["eve", "holiday", "holiday", "mon"]


def test_without_a_country_days_are_weekdays() -> None:
    """No country: Christmas 1999 is a Saturday; clock times and repeats do not matter."""
    kinds = day_types(pd.DatetimeIndex(["1999-12-25 13:00", "1999-12-25"]), None)
    assert list(kinds.astype(object)) == ["sat", "sat"]
    assert list(kinds.index) == [pd.Timestamp("1999-12-25")] * 2
    assert set(kinds) <= set(DAY_TYPES)


def test_no_days_give_no_types() -> None:
    """An empty index gives an empty text series."""
    assert day_types(pd.DatetimeIndex([]), "ES").empty
    assert public_holidays(None, first_year=1999, last_year=1999).size == 0


def test_an_unknown_country_is_named() -> None:
    """A country without known holidays is the user's to mend."""
    with pytest.raises(InvalidInput, match="country 'XX' are not known"):
        day_types(pd.date_range("1999-12-20", periods=1), "XX")


def test_open_from_seven_to_midnight_and_closed_on_days_not_named() -> None:
    """Monday 07:00-24:00 in half hours: 34 open of 48; Tuesday is not named and closed."""
    hours = {"mon": (420, 1440)}
    starts = pd.date_range("1999-12-20", periods=96, freq="30min")
    expected = np.zeros(96, dtype=bool)
    expected[14:48] = True
    assert (open_mask(starts, hours, 30) == expected).all()
    assert open_mask(starts, {}, 30).all()


def test_an_interval_open_in_part_is_open() -> None:
    """Open 07:15-07:45: both half hours from 07:00 and 07:30 hold open minutes, those around do not."""
    starts = pd.date_range("1999-12-20 06:30", periods=4, freq="30min")
    assert list(open_mask(starts, {"mon": (435, 465)}, 30)) == [False, True, True, False]
