"""The report's channels: every figure from the plan's tables, by hand; nothing where there is nothing."""

from types import SimpleNamespace
from typing import Any

import pandas as pd

from outputs.report_channels import channel_details
from solvers.channels.backlog import no_backlog
from solvers.channels.ways import AWARE, CUT_OFF, no_ways

DAYS = pd.to_datetime(["2026-03-02", "2026-03-03"])
PRICES = ["resource", "channel", "day", "capacity_minutes", "used_minutes", "price_eur_per_hour", "hour_more_eur"]
ROUNDS = ["number", "visits_asked", "visits_routed", "value_eur", "kept", "returned", "returned_eur", "best_eur"]


def details(**tables: pd.DataFrame) -> dict[str, Any]:
    """Of a plan with these tables; the others are empty."""
    held = {
        "capacity_prices": pd.DataFrame(columns=PRICES), "backlog": no_backlog(), "channel_ways": no_ways(),
        "rounds": pd.DataFrame(columns=ROUNDS),
    } | tables  # fmt: skip
    offered = SimpleNamespace(notes=("what the prices leave open is 1.00 EUR regret",))
    plan: Any = SimpleNamespace(tables=held, decisions=SimpleNamespace(offered=offered))
    return channel_details(plan)


def test_prices_stand_by_channel_and_day_with_the_budget_last() -> None:
    """Web has no budget, and nobody tried an hour more of it on Tuesday; one of two reps was tried."""
    frame = pd.DataFrame(
        [
            ("field:R1", "field", None, 600, 500, 40.0, 38.0),
            ("field:R2", "field", None, 600, 500, 30.0, None),
            ("outbound:week", "outbound", None, 900, 900, 7.3, 6.7),
            ("outbound", "outbound", DAYS[0], 800, 790, 2.0, 1.5),
            ("outbound", "outbound", DAYS[1], 800, 110, 0.0, 0.0),
            ("out_web", "out_web", DAYS[0], 60, 60, 12.0, 11.0),
            ("out_web", "out_web", DAYS[1], 60, 30, 9.0, None),
        ],
        columns=PRICES,
    )
    frame["day"] = pd.to_datetime(frame["day"])
    found = details(capacity_prices=frame)
    assert found["channel_days"] == ["Mon 2", "Tue 3", "week"]
    calls, web = found["channel_hours"]
    assert calls["channel"] == "outbound"
    assert [cell["price"] for cell in calls["cells"]] == ["2", "0", "7.30"]
    assert [cell["more"] for cell in calls["cells"]] == ["1.50", "0", "6.70"]
    assert [cell["used"] for cell in calls["cells"]] == ["13.2 of 13.3 h", "1.80 of 13.3 h", "15 of 15 h"]
    assert web["channel"] == "out web"
    assert [cell["price"] for cell in web["cells"]] == ["12", "9", "–"]
    assert [cell["more"] for cell in web["cells"]] == ["11", "–", ""]
    assert found["channel_field"] == (
        "A rep's hour was priced at 30 to 40 eur; one more would bring 38 to 38 eur "
        "(1 of 2 reps were tried, the dearest)."
    )
    assert found["channel_proof"] == ["What the prices leave open is 1.00 EUR regret"]


def test_backlog_ways_and_rounds_are_told_in_their_figures() -> None:
    """5 wait after Monday, 3 after Tuesday; 120 against 100 eur are a fifth more; the second round is not kept."""
    backlog = pd.DataFrame(
        [("outbound", DAYS[0], 5, 1, 30.0, 2, 0), ("outbound", DAYS[1], 3, 1, 20.0, 0, 1)],
        columns=["channel", "day", "waiting", "unplanned", "oldest_days", "due_next_day", "overdue"],
    )
    ways = pd.DataFrame(
        [(AWARE, 120.0, 110.0, 12, 0), (CUT_OFF, 100.0, 90.0, 8, 4)],
        columns=["way", "order_eur", "value_eur", "contacts", "cut_off"],
    )
    rounds = pd.DataFrame([(1, 20, 15, 500.0, True, 5, 80.4, 500.0), (2, 20, 14, 480.0, False, 6, 70.0, 500.0)])
    found = details(backlog=backlog, channel_ways=ways, rounds=rounds.set_axis(ROUNDS, axis=1))
    (queue,) = found["channel_backlog"]
    assert queue == {
        "channel": "outbound", "first": "5", "last": "3", "unplanned": "1", "oldest": "30", "due": "2", "overdue": "1",
    }  # fmt: skip
    assert found["channel_gain"] == "Planning with capacity in view is worth 20 eur, 20.0 %."
    assert [row["cut_off"] for row in found["channel_ways"]] == ["0", "4"]
    assert [row["kept"] for row in found["channel_rounds"]] == ["yes", "no"]
    assert [row["returned_eur"] for row in found["channel_rounds"]] == ["80", "70"]
    assert [row["best"] for row in found["channel_rounds"]] == ["500", "500"]


def test_a_plan_without_channels_has_nothing_to_tell() -> None:
    found = details()
    assert found["channel_hours"] == found["channel_backlog"] == found["channel_ways"] == found["channel_rounds"] == []
    assert (found["channel_field"], found["channel_gain"]) == ("", "")
