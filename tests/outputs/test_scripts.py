"""Scripts in five parts: every number is the tables', every text is escaped, every page holds its own contacts."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from outputs.dossier import Dossier
from outputs.escaping import is_formula
from outputs.script_parts import TITLES, write_script
from outputs.scripts import COLUMNS, agent_channels, write_scripts

AT = pd.Timestamp("2026-03-10 09:30")


class Tags(HTMLParser):
    """Collects elements and their attributes' names, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.handlers: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data


def dossier(channel: str = "field", **changes: Any) -> Dossier:
    """A customer of whom everything is known."""
    customer = SimpleNamespace(
        customer_id="C1", name="Ana", last_contact_date=pd.Timestamp("2026-01-02"), open_tickets=2.0,
        preferred_channel="self_service", consent=("field", "self_service"), windows=((540, 720),), required=True,
        due_date=pd.Timestamp("2026-03-12"), required_skill="key_account",
    )  # fmt: skip
    action = SimpleNamespace(
        win_eur=120.0, churn_eur=30.5, growth_eur=4.0, contact_cost_eur=4.8, value_eur=149.7, consent=True,
        evidence="assumed", effect_factor=1.0, why="",
    )  # fmt: skip
    score = SimpleNamespace(
        segment="high value, growing", churn_probability=0.123, potential_eur=1234.0, is_anomaly=True,
        anomaly_reason="calls 9 times the median",
    )  # fmt: skip
    deals = tuple(
        SimpleNamespace(
            opportunity_id=f"O{n}", stage="offer", amount_eur=1000.0 * n, dwell_days=10.0 * n, win_probability=0.5
        )
        for n in (4, 3, 2, 1)
    )
    values = {
        "customer_id": "C1", "channel": channel, "customer": customer, "action": action, "score": score,
        "allocation": SimpleNamespace(runner_up="outbound", margin_eur=500.0, value_eur=149.7, minutes=30.0),
        "next_best": SimpleNamespace(value_eur=137.7, order_eur=100.0), "deals": deals,
        "cases": (SimpleNamespace(case_id="S1", topic="invoice", opened_at=pd.Timestamp("2026-03-01")),),
        "purchase": SimpleNamespace(date=pd.Timestamp("2026-02-03"), amount_eur=99.5),
    }  # fmt: skip
    return Dossier(**(values | changes))


def test_all_that_is_known_is_said(small_run: Any) -> None:
    """The golden text of a customer of whom everything is known."""
    made = write_script(dossier(), small_run.scenario, at=AT, planned="09:30 to 10:00")
    assert made.context == (
        "Segment: high value, growing.",
        "Last contact 2 January 2026.",
        "Last purchase 3 February 2026: 99.50 EUR.",
        "2 open tickets.",
        "Open case: invoice since 1 March 2026.",
        "Unusual: calls 9 times the median.",
    )
    assert made.rationale == (
        "Worth 150 EUR of margin: 120 EUR from open deals, 30.50 EUR from keeping the customer, 4.00 EUR from growth, "
        "less 4.80 EUR for the contact.",
        "Risk to leave 12 %, expected sales 1,234 EUR in 12 months.",
        "Effect assumed by the scenario, not measured.",
    )
    assert made.actions == (
        "Settle first: 2 open tickets; say who does it, and when.",
        "Deal O4 (4,000 EUR, stage offer for 40 days, 50 % to close): agree on the next step.",
        "Deal O3 (3,000 EUR, stage offer for 30 days, 50 % to close): agree on the next step.",
        "Deal O2 (2,000 EUR, stage offer for 20 days, 50 % to close): agree on the next step.",
        "1 more deal of 1,000 EUR together.",
        "Ask what would make them stay.",
    )
    assert made.objections == (
        "“My trouble is not settled”: right, 2 tickets are open.",
        "“Nobody has been in touch”: right, not since 2 January 2026.",
        "“I am still thinking about it”: ask what is missing to leave stage offer.",
        "“I have no time”: offer self service, which they prefer and agreed to.",
    )
    assert made.reminders == (
        "Consent to field is on record; write down a withdrawal at once.",
        "At most 1 contact a week.",
        "May be visited 09:00-12:00.",
        "A visit is due by 12 March 2026.",
        "A visit is required this week.",
        "Needs the skill key account.",
        "Planned 09:30 to 10:00.",
    )
    assert [title for title, _ in made.parts()] == list(TITLES)
    assert made.on_paper()[1] == " ".join(made.reminders[:2])


