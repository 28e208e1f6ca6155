"""Mutations of routes and rep-days: each function breaks one rule somewhere in a sound plan, and is named for it."""

import pandas as pd

from benchmarks.mutations import Case, Kind, Plan, renumbered, with_totals

MINUTE, HOUR, DAY = pd.Timedelta(minutes=1), pd.Timedelta(hours=1), pd.Timedelta(days=1)
TIMES = ["arrive_at", "start_at", "end_at"]


def moved_stop(case: Case) -> Plan:
    """A visit goes to another rep of the same day."""
    row = case.pick(case.visits())
    stops = case.plan["stops"].copy()
    others = stops[(stops["day"] == stops.loc[row, "day"]) & (stops["rep_id"] != stops.loc[row, "rep_id"])]
    stops.loc[row, "rep_id"] = others.loc[case.pick(others), "rep_id"]
    return with_totals({**case.plan, "stops": renumbered(stops)})


def swapped_stops(case: Case) -> Plan:
    """Two visits of a rep-day change places; times and drives stay as they were."""
    visits = case.visits()
    many = visits[visits.groupby(["rep_id", "day"])["position"].transform("size") > 1]
    one = case.pick(many)
    day = many[(many["rep_id"] == many.loc[one, "rep_id"]) & (many["day"] == many.loc[one, "day"])]
    far = day[(day["latitude"] - many.loc[one, "latitude"]).abs() > 1e-4]
    other = case.pick(far)
    stops, what = case.plan["stops"].copy(), ["customer_id", "latitude", "longitude"]
    stops.loc[[one, other], what] = stops.loc[[other, one], what].to_numpy()
    return {**case.plan, "stops": stops}


def double_visit(case: Case) -> Plan:
    """A visit is made again on another day of the same rep."""
    row = case.pick(case.visits())
    stops = case.plan["stops"]
    days = stops.loc[(stops["rep_id"] == stops.loc[row, "rep_id"]) & (stops["day"] != stops.loc[row, "day"])]
    day = days.loc[case.pick(days), "day"]
    copy = stops.loc[[row]].assign(day=day)
    for column in TIMES:
        copy[column] += day - stops.loc[row, "day"]
    return with_totals({**case.plan, "stops": renumbered(pd.concat([stops, copy], ignore_index=True))})


def forgotten_visit(case: Case) -> Plan:
    """A visit is on no route any more, and nobody says so."""
    row = case.pick(case.visits())
    customer = case.plan["stops"].loc[row, "customer_id"]
    unserved = case.plan["unserved"]
    stops = renumbered(case.plan["stops"][case.plan["stops"]["customer_id"] != customer])
    return with_totals({**case.plan, "stops": stops, "unserved": unserved[unserved["customer_id"] != customer]})


def overfull_shift(case: Case) -> Plan:
    """A rep-day is put off until its end lies after the shift."""
    stops = case.plan["stops"].copy()
    ends = stops[stops["kind"] == "end"]
    row = ends.loc[case.pick(ends)]
    days = case.plan["rep_days"].set_index(["rep_id", "day"])
    late = days.loc[(row["rep_id"], row["day"]), "shift_end_at"] - row["arrive_at"] + 5 * MINUTE
    mine = (stops["rep_id"] == row["rep_id"]) & (stops["day"] == row["day"])
    for column in TIMES:
        stops.loc[mine, column] += late
    return {**case.plan, "stops": stops}


def short_visit(case: Case) -> Plan:
    """A visit takes a third of its time."""
    row = case.pick(case.visits())
    stops = case.plan["stops"].copy()
    stops.loc[row, "end_at"] = stops.loc[row, "start_at"] + (stops.loc[row, "end_at"] - stops.loc[row, "start_at"]) / 3
    return with_totals({**case.plan, "stops": stops})


