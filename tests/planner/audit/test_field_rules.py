"""Who visits, when, and for how much: a sound week on a straight road, and one thing wrong at a time."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from planner.audit import replanned, routes, visitors, worth

CHECKS = (*routes.CHECKS, *visitors.CHECKS, *worth.CHECKS, *replanned.CHECKS)
Plan = dict[str, pd.DataFrame]
Mutation = Callable[[Any], Plan]
MUTATIONS: list[tuple[str, str, Mutation]] = []
MINUTE = pd.Timedelta(minutes=1)
TIMES = ["arrive_at", "start_at", "end_at"]


def breaks(check: str, message: str) -> Callable[[Mutation], Mutation]:
    """Register a mutation with the check that refuses it, and with what that says."""

    def register(mutation: Mutation) -> Mutation:
        MUTATIONS.append((check, message, mutation))
        return mutation

    return register


def findings(road: Any, plan: Plan, scenario: Any = None, tables: Any = None) -> list[tuple[str, str, str]]:
    """(check, row, message) of all rules of the field."""
    given = (scenario or road.scenario, tables or road.tables, plan)
    return [(found.check, found.row, found.message) for check in CHECKS for found in check(*given)]


def at(plan: Plan, customer: str) -> int:
    """Row of the visit to a customer."""
    stops = plan["stops"]
    return int(stops.index[stops["customer_id"] == customer][0])


def day(plan: Plan, rep: str, number: int) -> int:
    """Row of a rep-day, by the number of the day."""
    days = plan["rep_days"]
    return int(days.index[days["rep_id"] == rep][number])


def with_sums(plan: Plan, **changed: float) -> Plan:
    """The plan with sums of R2's Monday increased by so much."""
    days, row = plan["rep_days"].copy(), day(plan, "R2", 0)
    for name, by in changed.items():
        days.loc[row, name] += by
    return plan | {"rep_days": days}


def later(road: Any, minutes: float, customers: list[str], *, end: bool = True) -> Plan:
    """R2's Monday with these stops, and its end, so many minutes later."""
    stops = road.plan["stops"].copy()
    mine = (stops["rep_id"] == "R2") & (stops["day"] == stops["day"].min())
    rows = mine & (stops["customer_id"].isin(customers) | (end & (stops["kind"] == "end")))
    for name in TIMES:
        stops.loc[rows, name] += minutes * MINUTE
    return road.plan | {"stops": stops}


def costing(plan: Plan, eur: float) -> Plan:
    """The plan whose round is worth so much less."""
    return plan | {"rounds": plan["rounds"].assign(value_eur=plan["rounds"]["value_eur"] - eur)}


def test_the_sound_week(road: Any) -> None:
    """Overtime of 20 minutes, a border visit, prizes that fell by Tuesday, rush hours and a slow rep: no finding."""
    days = road.plan["rep_days"]
    assert days.loc[day(road.plan, "R2", 0), ["overtime_minutes", "overtime_eur", "border_eur"]].tolist() == [20, 12, 7]
    assert road.plan["stops"]["waited_eur"].sum() == 10 + 2 * 10 + 50
    assert findings(road, road.plan) == []
    assert findings(road, with_figures(road.plan, 664.0 - 259)) == []


@breaks("days_in_order", "R2 2026-03-09: runs 08:00-17:46, outside 08:00-17:45")
def beyond_the_overtime(road: Any) -> Plan:
    """26 minutes later than 17:20, at their price."""
    late = later(road, 26, ["C3"])
    row = at(late, "C4")
    late["stops"].loc[row, ["start_at", "end_at"]] += 26 * MINUTE
    return costing(with_sums(late, overtime_minutes=26, overtime_eur=15.6, wait_minutes=26), 15.6)


@breaks("overtime_as_stated", "R2 2026-03-09: 0.0 minutes of overtime for 0.00 eur are stated; the day runs 20.0")
def overtime_kept_quiet(road: Any) -> Plan:
    return road.changed("rep_days", day(road.plan, "R2", 0), overtime_minutes=0.0, overtime_eur=0.0)


