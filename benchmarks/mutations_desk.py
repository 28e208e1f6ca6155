"""Mutations of channels, territories, contact centre and forecasts: each function breaks one rule of a sound plan."""

from typing import Any

import pandas as pd

from benchmarks.mutations import NONE, SELF_SERVICE, Case, Kind, NothingToBreak, Plan, with_cover
from scenarios.schema import FIELD, WEEKDAYS

MINUTE, DAY = pd.Timedelta(minutes=1), pd.Timedelta(days=1)
SPAN = ["start_at", "end_at", "break_start_at", "break_end_at"]


def lost_customer(case: Case) -> Plan:
    """A customer without a visit vanishes from the plan."""
    table = case.plan["allocations"]
    customer = table.loc[case.pick(table[table["channel"] != FIELD]), "customer_id"]
    return {**case.plan, "allocations": table[table["customer_id"] != customer]}


def invented_customer(case: Case) -> Plan:
    """A contact with somebody whom no table knows."""
    return case.changed("allocations", case.pick(case.contacts()), customer_id="C-INVENTED")


def forged_consent(case: Case) -> Plan:
    """The actions claim a consent that was not given."""
    actions = case.plan["actions"]
    return case.changed("actions", case.pick(actions[~actions["consent"]]), consent=True)


def contact_without_consent(case: Case) -> Plan:
    """A customer is contacted by a channel that was refused, at its right value and length."""
    actions = case.plan["actions"]
    idle = case.plan["allocations"]
    idle = idle[idle["channel"] != FIELD]
    refused = actions[~actions["consent"] & ~actions["channel"].isin([FIELD, SELF_SERVICE])]
    one = refused.loc[case.pick(refused[refused["customer_id"].isin(idle["customer_id"])])]
    row = idle.index[idle["customer_id"] == one["customer_id"]][0]
    day = pd.Timestamp(case.scenario.horizon.start)
    cells = {name: one[name] for name in ("channel", "minutes", "value_eur", "order_eur")}
    return case.changed("allocations", row, **cells, day=day, reason="")


