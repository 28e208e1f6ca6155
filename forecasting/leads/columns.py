"""Decides in which order leads came and which of their columns can be features at all, before any outcome is read.

Order: `created_at` where known; else a running number (nearly all different, and the fresh leads' numbers above those
of the history); else the order of the rows. Columns that tell leads apart but nothing about them (ids, free text,
constants, the order itself) are set aside with a reason.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

KEYS = ("lead_id", "converted", "created_at")
DISTINCT = 0.95
"""A text or whole number with at least this share of different values names a lead and does not describe it."""
MAX_CATEGORIES = 500


@dataclass(frozen=True)
class LeadColumns:
    """History, in order of time, and fresh leads, in order of lead_id, with the same N features.

    past, fresh: features; numbers as float64, all else as category with the history's values (others missing).
    converted: (R,) bool. order: what the time order rests on. aside: column -> why it is no feature.
    absent: columns of the history that the fresh leads do not have.
    """

    past: pd.DataFrame
    fresh: pd.DataFrame
    converted: np.ndarray
    order: str
    aside: dict[str, str]
    absent: tuple[str, ...]


def read_columns(leads: pd.DataFrame, lead_history: pd.DataFrame) -> LeadColumns:
    """Features of both tables. Rows of the history without an outcome are left out."""
    past = lead_history[lead_history["converted"].notna()]
    fresh = leads.sort_values("lead_id", kind="stable").reset_index(drop=True)
    running = _running_number(past, fresh)
    if "created_at" in past and past["created_at"].notna().any():
        order, past = "created_at", past.sort_values("created_at", kind="stable", na_position="first")
    elif running:
        order, past = running, past.sort_values(running, kind="stable")
    else:
        order = "row order"
    past = past.reset_index(drop=True)
    candidates = [str(name) for name in past.columns if name not in KEYS]
    absent = tuple(name for name in candidates if name not in fresh)
    aside, features, fresh_features = {}, {}, {}
    for name in candidates:
        if name in absent:
            continue
        values = _feature(past[name])
        reason = "the order in time" if name == running else _no_feature(values)
        if reason:
            aside[name] = reason
            continue
        features[name], fresh_features[name] = values, _like(values, fresh[name])
    return LeadColumns(
        past=pd.DataFrame(features, index=past.index),
        fresh=pd.DataFrame(fresh_features, index=fresh.index),
        converted=past["converted"].astype("float64").to_numpy() > 0.5,
        order=order,
        aside=aside,
        absent=absent,
    )


def _feature(values: pd.Series) -> pd.Series:
    """Numbers and booleans as float64; everything else as category of its text, sorted, missing kept."""
    if pd.api.types.is_bool_dtype(values) or pd.api.types.is_numeric_dtype(values):
        return values.astype("float64")
    text = _text(values)
    return pd.Series(pd.Categorical(text, categories=sorted(set(text.dropna()))), index=values.index)


def _like(values: pd.Series, fresh: pd.Series) -> pd.Series:
    """The fresh column in the form of the past one; what the past does not know is missing."""
    if not isinstance(values.dtype, pd.CategoricalDtype):
        return pd.to_numeric(fresh, errors="coerce").astype("float64")
    text = _text(fresh)
    return pd.Series(
        pd.Categorical(text.where(text.isin(values.cat.categories)), dtype=values.dtype), index=fresh.index
    )


def _text(values: pd.Series) -> pd.Series:
    """Texts without blanks around them; an empty text is missing."""
    text = values.map(lambda value: str(value).strip(), na_action="ignore").astype("object")
    return text.where(text != "", np.nan)


def _no_feature(values: pd.Series) -> str:
    different = values.nunique()
    if different + bool(values.isna().any()) < 2:
        return "constant"
    if not isinstance(values.dtype, pd.CategoricalDtype):
        return ""
    if different > MAX_CATEGORIES or different >= DISTINCT * len(values) > 20 * DISTINCT:
        return "names the lead or is free text"
    return ""


def _running_number(past: pd.DataFrame, fresh: pd.DataFrame) -> str:
    """The first whole-number column that counts leads up: history nearly all different, fresh leads above it; or ""."""
    for name in past.columns:
        if name in KEYS or name not in fresh or not pd.api.types.is_numeric_dtype(past[name]):
            continue
        values, later = past[name].astype("float64"), pd.to_numeric(fresh[name], errors="coerce")
        if len(later) == 0 or values.isna().any() or (values % 1 != 0).any() or len(values) == 0:
            continue
        if values.nunique() >= DISTINCT * len(values) and (later > values.quantile(0.95)).mean() >= DISTINCT:
            return str(name)
    return ""
