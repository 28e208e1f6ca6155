"""What a plan states about facts that it does not decide: team, shifts, pay, granted wishes, need, worth of customers.

A plan could look better by stating them wrongly; here they are held against the raw tables and the other tables.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from inputs.calendar import day_types
from inputs.rows import rows
from inputs.types import Tables
from planner.audit.findings import Finding
from planner.audit.replanned import newly_away
from scenarios.schema import WEEKDAYS, Scenario

Plan = Mapping[str, pd.DataFrame]
MINUTE = pd.Timedelta(minutes=1)
EURO_TOLERANCE = 0.005
CALLS_TOLERANCE = 1e-3


def team_as_known(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Reps of the team have home, shift, days, skills and drive factor of the table `reps`; others only if headcount
    grows."""
    known = {row.rep_id: row for row in rows(tables.reps)}
    new = 0
    for row in rows(plan["team"]):
        raw = known.get(row.rep_id)
        if raw is None:
            new += 1
            continue
        same = [row.skills == "|".join(raw.skills), row.shift_start == raw.shift_start, row.shift_end == raw.shift_end]
        same += [raw.working_days == () or row.working_days == "|".join(raw.working_days)]
        numbers = ["home_latitude", "home_longitude", "end_latitude", "end_longitude"]
        numbers += ["drive_factor"] * (hasattr(row, "drive_factor") and hasattr(raw, "drive_factor"))
        same += [bool(np.isclose(getattr(row, at), getattr(raw, at), equal_nan=True)) for at in numbers]
        if not all(same):
            yield Finding("team_as_known", "team", row.rep_id, "is not as in the table reps")
    if new > max(0, scenario.reps.headcount_change):
        yield Finding("team_as_known", "team", "", f"{new} reps are in no table")


