"""Load the tables of a scenario: sources, gates, silver; what makes a plan meaningless stops here."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from inputs.contracts.contract import contract_hash, contracts
from inputs.gates.across import (
    answered_without_handle_time,
    check_across,
    customers_far_from_all,
    customers_without_owner,
)
from inputs.gates.faults import Fault
from inputs.gates.table import ROW, Gated, gate_table, nothing_gated
from inputs.gates.words import calls_without_outcome, deals_without_end
from inputs.layers import lake
from inputs.layers.content import content_hash
from inputs.layers.silver_calls import CallRules, count_step_minutes, silver_calls
from inputs.quality import (
    counts_frame,
    fault_frame,
    findings_from,
    plain_quality,
    quality_as_plain,
    sources_frame,
    stop_text,
)
from inputs.sources.open import open_source
from inputs.sources.raw import Opened, Raw, Unreadable
from inputs.types import Quality, Tables
from scenarios.errors import DataError, InvalidInput
from scenarios.schema import Scenario

HERE = Path(__file__).parent


@lru_cache(maxsize=1)
def _code_hash() -> str:
    """sha256 of the code that makes silver, and of the libraries it leans on."""
    digest = hashlib.sha256()
    for file in sorted([*HERE.rglob("*.py"), *HERE.rglob("*.sql")], key=lambda file: file.as_posix()):
        if "synthetic" not in file.parts:
            digest.update(file.read_bytes().replace(b"\r\n", b"\n"))
    digest.update(" ".join(version(name) for name in ("pandas", "duckdb", "holidays", "deltalake")).encode())
    return digest.hexdigest()


def _settings(scenario: Scenario) -> dict[str, Any]:
    """What of the scenario, beside the sources' content, silver depends on."""
    staffing = scenario.staffing
    return {
        "as_of": str(scenario.as_of),
        "calls": [scenario.forecast.calls.interval_minutes, scenario.forecast.calls.redial.model_dump(mode="json")],
        "queues": {name: queue.model_dump(mode="json") for name, queue in staffing.queues.items()},
        "centre": [{k: list(v) for k, v in staffing.opening_hours.items()}, staffing.country, staffing.timezone],
        "reps": scenario.reps.timezone,
        "channels": [*scenario.channels],
        "consent": scenario.contact_policy.respect_consent,
    }


