"""When a rep is where, compiled: the exact times of a rep-day, forwards and backwards.

Arriving earlier is never worse, because a rep may wait; so for a fixed order two numbers say all that matters after
each event, the earliest time the rep is free with lunch to come and with lunch over, and two before each event, the
latest arrivals from which the rest of the day can be kept. Lunch is taken where the last event ended, before the next
drive. What Python calls of this stands in `compiled`.
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
    PACE,
    PLACE,
    PLACELESS,
    SERVICE,
    STAMPS,
    START,
    START_PLACE,
    USUAL_END,
    WINDOWS,
    Arrays,
    State,
    is_asked,
)  # fmt: skip
from solvers.routing.pace import arrival, leave


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
    bare = njit(inline="always")(lambda arrays: _bare(arrays))


@njit(inline="always")
def serve(tasks: np.ndarray, task: int, ready: int) -> int:
    """Earliest end of a service that may begin from `ready` on; NEVER if no window is left."""
    end = NEVER
    for w in range(tasks[task, WINDOWS]):
        begin = max(ready, tasks[task, FIRST_WINDOW + 2 * w])
        if begin + tasks[task, SERVICE] <= tasks[task, FIRST_WINDOW + 1 + 2 * w]:
            end = begin + tasks[task, SERVICE]
            break
    return end


@njit(inline="always")
def latest(tasks: np.ndarray, task: int, free: int) -> int:
    """Latest arrival from which the service ends by `free`; -NEVER if there is none."""
    arrival = -NEVER
    for w in range(tasks[task, WINDOWS] - 1, -1, -1):
        begin = min(free, tasks[task, FIRST_WINDOW + 1 + 2 * w]) - tasks[task, SERVICE]
        if begin >= tasks[task, FIRST_WINDOW + 2 * w]:
            arrival = begin
            break
    return arrival


@njit(inline="always")
def after_lunch(shifts: np.ndarray, shift: int, free: int) -> int:
    """Earliest end of lunch for a rep who is free from `free` on; `free` itself where the shift has no lunch."""
    end = free
    if shifts[shift, LUNCH] > 0:
        end = max(free, shifts[shift, LUNCH_FROM]) + shifts[shift, LUNCH]
        if end > shifts[shift, LUNCH_TO]:
            end = NEVER
    return end


@njit(inline="always")
def before_lunch(shifts: np.ndarray, shift: int, free: int) -> int:
    """Latest time to be free for a rep whose lunch must be over by `free`; `free` itself where there is no lunch."""
    ready = free
    if shifts[shift, LUNCH] > 0:
        ready = min(free, shifts[shift, LUNCH_TO]) - shifts[shift, LUNCH]
        if ready < shifts[shift, LUNCH_FROM]:
            ready = -NEVER
    return ready


@njit(inline="always")
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


@njit(inline="always")
def driven(arrays: Arrays, shift: int, to: int, departure: int, drive: int) -> int:
    """When a drive of so many base seconds to a place ends."""
    reached = departure + drive
    if is_asked(arrays.clock):
        reached = arrival(arrays.clock, arrays.back, arrays.shifts[shift, PACE], departure, drive, arrays.parking[to])
    return reached


@njit(inline="always")
def there(arrays: Arrays, shift: int, place: int, to: int, departure: int) -> int:
    """When the rep who leaves `place` at `departure` is at `to`."""
    reached: int = driven(arrays, shift, to, departure, np.int64(arrays.seconds[place, to]))
    return reached


@njit(inline="always")
def advance(arrays: Arrays, shift: int, place: int, before: int, after: int, task: int) -> tuple[int, int, int]:
    """Place and both earliest free times (lunch to come, lunch over) once `task` is done from here."""
    to = arrays.tasks[task, PLACE]
    if to < 0:
        to = place
    eaten = min(after, after_lunch(arrays.shifts, shift, before))
    first, second = there(arrays, shift, place, to, before), there(arrays, shift, place, to, eaten)
    return to, serve(arrays.tasks, task, first), serve(arrays.tasks, task, second)


@njit(inline="always")
def end_of_day(arrays: Arrays, shift: int, place: int, before: int, after: int) -> int:
    """When the rep reaches the end of the day at the earliest, lunch taken."""
    eaten = min(after, after_lunch(arrays.shifts, shift, before))
    home: int = there(arrays, shift, place, arrays.shifts[shift, END_PLACE], eaten)
    return home


@njit(inline="always")
def overtime_eur(arrays: Arrays, shift: int, end: int) -> float:
    """What a day that ends then costs."""
    cost = 0.0
    if is_asked(arrays.overtime):
        cost = max(0, end - arrays.shifts[shift, USUAL_END]) * arrays.overtime[shift]
    return cost


@njit(inline="always")
def is_border(arrays: Arrays, task: int, shift: int) -> bool:
    """Whether the shift is a neighbour's."""
    found = False
    if is_asked(arrays.border):
        found = bool(arrays.border[task, slot_of(arrays.shifts_of, task, shift)])
    return found


