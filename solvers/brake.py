"""What ends a search before its steps are used up: an instant, or somebody who asks it to stop.

Searches look at their brake between steps. What they have found by then is legal and is handed over. Libraries that
solve in compiled code are asked to end as well: HiGHS by its callbacks, others from beside their thread.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")

ASK_SECONDS = 0.1
"""Pause between two looks at a library that solves beside."""

Stop = Callable[[], bool]
"""Asked between steps whether to end now with the best found so far."""


def never() -> bool:
    """Nobody asks."""
    return False


@dataclass(frozen=True)
class Brake:
    """until: instant of `time.perf_counter` (inf: none); stop: whether somebody asks to end before."""

    until: float
    stop: Stop = never

    def seconds_left(self) -> float:
        """Seconds until the search must end; 0 or less: now."""
        return 0.0 if self.stop() else self.until - time.perf_counter()

    def pulled(self) -> bool:
        """Whether the search must end now."""
        return self.seconds_left() <= 0


def end_highs_on(highs: Any, stop: Stop) -> None:
    """Let a `highspy.Highs` end with the best it has once `stop` says yes; its status then is kInterrupt.

    HiGHS asks between nodes and every few iterations, in the thread that called it: a signal that arrived while it
    was in compiled code is handled there too. The result of a solve that nobody stops is the same.
    """
    if stop is never:
        return

    def ask(event: Any) -> None:
        if stop():
            event.interrupt()

    for callback in (highs.cbMipInterrupt, highs.cbSimplexInterrupt, highs.cbIpmInterrupt):
        callback.subscribe(ask)


def solve_beside(solve: Callable[[], T], *, end: Callable[[], None], stop: Stop) -> T:
    """`solve()` in a thread of its own, while this one goes on answering signals and asking `stop`.

    Args:
        solve: compiled code that lets go of the interpreter; what it returns or raises comes back.
        end: tells it to end soon with the best it has; called until it does.
    """
    if stop is never:
        return solve()
    answers: list[T] = []
    faults: list[BaseException] = []

    def work() -> None:
        try:
            answers.append(solve())
        except BaseException as fault:
            faults.append(fault)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(ASK_SECONDS)
            if stop():
                end()
    except BaseException:
        end()
        raise
    if faults:
        raise faults[0]
    return answers[0]
