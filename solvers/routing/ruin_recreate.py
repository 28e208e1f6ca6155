"""The search that all engines share: ruin and recreate over exact rep-day schedules, compiled.

A step removes strings of neighbouring visits from a few rep-days and inserts visits again, the removed and the left
out alike, each where it gains most (prize less added travel), in a random choice of orders; the result is kept by
simulated annealing. Every insertion is timed exactly (windows, lunch, appointments), so there is nothing to repair.

All compiled code stands in this one file, because numba's cache looks only at the file a function stands in. The same
steps time the printed timetable (`schedule`). Arriving earlier is never worse, because a rep may wait; so for a fixed
order two numbers say all that matters after each event: the earliest time the rep is free if lunch is still to come,
and the earliest if lunch is over. Lunch is taken where the last event ended, before the next drive.

Slack induction by string removals: Christiaens & Vanden Berghe (2020), Transportation Science 54(2), here with prizes:
visits that do not pay, or fit nowhere, stay out.
"""

import numpy as np
from numba import njit

from solvers.routing.arrays import (
    END,
    END_PLACE,
    FIRST_WINDOW,
    LUNCH,
    LUNCH_FROM,
    LUNCH_TO,
    NEVER,
    PLACE,
    SERVICE,
    START,
    START_PLACE,
    WINDOWS,
    Arrays,
    State,
)  # fmt: skip

MEAN_REMOVED = 8
"""Visits removed in a step, on average."""
LONGEST_STRING = 8
"""Neighbouring visits removed from one rep-day at most."""
BLINK = 0.01
"""Share of insertion places that are overlooked on purpose, for variety (the paper's value)."""


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
def after_lunch(shifts: np.ndarray, shift: int, free: int) -> int:
    """Earliest end of lunch for a rep who is free from `free` on; `free` itself where the shift has no lunch."""
    end = free
    if shifts[shift, LUNCH] > 0:
        end = max(free, shifts[shift, LUNCH_FROM]) + shifts[shift, LUNCH]
        if end > shifts[shift, LUNCH_TO]:
            end = NEVER
    return end


@njit(cache=True, inline="always")
def advance(
    tasks: np.ndarray,
    shifts: np.ndarray,
    seconds: np.ndarray,
    shift: int,
    place: int,
    before: int,
    after: int,
    task: int,
) -> tuple[int, int, int]:
    """Place and both earliest free times (lunch to come, lunch over) once `task` is done from here."""
    to = tasks[task, PLACE]
    if to < 0:
        to = place
    drive = np.int64(seconds[place, to])
    eaten = min(after, after_lunch(shifts, shift, before))
    return to, serve(tasks, task, before + drive), serve(tasks, task, eaten + drive)


@njit(cache=True, inline="always")
def home_in_time(shifts: np.ndarray, seconds: np.ndarray, shift: int, place: int, before: int, after: int) -> bool:
    """Whether the rep reaches the end of the day in time, lunch taken."""
    eaten = min(after, after_lunch(shifts, shift, before))
    return bool(eaten + np.int64(seconds[place, shifts[shift, END_PLACE]]) <= shifts[shift, END])


@njit(cache=True)
def retime(arrays: Arrays, state: State, shift: int) -> bool:
    """Recompute times and value of one rep-day after a change; False if its order cannot be kept."""
    tasks, shifts, seconds = arrays.tasks, arrays.shifts, arrays.seconds
    place, before, after = shifts[shift, START_PLACE], shifts[shift, START], NEVER
    state.place[shift, 0], state.before[shift, 0], state.after[shift, 0] = place, before, after
    value = 0.0
    for i in range(state.length[shift]):
        task, origin = state.order[shift, i], place
        place, before, after = advance(tasks, shifts, seconds, shift, place, before, after, task)
        state.place[shift, i + 1], state.before[shift, i + 1], state.after[shift, i + 1] = place, before, after
        value += arrays.gain_eur[task] - arrays.eur[origin, place]
    if state.length[shift] == 0:
        state.value[shift] = 0.0
        return True
    state.value[shift] = value - arrays.eur[place, shifts[shift, END_PLACE]]
    return bool(home_in_time(shifts, seconds, shift, place, before, after))


@njit(cache=True, inline="always")
def legal(
    tasks: np.ndarray,
    shifts: np.ndarray,
    seconds: np.ndarray,
    order: np.ndarray,
    count: int,
    places: np.ndarray,
    befores: np.ndarray,
    afters: np.ndarray,
    shift: int,
    position: int,
    task: int,
) -> bool:
    """Whether the rep-day stays legal with `task` inserted before its event `position`."""
    place, before, after = advance(
        tasks, shifts, seconds, shift, places[shift, position], befores[shift, position], afters[shift, position], task
    )
    sooner = False
    for i in range(position, count):
        if before >= NEVER and after >= NEVER:
            break
        place, before, after = advance(tasks, shifts, seconds, shift, place, before, after, order[shift, i])
        if place == places[shift, i + 1] and before <= befores[shift, i + 1] and after <= afters[shift, i + 1]:
            sooner = True
            break
    return sooner or home_in_time(shifts, seconds, shift, place, before, after)


