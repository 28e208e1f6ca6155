"""Ruin and recreate, compiled: the search that all engines share.

A step removes strings of neighbouring visits from a few rep-days and inserts visits again, the removed and the left
out nearby alike, each where it gains most (prize less added travel), in one of several orders; the result is kept by
simulated annealing. Every insertion is timed exactly (windows, lunch, appointments, loads): there is nothing to repair.

Slack induction by string removals: Christiaens & Vanden Berghe (2020), Transportation Science 54(2), here with prizes:
visits that do not pay, or fit nowhere, stay out.
"""

import numpy as np
from numba import njit

from solvers.routing.arrays import NEVER, ROOM, Arrays, Memory, Met, State, Work, is_asked
from solvers.routing.insertion import around, choose, insert, uneven_eur
from solvers.routing.timing import bare, is_border, retime, walk

MEAN_REMOVED = 10.0
"""Visits removed in a step, on average (the paper's value)."""
LONGEST_STRING = 10.0
"""Neighbouring visits removed from one rep-day at most (the paper's value)."""
SPLIT, LONGER = 0.5, 0.5
"""Share of strings that spare some visits in their middle; chance that one more is spared."""
BLINK = 0.01
"""Share of rep-days that are overlooked on purpose when a visit is inserted, for variety (the paper's value)."""
OPENING = 0.05
"""Share of steps that begin an empty rep-day although its first visit may not pay for the way out and back."""
WIDE = 0.2
"""Share of these that fill it with whatever is left out anywhere, not only nearby."""
LEFT_OUT, JUST_REMOVED = -1, -2
"""In `State.shift_of`: of a task that is on no rep-day; while a step collects its pool, of one it has removed."""


@njit
def cut_string(
    arrays: Arrays, state: State, work: Work, shift: int, visit: int, longest: float, removed: int,
    rng: np.random.Generator,
) -> int:  # fmt: skip
    """Take a string of visits around `visit` out of its day, some in its middle spared; returns how many are out."""
    count = state.length[shift]
    span = length = int(rng.random() * min(longest, float(count)) + 1.0)
    if length > 1 and rng.random() < SPLIT:
        while span < count and rng.random() < LONGER:
            span += 1
    at = 0
    while state.order[shift, at] != visit:
        at += 1
    first = max(0, min(at - int(rng.random() * span), count - span))
    spared = first + int(rng.random() * length)
    kept = 0
    for i in range(count):
        task = state.order[shift, i]
        inside = first <= i < first + span and not spared <= i < spared + span - length
        if inside and not arrays.fixed[task]:
            state.shift_of[task] = -1
            state.counts[ROOM] += is_border(arrays, task, shift)
            work.pool[removed] = task
            removed += 1
        else:
            state.order[shift, kept] = task
            kept += 1
    state.length[shift] = kept
    retime(arrays, state, shift)
    return removed


@njit
def ruin(arrays: Arrays, state: State, work: Work, rng: np.random.Generator) -> tuple[int, int, int]:
    """Remove strings of visits near a random one; returns how many shifts, removed tasks and tasks stand in `work`.

    work.shifts: the shifts that lost visits; work.pool: what was removed, then what is left out nearby.
    """
    busy, planned = max(1, np.sum(state.length > 0)), np.sum(state.length)
    longest = min(LONGEST_STRING, max(1.0, planned / busy))
    strings = int((4.0 * MEAN_REMOVED / (1.0 + longest) - 1.0) * rng.random() + 1.0)
    near = arrays.near[int(rng.random() * len(state.shift_of))]
    touched, removed = 0, 0
    for visit in near:
        if visit < 0 or touched == strings:
            break
        shift = state.shift_of[visit]
        if shift < 0 or work.touched[shift]:
            continue
        work.touched[shift] = True
        work.shifts[touched] = shift
        touched += 1
        removed = cut_string(arrays, state, work, shift, visit, longest, removed, rng)
    pooled = removed
    for i in range(removed):
        state.shift_of[work.pool[i]] = JUST_REMOVED
    for task in near:
        if task >= 0 and state.shift_of[task] == LEFT_OUT:
            work.pool[pooled] = task
            pooled += 1
    for i in range(removed):
        state.shift_of[work.pool[i]] = LEFT_OUT
    return touched, removed, pooled


@njit
def alone(arrays: Arrays, state: State, shift: int, task: int) -> bool:
    """Whether an empty rep-day can hold `task`."""
    loaded = True
    for d in range(arrays.load.shape[1]):
        loaded = loaded and arrays.load[task, d] <= arrays.capacity[shift, d]
    return loaded and walk(arrays, state, shift, 0, task) < NEVER


@njit
def open_day(arrays: Arrays, state: State, work: Work, task: int, touched: int) -> int:
    """Put `task` on an empty rep-day, whatever its way out and back costs: others nearby may pay for it.

    Returns how many shifts the step has touched now.
    """
    for shift in arrays.shifts_of[task]:
        if shift < 0:
            break
        full = state.counts[ROOM] <= 0 and is_border(arrays, task, shift)
        if state.length[shift] == 0 and not work.touched[shift] and not full and alone(arrays, state, shift, task):
            insert(arrays, state, shift, 0, task)
            work.touched[shift] = True
            work.shifts[touched] = shift
            return touched + 1
    return touched


