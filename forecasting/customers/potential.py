"""Potential: sales expected of each customer over the value horizon, from the customer's own purchases.

How sales are shared among customers: by a law of purchases in which customers leave and slow down, corrected by what
boosted trees and a regression learn from past origins, half and half (corrections.py). What they sum to: a law in which
customers only leave and one in which they only slow down, mixed by likelihood (laws.py). With few buyers nothing is
corrected; with hardly any everybody gets a shrunken rate, as those who never bought always do. No season is read from
the purchases.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.customers.churn import Figure
from forecasting.customers.corrections import MIN_PAST_DAYS, Windows, corrected, teach
from forecasting.customers.dropout import fit_dropout, summarise
from forecasting.customers.laws import fit_laws, scaled
from forecasting.customers.purchases import MONTH_DAYS, Purchases, rfm, sales_between

MIN_BUYERS = 200
"""With fewer buyers the few are learned, not the many: the laws alone are used."""
MIN_BUYERS_LAWS = 30
"""With fewer, the laws' parameters are chance: the shrunken rate is used."""
PRIOR_MONTHS = 6.0
"""Weight of all customers' rate in one customer's, in months watched."""
BAGS = 2
"""Samples whose forecasts are averaged; where the model is only measured, one is enough."""
SEASON_DAYS = 2 * 365
"""A shorter table shows no part of the year twice."""
TOP_SHARE = 0.1
BIAS_WORTH_A_NOTE_PCT = 10.0
"""A total missed by more at a held-out origin is told in the notes."""
HELD_OUT_MONTHS = (3, 6)


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
class Forecast:
    """eur: (B,). learned: whether past origins corrected the laws. beyond: windows further ahead than the table
    teaches.

    kept_share: see `Potential`.
    """

    eur: np.ndarray
    kept_share: float
    learned: bool
    beyond: int


def make_windows(horizon_months: int) -> Windows:
    """The first month, the rest of its quarter, then quarters; the last one shorter where the horizon ends in it."""
    edges = np.unique([0, min(1, horizon_months), *range(3, horizon_months, 3), horizon_months]) * MONTH_DAYS
    days = np.rint(edges).astype(np.int64)
    return Windows(days[:-1], days[1:])


def expect_sales(purchases: Purchases, *, horizon_months: int, seed: int) -> Potential:
    """Expected sales of each customer over `horizon_months` after the last day that the table covers.

    Measured at origins three and six months before that day, knowing only what came before them.
    """
    if not len(purchases.day):
        note = "potential: there are no purchases, so nothing is expected of any customer"
        figure: Figure = ("potential", "rows", 0.0, "shrunken_rate", np.nan, 0, note)
        return Potential(np.zeros(len(purchases.ids)), (figure,), (*purchases.notes, note))
    windows = make_windows(horizon_months)
    found = forecast(purchases, windows, at=purchases.days, seed=seed, bags=BAGS)
    notes = [*purchases.notes, *_how(purchases, windows, found, horizon_months)]
    quality = _measured(purchases, horizon_months, seed=seed)
    return Potential(found.eur, quality, (*notes, *_bias_notes(quality)), found.kept_share)


def forecast(purchases: Purchases, windows: Windows, *, at: int, seed: int, bags: int) -> Forecast:
    """Sales within the windows after day `at`, from nothing but what was bought before it."""
    history = summarise(purchases, at)
    days = float(windows.stop[-1])
    buyers = int(history.bought.sum())
    rate = shrunken_rate(purchases, at) * days / MONTH_DAYS
    if buyers < MIN_BUYERS_LAWS:
        return Forecast(rate, 1.0, learned=False, beyond=0)
    laws = fit_laws(history)
    total = laws.total_eur(history, days)
    laws_eur = np.where(history.bought, scaled(laws.both.sales(history, days), total), rate)
    kept = laws.both.kept_share(history, days)
    taught = teach(purchases, laws, windows, known_until=at) if buyers >= MIN_BUYERS else None
    if taught is None:
        return Forecast(laws_eur, kept, learned=False, beyond=0)
    both = corrected(purchases, laws, windows, taught, at=at, seed=seed, bags=bags)
    eur = np.where(history.bought, sum(scaled(each, total) for each in both) / 2, rate)
    return Forecast(eur, kept, learned=True, beyond=len(windows.stop) - taught.windows)


