"""Folders and results that are being written: under a temporary name until whole, claimed by one process at a time.

A process that dies leaves its draft behind; the next one takes it away. A claim is a lock that the operating system
drops with the process, so no claim can outlive who made it.
"""

import os
import platform
import re
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl

PREFIX = ".draft-"
STALE_SECONDS = 24 * 3600
"""Age at which a draft is taken away even if its process cannot be asked (another machine, a number used again)."""


@contextmanager
def draft_in(folder: Path) -> Iterator[Path]:
    """A temporary folder in `folder`; what is still in it when the block ends is removed, and so are dead drafts."""
    folder.mkdir(parents=True, exist_ok=True)
    remove_dead_drafts(folder, now_seconds=time.time())
    draft = folder / f"{PREFIX}{_host()}-{os.getpid()}-{secrets.token_hex(4)}"
    draft.mkdir()  # with the rights that the user's umask gives, so that colleagues can open a run on a shared drive
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def remove_dead_drafts(folder: Path, *, now_seconds: float) -> list[str]:
    """Remove drafts whose process is gone, or that are a day old; returns their names.

    Args:
        now_seconds: since 1970, as `time.time` tells.
    """
    dead = [draft for draft in sorted(folder.glob(f"{PREFIX}*")) if _is_dead(draft, now_seconds)]
    for draft in dead:
        shutil.rmtree(draft, ignore_errors=True)
    return [draft.name for draft in dead]


def _is_dead(draft: Path, now_seconds: float) -> bool:
    try:
        age = now_seconds - draft.stat().st_mtime
    except OSError:
        return False  # its owner has just finished with it
    made_by = re.fullmatch(rf"{re.escape(PREFIX)}{re.escape(_host())}-(\d+)-.*", draft.name)
    return age > STALE_SECONDS or (made_by is not None and not _is_alive(int(made_by[1])))


def _is_alive(process: int) -> bool:
    """Whether a process of this machine has that number; unknown counts as yes."""
    if sys.platform == "win32":
        return True  # there, asking would end it
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _host() -> str:
    """This machine's name, in letters that a file name takes and without the dash that ends it."""
    return re.sub(r"[^A-Za-z0-9]", "_", platform.node()) or "here"


@contextmanager
def claimed(path: Path) -> Iterator[None]:
    """Wait until no other process holds the claim `path`, hold it for the block, and take the file away.

    Windows has no such lock: two processes may compute the same stage there, and the first to end is kept.
    """
    if sys.platform == "win32":
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = _lock(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


if sys.platform != "win32":

    def _lock(path: Path) -> int:
        """A locked handle of the file that stands at `path` now (its last holder took the former one away)."""
        while True:
            handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
            fcntl.flock(handle, fcntl.LOCK_EX)
            with suppress(FileNotFoundError):
                if os.fstat(handle).st_ino == path.stat().st_ino:
                    return handle
            os.close(handle)
