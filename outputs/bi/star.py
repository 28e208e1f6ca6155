"""Facts and dimensions of a plan: flat frames with natural keys, every reference resolved."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from inputs.types import Tables
from outputs.bi.calls import customer_behavior, operative_calls
from outputs.bi.dictionary import Column, dictionary
from outputs.field import rep_days_of, stops_of, ways_of
from planner.types import Plan
from scenarios.schema import FIELD, SELF_SERVICE, WEEKDAYS, Horizon, Scenario

Star = dict[str, pd.DataFrame]

DTYPES = {
    "text": "str", "integer": "Int64", "number": "float64", "flag": "boolean", "date": "datetime64[us]",
    "instant": "datetime64[us]",
}  # fmt: skip
NO_CONTACT = "none"


def make_star(plan: Plan, tables: Tables) -> Star:
    """Every table of the dictionary, sorted by its key; keys that only facts know are rows of the dimension too."""
    facts = _shaped({**_field_facts(plan), **_contact_facts(plan), **_centre_facts(plan), **_figure_facts(plan)})
    dimensions = {
        "dim_customer": _customers(plan, tables),
        "dim_customer_behavior": customer_behavior(plan.scenario, tables),
        "dim_rep": _reps(plan),
        "dim_agent": _agents(plan, tables),
        "dim_channel": _channels(plan.scenario, plan.tables["contact_effects"]),
        "dim_queue": pd.DataFrame({"queue": pd.Series(dtype="str")}),
    }
    star = facts | _shaped(dimensions)
    level = plan.scenario.staffing.service_level
    for name in dimensions:
        star[name] = _completed(name, star)
    star["dim_queue"] = star["dim_queue"].assign(
        promised_pct=float(level.answered_pct), within_seconds=float(level.within_seconds)
    )
    star["dim_customer"] = star["dim_customer"].assign(is_known=star["dim_customer"]["is_known"].fillna(False))
    star["dim_date"] = _shape(_dates(plan.scenario, star), dictionary()["dim_date"])
    return {name: star[name] for name in dictionary()}


def _shaped(frames: Mapping[str, pd.DataFrame]) -> Star:
    return {name: _shape(frame, dictionary()[name]) for name, frame in frames.items()}


def _shape(frame: pd.DataFrame, columns: tuple[Column, ...]) -> pd.DataFrame:
    """The columns of the dictionary with their types, sorted by the key; a reference to nobody is empty."""
    typed: dict[str, Any] = {}
    for column in columns:
        values = frame.get(column.name, pd.Series(None, index=frame.index, dtype=object))
        if column.type == "text":
            values = values.astype("str")
            typed[column.name] = values.where(values != "") if column.references else values
        else:
            dtype: Any = DTYPES[column.type]
            typed[column.name] = values.astype(dtype)
    keys = [column.name for column in columns if column.key]
    return pd.DataFrame(typed, index=frame.index).sort_values(keys, kind="stable", ignore_index=True)


def _completed(name: str, star: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The dimension with a row for each key that any table refers to."""
    frame, key = star[name], dictionary()[name][0].name
    used = [
        star[table][column.name].dropna()
        for table, columns in dictionary().items()
        for column in columns
        if column.references == f"{name}.{key}" and table in star
    ]
    keys = pd.concat([frame[key], *used], ignore_index=True).drop_duplicates()
    unknown = keys[~keys.isin(frame[key])]
    if unknown.empty:
        return frame
    added = _shape(pd.DataFrame({key: unknown}), dictionary()[name])
    return pd.concat([frame, added], ignore_index=True).sort_values(key, kind="stable", ignore_index=True)


def _customers(plan: Plan, tables: Tables) -> pd.DataFrame:
    scores = plan.tables["customer_scores"].drop_duplicates("customer_id")
    owners = plan.tables["territories"][["customer_id", "rep_id"]].drop_duplicates("customer_id")
    people = tables.customers.drop(columns=[*(set(scores.columns) | {"rep_id"}) & set(tables.customers.columns)]
                                   ).assign(customer_id=tables.customers["customer_id"])  # fmt: skip
    return (
        people.merge(scores, on="customer_id", how="left")
        .merge(owners, on="customer_id", how="left")
        .assign(is_known=True)
    )


def _reps(plan: Plan) -> pd.DataFrame:
    return plan.tables["team"].merge(plan.tables["territory_reps"], on="rep_id", how="left")


def _agents(plan: Plan, tables: Tables) -> pd.DataFrame:
    known = tables.agents[["agent_id", "name", "queues"]]
    queues = known["queues"].map(lambda names: "|".join(names) if isinstance(names, tuple) else names)
    return plan.tables["agents"].merge(known.assign(queues=queues), on="agent_id", how="left")


def _channels(scenario: Scenario, effects: pd.DataFrame) -> pd.DataFrame:
    def kind(name: str, minutes: float) -> str:
        return name if name in (FIELD, SELF_SERVICE) else "centre" if minutes > 0 else SELF_SERVICE

    told = {str(row["channel"]): row for row in effects.to_dict("records")}
    rows = [
        {"channel": name, "kind": kind(name, channel.contact_minutes), **channel.model_dump(), **told.get(name, {})}
        for name, channel in scenario.channels.items()
    ]
    known = pd.DataFrame(rows, columns=[column.name for column in dictionary()["dim_channel"]])
    nothing = pd.DataFrame([{"channel": NO_CONTACT, "kind": NO_CONTACT}])
    return pd.concat([known.astype(object), nothing.astype(object)], ignore_index=True)


