"""What kind of day a day is, and whether the centre is open: from a country's public holidays and opening hours.

Days are local calendar days; opening hours are minutes after local midnight.
"""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import pandas as pd

from scenarios.clock import MINUTES_PER_DAY
from scenarios.errors import InvalidInput
from scenarios.schema.base import WEEKDAYS, Weekday

HOLIDAY = "holiday"
EVE = "eve"
DAY_TYPES: tuple[str, ...] = (*WEEKDAYS, HOLIDAY, EVE)
"""Every value that `day_types` can give."""


@lru_cache(maxsize=256)
def _holidays_of_year(country: str, year: int) -> np.ndarray:
    """Public holidays of one country and year, sorted `datetime64[D]`."""
    import holidays  # many country modules: only where a country is asked for

    found = holidays.country_holidays(country, years=year)
    return np.array(sorted(day for day in found if day.year == year), dtype="datetime64[D]")


def public_holidays(country: str | None, *, first_year: int, last_year: int) -> np.ndarray:
    """Public holidays of `country` (ISO 3166-1 alpha-2 code) from `first_year` to `last_year`, both included.

    Returns:
        Sorted `datetime64[D]`; empty for no country.

    Raises:
        InvalidInput: the country's holidays are not known.
    """
    if country is None:
        return np.array([], dtype="datetime64[D]")
    code = country.strip().upper()
    try:
        years = [_holidays_of_year(code, year) for year in range(first_year, last_year + 1)]
    except NotImplementedError:
        raise InvalidInput(
            f"the public holidays of country {country!r} are not known; "
            "write a two-letter ISO code such as ES, or leave `country` out to keep no holidays"
        ) from None
    return np.concatenate(years)


def day_types(days: pd.DatetimeIndex, country: str | None) -> pd.Series:
    """Type of each day: a weekday `mon` to `sun`, `holiday`, or `eve`.

    A public holiday of `country` is a `holiday` whatever its weekday; the day before one that is not itself a holiday
    is an `eve`.

    Args:
        days: instants; only their calendar day counts. May be empty, unsorted or repeated.
        country: ISO 3166-1 alpha-2 code; None: no holidays.

    Returns:
        One text per entry of `days`, indexed by the day at midnight.

    Raises:
        InvalidInput: the country's holidays are not known.
    """
    day = days.normalize()
    kinds = np.array(WEEKDAYS, dtype=object)[day.day_of_week.to_numpy()]
    if len(day):
        known = public_holidays(country, first_year=int(day.year.min()), last_year=int(day.year.max()) + 1)
        dates = day.to_numpy().astype("datetime64[D]")
        is_holiday = np.isin(dates, known)
        is_eve = np.isin(dates + np.timedelta64(1, "D"), known) & ~is_holiday
        kinds[is_holiday] = HOLIDAY
        kinds[is_eve] = EVE
    return pd.Series(kinds, index=day, dtype="str", name="day_type")


def open_mask(
    interval_starts: pd.DatetimeIndex, opening_hours: Mapping[Weekday, tuple[int, int]], interval_minutes: int
) -> np.ndarray:
    """Whether the centre is open in at least a part of each interval.

    Args:
        interval_starts: local starts of intervals.
        opening_hours: (from, to) minutes after midnight by weekday; a weekday that is not named is closed; `{}` means
            always open.
        interval_minutes: length of each interval.

    Returns:
        bool, one per interval.
    """
    if not opening_hours:
        return np.ones(len(interval_starts), dtype=bool)
    opens = np.full(7, MINUTES_PER_DAY)
    closes = np.zeros(7, dtype=int)
    for number, weekday in enumerate(WEEKDAYS):
        if weekday in opening_hours:
            opens[number], closes[number] = opening_hours[weekday]
    weekday_of = interval_starts.day_of_week.to_numpy()
    minute = (interval_starts.hour * 60 + interval_starts.minute).to_numpy()
    is_open: np.ndarray = (minute < closes[weekday_of]) & (minute + interval_minutes > opens[weekday_of])
    return is_open