@breaks("overtime_as_stated", "R2 2026-03-09: 20.0 minutes of overtime for 6.00 eur are stated")
def overtime_at_half_price(road: Any) -> Plan:
    return road.changed("rep_days", day(road.plan, "R2", 0), overtime_eur=6.0)


@breaks("days_in_order", "R1 2026-03-09: stop 1 is reached in 240 s; the drive takes 480 s")
def through_the_rush_hour_at_full_speed(road: Any) -> Plan:
    """R1 reaches C1, 4 km away, in 4 minutes from eight o'clock, and then waits there."""
    row = at(road.plan, "C1")
    stops = road.plan["stops"]
    quick = road.changed("stops", row, travel_seconds=240.0, arrive_at=stops.loc[row, "day"] + 484 * MINUTE)
    days = quick["rep_days"].copy()
    days.loc[0, "travel_minutes"] -= 4
    days.loc[0, "wait_minutes"] += 4
    return quick | {"rep_days": days}


@breaks("days_in_order", "R3 2026-03-10: stop 1 is reached in 120 s; the drive takes 150 s")
def as_fast_as_the_others(road: Any) -> Plan:
    """R3 drives a quarter slower than the road; here not."""
    row = at(road.plan, "C7")
    quick = road.changed(
        "stops", row, travel_seconds=120.0, arrive_at=road.plan["stops"].loc[row, "day"] + 482 * MINUTE
    )
    days, mine = quick["rep_days"].copy(), day(quick, "R3", 1)
    days.loc[mine, "travel_minutes"] -= 0.5
    days.loc[mine, "wait_minutes"] += 0.5
    return quick | {"rep_days": days}


@breaks("waiting_as_agreed", "C5: waiting until 2026-03-10 takes 10.00 eur off the prize, 5.00 are stated")
def waiting_at_half_price(road: Any) -> Plan:
    row, mine = at(road.plan, "C5"), day(road.plan, "R2", 1)
    half = road.changed("stops", row, waited_eur=5.0, prize_eur=95.0)
    days = half["rep_days"].copy()
    days.loc[mine, ["waited_eur", "prize_eur"]] = [5.0, 95.0]
    return costing(half | {"rep_days": days}, -5.0)


@breaks("waiting_as_agreed", "C8: waiting until 2026-03-10 takes 10.00 eur off the prize, 2.00 are stated")
def a_customer_in_a_hurry_taken_for_the_others(road: Any) -> Plan:
    """C8 loses half a day; a prize of 20, and 2 euros for waiting: 22 before it, of which 11 are due."""
    row, mine = at(road.plan, "C8"), day(road.plan, "R4", 1)
    less = road.changed("stops", row, waited_eur=2.0, prize_eur=18.0)
    days = less["rep_days"].copy()
    days.loc[mine, ["waited_eur", "prize_eur"]] = [2.0, 18.0]
    return costing(less | {"rep_days": days}, -48.0)


@breaks("prizes_within_value", "C1: prizes of 101.00 eur, the contacts are worth 100.00")
def a_prize_from_nowhere(road: Any) -> Plan:
    more = road.changed("stops", at(road.plan, "C1"), prize_eur=101.0)
    return more | {"rep_days": road.changed("rep_days", 0, prize_eur=101.0)["rep_days"]}


@breaks("totals_as_stated", "R2 2026-03-10: waited_eur 0 is 10")
def waiting_left_out_of_the_sum(road: Any) -> Plan:
    return road.changed("rep_days", day(road.plan, "R2", 1), waited_eur=0.0)


@breaks("totals_as_stated", "R2 2026-03-09: border_eur 0 is 7")
def a_border_visit_for_nothing(road: Any) -> Plan:
    return road.changed("rep_days", day(road.plan, "R2", 0), border_eur=0.0)


@breaks("totals_as_stated", "R2 2026-03-09: border_visits 0 is 1")
def a_border_visit_uncounted(road: Any) -> Plan:
    return road.changed("rep_days", day(road.plan, "R2", 0), border_visits=0)


