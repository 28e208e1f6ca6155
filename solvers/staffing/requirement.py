"""How many agents each queue needs in each open interval, from the forecast's sample paths.

The fewest agents whose expected Erlang A service level over the paths reaches the promise and whose expected occupancy
keeps the limit. The service level is that of all calls over all paths (a busy future weighs by its calls), not the
one of the mean future: it is S-shaped in the load, so the mean future flatters. Agents are those on the phone, before
shrinkage.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from forecasting.types import CallForecast
from scenarios.errors import Problem, ScenarioError
from scenarios.schema import Staffing
from solvers.staffing.erlang import erlang_a
from solvers.staffing.grid import Grid

_NODES = 20
"""Equally likely futures that stand for the paths while the search is coarse."""
_MAX_AGENTS = 2_000_000


@dataclass(frozen=True)
class Requirement:
    """Demand and need on the grid of intervals.

    queues: Q names. calls: (S, Q, T) offered in each path, 0 where closed. handle_seconds: (Q, T).
    agents: (Q, T) int, on the phone. calls_when_closed: expected number outside opening hours. notes: for people.
    """

    queues: tuple[str, ...]
    calls: np.ndarray
    handle_seconds: np.ndarray
    agents: np.ndarray
    calls_when_closed: float
    notes: tuple[str, ...] = ()

    @property
    def calls_mean(self) -> np.ndarray:
        """(Q, T) mean over the paths."""
        return self.calls.mean(axis=0) if len(self.calls) else np.zeros(self.agents.shape)


def require_agents(forecast: CallForecast, grid: Grid, *, settings: Staffing) -> Requirement:
    """Agents required in each interval of the grid.

    Args:
        forecast: paths on its own interval, not coarser than the staffing interval; it covers the grid's days.
        grid: planned days.
        settings: service level, patience, occupancy limit.

    Raises:
        ScenarioError: the forecast's intervals are longer than the staffing intervals.
    """
    calls, handle_seconds, notes = _on_grid(forecast, grid)
    closed = float(calls[:, :, ~grid.is_open].sum() / max(len(calls), 1))
    calls[:, :, ~grid.is_open] = 0
    if closed > 0:
        notes.append(f"{closed:.0f} calls are expected outside opening hours; no agent is planned for them")
    q, t = calls.shape[1:]
    agents = _fewest(calls.reshape(len(calls), q * t), handle_seconds.reshape(-1), grid, settings).reshape(q, t)
    return Requirement(forecast.queues, calls, handle_seconds, agents, closed, tuple(notes))


def answered_share(requirement: Requirement, agents: np.ndarray, grid: Grid, settings: Staffing) -> np.ndarray:
    """Expected share of calls answered in time with `agents` (Q, T) on the phone; 1 where no call comes."""
    s, q, t = requirement.calls.shape
    level, _ = _expected(
        agents.reshape(-1), requirement.calls.reshape(s, q * t), requirement.handle_seconds.reshape(-1), grid, settings
    )
    return level.reshape(q, t)


def _on_grid(forecast: CallForecast, grid: Grid) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Paths (S, Q, T) and handle seconds (Q, T) summed up to the staffing interval."""
    starts = np.asarray(forecast.interval_starts, dtype="datetime64[us]")
    minutes = (starts - grid.first_day.astype("datetime64[us]")).astype("timedelta64[m]").astype(int)
    if len(minutes) > 1 and int(np.diff(minutes).min()) > grid.interval_minutes:
        raise ScenarioError(
            [
                Problem(
                    f"staffing intervals of {grid.interval_minutes} minutes are finer than the forecast's; "
                    "set forecast.calls.interval_minutes to the same or less",
                    "staffing.interval_minutes",
                )
            ]
        )
    inside = (minutes >= 0) & (minutes < grid.minutes)
    target = minutes[inside] // grid.interval_minutes
    paths = np.nan_to_num(np.asarray(forecast.paths[:, :, inside], dtype=float))
    handle, notes = _known_handle_seconds(forecast.queues, forecast.handle_seconds[:, inside], paths.mean(axis=0))
    calls = np.zeros((*paths.shape[:2], grid.is_open.size))
    work = np.zeros(calls.shape[1:])
    weight = np.zeros(calls.shape[1:])
    mean_calls = paths.mean(axis=0) + 1e-9  # an interval without calls keeps its handle time
    for column, interval in enumerate(target):
        calls[:, :, interval] += paths[:, :, column]
        work[:, interval] += mean_calls[:, column] * handle[:, column]
        weight[:, interval] += mean_calls[:, column]
    return calls, np.divide(work, weight, out=np.zeros_like(work), where=weight > 0), notes


