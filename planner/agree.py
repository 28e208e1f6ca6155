"""Channels and routes agree: a visit that fits no route goes back to the channel step, and its place is offered again.

Each round allocates, routes what was allocated to the field, and then settles: the visits that were routed stay, the
others take their next best channel. The best settled round wins, so the plan's value never falls with more rounds.
"""

from dataclasses import dataclass, replace

import pandas as pd

from forecasting.types import Actions
from inputs.types import Tables
from planner.cache import StageCache
from planner.types import Round
from planner.warm import prices_before
from scenarios.schema import FIELD, Effort, Scenario
from solvers.channels import allocate_channels, field_load
from solvers.outcome import Outcome
from solvers.routing import make_problem, plan_routes
from solvers.routing.pins import check_pin_consent
from solvers.travel import calibration_notes, make_travel, travel_notes
from solvers.types import ChannelPlan, Routes, Territories

ROUNDS: dict[Effort, int] = {"quick": 1, "normal": 2, "thorough": 10}
"""Rounds at most; a round in which every visit fits is the last one."""
PATIENCE = 2
"""Rounds without a better plan, after which no more are tried."""
ROUTE_COSTS = ["overtime_eur", "border_eur", "waited_eur"]
"""Columns of `Routes.shifts` that come off the value of the contacts, beside travel."""


@dataclass(frozen=True)
class Agreed:
    """Channels and routes of the best round; `offered`: how its allocation ended, before routing chose among visits."""

    channels: ChannelPlan
    routes: Routes
    offered: Outcome
    rounds: tuple[Round, ...]


def agree_on_visits(
    scenario: Scenario,
    tables: Tables,
    team: pd.DataFrame,
    days: pd.DataFrame,
    territories: Territories,
    actions: Actions,
    *,
    cache: StageCache,
) -> Agreed:
    """Channels and routes that name the same visits, and the rounds it took.

    Raises:
        ScenarioError: a pin on a customer without consent to the field, where the policy respects consent; an engine
            that cannot plan the channels; an earlier run whose prices cannot be read.
        NoLegalPlan: required visits, pins, appointments and shifts that contradict each other.
    """
    s = scenario
    if s.contact_policy.respect_consent:
        check_pin_consent(s.reps.pinned, tables.customers)
    travel = make_travel(s.reps.travel, tables.travel_times)
    field = field_load(
        tables.customers, territories, days, tables.appointments, reps=s.reps, travel=travel,
        default_visit_minutes=s.visit_minutes(), team=team,
    )  # fmt: skip

    met = kept_appointments(tables.appointments, days)
    last_prices = prices_before(s)

    def allocate(label: str, routed: frozenset[str], unroutable: frozenset[str], *, study: bool) -> ChannelPlan:
        return cache.search(
            label, allocate_channels, actions, tables.customers, territories, field, channels=s.channels,
            policy=s.contact_policy, horizon=s.horizon, engine=s.solve.engines.channels, effort=s.solve.effort,
            time_limit_seconds=s.solve.time_limit_seconds.channels, seed=s.solve.seed, routed=routed,
            unroutable=unroutable, met=met, study=study, prices_before=last_prices,
        )  # fmt: skip

    best: tuple[float, Agreed] | None = None
    history: list[Round] = []
    unroutable: frozenset[str] = frozenset()
    for number in range(1, ROUNDS[s.solve.effort] + 1):
        asked = allocate(f"channels {number}", frozenset(), unroutable, study=True)
        problem = make_problem(
            asked.allocations, tables.customers, territories, days, tables.appointments, team, reps=s.reps,
            horizon=s.horizon, travel=travel, travel_eur_per_km=s.money.travel_eur_per_km,
            default_visit_minutes=s.visit_minutes(), respect_consent=s.contact_policy.respect_consent,
            borders=s.territories.borders, waiting_pct_per_day=s.next_best_action.waiting_pct_per_day,
        )  # fmt: skip
        on_travel = (*calibration_notes(s.reps.travel), *travel_notes(travel, problem.places))
        problem = replace(problem, notes=(*problem.notes, *on_travel))
        routes = cache.search(
            f"routes {number}", plan_routes, problem, engine=s.solve.engines.routing, effort=s.solve.effort,
            time_limit_seconds=s.solve.time_limit_seconds.routing, seed=s.solve.seed, workers=s.solve.workers,
        )  # fmt: skip
        routed = frozenset(routes.stops.loc[routes.stops["kind"] == "visit", "customer_id"])
        settled = allocate(f"settled {number}", routed, _others(tables.customers, routed), study=False)
        settled = replace(
            settled,
            prices=_prices_asked(settled.prices, asked.prices),
            ways=asked.ways,
            outcome=replace(settled.outcome, stage="channels.settled"),
        )
        value = plan_value_eur(settled, routes, scenario)
        kept = best is None or value > best[0]
        if kept:
            best = (value, Agreed(settled, routes, replace(asked.outcome, stage="channels.offered"), ()))
        history.append(_round(number, asked, routes, routed, value, kept))
        left_over = frozenset(routes.unserved["customer_id"]) - routed
        stale = not any(past.kept for past in history[-PATIENCE:])
        if not left_over or stale or cache.stop():
            break
        unroutable |= left_over
    assert best is not None  # every effort has at least one round
    return replace(best[1], rounds=tuple(history))


def _round(
    number: int,
    asked: ChannelPlan,
    routes: Routes,
    routed: frozenset[str],
    value_eur: float,
    kept: bool,
) -> Round:
    """The round as a line of the table."""
    field = asked.allocations["channel"] == FIELD
    back = field & ~asked.allocations["customer_id"].isin(routed)
    returned_eur = float(asked.allocations.loc[back, "prize_eur"].sum())
    return Round(number, int(field.sum()), len(routed), value_eur, kept, int(back.sum()), returned_eur)


def kept_appointments(appointments: pd.DataFrame, days: pd.DataFrame) -> dict[str, int]:
    """Appointments by customer_id whose rep works on their day of the horizon: each is a contact of the customer."""
    at_work = days.loc[days["works"].astype(bool), ["rep_id", "day"]]
    at = pd.MultiIndex.from_arrays([appointments["rep_id"], pd.to_datetime(appointments["start"]).dt.normalize()])
    kept = appointments.loc[at.isin(pd.MultiIndex.from_frame(at_work)), "customer_id"].dropna()
    counts = kept.value_counts().sort_index()
    return {str(customer): int(count) for customer, count in counts.items() if customer}


def plan_value_eur(channels: ChannelPlan, routes: Routes, scenario: Scenario) -> float:
    """Euros of all planned contacts less what the routes cost: travel, overtime, border visits, and waiting.

    A contact's value is that of the first day, so what its visit loses by waiting comes off here, once.
    """
    days = routes.shifts
    paid = scenario.money.travel_eur_per_km * days["travel_km"].sum() + days[ROUTE_COSTS].to_numpy(float).sum()
    return float(channels.allocations["value_eur"].sum()) - float(paid)


def _prices_asked(settled: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    """The settled use of each resource, at the price and with the worth of an hour it had while visits were offered."""
    known = asked.set_index(["resource", "day"])[["price_eur_per_hour", "hour_more_eur"]]
    keys = pd.MultiIndex.from_frame(settled[["resource", "day"]])
    return settled.assign(**{name: known[name].reindex(keys).to_numpy(float) for name in known.columns})


def _others(customers: pd.DataFrame, routed: frozenset[str]) -> frozenset[str]:
    """Customers who are on no route: the field is closed to them once routes are settled."""
    return frozenset(customers["customer_id"]) - routed
