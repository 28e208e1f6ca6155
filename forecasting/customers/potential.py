"""Potential: sales expected of each customer over the value horizon, from the customer's own purchases.

The horizon is cut into windows of a quarter. Gradient-boosted trees with a Tweedie loss (Jorgensen, 1987: many zeros,
a long tail) learn the sales of a window from recency, frequency and value before an origin and from how far ahead the
window lies, on every past origin and window that is over by then; the potential is the sum over the windows. Every
customer of the table is a row at every origin, so those who never bought get what such customers bought later.
"""

from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np

from forecasting.customers.churn import Figure
from forecasting.customers.purchases import MONTH_DAYS, Purchases, rfm, sales_between

WINDOW_MONTHS = 3
MIN_BUYERS = 200
"""With fewer buyers trees learn the few, not the many: the shrunken rate is used."""
ORIGIN_STEP_DAYS = 30
MIN_PAST_DAYS = 60
"""An origin needs so many days before it."""
MAX_ORIGINS = 24
PRIOR_MONTHS = 6.0
"""Weight of all customers' rate in one customer's, in months watched."""
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
    """eur: (B,) expected sales over the horizon of each of `Purchases.ids`, >= 0."""

    eur: np.ndarray
    quality: tuple[Figure, ...]
    notes: tuple[str, ...]


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
    reference = shrunken_rate(purchases, now) * float(windows.stop[-1]) / MONTH_DAYS
    rows = _training_rows(purchases, windows, known_until=now)
    if purchases.buyers < MIN_BUYERS or rows is None:
        why = (
            f"only {purchases.buyers} customers have bought"
            if purchases.buyers < MIN_BUYERS
            else f"purchases cover only {now} days"
        )
        note = f"potential: {why}: each customer's own rate, drawn to the mean of all, is carried forward"
        quality = _measured(purchases, windows, seed=seed, trees=False)
        return Potential(reference, quality, (*purchases.notes, note, *_bias_notes(quality)))
    eur, beyond = _predicted(purchases, windows, rows, at=now, seed=seed)
    notes = list(purchases.notes)
    if beyond:
        notes.append(
            f"potential: {beyond} of {len(windows.start)} quarters of the horizon lie further ahead than the table "
            "can teach; they are taken like the furthest one known"
        )
    quality = _measured(purchases, windows, seed=seed, trees=True)
    return Potential(eur, quality, (*notes, *_bias_notes(quality)))


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


def _training_rows(
    purchases: Purchases, windows: Windows, *, known_until: int
) -> tuple[np.ndarray, np.ndarray, int] | None:
    """Features with the window's position, sales of the window scaled to a full one, and windows taught; None: too few.

    Only windows that are over by day `known_until` are rows.
    """
    width = round(WINDOW_MONTHS * MONTH_DAYS)
    first_width = int(windows.stop[0])
    latest = known_until - first_width
    origins = np.arange(latest, MIN_PAST_DAYS - 1, -ORIGIN_STEP_DAYS)[:MAX_ORIGINS]
    if not len(origins):
        return None
    x, y, taught = [], [], 0
    for origin in origins:
        features = rfm(purchases, int(origin))
        for w, (start, stop) in enumerate(zip(windows.start, windows.stop, strict=True)):
            if origin + stop > known_until:
                break
            sales = np.maximum(sales_between(purchases, int(origin + start), int(origin + stop)), 0.0)
            x.append(np.column_stack([features, np.full(len(features), float(w))]))
            y.append(sales * width / (stop - start))
            taught = max(taught, w + 1)
    target = np.concatenate(y)
    return (np.vstack(x), target, taught) if target.sum() > 0 else None


def _predicted(
    purchases: Purchases,
    windows: Windows,
    rows: tuple[np.ndarray, np.ndarray, int],
    *,
    at: int,
    seed: int,
    ahead: int | None = None,
) -> tuple[np.ndarray, int]:
    """(B,) sales of the first `ahead` windows (all unless given), and how many windows were never taught."""
    x, y, taught = rows
    model = lgb.train({**PARAMETERS, "seed": seed}, lgb.Dataset(x, y), num_boost_round=TREES)
    features = rfm(purchases, at)
    width = round(WINDOW_MONTHS * MONTH_DAYS)
    total = np.zeros(len(features))
    count = len(windows.start) if ahead is None else ahead
    for w in range(count):
        row = np.column_stack([features, np.full(len(features), float(min(w, taught - 1)))])
        total += model.predict(row) * (windows.stop[w] - windows.start[w]) / width
    return np.maximum(total, 0.0), max(0, count - taught)


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
        baselines = {
            "shrunken_rate": shrunken_rate(purchases, origin) * months,
            "past_mean": past_mean(purchases, origin) * months,
        }
        if past is not None:
            forecast, _ = _predicted(purchases, windows, past, at=origin, seed=seed, ahead=ahead)
        else:
            forecast = baselines["shrunken_rate"]
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
