"""What a long run tells the person who waits for it. Made in plan.py; the rooms only speak through it."""

from typing import Literal, Protocol

Source = Literal["computed", "cache"]


class Progress(Protocol):
    """Receives the steps of a run in order."""

    def start(self, stage: str) -> None:
        """A stage begins."""
        ...

    def better(self, stage: str, *, value: float, bound: float | None, unit: str) -> None:
        """The search at work has a plan worth `value` at least; none is worth more than `bound` (None: unknown)."""
        ...

    def done(self, stage: str, *, source: Source, seconds: float, note: str = "") -> None:
        """A stage ended; `source` says whether it was computed or answered from the cache."""
        ...

    def message(self, text: str) -> None:
        """A sentence worth reading while waiting."""
        ...


class Silent:
    """Says nothing: for Python users and tests."""

    def start(self, stage: str) -> None:
        """See `Progress.start`."""

    def better(self, stage: str, *, value: float, bound: float | None, unit: str) -> None:
        """See `Progress.better`."""

    def done(self, stage: str, *, source: Source, seconds: float, note: str = "") -> None:
        """See `Progress.done`."""

    def message(self, text: str) -> None:
        """See `Progress.message`."""
