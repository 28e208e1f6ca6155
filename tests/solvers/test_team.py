"""Who is in the team and when reps work: sizes, places and days worked out by hand."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from scenarios.schema import Horizon, Reps
from solvers.team import make_team, regular_minutes, rep_days, workload_minutes

WEEK = ("mon", "tue", "wed", "thu", "fri")


def reps(*ids: str, **columns: list) -> pd.DataFrame:
    count = len(ids)
    table = {
        "rep_id": pd.Series(ids, dtype="str"),
        "name": [f"Rep {rep_id}" for rep_id in ids],
        "home_latitude": [41.0 + i for i in range(count)],
        "home_longitude": [2.0] * count,
        "shift_start": [540] * count,
        "shift_end": [1020] * count,
        "working_days": [WEEK] * count,
        "skills": [()] * count,
        "end_latitude": [np.nan] * count,
        "end_longitude": [np.nan] * count,
    }
    return pd.DataFrame(table | columns)


def customers(visit_minutes: list, per_week: list | None = None) -> pd.DataFrame:
    count = len(visit_minutes)
    return pd.DataFrame(
        {
            "customer_id": pd.Series([f"C{i}" for i in range(count)], dtype="str"),
            "latitude": [41.0 + 0.1 * i for i in range(count)],
            "longitude": [2.0] * count,
            "visit_minutes": visit_minutes,
            "visits_per_week": per_week or [np.nan] * count,
        }
    )


def owners(*rep_ids: str) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": [f"C{i}" for i in range(len(rep_ids))], "rep_id": list(rep_ids)})


def absences(*rows: tuple[str, str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["person_id", "date"])
    return table.assign(date=pd.to_datetime(table["date"]))


def team_of(table, owned, people, **settings):
    return make_team(table, owned, people, settings=Reps(**settings), default_visit_minutes=30)


def test_workload_is_visit_minutes_times_visits_a_week_with_defaults_30_and_1():
    work = workload_minutes(customers([np.nan, 60, 20], [2, np.nan, 0.5]), default_visit_minutes=30)
    assert work.tolist() == [60, 60, 10]


def test_a_removed_rep_is_not_in_the_team_and_nothing_else_changes():
    team = team_of(reps("R2", "R1", "R3"), owners(), customers([]), remove=["R3"])
    assert team["rep_id"].tolist() == ["R1", "R2"]


def test_the_least_loaded_reps_leave_first_and_ties_go_by_rep_id():
    # R1 owns 60, R2 30, R3 30 minutes: of two who leave R2 and R3 go, of one R2.
    args = (reps("R1", "R2", "R3"), owners("R1", "R2", "R3"), customers([60, 30, 30]))
    assert team_of(*args, headcount_change=-2)["rep_id"].tolist() == ["R1"]
    assert team_of(*args, headcount_change=-1)["rep_id"].tolist() == ["R1", "R3"]


def test_more_leaving_than_there_are_leaves_an_empty_team_with_all_columns():
    team = team_of(reps("R1"), owners(), customers([]), headcount_change=-5)
    assert team.empty
    assert list(team.columns) == list(reps("R1").columns)


def test_a_new_rep_starts_at_the_weighted_centre_of_the_most_loaded_territory_with_its_skills():
    table = reps("R1", "R2", "R3", skills=[("key",), ("a", "b"), ()], shift_start=[480, 540, 540])
    team = team_of(table, owners("R2", "R2", "R1"), customers([90, 30, 60]), headcount_change=1)
    new = team.set_index("rep_id").loc["NEW01"]
    # R2 has 120 minutes: centre (41.0 x 90 + 41.1 x 30) / 120 = 41.025; shift 9:00 stands twice of three times.
    assert new["home_latitude"] == pytest.approx(41.025)
    assert (new["skills"], new["shift_start"], new["working_days"]) == (("a", "b"), 540, WEEK)
    assert np.isnan(new["end_latitude"])


def test_several_new_reps_go_by_highest_averages_and_skip_taken_ids():
    # Loads 100, 60, 10: seats go to R1 (100), then R2 (60 > 50), then R1 again (50 > 30).
    table = reps("R1", "R2", "NEW02")
    team = team_of(table, owners("R1", "R2", "NEW02"), customers([100, 60, 10]), headcount_change=3)
    new = team[~team["rep_id"].isin(["R1", "R2", "NEW02"])]
    assert new["rep_id"].tolist() == ["NEW01", "NEW03", "NEW04"]
    assert new["home_latitude"].tolist() == pytest.approx([41.0, 41.1, 41.0])
    assert team["shift_start"].dtype == np.int64


def test_new_reps_without_any_rep_start_at_the_centre_of_all_customers():
    team = team_of(reps("R1").iloc[:0], owners(), customers([30, 30]), headcount_change=1)
    assert team["home_latitude"].tolist() == pytest.approx([41.05])
    assert team["shift_end"].tolist() == [1020]
    assert team_of(reps("R1").iloc[:0], owners(), customers([]), headcount_change=2).empty


def test_a_new_rep_beside_a_rep_without_customers_starts_at_the_rep_home():
    team = team_of(reps("R1"), owners(), customers([]), headcount_change=1)
    assert team.set_index("rep_id").loc["NEW01", "home_latitude"] == 41.0
    zero = team_of(reps("R1"), owners("R1", "R1"), customers([0, 0]), headcount_change=1)
    assert zero.set_index("rep_id").loc["NEW01", "home_latitude"] == pytest.approx(41.05)


def test_regular_minutes_are_shift_length_times_working_days():
    table = reps("R1", "R2", working_days=[("mon", "tue"), ()])
    assert regular_minutes(table).tolist() == [960, 2400]


def test_each_reason_for_a_day_off_is_told_in_its_order():
    table = reps("R1", "R2", "R3", working_days=[("mon",), WEEK, WEEK])
    days = rep_days(
        table,
        absences(("R2", "2026-01-05"), ("A9", "2026-01-05")),
        settings=Reps(country="ES", absent=["R3"]),
        horizon=Horizon(start=dt.date(2026, 1, 5), days=2),
    )
    # 6 January 2026 (Tuesday) is Epiphany, a public holiday in Spain.
    assert days["reason"].tolist() == ["", "not_working_day", "absent", "holiday", "absent", "absent"]
    assert days["works"].tolist() == [True, False, False, False, False, False]
    assert days["shift_start_at"].isna().tolist() == [False, True, True, True, True, True]


def test_shift_times_are_the_same_by_the_clock_on_the_day_the_clocks_change():
    table = reps("R1", working_days=[("sat", "sun")], shift_start=[60], shift_end=[1440])
    days = rep_days(table, absences(), settings=Reps(), horizon=Horizon(start=dt.date(2026, 3, 28), days=2))
    assert days["shift_start_at"].tolist() == list(pd.to_datetime(["2026-03-28 01:00", "2026-03-29 01:00"]))
    assert days["shift_end_at"].tolist() == list(pd.to_datetime(["2026-03-29", "2026-03-30"]))
    assert days["shift_end_at"].dtype == "datetime64[us]"


def test_nobody_has_no_days_and_a_shift_of_no_length_is_no_working_day():
    horizon = Horizon(start=dt.date(2026, 3, 2), days=1)
    empty = rep_days(reps("R1").iloc[:0], absences(), settings=Reps(), horizon=horizon)
    assert empty.empty
    assert empty["shift_start_at"].dtype == "datetime64[us]"
    none = rep_days(reps("R1", shift_end=[540]), absences(), settings=Reps(), horizon=horizon)
    assert none["reason"].tolist() == ["not_working_day"]
