"""From the team and its working days to rep-days and places. Clock times are seconds after midnight of the rep-day."""

import math

import numpy as np
import pandas as pd

from scenarios.errors import DataError, Problem, ScenarioError
from scenarios.schema import Reps
from solvers.routing.problem import SPAN_SECONDS, Shift
from solvers.travel import Places, drive_factors, pace_of

SECONDS_PER_MINUTE = 60


def make_places(stops: pd.DataFrame, team: pd.DataFrame) -> tuple[Places, dict[str, tuple[int, int]]]:
    """Customers first (they park), then where reps start and end; (start, end) place indices by rep."""
    ids = list(stops["customer_id"])
    latitude, longitude = list(stops["latitude"].astype(float)), list(stops["longitude"].astype(float))
    customers, ends = len(ids), {}
    table = team.reindex(columns=["rep_id", "home_latitude", "home_longitude", "end_latitude", "end_longitude"])
    for rep, lat, lon, end_lat, end_lon in table.itertuples(index=False):
        start = end = len(ids)
        ids, latitude, longitude = [*ids, rep], [*latitude, lat], [*longitude, lon]
        if not (math.isnan(end_lat) or math.isnan(end_lon)) and (end_lat, end_lon) != (lat, lon):
            end = len(ids)
            ids, latitude, longitude = [*ids, f"{rep}/end"], [*latitude, end_lat], [*longitude, end_lon]
        ends[rep] = (start, end)
    parks = np.arange(len(ids)) < customers
    return Places(np.array(ids, object), np.array(latitude, float), np.array(longitude, float), parks), ends


def make_shifts(
    rows: pd.DataFrame, ends: dict[str, tuple[int, int]], team: pd.DataFrame, reps: Reps
) -> tuple[Shift, ...]:
    """The working rep-days `rows`, with lunch, overtime up to midnight at most, and the pace of the rep's drives.

    Args:
        rows: rep_id, day, shift_start_at, shift_end_at. ends: (start, end) place by rep, of `make_places`.
        team: rep_id, and drive_factor where reps have one.

    Raises:
        DataError: a rep who works and is not in the team. ScenarioError: a lunch longer than its span.
    """
    lunch_seconds, begin, until = _lunch(reps)
    bands, factors = reps.travel.hour_bands(), drive_factors(team)
    paces = {rep: pace_of(bands, factor) for rep, factor in factors.items()}
    shifts = []
    for row in rows.to_dict("records"):
        rep, day = row["rep_id"], pd.Timestamp(row["day"])
        if rep not in ends:
            raise DataError(f"rep {rep} works on {day:%Y-%m-%d} but is not in the team")
        start, end = (int((pd.Timestamp(row[t]) - day).total_seconds()) for t in ("shift_start_at", "shift_end_at"))
        overtime, eur_per_hour = 0, 0.0
        if reps.overtime:
            overtime = min(math.floor(60 * reps.overtime.max_minutes_per_day), max(SPAN_SECONDS - end, 0))
            eur_per_hour = float(reps.overtime.eur_per_hour)
        shifts.append(
            Shift(
                rep_id=rep,
                day=day,
                start_seconds=start,
                end_seconds=end,
                start_place=ends[rep][0],
                end_place=ends[rep][1],
                lunch_seconds=lunch_seconds if start <= begin and until <= end else 0,
                lunch_from_seconds=begin,
                lunch_to_seconds=until,
                overtime_seconds=overtime,
                overtime_eur_per_hour=eur_per_hour,
                pace=paces[rep],
            )
        )
    return tuple(shifts)


def _lunch(reps: Reps) -> tuple[int, int, int]:
    """Seconds of lunch, and the span it lies in; zeros without lunch."""
    if reps.lunch is None:
        return 0, 0, 0
    seconds = math.ceil(reps.lunch.minutes * SECONDS_PER_MINUTE)
    begin, until = (SECONDS_PER_MINUTE * minute for minute in reps.lunch.between)
    if seconds > until - begin:
        message = f"a lunch of {reps.lunch.minutes:g} minutes does not fit into its span; widen `between`"
        raise ScenarioError([Problem(message, key="reps.lunch.minutes")])
    return seconds, begin, until
