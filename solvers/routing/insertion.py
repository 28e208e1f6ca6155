"""Where a visit fits into a rep-day and what it gains there, compiled: exact times, constant-time checks, filling.

Arriving earlier is never worse, because a rep may wait; so for a fixed order two numbers say all that matters after
each event, the earliest time the rep is free with lunch to come and with lunch over, and two before each event, the
latest arrivals from which the rest of the day can be kept. An insertion is checked by these four in constant time.
Lunch is taken where the last event ended, before the next drive. The best insertion of a visit into a rep-day is kept
until the rep-day changes; a rep-day that is put back gets its old stamp, and what was kept of it counts again.
"""

from typing import Any

import numpy as np
from numba import config, njit
from numba.core import cgutils
from numba.extending import intrinsic

from solvers.routing.arrays import (
    AFTER,
    BEFORE,
    END,
    END_PLACE,
    FIRST_WINDOW,
    HERE,
    LATE_AFTER,
    LATE_BEFORE,
    LUNCH,
    LUNCH_FROM,
    LUNCH_TO,
    NEVER,
    ONWARD,
    PLACE,
    PLACELESS,
    SERVICE,
    START,
    START_PLACE,
    WINDOWS,
    Arrays,
    Memory,
    State,
    Work,
)  # fmt: skip

NEAR, FEW_SHIFTS = 40, 24
"""A removed visit looks at the rep-days of so many neighbours and at empty ones; at all, if it may have so few."""
TOO_SMALL = 1e-9
"""A gain in euros that is none."""


@intrinsic
def _bare(typingctx, arrays):  # type: ignore[no-untyped-def]
    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        (kind,), (given,) = signature.args, arguments
        views = []
        for index, each in enumerate(kind):
            view = context.make_array(each)(context, builder, builder.extract_value(given, index))
            view.meminfo = cgutils.get_null_value(view.meminfo.type)
            view.parent = cgutils.get_null_value(view.parent.type)
            views.append(view._getvalue())
        return context.make_tuple(builder, kind, views)

    return arrays(arrays), codegen


def bare(arrays: Any) -> Any:
    """A tuple of arrays without their owners, so that loops count no references: a factor of six in speed."""
    return arrays


if not config.DISABLE_JIT:
    bare = njit(cache=True, inline="always")(lambda arrays: _bare(arrays))


@njit(cache=True, inline="always")
def serve(tasks: np.ndarray, task: int, ready: int) -> int:
    """Earliest end of a service that may begin from `ready` on; NEVER if no window is left."""
    end = NEVER
    for w in range(tasks[task, WINDOWS]):
        begin = max(ready, tasks[task, FIRST_WINDOW + 2 * w])
        if begin + tasks[task, SERVICE] <= tasks[task, FIRST_WINDOW + 1 + 2 * w]:
            end = begin + tasks[task, SERVICE]
            break
    return end


@njit(cache=True, inline="always")
def latest(tasks: np.ndarray, task: int, free: int) -> int:
    """Latest arrival from which the service ends by `free`; -NEVER if there is none."""
    arrival = -NEVER
    for w in range(tasks[task, WINDOWS] - 1, -1, -1):
        begin = min(free, tasks[task, FIRST_WINDOW + 1 + 2 * w]) - tasks[task, SERVICE]
        if begin >= tasks[task, FIRST_WINDOW + 2 * w]:
            arrival = begin
            break
    return arrival


@njit(cache=True, inline="always")
def after_lunch(shifts: np.ndarray, shift: int, free: int) -> int:
    """Earliest end of lunch for a rep who is free from `free` on; `free` itself where the shift has no lunch."""
    end = free
    if shifts[shift, LUNCH] > 0:
        end = max(free, shifts[shift, LUNCH_FROM]) + shifts[shift, LUNCH]
        if end > shifts[shift, LUNCH_TO]:
            end = NEVER
    return end


@njit(cache=True, inline="always")
def before_lunch(shifts: np.ndarray, shift: int, free: int) -> int:
    """Latest time to be free for a rep whose lunch must be over by `free`; `free` itself where there is no lunch."""
    ready = free
    if shifts[shift, LUNCH] > 0:
        ready = min(free, shifts[shift, LUNCH_TO]) - shifts[shift, LUNCH]
        if ready < shifts[shift, LUNCH_FROM]:
            ready = -NEVER
    return ready


