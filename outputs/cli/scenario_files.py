"""Commands on scenario files and their tables: `validate`, `explain`, `schema`, `load`."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from outputs.cli.asked import examined_scenario, names
from outputs.cli.command import Command
from outputs.cli.door import AsJson, File, Settings, Store, out
from scenarios.errors import ScenarioError


def validate(file: File, settings: Settings = [], as_json: AsJson = False) -> int:  # noqa: B006
    """Check a scenario and its tables, plan nothing."""
    from outputs.console import json_text, problem_json

    try:
        examined = examined_scenario(file, settings)
        assert examined.loaded is not None
        tables, problems = names(examined)
        if problems:
            raise examined.error(problems)
    except ScenarioError as error:
        if as_json:
            told = [problem_json(each) for each in error.problems]
            out(json_text({"valid": False, "problems": told, "findings": [], "clashes": []}))
        raise
    from outputs.cli.answers import findings_answer
    from outputs.places import places_of
    from planner.clashes import Contradiction, find_clashes

    clashes, where = find_clashes(examined.loaded.scenario, tables), places_of(examined.loaded)
    hard = tuple(clash for clash in clashes if clash.hard)
    out(findings_answer(examined.loaded, tables.quality, clashes, where, as_json=as_json))
    if hard:
        raise Contradiction(hard, where)
    return 0


def explain(
    file: File,
    prefix: Annotated[str, typer.Argument(metavar="[KEY]", help="Only this key and what stands below it.")] = "",
    settings: Settings = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Every value of a scenario, and where it was written."""
    from outputs.cli.answers import explain_text

    out(explain_text(file, prefix, settings, as_json=as_json))


def schema() -> None:
    """The JSON schema of scenario files, for editors."""
    from scenarios.json_schema import json_schema

    out(json.dumps(json_schema(), indent=2, ensure_ascii=False))


def load(
    file: File,
    settings: Settings = [],  # noqa: B006
    store: Store = Path(".muster"),
    as_json: AsJson = False,
) -> None:
    """Fill the data layers from a scenario's sources."""
    from outputs.cli.answers import load_text

    out(load_text(file, settings, store=store, clock=datetime.now, as_json=as_json))


COMMANDS = (
    Command("validate", validate),
    Command("explain", explain),
    Command("schema", schema),
    Command("load", load),
)
