"""Who may visit a customer in this horizon: the owner, or the nearest reps who can stand in; and the owner's neighbours
where borders are soft. A rep is as near as the nearer of his home and the centre of his territory. Distances in km."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from solvers.territories.neighbours import to_plane_km

MOST_VISITORS = 3
"""Reps named for a customer whose owner cannot come."""


def find_visitors(
    customers: pd.DataFrame,
    team: pd.DataFrame,
    days: pd.DataFrame,
    owner: np.ndarray,
    *,
    place_km: np.ndarray,
    homes_km: np.ndarray,
    centres_km: np.ndarray,
    overlay: bool,
) -> list[tuple[str, ...]]:
    """Per customer the reps who may visit, best first; () = nobody.

    The owner alone if at work on a day of the horizon and skilled; else, with `overlay`, up to three working reps
    with the skill whose territory centre or home is nearest (ties: by rep_id). Without `overlay` only owners visit.

    Args:
        team: reps in the order in which `owner` (n,), `homes_km` and `centres_km` (reps, 2) number them.
        days: rep_id, works: of `rep_days`.
    """
    rep_ids = team["rep_id"].tolist()
    at_work = set(days.loc[days["works"].to_numpy(bool), "rep_id"])
    working = np.array([rep_id in at_work for rep_id in rep_ids], dtype=bool)
    skill_sets = [set(skills) for skills in team["skills"]]
    needed = [skill if isinstance(skill, str) and skill else "" for skill in customers["required_skill"]]
    able = {
        skill: working & np.array([not skill or skill in skills for skills in skill_sets], dtype=bool)
        for skill in sorted(set(needed))
    }
    visitors: list[tuple[str, ...]] = []
    for number, skill in enumerate(needed):
        if owner[number] >= 0 and able[skill][owner[number]]:
            visitors.append((rep_ids[owner[number]],))
        elif not overlay or not able[skill].any():
            visitors.append(())
        else:
            nearest = nearest_reps(place_km[number], homes_km, centres_km, able[skill], most=MOST_VISITORS)
            visitors.append(tuple(rep_ids[rep] for rep in nearest))
    return visitors


def nearest_reps(
    place_km: np.ndarray, homes_km: np.ndarray, centres_km: np.ndarray, able: np.ndarray, *, most: int
) -> list[int]:
    """The nearest of the reps who are `able`, (reps,) bool, to one place, (2,), nearest first; ties: in their order."""
    to_home = np.linalg.norm(homes_km - place_km, axis=1)
    far = np.minimum(to_home, np.linalg.norm(centres_km - place_km, axis=1))
    nearest = np.argsort(np.where(able, far, np.inf), kind="stable")[:most].tolist()
    return [rep for rep in nearest if able[rep]]


def find_border_visitors(
    customers: pd.DataFrame,
    team: pd.DataFrame,
    centres: pd.DataFrame,
    able: Mapping[str, Collection[str]],
    visiting: Mapping[str, tuple[str, Sequence[str]]],
    *,
    neighbours: int,
) -> dict[str, tuple[str, ...]]:
    """By customer the reps who may make a visit across the border of a territory, nearest first; nobody is left out.

    They are the `neighbours` nearest able reps beside the owner. A customer whose owner cannot come has none: whoever
    stands in for him comes as a matter of course.

    Args:
        customers: silver table.
        team: reps with homes, in any order.
        centres: rep_id, centre_latitude, centre_longitude of territories; without a centre the home alone counts.
        able: by skill ("" for none needed) the reps who have it and work on a day of the horizon.
        visiting: by customer the owner, and the reps who may visit anyhow; only these customers are looked at.
    """
    team = team.sort_values("rep_id", ignore_index=True)
    rep_ids = team["rep_id"].tolist()
    known = customers.drop_duplicates("customer_id").set_index("customer_id")
    middle = float(np.mean(known["latitude"].to_numpy(float))) if len(known) else 0.0
    homes_km = _plane_km(team, "home_latitude", "home_longitude", middle)
    centres = centres.reindex(columns=["rep_id", "centre_latitude", "centre_longitude"]).set_index("rep_id")
    centres_km = _plane_km(centres.reindex(rep_ids), "centre_latitude", "centre_longitude", middle)
    centres_km = np.where(np.isfinite(centres_km), centres_km, homes_km)
    rows = known.loc[sorted(visiting)]
    skills = rows["required_skill"] if "required_skill" in rows else pd.Series("", rows.index)
    found = {}
    places_km = _plane_km(rows, "latitude", "longitude", middle)
    for customer, place_km, asked in zip(rows.index, places_km, skills, strict=True):
        may_come = able.get(asked if isinstance(asked, str) else "", ())
        owner, others = visiting[customer]
        nearest: list[int] = []
        if owner in may_come:
            may = np.array([rep in may_come and rep != owner and rep not in others for rep in rep_ids], bool)
            nearest = nearest_reps(place_km, homes_km, centres_km, may, most=neighbours)
        found[str(customer)] = tuple(rep_ids[rep] for rep in nearest)
    return found


def _plane_km(table: pd.DataFrame, latitude: str, longitude: str, middle_latitude: float) -> np.ndarray:
    """(n, 2) km of the table's places."""
    return to_plane_km(
        table[latitude].to_numpy(float), table[longitude].to_numpy(float), middle_latitude=middle_latitude
    )
