"""Content hashes of values: equal values hash alike on every machine, whatever their identity or path.

Knows what passes between rooms: frames, series, arrays, frozen dataclasses, pydantic blocks, containers, scalars.
Files' paths are left out on purpose: what counts is what stood in them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel

from inputs.layers.content import content_hash as frame_hash

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("scenarios", "inputs", "forecasting", "solvers", "planner")
SCALARS = (bool, int, float, str, date, np.generic, pd.Timestamp)


def content_hash(*values: Any) -> str:
    """Hex digest (32 characters) of the values.

    Raises:
        TypeError: a value of a kind that does not travel between rooms.
    """
    digest = hashlib.blake2b(digest_size=16)
    for value in values:
        _feed(digest, value)
    return digest.hexdigest()


@cache
def code_hash() -> str:
    """Hex digest of the source files that decide a plan; a stage computed by other code is computed again."""
    digest = hashlib.blake2b(digest_size=16)
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*")):
            if path.suffix in {".py", ".sql", ".csv"}:
                digest.update(path.relative_to(ROOT).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def _feed(digest: Any, value: Any) -> None:
    """Add one value, led by its kind so that 1, "1" and [1] differ."""
    if value is None or isinstance(value, SCALARS):
        digest.update(f"{type(value).__name__}:{value!r};".encode())
    elif isinstance(value, Path):
        digest.update(b"path;")
    elif isinstance(value, pd.DataFrame):
        digest.update(frame_hash(value).encode())
    elif isinstance(value, (pd.Series, pd.Index)):
        digest.update(frame_hash(value.to_frame(name="0").reset_index()).encode())
    elif isinstance(value, np.ndarray):
        _feed_array(digest, value)
    else:
        _feed_container(digest, value)


def _feed_container(digest: Any, value: Any) -> None:
    """Add a value that holds others."""
    if isinstance(value, BaseModel):
        _feed_container(digest, {name: getattr(value, name) for name in type(value).model_fields})
    elif is_dataclass(value):
        digest.update(f"{type(value).__qualname__};".encode())
        _feed_container(digest, {f.name: getattr(value, f.name) for f in fields(value)})
    elif isinstance(value, Mapping):
        digest.update(f"map:{len(value)};".encode())
        for key in sorted(value, key=repr):
            _feed(digest, key)
            _feed(digest, value[key])
    elif isinstance(value, (set, frozenset, list, tuple)):
        items = sorted(value, key=repr) if isinstance(value, (set, frozenset)) else value
        digest.update(f"list:{len(value)};".encode())
        for item in items:
            _feed(digest, item)
    else:
        raise TypeError(f"no content hash for {type(value).__name__}")


def _feed_array(digest: Any, array: np.ndarray) -> None:
    """Add an array: shape, kind and bytes; arrays of objects by their texts."""
    digest.update(f"array:{array.shape}:{array.dtype};".encode())
    if array.dtype == object:
        digest.update(repr(array.tolist()).encode())
    else:
        digest.update(np.ascontiguousarray(array).tobytes())
