"""Decides which columns of past leads were written during or after the sale, from evidence and not from names.

A model that reads such a column looks brilliant on the past and is blind on a fresh lead. Four signs, each enough:

1. near-perfect alone: single-column AUC of at least `PERFECT_AUC`, or values that all but settle the outcome cover at
   least `SETTLED_SHARE` of the rows. Nothing known before a sale does that.
2. emptiness tells: a strong column (AUC at least `STRONG_AUC`) that somebody fills in for some leads only, and whether
   it is filled says by itself who converts. People fill in what they learn in the course of a sale.
3. filled for others: the share of empty cells (or of values never seen before) differs by at least `EMPTY_POINTS`
   between history and fresh leads, or the fresh leads do not have the column.
4. not yet reached: read by this column alone, fresh leads would convert at a rate that is off the latest history's by
   at least `SHIFT_SHARE` of the rate, and by more than history ever moved between neighbouring spans of that length.
   Fresh leads are not worse; they have not reached those states. Honest columns move too, when customers change, so
   these suspects stand trial together: a model of the columns that are left is read with and without them, and they
   are refused if that moves what the fresh leads are expected to convert at by `SHIFT_SHARE` of the rate. Suspects that
   do not move it tell which leads are better, and not that all are worse; they are kept and named.

What no sign can show: a column written after the sale in the fresh leads too, if it is always filled and not strong.
Kaufman et al. (2012), Leakage in data mining, names the problem: legitimacy is a matter of time of writing.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.leads.columns import LeadColumns
from forecasting.leads.model import raw_probability
from forecasting.metrics import auc

PERFECT_AUC = 0.90
SETTLED_SHARE = 0.25
SETTLED_RATES = (0.05, 0.95)
SETTLED_ROWS = 30
"""A value counts as settling the outcome from so many rows on."""
STRONG_AUC = 0.70
EMPTY_AUC_DISTANCE = 0.10
"""Distance from 0.5 of the AUC of `is empty`."""
EMPTY_POINTS = 20.0
SHIFT_SHARE = 0.10
MIN_FRESH_ROWS = 100
"""With fewer fresh leads the two populations are not compared."""
FOLDS = 5
PRIOR_ROWS = 5.0
"""A value's conversion rate is drawn to the mean by so many rows."""
BINS = 20


@dataclass(frozen=True)
class Leaks:
    """refused: column, reason (a sentence with the figures), auc_alone (out of fold; NaN if absent), by column.

    watched: columns that moved as a leak would, and were kept because nothing rests on it.
    """

    refused: pd.DataFrame
    watched: tuple[str, ...]


def find_leaks(columns: LeadColumns, *, seed: int = 0) -> Leaks:
    """The refused columns, and those that are to be watched.

    Nothing but columns that the fresh leads lack is refused where the history has one outcome only. `seed`: of the
    trees that judge suspects.
    """
    found = [(name, "the fresh leads do not have this column", np.nan) for name in columns.absent]
    suspects: list[tuple[str, str, float]] = []
    converted = columns.converted
    if 0 < converted.sum() < len(converted):
        for name in columns.past.columns:
            past, fresh = _values(columns.past[name], columns.fresh[name])
            power = auc(_out_of_fold_rates(past, converted), converted)
            reason = _near_perfect(past, converted, power)
            reason = reason or _emptiness_tells(columns.past[name], converted, power)
            moved = ""
            if len(fresh) >= MIN_FRESH_ROWS:
                reason = reason or _filled_for_others(columns.past[name], columns.fresh[name])
                moved = _not_yet_reached(past, fresh, converted)
            if reason:
                found.append((str(name), reason, power))
            elif moved:
                suspects.append((str(name), moved, power))
    guilty = bool(suspects) and _move_the_level(columns, {row[0] for row in found}, {row[0] for row in suspects}, seed)
    frame = pd.DataFrame([*found, *(suspects if guilty else [])], columns=["column", "reason", "auc_alone"])
    frame = frame.astype({"column": "str", "reason": "str", "auc_alone": "float64"})
    watched = () if guilty else tuple(sorted(row[0] for row in suspects))
    return Leaks(frame.sort_values("column").reset_index(drop=True), watched)


def _move_the_level(columns: LeadColumns, refused: set[str], suspects: set[str], seed: int) -> bool:
    """Whether fresh leads would convert at another rate if the suspects were believed."""
    honest = [name for name in columns.past.columns if name not in refused and name not in suspects]
    if not honest:
        return True
    rates = [
        raw_probability(columns.past[kept], columns.converted, columns.fresh[kept], seed=seed, bags=1).mean()
        for kept in (honest, [*honest, *sorted(suspects)])
    ]
    return bool(abs(rates[1] - rates[0]) > SHIFT_SHARE * columns.converted.mean())


