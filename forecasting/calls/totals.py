"""Sums that people ask for, read from the paths: calls and staffing minutes by day and over the whole horizon.

A quantile of a sum is not the sum of quantiles (that covers a quarter of two-week totals at a nominal 80 %), so every
sum is taken inside each path first. Staffing minutes are calls x handle time inside each path, both as they are there.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from forecasting.types import CallForecast

ALL_QUEUES = "*"


def staffing_minutes(forecast: CallForecast, queues: slice = slice(None)) -> np.ndarray:
    """(N, Q, T) minutes of handling on each path: calls x mean handle time of the interval x the path's factor.

    The factors are those of the day (`handle_spread`). queues: which; all by default.
    """
    minutes: np.ndarray = forecast.paths[:, queues] * (forecast.handle_seconds[queues] / 60.0)[None]
    if forecast.handle_factors is not None:
        _, day = np.unique(forecast.interval_starts.astype("datetime64[D]"), return_inverse=True)
        minutes *= forecast.handle_factors[:, queues][:, :, day]
    return minutes


def path_totals(forecast: CallForecast, quantiles: Sequence[float] = (0.1, 0.5, 0.9)) -> pd.DataFrame:
    """Totals by queue and day, by queue over the horizon, and of all queues together (`*`).

    Returns:
        queue, date (missing: the whole horizon), calls_mean, calls_pNN, minutes_mean, minutes_pNN per quantile; rows
        by queue, days in order, the whole horizon last; without queues no row.
    """
    levels = sorted(set(quantiles))
    names = [f"p{f'{100 * level:.6g}'.zfill(2)}" for level in levels]
    columns = ["queue", "date", *(f"{what}_{name}" for what in ("calls", "minutes") for name in ("mean", *names))]
    if not forecast.queues or not len(forecast.paths):
        kinds = {"queue": "str", "date": "datetime64[us]", **dict.fromkeys(columns[2:], "float64")}
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})
    day = forecast.interval_starts.astype("datetime64[D]")
    dates, first = np.unique(day, return_index=True)
    together = [np.zeros((len(forecast.paths), len(dates))) for _ in range(2)]
    parts = []
    for q, queue in enumerate((*forecast.queues, ALL_QUEUES)):
        sums = together
        if q < len(forecast.queues):
            one = slice(q, q + 1)
            blocks = [forecast.paths[:, one].astype(np.float64), staffing_minutes(forecast, one).astype(np.float64)]
            sums = [np.add.reduceat(block[:, 0], first, axis=1) for block in blocks]
            together = [total + mine for total, mine in zip(together, sums, strict=True)]
        figures = []
        for mine in sums:
            whole = np.hstack([mine, mine.sum(axis=1, keepdims=True)])
            figures += [whole.mean(axis=0), *np.quantile(whole, levels, axis=0)]
        when = pd.DatetimeIndex([*dates, np.datetime64("NaT")]).as_unit("us")
        part = pd.DataFrame(dict(zip(columns[2:], figures, strict=True)))
        part.insert(0, "date", when)
        part.insert(0, "queue", pd.Series([queue] * len(when), dtype="str"))
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
