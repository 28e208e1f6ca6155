"""Who is contacted by which channel on which day, so that the euros of the order are as many as the capacities allow.

Required visits and visits that are on a route are booked first; all else is one packing programme (`model.py`).
Values of several contacts of one customer add up, where the contact policy allows several.
"""

import time
from collections.abc import Mapping

import numpy as np
import pandas as pd

from forecasting.types import Actions
from scenarios.schema import Channel, ContactPolicy, Effort, Horizon
from solvers.brake import Brake, Stop, never
from solvers.channels.backlog import backlog_table
from solvers.channels.engine import find_packing
from solvers.channels.field import FieldLoad
from solvers.channels.hours import euros_of_more, hours_of
from solvers.channels.model import Capacity, Packing, make_capacity, make_packing, undominated
from solvers.channels.options import ANY_DAY, Options, make_options
from solvers.channels.proof import gap_parts, parts_note
from solvers.channels.report import Decision, describe, price_table
from solvers.channels.search import GAP_PCT, Found
from solvers.channels.warm import known_prices
from solvers.channels.ways import compare_ways, no_ways
from solvers.outcome import Outcome, conclude
from solvers.types import ChannelPlan, Territories


def allocate_channels(
    actions: Actions,
    customers: pd.DataFrame,
    territories: Territories,
    field: FieldLoad,
    *,
    channels: Mapping[str, Channel],
    policy: ContactPolicy,
    horizon: Horizon,
    engine: str,
    effort: Effort,
    time_limit_seconds: float,
    seed: int,
    routed: frozenset[str] = frozenset(),
    unroutable: frozenset[str] = frozenset(),
    met: Mapping[str, int] | None = None,
    stop: Stop = never,
    study: bool = True,
    prices_before: pd.DataFrame | None = None,
) -> ChannelPlan:
    """Allocate contacts.

    A contact uses a rep's minutes (field), a channel's minutes of one day, or nothing. Only contacts of positive value
    (value_eur and order_eur) are made, at most `policy.max_contacts_per_customer_per_week` a customer in the whole
    horizon, by different channels; by `due_date` if there is one (overdue: on the first day), without consent never if
    the policy respects consent. Required customers are in the field whatever it is worth, if they consent and a rep
    may visit; where they overfill a rep nobody else is added.

    Args:
        actions: one row per customer and channel.
        customers: silver table; territories: visiting reps; field: capacity and load of the field.
        channels: by name; a channel without capacity is unlimited. `field` takes its capacity from `field`.
        engine: auto | dual | highs | cbc | cp_sat | flow (`engine.py`).
        effort: nodes and gap of the exact programme.
        time_limit_seconds: emergency brake; stop: ends the search before, with the best found.
        seed: of the sample of customers on which prices of large plans are looked for first.
        routed: customers already on a route: booked as field.
        unroutable: customers who may not be field in this round.
        study: whether to work out what an hour more would bring and what the week would be without a view of capacity.
        met: appointments by customer that are kept in the horizon; each counts as one contact of the policy, and who
            has one gets no further visit, unless it is on a route.
        prices_before: `prices` of an earlier plan, at which a search by prices begins.

    Returns:
        `ChannelPlan`; allocations are sorted by customer and channel and have besides their typed columns rep_id
        (field, else "") and prize_eur. Runner-up `none` means no contact. The outcome's value is in order euros.

    Raises:
        ScenarioError: the engine cannot plan this; the text says why.
    """
    began = time.perf_counter()
    options = make_options(
        actions.table,
        customers,
        territories,
        field,
        channels=channels,
        policy=policy,
        horizon=horizon,
        routed=routed,
        unroutable=unroutable | frozenset(met or ()),
        met=met or {},
    )
    contacts = policy.max_contacts_per_customer_per_week
    capacity = make_capacity(
        options, field.capacity["capacity_minutes"].to_numpy(float), channels=channels, days=horizon.days
    )
    booked, overfull = _book_fixed(options, field)
    free = _free_columns(options, contacts=contacts)
    if contacts == 1:
        free = undominated(options, capacity, free)
    packing = make_packing(options, capacity, contacts=contacts)
    used = packing.matrix @ booked.astype(float)
    part = packing.part(free, used)
    brake = Brake(began + time_limit_seconds, stop)
    rows_of_part = np.flatnonzero(packing.matrix[:, free].getnnz(axis=1))
    found = find_packing(
        part, engine, customers=len(options.customer_ids), effort=effort, seed=seed, brake=brake,
        start=None if prices_before is None else known_prices(prices_before, options, capacity, rows_of_part),
    )  # fmt: skip
    chosen = booked.copy()
    chosen[free[found.chosen]] = True
    prices = _capacity_prices(rows_of_part, found.duals, len(capacity.limit))
    decision = Decision(
        options=options,
        capacity=capacity,
        chosen=chosen,
        day=spread_over_days(options, capacity, chosen),
        rent_eur=np.asarray(capacity.matrix.T @ prices),
        row_price=prices,
        contacts=contacts,
        horizon=horizon,
    )
    ways = compare_ways(options, packing, free, booked, chosen, contacts=contacts) if study else no_ways()
    hours = _hours(options, capacity, part, found, packing, free, days=horizon.days, stop=stop) if study else {}
    base = float(options.order_eur[booked].sum())
    notes = _notes(options, customers, booked, overfull)
    if len(free):
        notes += (parts_note(*gap_parts(part, found.duals, found.chosen)),)
    outcome = _conclude(found.value + base, found.bound + base, found.method, found.brake_hit, began, effort, notes)
    if not len(options.customer):
        outcome = Outcome("channels", "nothing_to_do", 0.0, 0.0, "EUR", True, "none", time.perf_counter() - began)
    allocations = describe(decision)
    backlog = backlog_table(allocations, customers, channels=channels, horizon=horizon)
    return ChannelPlan(allocations, price_table(decision, field, channels, hours), outcome, backlog, ways)


