"""What the solvers hand to the plan. Instants are naive local `datetime64[us]` on whole seconds."""

from dataclasses import dataclass, field

import pandas as pd

from solvers.outcome import Outcome


@dataclass(frozen=True)
class Territories:
    """Who owns whom.

    assignment: customer_id, rep_id, previous_rep_id (None: new), moved (bool), forced (bool: the former rep is gone),
        workload_minutes (expected field work of the customer in the horizon).
    reps: rep_id, customers, workload_minutes, workload_over_mean (1 = mean, in proportion to the rep's working time),
        centre_latitude, centre_longitude, stray_parts (pieces beyond the first), available_minutes.
    """

    assignment: pd.DataFrame
    reps: pd.DataFrame
    outcome: Outcome


@dataclass(frozen=True)
class ChannelPlan:
    """Who is contacted by which channel on which day.

    allocations: one row per customer and planned contact, and one for each customer without any: customer_id, channel
        ("none" if not contacted), day (NaT for field: routing decides, and for none), minutes, value_eur (net, of
        Actions), order_eur, runner_up (channel), margin_eur (order_eur over the runner-up's, prices included),
        reason (of NOT_CONTACTED for channel none, else ""), confidence (0 to 1: chance to stay ahead of the runner-up
        if both values are off by a fifth), would_change (what would turn the choice, in words).
    prices: resource (`field:R01`, `outbound`, `outbound:week` for a weekly budget), channel, day (NaT: whole horizon),
        capacity_minutes (of a budget in euros what it pays for), used_minutes, price_eur_per_hour (>= 0; the price
        of capacity in the relaxation), hour_more_eur (what one more hour would bring, the relaxation solved again
        with it: at most the price; NaN: not tried).
    backlog: channel, day, waiting (contacts planned for later, and customers for whom there is no room), unplanned (of
        those, without any contact), oldest_days (since the last contact, NaN: unknown), due_next_day, overdue (of the
        waiting).
    ways: way, order_eur, value_eur, contacts, cut_off: the plan beside everybody's best channel cut off when full.
    """

    allocations: pd.DataFrame
    prices: pd.DataFrame
    outcome: Outcome
    backlog: pd.DataFrame = field(default_factory=pd.DataFrame)
    ways: pd.DataFrame = field(default_factory=pd.DataFrame)


NOT_CONTACTED = ("no_consent", "no_positive_value", "capacity_full", "contact_policy", "unroutable")
"""Why a customer gets no contact (a closed list)."""

NOT_ROUTED = (
    "below_cost",
    "no_window_fits",
    "no_skill",
    "shift_full",
    "no_rep",
    "pin_conflict",
    "too_far",
    "not_selected",
)
"""Why a field visit is on no route (a closed list)."""


def no_hour_prices() -> pd.DataFrame:
    """The empty `Routes.hour_prices`: no rep-day has a price."""
    kinds = {"rep_id": "str", "day": "datetime64[us]", "price_eur_per_hour": "float64", "basis": "str"}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


def no_routing_ways() -> pd.DataFrame:
    """The empty `Routes.ways`: neither borders nor even weeks were asked for."""
    kinds = {"way": "str", "value_eur": "float64", "visits": "int64", "border_visits": "int64"}
    kinds |= dict.fromkeys(["beyond_share_hours", "team_hours", "longest_hours", "shortest_hours"], "float64")
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


@dataclass(frozen=True)
class Routes:
    """Each rep's days.

    stops: one row per event of a rep-day in time order: rep_id, day, position (0 = start), kind (start | visit |
        appointment | lunch | end), customer_id ("" where none), latitude, longitude, travel_seconds (drive to here,
        parking included), travel_km, arrive_at, start_at (service or break begins), end_at, prize_eur, pinned (bool).
        Waiting is start_at - arrive_at. lunch has the place of the stop before it and no travel. prize_eur is what the
        visit brings on that day; waited_eur (>= 0) what waiting until then took off it; border (bool): made by a
        neighbour of the territory's rep.
    shifts: one row per rep and horizon day: rep_id, day, works (bool), reason (why not: not_working_day, absent,
        holiday, removed, "" ), shift_start_at, shift_end_at, visits, visit_minutes, travel_minutes, wait_minutes,
        travel_km, prize_eur, waited_eur, border_visits, border_eur (cost of these), overtime_minutes, overtime_eur.
    unserved: customer_id, rep_id (owner, "" if none), reason (of NOT_ROUTED), detail (a sentence), prize_eur.
    hour_prices: one row per working rep-day: rep_id, day, price_eur_per_hour (>= 0: what one more hour of that shift
        would bring, in value), basis (how that was found, in words). No rows where nobody asked.
    ways: one row for each plan on the way where borders or even weeks are asked for: way (own territories | border
        visits | even weeks, ascending), value_eur, visits, border_visits, beyond_share_hours (sum over reps of the work
        beyond their share), team_hours (the work of which shares are parts: the team's before weeks were made even),
        longest_hours, shortest_hours (work of a rep-week). The last row is the plan.
    """

    stops: pd.DataFrame
    shifts: pd.DataFrame
    unserved: pd.DataFrame
    outcome: Outcome
    hour_prices: pd.DataFrame = field(default_factory=no_hour_prices)
    ways: pd.DataFrame = field(default_factory=no_routing_ways)


@dataclass(frozen=True)
class Roster:
    """How many agents sit when, and who.

    requirement: queue, interval_start, calls_mean, handle_seconds_mean, agents_required (on the phone, before
        shrinkage), agents_rostered (on shift and not on break, x (1 - shrinkage)), agents_short,
        answered_pct_expected (with those rostered, mean over the forecast's paths).
    shifts: agent_id, queue, day, start_at, end_at, break_start_at, break_end_at (NaT: no break), paid_minutes.
    agents: agent_id, paid_hours, contract_hours (absences taken off), overtime_hours, undertime_hours, shifts,
        cost_eur.
    requests: agent_id, date, kind, weight, granted (bool).
    outcomes: of the requirement, the shift design and the people.
    """

    requirement: pd.DataFrame
    shifts: pd.DataFrame
    agents: pd.DataFrame
    requests: pd.DataFrame
    outcomes: tuple[Outcome, ...]
