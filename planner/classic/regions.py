"""Territories the classic way: k-means on the map, then the Hungarian method matches regions to reps. Distances in km.

k-means (Lloyd 1982, seeded as by Arthur and Vassilvitskii 2007) is what every tool offers: it knows distances, not
workloads, former owners or borders. Ten starts, the least inertia wins, as is the habit.
"""

import time
import warnings

import numpy as np
import pandas as pd
from scipy.cluster.vq import kmeans2
from scipy.optimize import linear_sum_assignment

from solvers.outcome import Outcome, conclude
from solvers.team import regular_minutes, workload_minutes
from solvers.territories.neighbours import find_neighbours, to_plane_km
from solvers.territories.state import Case, State
from solvers.territories.visitors import find_visitors
from solvers.types import Territories

STARTS = 10
ITERATIONS = 100


def classic_territories(
    customers: pd.DataFrame,
    team: pd.DataFrame,
    current_territories: pd.DataFrame,
    areas: pd.DataFrame,
    days: pd.DataFrame,
    *,
    default_visit_minutes: float,
    overlay: bool,
    seed: int,
) -> Territories:
    """One region a rep by k-means, matched so that homes are near centres.

    Args:
        customers, current_territories, areas: silver tables.
        team: reps after `make_team`; days: frame of `rep_days`.
        overlay: a visit whose skill the owner lacks goes to the nearest rep who has it (`territories.specialists`).

    Returns:
        As `assign_territories` does; the outcome's value is the mean km to the region's centre.
    """
    began = time.perf_counter()
    customers = customers.sort_values("customer_id", ignore_index=True)
    team = team.sort_values("rep_id", ignore_index=True)
    work = workload_minutes(customers, default_visit_minutes=default_visit_minutes)
    middle = float(customers["latitude"].mean()) if len(customers) else 0.0
    place_km = _plane(customers["latitude"], customers["longitude"], middle)
    homes_km = _plane(team["home_latitude"], team["home_longitude"], middle)
    if len(team) and len(customers):
        label, centres = cluster(place_km, count=len(team), seed=seed)
        owner, centres_km = match(label, centres, homes_km)
    else:
        owner, centres_km = np.full(len(customers), -1), homes_km
    visitors: list[tuple[str, ...]] = [()] * len(customers)
    if owner.max(initial=-1) >= 0:
        visitors = find_visitors(
            customers, team, days, owner, place_km=place_km, homes_km=homes_km, centres_km=centres_km, overlay=overlay
        )
    parts = _stray_parts(customers, areas, place_km, owner, len(team))
    return Territories(
        _assignment(customers, team, current_territories, owner, work, visitors),
        _rep_table(customers, team, owner, work, parts),
        _outcome(place_km, centres_km, owner, time.perf_counter() - began),
    )


