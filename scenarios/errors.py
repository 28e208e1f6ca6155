"""The project's few exceptions. Each carries an exit code and a sentence that says what to change.

MusterError                exit 1
├── UsageError             exit 2   the command line cannot be understood
├── InvalidInput           exit 3
│   ├── ScenarioError              problems of a scenario file, each with its place
│   └── DataError                  problems of the tables that make a plan meaningless
└── NoLegalPlan            exit 4   laws or required work contradict each other
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class MusterError(Exception):
    """Base of all errors that Muster raises on purpose; the text is written for the user."""

    exit_code = 1


class UsageError(MusterError):
    """The command line cannot be understood."""

    exit_code = 2


class InvalidInput(MusterError):
    """The scenario or the data cannot be planned with."""

    exit_code = 3


class NoLegalPlan(MusterError):
    """No plan keeps all laws and all required work; the text names the clash."""

    exit_code = 4


@dataclass(frozen=True)
class Place:
    """Where a value was written: `line` and `column` count from 1; `path` None means the command line."""

    path: Path | None
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}" if self.path else "--set"


@dataclass(frozen=True)
class Problem:
    """One fault of a scenario: `key` is the dotted path, `place` None if it stands nowhere (a missing key).

    allowed: what may stand there; suggestion: what was perhaps meant, as it would be written; advice: what to do.
    """

    message: str
    key: str = ""
    place: Place | None = None
    allowed: str = ""
    suggestion: str = ""
    advice: str = ""


class ScenarioError(InvalidInput):
    """All problems of a scenario at once; `str()` shows each with its source line and a caret."""

    def __init__(self, problems: Sequence[Problem], rendered: str = "") -> None:
        self.problems = tuple(problems)
        super().__init__(rendered or "\n".join(f"{p.place or ''} {p.key}: {p.message}" for p in problems))


class DataError(InvalidInput):
    """Problems of the tables that stop the run; the text lists every check that failed."""
