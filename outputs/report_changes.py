"""The report's section about what changed since the week before: figures side by side, and who moved."""

from typing import Any

import pandas as pd

from inputs.rows import rows
from outputs.changes import Changes
from outputs.readable import NOTHING, figure, signed

FIGURES = (
    "net_value_eur", "win_eur", "rep_pay_eur", "agent_pay_eur", "visits", "contacts", "not_contacted", "travel_km",
    "unserved_visits", "agent_hours", "overtime_hours", "agents_short_hours", "answered_pct", "calls", "open_deals",
    "expected_won_eur",
)  # fmt: skip
"""Shown side by side; tables/kpis.csv of both runs holds all."""
MOST_MOVES = 6
"""Moves of a kind that are shown; `compare` shows all."""
WORDS = {
    "channel": "Customers contacted by another channel",
    "owner": "Customers with another owner",
    "visited by": "Customers visited by another rep",
    "visit day": "Customers visited on another day",
    "agent's days": "Agents with more or fewer days",
}


def changes_section(changes: Changes | None) -> dict[str, Any] | None:
    """What the template shows; None if there is nothing to compare with."""
    if changes is None:
        return None
    start = pd.Timestamp(changes.start)
    week = f"the week of {start.day} {start:%B %Y}"
    shown = changes.figures.set_index("kpi").reindex([kpi for kpi in FIGURES if kpi in set(changes.figures["kpi"])])
    return {
        "title": f"Changes against {'an earlier plan of the same week' if changes.same_week else week}",
        "run": changes.run,
        "figures": [
            {
                "kpi": row.Index.replace("_", " "), "unit": row.unit, "before": figure(row.before) or NOTHING,
                "now": figure(row.now) or NOTHING, "difference": signed(row.difference) or NOTHING,
            }
            for row in rows(shown)
        ],
        "moves": [_kind(what, part) for what in WORDS if len(part := changes.moves[changes.moves["what"] == what])],
        "people": _people(changes),
    }  # fmt: skip


def _kind(what: str, moved: pd.DataFrame) -> dict[str, Any]:
    ordered = moved.sort_values(["count", "before", "after"], ascending=[False, True, True], kind="stable")
    return {
        "what": WORDS[what],
        "count": figure(float(moved["count"].sum())),
        "rows": [
            {
                "before": _words(row.before), "after": _words(row.after), "count": figure(float(row.many)),
                "examples": row.examples,
            }
            for row in rows(ordered.head(MOST_MOVES).rename(columns={"count": "many"}))
        ],
        "rest": max(len(ordered) - MOST_MOVES, 0),
    }  # fmt: skip


def _words(text: str) -> str:
    return text.replace("_", " ").replace("+", " and ")


def _people(changes: Changes) -> str:
    """Customers that only one of the plans knows."""
    parts = [f"{changes.new} customers are new"] if changes.new else []
    parts += [f"{changes.gone} are no longer there"] if changes.gone else []
    return f"{' and '.join(parts)}; they are compared with nobody." if parts else ""
