import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
from deltalake import DeltaTable

from inputs.layers import lake

NOON = dt.datetime(2026, 1, 1, 12)


def bronze(store: Path, frame: pd.DataFrame, sha256: str) -> str:
    numbers = pd.Series(range(1, len(frame) + 1), dtype="int64")
    return lake.append_bronze(
        store, "customers", frame, row_numbers=numbers, sha256=sha256, label="crm.csv", loaded_at=NOON
    )


def test_bronze_is_append_only_and_takes_each_content_once(tmp_path: Path) -> None:
    """The same content twice is one load; a second content with another column is appended beside it."""
    first = pd.DataFrame({"customer_id": ["C1", "C2"], "note": pd.Series([None, " x "], dtype="str")})
    second = pd.DataFrame({"customer_id": ["C1"], "tickets": [2]})
    assert bronze(tmp_path, first, "a" * 64) == bronze(tmp_path, first, "a" * 64) == "a" * 16
    bronze(tmp_path, second, "b" * 64)
    bronze(tmp_path, first.iloc[:0], "c" * 64)
    table = DeltaTable(str(tmp_path / "lake" / "bronze" / "customers"))
    rows = table.to_pandas().sort_values(["_load_id", "_row"])
    assert rows["_load_id"].tolist() == ["a" * 16, "a" * 16, "b" * 16]
    assert rows["_row"].tolist() == [1, 2, 1]
    assert rows["tickets"].tolist()[-1] == "2"
    assert rows["_row_hash"].nunique() == 3
    assert table.version() == 1, "two appends and nothing else"


def test_gold_takes_each_content_once_and_gives_it_back(tmp_path: Path) -> None:
    """Two forecasts stand side by side; writing one again adds nothing; an unknown one has no rows."""
    one = pd.DataFrame({"day": pd.to_datetime(["1999-12-20"]), "calls": [5.5], "who": [("a", "b")], "what": ["x"]})
    two = one.assign(calls=[6.5])
    first, again, second = (lake.write_gold(tmp_path, "calls", frame) for frame in (one, one, two))
    assert first == again != second
    pd.testing.assert_frame_equal(lake.read_gold(tmp_path, "calls", first), one, check_dtype=False)
    assert len(DeltaTable(str(tmp_path / "lake" / "gold" / "calls")).to_pandas()) == 2
    assert lake.read_gold(tmp_path, "nothing", first).empty


def silver(store: Path, calls: float, key: str) -> None:
    frame = pd.DataFrame({"calls": [calls], "windows": pd.Series([((540, 660),)], dtype=object)})
    lake.write_silver(store, {"demand": frame}, {"demand": f"hash-{calls}"}, key=key, quality={"notes": [key]})


def test_silver_versions_stay_readable_and_equal_content_makes_no_new_one(tmp_path: Path) -> None:
    """Loads A, B, A again under a third key: two versions; each key reads its own."""
    for calls, key in ((1.0, "one"), (2.0, "two"), (1.0, "three")):
        silver(tmp_path, calls, key)
    assert DeltaTable(str(tmp_path / "lake" / "silver" / "demand")).version() == 1
    read = {key: lake.read_silver(tmp_path, key) for key in ("one", "two", "three")}
    assert [found[0]["demand"]["calls"].iloc[0] for found in read.values() if found] == [1.0, 2.0, 1.0]
    assert read["one"] is not None
    assert read["one"][0]["demand"]["windows"].tolist() == [((540, 660),)]
    assert read["one"][2] == {"notes": ["one"]}


@pytest.mark.parametrize("damage", ["load", "table"])
def test_a_damaged_silver_is_no_silver(tmp_path: Path, damage: str) -> None:
    """A broken entry or a lost table is the same as none: the load is made anew."""
    silver(tmp_path, 1.0, "one")
    folder = tmp_path / "lake" / "silver"
    if damage == "load":
        (folder / "_loads" / "one.json").write_text("{", encoding="utf-8")
    else:
        for file in (folder / "demand").glob("*.parquet"):
            file.unlink()
    assert lake.read_silver(tmp_path, "one") is None
    assert lake.read_silver(tmp_path, "never") is None


def test_rejects_are_kept_once_per_load(tmp_path: Path) -> None:
    """The same load twice keeps its rejects once; no rejects write nothing."""
    faults = pd.DataFrame({"table": ["t"], "row": [3], "column": ["c"], "reason": ["bad"], "value": ["x"]})
    path = lake.append_rejects(tmp_path, faults, key="k")
    assert lake.append_rejects(tmp_path, faults, key="k") == path
    lake.append_rejects(tmp_path, faults.iloc[:0], key="other")
    assert DeltaTable(str(path)).to_pandas()[["row", "_load_key"]].to_numpy().tolist() == [[3, "k"]]
