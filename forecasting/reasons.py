"""Why a probability is high or low, in words: the features that moved it most, with the row's own values.

What a feature adds to a tree model's log-odds is its Shapley value, exact for trees (Lundberg et al., 2020; LightGBM's
`pred_contrib`): the values of a row sum to its log-odds less the mean. Working them out costs more than scoring, so
they are asked for the rows that people may be shown: at most `MOST_ROWS` of a table, the most important.
"""

from collections.abc import Sequence
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

MOST_ROWS = 20_000
NAMED = 2
"""Features named for each direction."""
LEAST_LOG_ODDS = 0.05
"""What moves the log-odds by less (a probability of 50 % by about one point) is no reason."""


def tree_contributions(booster: lgb.Booster, x: Any) -> np.ndarray:
    """(N, F) log-odds that each feature adds to the model's mean. x: what the model predicts from."""
    if not len(x):
        return np.zeros((0, booster.num_feature()))
    return np.asarray(booster.predict(x, pred_contrib=True, num_threads=1), dtype=np.float64)[:, :-1]


def shown_rows(importance: np.ndarray) -> np.ndarray:
    """Positions of the rows to be explained: all, or the `MOST_ROWS` most important, in their order."""
    if len(importance) <= MOST_ROWS:
        return np.arange(len(importance))
    return np.sort(np.argsort(-importance, kind="stable")[:MOST_ROWS])


def reason_texts(contributions: np.ndarray, names: Sequence[str], values: Sequence[Sequence[Any]]) -> list[str]:
    """One text a row: `raised by contract monthly and support calls 90 days 4; lowered by tenure months 72`.

    Args:
        contributions: (N, F) log-odds. names: (F,) of the features, for people; "" where the values say it all.
            values: F columns of N values; NaN or None is unknown.

    Returns:
        N texts; "" never: a row that nothing moves says so.
    """
    order = np.argsort(-np.abs(contributions), axis=1, kind="stable")
    texts = []
    for row, (mine, sorted_) in enumerate(zip(contributions, order, strict=True)):
        parts = []
        for word, sign in (("raised", 1), ("lowered", -1)):
            moved = [j for j in sorted_ if sign * mine[j] >= LEAST_LOG_ODDS][:NAMED]
            if moved:
                parts.append(f"{word} by {' and '.join(f'{names[j]} {_shown(values[j][row])}'.strip() for j in moved)}")
        texts.append("; ".join(parts) or "near the mean: nothing moves it much")
    return texts


def _shown(value: Any) -> str:
    if value is None or value is pd.NA or (isinstance(value, (float, np.floating)) and np.isnan(value)):
        return "unknown"
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (int, float, np.integer, np.floating)):
        number = float(value)
        return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"
    return str(value).replace("_", " ")


def in_words(name: str) -> str:
    """A column's name for people."""
    return name.removeprefix("feature_").replace("_", " ").replace(":", "")
