"""The report: links to what was written, words in place of codes, notes where figures differ on purpose."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

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
