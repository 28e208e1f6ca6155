"""Overtime, paces, borders, waiting and even weeks as the problem holds them, worked out by hand."""

import pandas as pd
import pytest

from scenarios.errors import NoLegalPlan
from scenarios.schema import Balance, Borders, Overtime, Travel
from solvers.routing import make_problem
from solvers.routing.problem import Borders as Budget
from solvers.types import Territories

RUSH = [{"between": "07:00-09:00", "factor": 1.5}]


def made(week, *, reps=None, team=None, **settings):
    """The problem of a world with other settings of `reps`, another team, borders or waiting."""
    tables = week.tables()
    tables["reps"] = tables["reps"].model_copy(update=reps or {})
    tables["team"] = tables["team"] if team is None else team(tables["team"])
    return make_problem(**tables | settings)


def line_of_reps(world, *, days=1, works=None):
    """R1 at home at 0, R2 at 10, R3 at 30 and R4 at -20, all on the equator."""
    week = world(days=days)
    for rep, at in (("R1", 0), ("R2", 10), ("R3", 30), ("R4", -20)):
        week.rep(rep, home=(at, 0), works=(works or {}).get(rep))
    return week


def test_overtime_is_so_many_seconds_at_its_price_and_ends_at_midnight(world):
    late = world().rep("R1").rep("R2", shift="14:00-23:30").customer("A", 1, 0)
    early, night = made(late, reps={"overtime": Overtime(eur_per_hour=36, max_minutes_per_day=45.5)}).shifts
    assert (early.overtime_seconds, early.overtime_eur_per_hour, early.latest_end_seconds) == (2730, 36.0, 63_930)
    assert (night.overtime_seconds, night.latest_end_seconds) == (1800, 86_400)
    assert early.overtime_eur(61_200 + 600) == 6.0
    assert [shift.overtime_seconds for shift in made(late).shifts] == [0, 0]


def test_a_pin_may_lie_in_overtime_but_not_after_it(world):
    """16:45 to 17:15 is beyond the shift: legal with half an hour of overtime (home is a minute away), else not."""
    late = world().rep("R1").customer("A", 1, 0)
    late.pins = {"late": {"customer": "A", "rep": "R1", "day": "mon", "time": "16:45"}}
    half = made(late, reps={"overtime": Overtime(eur_per_hour=1, max_minutes_per_day=30)})
    assert half.tasks[0].windows == ((60_300, 60_300 + 59 + 1800),)
    with pytest.raises(NoLegalPlan, match=r"outside the shift 09:00-17:00"):
        made(late)


def test_a_pace_is_the_hours_and_the_reps_own_factor_and_parking_is_told(world):
    week = world().rep("R1").rep("R2").customer("A", 1, 0)
    slow = {"travel": Travel.model_validate({"hours": RUSH, "parking_minutes": 1.51})}
    problem = made(week, reps=slow, team=lambda team: team.assign(drive_factor=[float("nan"), 4.0]))
    assert [shift.pace for shift in problem.shifts] == [
        ((0, 1.0), (25_200, 1.5), (32_400, 1.0)),
        ((0, 4.0), (25_200, 6.0), (32_400, 4.0)),
    ]
    assert problem.parking_seconds == 91
    assert any("07:00-09:00 x 1.5" in note for note in problem.notes)
    assert "drives of 1 reps take their reps.drive_factor: R2 x 4" in problem.notes
    named = {"travel": Travel.model_validate({"hours": RUSH, "planned_at": "08:00"})}
    assert [shift.pace for shift in made(week, reps=named).shifts] == [(), ()]


def test_waiting_takes_a_share_of_what_is_left_each_day(world):
    """10 euros at 10 % a day: 0, 1 and 1.90 lost; B's own 50 %; nothing of a prize of nothing; no percent, no entry."""
    week = world(days=3).rep("R1", works=(0, 1, 2)).customer("A", 1, 0, prize=10).customer("B", 2, 0, prize=8)
    week.customer("C", 3, 0, required=True, field=False)
    tables = week.tables()
    tables["customers"] = tables["customers"].assign(waiting_pct_per_day=[float("nan"), 50.0, float("nan")])
    waited = {task.customer_id: task.waited_eur for task in make_problem(**tables, waiting_pct_per_day=10).tasks}
    assert waited["A"] == pytest.approx((0, 1, 1.9))
    assert waited["B"] == pytest.approx((0, 4, 6))
    assert waited["C"] == ()
    assert {task.customer_id: task.waited_eur for task in make_problem(**tables).tasks}["A"] == ()


def test_days_are_counted_from_the_first_of_the_horizon(world):
    """A rep who comes on the third day first: two days of waiting, 19 %; all is lost at 100 % a day."""
    week = world(days=3).rep("R1", works=(2,)).customer("A", 1, 0, prize=10)
    assert made(week, waiting_pct_per_day=10).tasks[0].waited_eur == pytest.approx((1.9,))
    assert made(week, waiting_pct_per_day=100).tasks[0].prize_on(0) == 0.0


