"""What `plan.py forecast calls` and `plan.py evaluate calls` do: tables (CSV and Parquet) and figures into a folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from inputs.rows import rows
from outputs.closure_commands import standing_alone
from outputs.escaping import harmless_table

if TYPE_CHECKING:
    from inputs.types import Tables
    from scenarios.schema import Scenario

MODEL = "model"
"""Folder of the trees beside the tables, not told among them: a second forecast from the same data takes them."""
DRAWN_DAYS = 56
"""Past days drawn before those forecast."""


def forecast(scenario: "Scenario", tables: "Tables", folder: Path) -> dict[str, Any]:
    """Forecast calls and staffing minutes by interval, day and whole horizon, events included, and write them."""
    from forecasting.calls import apply_events, forecast_calls, path_totals
    from outputs.calls_figures import forecast_chart

    asked = _asked(scenario, tables)
    usual = forecast_calls(tables.demand, tables.handled, as_of=scenario.as_of, keep=folder / MODEL, **asked)
    made = apply_events(usual, scenario.events)
    totals = path_totals(made, sorted({*scenario.forecast.calls.quantiles, 0.1, 0.5, 0.9}))
    days = totals[totals["date"].notna()].reset_index(drop=True)
    whole = totals[totals["date"].isna()].drop(columns="date").reset_index(drop=True)
    written = {
        "calls_interval": made.table,
        "calls_day": days,
        "calls_total": whole,
        "quality": made.quality,
    }
    figures = {}
    if made.queues:
        mine = days[days["queue"] != "*"] if len(made.queues) > 1 else days[days["queue"] == made.queues[0]]
        figures = {"daily": forecast_chart(_past_days(tables.demand), mine)}
    files = _write(folder, written, figures)
    expected = whole[whole["queue"] == "*"]
    return {
        "folder": str(folder), "files": files, "queues": len(made.queues), "days": scenario.forecast.calls.days,
        "calls_expected": round(float(expected["calls_mean"].sum()), 1),
        "staffing_hours_expected": round(float(expected["minutes_mean"].sum()) / 60, 1), "notes": list(made.notes),
    }  # fmt: skip


def evaluate(scenario: "Scenario", tables: "Tables", folder: Path, *, origins: int) -> dict[str, Any]:
    """Forecast from past origins, compare with what came, and write tables and figures.

    Raises:
        DataError: the history is too short for one origin.
    """
    from forecasting.calls.review import review_tables
    from forecasting.calls.rolling import rolling_forecasts
    from outputs.calls_figures import review_figures
    from outputs.calls_staffing import staffing_cost

    asked = _asked(scenario, tables)
    rolled = rolling_forecasts(tables.demand, tables.handled, as_of=scenario.as_of, origins=origins, **asked)
    found = review_tables(rolled)
    if found["days"].empty:
        from scenarios.errors import DataError

        raise DataError("No call of the days after the past origins is known, so nothing can be measured.")
    found["staffing"] = staffing_cost(rolled, scenario.staffing)
    files = _write(folder, found, review_figures(found))
    return {"folder": str(folder), "files": files, "origins": len(rolled), **_headline(found)}


def _headline(found: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """The figures that are told on the terminal."""
    told: dict[str, Any] = {}
    for row in rows(found["summary"]):
        for figure in ("wmape_pct", "naive_wmape_pct", "noise_floor_pct", "coverage80_pct"):
            told[f"{figure}_{row.grain}"] = round(float(getattr(row, figure)), 2)
        told["bias_pct"] = round(float(row.bias_pct), 2)
    staffing, needed = found["staffing"], float(found["staffing"]["hours_needed"].sum())
    for name in ("hours_needed", "hours_too_many", "hours_too_few", "too_few_eur"):
        told[name] = round(float(staffing[name].sum()), 1)
    off = told["hours_too_many"] + told["hours_too_few"]
    told["notes"] = [
        f"Agents on the phone were {100 * off / needed:.1f} % of the hours needed off, before shrinkage and shifts."
        if needed > 0
        else "No agent was needed on the days measured."
    ]
    return told


def _asked(scenario: "Scenario", tables: "Tables") -> dict[str, Any]:
    return {
        "settings": scenario.forecast.calls, "opening_hours": scenario.staffing.opening_hours,
        "country": scenario.staffing.country, "seed": scenario.solve.seed, "exogenous": tables.exogenous,
    }  # fmt: skip


def _past_days(demand: pd.DataFrame) -> pd.DataFrame:
    """Calls in open hours of the last days, without days of which an open interval is a gap."""
    opened = demand[demand["is_open"]]
    by_day = opened.groupby(["queue", opened["interval_start"].dt.normalize().rename("date")])
    days = by_day.agg(calls_actual=("calls", "sum"), gap=("is_gap", "any")).reset_index()
    last = days["date"].max() - pd.Timedelta(days=DRAWN_DAYS)
    kept: pd.DataFrame = days[~days["gap"] & (days["date"] > last)].drop(columns="gap")
    return kept


def _write(folder: Path, tables: dict[str, pd.DataFrame], figures: dict[str, str]) -> list[str]:
    """CSV and Parquet of each table, SVG of each figure; the names of the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
        dates = [column for column in ("date", "origin") if column in table]
        texts = table.assign(**{column: table[column].dt.strftime("%Y-%m-%d") for column in dates})
        harmless_table(texts).to_csv(
            folder / f"{name}.csv", index=False, lineterminator="\n", float_format="%.10g",
            date_format="%Y-%m-%dT%H:%M:%S",
        )  # fmt: skip
        written += [f"{name}.csv", f"{name}.parquet"]
    for name, svg in figures.items():
        (folder / f"{name}.svg").write_text(standing_alone(svg), encoding="utf-8", newline="\n")
        written.append(f"{name}.svg")
    return sorted(written)
