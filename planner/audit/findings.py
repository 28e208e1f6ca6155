"""One inconsistency of a plan."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """check: the rule's name; table and row (its key) of the plan; message: what is wrong, with both figures."""

    check: str
    table: str
    row: str
    message: str
