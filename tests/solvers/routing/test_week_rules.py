"""Overtime, borders, waiting, even weeks, paces: the search against lines that share nothing with it."""

import itertools
import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from solvers.routing import compiled
from solvers.routing.arrays import ROOM, in_euros, make_arrays
from solvers.routing.compiled import fits
from solvers.routing.improve import copied, make_state, read_orders
from solvers.routing.problem import Borders, EvenWeeks
from solvers.routing.scratch import make_memory, make_met, make_work

RUSH = ((0, 1.0), (9 * 3600, 2.0), (10 * 3600, 0.5), (13 * 3600, 1.0))


def reached(problem, shift, departure, place, to):
    """Second method: band after band, in fractions of a second."""
    drive, pace = int(problem.seconds[place, to]), problem.shifts[shift].pace or ((0, 1.0),)
    if drive == 0:
        return departure
    parking = problem.parking_seconds if problem.places.parks[to] else 0
    left, now = drive - parking, float(departure)
    for (_, factor), end in zip(pace, [at for at, _ in pace[1:]] + [math.inf], strict=True):
        if now < end:
            part = min(left, (end - now) / factor)
            now, left = now + part * factor, left - part
    return math.ceil(now - 1e-6) + parking


def earliest_end(problem, shift, order):
    """When the day ends at the earliest, inf if it cannot be kept: lunch tried after each event."""
    day, ends_at = problem.shifts[shift], [math.inf]
    for lunch_after in range(len(order) + 1) if day.lunch_seconds else (-1,):
        place, now, alive = day.start_place, day.start_seconds, True
        for position in range(len(order) + 1):
            if position == lunch_after:
                now = max(now, day.lunch_from_seconds) + day.lunch_seconds
                alive &= now <= day.lunch_to_seconds
            if position < len(order):
                task = problem.tasks[order[position]]
                to = place if task.place < 0 else task.place
                now = reached(problem, shift, now, place, to)
                ends = [max(now, a) + task.service_seconds for a, b in task.windows]
                ends = [e for e, (_, b) in zip(ends, task.windows, strict=True) if e <= b]
                alive &= bool(ends)
                place, now = to, min(ends, default=0)
        if alive:
            ends_at.append(reached(problem, shift, now, place, day.end_place))
    end = min(ends_at)
    return end if end <= day.end_seconds + day.overtime_seconds else math.inf


def objective(problem, orders):
    """Value less what work beyond the shares costs."""
    value, work, away = 0.0, Counter(), 0
    for shift, order in enumerate(orders):
        if not order:
            continue
        day = problem.shifts[shift]
        stops = [problem.tasks[i].place for i in order if problem.tasks[i].place >= 0]
        drives = list(itertools.pairwise([day.start_place, *stops, day.end_place]))
        end = earliest_end(problem, shift, order)
        assert math.isfinite(end)
        value -= problem.travel_eur_per_km * sum(problem.km[a, b] for a, b in drives)
        value -= max(0, end - day.end_seconds) / 3600 * day.overtime_eur_per_hour
        work[day.rep_id] += sum(problem.seconds[a, b] for a, b in drives)
        for i in order:
            task = problem.tasks[i]
            work[day.rep_id] += task.service_seconds
            value += task.prize_eur - dict(zip(task.shifts, task.waited_eur, strict=False)).get(shift, 0.0)
            if shift in task.border:
                away += 1
                value -= problem.borders.eur_per_visit
    if problem.borders:
        assert away <= problem.borders.most_visits
    if problem.even:
        over = sum(max(0, work[rep] - share) for rep, share in problem.even.share_seconds.items())
        value -= problem.even.eur_per_hour * over / 3600
    return value


def rich(world, seed, *, lunch=True):
    """Three reps, two short days, a crowd of visits; every rule is on."""
    rng = np.random.default_rng(seed)
    week = world(days=2, lunch=(30, "11:00-13:00") if lunch else None)
    for rep, home in (("R1", (0, 0)), ("R2", (9, 9)), ("R3", (9, 0))):
        week.rep(rep, shift="9:00-13:00", home=home)
    for k in range(22):
        begin = 9 + k % 3
        windows = (f"{begin}:00-{begin}:50", f"11:{k:02d}-13:{k + 10:02d}") if k % 3 == 0 else ()
        reps = [("R1",), ("R2",), ("R3",), ("R1", "R2"), ("R2", "R3")][k % 5]
        week.customer(f"C{k}", *rng.integers(-3, 12, 2), prize=10 + k, minutes=25 + k, windows=windows, reps=reps)
    week.appointment("R1", "10:00", "10:20")
    plain = week.problem()
    tasks = []
    for task in plain.tasks:
        if task.kind == "visit":
            mine = {plain.shifts[s].rep_id for s in task.shifts}
            far = () if len(mine) == 1 else tuple(s for s in task.shifts if plain.shifts[s].rep_id == max(mine))
            waited = tuple(0.1 * task.prize_eur * (s % 2) for s in task.shifts)
            task = replace(task, border=far, waited_eur=waited)
        tasks.append(task)
    rows = tuple(
        replace(row, overtime_seconds=2700, overtime_eur_per_hour=24.0, pace=RUSH if row.rep_id != "R3" else ())
        for row in plain.shifts
    )
    return replace(
        plain,
        tasks=tuple(tasks),
        shifts=rows,
        parking_seconds=60,
        seconds=np.where(plain.seconds > 0, plain.seconds + 60 * plain.places.parks[None, :], 0),
        borders=Borders(3, 1.5),
        even=EvenWeeks(30.0, {"R1": 9_000.0, "R2": 12_000.0, "R3": 15_000.0}),
    )


