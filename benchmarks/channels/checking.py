"""Checks of answers, with no code of the engines: worth of a choice, what prices prove, the best by enumeration."""

from itertools import product

import numpy as np

from benchmarks.channels.cases import BARRED, CAPACITIES, DAYS, Assignment, Week


class Broken(Exception):
    """An answer that breaks a rule; no figure is taken from it."""


def value_of(week: Week, choice: np.ndarray) -> float:
    """Euros of a choice (n,) of options.

    Raises:
        Broken: a customer without an option, a barred option, or a capacity exceeded.
    """
    n = len(week.value)
    option = np.asarray(choice, dtype=np.int64)
    if option.shape != (n,) or (n and (option.min() < 0 or option.max() > CAPACITIES)):
        raise Broken("not one option for each customer")
    who = np.arange(n)
    taken = week.value[who, option].astype(float)
    if (taken <= BARRED / 2).any():
        raise Broken("a barred option")
    used = np.bincount(option, week.minutes[who, option // DAYS], CAPACITIES + 1)[:CAPACITIES]
    if (used > week.capacity_minutes + 1e-6).any():
        raise Broken("a capacity exceeded")
    return float(taken.sum())


def proven(week: Week, prices: np.ndarray, *, chunk: int = 50_000) -> float:
    """No plan is worth more, whatever made the prices (20,) >= 0: sum_i max_o(value - price x minutes) + prices @ cap.

    Raises:
        Broken: a negative price.
    """
    if (np.asarray(prices) < 0).any():
        raise Broken("a negative price")
    total = float(np.asarray(prices, float) @ week.capacity_minutes)
    for begin in range(0, len(week.value), chunk):
        part = slice(begin, begin + chunk)
        net = week.value[part].astype(float)
        net[:, :CAPACITIES] -= np.repeat(week.minutes[part, :4].astype(float), DAYS, axis=1) * prices
        total += float(net.max(axis=1).sum())
    return total


def best_by_enumeration(week: Week, *, states: int = 30_000) -> float | None:
    """The best value by dynamic programming over all used minutes; None if more than `states` would be needed."""
    layer: dict[tuple[float, ...], float] = {(0.0,) * CAPACITIES: 0.0}
    room = week.capacity_minutes
    for worth, minutes in zip(week.value.astype(float), week.minutes.astype(float), strict=True):
        after: dict[tuple[float, ...], float] = {}
        options = np.flatnonzero(worth > BARRED / 2).tolist()
        for (used, value), option in product(layer.items(), options):
            key = used
            if option < CAPACITIES:
                load = used[option] + minutes[option // DAYS]
                if load > room[option] + 1e-9:
                    continue
                key = (*used[:option], load, *used[option + 1 :])
            if after.get(key, -np.inf) < value + worth[option]:
                after[key] = value + worth[option]
            if len(after) > states:
                return None
        layer = after
    return max(layer.values())


def cost_of(problem: Assignment, choice: np.ndarray) -> float:
    """Cost of a choice (n,) of people.

    Raises:
        Broken: a task without a person, or a capacity exceeded.
    """
    person = np.asarray(choice, dtype=np.int64)
    m, n = problem.cost.shape
    if person.shape != (n,) or (n and (person.min() < 0 or person.max() >= m)):
        raise Broken("not one person for each task")
    used = np.zeros(m)
    for task, who in enumerate(person.tolist()):
        used[who] += problem.minutes[who, task]
    if (used > problem.capacity + 1e-6).any():
        raise Broken("a capacity exceeded")
    return float(sum(problem.cost[who, task] for task, who in enumerate(person.tolist())))
