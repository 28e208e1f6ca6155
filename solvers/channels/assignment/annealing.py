"""Annealing over assignments with one task in the hand: compiled, with its own random numbers.

Where capacities are tight, a swap must fit two people at once and hardly ever does. Here a task is taken out (its
person is the hole, whose load does not count meanwhile) and wanders: it is laid down with a person in exchange for
another task, which is then in the hand, so only one person's load must fit a step; the hole wanders in the same way.
When the task in the hand fits the hole, the assignment is whole again. These are the ejection chains of Yagiura,
Ibaraki and Glover (2004), walked at a temperature. The exchange is drawn among all tasks of a person by weight; on the
way every end of the walk by one more exchange is looked at, and noted if it is the best: a walk closes rarely.

Costs are reduced by the prices of the relaxation, so that only what is lost against it counts. Short of its capacity a
load costs less than the price for the first few minutes, the price beyond: at the price itself a walk moves only at
temperatures at which tasks lie far from their best people. Minutes above it cost several times as much as minutes short
of it, so that a good part of the closed walks keeps all capacities.

All compiled code stands in this one file, because numba's cache looks only at the file a function stands in.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

PERIOD = 1024
"""Steps at one temperature."""
HAND, HOLE, OVER = 0, 1, 2
"""Places in `State.where`: task in the hand (-1: none), its hole, people over capacity."""
COST, OPENING = 0, 1
"""Places in `State.money`: cost of all tasks but the one in the hand; what it costs to take one."""
ROUNDING_MINUTES = 1e-9


class Terms(NamedTuple):
    """What is searched: all (n, m) by task; cost, its part above the relaxation (loss), minutes; capacity (m,)."""

    cost: np.ndarray
    loss: np.ndarray
    minutes: np.ndarray
    capacity: np.ndarray


class Fines(NamedTuple):
    """What loads cost off `capacity` (m,): under, over (m,) a minute; price (m,) farther off than near (1,) minutes."""

    capacity: np.ndarray
    under: np.ndarray
    over: np.ndarray
    price: np.ndarray
    near: np.ndarray


class State(NamedTuple):
    """choice (n,); load, held (m,) tasks; members (m, n) with place (n,) of each task in it.

    where, money: see above; random (1,) uint64; cumulated (n + 1,) for sums of weights. best (n,) is the best seen;
    best_is (2,): its minutes beyond capacities, its cost.
    """

    choice: np.ndarray
    load: np.ndarray
    held: np.ndarray
    members: np.ndarray
    place: np.ndarray
    where: np.ndarray
    money: np.ndarray
    random: np.ndarray
    cumulated: np.ndarray
    best: np.ndarray
    best_is: np.ndarray


class Offers(NamedTuple):
    """people (n, k) that each task in the hand is offered to; tasks (m, l) each hole is offered; people allowed."""

    people: np.ndarray
    tasks: np.ndarray


@njit(cache=True, inline="always")
def _draw(random: np.ndarray):  # type: ignore[no-untyped-def]
    """Next 64 random bits (xorshift64*; Marsaglia, 2003; Vigna, 2016)."""
    x = random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    random[0] = x
    return x * np.uint64(2685821657736338717)


@njit(cache=True, inline="always")
def _below(random: np.ndarray, limit: int):  # type: ignore[no-untyped-def]
    """A whole number from 0 to limit - 1."""
    return np.int64(((_draw(random) >> np.uint64(32)) * np.uint64(limit)) >> np.uint64(32))


@njit(cache=True, inline="always")
def _uniform(random: np.ndarray) -> float:
    """A number in [0, 1)."""
    return np.float64(_draw(random) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(cache=True, inline="always")
def _weight(worse: float, temperature: float) -> float:
    """exp(-worse / temperature), at most 1; 0 where it is tiny."""
    if worse <= 0:
        return 1.0
    return np.exp(-worse / temperature) if worse < 14 * temperature else 0.0


@njit(cache=True, inline="always")
def _fine(person: int, load: float, f: Fines):  # type: ignore[no-untyped-def]
    """Cost of a load beyond or short of the person's capacity."""
    beyond = load - f.capacity[person]
    if beyond > 0:
        return f.over[person] * beyond + f.price[person] * max(beyond - f.near[0], 0.0)
    return -f.under[person] * beyond + (f.price[person] - f.under[person]) * max(-beyond - f.near[0], 0.0)


