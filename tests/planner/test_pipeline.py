"""What the pipeline hands from room to room."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecasting.types import CallForecast
from inputs.contracts.contract import contracts, empty_table
from inputs.types import Tables
from planner.cache import StageCache
from planner.pipeline import make_plan
from scenarios.schema import Scenario

SCENARIO = Scenario.model_validate_json(
    """{"name": "t", "as_of": "2026-03-01", "horizon": {"start": "2026-03-02", "days": 5},
    "data": {"customers": "c.csv"}, "money": {"gross_margin_pct": 50}, "channels": {"field": {"contact_minutes": 30}},
    "forecast": {"calls": {"days": 7, "interval_minutes": 60, "sample_paths": 20}},
    "staffing": {"shifts": {"start_every_minutes": 60},
    "interval_minutes": 60, "service_level": {"answered_pct": 80, "within_seconds": 20}}}"""
)
CAMPAIGNS = [date(2025, 12, 9), date(2025, 12, 22), date(2026, 1, 14), date(2026, 1, 29), date(2026, 2, 13)]
AHEAD = date(2026, 3, 3)


class Forecast(Exception):
    """The first stage is done; the rest of the plan is not wanted."""


class FirstStage(StageCache):
    """Ends the plan with the forecast of the calls."""

    def run(self, stage: str, function: Any, *args: Any, **kwargs: Any) -> Any:
        raise Forecast(function(*args, **kwargs))


def forecast_of(exogenous: pd.DataFrame) -> CallForecast:
    """120 days of 20 calls an hour, half as many again on campaign days, planned with these drivers."""
    starts = pd.date_range("2025-11-01", periods=120 * 24, freq="h", unit="us")
    of_day = np.where(np.isin(starts.date, CAMPAIGNS), 30.0, 20.0)
    calls = np.random.default_rng(4).poisson(of_day).astype(float)
    demand = pd.DataFrame({"queue": pd.array(["q"] * len(starts), dtype="str"), "interval_start": starts,
                           "calls": calls, "is_open": True, "is_gap": False})  # fmt: skip
    empty = {name: empty_table(contract) for name, contract in contracts().items()}
    handled = pd.DataFrame({"queue": pd.array(["q"], dtype="str"), "arrived_at": [starts[-1]], "handle_seconds": 200.0})
    tables = Tables(**empty, demand=demand, handled=handled, contacts=pd.DataFrame())
    with pytest.raises(Forecast) as found:
        make_plan(SCENARIO, replace(tables, exogenous=exogenous), cache=FirstStage())
    forecast: CallForecast = found.value.args[0]
    return forecast


def test_a_planted_campaign_moves_the_forecast_of_the_plan() -> None:
    """Five campaigns brought half as many calls again: the sixth, known ahead, is forecast higher, no other day is."""
    days = pd.to_datetime([*CAMPAIGNS, AHEAD]).as_unit("us")
    campaigns = pd.DataFrame({"date": days, "name": "campaign", "value": 1.0, "queue": "*", "known_from": days[0]})
    without = forecast_of(empty_table(contracts()["exogenous"])).table
    with_it = forecast_of(campaigns).table
    total = [table.groupby(table["interval_start"].dt.date)["calls_mean"].sum() for table in (without, with_it)]
    assert total[1][AHEAD] / total[0][AHEAD] == pytest.approx(1.5, abs=0.15)
    others = [each.drop(AHEAD).sum() for each in total]
    assert others[1] / others[0] == pytest.approx(1.0, abs=0.03)
