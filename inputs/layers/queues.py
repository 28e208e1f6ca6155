"""Which queues of the data make up each planned queue, and what share of the counted calls is its demand."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from scenarios.schema.staffing import Queue


@dataclass(frozen=True)
class PlannedQueue:
    """One planned queue as a sum of queues of the data.

    counts: queues of `call_counts` that give the level.
    counted_log: queues of `calls` whose rows those counts hold too; mix: those of them that this queue plans for.
    added_log: queues of `calls` that no count holds; their contacts are added.
    handle_log, handle_counts: queues that give handle times.
    """

    name: str
    counts: tuple[str, ...]
    counted_log: tuple[str, ...]
    mix: tuple[str, ...]
    added_log: tuple[str, ...]
    handle_log: tuple[str, ...]
    handle_counts: tuple[str, ...]


def _planned(name: str, queue: Queue, *, in_counts: tuple[str, ...], in_log: tuple[str, ...]) -> PlannedQueue:
    counts = tuple(dict.fromkeys(q for q in queue.volume_from.call_counts if q in in_counts))
    wanted = tuple(dict.fromkeys(q for q in queue.volume_from.calls if q in in_log))
    named_alike = tuple(q for q in in_log if q in counts)
    counted = (named_alike or in_log) if counts else ()
    mix = tuple(q for q in wanted if q in counted) or counted
    handle_log = tuple(q for q in queue.handle_time_from.calls if q in in_log)
    handle_counts = tuple(q for q in queue.handle_time_from.call_counts if q in in_counts)
    if not handle_log and not handle_counts:
        handle_log, handle_counts = wanted or mix, counts
    added = tuple(q for q in wanted if q not in counted)
    return PlannedQueue(name, counts, counted, mix, added, handle_log, handle_counts)


def planned_queues(
    queues: Mapping[str, Queue],
    *,
    in_counts: tuple[str, ...],
    in_log: tuple[str, ...],
    log_demand: tuple[str, ...],
) -> list[PlannedQueue]:
    """The planned queues, in the scenario's order; without any: each queue of the data, counts first.

    A queue of the log that is not counted is planned from the log, but only if the counts name some queue as the log
    does: otherwise (one count `all` over a log of many queues) the counts hold the log's calls already.

    Args:
        queues: `staffing.queues`.
        in_counts, in_log: queues of the two tables, sorted; log_demand: those of the log that have demand.
    """
    if queues:
        return [_planned(name, queue, in_counts=in_counts, in_log=in_log) for name, queue in queues.items()]
    same_names = not in_counts or bool(set(in_counts) & set(in_log))
    only_logged = tuple(q for q in log_demand if q not in in_counts) if same_names else ()
    made = [
        Queue.model_validate({"volume_from": {"call_counts": [q], "calls": [q] if q in in_log else []}})
        for q in in_counts
    ]
    made += [Queue.model_validate({"volume_from": {"calls": [q]}}) for q in only_logged]
    names = (*in_counts, *only_logged)
    return [_planned(name, queue, in_counts=in_counts, in_log=in_log) for name, queue in zip(names, made, strict=True)]


def demand_share(planned: PlannedQueue, legs: pd.DataFrame, contacts: pd.DataFrame) -> float:
    """Share of the counted rows that is demand of this queue; 1 where no log tells.

    The counts hold one call per row of the log (phantoms, outbound and transferred legs too), hence
    demand contacts of the mix / rows of `counted_log`.

    Args:
        legs: every row of the log, column queue; contacts: queue, is_demand.
    """
    rows = int(legs["queue"].isin(planned.counted_log).sum())
    if rows == 0:
        return 1.0
    return float((contacts["is_demand"] & contacts["queue"].isin(planned.mix)).sum()) / rows
