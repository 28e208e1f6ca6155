"""Events of the scenario on top of a forecast: days on which calls or handle times differ from the usual."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from forecasting.types import CallForecast
from scenarios.schema import Event

ALL_QUEUES = "*"


def apply_events(forecast: CallForecast, events: Mapping[str, Event]) -> CallForecast:
    """The forecast with every event in it; the given one is not changed.

    Events on the same day and queue multiply. A factor is the same for all paths of an interval, so quantiles scale
    with it exactly.

    Args:
        forecast: the forecast. events: by name; `queue` `*` means all; a queue that is not planned changes nothing.

    Returns:
        The same object if there is nothing to do.
    """
    if not events or not forecast.queues:
        return forecast
    calls, handle, notes = _factors(forecast, events)
    table = forecast.table.copy()
    per_row = calls.ravel()
    for column in [name for name in table.columns if name.startswith("calls_")]:
        table[column] = table[column].to_numpy() * per_row
    seconds = forecast.handle_seconds * handle
    table["handle_seconds_mean"] = seconds.ravel()
    table["workload_minutes"] = table["calls_mean"].to_numpy() * seconds.ravel() / 60.0
    return replace(
        forecast,
        paths=forecast.paths * calls.astype(np.float32)[None],
        handle_seconds=seconds,
        table=table,
        notes=(*forecast.notes, *notes),
    )


def _factors(forecast: CallForecast, events: Mapping[str, Event]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """(Q, T) factors of calls and of handle time, and a sentence per event."""
    day = forecast.interval_starts.astype("datetime64[D]")
    calls = np.ones((len(forecast.queues), len(day)))
    handle = np.ones_like(calls)
    notes = []
    for name, event in events.items():
        last = event.until or event.date
        on_day = (day >= np.datetime64(event.date, "D")) & (day <= np.datetime64(last, "D"))
        rows = np.array([event.queue in (ALL_QUEUES, queue) for queue in forecast.queues])
        touched = rows[:, None] & on_day[None, :]
        calls[touched] *= 1 + event.calls_change_pct / 100
        handle[touched] *= 1 + event.handle_time_change_pct / 100
        days = len(np.unique(day[on_day])) if rows.any() else 0
        notes.append(
            f"event {name}: calls {event.calls_change_pct:+g} %, handle time {event.handle_time_change_pct:+g} % "
            f"on {days} day{'' if days == 1 else 's'} forecast" + ("" if days else ", so it changes nothing")
        )
    return calls, handle, notes
