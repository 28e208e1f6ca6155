import itertools
import math
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.errors import UsageError
from solvers.brake import Brake
from solvers.routing.arrays import make_arrays
from solvers.routing.bound import upper_bound_eur
from solvers.routing.improve import make_state
from solvers.routing.problem import Borders, EvenWeeks, RoutingProblem, Shift, Task
from solvers.routing.scale import is_large, large_orders, solve
from solvers.routing.scale.bound import quick_bound_eur
from solvers.routing.scale.candidates import best_prizes, choose
from solvers.routing.scale.part import cut, solve_part, value_eur
from solvers.routing.scale.weeks import neighbour_pairs
from solvers.travel import Haversine, Places

MONDAY = pd.Timestamp("2024-03-04")
DRIVE = Haversine(speed_kmh=30.0, detour_factor=1.3, parking_minutes=2.0)


def field(customers=60, reps=4, days=2, *, eur_per_km=0.1, seed=5, matrix=True) -> RoutingProblem:
    """A field around 41 N, 2 E; each customer is open to the two nearest reps."""
    rng = np.random.default_rng(seed)
    latitude, longitude = 41 + 0.2 * rng.random(customers + reps), 2 + 0.2 * rng.random(customers + reps)
    places = Places(np.array([f"P{i}" for i in range(customers + reps)], object), latitude, longitude,
                    np.arange(customers + reps) < customers)  # fmt: skip
    shifts = tuple(
        Shift(f"R{r}", MONDAY + pd.Timedelta(days=d), 32400, 50400, customers + r, customers + r, 0, 0, 0)
        for r in range(reps)
        for d in range(days)
    )
    tasks = []
    for i in range(customers):
        away = (latitude[customers:] - latitude[i]) ** 2 + (longitude[customers:] - longitude[i]) ** 2
        near = sorted(np.argsort(away)[:2].tolist())
        open_to = tuple(s for s, shift in enumerate(shifts) if int(shift.rep_id[1:]) in near)
        windows = ((32400, 50400),) if rng.random() < 0.7 else ((36000, 43200),)
        prize = float(rng.integers(10, 90))
        tasks.append(Task("visit", f"C{i}", "", i, 2700, windows, prize, False, "", open_to))
    seconds, km = DRIVE.matrix(places, places)
    none = pd.DataFrame(columns=["rep_id", "day"])
    problem = RoutingProblem(tuple(tasks), shifts, places, seconds, km, eur_per_km, none, none)
    return problem if matrix else replace(problem, seconds=seconds[:0, :0], km=km[:0, :0])


def check(problem, sequences, value):
    """Every visit at most once, on a shift that may have it, timed; the value is that of the visits and drives."""
    full = replace(problem, **dict(zip(("seconds", "km"), DRIVE.matrix(problem.places, problem.places), strict=True)))
    made = list(itertools.chain(*sequences))
    assert len(made) == len(set(made))
    assert make_state(full, make_arrays(full), sequences).length.tolist() == [len(order) for order in sequences]
    total = 0.0
    for shift, order in zip(full.shifts, sequences, strict=True):
        path = [shift.start_place, *(full.tasks[i].place for i in order), shift.end_place]
        total += sum(full.tasks[i].prize_eur for i in order)
        total -= full.travel_eur_per_km * sum(float(full.km[a, b]) for a, b in itertools.pairwise(path)) * bool(order)
    assert value == pytest.approx(total)


def test_a_plan_without_a_full_matrix_is_the_plan_with_one():
    """Drives computed for each part from coordinates give the same plan as those cut from a matrix; borders only gain;
    the value lies below the bound."""
    with_matrix, without = field(), field(matrix=False)
    plan, lazy = solve(with_matrix, seed=3), solve(without, travel=DRIVE, seed=3)
    assert plan.sequences == lazy.sequences
    assert plan.value_eur == pytest.approx(lazy.value_eur)
    assert plan.weeks_eur <= plan.value_eur <= plan.bound_eur
    check(without, lazy.sequences, lazy.value_eur)


def test_the_borders_pay():
    """Rep R0 has nothing near and four hours; R1's candidates do not fit R1's day: a visit open to both moves."""
    problem = field(customers=30, reps=2, days=1, seed=8)
    plan = solve(problem, seed=1)
    assert plan.value_eur > plan.weeks_eur or sum(map(len, plan.sequences)) == len(problem.tasks)
    check(problem, plan.sequences, plan.value_eur)


