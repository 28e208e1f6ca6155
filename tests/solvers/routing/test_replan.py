from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from solvers.routing.plan import plan_routes
from solvers.routing.problem import Borders
from solvers.routing.replan import changes_between, replan_with_curve

MONDAY, TUESDAY, WEDNESDAY = (pd.Timestamp("2024-03-04") + pd.Timedelta(days=k) for k in range(3))


def week_of(world, *, reps=3, customers=40, ill=None, seed=4):
    """Three days, 9 to 13, everybody open to all; `ill`: (rep, day number) that is gone."""
    rng = np.random.default_rng(seed)
    week = world(days=3, eur_per_km=0.2)
    for r in range(reps):
        works = [d for d in range(3) if (r, d) != ill]
        week.rep(f"R{r}", shift="9:00-13:00", home=(10 * r, 0), works=works)
    for k in range(customers):
        x, y = (int(v) for v in rng.integers(-15, 35, 2))
        week.customer(f"C{k:02d}", x, y, prize=float(rng.integers(5, 60)), minutes=30,
                      reps=tuple(f"R{r}" for r in range(reps)))  # fmt: skip
    return week


@pytest.fixture
def planned(world):
    """A plan that a longer search can still better."""
    problem = week_of(world).problem()
    return problem, plan_routes(problem, engine="greedy", effort="quick", time_limit_seconds=60, seed=1)


def where(routes):
    visits = routes.stops[routes.stops["kind"] == "visit"]
    return dict(zip(visits["customer_id"], zip(visits["rep_id"], visits["day"], strict=True), strict=True))


def moved(before, after, *, without=()):
    was, now = where(before), where(after)
    return sum(was.get(c) != now.get(c) for c in {*was, *now} - set(without))


def test_changes_are_moves_drops_and_additions():
    """0 stays (another place in its day is no change), 1 moves, 2 is dropped, 3 is added, 4 is forced."""
    assert changes_between(((0, 1), (2, 4)), ((3, 0), (1,)), frozenset({4})) == 3


def test_budget_nothing_is_the_same_plan(planned):
    """No new fact and no budget: the very object that people hold."""
    problem, current = planned
    done = replan_with_curve(problem, current, frozen_until=MONDAY, max_changed_visits_pct=0.0)
    assert done.routes is current


def test_the_budget_holds_and_the_value_never_falls_with_it(world, check, planned):
    """Budgets of 0 to 60 %: changes never above, value never below that of a smaller budget; the curve rises, and ends
    where a plan with that many changes is worth more than the first one."""
    problem, current = planned
    values = []
    visits = len(where(current))
    for pct in (0, 3, 8, 20, 60):
        done = replan_with_curve(problem, current, frozen_until=MONDAY, max_changed_visits_pct=pct, effort="quick")
        assert moved(current, done.routes) == done.changes <= visits * pct / 100
        assert done.forced == ()
        assert done.curve["value_eur"].is_monotonic_increasing
        assert done.curve["value_eur"].iloc[-1] == pytest.approx(done.routes.outcome.value)
        values.append(done.routes.outcome.value)
        check(week_of(world).tables(), done.routes)
    assert values == sorted(values)
    assert values[-1] > values[0] + 1


def test_driven_days_stay_row_by_row(planned):
    """Frozen until Wednesday: Monday's and Tuesday's rows are untouched, whatever the budget."""
    problem, current = planned
    done = replan_with_curve(problem, current, frozen_until=WEDNESDAY, max_changed_visits_pct=100, effort="quick")
    routes = done.routes
    for day in (MONDAY, TUESDAY):
        old, new = (r.stops[r.stops["day"] == day].reset_index(drop=True) for r in (current, routes))
        pd.testing.assert_frame_equal(old, new)
    driven = {c for c, (_, day) in where(current).items() if day < WEDNESDAY}
    assert driven.isdisjoint(routes.unserved["customer_id"])
    assert len(set(where(routes))) == len(routes.stops[routes.stops["kind"] == "visit"])


def test_a_rep_ill_on_tuesday(world, check, planned):
    """R1 is ill on Tuesday, Monday is driven: her visits are forced, the best find other days, nobody else is moved at
    budget 0; with a budget the plan is worth at least as much."""
    _, current = planned
    ill = week_of(world, ill=(1, 1))
    problem = ill.problem()
    lost = {c for c, at in where(current).items() if at == ("R1", TUESDAY)}
    assert lost
    still = replan_with_curve(problem, current, frozen_until=TUESDAY, max_changed_visits_pct=0, effort="quick")
    assert set(still.forced) == lost
    assert still.changes == 0
    assert moved(current, still.routes, without=lost) == 0
    check(ill.tables(), still.routes)
    more = replan_with_curve(problem, current, frozen_until=TUESDAY, max_changed_visits_pct=15, effort="quick")
    assert moved(current, more.routes, without=lost) == more.changes <= 0.15 * len(where(current))
    assert more.routes.outcome.value >= still.routes.outcome.value - 1e-9
    assert not more.routes.shifts.query("rep_id == 'R1' and day == @TUESDAY")["works"].any()


