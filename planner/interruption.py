"""What a run that somebody stops does and says: searches end with their best, forecasts are given up.

A search hands over what it has, noted at its outcome and as a flag of the plan. A forecast has nothing to hand over
before its end, and no plan exists before it; there the run is left at once, and nothing is written.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, is_dataclass, replace
from typing import Any, TypeVar

from solvers.brake import Stop
from solvers.outcome import Outcome

T = TypeVar("T")

INTERRUPTED = "interrupted"
"""The note of an outcome that was cut short."""
LATE_SECONDS = 10.0
"""Time limit of each search that begins after somebody asked to stop; its budget of steps is that of effort quick."""
FLAG = (
    "The run was interrupted: searches ended with the best they had, later ones with the smallest budget. "
    "The plan is legal, and a full run will find a better one."
)


class GivenUp(KeyboardInterrupt):
    """The run was left before there was a plan; the text says what is left of it.

    A KeyboardInterrupt, so that no code that mends faults of a forecast takes it for one.
    """


@dataclass
class Asked:
    """A wish to stop, as the `stop` of a run: says whether it was asked.

    leaving: name of the stage that is left at once, "" while a search is at work.
    """

    was_asked: bool = False
    leaving: str = ""

    def __call__(self) -> bool:
        """Whether somebody asked."""
        return self.was_asked

    def ask(self) -> None:
        """Ask to stop; for signal handlers.

        Raises:
            GivenUp: the stage at work has nothing to hand over.
        """
        self.was_asked = True
        if self.leaving:
            raise GivenUp(given_up(self.leaving))


def given_up(stage: str) -> str:
    """What is told of a run that was left in a stage without anything to hand over."""
    return (
        f"interrupted before the stage `{stage}` was done: there is no plan yet, and nothing was written. What was "
        "finished is kept; the next run goes on from there."
    )


@contextmanager
def left_at_once(stop: Stop, stage: str) -> Iterator[None]:
    """While it lasts, whoever asks to stop leaves the run; who asked before leaves it here.

    Raises:
        GivenUp: somebody asked.
    """
    if not isinstance(stop, Asked):
        yield
        return
    stop.leaving = stage
    try:
        if stop():
            raise GivenUp(given_up(stage))
        yield
    except Exception as fault:
        # A library that was just being loaded wraps what the signal raised.
        if isinstance(fault.__cause__ or fault.__context__, GivenUp):
            raise GivenUp(given_up(stage)) from fault
        raise
    finally:
        stop.leaving = ""


def cut_short(value: T) -> T:
    """A stage result whose outcomes say that they were interrupted."""
    if not is_dataclass(value):
        return value
    changes: dict[str, Any] = {}
    if isinstance(outcome := getattr(value, "outcome", None), Outcome):
        changes["outcome"] = _noted(outcome)
    if isinstance(outcomes := getattr(value, "outcomes", None), tuple):
        changes["outcomes"] = tuple(map(_noted, outcomes))
    return replace(value, **changes)  # type: ignore[type-var]


def _noted(outcome: Outcome) -> Outcome:
    """The outcome with the note; one with a proof stays as it is."""
    if outcome.reason not in ("feasible", "time_limit"):
        return outcome
    return replace(outcome, reason="time_limit", notes=(*outcome.notes, INTERRUPTED))
