"""Decides which columns of past leads were written during or after the sale, from evidence and not from names.

A model that reads such a column looks brilliant on the past and is blind on a fresh lead. Four signs, each enough:

1. near-perfect alone: single-column AUC of at least `PERFECT_AUC`, or values that all but settle the outcome cover at
   least `SETTLED_SHARE` of the rows. Nothing known before a sale does that.
2. emptiness tells: somebody fills the column in for some leads only, whether it is filled says by itself who converts
   (AUC off 0.5 by `EMPTY_AUC_DISTANCE`), and its values do too (AUC at least `STRONG_AUC` over all rows, or
   `FILLED_AUC` where it is filled). People fill in what they learn in the course of a sale; a form that keen people
   fill in says little more by its answers.
3. filled for others: the share of empty cells (or of values never seen before) differs by at least `EMPTY_POINTS`
   between history and fresh leads, or the fresh leads do not have the column.
4. not yet reached: read by this column alone, fresh leads would convert at a rate that is off the latest history's by
   at least `SHIFT_SHARE` of the rate, and by more than history ever moved between neighbouring spans of that length.
   Fresh leads are not worse; they have not reached those states. Honest columns move too, when customers change, so
   these suspects stand trial together: a model of the columns that are left is read with and without them, and if that
   moves what the fresh leads are expected to convert at by `SHIFT_SHARE` of the rate, those that move it are refused.
   Suspects that do not tell which leads are better, and not that all are worse; they are kept and named.

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
SETTLED_SHARE = 0.35
SETTLED_RATES = (0.05, 0.95)
SETTLED_ODDS = 10.0
"""And the odds at a value that settles the outcome are so many times those of all leads, or a part of them as small:
where few convert, nearly none do so at many an honest value."""
SETTLED_ROWS = 30
"""A value counts as settling the outcome from so many rows on."""
STRONG_AUC = 0.70
EMPTY_AUC_DISTANCE = 0.11
"""Distance from 0.5 of the AUC of `is empty`."""
FILLED_AUC = 0.63
"""AUC of a column's values among the rows where it is filled: what a form asks of everybody says less than that, what a
seller writes down says more."""
MIN_FILLED = 100
"""With fewer filled rows their values are not judged."""
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
            reason = reason or _emptiness_tells(columns.past[name], past, converted, power)
            moved = ""
            if len(fresh) >= MIN_FRESH_ROWS:
                reason = reason or _filled_for_others(columns.past[name], columns.fresh[name])
                moved = _not_yet_reached(past, fresh, converted)
            if reason:
                found.append((str(name), reason, power))
            elif moved:
                suspects.append((str(name), moved, power))
    guilty = _guilty(columns, {row[0] for row in found}, sorted(row[0] for row in suspects), seed)
    rows = [*found, *(row for row in suspects if row[0] in guilty)]
    frame = pd.DataFrame(rows, columns=["column", "reason", "auc_alone"])
    frame = frame.astype({"column": "str", "reason": "str", "auc_alone": "float64"})
    watched = tuple(sorted(row[0] for row in suspects if row[0] not in guilty))
    return Leaks(frame.sort_values("column").reset_index(drop=True), watched)


def _guilty(columns: LeadColumns, refused: set[str], suspects: list[str], seed: int) -> set[str]:
    """The suspects that move what fresh leads are expected to convert at by more than `SHIFT_SHARE` of the rate.

    None, if all together do not move it. Else they are let in one by one, the one that moves least alone first, and
    each that moves the rate too far together with those let in is guilty: an honest column is not lost because it was
    suspected beside a leak, and two that say the same cannot hide each other.
    """
    if not suspects:
        return set()
    honest = [str(name) for name in columns.past.columns if name not in refused and name not in suspects]
    if not honest:
        return set(suspects)

    def rate(kept: list[str]) -> float:
        found = raw_probability(columns.past[kept], columns.converted, columns.fresh[kept], seed=seed, bags=1)
        return float(found.mean())

    without, too_far = rate(honest), SHIFT_SHARE * float(columns.converted.mean())
    if abs(rate([*honest, *suspects]) - without) <= too_far:
        return set()
    alone = {name: abs(rate([*honest, name]) - without) for name in suspects}
    guilty, kept = set(), honest
    for name in sorted(suspects, key=lambda each: (alone[each], each)):
        if alone[name] > too_far or abs(rate([*kept, name]) - without) > too_far:
            guilty.add(name)
        else:
            kept = [*kept, name]
    return guilty


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
    odds = converted.mean() / (1 - converted.mean())
    low = min(SETTLED_RATES[0], odds / (odds + SETTLED_ODDS))
    high = max(SETTLED_RATES[1], odds / (odds + 1 / SETTLED_ODDS))
    settling = (rows >= SETTLED_ROWS) & ((rate <= low) | (rate >= high))
    share = rows[settling].sum() / len(codes)
    if share >= SETTLED_SHARE and power >= STRONG_AUC:
        return f"records the outcome: values that all but settle it cover {100 * share:.0f} % of the rows"
    return ""


def _emptiness_tells(past: pd.Series, codes: np.ndarray, converted: np.ndarray, power: float) -> str:
    empty = past.isna().to_numpy()
    if not empty.any() or abs(auc(empty, converted) - 0.5) < EMPTY_AUC_DISTANCE:
        return ""
    filled = ~empty
    rates = [100 * converted[empty].mean(), 100 * converted[filled].mean()]
    if power < STRONG_AUC:
        within = auc(_out_of_fold_rates(codes[filled], converted[filled]), converted[filled])
        if filled.sum() < MIN_FILLED or np.isnan(within) or within < FILLED_AUC:
            return ""
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
