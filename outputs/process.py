"""What plan.py needs of the operating system: Ctrl-C as a question, and processes that work side by side."""

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

from planner.interruption import Asked


@contextmanager
def stoppable(say: Callable[[str], None], then: str) -> Iterator[Asked]:
    """While it lasts, the first Ctrl-C makes the wish that it gives say yes, and tells what happens `then`.

    The second one ends the program at once; so does the first where there is nothing yet to hand over.
    """
    asked = Asked()

    def ask(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if not asked.leaving:
            say(f"interrupted: {then}; Ctrl-C again leaves at once, without a result")
        asked.ask()

    if threading.current_thread() is not threading.main_thread():  # only the main thread may listen
        yield asked
        return
    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def pool(workers: int) -> Iterator[Executor]:
    """Processes for the cells of a sweep; Ctrl-C is answered by this process alone. An error ends them at once."""
    executor = ProcessPoolExecutor(
        workers,
        multiprocessing.get_context("spawn"),
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_IGN),
    )
    before = set(multiprocessing.active_children())
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        for child in set(multiprocessing.active_children()) - before:
            child.terminate()
        raise
    executor.shutdown()
