from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scenarios.schema import Reps
from solvers.routing import make_problem, plan_routes
from solvers.travel import make_travel

SHARED = Path(__file__).resolve().parents[4] / "shared"
DATA = SHARED / "real_week" / "data"
pytestmark = [
    pytest.mark.real_week,
    pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/real_week beside the checkout"),
]


def real_tables(world, *, candidates: int) -> dict:
    """Every fourth rep of the real week with their customers, prizes drawn from a log-normal."""
    reps = pd.read_csv(DATA / "reps.csv").iloc[::4]
    owners = pd.read_csv(DATA / "current_territories.csv.gz").query("rep_id in @reps.rep_id")
    customers = pd.read_csv(DATA / "customers.csv.gz").merge(owners, on="customer_id")
    rng = np.random.default_rng(1)
    picked = customers.iloc[np.sort(rng.permutation(len(customers))[:candidates])]
    week = world(days=5, lunch=(45, "12:30-15:00"), eur_per_km=0.35)
    for rep in reps.itertuples():
        works = tuple(i for i, d in enumerate(("mon", "tue", "wed", "thu", "fri")) if d in rep.working_days)
        home, skills = (rep.home_longitude, rep.home_latitude), tuple(str(rep.skills).split("|"))
        week.rep(rep.rep_id, shift=f"{rep.shift_start}-{rep.shift_end}", home=home, skills=skills, works=works)
    for row in picked.itertuples():
        windows = (f"{row.window_start}-{row.window_end}",) if isinstance(row.window_start, str) else ()
        prize = round(float(rng.lognormal(2.2, 0.9)), 2)
        week.customer(
            row.customer_id, row.longitude, row.latitude, prize=prize, minutes=row.visit_minutes, windows=windows,
            reps=(row.rep_id,), required_skill=row.required_skill,
        )  # fmt: skip
    return week.tables()


def test_the_search_beats_greedy_and_stays_below_the_bound(world):
    """230 real places, windows and skills for five reps: at least 1 % above greedy, at most 4 % below the bound."""
    tables = real_tables(world, candidates=230)
    settings = Reps(
        lunch={"minutes": 45, "between": "12:30-15:00"},
        travel={"engine": "haversine", "speed_kmh": 22, "detour_factor": 1.35, "parking_minutes": 2},
    )
    problem = make_problem(**tables | {"reps": settings, "travel": make_travel(settings.travel, pd.DataFrame())})
    searched, greedy = (
        plan_routes(problem, engine=engine, effort="quick", time_limit_seconds=120, seed=7)
        for engine in ("auto", "greedy")
    )
    assert searched.outcome.value >= 1.01 * greedy.outcome.value
    assert searched.outcome.gap_pct <= 4.0
    assert not searched.outcome.brake_hit
    minutes = searched.shifts.eval("visit_minutes + travel_minutes")
    length = (searched.shifts["shift_end_at"] - searched.shifts["shift_start_at"]).dt.total_seconds() / 60
    assert (minutes <= length).all()
    assert set(searched.unserved["reason"]) <= {"no_skill", "shift_full", "below_cost", "no_window_fits"}
