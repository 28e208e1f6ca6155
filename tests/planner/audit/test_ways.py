"""What is told of borders and even weeks: the last way is the plan, and no way loses more than may be given up."""

from typing import Any

import pandas as pd
import pytest

from planner.audit import ways

LONGEST_HOURS, SHORTEST_HOURS = (3 * 30 + 30 + 10) / 60, (30 + 4) / 60
"""Work of R2 (130 minutes) and of R4: visits, and a minute a kilometre. R1 works 84 minutes, R3 66: 314 in all."""
BEYOND_HOURS = (130 - 78.5 + 84 - 78.5) / 60
"""Beyond a quarter of the 314, if the team worked as much before weeks were even."""
TEAM_HOURS = 314 / 60
VALUE_EUR = 720.0 - 37 - 12 - 7
"""Prizes, half a euro for each of 74 km, overtime, one border visit."""


def told() -> pd.DataFrame:
    """A sound table: the border visit brings 5 euros, even weeks cost them."""
    rows = [
        ("own territories", VALUE_EUR - 5, 7, 0, 2.0, TEAM_HOURS, 3.0, 0.5),
        ("border visits", VALUE_EUR + 5, 8, 1, BEYOND_HOURS + 0.25, TEAM_HOURS, 2.5, 0.5),
        ("even weeks", VALUE_EUR, 8, 1, BEYOND_HOURS, TEAM_HOURS, LONGEST_HOURS, SHORTEST_HOURS),
    ]
    names = ["way", "value_eur", "visits", "border_visits", "beyond_share_hours", "team_hours", "longest_hours"]
    return pd.DataFrame(rows, columns=[*names, "shortest_hours"])


def messages(road: Any, table: pd.DataFrame, scenario: Any = None) -> list[str]:
    plan = road.plan | {"routing_ways": table}
    given = (scenario or road.scenario, road.tables, plan)
    return [f"{found.check} {found.row}: {found.message}" for check in ways.CHECKS for found in check(*given)]


def test_a_table_that_is_right(road: Any) -> None:
    """5 euros are less than the 20 an hour that a quarter of an hour may cost."""
    assert messages(road, told()) == []
    assert [found for check in ways.CHECKS for found in check(road.scenario, road.tables, road.plan)] == []


@pytest.mark.parametrize(
    ("way", "cells", "message"),
    [
        (2, {"value_eur": VALUE_EUR + 1}, "last_way_is_the_plan even weeks: value_eur 665.00 is stated"),
        (2, {"visits": 9}, "last_way_is_the_plan even weeks: visits 9.00 is stated, the routes say 8.00 to 8.00"),
        (2, {"border_visits": 0}, "last_way_is_the_plan even weeks: border_visits 0.00 is stated"),
        (2, {"longest_hours": 2.1}, "last_way_is_the_plan even weeks: longest_hours 2.10 is stated"),
        (2, {"shortest_hours": 0.6}, "last_way_is_the_plan even weeks: shortest_hours 0.60 is stated"),
        (2, {"team_hours": 9.0, "beyond_share_hours": 0.0}, "last_way_is_the_plan even weeks: team_hours 9.00 is"),
        (2, {"beyond_share_hours": 0.1}, "last_way_is_the_plan even weeks: beyond_share_hours 0.10 is stated"),
        (0, {"border_visits": 1}, "ways_in_order own territories: has 1 border visits"),
        (0, {"value_eur": VALUE_EUR + 6}, "ways_in_order border visits: 1.00 eur less than before, for which 0.00"),
        (1, {"value_eur": VALUE_EUR + 5.1}, "ways_in_order even weeks: 5.10 eur less than before, for which 5.00 may"),
    ],
)
def test_one_cell_wrong_is_one_finding(road: Any, way: int, cells: dict[str, Any], message: str) -> None:
    """The rule that is broken says so, with both figures, and no other does."""
    table = told()
    for name, value in cells.items():
        table.loc[way, name] = value
    (found,) = messages(road, table)
    assert found.startswith(message)


def test_the_work_before_even_weeks_lies_between_what_the_plan_before_says(road: Any) -> None:
    """Its longest week of 2.5 hours and its shortest of 0.5 hold 4 to 8 hours of four reps: 0.17 to 1.67 beyond."""
    table = told()
    table.loc[1, "beyond_share_hours"] = 3.0
    for team, hours, sound in ((8.1, 0.14, False), (8, 0.167, True), (4, 1.667, True), (3.9, 1.717, False)):
        table.loc[2, ["team_hours", "beyond_share_hours"]] = [team, hours]
        assert (messages(road, table) == []) == sound


def test_without_even_weeks_the_shares_are_known(road: Any) -> None:
    """A quarter of the plan's own 314 minutes each; the drives count without traffic, R3's as everybody's."""
    scenario = road.asked(reps={"balance": None})
    table = told().iloc[:2]
    table.loc[1, ["value_eur", "beyond_share_hours", "longest_hours", "shortest_hours"]] = [
        VALUE_EUR, BEYOND_HOURS, LONGEST_HOURS, SHORTEST_HOURS,
    ]  # fmt: skip
    assert messages(road, table, scenario) == []
    table.loc[1, "beyond_share_hours"] += 0.02
    (found,) = messages(road, table, scenario)
    assert "beyond_share_hours 0.97 is stated, the routes say 0.9" in found


def test_ways_that_nobody_asked_for(road: Any) -> None:
    """A row for each rule of the scenario, no more and no less; even weeks at no price are no rule."""
    for balance in (None, {"eur_per_hour": 0}):
        found = messages(road, told(), road.asked(reps={"balance": balance}))
        assert "asked for are own territories, border visits" in found[0]
    (found,) = messages(road, told().iloc[[0, 2]])
    assert found.startswith("ways_in_order : tells of own territories, even weeks; asked for are own territories, b")
