"""Writes a synthetic company to a folder: data/, truth/, week.yaml and the what-ifs beside it, byte for byte alike."""

import gzip
import io
import json
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from inputs.synthetic.company import Company
from inputs.synthetic.geography import feature_collection
from inputs.synthetic.scenario_text import data_file
from scenarios.errors import UsageError

TRUTH_TEXT = Path(__file__).with_name("truth.md")
WEEK = "week.yaml"


def write_company(company: Company, folder: Path, *, overwrite: bool = False) -> Path:
    """Write all files below `folder` and return the path of its week.yaml, which is written last.

    Raises:
        UsageError: there is a week.yaml already (it may hold a planner's work) and `overwrite` is not set, or the
            folder cannot be written.
    """
    week = folder / WEEK
    if week.exists() and not overwrite:
        raise UsageError(f"{week} exists; choose another name, or remove it first")
    try:
        for part in ("data", "truth"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        for path, content in company_files(company).items():
            (folder / path).write_bytes(content)
    except OSError as error:
        raise UsageError(f"{error.filename or folder} cannot be written: {error.strerror}") from error
    return week


def company_files(company: Company) -> dict[str, bytes]:
    """Relative path -> content of every file of a company; week.yaml comes last."""
    files = {
        data_file(name): csv_bytes(frame, packed=data_file(name).endswith(".gz"))
        for name, frame in company.tables.items()
        if name != "areas" and not frame.empty
    }
    areas = [
        ({"name": name, "key": key}, shape)
        for name, key, shape in company.tables["areas"].itertuples(index=False, name=None)
    ]
    files[data_file("areas")] = _geojson(areas)
    if company.no_go:
        files["data/no_go.geojson"] = _geojson([({"name": name}, area) for name, area in company.no_go.items()])
    files |= {f"truth/{name}.csv.gz": csv_bytes(frame, packed=True) for name, frame in company.truth.items()}
    files["truth/truth.md"] = TRUTH_TEXT.read_bytes()
    files |= {name: text.encode() for name, text in company.what_ifs.items()}
    files[WEEK] = company.scenario_yaml.encode()
    return files


def _geojson(rows: list) -> bytes:
    return json.dumps(feature_collection(rows), ensure_ascii=False, separators=(",", ":")).encode()


def csv_bytes(frame: pd.DataFrame, *, packed: bool) -> bytes:
    """A frame as CSV: UTF-8, comma, instants as `YYYY-MM-DDTHH:MM:SS`, days as dates, missing as nothing.

    Written by Arrow, ten times as fast as pandas; packed without a time stamp, so that equal tables give equal bytes.
    """
    arrays = [_column(frame[name]) for name in frame.columns]
    table = pa.Table.from_arrays(arrays, names=[str(name) for name in frame.columns])
    try:
        content = _arrow_csv(table, "none")
    except pa.ArrowInvalid:  # a text with a comma or a quotation mark in it
        content = _arrow_csv(table, "needed")
    return gzip.compress(content, compresslevel=5, mtime=0) if packed else content


def _arrow_csv(table: pa.Table, quoting: Literal["none", "needed"]) -> bytes:
    buffer = io.BytesIO()
    csv.write_csv(table, buffer, csv.WriteOptions(quoting_style=quoting, quoting_header=quoting))
    return buffer.getvalue()


def _column(values: pd.Series) -> pa.Array:
    if pd.api.types.is_datetime64_any_dtype(values):
        instants = values.to_numpy().astype("datetime64[s]")
        whole_days = bool((pd.isna(instants) | (instants == instants.astype("datetime64[D]"))).all())
        texts = np.datetime_as_string(instants, unit="D" if whole_days else "s").astype(object)
        texts[pd.isna(instants)] = None
        return pa.array(texts, type=pa.string())
    if pd.api.types.is_bool_dtype(values):
        return pa.array(np.where(values.to_numpy(), "true", "false").tolist(), type=pa.string())
    if pd.api.types.is_numeric_dtype(values):
        return pa.array(values.to_numpy(), from_pandas=True)
    texts = values.to_numpy(dtype=object, copy=True)
    texts[pd.isna(texts) | (texts == "")] = None
    return pa.array(texts, type=pa.string(), from_pandas=True)
