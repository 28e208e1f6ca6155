"""What a command was asked to work on: the scenario without problems, its tables, the names in both."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.errors import MusterError, Problem, UsageError

if TYPE_CHECKING:
    from inputs.types import Tables
    from scenarios.loader import Examined
    from scenarios.schema import Scenario


def examined_scenario(file: Path, settings: Sequence[str]) -> "Examined":
    """The scenario without problems of its own.

    Raises:
        ScenarioError: its problems, and the names on what is left of it that the data do not have.
    """
    from scenarios.loader import examine_scenario

    examined = examine_scenario(file, settings)
    if not examined.problems:
        return examined
    more: list[Problem] = []
    if examined.loaded is not None:
        try:
            more = names(examined)[1]
        except MusterError:
            more = []  # tables that cannot be read are told once the scenario is right
    raise examined.error(more)


def names(examined: "Examined") -> tuple["Tables", list[Problem]]:
    """The tables, read only, and the names in the scenario that they do not have."""
    from inputs.load import load_tables
    from inputs.names import check_names

    assert examined.loaded is not None
    scenario = examined.loaded.scenario
    tables = load_tables(scenario, store=None, loaded_at=datetime.now())
    return tables, check_names(scenario, tables)


def one_scenario(file: Path, settings: Sequence[str]) -> "tuple[Scenario, Tables]":
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
