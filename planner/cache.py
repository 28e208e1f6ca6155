"""Stage results by content hash: a stage whose inputs and code are unchanged is not computed again.

The key of a result is the hash of the stage's function, its arguments' content, the rooms' source code and the
libraries' versions. A damaged entry is computed again; an entry is written under a temporary name and renamed, so a
crash leaves no half result. Runs side by side compute a stage once: who comes second waits for the first.
"""

import hashlib
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from inspect import signature
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from planner.codec import read_value, write_value
from planner.content import code_hash, content_hash
from planner.drafts import claimed, draft_in
from planner.interruption import INTERRUPTED, LATE_SECONDS, cut_short, left_at_once
from planner.progress import Progress, Silent, Source
from solvers.brake import Stop, never
from solvers.outcome import Outcome

P = ParamSpec("P")
T = TypeVar("T")

Watch = Callable[[float, float | None], None]
"""Is told the value of the best so far, and a bound that no plan exceeds (None: unknown)."""

LIBRARIES = ("numpy", "pandas", "scipy", "scikit-learn", "lightgbm", "hmmlearn", "ortools", "PuLP", "highspy", "pyvrp")


@cache
def library_versions() -> dict[str, str]:
    """Versions of the libraries that decide a plan."""
    return {name: version(name) for name in LIBRARIES}


@dataclass(frozen=True)
class StageRecord:
    """How one stage was answered: key is the content hash, seconds the time this run spent on it.

    interrupted: somebody asked to stop, and the search ended early or got the smallest budget.
    """

    stage: str
    key: str
    source: Source
    seconds: float
    interrupted: bool = False


@dataclass
class StageCache:
    """Runs stages, or answers them from `folder` (None: nothing is kept). `records` lists what was done, in order.

    stop: asked by searches whether to end with the best they have.
    """

    folder: Path | None = None
    progress: Progress = field(default_factory=Silent)
    records: list[StageRecord] = field(default_factory=list)
    stop: Stop = never

    def run(self, stage: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The value of `function(*args, **kwargs)`, from the cache where its key is known.

        Raises:
            GivenUp: somebody asked to stop before it was computed.
        """
        return self._answer(stage, function, args, kwargs)

    def search(self, stage: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`run` for a stage with `effort` and `time_limit_seconds` that takes `stop` as well, and perhaps `watch`.

        A stage with `watch` tells the value of its best so far, and its bound, to the progress while it searches.

        Once `stop` says so, the search at work hands over its best, which is not kept for other runs; those that begin
        later get the smallest budget, unless their full result is known.
        """
        key = _key(function, args, kwargs)
        full = self._entry(stage, key)
        if not self.stop() or (full and full.is_dir()):
            return self._answer(stage, function, args, kwargs, key=key, stop=self.stop)
        limit = min(LATE_SECONDS, float(str(kwargs["time_limit_seconds"])))
        return self._answer(
            stage, function, args, {**kwargs, "effort": "quick", "time_limit_seconds": limit}, late=True
        )

    def interrupted(self) -> bool:
        """Whether any search was cut short."""
        return any(record.interrupted for record in self.records)

    def _answer(
        self,
        stage: str,
        function: Callable[..., T],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        *,
        key: str | None = None,
        stop: Stop | None = None,
        late: bool = False,
    ) -> T:
        self.progress.start(stage)
        began = time.perf_counter()
        key = key or _key(function, args, kwargs)
        entry = self._entry(stage, key)
        kept: tuple[T] | None = self._read(stage, entry)
        is_cut = late
        if kept is None:
            with claimed(entry.with_name(f"{entry.name}.claim")) if entry else nullcontext():
                kept = self._read(stage, entry)  # perhaps another process made it while this one waited
                value = kept[0] if kept else self._compute(stage, function, args, kwargs, stop=stop, late=late)
                was_stopped = kept is None and stop is not None and stop()
                is_cut = late or was_stopped
                if kept is None and not was_stopped:
                    self._write(entry, value)
        else:
            value = kept[0]
        source: Source = "computed" if kept is None else "cache"
        seconds = time.perf_counter() - began
        self.records.append(StageRecord(stage, key, source, seconds, is_cut))
        told = "; ".join(part for part in (_ended(value), INTERRUPTED if is_cut else "") if part)
        self.progress.done(stage, source=source, seconds=seconds, note=told)
        return cut_short(value) if is_cut else value

    def _compute(
        self,
        stage: str,
        function: Callable[..., T],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        *,
        stop: Stop | None,
        late: bool,
    ) -> T:
        """Call the stage: a search ends with its best when asked to stop, others are left."""
        if stop is not None:
            return function(*args, **kwargs, stop=stop, **self._watching(stage, function))
        if late:
            return function(*args, **kwargs)
        with left_at_once(self.stop, stage):
            return function(*args, **kwargs)

    def _watching(self, stage: str, function: Callable[..., Any]) -> dict[str, Watch]:
        """What `function` tells its value and bound to, as its argument `watch`; nothing where it has none."""
        if "watch" not in signature(function).parameters:
            return {}
        return {"watch": lambda value, bound: self.progress.better(stage, value=value, bound=bound, unit="EUR")}

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


def _key(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    name = f"{function.__module__}.{function.__qualname__}"
    return content_hash(name, code_hash(), library_versions(), list(args), dict(kwargs))


def _ended(value: object) -> str:
    """Value and gap of a search in words; nothing for what is no search, or found nothing to do."""
    outcome = getattr(value, "outcome", None)
    if not isinstance(outcome, Outcome) or outcome.reason == "nothing_to_do":
        return ""
    gap = "no bound" if outcome.gap_pct is None else f"gap {outcome.gap_pct:.2f} %"
    return f"{outcome.value:,.0f} {outcome.unit}, {gap}"


def _digest(entry: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(entry.iterdir()):
        if path.name != "sha256":
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
