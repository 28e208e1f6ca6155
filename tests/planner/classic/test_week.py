"""The classic week of a small company: whole, repeatable, and broken in no other way than it is meant to be."""

from typing import Any

import pandas as pd
import pytest

from planner.cache import StageCache
from planner.classic.habits import CAREFUL
from planner.classic.week import classic_week
from planner.pipeline import make_plan
from planner.types import Plan

MEANT = {"visits_kept", "moves_within_budget"}


@pytest.fixture(scope="session")
def classic(small_run: Any) -> Plan:
    """The company of `small_run`, planned the classic way from the forecasts that are kept."""
    return make_plan(small_run.scenario, small_run.tables, cache=StageCache(small_run.store / "cache"), classic=True)


def test_only_windows_and_the_move_budget_are_broken(classic: Plan) -> None:
    """The audit finds closed doors, and nothing that an office would look at."""
    assert "visits_kept" in set(classic.findings["check"])
    assert set(classic.findings["check"]) <= MEANT
    windows = classic.findings[classic.findings["check"] == "visits_kept"]
    assert windows["message"].str.contains("in none of its windows").all()


def test_it_is_handed_over_like_any_plan(small_run: Any, classic: Plan) -> None:
    """Same tables with the same columns, same forecasts; each search is called classic."""
    for name, table in classic.tables.items():
        if len(table) and len(small_run.plan[name]):
            assert table.columns.tolist() == small_run.plan[name].columns.tolist(), name
    pd.testing.assert_frame_equal(classic.tables["actions"], small_run.plan["actions"], check_dtype=False)
    assert all(item.method.startswith("classic: ") for item in classic.decisions.outcomes())


def test_it_can_be_repeated(small_run: Any, classic: Plan) -> None:
    """Decided again from nothing kept but the forecasts, every table is the same."""
    d = classic.decisions
    territories, agreed, roster = classic_week(
        small_run.scenario, small_run.tables, d.team, d.days, d.calls, d.actions, cache=StageCache()
    )
    pd.testing.assert_frame_equal(territories.assignment, d.territories.assignment)
    pd.testing.assert_frame_equal(agreed.routes.stops, d.routes.stops)
    pd.testing.assert_frame_equal(agreed.channels.allocations, d.channels.allocations)
    pd.testing.assert_frame_equal(roster.shifts, d.roster.shifts)


def test_a_careful_office_breaks_no_window(small_run: Any, classic: Plan) -> None:
    """With both habits all visits lie within windows, and hardly any planned value is lost by that."""
    d = classic.decisions
    _, agreed, _ = classic_week(
        small_run.scenario, small_run.tables, d.team, d.days, d.calls, d.actions, cache=StageCache(), habits=CAREFUL
    )
    windows = small_run.tables.customers.set_index("customer_id")["windows"]
    visits = agreed.routes.stops.query("kind == 'visit'")
    for stop in visits.itertuples():
        spans = windows[stop.customer_id] or ((0, 1440),)
        begin, end = ((at - stop.day) / pd.Timedelta(minutes=1) for at in (stop.start_at, stop.end_at))
        assert any(opens <= begin and end <= closes for opens, closes in spans)
    assert agreed.channels.allocations["value_eur"].sum() > 0.95 * d.channels.allocations["value_eur"].sum()
