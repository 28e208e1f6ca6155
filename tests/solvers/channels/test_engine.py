"""Weekly budgets, engines that a scenario names, and prices of an earlier plan: by hand and against brute force."""

import datetime as dt
from itertools import product

import numpy as np
import pandas as pd
import pytest

from forecasting.types import Actions
from scenarios.errors import ScenarioError
from scenarios.schema import Channel, ContactPolicy, Horizon
from solvers.channels import FieldLoad, allocate_channels
from solvers.outcome import Outcome
from solvers.types import ChannelPlan, Territories

MONDAY = dt.date(2026, 3, 2)
CALLS = {"outbound": Channel(contact_minutes=12, cost_eur_per_hour=24, capacity_minutes_per_day=24)}
FREE = {"self_service": Channel(contact_minutes=0)}
WEB = {"web": Channel(contact_minutes=5, cost_eur_per_hour=20)}


def plan_of(
    values: dict[str, list[float]],
    channels: dict[str, Channel],
    *,
    engine: str = "highs",
    days: int = 2,
    contacts: int = 1,
    before: pd.DataFrame | None = None,
    due: list[str | None] | None = None,
    load: list[float] | None = None,
) -> ChannelPlan:
    """Customers C0.. with euros by channel; one rep of 100 minutes if there is a field."""
    count = len(next(iter(values.values())))
    ids = [f"C{i:03d}" for i in range(count)]
    rows = [
        (ids[i], name, channels[name].contact_minutes, True, euros[i], euros[i])
        for name, euros in values.items()
        for i in range(count)
    ]
    columns = ["customer_id", "channel", "minutes", "consent", "value_eur", "order_eur"]
    customers = pd.DataFrame(
        {
            "customer_id": pd.Series(ids, dtype="str"),
            "required": [False] * count,
            "due_date": pd.to_datetime(pd.Series(due or [None] * count)),
        }
    )
    reps = pd.DataFrame({"rep_id": pd.Series(["R1"], dtype="str"), "working_days": [2], "available_minutes": [100.0]})
    reps = reps.assign(capacity_minutes=100.0, longest_day_minutes=480.0)
    visiting = pd.Series([("R1",)] * count, dtype=object)
    assignment = pd.DataFrame({"customer_id": ids, "rep_id": "R1", "visiting_rep_ids": visiting})
    nothing = Outcome("territories", "feasible", 0, None, "", False, "", 0)
    return allocate_channels(
        Actions(pd.DataFrame(rows, columns=columns)),
        customers,
        Territories(assignment, pd.DataFrame(), nothing),
        FieldLoad(reps, pd.DataFrame({"customer_id": ids, "minutes": load or [30.0] * count})),
        channels=channels,
        policy=ContactPolicy(max_contacts_per_customer_per_week=contacts),
        horizon=Horizon(start=MONDAY, days=days),
        engine=engine,
        effort="thorough",
        time_limit_seconds=30,
        seed=1,
        prices_before=before,
    )


def limited(**budget: float) -> dict[str, Channel]:
    """Calls with a budget, and self-service."""
    return {"outbound": CALLS["outbound"].model_copy(update=budget)} | FREE


EUROS = {"outbound": [6.0, 5.0, 4.0], "self_service": [1.0, 1.0, 1.0]}


@pytest.mark.parametrize("engine", ["highs", "cbc", "dual", "cp_sat"])
@pytest.mark.parametrize("budget", [{"budget_minutes_per_week": 30.0}, {"budget_eur_per_week": 10.0}])
def test_a_budget_of_two_calls_goes_to_the_two_best(engine, budget):
    """Thirty minutes, or ten euros at 24 an hour, are two calls of twelve; four would fit into the days.

    A third call brings 4 EUR in place of 1; an hour more is worth that and no more, for nobody else is left.
    """
    plan = plan_of(EUROS, limited(**budget), engine=engine)
    assert plan.allocations["channel"].tolist() == ["outbound", "outbound", "self_service"]
    assert (plan.outcome.value, plan.outcome.bound) == (pytest.approx(12), pytest.approx(12, abs=1e-4))
    week = plan.prices[plan.prices["resource"] == "outbound:week"].iloc[0]
    assert pd.isna(week["day"])
    assert week["capacity_minutes"] == next(iter(budget.values())) * (1 if "budget_minutes_per_week" in budget else 2.5)
    assert week["used_minutes"] == 24
    assert week["hour_more_eur"] == pytest.approx(3)
    assert 15 - 1e-6 <= week["price_eur_per_hour"] <= 20 + 1e-6  # 3 to 4 EUR for twelve minutes
    by_day = plan.prices[plan.prices["resource"] == "outbound"]
    assert by_day["price_eur_per_hour"].tolist() == pytest.approx([0, 0])


def test_both_budgets_hold_and_a_week_begun_counts_whole():
    """24 minutes or 5 EUR (12.5 minutes) a week: one call; in eight days two."""
    both = limited(budget_minutes_per_week=24.0, budget_eur_per_week=5.0)
    assert plan_of(EUROS, both).outcome.value == 8
    assert plan_of(EUROS, both, days=8).outcome.value == 12


