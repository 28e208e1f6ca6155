"""What Python calls of the compiled code, kept compiled between runs.

Numba's cache of a function looks at the one file in which it stands, though half a dozen are compiled into it. So the
functions of those files are not kept themselves; what is kept are these doors to them, and what a door closes over, a
hash of all the sources, is part of its key: no run ever uses code that was compiled from older sources.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from solvers.routing import insertion, ruin_recreate, timing
from solvers.routing.arrays import Arrays, Memory, Met, State, Work

SOURCES = ("arrays.py", "compiled.py", "insertion.py", "pace.py", "ruin_recreate.py", "timing.py")
"""What the doors are compiled from."""

_serve, _after_lunch, _there, _leave_for = timing.serve, timing.after_lunch, timing.there, timing.leave_for
_advance, _end_of_day, _retime = timing.advance, timing.end_of_day, timing.retime
_scan, _insert, _fill = insertion.scan, insertion.insert, insertion.fill
_uneven_eur, _search = insertion.uneven_eur, ruin_recreate.search


class Doors(NamedTuple):
    """Each has the arguments of the function of its name in `timing`, `insertion` or `ruin_recreate`."""

    serve: Callable[..., int]
    after_lunch: Callable[..., int]
    there: Callable[..., int]
    leave_for: Callable[..., int]
    advance: Callable[..., tuple[int, int, int]]
    end_of_day: Callable[..., int]
    retime: Callable[..., bool]
    scan: Callable[..., tuple[float, int]]
    insert: Callable[..., None]
    fill: Callable[..., int]
    uneven_eur: Callable[..., float]
    search: Callable[..., None]


def _doors(sources: str) -> Doors:  # noqa: C901
    """The doors to code with this hash; `if sources` makes each close over it, and is always so."""

    @njit(cache=True)
    def serve(tasks: np.ndarray, task: int, ready: int) -> int:
        return _serve(tasks, task, ready) if sources else 0

    @njit(cache=True)
    def after_lunch(shifts: np.ndarray, shift: int, free: int) -> int:
        return _after_lunch(shifts, shift, free) if sources else 0

    @njit(cache=True)
    def there(arrays: Arrays, shift: int, place: int, to: int, departure: int) -> int:
        return _there(arrays, shift, place, to, departure) if sources else 0

    @njit(cache=True)
    def leave_for(arrays: Arrays, shift: int, place: int, to: int, arrive_by: int) -> int:
        return _leave_for(arrays, shift, place, to, arrive_by) if sources else 0

    @njit(cache=True)
    def advance(arrays: Arrays, shift: int, place: int, before: int, after: int, task: int) -> Any:
        return _advance(arrays, shift, place, before, after, task) if sources else (0, 0, 0)

    @njit(cache=True)
    def end_of_day(arrays: Arrays, shift: int, place: int, before: int, after: int) -> int:
        return _end_of_day(arrays, shift, place, before, after) if sources else 0

    @njit(cache=True)
    def retime(arrays: Arrays, state: State, shift: int) -> bool:
        return _retime(arrays, state, shift) if sources else False

    @njit(cache=True)
    def scan(arrays: Arrays, state: State, shift: int, first: int, last: int, task: int) -> Any:
        return _scan(arrays, state, shift, first, last, task) if sources else (0.0, 0)

    @njit(cache=True)
    def insert(arrays: Arrays, state: State, shift: int, position: int, task: int) -> None:
        if sources:
            _insert(arrays, state, shift, position, task)

    @njit(cache=True)
    def fill(arrays: Arrays, state: State, memory: Memory, work: Work, rng: np.random.Generator) -> int:
        return _fill(arrays, state, memory, work, rng) if sources else 0

    @njit(cache=True)
    def uneven_eur(arrays: Arrays, state: State) -> float:
        return _uneven_eur(arrays, state) if sources else 0.0

    @njit(cache=True)
    def search(
        arrays: Arrays, state: State, kept: State, best: State, memory: Memory, work: Work, met: Met,
        values: np.ndarray, heat: np.ndarray, rng: np.random.Generator,
    ) -> None:  # fmt: skip
        if sources:
            _search(arrays, state, kept, best, memory, work, met, values, heat, rng)

    return Doors(
        serve, after_lunch, there, leave_for, advance, end_of_day, retime, scan, insert, fill, uneven_eur, search
    )


serve, after_lunch, there, leave_for, advance, end_of_day, retime, scan, insert, fill, uneven_eur, search = _doors(
    hashlib.sha256(b"".join((Path(__file__).parent / f).read_bytes() for f in SOURCES)).hexdigest()
)


def fits(arrays: Arrays, state: State, shift: int, position: int, task: int) -> bool:
    """Whether the rep-day stays legal with `task` inserted before its event `position`."""
    return bool(scan(arrays, state, shift, position, position, task)[1] >= 0)
