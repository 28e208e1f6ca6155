"""The page on next best actions: parts that sum, evidence as it is, reasons as the forecasts have them."""

from dataclasses import replace
from typing import Any

import pandas as pd

from outputs.report_actions import MOST_CONTACTS, _in_order, action_details


def test_assumed_effects_say_so_and_why(held: Any) -> None:
    """Too few contacts by lot in the small company: all assumed, factor 1, no figures of an experiment."""
    page = action_details(held.plan, held.tables)
    assert "too few contacts by lot" in page["action_words"]
    assert page["action_words"][0] == "E"
    assert {row["evidence"] for row in page["action_effects"]} == {"assumed"}
    assert {(row["factor"], row["points"], row["span"]) for row in page["action_effects"]} == {("1.00", "–", "")}
    everybody = held.plan.tables["actions"].query("consent")["customer_id"].nunique()
    assert sum(int(row["best"]) for row in page["action_effects"]) == everybody


def test_contacts_are_the_planned_ones_worth_most_with_their_reasons(held: Any) -> None:
    page = action_details(held.plan, held.tables)
    planned = held.plan.tables["allocations"].query("channel != 'none'")
    best = planned.sort_values("value_eur", ascending=False)["customer_id"].iloc[0]
    rows = page["action_rows"]
    assert len(rows) == min(MOST_CONTACTS, len(planned))
    assert best in rows[0]["customer"]
    score = held.plan.tables["customer_scores"].set_index("customer_id").loc[best]
    assert score["churn_reason"]
    assert f"Risk to leave: {score['churn_reason']}." in rows[0]["why"]
    leads = held.plan.tables["lead_scores"].set_index("rank")
    assert page["action_leads"][0]["lead"] == leads.loc[1, "lead_id"]
    assert page["action_leads"][0]["why"] == leads.loc[1, "reason"]


def test_an_estimated_channel_shows_its_experiment(held: Any) -> None:
    effects = held.plan.tables["contact_effects"].copy()
    told = {
        "evidence": "estimated", "contacts_by_lot": 500.0, "left_alone_by_lot": 450.0, "contacts_logged": 2000.0,
        "effect_points": 13.46, "low_points": 10.0, "high_points": 17.0, "qini_points": 0.52, "qini_low_points": -0.1,
        "qini_high_points": 1.14, "mean_factor": 0.9,
    }  # fmt: skip
    effects = effects.astype({name: float for name in told if name != "evidence"})
    effects.loc[0, list(told)] = list(told.values())
    plan = replace(held.plan, tables=held.plan.tables | {"contact_effects": effects})
    row = action_details(plan, held.tables)["action_effects"][0]
    assert (row["contacts"], row["controls"], row["points"], row["span"]) == ("500", "450", "13.5", "10.0 to 17.0")
    assert (row["qini"], row["qini_span"], row["factor"]) == ("0.52", "-0.10 to 1.14", "0.90")


def test_adjustments_that_change_something() -> None:
    row = pd.Series({"recency_pct": 20.0, "engagement_pct": 0.2, "friction_pct": -12.5, "preference_pct": 0.0})
    assert _in_order(row) == "In the order of work: recency +20 %, tickets -12 %."
    assert _in_order(row * 0) == ""
