"""Pins and keep marks of an edited plan.xlsx, as fixed visits of the next run.

The sheet `Pins` fixes a customer to a rep, if wished on a day and at a time; an x in `keep` on the sheet `Routes`
fixes that visit to its rep, day and minute.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from outputs.pin_cells import Book, Cell, Faults, open_book
from outputs.workbook.sheets import CUSTOMER, DAY, KEEP, KIND, NAME, REP, START, TIME
from scenarios.clock import format_clock
from scenarios.errors import InvalidInput
from scenarios.schema import WEEKDAYS, Horizon

MARKS = {"x", "yes", "y", "1", "1.0", "true", "✓"}
SECONDS_PER_DAY = 24 * 3600
NO_MARKS = {"", "no", "n", "0", "0.0", "false"}

PinFields = dict[str, str]
"""customer and rep, and where given day (mon..sun) and time (HH:MM)."""


@dataclass(frozen=True)
class Kept:
    """A visit of the sheet Routes that is kept: the marked cell, and its start in minutes after midnight."""

    mark: Cell
    rep: str
    customer: str
    day: date
    minute: int


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
        _merge_kept(pins, places, _kept(book, horizon, faults), faults)
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


def _kept(book: Book, horizon: Horizon, faults: Faults) -> list[Kept]:
    """The visits of the sheet Routes that carry a mark, in order of rep, day and time."""
    kept = []
    for row in book.rows("Routes", [KEEP, REP, CUSTOMER, DAY, KIND, START]):
        mark = row[KEEP].text.lower()
        if mark in NO_MARKS:
            continue
        seconds = row[START].clock_seconds()
        day = row[DAY].day()
        if mark not in MARKS:
            faults.add(row[KEEP], f"{row[KEEP].text!r} is no mark; write x, or nothing")
        elif row[KIND].text != "visit":
            faults.add(row[KEEP], f"only visits can be kept, this row is {row[KIND].text or 'empty'}")
        elif seconds is None or seconds >= SECONDS_PER_DAY:
            faults.add(row[START], f"{row[START].text!r} is no time of day; the visit of this row is kept")
        elif _weekday(row[DAY], horizon, faults) and day is not None:
            kept.append(Kept(row[KEEP], row[REP].text, row[CUSTOMER].text, day, seconds // 60))
    return sorted(kept, key=lambda visit: (visit.rep, visit.day, visit.minute))


def _merge_kept(pins: dict[str, PinFields], places: dict[str, Cell], kept: list[Kept], faults: Faults) -> None:
    """Add a pin for each kept visit; a typed pin of the same visit is made sharper instead of doubled."""
    kept_visits = Counter(visit.customer for visit in kept)
    typed: dict[str, list[str]] = {}
    for name, pin in pins.items():
        typed.setdefault(pin["customer"], []).append(name)
    for visit in kept:
        day, time = WEEKDAYS[visit.day.weekday()], format_clock(visit.minute)
        pin = {"customer": visit.customer, "rep": visit.rep, "day": day, "time": time}
        same = [name for name in typed.get(visit.customer, []) if _agrees(pins[name], pin)]
        if same:
            pins[same[0]] = pin
        elif visit.customer in typed and kept_visits[visit.customer] == 1:
            name = typed[visit.customer][0]
            faults.add(
                visit.mark, f"the visit is kept here and pinned otherwise at {places[name].address}; take one away"
            )
        else:
            pins[_free_name(f"keep {visit.customer}", pins)] = pin


def _agrees(typed: PinFields, kept: PinFields) -> bool:
    """Whether a typed pin can mean the kept visit: what it names is the same."""
    return all(kept[key] == value for key, value in typed.items())


def _free_name(name: str, taken: Mapping[str, PinFields]) -> str:
    number = 2
    free = name
    while free in taken:
        free, number = f"{name} {number}", number + 1
    return free
