"""Calls side by side, one on each of at most two cores: single-threaded solvers with the same time limit."""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed

from benchmarks.channels.child import Answer

AT_ONCE = 2


def side_by_side(jobs: Mapping[str, Callable[[], Answer]]) -> Iterator[tuple[str, Answer]]:
    """(name, answer) as they end; a job waits in a thread for the process that does the work."""
    with ThreadPoolExecutor(min(AT_ONCE, os.cpu_count() or 1)) as pool:
        waiting = {pool.submit(call): name for name, call in jobs.items()}
        for done in as_completed(waiting):
            yield waiting[done], done.result()