@njit
def retime(arrays: Arrays, state: State, shift: int) -> bool:
    """Recompute times, load, value and stamp of one rep-day after a change; False if its order cannot be kept."""
    arrays, state = bare(arrays), bare(state)
    times, count = state.times, state.length[shift]
    place, before, after = arrays.shifts[shift, START_PLACE], arrays.shifts[shift, START], NEVER
    times[shift, 0, HERE], times[shift, 0, BEFORE], times[shift, 0, AFTER] = place, before, after
    state.carried[shift] = 0
    state.counts[STAMPS] += 1
    state.stamp[shift] = state.counts[STAMPS]
    value, work = 0.0, np.int64(0)
    for i in range(count):
        task, origin = state.order[shift, i], place
        place, before, after = advance(arrays, shift, place, before, after, task)
        times[shift, i + 1, HERE], times[shift, i + 1, BEFORE], times[shift, i + 1, AFTER] = place, before, after
        value += arrays.gain_eur[task] - arrays.cost[origin, place]
        if is_asked(arrays.beyond):
            work += arrays.tasks[task, SERVICE] + arrays.seconds[origin, place]
        if is_asked(arrays.off):
            value -= arrays.off[task, slot_of(arrays.shifts_of, task, shift)]
        for d in range(arrays.load.shape[1]):
            state.carried[shift, d] += arrays.load[task, d]
    onward, late_after = arrays.shifts[shift, END_PLACE], arrays.shifts[shift, END]
    home = end_of_day(arrays, shift, place, before, after)
    kept = count == 0 or home <= late_after
    for d in range(arrays.load.shape[1]):
        kept = kept and state.carried[shift, d] <= arrays.capacity[shift, d]
    late_before = late_after if arrays.shifts[shift, LUNCH] == 0 else -NEVER
    state.leg[shift, count] = arrays.cost[place, onward] if count else 0.0
    if is_asked(arrays.beyond):
        state.work[shift] = work + arrays.seconds[place, onward] if count else 0
        state.overtime[shift] = overtime_eur(arrays, shift, home) if count else 0.0
    state.value[shift] = value - state.leg[shift, count] - state.overtime[shift]
    times[shift, count, ONWARD], times[shift, count, PLACELESS] = onward, 0
    times[shift, count, LATE_BEFORE], times[shift, count, LATE_AFTER] = late_before, late_after
    for i in range(count - 1, -1, -1):
        task, here = state.order[shift, i], times[shift, i + 1, HERE]
        to = times[shift, i + 2, HERE] if i + 1 < count else onward
        sooner, later = leave_for(arrays, shift, here, to, late_before), leave_for(arrays, shift, here, to, late_after)
        free = max(sooner, before_lunch(arrays.shifts, shift, later))
        late_before, late_after = latest(arrays.tasks, task, free), latest(arrays.tasks, task, later)
        times[shift, i, LATE_BEFORE], times[shift, i, LATE_AFTER] = late_before, late_after
        placeless = arrays.tasks[task, PLACE] < 0
        times[shift, i, PLACELESS] = placeless
        times[shift, i, ONWARD] = times[shift, i + 1, ONWARD] if placeless else here
        state.leg[shift, i] = arrays.cost[times[shift, i, HERE], times[shift, i, ONWARD]]
    return bool(kept)


@njit(inline="always")
def leave_for(arrays: Arrays, shift: int, place: int, to: int, arrive_by: int) -> int:
    """The latest time to leave `place` to be at `to` by then."""
    departure = int(arrive_by - np.int64(arrays.seconds[place, to]))
    if is_asked(arrays.clock):
        drive = arrive_by - departure
        departure = leave(arrays.clock, arrays.back, arrays.shifts[shift, PACE], arrive_by, drive, arrays.parking[to])
    return departure


@njit
def walk(arrays: Arrays, state: State, shift: int, position: int, task: int) -> int:
    """When the rep-day ends with `task` before its event `position`, event by event; NEVER if it cannot be kept.

    Needed where the next event has no place of its own, and happens where `task` does, and for what overtime costs.
    """
    known = state.times[shift, position]
    place, before, after = advance(arrays, shift, known[HERE], known[BEFORE], known[AFTER], task)
    for i in range(position, state.length[shift]):
        place, before, after = advance(arrays, shift, place, before, after, state.order[shift, i])
    home = end_of_day(arrays, shift, place, before, after)
    return int(home) if home <= arrays.shifts[shift, END] else NEVER
