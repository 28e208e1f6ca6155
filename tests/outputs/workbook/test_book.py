"""The workbook, read back by openpyxl: types, figures, print set-up, and nothing that runs."""

from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from outputs.workbook import write_workbook
from scenarios.schema import Pin


@pytest.fixture(scope="module")
def book(held: Any) -> Any:
    return openpyxl.load_workbook(held.folder / "plan.xlsx")


def column(sheet: Any, header: str) -> list[Any]:
    """The cells below a header."""
    head = [cell.value for cell in sheet[1]]
    return [cell.value for cell in list(sheet.columns)[head.index(header)][1:]]


def test_sheets_and_set_up(book: Any) -> None:
    """The seven sheets and the hidden names; frozen heads, filters, landscape A4 one page wide."""
    assert book.sheetnames == ["Read me", "Summary", "Routes", "Channels", "Roster", "Not served", "Pins", "Names"]
    assert book["Names"].sheet_state == "hidden"
    for name in ("Summary", "Routes", "Channels", "Roster", "Not served", "Pins"):
        sheet = book[name]
        assert sheet.freeze_panes in ("A2", "E2"), name
        assert sheet.auto_filter.ref.startswith("A1:"), name
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9), name
        assert sheet.sheet_properties.pageSetUpPr.fitToPage, name
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0), name
        assert sheet.print_title_rows == "$1:$1", name


def test_routes_are_the_stops(book: Any, held: Any) -> None:
    """Every stop in order; days are dates, times are times of day to the second, sums agree."""
    stops = held.plan.tables["stops"].sort_values(["rep_id", "day", "position"])
    sheet = book["Routes"]
    assert column(sheet, "Rep") == stops["rep_id"].tolist()
    assert column(sheet, "Day") == [day.to_pydatetime() for day in stops["day"]]
    starts = [value if isinstance(value, timedelta) else _since_midnight(value) for value in column(sheet, "Start")]
    assert [round(each.total_seconds()) for each in starts] == (
        (stops["start_at"] - stops["day"]).dt.total_seconds().astype(int).tolist()
    )
    assert sum(column(sheet, "Drive (km)")) == pytest.approx(stops["travel_km"].sum())
    assert set(column(sheet, "keep")) == {None}
    visits = [kind == "visit" for kind in column(sheet, "Stop")]
    assert [bool(why) for why in column(sheet, "Why")] == visits


def _since_midnight(value: time | datetime) -> timedelta:
    return timedelta(hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond)


def test_figures_channels_and_roster(book: Any, held: Any) -> None:
    """Summary holds the key figures, Channels every contact, Roster every shift."""
    kpis = held.plan.kpis
    assert [cell.value for cell in book["Summary"]["B"][1 : len(kpis) + 1]] == pytest.approx(kpis["value"].tolist())
    allocations = held.plan.tables["allocations"]
    contacts = allocations[allocations["channel"] != "none"]
    assert sorted(column(book["Channels"], "Customer")) == sorted(contacts["customer_id"])
    assert all(isinstance(day, datetime) for day in column(book["Channels"], "Day"))
    worth = column(book["Channels"], "Worth (EUR)")
    assert worth == sorted(worth, reverse=True)
    assert sum(worth) == pytest.approx(contacts["value_eur"].sum())
    shifts = held.plan.tables["agent_shifts"]
    assert sum(column(book["Roster"], "Paid (h)")) == pytest.approx(shifts["paid_minutes"].sum() / 60)


def test_not_served_names_reasons(small_run: Any, small_plan: Any, tmp_path: Path) -> None:
    """A visit on no route is told with what is done instead, a customer without a contact with the reason."""
    from dataclasses import replace

    allocations = small_plan.tables["allocations"].copy()
    first, second = allocations["customer_id"].iloc[:2]
    allocations.loc[0, ["channel", "reason"]] = ["none", "no_consent"]
    unserved = pd.DataFrame(
        [[second, "R02", "shift_full", "All is full.", 12.5]], columns=small_plan.tables["unserved"].columns
    )
    plan = replace(small_plan, tables=small_plan.tables | {"allocations": allocations, "unserved": unserved})
    write_workbook(tmp_path / "plan.xlsx", plan, small_run.tables)
    lines = list(openpyxl.load_workbook(tmp_path / "plan.xlsx")["Not served"].iter_rows(min_row=2, values_only=True))
    told = [(line[0], *line[2:6], line[7]) for line in lines]
    full = "the shifts of the reps who may visit are full of visits worth more"
    assert told[0] == (second, "R02", "field visit", full, "All is full.", allocations["channel"].iloc[1])
    owner = small_plan.tables["territories"].set_index("customer_id")["rep_id"][first]
    silent = "gave no consent to any channel that would pay"
    assert told[1] == (first, owner, "any contact", silent, None, None)


