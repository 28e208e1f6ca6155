"""Required work against the hours of those who may do it: a maximum flow, and its cut as the proof.

Each visit needs its minutes and at least the shortest drive that can end at it; each rep-day holds its shift less
lunch and appointments. Even if visits could be cut into pieces, the flow (Ford, Fulkerson 1956) must carry all minutes;
where it does not, the minimum cut names visits that need more than all rep-days hold on which they may lie.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components, maximum_flow

from planner.clashes.alone import PARTS, legal_starts, possible
from planner.clashes.clash import Clash, Requirement
from planner.clashes.field import DAY_SECONDS, FieldWork, RepDay, Visit
from scenarios.clock import format_clock

SHOWN = 5


@dataclass(frozen=True)
class Load:
    """Visits with their seconds (drive to them included), days with their room, and which visit may lie on which."""

    visits: tuple[Visit, ...]
    seconds: np.ndarray
    days: tuple[RepDay, ...]
    room: np.ndarray
    allowed: np.ndarray


def clashes_of_hours(work: FieldWork) -> Iterator[Clash]:
    """Required visits and pins that together need more hours than there are."""
    load = make_load(work)
    for visits, days in overfull(load):
        yield _clash(work, load, visits, days)


def make_load(work: FieldWork) -> Load:
    """What is asked and what is there; visits that are impossible alone are told elsewhere."""
    visits = tuple(visit for visit in work.visits if possible(work, visit, PARTS))
    days = tuple(work.working())
    number = {(day.rep_id, day.day): i for i, day in enumerate(days)}
    allowed = np.zeros((len(visits), len(days)), bool)
    for v, visit in enumerate(visits):
        for day, _ in legal_starts(work, visit):
            allowed[v, number[day.rep_id, day.day]] = True
    return Load(visits, _seconds(work, visits), days, _room(work, days), allowed)


def _seconds(work: FieldWork, visits: Sequence[Visit]) -> np.ndarray:
    """Service and the shortest drive to it from any place of the problem.

    With a travel matrix leaving a stop out may lengthen the way, so drives do not count there.
    """
    exact = work.scenario.reps.travel.engine == "haversine"
    shortest = np.zeros(len(work.places.ids), np.int64)
    if exact and len(work.places.ids) > 1:
        drives = work.seconds.copy()
        np.fill_diagonal(drives, np.iinfo(np.int64).max)
        shortest = drives.min(axis=0)
    return np.array(
        [visit.visits * (visit.service + int(shortest[work.index[visit.customer_id]])) for visit in visits], np.int64
    )


def _room(work: FieldWork, days: Sequence[RepDay]) -> np.ndarray:
    room = []
    for day in days:
        reached, busy = day.start, 0
        for each in sorted(work.appointments, key=lambda a: a.start):
            if (each.rep_id, each.day) == (day.rep_id, day.day):
                begin, end = max(each.start, reached), min(each.end, day.end)
                busy, reached = busy + max(0, end - begin), max(reached, end)
        room.append(max(0, day.end - day.start - day.lunch - busy))
    return np.array(room, np.int64)


def overfull(load: Load) -> list[tuple[list[int], list[int]]]:
    """Groups (visits, days) whose visits need more seconds than their days hold; empty if all minutes can flow."""
    visits, days = len(load.visits), len(load.days)
    if not visits or not days:
        return []
    source, sink, size = visits + days, visits + days + 1, visits + days + 2
    graph = np.zeros((size, size), np.int32)
    graph[source, :visits] = load.seconds
    graph[:visits, visits : visits + days] = load.allowed * load.seconds[:, None]
    graph[visits : visits + days, sink] = load.room
    found = maximum_flow(csr_matrix(graph), source, sink)
    if found.flow_value >= load.seconds.sum():
        return []
    residual = graph - found.flow.toarray()
    reached = set(breadth_first_order(csr_matrix(residual > 0), source, return_predecessors=False).tolist())
    stuck = [v for v in range(visits) if v in reached]
    groups: dict[int, list[int]] = {}
    _, part = connected_components(csr_matrix(load.allowed[stuck].astype(int) @ load.allowed[stuck].T.astype(int)))
    for v, label in zip(stuck, part, strict=True):
        groups.setdefault(int(label), []).append(v)
    cuts = [(mine, np.flatnonzero(load.allowed[mine].any(axis=0)).tolist()) for mine in groups.values()]
    return [(mine, open_) for mine, open_ in cuts if load.seconds[mine].sum() > load.room[open_].sum()]


def _clash(work: FieldWork, load: Load, visits: list[int], days: list[int]) -> Clash:
    mine = [load.visits[v] for v in visits]
    reps = sorted({load.days[d].rep_id for d in days})
    need, have = load.seconds[visits].sum() / 3600, load.room[days].sum() / 3600
    pins = [visit for visit in mine if visit.name]
    who = ", ".join(visit.name or visit.customer_id for visit in mine[:SHOWN])
    more = f" and {len(mine) - SHOWN} more" if len(mine) > SHOWN else ""
    asked = [
        Requirement(f"pin of {visit.customer_id}", key=f"reps.pinned.{visit.name}")
        if visit.name
        else Requirement("must be visited", table="customers", row_id=visit.customer_id, column="required")
        for visit in mine[:SHOWN]
    ]
    hours = [
        Requirement(_hours(work.days[rep], load, days), table="reps", row_id=rep, column="shift_end")
        for rep in reps[:SHOWN]
    ]
    return Clash(
        subject=f"{len(mine)} {'pins' if len(pins) == len(mine) else 'required visits'} ({who}{more}) need more hours "
        f"than {', '.join(reps[:SHOWN])} {'has' if len(reps) == 1 else 'have'}",
        requirements=(*asked, *hours),
        proof=f"visits and the shortest drives to them need {need:.1f} hours, {len(days)} rep-days hold {have:.1f}",
        relaxations=tuple(_relaxations(load, visits, days, reps)),
        hard=len(pins) == len(mine),
    )


def _hours(mine: Sequence[RepDay], load: Load, days: Sequence[int]) -> str:
    count = sum(load.days[d] in mine for d in days)
    spans = sorted({f"{format_clock(d.start // 60)}-{format_clock(d.end // 60)}" for d in mine})
    return f"shift {', '.join(spans)} on {count} {'day' if count == 1 else 'days'}"


def _relaxations(load: Load, visits: list[int], days: list[int], reps: list[str]) -> Iterator[str]:
    """The fewest visits to drop, then longer shifts; each tried by another flow."""
    order = sorted(visits, key=lambda v: -load.seconds[v])
    for count in range(1, len(order) + 1):
        rest = [v for v in range(len(load.visits)) if v not in order[:count]]
        smaller = replace(
            load, visits=tuple(load.visits[v] for v in rest), seconds=load.seconds[rest], allowed=load.allowed[rest]
        )
        if not any(
            {load.visits[v] for v in visits} & {smaller.visits[v] for v in mine} for mine, _ in overfull(smaller)
        ):
            which = ", ".join(load.visits[v].name or load.visits[v].customer_id for v in order[:count][:SHOWN])
            yield f"drop {count} of these {len(visits)}, for example {which}"
            break
    for by in range(900, DAY_SECONDS, 900):
        longer = load.room.copy()
        longer[days] += by
        if not any(set(mine) & set(visits) for mine, _ in overfull(replace(load, room=longer))):
            ends = [load.days[d].end + by for d in days]
            if max(ends) <= DAY_SECONDS:
                who = reps[0] if len(reps) == 1 else "these reps"
                yield f"let {who} work {by // 60} minutes longer on each of these {len(days)} days (shift_end)"
            break
