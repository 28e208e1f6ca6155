"""Plans with one thing wrong, drawn by seed: what the audit has to refuse.

A kind of mutation takes a sound plan and breaks one rule in it at a random place, so that the tables still look
plausible: totals that anybody would add up are brought in line with the change. A kind that finds nothing to break in
a plan (no appointments, say) is left out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from inputs.rows import rows
from inputs.types import Tables
from planner.audit import audit
from scenarios.schema import FIELD, Scenario

Plan = dict[str, pd.DataFrame]
NONE, SELF_SERVICE = "none", "self_service"


@dataclass(frozen=True)
class Case:
    """A sound plan, what it was made from, and the dice."""

    scenario: Scenario
    tables: Tables
    plan: Plan
    rng: np.random.Generator

    def pick(self, frame: pd.DataFrame) -> Any:
        """The index of a random row.

        Raises:
            NothingToBreak: there is none.
        """
        if frame.empty:
            raise NothingToBreak
        return frame.index[int(self.rng.integers(len(frame)))]

    def changed(self, table: str, row: Any, **cells: Any) -> Plan:
        """The plan with `cells` written into a row, or rows, of a table."""
        frame = self.plan[table].copy()
        for column, value in cells.items():
            frame.loc[row, column] = value
        return {**self.plan, table: frame}

    def visits(self) -> pd.DataFrame:
        """Visits on routes."""
        stops = self.plan["stops"]
        return stops[stops["kind"] == "visit"]

    def contacts(self, *channels: str) -> pd.DataFrame:
        """Planned contacts, of these channels only if any are named, but never the field's or self-service."""
        table = self.plan["allocations"]
        table = table[~table["channel"].isin([FIELD, NONE, SELF_SERVICE])]
        return table[table["channel"].isin(channels)] if channels else table


class NothingToBreak(Exception):
    """This plan has nothing that this kind of mutation could break."""


@dataclass(frozen=True)
class Mutation:
    """A broken plan, and the name of what was done to it."""

    kind: str
    plan: Plan


Kind = Callable[[Case], Plan]


def mutations(
    scenario: Scenario,
    tables: Tables,
    plan: Mapping[str, pd.DataFrame],
    *,
    count: int,
    seed: int,
    kinds: Sequence[Kind] = (),
) -> Iterator[Mutation]:
    """`count` mutations: the kinds in an order drawn by `seed`, again and again, each at a place of its own.

    kinds: (): those that any plan has.
    """
    from benchmarks import mutations_desk, mutations_field

    kinds = kinds or (*mutations_field.KINDS, *mutations_desk.KINDS)
    order = [kinds[i] for i in np.random.default_rng(seed).permutation(len(kinds))]
    made = 0
    number = 0
    while made < count and order:
        kind = order[number % len(order)]
        case = Case(scenario, tables, dict(plan), np.random.default_rng([seed, made]))
        try:
            broken = kind(case)
        except NothingToBreak:
            order.remove(kind)
            continue
        yield Mutation(kind.__name__, broken)
        made, number = made + 1, number + 1


def refused(scenario: Scenario, tables: Tables, before: pd.DataFrame, mutation: Mutation) -> list[str]:
    """The checks that object to a mutation and not to the plan it was made from; none: the audit missed it.

    Args:
        before: the audit's findings of the plan that was mutated.
    """
    known = set(before.itertuples(index=False, name=None))
    found = audit(scenario, tables, mutation.plan)
    return sorted({row[0] for row in found.itertuples(index=False, name=None) if row not in known})


def with_totals(plan: Plan) -> Plan:
    """The plan with `rep_days` summed again over its stops."""
    stops, days = plan["stops"], plan["rep_days"].copy()
    is_visit = stops["kind"] == "visit"
    minutes = (stops["end_at"] - stops["start_at"]).dt.total_seconds() / 60
    parts = stops[["rep_id", "day", "travel_km", "prize_eur"]].assign(
        visits=is_visit.astype(float), visit_minutes=minutes.where(is_visit, 0.0),
        travel_minutes=stops["travel_seconds"] / 60,
        wait_minutes=(stops["start_at"] - stops["arrive_at"]).dt.total_seconds() / 60,
    )  # fmt: skip
    if "border" in stops:
        parts = parts.assign(waited_eur=stops["waited_eur"], border_visits=stops["border"].astype(float))
    sums = parts.groupby(["rep_id", "day"]).sum()
    keys = pd.MultiIndex.from_frame(days[["rep_id", "day"]])
    for column in sums.columns:
        days[column] = sums[column].reindex(keys).fillna(0.0).to_numpy(float)
    whole = [name for name in ("visits", "border_visits") if name in days]
    return {**plan, "rep_days": days.astype(dict.fromkeys(whole, "int64"))}


def renumbered(stops: pd.DataFrame) -> pd.DataFrame:
    """Stops whose positions are 0, 1, 2, ... within each rep-day again, by time."""
    ordered = stops.sort_values(["rep_id", "day", "position"], kind="stable")
    return ordered.assign(position=ordered.groupby(["rep_id", "day"]).cumcount()).reset_index(drop=True)


def with_cover(case: Case, plan: Plan) -> Plan:
    """The plan with paid hours, cover and shortage brought in line with its agent shifts."""
    shifts, agents = plan["agent_shifts"], plan["agents"].copy()
    hours = agents["agent_id"].map(shifts.groupby("agent_id")["paid_minutes"].sum() / 60).fillna(0.0)
    agents["paid_hours"] = hours
    agents["overtime_hours"] = (hours - agents["contract_hours"]).clip(lower=0)
    needs = plan["requirement"].copy()
    length = np.timedelta64(case.scenario.staffing.interval_minutes, "m")
    starts = needs["interval_start"].to_numpy()
    total = np.zeros(len(needs))
    for row in rows(shifts):
        mine = (needs["queue"] == row.queue).to_numpy()
        total += mine * _share(row.start_at, row.end_at, starts, length)
        if pd.notna(row.break_start_at):
            total -= mine * _share(row.break_start_at, row.break_end_at, starts, length)
    needs["agents_rostered"] = total * (1 - case.scenario.staffing.shrinkage_pct / 100)
    needs["agents_short"] = (needs["agents_required"] - needs["agents_rostered"]).clip(lower=0)
    return {**plan, "agents": agents, "requirement": needs}


def _share(begin: Any, end: Any, starts: np.ndarray, length: np.timedelta64) -> np.ndarray:
    overlap = np.minimum(end.to_datetime64(), starts + length) - np.maximum(begin.to_datetime64(), starts)
    share: np.ndarray = np.clip(overlap / length, 0, 1)
    return share
