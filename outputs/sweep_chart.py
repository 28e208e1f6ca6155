"""The trade-offs of a sweep as small charts: the figure that ranks, against each of the others."""

from collections.abc import Sequence
from html import escape

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from outputs.charts import ACCENT, INK, STYLE, svg_of
from outputs.palette import OKABE_ITO
from planner.compare import less_is_better
from planner.sweep import short_names
from scenarios.explain import show_value

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
COLUMNS, MOST_PANELS = 2, 6


def trade_off_chart(table: pd.DataFrame, *, keys: Sequence[str], figures: Sequence[str]) -> str:
    """One panel per figure beyond the first: the first upwards, the other to the right, a mark per cell.

    Colour tells the first swept key's value (a list of files: the cell), shape the second's. With one figure alone
    the cells' bars are drawn.

    Args:
        table: rows of `planner.sweep.ranked` that have a plan.
        figures: the one that ranks first.
    """
    with matplotlib.rc_context(STYLE | {"svg.hashsalt": "sweep"}):
        if len(figures) == 1:
            return _bars(table, figures[0])
        others = list(figures[1 : MOST_PANELS + 1])
        columns = min(COLUMNS, len(others))
        rows = -(-len(others) // columns)
        figure = Figure(figsize=(4.6 * columns, 3.1 * rows + 0.6), layout="constrained")
        look = _Look(table, keys)
        for number, other in enumerate(others):
            axes = figure.add_subplot(rows, columns, number + 1)
            _panel(axes, table, look, across=other, up=figures[0])
        for side, (title, entries) in zip(("left", "right"), look.legends(figures), strict=False):
            figure.legend(
                handles=entries, loc=f"outside upper {side}", title=title, ncols=4, frameon=False, fontsize=9,
                title_fontsize=9, handletextpad=0.2, columnspacing=1.2, alignment="left",
            )  # fmt: skip
        label = f"{_words(figures[0])} against {', '.join(map(_words, others))}"
        return svg_of(figure, escape(label))


class _Look:
    """Colour and shape of each cell: by the first and the second swept key, or by cell where nothing is swept."""

    def __init__(self, table: pd.DataFrame, keys: Sequence[str]) -> None:
        self._keys = list(keys[:2]) or ["label"]
        self._values = [sorted(table[key].unique()) for key in self._keys]

    def of(self, row: pd.Series) -> tuple[str, str]:
        """(colour, marker) of a cell."""
        first = self._values[0].index(row[self._keys[0]])
        second = self._values[1].index(row[self._keys[1]]) if len(self._keys) > 1 else 0
        return OKABE_ITO[first % len(OKABE_ITO)], MARKERS[second % len(MARKERS)]

    def legends(self, figures: Sequence[str]) -> list[tuple[str, list[Line2D]]]:
        """Title and entries of each key: colours of the first, shapes of the second."""
        names = [""] if self._keys == ["label"] else short_names(self._keys, taken=figures)
        entries = []
        for number, (name, values) in enumerate(zip(names, self._values, strict=True)):
            looks = [(c, "o") for c in OKABE_ITO] if number == 0 else [(INK, marker) for marker in MARKERS]
            rows = [_entry(_value(value), *looks[i % len(looks)]) for i, value in enumerate(values)]
            entries.append((_words(name).replace(".", ": "), rows))
        return entries


def _panel(axes: Axes, table: pd.DataFrame, look: _Look, *, across: str, up: str) -> None:
    """The cells by two figures, the front of those that none beats in both, ring and cross."""
    front = table[_unbeaten(table, across, up)].sort_values([across, up])
    axes.plot(front[across], front[up], linestyle=(0, (4, 3)), color=INK, linewidth=0.8, alpha=0.6, zorder=1)
    for _, row in table.iterrows():
        colour, marker = look.of(row)
        axes.scatter(row[across], row[up], color=colour, marker=marker, s=44, linewidths=0, zorder=3)
        if row["is_best"]:
            axes.scatter(row[across], row[up], s=190, facecolors="none", edgecolors=INK, linewidths=1.3, zorder=2)
        if row["is_baseline"]:
            axes.scatter(row[across], row[up], s=150, color=INK, marker="+", linewidths=1.1, zorder=4)
    for axis, name in ((axes.xaxis, across), (axes.yaxis, up)):
        axis.set_major_locator(MaxNLocator(5, integer=bool((table[name] % 1 == 0).all()), min_n_ticks=2))
        axis.set_major_formatter(lambda value, _: _tick(value))
        better = "less is better" if less_is_better(name) else "more is better"
        axis.set_label_text(f"{_words(name)} ({better})")
    axes.margins(0.12)
    axes.grid(color=INK, alpha=0.12, linewidth=0.6)
    axes.set_axisbelow(True)


def _unbeaten(table: pd.DataFrame, *names: str) -> np.ndarray:
    """(n,) bool: cells that no other beats in one of the figures without losing in another (the Pareto front)."""
    good = np.column_stack([table[name] * (-1 if less_is_better(name) else 1) for name in names])
    known = np.isfinite(good).all(axis=1)
    beaten = np.array(
        [bool(np.any(np.all(good >= row, axis=1) & np.any(good > row, axis=1) & known)) for row in good], dtype=bool
    )
    return np.asarray(known & ~beaten)


def _bars(table: pd.DataFrame, figure_name: str) -> str:
    """The cells' bars in the order of the table."""
    figure = Figure(figsize=(7.5, 0.36 * len(table) + 0.8), layout="constrained")
    axes = figure.add_subplot()
    places = np.arange(len(table))[::-1]
    axes.barh(places, table[figure_name], color=ACCENT, height=0.62)
    axes.set_yticks(places, [_harmless(label) for label in table["label"]])
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.xaxis.set_major_formatter(lambda value, _: _tick(value))
    axes.set_xlabel(_words(figure_name))
    return svg_of(figure, escape(f"{_words(figure_name)} by scenario"))


def _entry(text: str, colour: str, marker: str) -> Line2D:
    return Line2D([], [], linestyle="", marker=marker, color=colour, markeredgewidth=0, markersize=7, label=text)


def _value(value: object) -> str:
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    return _harmless(show_value(whole)).replace("-", "\u2212") if isinstance(whole, int) else _harmless(str(whole))


def _words(name: str) -> str:
    return _harmless(name.replace("_", " "))


def _tick(value: float) -> str:
    return f"{value:,.6g}".replace(",", "\u202f").replace("-", "\u2212")


def _harmless(text: str) -> str:
    """Dollar signs as such: matplotlib would read formulas between them."""
    return text.replace("$", r"\$")