def _known_handle_seconds(
    queues: tuple[str, ...], handle_seconds: np.ndarray, calls: np.ndarray
) -> tuple[np.ndarray, list[str]]:
    """Handle times without gaps: a missing one becomes the queue's mean."""
    handle = np.array(handle_seconds, dtype=float)
    notes = []
    for row, queue in enumerate(queues):
        known = np.isfinite(handle[row]) & (handle[row] > 0)
        if known.all():
            continue
        if known.any():
            weights = calls[row, known] + 1e-9
            handle[row, ~known] = np.average(handle[row, known], weights=weights)
        else:
            handle[row] = 0
            if calls[row].sum() > 0:
                notes.append(f"no handle time is known for queue {queue}: no agent is required there")
    return handle, notes


def _expected(
    agents: np.ndarray, calls: np.ndarray, handle_seconds: np.ndarray, grid: Grid, settings: Staffing
) -> tuple[np.ndarray, np.ndarray]:
    """(answered in time, occupancy) over paths: agents (K,), calls (S, K), handle_seconds (K,)."""
    load = calls * (handle_seconds / (60 * grid.interval_minutes))
    state = erlang_a(
        agents,
        load,
        handle_seconds=handle_seconds,
        patience_seconds=settings.patience_seconds,
        within_seconds=settings.service_level.within_seconds,
    )
    total = calls.sum(axis=0)
    level = np.where(total > 0, (calls * state.answered_in_time).sum(axis=0) / np.maximum(total, 1e-12), 1.0)
    return level, state.occupancy.mean(axis=0) if len(calls) else np.zeros(len(agents))


def _fewest(calls: np.ndarray, handle_seconds: np.ndarray, grid: Grid, settings: Staffing) -> np.ndarray:
    """Fewest agents (K,): bisection on nodes of the paths, then single steps on the paths themselves."""
    cells = np.flatnonzero((calls.sum(axis=0) > 0) & (handle_seconds > 0))
    need = np.zeros(calls.shape[1], dtype=np.int64)
    if not cells.size:
        return need
    calls, handle_seconds = calls[:, cells], handle_seconds[cells]
    nodes = np.stack([part.mean(axis=0) for part in np.array_split(np.sort(calls, axis=0), min(_NODES, len(calls)))])

    def is_enough(agents: np.ndarray, futures: np.ndarray, at: np.ndarray) -> np.ndarray:
        level, occupancy = _expected(agents, futures[:, at], handle_seconds[at], grid, settings)
        enough: np.ndarray = (level >= settings.service_level.answered_pct / 100) & (
            occupancy <= settings.max_occupancy_pct / 100 + 1e-12
        )
        return enough & (agents > 0)

    everywhere = np.arange(len(cells))
    high = np.ceil(nodes[-1] * handle_seconds / (60 * grid.interval_minutes)).astype(np.int64) + 2
    while not (enough := is_enough(high, nodes, everywhere)).all() and high.max() < _MAX_AGENTS:
        high = np.where(enough, high, high * 2)
    low = np.zeros_like(high)  # never enough
    while (wide := np.flatnonzero(high - low > 1)).size:
        middle = (low[wide] + high[wide]) // 2
        enough = is_enough(middle, nodes, wide)
        high[wide[enough]] = middle[enough]
        low[wide[~enough]] = middle[~enough]
    need[cells] = _settle(high, lambda agents, at: is_enough(agents, calls, at))
    return need


def _settle(agents: np.ndarray, is_enough: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
    """The fewest that are enough, found by single steps from a close guess."""
    agents = agents.copy()
    rising = np.arange(len(agents))
    start = agents.copy()
    while rising.size and agents.max() < _MAX_AGENTS:
        rising = rising[~is_enough(agents[rising], rising)]
        agents[rising] += 1
    falling = np.flatnonzero(agents == start)
    while falling.size:
        falling = falling[(agents[falling] > 1) & is_enough(agents[falling] - 1, falling)]
        agents[falling] -= 1
    return agents
