"""How good the call forecast was on past origins, beside seasonal naive: errors, bias, coverage, pinball loss.

At each origin only what was known then is used. Three grains: interval, day, and the total of the horizon. Closed
intervals and intervals without a known count are not scored.
"""

import numpy as np
import pandas as pd

from forecasting.calls.history import Days, History
from forecasting.calls.level import Levels, day_patterns
from forecasting.calls.paths import WARM_UP_DAYS, Errors, sample_paths
from forecasting.metrics import coverage_pct, pinball_loss, wmape_pct
from scenarios.schema import CallSettings

ORIGINS = 8
"""Origins measured, a week apart, the last one `days` before the end of the history."""
ORIGIN_STEP_DAYS = 7
COLUMNS = ("model", "metric", "value", "baseline", "baseline_value", "rows", "note")
BASELINE = "seasonal_naive"
BAND = (0.1, 0.9)
GRAINS = ("interval", "day", "total")


def seasonal_naive(history: History, days: Days, *, known_until: int) -> np.ndarray:
    """(Q, H, S) the latest plain day of the same weekday, as it was; NaN where no value is known."""
    queues, _, slots = history.calls.shape
    out = np.full((queues, len(days), slots), np.nan)
    plain = history.days.is_plain[: known_until + 1]
    for h, weekday in enumerate(days.weekday):
        same = np.flatnonzero(plain & (history.days.weekday[: known_until + 1] == weekday))
        for day in same[::-1]:
            unknown = np.isnan(out[:, h])
            if not unknown.any():
                break
            out[:, h] = np.where(unknown, history.calls[:, day], out[:, h])
    return out


def measure(history: History, levels: Levels, errors: Errors, *, settings: CallSettings, seed: int) -> pd.DataFrame:
    """The figures of rolling origins over all queues.

    wMAPE in percent of the calls, bias = (forecast - actual) / actual in percent, coverage of the 80 % band in
    percent, pinball loss in calls per interval (mean over the asked quantiles).

    Returns:
        A quality frame (`forecasting.types`); one row with a note where no origin can be measured.
    """
    measured = [
        _score(history, levels, errors, origin, settings, np.random.default_rng((seed, origin)))
        for origin in _origins(history, settings.days)
    ]
    scores = [score for score in measured if score is not None]
    if not scores:
        note = "too few weeks of history: the forecast could not be measured"
        return pd.DataFrame([("calls", "origins", 0.0, BASELINE, np.nan, 0, note)], columns=list(COLUMNS))
    rows = []
    for grain in GRAINS:
        actual, point, naive, low, high = (np.concatenate([s[grain][k] for s in scores]) for k in range(5))
        cells = len(actual)
        rows.append((f"wmape_pct_{grain}", wmape_pct(point, actual), wmape_pct(naive, actual), cells, ""))
        rows.append((f"coverage80_pct_{grain}", coverage_pct(low, high, actual), np.nan, cells, _few(cells)))
    total = scores[0]["total"][0].size
    actual, point, naive = (np.concatenate([s["interval"][k] for s in scores]) for k in range(3))
    rows.append(("bias_pct", _bias(point, actual), _bias(naive, actual), len(actual), ""))
    pinball = np.array([s["pinball"][0] for s in scores])
    rows.append(("pinball_calls", float(pinball[:, 0].mean()), float(pinball[:, 1].mean()), len(actual), ""))
    rows.append(("origins", float(len(scores)), np.nan, total, "weekly origins, each with what was known then"))
    return pd.DataFrame(
        [("calls", metric, value, BASELINE, other, n, note) for metric, value, other, n, note in rows],
        columns=list(COLUMNS),
    )


def _few(cells: int) -> str:
    return f"only {cells} cases: a rough figure" if cells < 20 else ""


def _origins(history: History, horizon_days: int) -> list[int]:
    """Positions of the last known day of each origin, earliest first."""
    if not history.queues:
        return []
    last = len(history.days) - 1 - horizon_days - int(history.silent_days.min())
    return list(range(last, WARM_UP_DAYS - 1, -ORIGIN_STEP_DAYS))[:ORIGINS][::-1]


def _score(
    history: History,
    levels: Levels,
    errors: Errors,
    origin: int,
    settings: CallSettings,
    rng: np.random.Generator,
) -> dict[str, list[np.ndarray]] | None:
    """By grain: actual, point, naive, low, high as flat arrays; None where nothing can be scored."""
    at = np.arange(origin + 1, origin + 1 + settings.days)
    d = history.days
    days = Days(d.start[at], d.weekday[at], d.kind[at], d.is_open[at])
    pattern = day_patterns(history, levels, days, known_until=origin)
    source = levels.latest[origin, pattern]
    point = np.where((source >= 0)[None, :, None], levels.after[source].transpose(1, 0, 2), np.nan)
    naive = seasonal_naive(history, days, known_until=origin)
    actual = history.calls[:, at]
    known = ~np.isnan(actual) & ~np.isnan(point) & ~np.isnan(naive) & days.is_open[None]
    if not known.any() or actual[known].sum() <= 0:
        return None
    paths, _ = sample_paths(
        np.nan_to_num(point) * days.is_open, errors, history, days, pattern,
        known_until=origin, paths=settings.sample_paths, rng=rng,
    )  # fmt: skip
    hidden = np.where(known, 0.0, np.nan)
    blocks = [np.where(known, x, 0.0) for x in (actual, point, naive)]
    out = {}
    for grain, axes in zip(GRAINS, ((), (2,), (1, 2)), strict=True):
        sums = [x.sum(axis=axes) if axes else x for x in blocks]
        drawn = np.where(known[None], paths, 0.0)
        drawn = drawn.sum(axis=tuple(a + 1 for a in axes)) if axes else drawn
        low, high = np.quantile(drawn, BAND, axis=0)
        scored = known.any(axis=axes) if axes else ~np.isnan(hidden)
        out[grain] = [x[scored] for x in (*sums, low, high)]
    loss = [
        (
            pinball_loss(np.quantile(paths, q, axis=0)[known], actual[known], quantile=q),
            pinball_loss(naive[known], actual[known], quantile=q),
        )
        for q in settings.quantiles
    ]
    out["pinball"] = [np.array(loss).mean(axis=0)]
    return out


def _bias(forecast: np.ndarray, actual: np.ndarray) -> float:
    return float(100 * (forecast.sum() - actual.sum()) / actual.sum())
