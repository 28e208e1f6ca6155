"""The benchmark's mutations of rules, on the road's week: each kind breaks its rule, and finds nothing where there is
none."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.mutations import Case, NothingToBreak
from benchmarks.mutations_rules import KINDS
from planner.audit import routes, visitors, ways, worth

CHECKS = (*routes.CHECKS, *visitors.CHECKS, *worth.CHECKS, *ways.CHECKS)
BROKEN = {
    "beyond_the_overtime": "days_in_order", "overtime_kept_quiet": "overtime_as_stated",
    "unpaid_overtime": "overtime_as_stated", "invented_overtime": "overtime_as_stated",
    "no_rush_hour": "days_in_order", "faster_rep": "days_in_order", "waiting_for_nothing": "waiting_as_agreed",
    "prize_from_nowhere": "prizes_within_value", "costs_left_out": "round_as_stated",
    "border_kept_quiet": "right_rep", "border_for_nothing": "totals_as_stated",
    "owner_as_neighbour": "border_visits_allowed", "too_many_border_visits": "border_budget_kept",
    "border_visit_without_skill": "right_rep", "better_way": "last_way_is_the_plan",
    "even_on_paper": "last_way_is_the_plan", "border_visit_from_afar": "border_visits_allowed",
}  # fmt: skip


@pytest.fixture(scope="module")
def case(road: Any) -> Case:
    """The week with what the kinds need beside it: former owners, ways, a visit with a skill that others lack."""
    road_ways = pd.DataFrame(
        [("own territories", 660.0, 8, 0, 1.0, 314 / 60, 2.5, 0.5),
         ("border visits", 664.0, 8, 1, 1.2, 314 / 60, 2.5, 0.5),
         ("even weeks", 664.0, 8, 1, 57 / 60, 314 / 60, 130 / 60, 34 / 60)],
        columns=[
            "way", "value_eur", "visits", "border_visits", "beyond_share_hours", "team_hours", "longest_hours",
            "shortest_hours",
        ],
    )  # fmt: skip
    owned = road.plan["territories"].assign(moved=False, previous_rep_id=road.plan["territories"]["rep_id"])
    stops = road.plan["stops"].round({"travel_seconds": 0}).astype({"travel_seconds": "int64"})
    plan = road.plan | {"routing_ways": road_ways, "territories": owned, "stops": stops}
    return Case(road.scenario, road.tables, plan, np.random.default_rng(3))


def found(case: Case, plan: dict[str, pd.DataFrame]) -> set[str]:
    return {each.check for check in CHECKS for each in check(case.scenario, case.tables, plan)}


def test_the_week_is_sound(case: Case) -> None:
    """Nothing is found before anything is broken."""
    assert found(case, case.plan) == set()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_kind_breaks_its_rule(case: Case, kind: Any) -> None:
    """The rule that the kind is meant for refuses it."""
    assert BROKEN[kind.__name__] in found(case, kind(case))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_empty_plan_has_nothing_to_break(case: Case, kind: Any) -> None:
    """Emptied tables leave nothing to break."""
    empty = {name: table.iloc[:0] for name, table in case.plan.items()}
    with pytest.raises(NothingToBreak):
        kind(Case(case.scenario, case.tables, empty, case.rng))
