"""Where a visit fits into a rep-day and what it gains there, compiled: constant-time checks, choice, filling.

An insertion is checked by the four times of each event (`timing`) in constant time; only the cost of overtime needs the
day's end, and so a walk through the rest of the day. The best insertion of a visit into a rep-day is kept until the
rep-day changes; a rep-day that is put back gets its old stamp, and what was kept of it counts again. What depends on
more than the rep-day, the budget of border visits and the rep's week, is looked at each time. What Python calls of this
stands in `compiled`.
"""

import numpy as np
from numba import njit

from solvers.routing.arrays import (
    AFTER,
    BEFORE,
    FIRST,
    FIRST_WINDOW,
    HERE,
    LATE_AFTER,
    LATE_BEFORE,
    LUNCH,
    NEVER,
    ONWARD,
    PAST,
    PLACE,
    PLACELESS,
    ROOM,
    SERVICE,
    SHARE,
    TWIN,
    WINDOWS,
    Arrays,
    Memory,
    State,
    Work,
    is_asked,
)  # fmt: skip
from solvers.routing.timing import after_lunch, bare, driven, is_border, overtime_eur, retime, serve, slot_of, walk

NEAR, FEW_SHIFTS = 40, 24
"""A removed visit looks at the rep-days of so many neighbours and at empty ones; at all, if it may have so few."""
TOO_SMALL = 1e-9
"""A gain in euros that is none."""


@njit(inline="always")
def scan(arrays: Arrays, state: State, shift: int, first: int, last: int, task: int) -> tuple[float, int]:
    """Gain of `task` at best on a rep-day before one of its events `first` to `last`, and where; -1: it fits nowhere.

    The gain may be negative; an empty day costs nothing, its first visit pays the whole way out and back. What differs
    between the shifts of one visit (`Arrays.off`) is left out.
    """
    tasks, shifts, drives, times, leg = arrays.tasks, arrays.shifts, arrays.drives, state.times, state.leg
    load, capacity, carried = arrays.load, arrays.capacity, state.carried
    own, windows, lunch = tasks[task, PLACE], tasks[task, WINDOWS], shifts[shift, LUNCH]
    soonest = tasks[task, FIRST_WINDOW] + tasks[task, SERVICE]
    closing = tasks[task, FIRST_WINDOW - 1 + 2 * windows] - tasks[task, SERVICE]
    for d in range(load.shape[1]):
        if carried[shift, d] + load[task, d] > capacity[shift, d]:
            windows = 0
    if windows == 0:
        last = -1
    least, at = np.float32(np.inf), -1
    for position in range(first, last + 1):
        free, late = times[shift, position, BEFORE], times[shift, position, LATE_AFTER]
        if free > closing:
            break
        if late < soonest:
            continue
        origin, onward = times[shift, position, HERE], times[shift, position, ONWARD]
        to = own if own >= 0 else origin
        detour = drives[to, origin, 2] + drives[to, onward, 3] - np.float32(leg[shift, position])
        if detour >= least:
            continue
        if times[shift, position, PLACELESS]:
            fitting = walk(arrays, state, shift, position, task) < NEVER
        else:
            drive, way = np.int64(drives[to, origin, 0]), np.int64(drives[to, onward, 1])
            before = serve(tasks, task, driven(arrays, shift, to, free, drive))
            if lunch == 0:
                fitting = driven(arrays, shift, onward, before, way) <= late
            else:
                eaten = min(times[shift, position, AFTER], after_lunch(shifts, shift, free))
                after = serve(tasks, task, driven(arrays, shift, to, eaten, drive))
                after = min(after, after_lunch(shifts, shift, before))
                fitting = driven(arrays, shift, onward, before, way) <= times[shift, position, LATE_BEFORE]
                fitting = fitting or driven(arrays, shift, onward, after, way) <= late
        if is_asked(arrays.overtime) and fitting and arrays.overtime[shift] > 0.0:
            end = walk(arrays, state, shift, position, task)
            detour += np.float32(overtime_eur(arrays, shift, end) - state.overtime[shift])
            fitting = detour < least
        if fitting:
            least, at = detour, position
    return arrays.gain_eur[task] - least, at


