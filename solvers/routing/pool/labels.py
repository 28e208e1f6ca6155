"""Upper bounds on the best route of one rep-day for given worths of its visits: labels over relaxed routes, compiled.

A relaxed route may come back to a visit once it has left that visit's neighbourhood (ng-routes: Baldacci, Mingozzi and
Roberti, 2011, Operations Research 59(5)), so every legal route is one, and the best relaxed route is worth at least as
much. Labels carry exact times with lunch to come and lunch over. A label is dropped if another is as early, as valuable
and remembers less, or if even a bound on its rest does not lift it above `target`. That bound is a table over
(visit, time rounded down), filled backwards without cycles of two visits. All rounding makes routes shorter. A drive
that leaves later never arrives earlier, whatever its pace, and overtime never costs less later: so what is said of
earlier labels holds for both.
"""

import numpy as np
from numba import njit

from solvers.routing.pace import TICKS
from solvers.routing.pool.day import Day
from solvers.routing.problem import SPAN_SECONDS

NEVER = 1 << 40
START, END, LUNCH, LUNCH_FROM, LUNCH_TO, SHIFT_END = range(6)
MEMORY = 12
"""Neighbours of a visit that a label remembers while it is there, itself included."""
NOTHING = -1e18
NOBODY = -2
"""What follows the last visit of a day."""


@njit(cache=True, inline="always")
def _served(windows: np.ndarray, service: np.ndarray, task: int, ready: int) -> int:
    end = NEVER
    for w in range(windows[task, 0]):
        begin = max(ready, windows[task, 1 + 2 * w])
        if begin + service[task] <= windows[task, 2 + 2 * w]:
            end = begin + service[task]
            break
    return end


@njit(cache=True, inline="always")
def _fed(span: np.ndarray, free: int) -> int:
    end = free
    if span[LUNCH] > 0:
        end = max(free, span[LUNCH_FROM]) + span[LUNCH]
        if end > span[LUNCH_TO]:
            end = NEVER
    return end