def test_an_urgent_visit_is_forced_in_and_a_cancelled_one_leaves(world):
    """One day holds A, C is cancelled; D becomes required: it is taken in its place without a budget."""
    week = world(eur_per_km=0.0).rep("R1", shift="9:00-11:00")
    week.customer("A", 0, 0, prize=50, minutes=60).customer("C", 0, 0, prize=40, minutes=60)
    current = plan_routes(week.problem(), engine="auto", effort="quick", time_limit_seconds=60, seed=1)
    assert set(where(current)) == {"A", "C"}
    urgent = world(eur_per_km=0.0).rep("R1", shift="9:00-11:00").customer("A", 0, 0, prize=50, minutes=60)
    urgent.customer("D", 0, 0, prize=5, minutes=60, required=True)
    done = replan_with_curve(urgent.problem(), current, frozen_until=MONDAY, max_changed_visits_pct=0)
    assert set(where(done.routes)) == {"A", "D"}
    assert done.forced == ("D", "C")
    assert done.changes == 0


def test_a_shorter_shift_and_an_early_end_of_the_search(world, planned):
    """R0's Tuesday ends at 10: what does not fit any more is forced. A search that is stopped at once says so."""
    problem, current = planned
    shifts = tuple(replace(s, end_seconds=36000) if (s.rep_id, s.day) == ("R0", TUESDAY) else s for s in problem.shifts)
    done = replan_with_curve(
        replace(problem, shifts=shifts), current, frozen_until=MONDAY, max_changed_visits_pct=10,
        time_limit_seconds=-1.0,
    )  # fmt: skip
    assert set(done.forced) <= {c for c, at in where(current).items() if at == ("R0", TUESDAY)}
    assert done.forced
    assert done.routes.outcome.reason == "time_limit"


def test_room_is_made_for_a_dearer_visit_of_the_rep_who_is_ill(world):
    """R1 is ill; A (90) would go to R2, whose day is full of B (20) and C (50), half an hour each: one change, B."""

    def week(works):
        made = world(eur_per_km=0.0).rep("R1", shift="9:00-9:30", works=works).rep("R2", shift="9:00-10:00")
        made.customer("A", 0, 0, prize=90, minutes=30, reps=("R1", "R2"))
        return made.customer("B", 0, 0, prize=20, minutes=30, reps=("R2",)).customer("C", 0, 0, prize=50, reps=("R2",))

    current = plan_routes(week(None).problem(), engine="auto", effort="quick", time_limit_seconds=60, seed=1)
    assert set(where(current)) == {"A", "B", "C"}
    ill = week(()).problem()
    none = replan_with_curve(ill, current, frozen_until=MONDAY, max_changed_visits_pct=0)
    assert set(where(none.routes)) == {"B", "C"}
    one = replan_with_curve(ill, current, frozen_until=MONDAY, max_changed_visits_pct=34)
    assert set(where(one.routes)) == {"A", "C"}
    assert (one.changes, one.forced) == (1, ("A",))
    assert one.curve[["changes", "value_eur"]].to_numpy().tolist() == [[0, 70], [1, 140]]


def test_a_visit_whose_days_are_over_is_explained(world):
    """B is due on Monday and was not driven, Monday is frozen: it stands in unserved with its reason; A is taken in."""
    week = world(days=2, eur_per_km=0.0).rep("R1", shift="9:00-9:30").customer("A", 0, 0, prize=9, required=True)
    problem = week.customer("B", 0, 0, prize=5, due_date=MONDAY).problem()
    current = plan_routes(problem, engine="greedy", effort="quick", time_limit_seconds=60, seed=1)
    routes = replace(current, stops=current.stops.iloc[:0])
    done = replan_with_curve(problem, routes, frozen_until=TUESDAY, max_changed_visits_pct=100)
    assert where(done.routes) == {"A": ("R1", TUESDAY)}
    told = done.routes.unserved.set_index("customer_id")
    assert told.loc["B", "reason"] == "no_window_fits"
    assert "are over" in told.loc["B", "detail"]


def planned_now(problem):
    return plan_routes(problem, engine="native", effort="quick", time_limit_seconds=60, seed=1)