@njit(cache=True, inline="always")
def detour(
    matrix: np.ndarray,
    tasks: np.ndarray,
    shifts: np.ndarray,
    order: np.ndarray,
    count: int,
    places: np.ndarray,
    shift: int,
    position: int,
    task: int,
) -> float:
    """What `task` inserted before event `position` adds, by `matrix` (euros or seconds of each drive).

    An empty day costs nothing; its first visit pays the whole way out and back.
    """
    origin, following, to = places[shift, position], shifts[shift, END_PLACE], tasks[task, PLACE]
    if to < 0:
        to = origin
    for i in range(position, count):
        if tasks[order[shift, i], PLACE] >= 0:
            following = tasks[order[shift, i], PLACE]
            break
    saved = matrix[origin, following] if count > 0 else 0.0
    return float(matrix[origin, to] + matrix[to, following] - saved)


@njit(cache=True)
def best_place(
    arrays: Arrays, state: State, task: int, blink: float, rng: np.random.Generator
) -> tuple[float, int, int]:
    """Gain, shift and position of the best legal insertion that gains anything; shift -1 if there is none."""
    tasks, shifts, seconds, eur, shifts_of = arrays.tasks, arrays.shifts, arrays.seconds, arrays.eur, arrays.shifts_of
    order, places, befores, afters = state.order, state.place, state.before, state.after
    prize = arrays.gain_eur[task]
    best, best_shift, best_position = 1e-9, -1, 0
    for k in range(shifts_of.shape[1]):
        shift = shifts_of[task, k]
        if shift < 0:
            break
        count = state.length[shift]
        if count >= order.shape[1]:
            continue
        for position in range(count + 1):
            gain = prize - detour(eur, tasks, shifts, order, count, places, shift, position, task)
            if gain <= best or (blink > 0.0 and rng.random() < blink):
                continue
            if legal(tasks, shifts, seconds, order, count, places, befores, afters, shift, position, task):
                best, best_shift, best_position = gain, shift, position
    return best, best_shift, best_position


@njit(cache=True)
def fits(arrays: Arrays, state: State, shift: int, position: int, task: int) -> bool:
    """Whether the rep-day stays legal with `task` inserted before its event `position`."""
    return bool(legal(
        arrays.tasks, arrays.shifts, arrays.seconds, state.order, state.length[shift], state.place, state.before,
        state.after, shift, position, task,
    ))  # fmt: skip


@njit(cache=True)
def added(matrix: np.ndarray, arrays: Arrays, state: State, shift: int, position: int, task: int) -> float:
    """`detour` of an insertion."""
    return float(
        detour(
            matrix, arrays.tasks, arrays.shifts, state.order, state.length[shift], state.place, shift, position, task
        )
    )


@njit(cache=True)
def insert(arrays: Arrays, state: State, shift: int, position: int, task: int) -> None:
    """Put `task` before event `position` of the rep-day."""
    for i in range(state.length[shift], position, -1):
        state.order[shift, i] = state.order[shift, i - 1]
    state.order[shift, position] = task
    state.length[shift] += 1
    state.shift_of[task] = shift
    retime(arrays, state, shift)


@njit(cache=True)
def fill(arrays: Arrays, state: State, rng: np.random.Generator) -> int:
    """Insert what is left out, the most gain per minute of service and added drive first; returns how many.

    This is the whole of the greedy engine, and the last step of every other: afterwards nothing that fits pays.
    """
    tasks = len(state.shift_of)
    shift_of, position_of, density = np.full(tasks, -1), np.zeros(tasks, np.int64), np.zeros(tasks)
    stale = state.shift_of < 0
    inserted = 0
    while True:
        chosen = -1
        for task in range(tasks):
            if stale[task]:
                stale[task] = False
                gain, shift, position = best_place(arrays, state, task, 0.0, rng)
                shift_of[task], position_of[task] = shift, position
                if shift >= 0:
                    drive = added(arrays.seconds, arrays, state, shift, position, task)
                    density[task] = gain / max(60.0, arrays.tasks[task, SERVICE] + drive)
            if shift_of[task] >= 0 and (chosen < 0 or density[task] > density[chosen]):
                chosen = task
        if chosen < 0:
            return inserted
        shift = shift_of[chosen]
        insert(arrays, state, shift, position_of[chosen], chosen)
        inserted += 1
        shift_of[chosen] = -1
        for task in range(tasks):
            if state.shift_of[task] < 0:
                for k in range(arrays.shifts_of.shape[1]):
                    if arrays.shifts_of[task, k] == shift:
                        stale[task] = True


