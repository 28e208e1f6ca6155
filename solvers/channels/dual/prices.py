"""Prices of the capacities: the minimum of the dual, by Newton steps on a smoothed copy of it. Euros per minute.

At prices >= 0 everybody takes the option that is best after prices; capacity x price plus those best values bounds
every plan (Lagrange; Fisher, 1981). The bound bends only at its kinks, so it is smoothed: the maximum over options
becomes temperature x log sum exp (Nesterov, 2005), whose Hessian is cheap because prices are few. The temperature is
lowered step by step. Each step is safeguarded as in Levenberg and Marquardt (trust region by damping: More, 1978);
prices at zero whose gradient points outside stay there (projected Newton: Bertsekas, 1982).
"""

from dataclasses import dataclass

import numpy as np

from solvers.brake import Brake
from solvers.channels.dual.passes import Passes, Smoothed
from solvers.channels.dual.problem import BARRED_EUR

SAMPLE = 8000
"""Customers of the small picture on which a cold start is made; and the size from which on it is worth it (twice)."""
COOLING = 0.25
"""Each temperature is so much of the one before."""
STEPS = 8
"""Newton steps a temperature at most."""
BALANCED = 2e-3
"""A temperature is done when each capacity is met within so much of it (shares of it; the last one: a tenth)."""
COLDEST_PEOPLE = 40
"""The last temperature leaves about so many customers undecided in each thousandth of the range of values."""


@dataclass(frozen=True)
class Scale:
    """Typical euros that a customer's options differ by, and minutes of an option."""

    gain_eur: float
    minutes: float


def find_prices(
    passes: Passes, *, start: np.ndarray | None, seed: int, workers: int, chunk: int, brake: Brake
) -> np.ndarray:
    """(capacities,) prices >= 0 close to the dual's minimum.

    Args:
        start: prices to begin at, as last week's; None: none are known.
        seed: of the sample on which a cold start is made.
    """
    problem = passes.problem
    n = len(problem.value)
    scale = measure(passes)
    capacities = len(problem.capacity_minutes)
    if not capacities or scale.gain_eur <= 0:
        return np.zeros(capacities)
    coldest = scale.gain_eur * max(2e-5, min(COLDEST_PEOPLE / n, 0.02))
    if start is None and n >= 2 * SAMPLE:
        few = np.sort(np.random.default_rng(seed).choice(n, SAMPLE, replace=False))
        small = Passes(problem.part(few, SAMPLE / n), workers=workers, chunk=chunk)
        start = find_prices(small, start=None, seed=seed, workers=workers, chunk=chunk, brake=brake)
        passes.count += round(small.count * SAMPLE / n)
        hottest = scale.gain_eur * COLDEST_PEOPLE / SAMPLE / 2
    elif start is None:
        start, hottest = np.zeros(capacities), scale.gain_eur / 8
    else:
        start, hottest = np.maximum(np.asarray(start, dtype=float), 0.0), scale.gain_eur / 100
    prices, temperature = start, max(hottest, coldest)
    while True:
        last = temperature <= coldest * 1.001
        prices = _settle(passes, prices, temperature, scale, BALANCED / (10 if last else 1), brake)
        if last or brake.pulled():
            return prices
        temperature = max(temperature * COOLING, coldest)


def measure(passes: Passes) -> Scale:
    """Typical numbers of a problem, from at most SAMPLE customers spread over it."""
    n = len(passes.problem.value)
    some = np.arange(0, n, max(1, n // SAMPLE))
    value = passes.problem.value[some].astype(float)
    allowed = value > BARRED_EUR
    free = np.where(allowed & (passes.problem.minutes_of(some) == 0), value, -np.inf).max(axis=1)
    gain = np.where(allowed, value, -np.inf).max(axis=1) - free
    minutes = passes.problem.minutes_of(some)[allowed]
    taking = minutes[minutes > 0]
    wanting = gain[gain > 0]
    return Scale(float(wanting.mean()) if len(wanting) else 0.0, float(taking.mean()) if len(taking) else 1.0)


def _settle(
    passes: Passes, prices: np.ndarray, temperature: float, scale: Scale, balanced: float, brake: Brake
) -> np.ndarray:
    """Prices at the minimum of the smoothed dual of one temperature, or as near as STEPS steps come."""
    capacity = np.maximum(passes.problem.capacity_minutes, 1e-9)
    here = passes.smoothed(prices, temperature)
    damping = 0.0
    for _ in range(STEPS):
        loose = (prices > 0) | (here.gradient < 0)
        if brake.pulled() or np.all(np.abs(here.gradient[loose]) <= balanced * capacity[loose]):
            break
        target = _step(prices, here, loose, damping, scale)
        there = passes.smoothed(target, temperature)
        move = target - prices
        promised = -(here.gradient @ move + move @ here.hessian @ move / 2)
        gained = here.eur - there.eur
        if gained > 0.05 * promised and gained > 0:
            prices, here = target, there
            damping = damping / 8 if gained > 0.5 * promised else damping
            damping = damping if damping > 1e-6 else 0.0
        elif promised <= 1e-12 * abs(here.eur):
            break
        else:
            damping = max(8 * damping, 0.05)
    return prices


def _step(prices: np.ndarray, here: Smoothed, loose: np.ndarray, damping: float, scale: Scale) -> np.ndarray:
    """Prices after one damped Newton step of the loose ones, none moved by more than half of what is usual."""
    usual = scale.gain_eur / scale.minutes
    free = np.flatnonzero(loose)
    bend = here.hessian[np.ix_(free, free)].copy()
    diagonal = np.diag(bend).copy()
    floor = 1e-9 * max(float(diagonal.max(initial=0.0)), 1e-12)
    bend[np.diag_indices_from(bend)] += damping * diagonal + floor
    move = np.linalg.solve(bend, -here.gradient[free])
    most = 0.5 * (prices[free] + usual / 4)
    target = prices.copy()
    target[free] = np.maximum(prices[free] + np.clip(move, -most, most), 0.0)
    return target
