"""A plan that meets a new fact (a rep is ill, a visit is urgent, a shift is shorter) with few changes.

Days before `frozen_until` are driven: they stay as they are. What the new facts make impossible is forced: such a
visit is taken out, and may be made elsewhere if that pays; neither counts. Every other visit that moves to another rep
or day, is dropped, or is added counts as one change, and never more of them are made than the budget allows. A new time
on the same rep-day is no change; a rep-day whose visits stay keeps their order too, so nobody waits at a new hour for
a few metres less.

The path of plans does not depend on the budget, only how far it is walked: from level to level a few more visits are
set free, all others are held on their rep-day, and ruin and recreate starts from the plan before. Which ones is tried
in two ways: first visits that would make room for a dearer one without a place, then the least valuable of the plan and
the most valuable that wait. So the value never falls with the budget.

Border visits on driven days count against their budget; as many as people hold may stay. Even weeks are a matter of
the whole week's plan: they are not asked for here, because making weeks even would cost changes.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

import pandas as pd

from scenarios.schema import Effort
from solvers.brake import Brake, Stop, never
from solvers.outcome import conclude
from solvers.routing.arrays import make_arrays
from solvers.routing.hours import hour_prices
from solvers.routing.improve import improve, make_state, read_orders
from solvers.routing.pool.day import prize_eur
from solvers.routing.problem import RoutingProblem, Task
from solvers.routing.reasons import unserved_table
from solvers.routing.scale.part import Part, cut, value_eur
from solvers.routing.tables import plan_value_eur, shifts_table, stops_table
from solvers.routing.visits import UNSERVED
from solvers.types import Routes

STEPS: dict[Effort, int] = {"quick": 300, "normal": 1000, "thorough": 5000}
"""Steps of each level."""
LATE = ("no_window_fits", "the days on which it could have been made are over")
"""Why a visit is on no route of the open days."""
LEVEL_GROWTH = 1.6
"""Each level allows about so many times the changes of the one before."""

Sequences = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Replanned:
    """routes: the plan. changes: those that count. forced: visits that could not stay. curve: changes, changed_pct (of
    the visits that were planned and are not driven yet), value_eur: what each level reached, never falling."""

    routes: Routes
    changes: int
    forced: tuple[str, ...]
    curve: pd.DataFrame


def replan_with_curve(
    problem: RoutingProblem,
    current: Routes,
    *,
    frozen_until: pd.Timestamp,
    max_changed_visits_pct: float,
    effort: Effort = "normal",
    seed: int = 0,
    time_limit_seconds: float = math.inf,
    stop: Stop = never,
) -> Replanned:
    """The best plan found within the budget of changes.

    Args:
        problem: as it is now: without the rep-days that are gone, with new visits and appointments.
        current: the plan that people hold.
        frozen_until: rep-days before this day stay row by row.
        max_changed_visits_pct: changes that count, in percent of the planned visits not driven yet; rounded down.
        time_limit_seconds: emergency brake. stop: asked between steps whether to end with the best so far.

    Returns:
        `Replanned`. With budget 0 and nothing forced or impossible, `routes` is `current` itself.

    Raises:
        NoLegalPlan: appointments, or pins that do not fit together any more.
    """
    began = time.perf_counter()
    brake = Brake(began + time_limit_seconds, stop)
    base = _Base.of(problem, current, frozen_until)
    planned = sum(map(len, base.held)) + len(base.forced)
    budget = math.floor(planned * max_changed_visits_pct / 100 + 1e-9)
    best, curve, braked = base.held, [(0, _value(base, base.held))], False
    if base.forced or budget:
        levels = list(_levels(base, budget, STEPS[effort], seed, brake))
        curve += [(allowed, _value(base, plan)) for allowed, plan, _ in levels]
        _, best, braked = levels[-1]
    table = pd.DataFrame(curve, columns=["changes", "value_eur"]).drop_duplicates("changes", keep="last")
    table.insert(1, "changed_pct", 100 * table["changes"] / max(1, planned))
    if best == base.held and not base.forced and not base.gone:
        return Replanned(current, 0, (), table.reset_index(drop=True))
    seconds = time.perf_counter() - began
    routes = _routes(
        base, problem, current, best, frozen_until, effort=effort, seed=seed, seconds=seconds, braked=braked
    )
    forced = tuple(sorted(base.problem.tasks[i].customer_id for i in base.forced) + list(base.gone))
    return Replanned(routes, changes_between(base.held, best, base.forced), forced, table.reset_index(drop=True))


def changes_between(held: Sequence[Sequence[int]], plan: Sequence[Sequence[int]], forced: frozenset[int]) -> int:
    """Visits on another rep-day than before, dropped or added; forced ones are not counted."""
    was = {i: shift for shift, order in enumerate(held) for i in order}
    now = {i: shift for shift, order in enumerate(plan) for i in order}
    return sum(was.get(i) != now.get(i) for i in {*was, *now} - forced)


@dataclass(frozen=True)
class _Base:
    """The open part of the problem: rep-days from `frozen_until` on, visits not driven. held: the current orders as far
    as they can stay; forced: tasks that could not stay, and required ones that were not planned; gone: customers with a
    planned visit that the problem does not ask for any more; worth_eur: of rep-days by shift and order, as met."""

    problem: RoutingProblem
    held: Sequences
    forced: frozenset[int]
    gone: tuple[str, ...]
    late: pd.DataFrame
    worth_eur: dict[tuple[int, tuple[int, ...]], float] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: RoutingProblem, current: Routes, frozen_until: pd.Timestamp) -> "_Base":
        open_shifts = tuple(s for s, row in enumerate(problem.shifts) if row.day >= frozen_until)
        orders, driven, homeless, gone = _read(problem, current, frozen_until)
        left = [i for i, t in enumerate(problem.tasks) if i not in driven and not set(open_shifts).isdisjoint(t.shifts)]
        over = [t for i, t in enumerate(problem.tasks) if i not in driven and i not in set(left) and t.kind == "visit"]
        late = pd.DataFrame([(t.customer_id, t.owner_rep_id, *LATE, t.prize_eur) for t in over], columns=UNSERVED)
        part = cut(
            _with_borders_held(problem, current), shifts=open_shifts, tasks=left, orders=orders, travel=None, steps=0,
            seed=0, border_visits_elsewhere=int(current.stops.loc[current.stops["day"] < frozen_until, "border"].sum()),
        )  # fmt: skip
        number = {task: k for k, task in enumerate(part.tasks)}
        arrays = make_arrays(part.problem)
        held = read_orders(make_state(part.problem, arrays, part.start))
        stays = {i for order in held for i in order}
        asked = {i for order in part.start for i in order}
        new = {k for k, t in enumerate(part.problem.tasks) if t.required and k not in stays}
        forced = frozenset((asked - stays) | {number[i] for i in homeless if i in number} | new)
        return cls(part.problem, held, forced, gone, late)


def _read(
    problem: RoutingProblem, current: Routes, frozen_until: pd.Timestamp
) -> tuple[dict[int, tuple[int, ...]], set[int], set[int], tuple[str, ...]]:
    """(orders of open rep-days, tasks that are driven, tasks whose rep-day is gone, customers no longer asked for)."""
    shift_of = {(row.rep_id, row.day): s for s, row in enumerate(problem.shifts)}
    left: dict[tuple[str, str], list[int]] = {}
    for index, task in enumerate(problem.tasks):
        left.setdefault((task.kind, task.customer_id), []).append(index)
    orders: dict[int, tuple[int, ...]] = {}
    driven: set[int] = set()
    homeless: set[int] = set()
    gone: list[str] = []
    rows = current.stops[current.stops["kind"].isin(["visit", "appointment"])]
    columns = (rows[c] for c in ("rep_id", "day", "kind", "customer_id"))
    for rep, day, kind, customer in zip(*columns, strict=True):
        shift = shift_of.get((rep, day), -1)
        same = left.get((kind, customer), [])
        fitting = [i for i in same if shift in problem.tasks[i].shifts] or (same if kind == "visit" else [])
        if not fitting:
            gone += [customer] if day >= frozen_until and kind == "visit" else []
            continue
        found = fitting[0]
        same.remove(found)
        if day < frozen_until:
            driven.add(found)
        elif shift in problem.tasks[found].shifts:
            orders[shift] = (*orders.get(shift, ()), found)
        else:
            homeless.add(found)
    return orders, driven, homeless, tuple(sorted(gone))


def _with_borders_held(problem: RoutingProblem, current: Routes) -> RoutingProblem:
    """The problem with room for all border visits that people hold, should a smaller week allow fewer."""
    if problem.borders is None:
        return problem
    most = max(problem.borders.most_visits, int(current.stops["border"].sum()))
    return replace(problem, borders=replace(problem.borders, most_visits=most))


def _levels(base: _Base, budget: int, steps: int, seed: int, brake: Brake) -> Iterator[tuple[int, Sequences, bool]]:
    """(changes allowed, plan, whether the brake was pulled), level by level up to the budget."""
    plan, allowed = base.held, 0
    while True:
        braked = False
        for picked in (_exchanged, _picked) if allowed else (_picked,):
            plan, pulled = _search(base, plan, allowed, picked, steps, seed, brake)
            braked |= pulled
        yield allowed, plan, braked
        following = max(allowed + 1, math.ceil(LEVEL_GROWTH * allowed))
        if following > budget or braked:
            return
        allowed = following


def _search(
    base: _Base, plan: Sequences, allowed: int, picked: "Picked", steps: int, seed: int, brake: Brake
) -> tuple[Sequences, bool]:
    """A plan at least as good as `plan` with at most `allowed` changes: all visits but a few are held."""
    home = {i: shift for shift, order in enumerate(base.held) for i in order}
    now = {i: shift for shift, order in enumerate(plan) for i in order}
    changed = {i for i in {*home, *now} - base.forced if home.get(i) != now.get(i)}
    free = changed | picked(base, plan, allowed - len(changed), changed)
    part = _loosened(base, plan, free | base.forced, now)
    if part is None:
        return plan, brake.pulled()
    arrays = make_arrays(part.problem)
    state = make_state(part.problem, arrays, part.start)
    orders, braked = improve(part.problem, arrays, state, steps=steps, seed=seed + allowed, brake=brake)
    days = {s: tuple(part.tasks[k] for k in order) for s, order in zip(part.shifts, orders, strict=True)}
    found = tuple(
        old if set(old) == set(days.get(s, plan[s])) else days.get(s, plan[s]) for s, old in enumerate(base.held)
    )
    legal = changes_between(base.held, found, base.forced) <= allowed
    better = _rank(base, found) > _rank(base, plan)
    return (found if legal and better else plan), braked


def _rank(base: _Base, plan: Sequences) -> tuple[int, float]:
    """Required visits made, then euros."""
    return sum(base.problem.tasks[i].required for order in plan for i in order), _value(base, plan) - 1e-9


def _loosened(base: _Base, plan: Sequences, loose: Set[int], now: Mapping[int, int]) -> Part | None:
    """The rep-days that `loose` visits are on or may go to, all other visits held where they are; None: there are none.

    now: rep-day of each planned visit.
    """
    tasks = base.problem.tasks
    touched = sorted({s for i in loose for s in (*tasks[i].shifts, *([now[i]] if i in now else []))})
    if not touched:
        return None
    kept = [
        task if i in loose or task.kind == "appointment" or i not in now
        else _held(task, now[i])
        for i, task in enumerate(tasks)
    ]  # fmt: skip
    there = {s: plan[s] for s in touched}
    booked = [i for i, t in enumerate(tasks) if t.kind == "appointment" and t.shifts[0] in there]
    elsewhere = sum(s in tasks[i].border for i, s in now.items() if s not in there)
    return cut(
        replace(base.problem, tasks=tuple(kept)), shifts=touched, tasks=[*loose, *booked], orders=there, travel=None,
        steps=0, seed=0, border_visits_elsewhere=elsewhere,
    )  # fmt: skip


def _held(task: Task, shift: int) -> Task:
    """The task, to be done on this rep-day alone."""
    return replace(
        task,
        shifts=(shift,),
        required=True,
        waited_eur=(task.prize_eur - task.prize_on(shift),) if task.waited_eur else (),
        border=(shift,) if shift in task.border else (),
    )


Picked = Callable[["_Base", Sequences, int, set[int]], set[int]]
"""Which visits to set free: at most so many beyond those that changed already."""


def _exchanged(base: _Base, plan: Sequences, count: int, changed: set[int]) -> set[int]:
    """Visits that would make room for a dearer one: for each visit on no route, the dearest first, the cheapest ones of
    one rep-day that take as long together, where they bring less."""
    problem, free = base.problem, set[int]()
    inside = {i for order in plan for i in order}
    waiting = sorted((-t.prize_eur, i) for i, t in enumerate(problem.tasks) if i not in inside and t.kind == "visit")
    cheapest = {shift: _least_first(base, plan, shift, changed) for shift in range(len(plan))}
    for _, index in waiting:
        task, own = problem.tasks[index], index not in base.forced and index not in changed
        offers = []
        for shift in task.shifts:
            room, loss, taken = 0, 0.0, []
            for other in (i for i in cheapest[shift] if i not in free):
                if room >= task.service_seconds:
                    break
                taken.append(other)
                room += problem.tasks[other].service_seconds
                loss += prize_eur(problem, shift, other)
            if room >= task.service_seconds and loss < prize_eur(problem, shift, index):
                offers.append((loss, shift, taken))
        if offers:
            _, _, taken = min(offers)
            if len(free) + len(taken) + own <= count:
                free |= {*taken, *([index] if own else [])}
    return free | _picked(base, plan, count - len(free), changed | free)


def _least_first(base: _Base, plan: Sequences, shift: int, changed: set[int]) -> list[int]:
    """Visits of a rep-day that may be set free, least first by what they bring a minute."""
    problem, order = base.problem, plan[shift]
    worth = [
        (_euros_a_second(problem, shift, order, k), i)
        for k, i in enumerate(order)
        if i not in base.forced
        and i not in changed
        and problem.tasks[i].kind == "visit"
        and not problem.tasks[i].required
    ]
    return [i for _, i in sorted(worth)]


def _picked(base: _Base, plan: Sequences, count: int, changed: set[int]) -> set[int]:
    """By turns a visit that waits, the most prize a minute first, and one that the plan makes, least first by what it
    brings a minute, its detour counted."""
    problem = base.problem
    inside = {i for order in plan for i in order}
    waiting = [
        (-task.prize_eur / (60 + task.service_seconds), i)
        for i, task in enumerate(problem.tasks)
        if i not in inside and i not in base.forced and i not in changed and task.kind == "visit"
    ]
    making = [
        (_euros_a_second(problem, shift, order, k), i)
        for shift, order in enumerate(plan)
        for k, i in enumerate(order)
        if i not in base.forced and i not in changed and problem.tasks[i].kind == "visit" and not problem.tasks[i].pin
    ]
    first, second = [i for _, i in sorted(waiting)], [i for _, i in sorted(making)]
    turns = [i for pair in zip(first, second, strict=False) for i in pair]
    rest = first[len(second) :] + second[len(first) :]
    return set((turns + rest)[: max(0, count)])


def _euros_a_second(problem: RoutingProblem, shift: int, order: tuple[int, ...], k: int) -> float:
    """What a visit of a rep-day brings, for each second that leaving it out would save."""
    row = problem.shifts[shift]
    path = [row.start_place, *(problem.tasks[i].place for i in order), row.end_place]
    a, b, c = (place if place >= 0 else row.start_place for place in path[k : k + 3])
    seconds = float(problem.seconds[a, b] + problem.seconds[b, c] - problem.seconds[a, c])
    km = float(problem.km[a, b] + problem.km[b, c] - problem.km[a, c])
    brings = prize_eur(problem, shift, order[k]) - problem.travel_eur_per_km * km
    return brings / max(60.0, problem.tasks[order[k]].service_seconds + seconds)


def _value(base: _Base, plan: Sequences) -> float:
    """Euros of a plan of the open days; what a rep-day is worth is worked out once for each order met."""
    for day in enumerate(plan):
        if day not in base.worth_eur:
            base.worth_eur[day] = value_eur(base.problem, *day)
    return float(sum(base.worth_eur[day] for day in enumerate(plan)))


def _routes(
    base: _Base,
    problem: RoutingProblem,
    current: Routes,
    plan: Sequences,
    frozen_until: pd.Timestamp,
    *,
    effort: Effort,
    seed: int,
    seconds: float,
    braked: bool,
) -> Routes:
    """The tables: rows of driven days are those of the current plan."""
    arrays = make_arrays(base.problem)
    fresh, driven = stops_table(base.problem, arrays, plan), current.stops[current.stops["day"] < frozen_until]
    stops = pd.concat([part for part in (driven, fresh) if len(part)] or [fresh], ignore_index=True)
    stops = stops.sort_values(["rep_id", "day", "position"], kind="stable", ignore_index=True)
    refused = pd.concat([each for each in (problem.refused, base.late) if len(each)] or [problem.refused])
    unserved = unserved_table(replace(base.problem, refused=refused), arrays, plan)
    shifts = shifts_table(problem, stops)
    outcome = conclude(
        stage="routing", value=plan_value_eur(problem, shifts), bound=None, unit="EUR", maximise=True,
        method="re-planned from the plan in hand", seconds=seconds, brake_hit=braked, notes=problem.notes,
    )  # fmt: skip
    days = [(row.rep_id, row.day) for row in base.problem.shifts]
    again = [s for s, order in enumerate(plan) if order != base.held[s] or days[s] not in _priced(current)]
    prices = hour_prices(base.problem, plan, effort=effort, seed=seed, shifts=again)
    old = current.hour_prices
    stay = old[[key in set(days) - {days[s] for s in again} for key in _priced(current)]]
    prices = pd.concat([part for part in (stay, prices) if len(part)] or [prices], ignore_index=True)
    prices = prices.sort_values(["rep_id", "day"], ignore_index=True)
    return Routes(stops, shifts, unserved, outcome, prices)


def _priced(current: Routes) -> list[tuple[str, pd.Timestamp]]:
    """The rep-days of the plan in hand that have a price of an hour."""
    return list(zip(current.hour_prices["rep_id"], current.hour_prices["day"], strict=True))
