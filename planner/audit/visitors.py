"""Who visits whom: the owner, who stands in for him, who is pinned, and neighbours at the border of a territory.

Near is measured here by great circles, from the raw places of customers and reps; a rep is as near as the nearer of his
home and the centre of his territory. Whoever plans may measure on a flat map, so a rep counts as nearer than another
only by more than such a map can be wrong.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from inputs.rows import groups, rows
from inputs.types import Tables
from planner.audit.findings import Finding
from planner.audit.geometry import km_between
from planner.audit.replanned import may_cover
from scenarios.schema import Scenario

Plan = Mapping[str, pd.DataFrame]
STAND_INS = 3
"""So many of the nearest reps may visit customers whose owner cannot come at all."""
METRE_KM = 0.001


@dataclass(frozen=True)
class Field:
    """places: by rep the home and the centre of the territory; skills: by rep; at_work: reps with a working day;
    owners: rep by customer; flatness: most that the scale of a flat map of these places differs from place to place.
    """

    places: Mapping[str, list[tuple[float, float]]]
    skills: Mapping[str, set[str]]
    at_work: set[str]
    owners: Mapping[str, str]
    flatness: float

    @classmethod
    def of(cls, scenario: Scenario, tables: Tables, plan: Plan) -> "Field":
        """Read from the tables."""
        owners = dict(zip(plan["territories"]["customer_id"], plan["territories"]["rep_id"], strict=True))
        centres = centres_of(tables.customers, owners, scenario.visit_minutes())
        team = list(rows(plan["team"]))
        places = {rep.rep_id: [(rep.home_latitude, rep.home_longitude), *centres.get(rep.rep_id, [])] for rep in team}
        latitudes = [*tables.customers["latitude"].astype(float), *(rep.home_latitude for rep in team)]
        scale = np.maximum(np.cos(np.radians(np.array(latitudes, float))), 1e-3)
        days = plan["rep_days"]
        return cls(
            places=places,
            skills={rep.rep_id: set(rep.skills.split("|")) for rep in team},
            at_work=set(days.loc[days["works"].astype(bool), "rep_id"]),
            owners=owners,
            flatness=float(np.nanmax(scale) / np.nanmin(scale)) if len(scale) else 1.0,
        )

    def able(self, customer: Any) -> set[str]:
        """Reps who work on some day and have the customer's skill."""
        skill = customer.required_skill
        needs = isinstance(skill, str) and skill != ""
        return {rep for rep in self.at_work if not needs or skill in self.skills.get(rep, set())}

    def owner_can(self, customer: Any) -> bool:
        """Whether the owner could come on some day."""
        return self.owners.get(customer.customer_id, "") in self.able(customer)

    def nearer(self, customer: Any, rep_id: str) -> int:
        """How many of the able reps beside the owner surely are nearer than this one."""
        here = (customer.latitude, customer.longitude)
        far = {
            rep: min((km_between(here, place) for place in self.places.get(rep, [])), default=math.inf)
            for rep in {*self.able(customer), rep_id} - {self.owners.get(customer.customer_id)}
        }
        return sum(km * self.flatness + METRE_KM < far[rep_id] for km in far.values())


def centres_of(
    customers: pd.DataFrame, owners: Mapping[str, str], default_visit_minutes: float
) -> dict[str, list[tuple[float, float]]]:
    """[(latitude, longitude)] of the mean customer of each territory, weighed by minutes of visits a week."""
    minutes = customers["visit_minutes"].astype(float).fillna(default_visit_minutes)
    work = (minutes * customers["visits_per_week"].astype(float).fillna(1.0)).clip(lower=0.0)
    if not work.sum() > 0:
        work = work * 0.0 + 1.0
    table = customers[["latitude", "longitude"]].assign(work=work, rep=customers["customer_id"].map(owners))
    centres = {}
    for rep, mine in groups(table, "rep"):
        weight = mine["work"].to_numpy(float) + 1e-9
        at = [float(np.average(mine[name].to_numpy(float), weights=weight)) for name in ("latitude", "longitude")]
        centres[str(rep)] = [(at[0], at[1])]
    return centres


