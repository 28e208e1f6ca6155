"""Scores of customers as one table."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from forecasting.customers import score_customers
from forecasting.types import CustomerScores

AS_OF = date(2024, 6, 30)
COLUMNS = [
    "customer_id", "churn_probability", "potential_eur", "anomaly_score", "is_anomaly", "anomaly_reason", "value_band",
    "potential_band", "segment", "cluster", "churn_reason",
]  # fmt: skip
NO_HISTORY = pd.DataFrame({"snapshot_id": pd.array([], dtype="str"), "churned": np.zeros(0)})
NO_SALES = pd.DataFrame(
    {"customer_id": pd.array([], dtype="str"), "date": pd.to_datetime([]), "amount_eur": np.zeros(0)}
)


def run(customers: pd.DataFrame, history: pd.DataFrame = NO_HISTORY, sales: pd.DataFrame = NO_SALES) -> CustomerScores:
    return score_customers(customers, history, sales, as_of=AS_OF, value_horizon_months=12, seed=7)


def company(count: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(0)
    ids = [f"Zoë-{i:03d}" for i in range(count)][::-1]
    features = {"feature_plan": rng.choice(["a", "b"], count), "feature_age": rng.normal(40, 9, count)}
    customers = pd.DataFrame({"customer_id": ids, **features})
    history = pd.DataFrame({**features, "churned": rng.integers(0, 2, count)})
    who = rng.choice(ids, 3 * count)
    days = pd.Timestamp(AS_OF) - pd.to_timedelta(rng.integers(0, 400, 3 * count), unit="D")
    return (
        customers,
        history,
        pd.DataFrame({"customer_id": who, "date": days, "amount_eur": rng.gamma(2, 20, 3 * count)}),
    )


def test_every_customer_has_one_row_sorted_by_id_within_the_ranges_of_the_type():
    """Columns and ranges as `CustomerScores` says; repeated, the same bytes."""
    customers, history, sales = company(120)
    first, again = run(customers, history, sales), run(customers, history, sales)
    scores = first.scores
    assert list(scores.columns) == COLUMNS
    assert scores["customer_id"].tolist() == sorted(customers["customer_id"])
    assert scores["churn_probability"].between(0, 1).all()
    assert (scores["potential_eur"] >= 0).all()
    assert scores["value_band"].isin([1, 2, 3, 4]).all()
    assert scores["cluster"].between(0, 4).all()
    pd.testing.assert_frame_equal(scores, again.scores)
    pd.testing.assert_frame_equal(first.quality, again.quality)
    assert set(first.quality["model"]) == {"churn", "potential"}


def test_value_bands_follow_the_sales_of_the_last_year():
    """Of four customers, the one whose sales are older than a year is worth nothing now."""
    customers = pd.DataFrame({"customer_id": ["a", "b", "c", "d"]})
    sales = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c", "d"],
            "date": pd.to_datetime(["2023-01-01", "2024-06-01", "2024-06-01", "2024-06-28"]),
            "amount_eur": [900.0, 10.0, 20.0, 30.0],
        }
    )
    assert run(customers, sales=sales).scores["value_band"].tolist() == [1, 2, 3, 4]


def test_empty_tables_give_empty_scores():
    """No customer: the columns, no row, and the notes still say what is missing."""
    result = run(pd.DataFrame({"customer_id": pd.array([], dtype="str")}))
    assert list(result.scores.columns) == COLUMNS
    assert len(result.scores) == 0
    assert len(result.notes) == 2


@pytest.mark.parametrize("with_history", [False, True])
def test_one_customer_of_whom_nothing_is_known(with_history):
    """One row with unknown features: scored, not odd, in the first band."""
    history = company(100)[1] if with_history else NO_HISTORY
    customers = pd.DataFrame({"customer_id": ["only"], "feature_plan": [np.nan], "feature_age": [np.nan]})
    row = run(customers, history).scores.iloc[0]
    assert row["potential_eur"] == 0
    assert row["segment"] == "low value, low potential"
    assert not row["is_anomaly"]
    assert (row["churn_probability"] > 0) == with_history