@breaks("round_as_stated", "684.00 eur are stated; contacts less costs are 664.00")
def a_round_without_its_costs(road: Any) -> Plan:
    """20 euros more than there are."""
    assert road.plan["rounds"]["value_eur"].tolist() == pytest.approx([800 - 37 - 12 - 7 - 80])
    return costing(road.plan, -20.0)


@breaks("figures_as_stated", "net_value_eur: 424.00 eur are stated, the tables make 405.00")
def costs_that_come_off_nowhere(road: Any) -> Plan:
    """Overtime and border visits stand among the figures, and not in the net value."""
    return with_figures(road.plan, 405.0 + 12 + 7)


@breaks("figures_as_stated", "waited_eur: 0.00 eur are stated, the tables make 80.00")
def waiting_that_nobody_tells(road: Any) -> Plan:
    return with_figures(road.plan, 405.0, waited_eur=0.0)


def with_figures(plan: Plan, net_value_eur: float, **changed: float) -> Plan:
    """The plan read back: 664 euros of contacts and routes, an agent who costs 259."""
    figures = {"travel_cost_eur": 37.0, "rep_overtime_eur": 12.0, "border_eur": 7.0, "waited_eur": 80.0}
    figures |= {"rep_pay_eur": 0.0, "agent_pay_eur": 259.0, "missed_service_eur": 0.0}
    figures |= {"net_value_eur": net_value_eur, **changed}
    kpis = pd.DataFrame({"kpi": list(figures), "value": list(figures.values())})
    agents, need = pd.DataFrame({"cost_eur": [259.0]}), pd.DataFrame({"agents_short": [0.0]})
    return plan | {"kpis": kpis, "agents": agents, "requirement": need}


@breaks("right_rep", "C3: belongs to R1, is visited by R2")
def a_border_visit_kept_quiet(road: Any) -> Plan:
    """Neither flag nor cost."""
    quiet = road.changed("stops", at(road.plan, "C3"), border=False)
    return costing(with_sums(quiet, border_visits=-1, border_eur=-7.0), -7.0)


@breaks("border_visits_allowed", "C1: is owned by R1, and called a border visit")
def the_owner_as_a_neighbour(road: Any) -> Plan:
    """C1 is R1's own; C3 is not: with both the plan has two of one."""
    both = road.changed("stops", at(road.plan, "C1"), border=True)
    days = both["rep_days"].copy()
    days.loc[0, ["border_visits", "border_eur"]] = [1, 7.0]
    return costing(both | {"rep_days": days}, 7.0)


@breaks("border_visits_allowed", "C3: is pinned to R2, and called a border visit")
def a_pinned_border_visit(road: Any) -> Plan:
    return road.changed("stops", at(road.plan, "C3"), pinned=True)


@breaks("border_visits_allowed", "R2: a stop of the kind start is a border visit; the scenario asks for visits only")
def a_border_start(road: Any) -> Plan:
    row = int(road.plan["stops"].index[road.plan["stops"]["rep_id"] == "R2"][0])
    return costing(with_sums(road.changed("stops", row, border=True), border_visits=1, border_eur=7.0), 7.0)


@breaks("border_budget_kept", "2 border visits; 12.5 % of 8 visits offered are 1")
def a_border_visit_too_many(road: Any) -> Plan:
    """C5 belongs to R1 now, and R2, who lives nearest, still visits it."""
    owners = road.plan["territories"]
    given = road.changed("territories", owners.index[owners["customer_id"] == "C5"], rep_id="R1")
    row = day(road.plan, "R2", 1)
    given["stops"] = road.changed("stops", at(road.plan, "C5"), border=True)["stops"]
    given["rep_days"] = road.changed("rep_days", row, border_visits=1, border_eur=7.0)["rep_days"]
    return costing(given, 7.0)


@pytest.mark.parametrize(
    ("check", "message", "mutation"), [pytest.param(*case, id=case[-1].__name__) for case in MUTATIONS]
)
def test_one_thing_wrong_is_one_finding(road: Any, check: str, message: str, mutation: Mutation) -> None:
    """The rule that is broken says so, with both figures, and no other does."""
    found = findings(road, mutation(road))
    assert [name for name, _, _ in found] == [check]
    assert f"{found[0][1]}: {found[0][2]}".removeprefix(": ").startswith(message)


