"""From allocations, customers and rep-days to one `RoutingProblem`: who may visit whom, when, for what prize."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from scenarios.errors import DataError
from scenarios.schema import FIELD, Horizon, Reps
from scenarios.schema import Borders as SoftBorders
from solvers.routing.pins import check_fixed_times, check_pins, without_field_consent
from solvers.routing.problem import SPAN_SECONDS, Borders, RoutingProblem, Shift, Task
from solvers.routing.reasons import check_required
from solvers.routing.shifts import make_places, make_shifts
from solvers.routing.visits import UNSERVED, Demand, Staff, visit_tasks
from solvers.territories.visitors import find_border_visitors
from solvers.travel import Places, TravelModel, pace_notes, parking_seconds
from solvers.types import Territories

SECONDS_PER_MINUTE = 60
MOST_PLACES = 15_000
"""So many customers and homes at most: drives between all of them and what the search keeps take 50 bytes a pair."""
BYTES_A_PAIR = 50
LOST_APPOINTMENTS = "appointments fall on rep-days without work"
"""In the note on appointments that nobody keeps; plans with it are flagged."""


def make_problem(
    allocations: pd.DataFrame,
    customers: pd.DataFrame,
    territories: Territories,
    days: pd.DataFrame,
    appointments: pd.DataFrame,
    team: pd.DataFrame,
    *,
    reps: Reps,
    horizon: Horizon,
    travel: TravelModel,
    travel_eur_per_km: float,
    default_visit_minutes: float = 30.0,
    respect_consent: bool = True,
    borders: SoftBorders | None = None,
    waiting_pct_per_day: float = 0.0,
) -> RoutingProblem:
    """The horizon's field work as one model.

    Visited are: customers whose allocation says `field`, customers with `required`, and pinned customers. The last
    two are required; without an allocation their prize is 0. Whoever has an appointment with a working rep in the
    horizon counts as visited by it, and has another visit only if pinned. A required customer without
    consent to the field is not visited, and the problem's notes say so. A customer has as many visits as field
    allocations, or as `visits_per_week` asks if that is more; then the prize is shared equally among them.

    Args:
        allocations: `ChannelPlan.allocations` with prize_eur; rows of other channels are ignored.
        territories: assignment with visiting_rep_ids (who may visit, best first).
        days: `rep_days`: rep_id, day, works, reason, shift_start_at, shift_end_at.
        appointments: rep_id, start, end, customer_id, place; fixed. Without a known customer an appointment is where
            the rep is at that time (no drive).
        team: reps after removals, with homes, end places, skills, and drive_factor where they have one.
        reps: pins, lunch, overtime, what even weeks may cost, and the hours of `travel`.
        travel: drives at the factor of `reps.travel.planned_at`, or at factor 1 where each takes that of its own time.
        default_visit_minutes: length of a visit that neither the customer nor an allocation gives.
        respect_consent: a required customer without consent to the field, and without an allocation, is not visited.
        borders: visits that neighbours of the owner may make; None: none. Visits offered, of which they may make a
            percentage, are all visits asked for, pinned and refused ones included.
        waiting_pct_per_day: of a visit's prize, lost with each day since the horizon's first; a customer's own wins.

    Returns:
        The problem; visits for which no rep-day exists at all stand in `refused` with their reason.

    Raises:
        DataError: allocations or rep-days that name someone the other tables lack.
        ScenarioError: a lunch longer than its span.
        NoLegalPlan: pins, appointments, required visits and shifts that contradict each other.
    """
    known = customers.drop_duplicates("customer_id").set_index("customer_id", drop=False)
    rows = days.loc[days["works"].astype(bool)].sort_values(["rep_id", "day"], kind="stable")
    booked, notes = _booked(appointments, days, rows)
    met = set(booked["customer_id"].dropna()) & set(known.index)
    silent = without_field_consent(known) if respect_consent else frozenset()
    demands = _demands(allocations, known, reps, booked, horizon, default_visit_minutes, silent, waiting_pct_per_day)
    if refusing := sorted((_required(known) & silent) - set(demands) - met):
        some = ", ".join(refusing[:5])
        notes.append(f"{len(refusing)} required customers gave no consent to field visits: {some}")
    stops = sorted({*demands, *met})
    places, ends = make_places(known.loc[stops], team)
    shifts = make_shifts(rows, ends, team, reps)
    check_size(places)
    seconds, km = travel.matrix(places, places)
    place_of = {customer: i for i, customer in enumerate(stops)}
    staff = Staff.of(team, shifts, territories, pd.Timestamp(horizon.start))
    if borders is not None:
        staff = _with_neighbours(staff, demands, customers, team, territories, borders)
    check_pins(reps.pinned, demands, staff)
    tasks = _appointment_tasks(booked, shifts, place_of)
    refused: list[tuple] = []
    for customer, demand in demands.items():
        visits, lost = visit_tasks(demand, staff, place=place_of[customer], pins=reps.pinned)
        tasks += visits
        refused += lost
    offered = sum(task.kind == "visit" for task in tasks) + len(refused)
    columns = ["rep_id", "day", "works", "reason", "shift_start_at", "shift_end_at"]
    problem = RoutingProblem(
        tasks=tuple(tasks),
        shifts=shifts,
        places=places,
        seconds=seconds,
        km=km,
        travel_eur_per_km=float(travel_eur_per_km),
        days=days[columns].sort_values(["rep_id", "day"], kind="stable").reset_index(drop=True),
        refused=pd.DataFrame(refused, columns=UNSERVED),
        notes=(*notes, *pace_notes(reps.travel, team)),
        parking_seconds=parking_seconds(reps.travel),
        borders=_budget(borders, offered),
        balance_eur_per_hour=reps.balance.eur_per_hour if reps.balance else 0.0,
    )
    check_fixed_times(problem)
    check_required(problem, frozenset(customer for customer, demand in demands.items() if demand.required))
    return problem


def _demands(
    allocations: pd.DataFrame,
    known: pd.DataFrame,
    reps: Reps,
    booked: pd.DataFrame,
    horizon: Horizon,
    default_visit_minutes: float,
    silent: frozenset[str],
    waiting_pct: float,
) -> dict[str, Demand]:
    """What each customer to be visited asks for, by customer_id in ascending order."""
    field = allocations.loc[allocations["channel"] == FIELD]
    pinned = {pin.customer for pin in reps.pinned.values()}
    if strangers := sorted({*field["customer_id"], *pinned} - set(known.index)):
        raise DataError(
            f"the table customers lacks {len(strangers)} customers who are allocated or pinned to a visit, "
            f"for example {', '.join(strangers[:5])}; add them, or take them out of reps.pinned"
        )
    shares: dict[str, list[tuple[float, float]]] = {}
    for customer, prize, minutes in zip(field["customer_id"], field["prize_eur"], field["minutes"], strict=True):
        shares.setdefault(customer, []).append((float(prize), float(minutes)))
    required = _required(known)
    asked = {*((set(shares) | (required - silent)) - set(booked["customer_id"].dropna())), *pinned}
    columns = ["latitude", "longitude", "visit_minutes", "windows", "required_skill", "due_date", "visits_per_week"]
    columns = [c for c in [*columns, "min_days_between", "waiting_pct_per_day"] if c in known]
    demands = {}
    rows = known.loc[sorted(asked), columns].to_dict("records")
    for customer, row in zip(sorted(asked), rows, strict=True):
        given = [minutes for _, minutes in shares.get(customer, []) if not math.isnan(minutes)]
        minutes = _number(row, "visit_minutes", float(np.mean(given)) if given else default_visit_minutes)
        weekly = _number(row, "visits_per_week", 0.0) * max(1, math.ceil(horizon.days / 7))
        skill = row.get("required_skill")
        demands[customer] = Demand(
            customer_id=customer,
            prizes_eur=_split([max(0.0, prize) for prize, _ in shares.get(customer, [])], math.ceil(weekly)),
            service_seconds=math.ceil(minutes * SECONDS_PER_MINUTE),
            windows=tuple(sorted((60 * a, 60 * b) for a, b in row.get("windows") or ())) or ((0, SPAN_SECONDS),),
            skill=skill if isinstance(skill, str) else "",
            due=pd.Timestamp(row["due_date"]) if pd.notna(row.get("due_date")) else pd.Timestamp.max,
            days_between=max(1, math.ceil(_number(row, "min_days_between", 1.0))),
            required=customer in required,
            waiting_pct=_number(row, "waiting_pct_per_day", waiting_pct),
        )
    return demands


def _with_neighbours(
    staff: Staff,
    demands: dict[str, Demand],
    customers: pd.DataFrame,
    team: pd.DataFrame,
    territories: Territories,
    borders: SoftBorders,
) -> Staff:
    """The staff with who may come across the border of a territory, for the customers to be visited."""
    able = {skill: staff.able(skill) for skill in {"", *(demand.skill for demand in demands.values())}}
    visiting = {customer: (staff.owner.get(customer, ""), staff.visiting.get(customer, ())) for customer in demands}
    found = find_border_visitors(
        customers, team, territories.reps, able, visiting, neighbours=borders.neighbours
    )  # fmt: skip
    return replace(staff, neighbours=found)


def _budget(borders: SoftBorders | None, visits_offered: int) -> Borders | None:
    """How many of the visits offered may be border visits."""
    if borders is None:
        return None
    return Borders(math.floor(borders.max_visits_pct / 100 * visits_offered + 1e-9), float(borders.eur_per_visit))


def _required(known: pd.DataFrame) -> set[str]:
    """Customers who must be visited."""
    return set(known.index[known["required"].fillna(False).astype(bool)]) if "required" in known else set()


def _split(prizes_eur: list[float], visits: int) -> tuple[float, ...]:
    """One prize a visit: as allocated, or the same sum in equal parts where more visits are asked for."""
    visits = max(visits, 1)
    return tuple(prizes_eur) if len(prizes_eur) >= visits else (math.fsum(prizes_eur) / visits,) * visits


def _number(row: dict, key: str, default: float) -> float:
    value = row.get(key)
    return default if value is None or pd.isna(value) else float(value)


def _booked(appointments: pd.DataFrame, days: pd.DataFrame, working: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Appointments on working rep-days of the horizon, and a sentence on those that fall on other rep-days."""
    table = appointments.reindex(columns=["rep_id", "start", "end", "customer_id", "place"])
    day = pd.to_datetime(table["start"]).dt.normalize()
    at = pd.MultiIndex.from_arrays([table["rep_id"], day])
    within = day.isin(days["day"]).to_numpy()
    works = at.isin(pd.MultiIndex.from_frame(working[["rep_id", "day"]]))
    lost = table[within & ~works]
    notes = []
    if len(lost):
        some = ", ".join(f"{rep} {start:%a %d %b %H:%M}" for rep, start in zip(lost.rep_id, lost.start, strict=True))
        notes.append(f"{len(lost)} {LOST_APPOINTMENTS} and are not planned: {some}")
    return table[works].sort_values(["rep_id", "start", "end"], kind="stable"), notes


