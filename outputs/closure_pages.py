"""The closure review to zoom and point at: each figure's table as a page of its own, where plotly is installed.

Plotly is an extra: the static figures hold the same. Pages carry the library in them and open without a network.
"""

import importlib
import importlib.util
from collections.abc import Mapping
from typing import Any

import pandas as pd

from outputs.charts import ACCENT, BAD, GOOD, SECOND

BOTH = "lines+markers"
Line = tuple[str, str, str, str]
BAND: tuple[Line, Line] = (
    ("low_eur", "80 % band, low", SECOND, "lines"),
    ("high_eur", "80 % band, high", SECOND, "lines"),
)
PAGES: Mapping[str, tuple[str, tuple[Line, ...]]] = {
    "periods": (
        "period",
        (("actual_pct", "won", GOOD, BOTH), ("model_pct", "model", ACCENT, BOTH), ("rep_pct", "reps", BAD, BOTH)),
    ),
    "reliability": (
        "said_pct",
        (
            ("happened_pct", "won", ACCENT, BOTH),
            ("happened_low", "interval, low", SECOND, "lines"),
            ("happened_high", "interval, high", SECOND, "lines"),
        ),
    ),
    "lead_time": (
        "from_days",
        (("auc", "model", ACCENT, BOTH), ("rep_auc", "reps", BAD, BOTH), ("skill", "skill", GOOD, BOTH)),
    ),
    "pipeline": (
        "census",
        (("expected_eur", "expected", ACCENT, "lines"), *BAND, ("won_eur", "won", GOOD, "markers")),
    ),
    "people": ("owner", (("rep_pct", "said", BAD, "markers"), ("actual_pct", "won", GOOD, "markers"))),
    "quotas": (
        "name",
        (
            ("expected_eur", "expected", ACCENT, "markers"),
            ("low_eur", "80 % band, low", SECOND, "markers"),
            ("high_eur", "80 % band, high", SECOND, "markers"),
        ),
    ),
}
"""Table -> column along the page, and per line: column, name, colour, mode."""
HOVER = "%{x}<br>%{text}<extra>%{fullData.name}</extra>"


def closure_pages(tables: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """HTML by name of its table, for those with rows; empty where plotly is not installed."""
    if importlib.util.find_spec("plotly") is None:
        return {}
    return {name: _page(name, tables[name]) for name in PAGES if name in tables and len(tables[name])}


def _page(name: str, table: pd.DataFrame) -> str:
    graph: Any = importlib.import_module("plotly.graph_objects")  # an extra without types
    along, lines = PAGES[name]
    if name == "quotas":
        table = table[table["level"] == "rep"]
    figure = graph.Figure()
    known = [column for column in table.columns if column != along]
    texts = table.apply(lambda row: "<br>".join(f"{column}: {_short(row[column])}" for column in known), axis=1)
    for column, label, colour, mode in lines:
        shown = {"line": {"color": colour}, "marker": {"color": colour}, "hovertemplate": HOVER}
        along_page, values = table[along].tolist(), table[column].tolist()
        figure.add_scatter(x=along_page, y=values, mode=mode, name=label, text=texts.tolist(), **shown)
    figure.update_layout(title=name.replace("_", " "), xaxis_title=along, template="simple_white")
    page: str = figure.to_html(include_plotlyjs=True, full_html=True, div_id=name)
    return page if page.endswith("\n") else page + "\n"


def _short(value: Any) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)
