"""How much field work fits into each rep's horizon, and how much of it one visit takes. Minutes throughout.

Routing decides later which visits fit; here the field must be one resource among the channels. A visit takes its own
minutes and an estimated share of the driving:

- between visits: if m of a rep's N customers are visited, the nearest visited neighbour of a customer is on average
  its (N / m)-th nearest; the drive to that one is counted,
- to and from home: each working day the median drive out and back replaces one drive between visits; it is shared by
  the day's visits.

m is the rep's time over the mean visit with such a drive (two rounds). Nobody knows departures yet: where drives
take the factor of their own time, or the rep's own, they are counted at the mean factor over the rep's shifts.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scenarios.schema import Reps
from solvers.travel import Places, TravelModel, drive_factors, mean_factor, pace_of, stretched
from solvers.types import Territories

BOOKED_SHARE = 1.15
"""Visits are allocated for so much more than a rep's time, so that routing can choose those that lie well together;
what fits on no route goes back to the channels."""
CHUNK = 512
"""Origins per travel matrix, to bound memory."""


@dataclass(frozen=True)
class FieldLoad:
    """Field capacity and load.

    capacity: rep_id, working_days, available_minutes (shifts less lunch and appointments), capacity_minutes
        (available_minutes x BOOKED_SHARE), longest_day_minutes (of available time); sorted by rep_id.
    load: customer_id, minutes (visit and its share of driving, whole tenths); sorted by customer_id.
    """

    capacity: pd.DataFrame
    load: pd.DataFrame


def field_load(
    customers: pd.DataFrame,
    territories: Territories,
    days: pd.DataFrame,
    appointments: pd.DataFrame,
    *,
    reps: Reps,
    travel: TravelModel,
    default_visit_minutes: float,
    team: pd.DataFrame | None = None,
) -> FieldLoad:
    """Capacity per rep and load per customer.

    Args:
        customers: silver table.
        territories: whose `assignment` names the visiting reps; a customer counts with the first of them, and one whom
            nobody may visit is loaded with the visit alone.
        days: frame of `rep_days`.
        appointments: rep_id, start, end.
        reps: the scenario's `reps` block (lunch, hours of `travel`).
        travel: how long drives take, at factor 1 or that of `planned_at`.
        default_visit_minutes: minutes of a visit whose customer gives none.
        team: reps with home and end place, for the drives from and to home, and drive_factor; without it the
            territory's centre stands for both places.
    """
    capacity = _capacity(days, appointments, reps)
    customers = customers.sort_values("customer_id", ignore_index=True)
    visit = customers["visit_minutes"].astype(float).fillna(default_visit_minutes).clip(lower=0).to_numpy()
    minutes = visit.copy()
    visiting = territories.assignment.set_index("customer_id")["visiting_rep_ids"].reindex(customers["customer_id"])
    first = np.array([reps_[0] if isinstance(reps_, tuple) and reps_ else "" for reps_ in visiting], dtype=object)
    places = Places(
        customers["customer_id"].to_numpy(object),
        customers["latitude"].to_numpy(float),
        customers["longitude"].to_numpy(float),
        np.ones(len(customers), dtype=bool),
    )
    homes = _homes(territories, team)
    factors = _mean_factors(days, reps, team)
    for rep_id, worked, available in zip(
        capacity["rep_id"], capacity["working_days"], capacity["available_minutes"], strict=True
    ):
        mine = np.flatnonzero(first == rep_id)
        if len(mine) and worked and available > 0:
            own = Places(places.ids[mine], places.latitude[mine], places.longitude[mine], places.parks[mine])
            own_travel = stretched(travel, factors[rep_id], reps.travel)
            minutes[mine] += _driving(own, homes[rep_id], visit[mine], float(available), int(worked), own_travel)
    # Whole tenths: a programme of whole numbers has no rounding that could overfill a rep.
    minutes = np.ceil(minutes * 10 - 1e-6) / 10
    load = pd.DataFrame({"customer_id": customers["customer_id"].astype("str"), "minutes": minutes})
    return FieldLoad(capacity, load)


def _capacity(days: pd.DataFrame, appointments: pd.DataFrame, reps: Reps) -> pd.DataFrame:
    """The frame `capacity` of `FieldLoad`."""
    rows = []
    booked = dict(list(appointments.groupby("rep_id"))) if len(appointments) else {}
    for rep_id, part in days.groupby("rep_id"):
        lengths = []
        at_work = part[part["works"].to_numpy(bool)]
        for day, starts_at, ends_at in zip(
            at_work["day"], at_work["shift_start_at"], at_work["shift_end_at"], strict=True
        ):
            start, end = (starts_at - day) / MINUTE, (ends_at - day) / MINUTE
            length = end - start
            if reps.lunch and start <= reps.lunch.between[0] and end >= reps.lunch.between[1]:
                length -= reps.lunch.minutes
            if rep_id in booked:
                length -= _union_minutes(booked[rep_id], starts_at, ends_at)
            lengths.append(max(float(length), 0.0))
        total = sum(lengths)
        rows.append((str(rep_id), len(lengths), total, total * BOOKED_SHARE, max(lengths, default=0.0)))
    columns = ["rep_id", "working_days", "available_minutes", "capacity_minutes", "longest_day_minutes"]
    frame = pd.DataFrame(rows, columns=columns)
    types = {"rep_id": "str", "working_days": "int64"} | dict.fromkeys(columns[2:], "float64")
    return frame.astype(types).sort_values("rep_id", ignore_index=True)


MINUTE = pd.Timedelta(minutes=1)


def _mean_factors(days: pd.DataFrame, reps: Reps, team: pd.DataFrame | None) -> dict[str, float]:
    """By working rep the mean factor of drives over all shifts of the horizon, weighed by their length."""
    own = drive_factors(team) if team is not None else {}
    bands, found = reps.travel.hour_bands(), {}
    for rep_id, part in days[days["works"].to_numpy(bool)].groupby("rep_id"):
        pace = pace_of(bands, own.get(str(rep_id), 1.0))
        spans = [
            ((starts_at - day).total_seconds(), (ends_at - day).total_seconds())
            for day, starts_at, ends_at in zip(part["day"], part["shift_start_at"], part["shift_end_at"], strict=True)
        ]
        lengths = [max(end - start, 1.0) for start, end in spans]
        means = [mean_factor(pace, start, end) for start, end in spans]
        found[str(rep_id)] = 1.0 if not pace else float(np.average(means, weights=lengths))
    return found


def _union_minutes(appointments: pd.DataFrame, shift_start: pd.Timestamp, shift_end: pd.Timestamp) -> float:
    """Minutes of the shift that appointments cover, overlaps counted once."""
    covered, reached = 0.0, shift_start
    for start, end in sorted(zip(appointments["start"], appointments["end"], strict=True)):
        begin, stop = max(start, reached), min(end, shift_end)
        if stop > begin:
            covered += (stop - begin) / MINUTE
            reached = stop
    return covered


def _homes(territories: Territories, team: pd.DataFrame | None) -> dict[str, tuple[Places, Places]]:
    """Per rep the places where a day starts and ends."""
    homes: dict[str, tuple[Places, Places]] = {}
    if team is None:
        centres = territories.reps
        for rep_id, latitude, longitude in zip(
            centres["rep_id"], centres["centre_latitude"], centres["centre_longitude"], strict=True
        ):
            homes[rep_id] = (_place(rep_id, latitude, longitude), _place(rep_id, latitude, longitude))
        return homes
    columns = ["home_latitude", "home_longitude", "end_latitude", "end_longitude"]
    for rep_id, at in zip(team["rep_id"], team[columns].to_numpy(float), strict=True):
        start = _place(rep_id, at[0], at[1])
        ends_elsewhere = bool(np.isfinite(at[2:]).all())
        homes[rep_id] = (start, _place(f"{rep_id}/end", at[2], at[3]) if ends_elsewhere else start)
    return homes


def _place(name: str, latitude: float, longitude: float) -> Places:
    return Places(np.array([name], dtype=object), np.array([latitude]), np.array([longitude]), np.zeros(1, dtype=bool))


def _driving(
    own: Places, homes: tuple[Places, Places], visit: np.ndarray, available: float, worked: int, travel: TravelModel
) -> np.ndarray:
    """(n,) estimated driving minutes of each customer's visit; see the module's text."""
    count = len(visit)
    out = np.median(travel.matrix(homes[0], own)[0]) / 60
    back = np.median(travel.matrix(own, homes[1])[0]) / 60
    mean_visit = max(float(visit.mean()), 1.0)
    visits = np.clip(available / mean_visit, 1.0, count)
    leg = np.zeros(count)
    for _ in range(2):
        leg = _leg_to_rank(own, int(np.clip(round(count / visits), 1, max(count - 1, 1))), travel)
        visits = float(np.clip(available / (mean_visit + leg.mean()), 1.0, count))
    a_day = max(visits / worked, 1.0)
    return np.asarray(leg + np.maximum(out + back - leg, 0.0) / a_day)


def _leg_to_rank(own: Places, rank: int, travel: TravelModel) -> np.ndarray:
    """(n,) minutes from each customer's `rank`-th nearest fellow customer to it; 0 for a customer without fellows."""
    count = len(own.ids)
    if count < 2:
        return np.zeros(count)
    legs = np.empty(count)
    for begin in range(0, count, CHUNK):
        part = slice(begin, begin + CHUNK)
        some = Places(own.ids[part], own.latitude[part], own.longitude[part], own.parks[part])
        seconds = travel.matrix(own, some)[0].astype(float)
        seconds[np.arange(begin, begin + len(some.ids)), np.arange(len(some.ids))] = np.inf
        legs[part] = np.partition(seconds, rank - 1, axis=0)[rank - 1] / 60
    return legs
