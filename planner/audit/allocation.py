"""Channels: nobody lost, consent, contact policy, capacity, deadlines, and agreement with the routes."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from inputs.rows import rows
from inputs.types import Tables
from planner.audit.findings import Finding
from scenarios.schema import FIELD, SELF_SERVICE, Scenario

Plan = Mapping[str, pd.DataFrame]
NONE = "none"
WHY_NOT_CONTACTED = {"no_consent", "no_positive_value", "capacity_full", "contact_policy", "unroutable"}
WHY_NOT_ROUTED = {
    "below_cost", "no_window_fits", "no_skill", "shift_full", "no_rep", "pin_conflict", "too_far", "not_selected",
}  # fmt: skip


def nobody_lost(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Each customer has a contact or a reason, and no customer is made up."""
    allocations = plan["allocations"]
    known, planned = set(tables.customers["customer_id"]), set(allocations["customer_id"])
    for customer in sorted(known - planned)[:5]:
        yield Finding("nobody_lost", "allocations", customer, "has neither a contact nor a reason")
    for customer in sorted(planned - known)[:5]:
        yield Finding("nobody_lost", "allocations", customer, "is no customer")
    idle = allocations[allocations["channel"] == NONE]
    for row in rows(idle[~idle["reason"].isin(WHY_NOT_CONTACTED)].head(5)):
        yield Finding("nobody_lost", "allocations", row.customer_id, f"reason {row.reason!r} is not on the list")
    contacted = set(allocations.loc[allocations["channel"] != NONE, "customer_id"])
    for customer in sorted(contacted & set(idle["customer_id"]))[:5]:
        yield Finding("nobody_lost", "allocations", customer, "is contacted and has a reason why not")