def test_rules_that_nobody_asked_for(road: Any) -> None:
    """The same plan where overtime, borders, rush hours or waiting are not in the scenario."""
    checks = {
        "days_in_order": road.asked(reps={"overtime": None}),
        "border_visits_allowed": road.asked(territories={"borders": None}),
        "border_budget_kept": road.asked(territories={"borders": {"max_visits_pct": 12.4}}),
    }
    for check, scenario in checks.items():
        assert check in {name for name, _, _ in findings(road, road.plan, scenario)}
    patient = road.asked(next_best_action={"waiting_pct_per_day": 0})
    assert {(name, row) for name, row, _ in findings(road, road.plan, patient)} == {
        ("waiting_as_agreed", customer) for customer in ("C5", "C6", "C7")
    }
    slower = road.asked(reps={"travel": {"planned_at": "08:30"}})
    assert {name for name, _, _ in findings(road, road.plan, slower)} == {"days_in_order"}


def test_a_plan_of_old_has_none_of_these_columns(road: Any) -> None:
    """Without the new rules and their columns the audit is as it was; asked for, the missing statements are found."""
    new = ["waited_eur", "border"]
    sums = ["waited_eur", "border_visits", "border_eur", "overtime_minutes", "overtime_eur"]
    row = at(road.plan, "C3")
    stops, days = road.plan["stops"].drop(columns=new), road.plan["rep_days"].drop(columns=sums)
    old = road.plan | {"stops": stops, "rep_days": days, "rounds": road.plan["rounds"].iloc[:0]}
    assert {(check, row) for check, row, _ in findings(road, old)} == {
        ("right_rep", road.plan["stops"].loc[row, "customer_id"]), ("overtime_as_stated", "R2 2026-03-09"),
        *(("waiting_as_agreed", customer) for customer in ("C5", "C6", "C7", "C8")),
    }  # fmt: skip


def with_customer(road: Any, km: float, owner: str, **cells: Any) -> tuple[Plan, Any]:
    """Plan and tables with a busy customer more, whom nobody visits: the centre of a territory moves there."""
    people = road.tables.customers
    new = people.iloc[[0]].assign(customer_id="C9", latitude=41 + km / 111.1949266, visits_per_week=1000.0, **cells)
    owners = pd.concat([road.plan["territories"], pd.DataFrame([{"customer_id": "C9", "rep_id": owner}])])
    return road.plan | {"territories": owners}, replace(road.tables, customers=pd.concat([people, new]))


def test_the_nearer_of_home_and_centre_decides(road: Any) -> None:
    """R2 lives 14 km from C3. R3, whose customers are mostly 12 km from it, is nearer; at 16 km it is not."""
    plan, tables = with_customer(road, 28.0, "R3")
    told = ("border_visits_allowed", "C3", "1 reps are nearer than R2; the nearest 1 may come")
    assert findings(road, plan, tables=tables) == [told]
    assert findings(road, plan, road.asked(territories={"borders": {"neighbours": 2}}), tables) == []
    plan, tables = with_customer(road, 32.0, "R3")
    assert findings(road, plan, tables=tables) == []


def test_neighbours_as_near_as_a_flat_map_can_tell(road: Any) -> None:
    """Scales on this road differ by 1.3 %: 13.9 km may be 14 on a map, 13.7 km are less on any."""
    for km, count in ((29.9, 0), (29.7, 1)):
        plan, tables = with_customer(road, km, "R3")
        assert len(findings(road, plan, tables=tables)) == count


def test_a_neighbour_needs_the_skill(road: Any) -> None:
    """C3 needs the laser, which its owner has: R2 has not; R3 and R4 are the ones who are asked."""
    people = road.tables.customers
    needs = people.assign(required_skill=people["required_skill"].where(people["customer_id"] != "C3", "laser"))
    tables = replace(road.tables, customers=needs)
    has = road.plan["team"].assign(skills=["laser", "", "laser", "laser"])
    assert findings(road, road.plan | {"team": has}, tables=tables) == [("right_rep", "C3", "R2 lacks the skill laser")]


