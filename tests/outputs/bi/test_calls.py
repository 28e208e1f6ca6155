"""The tables by day and by caller: sums of the forecast, bands inside the paths, callers that are customers."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecasting.types import CallForecast
from outputs.bi.calls import customer_behavior, operative_calls


def test_a_day_is_summed_inside_each_path() -> None:
    """Two paths of 1 and 3 calls an hour over two hours: mean 4, band 2.4 to 5.6, at 90 s a call 6 minutes."""
    starts = np.array(["2025-03-03T09:00", "2025-03-03T10:00"], dtype="datetime64[us]")
    table = pd.DataFrame({"queue": ["q", "q"], "interval_start": starts, "day_type": "mon",
                          "method": ["closed", "combined"], "fallback_reason": ["", "why"]})  # fmt: skip
    paths = np.array([[[1.0, 1.0]], [[3.0, 3.0]]], dtype=np.float32)
    row = operative_calls(CallForecast(("q",), starts, paths, np.full((1, 2), 90.0), table, pd.DataFrame())).iloc[0]
    assert (row["calls_mean"], row["minutes_mean"]) == (4.0, 6.0)
    assert (row["calls_low"], row["calls_median"], row["calls_high"]) == pytest.approx((2.4, 4.0, 5.6))
    assert (row["method"], row["fallback_reason"]) == ("combined", "why"), "the open interval tells"


def test_days_of_the_star_sum_to_the_forecast(held: Any) -> None:
    """Every queue and day of the plan's forecast once."""
    days = operative_calls(held.plan.decisions.calls)
    table = held.plan.decisions.calls.table
    assert days["calls_mean"].sum() == pytest.approx(table["calls_mean"].sum())
    assert days["minutes_mean"].sum() == pytest.approx(table["workload_minutes"].sum())
    assert (days["calls_low"] <= days["calls_median"]).all()
    assert not days.duplicated(["queue", "date"]).any()


def test_a_caller_who_is_a_customer_is_joined_to_it(held: Any) -> None:
    """By his name; any other caller stands alone."""
    customer = held.tables.customers["customer_id"].iloc[0]
    contacts = pd.DataFrame(
        {"call_id": ["1", "2"], "caller_id": pd.array([customer, "stranger"], dtype="str"),
         "arrived_at": pd.Timestamp(held.plan.scenario.as_of), "handle_seconds": 60.0, "is_redial": False,
         "is_demand": True}
    )  # fmt: skip
    found = customer_behavior(held.plan.scenario, replace(held.tables, contacts=contacts)).set_index("caller_id")
    assert found.loc[customer, "customer_id"] == customer
    assert pd.isna(found.loc["stranger", "customer_id"])
