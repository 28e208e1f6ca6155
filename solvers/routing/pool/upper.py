"""A proven upper bound on what any legal plan is worth, by priced routes, and a better plan on the way.

For any prices p >= 0 of the visits, a plan is worth at most

    sum_j p_j + sum over rep-days of max(0, best route of that rep-day with each visit worth prize_j - p_j)

because each visit is made at most once (Lagrange; Dantzig and Wolfe, 1960). What a visit is worth may differ by
rep-day. Where visits across borders are limited, each bears one more price, which the sum counts once for each that is
allowed; it is the last of all prices in what follows. The best routes are bounded from above by
`price_group`. Good prices come from the restricted master over the routes met, and are pulled half way back to the best
prices so far (Wentges, 1997). Required visits are not enforced here, which can only raise the bound.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from solvers.routing.bound import knapsack_prices
from solvers.routing.pool.day import make_day
from solvers.routing.pool.group import Group, Relaxed, relax
from solvers.routing.pool.master import Column, Master
from solvers.routing.pool.polish import overtime_eur, polish, timed
from solvers.routing.pool.pricing import price_group, sift
from solvers.routing.problem import RoutingProblem

TRIED = 60
"""Visits that the search for routes of a group looks at."""
POLISH_STEPS = 50
PULL = 0.3
"""Weight of the best prices so far in those that are tried next."""
LABELS = 200_000
"""Labels of one pricing at most; more is told by the bound on what is left."""
BOXES = (0.25, 0.15, 0.1, 0.05)
"""How far the master's prices may be from the best ones, as a share of the prize: narrower after each round
without a better bound, wider after each with one."""
SLACKS = (0.02, 0.01, 0.005, 0.002, 0.0)
"""Share of a group's price by which its routes may beat it unseen; lowered whenever nothing more is found."""
FIRST_REACH = 0.98
"""The same for the first round: routes fill a day less than a knapsack does, so its price is not reached."""
MOST_PLACES = 4000
"""Beyond this many places the shortest paths are not computed, and the bound is the knapsack's."""
PACK_NODES = 50
CHEAP_ROUNDS = 6
"""Rounds of short searches between two pricings, at most."""
LEAST_RISE = 0.05
"""A cheap round that lifts the master by less than this share of the present slack is the last."""
FIRST_PLANS = 3
"""Plans made one rep-day after the other before anything is priced; one if there is an incumbent."""
FEW_GROUPS, SEARCHES = 8, 2
"""With fewer groups each is searched several times a cheap round."""


@dataclass(frozen=True)
class Bound:
    """value_eur: no legal plan is worth more. duals_eur: (T,) price of each task. orders: a plan at least as good as
    the incumbent. rounds: pricings of all groups. method: in words."""

    value_eur: float
    duals_eur: np.ndarray
    orders: tuple[tuple[int, ...], ...]
    rounds: int
    seconds: float
    method: str


def upper_bound(
    problem: RoutingProblem,
    *,
    incumbent: Sequence[Sequence[int]] = (),
    met: Iterable[tuple[int, tuple[int, ...]]] = (),
    rounds: int = 30,
    seconds: float = float("inf"),
    seed: int = 0,
) -> Bound:
    """Bound and better plan.

    Args:
        incumbent: legal orders of each shift; () where nothing is known. met: (shift, order) of rep-days met on the
            way to it, the first columns of the master.
        rounds: pricings of all groups at most; 0 gives the knapsack bound. seconds: emergency brake, looked at between
            groups; a run that it ends cannot be repeated.

    Returns:
        `Bound`; never above the knapsack bound, rounded up to whole cents.
    """
    began = time.perf_counter()
    orders = tuple(tuple(int(i) for i in order) for order in incumbent) or ((),) * len(problem.shifts)
    start = knapsack_prices(problem)
    value = start.bound_eur
    if rounds == 0 or value == 0.0 or len(problem.places.ids) > MOST_PLACES:
        spent = time.perf_counter() - began
        return Bound(value, start.visits_eur, orders, 0, spent, "knapsack of each rep-day")
    search = _Search(problem, relax(problem), orders, seed, began + seconds)
    search.best, search.best_duals = value, np.append(start.visits_eur, [start.border_eur] * search.borders)
    search.take(met)
    search.run(rounds, search.best_duals, start.shifts_eur)
    better = search.pack()
    cents = float(np.ceil(100 * search.best + 1e-6) / 100)
    method = f"routes priced {search.rounds} times, {len(search.master.columns)} routes"
    prices = search.best_duals[: len(problem.tasks)]
    return Bound(min(value, cents), prices, better, search.rounds, time.perf_counter() - began, method)


