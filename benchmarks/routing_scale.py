"""A field far too large for one search: reps, customers and a week made from a seed, solved by rep-weeks and borders.

--quick: 10 reps, 2,000 customers. default: 500 reps, 100,000 customers, once. --full: also 50 reps with 10,000 and 250
reps with 50,000 customers. Five days, two worker processes, drives from coordinates. A rep's week of 250 candidates is
also solved alone for 1 s and for 10 s.

Customers lie in towns whose sizes fall off as in reality (Zipf), a third between them; reps live where customers do.
Each customer is open to the four nearest reps; a fifth may be visited in the morning only, a fifth in the afternoon
only; visits take 30, 45 or 60 minutes; values are log-normal. Every plan is checked here with code of its own.
"""

import csv
import resource
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.frame import Benchmark, Cell, Options, Row
from solvers.brake import Brake
from solvers.routing.arrays import make_arrays
from solvers.routing.improve import make_state, search_from
from solvers.routing.problem import RoutingProblem, Shift, Task
from solvers.routing.scale import Wide, solve
from solvers.routing.scale.candidates import choose
from solvers.routing.scale.part import cut, value_eur, with_drives
from solvers.travel import Haversine, Places

LARGEST = (500, 100_000)
SIZES = {"quick": ((10, 2_000),), "default": (LARGEST,), "full": ((50, 10_000), (250, 50_000), LARGEST)}
DAYS = 5
WORKERS = 2
OPEN_TO = 4
DRIVE = Haversine(speed_kmh=45.0, detour_factor=1.3, parking_minutes=3.0)
EUR_PER_KM = 0.3
SHIFT = (8 * 3600, 17 * 3600)
NOON = 12 * 3600 + 1800
MONDAY = pd.Timestamp("2024-03-04")
COLUMNS = (
    "measure", "reps", "customers", "value", "value_over_bound_pct", "visits", "seconds", "peak_mb", "faults", "note",
)  # fmt: skip
SUMMARY_KEYS = (
    "scale.seconds", "scale.value_over_bound_pct", "scale.peak_mb", "scale.faults", "scale.week_1s_over_10s_pct",
)  # fmt: skip
WEEK_SECONDS = (1.0, 10.0)
FIELD, WEEK = "field", "rep-week of 250"


