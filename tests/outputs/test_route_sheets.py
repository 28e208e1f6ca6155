"""Route sheets: the rep's own customers only, five parts a visit, small enough, two pages on paper."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from icalendar import Calendar

from outputs.route_sheets import write_route_sheets

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
CUSTOMER = re.compile(r"\bC\d{5}\b")
LARGEST_BYTES = 60_000


def own_customers(plan: Any) -> dict[str, set[str]]:
    """By rep: whom they visit, and who is theirs but on no route."""
    own = plan.tables["stops"].query("customer_id != ''").groupby("rep_id")["customer_id"].agg(set).to_dict()
    for row in plan.tables["unserved"].itertuples():
        own.setdefault(row.rep_id, set()).add(row.customer_id)
    return own


def test_a_reps_files_hold_only_that_reps_customers(held: Any) -> None:
    """Every sheet and every calendar of every rep; together they miss nobody who is visited."""
    own = own_customers(held.plan)
    names = held.tables.customers.set_index("customer_id")["name"]
    for rep, customers in own.items():
        strangers = set(names[~names.isin(names[list(customers)])])
        seen = set()
        pages = sorted((held.folder / "routes").glob(f"{rep}-*.html"))
        texts = [path.read_text(encoding="utf-8") for path in pages]
        calendar = Calendar.from_ical((held.folder / "calendars" / f"{rep}.ics").read_bytes())
        texts += ["\n".join(f"{e['summary']}\n{e.get('description')}" for e in calendar.walk("VEVENT"))]
        for text in texts:
            found = set(CUSTOMER.findall(text))
            assert found <= customers
            assert not [name for name in strangers if f">{name} (" in text or f"\n{name}\n" in text]
            seen |= found
        assert seen == customers


def test_each_visit_has_navigation_and_five_parts(held: Any) -> None:
    """As many links and scripts as visits, a part of each kind; no sheet is too large for a phone."""
    stops = held.plan.tables["stops"]
    for (rep, day), mine in stops.groupby(["rep_id", "day"]):
        page = (held.folder / "routes" / f"{rep}-{day:%Y-%m-%d}.html").read_text(encoding="utf-8")
        visits = int((mine["kind"] == "visit").sum())
        places = int((mine["customer_id"] != "").sum())
        assert page.count('class="go"') == places
        assert page.count("<details>") == visits
        assert page.count("<dt>") == 5 * visits
        assert len(page.encode()) <= LARGEST_BYTES


def test_visits_left_out_are_told_one_by_one_or_together(held: Any, tmp_path: Path) -> None:
    """Few of a reason have a line each with its detail; many share a line that names and adds them."""
    customers = held.tables.customers["customer_id"]
    rows = [[customers[n], "R01", "shift_full", "Full.", 10.0 + n] for n in range(6)]
    rows += [[customers[6], "R01", "too_far", "It takes 5 hours.", 1.0], [customers[7], "R02", "too_far", "Far.", 1.0]]
    unserved = pd.DataFrame(rows, columns=held.plan.tables["unserved"].columns)
    plan = replace(held.plan, tables=held.plan.tables | {"unserved": unserved})
    write_route_sheets(tmp_path, plan, held.tables)
    page = next((tmp_path / "routes").glob("R01-*.html")).read_text(encoding="utf-8")
    missed = page[page.index("Not visited this week, and why") :]
    assert "6 visits, together worth 75.00 EUR: " in missed
    assert missed.index(f"({customers[5]}) 15.00") < missed.index(f"({customers[0]}) 10.00")
    assert "the drive there and back does not fit a shift. It takes 5 hours." in missed
    assert customers[7] not in missed


def test_the_second_visit_of_a_week_says_so(held: Any, tmp_path: Path) -> None:
    """Two visits to one customer: the second names the first's day in place of the last contact before the week."""
    stops = held.plan.tables["stops"]
    visits = stops[stops["kind"] == "visit"].sort_values("start_at")
    first = visits.iloc[0]
    last = visits[visits["day"] > first["day"]].iloc[-1]
    again = stops.assign(customer_id=stops["customer_id"].where(stops.index != last.name, first["customer_id"]))
    plan = replace(held.plan, tables=held.plan.tables | {"stops": again})
    write_route_sheets(tmp_path, plan, held.tables)
    told = f"Second visit this week, the first on {first['day']:%A} {first['day'].day} {first['day']:%B}"
    page = (tmp_path / "routes" / f"{last.rep_id}-{last.day:%Y-%m-%d}.html").read_text(encoding="utf-8")
    assert page.count(f"<p>{told} at {first['start_at']:%H:%M}.") == 1
    assert f"{told}." in page
    earlier = (tmp_path / "routes" / f"{first.rep_id}-{first.day:%Y-%m-%d}.html").read_text(encoding="utf-8")
    assert "Second visit" not in earlier
    assert f"· {first['day']:%A} {first['day'].day} {first['day']:%B %Y}</h1>" in earlier


