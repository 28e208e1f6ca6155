"""A plan that was planned again in its week: driven days as they were, the budget of changes, the new facts."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta

import pandas as pd

from inputs.rows import rows
from inputs.types import Tables
from planner.audit.findings import Finding
from planner.audit.geometry import km_between
from scenarios.schema import Scenario

Plan = Mapping[str, pd.DataFrame]
ROUNDING = 1e-9


def opens_on(scenario: Scenario) -> pd.Timestamp:
    """The first day that could be changed; that of the horizon where nothing was planned again."""
    frozen = scenario.replan.frozen_until if scenario.replan else None
    return pd.Timestamp(frozen or scenario.horizon.start)


def newly_away(scenario: Scenario) -> set[tuple[str, pd.Timestamp]]:
    """(rep, day) on which reps do not come after all, or did not."""
    found: set[tuple[str, pd.Timestamp]] = set()
    if scenario.replan is None:
        return found
    opens = opens_on(scenario).date()
    days = [scenario.horizon.start + timedelta(days=k) for k in range(scenario.horizon.days)]
    for fact in scenario.replan.away.values():
        first = fact.date or opens
        last = fact.until or (fact.date if fact.date else days[-1])
        found |= {(fact.rep, pd.Timestamp(day)) for day in days if first <= day <= last}
    return found


def may_cover(scenario: Scenario, tables: Tables, plan: Plan) -> set[tuple[str, str]]:
    """(customer, rep): the nearest colleagues, by their homes, of customers whose owner does not come some day."""
    gone = {rep for rep, _ in newly_away(scenario)}
    if scenario.replan is None or not gone:
        return set()
    owner = dict(zip(plan["territories"]["customer_id"], plan["territories"]["rep_id"], strict=True))
    homes = [
        (row.rep_id, row.home_latitude, row.home_longitude) for row in rows(plan["team"]) if row.rep_id not in gone
    ]
    found = set()
    for customer in rows(tables.customers[tables.customers["customer_id"].map(owner).isin(list(gone))]):
        here = (customer.latitude, customer.longitude)
        near = sorted((km_between(here, (lat, lon)), rep) for rep, lat, lon in homes if pd.notna(lat))
        found |= {(customer.customer_id, rep) for _, rep in near[: scenario.replan.cover_reps]}
    return found


def driven_days_kept(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Every stop of a driven day is as it was in the plan in hand."""
    if scenario.replan is None:
        return
    opens = opens_on(scenario)
    order = ["rep_id", "day", "position"]
    was, now = (
        plan[name][plan[name]["day"] < opens].sort_values(order, ignore_index=True)
        for name in ("stops_before", "stops")
    )
    for name in was.columns:
        same = len(was) == len(now) and was[name].tolist() == now[name].tolist()
        if not same:
            yield Finding("driven_days_kept", "stops", "", f"{name} differs on days before {opens:%Y-%m-%d}")


def change_budget_kept(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """No more visits moved, dropped or added than the budget allows, beyond what the new facts force.

    Free are visits whose rep does not come that day, and those of customers who are required, urgent or cancelled.
    """
    if scenario.replan is None:
        return
    opens, away = opens_on(scenario), newly_away(scenario)
    was, now = (_rep_days_of(plan[name], opens) for name in ("stops_before", "stops"))
    free = {customer for customer, days in was.items() if any(day in away for day in days)}
    free |= set(scenario.replan.cancelled.values()) | {w.customer for w in scenario.replan.urgent.values()}
    required = tables.customers["required"].fillna(False).astype(bool)
    free |= set(tables.customers.loc[required, "customer_id"])
    changes = {c: _changes(was.get(c, []), now.get(c, [])) for c in {*was, *now} - free}
    changed, planned = sum(changes.values()), sum(map(len, was.values()))
    if changed > planned * scenario.replan.max_changed_visits_pct / 100 + ROUNDING:
        message = f"{changed} of {planned} visits changed, {scenario.replan.max_changed_visits_pct:g} % are allowed"
        yield Finding("change_budget_kept", "stops", "", message)
    told = set(plan["changes"].loc[plan["changes"]["what"] != "another time", "customer_id"])
    for customer in sorted({c for c, count in changes.items() if count} - told)[:5]:
        yield Finding("change_budget_kept", "changes", customer, "changed and is not told")


def new_facts_met(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Who is urgent is visited in time or explained, and who is cancelled is on no open route."""
    if scenario.replan is None:
        return
    opens = opens_on(scenario)
    visits = plan["stops"][plan["stops"]["kind"] == "visit"]
    explained = set(plan["unserved"]["customer_id"])
    for wish in scenario.replan.urgent.values():
        mine = visits[visits["customer_id"] == wish.customer]
        late = wish.until is not None and (mine["day"] > pd.Timestamp(wish.until)).all()
        if (mine.empty or late) and wish.customer not in explained:
            yield Finding("new_facts_met", "stops", wish.customer, "is urgent, and neither visited nor explained")
    for customer in scenario.replan.cancelled.values():
        if (visits.loc[visits["customer_id"] == customer, "day"] >= opens).any():
            yield Finding("new_facts_met", "stops", customer, "is cancelled, and visited")


def _rep_days_of(stops: pd.DataFrame, opens: pd.Timestamp) -> dict[str, list[tuple[str, pd.Timestamp]]]:
    found: dict[str, list[tuple[str, pd.Timestamp]]] = {}
    for stop in rows(stops[(stops["kind"] == "visit") & (stops["day"] >= opens)]):
        found.setdefault(stop.customer_id, []).append((stop.rep_id, stop.day))
    return found


def _changes(was: list[tuple[str, pd.Timestamp]], now: list[tuple[str, pd.Timestamp]]) -> int:
    """Visits of one customer that moved to another rep-day, were dropped or added."""
    return max(len(was), len(now)) - sum((Counter(was) & Counter(now)).values())


CHECKS = (driven_days_kept, change_budget_kept, new_facts_met)