@njit
def leftovers(state: State, work: Work, pooled: int) -> int:
    """Add every visit that is on no rep-day to the pool: a new day may have to be filled from afar to pay."""
    for i in range(pooled):
        if state.shift_of[work.pool[i]] == LEFT_OUT:
            state.shift_of[work.pool[i]] = JUST_REMOVED
    everything = pooled
    for task in range(len(state.shift_of)):
        if state.shift_of[task] == LEFT_OUT:
            work.pool[everything] = task
            everything += 1
    for i in range(pooled):
        if state.shift_of[work.pool[i]] == JUST_REMOVED:
            state.shift_of[work.pool[i]] = LEFT_OUT
    return everything


@njit
def recreate(
    arrays: Arrays, state: State, memory: Memory, work: Work, touched: int, removed: int, pooled: int,
    rng: np.random.Generator,
) -> int:  # fmt: skip
    """Insert the pool in one of several orders, each task where it gains most; returns how many shifts have changed.

    A removed task is tried around its neighbours, one that was left out before only where room was made.
    """
    if pooled and rng.random() < OPENING:
        before = touched
        touched = open_day(arrays, state, work, work.pool[int(rng.random() * pooled)], touched)
        if touched > before and rng.random() < WIDE:
            pooled = leftovers(state, work, pooled)
    how = np.searchsorted(work.share, rng.random(), side="right")
    keys = np.empty(pooled)
    for i in range(pooled):
        keys[i] = rng.random() if how == 0 else work.keys[work.pool[i], how - 1] * (0.8 + 0.4 * rng.random())
    changed = touched
    for i in np.argsort(keys):
        task = work.pool[i]
        if state.shift_of[task] >= 0:
            continue
        where = around(arrays, state, work, task, False) if i < removed else work.shifts[:touched]
        _, shift, position = choose(arrays, state, memory, task, where, BLINK, rng)
        if shift >= 0:
            insert(arrays, state, shift, position, task)
            if not work.touched[shift]:
                work.touched[shift] = True
                work.shifts[changed] = shift
                changed += 1
    return changed


@njit
def settle(state: State, kept: State, work: Work, met: Met, changed: np.ndarray, accepted: bool) -> None:
    """Make the step's rep-days the current ones, or bring them back to what they were."""
    if accepted:
        kept.counts[ROOM] = state.counts[ROOM]
    else:
        state.counts[ROOM] = kept.counts[ROOM]
    if not accepted:
        for shift in changed:
            for i in range(state.length[shift]):
                state.shift_of[state.order[shift, i]] = LEFT_OUT
    for shift in changed:
        work.touched[shift] = False
        if accepted:
            copy_day(state, kept, shift)
            work.unsaved[shift] = True
            note(state, met, shift)
        else:
            copy_day(kept, state, shift)
            for i in range(state.length[shift]):
                state.shift_of[state.order[shift, i]] = shift


@njit
def copy_day(source: State, target: State, shift: int) -> None:
    """Bring one rep-day of `target` to what it is in `source`, all but `shift_of`."""
    count = source.length[shift]
    target.length[shift], target.value[shift], target.stamp[shift] = count, source.value[shift], source.stamp[shift]
    target.order[shift, :count] = source.order[shift, :count]
    target.times[shift, : count + 1] = source.times[shift, : count + 1]
    target.leg[shift, : count + 1] = source.leg[shift, : count + 1]
    target.carried[shift] = source.carried[shift]
    target.overtime[shift], target.work[shift] = source.overtime[shift], source.work[shift]


@njit
def note(state: State, met: Met, shift: int) -> None:
    """Keep a rep-day in the table of those met, in place of the one that stood in its row."""
    if len(met.mark) == 0:
        return
    mark = met.of_shift[shift]
    for i in range(state.length[shift]):
        mark ^= met.of_task[state.order[shift, i]]
    row = mark % len(met.mark)
    if met.mark[row] == mark and met.value[row] >= state.value[shift]:
        return
    met.mark[row], met.value[row], met.shift[row] = mark, state.value[shift], shift
    met.length[row] = state.length[shift]
    met.order[row, : state.length[shift]] = state.order[shift, : state.length[shift]]


@njit
def search(
    arrays: Arrays, state: State, kept: State, best: State, memory: Memory, work: Work, met: Met,
    values: np.ndarray, heat: np.ndarray, rng: np.random.Generator,
) -> None:  # fmt: skip
    """One step for each temperature of `heat` (euros); updates state, best and values = (current, best): sums of
    `State.value` less `uneven_eur`.

    kept: the current plan, to which a rejected step goes back. met: notes the rep-days of accepted plans.
    """
    arrays, state, kept, best = bare(arrays), bare(state), bare(kept), bare(best)
    memory, work, met = bare(memory), bare(work), bare(met)
    strain = uneven_eur(arrays, kept) if is_asked(arrays.beyond) else 0.0
    for step in range(len(heat)):
        touched, removed, pooled = ruin(arrays, state, work, rng)
        changed = work.shifts[: recreate(arrays, state, memory, work, touched, removed, pooled, rng)]
        value = values[0]
        for shift in changed:
            value += state.value[shift] - kept.value[shift]
        pull = uneven_eur(arrays, state) if is_asked(arrays.beyond) else 0.0
        value += strain - pull
        accepted = value > values[0] + heat[step] * np.log(max(rng.random(), 1e-300))
        settle(state, kept, work, met, changed, accepted)
        if accepted:
            values[0], strain = value, pull
        if accepted and value > values[1] + 1e-7:
            values[1] = value
            for shift in np.flatnonzero(work.unsaved):
                copy_day(kept, best, shift)
                work.unsaved[shift] = False
