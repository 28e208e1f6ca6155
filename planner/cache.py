"""Stage results by content hash: a stage whose inputs and code are unchanged is not computed again.

The key of a result is the hash of the stage's function, its arguments' content, the rooms' source code and the
libraries' versions. A damaged entry is computed again; an entry is written under a temporary name and renamed, so a
crash leaves no half result.
"""

import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from planner.codec import read_value, write_value
from planner.content import code_hash, content_hash
from planner.progress import Progress, Silent, Source

P = ParamSpec("P")
T = TypeVar("T")

LIBRARIES = ("numpy", "pandas", "scipy", "scikit-learn", "lightgbm", "hmmlearn", "ortools", "PuLP", "highspy", "pyvrp")


@cache
def library_versions() -> dict[str, str]:
    """Versions of the libraries that decide a plan."""
    return {name: version(name) for name in LIBRARIES}


@dataclass(frozen=True)
class StageRecord:
    """How one stage was answered: key is the content hash, seconds the time this run spent on it."""

    stage: str
    key: str
    source: Source
    seconds: float


@dataclass
class StageCache:
    """Runs stages, or answers them from `folder` (None: nothing is kept). `records` lists what was done, in order."""

    folder: Path | None = None
    progress: Progress = field(default_factory=Silent)
    records: list[StageRecord] = field(default_factory=list)

    def run(self, stage: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The value of `function(*args, **kwargs)`, from the cache where its key is known."""
        self.progress.start(stage)
        began = time.perf_counter()
        name = f"{function.__module__}.{function.__qualname__}"
        key = content_hash(name, code_hash(), library_versions(), list(args), dict(kwargs))
        kept = self._read(stage, key)
        source: Source = "computed" if kept is None else "cache"
        if kept is None:
            value = function(*args, **kwargs)
            self._write(stage, key, value)
        else:
            value = kept[0]
        seconds = time.perf_counter() - began
        self.records.append(StageRecord(stage, key, source, seconds))
        self.progress.done(stage, source=source, seconds=seconds)
        return value

    def _entry(self, stage: str, key: str) -> Path | None:
        return self.folder / f"{stage.replace(' ', '_')}-{key}" if self.folder else None

    def _read(self, stage: str, key: str) -> tuple[Any] | None:
        """The kept value, in a tuple of one; None if there is none. A damaged entry is removed."""
        entry = self._entry(stage, key)
        if entry is None or not entry.is_dir():
            return None
        try:
            if (entry / "sha256").read_text(encoding="ascii") != _digest(entry):
                raise ValueError("changed on disk")
            return (read_value(entry),)
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            self.progress.message(f"The kept result of {stage} is damaged; it is computed again.")
            shutil.rmtree(entry, ignore_errors=True)
            return None

    def _write(self, stage: str, key: str, value: object) -> None:
        entry = self._entry(stage, key)
        if entry is None:
            return
        entry.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=entry.parent))
        try:
            write_value(draft, value)
            (draft / "sha256").write_text(_digest(draft), encoding="ascii")
            if not entry.exists():
                draft.rename(entry)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _digest(entry: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(entry.iterdir()):
        if path.name != "sha256":
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