class DiesOnce(Executor):
    """Its worker dies at the third part, and at the sixth it takes no more."""

    def __init__(self):
        self.seen = 0

    def submit(self, fn, /, *args, **kwargs):
        self.seen += 1
        future: Future = Future()
        if self.seen > 5:
            raise BrokenProcessPool("no more work")
        if self.seen == 3:
            future.set_exception(BrokenProcessPool("worker gone"))
        else:
            future.set_result(fn(*args, **kwargs))
        return future


def test_any_executor_and_a_worker_that_dies_give_the_same_plan():
    """Here, two threads, and an executor that loses a part: the same orders and value."""
    problem = field(customers=40, reps=3)
    alone = solve(problem, seed=2, effort="quick")
    with ThreadPoolExecutor(2) as threads:
        assert solve(problem, executor=threads, seed=2, effort="quick") == alone
    assert solve(problem, executor=DiesOnce(), seed=2, effort="quick") == alone


def test_each_visit_has_one_rep_and_required_ones_are_never_dropped(monkeypatch):
    """With room for five candidates a rep, five each are kept, required ones on top; the next best wait."""
    problem = field(customers=30, reps=2, days=1)
    tasks = tuple(replace(t, required=i < 8) for i, t in enumerate(problem.tasks))
    monkeypatch.setattr("solvers.routing.scale.candidates.MOST", 5)
    chosen = choose(replace(problem, tasks=tasks), travel=None)
    kept = list(itertools.chain(*chosen.tasks))
    assert len(kept) == len(set(kept))
    assert set(range(8)) <= set(kept)
    assert all(len(each) <= 8 for each in chosen.tasks)
    assert set(kept) | set(itertools.chain(*chosen.waiting)) == set(range(30))


def test_a_part_never_loses_what_it_began_with():
    """No steps: the part's orders are at least its start, and come back in the numbers of the whole."""
    problem = field(customers=12, reps=2, days=1)
    first = {0: tuple(i for i, t in enumerate(problem.tasks) if 0 in t.shifts)[:1]}
    done = solve_part(cut(problem, shifts=(0,), tasks=(), orders=first, travel=None, steps=0, seed=0))
    assert done.orders == first
    assert done.value_eur == done.start_eur


def test_pairs_are_neighbours_and_never_twice():
    """Six reps: in each round nobody twice, over three rounds no pair twice."""
    problem = field(customers=24, reps=6)
    rounds = neighbour_pairs(problem, choose(problem, travel=None), rounds=3, seed=1)
    for pairs in rounds:
        assert len(set(itertools.chain(*pairs))) == 2 * len(pairs)
    every = list(itertools.chain(*rounds))
    assert len(every) == len(set(every)) > 3


def test_the_quick_bound_by_hand_and_against_the_plan(world):
    """One day of 120 minutes at the door of two visits of 80: prices 80 and 40 give 80 + 40 x 40/80 = 100 (to 1 %);
    on a field it is never below the plan, nor much above the linear programme's."""
    week = world(eur_per_km=0.0).rep("R1", shift="10:00-12:00")
    problem = week.customer("A", 0, 0, prize=80, minutes=80).customer("B", 0, 0, prize=40, minutes=80).problem()
    assert 100 - 1e-6 <= quick_bound_eur(problem, travel=None) <= 101
    many = field(customers=40, reps=3)
    assert math.isclose(
        quick_bound_eur(many, travel=None), quick_bound_eur(field(customers=40, reps=3, matrix=False), travel=DRIVE),
        rel_tol=2e-3,
    )  # fmt: skip
    assert solve(many, effort="quick").value_eur <= quick_bound_eur(many, travel=None) <= 1.15 * upper_bound_eur(many)


