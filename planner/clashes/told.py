"""Clashes in words: what, each requirement with its place, the numbers, and what would let it go cheapest."""

from collections.abc import Callable, Sequence

from planner.clashes.clash import Clash, Requirement
from scenarios.errors import NoLegalPlan

Where = Callable[[Requirement], str]
"""The file and line of a requirement, "" if it stands nowhere."""


def by_name(requirement: Requirement) -> str:
    """The key, or the table with id and column: what is known without the files."""
    if requirement.key:
        return requirement.key
    return " ".join(filter(None, (f"table {requirement.table}", requirement.row_id, requirement.column)))


class Contradiction(NoLegalPlan):
    """No legal plan, with the clashes that prove it; `told` gives the same error with places of files."""

    def __init__(self, clashes: Sequence[Clash], where: Where | None = None) -> None:
        self.clashes = tuple(clashes)
        super().__init__(f"No legal plan.\n{clash_text(self.clashes, where)}")

    def told(self, where: Where) -> "Contradiction":
        """The error with the place of each requirement."""
        return Contradiction(self.clashes, where)


def clash_text(clashes: Sequence[Clash], where: Where | None = None) -> str:
    """All clashes, numbered."""
    blocks = [_block(number, clash, where) for number, clash in enumerate(clashes, start=1)]
    count = len(clashes)
    return "\n".join([*blocks, f"{count} {'clash' if count == 1 else 'clashes'}"])


def _block(number: int, clash: Clash, where: Where | None) -> str:
    named = [(each.says, by_name(each), where(each) if where else "") for each in clash.requirements]
    widths = [max((len(row[i]) for row in named), default=0) for i in (0, 1)]
    lines = [f"    {says:<{widths[0]}}  {name:<{widths[1]}}  {place}".rstrip() for says, name, place in named]
    changes = [f"    {'cheapest: ' if i == 0 else 'or: '}{text}" for i, text in enumerate(clash.relaxations)]
    return "\n".join([f"{number}. {clash.subject}", *lines, f"    {clash.proof}", *changes])


def sentence(clash: Clash) -> str:
    """A clash as one line, for the notes of a report."""
    what = ", ".join(f"{by_name(each)} ({each.says})" for each in clash.requirements)
    way = f" Cheapest: {clash.relaxations[0]}." if clash.relaxations else ""
    return f"{clash.subject[:1].upper()}{clash.subject[1:]}: {what}; {clash.proof}.{way}"
