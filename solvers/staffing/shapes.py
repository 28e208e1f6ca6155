"""Which shifts may be worked: start x length on the planned days, each with the places its break may stand.

A shift lies within opening hours (past midnight only where the centre is open through it) and within the planned days;
it belongs to the day on which it starts. A shift longer than `break_after_hours` has one break, and no stretch of work
is longer than that.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from scenarios.clock import MINUTES_PER_DAY
from scenarios.schema import Shifts
from solvers.staffing.grid import Grid


@dataclass(frozen=True)
class Shapes:
    """K shifts, sorted by start, then length. Times are local minutes since the start of the planned days.

    day, start, end, paid_minutes: (K,) int. breaks: per shift the starts its break may have, () where it needs none.
    break_minutes: length of a break. work: (K, T) share of each interval that lies in the shift, break not taken off.
    unusable_hours: lengths that no single break can make legal.
    """

    day: np.ndarray
    start: np.ndarray
    end: np.ndarray
    paid_minutes: np.ndarray
    breaks: tuple[tuple[int, ...], ...]
    break_minutes: int
    work: np.ndarray
    interval_minutes: int
    unusable_hours: tuple[float, ...] = ()

    def __len__(self) -> int:
        return len(self.day)

    def break_share(self, start: int) -> tuple[np.ndarray, np.ndarray]:
        """(intervals, share of each) that a break from `start` takes."""
        return spread(start, start + self.break_minutes, self.interval_minutes)


def make_shapes(grid: Grid, settings: Shifts) -> Shapes:
    """All shifts of the planned days that opening hours and the break law allow."""
    break_minutes = round(settings.break_minutes)
    rows: list[tuple[int, int, int]] = []
    breaks: list[tuple[int, ...]] = []
    lengths = sorted({round(60 * hours) for hours in settings.lengths_hours})
    tried: set[int] = set()
    legal: set[int] = set()
    for start in range(0, grid.minutes, settings.start_every_minutes):
        for length in lengths:
            end = start + length
            if not grid.is_within_hours(start, end):
                continue
            tried.add(length)
            places = _break_places(grid, start, end, break_minutes, settings)
            if places is None:
                continue
            legal.add(length)
            has_unpaid_break = bool(places) and not settings.breaks_paid
            paid = int(grid.elapsed[end] - grid.elapsed[start]) - (break_minutes if has_unpaid_break else 0)
            rows.append((start, end, paid))
            breaks.append(places)
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    work = np.zeros((len(rows), grid.is_open.size))
    for shape, (start, end, _) in enumerate(rows):
        intervals, share = spread(start, end, grid.interval_minutes)
        work[shape, intervals] = share
    return Shapes(
        day=table[:, 0] // MINUTES_PER_DAY,
        start=table[:, 0],
        end=table[:, 1],
        paid_minutes=table[:, 2],
        breaks=tuple(breaks),
        break_minutes=break_minutes,
        work=work,
        interval_minutes=grid.interval_minutes,
        unusable_hours=tuple(length / 60 for length in sorted(tried - legal)),
    )


@lru_cache(maxsize=65_536)
def spread(start: int, end: int, interval_minutes: int) -> tuple[np.ndarray, np.ndarray]:
    """(intervals, share of each) that the minutes [start, end) fill; remembered, as the search asks for it often."""
    intervals = np.arange(start // interval_minutes, -(-end // interval_minutes))
    begins = intervals * interval_minutes
    share = (np.minimum(begins + interval_minutes, end) - np.maximum(begins, start)) / interval_minutes
    intervals.setflags(write=False)
    share.setflags(write=False)
    return intervals, share


def _break_places(grid: Grid, start: int, end: int, minutes: int, settings: Shifts) -> tuple[int, ...] | None:
    """Starts that the break may have; () if none is needed, None if no break makes the shift legal.

    Breaks stand on the interval grid and, where the law leaves a choice, in the middle half of the shift.
    """
    limit = 60 * settings.break_after_hours

    def stretch(first: int, last: int) -> int:
        return max(last - first, int(grid.elapsed[last] - grid.elapsed[first]))

    if stretch(start, end) <= limit:
        return ()
    if minutes <= 0:
        return None
    legal = [
        at
        for at in range(start + grid.interval_minutes, end - minutes, grid.interval_minutes)
        if stretch(start, at) <= limit and stretch(at + minutes, end) <= limit
    ]
    quarter = (end - start) / 4
    middle = [at for at in legal if at >= start + quarter and at + minutes <= end - quarter]
    return tuple(middle or legal) or None
