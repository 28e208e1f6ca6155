"""What one more hour of each rep-day would bring, in euros of plan value.

The price is found by solving, not read off a dual: the dual of "one route a rep-day" says what a whole day is worth,
not what its last hour is. Each working rep-day is searched alone twice with the same steps, once as it is and once with
its end 60 minutes later, over its own visits and those on no route; every other rep-day stays as it is. Where there is
overtime its latest end moves too: the hour more costs nothing. The price is the difference of the two values. So it
counts nothing that other rep-days could hand over, and it is what the plan would gain at least if the whole were
searched again.
"""

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from scenarios.schema import Effort
from solvers.routing.pool.day import Day, longer, make_day, prize_eur
from solvers.routing.pool.polish import polish
from solvers.routing.problem import SPAN_SECONDS, RoutingProblem
from solvers.types import no_hour_prices

MORE_SECONDS = 3600
"""How much longer the shift is."""
STEPS: dict[Effort, int] = {"quick": 15, "normal": 40, "thorough": 400}
"""Steps of each of the two searches of a rep-day."""
MOST_WAITING = 30
"""Visits on no route that are tried on a rep-day: those with the most prize left after their drive, a minute."""
BASIS = "its day searched again with the end 60 minutes later, other days unchanged"


def hour_prices(
    problem: RoutingProblem,
    orders: Sequence[Sequence[int]],
    *,
    effort: Effort,
    seed: int,
    shifts: Collection[int] | None = None,
) -> pd.DataFrame:
    """`Routes.hour_prices` of a finished plan.

    Args:
        orders: task indices of each shift in order, as every engine returns them; () is allowed for a day off.
        seed: of the two searches of each rep-day; both draw the same numbers.
        shifts: those that are asked for; all unless given.

    Returns:
        rep_id, day, price_eur_per_hour, basis: one row for each shift asked for. A shift that ends less than an
        hour before midnight, overtime included, is made longer until midnight.
    """
    if not problem.shifts:
        return no_hour_prices()
    planned = {i for order in orders for i in order}
    waiting: dict[int, list[int]] = {s: [] for s in range(len(problem.shifts))}
    for index, task in enumerate(problem.tasks):
        if index not in planned and task.kind == "visit":
            for shift in task.shifts:
                waiting[shift].append(index)
    across = sum(s in problem.tasks[i].border for s, order in enumerate(orders) for i in order)
    left = problem.borders.most_visits - across if problem.borders else 0
    rows = []
    for shift in range(len(problem.shifts)) if shifts is None else sorted(shifts):
        row = problem.shifts[shift]
        order = tuple(orders[shift]) if len(orders) else ()
        day = make_day(problem, shift, [*order, *_worth_a_try(problem, shift, waiting[shift], left)])
        seconds = max(0, min(MORE_SECONDS, SPAN_SECONDS - row.latest_end_seconds))
        required = np.array([problem.tasks[i].required and i in planned for i in day.tasks], bool)
        price = _gain_eur(day, len(order), required, seconds, steps=STEPS[effort], seed=seed)
        rows.append((row.rep_id, row.day, price, BASIS))
    return pd.DataFrame(rows, columns=list(no_hour_prices().columns)).astype(no_hour_prices().dtypes.to_dict())


def _gain_eur(day: Day, planned: int, required: np.ndarray, seconds: int, *, steps: int, seed: int) -> float:
    """Value of the longer day less that of the day as it is; the first `planned` tasks are its order."""
    bonus = 1.0 + abs(day.prize).sum() + day.eur.max(initial=0.0) * (len(day.tasks) + 1)
    worth = day.prize + np.where(required, bonus, 0.0)
    value, order = polish(day, tuple(range(planned)), worth_eur=worth, steps=steps, seed=seed)
    more, _ = polish(longer(day, seconds), order, worth_eur=worth, steps=steps, seed=seed)
    return max(0.0, round(more - value, 6))


def _worth_a_try(problem: RoutingProblem, shift: int, waiting: list[int], border_visits: int) -> list[int]:
    """The most promising visits on no route, best first; across borders no more than the plan may still make."""
    home = problem.shifts[shift].start_place
    keys = []
    for index in waiting:
        task = problem.tasks[index]
        drive, km = problem.seconds[home, task.place], problem.km[home, task.place]
        left = prize_eur(problem, shift, index) - problem.travel_eur_per_km * float(km)
        keys.append((-left / (60.0 + task.service_seconds + 0.5 * float(drive)), index))
    ranked = [index for _, index in sorted(keys)]
    across = [index for index in ranked if shift in problem.tasks[index].border]
    barred = set(across[max(0, border_visits) :])
    return [index for index in ranked if index not in barred][:MOST_WAITING]
