"""Transfers of a synthetic company: the first touch owns the demand, each leg keeps its work, and it is planned for."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting.calls.handle import mean_handle_times
from inputs.load import load_tables
from inputs.synthetic import make_company, write_company
from inputs.types import Tables
from scenarios.loader import load_scenario


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder: Path = tmp_path_factory.mktemp("company") / "x"
    file = write_company(make_company("x", customers=60, reps=2, agents=30, seed=5), folder)
    return load_tables(load_scenario(file, []).scenario, store=None, loaded_at=datetime(2026, 1, 1))


def test_the_first_touch_owns_the_demand(tables: Tables) -> None:
    """A contact stands in the queue of its first leg; legs passed on are flagged and add no contact."""
    calls = tables.calls
    passed = calls["no_demand_reason"] == "transferred"
    assert passed.sum() > 100
    assert calls.loc[passed, "transferred_from"].notna().all()
    assert not set(calls.loc[passed, "call_id"]) & set(tables.contacts["call_id"])
    queue_of = calls.set_index("call_id")["queue"]
    assert (queue_of.loc[tables.contacts["call_id"]].to_numpy() == tables.contacts["queue"].to_numpy()).all()
    demand = (calls["no_demand_reason"] == "").sum()
    assert demand == tables.contacts["is_demand"].sum()


def test_each_leg_keeps_its_work_in_its_own_queue(tables: Tables) -> None:
    """Seconds by queue are those of the answered inbound legs of that queue, passed on or not."""
    calls = tables.calls
    mine = calls[(calls["outcome"] == "answered") & ~calls["no_demand_reason"].isin(["phantom", "test", "outbound"])]
    assert tables.handled.groupby("queue")["handle_seconds"].sum().to_dict() == pytest.approx(
        mine.groupby("queue")["handle_seconds"].sum().to_dict()
    )
    first = tables.handled[tables.handled["is_first_leg"]].groupby("queue").size()
    assert first.to_dict() == mine[mine["no_demand_reason"] != "transferred"].groupby("queue").size().to_dict()


def test_the_handle_time_of_a_call_carries_the_work_of_legs_passed_on(tables: Tables) -> None:
    """First legs x handle time = the seconds of all legs, within what weights of age and prior move (3 %)."""
    queues = tuple(sorted(tables.handled["queue"].unique()))
    last = pd.Timestamp(tables.handled["arrived_at"].max()).date()
    seconds = mean_handle_times(tables.handled, queues=queues, as_of=last).seconds
    for q, queue in enumerate(queues):
        legs = tables.handled[tables.handled["queue"] == queue]
        first = legs[legs["is_first_leg"]]
        planned = np.bincount(first["arrived_at"].dt.hour, minlength=24) @ seconds[q]
        assert planned == pytest.approx(legs["handle_seconds"].sum(), rel=0.03)
        assert legs["handle_seconds"].sum() > 1.01 * first["handle_seconds"].sum()