def consent_kept(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """No contact by a channel without the customer's consent."""
    if not scenario.contact_policy.respect_consent:
        return
    given = {row.customer_id: set(row.consent) for row in rows(tables.customers)}
    contacts = plan["allocations"][~plan["allocations"]["channel"].isin([NONE, SELF_SERVICE])]
    for row in rows(contacts):
        if row.channel not in given.get(row.customer_id, set()):
            yield Finding("consent_kept", "allocations", row.customer_id, f"no consent to {row.channel}")


def policy_kept(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """At most so many contacts a customer and week; channels that exist; days of the horizon; deadlines."""
    contacts = plan["allocations"][plan["allocations"]["channel"] != NONE]
    limit = scenario.contact_policy.max_contacts_per_customer_per_week
    weeks = -(-scenario.horizon.days // 7)
    for customer, count in contacts["customer_id"].value_counts().items():
        if count > limit * weeks:
            yield Finding("policy_kept", "allocations", str(customer), f"{count} contacts, {limit} a week are allowed")
    for row in rows(contacts[~contacts["channel"].isin(list(scenario.channels))].head(5)):
        yield Finding("policy_kept", "allocations", row.customer_id, f"{row.channel!r} is no channel")
    start = pd.Timestamp(scenario.horizon.start)
    end = start + pd.Timedelta(days=scenario.horizon.days - 1)
    dated = contacts[contacts["day"].notna()]
    for row in rows(dated[(dated["day"] < start) | (dated["day"] > end)].head(5)):
        yield Finding("policy_kept", "allocations", row.customer_id, f"{row.day:%Y-%m-%d} is not in the horizon")
    due = tables.customers.set_index("customer_id")["due_date"]
    deadline = dated["customer_id"].map(due)
    for row in rows(dated[(deadline >= start) & (dated["day"] > deadline)].head(5)):
        yield Finding("policy_kept", "allocations", row.customer_id, "contacted after its due date")


def appointments_count(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """A fixed appointment that is kept is a contact: no visit beside it unless pinned, and none beyond the policy."""
    days = plan["rep_days"]
    at_work = {(row.rep_id, row.day) for row in rows(days[days["works"]])}
    held: dict[str, int] = {}
    for row in rows(tables.appointments):
        if isinstance(row.customer_id, str) and (row.rep_id, row.start.normalize()) in at_work:
            held[row.customer_id] = held.get(row.customer_id, 0) + 1
    pinned = {pin.customer for pin in scenario.reps.pinned.values()}
    stops, allocations = plan["stops"], plan["allocations"]
    visited = set(stops.loc[stops["kind"] == "visit", "customer_id"])
    for customer in sorted((visited & set(held)) - pinned)[:5]:
        yield Finding("appointments_count", "stops", customer, "is visited, and has an appointment already")
    limit = scenario.contact_policy.max_contacts_per_customer_per_week * -(-scenario.horizon.days // 7)
    counts = allocations.loc[allocations["channel"] != NONE, "customer_id"].value_counts().to_dict()
    for customer in sorted(set(held) - pinned):
        planned, left = counts.get(customer, 0), max(0, limit - held[customer])
        if planned > left:
            message = f"{planned} contacts beside {held[customer]} appointments, {limit} are allowed"
            yield Finding("appointments_count", "allocations", customer, message)


def capacity_kept(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Contact minutes by channel and day are within the capacity, and are what a contact takes."""
    contacts = plan["allocations"][plan["allocations"]["channel"] != NONE]
    own = tables.customers.set_index("customer_id")["visit_minutes"]
    for name, channel in scenario.channels.items():
        mine = contacts[contacts["channel"] == name]
        takes = pd.Series(channel.contact_minutes, index=mine.index, dtype=float)
        if name == FIELD:
            takes = mine["customer_id"].map(own).fillna(channel.contact_minutes)
        for row in rows(mine[~np.isclose(mine["minutes"].to_numpy(float), takes.to_numpy(float))].head(5)):
            yield Finding("capacity_kept", "allocations", row.customer_id, f"{row.minutes:g} minutes by {name}")
        if name == FIELD or channel.capacity_minutes_per_day is None or channel.contact_minutes == 0:
            continue
        if mine["day"].isna().any():
            yield Finding("capacity_kept", "allocations", name, "contacts without a day in a channel with a capacity")
        for day, used in takes.groupby(mine["day"]).sum().items():
            if used > channel.capacity_minutes_per_day + 1e-6:
                message = f"{used:g} minutes on {day:%Y-%m-%d}, capacity is {channel.capacity_minutes_per_day:g}"
                yield Finding("capacity_kept", "allocations", name, message)


def budget_kept(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Contacts of a channel take no more minutes, and cost no more, than its budget of a week for each week begun."""
    allocations = plan["allocations"]
    weeks = -(-scenario.horizon.days // 7)
    for name, channel in scenario.channels.items():
        count = int((allocations["channel"] == name).sum())
        minutes = count * channel.contact_minutes
        eur = minutes / 60 * channel.cost_eur_per_hour
        for spent, budget, unit in (
            (minutes, channel.budget_minutes_per_week, "minutes"), (eur, channel.budget_eur_per_week, "eur"),
        ):  # fmt: skip
            if name != FIELD and budget is not None and spent > budget * weeks + 1e-6:
                message = f"{spent:g} {unit} of contacts, the budget is {budget * weeks:g}"
                yield Finding("budget_kept", "allocations", name, message)


def value_as_valued(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """A contact is planned at the value that its action has."""
    contacts = plan["allocations"][plan["allocations"]["channel"] != NONE]
    values = plan["actions"].set_index(["customer_id", "channel"])["value_eur"]
    keys = pd.MultiIndex.from_frame(contacts[["customer_id", "channel"]])
    expected = values.reindex(keys).to_numpy(float)
    bad = ~np.isclose(contacts["value_eur"].to_numpy(float), expected, atol=1e-6, rtol=1e-9)
    for row in rows(contacts[bad].head(5)):
        message = f"planned at {row.value_eur:.2f} eur, its action has another value"
        yield Finding("value_as_valued", "allocations", row.customer_id, message)


def field_is_routed(scenario: Scenario, tables: Tables, plan: Plan) -> Iterator[Finding]:
    """Every routed stop is allocated to field; every field allocation is routed, or stands in `unserved`."""
    allocations, stops, unserved = plan["allocations"], plan["stops"], plan["unserved"]
    field = set(allocations.loc[allocations["channel"] == FIELD, "customer_id"])
    routed = set(stops.loc[stops["kind"] == "visit", "customer_id"])
    explained = set(unserved["customer_id"])
    for customer in sorted(routed - field)[:5]:
        yield Finding("field_is_routed", "stops", customer, "is visited, but its channel is not field")
    for customer in sorted(field - routed - explained)[:5]:
        yield Finding("field_is_routed", "allocations", customer, "has a field visit that is on no route")
    for row in rows(unserved[~unserved["reason"].isin(WHY_NOT_ROUTED)].head(5)):
        yield Finding("field_is_routed", "unserved", row.customer_id, f"reason {row.reason!r} is not on the list")


CHECKS = (
    nobody_lost, consent_kept, policy_kept, appointments_count, capacity_kept, budget_kept, value_as_valued,
    field_is_routed,
)  # fmt: skip
