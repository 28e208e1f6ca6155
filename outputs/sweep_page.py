"""The page of a sweep: the ranked table, what each cell differs by, and the trade-offs between its figures."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
from markupsafe import Markup

from outputs.pages import render
from outputs.sweep_chart import in_words, trade_off_chart
from planner.compare import less_is_better
from planner.sweep import short_names
from scenarios.explain import show_value
from scenarios.schema import Scenario


def write_page(path: Path, table: pd.DataFrame, scenario: Scenario, manifest: Mapping[str, Any]) -> None:
    """Write the page of a sweep; `table` is that of `planner.sweep.ranked`."""
    figures, leading = list(manifest["figures"]), manifest["ranked_by"]
    figures = [leading, *[each for each in figures if each != leading and table[each].notna().any()]]
    keys = list(scenario.sweep)
    planned = table[table["place"].notna()]
    chart = trade_off_chart(planned, keys=keys, figures=figures) if len(planned) else ""
    page = render(
        "sweep.html.j2",
        name=scenario.name,
        why=scenario.why,
        notes=manifest["notes"],
        leading=in_words(leading),
        lowest=less_is_better(leading),
        best=_sentence(table, leading),
        has_baseline=bool(table["is_baseline"].any()),
        keys=[
            {"short": in_words(short).replace(".", ": "), "key": key}
            for short, key in zip(short_names(keys, taken=figures), keys, strict=True)
        ],
        figures=[in_words(figure) for figure in figures],
        rows=[_row(row, keys, figures) for row in table.to_dict("records")],
        failed=[
            {"label": row["label"], "error": row["error"]}
            for row in table.to_dict("records")
            if row["status"] == "failed"
        ],
        chart=Markup(chart),  # drawn from numbers and texts that the chart escapes
        version=manifest["muster"],
        created=manifest["created_at"],
    )
    path.write_text(page, encoding="utf-8")


def _sentence(table: pd.DataFrame, leading: str) -> str:
    """Which cell is best, and by how much it differs from the baseline; empty if no cell has a plan."""
    best = table[table["is_best"]]
    if best.empty:
        return ""
    first = best.iloc[0]
    text = f"Best by {in_words(leading)}: {_number(first[leading])} with {first['label']}"
    difference = first[f"{leading}_difference"]
    if first["is_baseline"]:
        return f"{text}; it is the baseline."
    return text + ("." if pd.isna(difference) else f"; {_signed(difference)} against the baseline.")


def _row(row: Mapping[Any, Any], keys: list[str], figures: list[str]) -> dict[str, Any]:
    """One row of the table, every number readable."""
    return {
        "place": "" if pd.isna(row["place"]) else str(row["place"]),
        "label": row["label"],
        "values": [_value(row[key]) for key in keys],
        "status": row["status"],
        "is_best": row["is_best"],
        "is_baseline": row["is_baseline"],
        "figures": [{"value": _number(row[f]), "difference": _signed(row[f"{f}_difference"])} for f in figures],
        "flags": row["flags"],
        "href": f"../{quote(row['run'])}/" if row["run"] else "",
        "seconds": f"{row['seconds']:.1f}",
    }


def _value(value: Any) -> str:
    """A swept value: numbers with a true minus sign, anything else as YAML has it."""
    return f"{value:g}".replace("-", "\u2212") if isinstance(value, float) else show_value(value)


def _number(value: float) -> str:
    """For people: thousands with a thin space, decimals only where they matter, nothing where there is none."""
    if math.isnan(value):
        return ""
    digits = 0 if abs(value) >= 1000 or float(value).is_integer() else 1
    value = round(value, digits) + 0.0  # no minus before a zero
    return f"{value:,.{digits}f}".replace(",", "\u202f").replace("-", "\u2212")


def _signed(value: float) -> str:
    """A difference with its sign; nothing where there is none."""
    if math.isnan(value):
        return ""
    text = _number(value)
    return text if text.startswith("\u2212") or not text.strip("0.") else f"+{text}"