def dropout_alone(purchases: Purchases, until: int, *, days: float) -> np.ndarray:
    """(B,) sales within `days` by the published dropout model, nobody slowing down: what the rest must beat."""
    history = summarise(purchases, until)
    rate = shrunken_rate(purchases, until) * days / MONTH_DAYS
    return np.where(history.bought, fit_dropout(history).sales(history, days), rate)


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


def top_capture(forecast: np.ndarray, actual: np.ndarray, *, share: float = TOP_SHARE) -> float:
    """Share of all sales that the customers ranked in the top `share` brought; NaN where nothing came."""
    total = float(actual.sum())
    if total <= 0:
        return float("nan")
    top = np.argsort(-forecast, kind="stable")[: max(1, round(share * len(forecast)))]
    return float(actual[top].sum() / total)


def bias_pct(forecast: np.ndarray, actual: np.ndarray) -> float:
    """Total forecast above the total that came, in percent; NaN where nothing came."""
    total = float(actual.sum())
    return float(100 * (forecast.sum() - total) / total) if total > 0 else float("nan")


def _how(purchases: Purchases, windows: Windows, found: Forecast, horizon_months: int) -> list[str]:
    """Notes on what the forecast rests on and what it cannot know."""
    notes = []
    if not found.learned:
        why = (
            f"only {purchases.buyers} customers have bought"
            if purchases.buyers < MIN_BUYERS
            else f"purchases cover only {purchases.days} days"
        )
        notes.append(f"potential: {why}: what they will buy is read from how often and how lately each of them bought")
    if found.beyond > 0:
        notes.append(
            f"potential: {found.beyond} of {len(windows.start)} parts of the horizon lie further ahead than the table "
            "can teach; there the decline seen so far is carried forward"
        )
    if purchases.days < SEASON_DAYS and horizon_months % 12:
        notes.append(
            f"potential: {purchases.days} days of purchases show no part of the year twice; if the {horizon_months} "
            "months ahead hold a season (Christmas, say), raise or lower the potential by what you know of it"
        )
    return notes


def _measured(purchases: Purchases, horizon_months: int, *, seed: int) -> tuple[Figure, ...]:
    """Bias, error and top capture at held-out origins, three and six months before the end, beside the baselines."""
    rows: list[Figure] = []
    for months in sorted({min(each, horizon_months) for each in HELD_OUT_MONTHS}):
        windows = make_windows(months)
        days = int(windows.stop[-1])
        origin = purchases.days - days
        if origin < MIN_PAST_DAYS:
            continue
        found = forecast(purchases, windows, at=origin, seed=seed, bags=1)
        actual = sales_between(purchases, origin, purchases.days)
        baselines = {
            "dropout_model": dropout_alone(purchases, origin, days=days),
            "shrunken_rate": shrunken_rate(purchases, origin) * days / MONTH_DAYS,
            "past_mean": past_mean(purchases, origin) * days / MONTH_DAYS,
        }
        rows += _figures(found.eur, actual, baselines, months)
    if not rows:
        note = "the purchases are too short to hold out an origin: not measured"
        return (("potential", "rows", float(len(purchases.day)), "shrunken_rate", np.nan, len(purchases.ids), note),)
    return tuple(rows)


def _figures(ours: np.ndarray, actual: np.ndarray, baselines: dict[str, np.ndarray], months: int) -> list[Figure]:
    note = f"held-out origin {months} months before the end of the table"
    measures = {"bias_pct": bias_pct, "mean_absolute_error_eur": _error, "top10_capture": top_capture}
    return [
        ("potential", f"{name}_{months}_months", measure(ours, actual), other, measure(baseline, actual), len(actual),
         note)
        for other, baseline in baselines.items()
        for name, measure in measures.items()
    ]  # fmt: skip


def _bias_notes(quality: tuple[Figure, ...]) -> tuple[str, ...]:
    """A sentence for each held-out origin whose total was missed by more than `BIAS_WORTH_A_NOTE_PCT`."""
    return tuple(
        f"potential: at the {note} the total was {abs(value):.0f} % too {'high' if value > 0 else 'low'}"
        for _, metric, value, baseline, _, _, note in quality
        if metric.startswith("bias_pct") and baseline == "past_mean" and abs(value) > BIAS_WORTH_A_NOTE_PCT
    )


def _error(forecast: np.ndarray, actual: np.ndarray) -> float:
    return float(np.abs(forecast - actual).mean())
