"""The figures of a plan, computed from the tables that are handed over, in euros, hours, kilometres and percent.

net_value_eur is gross margin of (rise in win probability x amount + fall in churn probability x value + growth)
- contact cost - travel - reps' overtime - border visits - value lost by waiting - pay of every paid rep and agent hour
- penalties for missed service. Doing nothing is 0. A contact's parts are those of a visit on the first day; what
waiting takes off them stands in `rep_days.waited_eur` and comes off once.
"""

from collections.abc import Mapping

import pandas as pd

from scenarios.schema import FIELD, Scenario

Tables = Mapping[str, pd.DataFrame]


def key_figures(scenario: Scenario, tables: Tables) -> pd.DataFrame:
    """One row per figure: kpi, value, unit, description."""
    euros = money_figures(scenario, tables)
    rows = [
        (
            "net_value_eur",
            euros.pop("net_value_eur"),
            "eur",
            "what the week brings after all its costs; doing nothing is 0",
        ),
        *((name, value, "eur", MONEY_WORDS[name]) for name, value in euros.items()),
        *_field_figures(tables),
        *_contact_figures(tables),
        *_centre_figures(scenario, tables),
        *_territory_figures(tables),
        *_deal_figures(tables),
    ]
    return pd.DataFrame(rows, columns=["kpi", "value", "unit", "description"]).astype({"value": float})


MONEY_WORDS = {
    "win_eur": "margin from a higher chance of winning open deals",
    "churn_eur": "margin kept because fewer customers leave",
    "growth_eur": "margin from growth of existing customers",
    "contact_cost_eur": "cost of contacts, on top of pay that accrues anyway",
    "travel_cost_eur": "cost of kilometres on the road",
    "rep_overtime_eur": "cost of the reps' hours after the end of their shifts",
    "border_eur": "cost of visits by a neighbour of the customer's rep",
    "waited_eur": "value that visits lose because they wait for a later day",
    "rep_pay_eur": "pay of every shift hour of the reps, leave and public holidays included",
    "agent_pay_eur": "pay of every rostered agent hour, overtime included",
    "missed_service_eur": "agent hours short of the requirement, at their price",
}


def money_figures(scenario: Scenario, tables: Tables) -> dict[str, float]:
    """The parts of the net value in euros (costs positive), and `net_value_eur`, their sum."""
    done = tables["allocations"].merge(tables["actions"], on=["customer_id", "channel"], suffixes=("_planned", ""))
    parts = {name: float(done[name].sum()) for name in ("win_eur", "churn_eur", "growth_eur", "contact_cost_eur")}
    days = tables["rep_days"]
    interval_hours = scenario.staffing.interval_minutes / 60
    short_hours = float(tables["requirement"]["agents_short"].sum()) * interval_hours
    parts |= {
        "travel_cost_eur": float(days["travel_km"].sum()) * scenario.money.travel_eur_per_km,
        "rep_overtime_eur": float(days["overtime_eur"].sum()),
        "border_eur": float(days["border_eur"].sum()),
        "waited_eur": float(days["waited_eur"].sum()),
        "rep_pay_eur": paid_rep_hours(tables) * scenario.reps.cost_eur_per_hour,
        "agent_pay_eur": float(tables["agents"]["cost_eur"].sum()),
        "missed_service_eur": short_hours * scenario.staffing.costs.understaffed_eur_per_agent_hour,
    }
    gains = parts["win_eur"] + parts["churn_eur"] + parts["growth_eur"]
    costs = sum(value for name, value in parts.items() if name not in {"win_eur", "churn_eur", "growth_eur"})
    return {**parts, "net_value_eur": gains - costs}


def paid_rep_hours(tables: Tables) -> float:
    """Shift hours of every rep's working days, leave included: otherwise sending people home would look like profit."""
    days, team = tables["rep_days"], tables["team"].set_index("rep_id")
    paid = days[days["works"] | days["reason"].isin(PAID_LEAVE)]
    hours = (team["shift_end"] - team["shift_start"]) / 60
    return float(hours.reindex(paid["rep_id"]).sum())


PAID_LEAVE = ("absent", "holiday")

Figure = tuple[str, float, str, str]


def _field_figures(tables: Tables) -> list[Figure]:
    days = tables["rep_days"]
    working = days[days["works"]]
    visits = float(days["visits"].sum())
    overtime_minutes = float(days["overtime_minutes"].sum())
    shift_minutes = _shift_minutes(working).sum() + overtime_minutes
    busy = float(days["visit_minutes"].sum())
    return [
        ("visits", visits, "visits", "field visits planned"),
        ("rep_days", float(len(working)), "days", "days on which a rep works"),
        ("visits_per_rep_day", visits / max(len(working), 1), "visits", "visits per working rep-day"),
        ("travel_km", float(days["travel_km"].sum()), "km", "kilometres on the road"),
        ("travel_hours", float(days["travel_minutes"].sum()) / 60, "hours", "hours on the road, parking included"),
        ("waiting_hours", float(days["wait_minutes"].sum()) / 60, "hours", "hours of waiting for a window"),
        ("visiting_pct", 100 * busy / max(shift_minutes, 1e-9), "pct", "share of paid rep time spent with customers"),
        ("unserved_visits", float(len(tables["unserved"])), "visits", "visits asked of the field that fit no route"),
        ("rep_overtime_hours", overtime_minutes / 60, "hours", "hours of the reps after the end of their shifts"),
        ("border_visits", float(days["border_visits"].sum()), "visits", "visits by a neighbour of the customer's rep"),
        ("hours_beyond_share", _beyond_share(tables), "hours", "work of reps beyond their share, summed over reps"),
    ]


