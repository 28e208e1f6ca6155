"""Calls and handle times of the coming days, by planned queue and interval, with their uncertainty as sample paths.

From the demand known by the end of `as_of`; everything later is left unread. Where the history cannot carry the usual
method, a simpler one takes over and the table's `fallback_reason` says so (`fallback`, `baseline`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from forecasting.calls.backtest import (
    LEAST_TREE_DAYS,
    Backtest,
    backtest,
    combined,
    kept_or_fitted,
    parts_at,
    weights_from,
)
from forecasting.calls.baseline import NOTHING_KNOWN, baseline_forecast
from forecasting.calls.borrow import borrowed_weeks
from forecasting.calls.cleaning import without_faults
from forecasting.calls.conformal import count_quantiles
from forecasting.calls.direct import Effort
from forecasting.calls.fallback import feed_reasons, joined, judge
from forecasting.calls.handling import handling
from forecasting.calls.history import Days, interval_starts, make_days, read_history
from forecasting.calls.known import Known, Part, join, make_known, part_of
from forecasting.calls.paths import past_errors, sample_paths
from forecasting.calls.quality import measure
from forecasting.calls.weights import mixed
from forecasting.types import CallForecast
from inputs.calendar import DAY_TYPES
from scenarios.schema import CallSettings
from scenarios.schema.base import Weekday

METHOD, BASELINE_METHOD, BORROWED_METHOD = "combined", "median_of_last_8", "borrowed_week"
ASSUMED_SPREAD = "too few weeks to measure errors: the spread of the days is assumed"
BIAS_WORTH_A_NOTE_PCT = 5.0
"""A total missed by more on past origins is told in the notes."""


def forecast_calls(
    demand: pd.DataFrame,
    handled: pd.DataFrame,
    *,
    settings: CallSettings,
    opening_hours: Mapping[Weekday, tuple[int, int]],
    country: str | None,
    as_of: date,
    seed: int,
    exogenous: pd.DataFrame | None = None,
    keep: Path | None = None,
) -> CallForecast:
    """Forecasts calls and handle time for the days `as_of` + 1 to `as_of` + `settings.days`.

    Level and course of each day are weighted means (`weights`) of a structural model of the day totals with smoothed
    shares, of direct ratio trees, and of the median of the last eight days. Paths are past trajectories of day errors
    x past whole-day interval errors (`paths`), stretched by what past bands covered (`conformal`).

    Args:
        demand: queue, interval_start, calls, is_gap (see `inputs.types.Tables.demand`). handled: answered legs.
        settings: days, interval_minutes, quantiles, sample_paths. opening_hours: minutes after midnight by weekday;
            {} always open. country: whose public holidays the callers keep. seed: of trees and paths.
        exogenous: known-future drivers: date, name, value, queue, known_from (`drivers`); None: none.
        keep: folder for the trees, taken again by a forecast from the same data (`store`); None: they are not kept.

    Returns:
        The forecast of every queue in `demand`, queues sorted; without queues an empty forecast.

    Raises:
        DataError: intervals of `demand` do not lie on the grid of `settings.interval_minutes`.
    """
    calendar = {"interval_minutes": settings.interval_minutes, "opening_hours": opening_hours, "country": country}
    history, faults = without_faults(read_history(demand, as_of=as_of, **calendar))  # type: ignore[arg-type]
    days = make_days(as_of + timedelta(days=1), settings.days, **calendar)  # type: ignore[arg-type]
    known = make_known(history, join(history.days, days), exogenous)
    answer = _point(known, days, seed, keep)
    errors = past_errors(known, answer.test, answer.said)
    measured = measure(known, answer.test, errors, settings=settings, seed=seed)
    paths, assumed = sample_paths(
        answer.point, errors, history, days, answer.pattern, known_until=len(history.days) - 1,
        paths=settings.sample_paths, rng=np.random.default_rng(seed), stretch=measured.stretch,
    )  # fmt: skip
    handled_in = handling(
        handled, answer.point, paths, queues=history.queues, as_of=as_of, seed=seed,
        interval_minutes=settings.interval_minutes,
    )  # fmt: skip
    reasons = joined(answer.reasons, feed_reasons(history, faults, model_faults=answer.faults)[:, None])
    reasons = joined(joined(reasons, ASSUMED_SPREAD if assumed else ""), handled_in.reasons[:, None])
    flat, starts = paths.reshape(*paths.shape[:2], days.is_open.size), interval_starts(days)
    table = _table(history.queues, starts, days, flat, handled_in.seconds, settings.quantiles, reasons, answer.method)
    return CallForecast(
        queues=history.queues,
        interval_starts=starts,
        paths=flat,
        handle_seconds=handled_in.seconds,
        table=table,
        quality=measured.table,
        notes=(*_notes(known, days, answer.pattern, reasons), *_bias_note(measured.table), *handled_in.notes),
        handle_factors=handled_in.factors,
    )


@dataclass(frozen=True)
class _Answer:
    """point: (Q, H, S) calls. method, reasons: (Q, H). pattern: (H,) courses. said: forecast at past origins."""

    point: np.ndarray
    method: np.ndarray
    reasons: np.ndarray
    pattern: np.ndarray
    test: Backtest
    said: Part
    faults: tuple[str, ...]


def _point(known: Known, days: Days, seed: int, keep: Path | None = None) -> _Answer:
    """The point forecast: the weighted parts, or the baseline where `fallback` says so."""
    history, last = known.history, len(known.history.days) - 1
    queues = len(history.queues)
    effort = Effort(rows=int(Effort.rows * (1 + np.log2(max(1, queues)))))
    test = backtest(known, seed=seed, effort=Effort(bags=1, rows=effort.rows))
    weights = weights_from(known, test)
    said = combined(test, weights)
    faults = list(test.faults)
    model = None
    if last >= LEAST_TREE_DAYS:
        model = kept_or_fitted(known, last, seed, effort, faults, keep=keep)
    parts, courses = parts_at(known, last, model, faults)
    pattern = courses[last + 1 :]
    borrowed = borrowed_weeks(known, seed=seed)
    baseline, why = baseline_forecast(history, known.levels, days, pattern, known_until=last, borrowed=borrowed)
    baseline = _closed(known, baseline, last, days)
    together = mixed(parts, weights)
    driven = np.asarray(known.drivers(last)[:, last + 1 :].any(axis=2))
    verdict = judge(known, together, part_of(baseline), test, said, driven=driven)
    use_baseline = verdict.use_baseline | (why != "")
    point = np.where(use_baseline[:, :, None], baseline, together.level[:, :, None] * np.nan_to_num(together.course))
    method = np.where(use_baseline, BASELINE_METHOD, METHOD).astype(object)
    method[list(borrowed)] = BORROWED_METHOD
    method[why == NOTHING_KNOWN] = "none"
    reasons = np.where(why != "", why, verdict.reasons)
    point = np.where(days.is_open, np.nan_to_num(point), 0.0)
    return _Answer(point, method, reasons, pattern, test, said, tuple(dict.fromkeys(faults)))


def _closed(known: Known, baseline: np.ndarray, last: int, days: Days) -> np.ndarray:
    """The baseline (Q, H, S) with as many calls as came, if any, on days on which the company is closed."""
    for kind, calls in known.closed(last).items():
        total = baseline.sum(axis=2)
        factor = np.where(total > 0, calls[:, None] / np.where(total > 0, total, 1.0), 1.0)
        baseline = np.where((days.kind == kind)[None, :, None], baseline * factor[:, :, None], baseline)
    return baseline


def _table(
    queues: tuple[str, ...],
    starts: np.ndarray,
    days: Days,
    paths: np.ndarray,
    seconds: np.ndarray,
    quantiles: list[float],
    reasons: np.ndarray,
    method: np.ndarray,
) -> pd.DataFrame:
    slots = days.is_open.shape[1]
    is_open = np.tile(days.is_open.ravel(), len(queues))
    mean = paths.mean(axis=0, dtype=np.float64).ravel()
    levels = sorted(set(quantiles))
    read = _quantiles(paths, levels)
    of_row = np.repeat(method.ravel(), slots)
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
        "method": pd.array(np.where(is_open | (of_row == "none"), of_row, "closed"), dtype="str"),
        "fallback_reason": pd.array(np.repeat(reasons.ravel(), slots), dtype="str"),
    }
    return pd.DataFrame(data)


def _quantiles(paths: np.ndarray, levels: list[float]) -> np.ndarray:
    """(L, Q x T) quantiles over the paths, a queue at a time: thousands of queues must not be copied at once."""
    read = np.zeros((len(levels), paths.shape[1], paths.shape[2]))
    for q in range(paths.shape[1] if len(paths) else 0):
        read[:, q] = count_quantiles(paths[:, q], levels)
    return read.reshape(len(levels), -1)


def quantile_column(quantile: float) -> str:
    """Column of a quantile: 0.1 is `calls_p10`, 0.025 is `calls_p2.5`."""
    return f"calls_p{f'{100 * quantile:.6g}'.zfill(2)}"


def _bias_note(quality: pd.DataFrame) -> tuple[str, ...]:
    """A sentence where past forecasts missed the total."""
    bias = quality.loc[quality["metric"] == "bias_pct", "value"]
    if not len(bias) or abs(bias.iloc[0]) <= BIAS_WORTH_A_NOTE_PCT:
        return ()
    way = "low: calls are rising" if bias.iloc[0] < 0 else "high: calls are falling"
    return (f"calls: at the last origins measured the forecast was {abs(bias.iloc[0]):.1f} % too {way}",)


def _notes(known: Known, days: Days, pattern: np.ndarray, reasons: np.ndarray) -> tuple[str, ...]:
    """What a planner should know of this forecast."""
    history = known.history
    if not history.queues:
        return ("calls: there is no queue in the data, nothing is forecast",)
    notes = []
    if not days.is_open.any():
        notes.append("calls: closed on all days forecast, no call is expected")
    closed = known.closed(len(history.days) - 1)
    for h in np.flatnonzero(~days.is_plain):
        what = "holiday" if DAY_TYPES[days.kind[h]] == "holiday" else "day before a holiday"
        course = f"takes the course of a {DAY_TYPES[pattern[h]]}"
        if int(days.kind[h]) in closed:
            course = "is taken as closed: next to nobody called on the last such days"
        notes.append(f"calls: {days.start[h]} is a {what} and {course}")
    for q, queue in enumerate(history.queues):
        notes += [f"calls: queue {queue}: {text}" for text in dict.fromkeys(map(str, reasons[q])) if text]
    return tuple(notes)
