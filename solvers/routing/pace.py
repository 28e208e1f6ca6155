"""Drives that take longer at eight than at eleven: a clock on which every drive takes its base seconds, compiled.

Speed is constant between the hours at which a pace changes, so a drive that leaves later never arrives earlier (Ichoua,
Gendreau and Potvin, 2003, European Journal of Operational Research 144(2)). The clock of a pace counts the base seconds
that can be driven from midnight to each second of the day; an arrival is the first second at which it has moved on by
the drive, the latest departure the last from which it still does. Both are found in whole seconds by the same table, so
`arrival(departure) <= t` exactly where `departure <= leave(t)`: what the search checks backwards holds forwards.
"""

from collections.abc import Sequence

import numpy as np
from numba import njit

from solvers.routing.problem import SPAN_SECONDS

TICKS = 1000
"""Ticks of the clock in a base second."""
NEVER = 1 << 40
"""A time that is never reached."""

Pace = tuple[tuple[int, float], ...]


def make_clocks(paces: Sequence[Pace]) -> tuple[np.ndarray, np.ndarray]:
    """The clocks of paces, and what turns them back.

    Args:
        paces: each (from second, factor), ascending from second 0: a drive takes factor times its base seconds.

    Returns:
        (K, SPAN_SECONDS + 1) ticks from midnight to each second, never more than can be driven; (K, L) the first second
        at which the clock shows k * TICKS or more.
    """
    second = np.arange(SPAN_SECONDS + 1)
    clock = np.zeros((len(paces), SPAN_SECONDS + 1), np.int32)
    for row, pace in enumerate(paces):
        begins = np.array([begin for begin, _ in pace], float)
        speeds = 1.0 / np.array([factor for _, factor in pace], float)
        begun = np.append(0.0, np.cumsum(np.diff(begins) * speeds[:-1]))
        band = np.searchsorted(begins, second, side="right") - 1
        clock[row] = np.floor(TICKS * (begun[band] + (second - begins[band]) * speeds[band]) + 1e-6)
    marks = np.arange(0, int(clock.max(initial=0)) + TICKS, TICKS)
    back = [np.searchsorted(row, marks, side="left") for row in clock]
    return clock, np.array(back, np.int32).reshape(len(paces), len(marks))


@njit
def arrival(clock: np.ndarray, back: np.ndarray, pace: int, departure: int, drive: int, parking: int) -> int:
    """When a drive ends that begins at `departure`; pace -1: it always takes `drive` seconds.

    drive: base seconds, `parking` of them at the end not stretched; 0: the rep stays where he is.
    """
    reached = departure + drive
    if pace >= 0 and drive > 0 and departure < SPAN_SECONDS:
        parked = min(parking, drive)
        goal = clock[pace, departure] + TICKS * (drive - parked)
        if goal > clock[pace, SPAN_SECONDS]:
            reached = NEVER
        else:
            reached = int(back[pace, goal // TICKS])
            while clock[pace, reached] < goal:
                reached += 1
            reached += parked
    return reached


@njit
def leave(clock: np.ndarray, back: np.ndarray, pace: int, arrive_by: int, drive: int, parking: int) -> int:
    """The latest departure of a drive that must end by `arrive_by`; -NEVER if there is none since midnight."""
    departure = arrive_by - drive
    if pace >= 0 and drive > 0:
        parked = min(parking, drive)
        until = min(arrive_by - parked, SPAN_SECONDS)
        goal = -1
        if until >= 0:
            goal = clock[pace, until] - TICKS * (drive - parked)
        if goal < 0:
            departure = -NEVER
        else:
            departure = int(back[pace, goal // TICKS])
            while departure < SPAN_SECONDS and clock[pace, departure + 1] <= goal:
                departure += 1
            if clock[pace, departure] > goal:
                departure -= 1
    return departure
