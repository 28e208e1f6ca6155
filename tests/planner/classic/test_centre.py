"""Erlang C at the mean and greedy shifts, on a centre small enough to see through."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecasting.types import CallForecast
from planner.classic.centre import Habit, classic_staffing, habits_of
from scenarios.schema import Horizon, Staffing
from solvers.types import Roster

MONDAY = np.datetime64("2026-03-09T00:00", "us")


def staff(
    calls: float, contracts: list[float], *, days: int = 5, requests: list | None = None, **settings: Any
) -> Roster:
    """A centre open 8:00 to 16:00 every day with the same mean calls each half-hour, 300 s each; shifts of 4 or 8 h."""
    starts = MONDAY + np.arange(48 * days) * np.timedelta64(30, "m")
    is_open = (np.arange(48 * days) % 48 >= 16) & (np.arange(48 * days) % 48 < 32)
    paths = np.stack([is_open * calls * share for share in (0.5, 1.5)])[:, None].astype(np.float32)
    forecast = CallForecast(("sales",), starts, paths, np.full((1, 48 * days), 300.0), pd.DataFrame(), pd.DataFrame())
    week = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    block = Staffing.model_validate(
        {"opening_hours": dict.fromkeys(week, "08:00-16:00"), "max_occupancy_pct": 100,
         "shifts": {"lengths_hours": [4, 8], "break_minutes": 30, "break_after_hours": 6},
         "rules": {"contract_tolerance_hours": 2}} | settings
    )  # fmt: skip
    agents = pd.DataFrame({"agent_id": [f"A{i}" for i in range(len(contracts))]}).astype("str")
    agents["queues"] = [("sales",)] * len(contracts)
    agents["contract_hours_per_week"], agents["hourly_cost_eur"] = contracts, 20.0
    agents["available_from"] = agents["available_to"] = -1
    wishes = pd.DataFrame(requests or [], columns=["agent_id", "date", "kind", "weight"])
    wishes["date"] = pd.to_datetime(wishes["date"])
    away = pd.DataFrame({"person_id": pd.Series(dtype="str"), "date": pd.Series(dtype="datetime64[us]")})
    return classic_staffing(
        forecast, agents, away, wishes, settings=block, horizon=Horizon(start="2026-03-09", days=days)
    )


def test_need_is_erlang_c_at_the_mean() -> None:
    """60 calls a half-hour of 300 s are 10 erlangs: 80/20 takes 14 agents (tables of Erlang C), whatever the spread."""
    need = staff(60, []).requirement
    assert set(need["agents_required"]) == {14}
    assert need["calls_mean"].tolist() == [60.0] * 80
    assert need["agents_short"].sum() == 14 * 80


def test_the_occupancy_limit_adds_agents() -> None:
    """10 erlangs at 60 percent are 16.7, hence 17 agents."""
    assert set(staff(60, [], max_occupancy_pct=60).requirement["agents_required"]) == {17}


def test_contracts_are_filled_with_shifts_of_one_length() -> None:
    """A full-timer works five days of 7.5 paid hours, a half-timer five of 4: both within two hours of the contract."""
    roster = staff(60, [37.5, 20.0])
    assert roster.agents["paid_hours"].tolist() == [37.5, 20.0]
    assert roster.agents["shifts"].tolist() == [5, 5]
    assert roster.shifts.groupby("agent_id")["paid_minutes"].unique().map(list).to_dict() == {"A0": [450], "A1": [240]}
    assert [item.method for item in roster.outcomes] == [
        "classic: Erlang C per interval at the mean", "classic: greedy shifts"
    ]  # fmt: skip


def test_who_is_not_needed_works_the_least_that_the_contract_allows() -> None:
    """No calls at all: 20 hours with a tolerance of 2 are still 5 shifts of 4 hours (4 would be 16)."""
    roster = staff(0, [20.0])
    assert roster.requirement["agents_required"].sum() == 0
    assert roster.agents["paid_hours"].tolist() == [20.0]


def test_breaks_stand_where_most_agents_are_to_spare() -> None:
    """Four full-timers and a need of one: never two of them pause at the same time while someone is needed."""
    roster = staff(1, [37.5] * 4)
    assert roster.shifts["break_start_at"].notna().all()
    assert roster.requirement["agents_short"].max() == 0


def test_days_in_a_row_and_days_off_are_kept() -> None:
    """Seven days, one agent of 40 hours: five shifts, never more than five days in a row."""
    shifts = staff(60, [37.5], days=7).shifts
    assert len(shifts) == 5
    short = staff(60, [37.5], days=7, rules={"max_days_in_a_row": 2, "contract_tolerance_hours": 2}).shifts
    days = short["day"].sort_values()
    runs = days.groupby((days.diff().dt.days != 1).cumsum()).size()
    assert runs.max() == 2


def test_a_wish_is_granted_by_chance_only() -> None:
    """A day off on a worked day is not granted."""
    roster = staff(60, [37.5], requests=[("A0", "2026-03-10", "off", 1.0)])
    assert roster.requests["granted"].tolist() == [False]


@pytest.mark.parametrize("contracts", [[], [20.0]])
def test_a_closed_centre_needs_nobody(contracts: list[float]) -> None:
    """No opening hour within the planned days: no intervals, no shifts."""
    roster = staff(60, contracts, days=1, opening_hours={"sun": "08:00-16:00"})
    assert roster.requirement.empty
    assert roster.shifts.empty


def test_a_length_that_keeps_the_contract_wins() -> None:
    """38 hours in shifts of 4 would take more than five days; shifts of 7.5 paid hours take five."""

    class Crew:
        contract_minutes = np.array([[38 * 60.0]])
        tolerance_minutes, most_minutes, most_days = 120.0, 48 * 60.0, np.array([5])

    class Shapes:
        paid_minutes = np.array([240, 450, 450])

    found = habits_of(Crew(), Shapes())  # type: ignore[arg-type]
    assert found == [Habit(450, *(pytest.approx(np.array([5])),) * 2)]
