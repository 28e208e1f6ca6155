"""Required visits that are on no rep-day weigh more the longer they wait, so that others give way to them.

All required visits count the same at first; a plan that lacks one of them is then left only for one that lacks fewer,
and the search may stand still. After each call of the search the gain of those that are missing grows a little (absence
counters: Christiaens and Vanden Berghe, 2020). What is kept is judged by the true gains all the same.
"""

import numpy as np

from solvers.routing.arrays import Arrays, Memory, State, is_asked
from solvers.routing.compiled import uneven_eur

GROWTH = 0.1
"""By which share of its first gain a missing required visit grows at each look."""


class Press:
    """Watches one search. arrays: the problem's, with a gain of its own that grows."""

    def __init__(self, arrays: Arrays, required: np.ndarray, start: State) -> None:
        self._true, self._required = arrays.gain_eur, required
        self.arrays = arrays._replace(gain_eur=arrays.gain_eur.copy()) if required.any() else arrays
        self._best_eur, self._orders = -np.inf, (start.order.copy(), start.length.copy())
        self._pressed = False

    def look(self, state: State, best: State, memory: Memory, values: np.ndarray) -> None:
        """Let what the current plan lacks grow; values[1], the best plan's, follows."""
        if not self._required.any():
            return
        missing = self._required & (state.shift_of < 0)
        if self._pressed or missing.any():
            self._note(best)
        if not missing.any():
            return
        self._pressed = True
        self.arrays.gain_eur[missing] += GROWTH * self._true[missing]
        memory.stamp[missing] = -1
        there = _tasks(best.order, best.length)
        values[1] += GROWTH * float(self._true[there[missing[there]]].sum())

    def value(self, best: State, values: np.ndarray, prize_eur: np.ndarray) -> float:
        """Euros of the best plan as of the last look, without what required work counts on top of its prizes."""
        value, order, length = (
            (self._best_eur, *self._orders) if self._pressed else (float(values[1]), best.order, best.length)
        )
        there = _tasks(order, length)
        return value - float((self._true - prize_eur)[there].sum())

    def best(self, best: State) -> State:
        """The best plan by the true gains among those looked at and the search's own."""
        if not self._pressed:
            return best
        self._note(best)
        order, length = self._orders
        return best._replace(order=order, length=length)

    def _note(self, best: State) -> None:
        there = _tasks(best.order, best.length)
        drives = float(sum(leg[: n + 1].sum() for leg, n in zip(best.leg, best.length, strict=True) if n))
        extra = float(best.overtime.sum()) + uneven_eur(self.arrays, best) + self._off(best, there)
        true_eur = float(self._true[there].sum()) - drives - extra
        if true_eur > self._best_eur:
            self._best_eur, self._orders = true_eur, (best.order.copy(), best.length.copy())

    def _off(self, best: State, there: np.ndarray) -> float:
        """What the visits bring less on their shifts than elsewhere."""
        if not is_asked(self.arrays.off):
            return 0.0
        shift = np.repeat(np.arange(len(best.length)), best.length)
        return float(self.arrays.off[there][self.arrays.shifts_of[there] == shift[:, None]].sum())


def _tasks(order: np.ndarray, length: np.ndarray) -> np.ndarray:
    """The tasks of a plan."""
    tasks: np.ndarray = order[np.arange(order.shape[1])[None, :] < length[:, None]]
    return tasks
