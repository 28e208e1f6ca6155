"""Progress on a terminal: what a person who waits for a plan sees."""

from typing import Any, Self


class Steps:
    """Progress as one line a finished stage, on stderr; while a stage runs, a terminal shows its name."""

    def __init__(self, *, quiet: bool) -> None:
        from rich.console import Console

        self._console = Console(stderr=True, quiet=quiet, highlight=False)
        self._status: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, stage: str) -> None:
        """See `planner.progress.Progress`."""
        self.stop()
        if self._console.is_terminal:
            self._status = self._console.status(f"{stage} …")
            self._status.start()

    def better(self, stage: str, *, value: float, bound: float | None, unit: str) -> None:
        """See `planner.progress.Progress`; shown by a terminal while the stage runs."""
        if self._status is not None:
            gap = (
                "" if not bound or value <= 0 else f", at most {bound:,.0f}, gap {100 * (bound - value) / value:.1f} %"
            )
            self._status.update(f"{stage} … {value:,.0f} {unit}{gap}")

    def done(self, stage: str, *, source: str, seconds: float, note: str = "") -> None:
        """See `planner.progress.Progress`."""
        self.stop()
        self._line(f"{stage:<14} {seconds:7.1f} s  {source}{f'  {note}' if note else ''}")

    def message(self, text: str) -> None:
        """See `planner.progress.Progress`."""
        self._line(text)

    def stop(self) -> None:
        """Take the line of the running stage away."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _line(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)
