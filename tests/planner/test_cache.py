"""Stage results: answered from plain files by content, computed again when anything changed or was damaged."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from planner.cache import StageCache
from planner.codec import read_value, write_value
from planner.progress import Silent
from solvers.outcome import Outcome, conclude
from solvers.types import Territories

CALLS: list[float] = []


def territories(workload: pd.DataFrame, *, factor: float) -> Territories:
    """A stage that counts how often it is computed."""
    CALLS.append(factor)
    assignment = workload.assign(minutes=workload["minutes"] * factor)
    return Territories(assignment, pd.DataFrame({"rep_id": ["R1"]}), outcome())


def outcome() -> Outcome:
    return conclude(stage="t", value=1.0, bound=None, unit="eur", maximise=True, method="m", seconds=0.5, notes=("n",))


def workload() -> pd.DataFrame:
    spans = [((540, 600), (900, 960)), ()]
    days = pd.to_datetime(["2026-03-02", None])
    return pd.DataFrame({"customer_id": ["ä", "b"], "minutes": [30.0, np.nan], "windows": spans, "day": days})


@pytest.fixture(autouse=True)
def _reset() -> None:
    CALLS.clear()


def test_second_call_is_answered_from_the_cache(tmp_path: Path) -> None:
    """The same inputs give the same value without computing; records say where it came from."""
    first = StageCache(tmp_path).run("territories", territories, workload(), factor=2.0)
    again = StageCache(tmp_path)
    value = again.run("territories", territories, workload(), factor=2.0)
    assert CALLS == [2.0]
    assert [record.source for record in again.records] == ["cache"]
    assert value.outcome == first.outcome
    pd.testing.assert_frame_equal(value.assignment, first.assignment)


def test_changed_inputs_are_computed(tmp_path: Path) -> None:
    """Another argument, or one other cell, is another stage."""
    cache = StageCache(tmp_path)
    cache.run("territories", territories, workload(), factor=2.0)
    cache.run("territories", territories, workload(), factor=3.0)
    cache.run("territories", territories, workload().assign(minutes=[31.0, np.nan]), factor=3.0)
    assert CALLS == [2.0, 3.0, 3.0]


@pytest.mark.parametrize("damage", ["truncate", "remove", "seal"])
def test_damaged_entries_are_computed_again(tmp_path: Path, damage: str) -> None:
    """A kept result that is not as it was written is never used."""
    StageCache(tmp_path).run("territories", territories, workload(), factor=2.0)
    entry = next(tmp_path.iterdir())
    if damage == "truncate":
        (entry / "0.parquet").write_bytes(b"PAR1")
    elif damage == "remove":
        (entry / "value.json").unlink()
    else:
        (entry / "sha256").unlink()
    cache = StageCache(tmp_path)
    cache.run("territories", territories, workload(), factor=2.0)
    assert CALLS == [2.0, 2.0]
    assert [record.source for record in cache.records] == ["computed"]
    assert StageCache(tmp_path).run("territories", territories, workload(), factor=2.0).outcome == outcome()
    assert CALLS == [2.0, 2.0]


def test_without_a_folder_nothing_is_kept(tmp_path: Path) -> None:
    """A cache without a folder computes every time."""
    for _ in range(2):
        StageCache().run("territories", territories, workload(), factor=1.0)
    assert CALLS == [1.0, 1.0]


def test_no_draft_is_left(tmp_path: Path) -> None:
    """Entries are renamed into place; no temporary folder stays."""
    StageCache(tmp_path).run("a stage", territories, workload(), factor=1.0)
    assert [path.name.split("-")[0] for path in tmp_path.iterdir()] == ["a_stage"]


def test_codec_keeps_arrays_maps_and_scalars(tmp_path: Path) -> None:
    """Arrays keep their kind and shape, tuples and sets come back as such."""
    value = {
        "a": np.arange(6, dtype=np.float32).reshape(2, 3),
        "b": (1, None, "x"),
        "c": frozenset({"q"}),
        "d": np.int64(3),
    }
    write_value(tmp_path, value)
    back = read_value(tmp_path)
    assert back["a"].dtype == np.float32
    assert back["a"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert (back["b"], back["c"], back["d"]) == ((1, None, "x"), frozenset({"q"}), 3)


def test_codec_builds_no_foreign_classes(tmp_path: Path) -> None:
    """A file that names a class outside the rooms is refused: reading a result runs no foreign code."""
    (tmp_path / "value.json").write_text('{"kind": "subprocess:Popen", "fields": {"args": "ls"}}')
    with pytest.raises(ValueError, match="no room of Muster"):
        read_value(tmp_path)


def test_codec_refuses_what_results_do_not_hold(tmp_path: Path) -> None:
    """An unknown kind is an error when it is written, not when it is missed."""
    with pytest.raises(TypeError, match="no plain form for object"):
        write_value(tmp_path, object())


class Heard(Silent):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[tuple[object, ...]] = []

    def better(self, stage: str, *, value: float, bound: float | None, unit: str) -> None:
        self.lines.append((stage, value, bound, unit))

    def done(self, stage: str, *, source: str, seconds: float, note: str = "") -> None:
        self.lines.append((stage, source, note))


def watched(
    number: int, *, effort: str, time_limit_seconds: float, stop: object = None, watch: object = None
) -> Territories:
    """A search that tells two values on the way."""
    assert callable(watch)
    watch(10.0 * number, 50.0)
    watch(20.0 * number, None)
    return Territories(workload(), workload(), conclude(
        stage="routing", value=40.0, bound=50.0, unit="EUR", maximise=True, method="", seconds=0.0,
    ))  # fmt: skip


def test_a_search_tells_its_progress_and_how_it_ended(tmp_path: Path) -> None:
    """Values while it runs, value and gap at its end; from the cache the end only, under the same key."""
    heard = Heard()
    for _ in range(2):
        StageCache(tmp_path, heard).search("routes 1", watched, 1, effort="quick", time_limit_seconds=9.0)
    assert heard.lines == [
        ("routes 1", 10.0, 50.0, "EUR"),
        ("routes 1", 20.0, None, "EUR"),
        ("routes 1", "computed", "40 EUR, gap 25.00 %"),
        ("routes 1", "cache", "40 EUR, gap 25.00 %"),
    ]
