"""The command line as a list of commands: one word, or verb and thing."""

from typing import Annotated

import typer
from typer.testing import CliRunner

from outputs.cli import FAMILIES, VERBS, command_line
from outputs.cli.command import Command
from outputs.cli.door import out
from scenarios.errors import NoLegalPlan


def train_closure(rounds: Annotated[int, typer.Option(help="Rounds.")] = 3) -> int:
    """Learn the closure model."""
    out(f"{rounds} rounds")
    return 5


def train_calls() -> None:
    """Learn the calls."""
    raise NoLegalPlan("too few calls")


def show() -> None:
    """Show."""


COMMANDS = (Command("train closure", train_closure), Command("show", show), Command("train calls", train_calls))


def test_a_verb_takes_a_thing_and_the_guard_stands_before_each() -> None:
    """`train closure` returns its own exit code, an error of `train calls` is a sentence and its code."""
    line = command_line(COMMANDS)
    told = CliRunner().invoke(line, ["train", "closure", "--rounds", "7"])
    assert (told.exit_code, told.stdout) == (5, "7 rounds\n")
    failed = CliRunner().invoke(line, ["train", "calls"])
    assert (failed.exit_code, failed.stdout, failed.stderr) == (4, "", "too few calls\n")
    assert CliRunner().invoke(line, ["show"]).exit_code == 0


def test_help_shows_a_verb_with_its_things_and_no_verb_without() -> None:
    line = command_line(COMMANDS)
    top = CliRunner().invoke(line, ["--help"]).stdout
    assert VERBS["train"] in top
    assert "forecast" not in top
    below = CliRunner().invoke(line, ["train", "--help"]).stdout
    assert "Learn the closure model." in below
    assert "Learn the calls." in below


def test_no_two_families_offer_the_same_words() -> None:
    words = [command.words for family in FAMILIES for command in family.COMMANDS]
    assert sorted(words) == sorted(set(words))
    assert {"run", "sweep", "validate", "explain", "schema", "load", "compare", "show", "why", "check"} <= set(words)
