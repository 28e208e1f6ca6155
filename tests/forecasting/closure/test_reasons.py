"""Why a deal's probability is what it is: the trees' own features where they stand behind it, else the stage."""

from datetime import date

import numpy as np
import pytest

from forecasting.closure import reasons
from forecasting.closure.forecast import forecast_closure
from scenarios.schema.forecast import ClosureSettings

AS_OF = date(2026, 6, 30)
SETTINGS = ClosureSettings(horizon_days=60, hidden_states=3)


def scored(pipeline_tables, deals: int):
    opportunities, events = pipeline_tables(deals)
    return forecast_closure(opportunities, events, settings=SETTINGS, as_of=AS_OF, seed=7).scores


def test_every_open_deal_is_told_why(pipeline_tables) -> None:
    """Trees: features with the deal's values, the stage by its name; deals in the good stage are not lowered by it."""
    scores = scored(pipeline_tables, 700)
    assert len(scores) > 20
    assert scores["reason"].ne("").all()
    by_trees = scores["reason"].str.contains("raised by|lowered by|near the mean")
    offers = scores["reason"].str.extract(r"lowered by (.*)")[0].fillna("").str.contains("stage offer for")
    named = scores["reason"].str.findall(r"stage (\w+) for").str[0]
    assert (named.isna() | (named == scores["stage"])).all()
    assert by_trees.all()
    assert not offers[scores["stage"] == "offer"].any()


def test_without_trees_the_stage_is_told_and_few_deals_have_their_share(pipeline_tables) -> None:
    """Thirty deals teach no tree; a deal without an event has the share of all."""
    opportunities, events = pipeline_tables(30)
    silent = opportunities["opportunity_id"].iloc[-1]
    events = events[events["opportunity_id"] != silent]
    scores = forecast_closure(opportunities, events, settings=SETTINGS, as_of=AS_OF, seed=7).scores
    told = scores.set_index("opportunity_id")["reason"]
    assert told[silent] == reasons.NO_EVENT
    assert told.drop(silent).str.fullmatch(r"stage \w+ for \d+ days?").all()


@pytest.mark.parametrize(("days", "text"), [(0.2, "0 days"), (1.0, "1 day"), (1.6, "2 days")])
def test_days_agree_with_their_noun(days: float, text: str) -> None:
    class State:
        stage = np.array([0])
        dwell_days = np.array([days])

    assert reasons._by_stage(State(), ("in_talks",)) == [f"stage in talks for {text}"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ("stage", "where it stands"), ("days_in_stage", "where it stands"), ("days since: stage offer", "stage offer"),
        ("times: stage offer", "stage offer"), ("times: touch call", "times: touch call"), ("age_days", "age_days"),
    ],
)  # fmt: skip
def test_columns_that_say_the_same_are_one_reason(column: str, reason: str) -> None:
    assert reasons._reason_of(column) == reason


@pytest.mark.parametrize(
    ("days", "text"), [(0.04, "0 days"), (0.5, "0.5 days"), (1.0, "1 day"), (1.97, "2 days"), (31.4, "31 days")]
)
def test_days_ago(days: float, text: str) -> None:
    assert reasons._days(days) == text


def test_numbers_of_reasons() -> None:
    assert [reasons._number(value) for value in (np.nan, 12000.0, 3.0)] == ["unknown", "12,000", "3"]
