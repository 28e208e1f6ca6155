"""The place of a requirement: file and line of a key, file and row of a cell."""

from functools import cache

from inputs.row_numbers import source_rows
from planner.clashes import Requirement
from planner.clashes.told import Where
from scenarios.loader import Loaded
from scenarios.rendering import shown_place

MOST_ROWS = 3


def places_of(loaded: Loaded) -> Where:
    """Tells where each requirement of this scenario was written; what nobody wrote is a default."""

    @cache
    def cell(table: str, row_id: str) -> str:
        label, numbers = source_rows(loaded.scenario, table, row_id)
        shown = ", ".join(map(str, numbers[:MOST_ROWS])) + (", ..." if len(numbers) > MOST_ROWS else "")
        return f"{label} row{'s' if len(numbers) > 1 else ''} {shown}" if numbers else label

    def where(requirement: Requirement) -> str:
        if requirement.table:
            return cell(requirement.table, requirement.row_id)
        place = loaded.place(requirement.key)
        if place is None or not _written(loaded, requirement.key):
            return "default"
        return shown_place(place)

    return where


def _written(loaded: Loaded, key: str) -> bool:
    """Whether the key, or something below it, was written."""
    return key in loaded.origins or any(each.startswith(f"{key}.") for each in loaded.origins)