@njit(cache=True)
def _driven(clock: np.ndarray, back: np.ndarray, free: int, drive: int, parking: int) -> int:
    """When a drive ends, see `solvers.routing.pace.arrival`; written again for numba's cache, which sees one file."""
    end = free + drive
    if len(clock) > 0 and drive > 0 and free < SPAN_SECONDS:
        still = min(parking, drive)
        goal = clock[free] + TICKS * (drive - still)
        if goal > clock[SPAN_SECONDS]:
            end = NEVER
        else:
            end = int(back[goal // TICKS])
            while clock[end] < goal:
                end += 1
            end += still
    return end


@njit(cache=True, inline="always")
def _last_eur(day: Day, here: int, home: int) -> float:
    """Cost of the drive to the end of the day, and of overtime if it ends then."""
    return float(day.eur[here, len(day.service)] + max(0, home - day.span[SHIFT_END]) * day.overtime)


@njit(cache=True)
def slots(span: np.ndarray, grid: int) -> np.ndarray:
    """Number of the grid interval of each second of the shift."""
    return (np.arange(span[END] - span[START] + 1) // grid).astype(np.int32)


@njit(cache=True)
def rest_bound(day: Day, worth: np.ndarray, grid: int) -> np.ndarray:
    """(L, n + 1, T): the most that can follow when free at a visit (n: the start) from the k-th grid time on.

    Layer L - 1: lunch over or none to take; 0: lunch to come. `grid` seconds must not exceed any visit's service and
    shortest drive to it.
    """
    drive, eur, windows, service, span = day.drive, day.eur, day.windows, day.service, day.span
    clock, back, parking = day.clock, day.back, day.parking
    paced = len(clock) > 0
    n, start, end = len(service), span[START], span[END]
    slot = slots(span, grid)
    times, layers = slot[-1] + 1, 2 if span[LUNCH] > 0 else 1
    best, second = np.full((layers, n + 1, times), NOTHING), np.full((layers, n + 1, times), NOTHING)
    following = np.full((layers, n + 1, times), NOBODY, np.int32)
    early, late = spells(day, layers)
    for k in range(times - 1, -1, -1):
        free = start + k * grid
        for layer in range(layers - 1, -1, -1):
            for i in range(n + 1):
                if free + grid <= early[i] or free > late[layer, i]:
                    continue
                first, other, at = NOTHING, NOTHING, NOBODY
                eaten = _fed(span, free)
                home = _driven(clock, back, free, drive[i, n], parking[n]) if paced else free + drive[i, n]
                if layer == layers - 1 and home <= end:
                    first = -_last_eur(day, i, home)
                if layer < layers - 1 and eaten <= end:
                    b = slot[eaten - start]
                    first, other, at = best[1, i, b], second[1, i, b], following[1, i, b]
                for j in range(n):
                    done = _served(
                        windows,
                        service,
                        j,
                        (_driven(clock, back, free, drive[i, j], parking[j]) if paced else free + drive[i, j]),
                    )
                    if done > end or j == i:
                        continue
                    b = slot[done - start]
                    rest = second[layer, j, b] if following[layer, j, b] == i else best[layer, j, b]
                    gain = rest + worth[j] - eur[i, j]
                    if gain <= other:
                        continue
                    if j == at:
                        first = max(first, gain)
                    elif gain > first:
                        first, other, at = gain, first, j
                    else:
                        other = gain
                best[layer, i, k], second[layer, i, k], following[layer, i, k] = first, other, at
    return best


@njit(cache=True)
def spells(day: Day, layers: int) -> tuple[np.ndarray, np.ndarray]:
    """(n + 1,) earliest and (L, n + 1) latest second at which a rep is free at a visit, or the start, and may go on."""
    n, start, end = len(day.service), day.span[START], day.span[END]
    early, late = np.full(n + 1, start), np.full((layers, n + 1), end)
    for i in range(n):
        early[i] = (
            max(day.windows[i, 1], _driven(day.clock, day.back, start, day.drive[n, i], day.parking[i]))
            + day.service[i]
        )
        late[0, i] = min(end, day.windows[i, 2 * day.windows[i, 0]])
    late[0, n] = start
    if layers == 2:
        for i in range(n + 1):
            late[1, i] = min(end, max(late[0, i] + day.span[LUNCH], day.span[LUNCH_TO]))
    return early, late


@njit(cache=True)
def reach_bound(day: Day, worth: np.ndarray, grid: int) -> np.ndarray:
    """(L, n + 1, T): the most that can have been won when a visit ends in the k-th grid interval, itself included."""
    drive, eur, windows, service, span = day.drive, day.eur, day.windows, day.service, day.span
    clock, back, parking = day.clock, day.back, day.parking
    paced = len(clock) > 0
    n, start, end = len(service), span[START], span[END]
    slot = slots(span, grid)
    times, layers = slot[-1] + 1, 2 if span[LUNCH] > 0 else 1
    best = np.full((layers, n + 1, times), NOTHING)
    best[0, n, 0] = 0.0
    for k in range(times):
        free = start + k * grid
        eaten = _fed(span, free)
        for i in range(n + 1):
            if layers == 2 and eaten <= end:
                b = slot[eaten - start]
                best[1, i, b] = max(best[1, i, b], best[0, i, k])
            for layer in range(layers):
                won = best[layer, i, k]
                if won == NOTHING:
                    continue
                for j in range(n):
                    done = _served(
                        windows,
                        service,
                        j,
                        (_driven(clock, back, free, drive[i, j], parking[j]) if paced else free + drive[i, j]),
                    )
                    if done <= end and j != i:
                        b = slot[done - start]
                        gain = won + worth[j] - eur[i, j]
                        if gain > best[layer, j, b]:
                            best[layer, j, b] = gain
    return best


@njit(cache=True)
def through_bound(reach: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """(n,) upper bound on the relaxed routes through each visit."""
    n = reach.shape[1] - 1
    through = np.full(n, NOTHING)
    for i in range(n):
        for layer in range(reach.shape[0]):
            for k in range(reach.shape[2]):
                through[i] = max(through[i], reach[layer, i, k] + rest[layer, i, k])
    return through


@njit(cache=True)
def memories(day: Day) -> tuple[np.ndarray, np.ndarray]:
    """(n, M) neighbours each visit remembers, nearest first, -1 at the end; (n, n) place of a visit in them, or -1."""
    n = len(day.tasks)
    kept = min(MEMORY, n)
    near = np.full((n, MEMORY), -1, np.int32)
    slot = np.full((n, n), -1, np.int8)
    for i in range(n):
        away = day.drive[i, :n] + day.drive[:n, i]
        away[i] = -1
        order = np.argsort(away)[:kept]
        for s in range(kept):
            near[i, s] = order[s]
            slot[i, order[s]] = s
    return near, slot


@njit(cache=True)
def price(
    day: Day, worth: np.ndarray, rest: np.ndarray, grid: int, target: float, room: int, ends: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """(bound, last labels, visit of each label, label before it) of the relaxed routes worth more than `target`.

    bound: max(target, best relaxed route); if more than `room` labels are needed, what is open counts with the bound
    on its rest. last labels: per visit the last label of the best relaxed route that ends there, written into `ends`
    (n,) with -1 where there is none.
    """
    drive, eur, windows, service, span = day.drive, day.eur, day.windows, day.service, day.span
    clock, back, parking = day.clock, day.back, day.parking
    paced = len(clock) > 0
    n, start, end, last = len(service), span[START], span[END], rest.shape[0] - 1
    slot, times = slots(span, grid), rest.shape[2]
    near, place = memories(day)
    visit, parent = np.full(room, -1, np.int32), np.full(room, -1, np.int32)
    before, after, memory = np.zeros(room, np.int64), np.zeros(room, np.int64), np.zeros(room, np.int64)
    value, dead = np.zeros(room), np.zeros(room, np.bool_)
    at_visit, same_visit = np.full(n + 1, -1, np.int32), np.full(room, -1, np.int32)
    at_time, same_time = np.full(times, -1, np.int32), np.full(room, -1, np.int32)
    visit[0], before[0], after[0], at_time[0] = n, start, NEVER, 0
    count, best, bound, best_end = 1, target, target, np.full(n, target)
    ends[:] = -1
    for k in range(times):
        while at_time[k] >= 0:
            label = at_time[k]
            at_time[k] = same_time[label]
            i, free = visit[label], before[label]
            eaten = min(after[label], _fed(span, free))
            most = value[label] + _rest_of(rest, last, slot, start, end, i, free, after[label])
            if dead[label] or most <= best:
                continue
            if count + n > room:
                bound = max(bound, most)
                continue
            home = _driven(clock, back, eaten, drive[i, n], parking[n]) if paced else eaten + drive[i, n]
            if i < n and home <= end:
                total = value[label] - _last_eur(day, i, home)
                if total > best_end[i]:
                    best_end[i], ends[i] = total, label
                best = max(best, total)
            for j in range(n):
                won = value[label] + worth[j] - eur[i, j]
                b = _served(
                    windows,
                    service,
                    j,
                    (_driven(clock, back, free, drive[i, j], parking[j]) if paced else free + drive[i, j]),
                )
                a = (
                    _served(
                        windows,
                        service,
                        j,
                        (_driven(clock, back, eaten, drive[i, j], parking[j]) if paced else eaten + drive[i, j]),
                    )
                    if span[LUNCH] > 0
                    else b
                )
                if min(a, b) > end or won + _rest_of(rest, last, slot, start, end, j, b, a) <= best + 1e-9:
                    continue
                if j == i or _was_there(place, memory[label], i, j):
                    continue
                kept = _remembered(near, place, memory[label], i, j)
                if _worse(at_visit[j], same_visit, dead, before, after, value, memory, b, a, won, kept):
                    continue
                visit[count], parent[count], before[count], after[count] = j, label, b, a
                value[count], memory[count] = won, kept
                same_visit[count], at_visit[j] = at_visit[j], count
                when = slot[min(a, b) - start]
                same_time[count], at_time[when] = at_time[when], count
                count += 1
    return max(bound, best), ends, visit[:count], parent[:count]


@njit(cache=True, inline="always")
def _rest_of(
    rest: np.ndarray, last: int, slot: np.ndarray, start: int, end: int, i: int, before: int, after: int
) -> float:
    """Bound on what follows a label."""
    most = NOTHING
    if before <= end:
        most = rest[0, i, slot[before - start]]
    if last > 0 and after <= end:
        most = max(most, rest[1, i, slot[after - start]])
    return most


@njit(cache=True, inline="always")
def _was_there(place: np.ndarray, memory: int, i: int, j: int) -> bool:
    """Whether a label at i remembers j."""
    return bool(i < len(place) and place[i, j] >= 0 and (memory >> place[i, j]) & 1)


@njit(cache=True)
def _remembered(near: np.ndarray, place: np.ndarray, memory: int, i: int, j: int) -> int:
    """What is remembered at j of what was remembered at i, and j itself."""
    kept = np.int64(1) << place[j, j]
    if i < len(near):
        for s in range(near.shape[1]):
            if (memory >> s) & 1 and place[j, near[i, s]] >= 0:
                kept |= np.int64(1) << place[j, near[i, s]]
    return int(kept)


@njit(cache=True)
def _worse(
    label: int,
    same_visit: np.ndarray,
    dead: np.ndarray,
    before: np.ndarray,
    after: np.ndarray,
    value: np.ndarray,
    memory: np.ndarray,
    b: int,
    a: int,
    won: float,
    kept: int,
) -> bool:
    """Whether a label at the same visit is at least as good in all; those that are worse in all are marked dead."""
    while label >= 0:
        subset = memory[label] & kept
        if before[label] <= b and after[label] <= a and value[label] >= won and subset == memory[label]:
            return True
        if before[label] >= b and after[label] >= a and value[label] <= won and subset == kept:
            dead[label] = True
        label = same_visit[label]
    return False
