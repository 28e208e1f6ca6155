"""Who can work: agents with their planned queues, the shifts they are available for, contracts and requests.

Contract minutes are per week of seven days from the first planned day. A week that is only partly planned counts as
if its other days were free: its contract is contract x min(planned days, 5) / 5. An absent day takes off contract / 5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scenarios.clock import MINUTES_PER_DAY
from scenarios.schema import Staffing
from solvers.staffing.grid import DAYS_PER_WEEK, Grid
from solvers.staffing.shapes import Shapes

_CONTRACT_DAYS = 5
REQUEST_KINDS = ("off", "early", "late")


@dataclass(frozen=True)
class Request:
    """A wish that can be weighed: `good` are the shifts that grant it; `off` is granted by touching no shift.

    row: its row in the table of requests. eur: cost of refusing it.
    """

    row: int
    agent: int
    day: int
    kind: str
    eur: float
    good: np.ndarray


@dataclass(frozen=True)
class Crew:
    """A agents over W weeks; money in EUR a minute.

    ids: A names, sorted. queues: per agent the numbers of the planned queues it serves. can_work: (A, K) bool, by
    availability, absences and queues. window: (A,) int, agents of equal availability have equal numbers.
    contract_minutes: (A, W) with absences taken off. wage, overtime: (A,), overtime is what a minute above the
    contract costs in place of the wage, never less than the wage. tolerance_minutes: of the contract.
    most_days: (W,) working days that a week may have. most_minutes: paid minutes that a week may have.
    """

    ids: tuple[str, ...]
    queues: tuple[tuple[int, ...], ...]
    can_work: np.ndarray
    window: np.ndarray
    contract_minutes: np.ndarray
    wage: np.ndarray
    overtime: np.ndarray
    tolerance_minutes: float
    most_days: np.ndarray
    most_minutes: float
    requests: tuple[Request, ...]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Band:
    """Paid minutes that each agent may have in each week: (A, W) each, `low` <= `high`."""

    low: np.ndarray
    high: np.ndarray


def make_crew(
    agents: pd.DataFrame,
    absences: pd.DataFrame,
    shift_requests: pd.DataFrame,
    *,
    planned_queues: Sequence[str],
    settings: Staffing,
    grid: Grid,
    shapes: Shapes,
) -> Crew:
    """The agents as the planner sees them, sorted by id. Requests that cannot be judged are named in the notes."""
    ids = [str(name) for name in agents["agent_id"]] if len(agents) else []
    order = sorted(range(len(ids)), key=lambda i: ids[i])
    table = agents.iloc[order].reset_index(drop=True)
    number = {str(ids[i]): position for position, i in enumerate(order)}
    absent = _absent_days(absences, number, grid)
    queue_number = {name: q for q, name in enumerate(planned_queues)}
    queues = tuple(
        tuple(sorted({queue_number[name] for name in _names(cell) if name in queue_number}))
        for cell in (table["queues"] if len(table) else ())
    )
    spans = [_span(row) for row in table.to_dict("records")]
    masks = {span: _within(span, shapes) for span in sorted(set(spans))}
    can_work = np.zeros((len(table), len(shapes)), dtype=bool)
    for a, span in enumerate(spans):
        if queues[a]:
            can_work[a] = masks[span] & ~_touches(shapes, absent[a])
    wage, notes = _wages(table)
    requests, request_notes = _requests(shift_requests, number, settings, grid, shapes)
    window_number = {span: w for w, span in enumerate(masks)}
    return Crew(
        ids=tuple(number),
        queues=queues,
        can_work=can_work,
        window=np.array([window_number[span] for span in spans], dtype=np.int64),
        contract_minutes=_contracts(table, absent, grid),
        wage=wage / 60,
        overtime=np.maximum(settings.costs.overtime_eur_per_hour, wage) / 60,
        tolerance_minutes=60 * settings.rules.contract_tolerance_hours,
        most_days=np.array([_most_days(len(grid.days_of(w)), settings) for w in range(grid.weeks)], dtype=np.int64),
        most_minutes=60 * settings.rules.max_hours_per_week,
        requests=requests,
        notes=(*notes, *request_notes),
    )


def granted(request: Request, worked: Mapping[int, int], shapes: Shapes) -> bool:
    """Whether shifts `worked` (day number -> shape) of the agent grant the request."""
    if request.kind == "off":
        return not any(request.good[shape] for shape in worked.values())
    return request.day in worked and bool(request.good[worked[request.day]])


def _most_days(planned: int, settings: Staffing) -> int:
    free = max(0, settings.rules.min_days_off_per_week - (DAYS_PER_WEEK - planned))
    return max(0, planned - free)


def _names(cell: object) -> tuple[str, ...]:
    if isinstance(cell, str):
        return tuple(part.strip() for part in cell.split("|"))
    return tuple(str(part) for part in cell) if isinstance(cell, (tuple, list)) else ()


def _span(row: Mapping[Any, Any]) -> tuple[int, int]:
    """Available (from, to) minutes after midnight; not given: the whole day."""
    first, last = row.get("available_from", -1), row.get("available_to", -1)
    start = 0 if pd.isna(first) or int(first) < 0 else int(first)
    end = MINUTES_PER_DAY if pd.isna(last) or int(last) < 0 else int(last)
    return start, end


def _within(span: tuple[int, int], shapes: Shapes) -> np.ndarray:
    """Shifts whose every minute lies in the daily span; a span that ends before it starts runs through midnight."""
    minute = np.arange(MINUTES_PER_DAY)
    first, last = span
    free = (minute >= first) & (minute < last) if first < last else (minute >= first) | (minute < last)
    days = int(shapes.end.max(initial=0)) // MINUTES_PER_DAY + 1
    before = np.concatenate([[0], np.cumsum(np.tile(free, days))])
    result: np.ndarray = before[shapes.end] - before[shapes.start] == shapes.end - shapes.start
    return result


def _touches(shapes: Shapes, days: set[int]) -> np.ndarray:
    """Shifts with a minute in one of the days."""
    last = (shapes.end - 1) // MINUTES_PER_DAY
    return np.array([any(d <= day <= e for day in days) for d, e in zip(shapes.day, last, strict=True)], dtype=bool)


def _absent_days(absences: pd.DataFrame, number: Mapping[str, int], grid: Grid) -> list[set[int]]:
    absent: list[set[int]] = [set() for _ in number]
    if len(absences):
        for person, date in zip(absences["person_id"], absences["date"], strict=True):
            day = grid.day_number(date)
            if str(person) in number and day is not None:
                absent[number[str(person)]].add(day)
    return absent


def _contracts(table: pd.DataFrame, absent: Sequence[set[int]], grid: Grid) -> np.ndarray:
    minutes = np.zeros((len(table), grid.weeks))
    if not len(table):
        return minutes
    contract = 60 * np.nan_to_num(table["contract_hours_per_week"].to_numpy(dtype=float))
    for a, full in enumerate(contract):
        for week in range(grid.weeks):
            days = grid.days_of(week)
            worked = min(len(days), _CONTRACT_DAYS) - len(absent[a] & set(days))
            minutes[a, week] = full * max(0, worked) / _CONTRACT_DAYS
    return minutes


def _wages(table: pd.DataFrame) -> tuple[np.ndarray, list[str]]:
    """EUR an hour of each agent; an unknown one counts as the mean of the known."""
    if "hourly_cost_eur" not in table.columns:
        wage = np.full(len(table), np.nan)
    else:
        wage = table["hourly_cost_eur"].to_numpy(dtype=float).copy()
    unknown = ~np.isfinite(wage)
    if not unknown.any():
        return wage, []
    mean = float(wage[~unknown].mean()) if (~unknown).any() else 0.0
    wage[unknown] = mean
    return wage, [f"{int(unknown.sum())} agents have no hourly_cost_eur; they count with {mean:.2f} EUR an hour"]


def _requests(
    table: pd.DataFrame, number: Mapping[str, int], settings: Staffing, grid: Grid, shapes: Shapes
) -> tuple[tuple[Request, ...], list[str]]:
    found, unknown = [], 0
    for row, entry in enumerate(table.to_dict("records")):
        day = grid.day_number(entry.get("date"))
        agent, kind = number.get(str(entry.get("agent_id"))), str(entry.get("kind"))
        if day is None or agent is None or kind not in REQUEST_KINDS:
            unknown += 1
            continue
        weight = entry.get("weight", 1.0)
        weight = 1.0 if pd.isna(weight) else max(0.0, float(weight))
        eur = weight * settings.costs.refused_request_eur_per_weight
        found.append(Request(row, agent, day, kind, eur, _good_shifts(kind, day, grid, shapes)))
    notes = []
    if unknown:
        notes.append(f"{unknown} shift requests name a day, an agent or a kind that is not planned: not granted")
    return tuple(found), notes


def _good_shifts(kind: str, day: int, grid: Grid, shapes: Shapes) -> np.ndarray:
    """early, late: shifts of the day whose middle lies in the first or second half of its opening; off: those to avoid.

    For `off` these are all shifts that touch the day.
    """
    if kind == "off":
        return _touches(shapes, {day})
    first = day * MINUTES_PER_DAY
    open_minutes = np.flatnonzero(np.diff(grid.open_before[first : first + MINUTES_PER_DAY + 1]))
    if not open_minutes.size:
        return np.zeros(len(shapes), dtype=bool)
    middle_of_opening = 2 * first + int(open_minutes[0]) + int(open_minutes[-1]) + 1  # twice the minute
    middle = shapes.start + shapes.end
    half = middle < middle_of_opening if kind == "early" else middle > middle_of_opening
    result: np.ndarray = half & (shapes.day == day)
    return result