def rep_days_as_known(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Each rep has each day of the horizon once; it works as weekday, absences and holidays have it, shift by shift."""
    start = pd.Timestamp(scenario.horizon.start)
    days = pd.date_range(start, periods=scenario.horizon.days)
    kinds = day_types(days, scenario.reps.country)
    away = {(row.person_id, row.date) for row in rows(tables.absences)} | newly_away(scenario)
    team = {row.rep_id: row for row in rows(plan["team"])}
    listed = plan["rep_days"]
    if len(listed) != len(team) * len(days) or listed.duplicated(["rep_id", "day"]).any():
        message = f"{len(listed)} rows, where {len(team)} reps have {len(days)} days"
        yield Finding("rep_days_as_known", "rep_days", "", message)
    for row in rows(listed):
        rep, key = team.get(row.rep_id), f"{row.rep_id} {row.day:%Y-%m-%d}"
        if rep is None or row.day not in kinds.index:
            yield Finding("rep_days_as_known", "rep_days", key, "is no day of a rep of the team")
            continue
        free = WEEKDAYS[row.day.weekday()] not in rep.working_days.split("|") or rep.shift_end <= rep.shift_start
        gone = rep.rep_id in scenario.reps.absent or (rep.rep_id, row.day) in away
        works = not (free or gone or kinds[row.day] == "holiday")
        if works != row.works:
            yield Finding("rep_days_as_known", "rep_days", key, f"works is given as {row.works}")
        span = (row.day + rep.shift_start * MINUTE, row.day + rep.shift_end * MINUTE)
        if works and row.works and (row.shift_start_at, row.shift_end_at) != span:
            message = f"shift {row.shift_start_at:%H:%M}-{row.shift_end_at:%H:%M} is not that of the rep"
            yield Finding("rep_days_as_known", "rep_days", key, message)


def pay_as_stated(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """An agent costs paid hours x wage, and for overtime the overtime rate if that is more than the wage."""
    wages = dict(zip(tables.agents["agent_id"], tables.agents["hourly_cost_eur"].astype(float), strict=True))
    rate = scenario.staffing.costs.overtime_eur_per_hour
    for row in rows(plan["agents"]):
        wage = wages.get(row.agent_id, float("nan"))
        cost = row.paid_hours * wage + row.overtime_hours * max(0.0, rate - wage)
        if abs(row.cost_eur - cost) > EURO_TOLERANCE:  # an unknown wage compares as false
            message = f"{row.cost_eur:.2f} eur are stated, the hours cost {cost:.2f}"
            yield Finding("pay_as_stated", "agents", row.agent_id, message)


def days_off_as_granted(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """A day off is granted if and only if no shift touches it; an early or late shift needs a shift that day."""
    worked: set[tuple[str, pd.Timestamp]] = set()
    for shift in rows(plan["agent_shifts"]):
        worked |= {(shift.agent_id, shift.day), (shift.agent_id, (shift.end_at - MINUTE).normalize())}
    horizon = scenario.staffing_horizon()
    days = set(pd.date_range(horizon.start, periods=horizon.days))
    agents = set(tables.agents["agent_id"])
    for row in rows(plan["requests"]):
        works = (row.agent_id, row.date) in worked
        free = not works and row.date in days and row.agent_id in agents
        if (row.kind == "off" and row.granted and works) or (row.kind != "off" and row.granted and not works):
            yield Finding("days_off_as_granted", "requests", f"{row.agent_id} {row.date:%Y-%m-%d}", "is not granted")
        if row.kind == "off" and not row.granted and free:
            yield Finding("days_off_as_granted", "requests", f"{row.agent_id} {row.date:%Y-%m-%d}", "is granted")


def need_from_forecast(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Calls of the requirement are those forecast; agents required could at least serve the calls that are promised.

    In a steady queue n agents serve at most n x interval / handle time calls, so whoever promises to answer a share of
    the calls needs that share of the offered load in agents.
    """
    length = pd.Timedelta(minutes=scenario.staffing.interval_minutes)
    forecast = plan["call_forecast"]
    start = forecast["interval_start"].dt.floor(length)
    calls = forecast["calls_mean"].groupby([forecast["queue"], start]).sum()
    promised = scenario.staffing.service_level.answered_pct / 100
    for row in rows(plan["requirement"]):
        key = f"{row.queue} {row.interval_start}"
        expected = calls.get((row.queue, row.interval_start), float("nan"))
        if not abs(row.calls_mean - expected) <= CALLS_TOLERANCE * max(1.0, expected):
            message = f"{row.calls_mean:.2f} calls are stated, {expected:.2f} are forecast"
            yield Finding("need_from_forecast", "requirement", key, message)
        load = row.calls_mean * row.handle_seconds_mean / length.total_seconds()
        if row.agents_required < promised * load * (1 - CALLS_TOLERANCE):
            message = f"{row.agents_required:g} agents for a load of {load:.1f} erlangs"
            yield Finding("need_from_forecast", "requirement", key, message)


def customer_euros(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """churn_eur = churn probability x min(1, reduction x effect factor) x potential x margin; growth_eur = lift x
    effect factor x potential x margin."""
    scores = plan["customer_scores"].set_index("customer_id")
    churn = scores["churn_probability"].clip(0, 1).fillna(0.0)
    potential = scores["potential_eur"].clip(lower=0).fillna(0.0) * scenario.money.gross_margin_pct / 100
    counted = scenario.next_best_action.value_from
    for name, channel in scenario.channels.items():
        mine = plan["actions"][plan["actions"]["channel"] == name]
        lost = (churn * potential).reindex(mine["customer_id"]).fillna(0.0).to_numpy(float)
        grown = potential.reindex(mine["customer_id"]).fillna(0.0).to_numpy(float)
        factor = mine["effect_factor"].to_numpy(float)
        kept = np.minimum(channel.churn_reduction_pct / 100 * factor, 1.0)
        for part, expected in (
            ("churn_eur", lost * kept * ("churn_risk" in counted)),
            ("growth_eur", grown * channel.growth_lift_pct / 100 * factor * ("potential" in counted)),
        ):
            bad = ~np.isclose(mine[part].to_numpy(float), expected, atol=EURO_TOLERANCE, rtol=1e-9)
            for row in rows(mine[bad].head(5)):
                message = f"{part} is {getattr(row, part):.2f}"
                yield Finding("customer_euros", "actions", f"{row.customer_id} {name}", message)


CHECKS = (team_as_known, rep_days_as_known, pay_as_stated, days_off_as_granted, need_from_forecast, customer_euros)
