"""The layers on disk: Delta tables under `store/lake`, in which loading the same content twice adds nothing.

bronze/TABLE      every source as it came, as text, appended once per content (partition `_load_id`), never changed
bronze/_rejects   what the gates set aside or emptied, by load key
silver/TABLE      the cleaned tables; a new content is a new version of the Delta table, old versions stay readable
gold/NAME         forecasts, scores and decisions, appended once per content (partition `_content`)
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from inputs.gates.values import as_text
from inputs.layers.content import content_hash

TEXT = pd.StringDtype("pyarrow", na_value=np.nan)
_TEXT_TYPES = {pa.string(): TEXT, pa.large_string(): TEXT, pa.string_view(): TEXT}
LISTS = pa.list_(pa.string())
WINDOWS = pa.list_(pa.list_(pa.int64()))


def lake(store: Path) -> Path:
    """Folder of the layers within a store."""
    return store / "lake"


@contextlib.contextmanager
def _alone(store: Path) -> Iterator[None]:
    """Let one process at a time write to the lake."""
    lake(store).mkdir(parents=True, exist_ok=True)
    with (lake(store) / ".lock").open("w") as handle:
        with contextlib.suppress(ImportError):
            import fcntl  # not on Windows: there two writers at the same moment are not guarded

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _is_delta(path: Path) -> bool:
    return (path / "_delta_log").is_dir()


def _partitions(path: Path, name: str) -> set[str]:
    from deltalake import DeltaTable

    if not _is_delta(path):
        return set()
    return {str(partition[name]) for partition in DeltaTable(str(path)).partitions()}


def _append(path: Path, table: pa.Table, partition: str) -> None:
    from deltalake import write_deltalake

    write_deltalake(str(path), table, mode="append", schema_mode="merge", partition_by=[partition])


def append_bronze(
    store: Path,
    table: str,
    frame: pd.DataFrame,
    *,
    row_numbers: pd.Series,
    sha256: str,
    label: str,
    loaded_at: datetime,
) -> str:
    """Keep a source's rows as text; the same content again adds nothing.

    Args:
        frame: the raw frame, its columns as the source names them.
        row_numbers: 1-based data rows; sha256: of the source's content; label: the source's name.

    Returns:
        The load id: the first 16 digits of `sha256`.
    """
    load_id = sha256[:16]
    path = lake(store) / "bronze" / table
    with _alone(store):
        if load_id in _partitions(path, "_load_id"):
            return load_id
        texts = {
            str(name): pa.array(as_text(frame[name]), type=pa.string(), from_pandas=True) for name in frame.columns
        }
        hashes = pa.array([], type=pa.string())
        if texts and len(frame):
            joined = pc.binary_join_element_wise(
                *texts.values(), "\x1f", null_handling="replace", null_replacement="\x00"
            )
            hashes = pa.array([hashlib.sha256(row.encode()).hexdigest() for row in joined.to_pylist()])
        rows = len(frame)
        extra = {
            "_row": pa.array(row_numbers.to_numpy(), type=pa.int64()),
            "_row_hash": hashes,
            "_source": pa.array([label] * rows, type=pa.string()),
            "_loaded_at": pa.array([loaded_at.replace(tzinfo=None)] * rows, type=pa.timestamp("us")),
            "_load_id": pa.array([load_id] * rows, type=pa.string()),
        }
        if rows:
            _append(path, pa.table({**texts, **extra}), "_load_id")
    return load_id


def append_rejects(store: Path, faults: pd.DataFrame, *, key: str) -> Path:
    """Keep the rows that the gates set aside or emptied (table, row, column, reason, value) under a load key."""
    path = lake(store) / "bronze" / "_rejects"
    with _alone(store):
        if len(faults) and key not in _partitions(path, "_load_key"):
            keyed = faults.assign(_load_key=pd.Series([key] * len(faults), dtype="str", index=faults.index))
            _append(path, pa.Table.from_pandas(keyed, preserve_index=False), "_load_key")
    return path


def _to_arrow(frame: pd.DataFrame) -> pa.Table:
    columns = {}
    for name in frame.columns:
        cells = frame[name]
        if cells.dtype == object:
            pairs = name == "windows"
            columns[name] = pa.array(cells.tolist(), type=WINDOWS if pairs else LISTS)
        else:
            columns[name] = pa.array(cells, from_pandas=True)
    return pa.table(columns)


def _tuples(value: Any) -> Any:
    return tuple(_tuples(part) for part in value) if isinstance(value, list) else value


def _from_arrow(table: pa.Table) -> pd.DataFrame:
    frame: dict[str, pd.Series] = {}
    for name in table.column_names:
        column = table.column(name)
        if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
            cells = np.empty(len(column), dtype=object)
            cells[:] = [_tuples(value) for value in column.to_pylist()]
            frame[name] = pd.Series(cells, dtype=object)
        else:
            frame[name] = column.to_pandas(types_mapper=_TEXT_TYPES.get)
    return pd.DataFrame(frame)


def _version_with(path: Path, content: str) -> int | None:
    """The version of a silver table that holds a content; looks at the last versions only."""
    from deltalake import DeltaTable

    if not _is_delta(path):
        return None
    for entry in DeltaTable(str(path)).history(20):
        if entry.get("content") == content and "version" in entry:
            return int(entry["version"])
    return None


def write_silver(
    store: Path, frames: Mapping[str, pd.DataFrame], hashes: Mapping[str, str], *, key: str, quality: Mapping[str, Any]
) -> None:
    """Write each table as a new version unless it is there already, and remember the versions under the load key."""
    from deltalake import CommitProperties, DeltaTable, write_deltalake

    versions = {}
    with _alone(store):
        for name, frame in frames.items():
            path = lake(store) / "silver" / name
            version = _version_with(path, hashes[name])
            if version is None:
                properties = CommitProperties(custom_metadata={"content": hashes[name]})
                mode = {"mode": "overwrite", "schema_mode": "overwrite", "commit_properties": properties}
                write_deltalake(str(path), _to_arrow(frame), **mode)
                version = int(DeltaTable(str(path)).version())
            versions[name] = version
        entry = {"versions": versions, "hashes": dict(hashes), "quality": dict(quality)}
        target = lake(store) / "silver" / "_loads" / f"{key}.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        part.write_text(json.dumps(entry, ensure_ascii=False), encoding="utf-8")
        os.replace(part, target)


def read_silver(store: Path, key: str) -> tuple[dict[str, pd.DataFrame], dict[str, str], dict[str, Any]] | None:
    """(tables, hashes, quality) of an earlier load with the same key; None if there is none or it is damaged."""
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    target = lake(store) / "silver" / "_loads" / f"{key}.json"
    try:
        entry = json.loads(target.read_text(encoding="utf-8"))
        frames = {}
        for name, version in entry["versions"].items():
            table = DeltaTable(str(lake(store) / "silver" / name), version=version)
            frames[name] = _from_arrow(table.to_pyarrow_table())
            # Files of a large table may come in any order: then only the content itself tells that it is whole.
            if len(table.file_uris()) > 1 and content_hash(frames[name]) != entry["hashes"][name]:
                return None
    except (OSError, ValueError, KeyError, DeltaError, pa.ArrowException):
        return None
    return frames, entry["hashes"], entry["quality"]


def write_gold(store: Path, name: str, frame: pd.DataFrame) -> str:
    """Append a forecast, a score table or a decision to gold; the same content again adds nothing.

    Args:
        store: folder of the layers; name: table of gold, for example `call_forecast`.
        frame: any frame of numbers, texts, instants, booleans and tuples of text.

    Returns:
        The content hash under which `read_gold` finds it.
    """
    content = content_hash(frame)
    path = lake(store) / "gold" / name
    with _alone(store):
        if len(frame) and content not in _partitions(path, "_content"):
            table = _to_arrow(frame.reset_index(drop=True))
            table = table.append_column("_content", pa.array([content] * len(frame), type=pa.string()))
            _append(path, table, "_content")
    return content


def read_gold(store: Path, name: str, content: str) -> pd.DataFrame:
    """The frame that `write_gold` kept under `content`; without rows if there is none."""
    from deltalake import DeltaTable

    path = lake(store) / "gold" / name
    if not _is_delta(path):
        return pd.DataFrame()
    table = DeltaTable(str(path)).to_pyarrow_table(filters=[("_content", "=", content)])
    return _from_arrow(table.drop_columns(["_content"]))
