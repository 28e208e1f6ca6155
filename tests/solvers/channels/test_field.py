"""Field capacity and load, by hand."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from scenarios.schema import Horizon, Lunch, Reps
from solvers.channels import field_load
from solvers.outcome import Outcome
from solvers.team import rep_days
from solvers.travel import Haversine
from solvers.types import Territories

NO_APPOINTMENTS = pd.DataFrame({"rep_id": [], "start": [], "end": []})
A_KM_A_MINUTE = Haversine(speed_kmh=60, detour_factor=1, parking_minutes=0)


def case(east_km: list, home_km: float = 0.0, end_km: float = np.nan):
    count = len(east_km)
    people = pd.DataFrame(
        {
            "customer_id": [f"C{i}" for i in range(count)],
            "latitude": 0.0,
            "longitude": np.array(east_km, float) / 111.1951,
            "visit_minutes": [np.nan, *[30.0] * (count - 1)],
        }
    )
    team = pd.DataFrame(
        {
            "rep_id": ["R1"],
            "home_latitude": [0.0],
            "home_longitude": [home_km / 111.1951],
            "end_latitude": [0.0 if np.isfinite(end_km) else np.nan],
            "end_longitude": [end_km / 111.1951],
            "shift_start": [540],
            "shift_end": [1020],
            "working_days": [("mon", "tue", "wed", "thu", "fri")],
        }
    )
    visiting = pd.Series([("R1",)] * count, dtype=object)
    assignment = pd.DataFrame({"customer_id": people["customer_id"], "rep_id": "R1", "visiting_rep_ids": visiting})
    reps = pd.DataFrame({"rep_id": ["R1"], "centre_latitude": [0.0], "centre_longitude": [5 / 111.1951]})
    territories = Territories(assignment, reps, Outcome("territories", "feasible", 0, None, "", False, "", 0))
    return people, team, territories


def load(people, team, territories, *, appointments=NO_APPOINTMENTS, with_team=True, days=1, **settings):
    reps = Reps(**settings)
    no_absences = pd.DataFrame({"person_id": [], "date": []})
    frame = rep_days(team, no_absences, settings=reps, horizon=Horizon(start=dt.date(2026, 3, 2), days=days))
    return field_load(
        people,
        territories,
        frame,
        appointments,
        reps=reps,
        travel=A_KM_A_MINUTE,
        default_visit_minutes=30,
        team=team if with_team else None,
    )


def test_capacity_is_shift_less_lunch_and_appointments_times_the_booked_share():
    appointments = pd.DataFrame(
        {
            "rep_id": ["R1", "R1", "R1"],
            "start": pd.to_datetime(["2026-03-02 08:30", "2026-03-02 09:15", "2026-03-03 16:00"]),
            "end": pd.to_datetime(["2026-03-02 09:30", "2026-03-02 10:00", "2026-03-03 18:00"]),
        }
    )
    capacity = load(*case([1]), appointments=appointments, days=3).capacity
    # 480 - 45 lunch on three days; 9:00-10:00 on Monday and 16:00-17:00 on Tuesday are taken.
    assert capacity["available_minutes"].tolist() == [3 * 435 - 60 - 60]
    assert capacity["capacity_minutes"].tolist() == pytest.approx([1185 * 1.15])
    assert (capacity["working_days"].tolist(), capacity["longest_day_minutes"].tolist()) == ([3], [435])


def test_lunch_counts_only_if_the_shift_covers_its_span():
    assert load(*case([1]), lunch=Lunch(between=(1000, 1100))).capacity["available_minutes"].tolist() == [480]
    assert load(*case([1]), lunch=None).capacity["available_minutes"].tolist() == [480]


def test_load_is_visit_neighbour_leg_and_the_share_of_the_way_home():
    # Four customers at 10, 11, 12, 13 km: all fit into a day, so the nearest neighbour counts (1 minute). Home is 11.5
    # minutes away in the median, out and back 23, less one leg 22, shared by four visits: 5.5.
    loads = load(*case([10, 11, 12, 13])).load
    assert loads["minutes"].tolist() == pytest.approx([30 + 1 + 5.5] * 4, abs=0.11)


def test_a_day_that_ends_elsewhere_counts_the_way_there():
    # Back to 23 km instead of home: out 11.5, on 11.5: the same; to 13 km: 1.5 instead of 11.5.
    near = load(*case([10, 11, 12, 13], end_km=13)).load["minutes"].iloc[0]
    assert near == pytest.approx(30 + 1 + (11.5 + 1.5 - 1) / 4, abs=0.11)


def test_where_few_are_visited_the_next_visited_one_lies_further_off():
    # 100 customers a km apart, half an hour each: about 14 fit into 435 minutes, so about the seventh nearest counts.
    dense = load(*case(list(range(100)), home_km=50)).load["minutes"]
    leg = dense.iloc[50] - 30
    assert 3.5 <= leg <= 3.5 + 2 * 25 / 12 + 1


def test_without_homes_the_centre_stands_for_them_and_nobody_to_visit_means_the_visit_alone():
    people, team, territories = case([10, 11, 12, 13])
    far = load(people, team, territories, with_team=False).load["minutes"]
    assert far.iloc[0] == pytest.approx(30 + 1 + (6.5 + 6.5 - 1) / 4, abs=0.11)
    none = territories.assignment.assign(visiting_rep_ids=pd.Series([()] * 4, dtype=object))
    alone = load(people, team, Territories(none, territories.reps, territories.outcome)).load["minutes"]
    assert alone.tolist() == [30.0] * 4


def test_nobody_and_nothing():
    people, team, territories = case([10])
    away = load(people, team, territories, absent=["R1"])
    assert away.capacity["capacity_minutes"].tolist() == [0]
    assert away.load["minutes"].tolist() == [30.0]
    empty = load(
        people.iloc[:0],
        team.iloc[:0],
        Territories(territories.assignment.iloc[:0], territories.reps, territories.outcome),
    )
    assert empty.capacity.empty
    assert empty.load.empty


def test_drives_at_their_own_time_or_pace_are_counted_at_the_mean_factor_of_the_shift():
    """9:00-17:00: two hours at factor 2, six at 1: 1.25 in the mean; a bicycle takes 4 times as long, so 5."""
    people, team, territories = case([12], home_km=0)
    usual = load(people, team, territories).load["minutes"].tolist()
    hours = {"travel": {"hours": [{"between": "15:00-19:00", "factor": 2}]}}
    slow = load(people, team, territories, **hours).load["minutes"].tolist()
    bicycle = load(people, team.assign(drive_factor=4.0), territories, **hours).load["minutes"].tolist()
    # the one visit has no length of its own: 30 minutes; 12 minutes there, 12 back
    assert [usual, slow, bicycle] == [[54.0], [60.0], [150.0]]
    planned = {"travel": {**hours["travel"], "planned_at": "16:00"}}
    assert load(people, team, territories, **planned).load["minutes"].tolist() == usual  # the model's own factor
