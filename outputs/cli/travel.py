"""The command on travel times: `fit travel`."""

from pathlib import Path
from typing import Annotated

import typer

from outputs.cli.command import Command
from outputs.cli.door import AsJson, out, say


def fit_travel(
    matrix: Annotated[Path, typer.Argument(metavar="MATRIX", help="Drives, or past visits: CSV or Parquet.")],
    places: Annotated[
        list[Path], typer.Option("--places", metavar="FILE", help="Table with id, latitude, longitude; repeatable.")
    ] = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Fit speeds by distance and hour, and print the block `reps.travel` to paste."""
    from outputs.console import json_text
    from outputs.travel_commands import fit_block, fit_from_files, fit_story, fit_text

    fit = fit_from_files(matrix, places)
    for line in fit_story(fit):
        say(line)
    out(json_text(fit_block(fit)) if as_json else fit_text(fit))


COMMANDS = (Command("fit travel", fit_travel),)