@njit(cache=True)
def ruin(arrays: Arrays, state: State, touched: np.ndarray, rng: np.random.Generator) -> None:
    """Remove strings of visits near a random one; the shifts they were in are marked in `touched`."""
    planned = 0
    busy = 0
    for shift in range(len(state.length)):
        planned += state.length[shift]
        busy += state.length[shift] > 0
    longest = min(float(LONGEST_STRING), planned / max(busy, 1))
    strings = int((4.0 * MEAN_REMOVED / (1.0 + longest) - 1.0) * rng.random() + 1.0)
    seed = rng.integers(0, len(state.shift_of))
    for k in range(arrays.near.shape[1]):
        visit = arrays.near[seed, k]
        if visit < 0 or strings == 0:
            break
        shift = state.shift_of[visit]
        if shift < 0 or touched[shift]:
            continue
        strings -= 1
        touched[shift] = True
        count = state.length[shift]
        length = min(int(rng.random() * min(longest, float(count)) + 1.0), count)
        at = 0
        while state.order[shift, at] != visit:
            at += 1
        first = max(0, min(at - int(rng.random() * length), count - length))
        kept = 0
        for i in range(count):
            task = state.order[shift, i]
            if first <= i < first + length and not arrays.fixed[task]:
                state.shift_of[task] = -1
            else:
                state.order[shift, kept] = task
                kept += 1
        state.length[shift] = kept
        retime(arrays, state, shift)


@njit(cache=True)
def rank(arrays: Arrays, pool: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Order in which the pool is inserted: at random, by gain a minute, by gain, or by the room its windows leave."""
    how = rng.integers(0, 10)
    keys = np.empty(count)
    for i in range(count):
        task = pool[i]
        if how < 3:
            keys[i] = rng.random()
        elif how < 7:
            keys[i] = -arrays.gain_eur[task] / (arrays.tasks[task, SERVICE] + 600.0 + 600.0 * rng.random())
        elif how < 9:
            keys[i] = -arrays.gain_eur[task]
        else:
            room = 0.0
            for w in range(arrays.tasks[task, WINDOWS]):
                room += arrays.tasks[task, FIRST_WINDOW + 1 + 2 * w] - arrays.tasks[task, FIRST_WINDOW + 2 * w]
            keys[i] = room
    return np.argsort(keys)


@njit(cache=True)
def candidates(arrays: Arrays, state: State, touched: np.ndarray, pool: np.ndarray) -> int:
    """Write the left-out tasks that a touched shift may have into `pool`; returns how many."""
    count = 0
    for task in range(len(state.shift_of)):
        if state.shift_of[task] >= 0:
            continue
        for k in range(arrays.shifts_of.shape[1]):
            shift = arrays.shifts_of[task, k]
            if shift < 0:
                break
            if touched[shift]:
                pool[count] = task
                count += 1
                break
    return count


@njit(cache=True)
def search(
    arrays: Arrays, state: State, best: State, values: np.ndarray, heat: np.ndarray, rng: np.random.Generator
) -> None:
    """One step for each temperature of `heat` (euros); updates state, best and values = (current, best)."""
    shifts = len(state.length)
    touched = np.zeros(shifts, np.bool_)
    changed = np.zeros(shifts, np.bool_)
    pool = np.empty(len(state.shift_of), np.int64)
    old_order, old_length = state.order.copy(), state.length.copy()
    for step in range(len(heat)):
        touched[:] = False
        ruin(arrays, state, touched, rng)
        count = candidates(arrays, state, touched, pool)
        changed[:] = touched
        for i in rank(arrays, pool, count, rng):
            task = pool[i]
            _, shift, position = best_place(arrays, state, task, BLINK, rng)
            if shift >= 0:
                insert(arrays, state, shift, position, task)
                changed[shift] = True
        value = state.value.sum()
        if value > values[0] + heat[step] * np.log(max(rng.random(), 1e-300)):
            values[0] = value
            keep(changed, state.order, state.length, old_order, old_length)
            if value > values[1] + 1e-7:
                values[1] = value
                best.order[:] = state.order
                best.length[:] = state.length
        else:
            undo(arrays, state, changed, old_order, old_length)


@njit(cache=True)
def keep(
    changed: np.ndarray, order: np.ndarray, length: np.ndarray, old_order: np.ndarray, old_length: np.ndarray
) -> None:
    """Remember the changed rep-days as they are now."""
    for shift in range(len(changed)):
        if changed[shift]:
            old_order[shift] = order[shift]
            old_length[shift] = length[shift]


@njit(cache=True)
def undo(arrays: Arrays, state: State, changed: np.ndarray, old_order: np.ndarray, old_length: np.ndarray) -> None:
    """Bring the changed rep-days back to what was remembered."""
    for shift in range(len(changed)):
        if changed[shift]:
            for i in range(state.length[shift]):
                state.shift_of[state.order[shift, i]] = -1
    for shift in range(len(changed)):
        if changed[shift]:
            state.order[shift] = old_order[shift]
            state.length[shift] = old_length[shift]
            for i in range(state.length[shift]):
                state.shift_of[state.order[shift, i]] = shift
            retime(arrays, state, shift)
