"""A sound plan passes the audit; a plan in which one thing was changed is refused by the rule that it breaks."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from planner.audit import audit

Plan = dict[str, pd.DataFrame]
Mutation = Callable[[Any], Plan]
MUTATIONS: list[tuple[str, Mutation]] = []


def breaks(check: str) -> Callable[[Mutation], Mutation]:
    """Register a mutation with the check that has to refuse it."""

    def register(mutation: Mutation) -> Mutation:
        MUTATIONS.append((check, mutation))
        return mutation

    return register


def changed(run: Any, table: str, rows: Any, **cells: Any) -> Plan:
    """The plan with `cells` written into the rows of a table that the mask (or index) names."""
    frame = run.plan[table].copy()
    for column, value in cells.items():
        frame.loc[rows, column] = value
    return run.plan | {table: frame}


def first_visit(run: Any) -> int:
    """Index of the first visit on a route."""
    stops = run.plan["stops"]
    return int(stops.index[stops["kind"] == "visit"][0])


def first_contact(run: Any, *, field: bool) -> int:
    """Index of the first planned contact, in the field or not (self-service left out)."""
    allocations = run.plan["allocations"]
    other = ~allocations["channel"].isin(["field", "none", "self_service"])
    return int(allocations.index[(allocations["channel"] == "field") if field else other][0])


@breaks("calls_in_range")
def negative_calls(run: Any) -> Plan:
    return changed(run, "call_forecast", 0, calls_mean=-1.0)


@breaks("calls_in_range")
def crossing_quantiles(run: Any) -> Plan:
    busiest = run.plan["call_forecast"]["calls_mean"].idxmax()
    return changed(run, "call_forecast", busiest, calls_p10=1e6)


@breaks("probabilities_in_range")
def impossible_probability(run: Any) -> Plan:
    return changed(run, "closure", 0, win_probability=1.2)


@breaks("open_deals_scored")
def forgotten_deal(run: Any) -> Plan:
    return run.plan | {"closure": run.plan["closure"].iloc[1:]}


@breaks("actions_sum")
def euros_from_nowhere(run: Any) -> Plan:
    return changed(run, "actions", 0, growth_eur=run.plan["actions"]["growth_eur"].iloc[0] + 1)


@breaks("win_euros")
def inflated_win(run: Any) -> Plan:
    actions = run.plan["actions"]
    return changed(
        run, "actions", 0, win_eur=actions["win_eur"].iloc[0] + 5, value_eur=actions["value_eur"].iloc[0] + 5
    )


@breaks("win_euros")
def twice_the_effect(run: Any) -> Plan:
    """The factor alone: win_euros, customer_euros and effects_as_evidenced refuse it; the first is named here."""
    actions = run.plan["actions"]
    row = actions.index[actions["win_eur"] > 1][0]
    return changed(run, "actions", row, effect_factor=2 * actions.loc[row, "effect_factor"])


@breaks("effects_as_evidenced")
def better_everywhere(run: Any) -> Plan:
    """Factor and all euros together, so that every sum is right."""
    actions = run.plan["actions"]
    row = actions.index[(actions["win_eur"] == 0) & (actions["value_eur"] > 0)][0]
    own = actions.loc[row]
    gain = own["churn_eur"] + own["growth_eur"]
    return changed(
        run, "actions", row, effect_factor=1.2 * own["effect_factor"], churn_eur=1.2 * own["churn_eur"],
        growth_eur=1.2 * own["growth_eur"], value_eur=own["value_eur"] + 0.2 * gain,
    )  # fmt: skip


@breaks("effects_as_evidenced")
def invented_experiment(run: Any) -> Plan:
    effects = run.plan["contact_effects"]
    other = {"assumed": "estimated", "estimated": "assumed"}[effects["evidence"].iloc[0]]
    return changed(run, "contact_effects", 0, evidence=other)


@breaks("consent_as_given")
def forged_consent(run: Any) -> Plan:
    actions = run.plan["actions"]
    refused = actions.index[~actions["consent"]][0]
    return changed(run, "actions", refused, consent=True)


@breaks("everybody_owned")
def lost_owner(run: Any) -> Plan:
    return changed(run, "territories", 0, rep_id="R99")


@breaks("everybody_owned")
def customer_without_territory(run: Any) -> Plan:
    return run.plan | {"territories": run.plan["territories"].iloc[1:]}


@breaks("moves_within_budget")
def hidden_move(run: Any) -> Plan:
    territories = run.plan["territories"]
    return changed(run, "territories", 0, moved=not territories["moved"].iloc[0])


@breaks("loads_as_stated")
def flattered_load(run: Any) -> Plan:
    return changed(run, "territory_reps", 0, workload_minutes=1.0)


@breaks("nobody_lost")
def lost_customer(run: Any) -> Plan:
    return run.plan | {"allocations": run.plan["allocations"].iloc[1:]}


@breaks("nobody_lost")
def made_up_reason(run: Any) -> Plan:
    other = first_contact(run, field=False)
    return changed(run, "allocations", other, channel="none", reason="forgotten")


@breaks("consent_kept")
def contact_without_consent(run: Any) -> Plan:
    actions, allocations = run.plan["actions"], run.plan["allocations"]
    refused = actions[~actions["consent"] & ~actions["channel"].isin(["field", "self_service"])].iloc[0]
    row = allocations.index[allocations["customer_id"] == refused["customer_id"]][0]
    return changed(run, "allocations", row, channel=refused["channel"])


@breaks("policy_kept")
def contacted_too_often(run: Any) -> Plan:
    allocations = run.plan["allocations"]
    extra = allocations[allocations.index == first_contact(run, field=False)]
    limit = run.scenario.contact_policy.max_contacts_per_customer_per_week
    return run.plan | {"allocations": pd.concat([allocations, *[extra] * limit], ignore_index=True)}


@breaks("policy_kept")
def contact_after_the_week(run: Any) -> Plan:
    return changed(run, "allocations", first_contact(run, field=False), day=pd.Timestamp("2030-01-01"))


@breaks("capacity_kept")
def overfull_day(run: Any) -> Plan:
    allocations = run.plan["allocations"]
    row = allocations.loc[[first_contact(run, field=False)]]
    more = pd.concat([row] * 5000, ignore_index=True)
    return run.plan | {"allocations": pd.concat([allocations, more], ignore_index=True)}


@breaks("capacity_kept")
def shorter_contact(run: Any) -> Plan:
    return changed(run, "allocations", first_contact(run, field=False), minutes=0.5)


@breaks("value_as_valued")
def flattered_value(run: Any) -> Plan:
    return changed(run, "allocations", first_contact(run, field=True), value_eur=1e6)


@breaks("field_is_routed")
def visit_of_a_caller(run: Any) -> Plan:
    return changed(run, "allocations", first_contact(run, field=True), channel="self_service")


@breaks("field_is_routed")
def promised_but_not_routed(run: Any) -> Plan:
    stops = run.plan["stops"]
    return run.plan | {"stops": stops[stops.index != first_visit(run)], "unserved": run.plan["unserved"].iloc[:0]}


@breaks("reps_at_work")
def works_on_sunday(run: Any) -> Plan:
    return changed(run, "stops", first_visit(run), day=pd.Timestamp("2026-03-15"))


@breaks("days_in_order")
def teleported(run: Any) -> Plan:
    row = first_visit(run)
    stops = run.plan["stops"]
    arrive = stops.loc[row, "arrive_at"] - pd.Timedelta(seconds=stops.loc[row, "travel_seconds"])
    return changed(run, "stops", row, arrive_at=arrive)


@breaks("days_in_order")
def shorter_road(run: Any) -> Plan:
    return changed(run, "stops", first_visit(run), travel_km=0.0)


@breaks("days_in_order")
def home_after_the_shift(run: Any) -> Plan:
    stops = run.plan["stops"]
    last = stops.index[stops["kind"] == "end"][0]
    late = stops.loc[last, "day"] + pd.Timedelta(hours=23, minutes=59)
    return changed(run, "stops", last, arrive_at=late, start_at=late, end_at=late)


@breaks("visits_kept")
def cut_short(run: Any) -> Plan:
    row = first_visit(run)
    return changed(run, "stops", row, end_at=run.plan["stops"].loc[row, "end_at"] - pd.Timedelta(minutes=10))


@breaks("visits_kept")
def outside_the_window(run: Any) -> Plan:
    windows = run.tables.customers.set_index("customer_id")["windows"]
    stops = run.plan["stops"]
    visits = stops[stops["kind"] == "visit"]
    row = visits.index[visits["customer_id"].map(windows).map(len) > 0][0]
    shift = pd.Timedelta(hours=12)
    return changed(
        run, "stops", row, start_at=stops.loc[row, "start_at"] - shift, end_at=stops.loc[row, "end_at"] - shift
    )


@breaks("visited_as_often_as_wanted")
def double_visit(run: Any) -> Plan:
    stops = run.plan["stops"]
    return run.plan | {"stops": pd.concat([stops, stops.loc[[first_visit(run)]]], ignore_index=True)}


@breaks("right_rep")
def wrong_skill(run: Any) -> Plan:
    return run.plan | {"team": run.plan["team"].assign(skills="")}


@breaks("right_rep")
def stolen_customer(run: Any) -> Plan:
    row = first_visit(run)
    mine = run.plan["stops"].loc[row, "rep_id"]
    other = next(rep for rep in run.plan["team"]["rep_id"] if rep != mine)
    return changed(run, "stops", row, rep_id=other)


@breaks("lunch_taken")
def no_lunch(run: Any) -> Plan:
    stops = run.plan["stops"]
    return run.plan | {"stops": stops[stops["kind"] != "lunch"]}


@breaks("appointments_kept")
def forgotten_appointment(run: Any) -> Plan:
    stops = run.plan["stops"]
    return run.plan | {"stops": stops[stops["kind"] != "appointment"]}


@breaks("totals_as_stated")
def flattered_kilometres(run: Any) -> Plan:
    days = run.plan["rep_days"]
    return changed(run, "rep_days", days["travel_km"].idxmax(), travel_km=0.0)


@breaks("shifts_possible")
def unknown_queue(run: Any) -> Plan:
    return changed(run, "agent_shifts", 0, queue="chess")


@breaks("shifts_possible")
def works_in_the_night(run: Any) -> Plan:
    shifts = run.plan["agent_shifts"]
    start = shifts.loc[0, "day"]
    return changed(
        run, "agent_shifts", 0, start_at=start, end_at=start + (shifts.loc[0, "end_at"] - shifts.loc[0, "start_at"])
    )


@breaks("shifts_shaped")
def odd_length(run: Any) -> Plan:
    end = run.plan["agent_shifts"].loc[0, "end_at"]
    return changed(run, "agent_shifts", 0, end_at=end + pd.Timedelta(minutes=7))


@breaks("shifts_shaped")
def no_break(run: Any) -> Plan:
    shifts = run.plan["agent_shifts"]
    return changed(run, "agent_shifts", shifts["break_start_at"].notna(), break_start_at=pd.NaT, break_end_at=pd.NaT)


@breaks("law_kept")
def two_desks(run: Any) -> Plan:
    shifts = run.plan["agent_shifts"]
    return run.plan | {"agent_shifts": pd.concat([shifts, shifts.iloc[[0]]], ignore_index=True)}


@breaks("law_kept")
def no_rest(run: Any) -> Plan:
    shifts = run.plan["agent_shifts"].sort_values(["agent_id", "start_at"])
    before = shifts.groupby("agent_id")["end_at"].shift()
    row = (shifts["start_at"] - before).idxmin()
    return changed(run, "agent_shifts", row, start_at=before[row] + pd.Timedelta(hours=1))


@breaks("hours_as_stated")
def unpaid_hours(run: Any) -> Plan:
    row = run.plan["agents"]["paid_hours"].idxmax()
    return changed(run, "agents", row, paid_hours=0.0)


@breaks("cover_as_stated")
def agents_from_nowhere(run: Any) -> Plan:
    row = run.plan["requirement"]["agents_rostered"].idxmax()
    return changed(run, "requirement", row, agents_rostered=99.0)


def test_a_sound_plan_has_no_findings(small_run: Any) -> None:
    """The plan as it was written is refused by no check."""
    assert audit(small_run.scenario, small_run.tables, small_run.plan).to_dict("records") == []


@pytest.mark.parametrize(("check", "mutation"), [pytest.param(c, m, id=m.__name__) for c, m in MUTATIONS])
def test_one_change_is_refused_by_its_rule(small_run: Any, check: str, mutation: Mutation) -> None:
    """The rule that the change breaks is among the findings."""
    findings = audit(small_run.scenario, small_run.tables, mutation(small_run))
    assert check in set(findings["check"])


def test_an_appointment_counts_as_contact_and_visit(small_run: Any) -> None:
    """A visited customer who also has an appointment on that day is visited and contacted once too often."""
    visit = small_run.plan["stops"].loc[first_visit(small_run)]
    given = small_run.tables.appointments
    row = {"rep_id": visit.rep_id, "start": visit.start_at, "end": visit.end_at, "customer_id": visit.customer_id}
    held = pd.DataFrame([row]).reindex(columns=given.columns)
    findings = audit(small_run.scenario, replace(small_run.tables, appointments=held), small_run.plan)
    found = findings[findings["check"] == "appointments_count"]
    assert found["table"].tolist() == ["stops", "allocations"]
    assert set(found["row"]) == {visit.customer_id}
