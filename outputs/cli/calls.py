"""Commands on calls: `forecast calls`, `evaluate calls`."""

from pathlib import Path
from typing import Annotated

import typer

from outputs.cli.asked import one_scenario
from outputs.cli.command import Command
from outputs.cli.door import AsJson, File, Settings, tell


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

    scenario, tables = one_scenario(file, settings)
    tell(forecast(scenario, tables, folder), as_json=as_json)


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

    scenario, tables = one_scenario(file, settings)
    tell(evaluate(scenario, tables, folder, origins=origins), as_json=as_json)


COMMANDS = (Command("forecast calls", forecast_calls), Command("evaluate calls", evaluate_calls))
