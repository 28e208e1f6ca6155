"""A second method: what the checks call impossible the routing model refuses, and the other way round."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from inputs.types import Tables
from planner.clashes.alone import clashes_alone
from planner.clashes.field import field_work
from planner.clashes.together import clashes_together
from scenarios.errors import NoLegalPlan
from scenarios.loader import Loaded
from solvers.outcome import conclude
from solvers.routing import make_problem
from solvers.team import make_team, rep_days
from solvers.travel import make_travel
from solvers.types import Territories

SEEDS = range(60)
NEAR = [f"C0000{number}" for number in range(1, 5)]


@dataclass(frozen=True)
class Planted:
    settings: list[str]
    edits: dict[str, Any]
    rows: dict[str, Any]


def planted(seed: int) -> Planted:
    """Pins with times, required customers with windows, skills and due dates, appointments: at random."""
    rng = np.random.default_rng(seed)

    def clock(low: int, high: int) -> int:
        return int(rng.integers(low * 4, high * 4)) * 15

    settings, cells, rows = ["territories.mode=redesign"], {}, []
    for customer in NEAR:
        own: dict[str, Any] = {"visit_minutes": float(rng.choice([15, 45, 120])), "required": bool(rng.random() < 0.4)}
        own["latitude"] = 41.4 + float(rng.uniform(-0.05, 0.05))
        if rng.random() < 0.4:
            start = clock(7, 19)
            own["windows"] = ((start, min(1440, start + int(rng.choice([60, 180])))),)
        if rng.random() < 0.2:
            own["required_skill"] = "oil"
        if rng.random() < 0.2:
            own["due_date"] = pd.Timestamp("2026-03-09") + pd.Timedelta(days=int(rng.integers(0, 3)))
        cells[customer] = own
        if rng.random() < 0.4:
            minute = clock(8, 18)
            day = rng.choice(["mon", "tue"])
            rep = rng.choice(["R01", "R02"])
            pin = f'{{customer: {customer}, rep: {rep}, day: {day}, time: "{minute // 60:02d}:{minute % 60:02d}"}}'
            settings.append(f"reps.pinned.p{customer}={pin}")
    for _ in range(int(rng.integers(0, 3))):
        start = pd.Timestamp(rng.choice(["2026-03-09", "2026-03-10"])) + pd.Timedelta(minutes=clock(9, 16))
        rows.append(
            {"rep_id": str(rng.choice(["R01", "R02"])), "start": start, "end": start + pd.Timedelta(minutes=60)}
        )
    edits = {"customers": cells, "reps": {"R02": {"skills": ("oil",) if rng.random() < 0.5 else ()}}}
    return Planted([*settings, "horizon.days=2"], edits, {"appointments": rows} if rows else {})


def routing_refuses(loaded: Loaded, tables: Tables) -> bool:
    """Whether the routing model, with every able rep allowed to visit, has no legal plan."""
    s = loaded.scenario
    team = make_team(
        tables.reps, tables.current_territories, tables.customers, settings=s.reps, default_visit_minutes=30
    )
    days = rep_days(team, tables.absences, settings=s.reps, horizon=s.horizon)
    skills = dict(zip(team["rep_id"], team["skills"], strict=True))
    visiting = [
        tuple(rep for rep in sorted(skills) if not isinstance(need, str) or need in skills[rep])
        for need in tables.customers["required_skill"]
    ]
    assignment = pd.DataFrame({"customer_id": tables.customers["customer_id"], "rep_id": "R01"})
    done = conclude(stage="territories", value=0, bound=0, unit="", maximise=True, method="", seconds=0)
    territories = Territories(assignment.assign(visiting_rep_ids=visiting), pd.DataFrame(), done)
    nothing = pd.DataFrame({"customer_id": [], "channel": [], "day": [], "minutes": [], "prize_eur": []})
    try:
        make_problem(
            nothing, tables.customers, territories, days, tables.appointments, team, reps=s.reps, horizon=s.horizon,
            travel=make_travel(s.reps.travel, tables.travel_times), travel_eur_per_km=0.3, default_visit_minutes=30,
        )  # fmt: skip
    except NoLegalPlan:
        return True
    return False


def test_the_checks_and_the_routing_model_refuse_the_same_worlds(world: Any) -> None:
    verdicts = []
    for seed in SEEDS:
        given = planted(seed)
        loaded, tables = world.loaded(given.settings), world.with_(given.edits, given.rows)
        work = field_work(loaded.scenario, tables)
        found = [*clashes_alone(work), *clashes_together(work)]
        verdicts.append((seed, bool(found), routing_refuses(loaded, tables)))
    assert [each for each in verdicts if each[1] is not each[2]] == []
    refused = sum(each[1] for each in verdicts)
    assert 10 <= refused <= 50  # both verdicts occur often


@pytest.mark.parametrize("seed", [1, 4])
def test_taking_a_requirement_of_each_clash_away_leaves_no_clash(world: Any, seed: int) -> None:
    """Every clash named of a world is real: without its pins and required visits the world is calm."""
    given = planted(seed)
    freed = {
        "customers": {customer: cells | {"required": False} for customer, cells in given.edits["customers"].items()}
    }
    calm = [each for each in given.settings if not each.startswith("reps.pinned")]
    work = field_work(world.loaded(calm).scenario, world.with_(given.edits | freed, {}))
    assert [*clashes_alone(work), *clashes_together(work)] == []