def test_the_quick_bound_charges_half_of_each_drive(world):
    """A is 10 minutes (and euros) from home, B 12, 2 apart; 60 minutes of visit, 120 of shift, 10 of them half drives
    from and to home. A takes 60 + (2 + 10) / 2 = 66 minutes and brings 50 - 6 = 44, B 67 and 43: both do not fit, so
    44 + 43 x (110 - 66) / 67 = 72.24. A alone takes 70 minutes and brings 40; a shift of 79 minutes leaves it 69."""
    week = world().rep("R1", shift="9:00-11:00").customer("A", 10, 0, prize=50, minutes=60)
    assert quick_bound_eur(week.problem(), travel=None) == pytest.approx(40, abs=0.011)
    assert quick_bound_eur(week.customer("B", 12, 0, prize=50, minutes=60).problem(), travel=None) == pytest.approx(
        72.24, abs=0.2
    )
    short = world().rep("R1", shift="9:00-10:19").customer("A", 10, 0, prize=50, minutes=60)
    assert quick_bound_eur(short.problem(), travel=None) == 0.0


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_quick_bound_is_never_below_a_plan(seed):
    """Random fields of two reps: what a search finds is worth no more."""
    problem = field(customers=12, reps=2, seed=seed)
    assert solve(problem, effort="quick").value_eur <= quick_bound_eur(problem, travel=None)


def test_who_stops_keeps_the_best():
    """Stopped after the first rep's week: the others are filled greedily, no borders; legal, and said."""
    problem, asked = field(), iter([False])
    stopped = solve(problem, seed=3, effort="thorough", stop=lambda: next(asked, True))
    check(problem, stopped.sequences, stopped.value_eur)
    assert stopped.brake_hit
    assert stopped.value_eur == stopped.weeks_eur <= solve(problem, seed=3, effort="thorough").value_eur


def test_nothing_to_do():
    """No visits or no shifts: an empty plan worth 0."""
    problem = field(customers=4, reps=1, days=1)
    assert solve(replace(problem, tasks=())).sequences == ((),)
    assert solve(replace(problem, shifts=(), tasks=())).value_eur == 0.0
    assert quick_bound_eur(replace(problem, tasks=()), travel=None) == 0.0


def test_a_plan_run_solves_reps_apart_above_a_size(monkeypatch):
    """With the size set to 30 visits, `auto` solves 40 by reps, and one rep never; the orders are those of `solve`."""
    monkeypatch.setattr("solvers.routing.scale.orders.LARGE", 30)
    problem = field(customers=40, reps=3)
    assert is_large(problem)
    assert not is_large(field(customers=40, reps=1))
    assert not is_large(field(customers=20, reps=3))
    found = large_orders(problem, effort="quick", workers=1, seed=2, brake=Brake(math.inf))
    assert found.sequences == solve(problem, seed=2, effort="quick").sequences
    assert found.method == "rep-weeks apart, then borders between neighbours"


def test_soft_territories_and_even_weeks_are_planned_whole(monkeypatch):
    """However large: no rep's week says whether the plan keeps to its border visits, or is even."""
    monkeypatch.setattr("solvers.routing.scale.orders.LARGE", 30)
    problem = field(customers=40, reps=3)
    assert is_large(problem)
    soft, even = replace(problem, borders=Borders(3, 1.0)), replace(problem, even=EvenWeeks(9.0, {}))
    assert not any(map(is_large, (soft, even, replace(problem, balance_eur_per_hour=9.0))))
    for asked in (soft, even):
        with pytest.raises(UsageError, match="plan whole"):
            solve(asked)


def test_a_part_carries_what_waiting_overtime_pace_and_borders_say():
    """Shifts 2, 3 (R1) and 0 (R0), cut out as 0, 1 and 2: what waiting costs and what is across a border go with their
    rep-days; of five border visits two are made elsewhere; even weeks are not asked of a part."""
    problem = field(customers=12, reps=2)
    tasks = tuple(replace(t, waited_eur=(0.0, 1.0, 2.0, 3.0), border=(0, 1)) for t in problem.tasks)
    shifts = tuple(replace(s, overtime_seconds=600, pace=((0, 1.25),)) for s in problem.shifts)
    problem = replace(problem, tasks=tasks, shifts=shifts, borders=Borders(5, 1.0), even=EvenWeeks(9.0, {}),
                      parking_seconds=120)  # fmt: skip
    part = cut(problem, shifts=(2, 3, 0), tasks=(4, 7), orders={}, travel=None, steps=0, seed=0,
               border_visits_elsewhere=2).problem  # fmt: skip
    assert [(t.shifts, t.waited_eur, t.border) for t in part.tasks] == [((0, 1, 2), (2.0, 3.0, 0.0), (2,))] * 2
    assert [t.prize_on(2) for t in part.tasks] == [problem.tasks[i].prize_on(0) for i in (4, 7)]
    assert {(s.overtime_seconds, s.pace) for s in part.shifts} == {(600, ((0, 1.25),))}
    assert (part.borders, part.even, part.parking_seconds) == (Borders(3, 1.0), None, 120)
    assert cut(problem, shifts=(0,), tasks=(), orders={}, travel=None, steps=0, seed=0,
               border_visits_elsewhere=9).problem.borders == Borders(0, 1.0)  # fmt: skip


