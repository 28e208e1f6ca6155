"""From a raw call log to demand, row by row accounted for, and what the definition of a redial does to it.

The log goes through the gates and the silver layer of the product. The independent file of 6-minute counts says what
entered on each day; bronze must say the same, and demand be less by exactly what was flagged.
"""

import datetime as dt
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.calls.series import OUTBOUND
from benchmarks.frame import Row
from inputs.load import load_tables
from inputs.types import Tables
from scenarios.schema import Scenario

OUTCOMES = {"AGENT": "answered", "HANG": "abandoned", "PHANTOM": "phantom"}
NO_SERVER = "NO_SERVER"
ONE_CUSTOMER = "customer_id,latitude,longitude\nC1,32.79,34.99\n"
"""A scenario cannot be without; nothing here reads it."""
RULES: dict[str, dict[str, Any]] = {
    "off": {"window_minutes": 0},
    "5 min after abandoned, same queue": {"window_minutes": 5},
    "30 min after abandoned, same queue": {},
    "30 min after abandoned, any queue": {"same_queue": False},
    "60 min after any, same queue": {"window_minutes": 60, "after": "any"},
    "1 day after any, any queue": {"window_minutes": 1440, "after": "any", "same_queue": False},
    "7 days after any, any queue": {"window_minutes": 10080, "after": "any", "same_queue": False},
}
"""Definitions of a redial, `forecast.calls.redial`; what is not named is the default."""


def contract_log(path: Path) -> pd.DataFrame:
    """The raw log in the columns of the table `calls`; every row is kept as it is, negative times too."""
    log = pd.read_csv(path)
    day = pd.to_datetime(log["date"].astype(str), format="%y%m%d")
    arrived = day + pd.to_timedelta(log["vru_entry"])
    return pd.DataFrame(
        {
            "call_id": [f"K{n}" for n in range(1, len(log) + 1)],
            "queue": log["type"],
            "arrived_at": arrived.dt.strftime("%Y-%m-%dT%H:%M:%S"),
            "caller_id": log["customer_id"].map(lambda who: f"P{who}" if who else ""),
            "direction": np.where(log["type"] == OUTBOUND, "outbound", "inbound"),
            "ivr_seconds": log["vru_time"],
            "wait_seconds": log["q_time"],
            "outcome": log["outcome"].map(OUTCOMES),
            "handle_seconds": log["ser_time"],
            "agent_id": log["server"].where(log["server"] != NO_SERVER, ""),
        }
    )


def load_log(path: Path, redial: dict[str, Any]) -> Tables:
    """The tables of a scenario that gives this log and one customer."""
    table = contract_log(path)
    last = dt.date.fromisoformat(table["arrived_at"].max()[:10])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "calls.csv"
        table.to_csv(file, index=False)
        people = Path(folder) / "customers.csv"
        people.write_text(ONE_CUSTOMER, encoding="utf-8")
        scenario = Scenario.model_validate(
            {
                "name": "log", "as_of": last, "horizon": {"start": last + dt.timedelta(days=1), "days": 5},
                "data": {"calls": {"path": file}, "customers": {"path": people}}, "money": {"gross_margin_pct": 10},
                "channels": {"field": {"contact_minutes": 30}}, "forecast": {"calls": {"redial": redial}},
                "staffing": {"timezone": "Asia/Jerusalem", "country": "IL",
                             "service_level": {"answered_pct": 80, "within_seconds": 20}},
            }
        )  # fmt: skip
        return load_tables(scenario, store=None, loaded_at=dt.datetime(2026, 1, 1))


def by_day(table: pd.DataFrame) -> pd.Series:
    """Rows by day of `arrived_at`."""
    return table.groupby(table["arrived_at"].dt.normalize()).size()


def measure_log(path: Path, counts: Path) -> Iterator[Row]:
    """A row for what was counted, one for each reason, one for each definition of a redial."""
    tables = load_log(path, {})
    logged = by_day(tables.calls)
    counted = pd.read_csv(counts, parse_dates=["timestamp"])
    entered = counted.groupby(counted["timestamp"].dt.normalize())["calls"].sum().reindex(logged.index).to_numpy(float)
    rows, rejected = len(tables.calls), len(tables.quality.rejects)
    off = float(np.abs(entered - logged.to_numpy(float)).sum())
    yield _row("log against counts", off, f"calls of {rows} on {len(logged)} days that the two files count apart; "
               f"{rejected} rows rejected, {len(tables.quality.emptied)} negative times emptied")  # fmt: skip
    reasons = tables.calls["no_demand_reason"]
    for reason, count in reasons[reasons != ""].value_counts().sort_index().items():
        yield _row(f"left out: {reason}", float(count), f"of {rows} rows")
    asked = int((reasons != "").sum())
    left = rows - asked - float(tables.contacts["is_demand"].sum())
    yield _row("rows not accounted for", abs(left), "rows - demand - left out")
    for name, rule in RULES.items():
        contacts = load_log(path, rule).contacts
        inbound = contacts[contacts["is_demand"] | contacts["is_redial"]]
        known = inbound["caller_id"].notna() & (inbound["caller_id"] != "")
        share, of_known = 100 * inbound["is_redial"].mean(), 100 * inbound.loc[known, "is_redial"].mean()
        yield _row(f"redials: {name}", float(inbound["is_redial"].sum()),
                   f"{share:.1f} % of inbound contacts, {of_known:.1f} % of those with a known caller")  # fmt: skip


def _row(what: str, value: float, note: str) -> Row:
    return {"measure": "log", "series": what, "method": "ours", "calls": value, "note": note}
