"""Keeps stage results as plain files, never as pickle: JSON for the shape, Parquet for frames, NPY for arrays."""

import importlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROOMS = ("inputs", "forecasting", "solvers", "planner")


def write_value(folder: Path, value: Any) -> None:
    """Write a frozen dataclass (or a container of them) into an existing empty folder.

    Raises:
        TypeError: a kind of value that stage results do not hold.
    """
    shape = _encode(value, folder, count())
    (folder / "value.json").write_text(json.dumps(shape), encoding="utf-8")


def read_value(folder: Path) -> Any:
    """What `write_value` wrote.

    Raises:
        ValueError, OSError: the folder is incomplete or was changed.
    """
    return _decode(json.loads((folder / "value.json").read_text(encoding="utf-8")), folder)


def _encode(value: Any, folder: Path, numbers: Iterator[int]) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, pd.DataFrame):
        name = f"{next(numbers)}.parquet"
        tuples = [str(column) for column in value.columns if value[column].dtype == object]
        value.reset_index(drop=True).to_parquet(folder / name)
        return {"frame": name, "tuples": tuples}
    if isinstance(value, np.ndarray):
        name = f"{next(numbers)}.npy"
        np.save(folder / name, value, allow_pickle=False)
        return {"array": name}
    if is_dataclass(value):
        kind = f"{type(value).__module__}:{type(value).__qualname__}"
        content = {f.name: _encode(getattr(value, f.name), folder, numbers) for f in fields(value)}
        return {"kind": kind, "fields": content}
    if isinstance(value, Mapping):
        return {"map": [[_encode(k, folder, numbers), _encode(v, folder, numbers)] for k, v in value.items()]}
    if isinstance(value, (tuple, list)):
        return {"tuple": [_encode(item, folder, numbers) for item in value]}
    if isinstance(value, frozenset):
        return {"set": sorted(value)}
    raise TypeError(f"no plain form for {type(value).__name__}")


def _decode(shape: Any, folder: Path) -> Any:
    if not isinstance(shape, dict):
        return shape
    if "frame" in shape:
        frame = pd.read_parquet(folder / shape["frame"])
        return frame.assign(**{name: frame[name].map(_as_tuple).astype(object) for name in shape["tuples"]})
    if "array" in shape:
        return np.load(folder / shape["array"], allow_pickle=False)
    if "kind" in shape:
        module, name = shape["kind"].split(":")
        if module.split(".")[0] not in ROOMS:
            raise ValueError(f"{module} is no room of Muster")
        kind = getattr(importlib.import_module(module), name)
        return kind(**{key: _decode(item, folder) for key, item in shape["fields"].items()})
    if "map" in shape:
        return {_decode(k, folder): _decode(v, folder) for k, v in shape["map"]}
    if "tuple" in shape:
        return tuple(_decode(item, folder) for item in shape["tuple"])
    if "set" in shape:
        return frozenset(shape["set"])
    raise ValueError("unknown shape")


def _as_tuple(value: Any) -> Any:
    return tuple(_as_tuple(item) for item in value) if isinstance(value, (np.ndarray, list)) else value
