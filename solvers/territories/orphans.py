"""Customers whom nobody owns go to the best nearby rep: near, and not overloaded. Distances in km."""

import numpy as np

from solvers.territories.state import State

MAX_STEPS = 400
"""Orphans are given away in at most about so many steps; with more of them, several a step."""
LIGHTEST, HEAVIEST = 0.5, 4.0
"""A rep's load over target counts within these limits, so that far reps do not win by being idle."""


def adopt_orphans(state: State, homes_km: np.ndarray) -> int:
    """Give every customer without an owner to a rep, in place; returns how many there were.

    Again and again the orphan goes first whose distance to a bordering territory's centre (home, where a rep has
    nobody) times that rep's load over target is least: territories grow outwards in one piece, the idle ones faster.
    Reps without working time get nobody unless all are so.
    """
    able = state.case.target > 0
    orphans = np.flatnonzero(state.owner < 0)
    total = len(orphans)
    if not total or not len(able):
        return 0
    able = able if able.any() else np.ones_like(able)
    batch = max(1, total // MAX_STEPS)
    while len(orphans):
        centres = state.centres_km(homes_km)
        far = np.linalg.norm(state.case.place_km[orphans][:, None, :] - centres[None, :, :], axis=2) + 1e-3
        key = far * np.clip(state.over_target(), LIGHTEST, HEAVIEST)
        open_to = np.column_stack([state.may_enter(rep)[orphans] for rep in range(len(able))]) & able
        if not open_to.any():
            open_to = np.broadcast_to(able, key.shape)
        key = np.where(open_to, key, np.inf)
        best = key.argmin(axis=1)
        least = key[np.arange(len(orphans)), best]
        chosen = np.argsort(least, kind="stable")[:batch]
        chosen = chosen[np.isfinite(least[chosen])]
        for place in chosen.tolist():
            state.move(int(orphans[place]), int(best[place]))
        orphans = np.delete(orphans, chosen)
    return total
