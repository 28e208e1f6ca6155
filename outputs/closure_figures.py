"""The closure review drawn: reliability, reps and model against what happened, pipeline value with its band."""

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from outputs.charts import ACCENT, BAD, GOOD, SECOND, STYLE, svg_of


def closure_figures(tables: dict[str, pd.DataFrame]) -> dict[str, str]:
    """SVG by name for each table of a review that can be drawn and has rows."""
    drawn = {"reliability": reliability_chart, "periods": periods_chart, "pipeline": pipeline_chart}
    return {name: draw(tables[name]) for name, draw in drawn.items() if name in tables and len(tables[name])}


def reliability_chart(table: pd.DataFrame) -> str:
    """Said against happened, with the interval of what happened."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(4.6, 4.2), layout="constrained")
        axes = figure.add_subplot()
        said, happened = table["said_pct"], table["happened_pct"]
        axes.plot([0, 100], [0, 100], color=SECOND, linewidth=1, linestyle="--")
        axes.vlines(said, table["happened_low"], table["happened_high"], color=ACCENT, alpha=0.4)
        axes.plot(said, happened, "o-", color=ACCENT, markersize=5)
        axes.set(xlabel="said, %", ylabel="won, %", xlim=(0, 100), ylim=(0, 100))
        return svg_of(figure, "Said probability against the share won, by tenth")


def periods_chart(table: pd.DataFrame) -> str:
    """What was said by model and reps and what happened, by fiscal period."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(max(4.5, 0.8 * len(table) + 2), 3.4), layout="constrained")
        axes = figure.add_subplot()
        place = np.arange(len(table))
        drawn = (("actual_pct", "happened", GOOD), ("model_pct", "model", ACCENT), ("rep_pct", "reps", BAD))
        for column, label, colour in drawn:
            if table[column].notna().any():
                axes.plot(place, table[column], "o-", color=colour, label=label)
        axes.set_xticks(place, table["period"], rotation=30, ha="right")
        axes.set_ylabel("won, %")
        axes.legend(frameon=False)
        return svg_of(figure, "Share won, said by the model and said by the reps, by period")


def pipeline_chart(table: pd.DataFrame) -> str:
    """Expected euros with their band and what was won, by census."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(6.5, 3.4), layout="constrained")
        axes = figure.add_subplot()
        place = np.arange(len(table))
        axes.fill_between(place, table["low_eur"], table["high_eur"], color=ACCENT, alpha=0.2, label="80 % band")
        axes.plot(place, table["expected_eur"], color=ACCENT, label="expected")
        axes.plot(place, table["won_eur"], "o", color=GOOD, label="won")
        step = max(1, len(table) // 8)
        axes.set_xticks(
            place[::step], [f"{each:%Y-%m-%d}" for each in table["census"]][::step], rotation=30, ha="right"
        )
        axes.set_ylabel("EUR")
        axes.legend(frameon=False)
        return svg_of(figure, "Expected value of the open pipeline with its band, and what was won")
