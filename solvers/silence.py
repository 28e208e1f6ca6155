"""Keeps the stdout of the process free of what compiled libraries print there."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silence() -> Iterator[None]:
    """Keep the process's stdout to results: HiGHS 1.12 prints a debugging line there, whatever its options say."""
    libc = ctypes.CDLL(None)
    try:
        kept = os.dup(1)
    except OSError:  # no stdout: nothing can be printed
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    libc.fflush(None)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        libc.fflush(None)
        os.dup2(kept, 1)
        os.close(nowhere)
        os.close(kept)
