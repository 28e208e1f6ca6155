"""Better use of the last minutes: one customer changes their option, or two at once, while no capacity is broken.

Near the margin there are many customers whom another option costs next to nothing after prices, and their minutes
differ; so a pair can nearly always be found that uses up what is left of a capacity to the minute.
"""

import numpy as np

from solvers.brake import Brake
from solvers.channels.dual.passes import Passes
from solvers.channels.dual.problem import BARRED_EUR
from solvers.channels.dual.repair import slack, use_of

LEAST_EUR = 1e-7
"""A change must gain more than this, so that rounding cannot go round in circles."""


class Moves:
    """All near options of some customers, each as a change from what the customer has now.

    place (m,): whose; option (m,); gain (m,) euros; draw (capacities, m) minutes more. Moves of one customer stand
    side by side; the present option is a move of 0.
    """

    def __init__(
        self, passes: Passes, prices: np.ndarray, choice: np.ndarray, customers: np.ndarray, reach: float
    ) -> None:
        problem = passes.problem
        net, k = passes.net_of(prices, customers), np.arange(len(customers))
        near = (net >= net.max(axis=1, keepdims=True) - reach) & (problem.value[customers] > BARRED_EUR)
        near[k, choice[customers]] = True
        self.customers = customers
        self.place, self.option = np.nonzero(near)
        self.first = np.searchsorted(self.place, np.arange(len(customers) + 1))
        value, minutes = problem.value[customers].astype(float), problem.minutes_of(customers)
        rows = np.column_stack([passes.rows, np.zeros(len(passes.rows))])
        self.draw = rows[:, problem.resources_of(customers)[self.place, self.option]] * minutes[self.place, self.option]
        own = rows[:, problem.resources_of(customers)[k, choice[customers]]] * minutes[k, choice[customers]]
        self.draw -= own[:, self.place]
        self.gain = value[self.place, self.option] - value[k, choice[customers]][self.place]

    def take(self, move: int) -> None:
        """The customer now has this option: all their moves start from it."""
        place = self.place[move]
        part = slice(self.first[place], self.first[place + 1])
        self.gain[part] -= self.gain[move]
        self.draw[:, part] -= self.draw[:, move : move + 1].copy()


def exchange(
    passes: Passes, prices: np.ndarray, choice: np.ndarray, *, sizes: tuple[int, ...], sweeps: int, brake: Brake
) -> np.ndarray:
    """A choice (n,) at least as good, by changes of one or two customers.

    Args:
        sizes: how many customers nearest the margin may change, stage by stage: the first minutes should go where the
            least is lost, so the first stage has few.
        sweeps: rounds over all their options a stage at most.
    """
    choice = choice.copy()
    for size in sizes:
        _, margin = passes.against(prices, choice)
        customers = np.sort(np.argpartition(margin, min(size, len(choice)) - 1)[:size])
        known = margin[customers][np.isfinite(margin[customers])]
        moves = Moves(passes, prices, choice, customers, float(np.maximum(known, 0.0).max(initial=0.0)) + 1e-6)
        left = passes.problem.capacity_minutes - use_of(passes.problem, choice) + slack(passes.problem) / 2
        for _ in range(sweeps):
            changed = False
            for move in np.argsort(prices @ moves.draw - moves.gain, kind="stable").tolist():
                for taken in _worth_it(moves, move, left):
                    left = left - moves.draw[:, taken]
                    choice[customers[moves.place[taken]]] = moves.option[taken]
                    moves.take(taken)
                    changed = True
            if not changed or brake.pulled():
                break
    return choice


def _worth_it(moves: Moves, move: int, left: np.ndarray) -> tuple[int, ...]:
    """This move, alone or with the partner that gains most with it; nothing if it does not gain."""
    draw, gain = moves.draw[:, move], moves.gain[move]
    over = np.flatnonzero((draw > left) & (draw > 0))
    if not len(over):
        return (move,) if gain > LEAST_EUR else ()
    fits = moves.gain > LEAST_EUR - gain
    for row in over.tolist():
        fits &= moves.draw[row] <= left[row] - draw[row]
    partners = np.flatnonzero(fits)
    partners = partners[moves.place[partners] != moves.place[move]]
    if not len(partners):
        return ()
    both = moves.draw[:, partners] + draw[:, None]
    partners = partners[((both <= left[:, None]) | (both <= 0)).all(axis=0)]
    return (move, int(partners[moves.gain[partners].argmax()])) if len(partners) else ()
