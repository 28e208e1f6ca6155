"""Peers on the same series: LightGBM fed back step by step, one LightGBM per quantile, statsforecast x profile.

statsforecast asks for an older pandas, so it runs in an environment of its own: the interpreter named by
MUSTER_STATSFORECAST_PYTHON; where there is none the row says so.
"""

import json
import os
import subprocess
from typing import Any

import numpy as np

from benchmarks.calls.methods import LATEST, seasonal_naive
from benchmarks.calls.scores import LEVELS, Said
from benchmarks.calls.series import Series

LAGS = (1, 2, 3, 4, 5, 7, 10, 14)
TREES = 200
INTERPRETER = "MUSTER_STATSFORECAST_PYTHON"
MODELS = ("AutoETS", "AutoARIMA", "AutoTheta")
SCRIPT = """
import json, sys, warnings
warnings.filterwarnings("ignore")
import numpy as np
from statsforecast.models import AutoARIMA, AutoETS, AutoTheta
asked = json.load(sys.stdin)
models = {"AutoETS": AutoETS, "AutoARIMA": AutoARIMA, "AutoTheta": AutoTheta}
y = np.array(asked["y"], dtype=float)
answers = []
for known in asked["known"]:
    answer = {}
    for name in asked["models"]:
        said = models[name](season_length=asked["season"]).forecast(y=y[:known], h=asked["h"])["mean"]
        answer[name] = [float(v) for v in said]
    answers.append(answer)
print(json.dumps(answers))
"""


class NotInstalled(Exception):
    """The peer is not there."""


def _filled(series: Series, origin: int) -> np.ndarray:
    """(D, S) the known rows, missing ones as a week before (a learner with lags cannot have holes)."""
    week = len(np.unique(series.weekday))
    calls = series.calls[: origin + 1].copy()
    for d in range(week, len(calls)):
        calls[d] = np.where(np.isnan(calls[d]), calls[d - week], calls[d])
    return np.asarray(np.nan_to_num(calls))


def _features(calls: np.ndarray, d: int, weekday: np.ndarray, holiday: np.ndarray) -> np.ndarray:
    """(S, F) what is known of day d from the days before it: lags, mean of the last same weekdays, calendar."""
    slots = calls.shape[1]
    same = np.flatnonzero(weekday[:d] == weekday[d])[-LATEST:]
    usual = calls[same].mean(axis=0) if len(same) else calls[d - 1]
    columns = [calls[d - lag] for lag in LAGS] + [usual, np.arange(slots)]
    columns += [np.full(slots, weekday[d]), np.full(slots, holiday[d])]
    return np.column_stack(columns)


def _train(series: Series, origin: int, seed: int, objective: dict[str, Any]) -> tuple[Any, np.ndarray]:
    import lightgbm

    calls = _filled(series, origin)
    weekday, holiday = series.weekday, series.is_holiday
    rows = range(max(LAGS), origin + 1)
    x = np.vstack([_features(calls, d, weekday, holiday) for d in rows])
    parameters = {
        "learning_rate": 0.05, "num_leaves": 15, "verbosity": -1, "num_threads": 1, "seed": seed, "deterministic": True,
        "force_col_wise": True, **objective,
    }  # fmt: skip
    return lightgbm.train(parameters, lightgbm.Dataset(x, calls[max(LAGS) : origin + 1].ravel()), TREES), calls


def _fed_back(series: Series, origin: int, model: Any, calls: np.ndarray, others: list[Any]) -> list[np.ndarray]:
    """(H, S) of the model fed back, then of each other model on the same features."""
    grown = np.vstack([calls, np.zeros((series.ahead, calls.shape[1]))])
    said = [np.zeros((series.ahead, calls.shape[1])) for _ in range(1 + len(others))]
    for h in range(series.ahead):
        x = _features(grown, origin + 1 + h, series.weekday, series.is_holiday)
        grown[origin + 1 + h] = np.maximum(model.predict(x), 0.0)
        said[0][h] = grown[origin + 1 + h]
        for k, other in enumerate(others):
            said[1 + k][h] = np.maximum(other.predict(x), 0.0)
    return said


def recursive_lightgbm(series: Series, origin: int, seed: int) -> Said:
    """One step ahead, absolute error, fed back."""
    model, calls = _train(series, origin, seed, {"objective": "l1"})
    return Said(_fed_back(series, origin, model, calls, [])[0])


def quantile_lightgbm(series: Series, origin: int, seed: int) -> Said:
    """A model per quantile on the same features; the median is fed back, quantiles are sorted."""
    trained = [_train(series, origin, seed, {"objective": "quantile", "alpha": level}) for level in LEVELS]
    (low, _), (middle, calls), (high, _) = trained
    said = _fed_back(series, origin, middle, calls, [low, high])
    return Said(said[0], np.sort(np.array([said[1], said[0], said[2]]), axis=0))


def statsforecast_profiles(series: Series, seed: int) -> list[dict[str, Said]]:
    """Day totals by the automatic models at each origin, each with the profile of seasonal naive's last eight weeks.

    One process for all origins, because the library compiles for seconds; each fit is given the days up to its origin.

    Raises:
        NotInstalled: there is no interpreter with statsforecast.
    """
    interpreter = os.environ.get(INTERPRETER, "")
    if not interpreter:
        raise NotInstalled(f"not installed: {INTERPRETER} names no interpreter")
    known = [origin + 1 for origin in series.origins]
    totals = _filled(series, max(series.origins)).sum(axis=1)  # filled from before only: a prefix is its own filling
    week = len(np.unique(series.weekday))
    asked = {"y": totals.tolist(), "known": known, "h": series.ahead, "season": week, "models": MODELS}
    done = subprocess.run(
        [interpreter, "-c", SCRIPT], input=json.dumps(asked), capture_output=True, text=True, timeout=1800, check=False
    )
    if done.returncode:
        raise NotInstalled("not usable: " + (done.stderr.strip().splitlines() or ["no answer"])[-1][:120])
    answers = json.loads(done.stdout)
    return [_profiled(series, origin, answer, seed) for origin, answer in zip(series.origins, answers, strict=True)]


def _profiled(series: Series, origin: int, answer: dict[str, list[float]], seed: int) -> dict[str, Said]:
    calls = _filled(series, origin)
    profile = np.zeros((series.ahead, calls.shape[1]))
    for h in range(series.ahead):
        same = np.flatnonzero(series.weekday[: origin + 1] == series.weekday[origin + 1 + h])[-LATEST:]
        profile[h] = calls[same].sum(axis=0) / max(calls[same].sum(), 1e-9)
    fallback = seasonal_naive(series, origin, seed).point.sum(axis=1)
    return {
        name: Said(np.where(np.isfinite(mean), mean, fallback)[:, None] * profile)
        for name, mean in ((name, np.array(values)) for name, values in answer.items())
    }
