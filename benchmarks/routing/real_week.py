"""A real week's field work: what the usual number of steps finds, as a share of what ten times as many find.

Reps, homes, shifts, skills, lunch, customers, windows, minutes and territories are those of `real_week`; which
customers are offered to the field, and for what prize, is drawn, so that this part stands without the forecasts.
"""

import datetime as dt
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.frame import Cell, Options, Row
from benchmarks.routing.field_check import check_field
from scenarios.schema import Borders, Horizon, Reps
from solvers.brake import Brake
from solvers.outcome import conclude
from solvers.routing import RoutingProblem, make_problem
from solvers.routing.arrays import make_arrays
from solvers.routing.find import steps_for
from solvers.routing.improve import make_state, search_from
from solvers.routing.tables import stops_table
from solvers.travel import make_travel
from solvers.types import Territories

MONDAY, DAYS = pd.Timestamp("2024-03-04"), ("mon", "tue", "wed", "thu", "fri")
OFFERED, TIMES = 1000, 10
EUR_PER_KM, PRIZE_MEAN, PRIZE_SPREAD = 0.35, 2.2, 0.9
SETTINGS: Mapping[str, Any] = {
    "lunch": {"minutes": 45, "between": "12:30-15:00"},
    "travel": {"engine": "haversine", "speed_kmh": 22, "detour_factor": 1.35, "parking_minutes": 2},
}


def cells(options: Options) -> Iterator[Cell]:
    """One cell, where the week is there."""
    folder = options.data.parent / "real_week" / "data"
    if (folder / "reps.csv").exists():
        yield Cell("real_week field", partial(measure, folder, options.seed))


def field_problem(
    folder: Path,
    *,
    seed: int,
    offered: int = OFFERED,
    settings: Mapping[str, Any] = SETTINGS,
    borders: Mapping[str, Any] | None = None,
) -> RoutingProblem:
    """The week's reps and `offered` customers of theirs, prizes from a log-normal.

    Args:
        settings: the block `reps` of a scenario. borders: the block `territories.borders`; None: only owners visit.
    """
    reps = pd.read_csv(folder / "reps.csv")
    owners = pd.read_csv(folder / "current_territories.csv.gz")
    customers = pd.read_csv(folder / "customers.csv.gz").merge(owners, on="customer_id")
    centres = customers.groupby("rep_id", as_index=False)[["latitude", "longitude"]].mean()
    centres = centres.rename(columns={"latitude": "centre_latitude", "longitude": "centre_longitude"})
    rng = np.random.default_rng(seed)
    customers = customers.iloc[np.sort(rng.permutation(len(customers))[:offered])].reset_index(drop=True)
    spans = zip(customers["window_start"], customers["window_end"], strict=True)
    windows = [((_minutes(a), _minutes(b)),) if isinstance(a, str) else () for a, b in spans]
    never = pd.Series(pd.NaT, index=customers.index)
    customers = customers.assign(
        windows=pd.Series(windows, dtype=object), required=False, due_date=never, visits_per_week=np.nan,
        min_days_between=np.nan,
    )  # fmt: skip
    minutes = customers["visit_minutes"].astype(float)
    prizes = np.round(rng.lognormal(PRIZE_MEAN, PRIZE_SPREAD, len(customers)), 2)
    allocations = pd.DataFrame(
        {"customer_id": customers["customer_id"], "channel": "field", "day": pd.NaT, "minutes": minutes,
         "prize_eur": prizes}
    )  # fmt: skip
    visiting = pd.Series([(r,) for r in customers["rep_id"]], dtype=object)
    assignment = customers[["customer_id", "rep_id"]].assign(visiting_rep_ids=visiting)
    skills = pd.Series([tuple(str(s).split("|")) for s in reps["skills"]], dtype=object)
    settled = conclude(stage="territories", value=0, bound=0, unit="", maximise=True, method="", seconds=0)
    wishes = Reps.model_validate(settings)
    return make_problem(
        allocations, customers.drop(columns="rep_id"), Territories(assignment, centres, settled),
        _days(reps), _appointments(),
        reps.assign(skills=skills, end_latitude=np.nan, end_longitude=np.nan),
        reps=wishes, horizon=Horizon(start=dt.date(2024, 3, 4), days=len(DAYS)),
        travel=make_travel(wishes.travel, pd.DataFrame()), travel_eur_per_km=EUR_PER_KM,
        borders=None if borders is None else Borders.model_validate(borders),
    )  # fmt: skip


def measure(folder: Path, seed: int, offered: int = OFFERED) -> Iterator[Row]:
    """The usual steps, then ten times as many."""
    problem = field_problem(folder, seed=seed, offered=offered)
    arrays, usual, value = make_arrays(problem), steps_for(problem, "normal"), [0.0, 0.0]
    for k, steps in enumerate((usual, TIMES * usual)):
        began, start = time.perf_counter(), make_state(problem, arrays, ())
        found = search_from(problem, arrays, start, steps=steps, seed=seed, brake=Brake(float("inf")))
        spent = time.perf_counter() - began
        verdict = check_field(problem, stops_table(problem, arrays, found.sequences))
        value[k] = verdict.value_eur
        share = {"share_pct": round(100 * value[0] / value[1], 3)} if k else {}
        yield {
            "family": "real_week", "instance": f"field, {offered} offered", "engine": "muster", "limit": 0.0,
            "seconds": round(spent, 2), "value": round(value[k], 2), "gap_pct": None,
            "best": None, "travel": None, "visits": verdict.visits,
            "faults": "; ".join(verdict.faults[:3]),
            "method": f"{steps} steps" + (f"; the usual ones find {share['share_pct']} % of it" if k else ""), **share,
        }  # fmt: skip


def _minutes(text: str) -> int:
    hour, minute = text.split(":")
    return 60 * int(hour) + int(minute)


def _days(reps: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for rep in reps.itertuples():
        for k, name in enumerate(DAYS):
            day, works = MONDAY + pd.Timedelta(days=k), name in str(rep.working_days).split("|")
            begin, end = (day + pd.Timedelta(minutes=_minutes(str(t))) for t in (rep.shift_start, rep.shift_end))
            rows.append((rep.rep_id, day, works, "" if works else "weekly", begin, end))
    return pd.DataFrame(rows, columns=["rep_id", "day", "works", "reason", "shift_start_at", "shift_end_at"])


def _appointments() -> pd.DataFrame:
    empty = pd.DataFrame(columns=["rep_id", "start", "end", "customer_id", "place"])
    return empty.astype({"start": "datetime64[us]", "end": "datetime64[us]"})
