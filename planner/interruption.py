"""What a run that somebody stopped says of itself: a note at each outcome that was cut short, a flag of the plan."""

from dataclasses import is_dataclass, replace
from typing import Any, TypeVar

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
