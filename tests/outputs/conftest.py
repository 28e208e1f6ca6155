"""The small company's plan as the writers see it, as it is and with data that means harm."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from inputs.types import Tables
from planner.types import Plan

HOSTILE = (
    '=HYPERLINK("http://evil.example","win")',
    "+1+1",
    "-2",
    "@SUM(A1)",
    "\t=1+1",
    "<script>alert(1)</script>",
    "\" onload='x' <img src=x onerror=alert(1)>",
    "End\r\nATTENDEE:mailto:evil@example.com\r\nEND:VEVENT",
    "a;b,c\\n & <tag> ]]>",
    "Zoë \x07 Łukasz 株式会社",
)


@dataclass(frozen=True)
class Held:
    """A plan, what was read for it, and the folder into which all writers wrote."""

    plan: Plan
    tables: Tables
    folder: Path


@pytest.fixture(scope="session")
def small_plan(small_run: Any) -> Plan:
    """The plan of the small company, from its kept stages."""
    from planner.cache import StageCache
    from planner.pipeline import make_plan

    return make_plan(small_run.scenario, small_run.tables, cache=StageCache(small_run.store / "cache"))


@pytest.fixture(scope="session")
def held(small_run: Any, small_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Held:
    """Everything written for the small company."""
    folder = tmp_path_factory.mktemp("held")
    write_all(folder, small_plan, small_run.tables)
    return Held(small_plan, small_run.tables, folder)


@dataclass(frozen=True)
class Lent:
    """A plan in which `visitor` makes a visit to a customer of `owner`, on a day with overtime, a day late."""

    plan: Plan
    tables: Tables
    visit: Any
    owner: str


@pytest.fixture(scope="session")
def lent(small_run: Any, small_plan: Plan) -> Lent:
    """The small company, one of its visits lent: 7.50 eur are lost by waiting, the day lasts 35 minutes longer."""
    tables = small_plan.tables
    visit = tables["stops"].query("kind == 'visit'").iloc[0]
    owner = next(rep for rep in tables["stops"]["rep_id"].unique() if rep != visit["rep_id"])
    here = tables["stops"].index == visit.name
    owners, days = tables["territories"], tables["rep_days"]
    late = (days["rep_id"] == visit["rep_id"]) & (days["day"] == visit["day"])
    ways = [
        ("own territories", 900.0, 40, 0, 5.0, 75.0, 30.0, 20.0),
        ("border visits", 912.5, 41, 1, 4.0, 75.0, 29.0, 21.0),
    ]
    columns = ["way", "value_eur", "visits", "border_visits", "beyond_share_hours", "team_hours"]
    columns += ["longest_hours", "shortest_hours"]
    changed = {
        "stops": tables["stops"].assign(waited_eur=7.5 * here, border=here),
        "rep_days": days.assign(
            overtime_minutes=35.0 * late, overtime_eur=17.5 * late, border_visits=1 * late, border_eur=2.0 * late,
            waited_eur=7.5 * late,
        ),
        "territories": owners.assign(
            rep_id=owners["rep_id"].where(owners["customer_id"] != visit["customer_id"], owner)
        ),
        "routing_ways": pd.DataFrame(ways, columns=columns),
    }  # fmt: skip
    return Lent(replace(small_plan, tables=tables | changed), small_run.tables, visit, owner)


@pytest.fixture(scope="session")
def hostile(small_run: Any, small_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Held:
    """Everything written for the same company whose every text is an attack."""
    tables, plan = small_run.tables, small_plan
    tables = replace(
        tables,
        customers=_attacked(tables.customers, "name"),
        cases=_attacked(tables.cases, "topic"),
        appointments=_attacked(tables.appointments, "place"),
    )
    attacked = {
        "team": "name", "actions": "why", "customer_scores": "segment", "closure": "stage", "unserved": "detail",
        "agent_shifts": "queue",
    }  # fmt: skip
    changed = {name: _attacked(plan.tables[name], column) for name, column in attacked.items()}
    scenario = plan.scenario.model_copy(update={"name": HOSTILE[5]})
    plan = replace(plan, scenario=scenario, tables=plan.tables | changed, flags=(HOSTILE[0], HOSTILE[5]))
    folder = tmp_path_factory.mktemp("hostile")
    write_all(folder, plan, tables)
    return Held(plan, tables, folder)


def write_all(folder: Path, plan: Plan, tables: Tables) -> None:
    """The outputs of this room that hold customers' data."""
    from outputs.deliver import write_outputs

    wanted = ["route_sheets", "workbook", "calendar", "scripts"]
    scenario = plan.scenario.model_copy(update={"outputs": wanted})
    write_outputs(folder, replace(plan, scenario=scenario), tables, {})


def _attacked(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    texts = [HOSTILE[number % len(HOSTILE)] for number in range(len(frame))]
    return frame.assign(**{column: pd.array(texts, dtype="str")})
