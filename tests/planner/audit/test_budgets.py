"""Budgets of a week in the audit: spent to the last minute is sound, a contact more is a finding."""

from typing import Any

import pandas as pd
import pytest

from planner.audit import audit


def with_budget(run: Any, name: str, **budget: float) -> Any:
    """The scenario with budgets of a channel."""
    channels = dict(run.scenario.channels)
    channels[name] = channels[name].model_copy(update=budget)
    return run.scenario.model_copy(update={"channels": channels})


@pytest.mark.parametrize("unit", ["minutes", "eur"])
def test_a_contact_more_than_the_budget_is_refused(small_run: Any, unit: str) -> None:
    """The budget is what the plan's calls take; one call more than that breaks it, and only it."""
    calls = small_run.plan["allocations"].query("channel == 'outbound'")
    channel = small_run.scenario.channels["outbound"]
    weeks = -(-small_run.scenario.horizon.days // 7)
    spent = len(calls) * channel.contact_minutes * (1 if unit == "minutes" else channel.cost_eur_per_hour / 60)
    assert spent > 0
    scenario = with_budget(small_run, "outbound", **{f"budget_{unit}_per_week": spent / weeks})
    assert audit(scenario, small_run.tables, small_run.plan).empty
    tight = with_budget(small_run, "outbound", **{f"budget_{unit}_per_week": spent / weeks - 0.01})
    found = audit(tight, small_run.tables, small_run.plan)
    assert found["check"].tolist() == ["budget_kept"]
    assert f"{spent:g} {unit} of contacts" in found["message"].iloc[0]
    more = pd.concat([small_run.plan["allocations"], calls.head(1)], ignore_index=True)
    findings = audit(scenario, small_run.tables, small_run.plan | {"allocations": more})
    assert "budget_kept" in set(findings["check"])
