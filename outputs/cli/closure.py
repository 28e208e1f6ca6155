"""Commands on closure probabilities: `train closure`, `evaluate closure`, `score closure`."""

from pathlib import Path
from typing import Annotated

import typer

from outputs.cli.asked import one_scenario
from outputs.cli.command import Command
from outputs.cli.door import AsJson, File, Settings, tell

Model = Annotated[Path, typer.Option("--model", metavar="DIR", help="Folder of the model.")]


def train_closure(
    file: File,
    settings: Settings = [],  # noqa: B006
    model: Model = Path("models/closure"),
    as_json: AsJson = False,
) -> None:
    """Learn win probabilities from a scenario's past deals, and keep the model."""
    from outputs.closure_commands import train

    scenario, tables = one_scenario(file, settings)
    tell(train(scenario, tables, model), as_json=as_json)


def evaluate_closure(
    file: File,
    settings: Settings = [],  # noqa: B006
    folder: Annotated[Path, typer.Option("--to", metavar="DIR", help="Folder of tables and figures.")] = Path(
        "reviews/closure"
    ),
    periods: Annotated[str, typer.Option(help="year, quarter, month or half-month.")] = "month",
    year_begins: Annotated[
        int | None, typer.Option(min=1, max=12, help="Month in which the fiscal year begins; else the scenario's.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure reps and model against what happened, as each would have been asked at the time."""
    from outputs.closure_commands import evaluate, periods_or_refuse

    asked = periods_or_refuse(periods)
    scenario, tables = one_scenario(file, settings)
    tell(evaluate(scenario, tables, folder, periods=asked, year_begins=year_begins), as_json=as_json)


def score_closure(
    file: File,
    settings: Settings = [],  # noqa: B006
    model: Model = Path("models/closure"),
    to: Annotated[Path, typer.Option("--to", metavar="CSV", help="File of the scores.")] = Path("closure_scores.csv"),
    secret: Annotated[
        Path | None,
        typer.Option("--anonymous", metavar="FILE", help="Write no names: ids are hashed under the secret in FILE."),
    ] = None,
    cohorts: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Means of cohorts of 20 customers or more go there.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Score a scenario's open deals with a model that was kept."""
    from outputs.closure_commands import score

    scenario, tables = one_scenario(file, settings)
    tell(score(scenario, tables, model, to, secret=secret, cohorts=cohorts), as_json=as_json)


COMMANDS = (
    Command("train closure", train_closure),
    Command("evaluate closure", evaluate_closure),
    Command("score closure", score_closure),
)
