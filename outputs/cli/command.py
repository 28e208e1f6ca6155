"""A command as a room offers it: the words that call it, and the function that answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Command:
    """words: one, as in `run`, or verb and thing, as in `train closure`.

    answer: its arguments and options are those of the command, its docstring the help; it returns the exit code (None:
    0). What it needs it imports when it is called, so that `--help` does not wait for it.
    """

    words: str
    answer: Callable[..., Any]
