"""All that a forecast may read, and what each part of the model says from one origin: the same code for past origins,
for training the trees and for serving."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from forecasting.calls.course import smooth_courses
from forecasting.calls.design import Design, day_design
from forecasting.calls.drivers import driver_values
from forecasting.calls.history import EVE_KIND, HOLIDAY_KIND, Days, History
from forecasting.calls.level import Levels, closed_level, day_patterns, weekday_levels
from forecasting.calls.structural import driver_lifts, structural_totals

WEEK = 7
KNOWN_SHARE = 0.5
"""A day with at least this share of its usual calls in known intervals is scaled up to a whole day; else unknown."""


@dataclass(frozen=True)
class Known:
    """history: cleaned. calendar: its D days and the H days forecast. totals: (Q, D) calls of open hours, NaN unknown.
    exogenous: known-future drivers (`drivers`), None without."""

    history: History
    levels: Levels
    calendar: Days
    totals: np.ndarray
    exogenous: pd.DataFrame | None = None

    @property
    def horizon(self) -> int:
        """Days forecast."""
        return len(self.calendar) - len(self.history.days)

    @cached_property
    def design(self) -> Design:
        """Columns of the calendar."""
        return day_design(self.calendar, rest=self.levels.rest if self.levels.has_rest else None)

    @cached_property
    def teaching(self) -> np.ndarray:
        """(D,) bool: plain open days."""
        mine: np.ndarray = self.history.days.is_plain & self.history.days.is_open.any(axis=1)
        return mine

    def patterns(self, origin: int) -> np.ndarray:
        """(D + H,) weekday whose course each day takes, by what is known at the end of day `origin`."""
        return day_patterns(self.history, self.levels, self.calendar, known_until=origin)

    def closed(self, origin: int) -> dict[int, np.ndarray]:
        """(Q,) calls by kind of day on which the company is closed, by what is known at the end of day `origin`."""
        ahead = {HOLIDAY_KIND, EVE_KIND} & set(self.calendar.kind[origin + 1 :].tolist())
        learned = {k: closed_level(self.history, self.levels, k, known_until=origin) for k in sorted(ahead)}
        return {kind: level for kind, level in learned.items() if level is not None}

    def drivers(self, origin: int) -> np.ndarray:
        """(Q, D + H, K) drivers as known at the end of day `origin`."""
        start = self.calendar.start
        values, _ = driver_values(
            self.exogenous, queues=self.history.queues, days=start, origin=start[origin], names=self._driver_names
        )
        return values

    @cached_property
    def _driver_names(self) -> tuple[str, ...]:
        """Drivers known at the end of the history: the columns are the same at every origin."""
        start = self.calendar.start
        last = start[len(self.history.days) - 1]
        return driver_values(self.exogenous, queues=self.history.queues, days=start, origin=last)[1]


@dataclass(frozen=True)
class Part:
    """What one part of the model says. level: (Q, H) calls a day; course: (Q, H, S) shares of it; NaN: nothing."""

    level: np.ndarray
    course: np.ndarray


def make_known(history: History, calendar: Days, exogenous: pd.DataFrame | None) -> Known:
    """Levels and totals of a cleaned history; `calendar` is its days and the days forecast."""
    levels = weekday_levels(history)
    return Known(history, levels, calendar, _day_totals(history, levels), exogenous)


def join(first: Days, second: Days) -> Days:
    """Two runs of days, one after the other."""
    return Days(
        start=np.concatenate([first.start, second.start]),
        weekday=np.concatenate([first.weekday, second.weekday]),
        kind=np.concatenate([first.kind, second.kind]),
        is_open=np.concatenate([first.is_open, second.is_open]),
    )


def _day_totals(history: History, levels: Levels) -> np.ndarray:
    """Calls in open hours; a day with gaps is scaled by the share of a usual day that its known intervals hold."""
    is_open = history.days.is_open
    opened = np.where(is_open, history.calls, np.nan)
    known = ~np.isnan(opened)
    summed = np.nansum(opened, axis=2)
    whole = known.sum(axis=2) == is_open.sum(axis=1)
    totals = np.where(whole & is_open.any(axis=1), summed, np.nan)
    for q, d in np.argwhere(~whole & known.any(axis=2)):
        at = levels.latest[d - 1, history.days.weekday[d]] if d else -1
        usual = levels.after[at, q] * is_open[d] if at >= 0 else np.where(is_open[d], 1.0, 0.0)
        share = np.nansum(usual[known[q, d]]) / max(np.nansum(usual), 1e-9)
        if share >= KNOWN_SHARE:
            totals[q, d] = summed[q, d] / share
    return totals


def usual_part(known: Known, origin: int, pattern: np.ndarray, targets: np.ndarray) -> Part:
    """The median of the last eight days of the same course: the baseline. A known driver lifts its days."""
    at = known.levels.latest[origin, pattern[targets]]
    calls = np.where((at >= 0)[:, None, None], known.levels.after[at], np.nan).transpose(1, 0, 2)
    part = part_of(np.where(known.calendar.is_open[targets], calls, 0.0))
    drivers = known.drivers(origin)
    if not drivers[:, targets].any():
        return part
    lift = driver_lifts(
        known.totals, known.design.effects, pattern, origin=origin, targets=targets, drivers=drivers
    )  # fmt: skip
    return Part(part.level * lift, part.course)


def structural_part(known: Known, origin: int, pattern: np.ndarray, targets: np.ndarray) -> Part:
    """Level by the structural model, course by the smoothed shares."""
    drivers = known.drivers(origin)
    level = structural_totals(
        known.totals, known.design.effects, pattern, origin=origin, targets=targets,
        drivers=drivers if drivers.any() else None,
    )  # fmt: skip
    opens = known.calendar.is_open[targets].any(axis=1)
    course = smooth_courses(
        known.history.calls, known.calendar.is_open, known.teaching, known.design.effects, known.design.special,
        pattern, origin=origin, targets=targets,
    )  # fmt: skip
    return Part(np.where(opens, level, 0.0), course)


def part_of(calls: np.ndarray) -> Part:
    """(Q, H, S) calls as level and course; a day of which an interval is unknown is unknown."""
    level = calls.sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        course = np.where(level[:, :, None] > 0, calls / level[:, :, None], calls)
    return Part(level, course)


def with_closed_days(known: Known, part: Part, origin: int, targets: np.ndarray) -> Part:
    """The part with the levels of days on which the company is closed; the same object where there is none."""
    closed = known.closed(origin)
    level = part.level
    for kind, calls in closed.items():
        on = known.calendar.kind[targets] == kind
        level = np.where(on, calls[:, None], level)
    return Part(level, part.course) if closed else part
