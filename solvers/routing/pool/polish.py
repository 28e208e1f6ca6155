"""The best order found for one rep-day alone: ruin and recreate over its own visits, compiled, timed exactly.

A step removes a run of visits and inserts again whatever gains, in a random choice of orders; lower values are kept by
annealing. Two clocks run along an order, as in the search of all rep-days: the earliest time the rep is free with lunch
still to come, and with lunch over. The clocks, and the pace of drives, are written out here again because numba's cache
looks only at the file a function stands in.
"""

import numpy as np
from numba import njit

from solvers.routing.pace import TICKS
from solvers.routing.pool.day import Day
from solvers.routing.problem import SPAN_SECONDS

NEVER = 1 << 40
START, END, LUNCH, LUNCH_FROM, LUNCH_TO, SHIFT_END = range(6)


def polish(day: Day, order: tuple[int, ...], *, worth_eur: np.ndarray, steps: int, seed: int) -> tuple[float, tuple]:
    """Euros and local indices of the best order found from `order` (a legal one) in `steps` steps.

    Args:
        worth_eur: (n,) what each visit counts; the value of an order is their sum less its drives and its overtime, 0
            if it is empty.
    """
    n = len(day.tasks)
    start = np.full(n + 1, -1, np.int64)
    start[: len(order)] = order
    best = start.copy()
    value, count = _polish(day, np.asarray(worth_eur, float), best, len(order), steps, np.random.default_rng(seed))
    return float(value), tuple(int(i) for i in best[:count])


def arrival(day: Day, order: tuple[int, ...]) -> int:
    """When the day of this order ends; `NEVER` if it cannot be kept: windows, lunch, the latest end, the car's load."""
    path, n = np.array(order, np.int64), len(order)
    if np.any(day.load[path].sum(axis=0) > day.capacity):
        return NEVER
    at, before, after = (np.zeros(n + 1, np.int64) for _ in range(3))
    return int(_walk(day, path, n, at, before, after))


def timed(day: Day, order: tuple[int, ...]) -> bool:
    """Whether the order can be kept."""
    return arrival(day, order) < NEVER


def overtime_eur(day: Day, order: tuple[int, ...]) -> float:
    """What the overtime of an order costs; 0 of an empty one, all there may be of one that cannot be kept."""
    if not order or not day.overtime:
        return 0.0
    return max(0, min(arrival(day, order), int(day.span[END])) - int(day.span[SHIFT_END])) * day.overtime


@njit(cache=True, inline="always")
def _served(day: Day, task: int, ready: int) -> int:
    end = NEVER
    for w in range(day.windows[task, 0]):
        begin = max(ready, day.windows[task, 1 + 2 * w])
        if begin + day.service[task] <= day.windows[task, 2 + 2 * w]:
            end = begin + day.service[task]
            break
    return end


@njit(cache=True, inline="always")
def _fed(day: Day, free: int) -> int:
    end = free
    if day.span[LUNCH] > 0:
        end = max(free, day.span[LUNCH_FROM]) + day.span[LUNCH]
        if end > day.span[LUNCH_TO]:
            end = NEVER
    return end


@njit(cache=True)
def _driven(clock: np.ndarray, back: np.ndarray, free: int, drive: int, parking: int) -> int:
    """When a drive ends, see `solvers.routing.pace.arrival`."""
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
def _home(day: Day, at: int, before: int, after: int) -> int:
    """When the day ends; NEVER if that is too late."""
    n, free = len(day.tasks), min(after, _fed(day, before))
    end = free + day.drive[at, n]
    if len(day.clock) > 0:
        end = _driven(day.clock, day.back, free, day.drive[at, n], day.parking[n])
    return end if end <= day.span[END] else NEVER


@njit(cache=True, inline="always")
def _next(day: Day, at: int, before: int, after: int, task: int) -> tuple[int, int, int]:
    """Where and when the rep is free after one more task."""
    eaten = min(after, _fed(day, before))
    if day.placed[task]:
        drive = day.drive[at, task]
        if len(day.clock) > 0:
            before = _driven(day.clock, day.back, before, drive, day.parking[task])
            eaten = _driven(day.clock, day.back, eaten, drive, day.parking[task])
        else:
            before, eaten = before + drive, eaten + drive
        at = task
    return at, _served(day, task, before), _served(day, task, eaten)


@njit(cache=True)
def _walk(day: Day, order: np.ndarray, count: int, at: np.ndarray, before: np.ndarray, after: np.ndarray) -> int:
    """Write where and when the rep is free after each event; when the day ends, NEVER if it cannot be kept."""
    at[0], before[0], after[0] = len(day.tasks), day.span[START], NEVER
    for i in range(count):
        at[i + 1], before[i + 1], after[i + 1] = _next(day, at[i], before[i], after[i], order[i])
    return int(_home(day, at[count], before[count], after[count]))


@njit(cache=True)
def _with(
    day: Day,
    order: np.ndarray,
    count: int,
    at: np.ndarray,
    before: np.ndarray,
    after: np.ndarray,
    home: int,
    k: int,
    task: int,
) -> int:
    """When the day ends, or a later time, if `task` is inserted before event `k`; NEVER if it cannot be."""
    here, b, a = _next(day, at[k], before[k], after[k], task)
    for i in range(k, count):
        if b >= NEVER and a >= NEVER:
            return NEVER
        here, b, a = _next(day, here, b, a, order[i])
        if here == at[i + 1] and b <= before[i + 1] and a <= after[i + 1]:
            return home
    return int(_home(day, here, b, a))


