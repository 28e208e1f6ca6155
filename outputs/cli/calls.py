"""Commands on calls: `forecast calls`, `evaluate calls`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outputs.cli.asked import examined_scenario, names
from outputs.cli.command import Command
from outputs.cli.door import AsJson, File, Settings, out
from scenarios.errors import UsageError

if TYPE_CHECKING:
    from inputs.types import Tables
    from scenarios.schema import Scenario


def forecast_calls(
    file: File,
    settings: Settings = [],  # noqa: B006
    folder: Annotated[Path, typer.Option("--to", metavar="DIR", help="Folder of tables and figure.")] = Path(
        "forecasts/calls"
    ),
    as_json: AsJson = False,
) -> None:
    """Forecast calls and staffing minutes by interval, day and whole horizon."""
    from outputs.calls_commands import forecast

    scenario, tables = _read(file, settings)
    _tell(forecast(scenario, tables, folder), as_json=as_json)


def evaluate_calls(
    file: File,
    settings: Settings = [],  # noqa: B006
    folder: Annotated[Path, typer.Option("--to", metavar="DIR", help="Folder of tables and figures.")] = Path(
        "reviews/calls"
    ),
    origins: Annotated[int, typer.Option(min=1, max=52, help="Past days to forecast from, a week apart.")] = 8,
    as_json: AsJson = False,
) -> None:
    """Measure the call forecast from past days against what came, and what its errors cost in agents."""
    from outputs.calls_commands import evaluate

    scenario, tables = _read(file, settings)
    _tell(evaluate(scenario, tables, folder, origins=origins), as_json=as_json)


def _read(file: Path, settings: list[str]) -> "tuple[Scenario, Tables]":
    """The one scenario of a file, without problems, and its tables.

    Raises:
        ScenarioError: its problems, all of them. UsageError: it describes several runs.
    """
    examined = examined_scenario(file, settings)
    assert examined.loaded is not None
    if examined.loaded.is_sweep:
        raise UsageError(f"{file} describes several runs; name one scenario.")
    tables, problems = names(examined)
    if problems:
        raise examined.error(problems)
    return examined.loaded.scenario, tables


def _tell(result: dict[str, object], *, as_json: bool) -> None:
    from outputs.closure_commands import result_text
    from outputs.console import json_text

    out(json_text(result) if as_json else result_text(result))


COMMANDS = (Command("forecast calls", forecast_calls), Command("evaluate calls", evaluate_calls))
