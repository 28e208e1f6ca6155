"""What each wish to the routes brings or costs on the real week's field: plans beside each other, one wish apart.

Borders: neighbours may make 5 % of the visits. Overtime: an hour more a day at 45 EUR, or 15. Even weeks: 20 EUR for
each hour of work beyond a rep's share. Departure: drives take 1.4 times as long from 7 to 9 and from 16 to 18, each by
its own time, beside the careful plan in which they do so all day, and the careless one that knows of no rush hour,
driven in it. Every plan is checked by code of its own, and the figures are the checker's. Means over the draws.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.frame import Cell, Options, Row
from benchmarks.routing.field_check import FieldVerdict, beyond_share_hours, check_field, late_visits
from benchmarks.routing.real_week import SETTINGS, field_problem
from scenarios.schema import Effort
from solvers.routing import RoutingProblem, plan_routes
from solvers.types import Routes

DRAWS, OFFERED = 2, 2000
"""Of 1,000 customers offered nearly all who may be visited are: days are not full, and nobody works longer."""
BORDERS = {"max_visits_pct": 5, "eur_per_visit": 0, "neighbours": 1}
OVERTIME = {"eur_per_hour": 45, "max_minutes_per_day": 60}
BALANCE = {"eur_per_hour": 20}
RUSH = [{"between": "07:00-09:00", "factor": 1.4}, {"between": "16:00-18:00", "factor": 1.4}]
CAREFUL_AT = "08:00"
PLAIN, NEAR, LONG, CHEAP, EVEN, CAREFUL, DEPARTURE = (
    "as it is", "borders", "overtime", "overtime at a third", "even weeks", "rush hour all day",
    "rush hour by departure",
)  # fmt: skip
WISHES: Mapping[str, Mapping[str, Any]] = {
    PLAIN: {}, NEAR: {"borders": BORDERS}, LONG: {"overtime": OVERTIME},
    CHEAP: {"overtime": OVERTIME | {"eur_per_hour": OVERTIME["eur_per_hour"] / 3}}, EVEN: {"balance": BALANCE},
    CAREFUL: {"travel": {"hours": RUSH, "planned_at": CAREFUL_AT}}, DEPARTURE: {"travel": {"hours": RUSH}},
}  # fmt: skip
FEATURE_KEYS = (
    "features.borders_eur", "features.overtime_eur", "features.cheap_overtime_eur", "features.balance_cost_eur",
    "features.beyond_share_hours_before", "features.beyond_share_hours_after", "features.departure_eur",
    "features.rush_cost_eur", "features.careless_late_visits", "features.careless_long_days",
    "features.value_eur",
)  # fmt: skip
NAME = "features"
EUR_OFF, HOURS_OFF = 0.05, 0.1
"""How far what a plan says of itself may be from what the checker counts: its tables are in whole cents and seconds."""


def cells(options: Options) -> Iterator[Cell]:
    """A draw a cell, where the week is there."""
    folder = options.data.parent / "real_week" / "data"
    if (folder / "reps.csv").exists():
        for draw in range(DRAWS):
            yield Cell(f"{NAME} {draw}", partial(measure, folder, options.seed + draw, OFFERED))


def wished(folder: Path, wish: str, *, seed: int, offered: int) -> RoutingProblem:
    """The field's problem with one wish."""
    asked = dict(WISHES[wish])
    borders = asked.pop("borders", None)
    settings = {**SETTINGS, **asked, "travel": {**SETTINGS["travel"], **asked.get("travel", {})}}
    return field_problem(folder, seed=seed, offered=offered, settings=settings, borders=borders)


