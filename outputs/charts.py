"""Charts of the report as SVG that follows the page's colours: texts and axes take the ink of the page."""

import io
import re
from collections.abc import Mapping

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, ACCENT, SECOND, GOOD, BAD = "#010203", "#2b7fb8", "#e69f00", "#2e9e6b", "#d55e00"
"""INK stands for the page's own text colour and is replaced by `currentColor`."""

STYLE = {
    "svg.fonttype": "none", "svg.hashsalt": "muster", "font.size": 10, "font.family": "sans-serif",
    "axes.spines.top": False, "axes.spines.right": False, "text.color": INK, "axes.labelcolor": INK,
    "axes.edgecolor": INK, "xtick.color": INK, "ytick.color": INK,
}  # fmt: skip


def _canvas(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def svg_of(figure: Figure, label: str) -> str:
    """The figure as an inline SVG element with a label for screen readers."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    body = text[text.index("<svg") :].replace(INK, "currentColor")
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"(\d+\.\d{2})\d+", r"\1", body)
    body = re.sub(r'xmlns(:xlink)?="[^"]*"\s*', "", body)
    return body.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)


def money_chart(figures: Mapping[str, float], bands: Mapping[str, tuple[float, float]]) -> str:
    """What the week brings and costs in euros: gains to the right, costs to the left; a whisker where there is a band.

    Args:
        figures: label -> signed euros, in the order to draw. bands: label -> (low, high), as signed as the figure.
    """
    with matplotlib.rc_context(STYLE):
        figure, axes = _canvas(7.5, 0.36 * len(figures) + 0.6)
        labels, values = list(figures), np.array(list(figures.values()))
        places = np.arange(len(labels))[::-1]
        axes.barh(places, values, color=np.where(values >= 0, GOOD, BAD), height=0.62)
        axes.set_yticks(places, labels)
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        span = max(float(np.ptp(np.append(values, 0))), 1e-9)
        for label, place, value in zip(labels, places, values, strict=True):
            side = "left" if value >= 0 else "right"
            end = value
            if label in bands:
                low, high = bands[label]
                axes.plot([low, high], [place, place], color=INK, linewidth=1.2, marker="|", markersize=7)
                end = max(high, value) if value >= 0 else min(low, value)
            axes.text(end + (0.012 if value >= 0 else -0.012) * span, place, f"{value:,.0f}", va="center", ha=side)
        axes.margins(x=0.16)
        axes.set_xlabel("euros")
        return svg_of(figure, "What the week brings and costs, in euros")


def week_chart(weeks: Mapping[str, tuple[float, float]], *, before: tuple[float, float] | None) -> str:
    """Hours of work of each rep's week beside his even share.

    Args:
        weeks: rep -> (hours of work, even share in hours), in the order to draw. before: shortest and longest rep-week
            of the plan without even weeks; None: not known.
    """
    with matplotlib.rc_context(STYLE):
        figure, axes = _canvas(7.5, 0.24 * len(weeks) + 1.0)
        places = np.arange(len(weeks))[::-1]
        work, share = (np.array(hours, float) for hours in zip(*weeks.values(), strict=True))
        if before is not None:
            label = f"without even weeks: {before[0]:.1f} to {before[1]:.1f} h"
            axes.axvspan(*before, color=SECOND, alpha=0.22, linewidth=0, label=label)
        axes.barh(places, work, color=ACCENT, height=0.6, label="work of this plan")
        axes.plot(share, places, "|", color=INK, markersize=11, markeredgewidth=2, label="even share")
        axes.set_yticks(places, list(weeks))
        axes.tick_params(axis="y", labelsize=8)
        axes.set_ylim(-0.6, len(weeks) - 0.4)
        axes.set_xlim(left=0)
        axes.set_xlabel("hours of visits, appointments and drives")
        axes.legend(
            frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(-0.02, 1.0), fontsize=8, borderaxespad=0.2
        )
        return svg_of(figure, "Hours of work of each rep's week, and an even share")


def cover_chart(requirement: pd.DataFrame, queue: str) -> str:
    """Agents required and rostered by interval over the rostered days, for one queue."""
    mine = requirement[requirement["queue"] == queue].sort_values("interval_start")
    with matplotlib.rc_context(STYLE):
        figure, axes = _canvas(7.5, 2.5)
        hours = np.arange(len(mine))
        axes.fill_between(hours, mine["agents_required"], step="post", color=ACCENT, alpha=0.35, label="required")
        axes.step(hours, mine["agents_rostered"], where="post", color=SECOND, linewidth=1.4, label="rostered")
        _day_ticks(axes, mine["interval_start"])
        axes.set_ylabel("agents")
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False, ncols=2, loc="upper right")
        return svg_of(figure, f"Agents required and rostered, queue {queue}")


def calls_chart(forecast: pd.DataFrame, queue: str) -> str:
    """Calls by interval: the mean, and the band between the outer quantiles."""
    mine = forecast[forecast["queue"] == queue].sort_values("interval_start")
    bands = sorted(column for column in mine.columns if column.startswith("calls_p"))
    with matplotlib.rc_context(STYLE):
        figure, axes = _canvas(7.5, 2.5)
        hours = np.arange(len(mine))
        if len(bands) >= 2:
            label = f"{bands[0][6:].upper()} to {bands[-1][6:].upper()}"
            axes.fill_between(hours, mine[bands[0]], mine[bands[-1]], color=ACCENT, alpha=0.3, label=label, linewidth=0)
        axes.plot(hours, mine["calls_mean"], color=ACCENT, linewidth=1.1, label="mean")
        _day_ticks(axes, mine["interval_start"])
        axes.set_ylabel("calls per interval")
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False, ncols=2, loc="lower right", bbox_to_anchor=(1.0, 0.98), borderaxespad=0.0)
        return svg_of(figure, f"Forecast calls, queue {queue}")


def _day_ticks(axes: Axes, starts: pd.Series) -> None:
    """A tick where each day begins."""
    days = starts.dt.normalize().reset_index(drop=True)
    first = days[days != days.shift()]
    axes.set_xticks(first.index.to_numpy(), [f"{day:%a %d}" for day in first])
    axes.tick_params(axis="x", labelsize=8)
    axes.set_xlim(0, max(len(days), 1))
