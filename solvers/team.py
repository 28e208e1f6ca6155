"""Who is in the field team, and on which days each rep works: from the tables `reps` and `absences` and the scenario.

Clock times are minutes after local midnight, instants naive local `datetime64[us]`, so that a shift of 9:00 to 17:30
is written so on every day, also when the clocks change. Workload is visit minutes a week.
"""

from collections import Counter

import numpy as np
import pandas as pd

from inputs.calendar import day_types
from scenarios.schema import WEEKDAYS, Horizon, Reps

REGULAR_DAYS: tuple[str, ...] = WEEKDAYS[:5]
"""Working days of a rep whose row names none."""

REGULAR_SHIFT = (9 * 60, 17 * 60)
"""Shift of a new rep where there is nobody to take it from, minutes after midnight."""


def workload_minutes(customers: pd.DataFrame, *, default_visit_minutes: float) -> np.ndarray:
    """Field work of each customer in minutes a week, (n,): visit minutes x visits a week (1 where not given)."""
    minutes = customers["visit_minutes"].astype(float).fillna(default_visit_minutes)
    per_week = customers["visits_per_week"].astype(float).fillna(1.0)
    return np.maximum((minutes * per_week).to_numpy(), 0.0)


def working_days(value: object) -> tuple[str, ...]:
    """The weekdays in a `working_days` cell; Monday to Friday where the cell is empty."""
    return tuple(str(day) for day in value) if isinstance(value, (tuple, list)) and value else REGULAR_DAYS


def regular_minutes(team: pd.DataFrame) -> np.ndarray:
    """Each rep's shift minutes in an ordinary week, (reps,): shift length x working days, before breaks."""
    length = (team["shift_end"].astype(float) - team["shift_start"].astype(float)).clip(lower=0).to_numpy()
    return np.asarray(length * np.array([len(set(working_days(days))) for days in team["working_days"]], float))


def make_team(
    reps: pd.DataFrame,
    current_territories: pd.DataFrame,
    customers: pd.DataFrame,
    *,
    settings: Reps,
    default_visit_minutes: float,
) -> pd.DataFrame:
    """The reps after `remove` and `headcount_change`.

    Below 0 the reps with the least owned visit minutes leave first (ties: by rep_id). Above 0 each new rep goes to
    the territory with the most visit minutes per rep at work in it (highest averages, D'Hondt 1878): home is that
    territory's workload-weighted centre, skills are those of its rep, shift and working days the team's commonest.

    Args:
        reps: silver table `reps`.
        current_territories: customer_id, rep_id.
        customers: silver table `customers`.
        settings: the scenario's `reps` block.
        default_visit_minutes: minutes of a visit whose customer gives none.

    Returns:
        The columns of `reps`, sorted by rep_id; new reps are called NEW01, NEW02, ... Empty if nobody is left, or
        if new reps are asked for and there is neither a rep nor a customer to place them by.
    """
    team = reps[~reps["rep_id"].isin(settings.remove)].sort_values("rep_id", ignore_index=True)
    if settings.headcount_change == 0:
        return team
    owned = customers[["customer_id", "latitude", "longitude"]].assign(
        workload=workload_minutes(customers, default_visit_minutes=default_visit_minutes)
    )
    owner = dict(zip(current_territories["customer_id"], current_territories["rep_id"], strict=True))
    owned["rep_id"] = [owner.get(customer, "") for customer in owned["customer_id"]]
    load = owned.groupby("rep_id")["workload"].sum().reindex(team["rep_id"]).fillna(0.0).to_numpy()
    if settings.headcount_change < 0:
        leaving = np.lexsort((np.arange(len(team)), load))[: -settings.headcount_change]
        return team.drop(index=team.index[leaving]).reset_index(drop=True)
    return _with_new_reps(team, owned, load, taken=set(reps["rep_id"]), count=settings.headcount_change)


