"""Scores of every customer: who may leave, what they may buy, who is odd, and how to speak of them."""

from datetime import date

import numpy as np
import pandas as pd

from forecasting.customers.anomalies import Anomalies, find_anomalies
from forecasting.customers.churn import Figure, score_churn
from forecasting.customers.features import as_numbers, feature_columns, is_number
from forecasting.customers.potential import expect_sales
from forecasting.customers.purchases import MONTH_DAYS, RFM, Purchases, read_purchases, rfm, sales_between
from forecasting.customers.segments import bands, clusters, labels
from forecasting.customers.survival import label_days, left_after_churn, staying_share
from forecasting.types import CustomerScores

YEAR_DAYS = 365
QUALITY_COLUMNS = ("model", "metric", "value", "baseline", "baseline_value", "rows", "note")
COLUMNS = {
    "customer_id": "str", "churn_probability": "float64", "potential_eur": "float64", "anomaly_score": "float64",
    "is_anomaly": "bool", "anomaly_reason": "str", "value_band": "int64", "potential_band": "int64",
    "segment": "str", "cluster": "int64", "churn_reason": "str",
}  # fmt: skip


def score_customers(
    customers: pd.DataFrame,
    customer_history: pd.DataFrame,
    transactions: pd.DataFrame,
    *,
    as_of: date,
    value_horizon_months: int,
    seed: int,
) -> CustomerScores:
    """Scores each customer.

    Args:
        customers: customer_id, feature_*. customer_history: churned, feature_* (see `churn.score_churn`).
        transactions: customer_id, date, amount_eur (see `potential.expect_sales`).
        as_of: last known day; value_horizon_months: what the potential covers. seed: of all that is random.

    Returns:
        One row per customer, sorted by customer_id. The potential counts that customers may leave, where the purchases
        do not show it already (survival.py). Value bands follow the sales of the last known year.
    """
    people = customers.sort_values("customer_id", kind="stable").reset_index(drop=True)
    churn = score_churn(people, customer_history, seed=seed)
    purchases = read_purchases(transactions, people["customer_id"], as_of=as_of)
    expected = expect_sales(purchases, horizon_months=value_horizon_months, seed=seed)
    if not len(people):
        empty = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})
        return CustomerScores(empty, _quality(churn.quality, expected.quality), (*churn.notes, *expected.notes))
    mine = np.searchsorted(purchases.ids, people["customer_id"].to_numpy(dtype=object).astype(str))
    horizon_days = value_horizon_months * MONTH_DAYS
    meant = label_days(customer_history, as_of, otherwise=horizon_days)
    staying = staying_share(churn.probability, label_days=meant, horizon_days=horizon_days)
    potential = expected.eur[mine]
    potential = potential * left_after_churn(staying, potential, seen_share=expected.kept_share)
    value = np.maximum(sales_between(purchases, purchases.days - YEAR_DAYS, purchases.days)[mine], 0.0)
    history = rfm(purchases, purchases.days)[mine]
    odd = _anomalies(people, purchases, history, seed)
    value_band, potential_band = bands(value), bands(potential)
    recency = np.where(np.isnan(history[:, 0]), float(purchases.days), history[:, 0])
    shape = np.column_stack([np.log1p(value), np.log1p(potential), np.log1p(recency), churn.probability])
    scores = pd.DataFrame(
        {
            "customer_id": people["customer_id"],
            "churn_probability": churn.probability,
            "potential_eur": potential,
            "anomaly_score": odd.score,
            "is_anomaly": odd.is_anomaly,
            "anomaly_reason": odd.reason,
            "value_band": value_band,
            "potential_band": potential_band,
            "segment": labels(value_band, potential_band),
            "cluster": clusters(shape, potential, seed=seed),
            "churn_reason": churn.reason,
        }
    ).astype(COLUMNS)
    notes = (*churn.notes, *expected.notes, *odd.notes)
    return CustomerScores(scores, _quality(churn.quality, expected.quality), notes)


def _anomalies(people: pd.DataFrame, purchases: Purchases, history: np.ndarray, seed: int) -> Anomalies:
    """Anomalies over the numeric features and, where there are purchases, recency, frequency and value."""
    names = [name for name in feature_columns(people) if is_number(people[name])]
    columns = [as_numbers(people[name]) for name in names]
    if len(purchases.day):
        names += list(RFM)
        columns += list(history.T)
    values = np.column_stack(columns) if columns else np.zeros((len(people), 0))
    return find_anomalies(values, tuple(names), seed=seed)


def _quality(*parts: tuple[Figure, ...]) -> pd.DataFrame:
    rows = [row for part in parts for row in part]
    return pd.DataFrame(rows, columns=list(QUALITY_COLUMNS))
