"""What waits by channel at the end of each day: how many contacts, how old, and whose deadline is at risk."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from scenarios.schema import Channel, Horizon

COLUMNS = ("channel", "day", "waiting", "unplanned", "oldest_days", "due_next_day", "overdue")


def backlog_table(
    allocations: pd.DataFrame, customers: pd.DataFrame, *, channels: Mapping[str, Channel], horizon: Horizon
) -> pd.DataFrame:
    """One row per channel with contacts of its own and day.

    Waiting are contacts planned for a later day, and customers whom only want of room leaves without any, in the queue
    of the channel that is their best. A visit has no day here (routes give it one), so the field counts the unplanned.

    Args:
        allocations: customer_id, channel, day, runner_up, reason. customers: customer_id, and if known due_date and
            last_contact_date.

    Returns:
        channel, day, waiting, unplanned (of those), oldest_days (since the last contact of who waits longest, NaN:
        unknown), due_next_day (waiting, and due on the next day), overdue (waiting although due by this day).
    """
    rows: list[tuple[object, ...]] = []
    due = _dates(customers, "due_date", allocations)
    last = _dates(customers, "last_contact_date", allocations)
    channel, reason = allocations["channel"].to_numpy(object), allocations["reason"].to_numpy(object)
    day = allocations["day"].to_numpy("datetime64[D]")
    left_out = reason == "capacity_full"
    queue = np.where(left_out, allocations["runner_up"].to_numpy(object), channel)
    start = np.datetime64(horizon.start, "D")
    for name, settings in channels.items():
        if settings.contact_minutes <= 0:
            continue
        own = queue == name
        for number in range(horizon.days):
            today = start + np.timedelta64(number, "D")
            waiting = own & (left_out | (day > today))
            ages = (today - last[waiting & ~np.isnat(last)]).astype(float)
            rows.append((
                name, pd.Timestamp(today), int(waiting.sum()), int((own & left_out).sum()),
                float(ages.max()) if len(ages) else np.nan,
                int((waiting & (due == today + np.timedelta64(1, "D"))).sum()), int((waiting & (due <= today)).sum()),
            ))  # fmt: skip
    return typed(pd.DataFrame(rows, columns=list(COLUMNS)))


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its columns' types, also when it is empty."""
    counts = dict.fromkeys(("waiting", "unplanned", "due_next_day", "overdue"), "int64")
    return frame.astype({"channel": "str", "day": "datetime64[us]", "oldest_days": "float64"} | counts)


def no_backlog() -> pd.DataFrame:
    """The table without rows."""
    return typed(pd.DataFrame(columns=list(COLUMNS)))


def _dates(customers: pd.DataFrame, column: str, allocations: pd.DataFrame) -> np.ndarray:
    """(rows of allocations,) a date of each row's customer, NaT where it is unknown."""
    if column not in customers:
        return np.full(len(allocations), np.datetime64("NaT"), dtype="datetime64[D]")
    known = pd.Series(pd.to_datetime(customers[column]).to_numpy(), index=customers["customer_id"].to_numpy(object))
    found = known.reindex(allocations["customer_id"].to_numpy(object))
    return np.asarray(found.to_numpy("datetime64[D]"))
