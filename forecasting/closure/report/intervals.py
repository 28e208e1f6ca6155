"""How sure a figure is: bootstrap over deals, for the rows of one deal tell one outcome again and again.

Whole deals are drawn with replacement (cluster bootstrap; Field and Welsh, 2007), and the figure, or the difference of
two figures on the same draw, is read at the 2.5 and 97.5 % points.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from forecasting.closure.load import Floats, Ints

DRAWS = 400
LEVEL = 0.95

Measure = Callable[[Any, Any], float]


def by_deal(deal: Ints, *, draws: int = DRAWS, seed: int = 0) -> Iterator[Ints]:
    """Row numbers of each draw: as many deals as there are, with replacement, each with all of its rows."""
    rng = np.random.default_rng(seed)
    _, code = np.unique(deal, return_inverse=True)
    order = np.argsort(code, kind="stable")
    count = np.bincount(code)
    begin = np.cumsum(count) - count
    for _ in range(draws):
        drawn = rng.integers(0, len(count), len(count))
        size = count[drawn]
        inside = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
        yield order[np.repeat(begin[drawn], size) + inside]


def interval(measure: Measure, p: Floats, won: Any, deal: Ints, *, draws: int = DRAWS, seed: int = 0) -> list[float]:
    """[low, high] of a measure at `LEVEL`; NaN without rows."""
    if len(p) == 0:
        return [float("nan")] * 2
    return _ends([measure(p[rows], won[rows]) for rows in by_deal(deal, draws=draws, seed=seed)])


def difference_interval(
    measure: Measure, p: Floats, q: Floats, won: Any, deal: Ints, *, draws: int = DRAWS, seed: int = 0
) -> list[float]:
    """[low, high] of measure(p) - measure(q) on the same draws of deals."""
    if len(p) == 0:
        return [float("nan")] * 2
    drawn = list(by_deal(deal, draws=draws, seed=seed))
    return _ends([measure(p[rows], won[rows]) - measure(q[rows], won[rows]) for rows in drawn])


def _ends(values: list[float]) -> list[float]:
    return [float(each) for each in np.nanquantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])]
