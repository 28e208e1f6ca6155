"""Reasons to look before the plan is used: each flag makes the run end with exit code 5."""

from collections.abc import Mapping

import pandas as pd

from planner.interruption import FLAG, INTERRUPTED
from planner.types import Decisions
from solvers.routing.make import LOST_APPOINTMENTS


def flags_of(
    decisions: Decisions,
    customers: pd.DataFrame,
    plan: Mapping[str, pd.DataFrame],
    findings: pd.DataFrame,
    *,
    interrupted: bool = False,
) -> tuple[str, ...]:
    """One sentence per reason; empty when the plan can be used as it is."""
    flags = [FLAG] if interrupted else []
    if len(findings):
        checks = ", ".join(sorted(set(findings["check"])))
        flags.append(
            f"The audit has {len(findings)} findings ({checks}); do not use the plan before they are explained."
        )
    flags += [
        f"The search for {outcome.stage} hit its time limit; the plan is legal, but cannot be repeated byte for byte."
        for outcome in decisions.outcomes()
        if outcome.brake_hit and INTERRUPTED not in outcome.notes
    ]
    flags += [f"{note}." for outcome in decisions.outcomes() for note in outcome.notes if LOST_APPOINTMENTS in note]
    missed = set(plan["unserved"]["customer_id"]) & set(customers.loc[customers["required"], "customer_id"])
    if missed:
        some = ", ".join(sorted(missed)[:5])
        flags.append(f"{len(missed)} required visits are on no route ({some}); tables/unserved.csv says why.")
    return tuple(flags)
