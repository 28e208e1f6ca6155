"""A plan's true value, worked out by hand: one customer met, one behind a closed door, one called."""

import math

import pandas as pd
import pytest

from inputs.types import Tables
from planner import truth
from scenarios.schema import Scenario

DAY = pd.Timestamp("2026-03-09")
SCENARIO = Scenario.model_validate_json(
    """{"name": "t", "as_of": "2026-03-06", "horizon": {"start": "2026-03-09", "days": 1},
    "data": {"customers": "c.csv"}, "reps": {"cost_eur_per_hour": 30},
    "money": {"travel_eur_per_km": 0.5, "gross_margin_pct": 20},
    "channels": {"field": {"contact_minutes": 30}, "outbound": {"contact_minutes": 10}},
    "staffing": {"interval_minutes": 30, "opening_hours": {"mon": "10:00-11:00"}, "shrinkage_pct": 0,
                 "max_occupancy_pct": 100, "costs": {"understaffed_eur_per_agent_hour": 60}}}"""
)
HALF_HOURS = [DAY + pd.Timedelta(hours=10), DAY + pd.Timedelta(hours=10.5)]


def at(text: str) -> pd.Timestamp:
    hour, minute = text.split(":")
    return DAY + pd.Timedelta(hours=int(hour), minutes=int(minute))


def known() -> Tables:
    """Three customers; C2 opens from 9 to 10 and from 15 to 16; a deal of 1,000 euros with C1."""
    frames = {name: pd.DataFrame() for name in Tables.__dataclass_fields__ if name not in ("quality", "hashes")}
    frames["customers"] = pd.DataFrame(
        {"customer_id": ["C1", "C2", "C3"], "windows": [(), ((540, 600), (900, 960)), ()]}
    )
    frames["opportunities"] = pd.DataFrame(
        {"opportunity_id": ["O1", "O2"], "customer_id": ["C1", "C1"], "amount_eur": [1000.0, 5000.0]}
    )
    return Tables(**frames)


def plan(second_visit: str = "11:00") -> dict[str, pd.DataFrame]:
    """C1 and C2 are visited by R1, C3 is called; two agents sit in the first half-hour, one in the second."""
    pairs = [(customer, channel) for customer in ("C1", "C2", "C3") for channel in ("field", "outbound")]
    actions = pd.DataFrame(pairs, columns=["customer_id", "channel"])
    actions["contact_cost_eur"] = actions["channel"].map({"field": 0.0, "outbound": 4.0})
    actions[["win_eur", "churn_eur", "growth_eur"]] = 1000.0  # the forecast's opinion
    begins = [at("9:30"), at(second_visit)]
    stops = pd.DataFrame({"customer_id": ["C1", "C2"], "kind": "visit", "day": DAY, "start_at": begins})
    stops["end_at"] = stops["start_at"] + pd.Timedelta(minutes=30)
    stops["prize_eur"], stops["waited_eur"] = 40.0, 0.0
    rep_days = pd.DataFrame(
        {
            "rep_id": ["R1"],
            "reason": [""],
            "works": [True],
            "shift_start_at": [at("9:00")],
            "shift_end_at": [at("17:00")],
            "travel_km": [20.0],
            "waited_eur": [0.0],
            "border_eur": [0.0],
            "overtime_eur": [0.0],
        }
    )
    need = pd.DataFrame({"queue": "sales", "interval_start": HALF_HOURS, "agents_rostered": [2.0, 1.0]})
    return {
        "actions": actions,
        "allocations": pd.DataFrame(
            [("C1", "field"), ("C2", "field"), ("C3", "outbound")], columns=["customer_id", "channel"]
        ),
        "stops": stops,
        "rep_days": rep_days,
        "team": pd.DataFrame({"rep_id": ["R1"], "shift_start": [540], "shift_end": [1020]}),
        "agents": pd.DataFrame({"cost_eur": [100.0]}),
        "requirement": need.assign(agents_required=2, agents_short=[0.0, 1.0], calls_mean=5.0, handle_seconds_mean=1.0),
    }


def planted(calls_rate: float = 0.0) -> dict[str, pd.DataFrame]:
    """Nobody leaves but C3 (hazard 1 a year); each orders for 100 euros ten times in 12 months."""
    people = pd.DataFrame({"customer_id": ["C1", "C2", "C3"], "orders_per_month": 10 / 12, "mean_order_eur": 100.0})
    people["churn_hazard_per_day"] = [0.0, 0.0, 1 / 365]
    people["churn_probability"] = [0.0, 0.0, 0.4]
    deals = {"opportunity_id": ["O1", "O2"], "is_open": [True, False], "win_probability": [0.97, float("nan")]}
    pairs = [(customer, channel) for customer in ("C1", "C2", "C3") for channel in ("field", "outbound")]
    response = pd.DataFrame(pairs, columns=["customer_id", "channel"])
    response["win_lift_points"], response["churn_reduction_pct"], response["growth_lift_pct"] = 5.0, 50.0, 10.0
    calls = pd.DataFrame({"queue": "sales", "interval_start": HALF_HOURS, "calls_rate": calls_rate})
    return {
        "customers": people,
        "opportunities": pd.DataFrame(deals),
        "response": response,
        "calls": calls.assign(handle_seconds_mean=250.0, contact_seconds_mean=300.0),
    }


