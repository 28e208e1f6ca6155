"""What is known of a customer when they are contacted: the tables' facts, looked up by customer."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from inputs.rows import rows
from inputs.types import Tables
from planner.types import Plan


@dataclass(frozen=True)
class Dossier:
    """One customer and one contact.

    customer, action, score, allocation: rows of customers, actions (of this channel), customer_scores, allocations;
    None where there is none. deals: rows of closure, the largest expected amount first. cases: open rows of cases,
    oldest first. purchase: the last row of transactions, or None. next_best: row of actions of the channel that is
    second in the plan, or None. earlier_visits: starts of the visits before this one in the same plan.
    """

    customer_id: str
    channel: str
    customer: Any
    action: Any
    score: Any
    allocation: Any
    deals: tuple[Any, ...]
    cases: tuple[Any, ...]
    purchase: Any
    next_best: Any = None
    earlier_visits: tuple[pd.Timestamp, ...] = ()

    @property
    def who(self) -> str:
        """Name and id, or the id."""
        name = self.customer.name if self.customer is not None else None
        named = isinstance(name, str) and name != self.customer_id
        return f"{name} ({self.customer_id})" if named else self.customer_id


class Dossiers:
    """Looks up what is known; each table is gone through once."""

    def __init__(self, plan: Plan, tables: Tables) -> None:
        t = plan.tables
        self._customers = {row.customer_id: row for row in rows(tables.customers)}
        self._scores = {row.customer_id: row for row in rows(t["customer_scores"])}
        contacts = t["allocations"][t["allocations"]["channel"] != "none"]
        self._allocations = {(row.customer_id, row.channel): row for row in rows(contacts)}
        chosen = set(self._allocations) | {(row.customer_id, row.runner_up) for row in self._allocations.values()}
        self._actions = {key: row for row in rows(t["actions"]) if (key := (row.customer_id, row.channel)) in chosen}
        deals = t["closure"].assign(expected=t["closure"]["amount_eur"].fillna(0) * t["closure"]["win_probability"])
        self._deals = _lists(deals.sort_values("expected", ascending=False, kind="stable"))
        self._cases = _lists(tables.cases[tables.cases["closed_at"].isna()].sort_values("opened_at", kind="stable"))
        bought = tables.transactions[tables.transactions["amount_eur"] > 0].sort_values("date", kind="stable")
        self._purchases = {row.customer_id: row for row in rows(bought.groupby("customer_id").tail(1))}
        self._appointments = {(row.rep_id, row.start): row.place for row in rows(tables.appointments)}

    def appointment_place(self, rep_id: str, start_at: pd.Timestamp) -> str:
        """Where a rep's appointment is, in words; empty if nobody wrote it."""
        place = self._appointments.get((rep_id, start_at))
        return place if isinstance(place, str) else ""

    def of(self, customer_id: str, channel: str) -> Dossier:
        """What is known for a contact with a customer by a channel."""
        allocation = self._allocations.get((customer_id, channel))
        return Dossier(
            customer_id,
            channel,
            self._customers.get(customer_id),
            self._actions.get((customer_id, channel)),
            self._scores.get(customer_id),
            allocation,
            self._deals.get(customer_id, ()),
            self._cases.get(customer_id, ()),
            self._purchases.get(customer_id),
            self._actions.get((customer_id, allocation.runner_up)) if allocation is not None else None,
        )


def _lists(frame: pd.DataFrame) -> dict[str, tuple[Any, ...]]:
    """Rows by customer, in the frame's order."""
    found: dict[str, list[Any]] = {}
    for row in rows(frame.dropna(subset="customer_id")):
        found.setdefault(str(row.customer_id), []).append(row)
    return {customer: tuple(known) for customer, known in found.items()}