def closed_door(case: Case) -> Plan:
    """A visit begins before the customer's first window opens."""
    windows = case.tables.customers.set_index("customer_id")["windows"]
    visits = case.visits()
    row = case.pick(visits[visits["customer_id"].map(windows).map(len) > 0])
    stops = case.plan["stops"].copy()
    opens = stops.loc[row, "day"] + min(windows[stops.loc[row, "customer_id"]])[0] * MINUTE
    early = stops.loc[row, "start_at"] - opens + 10 * MINUTE
    for column in TIMES:
        stops.loc[row, column] -= early
    return with_totals({**case.plan, "stops": stops})


def wrong_skill(case: Case) -> Plan:
    """A visit that needs a skill goes to the rep-day of somebody without it."""
    skill = case.tables.customers.set_index("customer_id")["required_skill"]
    visits = case.visits()
    row = case.pick(visits[visits["customer_id"].map(skill).fillna("") != ""])
    stops = case.plan["stops"].copy()
    team = case.tables.reps.set_index("rep_id")["skills"]
    lacks = [rep for rep, skills in team.items() if skill[stops.loc[row, "customer_id"]] not in skills]
    others = stops[stops["rep_id"].isin(lacks) & (stops["day"] == stops.loc[row, "day"])]
    stops.loc[row, "rep_id"] = others.loc[case.pick(others), "rep_id"]
    return with_totals({**case.plan, "stops": renumbered(stops)})


def forged_skill(case: Case) -> Plan:
    """The plan's team has a skill that the rep never learnt."""
    return case.changed("team", case.pick(case.plan["team"]), skills="juggling|chess")


def skipped_lunch(case: Case) -> Plan:
    """A rep works through."""
    stops = case.plan["stops"]
    row = case.pick(stops[stops["kind"] == "lunch"])
    return with_totals({**case.plan, "stops": renumbered(stops.drop(index=row))})


def day_off(case: Case) -> Plan:
    """A rep-day is worked on a day on which the rep is free, away, or on no day of the plan."""
    days = case.plan["rep_days"]
    row = days.loc[case.pick(days[days["visits"] > 0])]
    free = days[(days["rep_id"] == row["rep_id"]) & ~days["works"]]
    to = free["day"].iloc[0] if len(free) else days["day"].max() + 7 * DAY
    stops = case.plan["stops"].copy()
    mine = (stops["rep_id"] == row["rep_id"]) & (stops["day"] == row["day"])
    for column in ["day", *TIMES]:
        stops.loc[mine, column] += to - row["day"]
    return with_totals({**case.plan, "stops": stops})


def forgotten_appointment(case: Case) -> Plan:
    """A fixed appointment is on no route."""
    stops = case.plan["stops"]
    row = case.pick(stops[stops["kind"] == "appointment"])
    return with_totals({**case.plan, "stops": renumbered(stops.drop(index=row))})


def flattered_drive(case: Case) -> Plan:
    """A drive takes and costs half, in the sums as well."""
    visits = case.visits()
    row = case.pick(visits[visits["travel_km"] > 0.1])
    stops = case.plan["stops"].copy()
    stops.loc[row, "travel_km"] /= 2
    return with_totals({**case.plan, "stops": stops})


def flattered_kilometres(case: Case) -> Plan:
    """A rep-day's kilometres are halved in the sum only."""
    days = case.plan["rep_days"]
    row = case.pick(days[days["travel_km"] > 0.1])
    return case.changed("rep_days", row, travel_km=days.loc[row, "travel_km"] / 2)


def longer_shift(case: Case) -> Plan:
    """A rep-day has another shift than the rep."""
    days = case.plan["rep_days"]
    row = case.pick(days[days["works"]])
    return case.changed("rep_days", row, shift_end_at=days.loc[row, "shift_end_at"] + 2 * HOUR)


def unpaid_day(case: Case) -> Plan:
    """A day's work of a rep is not counted as work."""
    days = case.plan["rep_days"]
    return case.changed("rep_days", case.pick(days[days["works"]]), works=False, reason="holiday")


KINDS: tuple[Kind, ...] = (
    moved_stop, swapped_stops, double_visit, forgotten_visit, overfull_shift, short_visit, closed_door,
    wrong_skill, forged_skill, skipped_lunch, day_off, forgotten_appointment, flattered_drive,
    flattered_kilometres, longer_shift, unpaid_day,
)  # fmt: skip
