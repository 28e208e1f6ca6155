"""Calls and handle times of the coming days, by planned queue and interval, with their uncertainty as sample paths.

From the demand known by the end of `as_of`; everything later is left unread. Where the history cannot carry the usual
method, a simpler one takes over and the table's `fallback_reason` says so.
"""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pandas as pd

from forecasting.calls.handle import ASSUMED_SECONDS, HandleTime, mean_handle_times
from forecasting.calls.history import Days, History, interval_starts, make_days, read_history
from forecasting.calls.level import SOURCES, Levels, day_patterns, weekday_levels
from forecasting.calls.paths import past_errors, sample_paths
from forecasting.calls.quality import measure
from forecasting.types import CallForecast
from inputs.calendar import DAY_TYPES
from scenarios.schema import CallSettings
from scenarios.schema.base import Weekday

METHOD = "median_of_last_8"
BIAS_WORTH_A_NOTE_PCT = 5.0
"""A total missed by more on past origins is told in the notes."""
ENOUGH_DAYS = 3
"""Same-type days from which on the usual method needs no fallback reason."""
SILENT_DAYS = 7
"""So many days without a known interval before the forecast are worth a reason."""


def forecast_calls(
    demand: pd.DataFrame,
    handled: pd.DataFrame,
    *,
    settings: CallSettings,
    opening_hours: Mapping[Weekday, tuple[int, int]],
    country: str | None,
    as_of: date,
    seed: int,
) -> CallForecast:
    """Forecasts calls and handle time for the days `as_of` + 1 to `as_of` + `settings.days`.

    Point forecast: the usual course of the last eight days of the same type (`level.usual_day`), holiday-aware.
    Paths: past day ratios x past courses of errors (`paths`). Seasonal naive is measured beside it (`quality`).

    Args:
        demand: queue, interval_start, calls, is_gap (see `inputs.types.Tables.demand`). handled: answered legs.
        settings: days, interval_minutes, quantiles, sample_paths. opening_hours: minutes after midnight by weekday;
            {} always open. country: whose public holidays the callers keep. seed: of the paths.

    Returns:
        The forecast of every queue in `demand`, queues sorted; without queues an empty forecast.

    Raises:
        DataError: intervals of `demand` do not lie on the grid of `settings.interval_minutes`.
    """
    calendar = {"interval_minutes": settings.interval_minutes, "opening_hours": opening_hours, "country": country}
    history = read_history(demand, as_of=as_of, **calendar)  # type: ignore[arg-type]
    days = make_days(as_of + timedelta(days=1), settings.days, **calendar)  # type: ignore[arg-type]
    levels = weekday_levels(history)
    known_until = len(history.days) - 1
    pattern = day_patterns(history, levels, days, known_until=known_until)
    point, reasons = point_forecast(history, levels, days, pattern, known_until=known_until)
    errors = past_errors(history, levels, horizon_days=settings.days)
    paths, assumed = sample_paths(
        point, errors, history, days, pattern, known_until=known_until, paths=settings.sample_paths,
        rng=np.random.default_rng(seed),
    )  # fmt: skip
    if assumed:
        reasons = _joined(reasons, "too few weeks to measure errors: the spread of the days is assumed")
    handle = mean_handle_times(handled, queues=history.queues, as_of=as_of)
    hour = np.arange(days.is_open.shape[1]) * settings.interval_minutes // 60
    seconds = np.tile(handle.seconds[:, hour], (1, settings.days))
    if handle.assumed.any() and len(history.queues):
        reasons = _joined(reasons, np.where(handle.assumed, _handle_reason(handle), "")[:, None])
    flat = paths.reshape(*paths.shape[:2], days.is_open.size)
    starts = interval_starts(days)
    table = _table(history.queues, starts, days, flat, seconds, settings.quantiles, reasons)
    quality = measure(history, levels, errors, settings=settings, seed=seed)
    return CallForecast(
        queues=history.queues,
        interval_starts=starts,
        paths=flat,
        handle_seconds=seconds,
        table=table,
        quality=quality,
        notes=(*_notes(history, days, pattern, reasons), *_bias_note(quality), *handle.notes),
    )


def point_forecast(
    history: History, levels: Levels, days: Days, pattern: np.ndarray, *, known_until: int
) -> tuple[np.ndarray, np.ndarray]:
    """Calls of each queue, day and slot, 0 when closed, and why a day fell back.

    Returns:
        (Q, H, S) calls; (Q, H) texts, "" where the usual method held.
    """
    queues, _, slots = history.calls.shape
    point = np.zeros((queues, len(days), slots))
    reasons = np.full((queues, len(days)), "", dtype=object)
    latest = levels.latest[known_until]
    seen = np.array([d for d in latest if d >= 0], dtype=np.int64)
    for h, weekday in enumerate(pattern):
        if not days.is_open[h].any():
            continue
        at = latest[weekday]
        for q in range(queues):
            own = levels.after[at, q] if at >= 0 else np.full(slots, np.nan)
            count = int(levels.sources[at, q]) if at >= 0 else 0
            name = DAY_TYPES[weekday]
            if count == 0:
                own = _mean_known(levels.after[seen, q])
                reasons[q, h] = f"no {name} in the history: mean of the other weekdays"
            elif count < ENOUGH_DAYS:
                reasons[q, h] = f"only {count} {name} in the history instead of {SOURCES}"
            if np.isnan(own[days.is_open[h]]).all():
                reasons[q, h] = "no calls in the history: nothing is expected"
            elif np.isnan(own[days.is_open[h]]).any() and not reasons[q, h]:
                own = np.where(np.isnan(own), _mean_known(levels.after[seen, q]), own)
                reasons[q, h] = f"some open intervals of {name} were never seen: mean of the other weekdays there"
            point[q, h] = np.where(days.is_open[h], np.nan_to_num(own), 0.0)
    return point, _joined(reasons, _feed_reasons(history)[:, None])


