"""plan.xlsx from the plan: Read me, Summary, Routes, Channels, Roster, Not served, Pins.

What a planner marks in it is read back by outputs/pins.py.
"""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import pandas as pd
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from inputs.types import Tables
from outputs.readable import stage_words
from outputs.workbook import sheets
from outputs.workbook.grid import Styles, set_up_print, set_up_sheet, write_grid
from planner.types import Plan
from scenarios.schema import WEEKDAYS

EMPTY_PIN_ROWS = 60
PROSE_CHARACTERS, LINE_POINTS = 104, 16
"""Width of the Read me's lines and their height."""
PRINTED_TITLE = 60
"""Characters of the scenario's name that fit into a page's footer."""


def write_workbook(path: Path, plan: Plan, tables: Tables) -> None:
    """Write the workbook; the same plan gives the same bytes."""
    title = plan.scenario.name[:PRINTED_TITLE]
    book = xlsxwriter.Workbook(
        str(path), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    as_of = plan.scenario.as_of
    book.set_properties({"title": plan.scenario.name, "created": datetime(as_of.year, as_of.month, as_of.day)})
    styles = Styles(book)
    _read_me(book.add_worksheet("Read me"), styles, plan)
    _summary(book.add_worksheet("Summary"), styles, plan)
    for name, columns, frame in (
        ("Routes", sheets.ROUTES, sheets.routes_frame(plan, tables)),
        ("Channels", sheets.CHANNELS, sheets.channels_frame(plan, tables)),
        ("Roster", sheets.ROSTER, sheets.roster_frame(plan)),
        ("Not served", sheets.NOT_SERVED, sheets.not_served_frame(plan, tables)),
    ):
        sheet = book.add_worksheet(name)
        last = write_grid(sheet, styles, columns, frame) - 1
        set_up_sheet(sheet, columns, last, title=title)
        if name == "Routes":
            sheet.freeze_panes(1, 4)
            sheet.data_validation(1, 0, max(last, 1), 0, _choice(["x"]))
    pins = book.add_worksheet("Pins")
    names = book.add_worksheet("Names")
    _pins(pins, names, styles, plan, tables)
    book.close()


def _read_me(sheet: Worksheet, styles: Styles, plan: Plan) -> None:
    """What the sheets are and how a planner marks them."""
    scenario = plan.scenario
    horizon = scenario.horizon
    last = pd.Timestamp(horizon.start) + pd.Timedelta(days=horizon.days - 1)
    start, end = (f"{day:%A} {day.day} {day:%B %Y}" for day in (horizon.start, last))
    sheet.set_column(0, 0, 16, styles.prose)
    sheet.set_column(1, 1, PROSE_CHARACTERS, styles.prose)
    sheet.write_string(0, 0, scenario.name, styles.title)
    lines = [
        ("Week", f"{start} to {end}; known is what was known on {scenario.as_of}."),
        ("Times", f"Local: {scenario.reps.timezone} for reps, {scenario.staffing.timezone} for the contact centre."),
        ("Money", f"All amounts are in {scenario.money.currency}, where a column says EUR too."),
        ("Summary", "The figures of the week with the span in which 8 of 10 futures end, and how each search ended."),
        ("Routes", "Every rep's days stop by stop. Write x into `keep` to hold a visit to its rep, day and time. "
         "`For rep` names whose customer a neighbour visits."),
        ("Channels", "Every planned contact by channel, the most worth first, and why."),
        ("Roster", "Every agent's shifts and breaks."),
        ("Not served", "Visits that fit no route, customers without a contact, and why."),
        ("Pins", "Visits you fix: a name of your own, customer and rep; if you want, a day (mon to sun or a date) and "
         "a time. Taking a pin away here does not take away one that the scenario file names."),
        ("Next run", "Save this file, then: python plan.py run SCENARIO.yaml --pins plan.xlsx"),
    ]  # fmt: skip
    lines += [("Look at", flag) for flag in plan.flags] or [("Look at", "Nothing is flagged.")]
    for row, (label, text) in enumerate(lines, start=2):
        sheet.write_string(row, 0, label, styles.bold)
        sheet.write_string(row, 1, text, styles.prose)
        sheet.set_row(row, LINE_POINTS * (1 + len(text) // PROSE_CHARACTERS))
    set_up_print(sheet, title=scenario.name[:PRINTED_TITLE])


def _summary(sheet: Worksheet, styles: Styles, plan: Plan) -> None:
    """Figures first, outcomes of the searches below, then what borders and even weeks changed, if any were asked."""
    free = write_grid(sheet, styles, sheets.FIGURES, sheets.figures_frame(plan))
    set_up_sheet(sheet, sheets.FIGURES, free - 1, title=plan.scenario.name[:PRINTED_TITLE])
    ended = [
        asdict(outcome) | {"gap_pct": outcome.gap_pct, "stage": stage_words(outcome.stage)}
        for outcome in plan.decisions.outcomes()
    ]
    frame = pd.DataFrame(ended, columns=[column.name for column in sheets.OUTCOMES])
    free = write_grid(sheet, styles, sheets.OUTCOMES, frame, first_row=free + 1)
    ways = sheets.ways_frame(plan)
    if len(ways):
        write_grid(sheet, styles, sheets.WAYS, ways, first_row=free + 1)


def _pins(sheet: Worksheet, names: Worksheet, styles: Styles, plan: Plan, tables: Tables) -> None:
    """The scenario's pins and empty rows for more; reps, customers and days are offered as choices."""
    frame = sheets.pins_frame(plan.scenario.reps.pinned)
    known = sheets.names_frame(plan, tables)
    empty = pd.DataFrame(None, index=range(EMPTY_PIN_ROWS), columns=frame.columns, dtype=object)
    last = write_grid(sheet, styles, sheets.PINS, pd.concat([frame, empty]) if len(frame) else empty) - 1
    set_up_sheet(sheet, sheets.PINS, last, title=plan.scenario.name[:PRINTED_TITLE])
    write_grid(names, styles, sheets.NAMES, known)
    set_up_sheet(names, sheets.NAMES, len(known), title=plan.scenario.name[:PRINTED_TITLE])
    names.hide()
    reps, customers = int(known["rep_id"].count()), int(known["customer_id"].count())
    if customers:
        sheet.data_validation(1, 1, last, 1, _choice(f"=Names!$B$2:$B${customers + 1}"))
    if reps:
        sheet.data_validation(1, 2, last, 2, _choice(f"=Names!$A$2:$A${reps + 1}"))
    sheet.data_validation(1, 3, last, 3, _choice(list(WEEKDAYS)))


def _choice(source: list[str] | str) -> dict[str, object]:
    """A list to choose from; other values are taken too, the reader names what is wrong."""
    return {"validate": "list", "source": source, "show_error": False}