def test_a_rep_day_is_worth_what_a_second_method_says(soft_day, soften, world):
    """Prizes of the day less travel, overtime and the border: A and B, 5 and 9 km out, in all draws of a small week."""
    week = world(eur_per_km=0.5).rep("R1", shift="9:00-10:30").rep("R2", shift="9:00-10:30")
    week.customer("A", 5, 0, prize=40, minutes=30, reps=("R1", "R2")).customer("B", 9, 0, prize=30, minutes=45)
    late = 0
    for number in range(20):
        problem = soften(week.problem(), number)
        for order in ((0,), (1,), (0, 1), (1, 0)):
            worth = soft_day(problem, 0, order)
            if worth > -math.inf:
                assert value_eur(problem, 0, order) == pytest.approx(worth)
            late += worth > -math.inf and len(order) == 2
    assert late > 3
    assert value_eur(problem, 0, ()) == 0.0


def test_a_large_field_uses_overtime_and_knows_what_waits():
    """Overtime at 1 euro an hour, paces and waiting: more is won than without overtime, no more than the bound; every
    rep's best day counts for its candidates."""
    problem = field(customers=30, reps=2, days=2)
    tasks = tuple(replace(t, waited_eur=tuple(0.1 * t.prize_eur * (s % 2) for s in t.shifts)) for t in problem.tasks)
    slow = replace(problem, tasks=tasks, parking_seconds=120,
                   shifts=tuple(replace(s, pace=((0, 2.0), (43_200, 1.0))) for s in problem.shifts))  # fmt: skip
    more = tuple(replace(s, overtime_seconds=3600, overtime_eur_per_hour=1.0) for s in slow.shifts)
    late = replace(slow, shifts=more)
    plain, longer = solve(slow, effort="quick"), solve(late, effort="quick")
    assert plain.value_eur < longer.value_eur <= longer.bound_eur
    worth = [value_eur(late, s, order) for s, order in enumerate(longer.sequences)]
    assert sum(worth) == pytest.approx(longer.value_eur)
    pairs = np.array([(i, 0) for i, t in enumerate(late.tasks) if 0 in t.shifts])
    of_shift = np.array([0, 0, 1, 1])
    assert best_prizes(late, of_shift, pairs).tolist() == [late.tasks[i].prize_eur for i in pairs[:, 0]]


@pytest.mark.parametrize(("eur_per_hour", "minutes", "bound"), [(15, 40, 110), (15, 20, 105), (45, 40, 100)])
def test_the_quick_bound_buys_overtime(world, eur_per_hour, minutes, bound):
    """120 minutes at the door of two visits of 80, 80 and 40 euro: 80 + 40 x 40/80 = 100. The second brings 30 euro an
    hour: 40 minutes of overtime at 15 add 20 - 10, 20 minutes half of it, at 45 nothing (all to 1 %)."""
    week = world(eur_per_km=0.0).rep("R1", shift="10:00-12:00").customer("A", 0, 0, prize=80, minutes=80)
    problem = week.customer("B", 0, 0, prize=40, minutes=80).problem()
    late = {"overtime_seconds": 60 * minutes, "overtime_eur_per_hour": eur_per_hour}
    problem = replace(problem, shifts=(replace(problem.shifts[0], **late),))
    assert bound - 1e-6 <= quick_bound_eur(problem, travel=None) <= 1.01 * bound


def test_the_quick_bound_drives_as_fast_as_the_pace_ever_is(world):
    """A is 10 minutes out: 60 + 10 of them, 10 more to and from home, are 80 minutes. Twice as slow: 100, which a shift
    of 99 does not hold."""
    problem = world().rep("R1", shift="9:00-10:39").customer("A", 10, 0, prize=50, minutes=60).problem()
    slow = replace(problem, shifts=(replace(problem.shifts[0], pace=((0, 2.0),)),))
    assert quick_bound_eur(problem, travel=None) == pytest.approx(40, abs=0.011)
    assert quick_bound_eur(slow, travel=None) == 0.0
