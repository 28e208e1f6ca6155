"""Staffing the classic way: Erlang C per interval at the mean forecast, then shifts handed out greedily.

Need: the fewest agents whose Erlang C service level at the mean of calls and handle time keeps the promise and the
occupancy limit (spreadsheets know neither patience nor the spread of the forecast). Shifts: each agent works shifts of
one length that fits the contract; again and again the shift that covers most of what is still short goes to the agent
with most contract hours left, as long as something is covered; who is then below the contract is filled up where cover
is thinnest. Working-time law, availability, absences and contracts are kept; requests are granted by chance.
"""

import time
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from forecasting.types import CallForecast
from scenarios.schema import Horizon, Staffing
from solvers.outcome import Outcome, conclude
from solvers.staffing.crew import Crew, make_crew
from solvers.staffing.erlang import agents_required_c
from solvers.staffing.grid import DAYS_PER_WEEK, Grid, make_grid
from solvers.staffing.laws import earliest_next_start
from solvers.staffing.requirement import Requirement, answered_share, require_agents
from solvers.staffing.roster import Assignment, cost_eur, cover
from solvers.staffing.shapes import Shapes, make_shapes
from solvers.staffing.tables import agent_table, request_table, requirement_table, shift_table
from solvers.types import Roster

WORKING_DAYS = 5
"""Shifts a week that a contract is divided into, where its hours allow it."""
COVERED = 1e-6


def planned_grid(forecast: CallForecast, settings: Staffing, horizon: Horizon) -> Grid:
    """The days of the horizon that the forecast covers, as `plan_staffing` plans them."""
    first = np.datetime64(horizon.start, "D")
    days = first + np.arange(horizon.days)
    known = np.unique(np.asarray(forecast.interval_starts, dtype="datetime64[us]").astype("datetime64[D]"))
    covered = days[np.isin(days, known)] if len(forecast.queues) else days[:0]
    return make_grid(
        first_day=covered[0] if len(covered) else first,
        days=int((covered[-1] - covered[0]).astype(int)) + 1 if len(covered) else 0,
        interval_minutes=settings.interval_minutes,
        opening_hours=settings.opening_hours,
        timezone=settings.timezone,
    )


def classic_staffing(
    forecast: CallForecast,
    agents: pd.DataFrame,
    absences: pd.DataFrame,
    shift_requests: pd.DataFrame,
    *,
    settings: Staffing,
    horizon: Horizon,
) -> Roster:
    """The roster; arguments as for `plan_staffing`. answered_pct_expected is by Erlang A over the forecast's paths."""
    began = time.perf_counter()
    grid = planned_grid(forecast, settings, horizon)
    demand = require_agents(forecast, grid, settings=settings)
    requirement = replace(demand, agents=erlang_c_at_mean(demand, grid, settings))
    counted = time.perf_counter()
    shapes = make_shapes(grid, settings.shifts)
    crew = make_crew(
        agents, absences, shift_requests, planned_queues=requirement.queues, settings=settings, grid=grid,
        shapes=shapes,
    )  # fmt: skip
    assignment = hand_out(requirement, crew, shapes, grid, settings)
    on_phone = cover(assignment, shapes, queues=len(requirement.queues)) * (1 - settings.shrinkage_pct / 100)
    answered = answered_share(requirement, on_phone, grid, settings)
    cost = cost_eur(assignment, requirement.agents, crew, shapes=shapes, grid=grid, settings=settings)
    outcomes = (
        _outcome("staffing.requirement", float(requirement.agents.sum()) * grid.interval_minutes / 60, "agent-hours",
                 "classic: Erlang C per interval at the mean", counted - began),
        _outcome("staffing.people", cost, "EUR", "classic: greedy shifts", time.perf_counter() - counted),
    )  # fmt: skip
    return Roster(
        requirement=requirement_table(requirement, on_phone, answered, grid),
        shifts=shift_table(assignment, requirement.queues, crew, shapes, grid),
        agents=agent_table(assignment, crew, shapes, grid),
        requests=request_table(shift_requests, assignment, crew, shapes),
        outcomes=outcomes,
    )


