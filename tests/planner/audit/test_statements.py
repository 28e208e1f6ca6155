"""Statements about facts: each rule refuses a plan that states them wrongly, and says which row."""

from typing import Any

import pandas as pd

from planner.audit import statements


def changed(run: Any, table: str, row: Any, **cells: Any) -> dict[str, pd.DataFrame]:
    frame = run.plan[table].copy()
    for column, value in cells.items():
        frame.loc[row, column] = value
    return run.plan | {table: frame}


def messages(check: Any, run: Any, plan: dict[str, pd.DataFrame]) -> list[str]:
    return [f"{finding.row}: {finding.message}" for finding in check(run.scenario, run.tables, plan)]


def test_a_sound_plan_states_everything_rightly(small_run: Any) -> None:
    """No check objects to the plan as it was made."""
    for check in statements.CHECKS:
        assert messages(check, small_run, small_run.plan) == []


def test_an_invented_rep_is_refused(small_run: Any) -> None:
    """A team with a rep of no table, where headcount does not grow; and one who moved house."""
    team = small_run.plan["team"]
    rep = team["rep_id"].iloc[0]
    invented = changed(small_run, "team", 0, rep_id="R77")
    assert messages(statements.team_as_known, small_run, invented) == [": 1 reps are in no table"]
    moved = changed(small_run, "team", 0, home_latitude=team["home_latitude"].iloc[0] + 0.5)
    assert messages(statements.team_as_known, small_run, moved) == [f"{rep}: is not as in the table reps"]


def test_every_rep_day_once(small_run: Any) -> None:
    """A missing day, a day outside the horizon, a stranger's day."""
    days = small_run.plan["rep_days"]
    short = small_run.plan | {"rep_days": days.iloc[1:]}
    assert messages(statements.rep_days_as_known, small_run, short) == [": 14 rows, where 3 reps have 5 days"]
    later = changed(small_run, "rep_days", 0, day=pd.Timestamp("2026-04-01"))
    assert "is no day of a rep of the team" in messages(statements.rep_days_as_known, small_run, later)[0]
    stranger = changed(small_run, "rep_days", 0, rep_id="R77")
    assert "R77" in messages(statements.rep_days_as_known, small_run, stranger)[0]


def test_a_free_day_that_is_denied(small_run: Any) -> None:
    """A day off on which nobody works is granted, whatever the plan says; one of an unknown agent is not."""
    shifts, day = small_run.plan["agent_shifts"], pd.Timestamp(small_run.scenario.staffing_horizon().start)
    days = pd.date_range(day, periods=7)
    agent = shifts["agent_id"].iloc[0]
    free = next(day for day in days if day not in set(shifts.loc[shifts["agent_id"] == agent, "day"]))
    wish = {"agent_id": agent, "date": free, "kind": "off", "weight": 1.0, "granted": False}
    denied = small_run.plan | {"requests": pd.DataFrame([wish])}
    assert messages(statements.days_off_as_granted, small_run, denied) == [f"{agent} {free:%Y-%m-%d}: is granted"]
    unknown = small_run.plan | {"requests": pd.DataFrame([wish | {"agent_id": "A77"}])}
    assert messages(statements.days_off_as_granted, small_run, unknown) == []
    late = small_run.plan | {"requests": pd.DataFrame([wish | {"kind": "late", "granted": True}])}
    assert messages(statements.days_off_as_granted, small_run, late) == [f"{agent} {free:%Y-%m-%d}: is not granted"]
