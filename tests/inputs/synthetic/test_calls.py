"""Calls: the planted rate fits the contracts and the log keeps it; redials, transfers, phantoms, gap are there."""

import math
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest

from inputs.synthetic import Company, make_company
from inputs.synthetic.call_rates import INTERVAL_MINUTES, CallRates, agents_needed, make_rates
from inputs.synthetic.words import generator

AS_OF = date(2026, 3, 6)


@cache
def company() -> Company:
    return make_company("calls", customers=400, reps=2, agents=60, seed=7)


@cache
def rates() -> CallRates:
    hours = float(company().tables["agents"]["contract_hours_per_week"].sum())
    return make_rates(
        generator(7, "rates"), queues=("service", "sales", "technical"), contract_hours=hours, as_of=AS_OF
    )


def erlang_c_agents(calls_per_interval: float, handle_seconds: float) -> int:
    """Fewest agents that answer 80 % in 20 s at an occupancy of at most 88 %, by the sum over states in logarithms."""
    load = calls_per_interval * handle_seconds / (60 * INTERVAL_MINUTES)
    agents = max(1, math.ceil(load / 0.88))
    while True:
        terms = [math.exp(k * math.log(load) - math.lgamma(k + 1)) for k in range(agents)]
        queue = math.exp(agents * math.log(load) - math.lgamma(agents + 1)) * agents / (agents - load)
        waits = queue / (sum(terms) + queue)
        if 1 - waits * math.exp(-(agents - load) * 20 / handle_seconds) >= 0.80:
            return agents
        agents += 1


@pytest.mark.parametrize("agents", [20, 60, 200])
def test_planned_week_fills_the_contracts(agents: int) -> None:
    """Erlang C at 80/20 asks for 80 to 86 % of the contract hours after shrinkage, whatever the centre's size."""
    made = company() if agents == 60 else make_company("sizes", customers=5, reps=0, agents=agents, seed=1)
    truth = made.truth["calls"]
    week = truth[truth["interval_start"].between("2026-03-09", "2026-03-15 23:59") & (truth["calls_rate"] > 0)]
    hours = sum(
        erlang_c_agents(rate, seconds) / 2
        for rate, seconds in zip(week["calls_rate"], week["handle_seconds_mean"], strict=True)
    )
    assert 0.80 <= hours / 0.88 / made.tables["agents"]["contract_hours_per_week"].sum() <= 0.86


def test_agents_needed_by_a_second_method() -> None:
    """The recursion agrees with the sum over states from a twentieth of an erlang to the last exact load."""
    erlangs = np.array([0.05, 0.3, 1.0, 2.5, 7.0, 20.0, 45.0, 60.0])
    seconds = np.full(len(erlangs), 400.0)
    by_sum = [erlang_c_agents(load * 1800 / 400, 400.0) for load in erlangs]
    assert agents_needed(erlangs, seconds).tolist() == by_sum
    assert agents_needed(np.array([880.0]), np.array([400.0])).tolist() == [1000.0]


def test_truth_covers_the_next_fourteen_days() -> None:
    """Three queues x 14 days x 48 half-hours, nothing outside opening hours, nothing negative."""
    truth = company().truth["calls"]
    assert len(truth) == 3 * 14 * 48
    assert truth["interval_start"].min() == pd.Timestamp("2026-03-07")
    closed = truth["interval_start"].dt.day_of_week.eq(6) | ~truth["interval_start"].dt.hour.between(8, 19)
    assert (truth.loc[closed, "calls_rate"] == 0).all()
    assert (truth.loc[truth["interval_start"].eq("2026-03-09 11:00"), "calls_rate"] > 0).all()


def test_fresh_calls_keep_the_planted_rate() -> None:
    """First legs beyond the planted rate are redials: 25 to 60 % of the abandoned calls; queues keep their shares."""
    log = company().tables["calls"]
    inbound = log[(log["direction"] == "inbound") & (log["outcome"] != "phantom") & (log["transferred_from"] == "")]
    gone = inbound[inbound["outcome"] == "abandoned"]
    slots = rates().rates[:, : rates().past]
    gap = rates().starts[: rates().past]
    missing = (gap >= np.datetime64("2026-01-27T12:00")) & (gap < np.datetime64("2026-01-29"))
    expected = slots[:, ~missing].sum()
    redials = len(inbound) - expected
    assert 0.25 * len(gone) < redials < 0.6 * len(gone)
    by_queue = inbound["queue"].value_counts(normalize=True).sort_index()
    planned = pd.Series(slots.sum(axis=1) / slots.sum(), index=rates().queues).sort_index()
    assert (by_queue - planned).abs().max() < 0.02


def test_handle_times_have_the_planted_mean() -> None:
    """Answered legs of a queue last as long as the truth says, within 3 %, evenings ten percent longer."""
    log = company().tables["calls"]
    answered = log[(log["direction"] == "inbound") & (log["outcome"] == "answered")]
    weights = rates().rates[:, : rates().past]
    planned = (rates().leg_seconds()[:, : rates().past] * weights).sum(axis=1) / weights.sum(axis=1)
    for queue, seconds in zip(rates().queues, planned, strict=True):
        assert answered.loc[answered["queue"] == queue, "handle_seconds"].mean() == pytest.approx(seconds, rel=0.03)


