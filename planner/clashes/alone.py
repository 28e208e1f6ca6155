"""A visit by itself: is there any rep, day and minute that keeps all that is asked of it?

The visit is legal if one rep-day has an interval of starts that keeps pin, consent, skill, owner, due date, windows,
shift, lunch and the drives from and to home. Where there is none, the deletion filter names the requirements of which
none can be left out, and each of them is changed alone, as little as helps. Times are seconds after midnight.
"""

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace

import pandas as pd

from planner.clashes.clash import Clash, Requirement, irreducible
from planner.clashes.field import DAY_SECONDS, FieldWork, RepDay, Visit
from scenarios.clock import format_clock

Span = tuple[int, int]
STEP = 300
"""Changed times are rounded outwards to whole steps of so many seconds."""
PARTS = (
    "minutes", "lunch", "owner", "due", "work", "shift", "windows", "skill", "consent", "time", "day", "rep",
)  # fmt: skip
"""What is asked of a visit; where a clash can be named in several ways, those behind are named rather than in front."""
MOST_SHOWN = 6


def clashes_alone(work: FieldWork) -> Iterator[Clash]:
    """Visits that nobody can make whatever else is planned."""
    for visit in work.visits:
        sets = irreducible_sets(work, visit)
        for kept in sets:
            others = {part for other in sets if other is not kept for part in other}
            yield _clash(work, visit, kept, frozenset(PARTS) - others)


def irreducible_sets(work: FieldWork, visit: Visit) -> list[list[str]]:
    """Sets of parts that clash, none of which can be left out of its set; no two share a part."""
    left, found = list(PARTS), list[list[str]]()
    while not possible(work, visit, left):
        kept = irreducible(left, lambda parts: not possible(work, visit, parts))
        if not kept:  # nobody is there at all
            return [kept]
        found.append(kept)
        left = [part for part in left if part not in kept]
    return found


def possible(work: FieldWork, visit: Visit, parts: Iterable[str]) -> bool:
    """Whether any rep-day has a legal start, with only these parts asked for."""
    return any(True for _ in legal_starts(work, visit, frozenset(parts)))


def legal_starts(work: FieldWork, visit: Visit, parts: Set[str] = frozenset(PARTS)) -> Iterator[tuple[RepDay, Span]]:
    """Every rep-day with an interval of legal starts (first, last)."""
    if "consent" in parts and visit.customer_id in work.silent:
        return
    for days in work.days.values():
        for day in days:
            if _may(work, visit, day, parts):
                for span in _intervals(work, visit, day, parts):
                    yield day, span


def _may(work: FieldWork, visit: Visit, day: RepDay, parts: Set[str]) -> bool:
    """Whether the rep may make the visit on that day, whatever the time."""
    pin, skills = visit.pin, work.skills[day.rep_id]
    if pin is not None:
        if "rep" in parts and day.rep_id != pin.rep:
            return False
        if "day" in parts and pin.day is not None and day.weekday != pin.day:
            return False
    elif "owner" in parts and day.rep_id != (sole_visitor(work, visit) or day.rep_id):
        return False
    if "skill" in parts and visit.skill and visit.skill not in skills:
        return False
    if "work" in parts and day.reason:
        return False
    return not ("due" in parts and visit.due is not None and day.day > visit.due)


def sole_visitor(work: FieldWork, visit: Visit) -> str:
    """The only rep who may visit; "" if there is a choice, as where neighbours may visit beside an able owner."""
    owner, settings = work.owner.get(visit.customer_id, ""), work.scenario.territories
    if not owner:
        return ""
    skilled = not visit.skill or visit.skill in work.skills[owner]
    if settings.borders is not None and skilled and any(not day.reason for day in work.days[owner]):
        return ""
    return owner if skilled or settings.specialists == "own" else ""


def _intervals(work: FieldWork, visit: Visit, day: RepDay, parts: Set[str]) -> Iterator[Span]:
    service = visit.service if "minutes" in parts else 0
    out, back = work.drive(day.rep_id, visit.customer_id), work.home_drive(visit.customer_id, day.rep_id)
    start, end = (day.start, day.end) if "shift" in parts else (0, DAY_SECONDS)
    spans = [(start + out, end - back - service)]
    if "lunch" in parts and day.lunch:
        before = (max(start, day.lunch_from) + day.lunch + out, end - back - service)
        after = (start + out, min(day.lunch_to, end - back) - day.lunch - service)
        spans = [before, *([after] if day.lunch_from + day.lunch + back <= end else [])]
    windows = visit.windows if "windows" in parts else ((0, DAY_SECONDS),)
    fixed = visit.pin.time if visit.pin is not None and "time" in parts else None
    for low, high in spans:
        for opens, closes in windows:
            first, last = max(low, opens), min(high, closes - service)
            if fixed is not None:
                first, last = max(first, 60 * fixed), min(last, 60 * fixed + 59)
            if first <= last:
                yield first, last