@njit(cache=True, inline="always")
def _set_load(person: int, load: float, t: Terms, s: State) -> None:
    """Change a load; the number of people over capacity follows."""
    s.where[OVER] -= s.load[person] > t.capacity[person] + ROUNDING_MINUTES
    s.where[OVER] += load > t.capacity[person] + ROUNDING_MINUTES
    s.load[person] = load


@njit(cache=True)
def _append(task: int, person: int, s: State) -> None:
    s.members[person, s.held[person]] = task
    s.place[task] = s.held[person]
    s.held[person] += 1
    s.choice[task] = person


@njit(cache=True)
def _remove(task: int, person: int, s: State) -> None:
    last = s.members[person, s.held[person] - 1]
    s.members[person, s.place[task]] = last
    s.place[last] = s.place[task]
    s.held[person] -= 1


@njit(cache=True)
def _open(temperature: float, f: Fines, t: Terms, s: State) -> None:
    """Perhaps take a task into the hand."""
    j = _below(s.random, len(s.choice))
    a = s.choice[j]
    worse = s.money[OPENING] - t.loss[j, a] - _fine(a, s.load[a], f)
    if _uniform(s.random) < _weight(worse, temperature):
        _remove(j, a, s)
        _set_load(a, s.load[a] - t.minutes[j, a], t, s)
        s.money[COST] -= t.cost[j, a]
        s.where[HAND], s.where[HOLE] = j, a


@njit(cache=True)
def _close(person: int, t: Terms, s: State) -> None:
    """Lay the task in the hand down with a person; note the assignment if it is the best."""
    j = s.where[HAND]
    _append(j, person, s)
    _set_load(person, s.load[person] + t.minutes[j, person], t, s)
    s.money[COST] += t.cost[j, person]
    s.where[HAND] = -1
    beyond = 0.0
    if s.where[OVER] > 0:
        if s.best_is[0] <= 0:
            return
        for i in range(len(s.load)):
            more = s.load[i] - t.capacity[i]
            beyond += more if more > ROUNDING_MINUTES else 0.0
    if beyond < s.best_is[0] - 1e-7 or (beyond <= s.best_is[0] and s.money[COST] < s.best_is[1] - 1e-7):
        s.best[:] = s.choice
        s.best_is[0], s.best_is[1] = beyond, s.money[COST]


@njit(cache=True)
def _walk_hole(tasks: np.ndarray, temperature: float, f: Fines, t: Terms, s: State) -> None:
    """Perhaps fill the hole with another person's task; that person is the hole then."""
    h = s.where[HOLE]
    q = tasks[h, _below(s.random, tasks.shape[1])]
    b = s.choice[q]
    if q == s.where[HAND] or b == h or not np.isfinite(t.loss[q, h]):
        return
    worse = t.loss[q, h] - t.loss[q, b]
    if worse > 14 * temperature and s.where[OVER] == 0:
        return
    load = s.load[h] + t.minutes[q, h]
    worse += _fine(h, load, f)
    worse -= _fine(b, s.load[b], f)
    if _uniform(s.random) < _weight(worse, temperature):
        _remove(q, b, s)
        _append(q, h, s)
        _set_load(h, load, t, s)
        _set_load(b, s.load[b] - t.minutes[q, b], t, s)
        s.money[COST] += t.cost[q, h] - t.cost[q, b]
        s.where[HOLE] = b


@njit(cache=True)
def _note_ends(b: int, t: Terms, s: State) -> None:
    """Look at all exchanges at person b whose task fits the hole; note the assignment that is the best so far."""
    j, h = s.where[HAND], s.where[HOLE]
    room_b = t.capacity[b] + ROUNDING_MINUTES - s.load[b]
    room_h = t.capacity[h] + ROUNDING_MINUTES - s.load[h]
    if s.where[OVER] > (room_b < 0) + (room_h < 0):
        return
    room_b -= t.minutes[j, b]
    ending = s.money[COST] + t.cost[j, b]
    below = s.best_is[1] - 1e-7 - ending if s.best_is[0] <= 0 else np.inf
    task = -1
    for x in range(s.held[b]):
        q = s.members[b, x]
        change = t.cost[q, h] - t.cost[q, b]
        if change < below and t.minutes[q, h] <= room_h and -t.minutes[q, b] <= room_b:
            task, below = q, change
    if task >= 0:
        s.best[:] = s.choice
        s.best[j], s.best[task] = b, h
        s.best_is[0], s.best_is[1] = 0.0, ending + below


