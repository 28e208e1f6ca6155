"""The closure review drawn, a figure a table: each is written as SVG and PNG beside the CSV of what it shows."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from outputs.charts import ACCENT, BAD, GOOD, INK, SECOND, STYLE, svg_of

Draw = Callable[[pd.DataFrame], Figure]
MOST_PEOPLE = 40
"""Reps in the picture, the most over- and the most under-confident; the table has all."""
MOST_TICKS = 8
PNG_DPI = 130


@dataclass(frozen=True)
class Drawn:
    """A figure as SVG that takes the page's colours, and as PNG on white. label: what it shows, in words."""

    svg: str
    png: bytes
    label: str


def closure_figures(tables: Mapping[str, pd.DataFrame]) -> dict[str, Drawn]:
    """Figure by name of its table, for each table of a review that can be drawn and has rows."""
    found = {}
    for name, (draw, label) in FIGURES.items():
        if name in tables and len(tables[name]):
            with matplotlib.rc_context(STYLE):
                found[name] = Drawn(svg_of(draw(tables[name]), label), png_of(draw(tables[name])), label)
    return found


def png_of(figure: Figure) -> bytes:
    """The figure as PNG on white, without a time in it."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=PNG_DPI, facecolor="white", metadata={"Software": None})
    return buffer.getvalue()


def _canvas(width: float, height: float, title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.08))
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=11)
    return figure, axes


def reliability_chart(table: pd.DataFrame) -> Figure:
    """Said against happened, with the interval of what happened."""
    figure, axes = _canvas(4.8, 4.6, "Said and won, by tenth of deals")
    said, happened = table["said_pct"], table["happened_pct"]
    axes.plot([0, 100], [0, 100], color=SECOND, linewidth=1, linestyle="--", label="as said")
    axes.vlines(said, table["happened_low"], table["happened_high"], color=ACCENT, alpha=0.4, label="95 % interval")
    axes.plot(said, happened, "o-", color=ACCENT, markersize=5, label="won")
    axes.set(xlabel="said, %", ylabel="won, %", xlim=(0, 100), ylim=(0, 100), aspect="equal")
    axes.legend(frameon=False, loc="upper left")
    return figure


def periods_chart(table: pd.DataFrame) -> Figure:
    """What was said by model and reps and what happened, by fiscal period; the nearer one is named below."""
    figure, axes = _canvas(min(12.0, max(5.0, 0.75 * len(table) + 2)), 3.6, "Won, and what was said before")
    place = np.arange(len(table))
    axes.bar(place, table["actual_pct"], color=GOOD, alpha=0.35, width=0.6, label="won")
    for column, label, colour, mark in (("model_pct", "model", ACCENT, "o"), ("rep_pct", "reps", BAD, "s")):
        if table[column].notna().any():
            axes.plot(place, table[column], mark, color=colour, markersize=7, label=label)
    if "model_bias_low" in table:
        low, high = table["actual_pct"] + table["model_bias_low"], table["actual_pct"] + table["model_bias_high"]
        axes.vlines(place, low, high, color=ACCENT, alpha=0.45)
    nearer = table["nearer"] if "nearer" in table else pd.Series("", index=table.index)
    labels = [f"{name}\n{who}" if who else name for name, who in zip(table["period"], nearer, strict=True)]
    step = max(1, len(table) // 16)
    axes.set_xticks(place[::step], labels[::step], rotation=0 if len(table) <= 12 else 45)
    axes.set_xlabel("period, and who was nearer")
    axes.set_ylabel("% of open deals")
    axes.set_ylim(bottom=0)
    axes.margins(x=0.08 if len(table) > 1 else 0.6)
    figure.legend(frameon=False, ncols=3, loc="outside lower left")
    return figure


def lead_time_chart(table: pd.DataFrame) -> Figure:
    """Order (AUC) and error (Brier) of model and reps, and the model's skill, by days left until the decision."""
    figure = Figure(figsize=(11.0, 3.6), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    place = np.arange(len(table))
    ends = [f"{low:.0f} to {high:.0f}" if np.isfinite(high) else f"{low:.0f} on"
            for low, high in zip(table["from_days"], table["to_days"], strict=True)]  # fmt: skip
    left.axhline(0.5, color=SECOND, linewidth=1, linestyle="--")
    for axes, measure, title in ((left, "auc", "Order: pairs put right (AUC)"), (middle, "brier", "Error (Brier)")):
        axes.plot(place, table[measure], "o-", color=ACCENT, label="model")
        if table[f"rep_{measure}"].notna().any():
            axes.plot(place, table[f"rep_{measure}"], "s-", color=BAD, label="reps")
        axes.set_title(title, loc="left", fontsize=11)
    middle.set_ylim(bottom=0)
    left.legend(frameon=False)
    right.axhline(10, color=SECOND, linewidth=1, linestyle="--")
    right.bar(place, 100 * table["skill"], color=np.where(table["skill"] > 0.1, ACCENT, "#b0b8bf"), width=0.6)
    right.set_title("Skill of the model, % (10: worth hearing)", loc="left", fontsize=11)
    right.set_ylim(bottom=max(-50.0, min(0.0, 110 * float(table["skill"].min()))))
    for axes in (left, middle, right):
        axes.set_xticks(place, ends, rotation=45, ha="right")
        axes.set_xlabel("days before the decision")
    return figure


def pipeline_chart(table: pd.DataFrame) -> Figure:
    """Expected euros with their band and what was won, by census."""
    figure, axes = _canvas(7.2, 3.6, "Open pipeline: expected and won")
    day = pd.to_datetime(table["census"])
    axes.fill_between(day, table["low_eur"], table["high_eur"], color=ACCENT, alpha=0.2, label="80 % band", linewidth=0)
    axes.plot(day, table["expected_eur"], color=ACCENT, marker="o" if len(table) == 1 else None, label="expected")
    axes.plot(day, table["won_eur"], "o", color=GOOD, markersize=4, label="won")
    step = max(1, -(-len(table) // MOST_TICKS))
    axes.set_xticks(day[::step], [f"{each:%Y-%m-%d}" for each in day[::step]], rotation=30, ha="right")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_ylabel("euros")
    axes.set_ylim(bottom=0)
    figure.legend(frameon=False, ncols=3, loc="outside lower left")
    return figure


def people_chart(table: pd.DataFrame) -> Figure:
    """Points that each rep says too much (right) or too little (left), with the interval."""
    part = table
    if len(table) > MOST_PEOPLE:
        part = pd.concat([table.head(MOST_PEOPLE // 2), table.tail(MOST_PEOPLE // 2)])
    figure, axes = _canvas(6.4, 0.26 * len(part) + 1.3, "Over- and under-confidence by rep")
    place = np.arange(len(part))[::-1]
    colour = part["verdict"].map({"over-confident": BAD, "under-confident": SECOND}).fillna(ACCENT)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.hlines(place, part["bias_low"], part["bias_high"], color=colour, alpha=0.5, linewidth=3)
    axes.scatter(part["bias_points"], place, color=colour, s=22, zorder=3)
    axes.set_yticks(place, part["owner"])
    axes.set_xlabel("points above (+) or below (-) what was won; 95 % interval")
    axes.margins(y=0.03)
    return figure


def regimes_chart(table: pd.DataFrame) -> Figure:
    """Order and Brier score of model, reps and base rate, strict against all."""
    figure = Figure(figsize=(7.6, 3.2), layout="constrained")
    panels = figure.subplots(1, 2)
    regimes = list(dict.fromkeys(table["regime"]))
    colours = {"rep's number": BAD, "base rate": "#b0b8bf"}
    titles = {"auc": "Order (AUC, more is better)", "brier": "Brier score (less is better)"}
    for axes, (measure, title) in zip(panels, titles.items(), strict=True):
        kinds = ["used", *colours]
        for number, kind in enumerate(kinds):
            mine = table[table["who"].str.endswith("(used)") if kind == "used" else table["who"] == kind]
            values = mine.set_index("regime")[measure].reindex(regimes)
            label = "model used" if kind == "used" else "reps" if kind == "rep's number" else kind
            bars = axes.bar(np.arange(len(regimes)) + 0.27 * (number - 1), values, width=0.25,
                            color=colours.get(kind, ACCENT), label=label)  # fmt: skip
            axes.bar_label(bars, fmt="%.3f", fontsize=8, padding=1)
        axes.set_xticks(np.arange(len(regimes)), regimes)
        axes.set_title(title, loc="left", fontsize=11)
        axes.margins(y=0.12)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, ncols=3, loc="outside lower left")
    return figure


def quotas_chart(table: pd.DataFrame) -> Figure:
    """Expected euros of each rep, from open and from new deals, with the 80 % band."""
    part = table[table["level"] == "rep"].head(MOST_PEOPLE)
    figure, axes = _canvas(6.8, 0.27 * len(part) + 1.5, "Expected euros by rep, with the 80 % band")
    place = np.arange(len(part))[::-1]
    axes.barh(place, part["from_open_eur"], color=ACCENT, alpha=0.6, height=0.62, label="open deals")
    axes.barh(place, part["from_new_eur"], left=part["from_open_eur"], color=GOOD, alpha=0.5, height=0.62,
              label="deals yet to come")  # fmt: skip
    axes.hlines(place, part["low_eur"], part["high_eur"], color=INK, linewidth=1.2, label="80 % band")
    figure.legend(frameon=False, ncols=3, loc="outside lower left")
    axes.set_yticks(place, part["name"])
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_xlabel("euros")
    axes.set_xlim(left=0)
    axes.margins(y=0.03)
    return figure


FIGURES: dict[str, tuple[Draw, str]] = {
    "reliability": (reliability_chart, "Said probability against the share won, by tenth"),
    "periods": (periods_chart, "Share won, said by the model and said by the reps, by period"),
    "lead_time": (lead_time_chart, "How well model and reps order deals, by days before the decision"),
    "pipeline": (pipeline_chart, "Expected value of the open pipeline with its band, and what was won"),
    "people": (people_chart, "Over- and under-confidence by rep, in points, with intervals"),
    "strict_and_all": (regimes_chart, "Model, reps and base rate on strict deals and on all"),
    "quotas": (quotas_chart, "Expected euros from open deals by rep, with bands"),
}
