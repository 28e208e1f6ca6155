"""The report: links to what was written, words in place of codes, notes where figures differ on purpose."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from outputs.changes import Changes
from outputs.readable import figure, signed
from outputs.report import write_report

MANIFEST: dict[str, Any] = {
    "outcomes": [
        {"stage": stage, "reason": "optimal", "unit": "EUR", "method": "a long method", "value": 1.0, "bound": None,
         "gap_pct": None, "seconds": 0.1}
        for stage in ("channels.offered", "channels.settled")
    ],
    "notes": [], "stages": [], "muster": "0", "seed": 1, "created_at": "now",
}  # fmt: skip


def report(held: Any, folder: Path, *, outputs: tuple[str, ...] = (), **tables: pd.DataFrame) -> str:
    """The page over the held plan with some tables changed."""
    scenario = held.plan.scenario.model_copy(update={"outputs": list(outputs)})
    plan = replace(held.plan, scenario=scenario, tables=held.plan.tables | tables)
    write_report(folder / "report.html", plan, held.tables, MANIFEST)
    return (folder / "report.html").read_text(encoding="utf-8")


def test_links_lead_to_what_is_written(held: Any, tmp_path: Path) -> None:
    """Everything the scenario asks for is linked and there; what it does not ask for is not linked."""
    wanted = ("route_sheets", "workbook", "calendar", "scripts")
    links = set(re.findall(r'<a href="([^"]+)"', report(held, tmp_path, outputs=wanted)))
    elsewhere = {link for link in links if link.startswith("tables/")}
    assert "tables/data_rejects.csv" in elsewhere
    assert links - elsewhere == {
        "routes/index.html", "plan.xlsx", "calendars/", "gpx/", "scripts/outbound.html", "scripts/inbound.html",
        "scripts/assisted_web.html",
    }  # fmt: skip
    assert all((held.folder / link).exists() for link in links - elsewhere)
    assert set(re.findall(r'<a href="([^"]+)"', report(held, tmp_path))) == elsewhere


def test_words_in_place_of_codes(held: Any, tmp_path: Path) -> None:
    """Stages, days off and reps have words and names; days have no leading zero; the method stands last."""
    days = held.plan.tables["rep_days"]
    off = days.assign(works=days.index > 0, reason=["not_working_day"] + [""] * (len(days) - 1))
    page = report(held, tmp_path, rep_days=off)
    assert "channels, before routing chose" in page
    assert "channels, settled" in page
    assert "channels.offered" not in page
    assert '<td class="n">off</td>' in page
    for name in held.plan.tables["team"]["name"]:
        assert f"<td>{name}</td>" in page
    assert "9 March" in page
    assert "09 March" not in page
    assert page.index("<th>Unit</th>") < page.index("<th>Method</th></tr>")


def test_no_reps_and_no_calls_are_no_unlimited_hours(held: Any, tmp_path: Path) -> None:
    """A field without reps has no hours, and a figure without calls is a dash."""
    prices = held.plan.tables["capacity_prices"]
    kpis = held.plan.kpis
    held = replace(held, plan=replace(held.plan, kpis=kpis.assign(
        value=kpis["value"].where(kpis["kpi"] != "answered_pct")
    )))  # fmt: skip
    page = report(held, tmp_path, capacity_prices=prices[prices["channel"] != "field"])
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", page[page.index("<td>field</td>") :])
    assert cells[4] == "0"
    assert "<b>–</b><span>calls in time, %</span>" in page
    assert "115 % of shift time on purpose" in page


def test_visits_and_contacts_that_differ_are_explained(held: Any, tmp_path: Path) -> None:
    """A customer visited twice: one visit more than contacts, and the page says why."""
    stops = held.plan.tables["stops"]
    visits = stops[stops["kind"] == "visit"]
    contacts = held.plan.tables["allocations"].query("channel == 'field'")
    plain = stops.drop(visits.index[visits["customer_id"].duplicated()])
    field = held.plan.tables["allocations"].query("customer_id in @plain.customer_id")
    once = report(held, tmp_path, stops=plain, allocations=field)
    assert len(contacts) > 1
    assert "further visit" not in once
    again = pd.concat([plain, visits.iloc[[0]]])
    assert "1 are a further visit to the same customer" in report(held, tmp_path, stops=again, allocations=field)


def test_bands_stand_on_cards_and_beside_figures(held: Any, tmp_path: Path) -> None:
    """The net value from -1,200 to 3,400; without bands nothing speaks of futures."""
    bands = pd.DataFrame(
        {"kpi": ["net_value_eur", "calls"], "low": [-1200.0, 80.0], "median": [1000.0, 90.0], "high": [3400.0, 120.5],
         "covers": ["deals", "calls"]}
    )  # fmt: skip
    page = report(held, tmp_path, figure_bands=bands)
    assert '<span class="band">\u22121\u202f200 to 3\u202f400</span>' in page
    assert '<td class="n">80 to 120.5</td>' in page
    assert "It covers deals (net value eur); calls (calls)." in page
    without = replace(held, plan=replace(held.plan, tables={**held.plan.tables}))
    without.plan.tables.pop("figure_bands", None)
    assert "8 of 10 futures end" not in report(without, tmp_path)


def test_changes_are_a_section_only_where_there_are_some(held: Any, tmp_path: Path) -> None:
    """Figures with signs, moves with counts; nothing without an earlier run."""
    figures = pd.DataFrame(
        {"kpi": ["visits", "travel_km"], "unit": ["visits", "km"], "before": [10.0, 5.5], "now": [12.0, 4.0],
         "difference": [2.0, -1.5]}
    )  # fmt: skip
    moved = pd.DataFrame(
        [("channel", "field", "self_service", count, "C1, C2") for count in range(9, 0, -1)],
        columns=["what", "before", "after", "count", "examples"],
    )
    changes = Changes("2026-W10-abc", date(2026, 3, 2), False, figures, moved, new=2, gone=0)
    write_report(tmp_path / "report.html", held.plan, held.tables, MANIFEST, changes=changes, star=True)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Changes against the week of 2 March 2026" in page
    assert '<td>visits</td><td class="n">10</td><td class="n">12</td><td class="n">+2</td>' in page
    assert '<td class="n">\u22121.50</td>' in page
    assert "Customers contacted by another channel: 45" in page
    assert "and 3 rarer moves" in page
    assert "2 customers are new; they are compared with nobody." in page
    assert 'href="bi/README.md"' in page
    assert "Changes against" not in report(held, tmp_path)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0404, "0.040"), (1.234, "1.23"), (12.34, "12.3"), (1234.5, "1\u202f234"), (-7.0, "\u22127"), (None, ""),
        (float("nan"), ""), ("as it is", "as it is"),
    ],
)  # fmt: skip
def test_figures_have_the_digits_that_matter(value: Any, words: str) -> None:
    """Three places below 1, none from 1,000 on, a true minus; a difference has its sign."""
    assert figure(value) == words
    assert signed(0.5) == "+0.500"
    assert signed(0.0) == "0"
