"""What routes are said to bring and to cost, rep-day by rep-day and in all: prizes, waiting, overtime, border visits.

A visit's prize on its day d (0: the first of the horizon) is prize x (1 - waiting_pct_per_day / 100)^d; overtime is
what a rep-day lasts beyond its shift. The routes are worth prizes less kilometres, overtime and border visits.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from inputs.rows import groups, rows
from inputs.types import Tables
from planner.audit.findings import Finding
from planner.audit.visitors import is_border, visits_of
from scenarios.schema import FIELD, Scenario

Plan = Mapping[str, pd.DataFrame]
MINUTE = pd.Timedelta(minutes=1)
SECONDS_TOLERANCE = 1.0
KM_TOLERANCE = 0.01
EURO_TOLERANCE = 0.005
PAID_LEAVE = ("absent", "holiday")


def sums_of(stops: pd.DataFrame) -> pd.DataFrame:
    """By rep_id and day: visits, km, seconds of driving, visiting and waiting, prizes, waited euros, border visits."""
    is_visit = stops["kind"] == "visit"
    parts = stops[["rep_id", "day"]].assign(
        visits=is_visit.astype(int),
        travel_km=stops["travel_km"],
        travel_seconds=stops["travel_seconds"],
        visit_seconds=(stops["end_at"] - stops["start_at"]).dt.total_seconds().where(is_visit, 0.0),
        wait_seconds=(stops["start_at"] - stops["arrive_at"]).dt.total_seconds(),
        prize_eur=stops["prize_eur"],
        waited_eur=_column(stops, "waited_eur"),
        border_visits=_column(stops, "border").astype(int),
    )
    return parts.groupby(["rep_id", "day"]).sum()


def totals_as_stated(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """A rep-day's visits, kilometres, minutes and euros are the sums over its stops; border visits cost their price."""
    sums = sums_of(plan["stops"])
    nothing = pd.Series(0.0, index=sums.columns)
    borders = scenario.territories.borders
    for row in rows(plan["rep_days"]):
        key = (row.rep_id, row.day)
        real = sums.loc[key] if key in sums.index else nothing
        wrong = [
            f"{name} {stated:g} is {found:g}"
            for name, stated, found, tolerance in (
                ("visits", row.visits, real["visits"], 0.5),
                ("travel_km", row.travel_km, real["travel_km"], KM_TOLERANCE),
                ("travel_minutes", row.travel_minutes, real["travel_seconds"] / 60, SECONDS_TOLERANCE / 60),
                ("visit_minutes", row.visit_minutes, real["visit_seconds"] / 60, SECONDS_TOLERANCE / 60),
                ("wait_minutes", row.wait_minutes, real["wait_seconds"] / 60, SECONDS_TOLERANCE / 60),
                ("prize_eur", row.prize_eur, real["prize_eur"], EURO_TOLERANCE),
                ("waited_eur", _cell(row, "waited_eur"), real["waited_eur"], EURO_TOLERANCE),
                ("border_visits", _cell(row, "border_visits"), real["border_visits"], 0.5),
                (
                    "border_eur", _cell(row, "border_eur"),
                    real["border_visits"] * (borders.eur_per_visit if borders else 0.0), EURO_TOLERANCE,
                ),
            )
            if not abs(stated - found) <= tolerance
        ]  # fmt: skip
        if wrong:
            yield Finding("totals_as_stated", "rep_days", f"{row.rep_id} {row.day:%Y-%m-%d}", ", ".join(wrong))


def overtime_minutes(plan: Plan) -> dict[tuple[str, pd.Timestamp], float]:
    """Minutes by rep and day from the end of the shift to the last arrival; rep-days that end in time are left out."""
    ends = {row.rep_id: row.shift_end for row in rows(plan["team"])}
    late = {
        (rep, day): (stops["arrive_at"].max() - day) / MINUTE - ends[rep]
        for (rep, day), stops in groups(plan["stops"], ["rep_id", "day"])
        if rep in ends
    }
    return {key: minutes for key, minutes in late.items() if minutes > 0}


