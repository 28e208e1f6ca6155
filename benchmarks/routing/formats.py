"""Readers of the public formats: TOPTW, Solomon and Homberger, PCVRPTW, technicians (Pillac), week2000."""

import csv
import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.routing.cases import Case, euclid, floored
from benchmarks.routing.technicians import read_technicians
from scenarios.errors import DataError

WEEK_DAYS, WEEK_SHIFT_SECONDS, SECONDS_PER_HOUR = 5, 28800, 3600
WEEK_DETOUR, WEEK_KMH, WEEK_PARKING_SECONDS = 1.35, 24, 120
WEEK_HOUR_PRICE = 3.6
"""What an hour's drive costs in week2000, in points: small beside 32 points a customer, so that value comes first."""
DEAR_HOUR_PRICE = 40.0
"""What an hour's drive costs where it counts as much as any hour of a rep: all the value of week2000, 64,060 points,
over its 1,600 hours of work."""


def read(path: Path) -> Case:
    """The instance of a file, or of the folder of a week, told by its content.

    Raises:
        DataError: none of the formats.
    """
    if path.is_dir() or path.name in ("customers.csv", "reps.csv"):
        return read_week(path if path.is_dir() else path.parent)
    text = path.read_text(encoding="utf-8", errors="replace")
    if "PRIZE_SECTION" in text:
        return read_prizes(path.stem, text)
    if "TECHNICIANS" in text:
        return read_technicians(path.stem, text)
    if "CAPACITY" in text:
        return read_solomon(path.stem, text)
    if len(text.split("\n", 1)[0].split()) == 4:
        return read_toptw(path.stem, text)
    raise DataError(f"{path} is in none of the formats: TOPTW, Solomon, PCVRPTW, technicians (Pillac), week2000")


def numbers(text: str) -> list[list[float]]:
    """The lines that hold nothing but numbers."""
    found = []
    for line in text.splitlines():
        try:
            row = [float(part) for part in line.split()]
        except ValueError:
            continue
        if row:
            found.append(row)
    return found


def around(depot: np.ndarray, customers: np.ndarray, vehicles: int) -> np.ndarray:
    """Customers first, then the depot once for each vehicle."""
    return np.vstack([customers, np.repeat(depot[None, :], vehicles, axis=0)])


def read_toptw(name: str, text: str, vehicles: int | None = None) -> Case:
    """Team orienteering: drives cut to one decimal (Solomon's) or two (Cordeau's, whose names begin with pr).

    vehicles: None: as many as serve everybody, the second number of the file.
    """
    rows = numbers(text)
    all_served, count = int(rows[0][1]), int(rows[0][2])
    stops = [row for row in rows[1:] if len(row) >= 8][: count + 1]
    decimals = 2 if name.lower().startswith("pr") else 1
    m = vehicles or all_served
    table = np.array([[*row[1:5], row[-2], row[-1]] for row in stops])
    points = around(table[0, :2], table[1:, :2], m)
    return Case(
        family="toptw", name=name, kind="score", points=points, drive=floored(euclid(points), decimals),
        service=table[1:, 2], score=table[1:, 3], opens=table[1:, 4], closes=table[1:, 5], starts=np.zeros(m),
        ends=np.full(m, table[0, 5]), ticks=10**decimals, objective=f"score, {m} routes",
    )  # fmt: skip


def read_solomon(name: str, text: str, *, cut: bool | None = None) -> Case:
    """Solomon and Homberger: everybody is served, distance is least, at most the file's vehicles.

    cut: drives cut to one decimal (DIMACS) instead of double precision; None: cut where there are 1,000 customers.
    """
    rows = numbers(text)
    head = next(row for row in rows if len(row) == 2)
    table = np.array([row for row in rows if len(row) == 7])
    m, n = int(head[0]), len(table) - 1
    cut = n >= 1000 if cut is None else cut
    points = around(table[0, 1:3], table[1:, 1:3], m)
    drive = floored(euclid(points), 1) if cut else euclid(points)
    return Case(
        family="homberger" if n > 100 else "solomon", name=name, kind="distance", points=points, drive=drive,
        service=table[1:, 6], score=np.zeros(n), opens=table[1:, 4], closes=table[1:, 5], starts=np.zeros(m),
        ends=np.full(m, table[0, 5]), load=table[1:, 3:4].astype(int), capacity=np.full((m, 1), int(head[1])),
        ticks=10 if cut else 1000, objective="distance cut to 1 decimal" if cut else "distance, double precision",
    )  # fmt: skip