def searched(problem, steps, seed):
    arrays, rng = in_euros(make_arrays(problem)), np.random.default_rng(seed)
    arrays = arrays._replace(gain_eur=np.array([task.prize_eur for task in problem.tasks]))  # no bonus for required
    state = make_state(problem, arrays, ())
    memory, work, met = make_memory(arrays), make_work(arrays), make_met(arrays, state.order.shape[1], rows=0)
    compiled.fill(arrays, state, memory, work, rng)
    kept, best = copied(state), copied(state)
    values = np.full(2, state.value.sum() - compiled.uneven_eur(arrays, state))
    filled = float(values[0])
    compiled.search(arrays, state, kept, best, memory, work, met, values, np.geomspace(3.0, 0.02, steps), rng)
    return arrays, state, best, values, filled


@pytest.mark.parametrize("seed", range(4))
def test_the_search_counts_what_a_plan_is_worth(world, seed):
    """Its running value is that of its orders by the second method, at the end as after hundreds of undone steps."""
    problem = rich(world, seed, lunch=seed % 2 == 0)
    arrays, state, best, values, filled = searched(problem, 1500, seed)
    assert values[0] == pytest.approx(objective(problem, read_orders(state)), abs=1e-6)
    assert values[1] == pytest.approx(objective(problem, read_orders(best)), abs=1e-6)
    assert values[1] > filled
    fresh = make_state(problem, arrays, read_orders(state))
    assert fresh.counts[ROOM] == state.counts[ROOM]
    assert fresh.work.tolist() == state.work.tolist()
    assert fresh.overtime.tolist() == pytest.approx(state.overtime.tolist())
    assert best.overtime.sum() > 0 or best.counts[ROOM] < problem.borders.most_visits  # rules are there for something


@pytest.mark.parametrize("seed", [1, 2])
def test_insertions_are_legal_where_the_second_method_says_so(world, seed):
    problem = rich(world, seed)
    arrays, state, _, _, _ = searched(problem, 200, seed)
    verdicts = set()
    for task in np.flatnonzero(state.shift_of < 0):
        for shift in problem.tasks[task].shifts:
            order = list(read_orders(state)[shift])
            for position in range(len(order) + 1):
                trial = (*order[:position], int(task), *order[position:])
                legal = math.isfinite(earliest_end(problem, shift, trial))
                assert bool(fits(arrays, state, shift, position, task)) == legal
                verdicts.add(legal)
    assert verdicts == {True, False}


def test_a_plan_with_more_border_visits_than_allowed_loses_some(world):
    problem = rich(world, 0)
    borders = [i for i, task in enumerate(problem.tasks) if task.border]
    orders = [()] * len(problem.shifts)
    for shift in range(len(problem.shifts)):
        mine = [i for i in borders if shift in problem.tasks[i].border][:3]
        orders[shift] = tuple(i for i in mine if not any(i in order for order in orders))
    assert sum(map(len, orders)) > 3
    state = make_state(problem, make_arrays(problem), orders)
    assert state.counts[ROOM] >= 0
    kept = [i for order in read_orders(state) for i in order if problem.tasks[i].kind == "visit"]
    assert len(kept) <= 3


def test_an_hour_more_is_worked_where_it_pays(world):
    """Shift 9 to 10, a visit of 50 minutes an hour's drive away: 110 minutes of overtime at 6 euros an hour are 11."""
    for prize, planned in ((133.0, 1), (130.0, 0)):
        problem = world().rep("R1", shift="9:00-10:00").customer("A", 60, 0, prize=prize, minutes=50).problem()
        row = replace(problem.shifts[0], overtime_seconds=7200, overtime_eur_per_hour=6.0)
        problem = replace(problem, shifts=(row,))
        arrays = in_euros(make_arrays(problem))
        state = make_state(problem, arrays, ())
        compiled.fill(arrays, state, make_memory(arrays), make_work(arrays), np.random.default_rng(0))
        assert state.length[0] == planned  # 120 km at 1 euro and 11 euros of overtime: 131 in all
