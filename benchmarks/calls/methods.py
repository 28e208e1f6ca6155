"""Who forecasts: Muster, and the simple baselines. A method is a function of series, origin and seed."""

import time
from datetime import date

import numpy as np
import pandas as pd

from benchmarks.calls.scores import LEVELS, Said
from benchmarks.calls.series import HORIZON_DAYS, SLOT_MINUTES, Series
from forecasting.calls import forecast_calls
from forecasting.types import CallForecast
from inputs.calendar import EVE, HOLIDAY, day_types
from scenarios.schema import CallSettings

DAY = 24 * 60 // SLOT_MINUTES
LATEST = 8
PATHS = 200
NO_LEGS = pd.DataFrame(
    {"queue": pd.array([], dtype="str"), "arrived_at": pd.to_datetime([]), "handle_seconds": np.zeros(0)}
)


def ours(series: Series, origin: int, seed: int) -> Said:
    """`forecast_calls` on what was known; the same settings for every series."""
    began, used = time.perf_counter(), time.process_time()
    forecast = forecast_calls(
        series.known(origin), NO_LEGS,
        settings=CallSettings(
            days=HORIZON_DAYS, interval_minutes=SLOT_MINUTES, quantiles=list(LEVELS), sample_paths=PATHS
        ),
        opening_hours=series.opening_hours, country=series.country, as_of=_date(series.days[origin]), seed=seed,
    )  # fmt: skip
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    rows = _rows(series, origin)
    columns = [f"calls_p{round(100 * level):02d}" for level in LEVELS]
    quantiles = np.array([_cut(forecast.table[name].to_numpy(), series, rows) for name in columns])
    paths = forecast.paths[:, 0].reshape(-1, HORIZON_DAYS, DAY)[:, rows][:, :, _slots(series)]
    point = _cut(forecast.table["calls_mean"].to_numpy(), series, rows)
    return Said(point, quantiles, paths, seconds, cpu, _told(forecast))


def _told(forecast: CallForecast) -> str:
    """Reasons other than that of the handle times, which are not part of this."""
    texts = {part for text in forecast.table["fallback_reason"] for part in text.split("; ")}
    return "; ".join(sorted(t for t in texts if t and "answered call" not in t))


def _date(day: np.datetime64) -> date:
    return pd.Timestamp(day).date()


def _rows(series: Series, origin: int) -> np.ndarray:
    """Calendar days after the origin, 0-based, that are rows of the series."""
    after = series.days[origin + 1 : origin + 1 + series.ahead]
    return np.asarray((after - series.days[origin]).astype(int) - 1)


def _slots(series: Series) -> slice:
    first = series.first_minute // SLOT_MINUTES
    return slice(first, first + series.calls.shape[1])


def _cut(flat: np.ndarray, series: Series, rows: np.ndarray) -> np.ndarray:
    return np.asarray(flat.reshape(HORIZON_DAYS, DAY)[rows][:, _slots(series)])


def came(series: Series, origin: int) -> np.ndarray:
    """(H, S) calls of the rows after an origin."""
    return series.calls[origin + 1 : origin + 1 + series.ahead]


def naive_error(series: Series) -> float:
    """Mean absolute difference of a slot to a week before, over what was known at the first origin."""
    week = len(np.unique(series.weekday))
    block = series.calls[: series.origins[0] + 1]
    return float(np.nanmean(np.abs(block[week:] - block[:-week])))


def seasonal_naive(series: Series, origin: int, seed: int) -> Said:
    """The latest usable same weekday, for both weeks."""
    return Said(_same_weekdays(series, origin, 1, ~series.is_holiday, series.weekday))


def median_of_8(series: Series, origin: int, seed: int) -> Said:
    """Per slot the median of the latest eight usable same weekdays."""
    return Said(_same_weekdays(series, origin, LATEST, ~series.is_holiday, series.weekday))


def median_of_8_day_types(series: Series, origin: int, seed: int) -> Said:
    """The same with day types: a holiday as the quietest weekday, its eve as the day before that."""
    kinds = day_types(pd.DatetimeIndex(series.days), series.country).to_numpy()
    plain = ~np.isin(kinds, (HOLIDAY, EVE))
    known = np.arange(len(series.days)) <= origin
    totals = np.nansum(series.calls, axis=1)
    volume = [np.median(totals[known & plain & (series.weekday == w)]) for w in np.unique(series.weekday)]
    rest = int(np.unique(series.weekday)[int(np.argmin(volume))])
    wanted = np.where(kinds == HOLIDAY, rest, np.where(kinds == EVE, (rest - 1) % 7, series.weekday))
    return Said(_same_weekdays(series, origin, LATEST, plain, wanted))


def _same_weekdays(series: Series, origin: int, many: int, usable: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    whole = usable & ~np.isnan(series.calls).any(axis=1)
    point = np.zeros((series.ahead, series.calls.shape[1]))
    for h in range(series.ahead):
        at = np.flatnonzero(whole[: origin + 1] & (series.weekday[: origin + 1] == wanted[origin + 1 + h]))[-many:]
        point[h] = np.median(series.calls[at], axis=0)
    return point