def _outcome(stage: str, value: float, unit: str, method: str, seconds: float) -> Outcome:
    return conclude(stage=stage, value=value, bound=None, unit=unit, maximise=False, method=method, seconds=seconds)


def erlang_c_at_mean(demand: Requirement, grid: Grid, settings: Staffing) -> np.ndarray:
    """(Q, T) agents on the phone: Erlang C at the mean load, and no busier than the occupancy limit."""
    load = demand.calls_mean * demand.handle_seconds / (60 * grid.interval_minutes)
    level = settings.service_level
    need = agents_required_c(
        load, handle_seconds=np.where(demand.handle_seconds > 0, demand.handle_seconds, 1.0),
        within_seconds=level.within_seconds, answered=level.answered_pct / 100,
    )  # fmt: skip
    calm = np.ceil(load / (settings.max_occupancy_pct / 100) - 1e-9).astype(np.int64)
    fewest: np.ndarray = np.maximum(need, calm)
    return fewest


@dataclass(frozen=True)
class Habit:
    """The shift an agent works: paid minutes of one, and how many a week at least and at most, (W,) each."""

    length: int
    least: np.ndarray
    most: np.ndarray


def habits_of(crew: Crew, shapes: Shapes) -> list[Habit]:
    """Each agent's shift length: the one whose number of shifts a week comes nearest to five and keeps the contract."""
    lengths = np.unique(shapes.paid_minutes)
    habits = []
    for contract in crew.contract_minutes:
        low = np.maximum(contract - crew.tolerance_minutes, 0.0)
        high = np.minimum(contract + crew.tolerance_minutes, crew.most_minutes)
        ranked = []
        for length in lengths.tolist():
            most = np.minimum(np.floor(high / length + 1e-9).astype(np.int64), crew.most_days)
            least = np.minimum(np.ceil(low / length - 1e-9).astype(np.int64), most)
            missed = float(np.maximum(low - most * length, 0.0).sum())
            odd = float(np.abs(contract / length - WORKING_DAYS).sum())
            ranked.append((missed, odd, length, least, most))
        nobody = np.zeros(len(contract), dtype=np.int64)
        best = min(ranked, key=lambda item: item[:3]) if ranked else (0.0, 0.0, 0, nobody, nobody)
        habits.append(Habit(best[2], best[3], best[4]))
    return habits


def hand_out(requirement: Requirement, crew: Crew, shapes: Shapes, grid: Grid, settings: Staffing) -> Assignment:
    """Shifts, one after another: while something is short, then to whoever is below the contract."""
    table = _Table(requirement, crew, shapes, grid, settings)
    if len(crew) and len(shapes) and len(requirement.queues):
        table.give_while_short()
        table.fill_contracts()
    return table.assignment