def absent_owner(road: Any, **cells: Any) -> tuple[Plan, Any]:
    """R1 is away both days; of its visits only that to C3 is planned."""
    plan = road.plan
    stops = plan["stops"][plan["stops"]["rep_id"] != "R1"]
    stops = stops.assign(**{name: stops[name].where(stops["customer_id"] != "C3", to) for name, to in cells.items()})
    days = plan["rep_days"].copy()
    days.loc[days["rep_id"] == "R1", "works"] = False
    away = road.tables.reps.assign(person_id="R1", date=pd.to_datetime(["2026-03-09", "2026-03-10"] * 2))
    return plan | {"stops": stops, "rep_days": days}, replace(road.tables, absences=away[["person_id", "date"]])


def who(road: Any, plan: Plan, tables: Any, scenario: Any = None) -> list[tuple[str, str]]:
    """Findings on who visits."""
    asked = scenario or road.asked(territories={"borders": {"max_visits_pct": 100}})
    found = [each for check in visitors.CHECKS for each in check(asked, tables, plan)]
    return [(each.check, each.message) for each in found]


def test_who_stands_in_makes_no_border_visit(road: Any) -> None:
    """R1 is away: R2 is one of the three nearest, who stand in for it, so the visit is no border visit."""
    plan, tables = absent_owner(road)
    told = "the owner cannot come: R2 stands in for him, which is no border visit"
    assert who(road, plan, tables) == [("border_visits_allowed", told)]
    plan, tables = absent_owner(road, border=False)
    assert who(road, plan, tables) == []
    alone = road.asked(territories={"specialists": "own"})
    assert who(road, plan, tables, alone) == [("right_rep", "belongs to R1, is visited by R2")]


def test_the_fourth_nearest_does_not_stand_in(road: Any) -> None:
    """R2 moved 100 km away, and three other reps are nearer; with R5 away only two are."""
    plan, tables = absent_owner(road, border=False)
    homes = plan["team"]["home_latitude"].where(plan["team"]["rep_id"] != "R2", 42.0)
    fifth = plan["team"].iloc[[3]].assign(rep_id="R5", home_latitude=41.1)
    team = pd.concat([plan["team"].assign(home_latitude=homes), fifth])
    works = pd.concat([plan["rep_days"], plan["rep_days"].iloc[[-1]].assign(rep_id="R5")])
    stops = plan["stops"][plan["stops"]["customer_id"].isin(["C3", ""])]
    far = plan | {"team": team, "stops": stops, "territories": plan["territories"].assign(rep_id="R1")}
    assert who(road, far | {"rep_days": works}, tables) == [
        ("right_rep", "R2 stands in for R1, and 3 others are nearer")
    ]
    assert who(road, far, tables) == []


def test_who_covers_an_absent_owner_may_have_been_a_neighbour(road: Any) -> None:
    """In a week planned again R1 does not come: R2 covers its days, or made the border visit that was planned."""
    plan, tables = absent_owner(road)
    plan["stops_before"] = plan["stops"]
    facts = {"run": "runs/x", "away": {"ill": {"rep": "R1"}}, "cover_reps": 1, "frozen_until": "2026-03-09"}
    again = road.asked(replan=facts)
    assert who(road, plan, tables, again) == []
    quiet = plan | {"stops": plan["stops"].assign(border=False)}
    assert who(road, quiet, tables, again) == []


def test_the_budget_in_a_week_that_is_planned_again(road: Any) -> None:
    """A border visit that was planned before may stay, though fewer visits are offered now; a new one may not."""
    again = road.asked(replan={"run": "runs/x"})
    plan = road.plan | {"stops": road.plan["stops"][road.plan["stops"]["rep_id"] == "R2"]}
    before = road.plan["stops"]
    assert who(road, plan | {"stops_before": before}, road.tables, again) == []
    few = plan | {"stops_before": plan["stops"]}
    assert who(road, few, road.tables, again) == []
    new = plan | {"stops_before": plan["stops"].assign(border=False)}
    told = "1 border visits; 12.5 % of 3 visits offered are 0"
    assert who(road, new, road.tables, again) == [("border_budget_kept", told)]
