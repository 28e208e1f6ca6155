"""Stage results by content hash: a stage whose inputs and code are unchanged is not computed again.

The key of a result is the hash of the stage's function, its arguments' content, the rooms' source code and the
libraries' versions. A damaged entry is computed again; an entry is written under a temporary name and renamed, so a
crash leaves no half result. Runs side by side compute a stage once: who comes second waits for the first.
"""

import hashlib
import shutil
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from planner.codec import read_value, write_value
from planner.content import code_hash, content_hash
from planner.drafts import claimed, draft_in
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
        entry = self._entry(stage, key)
        kept = self._read(stage, entry)
        if kept is None:
            with claimed(entry.with_name(f"{entry.name}.claim")) if entry else nullcontext():
                kept = self._read(stage, entry)  # perhaps another process made it while this one waited
                value = kept[0] if kept else function(*args, **kwargs)
                if kept is None:
                    self._write(entry, value)
        else:
            value = kept[0]
        source: Source = "computed" if kept is None else "cache"
        seconds = time.perf_counter() - began
        self.records.append(StageRecord(stage, key, source, seconds))
        self.progress.done(stage, source=source, seconds=seconds)
        return value

    def _entry(self, stage: str, key: str) -> Path | None:
        return self.folder / f"{stage.replace(' ', '_')}-{key}" if self.folder else None

    def _read(self, stage: str, entry: Path | None) -> tuple[Any] | None:
        """The kept value, in a tuple of one; None if there is none. A damaged entry is removed."""
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

    def _write(self, entry: Path | None, value: object) -> None:
        if entry is None:
            return
        with draft_in(entry.parent) as draft:
            write_value(draft, value)
            (draft / "sha256").write_text(_digest(draft), encoding="ascii")
            if not entry.exists():
                draft.rename(entry)


def _digest(entry: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(entry.iterdir()):
        if path.name != "sha256":
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
