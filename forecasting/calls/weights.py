"""How much each part of the model counts, by queue: convex weights from past origins, drawn to those of all queues.

Two sets: for the level of a day and for its course. Each is the point of a grid on the simplex with the least absolute
error at past origins, drawn first over all queues to the weights of `PRIOR_*` (found on other data), then each queue's
to that. A part that says nothing at an origin gives its weight to the others.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from forecasting.calls.known import Part

PARTS = ("structural", "direct", "usual")
PRIOR_LEVEL = np.array([0.70, 0.15, 0.15])
PRIOR_COURSE = np.array([0.40, 0.35, 0.25])
PRIOR_DAYS_ALL, PRIOR_DAYS_QUEUE = 150.0, 150.0
"""Weight, in past days, of the prior in all queues' weights, and of those in a queue's."""
STEPS = 10
GRID = np.array([(a, b, STEPS - a - b) for a, b in product(range(STEPS + 1), repeat=2) if a + b <= STEPS]) / STEPS


@dataclass(frozen=True)
class Weights:
    """level, course: (Q, 3) convex weights of `PARTS`."""

    level: np.ndarray
    course: np.ndarray


def prior_weights(queues: int) -> Weights:
    """The weights where no past origin tells."""
    return Weights(np.tile(PRIOR_LEVEL, (queues, 1)), np.tile(PRIOR_COURSE, (queues, 1)))


def mixed(parts: list[Part | None], weights: Weights) -> Part:
    """The weighted level and course; NaN where no part says anything.

    Args:
        parts: in the order of `PARTS`; None: a part that is not there. Levels (Q, H), courses (Q, H, S).
    """
    there = [(k, part) for k, part in enumerate(parts) if part is not None]
    level = _mean([part.level for _, part in there], [weights.level[:, k, None] for k, _ in there])
    course = _mean([part.course for _, part in there], [weights.course[:, k, None, None] for k, _ in there])
    total = course.sum(axis=2, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        course = np.where(total > 0, course / total, course)
    return Part(level, course)


def _mean(values: list[np.ndarray], weights: list[np.ndarray]) -> np.ndarray:
    """Weighted mean over what is known; equal weights where all known parts weigh nothing."""
    known = [np.isfinite(value) for value in values]
    top = sum(np.where(k, v, 0.0) * (w + 1e-9) for v, w, k in zip(values, weights, known, strict=True))
    mass = sum(k * (w + 1e-9) for w, k in zip(weights, known, strict=True))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: np.ndarray = np.where(mass > 0, top / mass, np.nan)
    return mean


def learn_weights(
    levels: np.ndarray, courses: np.ndarray, totals: np.ndarray, calls: np.ndarray, *, times_seen: float = 1.0
) -> Weights:
    """Weights from past forecasts.

    Args:
        levels: (3, N, Q) calls a day said by each part, for N past days (the same day may come from several origins);
            NaN unknown. courses: (3, M, Q, S) shares. totals: (N, Q) what came; calls: (M, Q, S).
        times_seen: how often a day is among the N, so that N / times_seen days count.
    """
    queues = totals.shape[1]
    level_loss, level_days = _losses(levels, totals)
    total = np.where(np.isnan(calls), 0.0, calls).sum(axis=2)
    course_loss, course_days = _losses(courses * total[None, :, :, None], calls)
    level = _drawn(level_loss, level_days / times_seen, PRIOR_LEVEL, queues)
    return Weights(level, _drawn(course_loss, course_days, PRIOR_COURSE, queues))


def _losses(said: np.ndarray, came: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(G, Q) summed absolute error of each grid point over what all parts and the truth know; (Q,) known days."""
    usable = np.isfinite(said).all(axis=0) & np.isfinite(came)
    said, came = np.where(usable, said, 0.0), np.where(usable, came, 0.0)
    by_day = usable if usable.ndim == 2 else usable.any(axis=2)
    loss = np.empty((len(GRID), came.shape[1]))
    for g, point in enumerate(GRID):
        error = np.abs(np.tensordot(point, said, axes=1) - came)
        loss[g] = error.sum(axis=0) if error.ndim == 2 else error.sum(axis=(0, 2))
    return loss, by_day.sum(axis=0)


def _drawn(loss: np.ndarray, days: np.ndarray, prior: np.ndarray, queues: int) -> np.ndarray:
    """(Q, 3) weights of least loss, drawn to all queues' and those to the prior."""
    scale = np.maximum(loss.mean(axis=0), 1e-9)
    common = prior
    if days.any():
        best = GRID[int(np.argmin((loss / scale)[:, days > 0].mean(axis=1)))]
        share = days.max() / (days.max() + PRIOR_DAYS_ALL)
        common = share * best + (1 - share) * prior
    own = GRID[np.argmin(loss, axis=0)]
    share_own = (days / (days + PRIOR_DAYS_QUEUE) if queues > 1 else np.zeros(queues))[:, None]
    drawn: np.ndarray = share_own * own + (1 - share_own) * common
    return drawn
