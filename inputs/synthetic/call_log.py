"""The call-by-call log that the planted rates lead to, with all that a switch writes down.

Fresh contacts are Poisson around the rate times a gamma factor by day and by interval. Waits and patience are
exponential, longer in busy intervals; this is no queue simulation. Who gives up may redial; an answered leg may be
passed on to another queue; phantoms and outbound rows stand among the rest; a day and a half of feed is missing.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from inputs.synthetic.call_rates import INTERVAL_MINUTES, TRANSFERRED_LEG, CallRates

DAY_CV, INTERVAL_CV = 0.06, 0.04
WAITING_SHARE, MEAN_WAIT_SECONDS, PATIENCE_SECONDS = 0.30, 45.0, 300.0
REDIAL_SHARE, REDIAL_MINUTES = 0.45, 6.0
HANDLE_SPREAD = 0.6
PHANTOM_SHARE, OUTBOUND_SHARE, UNKNOWN_CALLER_SHARE = 0.012, 0.04, 0.03
GAP_WEEK, GAP_HOURS = 14, 36
ANSWERED, ABANDONED, PHANTOM = 0, 1, 2
OUTCOMES = np.array(["answered", "abandoned", "phantom"], dtype=object)


@dataclass(frozen=True)
class _Legs:
    """Columns of legs, each (n,): queue index, caller number (-1 unknown), arrived (seconds after the first start),
    wait and handle in seconds, outcome index, parent (index of the leg that passed it on, or -1), is_outbound."""

    queue: np.ndarray
    caller: np.ndarray
    arrived: np.ndarray
    wait: np.ndarray
    handle: np.ndarray
    outcome: np.ndarray
    parent: np.ndarray
    outbound: np.ndarray

    def __len__(self) -> int:
        return len(self.queue)


def _join(parts: list[_Legs]) -> _Legs:
    names = _Legs.__dataclass_fields__
    return _Legs(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def draw_calls(rng: np.random.Generator, rates: CallRates, agents: pd.DataFrame, *, callers: int) -> pd.DataFrame:
    """The table `calls` up to the end of `as_of`, sorted by arrival. callers: how many people may ring up."""
    fresh_queue, fresh_arrived = _arrivals(rng, rates)
    caller = np.floor(callers * rng.random(len(fresh_queue)) ** 1.3).astype(int)
    parts = [_answer(rng, rates, queue=fresh_queue, caller=caller, arrived=fresh_arrived)]
    for _ in range(3):
        parts.append(_redials(rng, rates, parts[-1]))
    contacts = _join(parts)
    legs = _with_transfers(rng, rates, contacts)
    legs = _join([legs, _phantoms(rng, rates, len(legs), callers), _outbound(rng, rates, len(legs), callers)])
    return _table(rng, rates, legs, agents)


def _arrivals(rng: np.random.Generator, rates: CallRates) -> tuple[np.ndarray, np.ndarray]:
    mean = rates.rates[:, : rates.past]
    slots = 24 * 60 // INTERVAL_MINUTES
    day = rng.gamma(DAY_CV**-2, DAY_CV**2, (len(rates.queues), rates.past // slots))
    noise = np.repeat(day, slots, axis=1) * rng.gamma(INTERVAL_CV**-2, INTERVAL_CV**2, mean.shape)
    counts = rng.poisson(mean * noise)
    queue, interval = np.divmod(np.repeat(np.arange(counts.size), counts.ravel()), rates.past)
    length = INTERVAL_MINUTES * 60
    return queue, interval * length + rng.integers(0, length, len(interval))


def _answer(
    rng: np.random.Generator, rates: CallRates, *, queue: np.ndarray, caller: np.ndarray, arrived: np.ndarray,
    parent: np.ndarray | None = None,
) -> _Legs:  # fmt: skip
    """Legs with their wait, outcome and handle time."""
    count = len(queue)
    slot = np.minimum(arrived // (INTERVAL_MINUTES * 60), rates.past - 1)
    busy = rates.rates[:, : rates.past]
    top = np.maximum(busy.max(axis=1), 1e-9)
    load = busy[queue, slot] / top[queue]
    waits = rng.random(count) < WAITING_SHARE * (0.4 + load)
    offered = np.where(waits, rng.exponential(MEAN_WAIT_SECONDS, count) * (0.6 + load), rng.integers(0, 4, count))
    patience = rng.exponential(PATIENCE_SECONDS, count)
    gone = waits & (patience < offered)
    mean = rates.handle_seconds[queue, slot]
    handle = mean * rng.lognormal(-(HANDLE_SPREAD**2) / 2, HANDLE_SPREAD, count)
    return _Legs(
        queue, caller, arrived, np.round(np.minimum(patience, offered)).astype(int),
        np.where(gone, 0, np.maximum(np.round(handle), 1)).astype(int), np.where(gone, ABANDONED, ANSWERED),
        np.full(count, -1) if parent is None else parent, np.zeros(count, dtype=bool),
    )  # fmt: skip


def _redials(rng: np.random.Generator, rates: CallRates, legs: _Legs) -> _Legs:
    """Who gave up rings again in the same queue, most within half an hour, while the centre is open."""
    lost = np.flatnonzero((legs.outcome == ABANDONED) & (legs.caller >= 0))
    lost = lost[rng.random(len(lost)) < REDIAL_SHARE]
    later = 20 + np.round(rng.gamma(1.5, REDIAL_MINUTES * 60 / 1.5, len(lost))).astype(int)
    arrived = legs.arrived[lost] + legs.wait[lost] + later
    slot = arrived // (INTERVAL_MINUTES * 60)
    possible = slot < rates.past
    possible[possible] = rates.rates[legs.queue[lost[possible]], slot[possible]] > 0
    return _answer(
        rng, rates, queue=legs.queue[lost[possible]], caller=legs.caller[lost[possible]], arrived=arrived[possible]
    )


def _with_transfers(rng: np.random.Generator, rates: CallRates, legs: _Legs) -> _Legs:
    """Add the legs to which answered ones are passed on; a leg that is passed on takes half its time."""
    queues = len(rates.queues)
    share = np.cumsum(rates.transfer(), axis=1)
    handle = legs.handle.copy()
    parts, offset, current = [legs], 0, legs
    for _ in range(3):
        drawn = rng.random(len(current))
        target = (share[current.queue] <= drawn[:, None]).sum(axis=1)
        passed = np.flatnonzero((target < queues) & (current.outcome == ANSWERED))
        handle[offset + passed] = np.maximum(np.round(handle[offset + passed] * TRANSFERRED_LEG), 1).astype(int)
        arrived = current.arrived[passed] + current.wait[passed] + handle[offset + passed]
        keep = arrived < rates.past * INTERVAL_MINUTES * 60
        following = _answer(
            rng, rates, queue=target[passed][keep], caller=current.caller[passed][keep], arrived=arrived[keep],
            parent=(offset + passed)[keep],
        )  # fmt: skip
        offset += len(current)
        parts.append(following)
        handle = np.concatenate([handle, following.handle])
        current = following
    joined = _join(parts)
    return _Legs(
        joined.queue, joined.caller, joined.arrived, joined.wait, handle, joined.outcome, joined.parent,
        joined.outbound,
    )  # fmt: skip


def _some_arrivals(rng: np.random.Generator, rates: CallRates, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Queue and second of arrival of rows that come in proportion to the rate."""
    weight = rates.rates[:, : rates.past].ravel()
    cell = np.searchsorted(np.cumsum(weight) / weight.sum(), rng.random(count), side="right")
    queue, interval = np.divmod(np.minimum(cell, weight.size - 1), rates.past)
    return queue, interval * INTERVAL_MINUTES * 60 + rng.integers(0, INTERVAL_MINUTES * 60, count)


