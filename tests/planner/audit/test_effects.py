"""Estimated effects under the audit: right sums pass, factors that nobody measured do not."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecasting.next_best_action import value_actions
from forecasting.response import learn_response
from forecasting.types import ClosureForecast, CustomerScores
from planner.audit.forecasts import actions_sum, effects_as_evidenced, win_euros
from planner.audit.statements import customer_euros

CHECKS = (actions_sum, win_euros, customer_euros, effects_as_evidenced)


@pytest.fixture(scope="module")
def measured(small_run: Any) -> Any:
    """The small company after 3,000 contacts by lot, and its actions with the effects learned from them."""
    run, rng = small_run, np.random.default_rng(4)
    people = run.tables.customers
    who = rng.integers(0, len(people), 3000)
    consent = people["consent"].to_numpy()[who]
    channel = np.array([rng.choice([*given, "none"]) for given in consent], dtype=object)
    answers = rng.random(3000) < np.where(channel == "field", 0.4, np.where(channel == "none", 0.1, 0.2))
    history = pd.DataFrame(
        {"customer_id": people["customer_id"].to_numpy()[who], "channel": channel,
         "outcome": np.where(answers, "response", "no_response"), "randomised": 1}
    )  # fmt: skip
    tables = replace(run.tables, interactions=history)
    s = run.scenario
    response = learn_response(history, people, channels=tuple(s.channels), seed=1)
    actions = value_actions(
        people, CustomerScores(run.plan["customer_scores"], pd.DataFrame()),
        ClosureForecast(run.plan["closure"], pd.DataFrame(), pd.DataFrame()), channels=s.channels,
        policy=s.contact_policy, settings=s.next_best_action, money=s.money, as_of=s.as_of, response=response,
    )  # fmt: skip
    return s, tables, run.plan | {"actions": actions.table, "contact_effects": actions.effects}


def findings(measured: Any, plan: dict[str, pd.DataFrame], scenario: Any = None) -> set[str]:
    s, tables, _ = measured
    return {finding.check for check in CHECKS for finding in check(scenario or s, tables, plan)}


def test_measured_effects_pass(measured: Any) -> None:
    """All channels with enough contacts are estimated, factors differ, and every sum is found again."""
    _, _, plan = measured
    assert plan["contact_effects"]["evidence"].eq("estimated").sum() >= 4
    assert plan["actions"]["effect_factor"].std() > 0.05
    assert findings(measured, plan) == set()


def test_factors_that_were_not_measured_are_refused(measured: Any) -> None:
    """One factor changed; one beyond 4 with all its euros; all of a channel by a tenth with all their euros."""
    _, _, plan = measured
    actions = plan["actions"]
    deal = actions.index[actions["win_eur"] > 1][0]
    alone = actions.assign(effect_factor=actions["effect_factor"].where(actions.index != deal, 0.5))
    assert {"win_euros", "customer_euros"} <= findings(measured, plan | {"actions": alone})
    dull = actions[(actions["win_eur"] == 0) & (actions["churn_eur"] + actions["growth_eur"] > 0)]
    row = dull.index[0]
    raised = scaled(actions, actions.index == row, 4.5 / actions.loc[row, "effect_factor"])
    assert "effects_as_evidenced" in findings(measured, plan | {"actions": raised})
    mine = actions.index.isin(dull.index[dull["channel"] == "field"])
    assert findings(measured, plan | {"actions": scaled(actions, mine, 1.1)}) == {"effects_as_evidenced"}


def scaled(actions: pd.DataFrame, rows: Any, by: float) -> pd.DataFrame:
    """Factor, churn and growth of these rows multiplied, the value with them."""
    times = np.where(rows, by, 1.0)
    parts = {name: actions[name] * times for name in ("effect_factor", "churn_eur", "growth_eur")}
    value = actions["win_eur"] + parts["churn_eur"] + parts["growth_eur"] - actions["contact_cost_eur"]
    return actions.assign(**parts, value_eur=value)


def test_a_scenario_that_assumes_has_no_estimates(measured: Any) -> None:
    """The key says `assumed`: estimated effects are findings then; and without contacts by lot they always are."""
    s, tables, plan = measured
    nba = s.next_best_action.model_copy(update={"effects": "assumed"})
    assert findings(measured, plan, s.model_copy(update={"next_best_action": nba})) == {"effects_as_evidenced"}
    bare = replace(tables, interactions=tables.interactions.assign(randomised=0))
    assert findings((s, bare, plan), plan) == {"effects_as_evidenced"}
