"""Backlog, confidence and what would change it, and the week without a view of capacity: worked out by hand."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from scenarios.schema import Channel, Horizon
from solvers.channels.backlog import backlog_table, no_backlog
from solvers.channels.turning import confidence_of, would_change

MONDAY = dt.date(2026, 3, 2)


def test_backlog_counts_later_contacts_and_those_without_room():
    """Three calls (Monday, Tuesday, none for want of room) over two days."""
    allocations = pd.DataFrame(
        {
            "customer_id": ["A", "B", "C", "D"],
            "channel": ["outbound", "outbound", "none", "none"],
            "day": pd.to_datetime(["2026-03-02", "2026-03-03", None, None]),
            "runner_up": ["none", "none", "outbound", "outbound"],
            "reason": ["", "", "capacity_full", "no_consent"],
        }
    )
    customers = pd.DataFrame(
        {
            "customer_id": ["A", "B", "C", "D"],
            "due_date": pd.to_datetime(["2026-03-02", "2026-03-03", "2026-03-02", None]),
            "last_contact_date": pd.to_datetime(["2026-01-01", "2026-02-20", None, "2025-01-01"]),
        }
    )
    channels = {"outbound": Channel(contact_minutes=10), "self_service": Channel(contact_minutes=0)}
    table = backlog_table(allocations, customers, channels=channels, horizon=Horizon(start=MONDAY, days=2))
    assert table["channel"].tolist() == ["outbound", "outbound"]
    assert table["waiting"].tolist() == [2, 1]
    assert table["unplanned"].tolist() == [1, 1]
    assert table["oldest_days"].tolist()[0] == 10  # B, since 20 February
    assert np.isnan(table["oldest_days"].tolist()[1])
    assert table["due_next_day"].tolist() == [1, 0]
    assert table["overdue"].tolist() == [1, 1]
    without = backlog_table(
        allocations, customers[["customer_id"]], channels=channels, horizon=Horizon(start=MONDAY, days=1)
    )
    assert without["overdue"].tolist() == [0]
    assert no_backlog().dtypes.tolist() == table.dtypes.tolist()


def test_confidence_is_that_of_two_values_off_by_a_fifth():
    """30 against 40 EUR have a spread of 10: 10 EUR ahead is one deviation, 84.1 %."""
    found = confidence_of(np.array([10.0, 0.0, -10.0, 5.0, 0.0]), np.array([30.0, 30, 30, 7, 0]),
                          np.array([40.0, 40, 40, np.nan, 0]))  # fmt: skip
    assert found == pytest.approx([0.8413447, 0.5, 0.1586553, 1, 1])


def test_sentences_name_the_amount_at_which_a_choice_turns():
    """A call of 12 minutes at 24 EUR an hour that is 3 EUR ahead turns at 39 EUR an hour."""
    rows = pd.DataFrame(
        [
            ("outbound", "web", 3.0, ""),
            ("web", "none", 2.0, ""),
            ("web", "outbound", -1.5, ""),
            ("none", "outbound", 0.75, "capacity_full"),
            ("none", "outbound", -0.75, "capacity_full"),
            ("none", "none", 0.0, "capacity_full"),
            ("none", "none", 0.0, "no_consent"),
        ],
        columns=["channel", "runner_up", "margin_eur", "reason"],
    )
    rent, minutes = np.array([4.8, 0, 0, 0, 0, 0, 0]), np.array([12.0, 5, 5, 0, 0, 0, 0])
    assert would_change(rows, rent, minutes).tolist() == [
        "web if worth 3.00 EUR less, or at 39.00 EUR an hour of outbound",
        "no contact if worth 2.00 EUR less",
        "outbound if it had room; it is 1.50 EUR ahead",
        "outbound if worth 0.75 EUR more",
        "room by outbound",
        "room by any channel",
        "consent to a channel",
    ]
