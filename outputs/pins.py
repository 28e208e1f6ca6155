"""Pins and keep marks of an edited plan.xlsx, as fixed visits of the next run.

The sheet `Pins` fixes a customer to a rep, if wished on a day and at a time; an x in `keep` on the sheet `Routes`
fixes that visit to its rep, day and time. Pins know whole minutes, routes know seconds: the kept visits of a rep-day
are moved to the next whole minute, and what follows them as far as it must.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from outputs.pin_cells import Book, Cell, Faults, open_book
from outputs.workbook.sheets import ARRIVE, CUSTOMER, DAY, END, KEEP, KIND, NAME, REP, START, TIME
from scenarios.clock import MINUTES_PER_DAY, format_clock
from scenarios.errors import InvalidInput
from scenarios.schema import WEEKDAYS, Horizon

MARKS = {"x", "yes", "y", "1", "1.0", "true", "✓"}
NO_MARKS = {"", "no", "n", "0", "0.0", "false"}

PinFields = dict[str, str]
"""customer and rep, and where given day (mon..sun) and time (HH:MM)."""


@dataclass(frozen=True)
class Stop:
    """A stop of the sheet Routes; times in seconds after midnight; mark is the cell of `keep`, None: not kept."""

    mark: Cell | None
    rep: str
    customer: str
    day: date
    arrive: int
    start: int
    end: int


def read_pins(path: Path, *, horizon: Horizon) -> dict[str, PinFields]:
    """Fixed visits by name, as the scenario's `reps.pinned` takes them.

    Args:
        path: a plan.xlsx, edited or not. horizon: days that the next run plans.

    Raises:
        InvalidInput: all that is wrong with the workbook at once, each with file, sheet and cell.
    """
    faults = Faults(path.name)
    book = open_book(path, faults)
    pins: dict[str, PinFields] = {}
    if book is not None:
        places: dict[str, Cell] = {}
        for cell, name, pin in _typed_pins(book, horizon, faults):
            if name in pins:
                faults.add(cell, f"the name {name!r} stands twice; names of pins differ")
            pins[name], places[name] = pin, cell
        _merge_kept(pins, places, _stops(book, horizon, faults), faults)
    if faults.found:
        raise InvalidInput("\n".join(faults.found))
    return pins


def pin_settings(pins: Mapping[str, PinFields]) -> list[str]:
    """The pins as settings of the command line, `reps.pinned={...}` each: names may hold any character."""
    return [f"reps.pinned={json.dumps({name: pin}, ensure_ascii=False)}" for name, pin in pins.items()]


def _typed_pins(book: Book, horizon: Horizon, faults: Faults) -> Iterator[tuple[Cell, str, PinFields]]:
    """The rows of the sheet Pins in which something stands."""
    for row in book.rows("Pins", [NAME, CUSTOMER, REP, DAY, TIME]):
        if not any(cell.text for cell in row.values()):
            continue
        customer, rep = row[CUSTOMER].text, row[REP].text
        for cell, what, known in ((row[CUSTOMER], "customer", book.customers), (row[REP], "rep", book.reps)):
            if not cell.text:
                faults.add(cell, f"a pin needs a {what}")
            elif known and cell.text not in known:
                faults.add(cell, f"{cell.text!r} is no {what}")
        pin = {"customer": customer, "rep": rep}
        if row[DAY].text and (weekday := _weekday(row[DAY], horizon, faults)):
            pin["day"] = weekday
        if row[TIME].text:
            seconds = row[TIME].clock_seconds()
            if seconds is None:
                faults.add(row[TIME], f"{row[TIME].text!r} is no time of day; write HH:MM")
            elif seconds % 60:
                faults.add(row[TIME], f"{row[TIME].text!r}: pins know whole minutes")
            else:
                pin["time"] = format_clock(seconds // 60)
        yield row[NAME], row[NAME].text or f"pin {customer}", pin


def _weekday(cell: Cell, horizon: Horizon, faults: Faults) -> str | None:
    """mon..sun of a weekday or a date within the horizon; None after a fault."""
    days = [horizon.start + timedelta(days=n) for n in range(horizon.days)]
    span = f"{days[0]} to {days[-1]}"
    named = cell.text.lower()[:3]
    full = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    if cell.text.lower() in (*WEEKDAYS, *full):
        if named not in {WEEKDAYS[day.weekday()] for day in days}:
            faults.add(cell, f"{cell.text!r} is not within the planned days, {span}")
            return None
        return named
    day = cell.day()
    if day is None:
        faults.add(cell, f"{cell.text!r} is no day; write mon to sun, or a date such as {days[0]}")
    elif day not in days:
        faults.add(cell, f"{day} is not within the planned days, {span}")
    elif sum(other.weekday() == day.weekday() for other in days) > 1:
        faults.add(cell, f"{day}: a pin names a weekday, and {span} holds more than one {full[day.weekday()]}")
    else:
        return WEEKDAYS[day.weekday()]
    return None


def _stops(book: Book, horizon: Horizon, faults: Faults) -> list[Stop]:
    """The stops of those rep-days of the sheet Routes on which a visit is kept."""
    wanted = [KEEP, REP, CUSTOMER, DAY, KIND, ARRIVE, START, END]
    rows = list(book.rows("Routes", wanted))
    kept_days = set()
    for row in rows:
        mark = row[KEEP].text.lower()
        if mark in NO_MARKS:
            continue
        if mark not in MARKS:
            faults.add(row[KEEP], f"{row[KEEP].text!r} is no mark; write x, or nothing")
        elif row[KIND].text != "visit":
            faults.add(row[KEEP], f"only visits can be kept, this row is {row[KIND].text or 'empty'}")
        elif _weekday(row[DAY], horizon, faults):
            kept_days.add((row[REP].text, row[DAY].day()))
    stops = []
    for row in rows:
        day = row[DAY].day()
        if day is None or (row[REP].text, day) not in kept_days:
            continue
        arrive, start, end = (row[name].clock_seconds() for name in (ARRIVE, START, END))
        if arrive is None or start is None or end is None:
            unread = next(name for name in (ARRIVE, START, END) if row[name].clock_seconds() is None)
            faults.add(row[unread], f"{row[unread].text!r} is no time of day; this day holds a kept visit")
            continue
        kept = row[KEEP] if row[KEEP].text.lower() in MARKS and row[KIND].text == "visit" else None
        stops.append(Stop(kept, row[REP].text, row[CUSTOMER].text, day, arrive, start, end))
    return sorted(stops, key=lambda stop: (stop.rep, stop.day, stop.start, stop.end))


def on_whole_minutes(stops: list[Stop]) -> list[tuple[Stop, int]]:
    """Each kept visit with its start in minutes after midnight.

    Args:
        stops: in order, by rep and day. A kept visit starts at the first whole minute it can; the drive from the stop
            before and that stop's length stay as they are, so what was legal stays so but for the seconds added.
    """
    kept = []
    before: Stop | None = None
    free = 0
    for stop in stops:
        same_day = before is not None and (before.rep, before.day) == (stop.rep, stop.day)
        drive = max(stop.arrive - before.end, 0) if before is not None and same_day else 0
        start = max(stop.start, free + drive) if same_day else stop.start
        if stop.mark is not None:
            start = -(-start // 60) * 60
            kept.append((stop, start // 60))
        free, before = start + stop.end - stop.start, stop
    return kept


def _merge_kept(pins: dict[str, PinFields], places: dict[str, Cell], stops: list[Stop], faults: Faults) -> None:
    """Add a pin for each kept visit; a typed pin of the same visit is made sharper instead of doubled."""
    kept = on_whole_minutes(stops)
    kept_visits: dict[str, int] = {}
    for stop, _ in kept:
        kept_visits[stop.customer] = kept_visits.get(stop.customer, 0) + 1
    typed: dict[str, list[str]] = {}
    for name, pin in pins.items():
        typed.setdefault(pin["customer"], []).append(name)
    for stop, minute in kept:
        assert stop.mark is not None
        if minute >= MINUTES_PER_DAY:
            faults.add(stop.mark, "the visit cannot be kept, it would start after midnight")
            continue
        time = format_clock(minute)
        pin = {"customer": stop.customer, "rep": stop.rep, "day": WEEKDAYS[stop.day.weekday()], "time": time}
        same = [name for name in typed.get(stop.customer, []) if _agrees(pins[name], pin, stop)]
        if same:
            pins[same[0]] = pin | {"time": pins[same[0]].get("time", time)}
        elif stop.customer in typed and kept_visits[stop.customer] == 1:
            name = typed[stop.customer][0]
            faults.add(
                stop.mark, f"the visit is kept here and pinned otherwise at {places[name].address}; take one away"
            )
        else:
            pins[_free_name(f"keep {stop.customer}", pins)] = pin


def _agrees(typed: PinFields, kept: PinFields, stop: Stop) -> bool:
    """Whether a typed pin can mean the kept visit: same rep, no other day, no other time than its minute."""
    times = {kept["time"], format_clock(min(stop.start // 60, MINUTES_PER_DAY))}
    same_time = typed.get("time", kept["time"]) in times
    return typed["rep"] == kept["rep"] and typed.get("day", kept["day"]) == kept["day"] and same_time


def _free_name(name: str, taken: Mapping[str, PinFields]) -> str:
    number = 2
    free = name
    while free in taken:
        free, number = f"{name} {number}", number + 1
    return free
