"""What rolling origins come to: error by queue, day ahead, weekday and kind of day; coverage; the noise floor.

Errors are wMAPE in percent (sum of absolute errors / sum of calls), bias is (forecast - actual) / actual in percent.
Three grains: interval, day, and the whole horizon of an origin. Sums are taken inside each path, over the intervals
whose calls are known, before a quantile is read.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from scipy import special

from forecasting.calls.conformal import count_quantiles
from forecasting.calls.rolling import Rolled
from forecasting.metrics import coverage_pct, pinball_loss, wmape_pct
from inputs.calendar import DAY_TYPES
from scenarios.schema.base import WEEKDAYS

LEVELS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9
GRAINS = {"interval": (), "day": (2,), "total": (1, 2)}
ALL_QUEUES = "*"
BANDS = tuple(f"p{round(100 * level):02d}" for level in LEVELS)


def review_tables(rolled: Sequence[Rolled]) -> dict[str, pd.DataFrame]:
    """Tables of a review, by name.

    days: origin, queue, date, days_ahead, weekday, day_type, calls_forecast, calls_naive, calls_p10, calls_p50,
        calls_p90, calls_actual: one row per origin, queue and day with a known call count.
    totals: the same of the whole horizon. by_queue, by_days_ahead, by_weekday, by_day_type: days, wmape_pct,
        naive_wmape_pct, bias_pct. summary: grain, cases, wmape_pct, naive_wmape_pct, noise_floor_pct, bias_pct,
        coverage80_pct, pinball_calls. reliability: grain, level_pct, share_below_pct, cases.
    """
    grains = {grain: pd.concat([_cells(each, grain) for each in rolled], ignore_index=True) for grain in GRAINS}
    days = grains["day"]
    columns = ["origin", "queue", "date", "days_ahead", "weekday", "day_type"]
    figures = ["calls_forecast", "calls_naive", "calls_p10", "calls_p50", "calls_p90", "calls_actual"]
    return {
        "summary": pd.DataFrame([_summary(grain, cells) for grain, cells in grains.items()]),
        "by_queue": _errors(days, "queue"),
        "by_days_ahead": _errors(days, "days_ahead"),
        "by_weekday": _errors(days, "weekday", order=WEEKDAYS),
        "by_day_type": _errors(days, "day_type", order=DAY_TYPES),
        "reliability": _reliability(grains),
        "days": days[[*columns, *figures]],
        "totals": grains["total"][["origin", "queue", *figures]],
    }


def noise_floor_pct(rate: np.ndarray, actual: np.ndarray) -> float:
    """wMAPE that a forecaster who knows the true rate would have, if counts are Poisson at the forecast's rate.

    E|Y - m| = 2 exp(-m) m^(floor m + 1) / floor(m)! (Crow, 1958); summed over the cases / sum of the actuals.
    """
    m = np.maximum(np.asarray(rate, dtype=np.float64), 0.0)
    whole = np.floor(m)
    with np.errstate(divide="ignore"):
        log_error = np.log(2.0) - m + (whole + 1) * np.log(m) - special.gammaln(whole + 1)
    total = float(np.sum(actual))
    return float(100 * np.exp(log_error).sum() / total) if total > 0 else float("nan")


def _cells(rolled: Rolled, grain: str) -> pd.DataFrame:
    """One row per queue and case of the grain where calls are known: forecast, naive, quantiles at LEVELS, actual."""
    known = np.isfinite(rolled.actual)
    scored = known.any(axis=GRAINS[grain]) if GRAINS[grain] else known
    paths = _summed(np.where(known, rolled.paths, 0.0), grain)
    blocks = {
        "calls_forecast": np.where(known, rolled.paths.mean(axis=0, dtype=np.float64), 0.0),
        "calls_naive": np.where(known, np.nan_to_num(rolled.naive), 0.0),
        "calls_actual": np.where(known, rolled.actual, 0.0),
    }
    at = np.nonzero(scored)
    data: dict[str, object] = {
        "origin": pd.DatetimeIndex([pd.Timestamp(rolled.origin)] * len(at[0])).as_unit("us"),
        "queue": pd.array(np.array(rolled.forecast.queues, dtype=object)[at[0]], dtype="str"),
    }
    if grain != "total":
        kinds, weekdays = np.array(DAY_TYPES)[rolled.days.kind], np.array(WEEKDAYS)[rolled.days.weekday]
        data["date"] = rolled.days.start[at[1]].astype("datetime64[us]")
        data["days_ahead"] = at[1] + 1
        data["weekday"] = pd.array(weekdays[at[1]], dtype="str")
        data["day_type"] = pd.array(kinds[at[1]], dtype="str")
    data |= {name: _summed(block, grain)[scored] for name, block in blocks.items()}
    read = count_quantiles(paths[:, scored], LEVELS)
    data |= {f"calls_{band}": values for band, values in zip(BANDS, read, strict=True)}
    return pd.DataFrame(data)


def _summed(block: np.ndarray, grain: str) -> np.ndarray:
    """A block (..., Q, H, S) summed to a grain."""
    axes = tuple(axis - 3 for axis in GRAINS[grain])
    return block.sum(axis=axes) if axes else block


def _summary(grain: str, cells: pd.DataFrame) -> dict[str, object]:
    actual, said = cells["calls_actual"].to_numpy(), cells["calls_forecast"].to_numpy()
    losses = [
        pinball_loss(cells[f"calls_p{round(100 * q):02d}"].to_numpy(), actual, quantile=q) for q in (LOW, MIDDLE, HIGH)
    ]
    return {
        "grain": grain,
        "cases": len(cells),
        "wmape_pct": wmape_pct(said, actual),
        "naive_wmape_pct": wmape_pct(cells["calls_naive"].to_numpy(), actual),
        "noise_floor_pct": noise_floor_pct(said, actual),
        "bias_pct": _bias_pct(said, actual),
        "coverage80_pct": coverage_pct(cells["calls_p10"].to_numpy(), cells["calls_p90"].to_numpy(), actual),
        "pinball_calls": float(np.mean(losses)),
    }


def _bias_pct(said: np.ndarray, actual: np.ndarray) -> float:
    total = float(actual.sum())
    return float(100 * (said.sum() - total) / total) if total > 0 else float("nan")


def _errors(days: pd.DataFrame, by: str, order: Sequence[str] = ()) -> pd.DataFrame:
    """Day errors by one column; with more than one queue also all together where the column is the queue."""
    rows = []
    for key, part in _parts(days, by, order):
        actual = part["calls_actual"].to_numpy()
        rows.append(
            {
                by: key,
                "days": len(part),
                "calls_actual": float(actual.sum()),
                "wmape_pct": wmape_pct(part["calls_forecast"].to_numpy(), actual),
                "naive_wmape_pct": wmape_pct(part["calls_naive"].to_numpy(), actual),
                "bias_pct": _bias_pct(part["calls_forecast"].to_numpy(), actual),
            }
        )
    return pd.DataFrame(rows)


def _parts(days: pd.DataFrame, by: str, order: Sequence[str]) -> Iterator[tuple[object, pd.DataFrame]]:
    keys = [key for key in order if (days[by] == key).any()] if order else sorted(days[by].unique())
    for key in keys:
        yield key, days[days[by] == key]
    if by == "queue" and len(keys) > 1:
        yield ALL_QUEUES, days


def _reliability(grains: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """How often the actual lay at or below each quantile; equal counts half, as quantiles of counts are spread."""
    rows = []
    for grain, cells in grains.items():
        actual = cells["calls_actual"].to_numpy()
        for level, band in zip(LEVELS, BANDS, strict=True):
            quantile = cells[f"calls_{band}"].to_numpy()
            share = float(100 * ((actual < quantile) + 0.5 * (actual == quantile)).mean()) if len(cells) else np.nan
            rows.append((grain, 100 * level, share, len(cells)))
    return pd.DataFrame(rows, columns=["grain", "level_pct", "share_below_pct", "cases"])