def _field_facts(plan: Plan) -> Star:
    stops, days, ways = stops_of(plan.tables), rep_days_of(plan.tables), ways_of(plan.tables)
    shift = (days["shift_end_at"] - days["shift_start_at"]).dt.total_seconds() / 3600
    prices = plan.tables.get("hour_prices")
    if prices is None:
        prices = pd.DataFrame(columns=["rep_id", "day", "price_eur_per_hour"])
    price = prices.set_index(["rep_id", "day"])["price_eur_per_hour"]
    keys = pd.MultiIndex.from_frame(days[["rep_id", "day"]])
    return {
        "fact_stop": stops.assign(
            date=stops["day"],
            for_rep_id=stops["for_rep"],
            travel_minutes=stops["travel_seconds"] / 60,
            wait_minutes=(stops["start_at"] - stops["arrive_at"]).dt.total_seconds() / 60,
        ),
        "fact_rep_day": days.assign(
            date=days["day"],
            shift_hours=shift.where(days["works"], 0.0),
            price_eur_per_hour=price[~price.index.duplicated()].reindex(keys).to_numpy(float),
        ),
        "fact_routing_way": ways.assign(number=range(1, len(ways) + 1), difference_eur=ways["value_eur"].diff()),
        "fact_not_visited": plan.tables["unserved"],
    }


def _contact_facts(plan: Plan) -> Star:
    actions, allocations = plan.tables["actions"], plan.tables["allocations"]
    done = pd.MultiIndex.from_frame(allocations[["customer_id", "channel"]])
    visits = plan.tables["stops"].query("kind == 'visit'").sort_values("start_at")
    first = visits.drop_duplicates("customer_id").set_index("customer_id")[["day", "rep_id"]]
    routed = first.reindex(allocations["customer_id"].where(allocations["channel"] == FIELD))
    day = pd.Series(routed["day"].to_numpy("datetime64[us]"), index=allocations.index)
    return {
        "fact_next_best_action": actions.assign(
            planned=pd.MultiIndex.from_frame(actions[["customer_id", "channel"]]).isin(done)
        ),
        "fact_contact": allocations.assign(
            number=allocations.groupby("customer_id").cumcount() + 1,
            date=allocations["day"].fillna(day),
            rep_id=pd.Series(routed["rep_id"].to_numpy(), index=allocations.index),
        ),
        "fact_deal": plan.tables["closure"].assign(
            expected_eur=plan.tables["closure"]["amount_eur"] * plan.tables["closure"]["win_probability"]
        ),
    }


def _centre_facts(plan: Plan) -> Star:
    forecast, requirement = plan.tables["call_forecast"], plan.tables["requirement"]
    quantiles = quantile_columns(forecast)
    bands = {"calls_low": forecast[quantiles[0]], "calls_high": forecast[quantiles[-1]]} if quantiles else {}
    return {
        "fact_call_forecast": forecast.assign(date=forecast["interval_start"].dt.normalize(), **bands),
        "frcast_operative_calls": operative_calls(plan.decisions.calls),
        "fact_requirement": requirement.assign(date=requirement["interval_start"].dt.normalize()),
        "fact_roster": plan.tables["agent_shifts"].assign(date=plan.tables["agent_shifts"]["day"]),
    }


def quantile_columns(forecast: pd.DataFrame) -> list[str]:
    """`calls_p10`, `calls_p50`, ... of the forecast, ascending."""
    found = [name for name in forecast.columns if name.startswith("calls_p")]
    return sorted(found, key=lambda name: float(name.removeprefix("calls_p")))


def _figure_facts(plan: Plan) -> Star:
    figures = plan.kpis.rename(columns={"kpi": "figure"})
    bands = plan.tables.get("figure_bands")
    if bands is not None:
        figures = figures.merge(bands.rename(columns={"kpi": "figure"}), on="figure", how="left")
    return {"fact_figure": figures}


def _dates(scenario: Scenario, star: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Every day from the first to the last that a table refers to or that is planned."""
    field, centre = _days(scenario.horizon), _days(scenario.staffing_horizon())
    used = [
        star[table][column.name].dropna()
        for table, columns in dictionary().items()
        for column in columns
        if column.references == "dim_date.date"
    ]
    seen = pd.concat([pd.Series(field), pd.Series(centre), *used])
    dates = pd.Series(pd.date_range(seen.min(), seen.max())).astype("datetime64[us]")
    iso = dates.dt.isocalendar()
    return pd.DataFrame(
        {
            "date": dates,
            "year": dates.dt.year,
            "month": dates.dt.month,
            "iso_week": iso["year"].astype("str") + "-W" + iso["week"].astype("str").str.zfill(2),
            "weekday": dates.dt.day_of_week.map(dict(enumerate(WEEKDAYS))),
            "weekday_number": dates.dt.day_of_week + 1,
            "field_planned": dates.isin(field),
            "centre_planned": dates.isin(centre),
        }
    )


def _days(horizon: Horizon) -> pd.DatetimeIndex:
    return pd.date_range(horizon.start, periods=horizon.days, unit="us")
