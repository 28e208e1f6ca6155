"""Who may visit a customer in this horizon: the owner, or the nearest reps who can stand in. Distances in km."""

import numpy as np
import pandas as pd

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
            to_home = np.linalg.norm(homes_km - place_km[number], axis=1)
            far = np.minimum(to_home, np.linalg.norm(centres_km - place_km[number], axis=1))
            nearest = np.argsort(np.where(able[skill], far, np.inf), kind="stable")[:MOST_VISITORS]
            visitors.append(tuple(rep_ids[rep] for rep in nearest if able[skill][rep]))
    return visitors
