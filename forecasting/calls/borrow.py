"""A queue too new to have a week of its own borrows one: the course of the queues that its first days look like.

Queues with enough history are grouped by the shape of their week (k-means on shares of weekdays and hours); the new
queue takes the mean shape of the group nearest to its own hours, at the level of its own days.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.calls.known import Known

NEW_DAYS, ESTABLISHED_DAYS = 14, 42
"""A queue with fewer known plain days than the first is new; one with at least the second may lend."""
LARGEST_GROUPS, QUEUES_A_GROUP = 4, 3
HOURS = 24


@dataclass(frozen=True)
class Borrowed:
    """week: (7, S) calls of the borrowing queue by weekday. lenders: whose shape it is."""

    week: np.ndarray
    lenders: tuple[str, ...]


def borrowed_weeks(known: Known, *, seed: int) -> dict[int, Borrowed]:
    """For each new queue that has calls, where a queue may lend: its week. Empty where there is none of either."""
    seen = (np.isfinite(known.totals) & known.teaching).sum(axis=1)
    weeks = _weeks(known)
    lend = np.flatnonzero((seen >= ESTABLISHED_DAYS) & (np.nansum(weeks, axis=(1, 2)) > 0))
    new = np.flatnonzero((seen < NEW_DAYS) & (np.nansum(known.totals, axis=1) > 0))
    if not len(lend) or not len(new):
        return {}
    shapes = weeks[lend] / np.nansum(weeks[lend], axis=(1, 2), keepdims=True)
    group = _groups(shapes, seed)
    centres = np.array([np.nanmean(shapes[group == g], axis=0) for g in range(group.max() + 1)])
    found = {}
    for q in new:
        days = np.flatnonzero(np.isfinite(known.totals[q]))
        own = np.nansum(known.history.calls[q, days], axis=0)
        distance = []
        for centre in centres:
            met = np.nansum(centre[known.history.days.weekday[days]], axis=0)
            distance.append(np.abs(own / max(own.sum(), 1e-9) - met / max(met.sum(), 1e-9)).sum())
        g = int(np.argmin(distance))
        expected = np.nansum(centres[g][known.history.days.weekday[days]])
        if expected > 0:
            scale = known.totals[q, days].sum() / expected
            found[int(q)] = Borrowed(centres[g] * scale, tuple(known.history.queues[i] for i in lend[group == g]))
    return found


def _weeks(known: Known) -> np.ndarray:
    """(Q, 7, S) usual calls by weekday in open hours, NaN where a weekday was never seen."""
    latest = known.levels.latest[-1]
    opens = known.history.days.is_open[np.maximum(latest, 0)]
    week = np.where((latest >= 0)[:, None, None], known.levels.after[latest] * opens[:, None, :], np.nan)
    return week.transpose(1, 0, 2)


def _groups(shapes: np.ndarray, seed: int) -> np.ndarray:
    """(n,) group of each shape, by k-means; groups are numbered without holes."""
    count = min(LARGEST_GROUPS, max(1, len(shapes) // QUEUES_A_GROUP))
    if count == 1:
        return np.zeros(len(shapes), dtype=int)
    from sklearn.cluster import KMeans

    filled = np.nan_to_num(shapes)
    hours = np.add.reduceat(filled.sum(axis=1), np.arange(0, filled.shape[2], max(1, filled.shape[2] // HOURS)), axis=1)
    columns = np.hstack([filled.sum(axis=2), hours])
    label = KMeans(count, n_init=5, random_state=seed).fit_predict(columns)
    groups: np.ndarray = np.unique(label, return_inverse=True)[1]
    return groups
