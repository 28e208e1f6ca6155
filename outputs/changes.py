"""What changed since the week before: this plan beside the last run of the same scenario, read back from its folder.

That run is the newest of those whose horizon began earlier; where there is none, the newest other one of the same week.
Days are compared as weekdays: the earlier plan is moved by whole weeks. Classic and interrupted runs are no plan that
anybody followed, and are passed over.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from outputs import folder as run_folder
from planner.compare import compare_figures, moves
from planner.types import Plan

RUN_NAME = re.compile(r"\d{4}-W\d{2}-[0-9a-f]{6,}(-\d+)?")
"""Names of runs (see outputs/run.py); sweeps, classic and interrupted runs are called otherwise."""
WEEK = 7


@dataclass(frozen=True)
class Changes:
    """This plan compared with an earlier one.

    run: name of its folder. start: first day of its horizon. same_week: it plans the same horizon.
    figures: kpi, unit, before, now, difference. moves: what, before, after, count, examples (see planner/compare.py).
    new, gone: customers that only the one or the other plan knows.
    """

    run: str
    start: date
    same_week: bool
    figures: pd.DataFrame
    moves: pd.DataFrame
    new: int
    gone: int


def earlier_run(runs: Path, plan: Plan, *, but: Path | None = None) -> Path | None:
    """The folder of the run to compare with, or None.

    Args:
        runs: where runs stand side by side. but: a folder that is passed over, the plan's own.
    """
    scenario = plan.scenario
    found: list[tuple[bool, date, str, str]] = []
    for folder in sorted(runs.iterdir()) if runs.is_dir() else []:
        if folder == but or not RUN_NAME.fullmatch(folder.name):
            continue
        known = _head(folder)
        if known is None or known["name"] != scenario.name or known["start"] > scenario.horizon.start:
            continue
        found.append((known["start"] < scenario.horizon.start, known["start"], known["created_at"], folder.name))
    return runs / max(found)[-1] if found else None


def _head(folder: Path) -> dict[str, Any] | None:
    """Name, first day and time of making of a run; None if it is no finished run that can be read."""
    try:
        manifest = json.loads((folder / run_folder.MANIFEST).read_text(encoding="utf-8"))
        start = date.fromisoformat(str(manifest["scenario"]["horizon"]["start"]))
        head = {"name": manifest["name"], "start": start, "created_at": str(manifest["created_at"])}
        return None if manifest.get("interrupted") else head
    except (OSError, ValueError, KeyError, TypeError):
        return None


def changes_since(folder: Path, plan: Plan) -> Changes | None:
    """The plan compared with the run in `folder`; None if its tables cannot be read any more."""
    head = _head(folder)
    try:
        before = run_folder.read_tables(folder)
        if head is None:
            return None
        weeks = round((plan.scenario.horizon.start - head["start"]).days / WEEK)
        moved = moves(_later(before, weeks=weeks), plan.tables)
        figures = compare_figures({"before": before["kpis"], "now": plan.kpis})
        then, now = (set(tables["allocations"]["customer_id"]) for tables in (before, plan.tables))
    except (OSError, ValueError, KeyError):
        return None
    return Changes(
        run=folder.name,
        start=head["start"],
        same_week=head["start"] == plan.scenario.horizon.start,
        figures=figures.rename(columns={"now: difference": "difference"}),
        moves=_in_words(moved, weekday_only=plan.scenario.horizon.days <= WEEK),
        new=len(now - then),
        gone=len(then - now),
    )


def _later(tables: Mapping[str, pd.DataFrame], *, weeks: int) -> dict[str, pd.DataFrame]:
    """The tables with the days of visits moved by whole weeks."""
    stops = tables["stops"]
    return {**tables, "stops": stops.assign(day=stops["day"] + pd.Timedelta(days=WEEK * weeks))}


def _in_words(moved: pd.DataFrame, *, weekday_only: bool) -> pd.DataFrame:
    """Days of the moves as `Monday`, or as `Monday 9 March` where weekdays come again, in place of 2026-03-09."""

    def day(iso: re.Match[str]) -> str:
        found = pd.Timestamp(iso[0])
        return f"{found:%A}" if weekday_only else f"{found:%A} {found.day} {found:%B}"

    def words(text: str) -> str:
        return re.sub(r"\d{4}-\d\d-\d\d", day, text)

    return moved.assign(before=moved["before"].map(words), after=moved["after"].map(words))
