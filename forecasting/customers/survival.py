"""Which share of the sales expected of a customer is lost because the customer may leave before.

Purchases of today's customers only never show anybody leaving: what they will buy is then what they would buy if all of
them stayed, and those most likely to leave are overrated most. A constant hazard h leads to the churn probability p
within the label's own days (1 - exp(-h days) = p); sales at a steady rate over a horizon H keep the share
(1 - exp(-h H)) / (h H). Where the purchases do show attrition, a forecast learned from them has it already.
"""

from datetime import date

import numpy as np
import pandas as pd

CERTAIN = 0.999
"""A churn probability above counts as this one, so that the hazard is finite."""


def staying_share(churn_probability: np.ndarray, *, label_days: float, horizon_days: float) -> np.ndarray:
    """(N,) share of a steady stream of sales over the horizon that is left, 0..1."""
    exposure = -np.log1p(-np.clip(churn_probability, 0.0, CERTAIN)) * horizon_days / label_days
    share: np.ndarray = np.where(exposure > 1e-9, -np.expm1(-exposure) / np.where(exposure > 1e-9, exposure, 1.0), 1.0)
    return share


def label_days(customer_history: pd.DataFrame, as_of: date, *, otherwise: float) -> float:
    """Days within which `churned` is meant: the age of the youngest labelled snapshot, as labels are known by then.

    `otherwise` where snapshots have no dates.
    """
    if "snapshot_date" not in customer_history.columns:
        return otherwise
    known = customer_history.loc[customer_history["churned"].notna(), "snapshot_date"].dropna()
    if not len(known):
        return otherwise
    age = (pd.Timestamp(as_of) - pd.to_datetime(known).max()).days
    return float(age) if age > 0 else otherwise


def left_after_churn(staying: np.ndarray, sales_eur: np.ndarray, *, seen_share: float) -> np.ndarray:
    """(N,) what to multiply expected sales with.

    1 - (1 - staying) x weight, the weight 1 where purchases show no attrition (`seen_share` 1), 0 where they already
    show as much as the churn probabilities do over all (sales-weighted mean of `staying`), straight between.
    """
    total = float(sales_eur.sum())
    mean = float((staying * sales_eur).sum() / total) if total > 0 else 1.0
    weight = float(np.clip((seen_share - mean) / (1 - mean), 0.0, 1.0)) if mean < 1 else 0.0
    factor: np.ndarray = 1 - (1 - staying) * weight
    return factor