@njit(cache=True)
def _lay_down(b: int, temperature: float, f: Fines, t: Terms, s: State) -> None:
    """Perhaps lay the task in the hand down with person b, not the hole: for one of b's tasks, or for none."""
    j, h, come = s.where[HAND], s.where[HOLE], s.load[b] + t.minutes[s.where[HAND], b]
    _note_ends(b, t, s)
    base = t.loss[j, b] - _fine(b, s.load[b], f)
    total, count = 0.0, s.held[b]
    for x in range(count):
        q = s.members[b, x]
        total += _weight(base - t.loss[q, b] + _fine(b, come - t.minutes[q, b], f), temperature)
        s.cumulated[x] = total
    worse = base + _fine(b, come, f) - s.money[OPENING]
    total += _weight(worse + _fine(h, s.load[h], f), temperature)
    at = _uniform(s.random) * max(1.0, total)
    if at >= total:
        return
    x = 0
    while x < count and s.cumulated[x] <= at:
        x += 1
    if x == count:
        _close(b, t, s)
        return
    q = s.members[b, x]
    s.members[b, x] = j
    s.place[j] = x
    s.choice[j] = b
    _set_load(b, s.load[b] + t.minutes[j, b] - t.minutes[q, b], t, s)
    s.money[COST] += t.cost[j, b] - t.cost[q, b]
    s.where[HAND] = q


@njit(cache=True)
def anneal(
    t: Terms,
    s: State,
    offers: Offers,
    f: Fines,
    temperature: float,
    periods: int,
) -> None:
    """Walk `periods` x PERIOD steps at a temperature (units of cost); `s` is changed in place."""
    k = offers.people.shape[1]
    highest = (f.over.max() + f.price.max()) * t.minutes.max() + 100 * temperature
    for _ in range(periods):
        in_hand = 0
        for _ in range(PERIOD):
            j = s.where[HAND]
            if j < 0:
                _open(temperature, f, t, s)
                continue
            in_hand += 1
            if _below(s.random, 4) == 0:
                _walk_hole(offers.tasks, temperature, f, t, s)
                continue
            b = offers.people[j, _below(s.random, k)]
            if b != s.where[HOLE]:
                _lay_down(b, temperature, f, t, s)
                continue
            come = s.load[b] + t.minutes[j, b]
            worse = t.loss[j, b] + _fine(b, come, f) - s.money[OPENING]
            if _uniform(s.random) < _weight(worse, temperature):
                _close(b, t, s)
        # What a task in the hand costs is set so that there is one for about two thirds of the steps.
        more = 1.02 if in_hand > 0.7 * PERIOD else 0.98
        s.money[OPENING] = min(max(s.money[OPENING] * more, 0.1 * temperature), highest)


def start(t: Terms, choice: np.ndarray, seed: int) -> State:
    """The state of a whole assignment `choice` (n,); its best is itself."""
    n, m = t.cost.shape
    load, count, tasks = np.zeros(m), np.zeros(m, np.int64), np.arange(n)
    np.add.at(load, choice, t.minutes[tasks, choice])
    members, place = np.zeros((m, n), np.int64), np.zeros(n, np.int64)
    for task, person in enumerate(choice.tolist()):
        place[task] = count[person]
        members[person, count[person]] = task
        count[person] += 1
    beyond = np.maximum(load - t.capacity, 0.0)
    beyond[beyond <= ROUNDING_MINUTES] = 0.0
    cost = float(t.cost[tasks, choice].sum())
    random = np.random.default_rng(seed).integers(1, 2**63, 1).astype(np.uint64)
    where = np.array([-1, -1, int((beyond > 0).sum())])
    best_is = np.array([float(beyond.sum()), cost])
    money, cumulated = np.array([cost, 1.0]), np.zeros(n + 1)
    return State(choice.copy(), load, count, members, place, where, money, random, cumulated, choice.copy(), best_is)
