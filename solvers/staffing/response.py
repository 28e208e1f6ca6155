"""The best legal weeks of one agent while all others stand: shifts, queues and breaks, exactly.

With the others fixed, what a shift of this agent saves in agent hours short is a constant, so its best break can be
chosen beforehand and the weeks are a small linear choice under the laws, solved by CP-SAT in milliseconds.
"""

import numpy as np
from ortools.sat.python import cp_model

from solvers.staffing.grid import DAYS_PER_WEEK
from solvers.staffing.laws import Options, add_laws
from solvers.staffing.neighbourhood import Centre
from solvers.staffing.roster import Assignment, cover

_EUR = 1000
"""Units of the objective in a euro."""
_DETERMINISTIC_SECONDS = 0.2
_ROUNDING = 1e-6


def respond(centre: Centre, current: Assignment, agent: int, *, standing: np.ndarray, seed: int) -> bool:
    """Re-decide all days of `agent` in place; False where the search found no legal weeks and nothing changed.

    Args:
        standing: (Q, T) agents on shift and not on break without this agent, before shrinkage.
    """
    crew, shapes, grid = centre.crew, centre.shapes, centre.grid
    shape_of = np.flatnonzero(crew.can_work[agent])
    if not shape_of.size:
        return False
    queue_of, pause_of, saved = _best_use(centre, shape_of, agent, standing)
    euros = crew.wage[agent] * shapes.paid_minutes[shape_of] - saved
    for request in crew.requests:
        if request.agent == agent:
            euros = euros + np.where(request.good[shape_of], request.eur if request.kind == "off" else -request.eur, 0)
    model = cp_model.CpModel()
    picks = [model.new_bool_var("") for _ in shape_of]
    add_laws(
        model,
        Options(shape_of, picks, {}),
        shapes=shapes,
        grid=grid,
        rules=centre.settings.rules,
        most_days=crew.most_days,
        earliest=centre.earliest,
    )
    terms = list(zip(picks, np.rint(euros * _EUR).astype(np.int64).tolist(), strict=True))
    extra = round((crew.overtime[agent] - crew.wage[agent]) * _EUR)
    for week in range(grid.weeks):
        mine = np.flatnonzero(shapes.day[shape_of] // DAYS_PER_WEEK == week).tolist()
        if not mine:
            continue
        paid = cp_model.LinearExpr.weighted_sum(
            [picks[i] for i in mine], [int(shapes.paid_minutes[shape_of[i]]) for i in mine]
        )
        high = int(np.floor(centre.band.high[agent, week] + _ROUNDING))
        model.add(paid >= int(np.ceil(centre.band.low[agent, week] - _ROUNDING)))
        model.add(paid <= high)
        contract = int(np.ceil(crew.contract_minutes[agent, week]))
        if high > contract:
            over = model.new_int_var(0, high - contract, "")
            model.add(over >= paid - contract)
            terms.append((over, extra))
    model.minimize(cp_model.LinearExpr.weighted_sum([v for v, _ in terms], [weight for _, weight in terms]))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.catch_sigint_signal = False  # Ctrl-C is answered by who started the run
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.max_deterministic_time = _DETERMINISTIC_SECONDS
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return False
    for table in (current.shape, current.queue, current.pause):
        table[agent] = -1
    for i, shape in enumerate(shape_of):
        if solver.value(picks[i]):
            day = shapes.day[shape]
            current.shape[agent, day] = shape
            current.queue[agent, day], current.pause[agent, day] = queue_of[i], pause_of[i]
    return True


def recreate(centre: Centre, current: Assignment, agents: list[int], *, rng: np.random.Generator) -> Assignment:
    """A copy in which the agents were all taken out and placed again one after the other."""
    result = current.copy()
    for table in (result.shape, result.queue, result.pause):
        table[agents] = -1
    standing = cover(result, centre.shapes, queues=len(centre.required))
    for agent in agents:
        if not respond(centre, result, agent, standing=standing, seed=int(rng.integers(2**31))):
            for now, before in (
                (result.shape, current.shape),
                (result.queue, current.queue),
                (result.pause, current.pause),
            ):
                now[agent] = before[agent]
        only = np.zeros(result.shape.shape, dtype=bool)
        only[agent] = True
        standing += cover(result, centre.shapes, queues=len(centre.required), where=only)
    return result


def _best_use(
    centre: Centre, shape_of: np.ndarray, agent: int, standing: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(queue, break start or -1, EUR of shortage saved) of each shape, by the best queue and break."""
    shapes = centre.shapes
    present = 1 - centre.settings.shrinkage_pct / 100
    price = centre.settings.costs.understaffed_eur_per_agent_hour * centre.grid.interval_minutes / 60
    lack = np.maximum(centre.required - standing * present, 0)
    work = shapes.work[shape_of]
    queue_of = np.zeros(len(shape_of), dtype=np.int64)
    pause_of = np.full(len(shape_of), -1, dtype=np.int64)
    best = np.full(len(shape_of), -np.inf)
    for queue in centre.crew.queues[agent]:
        saved = np.minimum(lack[queue], present * work).sum(axis=1)
        for i, shape in enumerate(shape_of):
            gain, pause = saved[i], -1
            if shapes.breaks[shape]:
                losses = []
                for at in shapes.breaks[shape]:
                    intervals, share = shapes.break_share(at)
                    whole, left = present * work[i, intervals], present * (work[i, intervals] - share)
                    limit = lack[queue, intervals]
                    losses.append(float((np.minimum(limit, whole) - np.minimum(limit, left)).sum()))
                least = int(np.argmin(losses))
                gain, pause = gain - losses[least], shapes.breaks[shape][least]
            if gain > best[i]:
                best[i], queue_of[i], pause_of[i] = gain, queue, pause
    return queue_of, pause_of, best * price
