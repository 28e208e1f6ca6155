"""A plan in hand meets new facts in the middle of its week: who drives where from now on, with few changes.

Forecasts, values, territories and the roster stay those of the week. Read from the run that people hold are its routes
and its contacts. New are the days on which a rep does not come, who may visit in his place, who must be visited, and
who is not to be visited; days before `frozen_until` stay as they were driven.
"""

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd

from inputs.types import Tables
from planner.agree import kept_appointments
from planner.audit import audit
from planner.cache import StageCache
from planner.flags import flags_of
from planner.interruption import cut_short
from planner.kpis import key_figures
from planner.replan_contacts import contacts_after
from planner.replan_rows import changes_table
from planner.tables import plan_tables
from planner.types import Decisions, Plan, Replanning
from planner.week_in_hand import week_in_hand
from scenarios.errors import Problem, ScenarioError
from scenarios.schema import FIELD, Scenario
from solvers.channels.backlog import backlog_table
from solvers.routing import make_problem
from solvers.routing.replan import replan_with_curve
from solvers.team import rep_days
from solvers.travel import Places, calibration_notes, great_circle_km, make_travel, travel_notes
from solvers.types import Territories

ANEW = (
    "territories", "allocations", "capacity_prices", "backlog", "stops", "rep_days", "unserved", "hour_prices",
    "rounds", "routing_ways", "stops_before", "changes", "change_curve",
)  # fmt: skip
"""Tables that new facts change; all others are handed over as they were."""
CALL_BANDS = ("calls", "call_hours", "answered_pct")
"""Figures whose bands the field does not move."""


def plan_again(scenario: Scenario, tables: Tables, *, cache: StageCache) -> Plan:
    """The plan in hand after the new facts of `scenario.replan`.

    Raises:
        ScenarioError: the run in hand cannot be read; somebody is away on a day that was driven.
        NoLegalPlan: an urgent visit that nobody can make, or pins that no longer fit together.
    """
    week = week_in_hand(scenario, tables)
    check_driven(scenario, week.decisions.routes.stops)
    customers = customers_after(scenario, tables.customers, week.decisions)
    decisions = replan_week(scenario, tables, week.decisions, customers, cache=cache)
    fresh = plan_tables(decisions)
    bands = week.tables["figure_bands"]
    handed_over = fresh | week.tables | {name: fresh[name] for name in ANEW}
    handed_over["figure_bands"] = bands[bands["kpi"].isin(CALL_BANDS)].reset_index(drop=True)
    findings = audit(scenario, tables, handed_over)
    kpis = key_figures(scenario, handed_over)
    flags = flags_of(decisions, customers, handed_over, findings, interrupted=cache.interrupted())
    return Plan(scenario, decisions, handed_over, findings, kpis, flags)


def replan_week(
    scenario: Scenario, tables: Tables, week: Decisions, customers: pd.DataFrame, *, cache: StageCache
) -> Decisions:
    """The decisions of the week with routes and contacts after the new facts, and what changed.

    Args:
        week: the plan in hand. customers: of `customers_after`.
    """
    s, asked, held = scenario, scenario.replan, week.routes
    assert asked is not None
    opens = first_open_day(scenario)
    days = rep_days(week.team, absences_after(scenario, tables.absences), settings=s.reps, horizon=s.horizon)
    territories = with_cover(week.territories, week.team, tables.customers, scenario)
    wanted = visits_wanted(scenario, week)
    travel = make_travel(s.reps.travel, tables.travel_times)
    problem = make_problem(
        wanted, customers, territories, days, tables.appointments, week.team, reps=s.reps, horizon=s.horizon,
        travel=travel, travel_eur_per_km=s.money.travel_eur_per_km, default_visit_minutes=s.visit_minutes(),
        respect_consent=s.contact_policy.respect_consent, borders=s.territories.borders,
        waiting_pct_per_day=s.next_best_action.waiting_pct_per_day,
    )  # fmt: skip
    on_travel = (*calibration_notes(s.reps.travel), *travel_notes(travel, problem.places))
    problem = replace(problem, notes=(*problem.notes, *on_travel))
    found = cache.search(
        "replan", replan_with_curve, problem, held, frozen_until=opens,
        max_changed_visits_pct=asked.max_changed_visits_pct, effort=s.solve.effort,
        time_limit_seconds=s.solve.time_limit_seconds.routing, seed=s.solve.seed,
    )  # fmt: skip
    routes = cut_short(found.routes) if cache.records[-1].interrupted else found.routes
    contacts = week.channels.allocations
    allocations = contacts_after(
        contacts, held.stops, routes.stops, week.actions.table, customers, scenario=s, opens=opens,
        met=kept_appointments(tables.appointments, days),
    )  # fmt: skip
    changes = changes_table(held.stops, routes, found.forced, allocations)
    replanning = Replanning(changes, found.curve, held.stops, found.changes, len(found.forced), opens)
    channels = replace(
        week.channels, allocations=allocations, prices=_used(week.channels.prices, allocations),
        backlog=backlog_table(allocations, customers, channels=s.channels, horizon=s.horizon),
    )  # fmt: skip
    return replace(week, days=days, territories=territories, channels=channels, routes=routes, replanning=replanning)