def _clash(work: FieldWork, visit: Visit, kept: Sequence[str], asked: Set[str]) -> Clash:
    """The clash of the parts `kept`; changes are tried with the parts `asked` for: all but those of other clashes."""
    said = [_requirement(work, visit, part) for part in kept] or [_nobody(work)]
    changes = [text for part in _cheapest_first(kept) for text in _relaxed(work, visit, part, asked)]
    return Clash(
        subject=f"{describe(visit)} is impossible",
        requirements=(_demand(visit), *said),
        proof=_proof(work, visit, kept),
        relaxations=(*changes, _drop(visit)),
    )


def describe(visit: Visit) -> str:
    """The visit in words."""
    return f"pin {visit.name} ({visit.customer_id})" if visit.name else f"the required visit to {visit.customer_id}"


def _demand(visit: Visit) -> Requirement:
    if visit.name:
        return Requirement(f"customer {visit.customer_id}", key=f"reps.pinned.{visit.name}.customer")
    return Requirement("must be visited", table="customers", row_id=visit.customer_id, column="required")


def _drop(visit: Visit) -> str:
    if visit.name:
        return f"take away reps.pinned.{visit.name}"
    return f"take away `required` of {visit.customer_id}"


def _cell(visit: Visit, column: str, says: str) -> Requirement:
    return Requirement(says, table="customers", row_id=visit.customer_id, column=column)


def _requirement(work: FieldWork, visit: Visit, part: str) -> Requirement:
    """What a part of the clash says, and where."""
    pin, key = visit.pin, f"reps.pinned.{visit.name}"
    if part in ("rep", "day", "time") and pin is not None:
        value = format_clock(pin.time or 0) if part == "time" else getattr(pin, part)
        return Requirement(f"{part} {value}", key=f"{key}.{part}")
    if part == "lunch" and work.scenario.reps.lunch:
        return Requirement(f"a break of {work.scenario.reps.lunch.minutes:g} minutes", key="reps.lunch")
    if part == "owner":
        return _owner_requirement(work, visit)
    if part in ("shift", "work"):
        return _rep_requirement(work, visit, part)
    texts = {
        "minutes": ("visit_minutes", f"{visit.service / 60:g} minutes"),
        "due": ("due_date", f"by {visit.due:%Y-%m-%d}" if visit.due is not None else ""),
        "windows": ("windows", "visits within " + ", ".join(map(_span, visit.windows))),
        "skill": ("required_skill", f"needs the skill {visit.skill}"),
        "consent": ("consent", "no consent to field visits"),
    }
    column, says = texts[part]
    return _cell(visit, column, says)


def _nobody(work: FieldWork) -> Requirement:
    """Why there is no rep."""
    if not work.gone:
        return Requirement("no rep", table="reps")
    more = f" and {len(work.gone) - MOST_SHOWN} more" if len(work.gone) > MOST_SHOWN else ""
    key = "reps.remove" if work.scenario.reps.remove else "reps.headcount_change"
    return Requirement(f"takes away {', '.join(work.gone[:MOST_SHOWN])}{more}", key=key)


def _owner_requirement(work: FieldWork, visit: Visit) -> Requirement:
    owner = sole_visitor(work, visit)
    own = work.scenario.territories.specialists == "own"
    return Requirement(f"only {owner}, the owner, visits", key=f"territories.{'specialists' if own else 'mode'}")


