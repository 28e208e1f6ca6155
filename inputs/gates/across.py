"""Checks between tables: keys that point nowhere, empty tables, skills nobody has, channels without consent, owners."""

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from inputs.contracts.contract import Column
from inputs.gates.faults import Fault, with_ids
from inputs.gates.places import lonely_km
from inputs.gates.table import ROW, Gated
from scenarios.schema import FIELD

NONE = np.array([], dtype=np.int64)


def _with(gated: Gated, fault: Fault) -> Gated:
    """The table with one more fault, its rejected rows taken out."""
    frame = gated.frame
    if fault.severity == "reject":
        if gated.contract.key:
            fault = with_ids(fault, frame[gated.contract.key[0]], frame[ROW].to_numpy())
        frame = frame[~frame[ROW].isin(fault.rows)].reset_index(drop=True)
    return replace(gated, frame=frame, faults=(*gated.faults, fault))


def _orphans(column: Column, gated: Gated, tables: Mapping[str, Gated], given: Collection[str]) -> Fault | None:
    """Cells that no referred key holds; only checked if every referred table is given and not empty."""
    known: list[pd.Series] = []
    for table, name in column.refers_to:
        if table not in given or tables[table].bronze == 0 or _stopped(tables[table]):
            return None
        known.append(tables[table].frame[name].dropna())
    cells = gated.frame[column.name]
    bad = cells.notna().to_numpy() & ~_held(cells, pd.concat(known))
    if not bad.any():
        return None
    where = " or ".join(f"{table}.{name}" for table, name in column.refers_to)
    advice = "left out; add the missing rows there, or mend the key here" if column.orphan == "reject" else "kept"
    rows = gated.frame[ROW].to_numpy()[bad]
    severity = "reject" if column.orphan == "reject" else "warn"
    return Fault(
        column.name,
        "orphan key",
        "reject" if severity == "reject" else "warn",
        rows,
        cells[bad].tolist(),
        f"not in {where}",
        advice,
    )


def _held(cells: pd.Series, known: pd.Series) -> np.ndarray:
    """Which texts are among `known`; Arrow's own look-up, as that of pandas boxes every known text."""
    found = pc.is_in(pa.array(cells, pa.string(), from_pandas=True), value_set=pa.array(known, pa.string()))
    held: np.ndarray = found.to_numpy(zero_copy_only=False)
    return held


def _stopped(gated: Gated) -> bool:
    return any(fault.severity == "stop" for fault in gated.faults)


def _empty(gated: Gated) -> Fault:
    stops = gated.contract.when_empty == "stop"
    reason = "no row in it" if gated.bronze == 0 else f"none of its {gated.bronze} rows can be used"
    advice = "nothing can be planned without it" if stops else "what needs it is left out"
    return Fault("", "empty table", "stop" if stops else "warn", NONE, (), reason, advice)


def _warn(gated: Gated, column: str, check: str, bad: np.ndarray, reason: str, advice: str) -> list[Fault]:
    if not bad.any():
        return []
    rows = gated.frame[ROW].to_numpy()[bad]
    return [Fault(column, check, "warn", rows, gated.frame[column][bad].tolist(), reason, advice)]