def first_open_day(scenario: Scenario) -> pd.Timestamp:
    """The first day whose routes may change."""
    assert scenario.replan is not None
    return pd.Timestamp(scenario.replan.frozen_until or scenario.horizon.start)


def away_days(scenario: Scenario) -> list[tuple[str, pd.Timestamp]]:
    """(rep_id, day) of each day on which a rep does not come, or did not: facts of an earlier change stay facts."""
    assert scenario.replan is not None
    opens = first_open_day(scenario)
    last = pd.Timestamp(scenario.horizon.start) + pd.Timedelta(days=scenario.horizon.days - 1)
    found = set()
    for away in scenario.replan.away.values():
        begin = opens if away.date is None else pd.Timestamp(away.date)
        end = pd.Timestamp(away.until) if away.until else begin if away.date else last
        found |= {(away.rep, day) for day in pd.date_range(begin, end)}
    return sorted(found)


def check_driven(scenario: Scenario, stops: pd.DataFrame) -> None:
    """Nobody is said to be away on a day that the plan in hand has driven with them.

    Raises:
        ScenarioError: names rep and day.
    """
    opens = first_open_day(scenario)
    driven = set(zip(stops["rep_id"], stops["day"], strict=True))
    for rep, day in away_days(scenario):
        if day < opens and (rep, day) in driven:
            message = f"{rep} is away on {day:%Y-%m-%d}, a day that counts as driven, with stops in the plan in hand"
            advice = f"let `frozen_until` be {day:%Y-%m-%d} or earlier, or the absence begin later"
            raise ScenarioError([Problem(message, "replan.frozen_until", advice=advice)])


def absences_after(scenario: Scenario, absences: pd.DataFrame) -> pd.DataFrame:
    """The absences with a row for each day on which a rep does not come."""
    rows = away_days(scenario)
    if not rows:
        return absences
    new = pd.DataFrame(rows, columns=["person_id", "date"]).astype({"person_id": "str", "date": "datetime64[us]"})
    return pd.concat([absences[["person_id", "date"]].astype(new.dtypes.to_dict()), new], ignore_index=True)


def with_cover(
    territories: Territories, team: pd.DataFrame, customers: pd.DataFrame, scenario: Scenario
) -> Territories:
    """Territories whose customers of an absent rep may be visited by the nearest colleagues too, by their homes."""
    assert scenario.replan is not None
    gone, most = {rep for rep, _ in away_days(scenario)}, scenario.replan.cover_reps
    table = territories.assignment
    open_to = [tuple(reps) for reps in table["visiting_rep_ids"]]
    rows = [row for row, reps in enumerate(open_to) if gone.intersection(reps)]
    others = team[~team["rep_id"].isin(gone)].dropna(subset=["home_latitude", "home_longitude"])
    if not rows or not most or others.empty:
        return territories
    where = customers.drop_duplicates("customer_id").set_index("customer_id")[["latitude", "longitude"]]
    at = where.reindex(table["customer_id"].iloc[rows]).to_numpy(float)
    reps = others["rep_id"].to_numpy(object)
    homes = Places(
        reps, others["home_latitude"].to_numpy(float), others["home_longitude"].to_numpy(float),
        np.zeros(len(reps), bool),
    )  # fmt: skip
    stops = Places(table["customer_id"].to_numpy(object)[rows], at[:, 0], at[:, 1], np.ones(len(rows), bool))
    nearest = np.argsort(great_circle_km(stops, homes), axis=1, kind="stable")[:, :most]
    for row, near in zip(rows, nearest.tolist(), strict=True):
        open_to[row] += tuple(reps[k] for k in near if reps[k] not in open_to[row])
    wider = table.assign(visiting_rep_ids=pd.Series(open_to, index=table.index, dtype=object))
    return replace(territories, assignment=wider)


