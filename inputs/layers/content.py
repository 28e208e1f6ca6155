"""The content hash of a frame: the same columns, types and values give the same hash on any machine."""

import hashlib

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


def _text_bytes(cells: pd.Series) -> bytes:
    """Texts with their lengths in bytes before them, -1 for a missing one, so that no two columns look alike."""
    texts = pa.array(cells, type=pa.string(), from_pandas=True)
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    lengths: np.ndarray = pc.fill_null(pc.binary_length(texts), -1).to_numpy(zero_copy_only=False).astype("<i8")
    # A list of its own has one buffer that holds the texts and nothing else.
    joined = pc.binary_join(pa.ListArray.from_arrays([0, len(texts)], pc.fill_null(texts, "")), "")
    content: bytes = joined[0].as_buffer().to_pybytes()
    return bytes(lengths.tobytes()) + content


def _column_bytes(cells: pd.Series) -> bytes:
    if pd.api.types.is_bool_dtype(cells.dtype):
        return cells.to_numpy(dtype=np.uint8).tobytes()
    if pd.api.types.is_datetime64_dtype(cells.dtype):
        return cells.to_numpy().astype("datetime64[us]").astype("<i8").tobytes()
    if pd.api.types.is_integer_dtype(cells.dtype):
        return cells.to_numpy(dtype="<i8").tobytes()
    if pd.api.types.is_float_dtype(cells.dtype):
        values = cells.to_numpy(dtype="<f8", na_value=np.nan) + 0.0  # -0.0 becomes 0.0
        return np.where(np.isnan(values), np.nan, values).tobytes()
    if isinstance(cells.dtype, pd.StringDtype):
        return _text_bytes(cells)
    return _text_bytes(cells.map(repr).astype("str"))


def content_hash(frame: pd.DataFrame) -> str:
    """sha256 of a frame's columns (names, kinds, values); the index does not count, the order of rows does."""
    digest = hashlib.sha256(str(len(frame)).encode())
    for name in frame.columns:
        cells = frame[name]
        digest.update(f"\x1e{name}\x1f{cells.dtype.kind}\x1f".encode())
        digest.update(_column_bytes(cells))
    return digest.hexdigest()
