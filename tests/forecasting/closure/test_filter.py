import numpy as np
import pandas as pd
import pytest

from forecasting.closure.filter import compare_regimes, guard, take_rows
from forecasting.closure.landmarks import DAY
from forecasting.closure.load import NEVER


def tables():
    opportunities = pd.DataFrame(
        {
            "opportunity_id": pd.Series(["A", "B"], dtype="str"),
            "customer_id": pd.Series(["C", "C"], dtype="str"),
            "created_at": pd.to_datetime(["2026-03-01", "2026-03-01"]),
            "amount_eur": [1.0, 2.0],
            "rep_probability_pct": [10.0, 20.0],
            "last_call_result": pd.Series(["yes", "no"], dtype="str"),
        }
    )
    events = pd.DataFrame(
        {
            "opportunity_id": pd.Series(["A", "A", "B", "B"], dtype="str"),
            "stage": pd.Series(["lead", "offer", "lead", "offer"], dtype="str"),
            "entered_at": pd.to_datetime(["2026-03-02", "2026-03-03", "2026-03-02", None]),
            "recorded_at": pd.to_datetime(["2026-03-02", "2026-03-20", None, "2026-03-04"]),
        }
    )
    return opportunities, events


def test_records_that_were_not_known_at_their_time_are_left_out_and_counted() -> None:
    guarded = guard(*tables())
    assert guarded.events["stage"].tolist() == ["lead"]
    assert dict(zip(guarded.left_out["reason"], guarded.left_out["deals"], strict=True)) == {
        "an event without a time": 1,
        "a back-dated event (written later than it claims)": 1,
        "an event with no word on when it was written": 1,
    }


def test_columns_without_an_as_of_time_and_opinions_are_refused_by_name() -> None:
    refused = guard(*tables()).refused
    assert dict(zip(refused["column"], refused["reason"], strict=True)) == {
        "rep_probability_pct": "the rep's opinion is what the model is measured against",
        "last_call_result": "no word on when its value was known",
    }


def test_a_clean_log_passes_unchanged() -> None:
    opportunities, events = tables()
    clean = events.drop(columns="recorded_at").dropna()
    guarded = guard(opportunities, clean)
    assert guarded.events is clean
    assert len(guarded.left_out) == 0


def test_observations_by_census_by_day_and_by_event(deals_of) -> None:
    deals = deals_of([(90 * DAY, 96 * DAY, True), (0, NEVER, False)], [[90 * DAY, 94 * DAY], [80 * DAY, 99 * DAY]])
    census = take_rows(deals, "census", horizon_days=30)
    # Weeks back from day 100: 93 (both), 86 (the second one).
    assert sorted(zip(census.deal.tolist(), (census.landmark // DAY).tolist(), strict=True)) == [
        (0, 93),
        (1, 86),
        (1, 93),
    ]
    daily = take_rows(deals, "daily", horizon_days=30)
    assert (daily.landmark[daily.deal == 0] // DAY).tolist() == [91, 92, 93, 94, 95]
    assert daily.won[daily.deal == 0].all()
    event = take_rows(deals, "event", horizon_days=30)
    assert sorted(zip(event.deal.tolist(), event.landmark.tolist(), strict=True)) == [
        (0, 90 * DAY + 1), (0, 94 * DAY + 1), (1, 80 * DAY + 1), (1, 99 * DAY + 1),
    ]  # fmt: skip
    # What is not decided by the horizon's end or the as-of day is unknown, never lost.
    assert (event.known_at[event.deal == 1] == NEVER).all()


@pytest.mark.parametrize("kind", ["census", "daily", "event"])
def test_no_deals_give_no_observations(deals_of, kind) -> None:
    assert len(take_rows(deals_of([], []), kind, horizon_days=30)) == 0


def test_regimes_stand_side_by_side(deals_of) -> None:
    deals = deals_of([(0, 10 * DAY, True), (0, 30 * DAY, False), (0, NEVER, False)], [[0], [0], []])
    deals.table["strict"] = np.array([True, False, True])
    found = compare_regimes(deals)
    assert found["regime"].tolist() == ["strict", "all"]
    assert found["deals"].tolist() == [1, 2]
    assert found["won_pct"].tolist() == [100.0, 50.0]
    assert found["median_days"].tolist() == [10.0, 20.0]