def read_prizes(name: str, text: str) -> Case:
    """PCVRPTW: ten times distance (cut) plus the prizes left."""
    parts = re.split(r"^(\w+_SECTION)\s*$", text, flags=re.MULTILINE)
    head = dict(re.findall(r"^(\w+)\s*:\s*(\S+)", parts[0], flags=re.MULTILINE))
    section = {
        parts[k]: np.array(numbers(parts[k + 1])) for k in range(1, len(parts) - 1, 2) if "DEPOT" not in parts[k]
    }
    where, load = section["NODE_COORD_SECTION"][:, 1:3], section["DEMAND_SECTION"][:, 1].astype(int)
    windows, prizes = section["TIME_WINDOW_SECTION"][:, 1:3], section["PRIZE_SECTION"][:, 1]
    m, n = int(head["VEHICLES"]), len(where) - 1
    points = around(where[0], where[1:], m)
    return Case(
        family="pcvrptw", name=name, kind="prize", points=points, drive=10 * floored(euclid(points), 1),
        service=np.full(n, 10 * float(head["SERVICE_TIME"])), score=10 * prizes[1:], opens=10 * windows[1:, 0],
        closes=10 * windows[1:, 1], starts=np.zeros(m), ends=np.full(m, 10 * windows[0, 1]), load=load[1:, None],
        capacity=np.full((m, 1), int(head["CAPACITY"])), objective="10 x (distance + prizes left)",
    )  # fmt: skip


def read_week(folder: Path) -> Case:
    """A week of reps with own homes; value of the customers met. Times in seconds."""
    with (folder / "customers.csv").open(encoding="utf-8") as file:
        customers = list(csv.DictReader(file))
    with (folder / "reps.csv").open(encoding="utf-8") as file:
        reps = list(csv.DictReader(file))
    points = np.array([[float(r["x_km"]), float(r["y_km"])] for r in [*customers, *reps]])
    km = euclid(points)
    drive = np.floor(WEEK_DETOUR * km / WEEK_KMH * SECONDS_PER_HOUR) + WEEK_PARKING_SECONDS
    drive[km == 0] = 0
    column = {k: np.array([float(r[k]) for r in customers]) for k in customers[0]}
    return Case(
        family="week2000", name=folder.name, kind="score", points=points, drive=drive,
        service=column["service_seconds"], score=column["value"], opens=column["open_seconds"],
        closes=column["close_seconds"], starts=np.zeros(len(reps)), ends=np.full(len(reps), float(WEEK_SHIFT_SECONDS)),
        days=WEEK_DAYS, length=drive / SECONDS_PER_HOUR, price=WEEK_HOUR_PRICE, objective="value, 40 reps x 5 days",
    )  # fmt: skip


def best_known(folder: Path) -> dict[tuple[str, str, str], float]:
    """Best-known values of `bks.csv` by (set, instance, key); key: routes of TOPTW, else how distances are counted."""
    found = {}
    with (folder / "bks.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            key = row["m_vehicles"] if row["set"].startswith("toptw") else _convention(row["objective"])
            found[row["set"], row["instance"], key] = float(row["bks"])
    return found


def _convention(objective: str) -> str:
    for word in ("hierarchical", "double precision", "DIMACS"):
        if word in objective:
            return word
    return objective


def named(case: Case, best: float | None) -> Case:
    """With its best-known value."""
    return replace(case, best=best)
