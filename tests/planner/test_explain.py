"""Why a customer is contacted as planned: euros that agree with those shown, and reasons that the tables prove."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from planner.explain import explain_customer
from planner.next_best import ahead_eur, beside_next_best
from scenarios.errors import UsageError

MONDAY = pd.Timestamp("2026-03-09")


def tables(**changes: Any) -> dict[str, pd.DataFrame]:
    """One customer, called; a visit would be worth 80 euros, mail 60, the call brings 40."""
    values = [("field", 80.0, 20.0, True), ("mail", 60.0, 90.0, False), ("outbound", 40.0, 50.0, True)]
    parts = {"win_eur": 0.0, "churn_eur": 0.0, "growth_eur": 0.0, "contact_cost_eur": 0.0, "minutes": 30.0}
    actions = [
        {
            "customer_id": "C1",
            "channel": channel,
            "value_eur": value,
            "order_eur": order,
            "consent": consent,
            **parts,
            "evidence": "estimated" if channel == "field" else "assumed",
            "effect_factor": 1.5,
            "confidence": 0.75,
        }
        for channel, value, order, consent in values
    ]
    made = {
        "allocations": [
            {"customer_id": "C1", "channel": "outbound", "day": MONDAY, "value_eur": 40.0, "order_eur": 50.0,
             "margin_eur": 30.0, "runner_up": "field", "reason": ""}
        ],
        "actions": actions,
        "territories": [{"customer_id": "C1", "rep_id": "R1", "visiting_rep_ids": "R1"}],
        "rep_days": [{"rep_id": "R1", "works": True}],
        "capacity_prices": [
            {"resource": "field:R1", "channel": "field", "capacity_minutes": 100.0, "used_minutes": 90.0,
             "price_eur_per_hour": 12.5},
            {"resource": "field:R2", "channel": "field", "capacity_minutes": 100.0, "used_minutes": 0.0,
             "price_eur_per_hour": 0.0},
        ],
    }  # fmt: skip
    frames = {name: pd.DataFrame(rows) for name, rows in (made | changes).items()}
    empty = {"unserved": ["customer_id", "reason", "detail"], "stops": ["customer_id", "kind"]}
    return {name: pd.DataFrame(columns=columns) for name, columns in empty.items()} | frames


def test_euros_are_those_shown_and_a_turned_order_says_why() -> None:
    """40 against 80 euros: not `30 euros behind`, the adjusted score, but 40 more and the adjustments."""
    text = explain_customer(tables(), "C1")
    assert (
        "worth 40.00 euros. The next best would be field, worth 40.00 euros more, but behind by the adjustments for "
        "preference, recency, engagement and friction."
    ) in text
    assert "30.00" not in text
    assert "A contact by outbound is planned on Monday 9 March, worth" in text


def test_evidence_confidence_and_reasons_are_told() -> None:
    """How often a channel is the best, where its effect comes from, and what moves risk and chance."""
    scores = [{"customer_id": "C1", "churn_probability": 0.31, "churn_reason": "raised by late payments 3"}]
    deals = [{"customer_id": "C1", "opportunity_id": "O7", "win_probability": 0.4, "reason": "lowered by age days 90"}]
    text = explain_customer(tables(customer_scores=scores, closure=deals), "C1")
    assert "The risk to leave is 31 %: raised by late payments 3." in text
    assert "Deal O7 closes with 40 %: lowered by age days 90." in text
    lines = {line.split()[0]: line for line in text.splitlines() if line.startswith("  ")}
    assert lines["field"].endswith("(best in 75 % of draws; effect estimated, 1.50 of the assumed)")
    assert lines["outbound"].endswith("(best in 75 % of draws; effect assumed)")
    assert lines["mail"].endswith("(no consent)")


def test_a_visit_across_a_border_and_one_that_waits_are_told() -> None:
    """R2 comes for R1, two such visits cost him 6 euros that day; of 40 euros 4 are lost by Wednesday."""
    wednesday = MONDAY + pd.Timedelta(days=2)
    stop = {"customer_id": "C1", "kind": "visit", "rep_id": "R2", "day": wednesday, "start_at": wednesday}
    visit = {**stop, "border": True, "waited_eur": 4.0, "prize_eur": 36.0}
    day = {"rep_id": "R2", "works": True, "day": wednesday, "border_eur": 6.0, "border_visits": 2}
    text = explain_customer(tables(stops=[visit], rep_days=[day]), "C1")
    assert (
        "R2 makes the visit across the border of R1's territory, which costs 3.00 euros; R1 stays the customer's rep.\n"
        "Waiting until Wednesday 11 March takes 4.00 of the 40.00 euros that would be lost without the visit."
    ) in text
    free = tables(stops=[visit | {"waited_eur": 0.0}], rep_days=[day | {"border_eur": 0.0}])
    assert "territory; R1 stays" in explain_customer(free, "C1")
    assert "Waiting until" not in explain_customer(free, "C1")
    assert "makes the visit" not in explain_customer(tables(stops=[stop], rep_days=[day]), "C1")


def test_a_lead_in_plain_euros() -> None:
    """Ahead, level, and ahead only once scarce hours are paid for; no number without a next best."""
    chosen, own = SimpleNamespace(value_eur=10.0, margin_eur=3.0), SimpleNamespace(order_eur=10.0)

    def words(value: float, order: float) -> str:
        return beside_next_best(chosen, own, SimpleNamespace(value_eur=value, order_eur=order), unit="EUR")

    assert words(4.0, 1.0) == "6.00 EUR behind"
    assert words(10.0, 1.0) == "worth the same"
    assert words(12.5, 12.0) == "worth 2.50 EUR more, but behind once the price of its scarce hours is taken off"
    assert beside_next_best(chosen, own, None, unit="EUR") == ""
    t = tables()
    assert ahead_eur(t["allocations"], t["actions"]).tolist() == [-40.0]
    assert ahead_eur(t["allocations"].assign(runner_up="none"), t["actions"]).isna().all()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "its hours are full of other contacts; one more hour would bring 12.50 euros"),
        ({"rep_days": [{"rep_id": "R1", "works": False}], "territories": [
            {"customer_id": "C1", "rep_id": "R1", "visiting_rep_ids": ""}]}, "no rep works in this week"),
        ({"rep_days": [{"rep_id": "R1", "works": False}, {"rep_id": "R2", "works": True}], "territories": [
            {"customer_id": "C1", "rep_id": "R1", "visiting_rep_ids": ""}]},
         "its rep R1 does not work in this week and nobody else may visit"),
        ({"territories": [{"customer_id": "C1", "rep_id": "R1", "visiting_rep_ids": ""}]},
         "no rep at work who may visit has the skill it needs"),
        ({"territories": [{"customer_id": "C1", "rep_id": "R1", "visiting_rep_ids": "R1|R2"}]},
         "the adjustments for preference, recency, engagement and friction put it behind"),
        ({"unserved": [{"customer_id": "C1", "reason": "too_far", "detail": ""}]},
         "the drive there and back does not fit a shift"),
    ],
)  # fmt: skip
def test_a_better_channel_that_was_not_taken_has_its_reason(changes: dict[str, Any], reason: str) -> None:
    """The field's own obstacle, then the missing consent to mail; nothing about the channel that was taken."""
    lines = [line for line in explain_customer(tables(**changes), "C1").splitlines() if " would be worth " in line]
    assert lines == [
        f"Field would be worth 80.00 euros, but {reason}.",
        "Mail would be worth 60.00 euros, but the customer gave no consent to it.",
    ]


def test_unknown_customers_are_told_what_is_near_or_set_aside() -> None:
    """A row of the gates by its number; capitals; a count of what else was set aside."""
    rejects = [
        {
            "table": "customers",
            "row": "7",
            "column": "customer_id",
            "reason": "stands there twice",
            "value": "C8",
            "id": "C8",
        },
        {"table": "customers", "row": "9", "column": "latitude", "reason": "is no number", "value": "x", "id": "C9"},
    ]
    t = tables(data_rejects=rejects)
    with pytest.raises(UsageError, match=r"'C8': row 7 of customers was set aside: customer_id stands there twice\.$"):
        explain_customer(t, "C8")
    with pytest.raises(UsageError, match=r"'C9': row 9 of customers was set aside: latitude is no number\.$"):
        explain_customer(t, "C9")
    with pytest.raises(UsageError, match=r"did you mean C1\? Capitals count\. 2 rows of customers were set aside"):
        explain_customer(t, "c1")
    with pytest.raises(UsageError, match=r"knows no customer 'zzz'\.$"):
        explain_customer(tables(), "zzz")
