"""The trade-offs of a sweep as small charts: the figure that ranks, against each of the others."""

from collections.abc import Sequence
from html import escape

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from outputs.charts import ACCENT, INK, STYLE, svg_of
from outputs.palette import OKABE_ITO
from planner.compare import less_is_better
from planner.sweep import short_names
from scenarios.explain import show_value

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
MOST_PANELS = 6
UNITS = {"_eur": "EUR", "_pct": "%", "_km": "km"}
"""Endings of names that are units, and how they are shown."""


def trade_off_chart(table: pd.DataFrame, *, keys: Sequence[str], figures: Sequence[str]) -> str:
    """One panel per figure beyond the first: the first upwards, the other to the right, a mark per cell.

    Colour tells the first swept key's value (a list of files: the cell), shape the second's. With one figure alone
    the cells' bars are drawn.

    Args:
        table: rows of `planner.sweep.ranked` that have a plan.
        figures: the one that ranks first.
    """
    if len(figures) == 1:
        with matplotlib.rc_context(STYLE | {"svg.hashsalt": "sweep"}):
            return _bars(table, figures[0])
    look = _Look(table, keys)
    drawn = [_legend(look, figures)]
    for number, other in enumerate(figures[1 : MOST_PANELS + 1]):
        # A salt of its own: names of drawn parts differ from panel to panel, as all stand in one page.
        with matplotlib.rc_context(STYLE | {"svg.hashsalt": f"sweep{number}"}):
            figure = Figure(figsize=(4.6, 3.1), layout="constrained")
            _panel(figure.add_subplot(), table, look, across=other, up=figures[0])
            drawn.append(svg_of(figure, escape(f"{in_words(figures[0])} against {in_words(other)}")))
    return f'<div class="panels">{drawn[0]}{"".join(drawn[1:])}</div>'


def in_words(name: str) -> str:
    """A figure's name for people, its unit in brackets: `net_value_eur` is `net value (EUR)`."""
    for ending, unit in UNITS.items():
        if name.endswith(ending):
            return f"{name.removesuffix(ending).replace('_', ' ')} ({unit})"
    return name.replace("_", " ")


def _legend(look: "_Look", figures: Sequence[str]) -> str:
    """What colours and shapes mean, as a line of text above the panels."""
    parts = []
    for title, entries in look.legends(figures):
        marks = " ".join(f'<span class="key">{mark} {escape(text)}</span>' for mark, text in entries)
        parts.append(f'<p class="small">{f"{escape(title)}: " if title else ""}{marks}</p>')
    return f'<div class="legend">{"".join(parts)}</div>'


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

    def legends(self, figures: Sequence[str]) -> list[tuple[str, list[tuple[str, str]]]]:
        """Title and entries (a drawn mark, the value) of each key: colours of the first, shapes of the second."""
        names = [""] if self._keys == ["label"] else short_names(self._keys, taken=figures)
        entries = []
        for number, (name, values) in enumerate(zip(names, self._values, strict=True)):
            looks = [(colour, "o") for colour in OKABE_ITO] if number == 0 else [(INK, shape) for shape in MARKERS]
            rows = [(_mark(*looks[i % len(looks)]), _value(value)) for i, value in enumerate(values)]
            entries.append((in_words(name).replace(".", ": "), rows))
        return entries


def _panel(axes: Axes, table: pd.DataFrame, look: _Look, *, across: str, up: str) -> None:
    """The cells by two figures, the front of those that none beats in both, ring and cross."""
    front = table[_unbeaten(table, across, up)].sort_values([across, up])
    axes.plot(front[across], front[up], linestyle=(0, (4, 3)), color=INK, linewidth=0.8, alpha=0.6, zorder=1)
    for _, row in table.iterrows():
        colour, marker = look.of(row)
        # Hollow: cells that come to nearly the same stay visible behind one another.
        axes.scatter(row[across], row[up], facecolors="none", edgecolors=colour, marker=marker, s=52, linewidths=1.7,
                     zorder=3)  # fmt: skip
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


def _mark(colour: str, marker: str) -> str:
    """A mark of the legend, as the panels draw it."""
    with matplotlib.rc_context(STYLE | {"svg.hashsalt": f"mark{colour}{marker}"}):
        figure = Figure(figsize=(0.2, 0.2))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.scatter(0, 0, facecolors="none", edgecolors=colour, marker=marker, s=52, linewidths=1.7)
        return svg_of(figure, "").replace('role="img" aria-label=""', 'class="mark" aria-hidden="true"', 1)


def _value(value: object) -> str:
    """A swept value: numbers with a true minus sign and no needless decimals, anything else as YAML has it."""
    return f"{value:g}".replace("-", "\u2212") if isinstance(value, float) else show_value(value)


def _words(name: str) -> str:
    return _harmless(in_words(name))


def _tick(value: float) -> str:
    return f"{value:,.6g}".replace(",", "\u202f").replace("-", "\u2212")


def _harmless(text: str) -> str:
    """Dollar signs as such: matplotlib would read formulas between them."""
    return text.replace("$", r"\$")
