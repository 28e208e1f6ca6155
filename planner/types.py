"""The plan: everything decided for the week, and what the audit and the figures say of it."""

from dataclasses import dataclass

import pandas as pd

from forecasting.types import Actions, CallForecast, ClosureForecast, CustomerScores, LeadScores
from planner.clashes.clash import Clash
from scenarios.schema import Scenario
from solvers.outcome import Outcome
from solvers.types import ChannelPlan, Roster, Routes, Territories


@dataclass(frozen=True)
class Round:
    """One round between channels and routes.

    visits_asked of the field, visits_routed of them; returned: visits that fit no route and went back to the channels,
    returned_eur: their prizes, what was thought to be lost with them. value_eur: of the whole field and channel plan.
    kept: whether it is the best so far.
    """

    number: int
    visits_asked: int
    visits_routed: int
    value_eur: float
    kept: bool
    returned: int = 0
    returned_eur: float = 0.0


@dataclass(frozen=True)
class Replanning:
    """How a plan in hand was changed.

    changes: see planner/replan_rows.py. curve: changes, changed_pct (of the visits not driven yet), value_eur: what the
    routes would be worth with so many changes at most. before: the stops in hand. counted: changes that count against
    the budget; forced: visits that the new facts left no choice. opens: the first day that may change.
    """

    changes: pd.DataFrame
    curve: pd.DataFrame
    before: pd.DataFrame
    counted: int
    forced: int
    opens: pd.Timestamp


@dataclass(frozen=True)
class Decisions:
    """What was forecast and decided, before it is checked; `offered`: the allocation that routing chose visits from.

    replanning: how routes in hand were changed; None: the week was planned from nothing.
    """

    team: pd.DataFrame
    days: pd.DataFrame
    calls: CallForecast
    closure: ClosureForecast
    customers: CustomerScores
    leads: LeadScores
    actions: Actions
    territories: Territories
    offered: Outcome
    channels: ChannelPlan
    routes: Routes
    roster: Roster
    rounds: tuple[Round, ...]
    replanning: Replanning | None = None

    def outcomes(self) -> tuple[Outcome, ...]:
        """How each search ended, in the order of the path."""
        agreed = (self.offered, self.routes.outcome, self.channels.outcome)
        return (self.territories.outcome, *agreed, *self.roster.outcomes)


@dataclass(frozen=True)
class Plan:
    """A week's plan.

    tables: every table that is handed over, by name (planner/tables.py says which).
    findings: of the audit: check, table, row, message. Empty means sound.
    kpis: kpi, value, unit, description.
    flags: sentences, each a reason to look before using the plan (exit code 5); empty: none.
    clashes: requirements that no plan keeps together and that are not in the way of one.
    """

    scenario: Scenario
    decisions: Decisions
    tables: dict[str, pd.DataFrame]
    findings: pd.DataFrame
    kpis: pd.DataFrame
    flags: tuple[str, ...]
    clashes: tuple[Clash, ...] = ()
