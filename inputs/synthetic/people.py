"""Reps and agents of the synthetic company, their absences, wishes, fixed appointments, and who owns whom today."""

import numpy as np
import pandas as pd

from inputs.synthetic.geography import KM_PER_DEGREE, Geography, place_points
from inputs.synthetic.words import FIRST_NAMES, LAST_NAMES, SKILLS, ids
from scenarios.clock import format_clock, parse_clock

SHIFTS = (("08:30", "17:00"), ("09:00", "17:30"), ("09:30", "18:00"))
FULL_WEEK = "mon|tue|wed|thu|fri"
PART_WEEKS = ("mon|tue|wed|thu", "tue|wed|thu")
APPOINTMENT_STARTS = (75, 120, -135)
"""Minutes from the shift's start, or before its end: an hour's appointment that a drive of an hour still reaches."""
QUEUES = ("service", "sales", "technical")
QUEUE_LOAD = np.array([0.50, 0.28, 0.22])
MAIN_QUEUE_SHARES = np.array([0.40, 0.31, 0.29])  # longer calls and smaller pools take more people a call
CONTRACT_HOURS = (38.5, 38.5, 38.5, 30.0, 20.0)
GROWN_OVER_MEAN, GROWTH_STEPS, GROWTH_STEP_KM = (0.35, 1.6), 60, 0.05


def _people(rng: np.random.Generator, count: int) -> np.ndarray:
    first, last = np.array(FIRST_NAMES, dtype=object), np.array(LAST_NAMES, dtype=object)
    return np.asarray(rng.choice(first, count) + " " + rng.choice(last, count))


def draw_reps(rng: np.random.Generator, count: int, geography: Geography) -> pd.DataFrame:
    """The table `reps`. Homes on land; two of four or more are part-time; every skill is held by somebody."""
    district = rng.choice(len(geography.names), count, p=geography.weights)
    longitude, latitude = place_points(geography, rng, district=district, clustered_share=0.0)
    shift = rng.integers(0, len(SHIFTS), count)
    days = np.full(count, FULL_WEEK, dtype=object)
    if count >= 4:
        days[rng.choice(count, 2, replace=False)] = PART_WEEKS
    has = rng.random((count, len(SKILLS))) < 0.3
    if count:
        has[rng.integers(0, count, len(SKILLS)), np.arange(len(SKILLS))] = True
    end_latitude, end_longitude = np.full(count, np.nan), np.full(count, np.nan)
    if count >= 4:  # one rep brings the car to the depot beside a colleague's home
        end_latitude[0], end_longitude[0] = latitude[1], longitude[1]
    return pd.DataFrame(
        {
            "rep_id": ids("R", count, 2),
            "name": _people(rng, count),
            "home_latitude": latitude,
            "home_longitude": longitude,
            "end_latitude": end_latitude,
            "end_longitude": end_longitude,
            "shift_start": np.array([s[0] for s in SHIFTS], dtype=object)[shift],
            "shift_end": np.array([s[1] for s in SHIFTS], dtype=object)[shift],
            "working_days": days,
            "skills": np.array(["|".join(np.array(SKILLS)[row]) for row in has], dtype=object),
        }
    )


def queue_names(agents: int) -> tuple[str, ...]:
    """The centre's inbound queues: a small centre cannot staff three of them all day."""
    return QUEUES[: 3 if agents >= 30 else 2 if agents >= 15 else 1]


def draw_agents(rng: np.random.Generator, count: int) -> pd.DataFrame:
    """The table `agents`: a main queue in proportion to the work, half of them a second one, a quarter outbound."""
    queues = queue_names(count)
    share = MAIN_QUEUE_SHARES[: len(queues)] / MAIN_QUEUE_SHARES[: len(queues)].sum()
    main = np.searchsorted(np.cumsum(share) - 1e-12, (np.arange(count) + 0.5) / max(count, 1))
    main = rng.permutation(main)
    skills = [[queues[m]] for m in main]
    for agent, second in enumerate(rng.integers(1, max(len(queues), 2), count)):
        if len(queues) > 1 and rng.random() < 0.5:
            skills[agent].append(queues[(main[agent] + second) % len(queues)])
        if rng.random() < 0.25:
            skills[agent].append("outbound")
    hours = np.array(CONTRACT_HOURS)[rng.integers(0, len(CONTRACT_HOURS), count)]
    hours[:1] = CONTRACT_HOURS[0]
    kind = rng.choice(4, count, p=[0.7, 0.12, 0.1, 0.08])
    cost = 20 + 1.5 * np.array([len(s) for s in skills]) + np.round(rng.uniform(0, 3, count), 1)
    return pd.DataFrame(
        {
            "agent_id": ids("A", count, 2),
            "name": _people(rng, count),
            "queues": np.array(["|".join(s) for s in skills], dtype=object),
            "contract_hours_per_week": hours,
            "available_from": np.array(["08:00", "08:00", "10:00", "13:00"], dtype=object)[kind],
            "available_to": np.array(["20:00", "16:00", "20:00", "20:00"], dtype=object)[kind],
            "hourly_cost_eur": cost,
        }
    )


