"""The call forecast drawn: days with their band against what came, whole horizons, reliability, error by day ahead."""

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from outputs.charts import ACCENT, BAD, GOOD, SECOND, STYLE, svg_of

MOST_QUEUES = 4
"""Queues drawn one below the other, the busiest first; the tables hold all."""
GRAIN_COLOURS = {"interval": ACCENT, "day": SECOND, "total": BAD}
TICKS = 9


def review_figures(tables: dict[str, pd.DataFrame]) -> dict[str, str]:
    """SVG by name of the tables of a review (`forecasting.calls.review`)."""
    return {
        "daily": daily_chart(first_week(tables["days"])),
        "totals": totals_chart(tables["totals"]),
        "reliability": reliability_chart(tables["reliability"]),
        "by_days_ahead": days_ahead_chart(tables["by_days_ahead"], floor_pct=_floor(tables["summary"])),
        "by_day_type": day_type_chart(tables["by_day_type"], floor_pct=_floor(tables["summary"])),
        "staffing": staffing_chart(tables["staffing"]),
    }


def _floor(summary: pd.DataFrame) -> float:
    """The noise floor of day totals."""
    return float(summary.loc[summary["grain"] == "day", "noise_floor_pct"].iloc[0])


def first_week(days: pd.DataFrame) -> pd.DataFrame:
    """Each day once: as the latest origin before it forecast it."""
    return days.sort_values(["queue", "date", "days_ahead"]).drop_duplicates(["queue", "date"])


def forecast_chart(history: pd.DataFrame, days: pd.DataFrame) -> str:
    """Past days (queue, date, calls_actual) and the days ahead (of `path_totals`)."""
    joined = pd.concat([history, days.rename(columns={"calls_mean": "calls_forecast"})], ignore_index=True)
    return daily_chart(joined)


def daily_chart(days: pd.DataFrame) -> str:
    """Calls by day: forecast with its P10 to P90 band, and what came; a panel a queue."""
    queues = _busiest(days)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(8, 0.5 + 2.4 * len(queues)), layout="constrained")
        panels = figure.subplots(len(queues), 1, squeeze=False)[:, 0]
        for axes, queue in zip(panels, queues, strict=True):
            _daily(axes, days[days["queue"] == queue].sort_values("date"))
            axes.set_title(str(queue), loc="left", fontsize=10)
        _legend_above(panels[0])
        return svg_of(figure, "Calls by day: forecast with its band of 80 percent, and what came")


def _busiest(days: pd.DataFrame) -> list[str]:
    size = days.groupby("queue")["calls_forecast"].sum().sort_values(ascending=False, kind="stable")
    return list(size.index[:MOST_QUEUES])


def _legend_above(axes: Axes) -> None:
    axes.legend(frameon=False, ncols=3, loc="lower right", bbox_to_anchor=(1.0, 0.98), fontsize=8, borderaxespad=0.0)


def _daily(axes: Axes, mine: pd.DataFrame) -> None:
    """Closed days are left open: a line across them would say that they are known."""
    dates = pd.date_range(mine["date"].min(), mine["date"].max(), unit="us")
    at = mine.set_index("date").reindex(dates)
    low, high, said, came = (
        at[name].to_numpy(float) for name in ("calls_p10", "calls_p90", "calls_forecast", "calls_actual")
    )
    place = np.arange(len(dates))
    axes.fill_between(place, low, high, color=ACCENT, alpha=0.25, linewidth=0, label="P10 to P90")
    axes.plot(place, said, color=ACCENT, linewidth=1.4, label="forecast")
    axes.plot(place, came, "o", color=BAD, markersize=3, label="came")
    step = 7 * max(1, round(len(dates) / 7 / TICKS))
    axes.set_xticks(place[::step], [f"{day.day} {day:%b}" for day in dates[::step]])
    axes.set_ylabel("calls a day")
    axes.set_ylim(bottom=0)


