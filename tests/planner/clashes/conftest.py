"""A small company; customers C00001 to C00006 and both reps live at one place: drives are 2 minutes of parking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from inputs.load import load_tables
from inputs.synthetic import make_company, write_company
from inputs.types import Tables
from planner.clashes import Clash, find_clashes
from scenarios.loader import Loaded, load_scenario

CALM = {"required": False, "required_skill": None, "windows": (), "due_date": pd.NaT, "visit_minutes": 30.0}
CALM |= {"visits_per_week": 1.0, "min_days_between": 0.0, "latitude": 41.4, "longitude": 2.15}
CALM |= {"consent": ("field", "outbound")}
NEAR = [f"C0000{number}" for number in range(1, 7)]
Edits = Mapping[str, Mapping[str, Mapping[str, Any]]]
IDS = {"customers": "customer_id", "reps": "rep_id", "agents": "agent_id", "current_territories": "customer_id"}


def edited(frame: pd.DataFrame, id_column: str, row_id: str, **cells: Any) -> pd.DataFrame:
    frame = frame.copy()
    (index,) = frame.index[frame[id_column] == row_id]
    for column, value in cells.items():
        frame.at[index, column] = value  # noqa: PD008 (loc would spread a tuple)
    return frame


@dataclass(frozen=True)
class World:
    file: Path
    tables: Tables

    def loaded(self, settings: Sequence[str] = ()) -> Loaded:
        return load_scenario(self.file, settings)

    def with_(self, edits: Edits, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> Tables:
        """The tables with cells changed (table, id, column) and rows added."""
        tables = self.tables
        for name, by_id in edits.items():
            frame = getattr(tables, name)
            for row_id, cells in by_id.items():
                frame = edited(frame, IDS[name], row_id, **cells)
            tables = replace(tables, **{name: frame})
        for name, new in rows.items():
            frame = getattr(tables, name)
            more = pd.DataFrame(list(new)).reindex(columns=frame.columns).astype(frame.dtypes.to_dict())
            tables = replace(tables, **{name: more if frame.empty else pd.concat([frame, more], ignore_index=True)})
        return tables

    def clashes(
        self, settings: Sequence[str] = (), edits: Edits | None = None, rows: Mapping[str, Any] | None = None
    ) -> tuple[Clash, ...]:
        return find_clashes(self.loaded(settings).scenario, self.with_(edits or {}, rows or {}))


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    company = make_company("tiny", customers=50, reps=2, agents=3, seed=12)
    file = write_company(company, tmp_path_factory.mktemp("clashes") / "tiny")
    tables = load_tables(load_scenario(file).scenario, store=None, loaded_at=datetime(2026, 3, 6))
    customers, reps, agents = tables.customers, tables.reps, tables.agents
    for customer in NEAR:
        customers = edited(customers, "customer_id", customer, **CALM)
    for rep in ("R01", "R02"):
        home = {"home_latitude": 41.4, "home_longitude": 2.15, "shift_start": 540, "shift_end": 1050, "skills": ()}
        reps = edited(reps, "rep_id", rep, **home)
    for agent in agents["agent_id"]:
        calm = {"contract_hours_per_week": 30.0, "available_from": -1, "available_to": -1, "queues": ("service",)}
        agents = edited(agents, "agent_id", agent, **calm)
    bare = replace(
        tables,
        customers=customers.assign(required=False),
        reps=reps,
        agents=agents,
        appointments=tables.appointments.iloc[:0],
        absences=tables.absences.iloc[:0],
    )
    return World(file, bare)
