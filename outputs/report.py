"""One page about the whole week: what it brings, how sure it is, who works when, and what was left out."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from inputs.rows import groups, rows
from inputs.types import Tables
from outputs.changes import Changes
from outputs.charts import calls_chart, cover_chart, money_chart
from outputs.forecast_words import forecast_sentences
from outputs.hour_prices import hour_prices
from outputs.pages import file_name, render
from outputs.pdf import find_browser, print_pdf
from outputs.readable import NOTHING, figure, stage_words
from outputs.report_actions import action_details
from outputs.report_calls import call_days
from outputs.report_changes import changes_section
from outputs.report_channels import channel_details
from outputs.report_routes import route_details
from outputs.scripts import agent_channels
from planner.explain import WHY_NOT_CONTACTED, WHY_NOT_ROUTED
from planner.types import Plan
from scenarios.schema import FIELD

MOST_CHARTS = 6
"""Queues drawn; the tables hold all of them."""

DAYS_OFF = {"not_working_day": "off"}
CARDS = {
    "net_value_eur": "net value, eur",
    "visits": "field visits",
    "contacts": "contacts in all",
    "travel_km": "km on the road",
    "visits_per_rep_day": "visits a rep-day",
    "agent_hours": "paid agent hours",
    "answered_pct": "calls in time, %",
    "agents_short_hours": "agent hours short",
}
MONEY = {
    "win_eur": ("deals won", 1), "churn_eur": ("customers kept", 1), "growth_eur": ("growth", 1),
    "contact_cost_eur": ("contacts", -1), "travel_cost_eur": ("travel", -1), "rep_overtime_eur": ("rep overtime", -1),
    "border_eur": ("visits by neighbours", -1), "waited_eur": ("waiting", -1), "rep_pay_eur": ("rep pay", -1),
    "agent_pay_eur": ("agent pay", -1), "missed_service_eur": ("missed service", -1), "net_value_eur": ("net value", 1),
}  # fmt: skip
SELDOM = ("rep_overtime_eur", "border_eur", "waited_eur")
"""Parts of the net value that are drawn only where there are any."""


def write_report(
    path: Path,
    plan: Plan,
    tables: Tables,
    manifest: Mapping[str, Any],
    *,
    changes: Changes | None = None,
    star: bool = False,
    pdf: bool = False,
) -> tuple[str, ...]:
    """Write the report of a plan.

    Args:
        changes: since the week before. star: whether the star schema stands beside. pdf: print it beside `path` too.

    Returns:
        Why there is no PDF, if one was asked for and cannot be made; the page then says so as well.
    """
    page = _page(plan, tables, manifest, changes, star=star, pdf=pdf)
    path.write_text(page, encoding="utf-8")
    problem = print_pdf(path, path.with_suffix(".pdf"), browser=find_browser()) if pdf else ""
    if problem:
        told = dict(manifest) | {"notes": [*manifest["notes"], problem]}
        path.write_text(_page(plan, tables, told, changes, star=star, pdf=False), encoding="utf-8")
    return (problem,) if problem else ()


def _page(
    plan: Plan, tables: Tables, manifest: Mapping[str, Any], changes: Changes | None, *, star: bool, pdf: bool
) -> str:
    scenario, handed = plan.scenario, plan.tables
    figures = dict(zip(plan.kpis["kpi"], plan.kpis["value"], strict=True))
    last = pd.Timestamp(scenario.horizon.start) + pd.Timedelta(days=scenario.horizon.days - 1)
    bands = _bands(handed)
    return render(
        "report.html.j2",
        name=scenario.name,
        why=scenario.why,
        week=f"{scenario.horizon.start.day} {scenario.horizon.start:%B} to {last.day} {last:%B %Y}",
        as_of=f"{scenario.as_of.day} {scenario.as_of:%B %Y}",
        links=_links(plan, star=star, pdf=pdf),
        flags=plan.flags,
        cards=[
            {"label": label, "value": figure(figures[kpi]) or NOTHING, "band": _span(bands.get(kpi))}
            for kpi, label in CARDS.items()
        ],
        money_svg=Markup(_money(figures, bands)),
        covers=_covers(handed),
        changes=changes_section(changes),
        outcomes=[_outcome_row(item) for item in manifest["outcomes"]],
        **_field_rows(handed),
        unserved=_counts(handed["unserved"]["reason"], WHY_NOT_ROUTED),
        unserved_total=len(handed["unserved"]),
        channels=_channel_rows(plan),
        field_note=_field_note(handed),
        **action_details(plan, tables),
        **channel_details(plan),
        **route_details(plan),
        idle=_counts(_reasons_for_none(handed["allocations"]), WHY_NOT_CONTACTED),
        cover=_charts(handed["requirement"], cover_chart),
        calls=_charts(handed["call_forecast"], calls_chart),
        call_days=call_days(plan.decisions.calls),
        quality=_quality_rows(handed["forecast_quality"]),
        forecast_sentences=forecast_sentences(handed["forecast_quality"]),
        kpis=[row | {"band": _span(bands.get(row["kpi"]))} for row in _rows(plan.kpis)],
        findings=[asdict(item) | {"examples": ", ".join(item.examples)} for item in tables.quality.findings],
        notes=manifest["notes"],
        stages=[{**row, "seconds": f"{row['seconds']:.1f}"} for row in manifest["stages"]],
        version=manifest["muster"],
        seed=manifest["seed"],
        created=manifest["created_at"],
    )


def _bands(handed: Mapping[str, pd.DataFrame]) -> dict[str, tuple[float, float]]:
    """(low, high) of each figure that has a band."""
    bands = handed.get("figure_bands")
    return {} if bands is None else {row.kpi: (row.low, row.high) for row in rows(bands)}


def _span(band: tuple[float, float] | None) -> str:
    return "" if band is None else f"{figure(band[0])} to {figure(band[1])}"


def _covers(handed: Mapping[str, pd.DataFrame]) -> list[dict[str, str]]:
    """What the bands cover, each with the figures it is true of."""
    bands = handed.get("figure_bands")
    if bands is None:
        return []
    return [
        {"covers": str(covers), "figures": ", ".join(part["kpi"].str.replace("_", " "))}
        for covers, part in bands.groupby("covers", sort=False)
    ]


def _money(figures: Mapping[str, float], bands: Mapping[str, tuple[float, float]]) -> str:
    parts = {kpi: part for kpi, part in MONEY.items() if kpi not in SELDOM or figures.get(kpi)}
    shown = {label: sign * figures[kpi] for kpi, (label, sign) in parts.items()}
    spans = {MONEY[kpi][0]: band for kpi, band in bands.items() if kpi in MONEY and MONEY[kpi][1] > 0}
    return money_chart(shown, spans)


def _quality_shown(quality: pd.DataFrame) -> pd.DataFrame:
    """The models that are used, each beside its baseline; comparisons stand in tables/forecast_quality.csv."""
    used = quality.loc[quality["note"] == "used", ["forecast", "model"]].drop_duplicates()
    compared = set(used["forecast"])
    keys = set(zip(used["forecast"], used["model"], strict=True))
    shown = [
        forecast not in compared or ((forecast, model) in keys and note == "used")
        for forecast, model, note in zip(quality["forecast"], quality["model"], quality["note"], strict=True)
    ]
    return quality[shown]


def _links(plan: Plan, *, star: bool, pdf: bool) -> list[dict[str, str]]:
    """Links to what else was written, relative to the run's folder."""
    there = {
        "map": [("map.html", "Map")],
        "route_sheets": [("routes/index.html", "Route sheets")],
        "workbook": [("plan.xlsx", "Workbook")],
        "scripts": [
            (f"scripts/{file_name(name)}.html", f"Scripts: {name.replace('_', ' ')}")
            for name in agent_channels(plan.scenario)
        ],
        "calendar": [("calendars/", "Calendars"), ("gpx/", "GPX")],
    }
    written = [link for key, links in there.items() if key in plan.scenario.outputs for link in links]
    always = [("tables/allocations.csv", "Contacts (CSV)"), ("tables/data_rejects.csv", "Every row set aside (CSV)")]
    written = [*([("report.pdf", "PDF")] if pdf else []), *written]
    always += [("bi/README.md", "Tables for BI tools")] if star else []
    return [{"href": href, "text": text} for href, text in [*written, *always]]


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a frame with every figure made readable; columns that a page expects are there even if empty."""
    wanted = ["forecast", "model", "metric", "value", "baseline", "baseline_value", "rows", "note"]
    full = frame.reindex(columns=[*frame.columns, *[name for name in wanted if name not in frame.columns]])
    return [{str(key): figure(value) for key, value in row.items()} for row in full.to_dict("records")]


def _quality_rows(quality: pd.DataFrame) -> list[dict[str, Any]]:
    """The models that are used beside their baselines, names in words so that they wrap."""
    names = ("model", "metric", "baseline")
    return [row | {name: row[name].replace("_", " ") for name in names} for row in _rows(_quality_shown(quality))]


def _outcome_row(item: Mapping[str, Any]) -> dict[str, str]:
    bound = "none" if item["bound"] is None else figure(item["bound"])
    gap = "" if item["gap_pct"] is None else f"{item['gap_pct']:.2f}"
    row = {key: str(item[key]).replace("_", " ") for key in ("reason", "unit", "method")}
    row["stage"] = stage_words(item["stage"])
    return row | {"value": figure(item["value"]), "bound": bound, "gap": gap, "seconds": f"{item['seconds']:.1f}"}


def _field_rows(handed: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """The table of visits by rep and day; a day off shows its reason."""
    days = handed["rep_days"]
    if days.empty:
        return {"days": [], "rep_days": []}
    dates = sorted(days["day"].unique())
    names = handed["team"].set_index("rep_id")["name"].to_dict()
    rows = []
    for rep, mine in groups(days, "rep_id"):
        by_day = mine.set_index("day")
        cells = [_day_cell(by_day.loc[day]) for day in dates]
        working = mine[mine["works"]]
        paid = (working["shift_end_at"] - working["shift_start_at"]).dt.total_seconds().sum() / 60
        share = 100 * mine["visit_minutes"].sum() / paid if paid else 0.0
        rows.append(
            {
                "rep": names[rep] if isinstance(names.get(rep), str) and names[rep] else rep,
                "cells": cells,
                "visits": f"{mine['visits'].sum():.0f}",
                "km": f"{mine['travel_km'].sum():.0f}",
                "share": f"{share:.0f}",
            }
        )
    return {"days": [f"{pd.Timestamp(day):%a} {pd.Timestamp(day).day}" for day in dates], "rep_days": rows}


def _day_cell(day: Any) -> str:
    """Visits of a working day, or why the rep is off."""
    off = str(day["reason"])
    return f"{day['visits']:.0f}" if day["works"] else DAYS_OFF.get(off, off.replace("_", " "))


def _field_note(handed: Mapping[str, pd.DataFrame]) -> str:
    """Why visits and field contacts differ in number, where they do."""
    allocations = handed["allocations"]
    field = set(allocations.loc[allocations["channel"] == FIELD, "customer_id"])
    stops = handed["stops"]
    visits = stops.loc[stops["kind"] == "visit", "customer_id"]
    again, unvisited = len(visits) - visits.nunique(), len(field - set(visits))
    if not again and not unvisited:
        return ""
    parts = [f"{again} are a further visit to the same customer, which is one contact"] if again else []
    parts += [f"{unvisited} field contacts are kept appointments, which are no planned visit"] if unvisited else []
    return f"The routes hold {len(visits)} visits, the field {len(field)} contacts: {'; '.join(parts)}."


def _channel_rows(plan: Plan) -> list[dict[str, str]]:
    """Contacts, value, hours and price of each channel."""
    allocations, prices = plan.tables["allocations"], plan.tables["capacity_prices"]
    rows = []
    for channel in plan.scenario.channels:
        mine = allocations[allocations["channel"] == channel]
        room = prices[(prices["channel"] == channel) & (prices["resource"] != f"{channel}:week")]
        euros = _rep_day_prices(plan) if channel == FIELD else room["price_eur_per_hour"]
        low, high = (euros.min(), euros.max()) if len(euros) else (float("nan"), float("nan"))
        price = figure(round(high, 1)) if not len(euros) or high - low < 0.05 else f"{low:.1f} to {high:.1f}"
        limit = "0" if channel == FIELD else "no limit"  # without reps nobody can visit
        rows.append(
            {
                "channel": channel.replace("_", " "),
                "contacts": figure(float(len(mine))),
                "value": figure(round(float(mine["value_eur"].sum()))),
                "used": figure(round(float(mine["minutes"].sum()) / 60, 1)),
                "capacity": figure(round(float(room["capacity_minutes"].sum()) / 60, 1)) if len(room) else limit,
                "price": price,
            }
        )
    return rows


def _rep_day_prices(plan: Plan) -> pd.Series:
    """Prices of an hour of each rep's day, as routing found them, or else as the channels priced the week."""
    by_day = hour_prices(plan).by_day.values()
    return pd.Series([price for prices in by_day for price in prices.values()], dtype=float)


def _reasons_for_none(allocations: pd.DataFrame) -> pd.Series:
    reasons: pd.Series = allocations.loc[allocations["channel"] == "none", "reason"]
    return reasons


def _counts(reasons: pd.Series, words: Mapping[str, str]) -> list[dict[str, str]]:
    """How often each reason was given, in words, the commonest first."""
    counted = reasons.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return [{"why": words.get(str(reason), str(reason)), "count": str(count)} for reason, count in counted.items()]


def _charts(frame: pd.DataFrame, draw: Any) -> list[dict[str, Any]]:
    """One chart per queue, for the queues with most calls."""
    if frame.empty:
        return []
    busiest = frame.groupby("queue")["calls_mean"].sum().sort_values(ascending=False, kind="stable")
    return [{"queue": queue, "svg": Markup(draw(frame, queue))} for queue in busiest.index[:MOST_CHARTS]]