def _with_new_reps(
    team: pd.DataFrame, owned: pd.DataFrame, load: np.ndarray, *, taken: set[str], count: int
) -> pd.DataFrame:
    """The team and `count` new reps; `owned` is one row per customer with its place, workload and rep_id."""
    if team.empty and owned.empty:
        return team
    shift, days = REGULAR_SHIFT, REGULAR_DAYS
    if len(team):
        shift = _commonest(list(zip(team["shift_start"].tolist(), team["shift_end"].tolist(), strict=True)))
        days = _commonest([working_days(cell) for cell in team["working_days"]])
    at_work = np.ones(max(len(team), 1))
    free_ids = (f"NEW{number:02d}" for number in range(1, count + len(taken) + 1) if f"NEW{number:02d}" not in taken)
    rows: list[dict[str, object]] = []
    for rep_id in (next(free_ids) for _ in range(count)):
        skills: tuple[str, ...] = ()
        if len(team):
            busiest = int(np.argmax(load / at_work))
            at_work[busiest] += 1
            host = team.iloc[busiest]
            skills = tuple(host["skills"])
            place = _centre(owned[owned["rep_id"] == host["rep_id"]], host["home_latitude"], host["home_longitude"])
        else:
            place = _centre(owned, np.nan, np.nan)
        row: dict[str, object] = {"rep_id": rep_id, "name": f"New rep {rep_id[3:].lstrip('0')}"}
        row |= {"working_days": days, "skills": skills}
        row |= {"home_latitude": place[0], "home_longitude": place[1], "shift_start": shift[0], "shift_end": shift[1]}
        rows.append(row)
    new = pd.DataFrame(rows).reindex(columns=team.columns)
    if team.empty:
        return new
    new = new.astype({name: dtype for name, dtype in team.dtypes.items() if new[name].notna().all()})
    filled = [name for name in team.columns if new[name].notna().any()]
    return pd.concat([team, new[filled]], ignore_index=True).sort_values("rep_id", ignore_index=True)[team.columns]


def _commonest(values: list[tuple]) -> tuple:
    """The value that stands most often; the smallest of several."""
    return min(Counter(values).items(), key=lambda item: (-item[1], item[0]))[0]


def _centre(places: pd.DataFrame, latitude: float, longitude: float) -> tuple[float, float]:
    """Workload-weighted centre in degrees; the given place where there is no customer."""
    if places.empty:
        return latitude, longitude
    weight = places["workload"].to_numpy()
    weight = weight if weight.sum() > 0 else np.ones(len(places))
    return (
        float(np.average(places["latitude"].to_numpy(float), weights=weight)),
        float(np.average(places["longitude"].to_numpy(float), weights=weight)),
    )


def rep_days(team: pd.DataFrame, absences: pd.DataFrame, *, settings: Reps, horizon: Horizon) -> pd.DataFrame:
    """Each rep's days in the horizon: works or why not, and from when to when.

    Args:
        team: reps after `make_team`.
        absences: person_id, date; rows of others are ignored.
        settings: the scenario's `reps` block (absent, country).
        horizon: days planned.

    Returns:
        rep_id, day, works, reason (not_working_day before absent before holiday, "" if works), shift_start_at,
        shift_end_at (NaT unless works; 24:00 is the next midnight): one row per rep and day, sorted so.
    """
    days = pd.date_range(pd.Timestamp(horizon.start), periods=horizon.days, freq="D", unit="us")
    holiday = day_types(days, settings.country).to_numpy() == "holiday"
    away = set(zip(absences["person_id"], pd.to_datetime(absences["date"]).dt.normalize(), strict=True))
    rows: list[tuple[str, pd.Timestamp, str, int, int]] = []
    for rep_id, named, start, end in zip(
        team["rep_id"], team["working_days"], team["shift_start"], team["shift_end"], strict=True
    ):
        workdays = working_days(named)
        for day, is_holiday in zip(days, holiday, strict=True):
            reason = ""
            if WEEKDAYS[day.weekday()] not in workdays or end <= start:
                reason = "not_working_day"
            elif rep_id in settings.absent or (rep_id, day) in away:
                reason = "absent"
            elif is_holiday:
                reason = "holiday"
            rows.append((rep_id, day, reason, int(start), int(end)))
    frame = pd.DataFrame(rows, columns=["rep_id", "day", "reason", "start", "end"])
    frame = frame.astype({"rep_id": "str", "day": "datetime64[us]", "reason": "str", "start": "int64", "end": "int64"})
    works = (frame["reason"] == "").to_numpy(bool)
    for column, minutes in (("shift_start_at", "start"), ("shift_end_at", "end")):
        at = frame["day"] + pd.to_timedelta(frame[minutes], unit="min")
        frame[column] = at.where(works).astype("datetime64[us]")
    frame["works"] = works
    columns = ["rep_id", "day", "works", "reason", "shift_start_at", "shift_end_at"]
    return frame[columns].sort_values(["rep_id", "day"], ignore_index=True)