def overtime_as_stated(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """A rep-day's overtime is what its last arrival says, and costs its price."""
    settings = scenario.reps.overtime
    late = overtime_minutes(plan)
    for row in rows(plan["rep_days"]):
        minutes = late.get((row.rep_id, row.day), 0.0) if settings else 0.0
        eur = minutes / 60 * (settings.eur_per_hour if settings else 0.0)
        stated_minutes, stated_eur = _cell(row, "overtime_minutes"), _cell(row, "overtime_eur")
        same = abs(stated_minutes - minutes) <= SECONDS_TOLERANCE / 60
        if not same or not abs(stated_eur - eur) <= EURO_TOLERANCE:
            message = f"{stated_minutes:.1f} minutes of overtime for {stated_eur:.2f} eur are stated; the day runs "
            message += f"{minutes:.1f} minutes beyond its shift, which cost {eur:.2f}"
            yield Finding("overtime_as_stated", "rep_days", f"{row.rep_id} {row.day:%Y-%m-%d}", message)


def waiting_as_agreed(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """What waiting takes off a prize is what its day takes, by the customer's percent a day or the scenario's."""
    own = tables.customers.get("waiting_pct_per_day", pd.Series(math.nan, index=tables.customers.index)).astype(float)
    usual = scenario.next_best_action.waiting_pct_per_day
    percent = dict(zip(tables.customers["customer_id"], own.fillna(usual), strict=True))
    start = pd.Timestamp(scenario.horizon.start)
    for stop in rows(plan["stops"]):
        waited = _cell(stop, "waited_eur")
        due = 0.0
        if stop.kind == "visit":
            kept = (1 - percent.get(stop.customer_id, usual) / 100) ** (stop.day - start).days
            due = (stop.prize_eur + waited) * (1 - kept)
        if not abs(waited - due) <= EURO_TOLERANCE:
            message = f"waiting until {stop.day:%Y-%m-%d} takes {due:.2f} eur off the prize, {waited:.2f} are stated"
            yield Finding("waiting_as_agreed", "stops", stop.customer_id or stop.rep_id, message)


def prizes_within_value(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """The prizes of a customer's visits, before waiting, are at most the value of the contacts by the field."""
    actions, allocations = plan["actions"], plan["allocations"]
    value = actions[actions["channel"] == FIELD].set_index("customer_id")["value_eur"].to_dict()
    contacts = allocations.loc[allocations["channel"] == FIELD, "customer_id"].value_counts().to_dict()
    prizes: Counter[str] = Counter()
    for stop in visits_of(plan):
        prizes[stop.customer_id] += stop.prize_eur + _cell(stop, "waited_eur")
    for customer, eur in prizes.items():
        most = max(0.0, value.get(customer, 0.0)) * max(1, contacts.get(customer, 0))
        if not eur <= most + EURO_TOLERANCE:
            message = f"prizes of {eur:.2f} eur, the contacts are worth {most:.2f}"
            yield Finding("prizes_within_value", "stops", customer, message)


def routes_eur(scenario: Scenario, plan: Plan) -> dict[str, float]:
    """prize_eur, travel_eur, overtime_eur, border_eur and waited_eur of all routes, from stops and prices."""
    stops = plan["stops"]
    overtime, borders = scenario.reps.overtime, scenario.territories.borders
    hours = math.fsum(overtime_minutes(plan).values()) / 60
    return {
        "prize_eur": math.fsum(stops["prize_eur"]),
        "travel_eur": math.fsum(stops["travel_km"]) * scenario.money.travel_eur_per_km,
        "overtime_eur": hours * overtime.eur_per_hour if overtime else 0.0,
        "border_eur": sum(map(is_border, rows(stops))) * borders.eur_per_visit if borders else 0.0,
        "waited_eur": math.fsum(_column(stops, "waited_eur")),
    }


def round_as_stated(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """The value of the round that was kept is that of all contacts less travel, overtime, border visits and waiting,
    each once."""
    kept = plan["rounds"][plan["rounds"]["kept"].astype(bool)] if len(plan["rounds"]) else plan["rounds"]
    if kept.empty:
        return
    parts = routes_eur(scenario, plan)
    costs = math.fsum(parts[name] for name in ("travel_eur", "overtime_eur", "border_eur", "waited_eur"))
    value = math.fsum(plan["allocations"]["value_eur"]) - costs
    stated = float(kept["value_eur"].iloc[-1])
    if not math.isclose(stated, value, abs_tol=EURO_TOLERANCE, rel_tol=1e-9):
        yield Finding(
            "round_as_stated", "rounds", "", f"{stated:.2f} eur are stated; contacts less costs are {value:.2f}"
        )


def figures_as_stated(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Where the plan's figures are handed over (a plan read back from its folder), each cost is that of the routes, and
    the net value is the value of all contacts less every cost and all pay, once."""
    if "kpis" not in plan or scenario.replan is not None:
        return
    stated = dict(zip(plan["kpis"]["kpi"], plan["kpis"]["value"].astype(float), strict=True))
    routes = routes_eur(scenario, plan)
    days, team = plan["rep_days"], {row.rep_id: row for row in rows(plan["team"])}
    paid = days[days["works"].astype(bool) | days["reason"].isin(PAID_LEAVE)]
    minutes = math.fsum(team[rep].shift_end - team[rep].shift_start for rep in paid["rep_id"] if rep in team)
    short_hours = math.fsum(plan["requirement"]["agents_short"]) * scenario.staffing.interval_minutes / 60
    costs = {
        "travel_cost_eur": routes["travel_eur"],
        "rep_overtime_eur": routes["overtime_eur"],
        "border_eur": routes["border_eur"],
        "waited_eur": routes["waited_eur"],
        "rep_pay_eur": minutes / 60 * scenario.reps.cost_eur_per_hour,
        "agent_pay_eur": math.fsum(plan["agents"]["cost_eur"]),
        "missed_service_eur": short_hours * scenario.staffing.costs.understaffed_eur_per_agent_hour,
    }
    value = math.fsum(plan["allocations"]["value_eur"]) - math.fsum(costs.values())
    for name, eur in {**costs, "net_value_eur": value}.items():
        if not math.isclose(stated.get(name, 0.0), eur, abs_tol=EURO_TOLERANCE, rel_tol=1e-9):
            message = f"{stated.get(name, 0.0):.2f} eur are stated, the tables make {eur:.2f}"
            yield Finding("figures_as_stated", "kpis", name, message)


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    """The column as numbers; 0 where a plan of old has none."""
    found: pd.Series = frame[name].astype(float) if name in frame else pd.Series(0.0, index=frame.index)
    return found


def _cell(row: Any, name: str) -> float:
    return float(getattr(row, name, 0.0))


CHECKS = (
    totals_as_stated, overtime_as_stated, waiting_as_agreed, prizes_within_value, round_as_stated,
    figures_as_stated,
)  # fmt: skip