def test_a_budget_limits_a_channel_without_limit_of_days_and_may_be_zero():
    """Web contacts on any day: 11 minutes are two; none are none."""
    euros = {"web": [6.0, 5.0, 4.0], "self_service": [1.0, 1.0, 1.0]}
    web = {"web": WEB["web"].model_copy(update={"budget_minutes_per_week": 11.0})} | FREE
    plan = plan_of(euros, web)
    assert plan.allocations["channel"].tolist() == ["web", "web", "self_service"]
    assert plan.prices["resource"].tolist() == ["web:week"]
    none = {"web": WEB["web"].model_copy(update={"budget_minutes_per_week": 0.0})} | FREE
    assert plan_of(euros, none).outcome.value == 3


def most(values: dict[str, list[float]], minutes: dict[str, float], budget: dict[str, float]) -> float:
    """The most euros of all choices of one channel each within the budgets."""
    names, best = [*values, None], 0.0
    for choice in product(names, repeat=len(next(iter(values.values())))):
        spent = {name: minutes[name] * choice.count(name) for name in values}
        if all(spent[name] <= budget.get(name, np.inf) for name in values):
            best = max(best, sum(values[name][i] for i, name in enumerate(choice) if name))
    return best


@pytest.mark.parametrize("seed", range(3))
def test_engines_agree_with_all_choices(seed):
    """Five customers, two channels with budgets, a free one for some."""
    rng = np.random.default_rng(seed)
    values = {name: rng.lognormal(2, 1, 5).round(2).tolist() for name in ("outbound", "web", "self_service")}
    channels = limited(budget_minutes_per_week=24.0) | {
        "web": WEB["web"].model_copy(update={"budget_minutes_per_week": 9.0})
    }
    best = most(values, {"outbound": 12, "web": 5, "self_service": 0}, {"outbound": 24, "web": 9})
    for engine in ("auto", "dual", "highs", "cbc", "cp_sat"):
        plan = plan_of(values, channels, engine=engine)
        assert plan.outcome.value == pytest.approx(best), engine
        assert plan.outcome.bound >= best - 1e-6


def test_a_flow_is_exact_where_contacts_are_equally_long():
    """Three slots for four customers, no budget; the value of the flow is that of HiGHS and it is proven."""
    euros = {"outbound": [6.0, 5.0, 4.0, 9.0], "self_service": [1.0, 4.5, 1.0, 1.0]}
    channels = {"outbound": Channel(contact_minutes=12, capacity_minutes_per_day=36)} | FREE
    plan = plan_of(euros, channels, engine="flow", days=1)
    assert plan.outcome.method.startswith("flow")
    assert plan.outcome.value == plan_of(euros, channels, days=1).outcome.value == 23.5
    assert plan.outcome.reason == "optimal"


@pytest.mark.parametrize(
    ("engine", "more", "text"),
    [
        ("flow", {"due": ["2026-03-02", None, None]}, "flow needs one capacity for each resource"),
        ("dual", {"contacts": 2}, "dual plans one contact a customer; take auto, highs or cbc"),
        ("flow", {"contacts": 2}, "flow plans one contact a customer"),
    ],
)
def test_engines_refuse_what_they_cannot_do_and_name_the_key(engine, more, text):
    with pytest.raises(ScenarioError, match=text) as refused:
        plan_of(EUROS, CALLS | FREE, engine=engine, **more)
    assert [problem.key for problem in refused.value.problems] == ["solve.engines.channels"]


def test_a_flow_refuses_visits_of_different_lengths():
    channels = {"field": Channel(contact_minutes=30)} | FREE
    euros = {"field": [6.0, 5.0, 4.0], "self_service": [1.0, 1.0, 1.0]}
    with pytest.raises(ScenarioError, match="equally long on each resource"):
        plan_of(euros, channels, engine="flow", load=[30.0, 40.0, 50.0])


def test_prices_of_the_last_plan_save_passes_and_cost_no_value():
    """800 customers, calls, web and one rep; values of this week are last week's, off by some percent."""
    rng = np.random.default_rng(4)
    channels = CALLS | {"web": WEB["web"].model_copy(update={"budget_minutes_per_week": 200.0})} | FREE
    channels = {"field": Channel(contact_minutes=30), **channels}
    channels["outbound"] = channels["outbound"].model_copy(update={"capacity_minutes_per_day": 1200})
    values = {name: rng.lognormal(3, 1, 800).tolist() for name in channels}
    due = ["2026-03-02" if i % 5 == 0 else None for i in range(800)]
    load = rng.uniform(10, 40, 800).round(1).tolist()
    last = plan_of(values, channels, engine="dual", due=due, load=load)
    again = {name: (np.array(euros) * rng.normal(1, 0.01, 800)).tolist() for name, euros in values.items()}
    cold = plan_of(again, channels, engine="dual", due=due, load=load)
    warm = plan_of(again, channels, engine="dual", due=due, load=load, before=last.prices)
    assert warm.outcome.value >= cold.outcome.value * (1 - 1e-4)
    assert passes(warm) < passes(cold)
    assert warm.outcome.bound == pytest.approx(cold.outcome.bound, rel=1e-4)


def passes(plan: ChannelPlan) -> int:
    """Passes over the customers, of the method's words."""
    return int(plan.outcome.method.rpartition("(")[2].partition(" ")[0])