def measure(folder: Path, seed: int, offered: int, effort: Effort = "normal") -> Iterator[Row]:
    """A plan for each wish, one draw of customers."""
    plain: tuple[FieldVerdict, Routes] | None = None
    for wish in WISHES:
        problem, began = wished(folder, wish, seed=seed, offered=offered), time.perf_counter()
        routes = plan_routes(problem, engine="auto", effort=effort, time_limit_seconds=600, seed=seed)
        seconds = time.perf_counter() - began
        verdict = check_field(problem, routes.stops)
        plain = plain or (verdict, routes)
        row = row_of(wish, problem, routes, verdict, plain[0])
        if wish == DEPARTURE:
            missed, long = late_visits(problem, plain[1].stops)
            row |= {"careless_late": missed, "careless_long": long}
            row["method"] += f"; the plan {PLAIN} driven so: {missed} visits too late, {long} days too long"
        yield row | {"instance": f"{wish}, draw {seed}", "seconds": round(seconds, 2)}


def row_of(wish: str, problem: RoutingProblem, routes: Routes, verdict: FieldVerdict, plain: FieldVerdict) -> Row:
    """A plan's figures, by the checker; a value that the plan told otherwise is a fault."""
    faults = list(verdict.faults)
    if abs(verdict.value_eur - routes.outcome.value) > EUR_OFF:
        faults.append(f"the plan says {routes.outcome.value:.2f} EUR")
    team = float(routes.ways["team_hours"].iloc[-1]) if wish == EVEN else sum(plain.work_hours.values())
    beyond = beyond_share_hours(problem, verdict.work_hours, team)
    if wish == EVEN and abs(routes.ways["beyond_share_hours"].iloc[-1] - beyond) > HOURS_OFF:
        faults.append(
            f"the plan says {routes.ways['beyond_share_hours'].iloc[-1]:.2f} h beyond shares, not {beyond:.2f}"
        )
    overtime = f"{verdict.overtime_hours:.1f} h of overtime for {verdict.overtime_eur:.2f} EUR"
    told = {
        NEAR: f"{verdict.border_visits} of {problem.borders.most_visits if problem.borders else 0} border visits",
        LONG: overtime,
        CHEAP: overtime,
    }.get(wish, f"{beyond:.1f} h of work beyond shares")
    return {
        "family": NAME, "wish": wish, "engine": "muster", "limit": 0.0, "value": round(verdict.value_eur, 2),
        "gap_pct": None, "best": None, "travel": round(verdict.driving_hours, 1), "visits": verdict.visits,
        "faults": "; ".join(faults[:3]), "method": told, "beyond_share_hours": round(beyond, 2),
    }  # fmt: skip


def summarise(rows: Sequence[Row]) -> dict[str, Any]:
    """Means over the draws of what each wish brings or costs; of a draw with a faulty plan nothing counts."""
    of = {wish: [r for r in rows if r["family"] == NAME and r["wish"] == wish] for wish in WISHES}
    whole = [draw for draw in zip(*of.values(), strict=True) if not any(row["faults"] for row in draw)]
    if not whole:
        return {}
    by_wish = dict(zip(WISHES, zip(*whole, strict=True), strict=True))

    def mean(wish: str, key: str = "value") -> float:
        return float(np.mean([row[key] for row in by_wish[wish]]))

    found = {
        "features.value_eur": mean(PLAIN),
        "features.borders_eur": mean(NEAR) - mean(PLAIN),
        "features.overtime_eur": mean(LONG) - mean(PLAIN),
        "features.cheap_overtime_eur": mean(CHEAP) - mean(PLAIN),
        "features.balance_cost_eur": mean(PLAIN) - mean(EVEN),
        "features.beyond_share_hours_before": mean(PLAIN, "beyond_share_hours"),
        "features.beyond_share_hours_after": mean(EVEN, "beyond_share_hours"),
        "features.departure_eur": mean(DEPARTURE) - mean(CAREFUL),
        "features.rush_cost_eur": mean(PLAIN) - mean(DEPARTURE),
        "features.careless_late_visits": mean(DEPARTURE, "careless_late"),
        "features.careless_long_days": mean(DEPARTURE, "careless_long"),
    }
    return {key: round(value, 2) for key, value in found.items()}