def _phantoms(rng: np.random.Generator, rates: CallRates, rows: int, callers: int) -> _Legs:
    """Rows that the switch wrote without a caller on the line."""
    count = int(PHANTOM_SHARE * rows)
    queue, arrived = _some_arrivals(rng, rates, count)
    zero = np.zeros(count, dtype=int)
    return _Legs(queue, np.full(count, -1), arrived, zero, zero, np.full(count, PHANTOM), zero - 1, zero > 0)


def _outbound(rng: np.random.Generator, rates: CallRates, rows: int, callers: int) -> _Legs:
    """Calls that agents made."""
    count = int(OUTBOUND_SHARE * rows)
    queue, arrived = _some_arrivals(rng, rates, count)
    reached = rng.random(count) < 0.7
    handle = np.where(reached, 5 + rng.gamma(1.6, 110, count), 0).astype(int)
    outcome = np.where(reached, ANSWERED, ABANDONED)
    wait = rng.integers(5, 40, count)
    return _Legs(
        queue, rng.integers(0, callers, count), arrived, wait, handle, outcome, np.full(count, -1),
        np.ones(count, dtype=bool),
    )  # fmt: skip


def _table(rng: np.random.Generator, rates: CallRates, legs: _Legs, agents: pd.DataFrame) -> pd.DataFrame:
    """Legs as rows of the contract: without those in the feed gap, sorted, numbered, texts for numbers."""
    day = 86400
    gap_start = (7 * GAP_WEEK + 3) * day + 12 * 3600
    kept = np.flatnonzero((legs.arrived < gap_start) | (legs.arrived >= gap_start + GAP_HOURS * 3600))
    order = kept[np.argsort(legs.arrived[kept], kind="stable")]
    number = np.full(len(legs) + 1, -1)
    number[order] = np.arange(len(order))
    call_ids = _numbered("K", np.arange(1, len(order) + 1), 8)
    parent = number[legs.parent[order]]
    caller = np.where(rng.random(len(order)) < UNKNOWN_CALLER_SHARE, -1, legs.caller[order])
    outbound = legs.outbound[order]
    return pd.DataFrame(
        {
            "call_id": call_ids,
            "caller_id": np.where(caller >= 0, _numbered("T", np.maximum(caller, 0), 7), ""),
            "queue": np.where(outbound, "outbound", np.array(rates.queues, dtype=object)[legs.queue[order]]),
            "direction": np.where(outbound, "outbound", "inbound").astype(object),
            "arrived_at": (rates.starts[0] + legs.arrived[order].astype("timedelta64[s]")).astype("datetime64[us]"),
            "ivr_seconds": np.where(outbound | (legs.parent[order] >= 0), 0, rng.integers(6, 40, len(order))),
            "wait_seconds": legs.wait[order],
            "outcome": OUTCOMES[legs.outcome[order]],
            "handle_seconds": legs.handle[order],
            "agent_id": _agent_of(rng, rates, legs, order, agents),
            "transferred_from": np.where(parent >= 0, call_ids[np.maximum(parent, 0)], "") if len(order) else "",
        }
    )


def _agent_of(
    rng: np.random.Generator, rates: CallRates, legs: _Legs, order: np.ndarray, agents: pd.DataFrame
) -> np.ndarray:
    """Who took the call: somebody who serves the queue; nobody if it was not answered."""
    result = np.full(len(order), "", dtype=object)
    everybody = agents["agent_id"].to_numpy()
    for queue, name in enumerate((*rates.queues, "outbound")):
        mine = legs.outbound[order] if name == "outbound" else (legs.queue[order] == queue) & ~legs.outbound[order]
        rows = np.flatnonzero(mine & (legs.outcome[order] == ANSWERED))
        able = everybody[[name in str(text).split("|") for text in agents["queues"]]]
        able = able if len(able) else everybody if len(everybody) else np.array([""], dtype=object)
        result[rows] = able[rng.integers(0, len(able), len(rows))]
    return result


def _numbered(prefix: str, numbers: np.ndarray, digits: int) -> np.ndarray:
    return np.asarray(prefix + pd.Series(numbers).astype(str).str.zfill(digits).to_numpy(dtype=object))
