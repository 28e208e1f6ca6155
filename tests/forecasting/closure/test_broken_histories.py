"""Histories that teach little or nothing still give a clear and finished answer."""

from datetime import date

import pandas as pd
import pytest

from forecasting.closure import forecast_closure
from forecasting.closure.review import review_closure, train_closure
from forecasting.closure.score import score_open_deals
from scenarios.schema.forecast import ClosureSettings

AS_OF = date(2026, 6, 30)
ASKED = {"settings": ClosureSettings(horizon_days=60), "as_of": AS_OF, "seed": 1}


def no_wins(opportunities, events):
    return opportunities, events.assign(stage=events["stage"].replace("won", "lost"))


def one_stage(opportunities, events):
    stage = events["stage"].where(events["stage"].isin(["won", "lost"]), "only")
    return opportunities, events.assign(stage=stage)


def ten_deals(opportunities, events):
    ten = opportunities.head(10)
    return ten, events[events["opportunity_id"].isin(ten["opportunity_id"])]


def all_censored(opportunities, events):
    return opportunities, events[~events["stage"].isin(["won", "lost"])]


@pytest.mark.parametrize("broken", [no_wins, one_stage, ten_deals, all_censored])
def test_a_broken_history_is_scored_measured_and_explained(pipeline_tables, broken) -> None:
    opportunities, events = broken(*pipeline_tables(260, seed=5))
    forecast = forecast_closure(opportunities, events, **ASKED)
    ended = set(events.loc[events["stage"].isin(["won", "lost"]), "opportunity_id"])
    assert forecast.scores["opportunity_id"].tolist() == sorted(set(opportunities["opportunity_id"]) - ended)
    assert forecast.scores["win_probability"].between(0, 1).all()
    if broken in (no_wins, ten_deals, all_censored):
        assert set(forecast.scores["method"]) <= {"base rate"}
        assert any("scored by the base rate" in note for note in forecast.notes)
    if broken is no_wins:
        assert 0 < forecast.scores["win_probability"].max() < 0.05
    review = review_closure(opportunities, events, **ASKED)
    assert {"regimes", "left_out", "refused"} <= set(review.tables)
    model, _ = train_closure(opportunities, events, **ASKED)
    assert len(score_open_deals(model, opportunities, events, as_of=AS_OF)) == len(forecast.scores)


def test_stages_nobody_has_seen_are_scored_as_missing(trained) -> None:
    model, _, opportunities, events = trained
    renamed = events.assign(stage=events["stage"].where(events["stage"].isin(["won", "lost"]), "renamed"))
    scores = score_open_deals(model, opportunities, renamed, as_of=AS_OF)
    assert scores["win_probability"].between(0.01, 0.99).all()
    assert set(scores["stage"]) <= {"renamed", ""}


def test_a_review_says_what_a_director_asks(pipeline_tables) -> None:
    opportunities, events = pipeline_tables(420, seed=2)
    review = review_closure(opportunities, events, **ASKED, periods="quarter", year_begins=7)
    assert {"quality", "periods", "lead_time", "reliability", "pipeline", "people", "states"} <= set(review.tables)
    assert review.tables["periods"]["period"].str.match(r"FY26 Q[1-4]").all()
    assert review.svg.startswith("<svg")
    assert review.notes[0].startswith("Used: ")
    assert isinstance(review.tables["pipeline"]["census"].iloc[0], pd.Timestamp)
