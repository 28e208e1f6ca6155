"""What the compiled search writes on: known insertions, orders of a pool, rep-days met."""

import numpy as np

from solvers.routing.arrays import (
    FIRST_WINDOW,
    PLACE,
    SERVICE,
    START_PLACE,
    WINDOWS,
    Arrays,
    Memory,
    Met,
    Work,
)  # fmt: skip

SHARES = {"random": 2, "gain per minute": 5, "gain": 2, "room": 1, "opens": 1, "closes": 1, "far": 1, "near": 1}
"""How often the pool is inserted in which order: at random; the most gain per minute first; the most gain first; the
least room in the windows first; the window that opens first; the one that closes last; the farthest from where the
reps start; the nearest."""
TRAVEL_SECONDS = 600
"""Drive and wait that come with a visit, for its gain per minute."""
LARGEST = 1 << 62


def make_memory(arrays: Arrays) -> Memory:
    """Nothing is known yet."""
    shape = arrays.shifts_of.shape
    return Memory(np.zeros(shape), np.zeros(shape, np.int32), np.zeros(shape, np.int64))


def make_work(arrays: Arrays) -> Work:
    """Scratch for one search."""
    tasks, shifts, table = len(arrays.tasks), len(arrays.shifts), arrays.tasks
    rows = np.arange(tasks)
    opens, closes = table[:, FIRST_WINDOW::2], table[:, FIRST_WINDOW + 1 :: 2]
    if not opens.size:
        opens = closes = np.zeros((tasks, 1), np.int64)
    last = np.maximum(table[:, WINDOWS], 1) - 1
    homes = arrays.shifts[np.maximum(arrays.shifts_of, 0), START_PLACE]
    far = arrays.seconds[homes, np.maximum(table[:, PLACE], 0)[:, None]].min(axis=1, initial=np.iinfo(np.int32).max)
    gain = arrays.gain_eur
    keys = [
        -gain / (table[:, SERVICE] + TRAVEL_SECONDS), -gain, (closes - opens).sum(axis=1), opens[:, 0],
        -closes[rows, last], -far.astype(float), far,
    ]  # fmt: skip
    share = np.cumsum(np.array(list(SHARES.values()), float)) / sum(SHARES.values())
    return Work(
        keys=np.column_stack(keys).astype(float),
        share=share,
        touched=np.zeros(shifts, bool),
        unsaved=np.zeros(shifts, bool),
        shifts=np.zeros(shifts, np.int64),
        pool=np.zeros(tasks, np.int64),
        open_shifts=np.zeros(shifts, np.int64),
        seen=np.zeros(shifts, np.int64),
    )


def make_met(arrays: Arrays, events: int, *, rows: int) -> Met:
    """A table for `rows` rep-days of at most `events` events; none: nothing is noted."""
    rng = np.random.default_rng(0)
    return Met(
        mark=np.zeros(rows, np.int64),
        value=np.zeros(rows),
        shift=np.zeros(rows, np.int64),
        length=np.zeros(rows, np.int64),
        order=np.zeros((rows, events), np.int64),
        of_shift=rng.integers(1, LARGEST, len(arrays.shifts)),
        of_task=rng.integers(1, LARGEST, len(arrays.tasks)),
    )
