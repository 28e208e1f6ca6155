"""Sales lost by leaving: by hand, and never counted twice."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from forecasting.customers.survival import label_days, left_after_churn, staying_share


def test_the_share_left_by_hand():
    """p = 1 - 1/e over the horizon is one expected leaving: (1 - 1/e) is left; within half of it, half an exponent."""
    p = np.array([0.0, 1 - np.exp(-1.0)])
    assert staying_share(p, label_days=360, horizon_days=360) == pytest.approx([1, 1 - np.exp(-1)])
    assert staying_share(p, label_days=360, horizon_days=180)[1] == pytest.approx((1 - np.exp(-0.5)) / 0.5)
    assert 0 < staying_share(np.array([1.0]), label_days=180, horizon_days=365)[0] < 0.1


def test_the_label_is_as_old_as_the_youngest_snapshot():
    """181 days; unlabelled snapshots, missing dates and dates ahead do not count."""
    dates = pd.to_datetime(["2024-01-02", "2023-05-01", "2024-06-01", None])
    history = pd.DataFrame({"snapshot_date": dates, "churned": [1.0, 0.0, np.nan, 0.0]})
    assert label_days(history, date(2024, 7, 1), otherwise=365) == 181
    assert label_days(history.drop(columns="snapshot_date"), date(2024, 7, 1), otherwise=365) == 365
    assert label_days(history.iloc[3:], date(2024, 7, 1), otherwise=365) == 365
    assert label_days(history, date(2023, 7, 1), otherwise=365) == 365


def test_attrition_seen_in_purchases_is_not_counted_again():
    """Staying 0.6 and 0.8, equal sales, mean 0.7: whole where nothing is seen, none from 0.7 down, half at 0.85."""
    staying, sales = np.array([0.6, 0.8]), np.array([100.0, 100.0])
    assert left_after_churn(staying, sales, seen_share=1.0) == pytest.approx(staying)
    assert left_after_churn(staying, sales, seen_share=0.7) == pytest.approx([1, 1])
    assert left_after_churn(staying, sales, seen_share=0.5) == pytest.approx([1, 1])
    assert left_after_churn(staying, sales, seen_share=0.85) == pytest.approx([0.8, 0.9])
    assert left_after_churn(staying, np.zeros(2), seen_share=1.0) == pytest.approx([1, 1])