def test_contact_seconds_by_hand() -> None:
    """All legs of a contact: the fixed point c = l + P c, written out for each queue."""
    legs, contact, passed = rates().leg_seconds()[:, 0], rates().contact_seconds()[:, 0], rates().transfer()
    for queue in range(3):
        assert contact[queue] == pytest.approx(legs[queue] + passed[queue] @ contact)


def test_transfers_point_to_the_earlier_leg() -> None:
    """The earlier leg exists, was answered, has the same caller (where known) and ended when the next one began."""
    log = company().tables["calls"]
    later = log[log["transferred_from"] != ""]
    pairs = later.merge(log, left_on="transferred_from", right_on="call_id", suffixes=("", "_before"))
    lost = len(later) - len(pairs)
    assert lost <= 5  # at the edges of the feed gap
    assert 0.04 < len(pairs) / len(log) < 0.08
    assert (pairs["outcome_before"] == "answered").all()
    known = (pairs["caller_id"] != "") & (pairs["caller_id_before"] != "")
    assert (pairs["caller_id"] == pairs["caller_id_before"])[known].all()
    seconds = (pairs["arrived_at"] - pairs["arrived_at_before"]).dt.total_seconds()
    assert (seconds == pairs["wait_seconds_before"] + pairs["handle_seconds_before"]).all()
    assert (pairs["queue"] != pairs["queue_before"]).all()


def test_redials_follow_abandoned_calls() -> None:
    """By the scenario's rule (30 minutes, same queue, after an abandoned one) 30 to 45 % of lost callers ring again."""
    log = company().tables["calls"]
    log = log[(log["direction"] == "inbound") & (log["outcome"] != "phantom") & (log["caller_id"] != "")]
    log = log.sort_values(["caller_id", "queue", "arrived_at"])
    same = log["caller_id"].eq(log["caller_id"].shift()) & log["queue"].eq(log["queue"].shift())
    soon = log["arrived_at"] - log["arrived_at"].shift() <= pd.Timedelta(minutes=30)
    redials = same & soon & (log["outcome"].shift() == "abandoned")
    abandoned = (log["outcome"] == "abandoned").sum()
    assert 0.30 < redials.sum() / abandoned < 0.45
    assert 0.02 < abandoned / len(log) < 0.08


def test_faults_of_a_real_switch() -> None:
    """Phantoms, outbound rows, missing callers in their shares; a feed gap of 36 hours that is no closing time."""
    log = company().tables["calls"]
    assert (log["outcome"] == "phantom").mean() == pytest.approx(0.0115, abs=0.001)
    assert (log["direction"] == "outbound").mean() == pytest.approx(0.038, abs=0.002)
    assert (log["caller_id"] == "").mean() == pytest.approx(0.041, abs=0.003)
    assert not log["arrived_at"].between("2026-01-27 12:00", "2026-01-28 23:59:59").any()
    assert log["arrived_at"].is_monotonic_increasing
    day_before = log["arrived_at"].between("2026-01-26 00:00", "2026-01-26 23:59")
    assert day_before.sum() > 500


def test_weekday_holiday_and_campaign_pattern() -> None:
    """Mondays above Fridays, a holiday a quarter of its day, the known campaign lifts sales by 5 % a thousand."""
    planned = rates()
    daily = (
        pd.DataFrame(planned.rates.T, index=pd.DatetimeIndex(planned.starts), columns=list(planned.queues))
        .resample("D")
        .sum()
    )
    total = daily["service"]
    assert total["2026-03-16"] / total["2026-03-20"] == pytest.approx(1.20 / 0.88, rel=0.01)
    assert total["2025-12-08"] / total["2025-12-01"] == pytest.approx(0.25, rel=0.01)  # Immaculate Conception
    coming = planned.campaigns[planned.campaigns["date"] > "2026-03-06"]
    assert len(coming) == 3
    assert (coming["known_from"] <= "2026-03-06").all()
    first = coming.iloc[0]
    lift = daily["sales"] / daily["service"]
    assert lift[first["date"]] / lift["2026-03-16"] == pytest.approx(1 + 0.05 * first["value"], rel=1e-6)


def test_agents_answer_queues_that_they_serve() -> None:
    """Who took a call has the queue among the own ones; nobody took an abandoned one."""
    tables = company().tables
    serves = tables["agents"].set_index("agent_id")["queues"].str.split("|")
    answered = tables["calls"][tables["calls"]["outcome"] == "answered"]
    pairs = answered[["agent_id", "queue"]].drop_duplicates()
    assert all(queue in serves[agent] for agent, queue in pairs.itertuples(index=False))
    assert (tables["calls"].loc[tables["calls"]["outcome"] != "answered", "agent_id"] == "").all()
