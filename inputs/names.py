"""Names in a scenario that the data does not know: reps, customers, queues."""

from collections.abc import Iterable, Sequence

import pandas as pd

from inputs.types import Tables
from scenarios.errors import Problem
from scenarios.schema import Scenario
from scenarios.suggestions import closest

ALL_QUEUES = "*"
MAX_LISTED = 12


def _unknown(key: str, name: str, known: Sequence[str], *, what: str, where: str) -> list[Problem]:
    """A problem if `name` is not among `known`; what: the kind of thing; where: the table that should hold it."""
    if name in known:
        return []
    listed = ", ".join(known) if len(known) <= MAX_LISTED else ""
    message = f"no {what} {name!r} in {where}" if known else f"no {what} {name!r}: {where} is empty or not given"
    return [Problem(message=message, key=key, allowed=listed, suggestion=closest(name, known))]


def _sorted(names: Iterable[object]) -> list[str]:
    return sorted({str(name) for name in names if isinstance(name, str)})


def _customer_problems(key: str, name: str, customers: Sequence[str], rejects: pd.DataFrame) -> list[Problem]:
    """A problem if the customer is not known; one that the gates set aside is told with the row and the reason."""
    aside = rejects[(rejects["table"] == "customers") & (rejects["id"] == name)] if len(rejects) else rejects
    if name in customers or aside.empty:
        return _unknown(key, name, customers, what="customer", where="the table customers")
    told = "; ".join(f"{column} {reason}" for column, reason in aside[["column", "reason"]].to_numpy().tolist())
    row = int(aside["row"].iloc[0])
    message = f"customer {name!r} cannot be planned: row {row} of the table customers was set aside ({told})"
    return [Problem(message=message, key=key, advice="mend the row at the source, or take the name away")]


def _rep_problems(
    scenario: Scenario, reps: Sequence[str], customers: Sequence[str], rejects: pd.DataFrame
) -> list[Problem]:
    problems: list[Problem] = []
    for block, names in (("absent", scenario.reps.absent), ("remove", scenario.reps.remove)):
        for place, name in enumerate(names):
            problems += _unknown(f"reps.{block}.{place}", name, reps, what="rep", where="the table reps")
    for label, pin in scenario.reps.pinned.items():
        key = f"reps.pinned.{label}"
        problems += _customer_problems(f"{key}.customer", pin.customer, customers, rejects)
        problems += _unknown(f"{key}.rep", pin.rep, reps, what="rep", where="the table reps")
    return problems


def _replan_problems(
    scenario: Scenario, reps: Sequence[str], customers: Sequence[str], rejects: pd.DataFrame
) -> list[Problem]:
    problems: list[Problem] = []
    if scenario.replan is None:
        return problems
    for label, away in scenario.replan.away.items():
        problems += _unknown(f"replan.away.{label}.rep", away.rep, reps, what="rep", where="the table reps")
    wanted = {f"urgent.{label}.customer": wish.customer for label, wish in scenario.replan.urgent.items()}
    wanted |= {f"cancelled.{label}": customer for label, customer in scenario.replan.cancelled.items()}
    for key, customer in wanted.items():
        problems += _customer_problems(f"replan.{key}", customer, customers, rejects)
    return problems


def _queue_problems(scenario: Scenario, tables: Tables) -> list[Problem]:
    problems: list[Problem] = []
    known = {"call_counts": _sorted(tables.call_counts["queue"]), "calls": _sorted(tables.calls["queue"])}
    for label, queue in scenario.staffing.queues.items():
        for block in ("volume_from", "handle_time_from"):
            for table, names in known.items():
                for place, name in enumerate(getattr(getattr(queue, block), table)):
                    key = f"staffing.queues.{label}.{block}.{table}.{place}"
                    problems += _unknown(key, name, names, what="queue", where=f"the table {table}")
    planned = _sorted(scenario.staffing.queues) or _sorted(tables.demand["queue"])
    for label, event in scenario.events.items():
        if event.queue != ALL_QUEUES:
            where = "staffing.queues" if scenario.staffing.queues else "the calls of the data"
            problems += _unknown(f"events.{label}.queue", event.queue, planned, what="planned queue", where=where)
    return problems


def check_names(scenario: Scenario, tables: Tables) -> list[Problem]:
    """Every name of the scenario that stands for a row of the data and is not there.

    Checks `reps.absent`, `reps.remove`, `reps.pinned` (rep and customer), reps and customers of `replan`, the queues of
    `staffing.queues` and `events.*.queue`. The keys are dotted paths with list places (`reps.absent.0`); a close name
    is suggested. Channels that customers prefer or consent to and the scenario does not have are findings of the load
    (`warn`), as the data may know more channels than one week uses.
    """
    reps = _sorted(tables.reps["rep_id"])
    customers = _sorted(tables.customers["customer_id"])
    rejects = tables.quality.rejects
    named = _rep_problems(scenario, reps, customers, rejects) + _replan_problems(scenario, reps, customers, rejects)
    return named + _queue_problems(scenario, tables)
