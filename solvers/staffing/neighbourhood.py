"""One CP-SAT model: the best shifts, queues and breaks for some cells (agent, day) of a roster while the others stand.

Choices are one binary per free cell, shift and queue; breaks are whole numbers per kind of shift (implicit breaks),
handed to people afterwards, because no rule for a person depends on where the break stands. All coefficients of the
objective are rounded down and all coverage up, so that the model's bound is a bound in euros.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from scenarios.schema import Staffing
from solvers.brake import Stop, never, solve_beside
from solvers.staffing.crew import Band, Crew, granted
from solvers.staffing.grid import DAYS_PER_WEEK, Grid
from solvers.staffing.laws import Options, add_laws, fits_fixed
from solvers.staffing.roster import Assignment, cover
from solvers.staffing.shapes import Shapes

_EUR = 10_000
"""Units of the objective in a euro."""
_AGENT = 1000
"""Units of coverage in an agent."""
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Centre:
    """What does not change during the search: (Q, T) agents required, people, bands of hours, shifts, rules."""

    required: np.ndarray
    crew: Crew
    band: Band
    shapes: Shapes
    grid: Grid
    settings: Staffing
    earliest: np.ndarray


@dataclass(frozen=True)
class Answer:
    """assignment: the whole roster, None if nothing was found. bound: EUR, of the freed cells with all else standing;
    a bound of the roster where every cell was free."""

    assignment: Assignment | None
    bound: float | None


@dataclass
class _Model:
    """The model while it is built. choices: agent, day, shape, queue of each binary."""

    model: cp_model.CpModel
    choices: list[tuple[int, int, int, int]]
    picks: list[cp_model.IntVar]
    pauses: dict[tuple[int, int], dict[int, cp_model.IntVar]]
    terms: list[tuple[cp_model.IntVar, int]]


def solve_cells(
    centre: Centre,
    current: Assignment,
    free: np.ndarray,
    *,
    deterministic_seconds: float,
    wall_seconds: float,
    seed: int,
    stop: Stop = never,
) -> Answer:
    """Re-decide the `free` (A, D) cells of the current roster, which is the hint.

    Args:
        deterministic_seconds: CP-SAT's own count of work; wall_seconds is the emergency brake, 0: nothing is done.
        stop: ends the search before, with the best it has.
    """
    if wall_seconds <= 0:
        return Answer(None, None)
    built = _Model(cp_model.CpModel(), [], [], {}, [])
    _add_choices(built, centre, current, free)
    if not built.picks:
        return Answer(None, None)
    _add_hours(built, centre, current, free)
    _add_pauses(built, centre)
    _add_cover(built, centre, current, free)
    _add_requests(built, centre, current, free)
    built.model.minimize(
        cp_model.LinearExpr.weighted_sum([v for v, _ in built.terms], [weight for _, weight in built.terms])
    )
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.catch_sigint_signal = False  # Ctrl-C is answered by who started the run
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.cp_model_probing_level = 0  # probing eats the budget of a small neighbourhood
    solver.parameters.symmetry_level = 0
    solver.parameters.max_deterministic_time = deterministic_seconds
    solver.parameters.max_time_in_seconds = wall_seconds
    status = solve_beside(lambda: solver.solve(built.model), end=solver.stop_search, stop=stop)
    bound = solver.best_objective_bound / _EUR
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Answer(None, bound)
    return Answer(_read(built, solver, centre, current, free), bound)


def _standing(assignment: Assignment, free: np.ndarray, agent: int) -> dict[int, int]:
    return {day: shape for day, shape in assignment.worked(agent).items() if not free[agent, day]}


def _add_choices(built: _Model, centre: Centre, current: Assignment, free: np.ndarray) -> None:
    """A binary for each shift and queue that a free cell may take, and the laws of each agent."""
    shapes, crew = centre.shapes, centre.crew
    for agent in map(int, np.flatnonzero(free.any(axis=1))):
        fixed = _standing(current, free, agent)
        shape_of = np.flatnonzero(crew.can_work[agent] & free[agent, shapes.day])
        shape_of = shape_of[fits_fixed(shapes, centre.earliest, shape_of, fixed)]
        queues = crew.queues[agent]
        mine = []
        for shape in shape_of:
            pay = int(np.floor(crew.wage[agent] * shapes.paid_minutes[shape] * _EUR))
            for queue in queues:
                variable = built.model.new_bool_var("")
                mine.append(variable)
                built.choices.append((agent, int(shapes.day[shape]), int(shape), queue))
                built.terms.append((variable, pay))
        built.picks += mine
        add_laws(
            built.model,
            Options(np.repeat(shape_of, len(queues)), mine, fixed),
            shapes=shapes,
            grid=centre.grid,
            rules=centre.settings.rules,
            most_days=crew.most_days,
            earliest=centre.earliest,
        )


def _add_hours(built: _Model, centre: Centre, current: Assignment, free: np.ndarray) -> None:
    """Paid hours of each week within the band; those above the contract cost overtime."""
    crew, shapes, grid = centre.crew, centre.shapes, centre.grid
    of_week: dict[tuple[int, int], list[int]] = defaultdict(list)
    for i, (agent, day, _, _) in enumerate(built.choices):
        of_week[agent, day // DAYS_PER_WEEK].append(i)
    for agent in map(int, np.flatnonzero(free.any(axis=1))):
        fixed = _standing(current, free, agent)
        for week in range(grid.weeks):
            picks = of_week.get((agent, week), [])
            if not picks:
                continue
            settled = sum(int(shapes.paid_minutes[k]) for day, k in fixed.items() if day // DAYS_PER_WEEK == week)
            paid = settled + cp_model.LinearExpr.weighted_sum(
                [built.picks[i] for i in picks], [int(shapes.paid_minutes[built.choices[i][2]]) for i in picks]
            )
            low = int(np.ceil(centre.band.low[agent, week] - _ROUNDING))
            high = int(np.floor(centre.band.high[agent, week] + _ROUNDING))
            built.model.add(paid >= low)
            built.model.add(paid <= high)
            contract = int(np.ceil(crew.contract_minutes[agent, week]))
            extra = int(np.floor((crew.overtime[agent] - crew.wage[agent]) * _EUR))
            if high > contract and extra > 0:
                over = built.model.new_int_var(0, high - contract, "")
                built.model.add(over >= paid - contract)
                built.terms.append((over, extra))
                stands = sum(
                    int(shapes.paid_minutes[k]) for d, k in current.worked(agent).items() if d // DAYS_PER_WEEK == week
                )
                built.model.add_hint(over, min(max(0, stands - contract), high - contract))


def _add_pauses(built: _Model, centre: Centre) -> None:
    """As many breaks as shifts that need one, by kind of shift."""
    kinds: dict[tuple[int, int], list[cp_model.IntVar]] = defaultdict(list)
    for (_, _, shape, queue), pick in zip(built.choices, built.picks, strict=True):
        if centre.shapes.breaks[shape]:
            kinds[queue, shape].append(pick)
    for (queue, shape), picks in kinds.items():
        breaks = {at: built.model.new_int_var(0, len(picks), "") for at in centre.shapes.breaks[shape]}
        built.pauses[queue, shape] = breaks
        built.model.add(cp_model.LinearExpr.sum(list(breaks.values())) == cp_model.LinearExpr.sum(picks))


def _add_cover(built: _Model, centre: Centre, current: Assignment, free: np.ndarray) -> None:
    """Agents short of the requirement in each interval that a choice reaches."""
    shapes = centre.shapes
    present = 1 - centre.settings.shrinkage_pct / 100
    standing = cover(current, shapes, queues=len(centre.required), where=~free) * present
    lacking = np.floor((centre.required - standing) * _AGENT + _ROUNDING).astype(np.int64)
    euros = centre.settings.costs.understaffed_eur_per_agent_hour * centre.grid.interval_minutes / 60
    price = int(np.floor(euros / _AGENT * _EUR + _ROUNDING))
    reach: dict[tuple[int, int], list[tuple[cp_model.IntVar, int]]] = defaultdict(list)
    for (_, _, shape, queue), pick in zip(built.choices, built.picks, strict=True):
        for interval in map(int, np.flatnonzero(shapes.work[shape])):
            share = int(np.ceil(shapes.work[shape, interval] * present * _AGENT - _ROUNDING))
            reach[queue, interval].append((pick, share))
    for (queue, _), breaks in built.pauses.items():
        for at, pause in breaks.items():
            for interval, part in zip(*shapes.break_share(at), strict=True):
                share = int(np.floor(part * present * _AGENT + _ROUNDING))
                reach[queue, int(interval)].append((pause, -share))
    now = _stands(built, current)
    for variable in [*built.picks, *(pause for breaks in built.pauses.values() for pause in breaks.values())]:
        built.model.add_hint(variable, now[variable.index])
    for (queue, interval), terms in reach.items():
        lack = int(lacking[queue, interval])
        if lack <= 0:
            continue
        short = built.model.new_int_var(0, lack, "")
        at_work = cp_model.LinearExpr.weighted_sum([v for v, _ in terms], [share for _, share in terms])
        built.model.add(short + at_work >= lack)
        built.terms.append((short, price))
        built.model.add_hint(short, min(lack, max(0, lack - sum(share * now[v.index] for v, share in terms))))


def _add_requests(built: _Model, centre: Centre, current: Assignment, free: np.ndarray) -> None:
    """A request that the freed cells can decide costs its weight when it is refused."""
    by_agent: dict[int, list[int]] = defaultdict(list)
    for i, choice in enumerate(built.choices):
        by_agent[choice[0]].append(i)
    for request in centre.crew.requests:
        good = [i for i in by_agent.get(request.agent, []) if request.good[built.choices[i][2]]]
        if not good:
            continue
        if request.kind != "off":
            refused = built.model.new_bool_var("")
            built.model.add(refused + cp_model.LinearExpr.sum([built.picks[i] for i in good]) >= 1)
        elif any(request.good[shape] for shape in _standing(current, free, request.agent).values()):
            continue  # a settled shift refuses it already
        else:
            refused = built.model.new_bool_var("")
            for i in good:
                built.model.add_implication(built.picks[i], refused)
        built.terms.append((refused, int(np.floor(request.eur * _EUR))))
        is_refused = not granted(request, current.worked(request.agent), centre.shapes)
        built.model.add_hint(refused, int(is_refused))


def _stands(built: _Model, current: Assignment) -> dict[int, int]:
    """Value of each choice and break (by the index of its variable) in the current roster: the start of the search."""
    values: dict[int, int] = {}
    wanted: dict[tuple[int, int, int], int] = defaultdict(int)
    for (agent, day, shape, queue), pick in zip(built.choices, built.picks, strict=True):
        is_so = bool(current.shape[agent, day] == shape and current.queue[agent, day] == queue)
        values[pick.index] = int(is_so)
        if is_so and current.pause[agent, day] >= 0:
            wanted[queue, shape, int(current.pause[agent, day])] += 1
    for (queue, shape), breaks in built.pauses.items():
        for at, pause in breaks.items():
            values[pause.index] = wanted[queue, shape, at]
    return values


def _read(
    built: _Model, solver: cp_model.CpSolver, centre: Centre, current: Assignment, free: np.ndarray
) -> Assignment:
    result = current.copy()
    for table in (result.shape, result.queue, result.pause):
        table[free] = -1
    pool = {
        kind: [at for at, pause in breaks.items() for _ in range(solver.value(pause))]
        for kind, breaks in built.pauses.items()
    }
    for (agent, day, shape, queue), pick in zip(built.choices, built.picks, strict=True):
        if solver.value(pick):
            result.shape[agent, day], result.queue[agent, day] = shape, queue
            if centre.shapes.breaks[shape]:
                result.pause[agent, day] = pool[queue, shape].pop(0)
    return result
