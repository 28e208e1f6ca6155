import datetime as dt
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from inputs.load import load_tables
from inputs.names import check_names
from inputs.types import Tables
from scenarios.loader import load_scenario
from scenarios.schema import Scenario

REAL_WEEK = Path(__file__).resolve().parents[3] / "shared" / "real_week"
pytestmark = [
    pytest.mark.real_week,
    pytest.mark.skipif(not REAL_WEEK.exists(), reason="../shared/real_week is not beside the checkout"),
]
NOON = dt.datetime(2026, 1, 1, 12)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario(REAL_WEEK / "week.yaml").scenario


@pytest.fixture(scope="module")
def tables(scenario: Scenario) -> Tables:
    return load_tables(scenario, store=None, loaded_at=NOON)


def test_the_known_faults_are_reported_and_no_row_is_lost(tables: Tables) -> None:
    """74 preferences without consent, 25 negative times in the menu, 85 answered calls of 0 seconds; no rejects."""
    found = {(one.table, one.check): one.rows for one in tables.quality.findings}
    assert found == {
        ("customers", "preference without consent"): 74,
        ("calls", "out of range"): 25,
        ("calls", "answered in no time"): 85,
    }
    counts = tables.quality.counts.set_index("table")
    assert (counts["bronze"] == counts["silver"] + counts["flagged"] + counts["rejected"]).all()
    assert counts["rejected"].sum() == 0
    assert counts["bronze"]["calls"] == 33_344
    assert counts["flagged"]["calls"] == 1750


def test_the_share_that_is_no_demand_agrees_with_a_second_method(scenario: Scenario, tables: Tables) -> None:
    """Phantoms, outbound calls and redials counted from the log with plain pandas."""
    log = pd.read_csv(REAL_WEEK / "data" / "calls.csv.gz", parse_dates=["arrived_at"])
    inbound = log[(log["outcome"] != "phantom") & (log["direction"] == "inbound")]
    known = inbound[inbound["caller_id"].notna()].sort_values(["caller_id", "queue", "arrived_at"])
    last = known.groupby(["caller_id", "queue"]).shift()
    near = (known["arrived_at"] - last["arrived_at"]) <= pd.Timedelta(minutes=30)
    redials = int((near & (last["outcome"] == "abandoned")).sum())
    assert int(tables.contacts["is_redial"].sum()) == redials == 425
    share = (len(inbound) - redials) / len(log)
    assert 1 - len(inbound) / len(log) == pytest.approx(0.04, abs=0.001), "4 % before redials"
    counted = pd.read_csv(REAL_WEEK / "data" / "call_counts.csv.gz")["calls_offered"]
    assert np.nansum(tables.demand["calls"]) == pytest.approx(counted.sum() * share)


def test_demand_has_every_interval_and_few_gaps(tables: Tables) -> None:
    """351 days of 48 half hours; feed failures such as 8 March 1999 are gaps; halves are kept."""
    demand = tables.demand
    assert len(demand) == 351 * 48
    assert demand["interval_start"].is_monotonic_increasing
    assert (demand["calls"].isna() == demand["is_gap"]).all()
    gaps = demand.loc[demand["is_gap"], "interval_start"]
    assert len(gaps) == 58
    assert pd.Timestamp("1999-03-08T12:00") in set(gaps)
    assert demand.loc[~demand["is_open"], "calls"].sum() / demand["calls"].sum() == pytest.approx(0.021, abs=0.001)


def test_handle_times_come_from_the_named_queues(tables: Tables) -> None:
    """Answered legs with a time of PS, NW, NE, IN and PE; TT is outbound."""
    log = pd.read_csv(REAL_WEEK / "data" / "calls.csv.gz")
    wanted = log[(log["outcome"] == "answered") & (log["handle_seconds"] > 0) & (log["queue"] != "TT")]
    assert len(tables.handled) == len(wanted)
    assert tables.handled["handle_seconds"].sum() == wanted["handle_seconds"].sum()


def test_every_name_of_the_week_exists_and_a_mistyped_one_is_found(tables: Tables) -> None:
    """week.yaml and two_reps_away.yaml know their reps; R99 does not exist."""
    for name in ("week.yaml", "two_reps_away.yaml"):
        assert check_names(load_scenario(REAL_WEEK / name).scenario, tables) == []
    wrong = load_scenario(REAL_WEEK / "week.yaml", ["reps.absent=[R99]"]).scenario
    assert [problem.key for problem in check_names(wrong, tables)] == ["reps.absent.0"]


def test_a_second_load_from_the_store_is_the_same_and_quick(scenario: Scenario, tables: Tables, tmp_path: Path) -> None:
    """Hashes agree between no store, a new store and silver read back; reading back takes well under a second."""
    first = load_tables(scenario, store=tmp_path, loaded_at=NOON)
    start = time.process_time()
    second = load_tables(scenario, store=tmp_path, loaded_at=NOON)
    seconds = time.process_time() - start
    assert dict(first.hashes) == dict(second.hashes) == dict(tables.hashes)
    assert seconds < 3, "three times the target, as other work may share the machine"
