"""Mutations of what a scenario may ask of the field: overtime, border visits, waiting, drives by their own hour, even
weeks. Each function breaks one rule somewhere in a plan that was made with all of them, and is named for it."""

import math

import pandas as pd

from benchmarks.mutations import Case, Kind, NothingToBreak, Plan, renumbered, with_totals

MINUTE = pd.Timedelta(minutes=1)
TIMES = ["arrive_at", "start_at", "end_at"]


def summed(case: Case, plan: Plan) -> Plan:
    """The plan with `rep_days` summed again, and border visits and overtime at their prices."""
    made = with_totals(plan)
    days = made["rep_days"].copy()
    borders, overtime = case.scenario.territories.borders, case.scenario.reps.overtime
    days["border_eur"] = days["border_visits"] * (borders.eur_per_visit if borders else 0.0)
    last = made["stops"].groupby(["rep_id", "day"])["arrive_at"].max()
    ends = last.reindex(pd.MultiIndex.from_frame(days[["rep_id", "day"]])).to_numpy()
    late = (pd.Series(ends, index=days.index) - days["shift_end_at"]).dt.total_seconds() / 60
    days["overtime_minutes"] = late.clip(lower=0.0).fillna(0.0)
    days["overtime_eur"] = days["overtime_minutes"] / 60 * (overtime.eur_per_hour if overtime else 0.0)
    return {**made, "rep_days": days}


def beyond_the_overtime(case: Case) -> Plan:
    """A rep-day is put off until it ends five minutes after the last minute of its overtime."""
    overtime = case.scenario.reps.overtime
    if overtime is None:
        raise NothingToBreak
    stops = case.plan["stops"].copy()
    ends = stops[stops["kind"] == "end"]
    row = ends.loc[case.pick(ends)]
    days = case.plan["rep_days"].set_index(["rep_id", "day"])
    closes = days.loc[(row["rep_id"], row["day"]), "shift_end_at"] + (overtime.max_minutes_per_day + 5) * MINUTE
    mine = (stops["rep_id"] == row["rep_id"]) & (stops["day"] == row["day"])
    late = closes - row["arrive_at"]
    for column in TIMES:
        stops.loc[mine, column] += late
    return summed(case, {**case.plan, "stops": stops})


def overtime_kept_quiet(case: Case) -> Plan:
    """A rep-day's overtime is stated and paid by half."""
    days = case.plan["rep_days"]
    row = case.pick(days[days["overtime_minutes"] > 1])
    half = {name: float(days[name].loc[row]) / 2 for name in ("overtime_minutes", "overtime_eur")}
    return case.changed("rep_days", row, **half)


def unpaid_overtime(case: Case) -> Plan:
    """A rep-day's overtime costs nothing."""
    days = case.plan["rep_days"]
    return case.changed("rep_days", case.pick(days[days["overtime_eur"] > 0.1]), overtime_eur=0.0)


def invented_overtime(case: Case) -> Plan:
    """A rep is said to have worked half an hour longer."""
    days = case.plan["rep_days"]
    row = case.pick(days[days["works"]])
    return case.changed("rep_days", row, overtime_minutes=float(days["overtime_minutes"].loc[row]) + 30.0)


def _shortened(case: Case, row: int, factor: float) -> Plan:
    """The drive to a stop takes 1 / factor of its time at the wheel; the rep waits instead."""
    parking = 60 * case.scenario.reps.travel.parking_minutes
    stops = case.plan["stops"].copy()
    is_late = stops.index == row
    saved = ((stops["travel_seconds"] - parking) * (1 - 1 / factor)).where(is_late, 0.0).astype(int)
    stops["travel_seconds"] = stops["travel_seconds"] - saved
    stops["arrive_at"] = stops["arrive_at"] - pd.to_timedelta(saved, unit="s")
    return summed(case, {**case.plan, "stops": stops})


def no_rush_hour(case: Case) -> Plan:
    """A drive within a slow part of the day takes no longer than at any other time."""
    bands = [(band.between, band.factor) for band in case.scenario.reps.travel.hours if band.factor > 1.1]
    visits = case.visits()
    visits = visits[visits["travel_km"] > 0.5]
    arrives = (visits["arrive_at"] - visits["day"]).dt.total_seconds() / 60
    leaves = arrives - visits["travel_seconds"] / 60
    slow = pd.Series(1.0, index=visits.index)
    for (begins, ends), factor in bands:
        slow = slow.where((leaves < begins) | (arrives > ends), factor)
    row = case.pick(visits[slow > 1])
    return _shortened(case, row, slow[row])


def faster_rep(case: Case) -> Plan:
    """A rep who drives slowly drives like the others."""
    reps = case.tables.reps
    if "drive_factor" not in reps:
        raise NothingToBreak
    slow = reps.set_index("rep_id")["drive_factor"].astype(float)
    visits = case.visits()
    row = case.pick(visits[(visits["rep_id"].map(slow) > 1.05) & (visits["travel_km"] > 0.5)])
    return _shortened(case, row, slow[visits.loc[row, "rep_id"]])


def waiting_for_nothing(case: Case) -> Plan:
    """A visit loses half as much by waiting as it should; sums, and the plan's value, go with it."""
    visits = case.visits()
    row = case.pick(visits[visits["waited_eur"] > 0.05])
    back = float(visits["waited_eur"].loc[row]) / 2
    stops = case.plan["stops"].copy()
    stops.loc[row, ["prize_eur", "waited_eur"]] += [back, -back]
    return summed(case, _worth(case.plan, back) | {"stops": stops})


