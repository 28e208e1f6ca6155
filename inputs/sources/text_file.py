"""Read a CSV as text, column by column: encoding, separator and decimal mark are told from the bytes."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from inputs.sources.raw import Raw, Unreadable
from scenarios.schema.data import Source

SEPARATORS = (",", ";", "\t")
SAMPLE_ROWS = 200
SAMPLE_CHARACTERS = 100_000  # below the 131,072 that the csv module allows for one cell
MAX_BLOCK_BYTES = 2**30
_POINT = re.compile(r"[+-]?\d*\.\d+")
_COMMA = re.compile(r"[+-]?\d+,\d+")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a]")
_UNUSED_IN_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


def unzipped(data: bytes) -> bytes:
    """The bytes of a file, unpacked if they are gzip's (told from their first two bytes, not from the name).

    Raises:
        Unreadable: packed, but broken.
    """
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise Unreadable(f"the gzip file is broken ({error}); write or copy it again") from None


def tell_encoding(data: bytes) -> str:
    """Encoding of `data`: utf-8-sig or utf-16 by mark, utf-16 by its zero bytes, utf-8 if valid, cp1252, latin-1."""
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    head = data[:2000]
    if len(head) >= 4 and head.count(0) > len(head) // 4:
        return "utf-16-le" if head[1::2].count(0) >= head[0::2].count(0) else "utf-16-be"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1" if _UNUSED_IN_CP1252.search(data) else "cp1252"
    return "utf-8"


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator)


def tell_separator(text: str) -> str:
    """The separator that splits the first rows into the most columns of equal number; comma if none does."""
    best, best_score = ",", (0.0, 0)
    for separator in SEPARATORS:
        rows = [row for row in _rows(text, separator) if row][:SAMPLE_ROWS]
        if not rows or len(rows[0]) < 2:
            continue
        alike = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
        if (alike, len(rows[0])) > best_score:
            best, best_score = separator, (alike, len(rows[0]))
    return best


def tell_decimal(text: str, separator: str) -> str:
    """Decimal mark: a comma if the first rows hold numbers with a comma and fewer with a point."""
    rows = list(_rows(text, separator))[1 : SAMPLE_ROWS + 1]
    cells = [cell.strip() for row in rows for cell in row]
    commas = sum(_COMMA.fullmatch(cell) is not None for cell in cells)
    points = sum(_POINT.fullmatch(cell) is not None for cell in cells)
    return "," if commas > points else "."


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except LookupError:
        raise Unreadable(f"the encoding {encoding!r} is not known; leave `encoding` out to have it told") from None
    except UnicodeDecodeError as error:
        raise Unreadable(f"it is not written in {encoding} ({error.reason} at byte {error.start})") from None


def _header(text: str, separator: str) -> list[str]:
    first = next((row for row in _rows(text, separator) if row), [])
    names = [name.strip() for name in first]
    if not any(names):
        raise Unreadable("it is empty: not even a line with the column names")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Unreadable(f"the column name {twice[0]!r} stands more than once in the first line")
    return names


def read_text(data: bytes, source: Source) -> Raw:
    """Every cell of a CSV as text; rows of the wrong length are returned apart.

    Args:
        data: the file's bytes, gzip allowed.
        source: `separator`, `decimal`, `encoding` win over what is told.

    Raises:
        Unreadable: empty, broken, or not in the encoding that the source names.
    """
    data = unzipped(data)
    encoding = source.encoding or tell_encoding(data)
    text = _decoded(data, encoding)
    if _CONTROL.search(text[:SAMPLE_CHARACTERS]):
        raise Unreadable("it is no text file; give a CSV, .csv.gz, .xlsx, .parquet, .geojson file or a Delta folder")
    text = text.removeprefix("\ufeff")
    content = text.encode("utf-8", errors="replace")
    sample = text[:SAMPLE_CHARACTERS]
    separator = source.separator or tell_separator(sample)
    if len(separator) != 1:
        raise Unreadable(f"the separator {separator!r} is not one character; write for example `separator: ';'`")
    decimal = source.decimal or tell_decimal(sample, separator)
    names = _header(sample, separator)
    ragged: list[tuple[int, str]] = []

    def set_aside(row: arrow_csv.InvalidRow) -> str:
        ragged.append((row.number - 1, row.text))
        return "skip"

    options = arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=True, invalid_row_handler=set_aside)
    try:
        table = arrow_csv.read_csv(
            io.BytesIO(content),
            # One block: a quoted cell of any length fits.
            read_options=arrow_csv.ReadOptions(
                use_threads=False,
                block_size=min(len(content) + 1, MAX_BLOCK_BYTES),
                column_names=names,
                skip_rows_after_names=1,
            ),
            parse_options=options,
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except pa.ArrowInvalid as error:
        raise Unreadable(f"it cannot be read as a table: {error}") from None
    told = [] if encoding in ("utf-8", "utf-8-sig") else [f"read as {encoding}"]
    if decimal == ",":
        told.append("read with a decimal comma")
    frame = table.to_pandas(types_mapper={pa.string(): pd.StringDtype("pyarrow", na_value=np.nan)}.get)
    numbers = np.setdiff1d(np.arange(1, len(frame) + len(ragged) + 1), [number for number, _ in ragged])
    return Raw(frame, pd.Series(numbers, dtype="int64"), tuple(ragged), decimal, tuple(told))
