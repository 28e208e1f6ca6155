"""Open a table's source, whatever it is: the content hash at once, the rows when asked for."""

import hashlib
import io
import os
import zipfile
from pathlib import Path

import pandas as pd

from inputs.sources.areas_file import read_areas
from inputs.sources.database import open_database
from inputs.sources.raw import Opened, Raw, Unreadable, as_raw
from inputs.sources.text_file import read_text
from scenarios.schema.data import Source

_WORKBOOKS = (".xlsx", ".xlsm")
_PARQUET = (".parquet", ".pq")
_GEOJSON = (".geojson", ".json")
_FOREIGN = {".xls": "save it as .xlsx", ".shp": "write it as GeoJSON", ".gpkg": "write it as GeoJSON"}


def _read_workbook(data: bytes, source: Source) -> Raw:
    try:
        book = pd.ExcelFile(io.BytesIO(data), engine="openpyxl")
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise Unreadable(f"it is no workbook that can be opened ({error})") from None
    with book:
        names = [str(name) for name in book.sheet_names]
        sheet = source.sheet or names[0]
        if sheet not in names:
            raise Unreadable(f"it has no sheet {sheet!r}; its sheets are {', '.join(names)}")
        cells = pd.read_excel(book, sheet_name=sheet, header=None, dtype=object)
    if cells.empty:
        raise Unreadable(f"its sheet {sheet!r} is empty: not even a row with the column names")
    header = [str(name).strip() for name in cells.iloc[0]]
    twice = sorted({name for name in header if header.count(name) > 1 and name != "nan"})
    if twice:
        raise Unreadable(f"the column name {twice[0]!r} stands more than once in the first row of {sheet!r}")
    named = [place for place, name in enumerate(header) if name != "nan"]
    frame = cells.iloc[1:, named].reset_index(drop=True)
    frame.columns = pd.Index([header[place] for place in named])
    filled = frame.notna().any(axis=1)
    numbers = pd.Series(range(1, len(frame) + 1), dtype="int64")[filled].reset_index(drop=True)
    return Raw(frame=frame[filled].reset_index(drop=True), row_numbers=numbers)


def _read_parquet(data: bytes) -> Raw:
    import pyarrow as pa

    try:
        return as_raw(pd.read_parquet(io.BytesIO(data)).reset_index(drop=True))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Unreadable(f"it is no Parquet file that can be read ({str(error).splitlines()[0]})") from None


def _open_delta(path: Path) -> Opened:
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    try:
        table = DeltaTable(str(path))
        frame = table.to_pandas().reset_index(drop=True)
    except (DeltaError, OSError) as error:
        raise Unreadable(f"it is no Delta table that can be read ({str(error).splitlines()[0]})") from None
    digest = hashlib.sha256()
    for file in sorted(Path(uri.removeprefix("file://")).relative_to(path) for uri in table.file_uris()):
        digest.update(str(file).encode() + (path / file).read_bytes())
    return Opened(path.name, str(path), digest.hexdigest(), lambda: as_raw(frame))


def _reader(suffix: str, data: bytes, source: Source) -> Raw:
    if suffix in _WORKBOOKS:
        return _read_workbook(data, source)
    if suffix in _PARQUET:
        return _read_parquet(data)
    if suffix in _GEOJSON:
        return read_areas(data, source)
    return read_text(data, source)


def open_source(source: Source) -> Opened:
    """Open a file, a Delta folder or a database.

    Returns:
        The source with its content hash; `read()` parses it and may raise `Unreadable` too.

    Raises:
        Unreadable: it is not there or cannot be opened.
    """
    if source.path is None:
        return open_database(source)
    path = Path(source.path)
    if path.is_dir():
        if not (path / "_delta_log").is_dir():
            raise Unreadable("it is a folder but no Delta table; name the file in it")
        return _open_delta(path)
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    if suffix in _FOREIGN:
        raise Unreadable(f"files of type {suffix} are not read; {_FOREIGN[suffix]}")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"{os.strerror(error.errno or 2)}: {path}") from None
    return Opened(path.name, str(path), hashlib.sha256(data).hexdigest(), lambda: _reader(suffix, data, source))