@njit
def added(matrix: np.ndarray, arrays: Arrays, state: State, shift: int, position: int, task: int) -> float:
    """What `task` inserted before event `position` adds, by `matrix` (euros or seconds of each drive)."""
    known, to = state.times[shift, position], arrays.tasks[task, PLACE]
    if to < 0:
        to = known[HERE]
    saved = matrix[known[HERE], known[ONWARD]] if state.length[shift] > 0 else 0.0
    return float(matrix[known[HERE], to] + matrix[to, known[ONWARD]] - saved)


@njit
def insert(arrays: Arrays, state: State, shift: int, position: int, task: int) -> None:
    """Put `task` before event `position` of the rep-day."""
    for i in range(state.length[shift], position, -1):
        state.order[shift, i] = state.order[shift, i - 1]
    state.order[shift, position] = task
    state.length[shift] += 1
    state.shift_of[task] = shift
    state.counts[ROOM] -= is_border(arrays, task, shift)
    retime(arrays, state, shift)


@njit
def beyond_eur(arrays: Arrays, state: State, shift: int, more_seconds: float) -> float:
    """What the work of the shift's rep beyond his share costs, with so much more of it."""
    work = more_seconds
    for own in range(arrays.shifts[shift, FIRST], arrays.shifts[shift, PAST]):
        work += state.work[own]
    return max(0.0, work - arrays.shifts[shift, SHARE]) * float(arrays.beyond[0]) if is_asked(arrays.beyond) else 0.0


@njit
def more_beyond_eur(arrays: Arrays, state: State, shift: int, position: int, task: int) -> float:
    """What `task` before event `position` adds to that."""
    seconds = arrays.tasks[task, SERVICE] + added(arrays.seconds, arrays, state, shift, position, task)
    more: float = beyond_eur(arrays, state, shift, seconds) - beyond_eur(arrays, state, shift, 0.0)
    return more


@njit
def uneven_eur(arrays: Arrays, state: State) -> float:
    """What all work beyond the reps' shares costs; 0 where even weeks are not asked for."""
    total, shift = 0.0, 0
    while is_asked(arrays.beyond) and arrays.beyond[0] > 0.0 and shift < len(arrays.shifts):
        total += beyond_eur(arrays, state, shift, 0.0)
        shift = arrays.shifts[shift, PAST]
    return total


@njit
def choose(
    arrays: Arrays, state: State, memory: Memory, task: int, open_shifts: np.ndarray, blink: float,
    rng: np.random.Generator,
) -> tuple[float, int, int]:  # fmt: skip
    """Gain, shift and position of the best insertion of `task` into one of `open_shifts`; shift -1: it gains nowhere.

    Worked out anew only for rep-days that have changed since they were last asked for; what depends on more than the
    rep-day (the budget of border visits, the rep's week) is looked at each time.
    """
    arrays, state, memory = bare(arrays), bare(state), bare(memory)
    gains, positions, stamps = memory.gain, memory.position, memory.stamp
    full = state.counts[ROOM] <= 0
    best, best_shift, best_at = TOO_SMALL, -1, 0
    for j in range(len(open_shifts)):
        shift = open_shifts[j]
        slot = slot_of(arrays.shifts_of, task, shift)
        if slot < 0:
            continue
        if stamps[task, slot] != state.stamp[shift]:
            gains[task, slot], positions[task, slot] = scan(arrays, state, shift, 0, state.length[shift], task)
            if is_asked(arrays.off):
                gains[task, slot] -= arrays.off[task, slot]
            stamps[task, slot] = state.stamp[shift]
        if is_asked(arrays.border) and full and arrays.border[task, slot]:
            continue
        if is_asked(arrays.beyond) and arrays.beyond[0] > 0.0 and gains[task, slot] > best:
            gain = gains[task, slot] - more_beyond_eur(arrays, state, shift, positions[task, slot], task)
            if gain > best:
                best, best_shift, best_at = gain, shift, positions[task, slot]
            continue
        if gains[task, slot] > best and (blink == 0.0 or rng.random() >= blink):
            best, best_shift, best_at = gains[task, slot], shift, positions[task, slot]
    return best, best_shift, best_at