def totals_chart(totals: pd.DataFrame) -> str:
    """Calls over the whole horizon by origin, all queues of it in a panel each."""
    queues = _busiest(totals)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(8, 0.5 + 2.2 * len(queues)), layout="constrained")
        panels = figure.subplots(len(queues), 1, squeeze=False)[:, 0]
        for axes, queue in zip(panels, queues, strict=True):
            mine = totals[totals["queue"] == queue].sort_values("origin")
            place = np.arange(len(mine))
            axes.vlines(place, mine["calls_p10"], mine["calls_p90"], color=ACCENT, alpha=0.4, linewidth=7,
                        label="P10 to P90")  # fmt: skip
            axes.plot(place, mine["calls_forecast"], "_", color=ACCENT, markersize=14, label="forecast")
            axes.plot(place, mine["calls_actual"], "o", color=BAD, markersize=5, label="came")
            axes.set_xticks(place, [f"{day.day} {day:%b}" for day in mine["origin"]])
            axes.set_title(str(queue), loc="left", fontsize=10)
            axes.set_ylabel("calls")
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
            axes.margins(x=0.08, y=0.15)
        panels[-1].set_xlabel("last day known")
        _legend_above(panels[0])
        return svg_of(figure, "Calls over the whole horizon: forecast with its band, and what came, by origin")


def reliability_chart(table: pd.DataFrame) -> str:
    """Said level of a quantile against the share of cases below it, at three grains."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(4.8, 4.4), layout="constrained")
        axes = figure.add_subplot()
        axes.plot([0, 100], [0, 100], color=GOOD, linewidth=1, linestyle="--")
        for grain, part in table.groupby("grain", sort=False):
            label = f"{grain} ({part['cases'].iloc[0]:,} cases)"
            axes.plot(part["level_pct"], part["share_below_pct"], "o-", color=GRAIN_COLOURS[str(grain)], markersize=4,
                      linewidth=1.2, label=label)  # fmt: skip
        axes.set(xlabel="level of the quantile, %", ylabel="calls below it, % of cases", xlim=(0, 100), ylim=(0, 100))
        axes.legend(frameon=False, loc="upper left", fontsize=9)
        return svg_of(figure, "Level of each quantile against the share of cases below it")


def days_ahead_chart(table: pd.DataFrame, *, floor_pct: float) -> str:
    """Error of day totals by how many days ahead they lie, beside seasonal naive and the noise floor."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(8, 2.8), layout="constrained")
        axes = figure.add_subplot()
        axes.plot(table["days_ahead"], table["naive_wmape_pct"], "o-", color=SECOND, markersize=4,
                  label="same weekday before")  # fmt: skip
        axes.plot(table["days_ahead"], table["wmape_pct"], "o-", color=ACCENT, markersize=4, label="forecast")
        axes.axhline(floor_pct, color=GOOD, linewidth=1, linestyle="--", label="noise floor")
        axes.set(xlabel="days ahead", ylabel="error of day totals, %")
        axes.set_ylim(bottom=0)
        _legend_above(axes)
        return svg_of(figure, "Error of day totals by days ahead, beside the same weekday before and the noise floor")


def day_type_chart(table: pd.DataFrame, *, floor_pct: float) -> str:
    """Error of day totals by weekday, holidays and the days before them apart; the number of days below each."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(8, 2.8), layout="constrained")
        axes = figure.add_subplot()
        place = np.arange(len(table))
        axes.bar(place - 0.2, table["wmape_pct"], 0.38, color=ACCENT, label="forecast")
        axes.bar(place + 0.2, table["naive_wmape_pct"], 0.38, color=SECOND, label="same weekday before")
        axes.axhline(floor_pct, color=GOOD, linewidth=1, linestyle="--", label="noise floor")
        pairs = zip(table["day_type"], table["days"], strict=True)
        axes.set_xticks(place, [f"{kind}\n{days} days" for kind, days in pairs])
        axes.set_ylabel("error of day totals, %")
        _legend_above(axes)
        return svg_of(figure, "Error of day totals by weekday, holidays and the days before them apart")


def staffing_chart(table: pd.DataFrame) -> str:
    """Agent hours that the forecast asked for beyond those needed, and those that it left out, by origin."""
    hours = table.groupby("origin")[["hours_too_many", "hours_too_few", "hours_needed"]].sum()
    share = hours.div(hours["hours_needed"].where(hours["hours_needed"] > 0), axis=0).mul(100).fillna(0.0)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(8, 2.8), layout="constrained")
        axes = figure.add_subplot()
        place = np.arange(len(share))
        axes.bar(place, share["hours_too_many"], 0.5, color=ACCENT, label="too many agents")
        axes.bar(place, -share["hours_too_few"], 0.5, color=BAD, label="too few agents")
        axes.axhline(0, color="black", linewidth=0.8)
        axes.set_xticks(place, [f"{day.day} {day:%b}" for day in share.index])
        axes.set(xlabel="last day known", ylabel="% of hours needed")
        axes.margins(x=0.08)
        _legend_above(axes)
        return svg_of(figure, "Agent hours too many and too few, in percent of the hours needed, by origin")
