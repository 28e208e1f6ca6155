"""Give a raw frame the contract's column names and words; propose a mapping where a required column is missing."""

import difflib
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from inputs.contracts.contract import Contract, synonyms
from inputs.gates.faults import Fault
from inputs.gates.values import as_text, list_mark

NONE = np.array([], dtype=np.int64)


def _plain(name: str) -> str:
    return "".join(character if character.isalnum() else "_" for character in name.casefold()).strip("_")


def similar_column(wanted: str, present: Iterable[str]) -> str | None:
    """The present column that most likely holds `wanted`: same letters, a known synonym, or a close spelling."""
    names = {_plain(name): name for name in reversed(list(present))}
    for candidate in (_plain(wanted), *(_plain(name) for name in synonyms().get(wanted, ()))):
        if candidate in names:
            return names[candidate]
    close = difflib.get_close_matches(_plain(wanted), list(names), n=1, cutoff=0.75)
    return names[close[0]] if close else None


def _mapped(frame: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Rename the user's columns; a column that already has the contract's name gives way as `source_NAME`."""
    wanted = {source: name for name, source in columns.items() if source in frame.columns}
    away = {name: f"source_{name}" for name in wanted.values() if name in frame.columns and name not in wanted}
    return frame.rename(columns={**away, **wanted})


def map_columns(
    frame: pd.DataFrame, columns: Mapping[str, str], contract: Contract
) -> tuple[pd.DataFrame, list[Fault]]:
    """Rename by `columns` (contract name -> the user's name) and find out what is missing.

    Returns:
        The renamed frame, and a `stop` for each mapped column that is not in the source, each required column that is
        missing, and a missing choice (`any_of`).
    """
    faults: list[Fault] = []
    names = [str(name) for name in frame.columns]
    for name, source in columns.items():
        if source not in names:
            guess = similar_column(source, names)
            hint = f"; did you mean {guess!r}?" if guess else f"; its columns are {', '.join(names[:20])}"
            faults.append(_missing(name, f"`columns` takes it from {source!r}, which the source does not have", hint))
    renamed = _mapped(frame.set_axis(names, axis="columns"), columns)
    # A pair of different user columns mapped to one name cannot happen: keys of a YAML map are unique.
    free = [name for name in renamed.columns if name not in contract.columns]
    for name in contract.required:
        if name not in renamed.columns and name not in columns:
            guess = similar_column(name, free)
            advice = (
                f"; if {guess!r} holds it, write `columns: {{{name}: {guess!r}}}` in the scenario"
                if guess
                else f"; add the column, or name the one that holds it under `columns:`. It has {', '.join(names[:20])}"
            )
            faults.append(_missing(name, "this required column is missing", advice))
    if contract.any_of and not any(set(group) <= set(renamed.columns) for group in contract.any_of):
        groups = " or ".join(" and ".join(group) for group in contract.any_of)
        faults.append(_missing(contract.any_of[0][0], f"{groups} must be there", "; add one of them"))
    return renamed, faults


def translate(
    frame: pd.DataFrame, values: Mapping[str, Mapping[str, str]], contract: Contract
) -> tuple[pd.DataFrame, list[Fault]]:
    """Replace the user's words by the contract's, each cell as a whole, in lists item by item; capitals do not count.

    Args:
        frame: with the contract's names.
        values: contract column -> the user's word -> the word that the contract, or the scenario, knows.

    Returns:
        The frame, and a `stop` for each column of `values` that the table does not have.
    """
    faults: list[Fault] = []
    changed: dict[str, pd.Series] = {}
    for name, words in values.items():
        if name not in frame.columns:
            names = [str(column) for column in frame.columns]
            guess = similar_column(name, names)
            hint = f"did you mean {guess!r}?" if guess else f"it has {', '.join(names[:20])}"
            faults.append(_missing(name, "`values` translates this column, which the table does not have", hint))
            continue
        known = {word.strip().casefold(): meant for word, meant in words.items()}
        cells = as_text(frame[name])
        column = contract.columns.get(name)
        mark = list_mark(cells) if column is not None and column.kind == "list" else ""
        different = {cell: _translated(cell, known, mark) for cell in cells.dropna().unique()}
        changed[name] = cells.map(different).astype("str")
    return frame.assign(**changed), faults


def _translated(cell: str, known: Mapping[str, str], mark: str) -> str:
    parts = cell.split(mark) if mark else [cell]
    return mark.join(known.get(part.strip().casefold(), part) for part in parts)


def _missing(column: str, reason: str, advice: str) -> Fault:
    return Fault(column, "missing column", "stop", NONE, (), reason, advice.removeprefix("; "))