def customers_after(scenario: Scenario, customers: pd.DataFrame, week: Decisions) -> pd.DataFrame:
    """Customers with what is urgent as required and due; who was visited on a driven day is not urgent any more, and
    who is cancelled is not required and has no more visits than were driven."""
    assert scenario.replan is not None
    opens = first_open_day(scenario)
    stops = week.routes.stops
    driven = Counter(stops.loc[(stops["kind"] == "visit") & (stops["day"] < opens), "customer_id"])
    due = {w.customer: w.until for w in scenario.replan.urgent.values() if w.customer not in driven}
    ids = customers["customer_id"]
    off = ids.isin(list(scenario.replan.cancelled.values()))
    made = ids.map(driven).astype(float) / -(-scenario.horizon.days // 7)
    until = pd.to_datetime(ids.map({c: day for c, day in due.items() if day is not None})).astype("datetime64[us]")
    earlier = until.notna() & ~(customers["due_date"] < until)
    return customers.assign(
        required=(customers["required"].fillna(False).astype(bool) | ids.isin(list(due))) & ~off,
        due_date=customers["due_date"].where(~earlier, until),
        visits_per_week=customers["visits_per_week"].astype(float).where(~off, made),
    )


def visits_wanted(scenario: Scenario, week: Decisions) -> pd.DataFrame:
    """Visits that the field is asked for, a row each: those of the plan in hand, those that found no place in it, and
    urgent ones. customer_id, channel, prize_eur (before waiting), minutes (NaN: the customer's own)."""
    assert scenario.replan is not None
    opens, off = first_open_day(scenario), set(scenario.replan.cancelled.values())
    held, contacts, actions = week.routes, week.channels.allocations, week.actions.table
    visits = held.stops[held.stops["kind"] == "visit"]
    visits = visits.assign(prize_eur=visits["prize_eur"] + visits["waited_eur"])
    planned = visits.loc[(visits["day"] < opens) | ~visits["customer_id"].isin(off), ["customer_id", "prize_eur"]]
    made = contacts.loc[(contacts["day"] < opens) & (contacts["minutes"] > 0), "customer_id"]
    waits = ~held.unserved["customer_id"].isin({*made, *off})
    waiting = held.unserved.loc[waits, ["customer_id", "prize_eur"]]
    asked = pd.concat([planned, waiting], ignore_index=True)
    urgent = {wish.customer for wish in scenario.replan.urgent.values()} - set(asked["customer_id"])
    worth = actions[actions["channel"] == FIELD].set_index("customer_id")["value_eur"]
    present = contacts.groupby("customer_id")["value_eur"].sum()
    extra = [(c, max(0.0, float(worth.get(c, 0.0)) - float(present.get(c, 0.0)))) for c in sorted(urgent)]
    asked = pd.concat([asked, pd.DataFrame(extra, columns=asked.columns).astype(asked.dtypes)], ignore_index=True)
    return asked.assign(channel=FIELD, minutes=np.nan)


def _used(prices: pd.DataFrame, allocations: pd.DataFrame) -> pd.DataFrame:
    """Capacity with the minutes that contacts at a desk take now; the field's are those of the week's plan."""
    minutes = allocations.groupby(["channel", "day"])["minutes"].sum()
    keys = pd.MultiIndex.from_frame(prices[["resource", "day"]])
    desk = (prices["resource"] == prices["channel"]) & prices["day"].notna()
    now = np.nan_to_num(minutes.reindex(keys).to_numpy(float))
    return prices.assign(used_minutes=np.where(desk, now, prices["used_minutes"].to_numpy(float)))
