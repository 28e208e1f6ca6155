"""The restricted master: the best mixture of known routes, its prices, and the best whole plan among them (HiGHS).

maximise sum_r value_r x_r, each visit in at most one route, each group of like rep-days with at most as many routes as
it has rep-days; where visits across borders are few, all routes together make at most so many. Set packing over routes:
Balinski and Quandt (1964). HiGHS is asked directly, not through PuLP: column generation adds columns to a solved
programme and reads its prices, hundreds of times, and PuLP would write each model anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from solvers.silence import silence


@dataclass(frozen=True)
class Column:
    """A route of a group: its visits in order (one may stand twice in a relaxed route), its prizes less travel and
    overtime, whether every rep-day of the group can drive it as it is, and how many of its visits are across borders.
    """

    group: int
    order: tuple[int, ...]
    value_eur: float
    legal: bool
    border_visits: int = 0


class Master:
    """A linear programme that grows by columns.

    groups: number of rep-days of each. border_visits: (most of them in a plan,); () where there is no limit.
    Prices of visits are kept in a box by two slack variables a visit (Marsten, Hogan and Blankenship, 1975).
    """

    def __init__(self, *, visits: int, groups: Sequence[int], border_visits: Sequence[int] = ()) -> None:
        import highspy

        self._highs = highspy.Highs()
        for option, value in (("output_flag", False), ("threads", 1), ("parallel", "off"), ("random_seed", 0)):
            self._highs.setOptionValue(option, value)
        limits = np.concatenate([np.ones(visits), np.array(border_visits, float), np.array(groups, float)])
        for limit in limits:
            self._highs.addRow(-highspy.kHighsInf, float(limit), 0, np.zeros(0, np.int32), np.zeros(0))
        one, self._most = np.ones(1), list(border_visits)
        priced = visits + len(self._most)
        for visit in range(priced):
            self._highs.addCol(0.0, 0.0, highspy.kHighsInf, 1, np.array([visit], np.int32), -one)
            self._highs.addCol(0.0, 0.0, highspy.kHighsInf, 1, np.array([visit], np.int32), one)
        self._visits, self._priced, self._boxes = visits, priced, 2 * priced
        self.columns: list[Column] = []
        self._known: dict[tuple[int, tuple[int, ...]], int] = {}

    def add(self, column: Column) -> int:
        """The number of the column, taken in if it is new."""
        key = column.group, column.order
        if key in self._known:
            return self._known[key]
        self._known[key] = len(self.columns)
        self.columns.append(column)
        index, entries = np.unique(np.array(column.order, np.int64), return_counts=True)
        across = [column.border_visits] if self._most and column.border_visits else []
        rows = np.concatenate([index, [self._visits] * len(across), [self._priced + column.group]]).astype(np.int32)
        values = np.concatenate([entries, across, [1.0]])
        self._highs.addCol(-column.value_eur, 0.0, 1e6, len(rows), rows, values)
        return self._known[key]

    def hold(self, lowest_eur: np.ndarray, highest_eur: np.ndarray) -> None:
        """Keep the price of each visit, and of one across a border if these are limited, between these."""
        cost = np.empty(self._boxes)
        cost[0::2], cost[1::2] = highest_eur, -lowest_eur
        self._highs.changeColsCost(self._boxes, np.arange(self._boxes, dtype=np.int32), cost)

    def solve(self) -> tuple[float, np.ndarray, np.ndarray]:
        """(value in euros, price of each visit, then of one across a border if these are limited, price of each group),
        prices >= 0."""
        self._highs.run()
        dual = np.maximum(0.0, -np.array(self._highs.getSolution().row_dual))
        return -float(self._highs.getInfo().objective_function_value), dual[: self._priced], dual[self._priced :]

    def pack(self, worth_eur: Sequence[float], *, start: Sequence[int], nodes: int, seconds: float) -> list[int]:
        """Numbers of the columns of the best whole plan found in `nodes` nodes, never worse than `start`.

        Args:
            worth_eur: what each column counts here; columns that are not legal are left out.
            start: numbers of columns that form a plan.
        """
        import highspy

        highs, count = self._highs, len(self.columns)
        chosen = np.zeros(self._boxes + count)
        chosen[self._boxes + np.array(start, np.int64)] = 1.0
        for index in range(self._boxes):
            highs.changeColBounds(index, 0.0, 0.0)
        for index, column in enumerate(self.columns, self._boxes):
            highs.changeColCost(index, -float(worth_eur[index - self._boxes]))
            highs.changeColBounds(index, 0.0, 1.0 if column.legal else 0.0)
            highs.changeColIntegrality(index, highspy.HighsVarType.kInteger)
        for option, value in (("mip_max_nodes", nodes), ("time_limit", max(0.01, seconds)), ("mip_rel_gap", 1e-4)):
            highs.setOptionValue(option, value)
        warm = highspy.HighsSolution()
        warm.col_value = chosen.tolist()
        highs.setSolution(warm)
        with silence():
            highs.run()
        solved = highs.getInfo().primal_solution_status == 2
        found = np.round(np.array(highs.getSolution().col_value)) if solved else np.zeros(0)
        picked = [int(i) - self._boxes for i in np.flatnonzero(found)]
        better = sum(worth_eur[i] for i in picked) > sum(worth_eur[i] for i in start) + 1e-6
        return picked if better and self._is_plan(picked) else list(start)

    def _is_plan(self, picked: Sequence[int]) -> bool:
        visits = [task for i in picked for task in self.columns[i].order]
        across = sum(self.columns[i].border_visits for i in picked)
        few = all(across <= most for most in self._most)
        return few and len(visits) == len(set(visits)) and all(self.columns[i].legal for i in picked)