def _customer_warnings(
    tables: Mapping[str, Gated], given: Collection[str], channels: Collection[str], respect_consent: bool
) -> list[Fault]:
    customers = tables["customers"]
    frame = customers.frame
    faults: list[Fault] = []
    if "reps" in given and not tables["reps"].frame.empty:
        skills = {skill for cell in tables["reps"].frame["skills"] for skill in cell}
        wanted = frame["required_skill"]
        bad = (wanted.notna() & ~wanted.isin(skills)).to_numpy()
        reason = f"no rep has the skill; reps have {', '.join(sorted(skills)) or 'none'}"
        faults += _warn(customers, "required_skill", "skill without a rep", bad, reason, "nobody can visit them")
    preferred = frame["preferred_channel"]
    pairs = zip(preferred, frame["consent"], strict=True)
    refused = np.array([isinstance(channel, str) and channel not in consent for channel, consent in pairs], dtype=bool)
    if respect_consent:
        advice = "the preference is not followed; ask for consent or correct the preference"
        reason = "the customer prefers a channel they gave no consent to"
        faults += _warn(customers, "preferred_channel", "preference without consent", refused, reason, advice)
        barred = frame["required"].to_numpy(dtype=bool) & np.array(
            [FIELD not in cell for cell in frame["consent"]], dtype=bool
        )
        if FIELD in channels:
            reason = "must be visited, but gave no consent to field visits"
            advice = "no visit is planned, another channel may be; record the consent if it was given"
            faults += _warn(customers, "customer_id", "required without consent", barred, reason, advice)
    names = ", ".join(channels)
    unknown = (preferred.notna() & ~preferred.isin(list(channels))).to_numpy()
    advice = "correct the spelling, translate it by `values:` of the table, or add the channel to the scenario"
    faults += _warn(
        customers, "preferred_channel", "unknown channel", unknown, f"no channel of the scenario ({names})", advice
    )
    strange = np.array([not set(cell) <= set(channels) for cell in frame["consent"]], dtype=bool)
    reason = f"consent to a channel that the scenario does not have ({names})"
    faults += _warn(customers, "consent", "unknown channel", strange, reason, advice)
    return faults


def check_across(
    tables: Mapping[str, Gated], *, given: Collection[str], channels: Collection[str], respect_consent: bool
) -> dict[str, Gated]:
    """Run the checks that need more than one table, in the contract's order, so that orphans of orphans go too.

    Args:
        tables: every table of the contract; given: names of those that the scenario gives.
        channels: names of the scenario's channels.
    """
    checked = dict(tables)
    for name, gated in tables.items():
        for column in gated.contract.columns.values():
            fault = _orphans(column, checked[name], checked, given) if column.refers_to else None
            if fault is not None:
                checked[name] = _with(checked[name], fault)
        if name in given and checked[name].frame.empty and not _stopped(gated):
            checked[name] = _with(checked[name], _empty(checked[name]))
    for fault in _customer_warnings(checked, given, channels, respect_consent):
        checked["customers"] = _with(checked["customers"], fault)
    return checked


def answered_without_handle_time(calls: Gated) -> list[Fault]:
    """Answered legs with 0 handle seconds: they are demand, but no handle time is learned from them."""
    frame = calls.frame
    bad = (frame["outcome"].eq("answered") & (frame["handle_seconds"] == 0)).to_numpy()
    reason = "answered with 0 seconds; counted as calls, not as handle times"
    return _warn(calls, "handle_seconds", "answered in no time", bad, reason, "see whether the switch drops these")


def customers_without_owner(tables: Mapping[str, Gated], given: Collection[str]) -> list[Fault]:
    """Customers that the table of current territories does not name."""
    if "current_territories" not in given:
        return []
    owned = pd.Index(tables["current_territories"].frame["customer_id"])
    customers = tables["customers"]
    bad = (~customers.frame["customer_id"].isin(owned)).to_numpy()
    return _warn(customers, "customer_id", "no owner", bad, "no rep owns the customer today", "a rep will be assigned")


def customers_far_from_all(customers: Gated) -> list[Fault]:
    """Customers whose next neighbour is so far away that their place is likely to be wrong."""
    latitude, longitude = (customers.frame[name].to_numpy(dtype=float) for name in ("latitude", "longitude"))
    away_km = lonely_km(latitude, longitude)
    far = np.isfinite(away_km)
    if not far.any():
        return []
    places = zip(latitude[far], longitude[far], away_km[far], strict=True)
    cells = [f"{a:g}, {b:g}, {km:.0f} km from the next customer" for a, b, km in places]
    rows = customers.frame[ROW].to_numpy()[far]
    reason = "far from every other customer, as a wrong place often is"
    advice = "look the place up on a map; the row stays"
    return [Fault("latitude, longitude", "far from all", "warn", rows, cells, reason, advice)]