def _appointment_tasks(booked: pd.DataFrame, shifts: tuple[Shift, ...], place_of: dict[str, int]) -> list[Task]:
    index = {(s.rep_id, s.day): i for i, s in enumerate(shifts)}
    tasks = []
    for row in booked.to_dict("records"):
        day = pd.Timestamp(row["start"]).normalize()
        start, end = (int((pd.Timestamp(row[t]) - day).total_seconds()) for t in ("start", "end"))
        customer = row["customer_id"] if isinstance(row["customer_id"], str) else ""
        shift = index[row["rep_id"], day]
        tasks.append(
            Task(
                kind="appointment",
                customer_id=customer,
                owner_rep_id=row["rep_id"],
                place=place_of.get(customer, -1),
                service_seconds=end - start,
                windows=((start, end),),
                prize_eur=0.0,
                required=True,
                pin="",
                shifts=(shift,),
            )
        )
    return tasks


def check_size(places: Places) -> None:
    """The drives between all places fit into memory.

    Raises:
        DataError: says how many places there are, what they would take, and what to do.
    """
    count = len(places.ids)
    if count > MOST_PLACES:
        raise DataError(
            f"routing: {count:,} places to visit and homes in one week; the drives between all of them would take "
            f"{BYTES_A_PAIR * count**2 / 1e9:,.0f} GB, and {MOST_PLACES:,} places are the most. Offer the field fewer "
            "customers (channels.field capacity, data.customers), or plan groups of territories in separate scenarios"
        )