def test_what_is_not_known_is_not_said(small_run: Any) -> None:
    """A customer of whom nothing is known: no number, and the missing consent is named."""
    bare = SimpleNamespace(
        customer_id="C1", name=np.nan, last_contact_date=pd.NaT, open_tickets=np.nan, preferred_channel=np.nan,
        consent=(), windows=(), required=False, due_date=pd.NaT, required_skill=np.nan,
    )  # fmt: skip
    nothing = dossier(customer=bare, action=None, score=None, allocation=None, deals=(), cases=(), purchase=None)
    made = write_script(nothing, small_run.scenario, at=AT)
    assert made.context == ("No earlier contact is on record.",)
    assert made.rationale == ("No worth is known for this contact.",)
    assert made.actions == ("Ask how things stand.",)
    assert made.objections == ("“I have no time”: no other channel would pay; ask when it suits.",)
    assert made.reminders == ("No consent to field is on record; ask for it first.", "At most 1 contact a week.")


def test_a_call_names_its_length_and_the_promise_to_callers(small_run: Any) -> None:
    """Outbound: minutes of the plan, service level of the scenario; the next best channel where none is preferred."""
    made = write_script(
        dossier(
            "outbound",
            customer=None,
            deals=(),
            action=replace_action(evidence="estimated", effect_factor=1.25, churn_eur=0.0),
        ),
        small_run.scenario,
        at=AT,
    )
    assert made.reminders[-1] == ("Planned 30 minutes; meanwhile 80 % of callers are promised an answer within 20 s.")
    assert made.rationale[-1] == "Effect estimated from contacts drawn by lot: 1.25 of what the scenario assumes."
    assert made.actions == ("Ask what else they need.",)
    assert made.objections == ("“I have no time”: the plan's next best is outbound, 12.00 EUR behind.",)


def test_what_was_not_learnt_and_stages_not_known(small_run: Any) -> None:
    """Zero risk and sales mean no history, not a fact; a deal without stage events gives whole sentences."""
    score = SimpleNamespace(segment="", churn_probability=0.0, potential_eur=0.0, is_anomaly=False, anomaly_reason="")
    deal = SimpleNamespace(opportunity_id="O1", stage="", amount_eur=5.0, dwell_days=26.0, win_probability=np.nan)
    made = write_script(dossier(score=score, deals=(deal,)), small_run.scenario, at=AT)
    assert not [line for line in made.rationale if "risk" in line.lower() or "sales" in line]
    assert "Deal O1 (5.00 EUR, stage not known): agree on the next step." in made.actions
    assert "“I am still thinking about it”: ask what is missing to decide." in made.objections


def replace_action(**changes: Any) -> Any:
    return SimpleNamespace(**(vars(dossier().action) | changes))


def test_pages_and_tables_hold_the_channels_contacts(held: Any) -> None:
    """Each agent channel has a page and a table with exactly its contacts."""
    allocations = held.plan.tables["allocations"]
    channels = agent_channels(held.plan.scenario)
    assert channels == ["outbound", "inbound", "assisted_web"]
    for channel in channels:
        mine = allocations[allocations["channel"] == channel]
        table = pd.read_csv(held.folder / "scripts" / f"{channel}.csv")
        assert list(table.columns) == COLUMNS
        assert sorted(table["customer_id"]) == sorted(mine["customer_id"])
        page = Tags((held.folder / "scripts" / f"{channel}.html").read_text(encoding="utf-8"))
        assert set(re.findall(r"\bC\d{5}\b", page.text)) == set(mine["customer_id"])
        assert page.tags.count("dt") == 5 * len(mine)
        for _, day in table.groupby("day"):
            assert day["value_eur"].is_monotonic_decreasing


def test_every_amount_is_in_the_tables(held: Any, tmp_path: Path) -> None:
    """The worth in each script of a channel full of contacts is the actions' value."""
    tables = held.plan.tables
    outbound = tables["actions"].query("channel == 'outbound'")
    crowd = tables["allocations"].assign(
        channel="outbound", day=pd.Timestamp("2026-03-10"), value_eur=outbound["value_eur"].to_numpy()
    )
    plan = replace(held.plan, tables=tables | {"allocations": crowd})
    write_scripts(tmp_path / "scripts", plan, held.tables)
    made = pd.read_csv(tmp_path / "scripts" / "outbound.csv").set_index("customer_id")
    assert len(made) == len(outbound) == 90
    for row in outbound.itertuples():
        stated = float(re.match(r"Worth (-?[\d,.]+) EUR", made.loc[row.customer_id, "rationale"])[1].replace(",", ""))
        assert abs(stated - row.value_eur) <= (0.5 if abs(row.value_eur) >= 100 else 0.00501)
        assert abs(made.loc[row.customer_id, "value_eur"] - row.value_eur) <= 0.00501


def test_hostile_texts_stay_texts(hostile: Any) -> None:
    """No element and no handler comes from data; no cell of a table starts like a formula."""
    for path in [*(hostile.folder / "scripts").glob("*.html"), *(hostile.folder / "routes").glob("*.html")]:
        page = Tags(path.read_text(encoding="utf-8"))
        assert "script" not in page.tags, path.name
        assert "img" not in page.tags, path.name
        assert page.handlers == [], path.name
    for path in (hostile.folder / "scripts").glob("*.csv"):
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        assert not table.drop(columns=["value_eur"]).map(is_formula).to_numpy().any(), path.name
