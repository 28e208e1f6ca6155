"""What the workbook's sheets hold, as frames: routes, channels, roster, not served, pins, names."""

from typing import Any

import pandas as pd

from inputs.rows import rows
from inputs.types import Tables
from outputs.field import rep_days_of, stops_of, ways_of
from outputs.visits import Visits
from outputs.workbook.grid import Column
from planner.explain import WHY_NOT_CONTACTED, WHY_NOT_ROUTED
from planner.next_best import ahead_eur
from planner.types import Plan
from scenarios.schema import Pin

KEEP, REP, CUSTOMER, DAY, TIME, NAME = "keep", "Rep", "Customer", "Day", "Time", "Pin"
KIND, ARRIVE, START, END = "Stop", "Arrive", "Start", "End"
"""Headers by which outputs/pins.py finds its columns again."""

ROUTES = (
    Column("keep", KEEP, "edit", 6), Column("rep_id", REP, width=8), Column("rep", "Rep name", width=16),
    Column("day", DAY, "day", 15), Column("number", "Visit no.", "whole", 6), Column("kind", KIND, width=12),
    Column("customer_id", CUSTOMER, width=11), Column("name", "Customer name", width=26),
    Column("arrive", ARRIVE, "clock", 8), Column("start", START, "clock", 8), Column("end", END, "clock", 8),
    Column("travel_minutes", "Drive (min)", "number", 8), Column("travel_km", "Drive (km)", "number", 8),
    Column("wait_minutes", "Wait (min)", "number", 8), Column("prize_eur", "Lost without (EUR)", "number", 13),
    Column("waited_eur", "Lost by waiting (EUR)", "number", 11), Column("for_rep", "For rep", width=8),
    Column("overtime_minutes", "Overtime (min)", "number", 9), Column("pinned", "Pinned", width=8),
    Column("why", "Why", width=70),
)  # fmt: skip
CHANNELS = (
    Column("customer_id", CUSTOMER, width=11), Column("name", "Customer name", width=26),
    Column("channel", "Channel", width=14), Column("day", DAY, "day", 15), Column("rep_id", REP, width=8),
    Column("minutes", "Contact (min)", "whole", 9), Column("value_eur", "Worth (EUR)", "number", 11),
    Column("runner_up", "Next best", width=14), Column("ahead_eur", "Worth over next best (EUR)", "number", 13),
    Column("why", "Why", width=80),
)  # fmt: skip
ROSTER = (
    Column("agent_id", "Agent", width=10), Column("queue", "Queue", width=14), Column("day", DAY, "day", 15),
    Column("start", START, "clock", 8), Column("end", END, "clock", 8),
    Column("break_start", "Break from", "clock", 8), Column("break_end", "Break to", "clock", 8),
    Column("paid_hours", "Paid (h)", "number", 9),
)  # fmt: skip
NOT_SERVED = (
    Column("customer_id", CUSTOMER, width=11), Column("name", "Customer name", width=26),
    Column("rep_id", "Owner", width=8), Column("what", "What is not done", width=16),
    Column("reason", "Reason", width=46), Column("detail", "Detail", width=60),
    Column("prize_eur", "Lost (EUR)", "number", 11), Column("instead", "Instead", width=14),
)  # fmt: skip
PINS = (
    Column("pin", NAME, "edit", 24), Column("customer", CUSTOMER, "edit", 14), Column("rep", REP, "edit", 10),
    Column("day", DAY, "edit", 14), Column("time", TIME, "edit", 10),
)  # fmt: skip
NAMES = (
    Column("rep_id", "Reps", width=10), Column("customer_id", "Customers", width=14),
)  # fmt: skip
FIGURES = (
    Column("description", "Figure", width=62), Column("value", "Value", "number", 14),
    Column("low", "8 of 10 futures: from", "number", 14), Column("high", "8 of 10 futures: to", "number", 14),
    Column("unit", "Unit", width=30), Column("kpi", "Name", width=24),
)  # fmt: skip
OUTCOMES = (
    Column("stage", "Search", width=62), Column("value", "Value", "number", 14), Column("bound", "Bound", "number", 14),
    Column("gap_pct", "Gap (%)", "number", 14), Column("unit", "Unit", width=30), Column("reason", "Ended", width=24),
)  # fmt: skip

WAYS = (
    Column("way", "Plan of the routes", width=62), Column("value_eur", "Value (EUR)", "number", 14),
    Column("difference_eur", "Against the one above (EUR)", "number", 14), Column("visits", "Visits", "whole", 14),
    Column("border_visits", "Visits by a neighbour", "whole", 30),
    Column("beyond_share_hours", "Hours beyond share", "number", 24),
    Column("longest_hours", "Longest week (h)", "number", 14),
    Column("shortest_hours", "Shortest week (h)", "number", 14),
)  # fmt: skip