class _Search:
    """Column generation: the state of one call."""

    def __init__(
        self, problem: RoutingProblem, relaxed: Relaxed, orders: tuple[tuple[int, ...], ...], seed: int, until: float
    ) -> None:
        self._problem, self._relaxed, self._orders = problem, relaxed, orders
        self._seed, self._until = seed, until
        self.groups = relaxed.groups
        self._most = [problem.borders.most_visits] if problem.borders else []
        self.borders = len(self._most)
        sizes = [len(g.shifts) for g in self.groups]
        self.master = Master(visits=len(problem.tasks), groups=sizes, border_visits=self._most)
        self.rounds, self._searches = 0, 0
        self.best, self.best_duals = np.inf, np.zeros(len(problem.tasks) + self.borders)
        self._start = [
            self._add(number, orders[shift])
            for number, group in enumerate(self.groups)
            for shift in group.shifts
            if orders[shift]
        ]
        for plan in range(1 if self._start else FIRST_PLANS):
            self._greedy_plan(plan)

    def take(self, met: Iterable[tuple[int, tuple[int, ...]]]) -> None:
        """Columns of rep-days that were met elsewhere."""
        group_of = {shift: number for number, group in enumerate(self.groups) for shift in group.shifts}
        for shift, order in met:
            if order:
                self._add(group_of[shift], tuple(int(i) for i in order))

    def _greedy_plan(self, plan: int) -> None:
        """Routes of one more whole plan: rep-days in a random order, each searched over what is left."""
        left = np.ones(len(self._relaxed.prize))
        days = [number for number, group in enumerate(self.groups) for _ in group.shifts]
        for number in np.random.default_rng((self._seed, plan)).permutation(np.array(days, np.int64)):
            if time.perf_counter() > self._until:
                return
            group = self.groups[number]
            _, order = self._search_routes(int(number), group, group.prize * left[group.tasks], 0.0)
            left[list(order)] = 0.0

    def run(self, rounds: int, duals: np.ndarray, group_prices: np.ndarray) -> None:
        """Up to `rounds` pricings of all groups, the first at the given prices."""
        prices = np.array([group_prices[g.shifts[0]] for g in self.groups])
        slack = box = 0
        tried = duals
        while self.rounds < rounds and time.perf_counter() < self._until:
            reach = 1 + SLACKS[slack] if self.rounds else FIRST_REACH
            total, found = self._price(tried, prices * reach, prices if self.rounds == 0 else None)
            if total is None:
                return
            self.rounds += 1
            improved = total < self.best - 1e-4 * max(1.0, abs(self.best))
            if total < self.best:
                self.best, self.best_duals = total, tried
            if not found and not improved:
                if slack == len(SLACKS) - 1:
                    return
                slack += 1
            box = max(0, box - 1) if improved else min(box + 1, len(BOXES) - 1)
            self._hold(BOXES[box])
            _, exact, prices = self._gather(slack, self.best_duals)
            tried = PULL * self.best_duals + (1 - PULL) * exact

    def _hold(self, box: float) -> None:
        """Keep the master's prices near the best prices so far, by this share of the prizes."""
        prize = np.maximum(self._relaxed.prize, 0.0)
        prize = np.append(prize, [prize.max(initial=0.0)] * self.borders)
        lowest, highest = self.best_duals - box * prize, self.best_duals + box * prize
        self.master.hold(np.maximum(0.0, lowest), np.minimum(np.maximum(highest, 0.0), prize + 1e-6))

    def _gather(self, slack: int, center: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """The master after cheap rounds: routes that a short search finds, until they add little to it.

        They are searched at the master's own prices and, every other time, half way to `center`.
        """
        value, duals, prices = self.master.solve()
        for turn in range(CHEAP_ROUNDS):
            tried = duals if turn % 2 else 0.5 * (duals + center)
            for number, group in enumerate(self.groups):
                if time.perf_counter() > self._until:
                    return value, duals, prices
                worth = self._worth(group, tried)
                for _ in range(SEARCHES if len(self.groups) < FEW_GROUPS else 1):
                    self._search_routes(number, group, worth, 0.0 if turn % 2 == 0 else max(0.0, float(prices[number])))
            before = value
            value, duals, prices = self.master.solve()
            if turn % 2 and value - before <= SLACKS[slack] * LEAST_RISE * abs(before):
                break
        return value, duals, prices

    def _price(self, duals: np.ndarray, targets: np.ndarray, known_eur: np.ndarray | None) -> tuple[float | None, int]:
        """(the bound at these prices or None if the brake was pulled, number of new columns).

        known_eur: what no route of each group exceeds at these prices, for groups that the brake leaves unpriced.
        """
        visits = len(self._problem.tasks)
        total, found = float(duals[:visits].sum() + duals[visits:] @ np.array(self._most, float)), 0
        for number, group in enumerate(self.groups):
            if time.perf_counter() > self._until:
                if known_eur is None:
                    return None, found
                total += len(group.shifts) * float(known_eur[number])
                continue
            before, worth = len(self.master.columns), self._worth(group, duals)
            known, _ = self._search_routes(number, group, worth, max(0.0, float(targets[number])))
            target = max(known, float(targets[number]), 0.0) if not self._must(group) else known
            priced = price_group(self._relaxed, group, worth, target_eur=target, room=LABELS)
            for _, order in priced.routes:
                self._add(number, order)
            total += len(group.shifts) * (priced.bound_eur + 1e-6)
            found += len(self.master.columns) - before
        return total, found

    def _worth(self, group: Group, duals: np.ndarray) -> np.ndarray:
        """(n,) what the group's tasks bring there less their prices."""
        left: np.ndarray = group.prize - duals[group.tasks]
        return left - duals[-1] * group.border if self.borders else left

    def _must(self, group: Group) -> bool:
        return bool(self._relaxed.fixed[group.tasks].any())

    def _search_routes(
        self, number: int, group: Group, worth: np.ndarray, target: float
    ) -> tuple[float, tuple[int, ...]]:
        """The best legal route found by a short search on the most promising visits: its worth, its tasks.

        worth: (n,) of the group's tasks. It is taken into the master if it is worth more than `target`.
        """
        fixed = group.tasks[self._relaxed.fixed[group.tasks]]
        here = np.where(self._relaxed.fixed[group.tasks], 0.0, worth)
        chosen, through = sift(self._relaxed, group, here, 0.0)
        likely = chosen[np.argsort(-through, kind="stable")[:TRIED]]
        first = self._orders[group.shifts[0]] if self._must(group) else ()
        tasks = list(dict.fromkeys([*first, *fixed.tolist(), *likely.tolist()]))
        if not tasks:
            return 0.0, ()
        day = make_day(self._problem, group.shifts[0], tasks)
        self._searches += 1
        kept, draw = tuple(range(len(first))), self._seed + self._searches
        counts = worth[np.searchsorted(group.tasks, day.tasks)]
        value, order = polish(day, kept, worth_eur=counts, steps=POLISH_STEPS, seed=draw)
        route = tuple(int(day.tasks[i]) for i in order)
        if order and value > target:
            self._add(number, route)
        return value, route

    def _add(self, group: int, order: tuple[int, ...]) -> int:
        """The number of the column; new ones are timed on the true rep-day."""
        shift = self.groups[group].shifts[0]
        once = len(set(order)) == len(order)
        day, path = make_day(self._problem, shift, order), tuple(range(len(order)))
        value = float(day.prize.sum()) - self._travel_eur(shift, order) - overtime_eur(day, path)
        must = {int(i) for i in self.groups[group].tasks[self._relaxed.fixed[self.groups[group].tasks]]}
        legal = once and must <= set(order) and timed(day, path)
        across = sum(shift in self._problem.tasks[i].border for i in order)
        return self.master.add(Column(group, order, value, legal, across))

    def _travel_eur(self, shift: int, order: tuple[int, ...]) -> float:
        row = self._problem.shifts[shift]
        stops = [self._problem.tasks[i].place for i in order if self._problem.tasks[i].place >= 0]
        path = [row.start_place, *stops, row.end_place]
        km = sum(float(self._problem.km[a, b]) for a, b in pairwise(path))
        return self._problem.travel_eur_per_km * km

    def pack(self) -> tuple[tuple[int, ...], ...]:
        """The best whole plan among the columns, at least as good as the incumbent."""
        columns, tasks = self.master.columns, self._problem.tasks
        bonus = 1.0 + float(np.abs(self._relaxed.prize).sum()) + sum(max(0.0, -c.value_eur) for c in columns)
        worth = [c.value_eur + bonus * sum(tasks[i].required for i in c.order) for c in columns]
        left = max(0.5, min(30.0, self._until - time.perf_counter()))
        picked = self.master.pack(worth, start=self._start, nodes=PACK_NODES, seconds=left)
        plan: list[tuple[int, ...]] = [()] * len(self._problem.shifts)
        room = [list(group.shifts) for group in self.groups]
        for i in picked:
            plan[room[columns[i].group].pop(0)] = columns[i].order
        return tuple(plan)
