import json
import sqlite3
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from deltalake import write_deltalake

from inputs.sources.open import open_source
from inputs.sources.raw import Raw, Unreadable
from scenarios.schema import Source

FRAME = pd.DataFrame({"customer_id": ["C1", "C2"], "latitude": [41.5, 41.25], "open_tickets": [1, 0]})
SQUARE = [[[2.0, 41.0], [2.1, 41.0], [2.1, 41.1], [2.0, 41.1], [2.0, 41.0]]]


def read(**source: Any) -> Raw:
    return open_source(Source.model_validate(source)).read()


def test_a_workbook_sheet(tmp_path: Path) -> None:
    """A named sheet; empty rows are left out but counted; columns without a name are left out."""
    book = tmp_path / "crm.xlsx"
    rows = pd.DataFrame([["customer_id", None, "latitude"], ["C1", "x", 41.5], [None] * 3, ["C2", "y", 41.25]])
    with pd.ExcelWriter(book) as writer:
        rows.to_excel(writer, sheet_name="Accounts", header=False, index=False)
        pd.DataFrame().to_excel(writer, sheet_name="Nothing", header=False, index=False)
    raw = read(path=book, sheet="Accounts")
    assert raw.frame.to_numpy().tolist() == [["C1", 41.5], ["C2", 41.25]]
    assert raw.row_numbers.tolist() == [1, 3]
    with pytest.raises(Unreadable, match="no sheet 'Leads'; its sheets are Accounts, Nothing"):
        read(path=book, sheet="Leads")
    with pytest.raises(Unreadable, match="'Nothing' is empty"):
        read(path=book, sheet="Nothing")
    twice = tmp_path / "twice.xlsx"
    pd.DataFrame([["a", "a"], [1, 2]]).to_excel(twice, header=False, index=False)
    with pytest.raises(Unreadable, match="'a' stands more than once"):
        read(path=twice)


def test_parquet_and_delta_keep_their_types(tmp_path: Path) -> None:
    """The same frame from both; the hash tells content, not place."""
    FRAME.to_parquet(tmp_path / "a.parquet")
    write_deltalake(str(tmp_path / "one"), FRAME)
    for source in (tmp_path / "a.parquet", tmp_path / "one"):
        pd.testing.assert_frame_equal(read(path=source).frame, FRAME, check_dtype=False)
    (tmp_path / "b.parquet").write_bytes((tmp_path / "a.parquet").read_bytes())
    hashes = {
        open_source(Source.model_validate({"path": tmp_path / name})).sha256 for name in ("a.parquet", "b.parquet")
    }
    assert len(hashes) == 1


def test_a_database_table_and_a_query(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Table and query of SQLite; the hash follows the rows; no password is shown."""
    path = tmp_path / "crm.db"
    with sqlite3.connect(path) as connection:
        FRAME.to_sql("accounts", connection, index=False)
    connection.close()
    url = f"sqlite:///{path}"
    assert read(url=url, table="accounts").frame.to_numpy().tolist() == FRAME.to_numpy().tolist()
    query = "SELECT customer_id FROM accounts WHERE open_tickets > 0"
    assert read(url=url, query=query).frame["customer_id"].tolist() == ["C1"]
    with pytest.raises(Unreadable, match="no such table: leads"):
        read(url=url, table="leads")
    with pytest.raises(Unreadable, match="does not exist"):
        read(url=f"sqlite:///{tmp_path}/no.db", table="accounts")
    with pytest.raises(Unreadable, match="no database address"):
        read(url="crm.db", table="accounts")
    monkeypatch.delenv("CRM_PASSWORD", raising=False)
    with pytest.raises(Unreadable, match="CRM_PASSWORD"):
        read(url=url, table="accounts", password_env="CRM_PASSWORD")


def test_a_password_stays_out_of_every_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database driver that fails with the password in its text does not leak it."""
    monkeypatch.setenv("CRM_PASSWORD", "s3cret")
    with pytest.raises(Unreadable) as caught:
        read(url="nonsense_s3cret://me@host/crm", table="t", password_env="CRM_PASSWORD")
    assert "s3cret" not in str(caught.value)


def test_areas_of_a_geojson(tmp_path: Path) -> None:
    """Key and name properties; a bow tie is repaired; a point is no area; other properties stay."""
    bow_tie = [[[0.0, 0.0], [2.0, 2.0], [2.0, 0.0], [0.0, 2.0], [0.0, 0.0]]]
    features = [
        {
            "properties": {"barri": "01", "nom": "el Raval", "n": 1},
            "geometry": {"type": "Polygon", "coordinates": SQUARE},
        },
        {"properties": {"barri": "02"}, "geometry": {"type": "Polygon", "coordinates": bow_tie}},
        {"properties": {"barri": "03"}, "geometry": {"type": "Point", "coordinates": [2, 41]}},
        {"properties": {"barri": "04"}, "geometry": {"type": "Polygon", "coordinates": [["x"]]}},
    ]
    path = tmp_path / "areas.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    frame = read(path=path, key="barri", name="nom").frame
    assert frame["key"].tolist() == ["01", "02", "03", "04"]
    assert frame["name"].tolist()[:2] == ["el Raval", "02"]
    assert frame["geometry"].str.slice(0, 7).tolist()[:2] == ["POLYGON", "MULTIPO"]
    assert frame["geometry"].isna().tolist() == [False, False, True, True]
    assert frame["n"].tolist()[0] == "1"
    with pytest.raises(
        Unreadable, match="names no property that is the area's key; write `key:` with one of barri, n, nom"
    ):
        read(path=path)
    with pytest.raises(Unreadable, match="has no property 'code'"):
        read(path=path, key="code")
    with pytest.raises(Unreadable, match="has no property 'title'"):
        read(path=path, key="barri", name="title")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.csv", None, "No such file"),
        ("a.xlsx", b"no zip", "no workbook"),
        ("a.parquet", b"no parquet", "no Parquet file"),
        ("a.geojson", b"{", "no valid JSON"),
        ("a.json", b"[1]", "no GeoJSON FeatureCollection"),
        ("a.xls", b"", "save it as .xlsx"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    """Each kind of file says what is wrong with it."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(Unreadable, match=message):
        read(path=tmp_path / name)


def test_folders_that_are_no_delta_table(tmp_path: Path) -> None:
    """A plain folder, and one whose log is empty."""
    with pytest.raises(Unreadable, match="no Delta table"):
        read(path=tmp_path)
    (tmp_path / "_delta_log").mkdir()
    with pytest.raises(Unreadable, match="no Delta table that can be read"):
        read(path=tmp_path)