def _load_key(scenario: Scenario, opened: Mapping[str, Opened]) -> str:
    """Hash of all that silver depends on; where the files lie does not count."""
    sources = {}
    for name, source in scenario.data.sources().items():
        how = source.model_dump(mode="json", exclude={"path", "url", "password_env"})
        sources[name] = [opened[name].sha256, opened[name].label, how]
    text = json.dumps([sources, _settings(scenario), contract_hash(), _code_hash()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def tables_key(scenario: Scenario) -> str:
    """Equal for scenarios whose tables are the same as long as their sources stay as they are."""
    sources = {name: source.model_dump(mode="json") for name, source in scenario.data.sources().items()}
    return json.dumps([sources, _settings(scenario)], sort_keys=True)


def _timezone(name: str, key: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise InvalidInput(f"{key}: {name!r} is no time zone; write an IANA name such as Europe/Madrid") from None
    return name


def _unreadable(error: Unreadable) -> Fault:
    return Fault("", "unreadable", "stop", pd.Series(dtype="int64").to_numpy(), (), str(error), "check the source")


def _open_all(scenario: Scenario) -> tuple[dict[str, Opened], dict[str, Gated]]:
    opened: dict[str, Opened] = {}
    broken: dict[str, Gated] = {}
    for name, source in scenario.data.sources().items():
        try:
            opened[name] = open_source(source)
        except Unreadable as error:
            label = source.path.name if source.path else f"database table {source.table or 'query'}"
            broken[name] = nothing_gated(contracts()[name], label, (_unreadable(error),))
    return opened, broken


def _gate_all(
    scenario: Scenario, opened: Mapping[str, Opened], broken: Mapping[str, Gated]
) -> tuple[dict[str, Gated], dict[str, Raw]]:
    zones = {
        "reps": _timezone(scenario.reps.timezone, "reps.timezone"),
        "staffing": _timezone(scenario.staffing.timezone, "staffing.timezone"),
    }
    gated: dict[str, Gated] = {}
    raws: dict[str, Raw] = {}
    for name, contract in contracts().items():
        if name not in opened:
            gated[name] = broken.get(name) or nothing_gated(contract)
            continue
        label = opened[name].label
        try:
            raws[name] = opened[name].read()
        except Unreadable as error:
            gated[name] = nothing_gated(contract, label, (_unreadable(error),))
            continue
        gated[name] = gate_table(
            contract,
            raws[name],
            label=label,
            columns=scenario.data.sources()[name].columns,
            values=scenario.data.sources()[name].values,
            as_of=scenario.as_of,
            timezone=zones[contract.timezone],
        )
    return gated, raws


def _interval_fault(call_counts: pd.DataFrame, interval_minutes: int) -> Fault | None:
    """Counts that come in longer intervals than the forecast's, or in ones that do not add up to them."""
    for queue, part in call_counts.groupby("queue", sort=True):
        step = count_step_minutes(part["interval_start"])
        if step is not None and interval_minutes % step:
            return Fault(
                "interval_start",
                "interval too long",
                "stop",
                pd.Series(dtype="int64").to_numpy(),
                (),
                f"queue {queue} is counted every {step} minutes, but forecast.calls.interval_minutes is "
                f"{interval_minutes}",
                f"set forecast.calls.interval_minutes to {step}, or give counts in shorter intervals"
                if step in (15, 30, 60)
                else "give counts in intervals of 15, 30 or 60 minutes",
            )
    return None


def _checked(scenario: Scenario, gated: dict[str, Gated]) -> dict[str, Gated]:
    given = frozenset(scenario.data.sources())
    tables = check_across(
        gated, given=given, channels=list(scenario.channels), respect_consent=scenario.contact_policy.respect_consent
    )
    extra: dict[str, list[Fault]] = {
        "calls": answered_without_handle_time(tables["calls"]) + calls_without_outcome(tables["calls"]),
        "stage_events": deals_without_end(tables["stage_events"]),
        "customers": customers_far_from_all(tables["customers"]) + customers_without_owner(tables, given),
    }
    interval = _interval_fault(tables["call_counts"].frame, scenario.forecast.calls.interval_minutes)
    extra["call_counts"] = [interval] if interval else []
    for name, faults in extra.items():
        table = tables[name]
        tables[name] = Gated(
            table.contract, table.label, table.frame, (*table.faults, *faults), table.bronze, table.merged, table.notes
        )
    return tables


def _keep_bronze(store: Path, opened: Mapping[str, Opened], raws: Mapping[str, Raw], *, loaded_at: datetime) -> None:
    for name, raw in raws.items():
        lake.append_bronze(
            store,
            name,
            raw.frame,
            row_numbers=raw.row_numbers,
            sha256=opened[name].sha256,
            label=opened[name].label,
            loaded_at=loaded_at,
        )


def _tables(scenario: Scenario, gated: Mapping[str, Gated], opened: Mapping[str, Opened]) -> Tables:
    frames = {name: table.frame.drop(columns=ROW) for name, table in gated.items()}
    rules = CallRules(
        redial=scenario.forecast.calls.redial,
        interval_minutes=scenario.forecast.calls.interval_minutes,
        queues=scenario.staffing.queues,
        opening_hours=scenario.staffing.opening_hours,
        country=scenario.staffing.country,
        timezone=scenario.staffing.timezone,
        as_of=scenario.as_of,
    )
    calls = silver_calls(frames["calls"], frames["call_counts"], rules)
    frames["calls"] = frames["calls"].assign(no_demand_reason=calls.flags)
    frames |= {"demand": calls.demand, "handled": calls.handled, "contacts": calls.contacts}
    flagged = {"calls": int((calls.flags != "").sum()), "call_counts": gated["call_counts"].merged}
    notes = [f"{name} ({table.label}): {note}" for name, table in gated.items() for note in table.notes]
    quality = Quality(
        findings=tuple(findings_from(gated)),
        rejects=fault_frame(gated, emptied=False),
        emptied=fault_frame(gated, emptied=True),
        counts=counts_frame(gated, flagged),
        sources=sources_frame(opened, gated),
        notes=(*notes, *calls.notes),
    )
    return Tables(**frames, quality=quality, hashes={name: content_hash(frame) for name, frame in frames.items()})


def _from_lake(store: Path, key: str, opened: Mapping[str, Opened]) -> Tables | None:
    found = lake.read_silver(store, key)
    if found is None:
        return None
    frames, hashes, plain = found
    empty = {name: table.frame.drop(columns=ROW) for name in contracts() if (table := nothing_gated(contracts()[name]))}
    empty["calls"] = empty["calls"].assign(no_demand_reason=pd.Series([], dtype="str"))
    rows = dict(plain.pop("rows"))
    quality = plain_quality(plain, sources_frame(opened, rows))
    return Tables(**{**empty, **frames}, quality=quality, hashes=hashes)


def load_tables(scenario: Scenario, *, store: Path | None, loaded_at: datetime) -> Tables:
    """Read, check and clean every table of the scenario.

    Args:
        scenario: paths absolute or relative to the working directory.
        store: folder of the layers (`store/lake/bronze`, `silver`, `gold`); None: write nothing. With a store a load
            of unchanged content under unchanged rules is read back from silver.
        loaded_at: written beside new rows of bronze; nothing else depends on it.

    Returns:
        Silver, with what the gates found in `quality`. A table that is not given is empty.

    Raises:
        DataError: at least one check stops the run; the text lists every such check, with rows and advice.
        InvalidInput: an unknown time zone or country.
    """
    opened, broken = _open_all(scenario)
    key = "" if broken else _load_key(scenario, opened)
    if store is not None and key and (known := _from_lake(store, key, opened)) is not None:
        return known
    gated, raws = _gate_all(scenario, opened, broken)
    gated = _checked(scenario, gated)
    if store is not None:
        _keep_bronze(store, opened, raws, loaded_at=loaded_at)
    stops = [found for found in findings_from(gated) if found.severity == "stop"]
    full = None
    if store is not None and key:
        both = pd.concat([fault_frame(gated, emptied=False), fault_frame(gated, emptied=True)], ignore_index=True)
        full = lake.append_rejects(store, both, key=key)
    if stops:
        raise DataError(stop_text(findings_from(gated), full))
    tables = _tables(scenario, gated, opened)
    if store is not None:
        _keep_silver(store, tables, scenario, key)
    return tables


def _keep_silver(store: Path, tables: Tables, scenario: Scenario, key: str) -> None:
    derived = ("demand", "handled", "contacts")
    frames = {name: getattr(tables, name) for name in (*scenario.data.sources(), *derived)}
    lake.write_silver(store, frames, tables.hashes, key=key, quality=quality_as_plain(tables.quality))
