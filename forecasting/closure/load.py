"""Decides which deals and which of their events may teach and may be scored, and counts what was left out.

From opportunities and stage events, as they were known at the end of the as-of day. The first terminal event
(`won`, `lost`) is the outcome of a deal. It and every event in the `OUTCOME_SECONDS` before it are cut off: a CRM
writes the consequences of a decision in the same second, and they would give the answer away.

Two regimes are kept side by side. `all` is every deal with an event. `strict` is the part a purist would accept:
starts in a start stage, at most one terminal event, nothing after it, nothing before the deal was created.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

TERMINAL = ("won", "lost")
OUTCOME_SECONDS = 5
"""Events so many seconds before the terminal belong to the outcome. The same slack is given to `created_at`."""

UNKNOWN_STAGE = "(unknown stage)"
"""Stands for stages that a model has not learned."""

Ints = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

NEVER = np.iinfo(np.int64).max
"""Terminal second of a deal that is still open."""


@dataclass(frozen=True)
class Touches:
    """What was done for deals beside their stages: calls, work items. Sorted by deal and time, as far as known.

    first: (D + 1,) the touches of deal d are first[d]:first[d + 1]. at: (E,) seconds. kind: (E,) code into `kinds`.
    """

    first: Ints
    at: Ints
    kind: Ints
    kinds: tuple[str, ...]

    def keep(self, kept: Bools) -> "Touches":
        """Those of the deals of a mask (D,)."""
        mine = np.repeat(kept, np.diff(self.first))
        first = np.concatenate([[0], np.cumsum(np.diff(self.first)[kept])]).astype(np.int64)
        return Touches(first, self.at[mine], self.kind[mine], self.kinds)


@dataclass(frozen=True)
class Deals:
    """D deals and their E events, times in whole seconds since 1970 (local), nothing later than the as-of day.

    table: (D rows, sorted by opportunity_id) opportunity_id, customer_id, amount_eur, rep_probability (0..1, NaN if
        none), owner, segment ("" if unknown), strict (bool).
    created, terminal: (D,) seconds; terminal is `NEVER` for an open deal. won: (D,) bool.
    first: (D + 1,) the events of deal d are first[d]:first[d + 1], in order of time.
    stage, entered: (E,) code into `stages`, seconds. left_out: reason, deals.
    end: second at which the as-of day ends (exclusive). touches: None where the log has none.
    rank: (S,) place of each stage in the usual order, where it was learned elsewhere; None: as in these deals.
    """

    table: pd.DataFrame
    created: Ints
    terminal: Ints
    won: Bools
    first: Ints
    stage: Ints
    entered: Ints
    stages: tuple[str, ...]
    left_out: pd.DataFrame
    end: int
    touches: Touches | None = None
    rank: Floats | None = None

    def keep(self, kept: Bools) -> "Deals":
        """The same with the deals of the mask `kept` (D,) only; stage codes stay as they are."""
        events = np.repeat(kept, np.diff(self.first))
        counts = np.diff(self.first)[kept]
        return Deals(
            table=self.table[kept].reset_index(drop=True),
            created=self.created[kept],
            terminal=self.terminal[kept],
            won=self.won[kept],
            first=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            stage=self.stage[events],
            entered=self.entered[events],
            stages=self.stages,
            left_out=self.left_out,
            end=self.end,
            touches=None if self.touches is None else self.touches.keep(kept),
            rank=self.rank,
        )

    def coded_as(self, stages: tuple[str, ...], rank: Floats) -> "Deals":
        """The same with the stage codes of `stages`, whose last one stands for every name not among them."""
        code = {name: at for at, name in enumerate(stages)}
        mapped = np.array([code.get(name, len(stages) - 1) for name in self.stages], dtype=np.int64)
        return replace(self, stages=stages, stage=mapped[self.stage] if len(mapped) else self.stage, rank=rank)

    def with_unknown_stage(self) -> "Deals":
        """The same with one more stage that no event has, for stages that may come later; ranks are fixed."""
        return replace(self, stages=(*self.stages, UNKNOWN_STAGE), rank=np.append(stage_rank(self), -1.0))


def stage_rank(deals: Deals) -> Floats:
    """(S,) place of each stage in the usual order: that of its mean position among the events of a deal.

    No outcome is looked at.
    """
    if deals.rank is not None:
        return deals.rank
    length = np.diff(deals.first)
    owner = np.repeat(np.arange(len(length)), length)
    position = (np.arange(len(owner)) - deals.first[owner] + 0.5) / np.maximum(length[owner], 1)
    count = np.bincount(deals.stage, minlength=len(deals.stages))
    mean = np.bincount(deals.stage, weights=position, minlength=len(deals.stages)) / np.maximum(count, 1)
    return np.argsort(np.argsort(mean, kind="stable"), kind="stable").astype(np.float64)


def read_deals(
    opportunities: pd.DataFrame,
    stage_events: pd.DataFrame,
    *,
    start_stages: Sequence[str],
    as_of: date,
    activities: pd.DataFrame | None = None,
) -> Deals:
    """Deals as they stood at the end of `as_of`.

    Args:
        opportunities: the table of that name; ids unique.
        stage_events: the table of that name; events of unknown deals are counted and left out.
        start_stages: where a strict deal starts; empty: anywhere.
        as_of: the last day whose events are known.
        activities: opportunity_id, activity, at: calls and work items; None: the log has none.

    Returns:
        `Deals`. `left_out` has a row for each reason that met at least one deal; reasons that begin with `strict:`
        keep a deal out of the strict regime only, all others keep it out of training.
    """
    end = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    future = opportunities["created_at"] >= end
    table = opportunities[~future & opportunities["created_at"].notna()].sort_values("opportunity_id")
    table = table.reset_index(drop=True)
    events, orphans = _events_of(table, stage_events, end)
    created = _seconds(table["created_at"])
    terminal, won, several = _outcomes(events, len(table))
    is_state = ~events["terminal"].to_numpy()
    deal, at = events["deal"].to_numpy(), events["second"].to_numpy()
    after = is_state & (at > terminal[deal])
    used = is_state & (at < terminal[deal] - OUTCOME_SECONDS)
    early = is_state & (at < created[deal] - OUTCOME_SECONDS)
    names, codes = np.unique(events["stage"].to_numpy(dtype=object)[used].astype(str), return_inverse=True)
    counts = np.bincount(deal[used], minlength=len(table))
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    faults = {
        "strict: starts in a stage that is no start stage": _starts_elsewhere(names, codes, first, start_stages),
        "strict: several terminal events": several,
        "strict: an event after the terminal one": np.bincount(deal[after], minlength=len(table)) > 0,
        "strict: an event before the deal was created": np.bincount(deal[early], minlength=len(table)) > 0,
    }
    faulty = np.zeros(len(table), dtype=bool)
    for fault in faults.values():
        faulty |= fault
    counted = {
        "created after the as-of day": int(future.sum()),
        "creation date unknown": int(opportunities["created_at"].isna().sum()),
        "stage events of an unknown deal": orphans,
        "no stage event before the outcome": int((counts == 0).sum()),
        **{reason: int(fault.sum()) for reason, fault in faults.items()},
    }
    return Deals(
        table=_described(table, strict=~faulty & (counts > 0)),
        created=created,
        terminal=terminal,
        won=won,
        first=first,
        stage=codes.astype(np.int64),
        entered=at[used],
        stages=tuple(names.tolist()),
        left_out=count_reasons(counted),
        end=int(end.timestamp()),
        touches=None if activities is None else read_touches(table["opportunity_id"], activities, end),
    )


def read_touches(opportunity_id: pd.Series, activities: pd.DataFrame, end: pd.Timestamp) -> Touches:
    """The touches of these deals before `end`; rows without deal, name or time are no touches."""
    known = activities[activities["activity"].notna() & (activities["at"] < end)]
    deal = pd.Index(opportunity_id).get_indexer(pd.Index(known["opportunity_id"]))
    known, deal = known[deal >= 0], deal[deal >= 0]
    second = _seconds(known["at"])
    kinds, kind = np.unique(known["activity"].to_numpy(dtype=object).astype(str), return_inverse=True)
    order = np.lexsort((second, deal))
    first = np.concatenate([[0], np.cumsum(np.bincount(deal, minlength=len(opportunity_id)))]).astype(np.int64)
    return Touches(first, second[order], kind[order].astype(np.int64), tuple(kinds.tolist()))


def count_reasons(counted: dict[str, int]) -> pd.DataFrame:
    """reason, deals: one row per reason that met at least one deal, in the order given."""
    met = {reason: deals for reason, deals in counted.items() if deals}
    return pd.DataFrame({"reason": pd.Series(list(met), dtype="str"), "deals": np.array(list(met.values()), dtype=int)})


def _events_of(table: pd.DataFrame, stage_events: pd.DataFrame, end: pd.Timestamp) -> tuple[pd.DataFrame, int]:
    """deal (row of `table`), stage, second, terminal, by deal and time; and how many unknown deals had events."""
    known = stage_events[stage_events["stage"].notna() & (stage_events["entered_at"] < end)]
    deal = pd.Index(table["opportunity_id"]).get_indexer(pd.Index(known["opportunity_id"]))
    orphans = known.loc[deal < 0, "opportunity_id"].nunique()
    stage = known["stage"].astype("str").str.strip()
    events = pd.DataFrame({"deal": deal, "stage": stage.to_numpy(), "second": _seconds(known["entered_at"])})
    events["terminal"] = stage.str.lower().isin(TERMINAL).to_numpy()
    events["won"] = (stage.str.lower() == TERMINAL[0]).to_numpy()
    events = events[events["deal"] >= 0].sort_values(["deal", "second"], kind="stable")
    return events.reset_index(drop=True), int(orphans)


def _outcomes(events: pd.DataFrame, deals: int) -> tuple[Ints, Bools, Bools]:
    """Second of the first terminal event, whether it was `won`, and whether there were several; each (D,)."""
    ends = events[events["terminal"].to_numpy()]
    deal = ends["deal"].to_numpy()
    terminal, won = np.full(deals, NEVER, dtype=np.int64), np.zeros(deals, dtype=bool)
    ended, at = np.unique(deal, return_index=True)
    terminal[ended] = ends["second"].to_numpy()[at]
    won[ended] = ends["won"].to_numpy()[at]
    return terminal, won, np.bincount(deal, minlength=deals) > 1


def _starts_elsewhere(names: Any, codes: Any, first: Ints, start_stages: Sequence[str]) -> Bools:
    has_event = np.diff(first) > 0
    elsewhere = np.zeros(len(has_event), dtype=bool)
    if start_stages:
        start = np.isin(names, [stage.strip() for stage in start_stages])
        elsewhere[has_event] = ~start[codes[first[:-1][has_event]]]
    return elsewhere


def _described(table: pd.DataFrame, *, strict: Bools) -> pd.DataFrame:
    nothing = pd.Series(np.nan, index=table.index)
    unknown = pd.Series("", index=table.index, dtype="str")
    rep = table.get("rep_probability_pct", nothing).astype("float64") / 100
    return pd.DataFrame(
        {
            "opportunity_id": table["opportunity_id"],
            "customer_id": table["customer_id"],
            "amount_eur": table.get("amount_eur", nothing).astype("float64"),
            "rep_probability": rep.clip(0.0, 1.0),
            "owner": table.get("owner_rep_id", unknown).fillna("").astype("str"),
            "segment": table.get("segment", unknown).fillna("").astype("str"),
            "strict": strict,
        }
    )


def _seconds(instants: pd.Series) -> Ints:
    return instants.to_numpy().astype("datetime64[s]").astype(np.int64)