def _values(past: pd.Series, fresh: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Codes 0.. of each row's value: categories, or numbers in bins of the past's quantiles; 0 is empty."""
    if isinstance(past.dtype, pd.CategoricalDtype):
        return past.cat.codes.to_numpy() + 1, fresh.cat.codes.to_numpy() + 1
    cuts = np.unique(np.nanquantile(past.to_numpy(), np.linspace(0, 1, BINS + 1)[1:-1]))
    codes = [np.where(np.isnan(v), 0, 1 + np.searchsorted(cuts, v)) for v in (past.to_numpy(), fresh.to_numpy())]
    return codes[0], codes[1]


def _rates(codes: np.ndarray, converted: np.ndarray, size: int) -> np.ndarray:
    """(size,) conversion rate of each code, drawn to the mean."""
    rows = np.bincount(codes, minlength=size)
    won = np.bincount(codes, weights=converted, minlength=size)
    rates: np.ndarray = (won + PRIOR_ROWS * converted.mean()) / (rows + PRIOR_ROWS)
    return rates


def _out_of_fold_rates(codes: np.ndarray, converted: np.ndarray) -> np.ndarray:
    """(R,) conversion rate of each row's value, counted on the other rows: every fifth row is a fold."""
    fold = np.arange(len(codes)) % FOLDS
    result = np.empty(len(codes))
    for each in range(FOLDS):
        inside = fold == each
        if inside.all():
            return np.full(len(codes), converted.mean())
        result[inside] = _rates(codes[~inside], converted[~inside], int(codes.max()) + 1)[codes[inside]]
    return result


def _near_perfect(codes: np.ndarray, converted: np.ndarray, power: float) -> str:
    if power >= PERFECT_AUC:
        return f"near-perfect alone: orders {100 * power:.0f} % of all pairs right"
    rows = np.bincount(codes)
    rate = np.bincount(codes, weights=converted) / np.maximum(rows, 1)
    settling = (rows >= SETTLED_ROWS) & ((rate <= SETTLED_RATES[0]) | (rate >= SETTLED_RATES[1]))
    share = rows[settling].sum() / len(codes)
    # A rare outcome is nearly settled by anything; a value must say more than the mean does.
    if share >= SETTLED_SHARE and SETTLED_RATES[0] < converted.mean() < SETTLED_RATES[1] and power >= STRONG_AUC:
        return f"records the outcome: values that all but settle it cover {100 * share:.0f} % of the rows"
    return ""


def _emptiness_tells(past: pd.Series, converted: np.ndarray, power: float) -> str:
    empty = past.isna().to_numpy()
    if power < STRONG_AUC or not empty.any() or abs(auc(empty, converted) - 0.5) < EMPTY_AUC_DISTANCE:
        return ""
    rates = [100 * converted[empty].mean(), 100 * converted[~empty].mean()]
    return f"filled in during the sale: {rates[0]:.0f} % convert where it is empty, {rates[1]:.0f} % where it is filled"


def _filled_for_others(past: pd.Series, fresh: pd.Series) -> str:
    shares = [100 * past.isna().mean(), 100 * fresh.isna().mean()]
    if abs(shares[0] - shares[1]) < EMPTY_POINTS:
        return ""
    return (
        f"filled for others: empty in {shares[0]:.0f} % of the history, "
        f"empty or never seen before in {shares[1]:.0f} % of the fresh leads"
    )


def _not_yet_reached(past: np.ndarray, fresh: np.ndarray, converted: np.ndarray) -> str:
    size = int(max(past.max(), fresh.max())) + 1
    rates = _rates(past, converted, size)
    span = min(len(fresh), len(past) // 3)
    ends = range(len(past), span - 1, -span)
    spans = np.array([rates[past[end - span : end]].mean() for end in ends])[::-1]
    now = rates[fresh].mean()
    noise = 3 * rates[past].std() * np.sqrt(1 / span + 1 / len(fresh)) if span else np.inf
    moved = float(np.abs(np.diff(spans)).max()) if len(spans) > 1 else np.inf
    shift = now - spans[-1] if len(spans) else 0.0
    if abs(shift) <= max(moved, noise, SHIFT_SHARE * converted.mean()):
        return ""
    return (
        f"not yet reached: by this column alone fresh leads would convert {100 * abs(shift):.1f} points "
        f"{'less' if shift < 0 else 'more'} than the latest of the history, which never moved by more than "
        f"{100 * moved:.1f} points"
    )