def draw_absences(rng: np.random.Generator, people: np.ndarray, monday: np.datetime64) -> pd.DataFrame:
    """The table `absences` of the planned week: about one person in fifteen, one to three days, never all."""
    away = np.sort(rng.choice(len(people), len(people) // 15, replace=False))
    rows = []
    for person in people[away]:
        first, days = int(rng.integers(0, 5)), int(rng.integers(1, 4))
        reason = str(rng.choice(["sick", "leave", "training"]))
        rows += [(person, monday + np.timedelta64(day, "D"), reason) for day in range(first, min(first + days, 5))]
    return pd.DataFrame(rows, columns=["person_id", "date", "reason"]).astype({"date": "datetime64[us]"})


def draw_shift_requests(rng: np.random.Generator, agent_ids: np.ndarray, monday: np.datetime64) -> pd.DataFrame:
    """The table `shift_requests`: one agent in five wishes something, with a weight of 1 to 3."""
    who = np.sort(rng.choice(len(agent_ids), len(agent_ids) // 5, replace=False))
    return pd.DataFrame(
        {
            "agent_id": agent_ids[who],
            "date": (monday + rng.integers(0, 6, len(who)).astype("timedelta64[D]")).astype("datetime64[us]"),
            "kind": rng.choice(np.array(["off", "early", "late"], dtype=object), len(who)),
            "weight": rng.integers(1, 4, len(who)),
        }
    )


def draw_territories(rng: np.random.Generator, customers: pd.DataFrame, reps: pd.DataFrame) -> pd.DataFrame:
    """The table `current_territories`: grown, not planned. The nearest home, but some reps reach further than others.

    Each rep takes the customers nearest to home, as if home were some kilometres farther away, until the number is
    what that rep has grown to, 0.35 to 1.6 of the mean. A thirtieth of the customers sits with a rep far away, one in
    two hundred has no rep yet.
    """
    if reps.empty:
        return pd.DataFrame({"customer_id": pd.Series(dtype=str), "rep_id": pd.Series(dtype=str)})
    squeeze = np.cos(np.radians(customers["latitude"].mean()))
    east = customers["longitude"].to_numpy()[:, None] - reps["home_longitude"].to_numpy()
    north = customers["latitude"].to_numpy()[:, None] - reps["home_latitude"].to_numpy()
    km = np.hypot(east * squeeze, north) * KM_PER_DEGREE
    grown = rng.uniform(*GROWN_OVER_MEAN, len(reps))
    farther_km = np.zeros(len(reps))
    for _ in range(GROWTH_STEPS):
        load = np.bincount((km + farther_km).argmin(axis=1), minlength=len(reps)) * grown.sum() / len(customers) / grown
        farther_km += GROWTH_STEP_KM * np.clip(load - 1, -1, 1)
    owner = (km + farther_km).argmin(axis=1)
    scattered = rng.random(len(customers)) < 1 / 30
    owner[scattered] = rng.integers(0, len(reps), scattered.sum())
    frame = pd.DataFrame({"customer_id": customers["customer_id"], "rep_id": reps["rep_id"].to_numpy()[owner]})
    return frame[rng.random(len(frame)) >= 1 / 200].reset_index(drop=True)


def draw_appointments(
    rng: np.random.Generator,
    *,
    reps: pd.DataFrame,
    absences: pd.DataFrame,
    territories: pd.DataFrame,
    monday: np.datetime64,
) -> pd.DataFrame:
    """The table `appointments`: one rep in four has one, on a day on which the rep works; most at an own customer."""
    away = set(zip(absences["person_id"], absences["date"], strict=True))
    rows = []
    for rep in reps.iloc[::4].itertuples():
        working = str(rep.working_days).split("|")
        days = [monday + np.timedelta64(i, "D") for i, day in enumerate(FULL_WEEK.split("|")) if day in working]
        days = [day for day in days if (rep.rep_id, pd.Timestamp(day)) not in away]
        own = territories.loc[territories["rep_id"] == rep.rep_id, "customer_id"].to_numpy()
        if not days:
            continue
        day = days[rng.integers(0, len(days))]
        offset = APPOINTMENT_STARTS[rng.integers(0, len(APPOINTMENT_STARTS))]
        begins = parse_clock(rep.shift_start if offset > 0 else rep.shift_end) + offset
        start, end = format_clock(begins), format_clock(begins + 60)
        at_customer = len(own) > 0 and rng.random() < 0.75
        customer, place = (own[rng.integers(0, len(own))], "") if at_customer else ("", "Oficina")
        rows.append((rep.rep_id, np.datetime64(f"{day}T{start}"), np.datetime64(f"{day}T{end}"), customer, place))
    columns = ["rep_id", "start", "end", "customer_id", "place"]
    return pd.DataFrame(rows, columns=columns).astype({"start": "datetime64[us]", "end": "datetime64[us]"})
