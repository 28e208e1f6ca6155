"""Pins and keep marks are read back from an edited workbook, and the next run keeps them."""

from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from outputs.pins import pin_settings, read_pins
from scenarios.errors import InvalidInput
from scenarios.schema import WEEKDAYS, Horizon

WEEK = Horizon(start=date(2026, 3, 9), days=5)
ROUTES = ["keep", "Rep", "Customer", "Day", "Stop", "Arrive", "Start", "End"]
PINS = ["Pin", "Customer", "Rep", "Day", "Time"]
MONDAY = datetime(2026, 3, 9)


def book(folder: Path, *, routes: Sequence[Sequence[Any]] = (), pins: Sequence[Sequence[Any]] = ()) -> Path:
    """A workbook with these rows, with R1 and R2 and the customers C1 to C3 as names."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for title, head, lines in (
        ("Routes", ROUTES, routes),
        ("Pins", PINS, pins),
        ("Names", ["Reps", "Customers"], [["R1", "C1"], ["R2", "C2"], [None, "C3"]]),
    ):
        sheet = made.create_sheet(title)
        for line in [head, *lines]:
            sheet.append(list(line))
    path = folder / "plan.xlsx"
    made.save(path)
    return path


def visit(mark: str | None, customer: str, arrive: str, start: str, end: str, day: datetime = MONDAY) -> list[Any]:
    """A row of Routes of rep R1."""
    return [mark, "R1", customer, day, "visit", *(time.fromisoformat(each) for each in (arrive, start, end))]


def faults(path: Path, horizon: Horizon = WEEK) -> list[str]:
    """What the reader complains of."""
    with pytest.raises(InvalidInput) as raised:
        read_pins(path, horizon=horizon)
    return str(raised.value).splitlines()


def test_pins_are_read_in_every_notation(tmp_path: Path) -> None:
    """Weekdays and dates, times as text, clock and fraction of a day; rows of nothing are passed over."""
    path = book(
        tmp_path,
        pins=[
            ["audit visit", "C1", "R1", "tue", "10:00"],
            [None, None, None, None, None],
            ["b", "C2", "R2", datetime(2026, 3, 11), time(9, 30)],
            ["c", "C3", "R1", "Friday", 0.5],
            [None, "C3", "R2", "2026-03-12", None],
        ],
    )
    assert read_pins(path, horizon=WEEK) == {
        "audit visit": {"customer": "C1", "rep": "R1", "day": "tue", "time": "10:00"},
        "b": {"customer": "C2", "rep": "R2", "day": "wed", "time": "09:30"},
        "c": {"customer": "C3", "rep": "R1", "day": "fri", "time": "12:00"},
        "pin C3": {"customer": "C3", "rep": "R2", "day": "thu"},
    }


def test_all_faults_are_named_by_cell(tmp_path: Path) -> None:
    """Every wrong cell at once, with file, sheet and address."""
    path = book(
        tmp_path,
        routes=[
            ["perhaps", *visit(None, "C1", "09:00", "09:00", "09:30")[1:]],
            ["x", "R1", None, MONDAY, "lunch", time(12), time(12), time(13)],
            visit("x", "C2", "09:00", "09:00", "09:30", day=datetime(2026, 3, 16)),
        ],
        pins=[
            ["a", "C1", "Rep 99", "sun", "25:00"],
            ["a", "C9", None, "someday", "10:00:30"],
            ["c", None, "R1", datetime(2026, 4, 1), None],
        ],
    )
    assert faults(path) == [
        "plan.xlsx: Pins!C2: 'Rep 99' is no rep",
        "plan.xlsx: Pins!D2: 'sun' is not within the planned days, 2026-03-09 to 2026-03-13",
        "plan.xlsx: Pins!E2: '25:00' is no time of day; write HH:MM",
        "plan.xlsx: Pins!B3: 'C9' is no customer",
        "plan.xlsx: Pins!C3: a pin needs a rep",
        "plan.xlsx: Pins!D3: 'someday' is no day; write mon to sun, or a date such as 2026-03-09",
        "plan.xlsx: Pins!E3: '10:00:30': pins know whole minutes",
        "plan.xlsx: Pins!A3: the name 'a' stands twice; names of pins differ",
        "plan.xlsx: Pins!B4: a pin needs a customer",
        "plan.xlsx: Pins!D4: 2026-04-01 is not within the planned days, 2026-03-09 to 2026-03-13",
        "plan.xlsx: Routes!A2: 'perhaps' is no mark; write x, or nothing",
        "plan.xlsx: Routes!A3: only visits can be kept, this row is lunch",
        "plan.xlsx: Routes!D4: 2026-03-16 is not within the planned days, 2026-03-09 to 2026-03-13",
    ]


def test_a_date_that_names_two_weekdays_is_refused(tmp_path: Path) -> None:
    """In two weeks a pin could move by seven days: said, not guessed."""
    path = book(tmp_path, pins=[["a", "C1", "R1", MONDAY, None]])
    two_weeks = Horizon(start=date(2026, 3, 9), days=14)
    assert faults(path, two_weeks) == [
        "plan.xlsx: Pins!D2: 2026-03-09: a pin names a weekday, and 2026-03-09 to 2026-03-22 holds more than one monday"
    ]


def test_files_that_are_no_plan(tmp_path: Path) -> None:
    """Absent, no workbook, another workbook, a column gone."""
    assert faults(tmp_path / "none.xlsx") == [f"none.xlsx: no such file: {tmp_path / 'none.xlsx'}"]
    text = tmp_path / "text.xlsx"
    text.write_text("customer;rep\n")
    assert faults(text) == ["text.xlsx: cannot be read as an Excel workbook (.xlsx); save it in that format"]
    other = openpyxl.Workbook()
    other.save(tmp_path / "other.xlsx")
    assert faults(tmp_path / "other.xlsx") == [
        "other.xlsx: has neither a sheet Pins nor a sheet Routes; give the plan.xlsx of a run"
    ]
    other.worksheets[0].title = "Pins"
    other.worksheets[0].append(["Pin", "Customer"])
    other.save(tmp_path / "other.xlsx")
    assert faults(tmp_path / "other.xlsx") == ["other.xlsx: Pins!A1: the first row lacks the column Rep"]


def test_a_mark_makes_the_typed_pin_sharper(tmp_path: Path) -> None:
    """The same visit is not pinned twice; a contradiction is named with both cells."""
    rows = [visit("x", "C1", "09:05", "09:05", "09:35"), visit("X", "C2", "10:00", "10:00", "10:30")]
    agreeing = book(tmp_path, routes=rows, pins=[["mine", "C1", "R1", None, None]])
    assert read_pins(agreeing, horizon=WEEK) == {
        "mine": {"customer": "C1", "rep": "R1", "day": "mon", "time": "09:05"},
        "keep C2": {"customer": "C2", "rep": "R1", "day": "mon", "time": "10:00"},
    }
    clashing = book(tmp_path, routes=rows, pins=[["mine", "C1", "R2", None, None]])
    assert faults(clashing) == [
        "plan.xlsx: Routes!A2: the visit is kept here and pinned otherwise at A2; take one away"
    ]


def test_names_of_any_letters_become_settings() -> None:
    """A setting is YAML that holds names with blanks, dots and quotes."""
    assert pin_settings({'a. "b"=ü': {"customer": "C1", "rep": "R1"}}) == [
        'reps.pinned={"a. \\"b\\"=ü": {"customer": "C1", "rep": "R1"}}'
    ]


def test_an_untouched_workbook_pins_nothing(held: Any) -> None:
    """Nothing marked, nothing typed: no pins."""
    assert read_pins(held.folder / "plan.xlsx", horizon=held.plan.scenario.horizon) == {}


def test_kept_visits_and_a_pin_come_back(small_run: Any, held: Any, tmp_path: Path) -> None:
    """A rep's whole week is marked, one visit of another rep is pinned: the next run keeps all."""
    import plan as command_line

    stops = small_run.plan["stops"]
    visits = stops[stops["kind"] == "visit"]
    rep = visits.iloc[0].rep_id
    made = openpyxl.load_workbook(held.folder / "plan.xlsx")
    marked = 0
    for row in made["Routes"].iter_rows(min_row=2):
        if row[1].value == rep and row[5].value == "visit":
            row[0].value, marked = "x", marked + 1
    assert marked >= 6
    other = visits[visits["rep_id"] != rep].iloc[0]
    made["Pins"]["A2"], made["Pins"]["B2"], made["Pins"]["C2"] = "my visit", other.customer_id, other.rep_id
    path = tmp_path / "plan.xlsx"
    made.save(path)

    arguments = [
        "run", str(small_run.file), "-q", "--json", "--pins", str(path), "--set", "solve.effort=quick",
        "--set", "outputs=[route_sheets]", "--runs", str(tmp_path / "runs"), "--store", str(small_run.store),
    ]  # fmt: skip
    result = CliRunner().invoke(command_line.app, arguments)
    assert result.exit_code == 0, result.output
    (folder,) = (tmp_path / "runs").iterdir()
    again = pd.read_parquet(folder / "tables" / "stops.parquet").query("kind == 'visit' and pinned")
    pins = read_pins(path, horizon=small_run.scenario.horizon)
    assert len(again) == len(pins) == marked + 1
    for pin in pins.values():
        mine = again[(again["customer_id"] == pin["customer"]) & (again["rep_id"] == pin["rep"])].iloc[0]
        if "time" in pin:
            assert (WEEKDAYS[mine["day"].weekday()], f"{mine['start_at']:%H:%M}") == (pin["day"], pin["time"])
    assert pd.read_parquet(folder / "tables" / "audit.parquet").empty


def test_the_command_line_refuses_a_wrong_workbook(small_run: Any, tmp_path: Path) -> None:
    """Exit code 3 and the cell's address on stderr."""
    import plan as command_line

    path = book(tmp_path, pins=[["a", "C1", "Rep 99", None, None]])
    result = CliRunner().invoke(command_line.app, ["run", str(small_run.file), "--pins", str(path)])
    assert result.exit_code == 3
    assert "plan.xlsx: Pins!C2: 'Rep 99' is no rep" in result.stderr
