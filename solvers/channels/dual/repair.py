"""From everybody's best option after prices to a plan that keeps the capacities: least regret first, then fill.

Regret is what a customer loses after prices by another option. Whoever loses least per minute of relief is moved off an
overfull capacity; afterwards minutes that are left go to whoever gains most by them.
"""

import heapq

import numpy as np

from solvers.channels.dual.passes import Passes
from solvers.channels.dual.problem import CapacityProblem

BATCH = 4096
"""Customers whose options are looked at together."""
FILLS = 4
"""Rounds of filling at most."""
CANDIDATES = 500
"""Customers who are offered more in a round of filling at most."""


def slack(problem: CapacityProblem) -> np.ndarray:
    """(capacities,) minutes by which sums may exceed a capacity, for rounding of the sums alone."""
    allowed: np.ndarray = 1e-9 * np.maximum(problem.capacity_minutes, 1.0)
    return allowed


def use_of(problem: CapacityProblem, choice: np.ndarray) -> np.ndarray:
    """(capacities,) minutes that a choice (n,) uses, summed in float64."""
    used = np.zeros(problem.resources)
    for begin in range(0, len(choice), 65536):
        who = np.arange(begin, min(begin + 65536, len(choice)))
        resource, minutes = taken_by(problem, who, choice[who])
        limited = resource >= 0
        used += np.bincount(resource[limited], minutes[limited], problem.resources)
    out: np.ndarray = problem.rows_of_resources() @ used
    return out


def taken_by(problem: CapacityProblem, who: np.ndarray, option: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(resource or -1, float64 minutes) of one option of each of these customers."""
    place = problem.resource_of_option
    resource = place[who, option] if place.ndim == 2 else place[option]
    minutes = problem.minutes[who, problem.channel_of_option[option]].astype(float)
    return resource.astype(np.int64), np.where(resource >= 0, minutes, 0.0)


def value_of(problem: CapacityProblem, choice: np.ndarray) -> float:
    """Euros of a choice (n,), summed in float64."""
    return float(problem.value[np.arange(len(choice)), choice].sum(dtype=np.float64))


def relieve(passes: Passes, prices: np.ndarray, choice: np.ndarray, margin: np.ndarray) -> np.ndarray:
    """A choice (n,) that keeps every capacity: customers moved off overfull ones, least regret per minute first.

    Args:
        margin: (n,) what each is ahead of its next best option after prices.
    """
    problem, rows = passes.problem, passes.rows
    choice, allowed = choice.copy(), slack(problem)
    left = problem.capacity_minutes - use_of(problem, choice)
    if not (left < -allowed).any():
        return choice
    crowded = np.append((rows[left < -allowed] > 0).any(axis=0), False)
    everybody = np.arange(len(choice))
    resource, minutes = taken_by(problem, everybody, choice)
    movable = np.flatnonzero(crowded[resource] & (minutes > 0))
    known = margin[movable] / minutes[movable]
    order = np.argsort(known, kind="stable")
    leaving = _Leaving(passes, prices, movable[order])
    # What is known of a customer is the regret of the next best option; where that one has no room, the regret of the
    # best that has: whoever turns out dearer than the next in line goes back into the queue.
    queue: list[tuple[float, int]] = []
    reached = 0
    while (left < -allowed).any() and (queue or reached < len(order)):
        ahead = float(known[order[reached]]) if reached < len(order) else np.inf
        if not queue or ahead <= queue[0][0]:
            due, place = ahead, reached
            reached += 1
        else:
            due, place = heapq.heappop(queue)
        found = leaving.best_that_fits(place, int(choice[movable[order[place]]]), left, allowed)
        if found is None:
            continue
        option, per_minute, after = found
        if per_minute > due + 1e-12:
            heapq.heappush(queue, (per_minute, place))
        else:
            choice[movable[order[place]]], left = option, after
    return choice


class _Leaving:
    """Where customers of a queue could go; their options are looked up a batch at a time."""

    def __init__(self, passes: Passes, prices: np.ndarray, customers: np.ndarray) -> None:
        self._passes, self._prices, self._customers = passes, prices, customers
        self._batches: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}

    def best_that_fits(
        self, place: int, own: int, left: np.ndarray, allowed: np.ndarray
    ) -> tuple[int, float, np.ndarray] | None:
        """(option, regret in euros per minute freed, what then is left) for the customer at a place of the queue; None
        if leaving would relieve nothing that is overfull."""
        nets, takes, draws = self._batch(place // BATCH)
        net, takes, draws = nets[place % BATCH], takes[place % BATCH], draws[place % BATCH]
        rows = self._passes.rows
        if not ((left < -allowed) & (rows[:, draws[own]] > 0)).any():
            return None
        released = left + rows[:, draws[own]] * takes[own]
        for option in np.argsort(-net, kind="stable").tolist():
            if option == own:
                continue
            use = rows[:, draws[option]] * takes[option] if draws[option] >= 0 else np.zeros(len(left))
            after = released - use
            if np.all((after >= -allowed) | (use == 0)):
                return option, float((net[own] - net[option]) / takes[own]), after
        return None

    def _batch(self, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        if number not in self._batches:
            who = self._customers[number * BATCH : (number + 1) * BATCH]
            problem = self._passes.problem
            self._batches[number] = (
                self._passes.net_of(self._prices, who), problem.minutes_of(who), problem.resources_of(who)
            )  # fmt: skip
        return self._batches[number]


def fill(passes: Passes, choice: np.ndarray) -> np.ndarray:
    """The same choice (n,) or better: unused minutes go to whoever gains most by them, as long as somebody does."""
    problem, rows = passes.problem, passes.rows
    choice = choice.copy()
    for _ in range(FILLS):
        left = problem.capacity_minutes - use_of(problem, choice)
        who, option, gain = _offers(problem, rows, left, choice)
        moved = 0
        for place in np.argsort(-gain, kind="stable")[:CANDIDATES].tolist():
            customer = who[place : place + 1]
            resource, minutes = taken_by(problem, customer, option[place : place + 1])
            own, own_minutes = taken_by(problem, customer, choice[customer])
            after = left.copy()
            if own[0] >= 0:
                after += rows[:, own[0]] * own_minutes[0]
            if resource[0] >= 0:
                after -= rows[:, resource[0]] * minutes[0]
            if np.all((after >= -slack(problem)) | (after >= left)):
                choice[customer], left = option[place], after
                moved += 1
        passes.count += 1
        if not moved:
            break
    return choice


def _offers(
    problem: CapacityProblem, rows: np.ndarray, left: np.ndarray, choice: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(customer, option, euros gained) of each customer's best option that fits into what is left, if it gains."""
    share = np.where(rows > 0, rows, 1.0)
    room = np.append(
        np.where(rows > 0, np.maximum(left, 0.0)[:, None] / share, np.inf).min(axis=0, initial=np.inf), np.inf
    )
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for begin in range(0, len(choice), 4 * BATCH):
        who = np.arange(begin, min(begin + 4 * BATCH, len(choice)))
        draws, places = problem.resources_of(who), np.arange(len(who))
        own = choice[who]
        own_resource, own_minutes = taken_by(problem, who, own)
        more = problem.value[who].astype(float)
        more -= more[places, own][:, None]
        released = np.where((draws == own_resource[:, None]) & (draws >= 0), own_minutes[:, None], 0.0)
        more[problem.minutes_of(who) > room[draws] + released] = -np.inf
        best = more.argmax(axis=1)
        gain = more[places, best]
        hit = np.flatnonzero(gain > 1e-9)
        found.append((who[hit], best[hit], gain[hit]))
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))  # type: ignore[return-value]