def _conclude(
    value: float, bound: float, method: str, brake_hit: bool, began: float, effort: Effort, notes: tuple[str, ...]
) -> Outcome:
    return conclude(
        stage="channels",
        value=value,
        bound=bound,
        unit="EUR",
        maximise=True,
        method=method,
        seconds=time.perf_counter() - began,
        brake_hit=brake_hit,
        asked_gap_pct=GAP_PCT[effort],
        notes=notes,
    )


def _book_fixed(options: Options, field: FieldLoad) -> tuple[np.ndarray, list[str]]:
    """Book each required or routed customer with the first visiting rep who has room, else with the first.

    Returns:
        booked (m,) bool, and the reps whom this overfills.
    """
    booked = np.zeros(len(options.customer), dtype=bool)
    left = field.capacity["capacity_minutes"].to_numpy(float).copy()
    candidates: dict[int, list[int]] = {}
    for column in np.flatnonzero((options.rep >= 0) & options.fixed[options.customer]).tolist():
        candidates.setdefault(int(options.customer[column]), []).append(column)
    for columns in candidates.values():
        best_first = sorted(columns, key=lambda column: int(options.preference[column]))
        roomy = [column for column in best_first if options.minutes[column] <= left[options.rep[column]]]
        column = (roomy or best_first)[0]
        booked[column] = True
        left[options.rep[column]] -= options.minutes[column]
    return booked, [str(options.rep_ids[rep]) for rep in np.flatnonzero(left < -1e-6)]


def _free_columns(options: Options, *, contacts: int) -> np.ndarray:
    """Options left to choose from: worth it, within the policy, and not the field of a customer booked there."""
    is_field = options.rep >= 0
    allowed = options.worth & ~(is_field & options.fixed[options.customer])
    if contacts <= 1:
        allowed &= ~options.fixed[options.customer]
    allowed &= (options.met < contacts)[options.customer]
    return np.flatnonzero(allowed)


def _capacity_prices(rows: np.ndarray, duals: np.ndarray, capacity_rows: int) -> np.ndarray:
    """(capacity rows,) euros per minute, 0 for rows that no free option uses."""
    prices = np.zeros(max(int(rows.max(initial=-1)) + 1, capacity_rows))
    prices[rows] = duals
    return prices[:capacity_rows]


def _hours(
    options: Options,
    capacity: Capacity,
    part: Packing,
    found: Found,
    packing: Packing,
    free: np.ndarray,
    *,
    days: int,
    stop: Stop,
) -> dict[tuple[int, int, int], float]:
    """Euros that an hour more brings, by channel number, rep number and day; NaN: not tried, the search was stopped."""
    keys, more = hours_of(options, capacity, days)
    used_rows = np.flatnonzero(np.diff(packing.matrix[:, free].tocsr().indptr))
    own = used_rows[used_rows < len(capacity.limit)]  # the capacities come first
    added = np.zeros((len(keys), len(part.limit)))
    added[:, : len(own)] = more[:, own]
    return dict(zip(keys, euros_of_more(part, found.duals, found.chosen, added, stop=stop).tolist(), strict=True))


def spread_over_days(options: Options, capacity: Capacity, chosen: np.ndarray) -> np.ndarray:
    """(m,) day of each chosen contact, -1 for field and for what is not chosen.

    Earliest due date first, then most euros first: whatever keeps the capacity rows then keeps each day's slots and
    each due date. Contacts of channels without limit are made on the first day.
    """
    day = np.where(chosen & (options.rep < 0), np.maximum(options.day, 0), -1)
    latest = options.latest_day[options.customer]
    for channel, slots in capacity.slots.items():
        inside = np.flatnonzero(chosen & (options.channel == channel) & (options.day == ANY_DAY))
        order = inside[np.lexsort((inside, -options.order_eur[inside], latest[inside]))]
        day[order] = np.arange(len(order)) // max(slots, 1)
    return day


def _notes(options: Options, customers: pd.DataFrame, booked: np.ndarray, overfull: list[str]) -> tuple[str, ...]:
    """What a planner should know about required visits."""
    notes = []
    by_id = customers.sort_values("customer_id")
    required = by_id["required"].fillna(False).to_numpy(bool)
    in_field = np.zeros(len(options.customer_ids), dtype=bool)
    in_field[options.customer[booked]] = True
    missing = options.customer_ids[required & ~in_field]
    if len(missing):
        notes.append(
            f"{len(missing)} required customers cannot be in the field (no consent, no rep, barred, or longer than a "
            f"day), for example {', '.join(map(str, missing[:3]))}."
        )
    if overfull:
        notes.append(f"Visits booked beforehand are more than fits for {', '.join(overfull)}.")
    return tuple(notes)
