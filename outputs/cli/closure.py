"""Commands on closure probabilities: `train closure`, `evaluate closure`, `score closure`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outputs.cli.asked import examined_scenario, names
from outputs.cli.command import Command
from outputs.cli.door import AsJson, File, Settings, out
from scenarios.errors import ScenarioError, UsageError

if TYPE_CHECKING:
    from inputs.types import Tables
    from scenarios.schema import Scenario

Model = Annotated[Path, typer.Option("--model", metavar="DIR", help="Folder of the model.")]


def train_closure(
    file: File,
    settings: Settings = [],  # noqa: B006
    model: Model = Path("models/closure"),
    as_json: AsJson = False,
) -> None:
    """Learn win probabilities from a scenario's past deals, and keep the model."""
    from outputs.closure_commands import train

    scenario, tables = _read(file, settings)
    _tell(train(scenario, tables, model), as_json=as_json)


def evaluate_closure(
    file: File,
    settings: Settings = [],  # noqa: B006
    folder: Annotated[Path, typer.Option("--to", metavar="DIR", help="Folder of tables and figures.")] = Path(
        "reviews/closure"
    ),
    periods: Annotated[str, typer.Option(help="year, quarter, month or half-month.")] = "month",
    year_begins: Annotated[int, typer.Option(min=1, max=12, help="Month in which the fiscal year begins.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Measure reps and model against what happened, as each would have been asked at the time."""
    from outputs.closure_commands import evaluate, periods_or_refuse

    asked = periods_or_refuse(periods)
    scenario, tables = _read(file, settings)
    _tell(evaluate(scenario, tables, folder, periods=asked, year_begins=year_begins), as_json=as_json)


def score_closure(
    file: File,
    settings: Settings = [],  # noqa: B006
    model: Model = Path("models/closure"),
    to: Annotated[Path, typer.Option("--to", metavar="CSV", help="File of the scores.")] = Path("closure_scores.csv"),
    as_json: AsJson = False,
) -> None:
    """Score a scenario's open deals with a model that was kept."""
    from outputs.closure_commands import score

    scenario, tables = _read(file, settings)
    _tell(score(scenario, tables, model, to), as_json=as_json)


def _read(file: Path, settings: list[str]) -> "tuple[Scenario, Tables]":
    """The scenario without problems, and its tables.

    Raises:
        ScenarioError: its problems, all of them. UsageError: it describes several runs.
    """
    examined = examined_scenario(file, settings)
    if examined.loaded is None:
        raise ScenarioError(examined.problems)
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


COMMANDS = (
    Command("train closure", train_closure),
    Command("evaluate closure", evaluate_closure),
    Command("score closure", score_closure),
)