def _rep_requirement(work: FieldWork, visit: Visit, part: str) -> Requirement:
    """The hours, or the days off, of the rep who should come; of all, where there is a choice."""
    rep = visit.pin.rep if visit.pin else sole_visitor(work, visit)
    if not rep:
        hours = "work on no day that would do" if part == "work" else "shifts " + _hours(list(work.working()))
        return Requirement(f"the reps {hours}", key="reps" if part == "work" else "", table="reps")
    days = work.days.get(rep, ())
    if part == "shift":
        return Requirement(f"shift {_hours(days)}", table="reps", row_id=rep, column="shift_end")
    off = [day for day in days if day.reason and (visit.pin is None or visit.pin.day in (None, day.weekday))]
    why = sorted({day.reason.replace("_", " ") for day in off})
    table, column = ("absences", "date") if why == ["absent"] else ("reps", "working_days")
    return Requirement(f"{rep} does not work then ({', '.join(why)})", table=table, row_id=rep, column=column)


def _hours(days: Sequence[RepDay]) -> str:
    return ", ".join(sorted({_span((day.start, day.end)) for day in days}))


def _span(span: Span) -> str:
    return f"{format_clock(span[0] // 60)}-{format_clock(span[1] // 60)}"


def _proof(work: FieldWork, visit: Visit, kept: Sequence[str]) -> str:
    """The numbers: the drives of the rep who is nearest, where time is what lacks."""
    if not kept:
        return "there is no rep"
    if not {"minutes", "shift", "windows", "time", "lunch"} & set(kept):
        having = sorted(rep for rep, skills in work.skills.items() if visit.skill in skills)
        if "skill" in kept:
            return f"{visit.skill} is a skill of {', '.join(having[:MOST_SHOWN]) or 'nobody'}"
        return f"none of {len(work.days)} reps and {sum(1 for _ in work.working())} rep-days is left"
    if not {"shift", "lunch"} & set(kept):
        return f"the visit takes {visit.service / 60:g} minutes"
    without_time = frozenset(PARTS) - {"minutes", "shift", "windows", "time", "lunch"}
    reps = sorted({day.rep_id for day, _ in legal_starts(work, visit, without_time)}) or _who_should_come(work, visit)
    near = min(reps, key=lambda rep: work.drive(rep, visit.customer_id) + work.home_drive(visit.customer_id, rep))
    out, back = work.drive(near, visit.customer_id), work.home_drive(visit.customer_id, near)
    return (
        f"{near} drives {out / 60:.0f} minutes there and {back / 60:.0f} back, the visit takes {visit.service / 60:g}"
    )


def _who_should_come(work: FieldWork, visit: Visit) -> list[str]:
    """The rep who is named for the visit; all reps where none is."""
    named = visit.pin.rep if visit.pin else sole_visitor(work, visit)
    return [named] if named in work.days else sorted(work.days)


def _cheapest_first(kept: Sequence[str]) -> list[str]:
    """The wish of this week before what customers ask, that before reps' hours, that before skills and consent."""
    order = (
        "time", "day", "rep", "minutes", "windows", "due", "lunch", "shift", "work", "owner", "skill", "consent",
    )  # fmt: skip
    return [part for part in order if part in kept]


def _relaxed(work: FieldWork, visit: Visit, part: str, asked: Set[str]) -> Iterator[str]:
    """The least change of this part alone after which the visit is possible; nothing where none is."""
    rest = asked - {part}
    ways = list(legal_starts(work, visit, rest))
    if not ways:
        return
    yield from {"time": _time, "day": _day, "rep": _rep, "minutes": _minutes, "windows": _windows, "due": _due}.get(
        part, _rest
    )(work, visit, part, ways, asked)


Ways = list[tuple[RepDay, Span]]


