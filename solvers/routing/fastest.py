"""How long a drive of a rep-day takes at least, whenever it begins: for bounds that know no time of day.

Drives are seconds of the matrix, parking included; the parking of a drive is never stretched.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from solvers.routing.pace import TICKS, Pace, make_clocks
from solvers.routing.problem import RoutingProblem, Shift


@lru_cache(maxsize=256)
def clock_of(pace: Pace) -> tuple[np.ndarray, np.ndarray]:
    """The clock of one pace and what turns it back, see `make_clocks`; both empty where drives always take the same."""
    if not pace:
        return np.zeros(0, np.int32), np.zeros(0, np.int32)
    clock, back = make_clocks([pace])
    return clock[0], back[0]


def parking_at(problem: RoutingProblem, places: np.ndarray | Sequence[int]) -> np.ndarray:
    """Seconds of parking that end a drive to each of these places (not one within the place)."""
    seconds: np.ndarray = np.where(problem.places.parks[places], problem.parking_seconds, 0).astype(np.int64)
    return seconds


def least_drives(shift: Shift, drives: np.ndarray, parking: np.ndarray) -> np.ndarray:
    """What drives take at least while the rep-day lasts.

    A clock that shows at most m ticks more after each second needs ceil(TICKS b / m) seconds for b base seconds.

    Args:
        drives: seconds of the matrix, of any shape; 0: the rep stays where he is. parking: (last axis of drives,).
    """
    if not shift.pace:
        return drives
    most = _fastest_ticks(shift.pace, shift.start_seconds, shift.latest_end_seconds)
    whole = np.asarray(drives, np.int64)
    still = np.minimum(parking, whole)
    least: np.ndarray = -(-TICKS * (whole - still) // most) + still
    return least


@lru_cache(maxsize=4096)
def _fastest_ticks(pace: Pace, begin: int, until: int) -> int:
    clock, _ = clock_of(pace)
    return int(np.diff(clock[begin : until + 1]).max(initial=1))
