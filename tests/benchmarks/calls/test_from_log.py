"""From a raw call log to demand: by hand on a few rows, and on the real February where it is there."""

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.calls.from_log import by_day, contract_log, load_log, measure_log

CALLS = Path(__file__).resolve().parents[4] / "shared" / "data" / "calls"
LOG, COUNTS = CALLS / "technion_1999_feb_raw.csv.gz", CALLS / "technion_1999_6min.csv.gz"
REAL = pytest.mark.skipif(not LOG.exists(), reason="../shared/data/calls is not beside the checkout")
COLUMNS = ["customer_id", "type", "date", "vru_entry", "vru_time", "q_time", "outcome", "ser_time", "server"]


@pytest.fixture
def small(tmp_path: Path) -> tuple[Path, Path]:
    """Six rows: a redial after giving up, a phantom, a call-back, a negative time; the counts miss one call."""
    rows = [
        (7, "PS", 990201, "9:00:00", 5, 60, "HANG", 0, "NO_SERVER"),
        (7, "PS", 990201, "9:10:00", 5, 10, "AGENT", 200, "AG01"),
        (0, "PS", 990201, "9:20:00", -30, 0, "AGENT", 100, "AG02"),
        (0, "PS", 990201, "9:30:00", 1, 0, "PHANTOM", 0, "NO_SERVER"),
        (9, "TT", 990202, "9:40:00", 1, 0, "AGENT", 50, "AG01"),
        (8, "NW", 990202, "9:50:00", 3, 0, "AGENT", 80, "AG01"),
    ]
    pd.DataFrame(rows, columns=COLUMNS).to_csv(tmp_path / "log.csv", index=False)
    starts = ["1999-02-01 09:00:00", "1999-02-01 09:06:00", "1999-02-02 09:36:00"]
    pd.DataFrame({"timestamp": starts, "calls": [2.0, 1.0, 2.0]}).to_csv(tmp_path / "counts.csv", index=False)
    return tmp_path / "log.csv", tmp_path / "counts.csv"


def test_every_row_is_accounted_for(small: tuple[Path, Path]) -> None:
    """One call apart from the counts; one phantom, one call-back, one redial; nothing else is missing."""
    found = {row["series"]: row for row in measure_log(*small)}
    assert found["log against counts"]["calls"] == 1.0
    assert "0 rows rejected, 1 negative times emptied" in found["log against counts"]["note"]
    reasons = {key: row["calls"] for key, row in found.items() if key.startswith("left out")}
    assert reasons == {"left out: outbound": 1.0, "left out: phantom": 1.0, "left out: redial": 1.0}
    assert found["rows not accounted for"]["calls"] == 0.0
    assert found["redials: off"]["calls"] == 0.0
    assert found["redials: 30 min after abandoned, same queue"]["note"].startswith("25.0 % of inbound contacts")


@REAL
def test_february_is_the_same_in_both_files_and_demand_is_less_by_what_was_flagged() -> None:
    """28 days, 33,344 rows: bronze = counts day by day; silver = bronze - phantoms - call-backs - redials a day."""
    tables = load_log(LOG, {})
    bronze = by_day(contract_log(LOG).assign(arrived_at=lambda log: pd.to_datetime(log["arrived_at"])))
    counts = pd.read_csv(COUNTS, parse_dates=["timestamp"])
    february = counts[counts["timestamp"].dt.month == 2]
    entered = february.groupby(february["timestamp"].dt.normalize())["calls"].sum()
    assert bronze.to_numpy().tolist() == entered.to_numpy().tolist()
    assert tables.quality.rejects.empty
    assert len(tables.quality.emptied) == 25, "the negative times: the cell is emptied, the call stays"
    flagged = tables.calls[tables.calls["no_demand_reason"] != ""]
    assert flagged["no_demand_reason"].value_counts().to_dict() == {"outbound": 1047, "redial": 425, "phantom": 278}
    demand = by_day(tables.contacts[tables.contacts["is_demand"]])
    assert (bronze - by_day(flagged).reindex(bronze.index, fill_value=0)).tolist() == demand.tolist()
    assert any(note.startswith("redials: 425 of 32019 inbound contacts (1.3 %)") for note in tables.quality.notes)
