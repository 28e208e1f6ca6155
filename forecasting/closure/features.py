"""What the learned trees look at: prefix aggregates of a deal's events, as known at the landmark.

Stages by their usual order, how often and how long ago each was entered, what happened lately, the amount asked for and
how round it is, and touches (calls, work items) where the log has them. Nothing here knows the outcome, the rep's
number, or what happened after the landmark; columns are named so that a reader of a tree knows what it splits.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecasting.closure.landmarks import DAY, Rows
from forecasting.closure.load import UNKNOWN_STAGE, Deals, Floats, Ints, Touches, stage_rank
from forecasting.closure.logistic import State

RECENT_DAYS = (3, 7, 14)
"""Windows in which events and touches are counted. Not one day: deals are seen on one weekday, the day before it is the
same one each time, and a model kept until another weekday was 9 points off by it (and no better on its own)."""
UNKNOWN_RANK = -1.0
"""Place, among the stages in their usual order, of a stage never seen and of no stage."""


@dataclass(frozen=True)
class Features:
    """values: (R, F) float32, NaN where unknown. names: F column names."""

    values: np.ndarray[Any, np.dtype[np.float32]]
    names: tuple[str, ...]

    def pick(self, chosen: Any) -> "Features":
        """The rows of a mask or index array."""
        return Features(self.values[chosen], self.names)

    def arranged(self, names: tuple[str, ...]) -> np.ndarray[Any, np.dtype[np.float32]]:
        """(R, len(names)) the columns of these names; NaN where there is none of a name."""
        place = {name: at for at, name in enumerate(self.names)}
        empty = np.full(len(self.values), np.nan, dtype=np.float32)
        return np.column_stack([self.values[:, place[n]] if n in place else empty for n in names])


def build_features(deals: Deals, rows: Rows, state: State) -> Features:
    """The features of each row; see the module."""
    columns: dict[str, Floats] = {}
    rank = np.append(stage_rank(deals), UNKNOWN_RANK)
    columns["stage"] = rank[state.stage]
    columns["stage_before"] = rank[state.previous]  # -1, no stage before, reads the last one
    columns["days_in_stage"] = state.dwell_days
    columns["age_days"] = state.age_days
    first = deals.first[rows.deal]
    columns["days_since_first_event"] = (rows.landmark - deals.entered[first]) / DAY
    columns["days_created_to_first_event"] = (deals.entered[first] - deals.created[rows.deal]) / DAY
    columns["events"] = state.events.astype(np.float64)
    columns["jumps_back"] = state.jumps_back.astype(np.float64)
    columns |= _recent("events", deals.first, deals.entered, rows)
    names = [f"stage {name}" for name in deals.stages if name != UNKNOWN_STAGE]
    columns |= _by_kind(names, deals.first, deals.stage, deals.entered, rows, rows.upto)
    columns |= amount_features(deals.table["amount_eur"].to_numpy(dtype=np.float64)[rows.deal])
    if deals.touches is not None:
        columns |= _touch_features(deals.touches, rows)
    values = np.column_stack([np.asarray(each, dtype=np.float32) for each in columns.values()])
    return Features(values, tuple(columns))


def amount_features(amount: Floats) -> dict[str, Floats]:
    """The amount in EUR and how round it is: people who know what they need ask for odd sums."""
    known = np.nan_to_num(amount, nan=1.0)
    round_to = [np.where(np.isnan(amount), np.nan, (known % step == 0).astype(np.float64)) for step in (5000.0, 1000.0)]
    return {"amount_eur": amount, "amount_in_5000": round_to[0], "amount_in_1000": round_to[1]}


def _touch_features(touches: Touches, rows: Rows) -> dict[str, Floats]:
    """Counts and recency of touches of all kinds together, lately, and by kind."""
    upto = _upto(touches.first, touches.at, rows, rows.landmark)
    begun = touches.first[rows.deal]
    seen = upto > begun
    last = np.maximum(upto - 1, 0)
    since = np.full(len(rows), np.nan)
    if len(touches.at):
        since = np.where(seen, (rows.landmark - touches.at[last]) / DAY, np.nan)
    columns = {"touches": (upto - begun).astype(np.float64), "days_since_touch": since}
    columns |= _recent("touches", touches.first, touches.at, rows)
    names = [f"touch {name}" for name in touches.kinds]
    by_kind = _by_kind(names, touches.first, touches.kind, touches.at, rows, upto)
    return columns | {name: values for name, values in by_kind.items() if name.startswith("times: ")}


def _recent(what: str, first: Ints, at: Ints, rows: Rows) -> dict[str, Floats]:
    upto = _upto(first, at, rows, rows.landmark)
    return {
        f"{what} in {days} d": (upto - _upto(first, at, rows, rows.landmark - days * DAY)).astype(np.float64)
        for days in RECENT_DAYS
    }


def _upto(first: Ints, at: Ints, rows: Rows, before: Ints) -> Ints:
    """(R,) end of the run of a row's events that lie before second `before`; events sorted by deal and time."""
    if len(at) == 0:
        return first[rows.deal]
    low = min(int(at.min()), int(before.min(initial=at.min())))
    span = max(int(at.max()), int(before.max(initial=at.max()))) - low + 2
    owner = np.repeat(np.arange(len(first) - 1), np.diff(first))
    found: Ints = np.searchsorted(owner * span + (at - low), rows.deal * span + (before - low), side="left")
    return np.maximum(found, first[rows.deal])


def _by_kind(names: list[str], first: Ints, kind: Ints, at: Ints, rows: Rows, upto: Ints) -> dict[str, Floats]:
    """`times: NAME` and `days since: NAME` of each kind of event."""
    columns = {}
    begun = first[rows.deal]
    number = np.arange(1, len(kind) + 1)
    for code, name in enumerate(names):
        mine = kind == code
        passed = np.concatenate([[0], np.cumsum(mine)])
        latest = np.concatenate([[0], np.maximum.accumulate(np.where(mine, number, 0))])[upto]
        has = latest > begun
        since = np.full(len(rows), np.nan)
        if len(at):
            since = np.where(has, (rows.landmark - at[np.maximum(latest - 1, 0)]) / DAY, np.nan)
        columns[f"times: {name}"] = (passed[upto] - passed[begun]).astype(np.float64)
        columns[f"days since: {name}"] = since
    return columns