def _mean_known(levels: np.ndarray) -> np.ndarray:
    """(S,) mean over the rows of (N, S), NaN where none is known."""
    known = ~np.isnan(levels)
    return np.where(known.any(axis=0), np.nansum(levels, axis=0) / np.maximum(known.sum(axis=0), 1), np.nan)


def _feed_reasons(history: History) -> np.ndarray:
    """(Q,) why the end of the history could not be used, "" where it could."""
    reasons = []
    for dead, silent in zip(history.dead_days, history.silent_days, strict=True):
        if dead:
            reasons.append(f"dead feed: no call at all in the last {dead} days, which are taken as unknown")
        elif SILENT_DAYS <= silent < len(history.days):
            reasons.append(f"nothing is known of the last {silent} days: the level before them is taken")
        else:
            reasons.append("")
    return np.array(reasons, dtype=object)


def _handle_reason(handle: HandleTime) -> str:
    if handle.assumed.all():
        return f"no answered call is known: {ASSUMED_SECONDS:.0f} s a call are assumed"
    return "no answered call of this queue is known: handle time of all queues"


def _joined(reasons: np.ndarray, more: str | np.ndarray) -> np.ndarray:
    """Both texts, separated where there are two."""
    other = np.broadcast_to(np.asarray(more, dtype=object), reasons.shape)
    joined: np.ndarray = np.empty(reasons.shape, dtype=object)
    for at in np.ndindex(*reasons.shape):
        joined[at] = "; ".join(str(text) for text in (reasons[at], other[at]) if text)
    return joined


def _table(
    queues: tuple[str, ...],
    starts: np.ndarray,
    days: Days,
    paths: np.ndarray,
    seconds: np.ndarray,
    quantiles: list[float],
    reasons: np.ndarray,
) -> pd.DataFrame:
    slots = days.is_open.shape[1]
    is_open = np.tile(days.is_open.ravel(), len(queues))
    mean = paths.mean(axis=0, dtype=np.float64).ravel()
    levels = sorted(set(quantiles))
    read = np.quantile(paths, levels, axis=0).reshape(len(levels), -1) if len(paths) else np.zeros((len(levels), 0))
    no_data = np.array([[text.startswith("no calls in the history") for text in row] for row in reasons], dtype=bool)
    method = np.where(np.repeat(no_data.ravel(), slots), "none", np.where(is_open, METHOD, "closed"))
    data: dict[str, object] = {
        "queue": pd.array(np.repeat(np.array(queues, dtype=object), len(starts)), dtype="str"),
        "interval_start": np.tile(starts, len(queues)),
        "is_open": is_open,
        "day_type": pd.array(np.tile(np.repeat(np.array(DAY_TYPES)[days.kind], slots), len(queues)), dtype="str"),
        "calls_mean": mean,
    }
    data |= {quantile_column(level): values for level, values in zip(levels, read, strict=True)}
    data |= {
        "handle_seconds_mean": seconds.ravel(),
        "workload_minutes": mean * seconds.ravel() / 60.0,
        "method": pd.array(method, dtype="str"),
        "fallback_reason": pd.array(np.repeat(reasons.ravel(), slots), dtype="str"),
    }
    return pd.DataFrame(data)


def quantile_column(quantile: float) -> str:
    """Column of a quantile: 0.1 is `calls_p10`, 0.025 is `calls_p2.5`."""
    return f"calls_p{f'{100 * quantile:.6g}'.zfill(2)}"


def _bias_note(quality: pd.DataFrame) -> tuple[str, ...]:
    """A sentence where past forecasts missed the total: the level of the last eight weeks lags a trend."""
    bias = quality.loc[quality["metric"] == "bias_pct", "value"]
    if not len(bias) or abs(bias.iloc[0]) <= BIAS_WORTH_A_NOTE_PCT:
        return ()
    way = "low: calls are rising" if bias.iloc[0] < 0 else "high: calls are falling"
    return (f"calls: at the last origins measured the forecast was {abs(bias.iloc[0]):.1f} % too {way}",)


def _notes(history: History, days: Days, pattern: np.ndarray, reasons: np.ndarray) -> tuple[str, ...]:
    """What a planner should know of this forecast."""
    if not history.queues:
        return ("calls: there is no queue in the data, nothing is forecast",)
    notes = []
    if not days.is_open.any():
        notes.append("calls: closed on all days forecast, no call is expected")
    special = np.flatnonzero(~days.is_plain)
    for h in special:
        what = DAY_TYPES[days.kind[h]]
        notes.append(f"calls: {days.start[h]} is a {'holiday' if what == 'holiday' else 'day before a holiday'} "
                     f"and takes the course of a {DAY_TYPES[pattern[h]]}")  # fmt: skip
    for q, queue in enumerate(history.queues):
        notes += [f"calls: queue {queue}: {text}" for text in dict.fromkeys(map(str, reasons[q])) if text]
    return tuple(notes)
