from datetime import date

import numpy as np
import pandas as pd

from forecasting.closure.load import NEVER, read_deals

AS_OF = date(2026, 3, 31)


def tables(events: list[tuple[str, str, str]], ids: list[str], created: str = "2026-03-01T09:00:00"):
    """Opportunities, all created at one moment, and their events."""
    opportunities = pd.DataFrame(
        {
            "opportunity_id": pd.Series(ids, dtype="str"),
            "customer_id": pd.Series(["C1"] * len(ids), dtype="str"),
            "created_at": pd.Series(pd.to_datetime([created] * len(ids)), dtype="datetime64[us]"),
            "amount_eur": np.full(len(ids), 100.0),
            "rep_probability_pct": np.full(len(ids), 40.0),
        }
    )
    frame = pd.DataFrame(events, columns=["opportunity_id", "stage", "entered_at"]).astype("str")
    frame["entered_at"] = pd.to_datetime(frame["entered_at"]).astype("datetime64[us]")
    return opportunities, frame


def read(events, ids, start=("offer",)):
    return read_deals(*tables(events, ids), start_stages=list(start), as_of=AS_OF)


def reasons(deals) -> dict[str, int]:
    return dict(zip(deals.left_out["reason"], deals.left_out["deals"], strict=True))


def test_events_within_five_seconds_before_the_end_belong_to_the_outcome() -> None:
    deals = read(
        [
            ("A", "offer", "2026-03-02T10:00:00"),
            ("A", "talk", "2026-03-03T11:59:54"),
            ("A", "signed", "2026-03-03T11:59:55"),
            ("A", "won", "2026-03-03T12:00:00"),
        ],
        ["A"],
    )
    assert [deals.stages[code] for code in deals.stage] == ["offer", "talk"]
    assert deals.won.tolist() == [True]
    assert pd.Timestamp(deals.terminal[0], unit="s") == pd.Timestamp("2026-03-03T12:00:00")
    assert deals.table["strict"].tolist() == [True]
    assert deals.table["rep_probability"].tolist() == [0.4]


def test_each_fault_keeps_a_deal_out_of_the_strict_regime_only_and_is_counted() -> None:
    deals = read(
        [
            ("clean", "offer", "2026-03-02T10:00:00"),
            ("elsewhere", "talk", "2026-03-02T10:00:00"),
            ("twice", "offer", "2026-03-02T10:00:00"),
            ("twice", "lost", "2026-03-04T10:00:00"),
            ("twice", "won", "2026-03-05T10:00:00"),
            ("after", "offer", "2026-03-02T10:00:00"),
            ("after", "won", "2026-03-04T10:00:00"),
            ("after", "talk", "2026-03-05T10:00:00"),
            ("early", "offer", "2026-02-01T10:00:00"),
            ("nobody", "offer", "2026-03-02T10:00:00"),
        ],
        ["after", "clean", "early", "elsewhere", "silent", "twice"],
    )
    strict = dict(zip(deals.table["opportunity_id"], deals.table["strict"], strict=True))
    assert [name for name, value in strict.items() if value] == ["clean"]
    assert reasons(deals) == {
        "stage events of an unknown deal": 1,
        "no stage event before the outcome": 1,
        "strict: starts in a stage that is no start stage": 1,
        "strict: several terminal events": 1,
        "strict: an event after the terminal one": 1,
        "strict: an event before the deal was created": 1,
    }
    # The first terminal event is the outcome; what comes after it is no feature.
    twice, after = (list(strict).index(name) for name in ("twice", "after"))
    assert not deals.won[twice]
    assert deals.first[after + 1] - deals.first[after] == 1


def test_nothing_after_the_as_of_day_is_known() -> None:
    deals = read(
        [
            ("A", "offer", "2026-03-31T23:59:59"),
            ("A", "talk", "2026-04-01T00:00:00"),
            ("A", "won", "2026-04-01T00:00:01"),
        ],
        ["A"],
    )
    assert deals.stages == ("offer",)
    assert deals.terminal.tolist() == [NEVER]


def test_a_deal_of_the_future_is_counted_and_left_out() -> None:
    opportunities, events = tables([], ["A", "B"], created="2026-04-01T00:00:00")
    opportunities.loc[1, "created_at"] = pd.NaT
    deals = read_deals(opportunities, events, start_stages=[], as_of=AS_OF)
    assert len(deals.table) == 0
    assert reasons(deals) == {"created after the as-of day": 1, "creation date unknown": 1}


def test_without_start_stages_every_start_is_clean_and_terminal_case_does_not_matter() -> None:
    deals = read([("A", "żółty ☎", "2026-03-02T10:00:00"), ("A", " Won ", "2026-03-09T10:00:00")], ["A"], start=())
    assert deals.stages == ("żółty ☎",)
    assert deals.table["strict"].tolist() == [True]
    assert deals.won.tolist() == [True]


def test_keeping_some_deals_keeps_their_own_events() -> None:
    deals = read(
        [
            ("A", "offer", "2026-03-02T10:00:00"),
            ("B", "talk", "2026-03-02T10:00:00"),
            ("B", "offer", "2026-03-03T10:00:00"),
        ],
        ["A", "B"],
    )
    kept = deals.keep(np.array([False, True]))
    assert kept.first.tolist() == [0, 2]
    assert [kept.stages[code] for code in kept.stage] == ["talk", "offer"]