def make_field(reps: int, customers: int, *, seed: int) -> RoutingProblem:
    """The field, without matrices of drives; places are customers first, then homes."""
    rng = np.random.default_rng(seed)
    side_km = 18.0 * np.sqrt(reps)
    towns = rng.uniform(0.1, 0.9, (max(3, reps // 2), 2)) * side_km
    weight = 1.0 / np.arange(1, len(towns) + 1) ** 0.8
    town = rng.choice(len(towns), customers + reps, p=weight / weight.sum())
    spread = 1.5 + 4.0 * np.sqrt(weight[town])[:, None]
    x_y = towns[town] + rng.normal(0.0, 1.0, (customers + reps, 2)) * spread
    between = rng.random(customers + reps) < 1 / 3
    x_y[between] = rng.uniform(0.0, 1.0, (int(between.sum()), 2)) * side_km
    latitude, longitude = 46.0 + x_y[:, 1] / 111.2, 3.0 + x_y[:, 0] / (111.2 * np.cos(np.radians(46.0)))
    ids = np.array([f"C{i}" for i in range(customers)] + [f"R{i:03d}" for i in range(reps)], object)
    places = Places(ids, latitude, longitude, np.arange(customers + reps) < customers)
    shifts = tuple(
        Shift(f"R{r:03d}", MONDAY + pd.Timedelta(days=d), *SHIFT, customers + r, customers + r, 0, 0, 0)
        for r in range(reps)
        for d in range(DAYS)
    )
    nearest = [np.sort(_nearest(x_y[i], x_y[customers:])) for i in range(customers)]
    minutes, part = rng.choice([30, 45, 60], customers), rng.random(customers)
    prizes = np.round(np.clip(rng.lognormal(4.0, 0.6, customers), 10, 500), 2)
    spans = {0: (SHIFT[0], NOON), 1: (NOON, SHIFT[1])}
    tasks = tuple(
        Task("visit", f"C{i}", "", i, 60 * int(minutes[i]), (spans.get(int(5 * part[i]), SHIFT),), float(prizes[i]),
             False, "", tuple(int(r) * DAYS + d for r in nearest[i] for d in range(DAYS)))
        for i in range(customers)
    )  # fmt: skip
    none = np.zeros((0, 0))
    table = pd.DataFrame(columns=["rep_id", "day"])
    return RoutingProblem(tasks, shifts, places, none.astype(np.int64), none, EUR_PER_KM, table, table)


def _nearest(here: np.ndarray, homes: np.ndarray) -> np.ndarray:
    away = ((homes - here) ** 2).sum(axis=1)
    return np.argpartition(away, min(OPEN_TO, len(homes)) - 1)[:OPEN_TO]


def faults_of(problem: RoutingProblem, plan: Wide) -> list[str]:
    """What is wrong with a plan, recomputed from places and windows alone; [] if nothing is."""
    found, seen, total = [], set[int](), 0.0
    for row, order in zip(problem.shifts, plan.sequences, strict=True):
        place, now = row.start_place, row.start_seconds
        for index in order:
            task = problem.tasks[index]
            seconds, km = _drive(problem.places, place, task.place)
            start = max(now + seconds, task.windows[0][0])
            if start + task.service_seconds > task.windows[0][1]:
                found.append(f"{task.customer_id} outside its window")
            if index in seen:
                found.append(f"{task.customer_id} visited twice")
            seen.add(index)
            total += task.prize_eur - problem.travel_eur_per_km * km
            place, now = task.place, start + task.service_seconds
        if order:
            seconds, km = _drive(problem.places, place, row.end_place)
            total -= problem.travel_eur_per_km * km
            if now + seconds > row.end_seconds:
                found.append(f"{row.rep_id} home too late")
    if abs(total - plan.value_eur) > 1e-6 * max(1.0, abs(total)):
        found.append(f"value {plan.value_eur} is {total}")
    return found


def _drive(places: Places, a: int, b: int) -> tuple[int, float]:
    """Seconds and km by the spherical law of cosines: a second formula, equal to a metre."""
    if a == b:
        return 0, 0.0
    lat_a, lat_b = np.radians(places.latitude[a]), np.radians(places.latitude[b])
    turn = np.radians(places.longitude[b] - places.longitude[a])
    cosine = np.sin(lat_a) * np.sin(lat_b) + np.cos(lat_a) * np.cos(lat_b) * np.cos(turn)
    km = 6371.0088 * float(np.arccos(min(1.0, cosine))) * DRIVE.detour_factor
    parking = 60 * DRIVE.parking_minutes * bool(places.parks[b])
    return int(np.floor(3600 * km / DRIVE.speed_kmh + parking)), km


def measure_field(options: Options, reps: int, customers: int) -> Iterator[Row]:
    """The whole field."""
    problem = make_field(reps, customers, seed=options.seed)
    _compiled(options.seed)
    began = time.perf_counter()
    plan = solve(problem, travel=DRIVE, workers=WORKERS, seed=options.seed)
    seconds = time.perf_counter() - began
    wrong = faults_of(problem, plan)
    if options.solutions:
        write_plan(options.solutions / f"field_{reps}.csv", problem, plan)
    yield {
        "measure": FIELD, "reps": reps, "customers": customers, "value": round(plan.value_eur, 2),
        "value_over_bound_pct": round(100 * plan.value_eur / plan.bound_eur, 2),
        "visits": sum(map(len, plan.sequences)), "seconds": round(seconds, 1), "peak_mb": round(peak_mb(), 1),
        "faults": len(wrong), "note": "; ".join(wrong[:3]) or f"borders +{plan.value_eur - plan.weeks_eur:.0f}",
    }  # fmt: skip


def measure_week(options: Options) -> Iterator[Row]:
    """One rep's week of 250 candidates, searched for 1 s and for 10 s."""
    problem = make_field(10, 4_000, seed=options.seed)
    _compiled(options.seed)
    groups = choose(problem, travel=DRIVE)
    part = cut(problem, shifts=groups.shifts[0], tasks=groups.tasks[0], orders={}, travel=DRIVE, steps=0, seed=0)
    small = with_drives(part)
    arrays = make_arrays(small)
    for seconds in WEEK_SECONDS:
        began = time.perf_counter()
        found = search_from(
            small, arrays, make_state(small, arrays, ()), steps=0, seed=options.seed, brake=Brake(float("inf")),
            seconds=seconds,
        )  # fmt: skip
        value = sum(value_eur(small, shift, order) for shift, order in enumerate(found.sequences))
        yield {
            "measure": WEEK, "reps": 1, "customers": len(small.tasks), "value": round(value, 2),
            "visits": sum(map(len, found.sequences)), "seconds": round(time.perf_counter() - began, 2),
            "note": f"{found.steps} steps",
        }  # fmt: skip


def _compiled(seed: int) -> None:
    """A small field solved first, so that compiling is not in the seconds."""
    solve(make_field(2, 20, seed=seed), travel=DRIVE, seed=seed, effort="quick")


def peak_mb() -> float:
    """Resident memory of this process and of its workers together, at most."""
    own, child = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return float(own + WORKERS * child) / 1024


def write_plan(path: Path, problem: RoutingProblem, plan: Wide) -> None:
    """`rep,day,position,customer`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["rep", "day", "position", "customer"])
        for row, order in zip(problem.shifts, plan.sequences, strict=True):
            day = (row.day - MONDAY).days
            out.writerows((row.rep_id, day, k + 1, problem.tasks[i].customer_id) for k, i in enumerate(order))


def cells(options: Options) -> Iterable[Cell]:
    """The field of this size, and one rep's week."""
    yield Cell("scale week", partial(measure_week, options))
    for reps, customers in SIZES[options.size]:
        yield Cell(f"scale field {reps} x {customers}", partial(measure_field, options, reps, customers))


def summarise(rows: Sequence[Row]) -> Mapping[str, Any]:
    """The keys of `SUMMARY_KEYS` that the rows tell; of several fields the largest."""
    found: dict[str, Any] = {}
    for row in sorted(rows, key=lambda row: row.get("customers", 0)):
        if row.get("measure") == FIELD:
            for key in ("seconds", "value_over_bound_pct", "peak_mb", "faults"):
                found[f"scale.{key}"] = row[key]
    weeks = [row["value"] for row in rows if row.get("measure") == WEEK]
    if len(weeks) == 2:
        found["scale.week_1s_over_10s_pct"] = round(100 * weeks[0] / weeks[1], 2)
    return found


BENCHMARK = Benchmark(
    name="routing_scale",
    about="a field of up to 500 reps and 100,000 customers, solved by rep-weeks and borders",
    columns=COLUMNS,
    summary_keys=SUMMARY_KEYS,
    cells=cells,
    summarise=summarise,
    inputs=lambda options: options.instances,
)
