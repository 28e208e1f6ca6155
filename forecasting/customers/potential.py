"""Potential: sales expected of each customer over the value horizon, from the customer's own purchases.

The horizon is cut into windows of a quarter. Gradient-boosted trees with a Tweedie loss (Jorgensen, 1987: many zeros,
a long tail) learn the sales of a window from recency, frequency and value before an origin and from how far ahead the
window lies, on every past origin and window that is over by then; the potential is the sum over the windows. Every
customer of the table is a row at every origin, so those who never bought get what such customers bought later. The
trees read rates and shares of the time watched, as sums grow with the table and would be misread at its end. Their
forecast and that of the dropout model (dropout.py) are averaged: they err in different ways.
"""

from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np

from forecasting.customers.churn import Figure
from forecasting.customers.dropout import fit_dropout, summarise
from forecasting.customers.purchases import MONTH_DAYS, Purchases, rfm, sales_between

WINDOW_MONTHS = 3
MIN_BUYERS = 200
"""With fewer buyers trees learn the few, not the many: the dropout model alone is used."""
MIN_BUYERS_DROPOUT = 30
"""With fewer, its four parameters are chance: the shrunken rate is used."""
ORIGIN_STEP_DAYS = 30
MIN_PAST_DAYS = 60
"""An origin needs so many days before it."""
MAX_ORIGINS = 12
PRIOR_MONTHS = 6.0
"""Weight of all customers' rate in one customer's, in months watched."""
HALF_LIFE_DAYS = 60.0
"""An origin so many days before the latest one that teaches the same window counts half: customers age together."""
BAGS = 2
"""Samples whose forecasts are averaged; where the model is only measured, one is enough."""
TREES = 120
PARAMETERS: dict[str, Any] = {
    "objective": "tweedie",
    "tweedie_variance_power": 1.3,
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_child_samples": 100,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 1.0,
    "deterministic": True,
    "force_col_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
TOP_SHARE = 0.1
BIAS_WORTH_A_NOTE_PCT = 10.0
"""A total missed by more at a held-out origin is told in the notes."""


@dataclass(frozen=True)
class Potential:
    """eur: (B,) expected sales over the horizon of each of `Purchases.ids`, >= 0.

    kept_share: share of these sales that is left by the attrition which the purchases themselves show; 1: none.
    """

    eur: np.ndarray
    quality: tuple[Figure, ...]
    notes: tuple[str, ...]
    kept_share: float = 1.0


@dataclass(frozen=True)
class Windows:
    """Windows that add up to the horizon: start and stop in days after the origin, (W,) each."""

    start: np.ndarray
    stop: np.ndarray


def make_windows(horizon_months: int) -> Windows:
    """Quarters, the last one shorter where the horizon is no multiple of three months."""
    edges = np.unique([*range(0, horizon_months, WINDOW_MONTHS), horizon_months]) * MONTH_DAYS
    days = np.rint(edges).astype(np.int64)
    return Windows(days[:-1], days[1:])


def expect_sales(purchases: Purchases, *, horizon_months: int, seed: int) -> Potential:
    """Expected sales of each customer over `horizon_months` after the last day that the table covers.

    Measured on the latest origin whose first window is over: trained on what was over before that origin.
    """
    if not len(purchases.day):
        note = "potential: there are no purchases, so nothing is expected of any customer"
        figure: Figure = ("potential", "rows", 0.0, "shrunken_rate", np.nan, 0, note)
        return Potential(np.zeros(len(purchases.ids)), (figure,), (*purchases.notes, note))
    windows = make_windows(horizon_months)
    now = purchases.days
    rows = _training_rows(purchases, windows, known_until=now)
    taught = purchases.buyers >= MIN_BUYERS and rows is not None
    notes = list(purchases.notes)
    plain, kept_share = without_features(purchases, now, days=float(windows.stop[-1]))
    if not taught or rows is None:
        why = (
            f"only {purchases.buyers} customers have bought"
            if purchases.buyers < MIN_BUYERS
            else f"purchases cover only {now} days"
        )
        notes.append(f"potential: {why}: what they will buy is read from how often and how lately each of them bought")
        eur = plain
    else:
        trees, beyond = _predicted(purchases, windows, rows, at=now, seed=seed)
        eur = (trees + plain) / 2
        if beyond:
            notes.append(
                f"potential: {beyond} of {len(windows.start)} quarters of the horizon lie further ahead than the table "
                "can teach; they are taken like the furthest one known"
            )
    quality = _measured(purchases, windows, seed=seed, trees=taught)
    return Potential(eur, quality, (*notes, *_bias_notes(quality)), kept_share)


def without_features(purchases: Purchases, until: int, *, days: float) -> tuple[np.ndarray, float]:
    """(B,) sales within `days` by the dropout model, and the share of sales that its attrition leaves.

    Those who never bought, and everybody where hardly anybody did, get the shrunken rate.
    """
    rate = shrunken_rate(purchases, until) * days / MONTH_DAYS
    history = summarise(purchases, until)
    bought = ~np.isnan(history.watched)
    if bought.sum() < MIN_BUYERS_DROPOUT:
        return rate, 1.0
    model = fit_dropout(history)
    return np.where(bought, model.sales(history, days), rate), model.kept_share(history, days)


def rates(purchases: Purchases, until: int) -> np.ndarray:
    """(B, 10) what the trees read of each customer before day `until`: RFM as rates and shares of the time watched."""
    recency, tenure, count, total, mean, largest, last, recent, _, times, _, rhythm = rfm(purchases, until).T
    with np.errstate(invalid="ignore", divide="ignore"):
        own = np.where(rhythm > 0, recency / rhythm, np.nan)
        columns = [recency / tenure, own, count, total / tenure, mean, largest, last, recent, times, count / tenure]
    return np.column_stack(columns)


def shrunken_rate(purchases: Purchases, until: int) -> np.ndarray:
    """(B,) sales a month: (own repeat sales + k x rate of all) / (months watched + k), k = `PRIOR_MONTHS`.

    A customer is watched from the first purchase on, so that one starts the clock and is not counted (it is taken for
    an average one of the customer's); one who never bought is watched from the beginning of the table.
    """
    features = rfm(purchases, until)
    watched = np.where(np.isnan(features[:, 1]), float(until), features[:, 1]) / MONTH_DAYS
    total = np.maximum(features[:, 3] - np.nan_to_num(features[:, 4]), 0.0)
    overall = total.sum() / max(float(watched.sum()), 1e-9)
    rate: np.ndarray = (total + PRIOR_MONTHS * overall) / (watched + PRIOR_MONTHS)
    return rate


def past_mean(purchases: Purchases, until: int) -> np.ndarray:
    """(B,) sales a month of each customer over all of the table, nothing learned from others."""
    mean: np.ndarray = np.maximum(sales_between(purchases, 0, until), 0.0) / (max(until, 1) / MONTH_DAYS)
    return mean


@dataclass(frozen=True)
class Taught:
    """x: (R, F) rates and the window's position. y: (R,) sales of the window scaled to a full one. weight: (R,) by age.

    windows: how many of the horizon's windows have a row.
    """

    x: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    windows: int


def _training_rows(purchases: Purchases, windows: Windows, *, known_until: int) -> Taught | None:
    """What is over by day `known_until`, at every origin and window; None: too little.

    Only windows that are over by day `known_until` are rows.
    """
    width = round(WINDOW_MONTHS * MONTH_DAYS)
    first_width = int(windows.stop[0])
    latest = known_until - first_width
    origins = np.arange(latest, MIN_PAST_DAYS - 1, -ORIGIN_STEP_DAYS)[:MAX_ORIGINS]
    if not len(origins):
        return None
    x, y, weight, taught = [], [], [], 0
    for origin in origins.tolist():
        features = rates(purchases, int(origin))
        for w, (start, stop) in enumerate(zip(windows.start, windows.stop, strict=True)):
            if origin + stop > known_until:
                break
            sales = np.maximum(sales_between(purchases, int(origin + start), int(origin + stop)), 0.0)
            x.append(np.column_stack([features, np.full(len(features), float(w))]))
            y.append(sales * width / (stop - start))
            age = known_until - stop - origin
            weight.append(np.full(len(features), 0.5 ** (age / HALF_LIFE_DAYS)))
            taught = max(taught, w + 1)
    target = np.concatenate(y)
    return Taught(np.vstack(x), target, np.concatenate(weight), taught) if target.sum() > 0 else None


def _predicted(
    purchases: Purchases,
    windows: Windows,
    rows: Taught,
    *,
    at: int,
    seed: int,
    ahead: int | None = None,
    bags: int = BAGS,
) -> tuple[np.ndarray, int]:
    """(B,) sales of the first `ahead` windows (all unless given), and how many windows were never taught."""
    data = lgb.Dataset(rows.x, rows.y, weight=rows.weight, free_raw_data=False)
    models = [lgb.train({**PARAMETERS, "seed": seed + bag}, data, num_boost_round=TREES) for bag in range(bags)]
    features = rates(purchases, at)
    width = round(WINDOW_MONTHS * MONTH_DAYS)
    total = np.zeros(len(features))
    count = len(windows.start) if ahead is None else ahead
    for w in range(count):
        row = np.column_stack([features, np.full(len(features), float(min(w, rows.windows - 1)))])
        mean = np.mean([np.asarray(model.predict(row)) for model in models], axis=0)
        total += mean * (windows.stop[w] - windows.start[w]) / width
    return np.maximum(total, 0.0), max(0, count - rows.windows)


def _measured(purchases: Purchases, windows: Windows, *, seed: int, trees: bool) -> tuple[Figure, ...]:
    """Bias, error and top capture at held-out origins, one and two windows before the end, beside both baselines."""
    rows: list[Figure] = []
    for ahead in (1, 2):
        if ahead > len(windows.stop):
            break
        origin = purchases.days - int(windows.stop[ahead - 1])
        past = _training_rows(purchases, windows, known_until=origin) if trees else None
        if origin < MIN_PAST_DAYS or (trees and past is None):
            continue
        actual = sales_between(purchases, origin, purchases.days)
        months = float(windows.stop[ahead - 1]) / MONTH_DAYS
        plain, _ = without_features(purchases, origin, days=float(windows.stop[ahead - 1]))
        baselines = {
            "dropout_model": plain,
            "shrunken_rate": shrunken_rate(purchases, origin) * months,
            "past_mean": past_mean(purchases, origin) * months,
        }
        if past is not None:
            predicted, _ = _predicted(purchases, windows, past, at=origin, seed=seed, ahead=ahead, bags=1)
            forecast = (predicted + plain) / 2
        else:
            forecast = plain
        rows += _figures(forecast, actual, baselines, months)
    if not rows:
        note = "the purchases are too short to hold out an origin: not measured"
        return (("potential", "rows", float(len(purchases.day)), "shrunken_rate", np.nan, len(purchases.ids), note),)
    return tuple(rows)


def _figures(forecast: np.ndarray, actual: np.ndarray, baselines: dict[str, np.ndarray], months: float) -> list[Figure]:
    note = f"held-out origin {months:.0f} months before the end of the table"
    span = f"{months:.0f}_months"
    rows: list[Figure] = []
    for name, other in baselines.items():
        figures = {
            f"bias_pct_{span}": (_bias_pct(forecast, actual), _bias_pct(other, actual)),
            f"mean_absolute_error_eur_{span}": (_error(forecast, actual), _error(other, actual)),
            f"top10_capture_{span}": (top_capture(forecast, actual), top_capture(other, actual)),
        }
        rows += [
            ("potential", metric, ours, name, theirs, len(actual), note) for metric, (ours, theirs) in figures.items()
        ]
    return rows


def _bias_notes(quality: tuple[Figure, ...]) -> tuple[str, ...]:
    """A sentence for each held-out origin whose total was missed by more than `BIAS_WORTH_A_NOTE_PCT`."""
    return tuple(
        f"potential: at the {note} the total was {abs(value):.0f} % too {'high' if value > 0 else 'low'}"
        for _, metric, value, baseline, _, _, note in quality
        if metric.startswith("bias_pct") and baseline == "past_mean" and abs(value) > BIAS_WORTH_A_NOTE_PCT
    )


def _bias_pct(forecast: np.ndarray, actual: np.ndarray) -> float:
    """Total forecast above the total that came, in percent; NaN where nothing came."""
    total = float(actual.sum())
    return float(100 * (forecast.sum() - total) / total) if total > 0 else float("nan")


def _error(forecast: np.ndarray, actual: np.ndarray) -> float:
    return float(np.abs(forecast - actual).mean())


def top_capture(forecast: np.ndarray, actual: np.ndarray, *, share: float = TOP_SHARE) -> float:
    """Share of all sales that the customers ranked in the top `share` brought; NaN where nothing came."""
    total = float(actual.sum())
    if total <= 0:
        return float("nan")
    top = np.argsort(-forecast, kind="stable")[: max(1, round(share * len(forecast)))]
    return float(actual[top].sum() / total)
