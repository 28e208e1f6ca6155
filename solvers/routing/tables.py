"""The tables of a finished plan: stops and shifts, with columns and units of `solvers.types.Routes`."""

from collections.abc import Sequence

import pandas as pd

from solvers.routing.arrays import Arrays
from solvers.routing.problem import RoutingProblem
from solvers.routing.schedule import Event, timetable

STOPS = [
    "rep_id", "day", "position", "kind", "customer_id", "latitude", "longitude", "travel_seconds", "travel_km",
    "arrive_at", "start_at", "end_at", "prize_eur", "pinned", "waited_eur", "border",
]  # fmt: skip
SUMS = [
    "visits", "visit_minutes", "travel_minutes", "wait_minutes", "travel_km", "prize_eur", "waited_eur",
    "border_visits", "border_eur", "overtime_minutes", "overtime_eur",
]  # fmt: skip
INSTANTS = ["arrive_at", "start_at", "end_at"]
SECONDS_PER_MINUTE = 60


def stops_table(problem: RoutingProblem, arrays: Arrays, orders: Sequence[Sequence[int]]) -> pd.DataFrame:
    """One row per event of a rep-day in time order; a rep-day without visits and appointments has no rows.

    Raises:
        RuntimeError: an order that cannot be kept: a fault of the engine, never of the input.
    """
    rows: list[tuple] = []
    for shift, order in enumerate(orders):
        events = timetable(problem, arrays, shift, tuple(order))
        if events is None:
            raise RuntimeError(f"the order of {problem.shifts[shift].rep_id} cannot be kept: a fault of the engine")
        rows += [_row(problem, shift, position, event) for position, event in enumerate(events)]
    table = pd.DataFrame(rows, columns=STOPS)
    whole = dict.fromkeys(["position", "travel_seconds"], "int64")
    real = dict.fromkeys(["latitude", "longitude", "travel_km", "prize_eur", "waited_eur"], "float64")
    times = dict.fromkeys(["day", *INSTANTS], "datetime64[us]")
    return table.astype(
        {**whole, **real, **times, "pinned": bool, "border": bool, "rep_id": "str", "customer_id": "str", "kind": "str"}
    )


def _row(problem: RoutingProblem, shift: int, position: int, event: Event) -> tuple:
    day = problem.shifts[shift]
    task = problem.tasks[event.task] if event.task >= 0 else None
    arrive, start, end = (day.day + pd.Timedelta(seconds=s) for s in (event.arrive, event.start, event.end))
    prize = task.prize_on(shift) if task else 0.0
    return (
        day.rep_id, day.day, position, event.kind, task.customer_id if task else "",
        problem.places.latitude[event.place], problem.places.longitude[event.place], event.travel_seconds,
        event.travel_km, arrive, start, end, prize, bool(task and task.pin), task.prize_eur - prize if task else 0.0,
        bool(task and shift in task.border),
    )  # fmt: skip


def shifts_table(problem: RoutingProblem, stops: pd.DataFrame) -> pd.DataFrame:
    """One row per rep and horizon day, working or not, with sums over its stops (zero where there are none)."""
    visit = stops["kind"] == "visit"
    parts = stops[["rep_id", "day", "travel_km", "prize_eur", "waited_eur"]].assign(
        visits=visit.astype("int64"),
        visit_minutes=_minutes(stops["end_at"] - stops["start_at"]).where(visit, 0.0),
        travel_minutes=stops["travel_seconds"] / SECONDS_PER_MINUTE,
        wait_minutes=_minutes(stops["start_at"] - stops["arrive_at"]),
        border_visits=stops["border"].astype("int64"),
        border_eur=stops["border"] * (problem.borders.eur_per_visit if problem.borders else 0.0),
        overtime_minutes=_overtime_minutes(problem, stops),
    )
    hourly = {(s.rep_id, s.day): s.overtime_eur_per_hour for s in problem.shifts}
    rate = [hourly.get(key, 0.0) for key in zip(stops["rep_id"], stops["day"], strict=True)]
    parts["overtime_eur"] = parts["overtime_minutes"] / 60 * rate
    sums = parts.groupby(["rep_id", "day"], sort=True)[SUMS].sum()
    table = problem.days.astype({"rep_id": "str", "reason": "str", "works": bool, "day": "datetime64[us]"})
    table = table.merge(sums.reset_index(), on=["rep_id", "day"], how="left")
    table[SUMS] = table[SUMS].fillna(0.0)
    return table.astype({"visits": "int64", "border_visits": "int64"})


def plan_value_eur(problem: RoutingProblem, shifts: pd.DataFrame) -> float:
    """Prizes on the days of their visits, less travel, overtime and what border visits cost; of `shifts_table`."""
    paid = problem.travel_eur_per_km * shifts["travel_km"] + shifts["overtime_eur"] + shifts["border_eur"]
    return float(shifts["prize_eur"].sum() - paid.sum())


def _overtime_minutes(problem: RoutingProblem, stops: pd.DataFrame) -> pd.Series:
    """Of each stop: how long after the shift it ends, for the end of a day; else 0."""
    usual = {(s.rep_id, s.day): s.day + pd.Timedelta(seconds=s.end_seconds) for s in problem.shifts}
    until = [usual.get(key, pd.Timestamp.max) for key in zip(stops["rep_id"], stops["day"], strict=True)]
    late = _minutes(stops["arrive_at"] - pd.Series(until, index=stops.index, dtype="datetime64[us]"))
    return late.clip(lower=0.0).where(stops["kind"] == "end", 0.0)


def _minutes(spans: pd.Series) -> pd.Series:
    minutes: pd.Series = spans.dt.total_seconds() / SECONDS_PER_MINUTE
    return minutes
