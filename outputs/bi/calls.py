"""Tables of the contact centre that reports read by day and by caller: the forecast, and how customers call."""

import pandas as pd

from forecasting.callers import caller_segments
from forecasting.calls import path_totals
from forecasting.types import CallForecast
from inputs.types import Tables
from scenarios.schema import Scenario

BAND = {"p10": "low", "p50": "median", "p90": "high"}


def operative_calls(forecast: CallForecast) -> pd.DataFrame:
    """One row per queue and day: calls and handling minutes with their band, and how they were forecast."""
    totals = path_totals(forecast)
    days = totals[totals["date"].notna() & totals["queue"].isin(forecast.queues)]
    names = {f"{what}_{level}": f"{what}_{name}" for what in ("calls", "minutes") for level, name in BAND.items()}
    how = forecast.table.assign(
        date=forecast.table["interval_start"].dt.normalize(), closed=forecast.table["method"] == "closed"
    ).sort_values("closed", kind="stable")  # fmt: skip
    first = how.drop_duplicates(["queue", "date"])[["queue", "date", "day_type", "method", "fallback_reason"]]
    return days.rename(columns=names).merge(first, on=["queue", "date"], how="left")


def customer_behavior(scenario: Scenario, tables: Tables) -> pd.DataFrame:
    """One row per caller of the log; the customer where the log names callers as the customers are named."""
    found = caller_segments(tables.contacts, as_of=scenario.as_of, seed=scenario.solve.seed).table
    known = found["caller_id"].isin(tables.customers["customer_id"])
    return found.assign(customer_id=found["caller_id"].where(known))