@njit(cache=True)
def _detour(day: Day, order: np.ndarray, count: int, at: np.ndarray, k: int, task: int) -> float:
    """Euros of driving that `task` before event `k` adds; the first visit of a day pays the whole way."""
    following = len(day.tasks)
    for i in range(k, count):
        if day.placed[order[i]]:
            following = order[i]
            break
    saved = day.eur[at[k], following] if count > 0 else 0.0
    if not day.placed[task]:
        return float(day.eur[at[k], following] - saved)
    return float(day.eur[at[k], task] + day.eur[task, following] - saved)


@njit(cache=True, inline="always")
def _late_eur(day: Day, count: int, home: int) -> float:
    """What the overtime of a day of `count` events costs."""
    return max(0, home - day.span[SHIFT_END]) * day.overtime if count > 0 else 0.0


@njit(cache=True)
def _worth(day: Day, worth: np.ndarray, order: np.ndarray, count: int, home: int) -> float:
    """Euros of an order: what its visits count less its drives and its overtime."""
    value, here = 0.0, len(day.tasks)
    for i in range(count):
        value += worth[order[i]]
        if day.placed[order[i]]:
            value -= day.eur[here, order[i]]
            here = order[i]
    return value - day.eur[here, len(day.tasks)] - _late_eur(day, count, home) if count > 0 else 0.0


@njit(cache=True)
def _recreate(
    day: Day,
    worth: np.ndarray,
    order: np.ndarray,
    count: int,
    inside: np.ndarray,
    at: np.ndarray,
    before: np.ndarray,
    after: np.ndarray,
    rng: np.random.Generator,
) -> tuple[int, int]:
    """Insert what gains, each in its best place, in a random choice of orders; the new length, the day's new end."""
    n, home = len(day.tasks), _walk(day, order, count, at, before, after)
    left = day.capacity.copy()
    for i in range(count):
        left -= day.load[order[i]]
    keys = np.empty(n)
    how = rng.integers(0, 4)
    for task in range(n):
        per = day.service[task] + 600.0 + 600.0 * rng.random() if how < 2 else 1.0
        keys[task] = rng.random() if how == 3 else -worth[task] / per
    for task in np.argsort(keys):
        if inside[task] or worth[task] <= 0.0 or (len(left) > 0 and np.any(day.load[task] > left)):
            continue
        best, place, late = 1e-9, -1, _late_eur(day, count, home)
        for k in range(count + 1):
            gain = worth[task] - _detour(day, order, count, at, k, task)
            if gain > best and rng.random() > 0.01:
                end = _with(day, order, count, at, before, after, home, k, task)
                gain -= _late_eur(day, 1, end) - late
                if end < NEVER and gain > best:
                    best, place = gain, k
        if place >= 0:
            for i in range(count, place, -1):
                order[i] = order[i - 1]
            order[place] = task
            count += 1
            inside[task] = True
            left -= day.load[task]
            home = _walk(day, order, count, at, before, after)
    return count, home


@njit(cache=True)
def _ruin(day: Day, order: np.ndarray, count: int, inside: np.ndarray, rng: np.random.Generator) -> int:
    """Take a random run of visits out; the new length. Appointments stay."""
    length = min(count, 1 + int(rng.random() * min(6, count)))
    first = int(rng.random() * (count - length + 1))
    kept = 0
    for i in range(count):
        if first <= i < first + length and not day.fixed[order[i]]:
            inside[order[i]] = False
        else:
            order[kept] = order[i]
            kept += 1
    return kept


@njit(cache=True)
def _polish(
    day: Day, worth: np.ndarray, best: np.ndarray, count: int, steps: int, rng: np.random.Generator
) -> tuple[float, int]:
    """Search from `best`, write the best order found into it; its value and length."""
    n = len(day.tasks)
    order, trial = best.copy(), best.copy()
    at, before, after = np.zeros(n + 2, np.int64), np.zeros(n + 2, np.int64), np.zeros(n + 2, np.int64)
    inside = np.zeros(n, np.bool_)
    length = best_length = count
    home = _walk(day, order, count, at, before, after)
    value = best_value = _worth(day, worth, order, count, home)
    heat = 0.02 * np.abs(worth).mean() if n > 0 else 0.0
    for step in range(steps + 1 if n > 0 else 0):
        trial[:] = order
        inside[:] = False
        for i in range(length):
            inside[order[i]] = True
        tried = _ruin(day, trial, length, inside, rng) if step > 0 and length > 0 else length
        tried, home = _recreate(day, worth, trial, tried, inside, at, before, after, rng)
        got = _worth(day, worth, trial, tried, home)
        kept = got > value + heat * (1.0 - step / (steps + 1)) * np.log(max(rng.random(), 1e-300))
        if kept and (home < NEVER or tried == 0):  # where a detour is shorter, a visit less may be too late
            order[:] = trial
            length, value = tried, got
            if value > best_value + 1e-9:
                best[:] = order
                best_length, best_value = length, value
    return best_value, best_length