def test_the_nearest_other_rep_may_make_a_border_visit(world):
    """A at 8 is R1's: R2 (at 10) is nearest, then R4 (28 off) after R3 (22 off); B at -15 is R1's too: R4."""
    week = line_of_reps(world).customer("A", 8, 0).customer("B", -15, 0)
    for neighbours, expected in ((1, {"A": (1,), "B": (3,)}), (2, {"A": (1, 2), "B": (1, 3)})):
        problem = made(week, borders=Borders(neighbours=neighbours))
        assert {task.customer_id: task.border for task in problem.tasks} == expected
        assert all(task.shifts == (0, *task.border) for task in problem.tasks)
    assert all(task.border == () for task in made(week).tasks)


def test_a_territory_is_as_near_as_its_centre(world):
    """R3 lives at 30, but his territory's centre lies at 9: nearer to A than R2's home."""
    week = line_of_reps(world).customer("A", 8, 0)
    old = week.tables()["territories"]
    centres = pd.DataFrame({"rep_id": ["R3"], "centre_latitude": [0.0], "centre_longitude": [9.0]})
    nearer = {"territories": Territories(old.assignment, centres, old.outcome)}
    assert made(week, borders=Borders(), **nearer).tasks[0].border == (2,)


def test_neighbours_need_the_skill_and_a_day_in_time(world):
    """Only R3 and R4 can do oil; R2 and R4 are away on Monday; due on Monday."""
    week = world(days=2)
    for rep, at, skills, works in (("R1", 0, ("oil",), (0,)), ("R2", 10, (), (1,)), ("R3", 30, ("oil",), (0, 1))):
        week.rep(rep, home=(at, 0), skills=skills, works=works)
    week.customer("A", 8, 0, required_skill="oil").customer("B", 8, 0, due_date=pd.Timestamp("2024-03-04"))
    problem = made(week, borders=Borders())
    days = [(shift.rep_id, shift.day.day) for shift in problem.shifts]
    assert days == [("R1", 4), ("R2", 5), ("R3", 4), ("R3", 5)]
    assert {task.customer_id: task.border for task in problem.tasks} == {"A": (2, 3), "B": ()}


def test_stand_ins_and_pins_are_no_border_visits(world):
    """A's owner R1 is away and R4 stands in: nobody else comes. B is pinned to its owner. C has nobody at all."""
    week = line_of_reps(world, works={"R1": ()}).customer("A", 8, 0, reps=("R4",)).customer("B", 29, 0, reps=("R3",))
    week.customer("C", 8, 0, reps=())
    week.assignment[0] = ("A", "R1", ("R4",))
    week.pins = {"firm": {"customer": "B", "rep": "R3", "day": "mon", "time": "10:00"}}
    problem = made(week, borders=Borders(neighbours=3))
    assert {task.customer_id: (task.shifts, task.border) for task in problem.tasks} == {
        "B": ((1,), ()),
        "A": ((2,), ()),
    }


def test_several_visits_keep_the_owners_runs_of_days(world):
    """R1 works on Monday and Thursday, R2 all week: A's two visits stay one a run, R2 comes on these days too; with
    R1 there on Monday alone, the second visit is left to R2."""
    for works, expected in (((0, 3), [(0, 2), (1, 5)]), ((0,), None)):
        week = world(days=5).rep("R1", works=works).rep("R2", home=(10, 0))
        week.customer("A", 8, 0, visits_per_week=2.0, min_days_between=2.0)
        problem = made(week, borders=Borders())
        assert len(problem.tasks) == 2
        if expected:
            assert [task.shifts for task in problem.tasks] == expected
            assert [task.border for task in problem.tasks] == [(2,), (5,)]
        first, second = ({problem.shifts[i].day for i in task.shifts} for task in problem.tasks)
        assert min(abs((a - b).days) for a in first for b in second) >= 2


def test_the_budget_is_a_percentage_of_all_visits_offered(world):
    """Seven visits, one of them refused (nobody may come): 30 % of 7 are 2.1, so two."""
    week = world().rep("R1").rep("R2", home=(10, 0)).customer("G", 1, 0, reps=())
    for number in range(6):
        week.customer(f"A{number}", number, 0)
    assert made(week, borders=Borders(max_visits_pct=30, eur_per_visit=4)).borders == Budget(2, 4.0)
    assert made(week).borders is None


def test_the_price_of_even_weeks_is_handed_on(world):
    week = world().rep("R1").customer("A", 1, 0)
    assert made(week, reps={"balance": Balance(eur_per_hour=5)}).balance_eur_per_hour == 5
    assert (made(week).balance_eur_per_hour, made(week).even) == (0, None)


def test_nobody_and_nothing(world):
    """No reps, no visits: borders and waiting find nothing to do."""
    nobody = made(world(), borders=Borders(), waiting_pct_per_day=5)
    assert (nobody.tasks, nobody.shifts, nobody.borders) == ((), (), Budget(0, 0.0))
