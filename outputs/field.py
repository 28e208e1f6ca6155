"""Field work as people see it: whose customer a border visit is, who stays longer, what waiting takes off.

From the plan's stops, rep_days, territories and routing_ways; minutes, hours and euros. A plan that was made before
there were border visits, overtime or waiting has none of them, and not an error.
"""

from collections.abc import Mapping

import pandas as pd

from solvers.types import no_routing_ways

Tables = Mapping[str, pd.DataFrame]

STOP_DEFAULTS = {"waited_eur": 0.0, "border": False}
DAY_DEFAULTS = {
    "waited_eur": 0.0, "border_visits": 0, "border_eur": 0.0, "overtime_minutes": 0.0, "overtime_eur": 0.0,
}  # fmt: skip
WORK = ("visit", "appointment")
SECONDS_AN_HOUR = 3600


def stops_of(tables: Tables) -> pd.DataFrame:
    """The stops with `for_rep`: the owner of the customer where a neighbour makes the visit, elsewhere empty."""
    stops = _filled(tables["stops"], STOP_DEFAULTS)
    owners = tables["territories"].drop_duplicates("customer_id").set_index("customer_id")["rep_id"]
    owner = stops["customer_id"].map(owners).fillna("").astype("str")
    return stops.assign(for_rep=owner.where(stops["border"] & (owner != stops["rep_id"]), ""))


def rep_days_of(tables: Tables) -> pd.DataFrame:
    """The rep-days with what they have of waiting, border visits and overtime."""
    return _filled(tables["rep_days"], DAY_DEFAULTS)


def ways_of(tables: Tables) -> pd.DataFrame:
    """The plans on the way to this one, the last being it; no rows where neither borders nor even weeks are asked."""
    return tables.get("routing_ways", no_routing_ways())


def rep_names(tables: Tables) -> dict[str, str]:
    """What reps are called: name and id, or the id alone."""
    team = tables["team"]
    return {
        rep: f"{name} ({rep})" if isinstance(name, str) and name not in ("", rep) else rep
        for rep, name in zip(team["rep_id"], team["name"], strict=True)
    }


def work_hours(tables: Tables) -> pd.Series:
    """Hours of visits, appointments and drives of each rep who works a day, by rep_id."""
    stops, days = tables["stops"], tables["rep_days"]
    busy = (stops["end_at"] - stops["start_at"]).dt.total_seconds().where(stops["kind"].isin(WORK), 0.0)
    seconds = (busy + stops["travel_seconds"]).groupby(stops["rep_id"]).sum()
    reps = sorted(days.loc[days["works"], "rep_id"].unique())
    return seconds.reindex(reps, fill_value=0.0) / SECONDS_AN_HOUR


def shift_hours(tables: Tables) -> pd.Series:
    """Hours of shift of each rep who works a day, by rep_id."""
    days = tables["rep_days"][tables["rep_days"]["works"]]
    hours = (days["shift_end_at"] - days["shift_start_at"]).dt.total_seconds() / SECONDS_AN_HOUR
    return hours.groupby(days["rep_id"]).sum().sort_index()


def _filled(frame: pd.DataFrame, defaults: Mapping[str, float]) -> pd.DataFrame:
    """The frame with each column that it lacks, or has no value in, at its default."""
    whole = frame.assign(**{name: value for name, value in defaults.items() if name not in frame})
    for name, value in defaults.items():
        whole[name] = whole[name].fillna(value).astype(type(value))
    return whole
