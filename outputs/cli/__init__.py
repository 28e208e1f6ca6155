"""The commands of plan.py, family by family: each family is a file with a list `COMMANDS`.

A new command: write a function in a file of this folder, name it in the file's `COMMANDS`, and name a new file in
`FAMILIES`.
"""

from collections.abc import Iterable

import typer

from outputs.cli import calls, closure, companies, planning, replanning, runs, scenario_files, travel
from outputs.cli.command import Command
from outputs.cli.door import guarded

FAMILIES = (planning, replanning, scenario_files, runs, companies, closure, calls, travel)

VERBS = {
    "train": "Learn a model from past data, and keep it.",
    "evaluate": "Measure a forecast on days that it did not see.",
    "score": "Apply a kept model to new rows.",
    "fit": "Fit a model of how things are to data, and print it for a scenario.",
    "forecast": "Forecast from a scenario's tables, plan nothing.",
}
"""Verbs that take a thing, `plan.py VERB THING`, and their help."""

HELP = "Muster plans the week of field sales and contact centre from one YAML file."


def command_line(commands: Iterable[Command] | None = None) -> typer.Typer:
    """The command line of `commands`; of all families unless given."""
    if commands is None:
        commands = [command for family in FAMILIES for command in family.COMMANDS]
    top, groups = _group(HELP), dict[str, typer.Typer]()
    for command in commands:
        verb, _, thing = command.words.partition(" ")
        if not thing:
            top.command(verb)(guarded(command.answer))
            continue
        if verb not in groups:
            groups[verb] = _group(VERBS[verb])
            top.add_typer(groups[verb], name=verb)
        groups[verb].command(thing)(guarded(command.answer))
    return top


def _group(text: str) -> typer.Typer:
    return typer.Typer(
        help=text,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