def contacted_too_often(case: Case) -> Plan:
    """A customer is contacted once more than the policy allows."""
    row = case.pick(case.contacts())
    table = case.plan["allocations"]
    weeks = -(-case.scenario.horizon.days // 7)
    copies = [table.loc[[row]]] * (weeks * case.scenario.contact_policy.max_contacts_per_customer_per_week)
    return {**case.plan, "allocations": pd.concat([table, *copies], ignore_index=True)}


def overfull_channel(case: Case) -> Plan:
    """All contacts of a channel are made on one day."""
    for name in case.rng.permutation(sorted(case.scenario.channels)).tolist():
        limit = case.scenario.channels[name].capacity_minutes_per_day
        mine = case.contacts(name)
        if limit is not None and mine["minutes"].sum() > limit:
            return case.changed("allocations", mine.index, day=mine["day"].min())
    raise NothingToBreak


def contact_after_the_week(case: Case) -> Plan:
    """A contact is planned for a day after the horizon."""
    late = pd.Timestamp(case.scenario.horizon.start) + case.scenario.horizon.days * DAY
    return case.changed("allocations", case.pick(case.contacts()), day=late)


def flattered_value(case: Case) -> Plan:
    """A contact is planned at twice the value of its action."""
    table = case.plan["allocations"]
    row = case.pick(table[(table["channel"] != NONE) & (table["value_eur"] > 1)])
    return case.changed("allocations", row, value_eur=2 * table.loc[row, "value_eur"])


def _flattered_part(case: Case, part: str) -> Plan:
    """An action's part and value are raised by ten euros, in the allocations as well."""
    actions = case.plan["actions"]
    row = case.pick(actions)
    customer, channel = actions.loc[row, "customer_id"], actions.loc[row, "channel"]
    cells: dict[str, Any] = {name: actions.loc[row, name] + 10 for name in (part, "value_eur")}
    broken = case.changed("actions", row, **cells)
    table = broken["allocations"].copy()
    table.loc[(table["customer_id"] == customer) & (table["channel"] == channel), "value_eur"] += 10
    return {**broken, "allocations": table}


def flattered_win(case: Case) -> Plan:
    """A deal is worth more than amount x margin x lift."""
    return _flattered_part(case, "win_eur")


def flattered_churn(case: Case) -> Plan:
    """Keeping a customer is worth more than churn x reduction x potential x margin."""
    return _flattered_part(case, "churn_eur")


def flattered_growth(case: Case) -> Plan:
    """Growth is worth more than lift x potential x margin."""
    return _flattered_part(case, "growth_eur")


def no_reason(case: Case) -> Plan:
    """A contact is called off, and nobody says why."""
    row = case.pick(case.contacts())
    return case.changed("allocations", row, channel=NONE, day=pd.NaT, minutes=0.0, value_eur=0.0, reason="")


def unknown_owner(case: Case) -> Plan:
    """A customer belongs to nobody of the team."""
    return case.changed("territories", case.pick(case.plan["territories"]), rep_id="R-GONE")


def unowned_customer(case: Case) -> Plan:
    """A customer has no territory."""
    territories = case.plan["territories"]
    return {**case.plan, "territories": territories.drop(index=case.pick(territories))}


def hidden_move(case: Case) -> Plan:
    """A customer changes rep, and the table says nobody moved; the loads are right."""
    territories = case.plan["territories"]
    row = case.pick(territories[territories["rep_id"] == territories["previous_rep_id"]])
    was = territories.loc[row, "rep_id"]
    others = case.plan["team"][case.plan["team"]["rep_id"] != was]
    to = others.loc[case.pick(others), "rep_id"]
    broken = case.changed("territories", row, rep_id=to)
    reps = broken["territory_reps"].copy()
    minutes = territories.loc[row, "workload_minutes"]
    reps.loc[reps["rep_id"] == was, "workload_minutes"] -= minutes
    reps.loc[reps["rep_id"] == to, "workload_minutes"] += minutes
    return {**broken, "territory_reps": reps}


def flattered_load(case: Case) -> Plan:
    """A territory's workload is stated at nine tenths."""
    reps = case.plan["territory_reps"]
    row = case.pick(reps[reps["workload_minutes"] > 1])
    return case.changed("territory_reps", row, workload_minutes=0.9 * reps.loc[row, "workload_minutes"])


def two_desks(case: Case) -> Plan:
    """An agent has a second shift at the same time; hours and cover are summed as if there were two of them."""
    shifts = case.plan["agent_shifts"]
    more = pd.concat([shifts, shifts.loc[[case.pick(shifts)]]], ignore_index=True)
    return with_cover(case, {**case.plan, "agent_shifts": more})


def wrong_queue(case: Case) -> Plan:
    """An agent answers a queue that nobody taught them."""
    shifts, planned = case.plan["agent_shifts"], set(case.plan["requirement"]["queue"])
    known = case.tables.agents.set_index("agent_id")["queues"]
    able = shifts[shifts["agent_id"].map(known).map(lambda queues: bool(planned - set(queues)))]
    row = case.pick(able) if len(able) else case.pick(shifts)
    strange = sorted(planned - set(known[shifts.loc[row, "agent_id"]])) or ["chess"]
    return with_cover(case, case.changed("agent_shifts", row, queue=strange[0]))


def absent_agent(case: Case) -> Plan:
    """A shift is given to somebody who is away that day."""
    shifts, away = case.plan["agent_shifts"], case.tables.absences
    agents = set(case.tables.agents["agent_id"])
    away = away[away["person_id"].isin(agents) & away["date"].isin(set(shifts["day"]))]
    one = away.loc[case.pick(away)]
    row = case.pick(shifts[shifts["day"] == one["date"]])
    return with_cover(case, case.changed("agent_shifts", row, agent_id=one["person_id"]))


def night_shift(case: Case) -> Plan:
    """A shift begins at midnight, before the centre opens."""
    if not case.scenario.staffing.opening_hours:
        raise NothingToBreak
    shifts = case.plan["agent_shifts"].copy()
    row = case.pick(shifts)
    early = shifts.loc[row, "start_at"] - shifts.loc[row, "day"]
    for column in SPAN:
        shifts.loc[row, column] -= early
    return with_cover(case, {**case.plan, "agent_shifts": shifts})


def no_break(case: Case) -> Plan:
    """A long shift is worked without its break, and paid in full."""
    shifts = case.plan["agent_shifts"]
    row = case.pick(shifts[shifts["break_start_at"].notna()])
    paid = (shifts.loc[row, "end_at"] - shifts.loc[row, "start_at"]) / MINUTE
    cells = {"break_start_at": pd.NaT, "break_end_at": pd.NaT, "paid_minutes": round(paid)}
    return with_cover(case, case.changed("agent_shifts", row, **cells))


def no_day_off(case: Case) -> Plan:
    """An agent works the same shift on every open day of the week."""
    shifts = case.plan["agent_shifts"]
    one = shifts.loc[case.pick(shifts)]
    opening = case.scenario.staffing.opening_hours
    days = pd.date_range(case.scenario.staffing_horizon().start, periods=7)
    worked = set(shifts.loc[shifts["agent_id"] == one["agent_id"], "day"])
    free = [day for day in days if (not opening or WEEKDAYS[day.weekday()] in opening) and day not in worked]
    copies = []
    for day in free:
        copy = one.to_frame().T.astype(shifts.dtypes.to_dict())
        copy["day"] = day
        for column in SPAN:
            copy[column] += day - one["day"]
        copies.append(copy)
    if len(worked) + len(free) <= 7 - case.scenario.staffing.rules.min_days_off_per_week:
        raise NothingToBreak
    return with_cover(case, {**case.plan, "agent_shifts": pd.concat([shifts, *copies], ignore_index=True)})


def unpaid_hours(case: Case) -> Plan:
    """An agent is paid an hour less than worked."""
    agents = case.plan["agents"]
    row = case.pick(agents[agents["paid_hours"] > 1])
    return case.changed("agents", row, paid_hours=agents.loc[row, "paid_hours"] - 1)


def cheap_agent(case: Case) -> Plan:
    """An agent's hours cost half of what they do."""
    agents = case.plan["agents"]
    row = case.pick(agents[agents["cost_eur"] > 1])
    return case.changed("agents", row, cost_eur=agents.loc[row, "cost_eur"] / 2)


def agents_from_nowhere(case: Case) -> Plan:
    """An interval is covered by an agent who has no shift."""
    needs = case.plan["requirement"]
    row = case.pick(needs)
    rostered = needs.loc[row, "agents_rostered"] + 1
    short = max(0.0, needs.loc[row, "agents_required"] - rostered)
    return case.changed("requirement", row, agents_rostered=rostered, agents_short=short)


def wished_away_need(case: Case) -> Plan:
    """A busy interval needs nobody."""
    needs = case.plan["requirement"]
    row = case.pick(needs[needs["agents_required"] >= max(2, needs["agents_required"].median())])
    return case.changed("requirement", row, agents_required=0, agents_short=0.0)


def wished_away_calls(case: Case) -> Plan:
    """An interval is staffed for half of the calls that are forecast."""
    needs = case.plan["requirement"]
    row = case.pick(needs[needs["calls_mean"] > 1])
    return case.changed("requirement", row, calls_mean=needs.loc[row, "calls_mean"] / 2)


def granted_on_paper(case: Case) -> Plan:
    """A day off is granted on which the agent works."""
    wishes, shifts = case.plan["requests"], case.plan["agent_shifts"]
    row = case.pick(shifts)
    wish = {"agent_id": shifts.loc[row, "agent_id"], "date": shifts.loc[row, "day"], "kind": "off", "weight": 1.0}
    more = pd.DataFrame([{**wish, "granted": True}])
    listed = wishes[(wishes["agent_id"] != wish["agent_id"]) | (wishes["date"] != wish["date"])]
    return {**case.plan, "requests": pd.concat([listed, more], ignore_index=True) if len(listed) else more}


def negative_calls(case: Case) -> Plan:
    """Fewer calls than none."""
    return case.changed("call_forecast", case.pick(case.plan["call_forecast"]), calls_mean=-1.0)


def crossing_quantiles(case: Case) -> Plan:
    """The lowest quantile lies above the highest."""
    table = case.plan["call_forecast"]
    columns = [name for name in table.columns if name.startswith("calls_p")]
    if len(columns) < 2:
        raise NothingToBreak
    row = case.pick(table[table["calls_mean"] > 0])
    return case.changed("call_forecast", row, **{columns[0]: table.loc[row, columns[-1]] + 1})


def impossible_probability(case: Case) -> Plan:
    """A deal is won with more than certainty."""
    return case.changed("closure", case.pick(case.plan["closure"]), win_probability=1 + case.rng.random())


def forgotten_deal(case: Case) -> Plan:
    """An open deal has no probability."""
    closure = case.plan["closure"]
    return {**case.plan, "closure": closure.drop(index=case.pick(closure))}


def deal_scored_twice(case: Case) -> Plan:
    """A deal counts twice."""
    closure = case.plan["closure"]
    return {**case.plan, "closure": pd.concat([closure, closure.loc[[case.pick(closure)]]], ignore_index=True)}


KINDS: tuple[Kind, ...] = (
    lost_customer, invented_customer, forged_consent, contact_without_consent, contacted_too_often,
    overfull_channel, contact_after_the_week, flattered_value, flattered_win, flattered_churn, flattered_growth,
    no_reason, unknown_owner, unowned_customer, hidden_move, flattered_load, two_desks, wrong_queue, absent_agent,
    night_shift, no_break, no_day_off, unpaid_hours, cheap_agent, agents_from_nowhere, wished_away_need,
    wished_away_calls, granted_on_paper, negative_calls, crossing_quantiles, impossible_probability,
    forgotten_deal, deal_scored_twice,
)  # fmt: skip
