"""A small centre to plan, and a second opinion on working-time law that shares no code with the planner."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecasting.types import CallForecast
from scenarios.schema import Staffing
from scenarios.schema.base import Horizon
from solvers.staffing import plan_staffing
from solvers.types import Roster

MONDAY = dt.date(2024, 1, 8)


def make_forecast(
    calls: Any, *, first_day: dt.date = MONDAY, interval_minutes: int = 60, handle_seconds: float = 60.0
) -> CallForecast:
    """Forecast of one path per row of `calls` (S, Q, T), (Q, T) or (T,)."""
    paths = np.array(calls, dtype=np.float32)
    paths = paths.reshape((1,) * (3 - paths.ndim) + paths.shape)
    starts = np.datetime64(first_day, "us") + np.arange(paths.shape[2]) * np.timedelta64(interval_minutes, "m")
    queues = tuple(f"q{q}" for q in range(paths.shape[1]))
    return CallForecast(
        queues, starts, paths, np.full(paths.shape[1:], float(handle_seconds)), pd.DataFrame(), pd.DataFrame()
    )


def make_agents(*rows: dict[str, Any]) -> pd.DataFrame:
    """Agents A0, A1, ... with what is not given by default: q0, 20 h contract, always available, 20 EUR an hour."""
    default = {
        "queues": ("q0",),
        "contract_hours_per_week": 20.0,
        "available_from": -1,
        "available_to": -1,
        "hourly_cost_eur": 20.0,
    }
    return pd.DataFrame([{"agent_id": f"A{i}"} | default | row for i, row in enumerate(rows)])


def make_settings(**changes: Any) -> Staffing:
    """Open 8 to 12 on all days, hours as intervals, shifts of 4 hours."""
    default: dict[str, Any] = {
        "interval_minutes": 60,
        "opening_hours": dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "08:00-12:00"),
        "shifts": {"lengths_hours": [4], "start_every_minutes": 60, "break_minutes": 60, "break_after_hours": 6},
        "rules": {"contract_tolerance_hours": 0},
    }
    return Staffing.model_validate(default | changes)


NO_ABSENCES = pd.DataFrame({"person_id": [], "date": [], "reason": []})
NO_REQUESTS = pd.DataFrame({"agent_id": [], "date": [], "kind": [], "weight": []})


def plan(
    forecast: CallForecast,
    agents: pd.DataFrame,
    settings: Staffing,
    *,
    absences: pd.DataFrame = NO_ABSENCES,
    requests: pd.DataFrame = NO_REQUESTS,
    days: int = 1,
    engine: str = "auto",
    effort: str = "quick",
    time_limit_seconds: float = 60,
    seed: int = 1,
) -> Roster:
    return plan_staffing(
        forecast,
        agents,
        absences,
        requests,
        settings=settings,
        horizon=Horizon(start=MONDAY, days=days),
        engine=engine,
        effort=effort,
        time_limit_seconds=time_limit_seconds,
        seed=seed,
    )


NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def broken_in_shift(row: Any, person: pd.Series, settings: Staffing) -> list[str]:
    """Broken laws of one shift: break, pay, length, queue."""
    found = []
    hours, pause = (row.end_at - row.start_at).total_seconds() / 3600, 0.0
    stretches = [row.end_at - row.start_at]
    if pd.notna(row.break_start_at):
        pause = (row.break_end_at - row.break_start_at).total_seconds() / 3600
        stretches = [row.break_start_at - row.start_at, row.end_at - row.break_end_at]
        if pause * 60 != settings.shifts.break_minutes or min(stretches) <= pd.Timedelta(0):
            found.append("break")
    if max(stretches) > pd.Timedelta(hours=settings.shifts.break_after_hours):
        found.append("works too long without a break")
    if row.paid_minutes != 60 * (hours - (0 if settings.shifts.breaks_paid else pause)):
        found.append("pay")
    if hours not in settings.shifts.lengths_hours or row.day != row.start_at.normalize():
        found.append("shape")
    if row.queue not in person["queues"]:
        found.append("queue")
    return found


def broken_in_minutes(row: Any, person: pd.Series, away: set[Any], settings: Staffing) -> list[str]:
    """Quarters of an hour worked while closed, not available or absent."""
    found = []
    for moment in pd.date_range(row.start_at, row.end_at, freq="15min", inclusive="left"):
        clock = moment.hour * 60 + moment.minute
        span = settings.opening_hours.get(NAMES[moment.day_of_week], (0, 0)) if settings.opening_hours else (0, 1440)
        if not span[0] <= clock < span[1]:
            found.append(f"{moment}: closed")
        if person["available_from"] >= 0 and not person["available_from"] <= clock < person["available_to"]:
            found.append(f"{moment}: not available")
        if (row.agent_id, moment.normalize()) in away:
            found.append(f"{moment}: absent")
    return found


def broken_over_days(mine: pd.DataFrame, settings: Staffing) -> list[str]:
    """Broken laws between the shifts of one agent: rest, days in a row, days off, hours a week."""
    found = []
    rests = (mine["start_at"].iloc[1:].to_numpy() - mine["end_at"].iloc[:-1].to_numpy()) / np.timedelta64(1, "h")
    if (rests < settings.rules.min_rest_hours).any():
        found.append("rest")
    number = (mine["day"] - pd.Timestamp(MONDAY)).dt.days
    if number.duplicated().any():
        found.append("two shifts on a day")
    days, run = set(number), settings.rules.max_days_in_a_row + 1
    if any(set(range(day, day + run)) <= days for day in days):
        found.append("days in a row")
    for week in set(number // 7):
        rows = mine[number // 7 == week]
        if len(rows) > 7 - settings.rules.min_days_off_per_week:
            found.append("days off")
        if rows["paid_minutes"].sum() > 60 * settings.rules.max_hours_per_week + 1e-6:
            found.append("hours a week")
    return found


def broken_laws(roster: Roster, agents: pd.DataFrame, absences: pd.DataFrame, settings: Staffing) -> list[str]:
    """Every broken law of a roster in days without a clock change, read from its tables only."""
    found = []
    people = agents.set_index("agent_id")
    away = set(zip(absences["person_id"], pd.to_datetime(absences["date"]), strict=True))
    for agent, shifts in roster.shifts.groupby("agent_id"):
        mine = shifts.sort_values("start_at")
        for row in mine.itertuples():
            broken = broken_in_shift(row, people.loc[agent], settings)
            broken += broken_in_minutes(row, people.loc[agent], away, settings)
            found += [f"{agent} {row.start_at}: {what}" for what in broken]
        found += [f"{agent}: {what}" for what in broken_over_days(mine, settings)]
    return found


@pytest.fixture(scope="session")
def centre() -> Callable[..., Roster]:
    return plan


@pytest.fixture(scope="session")
def forecast_of() -> Callable[..., CallForecast]:
    return make_forecast


@pytest.fixture(scope="session")
def agents_of() -> Callable[..., pd.DataFrame]:
    return make_agents


@pytest.fixture(scope="session")
def settings_of() -> Callable[..., Staffing]:
    return make_settings


@pytest.fixture(scope="session")
def law_breaches() -> Callable[..., list[str]]:
    return broken_laws
