"""Contact centre: hours, skills, absences, working-time law, one agent at one desk, cover as stated."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from inputs.rows import groups, rows
from inputs.types import Tables
from planner.audit.findings import Finding
from scenarios.schema import WEEKDAYS, Scenario

Plan = Mapping[str, pd.DataFrame]
MINUTE = pd.Timedelta(minutes=1)
HOURS_TOLERANCE = 1e-6


def shifts_possible(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Agents exist, are not away, know the queue, are available, and sit while the centre is open."""
    agents = {row.agent_id: row for row in rows(tables.agents)}
    away = {(row.person_id, row.date) for row in rows(tables.absences)}
    opening = scenario.staffing.opening_hours
    horizon = scenario.staffing_horizon()
    days = set(pd.date_range(horizon.start, periods=horizon.days))
    for shift in rows(plan["agent_shifts"]):
        agent, key = agents.get(shift.agent_id), f"{shift.agent_id} {shift.day:%Y-%m-%d}"
        why = []
        if agent is None:
            yield Finding("shifts_possible", "agent_shifts", key, "is no agent")
            continue
        if shift.day not in days or shift.start_at.normalize() != shift.day:
            why.append("is outside the rostered days")
        if (shift.agent_id, shift.day) in away:
            why.append("works while absent")
        if shift.queue not in agent.queues:
            why.append(f"does not know the queue {shift.queue}")
        begins, ends = (shift.start_at - shift.day) / MINUTE, (shift.end_at - shift.day) / MINUTE
        if agent.available_from >= 0 and begins < agent.available_from:
            why.append("starts before being available")
        if agent.available_to >= 0 and ends > agent.available_to:
            why.append("ends after being available")
        span = opening.get(WEEKDAYS[shift.day.weekday()], (0, 0)) if opening else (0, float("inf"))
        if begins < span[0] or ends > span[1]:
            why.append(f"{shift.start_at:%H:%M}-{shift.end_at:%H:%M} is not within opening hours")
        for message in why:
            yield Finding("shifts_possible", "agent_shifts", key, message)