def prize_from_nowhere(case: Case) -> Plan:
    """A visit brings more than its customer is worth."""
    actions = case.plan["actions"]
    value = actions[actions["channel"] == "field"].set_index("customer_id")["value_eur"]
    visits = case.visits()
    row = case.pick(visits)
    more = max(0.0, float(value.get(visits.loc[row, "customer_id"], 0.0))) + 1.0
    stops = case.plan["stops"].copy()
    stops.loc[row, "prize_eur"] += more
    return summed(case, {**case.plan, "stops": stops})


def costs_left_out(case: Case) -> Plan:
    """The plan's value without overtime, border visits and waiting taken off."""
    days = case.plan["rep_days"]
    costs = float(days[["overtime_eur", "border_eur", "waited_eur"]].to_numpy().sum())
    if costs < 0.05:
        raise NothingToBreak
    return _worth(case.plan, costs)


def _worth(plan: Plan, more_eur: float) -> Plan:
    rounds = plan["rounds"]
    if rounds.empty:
        raise NothingToBreak
    return {**plan, "rounds": rounds.assign(value_eur=rounds["value_eur"] + more_eur)}


def _border_visits(case: Case) -> pd.DataFrame:
    visits = case.visits()
    return visits[visits["border"]]


def border_kept_quiet(case: Case) -> Plan:
    """A visit by a neighbour is not called one."""
    row = case.pick(_border_visits(case))
    return summed(case, case.changed("stops", row, border=False))


def border_for_nothing(case: Case) -> Plan:
    """Border visits of a rep-day cost nothing."""
    days = case.plan["rep_days"]
    return case.changed("rep_days", case.pick(days[days["border_eur"] > 0.1]), border_eur=0.0)


def owner_as_neighbour(case: Case) -> Plan:
    """A visit by the owner is called a border visit."""
    visits = case.visits()
    owner = visits["customer_id"].map(case.plan["territories"].set_index("customer_id")["rep_id"])
    return summed(case, case.changed("stops", case.pick(visits[visits["rep_id"] == owner]), border=True))


def too_many_border_visits(case: Case) -> Plan:
    """Customers change owner, and the visits of their former owners become border visits, one more than may be."""
    borders = case.scenario.territories.borders
    visits, team = case.visits(), case.plan["team"]["rep_id"]
    if borders is None or len(team) < 2:
        raise NothingToBreak
    offered = len(visits) + len(case.plan["unserved"])
    wanted = math.floor(borders.max_visits_pct / 100 * offered) + 1 - int(visits["border"].sum())
    once = visits[~visits["customer_id"].duplicated(keep=False) & ~visits["border"] & ~visits["pinned"]]
    if not 0 < wanted <= len(once):
        raise NothingToBreak
    rows = [once.index[i] for i in case.rng.choice(len(once), wanted, replace=False)]
    territories, stops = case.plan["territories"].copy(), case.plan["stops"].copy()
    for row in rows:
        other = next(rep for rep in team if rep != stops.loc[row, "rep_id"])
        mine = territories["customer_id"] == stops.loc[row, "customer_id"]
        territories.loc[mine, ["rep_id", "moved"]] = [other, territories.loc[mine, "previous_rep_id"].iloc[0] != other]
    stops.loc[rows, "border"] = True
    return summed(case, {**case.plan, "stops": stops, "territories": territories})


def border_visit_from_afar(case: Case) -> Plan:
    """A border visit is made by the rep who lives farthest from the customer."""
    row = case.pick(_border_visits(case))
    return _given_away(case, row, case.plan["team"])


def border_visit_without_skill(case: Case) -> Plan:
    """A visit that needs a skill goes over the border to a rep who lacks it."""
    needs = case.tables.customers.set_index("customer_id")["required_skill"]
    visits, team = case.visits(), case.plan["team"]
    skill = visits["customer_id"].map(needs).fillna("")
    row = case.pick(visits[skill != ""])
    return _given_away(case, row, team[[skill[row] not in held.split("|") for held in team["skills"]]])


def _given_away(case: Case, row: int, team: pd.DataFrame) -> Plan:
    """A visit goes, as a border visit, to the farthest of these reps who is on the road on its day."""
    stops = case.plan["stops"].copy()
    stop = stops.loc[row]
    on_road = set(stops.loc[stops["day"] == stop["day"], "rep_id"]) - {stop["rep_id"]}
    others = team[team["rep_id"].isin(on_road)]
    if others.empty:
        raise NothingToBreak
    far = (others["home_latitude"] - stop["latitude"]) ** 2 + (others["home_longitude"] - stop["longitude"]) ** 2
    farthest = others["rep_id"].iloc[int(far.to_numpy(float).argmax())]
    given = stops.index == row
    stops["rep_id"], stops["border"] = stops["rep_id"].where(~given, farthest), stops["border"] | given
    return summed(case, {**case.plan, "stops": renumbered(stops)})


def better_way(case: Case) -> Plan:
    """The plan is said to bring a euro more than its routes do."""
    ways = case.plan["routing_ways"]
    if ways.empty:
        raise NothingToBreak
    return case.changed("routing_ways", ways.index[-1], value_eur=ways["value_eur"].iloc[-1] + 1.0)


def even_on_paper(case: Case) -> Plan:
    """The longest week is said to be an hour shorter than it is."""
    ways = case.plan["routing_ways"]
    if ways.empty:
        raise NothingToBreak
    return case.changed("routing_ways", ways.index[-1], longest_hours=ways["longest_hours"].iloc[-1] - 1.0)


KINDS: tuple[Kind, ...] = (
    beyond_the_overtime, overtime_kept_quiet, unpaid_overtime, invented_overtime, no_rush_hour, faster_rep,
    waiting_for_nothing, prize_from_nowhere, costs_left_out, border_kept_quiet, border_for_nothing, owner_as_neighbour,
    too_many_border_visits, border_visit_from_afar, border_visit_without_skill, better_way, even_on_paper,
)  # fmt: skip
