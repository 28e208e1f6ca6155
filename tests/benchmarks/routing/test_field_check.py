"""The checker of field plans: a day worked out by hand, and every rule broken once."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks.routing.field_check import arrival, beyond_share_hours, check_field, late_visits
from solvers.routing.problem import Borders, RoutingProblem, Shift, Task
from solvers.travel import Places

DAY = pd.Timestamp("2024-03-04")
HOUR = 3600
RUSH = ((0, 1.0), (8 * HOUR, 2.0), (9 * HOUR, 1.0))


def test_a_drive_takes_the_factor_of_each_part_of_the_day():
    """From 7:50, 20 minutes and 2 of parking: 10 before eight, 10 at half speed; from 8:50 five at half, then 15."""
    assert arrival(7 * HOUR + 3000, 1320, 120, RUSH) == 8 * HOUR + 1200 + 120
    assert arrival(8 * HOUR + 3000, 1320, 120, RUSH) == 9 * HOUR + 900 + 120
    assert arrival(10 * HOUR, 1320, 120, RUSH) == 10 * HOUR + 1320
    assert arrival(8 * HOUR, 0, 0, RUSH) == 8 * HOUR
    assert arrival(8 * HOUR, 600, 60, ()) == 8 * HOUR + 600


@pytest.fixture
def problem() -> RoutingProblem:
    """One rep, 8 to 16, an hour of overtime at 36 EUR; two customers, the second a neighbour's; drives of 30 minutes
    and 10 km, at half speed from eight to nine; waiting costs 1 EUR."""
    everywhere = ((0, 24 * HOUR),)
    tasks = (
        Task("visit", "near", "A", 0, HOUR, ((9 * HOUR, 11 * HOUR),), 50.0, True, "", (0,), waited_eur=(1.0,)),
        Task("visit", "far", "B", 1, HOUR, everywhere, 40.0, False, "", (0,), border=(0,)),
    )
    shift = Shift("A", DAY, 8 * HOUR, 16 * HOUR, 2, 2, 1800, 12 * HOUR, 13 * HOUR, (), HOUR, 36.0, RUSH)
    grid = np.full((3, 3), 1800) - 1800 * np.eye(3, dtype=int)
    places = Places(np.array(["near", "far", "A"], object), np.zeros(3), np.zeros(3), np.array([True, True, False]))
    days = pd.DataFrame({"rep_id": ["A"], "day": [DAY]})
    return RoutingProblem(
        tasks, (shift,), places, grid, grid / 180.0, 0.5, days, pd.DataFrame(), borders=Borders(1, 2.0)
    )


def stops(**changes: dict) -> pd.DataFrame:
    """Leave at 8, there at 9; second visit from 15:00, home at 16:30. changes: by kind and customer, other columns."""
    rows = [
        ("start", "", 0, 0.0, 8.0, 8.0, 8.0, 0.0, False),
        ("visit", "near", HOUR, 10.0, 9.0, 9.0, 10.0, 49.0, False),
        ("lunch", "", 0, 0.0, 10.0, 12.0, 12.5, 0.0, False),
        ("visit", "far", HOUR // 2, 10.0, 13.0, 15.0, 16.0, 40.0, True),
        ("end", "", HOUR // 2, 10.0, 16.5, 16.5, 16.5, 0.0, False),
    ]
    columns = ["kind", "customer_id", "travel_seconds", "travel_km", "arrive_at", "start_at", "end_at", "prize_eur",
               "border"]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns).assign(rep_id="A", day=DAY, position=range(len(rows)))
    for name, values in changes.items():
        for column, value in values.items():
            table.loc[(table["kind"] == name) | (table["customer_id"] == name), column] = value
    for column in ("arrive_at", "start_at", "end_at"):
        table[column] = DAY + pd.to_timedelta(table[column] * HOUR, unit="s")
    return table


def test_a_day_worked_out_by_hand(problem):
    """89 EUR of prizes, 30 km at 50 cents, half an hour of overtime at 36, one border visit at 2: 89 - 15 - 18 - 2."""
    verdict = check_field(problem, stops())
    assert verdict.faults == ()
    assert verdict.value_eur == pytest.approx(54.0)
    assert (verdict.visits, verdict.km, verdict.border_visits) == (2, 30.0, 1)
    assert (verdict.overtime_hours, verdict.overtime_eur) == (0.5, 18.0)
    assert verdict.work_hours == {"A": 4.0}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"start": {"end_at": 7.9}}, "leaves before the shift"),
        ({"near": {"travel_seconds": 1800}}, "takes 1800 s"),
        ({"near": {"arrive_at": 8.5, "travel_seconds": 1800}}, "too fast"),
        ({"near": {"travel_km": 9.0}}, "has 9.00 km"),
        ({"near": {"start_at": 11.0, "end_at": 12.0}}, "outside its windows"),
        ({"near": {"end_at": 9.5}}, "of another length"),
        ({"near": {"prize_eur": 50.0}}, "another prize"),
        ({"far": {"border": False}}, "border visit"),
        ({"far": {"start_at": 12.9, "end_at": 13.9}}, "begins before the rep is there"),
        ({"lunch": {"start_at": 11.9, "end_at": 12.4}}, "lunch outside its span"),
        ({"end": {"arrive_at": 17.5, "end_at": 17.5}}, "ends too late"),
        ({"far": {"customer_id": "near", "prize_eur": 49.0, "border": False}}, "visited more than once"),
        ({"start": {"kind": "lunch"}}, "does not begin at home"),
    ],
)  # fmt: skip
def test_every_broken_rule_is_named(problem, changes, words):
    """One change of a sound day each."""
    assert any(words in fault for fault in check_field(problem, stops(**changes)).faults)


def test_budgets_of_a_plan(problem):
    """No border visit allowed, none made of a required one, no rep of the right kind."""
    tight = replace(problem, borders=Borders(0, 2.0))
    assert "1 visits by neighbours, more than allowed" in check_field(tight, stops()).faults
    left = check_field(problem, stops()[lambda rows: rows["customer_id"] != "near"])
    assert any("1 required visits are not made: ['near']" in fault for fault in left.faults)
    closed = replace(problem, tasks=(problem.tasks[0], replace(problem.tasks[1], shifts=(), border=())))
    assert any("by a rep or on a day that may not" in fault for fault in check_field(closed, stops()).faults)


def test_work_beyond_shares():
    """Six hours of work, shifts of 8 and 4 hours: shares of 4 and 2; 5 and 1 are an hour beyond."""
    shifts = tuple(Shift(rep, DAY, 0, hours * HOUR, 0, 0, 0, 0, 0) for rep, hours in (("A", 8), ("B", 4)))
    grid, none = np.zeros((0, 0)), pd.DataFrame()
    places = Places(np.zeros(0, object), np.zeros(0), np.zeros(0), np.zeros(0, bool))
    team = RoutingProblem((), shifts, places, grid, grid, 0.0, none, none)
    assert beyond_share_hours(team, {"A": 5.0, "B": 1.0}, 6.0) == pytest.approx(1.0)
    assert beyond_share_hours(team, {"A": 4.0, "B": 2.0}, 6.0) == 0.0


def test_a_plan_that_knows_no_rush_hour_comes_late(problem):
    """Leaving at 9:30 for a service that must begin by ten: just in time, or half an hour late at half the speed."""
    early = stops(start={"end_at": 9.5})
    assert late_visits(problem, early) == (0, 0)
    slow = replace(problem, shifts=(replace(problem.shifts[0], pace=((0, 2.0),)),))
    assert late_visits(slow, early) == (1, 0)
    short = replace(slow, shifts=(replace(slow.shifts[0], overtime_seconds=0, end_seconds=15 * HOUR),))
    assert late_visits(short, early) == (1, 1)
