"""Re-checks a plan from raw tables, with no line of the code that made it.

Each check is a named function over (scenario, raw tables, plan tables) that yields findings; the plan tables are those
handed over (planner/tables.py), so a plan read back from its folder is checked in the same way.
"""

from collections.abc import Callable, Iterable, Mapping

import pandas as pd

from inputs.types import Tables
from planner.audit import allocation, centre, forecasts, replanned, routes, statements, territory, visitors, ways, worth
from planner.audit.findings import Finding
from scenarios.schema import Scenario

Check = Callable[[Scenario, Tables, Mapping[str, pd.DataFrame]], Iterable[Finding]]

CHECKS: tuple[Check, ...] = (
    *forecasts.CHECKS,
    *territory.CHECKS,
    *allocation.CHECKS,
    *routes.CHECKS,
    *visitors.CHECKS,
    *worth.CHECKS,
    *ways.CHECKS,
    *replanned.CHECKS,
    *centre.CHECKS,
    *statements.CHECKS,
)


def audit(scenario: Scenario, tables: Tables, plan: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """All findings, one row each: check, table, row (its key), message. An empty frame means the plan is sound."""
    found = [finding for check in CHECKS for finding in check(scenario, tables, plan)]
    rows = [(item.check, item.table, item.row, item.message) for item in found]
    return pd.DataFrame(rows, columns=["check", "table", "row", "message"], dtype="str")