@njit(cache=True, inline="always")
def advance(arrays: Arrays, shift: int, place: int, before: int, after: int, task: int) -> tuple[int, int, int]:
    """Place and both earliest free times (lunch to come, lunch over) once `task` is done from here."""
    to = arrays.tasks[task, PLACE]
    if to < 0:
        to = place
    drive = np.int64(arrays.seconds[place, to])
    eaten = min(after, after_lunch(arrays.shifts, shift, before))
    return to, serve(arrays.tasks, task, before + drive), serve(arrays.tasks, task, eaten + drive)


@njit(cache=True, inline="always")
def home_in_time(arrays: Arrays, shift: int, place: int, before: int, after: int) -> bool:
    """Whether the rep reaches the end of the day in time, lunch taken."""
    eaten = min(after, after_lunch(arrays.shifts, shift, before))
    return bool(eaten + np.int64(arrays.seconds[place, arrays.shifts[shift, END_PLACE]]) <= arrays.shifts[shift, END])


@njit(cache=True)
def retime(arrays: Arrays, state: State, shift: int) -> bool:
    """Recompute times, load, value and stamp of one rep-day after a change; False if its order cannot be kept."""
    arrays, state = bare(arrays), bare(state)
    times, count = state.times, state.length[shift]
    place, before, after = arrays.shifts[shift, START_PLACE], arrays.shifts[shift, START], NEVER
    times[shift, 0, HERE], times[shift, 0, BEFORE], times[shift, 0, AFTER] = place, before, after
    state.carried[shift] = 0
    state.clock[0] += 1
    state.stamp[shift] = state.clock[0]
    value = 0.0
    for i in range(count):
        task, origin = state.order[shift, i], place
        place, before, after = advance(arrays, shift, place, before, after, task)
        times[shift, i + 1, HERE], times[shift, i + 1, BEFORE], times[shift, i + 1, AFTER] = place, before, after
        value += arrays.gain_eur[task] - arrays.cost[origin, place]
        for d in range(arrays.load.shape[1]):
            state.carried[shift, d] += arrays.load[task, d]
    kept = count == 0 or home_in_time(arrays, shift, place, before, after)
    for d in range(arrays.load.shape[1]):
        kept = kept and state.carried[shift, d] <= arrays.capacity[shift, d]
    onward, late_after = arrays.shifts[shift, END_PLACE], arrays.shifts[shift, END]
    late_before = late_after if arrays.shifts[shift, LUNCH] == 0 else -NEVER
    state.leg[shift, count] = arrays.cost[place, onward] if count else 0.0
    state.value[shift] = value - state.leg[shift, count]
    times[shift, count, ONWARD], times[shift, count, PLACELESS] = onward, 0
    times[shift, count, LATE_BEFORE], times[shift, count, LATE_AFTER] = late_before, late_after
    for i in range(count - 1, -1, -1):
        task, here = state.order[shift, i], times[shift, i + 1, HERE]
        drive = np.int64(arrays.seconds[here, times[shift, i + 2, HERE] if i + 1 < count else onward])
        free = max(late_before - drive, before_lunch(arrays.shifts, shift, late_after - drive))
        late_before, late_after = latest(arrays.tasks, task, free), latest(arrays.tasks, task, late_after - drive)
        times[shift, i, LATE_BEFORE], times[shift, i, LATE_AFTER] = late_before, late_after
        placeless = arrays.tasks[task, PLACE] < 0
        times[shift, i, PLACELESS] = placeless
        times[shift, i, ONWARD] = times[shift, i + 1, ONWARD] if placeless else here
        state.leg[shift, i] = arrays.cost[times[shift, i, HERE], times[shift, i, ONWARD]]
    return bool(kept)


@njit(cache=True)
def walk(arrays: Arrays, state: State, shift: int, position: int, task: int) -> bool:
    """Whether the rep-day can be timed with `task` before its event `position`, event by event.

    Needed only where the next event has no place of its own: it then happens where `task` does.
    """
    known = state.times[shift, position]
    place, before, after = advance(arrays, shift, known[HERE], known[BEFORE], known[AFTER], task)
    for i in range(position, state.length[shift]):
        place, before, after = advance(arrays, shift, place, before, after, state.order[shift, i])
    return bool(home_in_time(arrays, shift, place, before, after))


