"""How good the call forecast was on past origins, beside seasonal naive and the median of the last eight.

At each origin only what was known then is used: the weights of the parts, the spread and its stretch come from earlier
days. Three grains: interval, day, and the total of the horizon. Closed intervals and those without a known count are
not scored. The same walk yields the stretch of the paths that are handed out (`conformal`).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.calls.backtest import Backtest, weights_from
from forecasting.calls.conformal import GRAINS, HIGH, LOW, Scores, count_quantiles
from forecasting.calls.history import Days, History
from forecasting.calls.known import Known, Part
from forecasting.calls.paths import Errors, Stretch, sample_paths
from forecasting.calls.weights import mixed
from forecasting.metrics import coverage_pct, pinball_loss, wmape_pct
from scenarios.schema import CallSettings

ORIGINS = 10
"""Origins measured, about a week apart."""
ORIGIN_STEP_DAYS = 6
MOST_QUEUES = 60
"""With more queues, bands are measured on so many of them, evenly over their sizes."""
COLUMNS = ("model", "metric", "value", "baseline", "baseline_value", "rows", "note")
BASELINE = "seasonal_naive"
AXES = {"interval": (), "day": (2,), "total": (1, 2)}


@dataclass(frozen=True)
class Measured:
    """table: a quality frame (`forecasting.types`). stretch: of the paths to be handed out."""

    table: pd.DataFrame
    stretch: Stretch


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


def measure(known: Known, test: Backtest, errors: Errors, *, settings: CallSettings, seed: int) -> Measured:
    """The figures of rolling origins over all queues.

    wMAPE in percent of the calls, bias = (forecast - actual) / actual in percent, coverage of the 80 % band in
    percent, pinball loss in calls per interval (mean over the asked quantiles).
    """
    chosen = _chosen_queues(known)
    scores = Scores()
    measured = []
    for i in _origins(known, test):
        one = _one_origin(known, test, errors, i, chosen, scores, settings, seed)
        if one is not None:
            measured.append(one)
    if not measured:
        note = "too few weeks of history: the forecast could not be measured"
        table = pd.DataFrame([("calls", "origins", 0.0, BASELINE, np.nan, 0, note)], columns=list(COLUMNS))
        return Measured(table, scores.stretch())
    return Measured(_table(measured), scores.stretch())


def _chosen_queues(known: Known) -> np.ndarray:
    queues = len(known.history.queues)
    if queues <= MOST_QUEUES:
        return np.arange(queues)
    order = np.argsort(np.nansum(known.totals, axis=1), kind="stable")
    return np.sort(order[np.linspace(0, queues - 1, MOST_QUEUES).astype(int)])


def _origins(known: Known, test: Backtest) -> list[int]:
    """Positions in `test.origins` of what is measured, earliest first, each with a whole horizon after it."""
    whole = np.flatnonzero(test.origins + known.horizon < len(known.history.days))
    if not len(whole):
        return []
    step = max(1, round(ORIGIN_STEP_DAYS / max(1, int(np.diff(test.origins).min(initial=ORIGIN_STEP_DAYS)))))
    return [int(i) for i in whole[::-1][::step][:ORIGINS][::-1]]


def _one_origin(
    known: Known,
    test: Backtest,
    errors: Errors,
    i: int,
    chosen: np.ndarray,
    scores: Scores,
    settings: CallSettings,
    seed: int,
) -> dict[str, list[np.ndarray]] | None:
    """By grain: actual, forecast, naive, usual, low, high as flat arrays; None where nothing can be scored."""
    origin, d = int(test.origins[i]), known.history.days
    at = np.arange(origin + 1, origin + 1 + known.horizon)
    days = Days(d.start[at], d.weekday[at], d.kind[at], d.is_open[at])
    weights = weights_from(known, test, before=origin)
    parts: list[Part | None] = [
        Part(level[i], course[i]) for level, course in zip(test.levels, test.courses, strict=True)
    ]
    said = mixed(parts, weights)
    point = (said.level[:, :, None] * said.course)[chosen]
    usual = (test.levels[2, i][:, :, None] * test.courses[2, i])[chosen]
    naive = seasonal_naive(known.history, days, known_until=origin)[chosen]
    actual = known.history.calls[chosen][:, at]
    seen = np.isfinite(actual) & np.isfinite(point) & np.isfinite(naive) & np.isfinite(usual) & days.is_open[None]
    if not seen.any() or actual[seen].sum() <= 0:
        return None
    mine = Errors(
        errors.origins, errors.log_ratio[:, :, chosen], errors.kind, errors.course[:, chosen], errors.phi[chosen]
    )

    def drawn(stretch: Stretch) -> tuple[np.ndarray, bool]:
        return sample_paths(
            np.nan_to_num(point) * days.is_open, mine, known.history, days, test.pattern[i], known_until=origin,
            paths=settings.sample_paths, rng=np.random.default_rng((seed, origin)), stretch=stretch,
        )  # fmt: skip

    wide = drawn(scores.stretch())[0]
    raw, assumed = drawn(Stretch())
    blocks = [np.where(seen, x, 0.0) for x in (actual, point, naive, usual)]
    out = {}
    for grain in GRAINS:
        scored = seen if not AXES[grain] else seen.any(axis=AXES[grain])
        sums = [_summed(x, grain)[scored] for x in blocks]
        band = count_quantiles(_summed(np.where(seen, wide, 0.0), grain)[:, scored], (LOW, HIGH))
        out[grain] = [*sums, *band]
        if not assumed:  # an assumed spread teaches nothing about the measured one
            independent = len(sums[0]) * ORIGIN_STEP_DAYS / known.horizon / max(1.0, len(chosen) ** 0.5)
            scores.add(grain, sums[0], _summed(np.where(seen, raw, 0.0), grain)[:, scored], independent=independent)
    loss = [
        [pinball_loss(x, actual[seen], quantile=q) for x in (middle[seen], naive[seen])]
        for q, middle in zip(settings.quantiles, count_quantiles(wide, settings.quantiles), strict=True)
    ]
    out["pinball"] = [np.array(loss).mean(axis=0)]
    return out


def _summed(block: np.ndarray, grain: str) -> np.ndarray:
    """A block (..., Q, H, S) summed to a grain."""
    axes = tuple(axis - 3 for axis in AXES[grain])
    return block.sum(axis=axes) if axes else block


def _table(measured: list[dict[str, list[np.ndarray]]]) -> pd.DataFrame:
    rows = []
    for grain in GRAINS:
        actual, point, naive, usual, low, high = (np.concatenate([m[grain][k] for m in measured]) for k in range(6))
        cells = len(actual)
        other = f"median of the last eight: {wmape_pct(usual, actual):.2f}"
        rows.append((f"wmape_pct_{grain}", wmape_pct(point, actual), wmape_pct(naive, actual), cells, other))
        rows.append((f"coverage80_pct_{grain}", coverage_pct(low, high, actual), np.nan, cells, _few(cells)))
    actual, point, naive = (np.concatenate([m["interval"][k] for m in measured]) for k in range(3))
    rows.append(("bias_pct", _bias(point, actual), _bias(naive, actual), len(actual), ""))
    pinball = np.array([m["pinball"][0] for m in measured])
    rows.append(("pinball_calls", float(pinball[:, 0].mean()), float(pinball[:, 1].mean()), len(actual), ""))
    total = measured[0]["total"][0].size
    note = "origins about a week apart, each with what was known then"
    rows.append(("origins", float(len(measured)), np.nan, total, note))
    return pd.DataFrame(
        [("calls", metric, value, BASELINE, other, n, note) for metric, value, other, n, note in rows],
        columns=list(COLUMNS),
    )


def _few(cells: int) -> str:
    return f"only {cells} cases: a rough figure" if cells < 20 else ""


def _bias(forecast: np.ndarray, actual: np.ndarray) -> float:
    return float(100 * (forecast.sum() - actual.sum()) / actual.sum())
