"""Customers, contacts and leads: what was drawn agrees with the truth that it was drawn from."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from inputs.synthetic import Company, make_company
from inputs.synthetic.behaviour import churn_hazard_per_day, draw_behaviour
from inputs.synthetic.words import CHANNELS


@cache
def company() -> Company:
    return make_company("behaviour", customers=4000, reps=3, agents=0, seed=3)


def test_hazard_by_hand() -> None:
    """Half leave within 180 days at a daily hazard of ln 2 / 180."""
    assert churn_hazard_per_day(np.array([0.5]))[0] == pytest.approx(np.log(2) / 180)


def test_history_churns_as_often_as_the_truth_says() -> None:
    """The label's share is the mean planted probability of the same population, within four standard errors."""
    history, truth = company().tables["customer_history"], company().truth["customers"]
    error = 4 * np.sqrt(0.16 * 0.84 / len(history) + truth["churn_probability"].var() / len(truth))
    assert history["churned"].mean() == pytest.approx(truth["churn_probability"].mean(), abs=error)
    assert history["snapshot_date"].max() < pd.Timestamp("2025-09-07")  # 180 days before as_of and more


def test_features_carry_the_churn_signal() -> None:
    """Monthly contracts leave more often, long ones and loyal ones less, in the labels as in the truth."""
    history = company().tables["customer_history"]
    by_contract = history.groupby("feature_contract")["churned"].mean()
    assert by_contract["monthly"] > by_contract["yearly"] > by_contract["two_years"]
    calls = history["feature_support_calls_90_days"]
    assert history.loc[calls >= 2, "churned"].mean() > 1.5 * history.loc[calls == 0, "churned"].mean()
    assert 0.2 < history["feature_satisfaction"].isna().mean() < 0.3
    drawn = draw_behaviour(np.random.default_rng(1), 20_000)
    trend = drawn.features["feature_usage_trend_pct"]
    assert np.corrcoef(trend, drawn.churn_probability)[0, 1] < -0.3


def test_sales_agree_with_the_truth() -> None:
    """Past orders and amounts have the planted rate and mean, so the 12-month value follows from the past year."""
    made = company()
    truth, customers = made.truth["customers"], made.tables["customers"]
    months = customers["feature_tenure_months"].clip(upper=24)
    sold = made.tables["transactions"]
    expected = (truth["orders_per_month"] * months).sum()
    assert len(sold) == pytest.approx(expected, abs=4 * np.sqrt(expected))
    money = (truth["orders_per_month"] * truth["mean_order_eur"] * months).sum()
    assert sold["amount_eur"].sum() == pytest.approx(money, rel=0.04)
    hazard = truth["churn_hazard_per_day"]
    by_hand = truth["orders_per_month"] * truth["mean_order_eur"] * 12 / 365 * (1 - np.exp(-365 * hazard)) / hazard
    assert truth["value_12_months_eur"].to_numpy() == pytest.approx(by_hand.to_numpy())


def test_experiment_shows_the_planted_response() -> None:
    """Randomised contacts answer as often as the truth says, channel by channel; the rest flatters the channels."""
    made = company()
    contacts = made.tables["interactions"]
    lottery = contacts[contacts["randomised"] == 1]
    assert len(lottery) / len(contacts) == pytest.approx(0.25, abs=0.02)
    truth = made.truth["response"].groupby("channel")[["response_probability", "base_probability"]].mean()
    for channel in (*CHANNELS, "none"):
        rows = lottery[lottery["channel"] == channel]
        said = truth["base_probability"].mean() if channel == "none" else truth.loc[channel, "response_probability"]
        share = (rows["outcome"] == "response").mean()
        assert share == pytest.approx(said, abs=4 * np.sqrt(said * (1 - said) / len(rows)) + 0.005)
    field = contacts[contacts["channel"] == "field"]
    value = field.groupby("randomised")["value_eur"].mean()
    assert value[0] > value[1]
    assert (contacts.loc[contacts["randomised"] == 0, "channel"] != "none").all()


def test_response_has_a_row_for_each_customer_and_channel() -> None:
    """The lift is never negative; digital people answer digital channels more."""
    response = company().truth["response"]
    assert len(response) == 4000 * len(CHANNELS)
    assert (response["response_probability"] >= response["base_probability"]).all()
    digital = company().tables["customers"].set_index("customer_id")["digital_engagement"]
    web = response[response["channel"] == "assisted_web"]
    high = web["customer_id"].map(digital) > 0.7
    assert web.loc[high, "win_lift_points"].mean() > 1.3 * web.loc[~high, "win_lift_points"].mean()


def test_open_cases_are_the_open_tickets() -> None:
    """Cases without an end count the customer's open tickets; an end never precedes its beginning."""
    cases, customers = company().tables["cases"], company().tables["customers"]
    counted = cases[cases["closed_at"].isna()]["customer_id"].value_counts()
    assert counted.sum() == customers["open_tickets"].sum()
    tickets = customers.set_index("customer_id")["open_tickets"]
    assert (tickets[tickets > 0].sort_index() == counted.sort_index()).all()
    closed = cases.dropna(subset=["closed_at"])
    assert (closed["closed_at"] > closed["opened_at"]).all()


def test_leads_convert_as_planted_and_one_column_gives_it_away() -> None:
    """History converts like the truth of the open leads; onboarding stands at converted leads only."""
    made = company()
    history, leads = made.tables["lead_history"], made.tables["leads"]
    said = made.truth["leads"]["conversion_probability"].mean()
    assert history["converted"].mean() == pytest.approx(said, abs=0.05)
    told = history["onboarding_status"] != ""
    assert (history.loc[told, "converted"] == 1).all()
    assert told.sum() > 0.9 * history["converted"].sum()
    assert (leads["onboarding_status"] == "").all()
    assert history["created_at"].max() < leads["created_at"].min()
