"""Requirements that exclude each other, found before anything is searched.

    hard = [clash for clash in find_clashes(scenario, tables) if clash.hard]

Each check proves what it says: by trying all (a visit alone, a rep-day of fixed work), by a flow, or by a count. What
no check proves may still have no legal plan; then the search says so.
"""

from collections.abc import Callable, Iterator

import pandas as pd

from inputs.types import Tables
from planner.clashes.alone import clashes_alone
from planner.clashes.centre import clashes_of_centre, clashes_of_demand
from planner.clashes.clash import Clash, Requirement
from planner.clashes.field import FieldWork, field_work
from planner.clashes.hours import clashes_of_hours
from planner.clashes.often import clashes_often
from planner.clashes.together import clashes_together
from planner.clashes.told import Contradiction, clash_text
from planner.clashes.wishes import clashes_of_events, clashes_of_territories
from scenarios.schema import Scenario

IN_THE_FIELD: tuple[Callable[[FieldWork], Iterator[Clash]], ...] = (
    clashes_alone,
    clashes_together,
    clashes_often,
    clashes_of_hours,
)
BESIDE: tuple[Callable[[Scenario, Tables], Iterator[Clash]], ...] = (
    clashes_of_centre,
    clashes_of_events,
    clashes_of_territories,
)


def find_clashes(scenario: Scenario, tables: Tables) -> tuple[Clash, ...]:
    """All clashes that can be proven without a search, hard ones first.

    Args:
        scenario: valid, its names checked against the tables.
    """
    found = [clash for check in BESIDE for clash in check(scenario, tables)]
    work = field_work(scenario, tables)
    if work.visits or work.appointments:
        found += [clash for inspect in IN_THE_FIELD for clash in inspect(work)]
    return tuple(sorted(found, key=lambda clash: not clash.hard))


def refuse(clashes: tuple[Clash, ...]) -> None:
    """Stop where no legal plan exists.

    Raises:
        Contradiction: a clash is hard.
    """
    if any(clash.hard for clash in clashes):
        raise Contradiction(tuple(clash for clash in clashes if clash.hard))


def demand_clashes(scenario: Scenario, tables: Tables, requirement: pd.DataFrame) -> tuple[Clash, ...]:
    """Clashes that show once calls are forecast; `requirement` is that of the roster."""
    return tuple(clashes_of_demand(scenario, tables, requirement))


__all__ = ["Clash", "Contradiction", "Requirement", "clash_text", "demand_clashes", "find_clashes", "refuse"]