class _Table:
    """The roster as it is handed out: open (A, K) shifts that an agent may still be given."""

    def __init__(self, requirement: Requirement, crew: Crew, shapes: Shapes, grid: Grid, settings: Staffing) -> None:
        self._crew, self._shapes, self._grid, self._rules = crew, shapes, grid, settings.rules
        self._share = 1 - settings.shrinkage_pct / 100
        self._need = requirement.agents.astype(float)
        self._there = np.zeros(self._need.shape)
        self._earliest = earliest_next_start(shapes, grid, settings.rules) if len(shapes) else np.zeros(0)
        self._habits = habits_of(crew, shapes)
        self.assignment = Assignment.empty(len(crew), grid.days)
        lengths = np.array([habit.length for habit in self._habits])
        self._open = crew.can_work & (shapes.paid_minutes[None, :] == lengths[:, None])
        self._given = np.zeros((len(crew), grid.weeks), dtype=np.int64)
        for agent in range(len(crew)):
            self._close(agent)

    def give_while_short(self) -> None:
        """The shift with most agent hours still short in it, until no open shift covers any."""
        while True:
            short = np.maximum(self._need - self._there, 0.0)
            gain = np.minimum(short, self._share) @ self._shapes.work.T
            found = self._best(gain, least=COVERED)
            if found is None:
                return
            self._give(*found)

    def fill_contracts(self) -> None:
        """Agents below their contract, by id: the open shift in which the need is covered thinnest."""
        for agent, habit in enumerate(self._habits):
            while True:
                weeks = np.flatnonzero(self._given[agent] < habit.least)
                inside = np.isin(self._shapes.day // DAYS_PER_WEEK, weeks)
                if not (self._open[agent] & inside).any():
                    break
                thin = (self._need + 1) / (self._there + 1)
                queues = list(self._crew.queues[agent])
                worth = np.where(self._open[agent] & inside, thin[queues] @ self._shapes.work.T, -np.inf)
                queue, shape = divmod(int(np.argmax(worth)), len(self._shapes))
                self._give(agent, queues[queue], shape)

    def _best(self, gain: np.ndarray, *, least: float) -> tuple[int, int, int] | None:
        """(agent, queue, shape) of the largest gain (Q, K) that somebody may work; None below `least`."""
        for index in np.argsort(-gain, axis=None, kind="stable"):
            queue, shape = divmod(int(index), gain.shape[1])
            if gain[queue, shape] <= least:
                return None
            able = [a for a in np.flatnonzero(self._open[:, shape]).tolist() if queue in self._crew.queues[a]]
            if able:
                week = int(self._shapes.day[shape]) // DAYS_PER_WEEK
                return max(able, key=lambda a: (self._left(a, week), -a)), queue, shape
        return None

    def _left(self, agent: int, week: int) -> float:
        """Contract minutes of the week that are not handed out yet."""
        contract = float(self._crew.contract_minutes[agent, week])
        return contract - float(self._given[agent, week]) * self._habits[agent].length

    def _give(self, agent: int, queue: int, shape: int) -> None:
        day = int(self._shapes.day[shape])
        self._there[queue] += self._share * self._shapes.work[shape]
        pause = self._calmest_break(queue, shape)
        if pause >= 0:
            intervals, part = self._shapes.break_share(pause)
            self._there[queue, intervals] -= self._share * part
        for table, value in zip(
            (self.assignment.shape, self.assignment.queue, self.assignment.pause), (shape, queue, pause), strict=True
        ):
            table[agent, day] = value
        self._given[agent, day // DAYS_PER_WEEK] += 1
        self._close(agent, shape)

    def _calmest_break(self, queue: int, shape: int) -> int:
        """The start of the break at which most agents are to spare; -1 where the shift needs none."""
        places = self._shapes.breaks[shape]
        spare = self._there[queue] - self._need[queue]
        return max(places, key=lambda at: (float(spare[self._shapes.break_share(at)[0]].min()), -at), default=-1)

    def _close(self, agent: int, shape: int = -1) -> None:
        """Take from an agent's open shifts those that law or contract forbid now."""
        shapes, worked = self._shapes, self.assignment.shape[agent] >= 0
        row = self._open[agent]
        if shape >= 0:
            day = shapes.day[shape]
            row &= shapes.day != day
            row &= ~((shapes.day > day) & (shapes.start < self._earliest[shape]))
            row &= ~((shapes.day < day) & (self._earliest > shapes.start[shape]))
        full = np.flatnonzero(self._given[agent] >= self._habits[agent].most)
        row &= ~np.isin(shapes.day // DAYS_PER_WEEK, full)
        for day in np.flatnonzero(~worked).tolist():
            if _run_length(worked, day) > self._rules.max_days_in_a_row:
                row &= shapes.day != day


def _run_length(worked: np.ndarray, day: int) -> int:
    """Days in a row if `day` were worked as well."""
    first, last = day, day
    while first > 0 and worked[first - 1]:
        first -= 1
    while last + 1 < len(worked) and worked[last + 1]:
        last += 1
    return last - first + 1
