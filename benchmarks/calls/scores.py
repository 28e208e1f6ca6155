"""The scores of the protocol, from forecasts and truths alone: wI, wD, TD, coverage, weighted quantile loss, MASE.

Everything is in percent but MASE. wI, wD: sum of absolute errors over all origins / sum of actuals over all origins, by
slot and by day. TD: mean over origins of |sum f - sum y| / sum y. Missing slots are neither forecast nor actual.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEVELS = (0.1, 0.5, 0.9)
RESAMPLES = 500


@dataclass(frozen=True)
class Said:
    """A forecast from one origin. point: (H, S). quantiles: (3, H, S) at `LEVELS`; paths: (N, H, S); None: none.
    seconds, cpu_seconds: it took, on the clock and of a core."""

    point: np.ndarray
    quantiles: np.ndarray | None = None
    paths: np.ndarray | None = None
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    note: str = ""


def scores(said: Sequence[Said], came: Sequence[np.ndarray], *, naive_error: float) -> dict[str, float]:
    """All figures of one method on one series; naive_error: mean absolute weekly difference of a slot, for MASE."""
    known = [~np.isnan(y) for y in came]
    points = [np.where(k, s.point, 0.0) for s, k in zip(said, known, strict=True)]
    truths = [np.where(k, y, 0.0) for y, k in zip(came, known, strict=True)]
    errors = np.array([np.abs(f - y).sum() for f, y in zip(points, truths, strict=True)])
    day_errors = np.array([np.abs((f - y).sum(axis=1)).sum() for f, y in zip(points, truths, strict=True)])
    totals = np.array([y.sum() for y in truths])
    total_errors = np.array([abs(f.sum() - y.sum()) for f, y in zip(points, truths, strict=True)])
    low, high = _interval(errors, totals)
    found = {
        "wI": 100 * errors.sum() / totals.sum(), "wI_low": low, "wI_high": high,
        "wD": 100 * day_errors.sum() / totals.sum(), "TD": 100 * float(np.mean(total_errors / totals)),
        "mase": errors.sum() / max(sum(int(k.sum()) for k in known) * naive_error, 1e-9),
        "seconds": max(s.seconds for s in said), "cpu_seconds": max(s.cpu_seconds for s in said), "origins": len(said),
    }  # fmt: skip
    if all(s.quantiles is not None for s in said):
        found |= _interval_band(said, truths, known)
    if all(s.paths is not None for s in said):
        found |= _path_bands(said, truths, known)
    return found


def _interval(errors: np.ndarray, totals: np.ndarray) -> tuple[float, float]:
    """90 % interval of the ratio of sums over resampled origins."""
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(errors), (RESAMPLES, len(errors)))
    ratio = 100 * errors[drawn].sum(axis=1) / totals[drawn].sum(axis=1)
    return float(np.quantile(ratio, 0.05)), float(np.quantile(ratio, 0.95))


def _interval_band(said: Sequence[Said], truths: list[np.ndarray], known: list[np.ndarray]) -> dict[str, float]:
    inside, loss, crossings, negatives = [], np.zeros(len(LEVELS)), 0, 0
    for s, y, k in zip(said, truths, known, strict=True):
        q = np.asarray(s.quantiles)
        inside.append(((y >= q[0]) & (y <= q[2]))[k])
        for i, level in enumerate(LEVELS):
            loss[i] += np.maximum(level * (y - q[i]), (level - 1) * (y - q[i]))[k].sum()
        crossings += int((np.diff(q, axis=0) < 0).sum())
        negatives += int((q < 0).sum() + (s.point < 0).sum())
    total = sum(y.sum() for y in truths)
    return {
        "cover80_interval": 100 * float(np.concatenate(inside).mean()), "wQL": float(100 * (2 * loss / total).mean()),
        "crossings": crossings, "negatives": negatives,
    }  # fmt: skip


def _path_bands(said: Sequence[Said], truths: list[np.ndarray], known: list[np.ndarray]) -> dict[str, float]:
    """Bands of days and of the whole horizon, read from the sums of the paths."""
    days, wholes = [], []
    for s, y, k in zip(said, truths, known, strict=True):
        paths = np.where(k, np.asarray(s.paths), 0.0)
        low, high = np.quantile(paths.sum(axis=2), (LEVELS[0], LEVELS[2]), axis=0)
        days.append(((y.sum(axis=1) >= low) & (y.sum(axis=1) <= high))[k.any(axis=1)])
        low, high = np.quantile(paths.sum(axis=(1, 2)), (LEVELS[0], LEVELS[2]))
        wholes.append(low <= y.sum() <= high)
    return {
        "cover80_day": 100 * float(np.concatenate(days).mean()), "cover80_total": 100 * float(np.mean(wholes)),
    }  # fmt: skip