def test_the_workbook_numbers_visits_as_the_sheets(held: Any) -> None:
    """Visit numbers run 1, 2, ... per rep-day; other stops have none."""
    routes = openpyxl.load_workbook(held.folder / "plan.xlsx", read_only=True)["Routes"]
    for row in routes.iter_rows(min_row=2, values_only=True):
        if row[5] != "visit":
            assert row[4] is None
            continue
        page = (held.folder / "routes" / f"{row[1]}-{row[3]:%Y-%m-%d}.html").read_text(encoding="utf-8")
        assert re.search(rf'<span class="nr">{row[4]}</span>[^<]*\({row[6]}\)', page)


def test_a_visit_for_a_neighbour_and_a_long_day_say_so(lent: Any, tmp_path: Path) -> None:
    """The visitor reads whose customer it is and until when, the owner who comes and when; nobody else reads of it."""
    write_route_sheets(tmp_path, lent.plan, lent.tables)
    days, visit = lent.plan.tables["rep_days"], lent.visit
    names = {row.rep_id: f"{row.name} ({row.rep_id})" for row in lent.plan.tables["team"].itertuples(index=False)}
    day = days[(days["rep_id"] == visit.rep_id) & (days["day"] == visit.day)].iloc[0]
    end = day.shift_end_at + pd.Timedelta(minutes=35)
    told = f"Overtime: until {end:%H:%M}, 35 min after the shift ends at {day.shift_end_at:%H:%M}."
    for path in sorted((tmp_path / "routes").glob("R*.html")):
        page = path.read_text(encoding="utf-8")
        here = path.stem == f"{visit.rep_id}-{visit.day:%Y-%m-%d}"
        assert page.count(f"For {names[lent.owner]}, whose customer this is.") == here
        assert page.count(told) == page.count("Overtime") == here
        mine = path.stem.startswith(lent.owner)
        assert page.count("Your customers whom a neighbour visits this week") == mine
        assert page.count(f"{names[visit.rep_id]}, {visit.start_at:%A} {visit.start_at:%H:%M}") == mine
        assert len(page.encode()) <= LARGEST_BYTES
    assert (tmp_path / "routes" / "index.html").read_text(encoding="utf-8").count(">+35 min<") == 1


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_ten_visits_print_on_two_pages(held: Any, tmp_path: Path) -> None:
    """The sheet with the most visits up to ten, printed by Chromium, has at most two pages of A4."""
    assert CHROMIUM
    counts = held.plan.tables["rep_days"].query("0 < visits <= 10").sort_values("visits").iloc[-1]
    assert counts.visits >= 6
    sheet = held.folder / "routes" / f"{counts.rep_id}-{counts.day:%Y-%m-%d}.html"
    pdf = tmp_path / "sheet.pdf"
    subprocess.run(
        [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--no-pdf-header-footer", f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={pdf}",
            sheet.as_uri(),
        ],
        capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes())) <= 2


def test_the_workbook_and_the_sheets_tell_the_same_times(held: Any) -> None:
    """Start times on paper are the workbook's."""
    routes = openpyxl.load_workbook(held.folder / "plan.xlsx", read_only=True)["Routes"]
    for row in routes.iter_rows(min_row=2, values_only=True):
        if row[5] != "visit":
            continue
        page = (held.folder / "routes" / f"{row[1]}-{row[3]:%Y-%m-%d}.html").read_text(encoding="utf-8")
        start = pd.Timestamp(0) + pd.Timedelta(str(row[9])) if not hasattr(row[9], "strftime") else row[9]
        assert re.search(
            rf'class="at">{start:%H:%M}<small>[^<]*</small></div>\s*<div>\s*<div class="who">.*\({row[6]}\)', page
        )
