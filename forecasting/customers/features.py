"""Features of customers as numbers a model can read, made alike for learning and for scoring.

`feature_*` columns may be numbers, booleans or text; text that is a number nearly everywhere is read as one. The
encoder is fitted on the rows learned from and applied to both sides, so a category means the same on each.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

PREFIX = "feature_"
NUMBER_SHARE = 0.95
"""Text of which at least this share reads as a number is one; the rest is unknown."""


@dataclass(frozen=True)
class Encoder:
    """columns: in order. categories: by text column, its known categories; a column without them is a number."""

    columns: tuple[str, ...]
    categories: dict[str, tuple[str, ...]]

    @property
    def categorical(self) -> list[int]:
        """Positions of the category columns."""
        return [i for i, name in enumerate(self.columns) if name in self.categories]

    def encode(self, frame: pd.DataFrame) -> np.ndarray:
        """(N, F) float64: numbers as they are, categories by position, NaN unknown or never seen when learning."""
        out = np.full((len(frame), len(self.columns)), np.nan)
        for i, name in enumerate(self.columns):
            if name not in frame.columns:
                continue
            if name in self.categories:
                position = pd.Index(self.categories[name]).get_indexer(pd.Index(_as_text(frame[name])))
                out[:, i] = np.where(position < 0, np.nan, position)
            else:
                out[:, i] = as_numbers(frame[name])
        return out

    def one_hot(self, frame: pd.DataFrame) -> np.ndarray:
        """(N, G) float64 for linear models: standardised by the caller; categories as 0/1 columns, NaN as 0."""
        encoded = self.encode(frame)
        blocks = []
        for i, name in enumerate(self.columns):
            if name in self.categories:
                blocks.append((encoded[:, [i]] == np.arange(len(self.categories[name]))).astype(np.float64))
            else:
                blocks.append(encoded[:, [i]])
        return np.hstack(blocks) if blocks else np.zeros((len(frame), 0))

    def by_column(self, values: np.ndarray) -> np.ndarray:
        """(N, F) sums of the (N, G) columns of `one_hot` that belong to one feature."""
        width = [len(self.categories[name]) if name in self.categories else 1 for name in self.columns]
        start = np.concatenate([[0], np.cumsum(width)[:-1]]).astype(np.int64)
        return np.asarray(np.add.reduceat(values, start, axis=1))


def feature_columns(frame: pd.DataFrame) -> list[str]:
    """Names of the `feature_*` columns, sorted."""
    return sorted(str(name) for name in frame.columns if str(name).startswith(PREFIX))


def fit_encoder(history: pd.DataFrame, customers: pd.DataFrame) -> tuple[Encoder, tuple[str, ...]]:
    """The encoder of the features that both tables have and that vary in `history`, and notes on what was left out."""
    past, present = feature_columns(history), feature_columns(customers)
    notes = []
    for names, where in (
        (set(past) - set(present), "customers"),
        (set(present) - set(past), "customer_history"),
    ):
        if names:
            notes.append(f"churn: not used, because {where} lacks them: {', '.join(sorted(names))}")
    columns, categories, dead = [], {}, []
    for name in sorted(set(past) & set(present)):
        if is_number(history[name]) and is_number(customers[name]):
            values = as_numbers(history[name])
            known: np.ndarray = values[~np.isnan(values)]
        else:
            texts = _as_text(history[name])
            known = np.sort(texts[texts.notna()].unique().astype(object))
            categories[name] = tuple(str(text) for text in known)
        if len(np.unique(known)) < 2:
            dead.append(name)
            categories.pop(name, None)
        else:
            columns.append(name)
    if dead:
        notes.append(f"churn: not used, because they are the same or unknown everywhere: {', '.join(dead)}")
    return Encoder(tuple(columns), categories), tuple(notes)


def is_number(values: pd.Series) -> bool:
    """Whether a column is a number: by type, or because nearly all its known texts read as numbers."""
    if pd.api.types.is_bool_dtype(values) or pd.api.types.is_numeric_dtype(values):
        return True
    known = values.dropna().astype("str").str.strip()
    known = known[known != ""]
    return bool(len(known)) and float(pd.to_numeric(known, errors="coerce").notna().mean()) >= NUMBER_SHARE


def as_numbers(values: pd.Series) -> np.ndarray:
    """(N,) float64, NaN where unknown, infinite or no number."""
    if pd.api.types.is_bool_dtype(values) or pd.api.types.is_numeric_dtype(values):
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        numbers = pd.to_numeric(values.astype("str").str.strip(), errors="coerce").to_numpy(dtype=np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _as_text(values: pd.Series) -> pd.Series:
    """Texts; a whole number reads the same whether the column came as int or float, unknown stays unknown."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return values.map(lambda x: f"{x:g}", na_action="ignore").astype("str")
    return values.astype("object").map(str, na_action="ignore").astype("str")
