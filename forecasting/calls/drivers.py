"""What moves calls and is known beforehand: mailings, campaigns, outages planned; each value with its `known_from`.

At an origin only rows with `known_from` up to it exist, for past days as for future ones, so features at training are
features at serving. Of several rows for one day, queue and name the one known last counts (a vintage).
"""

import numpy as np
import pandas as pd

COLUMNS = ("date", "name", "value", "queue", "known_from")
ALL_QUEUES = "*"


def driver_values(
    exogenous: pd.DataFrame | None,
    *,
    queues: tuple[str, ...],
    days: np.ndarray,
    origin: np.datetime64,
    names: tuple[str, ...] | None = None,
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Values of the drivers as they were known at the end of the day `origin`.

    Args:
        exogenous: date, name, value (any number; 0 and absent are the same), queue (`*`, empty or missing: all),
            known_from (missing: known on its day). None: no driver.
        queues: the Q queues. days: (D,) datetime64[D], consecutive. names: the K columns wanted (one that is not
            known yet is 0); None: those known at the origin.

    Returns:
        (Q, D, K) values, each driver divided by its largest size known at the origin; the K names, sorted.
    """
    if exogenous is None or exogenous.empty or not len(days):
        return np.zeros((len(queues), len(days), len(names or ()))), names or ()
    on = exogenous["date"].to_numpy().astype("datetime64[D]")
    known = exogenous["known_from"].to_numpy().astype("datetime64[D]")
    known = np.where(np.isnat(known), on, known)
    value = exogenous["value"].to_numpy(dtype=np.float64)
    usable = (known <= origin) & np.isfinite(value) & (on >= days[0]) & (on <= days[-1])
    rows = exogenous[usable].assign(_on=on[usable], _known=known[usable], _value=value[usable])
    rows = rows.sort_values("_known", kind="stable")
    names = tuple(sorted(rows["name"].astype(str).unique())) if names is None else names
    rows = rows[rows["name"].astype(str).isin(names)]
    out = np.zeros((len(queues), len(days), len(names)))
    row_of = {queue: q for q, queue in enumerate(queues)}
    named = rows["name"].astype(str)
    for name, queue, date, amount in zip(named, rows["queue"], rows["_on"], rows["_value"], strict=True):
        everyone = pd.isna(queue) or queue in ("", ALL_QUEUES)
        at = slice(None) if everyone else row_of.get(queue)
        if at is not None:
            out[at, int((np.datetime64(date, "D") - days[0]).astype(int)), names.index(name)] = amount
    largest = np.abs(out).max(axis=(0, 1), initial=0.0)
    return out / np.where(largest > 0, largest, 1.0), names