@njit
def around(arrays: Arrays, state: State, work: Work, task: int, everywhere: bool) -> np.ndarray:
    """The shifts in which `task` is tried: those of near neighbours and empty ones, or all. Of equal empty days one."""
    found, open_shifts, seen = 0, work.open_shifts, work.seen
    width = 0 if everywhere or arrays.shifts_of.shape[1] <= FEW_SHIFTS else min(NEAR, arrays.near.shape[1])
    for k in range(width):
        shift = state.shift_of[arrays.near[task, k]] if arrays.near[task, k] >= 0 else -1
        if shift >= 0 and seen[shift] != task + 1:
            seen[shift] = task + 1
            open_shifts[found] = shift
            found += 1
    for j in range(found):
        seen[open_shifts[j]] = 0
    for slot in range(arrays.shifts_of.shape[1]):
        shift = arrays.shifts_of[task, slot]
        if shift < 0:
            break
        twin = arrays.shifts[shift, TWIN]
        empty = state.length[shift] == 0
        if (empty or width == 0) and not (empty and twin >= 0 and state.length[twin] == 0):
            open_shifts[found] = shift
            found += 1
    return open_shifts[:found]


@njit(inline="always")
def beside(arrays: Arrays, state: State, shift: int, position: int, task: int) -> float:
    """Gain of `task` right before or after the event `position`, its times not looked at; prize if it has no place.

    After an insertion these are the only new places on the rep-day.
    """
    to, times, drives = arrays.tasks[task, PLACE], state.times, arrays.drives
    detour = np.inf if to >= 0 else 0.0
    for k in range(position, position + 2):
        if to >= 0:
            way = drives[to, times[shift, k, HERE], 2] + drives[to, times[shift, k, ONWARD], 3]
            detour = min(detour, way - state.leg[shift, k])
    return float(arrays.gain_eur[task] - detour)


@njit
def fill(arrays: Arrays, state: State, memory: Memory, work: Work, rng: np.random.Generator) -> int:
    """Insert what is left out, the most gain per minute of service and added drive first; returns how many.

    This is the whole of the greedy engine, and the last step of every other: afterwards nothing that fits pays.
    """
    tasks = len(state.shift_of)
    shift_of, position_of, gains, density = (
        np.full(tasks, -1),
        np.zeros(tasks, np.int64),
        np.zeros(tasks),
        np.zeros(tasks),
    )
    inserted, at, changed = 0, 0, np.zeros(1, np.int64)
    arrays, state, memory, work = bare(arrays), bare(state), bare(memory), bare(work)
    related = is_asked(arrays.beyond) and (arrays.beyond[0] > 0.0 or arrays.border.any())
    while True:
        chosen = -1
        for task in range(tasks):
            if state.shift_of[task] >= 0:
                continue
            fresh = inserted == 0 or shift_of[task] == changed[0] or related
            if not fresh and beside(arrays, state, changed[0], at, task) > max(TOO_SMALL, gains[task]):
                fresh = choose(arrays, state, memory, task, changed, 0.0, rng)[0] > max(TOO_SMALL, gains[task])
            if fresh:
                where = around(arrays, state, work, task, True)
                gain, shift, position = choose(arrays, state, memory, task, where, 0.0, rng)
                gains[task], shift_of[task], position_of[task] = gain, shift, position
                if shift >= 0:
                    minutes = arrays.tasks[task, SERVICE] + added(arrays.seconds, arrays, state, shift, position, task)
                    density[task] = gain / max(60.0, minutes)
            if shift_of[task] >= 0 and (chosen < 0 or density[task] > density[chosen]):
                chosen = task
        if chosen < 0:
            return inserted
        changed[0], at = shift_of[chosen], position_of[chosen]
        insert(arrays, state, changed[0], position_of[chosen], chosen)
        inserted += 1
