from datetime import date

import numpy as np
import pandas as pd
import pytest

from forecasting.closure.score import COLUMNS, score_open_deals, unknown_stages

AS_OF = date(2026, 6, 30)


def test_every_open_deal_is_scored_once_with_dates_in_order(trained) -> None:
    model, _, opportunities, events = trained
    scores = score_open_deals(model, opportunities, events, as_of=AS_OF)
    ended = set(events.loc[events["stage"].isin(["won", "lost"]), "opportunity_id"])
    assert scores["opportunity_id"].tolist() == sorted(set(opportunities["opportunity_id"]) - ended)
    assert scores["win_probability"].between(0, 1).all()
    assert (scores["close_p10"] <= scores["close_p50"]).all()
    assert (scores["close_p50"] <= scores["close_p90"]).all()
    assert (scores["close_p10"] >= pd.Timestamp("2026-07-01")).all()
    expected = scores["amount_eur"].fillna(0) * scores["win_probability"]
    assert scores["expected_eur"].tolist() == pytest.approx(expected.tolist())


def test_a_deal_scores_the_same_alone_and_among_others(trained) -> None:
    model, _, opportunities, events = trained
    scores = score_open_deals(model, opportunities, events, as_of=AS_OF)
    one = scores["opportunity_id"].iloc[0]
    alone = score_open_deals(
        model, opportunities[opportunities["opportunity_id"] == one], events[events["opportunity_id"] == one],
        as_of=AS_OF,
    )  # fmt: skip
    pd.testing.assert_frame_equal(alone, scores.head(1))


def test_unknown_stages_and_owners_are_read_as_missing_and_told(trained) -> None:
    model, _, opportunities, events = trained
    new = opportunities.head(1).assign(opportunity_id="N", owner_rep_id="somebody", created_at=pd.Timestamp(AS_OF))
    stages = pd.DataFrame(
        {
            "opportunity_id": pd.Series(["N", "N"], dtype="str"),
            "stage": pd.Series(["quantum", "void"], dtype="str"),
            "entered_at": [pd.Timestamp(AS_OF), pd.Timestamp(AS_OF) + pd.Timedelta(hours=1)],
        }
    )
    scores = score_open_deals(model, new, stages, as_of=AS_OF)
    assert scores["stage"].tolist() == ["void"]
    assert 0.02 < scores["win_probability"].iloc[0] < 0.98
    assert unknown_stages(model, stages) == ("quantum", "void")
    assert unknown_stages(model, events) == ()


def test_a_deal_without_events_gets_the_base_rate_and_no_deal_gives_no_row(trained) -> None:
    model, _, opportunities, events = trained
    silent = score_open_deals(model, opportunities.head(3), events.iloc[:0], as_of=AS_OF)
    assert silent["win_probability"].tolist() == [model.fitted.base_rate] * 3
    assert silent["method"].tolist() == ["base rate: no stage event yet"] * 3
    assert silent["close_p50"].isna().all()
    nothing = score_open_deals(model, opportunities.iloc[:0], events.iloc[:0], as_of=AS_OF)
    assert list(nothing.columns) == list(COLUMNS)
    assert len(nothing) == 0


def test_the_reps_number_moves_nothing(trained) -> None:
    model, _, opportunities, events = trained
    one = score_open_deals(model, opportunities, events, as_of=AS_OF)
    other = score_open_deals(model, opportunities.assign(rep_probability_pct=np.nan), events, as_of=AS_OF)
    pd.testing.assert_frame_equal(one, other)