def _beyond_share(tables: Tables) -> float:
    """As the routes counted it where borders or even weeks were asked for, so that both tables say the same."""
    ways = tables.get("routing_ways")
    if ways is not None and len(ways):
        return float(ways["beyond_share_hours"].iloc[-1])
    return hours_beyond_share(tables["rep_days"])


def hours_beyond_share(rep_days: pd.DataFrame) -> float:
    """Hours of work, visits and drives, that reps have beyond their share of the team's, summed over reps.

    A share is in proportion to the rep's shift hours of working days.
    """
    working = rep_days[rep_days["works"]]
    hours = _shift_minutes(working).groupby(working["rep_id"]).sum() / 60
    work = (rep_days["visit_minutes"] + rep_days["travel_minutes"]).groupby(rep_days["rep_id"]).sum() / 60
    work = work.reindex(hours.index)
    if not hours.sum() > 0:
        return 0.0
    return float((work - work.sum() * hours / hours.sum()).clip(lower=0).sum())


def _shift_minutes(working: pd.DataFrame) -> pd.Series:
    """Minutes from start to end of each shift."""
    return (working["shift_end_at"] - working["shift_start_at"]).dt.total_seconds() / 60


def _contact_figures(tables: Tables) -> list[Figure]:
    allocations = tables["allocations"]
    contacts = allocations[allocations["channel"] != "none"]
    rows: list[Figure] = [
        ("contacts", float(len(contacts)), "contacts", "planned contacts over all channels"),
        ("not_contacted", float((allocations["channel"] == "none").sum()), "customers", "customers without a contact"),
    ]
    for channel, count in contacts["channel"].value_counts().sort_index().items():
        if channel != FIELD:
            rows.append((f"contacts_{channel}", float(count), "contacts", f"planned contacts by {channel}"))
    return rows


def _centre_figures(scenario: Scenario, tables: Tables) -> list[Figure]:
    requirement = tables["requirement"]
    calls = float(requirement["calls_mean"].sum())
    answered = float((requirement["answered_pct_expected"].fillna(0) * requirement["calls_mean"]).sum())
    hours = scenario.staffing.interval_minutes / 60
    within = scenario.staffing.service_level.within_seconds
    busy = float((requirement["calls_mean"] * requirement["handle_seconds_mean"].fillna(0)).sum()) / 3600
    return [
        ("calls", calls, "calls", "calls expected within opening hours of the rostered days"),
        ("call_hours", busy, "hours", "hours of handling those calls"),
        ("agent_hours", float(tables["agents"]["paid_hours"].sum()), "hours", "paid agent hours"),
        ("overtime_hours", float(tables["agents"]["overtime_hours"].sum()), "hours", "paid hours above contracts"),
        (
            "answered_pct", answered / calls if calls else float("nan"), "pct",
            f"calls answered within {within:g} s, expected; none without calls",
        ),
        (
            "agents_short_hours", float(requirement["agents_short"].sum()) * hours, "hours",
            "agent hours short of the requirement",
        ),
    ]  # fmt: skip


def _territory_figures(tables: Tables) -> list[Figure]:
    reps, assignment = tables["territory_reps"], tables["territories"]
    loads = reps["workload_over_mean"]
    return [
        (
            "territory_max_over_mean",
            float(loads.max()) if len(reps) else 0.0,
            "ratio",
            "largest workload over the mean",
        ),
        (
            "territory_min_over_mean",
            float(loads.min()) if len(reps) else 0.0,
            "ratio",
            "smallest workload over the mean",
        ),
        ("moved_customers", float(assignment["moved"].sum()), "customers", "customers who change rep"),
        ("stray_parts", float(reps["stray_parts"].sum()), "parts", "pieces of territories beyond their first"),
    ]


def _deal_figures(tables: Tables) -> list[Figure]:
    deals = tables["closure"]
    expected = float((deals["win_probability"] * deals["amount_eur"].fillna(0)).sum())
    return [
        ("open_deals", float(len(deals)), "deals", "deals open at the end of the day `as_of`"),
        ("expected_won_deals", float(deals["win_probability"].sum()), "deals", "sum of their closure probabilities"),
        ("expected_won_eur", expected, "eur", "amount of open deals x their closure probability"),
    ]