def test_pins_of_the_scenario_are_listed_and_read_back(small_run: Any, small_plan: Any, tmp_path: Path) -> None:
    """What the scenario pins stands in the sheet as it would be typed, and is read as the same pins."""
    from dataclasses import replace

    from outputs.pins import read_pins

    customer = small_run.tables.customers["customer_id"].iloc[0]
    rep = small_run.tables.reps["rep_id"].iloc[0]
    pins = {"=a. b": Pin(customer=customer, rep=rep, day="tue", time="9:05"), "c": Pin(customer=customer, rep=rep)}
    reps = small_plan.scenario.reps.model_copy(update={"pinned": pins})
    plan = replace(small_plan, scenario=small_plan.scenario.model_copy(update={"reps": reps}))
    write_workbook(tmp_path / "plan.xlsx", plan, small_run.tables)
    assert read_pins(tmp_path / "plan.xlsx", horizon=plan.scenario.horizon) == {
        "=a. b": {"customer": customer, "rep": rep, "day": "tue", "time": "09:05"},
        "c": {"customer": customer, "rep": rep},
    }


def test_no_text_becomes_a_formula(hostile: Any) -> None:
    """Every hostile text is a text, unchanged but for what a cell cannot hold, and marked as quoted."""
    made = openpyxl.load_workbook(hostile.folder / "plan.xlsx")
    kinds = {cell.data_type for sheet in made for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    names = {row[7].value: row[7] for row in made["Routes"].iter_rows(min_row=2) if row[7].value}
    formula = names['=HYPERLINK("http://evil.example","win")']
    assert (formula.data_type, formula.quotePrefix) == ("s", True)
    assert {"+1+1", "-2", "@SUM(A1)", "<script>alert(1)</script>"} <= set(names)


def test_the_same_plan_gives_the_same_bytes(held: Any, tmp_path: Path) -> None:
    """Nothing of the clock gets into the file."""
    write_workbook(tmp_path / "plan.xlsx", held.plan, held.tables)
    assert (tmp_path / "plan.xlsx").read_bytes() == (held.folder / "plan.xlsx").read_bytes()


def test_visits_for_a_neighbour_waiting_and_overtime_have_columns(lent: Any, held: Any, tmp_path: Path) -> None:
    """On the row of the visit and of the day's end; what borders bring stands below the outcomes."""
    write_workbook(tmp_path / "plan.xlsx", lent.plan, lent.tables)
    made = openpyxl.load_workbook(tmp_path / "plan.xlsx")
    sheet, visit = made["Routes"], lent.visit
    told = {header: column(sheet, header) for header in ("For rep", "Lost by waiting (EUR)", "Overtime (min)", "Stop")}
    assert [value for value in told["For rep"] if value] == [lent.owner]
    at = told["For rep"].index(lent.owner)
    assert column(sheet, "Customer")[at] == visit.customer_id
    assert [value for value in told["Lost by waiting (EUR)"] if value] == [told["Lost by waiting (EUR)"][at]] == [7.5]
    late = [number for number, value in enumerate(told["Overtime (min)"]) if value]
    assert [(told["Stop"][number], told["Overtime (min)"][number]) for number in late] == [("end", 35)]
    assert column(sheet, "Rep")[late[0]] == visit.rep_id
    below = [
        row[:8] for row in made["Summary"].iter_rows(values_only=True) if row[0] in ("border visits", "own territories")
    ]
    assert below[1] == ("border visits", 912.5, 12.5, 41, 1, 4, 29, 21)
    assert below[0][2] is None
    plain = openpyxl.load_workbook(held.folder / "plan.xlsx")
    assert set(column(plain["Routes"], "For rep")) == {None}


def test_the_summary_has_bands(held: Any, tmp_path: Path) -> None:
    """A figure with a band has both ends beside its value; others have empty cells."""
    from dataclasses import replace

    bands = pd.DataFrame({"kpi": ["calls"], "low": [80.0], "median": [90.0], "high": [120.5], "covers": ["calls"]})
    write_workbook(
        tmp_path / "plan.xlsx", replace(held.plan, tables=held.plan.tables | {"figure_bands": bands}), held.tables
    )
    sheet = openpyxl.load_workbook(tmp_path / "plan.xlsx")["Summary"]
    names = column(sheet, "Name")
    low, high = column(sheet, "8 of 10 futures: from"), column(sheet, "8 of 10 futures: to")
    assert (low[names.index("calls")], high[names.index("calls")]) == (80, 120.5)
    assert low[names.index("visits")] is None
    assert "channels, settled" in column(sheet, "Figure")