def test_true_value_by_hand() -> None:
    """C1: the lift is capped at 3 points of 1,000, and growth 10 % of 1,000; C2 was not there; C3 as below."""
    value_3 = 1000 * (1 - math.exp(-1))
    figures = truth.true_money_figures(SCENARIO, known(), plan(), planted())
    assert figures["win_eur"] == pytest.approx(0.2 * 0.03 * 1000)
    assert figures["growth_eur"] == pytest.approx(0.2 * 0.1 * (1000 + value_3))
    assert figures["churn_eur"] == pytest.approx(0.2 * 0.4 * 0.5 * value_3)
    assert figures["contact_cost_eur"] == 4.0
    assert figures["travel_cost_eur"] == 10.0
    assert figures["rep_pay_eur"] == 240.0
    assert figures["agent_pay_eur"] == 100.0
    assert figures["missed_service_eur"] == 0.0
    gains = figures["win_eur"] + figures["churn_eur"] + figures["growth_eur"]
    assert truth.true_net_value_eur(SCENARIO, known(), plan(), planted()) == pytest.approx(gains - 354.0)


def test_a_visit_in_a_window_counts() -> None:
    """In its second window C2 is met: 20 euros of growth more; half an hour later it ends too late."""
    base, met, late = (
        truth.true_money_figures(SCENARIO, known(), plan(when), planted())["growth_eur"]
        for when in ("11:00", "15:30", "15:31")
    )
    assert met - base == pytest.approx(0.2 * 0.1 * 1000)
    assert late == base
    assert truth.visits_outside_windows(known(), plan())["customer_id"].tolist() == ["C2"]


def test_missed_service_is_held_against_the_true_rates() -> None:
    """60 calls a half-hour of 300 s are 10 erlangs: twelve or thirteen agents by Erlang A, where two and one sit."""
    need = truth.true_requirement(SCENARIO, plan(), planted(60.0))
    assert need["agents_rostered"].tolist() == [2.0, 1.0]
    assert set(need["agents_required"]) <= {11, 12, 13}
    assert need["calls_mean"].to_numpy() == pytest.approx([60, 60], rel=0.02)
    figures = truth.true_money_figures(SCENARIO, known(), plan(), planted(60.0))
    assert figures["missed_service_eur"] == 60 * 0.5 * (need["agents_required"].sum() - 3)


def test_a_planned_queue_is_the_sum_of_its_queues() -> None:
    """Two queues of the data with 30 calls each make one planned queue of 60."""
    staffing = {"queues": {"sales": {"volume_from": {"calls": ["a", "b"]}}}}
    scenario = Scenario.model_validate_json(SCENARIO.model_dump_json())
    scenario = scenario.model_copy(
        update={"staffing": type(scenario.staffing).model_validate(scenario.staffing.model_dump() | staffing)}
    )
    both = planted(30.0)
    both["calls"] = pd.concat([both["calls"].assign(queue=name) for name in ("a", "b")])
    need = truth.true_requirement(scenario, plan(), both)
    assert need["calls_mean"].to_numpy() == pytest.approx([60, 60], rel=0.02)


def test_without_calls_in_truth_the_plan_is_taken_at_its_word() -> None:
    """No centre, no true rates: the stated requirement stands."""
    nothing = planted() | {"calls": planted()["calls"].iloc[:0]}
    assert truth.true_requirement(SCENARIO, plan(), nothing) is not plan()["requirement"]
    assert truth.true_money_figures(SCENARIO, known(), plan(), nothing)["missed_service_eur"] == 30.0


def test_sources_of_value_that_are_switched_off_count_nothing() -> None:
    """With `value_from: [potential]` only growth is left."""
    chosen = SCENARIO.next_best_action.model_copy(update={"value_from": ["potential"]})
    figures = truth.true_money_figures(
        SCENARIO.model_copy(update={"next_best_action": chosen}), known(), plan(), planted()
    )
    assert figures["win_eur"] == figures["churn_eur"] == 0
    assert figures["growth_eur"] > 0


def test_plans_are_compared_against_one_requirement() -> None:
    """By the forecasts: the contacts that come about at their forecast worth, three agents needed in both intervals."""
    need = pd.DataFrame({"queue": "sales", "interval_start": HALF_HOURS, "agents_required": 3})
    figures = truth.forecast_money_figures(SCENARIO, known(), plan(), need)
    assert figures["win_eur"] == 2000.0
    assert figures["missed_service_eur"] == 60 * 0.5 * (1 + 2)


def test_waiting_takes_its_share_of_the_true_worth_of_visits_made() -> None:
    """A fifth of C1's prize is lost by waiting (10 of 50), half of C2's: C2's door is closed, so nothing more is lost.
    C1 is truly worth 6 (20 % margin of 1,000, times 3 points) and 20 of growth: 5.20 are lost. Forecast: 3,000 each."""
    waits = plan()
    waits["stops"]["waited_eur"] = [10.0, 40.0]
    waits["rep_days"] = waits["rep_days"].assign(waited_eur=50.0, overtime_eur=7.0, border_eur=3.0)
    still, late = (truth.true_money_figures(SCENARIO, known(), each, planted()) for each in (plan(), waits))
    assert late["waited_eur"] == pytest.approx(5.2)
    assert still["net_value_eur"] - late["net_value_eur"] == pytest.approx(5.2 + 7 + 3)
    opened = plan("9:15")
    opened["stops"]["waited_eur"] = [10.0, 40.0]
    need = waits["requirement"]
    figures = truth.forecast_money_figures(SCENARIO, known(), opened, need)
    assert figures["waited_eur"] == pytest.approx(3000 * 0.2 + 3000 * 0.5)
