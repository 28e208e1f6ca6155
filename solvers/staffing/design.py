"""Which shifts the week needs: how many of each, by group of agents, with the breaks inside the model.

Minimises pay, overtime and the euros of agent hours short, over counts of shifts per group of agents that serve the
same queues and are available at the same times. Counts and breaks are separate columns (a break belongs to a kind of
shift, not to a person: implicit breaks, Aykin 1996), hours are held per agent and week.

Every legal roster adds up to such counts at no more than its own cost, so the bound of this model is also a bound for
the roster of people: what it leaves out (rest between shifts, days in a row, which day off, requests) can only cost.
"""

import time
from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from scenarios.schema import Staffing
from solvers.brake import Stop, never
from solvers.staffing.crew import Band, Crew
from solvers.staffing.grid import Grid
from solvers.staffing.linear import LinearModel, LinearResult, minimise_by_cbc, minimise_by_highs
from solvers.staffing.shapes import Shapes

NODES = {"quick": 1, "normal": 50, "thorough": 5000}
GAP_PCT = {"quick": 2.0, "normal": 0.5, "thorough": 0.05}
"""Search ends once the design is proven this close, in percent."""
MOST_ENTRIES = {"quick": 60_000, "normal": 100_000, "thorough": 10_000_000}
"""Entries of the matrix up to which whole numbers are sought; a larger design is bounded by its linear relaxation."""


@dataclass(frozen=True)
class Design:
    """counts: (Q, K) whole numbers of shifts, None if the search found no design. value, bound: EUR."""

    counts: np.ndarray | None
    value: float | None
    bound: float | None
    method: str
    brake_hit: bool
    asked_gap_pct: float
    seconds: float


class _Rows:
    """Rows of a sparse matrix, written one at a time."""

    def __init__(self) -> None:
        self.columns: list[np.ndarray] = []
        self.values: list[np.ndarray] = []
        self.lower: list[float] = []
        self.upper: list[float] = []

    def add(self, columns: np.ndarray, values: np.ndarray, *, lower: float = -np.inf, upper: float = np.inf) -> None:
        self.columns.append(np.asarray(columns, dtype=np.int64))
        self.values.append(np.broadcast_to(np.asarray(values, dtype=float), len(columns)))
        self.lower.append(lower)
        self.upper.append(upper)

    def matrix(self, width: int) -> sparse.csr_array:
        sizes = [len(row) for row in self.columns]
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
        indices = np.concatenate(self.columns).astype(np.int32) if sizes else np.zeros(0, dtype=np.int32)
        values = np.concatenate(self.values) if sizes else np.zeros(0)
        return sparse.csr_array((values, indices, starts), shape=(len(sizes), width))


@dataclass(frozen=True)
class _Columns:
    """Where the columns of the model stand: shifts (group, queue, shape), breaks (queue, shape, start), then the rest.

    short: (Q, T) column of each shortage, -1 where nothing is required. paid, over: (A, W).
    """

    shift_group: np.ndarray
    shift_queue: np.ndarray
    shift_shape: np.ndarray
    breaks: tuple[tuple[int, int, int], ...]
    short: np.ndarray
    paid: np.ndarray
    over: np.ndarray
    groups: tuple[tuple[int, ...], ...]
    width: int


def design_shifts(
    required: np.ndarray,
    crew: Crew,
    band: Band,
    *,
    shapes: Shapes,
    grid: Grid,
    settings: Staffing,
    engine: str,
    effort: str,
    time_limit_seconds: float,
    seed: int,
    stop: Stop = never,
) -> Design:
    """The cheapest counts of shifts for `required` (Q, T) agents on the phone.

    Args:
        engine: `auto` or `highs`: HiGHS; `cbc`: CBC through PuLP.
        stop: ends HiGHS before its limits, with what it has.
    """
    started = time.perf_counter()
    columns = _lay_columns(required, crew, shapes)
    model = _model(required, crew, band, columns, shapes=shapes, grid=grid, settings=settings)
    minimise = minimise_by_cbc if engine == "cbc" else minimise_by_highs
    is_large = model.rows.nnz > MOST_ENTRIES[effort]
    result: LinearResult = minimise(
        replace(model, integer=np.zeros_like(model.integer)) if is_large else model,
        max_nodes=NODES[effort],
        gap_pct=GAP_PCT[effort],
        time_limit_seconds=time_limit_seconds,
        seed=seed,
        stop=stop,
    )
    counts, value = None, None
    if result.x is not None and not is_large:
        counts = np.zeros((len(required), len(shapes)), dtype=np.int64)
        shifts = np.rint(result.x[: len(columns.shift_shape)]).astype(np.int64)
        np.add.at(counts, (columns.shift_queue, columns.shift_shape), shifts)
        value = float(model.cost @ result.x)
    bound = result.bound
    if bound is not None:
        bound = max(0.0, bound) if value is None else min(max(0.0, bound), value)
    return Design(
        counts=counts,
        value=value,
        bound=bound,
        method=f"{'cbc by PuLP' if engine == 'cbc' else 'highs'}, implicit breaks{', relaxed' if is_large else ''}",
        brake_hit=result.brake_hit,
        asked_gap_pct=GAP_PCT[effort],
        seconds=time.perf_counter() - started,
    )


