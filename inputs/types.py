"""What the inputs hand to every later room."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd


@dataclass(frozen=True)
class Finding:
    """One check on one table.

    severity: `stop` makes the plan meaningless (exit 3), `reject` set rows aside, `warn` is only reported.
    rows: number of rows concerned; examples: at most five `row N: value` texts; advice: what to do next.
    """

    table: str
    column: str
    check: str
    severity: Literal["stop", "reject", "warn"]
    rows: int
    message: str
    examples: tuple[str, ...] = ()
    advice: str = ""


@dataclass(frozen=True)
class Quality:
    """What the gates found.

    rejects: table, row (1-based data row of the source), column, reason, value, id (what the row calls itself, ""
        where its table has no key): every row set aside.
    emptied: the same columns: every cell that could not be used and counts as unknown; its row stays.
    counts: table, bronze, silver, flagged, rejected: rows; bronze = silver + flagged + rejected.
    sources: table, path, sha256, rows: what was read (goes into the manifest).
    notes: sentences for the report, e.g. how many redials the rule removed.
    """

    findings: tuple[Finding, ...] = ()
    rejects: pd.DataFrame = field(default_factory=pd.DataFrame)
    emptied: pd.DataFrame = field(default_factory=pd.DataFrame)
    counts: pd.DataFrame = field(default_factory=pd.DataFrame)
    sources: pd.DataFrame = field(default_factory=pd.DataFrame)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tables:
    """Silver: every table of the contract, cleaned, typed, keys unique, sorted by key.

    A table that the scenario does not give is an empty frame with the contract's columns, so no stage needs to ask
    whether it exists. Types: ids and texts pandas `str` (missing NaN), numbers float64 or int64, dates and instants
    `datetime64[us]` naive local, clock times int minutes after midnight (missing -1), lists tuples of str,
    yes/no bool. Optional columns of the contract are always present. `feature_*` columns are kept as they came
    (number, text or bool); columns beyond the contract are kept.

    customers: windows is a tuple of (from, to) minutes after midnight, () = any time; consent a tuple of channels.
    stage_events: sorted by opportunity_id, entered_at, then order in the source.
    calls: every row of the log that was not rejected, with no_demand_reason (phantom, test, outbound, transferred,
        redial; empty: it counts as demand). An answered leg may have 0 handle seconds.
    areas: geometry is the polygon as WKT, longitude before latitude.

    demand: one row per planned queue (`staffing.queues`, default: the queues of the data) and interval of
        `forecast.calls.interval_minutes`, over the whole history up to `as_of`, no interval left out:
        queue, interval_start, calls (offered demand: phantoms, outbound, redials taken out; NaN in a gap),
        is_open, is_gap, day_type (mon..sun, holiday, eve). Closed intervals keep the calls that were counted.
    handled: one row per answered leg of a planned queue: queue, arrived_at, handle_seconds (> 0), is_first_leg
        (False: passed on from another leg, work on top of the calls that `demand` counts).
    contacts: one row per contact of the log: call_id, queue (first touch), arrived_at, caller_id, legs, outcome,
        handle_seconds (all legs), is_redial, is_demand.
    """

    customers: pd.DataFrame
    customer_history: pd.DataFrame
    transactions: pd.DataFrame
    opportunities: pd.DataFrame
    stage_events: pd.DataFrame
    leads: pd.DataFrame
    lead_history: pd.DataFrame
    interactions: pd.DataFrame
    cases: pd.DataFrame
    appointments: pd.DataFrame
    calls: pd.DataFrame
    call_counts: pd.DataFrame
    reps: pd.DataFrame
    agents: pd.DataFrame
    absences: pd.DataFrame
    shift_requests: pd.DataFrame
    current_territories: pd.DataFrame
    areas: pd.DataFrame
    exogenous: pd.DataFrame
    travel_times: pd.DataFrame
    actuals: pd.DataFrame
    demand: pd.DataFrame
    handled: pd.DataFrame
    contacts: pd.DataFrame
    quality: Quality = field(default_factory=Quality)
    hashes: Mapping[str, str] = field(default_factory=dict)
    """Content hash of each table, by name."""
