"""A territory plan that is being changed: owners, loads and pieces, kept consistent move by move.

Work is in minutes a week, distance in km. Reps are numbered 0..reps-1; owner -1 is nobody.
"""

from dataclasses import dataclass, field

import numpy as np

from solvers.territories.neighbours import Neighbours

Piece = tuple[int, np.ndarray]
"""(rep, nodes) of one connected piece of a territory."""


@dataclass(frozen=True)
class Case:
    """What does not change while a plan is searched.

    place_km: (n, 2). work: (n,) minutes. target: (reps,) minutes, summing to the work; 0 for a rep without working
    time. graph: the neighbours. contiguous: whether pieces matter.
    """

    place_km: np.ndarray
    work: np.ndarray
    target: np.ndarray
    graph: Neighbours
    contiguous: bool


@dataclass
class State:
    """Owners (n,) with all that follows from them: load (reps,), count (nodes, reps) customers, touch (nodes, reps)."""

    case: Case
    owner: np.ndarray
    load: np.ndarray = field(init=False)
    count: np.ndarray = field(init=False)
    touch: np.ndarray = field(init=False)
    """Number of nodes, the node itself and its neighbours, in which the rep has a customer."""

    adjacent_lists: list[list[int]] = field(init=False)

    def __post_init__(self) -> None:
        """Count everything once."""
        self.adjacent_lists = [others.tolist() for others in self.case.graph.adjacent]
        case, nodes, reps = self.case, len(self.case.graph.adjacent), len(self.case.target)
        self.owner = self.owner.astype(np.int64).copy()
        owned = self.owner >= 0
        self.load = np.bincount(self.owner[owned], case.work[owned], reps)
        self.count = np.zeros((nodes, reps), dtype=np.int32)
        np.add.at(self.count, (case.graph.node[owned], self.owner[owned]), 1)
        present = self.count > 0
        self.touch = np.zeros((nodes, reps), dtype=np.int32)
        for node, others in enumerate(case.graph.adjacent):
            self.touch[node] = present[node] + present[others].sum(axis=0)

    def move(self, customer: int, rep: int) -> None:
        """Give a customer to another rep."""
        node, former = int(self.case.graph.node[customer]), int(self.owner[customer])
        if former >= 0:
            self.load[former] -= self.case.work[customer]
            self.count[node, former] -= 1
            if self.count[node, former] == 0:
                self._spread(node, former, -1)
        self.load[rep] += self.case.work[customer]
        self.count[node, rep] += 1
        if self.count[node, rep] == 1:
            self._spread(node, rep, 1)
        self.owner[customer] = rep

    def _spread(self, node: int, rep: int, change: int) -> None:
        self.touch[node, rep] += change
        self.touch[self.case.graph.adjacent[node], rep] += change

    def may_leave(self, customer: int) -> bool:
        """Whether the owner's territory has no more pieces without this customer than with it."""
        node, rep = int(self.case.graph.node[customer]), int(self.owner[customer])
        if not self.case.contiguous or self.count[node, rep] > 1:
            return True
        present, adjacent = self.count[:, rep] > 0, self.adjacent_lists
        around = [other for other in adjacent[node] if present[other]]
        if len(around) <= 1 or self._joined(around[0], set(around[1:]), set(around)):
            return True
        inside = set(np.flatnonzero(present).tolist()) - {node}
        return self._joined(around[0], set(around[1:]), inside)

    def _joined(self, start: int, wanted: set[int], inside: set[int]) -> bool:
        """Whether all `wanted` nodes are reached from `start` over nodes `inside`; empties `wanted` and `inside`."""
        stack = [start]
        inside.discard(start)
        while stack and wanted:
            reached = inside.intersection(self.adjacent_lists[stack.pop()])
            inside -= reached
            wanted -= reached
            stack.extend(sorted(reached))
        return not wanted

    def may_enter(self, rep: int) -> np.ndarray:
        """(n,) customers next to the rep's territory; all of them where pieces do not matter or it is empty."""
        if not self.case.contiguous or not self.count[:, rep].any():
            return np.ones(len(self.owner), dtype=bool)
        allowed: np.ndarray = self.touch[self.case.graph.node, rep] > 0
        return allowed

    def pieces(self, rep: int) -> list[np.ndarray]:
        """Node sets of the territory's connected pieces, the one with most work first (ties: smallest node)."""
        left = set(np.flatnonzero(self.count[:, rep]).tolist())
        found: list[np.ndarray] = []
        while left:
            stack, piece = [min(left)], []
            left.discard(stack[0])
            while stack:
                node = stack.pop()
                piece.append(node)
                for other in self.adjacent_lists[node]:
                    if other in left:
                        left.discard(other)
                        stack.append(other)
            found.append(np.array(sorted(piece)))
        return sorted(found, key=lambda piece: (-self._work_in(piece, rep), int(piece[0])))

    def _work_in(self, nodes: np.ndarray, rep: int) -> float:
        return float(self.case.work[self.customers_in(nodes, rep)].sum())

    def customers_in(self, nodes: np.ndarray, rep: int) -> np.ndarray:
        """Numbers of the rep's customers in these nodes."""
        return np.flatnonzero((self.owner == rep) & np.isin(self.case.graph.node, nodes))

    def centres_km(self, empty: np.ndarray) -> np.ndarray:
        """(reps, 2) workload-weighted centres; a row of `empty` (reps, 2) where a rep has nobody."""
        owned = self.owner >= 0
        weight = self.case.work[owned] + 1e-9
        total = np.bincount(self.owner[owned], weight, len(self.load))
        centre = np.array(empty, dtype=float)
        for axis in (0, 1):
            summed = np.bincount(self.owner[owned], weight * self.case.place_km[owned, axis], len(self.load))
            np.divide(summed, total, out=centre[:, axis], where=total > 0)
        return centre

    def over_target(self) -> np.ndarray:
        """(reps,) load over target, 1 = balanced; 1 for a rep without working time and load, inf with load."""
        ratio = np.ones(len(self.load))
        np.divide(self.load, self.case.target, out=ratio, where=self.case.target > 0)
        ratio[(self.case.target <= 0) & (self.load > 1e-9)] = np.inf
        return ratio

    def imbalance_pct(self) -> float:
        """Largest deviation from the target in percent, of the reps who have working time."""
        timed = self.case.target > 0
        return float(100 * np.abs(self.over_target()[timed] - 1).max(initial=0.0))