def _lay_columns(required: np.ndarray, crew: Crew, shapes: Shapes) -> _Columns:
    members: dict[tuple[tuple[int, ...], int], list[int]] = defaultdict(list)
    for agent in range(len(crew)):
        if crew.can_work[agent].any():
            members[crew.queues[agent], int(crew.window[agent])].append(agent)
    group_of, queue_of, shape_of = [], [], []
    for group, ((queues, _), agents) in enumerate(members.items()):
        workable = np.flatnonzero(crew.can_work[agents].any(axis=0))
        for queue in queues:
            shape_of.append(workable)
            queue_of.append(np.full(len(workable), queue))
            group_of.append(np.full(len(workable), group))
    shift_shape, shift_queue, shift_group = (
        np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64) for parts in (shape_of, queue_of, group_of)
    )
    pairs = sorted({(int(q), int(k)) for q, k in zip(shift_queue, shift_shape, strict=True)})
    breaks = tuple((q, k, at) for q, k in pairs for at in shapes.breaks[k])
    width = len(shift_shape) + len(breaks)
    short = np.full(required.shape, -1, dtype=np.int64)
    needed = required > 0
    short[needed] = width + np.arange(int(needed.sum()))
    width += int(needed.sum())
    paid = width + np.arange(crew.contract_minutes.size).reshape(crew.contract_minutes.shape)
    width += paid.size
    return _Columns(
        shift_group,
        shift_queue,
        shift_shape,
        breaks,
        short,
        paid,
        paid + paid.size,
        tuple(tuple(agents) for agents in members.values()),
        width + paid.size,
    )


def _model(
    required: np.ndarray,
    crew: Crew,
    band: Band,
    at: _Columns,
    *,
    shapes: Shapes,
    grid: Grid,
    settings: Staffing,
) -> LinearModel:
    cost, lower, upper = np.zeros(at.width), np.zeros(at.width), np.full(at.width, np.inf)
    hours = grid.interval_minutes / 60
    cost[at.short[at.short >= 0]] = settings.costs.understaffed_eur_per_agent_hour * hours
    cost[at.paid] = crew.wage[:, None]
    cost[at.over] = (crew.overtime - crew.wage)[:, None]
    lower[at.paid], upper[at.paid] = band.low, band.high
    integer = np.zeros(at.width, dtype=bool)
    integer[: len(at.shift_shape) + len(at.breaks)] = True
    rows = _Rows()
    _add_cover(rows, required, at, shapes, 1 - settings.shrinkage_pct / 100)
    _add_breaks(rows, at, shapes)
    _add_people(rows, crew, at, shapes, grid)
    return LinearModel(cost, lower, upper, integer, rows.matrix(at.width), np.array(rows.lower), np.array(rows.upper))


def _add_cover(rows: _Rows, required: np.ndarray, at: _Columns, shapes: Shapes, present: float) -> None:
    """Agents at work, less those on break, less shrinkage, plus those short, reach the requirement."""
    by_interval: dict[tuple[int, int], list[tuple[int, float]]] = defaultdict(list)
    first_break = len(at.shift_shape)
    for number, (queue, _, start) in enumerate(at.breaks):
        for interval, share in zip(*shapes.break_share(start), strict=True):
            by_interval[queue, int(interval)].append((first_break + number, float(share)))
    of_queue = [np.flatnonzero(at.shift_queue == queue) for queue in range(len(required))]
    for queue, interval in zip(*np.nonzero(at.short >= 0), strict=True):
        share = shapes.work[at.shift_shape[of_queue[queue]], interval]
        working = of_queue[queue][share > 0]
        pauses = by_interval.get((int(queue), int(interval)), [])
        rows.add(
            np.concatenate([working, [c for c, _ in pauses], [at.short[queue, interval]]]),
            np.concatenate([present * share[share > 0], [-present * s for _, s in pauses], [1.0]]),
            lower=float(required[queue, interval]),
        )


def _add_breaks(rows: _Rows, at: _Columns, shapes: Shapes) -> None:
    """Each shift that needs a break has exactly one."""
    shifts, pauses = defaultdict(list), defaultdict(list)
    for column, (queue, shape) in enumerate(zip(at.shift_queue, at.shift_shape, strict=True)):
        if shapes.breaks[shape]:
            shifts[int(queue), int(shape)].append(column)
    for number, (queue, shape, _) in enumerate(at.breaks):
        pauses[queue, shape].append(len(at.shift_shape) + number)
    for kind, columns in shifts.items():
        signs = np.concatenate([np.ones(len(columns)), -np.ones(len(pauses[kind]))])
        rows.add(np.array(columns + pauses[kind]), signs, lower=0, upper=0)


def _add_people(rows: _Rows, crew: Crew, at: _Columns, shapes: Shapes, grid: Grid) -> None:
    """No more shifts a day and a week than the group has people, and hours as its members' weeks allow."""
    day_of = shapes.day[at.shift_shape]
    for group, agents in enumerate(at.groups):
        mine = at.shift_group == group
        for day in range(grid.days):
            columns = np.flatnonzero(mine & (day_of == day))
            if columns.size:
                present = crew.can_work[list(agents)][:, shapes.day == day].any(axis=1).sum()
                rows.add(columns, np.ones(1), upper=float(present))
        for week in range(grid.weeks):
            days = grid.days_of(week)
            columns = np.flatnonzero(mine & (day_of >= days.start) & (day_of < days.stop))
            rows.add(columns, np.ones(1), upper=float(len(agents) * crew.most_days[week]))
            rows.add(
                np.concatenate([columns, at.paid[list(agents), week]]),
                np.concatenate([shapes.paid_minutes[at.shift_shape[columns]], -np.ones(len(agents))]),
                lower=0,
                upper=0,
            )
    grouped = {agent for agents in at.groups for agent in agents}
    for agent in range(len(crew)):
        for week in range(grid.weeks):
            pair = np.array([at.over[agent, week], at.paid[agent, week]])
            rows.add(pair, np.array([1.0, -1.0]), lower=-float(crew.contract_minutes[agent, week]))
            if agent not in grouped:
                rows.add(pair[1:], np.ones(1), upper=0.0)
