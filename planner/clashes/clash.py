"""A clash: requirements that no plan keeps together, the numbers that prove it, and what would let it go cheapest.

A requirement is a key of the scenario, or a cell of a table (table, id of the row, column). `planner/clashes/told.py`
adds the line of the file to it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Requirement:
    """key: dotted key of the scenario, "" for a cell; table, row_id, column: the cell; says: what stands there."""

    says: str
    key: str = ""
    table: str = ""
    row_id: str = ""
    column: str = ""


@dataclass(frozen=True)
class Clash:
    """Requirements that exclude each other.

    requirements: an irreducible set, or the sides of a count that does not come out.
    proof: the numbers, as a sentence. relaxations: single changes after which the clash is gone, cheapest first; each
    was tried. hard: no legal plan; else the plan is made, and leaves something open.
    """

    subject: str
    requirements: tuple[Requirement, ...]
    proof: str
    relaxations: tuple[str, ...]
    hard: bool = True


def irreducible(items: Sequence[T], clash: Callable[[Sequence[T]], bool]) -> list[T]:
    """A part of `items` that clashes, none of which can be left out: the deletion filter (Chinneck, Dravnieks 1991).

    Args:
        items: what clashes together; those in front are left out rather than those behind.
        clash: whether a part clashes; a part of a part that does not clash does not either.
    """
    kept = list(items)
    for item in items:
        rest = [other for other in kept if other is not item]
        if clash(rest):
            kept = rest
    return kept