def _time(work: FieldWork, visit: Visit, part: str, ways: Ways, asked: Set[str]) -> Iterator[str]:
    assert visit.pin is not None
    assert visit.pin.time is not None
    wanted = visit.pin.time
    minutes = [m for _, (first, last) in ways for m in (-(-first // 60), last // 60) if first <= 60 * m <= last]
    rounded = [m for _, (first, last) in ways for m in range(-(-first // 900) * 15, last // 60 + 1, 15)]
    best = min(rounded or minutes, key=lambda m: (abs(m - wanted), m), default=None)
    if best is not None and possible(work, replace(visit, pin=visit.pin.model_copy(update={"time": best})), asked):
        yield f"move reps.pinned.{visit.name}.time to {format_clock(best)}"


def _day(work: FieldWork, visit: Visit, part: str, ways: Ways, asked: Set[str]) -> Iterator[str]:
    assert visit.pin is not None
    day = min({day.day: day.weekday for day, _ in ways}.items())[1]
    yield f"move reps.pinned.{visit.name}.day to {day}"


def _rep(work: FieldWork, visit: Visit, part: str, ways: Ways, asked: Set[str]) -> Iterator[str]:
    yield f"give reps.pinned.{visit.name}.rep to {_nearest(work, visit, ways)}"


def _nearest(work: FieldWork, visit: Visit, ways: Ways) -> str:
    return min({day.rep_id for day, _ in ways}, key=lambda rep: (work.drive(rep, visit.customer_id), rep))


def _minutes(work: FieldWork, visit: Visit, part: str, ways: Ways, asked: Set[str]) -> Iterator[str]:
    for seconds in range(visit.service // STEP * STEP, 0, -STEP):
        if seconds < visit.service and possible(work, replace(visit, service=seconds), asked):
            yield f"shorten visit_minutes of {visit.customer_id} to {seconds // 60}"
            return


def _windows(work: FieldWork, visit: Visit, part: str, ways: Ways, asked: Set[str]) -> Iterator[str]:
    found = []
    for _, (first, last) in ways:
        for opens, closes in visit.windows:
            start = min(max(opens, first), last)
            low, high = min(opens, start // STEP * STEP), max(closes, -(-(start + visit.service) // STEP) * STEP)
            found.append((opens - low + high - closes, (low, high), (opens, closes)))
    _, new, old = min(found)
    windows = tuple(new if each == old else each for each in visit.windows)
    if new[1] <= DAY_SECONDS and possible(work, replace(visit, windows=windows), asked):
        yield f"widen windows of {visit.customer_id} from {_span(old)} to {_span(new)}"


def _due(work: FieldWork, visit: Visit, part: str, ways: Ways, asked: Set[str]) -> Iterator[str]:
    yield f"set due_date of {visit.customer_id} to {min(day.day for day, _ in ways):%Y-%m-%d}"


def _rest(work: FieldWork, visit: Visit, part: str, ways: Ways, asked: Set[str]) -> Iterator[str]:
    """Hours, days, owner, skill, lunch, consent."""
    near = _nearest(work, visit, ways)
    if part == "shift":
        yield from _longer_shift(work, visit, sorted({day.rep_id for day, _ in ways}), asked)
    elif part == "work":
        day = min((day for day, _ in ways if day.rep_id == near), key=lambda each: each.day)
        yield f"let {near} work on {_date(day.day)}"
    elif part == "owner":
        yield f"let {near} visit as well: make {near} the owner of {visit.customer_id} in current_territories"
    elif part == "skill":
        yield f"give {near} the skill {visit.skill}"
    elif part == "consent":
        yield f"record the consent `field` of {visit.customer_id}, if it was given"
    elif part == "lunch":
        yield from _shorter_lunch(work, visit, asked)


def _longer_shift(work: FieldWork, visit: Visit, reps: Sequence[str], asked: Set[str]) -> Iterator[str]:
    """The shift that becomes long enough by the least."""
    best: tuple[int, str, str] | None = None
    for rep in reps:
        longest = max([day.start for day in work.days[rep]] + [DAY_SECONDS - day.end for day in work.days[rep]])
        for by in range(900, longest + 900, 900):
            if best is not None and by >= best[0]:
                break
            for column, start, end in (("shift_end", 0, by), ("shift_start", by, 0)):
                days = tuple(
                    replace(day, start=max(0, day.start - start), end=min(DAY_SECONDS, day.end + end))
                    for day in work.days[rep]
                )
                if possible(replace(work, days={**work.days, rep: days}), visit, asked):
                    clock = days[0].end if end else days[0].start
                    best = (by, rep, f"set {column} of {rep} to {format_clock(clock // 60)}")
                    break
            if best is not None and best[0] == by and best[1] == rep:
                break
    if best is not None:
        yield best[2]


def _shorter_lunch(work: FieldWork, visit: Visit, asked: Set[str]) -> Iterator[str]:
    longest = max((day.lunch for day in work.working()), default=0)
    for seconds in range(longest // STEP * STEP, -1, -STEP):
        days = {
            rep: tuple(replace(day, lunch=min(day.lunch, seconds)) for day in mine) for rep, mine in work.days.items()
        }
        if seconds < longest and possible(replace(work, days=days), visit, asked):
            yield f"shorten reps.lunch.minutes to {seconds // 60}"
            return


def _date(day: pd.Timestamp) -> str:
    return f"{day:%A} {day.day} {day:%B}"
