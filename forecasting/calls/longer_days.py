"""A day that is open longer than the weekday whose course it takes: a holiday open till eight, a Saturday till two.

What the rest day never shows, it cannot teach: the hours beyond take the share that they have on the day's own weekday,
the others keep their course. Calls of the day stay as they are.
"""

from dataclasses import replace

import numpy as np

from forecasting.calls.known import Known, Part


def with_longer_days(known: Known, part: Part, origin: int, pattern: np.ndarray, targets: np.ndarray) -> Part:
    """The part with the courses of such days completed; the same object where there is none."""
    course = part.course
    for h, day in enumerate(targets):
        beyond, own = hours_beyond(known, origin, int(pattern[day]), int(day))
        if beyond.any():
            course = course.copy() if course is part.course else course
            course[:, h] = completed(course[:, h], own, beyond)
    return part if course is part.course else replace(part, course=course)


def hours_beyond(known: Known, origin: int, pattern: int, day: int) -> tuple[np.ndarray, np.ndarray]:
    """(S,) open slots of a day that are closed on the weekday of its course; (Q, S) usual calls of its own weekday."""
    own = int(known.calendar.weekday[day])
    at, at_own = known.levels.latest[origin, [pattern, own]]
    is_open = known.calendar.is_open[day]
    if pattern == own or at < 0 or at_own < 0:
        return np.zeros(len(is_open), dtype=bool), np.zeros((len(known.totals), len(is_open)))
    return is_open & ~known.history.days.is_open[at], np.where(is_open, known.levels.after[at_own], 0.0)


def completed(course: np.ndarray, own: np.ndarray, beyond: np.ndarray) -> np.ndarray:
    """A course (Q, S) whose slots `beyond` (S,) take the share of `own` (Q, S) calls; the sum of a queue stays."""
    usual = np.nan_to_num(own)
    total, whole = course.sum(axis=1, keepdims=True), usual.sum(axis=1, keepdims=True)
    share = np.where(whole > 0, usual / np.where(whole > 0, whole, 1.0), 0.0)
    inside = np.where(beyond, 0.0, course)
    left = inside.sum(axis=1, keepdims=True)
    within = np.where(beyond, 0.0, share).sum(axis=1, keepdims=True)
    filled = np.where(beyond, share * total, inside / np.where(left > 0, left, 1.0) * within * total)
    kept: np.ndarray = np.where((whole > 0) & (left > 0) & np.isfinite(total), filled, course)
    return kept