@njit(cache=True, inline="always")
def scan(arrays: Arrays, state: State, shift: int, first: int, last: int, task: int) -> tuple[float, int]:
    """Gain of `task` at best on a rep-day before one of its events `first` to `last`, and where; -1: it fits nowhere.

    The gain may be negative; an empty day costs nothing, its first visit pays the whole way out and back.
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
            fitting = walk(arrays, state, shift, position, task)
        else:
            drive, leave = np.int64(drives[to, origin, 0]), np.int64(drives[to, onward, 1])
            before = serve(tasks, task, free + drive)
            if lunch == 0:
                fitting = before + leave <= late
            else:
                eaten = min(times[shift, position, AFTER], after_lunch(shifts, shift, free))
                after = min(serve(tasks, task, eaten + drive), after_lunch(shifts, shift, before))
                fitting = before + leave <= times[shift, position, LATE_BEFORE] or after + leave <= late
        if fitting:
            least, at = detour, position
    return arrays.gain_eur[task] - least, at


@njit(cache=True)
def fits(arrays: Arrays, state: State, shift: int, position: int, task: int) -> bool:
    """Whether the rep-day stays legal with `task` inserted before its event `position`."""
    return bool(scan(arrays, state, shift, position, position, task)[1] >= 0)


@njit(cache=True)
def added(matrix: np.ndarray, arrays: Arrays, state: State, shift: int, position: int, task: int) -> float:
    """What `task` inserted before event `position` adds, by `matrix` (euros or seconds of each drive)."""
    known, to = state.times[shift, position], arrays.tasks[task, PLACE]
    if to < 0:
        to = known[HERE]
    saved = matrix[known[HERE], known[ONWARD]] if state.length[shift] > 0 else 0.0
    return float(matrix[known[HERE], to] + matrix[to, known[ONWARD]] - saved)


@njit(cache=True)
def insert(arrays: Arrays, state: State, shift: int, position: int, task: int) -> None:
    """Put `task` before event `position` of the rep-day."""
    for i in range(state.length[shift], position, -1):
        state.order[shift, i] = state.order[shift, i - 1]
    state.order[shift, position] = task
    state.length[shift] += 1
    state.shift_of[task] = shift
    retime(arrays, state, shift)


@njit(cache=True, inline="always")
def slot_of(shifts_of: np.ndarray, task: int, shift: int) -> int:
    """Column of `shift` among the allowed shifts of `task`, -1 if it is not allowed; they stand in ascending order."""
    found, low, high = -1, 0, shifts_of.shape[1] - 1
    while low <= high:
        middle = (low + high) // 2
        there = shifts_of[task, middle]
        if there == shift:
            found = middle
            break
        if there < 0 or there > shift:
            high = middle - 1
        else:
            low = middle + 1
    return found


@njit(cache=True)
def choose(
    arrays: Arrays, state: State, memory: Memory, task: int, open_shifts: np.ndarray, blink: float,
    rng: np.random.Generator,
) -> tuple[float, int, int]:  # fmt: skip
    """Gain, shift and position of the best insertion of `task` into one of `open_shifts`; shift -1: it gains nowhere.

    Worked out anew only for rep-days that have changed since they were last asked for.
    """
    arrays, state, memory = bare(arrays), bare(state), bare(memory)
    gains, positions, stamps = memory.gain, memory.position, memory.stamp
    best, best_shift, best_at = TOO_SMALL, -1, 0
    for j in range(len(open_shifts)):
        shift = open_shifts[j]
        slot = slot_of(arrays.shifts_of, task, shift)
        if slot < 0:
            continue
        if stamps[task, slot] != state.stamp[shift]:
            gains[task, slot], positions[task, slot] = scan(arrays, state, shift, 0, state.length[shift], task)
            stamps[task, slot] = state.stamp[shift]
        if gains[task, slot] > best and (blink == 0.0 or rng.random() >= blink):
            best, best_shift, best_at = gains[task, slot], shift, positions[task, slot]
    return best, best_shift, best_at


@njit(cache=True)
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
        twin = arrays.twin[shift]
        empty = state.length[shift] == 0
        if (empty or width == 0) and not (empty and twin >= 0 and state.length[twin] == 0):
            open_shifts[found] = shift
            found += 1
    return open_shifts[:found]


@njit(cache=True, inline="always")
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


@njit(cache=True)
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
    while True:
        chosen = -1
        for task in range(tasks):
            if state.shift_of[task] >= 0:
                continue
            fresh = inserted == 0 or shift_of[task] == changed[0]
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
