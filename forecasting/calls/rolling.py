"""Forecasts from past origins beside what came: every origin reads only what was known at the end of its day.

Origins lie a week apart; the last one leaves just its horizon before the end of the history.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from forecasting.calls.forecast import forecast_calls
from forecasting.calls.history import Days, read_history
from forecasting.calls.quality import seasonal_naive
from forecasting.types import CallForecast
from scenarios.errors import DataError
from scenarios.schema import CallSettings
from scenarios.schema.base import Weekday

STEP_DAYS = 7
LEAST_DAYS = 28
"""Days that must lie before an origin."""


@dataclass(frozen=True)
class Rolled:
    """One origin: what was forecast at the end of that day, what the latest same weekday said, and what came.

    days: the H days forecast. actual, naive: (Q, H, S) calls, NaN where closed or not known.
    """

    origin: date
    days: Days
    forecast: CallForecast
    actual: np.ndarray
    naive: np.ndarray

    @property
    def paths(self) -> np.ndarray:
        """(N, Q, H, S) sample paths."""
        return self.forecast.paths.reshape(len(self.forecast.paths), *self.actual.shape)


def rolling_forecasts(
    demand: pd.DataFrame,
    handled: pd.DataFrame,
    *,
    settings: CallSettings,
    opening_hours: Mapping[Weekday, tuple[int, int]],
    country: str | None,
    as_of: date,
    seed: int,
    exogenous: pd.DataFrame | None,
    origins: int,
) -> tuple[Rolled, ...]:
    """`forecast_calls` at up to `origins` past days, earliest first; the other arguments as of `forecast_calls`.

    Raises:
        DataError: there is no queue, or the history is too short for one origin.
    """
    calendar = {"interval_minutes": settings.interval_minutes, "opening_hours": opening_hours, "country": country}
    history = read_history(demand, as_of=as_of, **calendar)  # type: ignore[arg-type]
    last = len(history.days) - 1 - settings.days
    if not history.queues:
        raise DataError("There is no queue in the data, so there is no call forecast to measure.")
    if last < LEAST_DAYS - 1:
        raise DataError(
            f"The calls of {len(history.days)} days are known, and measuring a forecast of {settings.days} days needs "
            f"{LEAST_DAYS} days before it: give a longer history, or lower forecast.calls.days."
        )
    found = []
    for position in range(last, LEAST_DAYS - 2, -STEP_DAYS)[:origins]:
        origin = as_of - timedelta(days=len(history.days) - 1 - position)
        forecast = forecast_calls(
            demand, handled, settings=settings, opening_hours=opening_hours, country=country, as_of=origin, seed=seed,
            exogenous=exogenous,
        )  # fmt: skip
        at = slice(position + 1, position + 1 + settings.days)
        d = history.days
        days = Days(d.start[at], d.weekday[at], d.kind[at], d.is_open[at])
        actual = np.where(days.is_open, history.calls[:, at], np.nan)
        naive = np.where(days.is_open, seasonal_naive(history, days, known_until=position), np.nan)
        found.append(Rolled(origin, days, forecast, actual, naive))
    return tuple(found[::-1])