def test_an_urgent_visit_may_take_overtime(world):
    """A and B fill the hour at home; D is urgent: at budget 0 nobody leaves, so the day ends half an hour late, which
    costs 30 of the 50 + 40 + 5 euros."""

    def week(*more):
        made = world(eur_per_km=0.0).rep("R1", shift="9:00-10:00")
        made.customer("A", 0, 0, prize=50, minutes=30).customer("B", 0, 0, prize=40, minutes=30)
        for name in more:
            made.customer(name, 0, 0, prize=5, minutes=30, required=True)
        problem = made.problem()
        shifts = tuple(replace(s, overtime_seconds=3600, overtime_eur_per_hour=60.0) for s in problem.shifts)
        return replace(problem, shifts=shifts)

    current = planned_now(week())
    assert current.outcome.value == 90
    done = replan_with_curve(week("D"), current, frozen_until=MONDAY, max_changed_visits_pct=0)
    assert set(where(done.routes)) == {"A", "B", "D"}
    assert done.routes.shifts["overtime_minutes"].tolist() == [30]
    assert done.routes.outcome.value == done.curve["value_eur"].iloc[-1] == 65


def test_a_visit_that_must_wait_brings_less(world):
    """A brings 20 on Monday, 16 on Tuesday, 8 on Wednesday; R1 is ill on Monday: Tuesday, and 4 are gone for good."""

    def week(works):
        problem = world(days=3, eur_per_km=0.0).rep("R1", works=works).customer("A", 0, 0, prize=20).problem()
        waits = [{MONDAY: 0.0, TUESDAY: 4.0, WEDNESDAY: 12.0}[problem.shifts[s].day] for s in problem.tasks[0].shifts]
        return replace(problem, tasks=(replace(problem.tasks[0], waited_eur=tuple(waits)),))

    current = planned_now(week((0, 1, 2)))
    assert where(current) == {"A": ("R1", MONDAY)}
    done = replan_with_curve(week((1, 2)), current, frozen_until=MONDAY, max_changed_visits_pct=0)
    assert where(done.routes) == {"A": ("R1", TUESDAY)}
    visit = done.routes.stops.query("kind == 'visit'")
    assert visit[["prize_eur", "waited_eur"]].to_numpy().tolist() == [[16, 4]]
    assert done.routes.outcome.value == done.curve["value_eur"].iloc[-1] == 16


@pytest.mark.parametrize(("most", "visited", "value"), [(1, {"B"}, 27), (2, {"A", "B"}, 64)])
def test_border_visits_that_were_driven_count(world, most, visited, value):
    """R2 visited B of R1 on Monday for 30 - 3 euros; on Tuesday R1 is ill: R2 may make A for 40 - 3, unless Monday's
    was the only border visit allowed."""

    def week(works, allowed):
        made = world(days=2, eur_per_km=0.0).rep("R1", works=works).rep("R2")
        made.customer("A", 0, 0, prize=40, reps=("R1", "R2")).customer("B", 0, 0, prize=30, reps=("R1", "R2"))
        problem = made.problem()
        own = {"A": ("R1", "R2"), "B": ("R2",)}
        tasks = []
        for task in problem.tasks:
            day = TUESDAY if task.customer_id == "A" else MONDAY
            shifts = tuple(s for s in task.shifts if problem.shifts[s].day == day)
            shifts = tuple(s for s in shifts if problem.shifts[s].rep_id in own[task.customer_id])
            across = tuple(s for s in shifts if problem.shifts[s].rep_id == "R2")
            tasks.append(replace(task, shifts=shifts, border=across))
        return replace(problem, tasks=tuple(tasks), borders=Borders(allowed, 3.0))

    current = planned_now(week((1,), most))
    assert where(current) == {"A": ("R1", TUESDAY), "B": ("R2", MONDAY)}
    done = replan_with_curve(week((), most), current, frozen_until=TUESDAY, max_changed_visits_pct=0)
    assert set(where(done.routes)) == visited
    assert done.routes.stops["border"].sum() == len(visited)
    assert done.routes.outcome.value == value


def test_as_many_border_visits_as_are_held_may_stay(world):
    """A week with fewer visits allows none, and nobody hands back the one that was promised."""
    problem = world(eur_per_km=0.0).rep("R1").rep("R2").customer("A", 0, 0, prize=40, reps=("R2",)).problem()
    task = replace(problem.tasks[0], border=problem.tasks[0].shifts)
    now = replace(problem, tasks=(task,), borders=Borders(1, 3.0))
    current = planned_now(now)
    assert where(current) == {"A": ("R2", MONDAY)}
    fewer = replace(now, borders=Borders(0, 3.0))
    done = replan_with_curve(fewer, current, frozen_until=MONDAY, max_changed_visits_pct=100)
    assert where(done.routes) == where(current)