def shifts_shaped(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Shifts have an allowed length and start, a break where the law wants one, and the pay that follows."""
    rules = scenario.staffing.shifts
    lengths = {round(60 * hours) for hours in rules.lengths_hours}
    longest = rules.break_after_hours * 60
    for shift in rows(plan["agent_shifts"]):
        key, why = f"{shift.agent_id} {shift.day:%Y-%m-%d}", []
        length = (shift.end_at - shift.start_at) / MINUTE
        if round(length) not in lengths:
            why.append(f"lasts {length / 60:g} hours")
        if ((shift.start_at - shift.day) / MINUTE) % rules.start_every_minutes:
            why.append(f"starts at {shift.start_at:%H:%M}, off the grid")
        break_minutes = 0.0
        stretches = [length]
        if pd.notna(shift.break_start_at):
            break_minutes = (shift.break_end_at - shift.break_start_at) / MINUTE
            stretches = [(shift.break_start_at - shift.start_at) / MINUTE, (shift.end_at - shift.break_end_at) / MINUTE]
            if break_minutes < rules.break_minutes - 1e-6 or min(stretches) <= 0:
                why.append("has a break that is too short or not inside the shift")
        if rules.break_minutes > 0 and max(stretches) > longest + 1e-6:
            why.append(f"works {max(stretches) / 60:g} hours without a break")
        paid = length - (0 if rules.breaks_paid else break_minutes)
        if abs(paid - shift.paid_minutes) > 1e-6:
            why.append(f"is paid {shift.paid_minutes:g} minutes, not {paid:g}")
        for message in why:
            yield Finding("shifts_shaped", "agent_shifts", key, message)


def law_kept(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Rest between shifts, days in a row, hours and days off a week; nobody sits at two desks."""
    rules = scenario.staffing.rules
    first = pd.Timestamp(scenario.staffing_horizon().start)
    for agent, shifts in groups(plan["agent_shifts"].sort_values("start_at"), "agent_id"):
        rest = (shifts["start_at"].shift(-1) - shifts["end_at"]).dropna().dt.total_seconds() / 3600
        if (rest < 0).any():
            yield Finding("law_kept", "agent_shifts", str(agent), "sits at two desks at a time")
        if (rest < rules.min_rest_hours - HOURS_TOLERANCE).any():
            yield Finding("law_kept", "agent_shifts", str(agent), f"rests {rest.min():g} hours between two shifts")
        days = shifts["day"].drop_duplicates().sort_values()
        runs = days.groupby((days.diff().dt.days != 1).cumsum()).size()
        if runs.max() > rules.max_days_in_a_row:
            yield Finding("law_kept", "agent_shifts", str(agent), f"works {runs.max()} days in a row")
        week = (shifts["day"] - first).dt.days // 7
        hours = shifts["paid_minutes"].groupby(week).sum() / 60
        if (hours > rules.max_hours_per_week + HOURS_TOLERANCE).any():
            yield Finding("law_kept", "agent_shifts", str(agent), f"works {hours.max():g} hours a week")
        worked = shifts.groupby(week)["day"].nunique()
        if (worked > 7 - rules.min_days_off_per_week).any():
            yield Finding("law_kept", "agent_shifts", str(agent), f"works {worked.max()} days of a week")


def hours_as_stated(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Every agent is listed once, with the hours that their shifts sum to."""
    listed = plan["agents"]
    for agent in sorted(set(tables.agents["agent_id"]) ^ set(listed["agent_id"]))[:5]:
        yield Finding("hours_as_stated", "agents", agent, "is in one of the tables agents only")
    paid = plan["agent_shifts"].groupby("agent_id")["paid_minutes"].sum() / 60
    for row in rows(listed):
        if abs(row.paid_hours - paid.get(row.agent_id, 0.0)) > HOURS_TOLERANCE:
            yield Finding("hours_as_stated", "agents", row.agent_id, f"{row.paid_hours:g} paid hours are stated")
        over = max(0.0, row.paid_hours - row.contract_hours)
        if abs(row.overtime_hours - over) > 1e-4:
            yield Finding(
                "hours_as_stated", "agents", row.agent_id, f"{row.overtime_hours:g} overtime, {over:g} worked"
            )


def cover_as_stated(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """agents_rostered is the number on shift and not on break, less shrinkage, in every interval of the requirement."""
    share = 1 - scenario.staffing.shrinkage_pct / 100
    length = pd.Timedelta(minutes=scenario.staffing.interval_minutes)
    shifts = plan["agent_shifts"]
    for queue, needs in groups(plan["requirement"], "queue"):
        mine = shifts[shifts["queue"] == queue]
        starts = needs["interval_start"].to_numpy()
        on_shift = _present(mine["start_at"], mine["end_at"], starts, length)
        taken = mine[mine["break_start_at"].notna()]
        on_break = _present(taken["break_start_at"], taken["break_end_at"], starts, length)
        expected = (on_shift - on_break) * share
        for row in rows(needs[~np.isclose(needs["agents_rostered"], expected, atol=1e-6)].head(5)):
            message = f"{row.agents_rostered:g} agents are stated"
            yield Finding("cover_as_stated", "requirement", f"{queue} {row.interval_start}", message)
        short = np.maximum(0, needs["agents_required"] - expected)
        for row in rows(needs[~np.isclose(needs["agents_short"], short, atol=1e-6)].head(5)):
            message = f"{row.agents_short:g} short are stated"
            yield Finding("cover_as_stated", "requirement", f"{queue} {row.interval_start}", message)


def _present(begins: pd.Series, ends: pd.Series, starts: np.ndarray, length: pd.Timedelta) -> np.ndarray:
    """Number of spans that overlap each interval, as shares of the interval."""
    total = np.zeros(len(starts))
    for begin, end in zip(begins, ends, strict=True):
        overlap = np.minimum(end.to_datetime64(), starts + length) - np.maximum(begin.to_datetime64(), starts)
        total += np.clip(overlap / length.to_timedelta64(), 0, 1)
    return total


CHECKS = (shifts_possible, shifts_shaped, law_kept, hours_as_stated, cover_as_stated)
