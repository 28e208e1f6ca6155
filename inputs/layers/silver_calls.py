"""Silver of the contact centre: contacts, demand by interval and handle times, by the SQL files beside this module."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from inputs.calendar import day_types, open_mask
from inputs.layers.queues import PlannedQueue, demand_share, planned_queues
from scenarios.schema.base import Weekday
from scenarios.schema.forecast import Redial
from scenarios.schema.staffing import Queue

SQL = Path(__file__).parent / "sql"
DAY_MINUTES = 24 * 60
_CALLS = ("call_id", "queue", "arrived_at", "caller_id", "direction", "outcome", "handle_seconds", "transferred_from")


@dataclass(frozen=True)
class CallRules:
    """What the scenario says about calls; times as in the schema."""

    redial: Redial
    interval_minutes: int
    queues: Mapping[str, Queue]
    opening_hours: Mapping[Weekday, tuple[int, int]]
    country: str | None
    timezone: str
    as_of: dt.date


@dataclass(frozen=True)
class SilverCalls:
    """demand, handled, contacts: as in `inputs.types.Tables`; flags: why a leg is no demand, in the order of calls.

    shares: demand share of the counts by planned queue; notes: sentences for the report.
    """

    demand: pd.DataFrame
    handled: pd.DataFrame
    contacts: pd.DataFrame
    flags: pd.Series
    shares: Mapping[str, float]
    notes: tuple[str, ...]


def empty_demand() -> pd.DataFrame:
    """No planned queue, no interval."""
    return pd.DataFrame(
        {
            "queue": pd.Series([], dtype="str"),
            "interval_start": pd.Series([], dtype="datetime64[us]"),
            "calls": pd.Series([], dtype="float64"),
            "is_open": pd.Series([], dtype=bool),
            "is_gap": pd.Series([], dtype=bool),
            "day_type": pd.Series([], dtype="str"),
        }
    )


def count_step_minutes(interval_starts: pd.Series) -> int | None:
    """Length of the intervals that the counts come in: the most frequent step between starts; None if it shows none."""
    minutes = np.unique(interval_starts.to_numpy().astype("datetime64[m]").astype(np.int64))
    steps = np.diff(minutes)
    if steps.size == 0:
        return None
    values, times = np.unique(steps, return_counts=True)
    return int(values[np.argmax(times)])


def _arrow(frame: pd.DataFrame) -> object:
    import pyarrow as pa

    return pa.Table.from_pandas(frame, preserve_index=False)


def _frame(connection: object, query: str, texts: Sequence[str]) -> pd.DataFrame:
    frame: pd.DataFrame = connection.sql(query).df()  # type: ignore[attr-defined]
    for name in frame.columns:
        if name in texts:
            frame[name] = frame[name].astype("str")
        elif pd.api.types.is_datetime64_dtype(frame[name].dtype):
            frame[name] = frame[name].astype("datetime64[us]")
    return frame


def _run(connection: object, name: str) -> None:
    connection.execute((SQL / name).read_text(encoding="utf-8"))  # type: ignore[attr-defined]


def _grid(
    queues: Sequence[PlannedQueue], rules: CallRules, first_day: pd.Timestamp, rows: Sequence[int]
) -> pd.DataFrame:
    """Every interval from the first day's midnight to the end of `as_of`, for each planned queue.

    rows: count rows that a complete interval of each queue has; 0 where a missing row may mean zero calls.
    """
    end = pd.Timestamp(rules.as_of) + pd.Timedelta(days=1)
    starts = pd.date_range(first_day, end, freq=f"{rules.interval_minutes}min", inclusive="left", unit="us")
    per_day = DAY_MINUTES // rules.interval_minutes
    days = starts[::per_day]
    one = pd.DataFrame(
        {
            "interval_start": starts,
            "is_open": open_mask(starts, rules.opening_hours, rules.interval_minutes),
            "day_type": np.repeat(day_types(days, rules.country).to_numpy(dtype=object), per_day),
        }
    )
    frames = [one.assign(planned_queue=queue.name, rows_expected=n) for queue, n in zip(queues, rows, strict=True)]
    return pd.concat(frames, ignore_index=True)


def _pairs(queues: Sequence[PlannedQueue], field: str) -> pd.DataFrame:
    pairs = [(queue.name, name) for queue in queues for name in getattr(queue, field)]
    return pd.DataFrame(pairs, columns=["planned_queue", "queue"], dtype="str")


def _handled_from_counts(
    call_counts: pd.DataFrame, queues: Sequence[PlannedQueue], handled: pd.DataFrame
) -> pd.DataFrame:
    """Handle times where only interval means are known: the mean once per answered call, on days without a log."""
    parts = []
    for queue in queues:
        rows = call_counts["queue"].isin(queue.handle_counts) & (call_counts["handle_seconds_mean"] > 0)
        rows &= call_counts["handled"].fillna(0).round() > 0
        logged = handled.loc[handled["queue"] == queue.name, "arrived_at"].dt.normalize()
        rows &= ~call_counts["interval_start"].dt.normalize().isin(logged)
        part = call_counts[rows]
        part = part.loc[part.index.repeat(part["handled"].round().astype(int))]
        parts.append(
            pd.DataFrame(
                {
                    "queue": pd.Series([queue.name] * len(part), dtype="str"),
                    "arrived_at": part["interval_start"].to_numpy(),
                    "handle_seconds": part["handle_seconds_mean"].to_numpy(),
                    "is_first_leg": np.ones(len(part), dtype=bool),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _rows_expected(call_counts: pd.DataFrame, queues: Sequence[PlannedQueue], interval_minutes: int) -> list[int]:
    expected = []
    for queue in queues:
        feed = call_counts[call_counts["queue"].isin(queue.counts)]
        step = count_step_minutes(feed["interval_start"]) or interval_minutes
        writes_zeros = bool((feed["calls_offered"] == 0).any())
        expected.append(len(queue.counts) * (interval_minutes // step) if writes_zeros else 0)
    return expected


def _redial_note(redial: Redial, contacts: pd.DataFrame, flags: pd.Series) -> list[str]:
    """The rule and what it took out; the share runs from a few percent to nearly half with the definition."""
    inbound = int(contacts["is_demand"].sum() + contacts["is_redial"].sum())
    taken = int((flags == "redial").sum())
    if not inbound or not redial.window_minutes:
        return []
    known = contacts["caller_id"].notna() & (contacts["is_demand"] | contacts["is_redial"])
    after = "abandoned call" if redial.after == "abandoned" else "call"
    where = " to the same queue" if redial.same_queue else ""
    return [
        f"redials: {taken} of {inbound} inbound contacts ({100 * taken / inbound:.1f} %) came within "
        f"{redial.window_minutes:g} minutes of the caller's last {after}{where} and are no demand "
        f"(forecast.calls.redial); the caller is known of {100 * known.sum() / inbound:.0f} %"
    ]


def _second_line_notes(handled: pd.DataFrame, demand: pd.DataFrame) -> list[str]:
    """Queues that only get calls passed on: without calls of their own their work is in no requirement."""
    own = demand.groupby("queue")["calls"].sum()
    passed = handled[~handled["is_first_leg"]].groupby("queue").size()
    return [
        f"queue {queue}: {legs} answered legs were passed on to it and no call began there; nobody is planned for them"
        for queue, legs in passed.items()
        if not own.get(queue, 0.0) > 0
    ]


def _notes(
    queues: Sequence[PlannedQueue], shares: Mapping[str, float], flags: pd.Series, demand: pd.DataFrame
) -> list[str]:
    notes = []
    taken = flags[flags != ""].value_counts().sort_index()
    if len(flags):
        parts = ", ".join(f"{count} {flag}" for flag, count in taken.items()) or "none"
        notes.append(
            f"of {len(flags)} rows of the call log {len(flags) - int(taken.sum())} are demand; left out: {parts}"
        )
    notes += [
        f"queue {queue.name}: the counts ({', '.join(queue.counts)}) are multiplied by {shares[queue.name]:.4f}, the "
        f"share of the log's rows ({', '.join(queue.counted_log)}) that is its demand ({', '.join(queue.mix)}); "
        f"{100 * (1 - shares[queue.name]):.1f} % is taken out"
        for queue in queues
        if queue.counts and queue.counted_log
    ]
    for name, part in demand.groupby("queue", sort=True):
        gap, closed = part[part["is_gap"]], part.loc[~part["is_open"], "calls"].sum()
        if len(gap):
            lost = f"; {gap['calls_in_gap'].sum():.0f} calls counted in them are not used" * bool(
                gap["calls_in_gap"].any()
            )
            notes.append(
                f"queue {name}: {len(gap)} of {len(part)} intervals are gaps (missing feed), the first at "
                f"{gap['interval_start'].iloc[0]:%Y-%m-%dT%H:%M}{lost}"
            )
        total = part["calls"].sum()
        if closed > 0:
            notes.append(
                f"queue {name}: {closed:.0f} of {total:.0f} calls ({100 * closed / total:.1f} %) came outside opening "
                "hours; nobody is planned for them"
            )
    return notes


def _mark_skipped_hours(demand: pd.DataFrame, timezone: str) -> pd.DataFrame:
    """Intervals that the clocks skip in spring never were: a gap, not zero calls."""
    starts = pd.DatetimeIndex(demand["interval_start"].unique())
    local = starts.tz_localize(timezone, ambiguous=np.ones(len(starts), dtype=bool), nonexistent="NaT")
    skipped = demand["interval_start"].isin(starts[local.isna()]) & (demand["calls"] == 0)
    return demand.assign(is_gap=demand["is_gap"] | skipped, calls=demand["calls"].mask(skipped))


def silver_calls(calls: pd.DataFrame, call_counts: pd.DataFrame, rules: CallRules) -> SilverCalls:
    """Stitch, flag, count and grid.

    Args:
        calls, call_counts: tables of the contract after their gates; both may be empty. The counts come in intervals
            that divide `rules.interval_minutes` (the caller checks).
    """
    import duckdb

    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("calls", _arrow(calls[list(_CALLS)]))
        rule = {"window_seconds": [rules.redial.window_minutes * 60.0], "after": [rules.redial.after]}
        rule |= {"same_queue": [rules.redial.same_queue], "interval_minutes": [rules.interval_minutes]}
        connection.register("rule", _arrow(pd.DataFrame(rule)))
        _run(connection, "01_legs.sql")
        _run(connection, "02_contacts.sql")
        contacts = _frame(
            connection, "SELECT * EXCLUDE is_outbound FROM contacts", ("call_id", "queue", "caller_id", "outcome")
        )
        flag_of = _frame(connection, "SELECT * FROM flags", ("call_id", "flag"))
        flags = calls["call_id"].map(flag_of.set_index("call_id")["flag"]).astype("str")
        in_log = tuple(sorted(calls["queue"].unique()))
        queues = planned_queues(
            rules.queues,
            in_counts=tuple(sorted(call_counts["queue"].unique())),
            in_log=in_log,
            log_demand=tuple(sorted(contacts.loc[contacts["is_demand"], "queue"].unique())),
        )
        _make_tables(connection, calls, call_counts, contacts, queues, rules)
        if not queues or (calls.empty and call_counts.empty):
            demand = empty_demand().assign(calls_in_gap=pd.Series([], dtype=float))
        else:
            _run(connection, "03_demand.sql")
            _run(connection, "04_gaps.sql")
            demand = _frame(connection, "SELECT * FROM demand", ("queue", "day_type"))
            demand = _mark_skipped_hours(demand, rules.timezone)
        _run(connection, "05_handled.sql")
        handled = _frame(connection, "SELECT * FROM handled", ("queue",))
    handled = pd.concat([handled, _handled_from_counts(call_counts, queues, handled)] if queues else [handled])
    handled = handled.sort_values(["queue", "arrived_at"], kind="stable").reset_index(drop=True)
    shares = {queue.name: demand_share(queue, calls, contacts) for queue in queues}
    notes = _notes(queues, shares, flags, demand)
    notes[1:1] = _redial_note(rules.redial, contacts, flags)
    notes += _second_line_notes(handled, demand)
    contacts["legs"] = contacts["legs"].astype(np.int64)
    contacts["handle_seconds"] = contacts["handle_seconds"].astype(float)
    return SilverCalls(
        demand.drop(columns="calls_in_gap"), handled, contacts, flags.reset_index(drop=True), shares, tuple(notes)
    )


def _make_tables(
    connection: object,
    calls: pd.DataFrame,
    call_counts: pd.DataFrame,
    contacts: pd.DataFrame,
    queues: Sequence[PlannedQueue],
    rules: CallRules,
) -> None:
    """Register what the SQL of demand and handle times reads."""
    counts_of = _pairs(queues, "counts")
    share = {queue.name: demand_share(queue, calls, contacts) for queue in queues}
    counts_of["demand_share"] = counts_of["planned_queue"].map(share).astype(float)
    tables = {
        "call_counts": call_counts[["queue", "interval_start", "calls_offered"]],
        "counts_of": counts_of,
        "log_of": _log_of(queues),
        "handle_of": _pairs(queues, "handle_log"),
    }
    first = min(
        (frame.min() for frame in (call_counts["interval_start"], calls["arrived_at"]) if len(frame)), default=None
    )
    if first is not None and queues:
        rows = _rows_expected(call_counts, queues, rules.interval_minutes)
        tables["grid"] = _grid(queues, rules, pd.Timestamp(first).normalize(), rows)
    for name, frame in tables.items():
        connection.register(name, _arrow(frame))  # type: ignore[attr-defined]


def _log_of(queues: Sequence[PlannedQueue]) -> pd.DataFrame:
    """Queues of the log whose contacts are added as they are: those that no count of the planned queue holds."""
    return _pairs(queues, "added_log")
