"""Fixed work of one rep-day together: appointments and pins that have no other day.

Exact: a table over all sets of tasks and their last one keeps the earliest end, once before and once after lunch
(Held and Karp 1962), so a day that does not fit is a proof. The deletion filter then names the tasks that exclude each
other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import pandas as pd

from planner.clashes.alone import PARTS, legal_starts, possible
from planner.clashes.clash import Clash, Requirement, irreducible
from planner.clashes.field import DAY_SECONDS, Appointment, FieldWork, RepDay, Visit
from scenarios.clock import format_clock

MOST_TASKS = 11
"""Larger sets are left to the routing search: the table grows by two with each task."""
NEVER = 1 << 40


@dataclass(frozen=True)
class Fixed:
    """One task: place "" is wherever the rep is; source: the visit or appointment."""

    place: str
    service: int
    windows: tuple[tuple[int, int], ...]
    source: Visit | Appointment


def clashes_together(work: FieldWork) -> Iterator[Clash]:
    """Rep-days whose fixed tasks exclude each other, and visits that no rep-day can take beside its appointments."""
    alone = [visit for visit in work.visits if possible(work, visit, PARTS)]
    ways = {id(visit): _days_of(work, visit) for visit in alone}
    bound: dict[tuple[str, pd.Timestamp], list[Fixed]] = {}
    for appointment in work.appointments:
        bound.setdefault((appointment.rep_id, appointment.day), []).append(_fixed(appointment))
    booked = {key: tuple(tasks) for key, tasks in bound.items()}
    for visit in alone:
        days = ways[id(visit)]
        if visit.name and len(days) == 1:
            bound.setdefault((days[0].rep_id, days[0].day), []).append(_fixed(visit))
    at = {(day.rep_id, day.day): day for day in work.working()}
    told: set[int] = set()
    for key, tasks in sorted(bound.items(), key=lambda item: (item[0][0], str(item[0][1]))):
        if len(tasks) <= MOST_TASKS and not fits(work, at[key], tasks):
            clash, members = _clash(work, at[key], tasks)
            told |= {id(task.source) for task in members}
            yield clash
    for visit in alone:
        if id(visit) in told:
            continue
        days = ways[id(visit)]
        beside = [(day, booked.get((day.rep_id, day.day), ())) for day in days]
        if all(
            tasks and len(tasks) < MOST_TASKS and not _fits_beside(work, day, tasks, visit) for day, tasks in beside
        ):
            yield _beside(work, visit, beside)


def _days_of(work: FieldWork, visit: Visit) -> list[RepDay]:
    return list({(day.rep_id, day.day): day for day, _ in legal_starts(work, visit)}.values())


def _fixed(source: Visit | Appointment) -> Fixed:
    if isinstance(source, Appointment):
        return Fixed(source.customer_id, source.end - source.start, ((source.start, source.end),), source)
    windows = source.windows
    if source.pin is not None and source.pin.time is not None:
        start = 60 * source.pin.time
        windows = ((start, start + 59 + source.service),)
    return Fixed(source.customer_id, source.service, windows, source)


def fits(work: FieldWork, day: RepDay, tasks: Sequence[Fixed]) -> bool:
    """Whether some order of all tasks keeps windows, lunch and shift."""
    full = (1 << len(tasks)) - 1
    first = (day.rep_id, day.start, _after_lunch(day, day.start) if day.lunch else day.start)
    # By set of tasks done and place: earliest free instant with lunch still open, and with lunch taken.
    best: dict[int, dict[str, tuple[int, int]]] = {0: {first[0]: (first[1] if day.lunch else NEVER, first[2])}}
    for done in range(full):
        for place, (open_, taken) in best.get(done, {}).items():
            for number, task in enumerate(tasks):
                if done >> number & 1:
                    continue
                to = task.place or place
                drive = work.drive(place, to)
                end_open, end_taken = _serve(task, open_ + drive), _serve(task, taken + drive)
                if day.lunch:
                    end_taken = min(end_taken, _after_lunch(day, end_open))
                if min(end_open, end_taken) > day.end:
                    continue
                known = best.setdefault(done | 1 << number, {}).get(to, (NEVER, NEVER))
                best[done | 1 << number][to] = (min(known[0], end_open), min(known[1], end_taken))
    ends = best.get(full, {})
    return any(taken + _home(work, place, day.rep_id) <= day.end for place, (_, taken) in ends.items())


def _serve(task: Fixed, arrive: int) -> int:
    """When the task is over at the earliest."""
    starts = [max(arrive, opens) for opens, closes in task.windows if max(arrive, opens) + task.service <= closes]
    return min(starts) + task.service if starts else NEVER


def _after_lunch(day: RepDay, free: int) -> int:
    end = max(free, day.lunch_from) + day.lunch
    return end if end <= day.lunch_to else NEVER


def _home(work: FieldWork, place: str, rep_id: str) -> int:
    return work.home_drive(place, rep_id)


def _fits_beside(work: FieldWork, day: RepDay, tasks: Sequence[Fixed], visit: Visit) -> bool:
    return fits(work, day, [*tasks, _fixed(visit)])


def _clash(work: FieldWork, day: RepDay, tasks: Sequence[Fixed]) -> tuple[Clash, list[Fixed]]:
    by_worth = sorted(tasks, key=lambda task: (isinstance(task.source, Visit), task.windows))
    kept = irreducible(by_worth, lambda part: not fits(work, day, part))
    kept = sorted(kept, key=lambda task: task.windows)
    requirements = [*map(_requirement, kept), _shift(day)]
    if day.lunch and fits(work, replace(day, lunch=0), kept):
        requirements.append(Requirement(f"a break of {day.lunch / 60:g} minutes", key="reps.lunch"))
    clash = Clash(
        subject=f"{' and '.join(_name(task) for task in kept)} exclude each other on {_day(day)}"
        if len(kept) > 1
        else f"{_name(kept[0])} does not fit into the shift of {day.rep_id} on {day.day:%A}",
        requirements=tuple(requirements),
        proof=_proof(work, day, kept),
        relaxations=tuple(_relaxations(work, day, kept)),
    )
    return clash, kept


def _proof(work: FieldWork, day: RepDay, kept: Sequence[Fixed]) -> str:
    legs = []
    for first, second in pairwise(kept):
        if first.place and second.place:
            drive = work.drive(first.place, second.place) / 60
            legs.append(f"the drive from {first.place} to {second.place} takes {drive:.0f} minutes")
    placed = [task.place for task in kept if task.place]
    if placed:
        there, back = work.drive(day.rep_id, placed[0]) / 60, _home(work, placed[-1], day.rep_id) / 60
        legs.append(f"the first drive {there:.0f}, the last {back:.0f} minutes")
    total = sum(task.service for task in kept) / 60
    shift = f"the shift lasts {format_clock(day.start // 60)}-{format_clock(day.end // 60)}"
    return "; ".join([f"{len(kept)} fixed tasks of {total:g} minutes", *legs, shift])


def _relaxations(work: FieldWork, day: RepDay, kept: Sequence[Fixed]) -> Iterator[str]:
    """Another time for a pin, a longer shift, a shorter lunch, one task less: each tried."""
    yield from _other_times(work, day, kept)
    for by in range(900, 4 * 3600 + 1, 900):
        later, earlier = replace(day, end=min(DAY_SECONDS, day.end + by)), replace(day, start=max(0, day.start - by))
        if fits(work, later, kept):
            yield f"set shift_end of {day.rep_id} to {format_clock(later.end // 60)}"
            break
        if fits(work, earlier, kept):
            yield f"set shift_start of {day.rep_id} to {format_clock(earlier.start // 60)}"
            break
    if day.lunch:
        shorter = [m for m in range(day.lunch // 300 * 300, -1, -300) if fits(work, replace(day, lunch=m), kept)]
        if shorter:
            yield f"shorten reps.lunch.minutes to {shorter[0] // 60}"
    loose = [task for task in kept if fits(work, day, [each for each in kept if each is not task])]
    for task in sorted(loose, key=lambda task: isinstance(task.source, Appointment)):
        yield f"take {_name(task)} away"


def _other_times(work: FieldWork, day: RepDay, kept: Sequence[Fixed]) -> Iterator[str]:
    """The pinned time that has to move least, on whole quarters of an hour."""
    found = []
    for task in kept:
        visit = task.source
        if not isinstance(visit, Visit) or visit.pin is None or visit.pin.time is None:
            continue
        others = [each for each in kept if each is not task]
        for time in range(day.start // 900 * 15, day.end // 60, 15):
            moved = replace(visit, pin=visit.pin.model_copy(update={"time": time}))
            if possible(work, moved, PARTS) and fits(work, day, [*others, _fixed(moved)]):
                found.append((abs(time - visit.pin.time), visit.name, time))
    if found:
        _, name, time = min(found)
        yield f"move reps.pinned.{name}.time to {format_clock(time)}"


def _beside(work: FieldWork, visit: Visit, beside: Sequence[tuple[RepDay, Sequence[Fixed]]]) -> Clash:
    reps = ", ".join(sorted({day.rep_id for day, _ in beside}))
    needed: list[Fixed] = []
    ways = []
    for day, tasks in beside:
        kept = irreducible(tasks, lambda part, day=day: not _fits_beside(work, day, part, visit))  # type: ignore[misc]
        needed += kept
        if len(kept) == 1:
            ways.append(f"take {_name(kept[0])} away")
    subject = f"pin {visit.name} ({visit.customer_id})" if visit.name else f"the required visit to {visit.customer_id}"
    own = Requirement("must be visited", table="customers", row_id=visit.customer_id, column="required")
    pinned = Requirement(f"customer {visit.customer_id}", key=f"reps.pinned.{visit.name}.customer")
    drop = f"take away {f'reps.pinned.{visit.name}' if visit.name else f'`required` of {visit.customer_id}'}"
    return Clash(
        subject=f"{subject} fits no shift of {reps} beside the appointments",
        requirements=(pinned if visit.name else own, *map(_requirement, needed)),
        proof=f"the visit takes {visit.service / 60:g} minutes; every order of the day was tried on {len(beside)} days",
        relaxations=(*ways[:2], drop),
    )


def _requirement(task: Fixed) -> Requirement:
    source = task.source
    if isinstance(source, Appointment):
        says = f"appointment {_clock(source.start)}-{_clock(source.end)} on {source.day:%Y-%m-%d}"
        return Requirement(says, table="appointments", row_id=source.rep_id, column="start")
    says = f"{source.customer_id} with {source.pin.rep}" if source.pin else source.customer_id
    timed = source.pin is not None and source.pin.time is not None
    if timed and source.pin is not None:
        says += f" at {format_clock(source.pin.time or 0)}"
    return Requirement(says, key=f"reps.pinned.{source.name}{'.time' if timed else ''}")


def _name(task: Fixed) -> str:
    source = task.source
    if isinstance(source, Visit):
        return f"pin {source.name}"
    return f"the appointment {_clock(source.start)}-{_clock(source.end)} of {source.rep_id}"


def _shift(day: RepDay) -> Requirement:
    says = f"shift {_clock(day.start)}-{_clock(day.end)}"
    return Requirement(says, table="reps", row_id=day.rep_id, column="shift_end")


def _day(day: RepDay) -> str:
    return f"{day.rep_id}'s {day.day:%A} ({day.day:%Y-%m-%d})"


def _clock(seconds: int) -> str:
    return format_clock(seconds // 60)
