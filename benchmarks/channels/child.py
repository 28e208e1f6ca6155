"""One call in a process of its own: what it returns, its seconds and its peak memory; ended when it takes too long."""

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Answer:
    """value: what the call returned, None if it did not. seconds: of the call, without the start of the process.

    peak_mb: most resident memory of the process, libraries included. note: why there is no value.
    """

    value: Any
    seconds: float
    peak_mb: float | None
    note: str = ""


def peak_mb() -> float:
    """Most resident memory of this process since it began, in MB.

    Linux: VmHWM, because ru_maxrss of a new process begins at what its parent had when it was forked.
    """
    if STATUS.exists():
        for line in STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return float(line.split()[1]) / 1024
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (1024 * 1024 if sys.platform == "darwin" else 1024)


def in_child(call: Callable[..., Any], *arguments: Any, limit_seconds: float) -> Answer:
    """`call(*arguments)` in a fresh process; both must be plain values of modules, as for multiprocessing's spawn."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(theirs, call, arguments), daemon=True)
    began = time.perf_counter()
    process.start()
    theirs.close()
    try:
        if not ours.poll(limit_seconds):
            note = f"ended after {limit_seconds:g} s without an answer"
            return Answer(None, time.perf_counter() - began, None, note)
        try:
            return Answer(*ours.recv())
        except EOFError:
            process.join()
            return Answer(None, time.perf_counter() - began, None, f"its process died ({process.exitcode})")
    finally:
        process.kill()
        process.join()
        ours.close()


def _answer(pipe: Connection, call: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    began = time.perf_counter()
    try:
        value, note = call(*arguments), ""
    except Exception as error:  # a peer's failure is a row that says so
        value, note = None, f"{type(error).__name__}: {error}"[:200]
    pipe.send((value, time.perf_counter() - began, peak_mb(), note))
    pipe.close()
