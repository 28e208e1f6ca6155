"""Hours asked for against hours that agents may work, worked out by hand."""

from typing import Any

import numpy as np
import pandas as pd

from planner.clashes import demand_clashes
from planner.clashes.centre import Week, most_hours
from scenarios.schema import Staffing

TWO_SHIFTS = {"lengths_hours": [4, 8], "break_minutes": 30, "break_after_hours": 6}


def asked(hours: float) -> pd.DataFrame:
    """`Roster.requirement` of one queue: so many agent hours in all, in intervals of half an hour."""
    return pd.DataFrame({"queue": "service", "agents_required": np.full(100, hours * 2 / 100)})


def test_more_hours_than_contracts_allow_and_how_many_agents_would_do(world: Any) -> None:
    """3 x (30 + 3) = 99 hours; 200 on the phone are 227.3 paid at 12 % shrinkage: 128.3 lack, 4 agents of 33 hours."""
    scenario = world.loaded().scenario
    (clash,) = demand_clashes(scenario, world.tables, asked(200))
    assert clash.subject == "service asks for more hours than agents may work"
    assert clash.proof == "227 paid hours are asked for, shrinkage included; contracts and laws allow 99"
    assert clash.relaxations == ("employ 4 more with the same hours",)
    assert not clash.hard
    assert demand_clashes(scenario, world.tables, asked(87)) == ()  # 98.9 paid hours
    assert demand_clashes(scenario, world.tables, asked(200).iloc[:0]) == ()


def test_the_most_hours_of_a_week_by_each_rule() -> None:
    """Six open days of 12 hours, shifts of 7.5 paid hours: 45; on five days 37.5; four in a row leave six of seven."""
    week = Week(days=((720, 720),) * 6, planned=7, low=40.0)
    staffing = Staffing.model_validate(
        {"shifts": TWO_SHIFTS, "rules": {"max_days_in_a_row": 4, "max_hours_per_week": 30}}
    )
    assert most_hours(week, staffing, ["lengths"]) == 45
    assert most_hours(week, staffing, ["lengths", "days_off"]) == 37.5
    assert most_hours(week, staffing, ["lengths", "in_a_row"]) == 45
    assert most_hours(week, staffing, ["lengths", "max_hours"]) == 30
    assert most_hours(week, staffing, []) == 6 * 11.5
    short = Week(days=((720, 300),) * 6, planned=7, low=40.0)
    assert most_hours(short, staffing, ["lengths", "available"]) == 24
