"""The classic week as a whole: territories, then channels, then routes, then the roster; nothing is looked at twice."""

from dataclasses import replace

import pandas as pd

from forecasting.types import Actions, CallForecast
from inputs.types import Tables
from planner.agree import Agreed, plan_value_eur
from planner.cache import StageCache
from planner.classic.centre import classic_staffing
from planner.classic.contacts import NONE, classic_channels
from planner.classic.habits import USUAL, Habits
from planner.classic.regions import classic_territories
from planner.classic.routes import classic_routes
from planner.types import Round
from scenarios.schema import FIELD, Scenario
from solvers.channels import field_load
from solvers.outcome import conclude
from solvers.routing import make_problem
from solvers.travel import make_travel
from solvers.types import ChannelPlan, Roster, Routes, Territories


def classic_week(
    scenario: Scenario,
    tables: Tables,
    team: pd.DataFrame,
    days: pd.DataFrame,
    calls: CallForecast,
    actions: Actions,
    *,
    cache: StageCache,
    habits: Habits = USUAL,
) -> tuple[Territories, Agreed, Roster]:
    """Decide the week from the same forecasts and actions as Muster's own plan.

    Args:
        team, days: of `make_team` and `rep_days`. habits: how far the office goes beyond the usual.

    Raises:
        NoLegalPlan: pins, appointments and shifts that contradict each other.
    """
    s, t, run = scenario, tables, cache.run
    visit_minutes = s.visit_minutes()
    territories = run(
        "classic territories", classic_territories, t.customers, team, t.current_territories, t.areas, days,
        default_visit_minutes=visit_minutes, overlay=s.territories.specialists == "overlay", seed=s.solve.seed,
    )  # fmt: skip
    travel = make_travel(s.reps.travel, t.travel_times)
    field = field_load(
        t.customers, territories, days, t.appointments, reps=s.reps, travel=travel,
        default_visit_minutes=visit_minutes, team=team,
    )  # fmt: skip
    asked = run(
        "classic channels", classic_channels, actions.table, t.customers, territories, field, channels=s.channels,
        policy=s.contact_policy, horizon=s.horizon, habits=habits,
    )  # fmt: skip
    problem = make_problem(
        asked.allocations, t.customers, territories, days, t.appointments, team, reps=s.reps, horizon=s.horizon,
        travel=travel, travel_eur_per_km=s.money.travel_eur_per_km, default_visit_minutes=visit_minutes,
        respect_consent=s.contact_policy.respect_consent,
        waiting_pct_per_day=s.next_best_action.waiting_pct_per_day,
    )  # fmt: skip
    routes = run("classic routes", classic_routes, problem, habits=habits)
    roster = run(
        "classic staffing", classic_staffing, calls, t.agents, t.absences, t.shift_requests, settings=s.staffing,
        horizon=s.staffing_horizon(),
    )  # fmt: skip
    channels = settle(asked, routes)
    visits = int((asked.allocations["channel"] == FIELD).sum())
    routed = int(routes.shifts["visits"].sum())
    rounds = (Round(1, visits, routed, plan_value_eur(channels, routes, s), True),)
    return territories, Agreed(channels, routes, asked.outcome, rounds), roster


def settle(asked: ChannelPlan, routes: Routes) -> ChannelPlan:
    """Visits that are on no route are not made, and nobody offers these customers another channel."""
    routed = set(routes.stops.loc[routes.stops["kind"] == "visit", "customer_id"])
    table = asked.allocations.copy()
    lost = (table["channel"] == FIELD) & ~table["customer_id"].isin(routed)
    table.loc[lost, ["channel", "reason", "rep_id"]] = [NONE, "unroutable", ""]
    table.loc[lost, ["minutes", "value_eur", "order_eur", "prize_eur"]] = 0.0
    outcome = asked.outcome
    if outcome.reason != "nothing_to_do":
        outcome = conclude(
            stage="channels.settled", value=float(table["order_eur"].sum()), bound=None, unit=outcome.unit,
            maximise=True, seconds=outcome.seconds,
            method=f"{outcome.method}; {int(lost.sum())} visits were on no route",
        )  # fmt: skip
    return replace(asked, allocations=table, outcome=outcome)
