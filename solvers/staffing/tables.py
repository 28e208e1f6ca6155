"""The tables of a roster, as `solvers.types.Roster` describes them."""

import numpy as np
import pandas as pd

from solvers.staffing.crew import Crew, granted
from solvers.staffing.grid import Grid
from solvers.staffing.requirement import Requirement
from solvers.staffing.roster import Assignment, paid_minutes
from solvers.staffing.shapes import Shapes


def requirement_table(requirement: Requirement, on_phone: np.ndarray, answered: np.ndarray, grid: Grid) -> pd.DataFrame:
    """One row per queue and open interval; `on_phone` (Q, T) are the agents rostered after shrinkage."""
    at = np.flatnonzero(grid.is_open)
    queues = len(requirement.queues)
    required = requirement.agents[:, at].reshape(-1)
    rostered = np.round(on_phone[:, at].reshape(-1), 9)
    return pd.DataFrame(
        {
            "queue": pd.Series(np.repeat(np.array(requirement.queues, dtype=object), len(at)), dtype="str"),
            "interval_start": np.tile(grid.interval_starts[at], queues),
            "calls_mean": requirement.calls_mean[:, at].reshape(-1),
            "handle_seconds_mean": requirement.handle_seconds[:, at].reshape(-1),
            "agents_required": required,
            "agents_rostered": rostered,
            "agents_short": np.maximum(required - rostered, 0),
            "answered_pct_expected": 100 * answered[:, at].reshape(-1),
        }
    )


def shift_table(
    assignment: Assignment, queues: tuple[str, ...], crew: Crew, shapes: Shapes, grid: Grid
) -> pd.DataFrame:
    """One row per shift, by agent and day."""
    agent, day = np.nonzero(assignment.shape >= 0)
    shape, queue, pause = (table[agent, day] for table in (assignment.shape, assignment.queue, assignment.pause))
    has_break = pause >= 0
    break_start = np.where(has_break, grid.instant(pause), np.datetime64("NaT", "us"))
    break_end = np.where(has_break, grid.instant(pause + shapes.break_minutes), np.datetime64("NaT", "us"))
    return pd.DataFrame(
        {
            "agent_id": pd.Series([crew.ids[a] for a in agent], dtype="str"),
            "queue": pd.Series([queues[q] for q in queue], dtype="str"),
            "day": (grid.first_day + day.astype("timedelta64[D]")).astype("datetime64[us]"),
            "start_at": grid.instant(shapes.start[shape]),
            "end_at": grid.instant(shapes.end[shape]),
            "break_start_at": break_start.astype("datetime64[us]"),
            "break_end_at": break_end.astype("datetime64[us]"),
            "paid_minutes": shapes.paid_minutes[shape],
        }
    )


def agent_table(assignment: Assignment, crew: Crew, shapes: Shapes, grid: Grid) -> pd.DataFrame:
    """One row per agent, also of those without a shift; overtime and undertime are added up over weeks."""
    paid = np.array([paid_minutes(assignment.shape[a], shapes, grid) for a in range(len(crew))]).reshape(
        len(crew), grid.weeks
    )
    over = np.maximum(paid - crew.contract_minutes, 0).sum(axis=1)
    under = np.maximum(crew.contract_minutes - paid, 0).sum(axis=1)
    return pd.DataFrame(
        {
            "agent_id": pd.Series(list(crew.ids), dtype="str"),
            "paid_hours": paid.sum(axis=1) / 60,
            "contract_hours": crew.contract_minutes.sum(axis=1) / 60,
            "overtime_hours": over / 60,
            "undertime_hours": under / 60,
            "shifts": (assignment.shape >= 0).sum(axis=1),
            "cost_eur": crew.wage * paid.sum(axis=1) + (crew.overtime - crew.wage) * over,
        }
    )


def request_table(shift_requests: pd.DataFrame, assignment: Assignment, crew: Crew, shapes: Shapes) -> pd.DataFrame:
    """The requests as they came, and whether each is granted; one that names nothing planned is not."""
    is_granted = np.zeros(len(shift_requests), dtype=bool)
    for request in crew.requests:
        is_granted[request.row] = granted(request, assignment.worked(request.agent), shapes)
    columns = {
        name: shift_requests[name].reset_index(drop=True) if name in shift_requests else pd.Series(dtype="str")
        for name in ("agent_id", "date", "kind", "weight")
    }
    return pd.DataFrame(columns).assign(granted=is_granted)