def routes_frame(plan: Plan, tables: Tables) -> pd.DataFrame:
    """Every stop of every rep-day in order, overtime beside its end; `keep` is empty, for the planner's x."""
    stops = stops_of(plan.tables).sort_values(["rep_id", "day", "position"], kind="stable")
    visits = Visits(plan)
    visit = stops["kind"] == "visit"
    late = rep_days_of(plan.tables).set_index(["rep_id", "day"])["overtime_minutes"]
    longer = late.reindex(pd.MultiIndex.from_frame(stops[["rep_id", "day"]])).to_numpy(float)
    return stops.assign(
        keep=None,
        number=visit.groupby([stops["rep_id"], stops["day"]]).cumsum().where(visit),
        rep=stops["rep_id"].map(_by_key(plan.tables["team"], "rep_id", "name")),
        name=stops["customer_id"].map(_by_key(tables.customers, "customer_id", "name")),
        arrive=_seconds(stops["arrive_at"], stops["day"]),
        start=_seconds(stops["start_at"], stops["day"]),
        end=_seconds(stops["end_at"], stops["day"]),
        travel_minutes=stops["travel_seconds"] / 60,
        wait_minutes=(stops["start_at"] - stops["arrive_at"]).dt.total_seconds() / 60,
        prize_eur=stops["prize_eur"].where(visit),
        waited_eur=stops["waited_eur"].where(stops["waited_eur"] > 0),
        for_rep=stops["for_rep"].where(stops["for_rep"] != "", None),
        overtime_minutes=pd.Series(longer, index=stops.index).where((stops["kind"] == "end") & (longer > 0)),
        pinned=stops["pinned"].map({True: "yes", False: None}),
        why=[visits.why(row.customer_id, row.start_at) if row.kind == "visit" else "" for row in rows(stops)],
    )


def channels_frame(plan: Plan, tables: Tables) -> pd.DataFrame:
    """Every planned contact, the most worth first; a field visit has the day of its route."""
    contacts = plan.tables["allocations"].query("channel != 'none'").copy()
    stops = plan.tables["stops"].query("kind == 'visit'")
    day_of = stops.groupby("customer_id")["day"].min()
    routed = pd.Series(day_of.reindex(contacts["customer_id"]).to_numpy("datetime64[us]"), index=contacts.index)
    why = _whys(plan)
    keys = zip(contacts["customer_id"], contacts["channel"], strict=True)
    contacts = contacts.assign(
        name=contacts["customer_id"].map(_by_key(tables.customers, "customer_id", "name")),
        day=contacts["day"].fillna(routed),
        ahead_eur=ahead_eur(contacts, plan.tables["actions"]),
        why=[why.get(key, "") for key in keys],
    )
    return contacts.sort_values(["value_eur", "customer_id"], ascending=[False, True], kind="stable")


def roster_frame(plan: Plan) -> pd.DataFrame:
    """Every shift of every agent."""
    shifts = plan.tables["agent_shifts"].sort_values(["agent_id", "start_at"], kind="stable")
    return shifts.assign(
        start=_seconds(shifts["start_at"], shifts["day"]),
        end=_seconds(shifts["end_at"], shifts["day"]),
        break_start=_seconds(shifts["break_start_at"], shifts["day"]),
        break_end=_seconds(shifts["break_end_at"], shifts["day"]),
        paid_hours=shifts["paid_minutes"] / 60,
    )


def not_served_frame(plan: Plan, tables: Tables) -> pd.DataFrame:
    """Visits that fit no route, with the channel taken instead, then customers without any contact."""
    allocations = plan.tables["allocations"]
    instead = _by_key(allocations[allocations["channel"] != "none"], "customer_id", "channel")
    visits = plan.tables["unserved"].sort_values(["prize_eur", "customer_id"], ascending=[False, True], kind="stable")
    visits = visits.assign(
        what="field visit",
        reason=visits["reason"].map(lambda reason: WHY_NOT_ROUTED.get(reason, reason)),
        instead=visits["customer_id"].map(instead),
    )
    silent = allocations[allocations["channel"] == "none"]
    owners = _by_key(plan.tables["territories"], "customer_id", "rep_id")
    silent = silent.assign(
        what="any contact",
        rep_id=silent["customer_id"].map(owners),
        reason=silent["reason"].map(lambda reason: WHY_NOT_CONTACTED.get(reason, reason)),
        detail=None,
        instead=None,
    )
    names = _by_key(tables.customers, "customer_id", "name")
    wanted = [column.name for column in NOT_SERVED]
    parts = [part.assign(name=part["customer_id"].map(names))[wanted].astype(object) for part in (visits, silent)]
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else parts[0]


def pins_frame(pinned: dict[str, Pin]) -> pd.DataFrame:
    """The scenario's pins, as they are typed."""
    entries: list[dict[str, Any]] = [
        {"pin": name, **pin.model_dump(mode="json", include={"customer", "rep", "day", "time"})}
        for name, pin in pinned.items()
    ]
    return pd.DataFrame(entries, columns=[column.name for column in PINS], dtype=object)


def names_frame(plan: Plan, tables: Tables) -> pd.DataFrame:
    """Reps and customers side by side: what a pin may name."""
    reps, customers = plan.tables["team"]["rep_id"], tables.customers["customer_id"]
    return pd.DataFrame({"rep_id": reps.reset_index(drop=True), "customer_id": customers.reset_index(drop=True)})


def figures_frame(plan: Plan) -> pd.DataFrame:
    """The key figures, with their bands where they have one."""
    bands = plan.tables.get("figure_bands")
    if bands is None:
        return plan.kpis.assign(low=float("nan"), high=float("nan"))
    return plan.kpis.merge(bands[["kpi", "low", "high"]], on="kpi", how="left")


def ways_frame(plan: Plan) -> pd.DataFrame:
    """The plans on the way to the routes, each with its difference to the one before."""
    ways = ways_of(plan.tables)
    return ways.assign(difference_eur=ways["value_eur"].diff())


def _whys(plan: Plan) -> dict[tuple[str, str], str]:
    return {(row.customer_id, row.channel): str(row.why) for row in rows(plan.tables["actions"])}


def _by_key(frame: pd.DataFrame, key: str, value: str) -> dict[Any, Any]:
    return dict(zip(frame[key], frame[value], strict=True))


def _seconds(instants: pd.Series, days: pd.Series) -> pd.Series:
    """Seconds after the midnight on which the row's day begins."""
    return (instants - days).dt.total_seconds()
