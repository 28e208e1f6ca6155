"""One pass over all customers at given prices: what they would take, how surely, and what the prices prove.

Customers come in chunks that fit a processor's cache, options outermost, so that every step is a plain sweep over
numbers side by side; chunks may run on several threads and are summed in their order, so the result is the same.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from solvers.channels.dual.problem import BARRED_EUR, CapacityProblem

CHUNK = 16384
"""Customers a chunk."""

Part = TypeVar("Part")


@dataclass(frozen=True)
class Smoothed:
    """The smoothed dual at some prices: euros, its gradient (capacities,) and Hessian (capacities, capacities)."""

    eur: float
    gradient: np.ndarray
    hessian: np.ndarray


@dataclass(frozen=True)
class Priced:
    """What prices prove: bound in euros. best, second (n,) int16: options by value after prices (-1: none); margin (n,)
    float32 between them (inf: no second)."""

    bound: float
    best: np.ndarray
    second: np.ndarray
    margin: np.ndarray


class Passes:
    """Passes over one problem; `count` of them were made so far."""

    def __init__(self, problem: CapacityProblem, *, workers: int = 1, chunk: int = CHUNK) -> None:
        self.problem = problem
        self.count = 0
        self.rows = problem.rows_of_resources()
        self._workers, self._chunk = workers, chunk
        self._per_customer = problem.resource_of_option.ndim == 2

    def smoothed(self, prices: np.ndarray, temperature: float) -> Smoothed:
        """capacity @ prices + temperature x sum_i log sum_o exp((value - price x minutes) / temperature).

        Args:
            prices: (capacities,) euros per minute. temperature: euros; options within about so much are shared.
        """
        rent = self._rent(prices, np.float32)
        total, used = 0.0, np.zeros(self.problem.resources)
        bends = np.zeros((self.problem.resources,) * 2)
        for eur, part, bend in self._sweep(lambda begin, end: self._soft_chunk(rent, temperature, begin, end)):
            total += eur
            used += part
            bends += bend
        gradient = self.problem.capacity_minutes - self.rows @ used
        hessian = self.rows @ bends @ self.rows.T / temperature
        return Smoothed(float(self.problem.capacity_minutes @ prices) + total, gradient, hessian)

    def priced(self, prices: np.ndarray) -> Priced:
        """Best and second best option of everybody, and the bound, summed in float64: no plan is worth more."""
        n = len(self.problem.value)
        best, second, margin = np.empty(n, np.int16), np.empty(n, np.int16), np.empty(n, np.float32)
        rent = self._rent(prices, np.float64)

        def chunk(begin: int, end: int) -> float:
            net = self._net(rent, begin, end)
            places = np.arange(end - begin)
            first = net.argmax(axis=0)
            top = net[first, places]
            net[first, places] = -np.inf
            then = net.argmax(axis=0)
            below = net[then, places]
            known = below > BARRED_EUR / 2
            best[begin:end], second[begin:end] = first, np.where(known, then, -1)
            margin[begin:end] = np.where(known, top - below, np.inf)
            return float(top.sum())

        total = float(sum(self._sweep(chunk)))
        return Priced(float(self.problem.capacity_minutes @ prices) + total, best, second, margin)

    def against(self, prices: np.ndarray, choice: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(runner_up int16, margin float64) of a choice (n,): the best other option after prices, and the lead."""
        n = len(choice)
        runner_up, margin = np.empty(n, np.int16), np.empty(n)
        rent = self._rent(prices, np.float64)

        def chunk(begin: int, end: int) -> None:
            net, places = self._net(rent, begin, end), np.arange(end - begin)
            own = net[choice[begin:end], places]
            net[choice[begin:end], places] = -np.inf
            other = net.argmax(axis=0)
            known = net[other, places] > BARRED_EUR / 2
            runner_up[begin:end] = np.where(known, other, -1)
            margin[begin:end] = np.where(known, own - np.where(known, net[other, places], 0.0), np.inf)

        list(self._sweep(chunk))
        return runner_up, margin

    def net_of(self, prices: np.ndarray, customers: np.ndarray) -> np.ndarray:
        """(len(customers), options) float64 value after prices; barred options are far below zero."""
        rent = self._rent(prices, np.float64)
        problem = self.problem
        net: np.ndarray = problem.value[customers].astype(float)
        net -= rent[problem.resources_of(customers)] * problem.minutes_of(customers)
        return net

    def _rent(self, prices: np.ndarray, kind: type) -> np.ndarray:
        """(resources + 1,) price of a minute of each resource; the last one, that -1 points at, costs nothing."""
        return np.append(self.rows.T @ prices, 0.0).astype(kind)

    def _sweep(self, chunk: Callable[[int, int], Part]) -> Iterator[Part]:
        self.count += 1
        n = len(self.problem.value)
        begins = range(0, n, self._chunk)
        if self._workers == 1 or len(begins) == 1:
            for begin in begins:
                yield chunk(begin, min(begin + self._chunk, n))
            return
        with ThreadPoolExecutor(self._workers) as pool:
            yield from pool.map(lambda begin: chunk(begin, min(begin + self._chunk, n)), begins)

    def _net(self, rent: np.ndarray, begin: int, end: int) -> np.ndarray:
        """(options, customers) value after prices, in the type of `rent`."""
        problem = self.problem
        net = np.array(problem.value[begin:end].T, dtype=rent.dtype, order="C")
        minutes = np.array(problem.minutes[begin:end].T, dtype=rent.dtype, order="C")
        for option, channel in enumerate(problem.channel_of_option.tolist()):
            if self._per_customer:
                net[option] -= rent[problem.resource_of_option[begin:end, option]] * minutes[channel]
            else:
                price = rent[problem.resource_of_option[option]]
                if price > 0:
                    net[option] -= price * minutes[channel]
        return net

    def _soft_chunk(
        self, rent: np.ndarray, temperature: float, begin: int, end: int
    ) -> tuple[float, np.ndarray, np.ndarray]:
        """(euros, minutes used of each resource, sum of the covariances of the minutes) of a chunk's soft choice."""
        problem = self.problem
        net = self._net(rent, begin, end)
        top = net.max(axis=0)
        net -= top
        net /= np.float32(temperature)
        np.exp(net, out=net)
        weight = net.sum(axis=0)
        net /= weight
        eur = float(top.sum(dtype=np.float64)) + temperature * float(np.log(weight).sum(dtype=np.float64))
        minutes = np.array(problem.minutes[begin:end].T, dtype=np.float32, order="C")
        taken = net * minutes[problem.channel_of_option]
        squares = taken * minutes[problem.channel_of_option]
        if self._per_customer:
            return eur, *self._scattered(taken, squares, begin, end)
        limited = np.flatnonzero(problem.resource_of_option >= 0)
        resource = problem.resource_of_option[limited]
        used, bend = np.zeros(problem.resources), np.zeros((problem.resources,) * 2)
        taken = taken[limited]
        np.add.at(used, resource, taken.sum(axis=1, dtype=np.float64))
        np.add.at(bend, (resource, resource), squares[limited].sum(axis=1, dtype=np.float64))
        np.subtract.at(bend, (resource[:, None], resource[None, :]), (taken @ taken.T).astype(float))
        return eur, used, bend

    def _scattered(self, taken: np.ndarray, squares: np.ndarray, begin: int, end: int) -> tuple[np.ndarray, np.ndarray]:
        """(used, covariances) where customers draw on different resources: pairs of options that matter, one by one."""
        count = self.problem.resources
        place = np.asarray(self.problem.resource_of_option[begin:end]).T
        used, bend = np.zeros(count), np.zeros(count * count)
        alive = [(np.flatnonzero((row > 1e-6) & (at >= 0)), at, row) for row, at in zip(taken, place, strict=True)]
        for option, (who, at, row) in enumerate(alive):
            used += np.bincount(at[who], row[who], count)
            bend += np.bincount(at[who] * (count + 1), squares[option, who], count * count)
            for _, at_other, row_other in alive:
                both = who[(row_other[who] > 1e-6) & (at_other[who] >= 0)]
                if len(both):
                    pairs = at[both].astype(np.int64) * count + at_other[both]
                    bend -= np.bincount(pairs, row[both] * row_other[both], count * count)
        return used, bend.reshape(count, count)