def right_rep(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Who visits has the skill, and is the owner, or stands in for an owner who cannot come, or is pinned, or makes
    what is called a border visit."""
    field = Field.of(scenario, tables, plan)
    customers = {row.customer_id: row for row in rows(tables.customers)}
    pins = {(pin.customer, pin.rep) for pin in scenario.reps.pinned.values()} | may_cover(scenario, tables, plan)
    for stop in visits_of(plan):
        customer, owner = customers.get(stop.customer_id), field.owners.get(stop.customer_id, "")
        if customer is None:
            continue
        skill = customer.required_skill
        if isinstance(skill, str) and skill and skill not in field.skills.get(stop.rep_id, set()):
            yield Finding("right_rep", "stops", stop.customer_id, f"{stop.rep_id} lacks the skill {skill}")
        if stop.rep_id == owner or (stop.customer_id, stop.rep_id) in pins or is_border(stop):
            continue
        if scenario.territories.specialists != "overlay" or field.owner_can(customer):
            yield Finding("right_rep", "stops", stop.customer_id, f"belongs to {owner}, is visited by {stop.rep_id}")
        elif (nearer := field.nearer(customer, stop.rep_id)) >= STAND_INS:
            message = f"{stop.rep_id} stands in for {owner}, and {nearer} others are nearer"
            yield Finding("right_rep", "stops", stop.customer_id, message)


def border_visits_allowed(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """A border visit is asked for, is neither an appointment nor pinned, and is made by one of the nearest able reps
    beside an owner who could come. Where a week is planned again, the owner could come when it was planned first, and
    those who cover his days may come as well."""
    borders, field = scenario.territories.borders, Field.of(scenario, tables, plan)
    customers = {row.customer_id: row for row in rows(tables.customers)}
    covered = Counter(customer for customer, _ in may_cover(scenario, tables, plan))
    for stop in rows(plan["stops"]):
        customer = customers.get(stop.customer_id)
        if not is_border(stop):
            continue
        why = ""
        if borders is None or stop.kind != "visit" or customer is None:
            why = f"a stop of the kind {stop.kind} is a border visit; the scenario {_asks(scenario)}"
        elif stop.pinned or stop.rep_id == field.owners.get(stop.customer_id):
            why = f"is {'pinned to' if stop.pinned else 'owned by'} {stop.rep_id}, and called a border visit"
        elif not field.owner_can(customer) and scenario.replan is None:
            why = f"the owner cannot come: {stop.rep_id} stands in for him, which is no border visit"
        else:
            most = borders.neighbours + covered[stop.customer_id]
            most += STAND_INS * (not field.owner_can(customer))
            if (nearer := field.nearer(customer, stop.rep_id)) >= most:
                why = f"{nearer} reps are nearer than {stop.rep_id}; the nearest {borders.neighbours} may come"
        if why:
            yield Finding("border_visits_allowed", "stops", stop.customer_id or stop.rep_id, why)


def border_budget_kept(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Border visits are within their percent of the visits offered to the field.

    Offered were at most the visits made and those in `unserved`; in a week that was planned again also those that were
    planned before and are not any more. As many as were planned before may stay.
    """
    borders = scenario.territories.borders
    owners = dict(zip(plan["territories"]["customer_id"], plan["territories"]["rep_id"], strict=True))
    made = sum(is_border(stop) and stop.rep_id != owners.get(stop.customer_id) for stop in visits_of(plan))
    if borders is None or not made:
        return
    now = Counter(stop.customer_id for stop in visits_of(plan))
    before: Counter[str] = Counter()
    held = 0
    if scenario.replan is not None:
        was = plan["stops_before"]
        before = Counter(was.loc[was["kind"] == "visit", "customer_id"])
        held = sum(map(is_border, rows(was)))
    offered = sum(max(now[customer], before[customer]) for customer in {*now, *before}) + len(plan["unserved"])
    allowed = max(held, math.floor(borders.max_visits_pct / 100 * offered + 1e-9))
    if made > allowed:
        message = f"{made} border visits; {borders.max_visits_pct:g} % of {offered} visits offered are {allowed}"
        yield Finding("border_budget_kept", "stops", "", message)


def visits_of(plan: Plan) -> Iterator[Any]:
    """Visits on routes."""
    return rows(plan["stops"][plan["stops"]["kind"] == "visit"])


def is_border(stop: Any) -> bool:
    """Whether the plan calls the stop a border visit; plans of old know none."""
    return bool(getattr(stop, "border", False))


def _asks(scenario: Scenario) -> str:
    return "asks for none" if scenario.territories.borders is None else "asks for visits only"


CHECKS = (right_rep, border_visits_allowed, border_budget_kept)
