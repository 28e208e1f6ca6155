"""What the laws of purchases miss of each customer, learned from every past origin and window that is over.

Two learners with a Tweedie loss (Jorgensen, 1987: many zeros, a long tail). Gradient-boosted trees start from the
logarithm of the law's euros of a window (as an offset) and learn by what factor recency, frequency and value say it is
wrong: where nothing is to be learned the factor is 1. A regression on logarithms of the same numbers, their squares and
one product is smooth where the trees are coarse. Both read what the law says of the window itself, so windows further
ahead than the table can teach go on with the law; and rates and shares of the time watched, as sums grow with the table
and would be misread at its end.
"""

from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
from sklearn.linear_model import TweedieRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from forecasting.customers.dropout import summarise
from forecasting.customers.laws import Laws
from forecasting.customers.purchases import MONTH_DAYS, Purchases, rfm, sales_between

ORIGIN_STEP_DAYS = 30
MIN_PAST_DAYS = 60
"""An origin needs so many days before it."""
MAX_ORIGINS = 12
LEAST_EUR = 1e-3
"""A law's window forecast below counts as this much, so that its logarithm is finite."""
TREES = 60
POWER = 1.5
"""Of the regression's Tweedie variance; the trees' is in `PARAMETERS`."""
RIDGE = 0.01
PARAMETERS: dict[str, Any] = {
    "objective": "tweedie",
    "tweedie_variance_power": 1.3,
    "boost_from_average": False,
    "learning_rate": 0.04,
    "num_leaves": 7,
    "min_child_samples": 300,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 1.0,
    "deterministic": True,
    "force_col_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}


@dataclass(frozen=True)
class Windows:
    """Windows that add up to the horizon: start and stop in days after the origin, (W,) each."""

    start: np.ndarray
    stop: np.ndarray

    def first(self, count: int) -> "Windows":
        """The `count` nearest windows."""
        return Windows(self.start[:count], self.stop[:count])


@dataclass(frozen=True)
class Taught:
    """x: (R, F) what both learners read. offset: (R,) log euros a month by the law. y: (R,) euros a month that came.

    windows: how many of the horizon's windows have a row.
    """

    x: np.ndarray
    offset: np.ndarray
    y: np.ndarray
    windows: int


def teach(purchases: Purchases, laws: Laws, windows: Windows, *, known_until: int) -> Taught | None:
    """Every buyer at every origin and window that is over by day `known_until`; None where none is, or nothing came."""
    latest = known_until - int(windows.stop[0])
    origins = np.arange(latest, MIN_PAST_DAYS - 1, -ORIGIN_STEP_DAYS)[:MAX_ORIGINS]
    x, offset, y, taught = [], [], [], 0
    for origin in origins.tolist():
        over = int((origin + windows.stop <= known_until).sum())
        taught = max(taught, over)
        bought, rows = _read(purchases, laws, windows.first(over), at=int(origin))
        for w, (features, log_eur) in enumerate(rows):
            start, stop = int(windows.start[w]), int(windows.stop[w])
            sales = np.maximum(sales_between(purchases, origin + start, origin + stop), 0.0)
            x.append(features)
            offset.append(log_eur)
            y.append(sales[bought] * MONTH_DAYS / (stop - start))
    if not x or sum(float(each.sum()) for each in y) <= 0:
        return None
    return Taught(np.vstack(x), np.concatenate(offset), np.concatenate(y), taught)


def corrected(
    purchases: Purchases, laws: Laws, windows: Windows, taught: Taught, *, at: int, seed: int, bags: int
) -> tuple[np.ndarray, np.ndarray]:
    """(B,) euros of the windows together by the trees (mean of `bags` samples) and by the regression; 0 if no buyer."""
    data = lgb.Dataset(taught.x, taught.y, init_score=taught.offset, free_raw_data=False)
    models = [lgb.train({**PARAMETERS, "seed": seed + bag}, data, num_boost_round=TREES) for bag in range(bags)]
    smooth = make_pipeline(
        StandardScaler(), TweedieRegressor(power=POWER, alpha=RIDGE, link="log", solver="newton-cholesky", max_iter=100)
    ).fit(_logs(taught.x), taught.y)
    bought, rows = _read(purchases, laws, windows, at=at)
    by_trees, by_regression = np.zeros(len(bought)), np.zeros(len(bought))
    for w, (features, log_eur) in enumerate(rows):
        months = (windows.stop[w] - windows.start[w]) / MONTH_DAYS
        factor = np.mean([np.exp(np.asarray(model.predict(features, raw_score=True))) for model in models], axis=0)
        by_trees[bought] += np.exp(log_eur) * factor * months
        by_regression[bought] += smooth.predict(_logs(features)) * months
    return by_trees, by_regression


def _logs(x: np.ndarray) -> np.ndarray:
    """(R, 12) of what the trees read: logarithms, squares of the steepest, the product of how often and how much."""
    idle, rhythms, count, daily, _, recent, times, each, _ = x.T
    often, much = np.log(np.maximum(times, 1e-4)), np.log(np.maximum(each, 0.5))
    lately = np.log1p(np.maximum(recent, 0.0))
    columns = [often, much, lately, np.log(np.maximum(daily, 1e-3)), np.log(count), idle,
               np.minimum(np.nan_to_num(rhythms, nan=0.0), 20.0), np.isnan(rhythms),
               often * much, often**2, much**2, lately**2]  # fmt: skip
    return np.column_stack(columns)


def _read(
    purchases: Purchases, laws: Laws, windows: Windows, *, at: int
) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    """(B,) who had bought before day `at`, and by window the features and the log euros a month of these."""
    history = summarise(purchases, at)
    bought, each, known = history.bought, history.next_eur, rates(purchases, at)
    rows = []
    for start, stop in zip(windows.start.tolist(), windows.stop.tolist(), strict=True):
        times = laws.window_purchases(history, start, stop) * MONTH_DAYS / (stop - start)
        features = np.column_stack([known, times, each, times * each])[bought]
        rows.append((features, np.log(np.maximum(times * each, LEAST_EUR)[bought])))
    return bought, rows


def rates(purchases: Purchases, until: int) -> np.ndarray:
    """(B, 6) RFM before day `until` as rates and shares of the time watched, NaN where nothing was bought.

    Recency by tenure and by the customer's own rhythm, purchases, sales a day, mean purchase, sales of 90 days.
    """
    recency, tenure, count, total, mean, _, _, recent, _, _, _, rhythm = rfm(purchases, until).T
    with np.errstate(invalid="ignore", divide="ignore"):
        own = np.where(rhythm > 0, recency / rhythm, np.nan)
        return np.column_stack([recency / tenure, own, count, total / tenure, mean, recent])
