"""Contacts after routes changed: who lost a visit takes the best other contact that has room, who got one leaves it.

All other contacts stay as people hold them. A lost visit is made up for by the customer's best other channel that
consent, contact policy, deadlines, daily capacities and weekly budgets leave open, on the first open day with room.
"""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pandas as pd

from scenarios.schema import FIELD, Scenario

NONE = "none"


def contacts_after(
    contacts: pd.DataFrame,
    before: pd.DataFrame,
    now: pd.DataFrame,
    actions: pd.DataFrame,
    customers: pd.DataFrame,
    *,
    scenario: Scenario,
    opens: pd.Timestamp,
    met: Mapping[str, int],
) -> pd.DataFrame:
    """The table `allocations` that goes with the new routes.

    Args:
        contacts: the table in hand. before, now: stops in hand and as they are planned now.
        actions: what each contact would bring, with consent. customers: with due_date.
        opens: the first day that may change. met: appointments by customer, each of them a contact.
    """
    was, new = _visits(before), _visits(now)
    lost = sorted(c for c in was if new[c] < was[c])
    got = sorted(c for c in new if new[c] > was[c])
    table = contacts.reset_index(drop=True)
    field = table["channel"] == FIELD
    ordinal = table.groupby(["customer_id", "channel"]).cumcount()
    over = field & (ordinal >= table["customer_id"].map(new).fillna(0)) & table["customer_id"].isin(lost)
    first = table["customer_id"].isin([c for c in got if not was[c]])
    left = table[~over & ~first]
    known = actions.set_index(["customer_id", "channel"]).sort_index()
    visits = now[now["kind"] == "visit"].drop_duplicates("customer_id").set_index("customer_id")
    prize, rep = (visits["prize_eur"] + visits["waited_eur"]).to_dict(), visits["rep_id"].to_dict()
    gone = table[first].groupby("customer_id")["channel"].first()
    rows = []
    for customer in got:
        row = _row(customer, FIELD, pd.NaT, known.loc[customer, FIELD], runner_up=str(gone.get(customer, NONE)))
        rows += [row | {"rep_id": rep[customer], "prize_eur": prize[customer]}] * (new[customer] - was[customer])
    desk = _Desk(left, scenario, opens)
    due = dict(zip(customers["customer_id"], customers["due_date"], strict=True))
    empty = set(lost) - set(left["customer_id"])
    limit = scenario.contact_policy.max_contacts_per_customer_per_week * -(-scenario.horizon.days // 7)
    for customer in sorted(empty):
        options = actions[actions["customer_id"] == customer] if met.get(customer, 0) < limit else actions.iloc[:0]
        rows.append(_instead(customer, options, desk, due.get(customer, pd.NaT)))
    if not rows:
        return contacts
    fresh = pd.DataFrame(rows).reindex(columns=table.columns).astype(table.dtypes.to_dict())
    return pd.concat([left, fresh]).sort_values(["customer_id", "channel"], ignore_index=True, kind="stable")


def _visits(stops: pd.DataFrame) -> Counter[str]:
    return Counter(stops.loc[stops["kind"] == "visit", "customer_id"])


class _Desk:
    """Room that is left for contacts by channel and open day; taken when asked for."""

    def __init__(self, contacts: pd.DataFrame, scenario: Scenario, opens: pd.Timestamp) -> None:
        self._channels = scenario.channels
        horizon = scenario.horizon
        self._days = [d for d in pd.date_range(horizon.start, periods=horizon.days) if d >= opens]
        self._weeks = -(-horizon.days // 7)
        self._day_used = contacts.groupby(["channel", "day"])["minutes"].sum().to_dict()
        self._used = contacts.groupby("channel")["minutes"].sum().to_dict()

    def take(self, channel: str, due: pd.Timestamp) -> pd.Timestamp | None:
        """The first open day with room for a contact by `channel`, now taken; None: there is no room."""
        settings = self._channels[channel]
        minutes, spent = settings.contact_minutes, self._used.get(channel, 0.0) + settings.contact_minutes
        for budget, each in (
            (settings.budget_minutes_per_week, 1.0), (settings.budget_eur_per_week, settings.cost_eur_per_hour / 60),
        ):  # fmt: skip
            if budget is not None and spent * each > budget * self._weeks + 1e-6:
                return None
        late = pd.notna(due) and due >= self._days[0]
        for day in self._days:
            if late and day > due:
                return None
            used = self._day_used.get((channel, day), 0.0) + minutes
            if settings.capacity_minutes_per_day is None or used <= settings.capacity_minutes_per_day + 1e-6:
                self._day_used[channel, day] = used
                self._used[channel] = spent
                return day
        return None


def _instead(customer: str, options: pd.DataFrame, desk: _Desk, due: pd.Timestamp) -> dict[str, object]:
    """The row of a customer who lost the only contact: the best other one with room, or none with its reason."""
    fine = options[(options["channel"] != FIELD) & options["consent"] & (options["order_eur"] > 0)]
    for option in fine.sort_values(["order_eur", "channel"], ascending=[False, True]).itertuples():
        day = desk.take(str(option.channel), due)
        if day is not None:
            return _row(customer, str(option.channel), day, option, runner_up=NONE)
    nothing = {"minutes": 0.0, "value_eur": 0.0, "order_eur": 0.0, "confidence": 1.0}
    reason = "capacity_full" if len(fine) else "contact_policy" if options.empty else "no_positive_value"
    row = _row(customer, NONE, pd.NaT, pd.Series(nothing), runner_up=NONE)
    return row | {"reason": reason, "would_change": "room by any channel" if len(fine) else ""}


def _row(customer: str, channel: str, day: object, action: object, *, runner_up: str) -> dict[str, object]:
    order = float(getattr(action, "order_eur", np.nan))
    return {
        "customer_id": customer, "channel": channel, "day": day, "minutes": float(getattr(action, "minutes", 0.0)),
        "value_eur": float(getattr(action, "value_eur", 0.0)), "order_eur": order, "runner_up": runner_up,
        "margin_eur": order, "reason": "", "rep_id": "", "prize_eur": 0.0,
        "confidence": float(getattr(action, "confidence", 1.0)), "would_change": "planned again in the week",
    }  # fmt: skip