def cluster(place_km: np.ndarray, *, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """k-means: the cluster of each place (n,), and the centres (k, 2); k is at most the number of different places."""
    k = min(count, len(np.unique(place_km, axis=0)))
    best: tuple[float, np.ndarray, np.ndarray] | None = None
    rng = np.random.default_rng(seed)
    for _ in range(STARTS):
        with warnings.catch_warnings():  # a cluster that runs empty is a poor start, not a fault
            warnings.simplefilter("ignore", UserWarning)
            centres, label = kmeans2(place_km, k, iter=ITERATIONS, minit="++", rng=rng)
        inertia = float(((place_km - centres[label]) ** 2).sum())
        if best is None or inertia < best[0]:
            best = (inertia, label.astype(np.int64), centres)
    assert best is not None
    return best[1], best[2]


def match(label: np.ndarray, centres_km: np.ndarray, homes_km: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Owner (n,) of each place, and the centre (reps, 2) of each rep's region (home where a rep has none).

    The sum of the kilometres between homes and centres is the least possible (Kuhn 1955).
    """
    far = np.linalg.norm(centres_km[:, None] - homes_km[None], axis=2)
    region, rep = linear_sum_assignment(far)
    rep_of = np.full(len(centres_km), -1, dtype=np.int64)
    rep_of[region] = rep
    centre = homes_km.copy()
    centre[rep] = centres_km[region]
    return rep_of[label], centre


def _plane(latitude: pd.Series, longitude: pd.Series, middle: float) -> np.ndarray:
    return to_plane_km(latitude.to_numpy(float), longitude.to_numpy(float), middle_latitude=middle)


def _stray_parts(
    customers: pd.DataFrame, areas: pd.DataFrame, place_km: np.ndarray, owner: np.ndarray, reps: int
) -> np.ndarray:
    """(reps,) pieces beyond the first, on the same graph as for Muster's territories."""
    if owner.max(initial=-1) < 0:
        return np.zeros(reps, dtype=np.int64)
    graph = find_neighbours(customers, areas, place_km)
    state = State(Case(place_km, np.ones(len(owner)), np.ones(reps), graph, False), owner)
    return np.array([max(len(state.pieces(rep)) - 1, 0) for rep in range(reps)], dtype=np.int64)


def _assignment(
    customers: pd.DataFrame,
    team: pd.DataFrame,
    current_territories: pd.DataFrame,
    owner: np.ndarray,
    work: np.ndarray,
    visitors: list[tuple[str, ...]],
) -> pd.DataFrame:
    ids = np.array([*team["rep_id"], ""], dtype=object)
    owner_id = pd.Series(ids[owner], dtype="str")
    known = current_territories.drop_duplicates("customer_id").set_index("customer_id")["rep_id"]
    previous = known.reindex(customers["customer_id"]).reset_index(drop=True).astype("str")
    return pd.DataFrame(
        {
            "customer_id": customers["customer_id"].astype("str"),
            "rep_id": owner_id,
            "previous_rep_id": previous,
            "moved": previous.notna() & (owner_id != previous.fillna("")),
            "forced": previous.notna() & ~previous.isin(set(team["rep_id"])),
            "workload_minutes": work,
            "visiting_rep_ids": pd.Series(visitors, dtype=object),
        }
    )


def _rep_table(
    customers: pd.DataFrame, team: pd.DataFrame, owner: np.ndarray, work: np.ndarray, stray_parts: np.ndarray
) -> pd.DataFrame:
    """The frame `reps` of `Territories`."""
    reps = len(team)
    held = np.bincount(owner[owner >= 0], minlength=reps)
    load = np.bincount(owner[owner >= 0], work[owner >= 0], reps)
    minutes = regular_minutes(team)
    share = minutes / minutes.sum() if minutes.sum() > 0 else np.full(reps, 1 / max(reps, 1))
    target = share * load.sum()
    table = pd.DataFrame({"rep_id": team["rep_id"].astype("str"), "customers": held.astype(np.int64)})
    table["workload_minutes"] = load
    table["workload_over_mean"] = np.divide(load, target, out=np.ones(reps), where=target > 0)
    for axis in ("latitude", "longitude"):
        total = np.bincount(owner[owner >= 0], customers[axis].to_numpy(float)[owner >= 0], reps)
        table[f"centre_{axis}"] = np.where(held > 0, total / np.maximum(held, 1), team[f"home_{axis}"].to_numpy(float))
    return table.assign(stray_parts=stray_parts, available_minutes=minutes)


def _outcome(place_km: np.ndarray, centres_km: np.ndarray, owner: np.ndarray, seconds: float) -> Outcome:
    unit, method = "mean km to the territory's centre", f"classic: k-means, best of {STARTS} starts, Hungarian matching"
    if owner.max(initial=-1) < 0:
        return Outcome("territories", "nothing_to_do", 0.0, None, unit, False, method, seconds)
    far = float(np.linalg.norm(place_km - centres_km[owner], axis=1).mean())
    return conclude(
        stage="territories", value=far, bound=None, unit=unit, maximise=False, method=method, seconds=seconds
    )
