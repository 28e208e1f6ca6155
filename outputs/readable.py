"""Figures and names for people: as many digits as matter, words in place of codes."""

from typing import Any

import pandas as pd

NOTHING = "–"
"""Stands for a figure that there is none of."""
STAGES = {
    "channels.offered": "channels, before routing chose", "channels.settled": "channels, settled",
    "staffing.requirement": "staffing: agents required", "staffing.design": "staffing: shifts",
    "staffing.people": "staffing: who works them",
}  # fmt: skip


def figure(value: Any) -> str:
    """A figure in words: thousands with a thin space, decimals only where they matter, nothing for none."""
    if value is None or isinstance(value, str):
        return value or ""
    if pd.isna(value):
        return ""
    size = abs(value)
    digits = 0 if size >= 1000 or float(value).is_integer() else 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{value:,.{digits}f}".replace(",", "\u202f").replace("-", "\u2212")


def signed(value: Any) -> str:
    """A difference: its sign always, nothing where there is none."""
    text = figure(value)
    return f"+{text}" if text and value > 0 else text


def stage_words(stage: str) -> str:
    """What a search decides, in words."""
    return STAGES.get(stage, stage.replace("_", " "))
