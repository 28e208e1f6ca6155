"""Argmax, then the cut: a week of four customers worked out by hand."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from planner.classic.contacts import classic_channels
from planner.classic.habits import CAREFUL, USUAL
from scenarios.schema import Channel, ContactPolicy, Horizon
from solvers.channels import FieldLoad
from solvers.outcome import Outcome
from solvers.types import Territories

CHANNELS = {
    "field": Channel(contact_minutes=30),
    "outbound": Channel(contact_minutes=10, capacity_minutes_per_day=10),
    "self_service": Channel(contact_minutes=0),
}
EUROS = {"C1": (100, 40, 5), "C2": (90, 30, 5), "C3": (80, 20, 5), "C4": (-1, -1, -1)}


def decide(
    *, required: tuple[str, ...] = (), refuses: tuple[str, ...] = (), due: dict[str, str] | None = None,
    policy: ContactPolicy | None = None, habits: Any = USUAL,
) -> pd.DataFrame:  # fmt: skip
    """One rep with room for two visits of 40 minutes; two days; one call a day."""
    ids = sorted(EUROS)
    rows = [(c, name, float(EUROS[c][i]), c not in refuses) for c in ids for i, name in enumerate(CHANNELS)]
    actions = pd.DataFrame(rows, columns=["customer_id", "channel", "value_eur", "consent"])
    actions["order_eur"] = actions["value_eur"]
    actions["minutes"] = actions["channel"].map({name: float(c.contact_minutes) for name, c in CHANNELS.items()})
    customers = pd.DataFrame({"customer_id": ids, "required": [c in required for c in ids]})
    customers["due_date"] = pd.to_datetime([(due or {}).get(c) for c in ids]).astype("datetime64[us]")
    assignment = pd.DataFrame({"customer_id": ids, "rep_id": "R1", "visiting_rep_ids": [("R1",)] * len(ids)})
    outcome = Outcome("territories", "nothing_to_do", 0.0, None, "", False, "", 0.0)
    field = FieldLoad(
        pd.DataFrame({"rep_id": ["R1"], "available_minutes": [80.0], "capacity_minutes": [92.0]}),
        pd.DataFrame({"customer_id": ids, "minutes": 40.0}),
    )
    plan = classic_channels(
        actions, customers, Territories(assignment, pd.DataFrame(), outcome), field, channels=CHANNELS,
        policy=policy or ContactPolicy(), horizon=Horizon(start="2026-03-09", days=2), habits=habits,
    )  # fmt: skip
    assert plan.outcome.value == pytest.approx(plan.allocations["order_eur"].sum())
    assert (plan.prices["price_eur_per_hour"] == 0).all()
    return plan.allocations.set_index("customer_id")


def test_the_list_is_cut_at_the_capacity() -> None:
    """All want the field; the two of most value get it, the third waits, the fourth would be a loss."""
    table = decide()
    assert table["channel"].tolist() == ["field", "field", "none", "none"]
    assert table["reason"].tolist() == ["", "", "capacity_full", "no_positive_value"]
    assert table["rep_id"].tolist() == ["R1", "R1", "", ""]
    assert table["runner_up"].tolist() == ["outbound", "outbound", "field", "none"]
    assert table["margin_eur"].tolist() == [60.0, 60.0, -80.0, 0.0]
    assert table["prize_eur"].tolist() == [100.0, 90.0, 0.0, 0.0]


def test_a_careful_office_tries_the_next_channel() -> None:
    """Who does not fit into the field is called."""
    table = decide(habits=CAREFUL)
    assert table["channel"].tolist() == ["field", "field", "outbound", "none"]
    assert table.loc["C3", "day"] == pd.Timestamp("2026-03-09")


def test_must_visits_come_first_whatever_they_are_worth() -> None:
    """Two required visits fill the rep, also the one at a loss."""
    assert decide(required=("C3", "C4"))["channel"].tolist() == ["none", "none", "field", "field"]


def test_consent_and_policy_are_respected() -> None:
    """Who refuses is not contacted; a policy of no contacts contacts nobody."""
    refused = decide(refuses=("C1", "C4"))
    assert refused.loc["C1", ["channel", "reason"]].tolist() == ["none", "no_consent"]
    assert refused["channel"].tolist() == ["none", "field", "field", "none"]
    nobody = decide(policy=ContactPolicy(max_contacts_per_customer_per_week=0))
    assert set(nobody["reason"]) == {"contact_policy"}
    free = decide(refuses=("C1",), policy=ContactPolicy(respect_consent=False))
    assert free.loc["C1", "channel"] == "field"


def test_days_are_filled_by_due_date_then_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two calls on two days: the one that is due on Monday is made first, though it is worth less."""
    monkeypatch.setitem(EUROS, "C1", (1, 40, 5))
    monkeypatch.setitem(EUROS, "C2", (1, 30, 5))
    table = decide(due={"C2": "2026-03-09"})
    calls = table[table["channel"] == "outbound"]
    assert calls["day"].dt.strftime("%a").to_dict() == {"C1": "Tue", "C2": "Mon"}
    assert np.isclose(table["value_eur"].sum(), 40 + 30 + 80)
