"""Bands: sums whose spread is known by formula, shared effects that widen them, and a whole small plan."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecasting.types import CallForecast
from planner.bands import (
    USUAL_SPREAD,
    Chances,
    answered_pct,
    calls_of,
    deal_gains,
    drawn_sums,
    figure_bands,
    shared_spread,
)
from planner.types import Plan
from scenarios.schema import Scenario

SCENARIO = Scenario.model_validate_json(
    """{"name": "t", "as_of": "2026-03-06", "horizon": {"start": "2026-03-09", "days": 1},
    "data": {"customers": "c.csv"}, "money": {"gross_margin_pct": 50}, "channels": {"field": {"contact_minutes": 30,
    "win_lift_points": 10, "churn_reduction_pct": 20, "growth_lift_pct": 0}},
    "staffing": {"interval_minutes": 30, "service_level": {"answered_pct": 80, "within_seconds": 20}}}"""
)


def chances(p: float, number: int, *, lift: float = np.nan, scale: float = 1.0, stake: float = 1.0) -> Chances:
    full = [np.full(number, value) for value in (p, lift, scale, stake)]
    return Chances(*full)


def test_without_a_shared_effect_the_sum_is_binomial() -> None:
    """400 chances of .2: mean 80, standard deviation 8; one by one and as a normal sum alike."""
    rng = np.random.default_rng(1)
    for number in (400, 40_000):
        sums = drawn_sums(chances(0.2, number), np.zeros(4_000), rng)
        assert sums.mean() == pytest.approx(0.2 * number, rel=0.01)
        assert sums.std() == pytest.approx(np.sqrt(0.16 * number), rel=0.05)


def test_a_shared_effect_widens_the_sum() -> None:
    """Variance = E[n q (1 - q)] + Var[n q] over the effect's distribution, here two equally likely values."""
    effect = np.tile([-0.5, 0.5], 3_000)
    sums = drawn_sums(chances(0.5, 400), effect, np.random.default_rng(2))
    q = 1 / (1 + np.exp(0.5))
    assert sums.var() == pytest.approx(400 * q * (1 - q) + (400 * (0.5 - q)) ** 2, rel=0.05)


def test_a_lift_counts_as_far_as_there_is_room() -> None:
    """A deal at .95 can be lifted by .05 only; the chance without a lift is scale x p."""
    room = chances(0.95, 1, lift=0.1).at(np.zeros(1))
    assert room[0, 0] == pytest.approx(0.05)
    assert chances(0.3, 1, scale=0.2).at(np.zeros(1))[0, 0] == pytest.approx(0.06)


def quality(bias: list[float], rows: list[int]) -> SimpleNamespace:
    frame = pd.DataFrame(
        {"metric": "cohort_bias_points", "value": bias, "rows": rows, "note": [str(i) for i in range(len(bias))]}
    )
    scores = pd.DataFrame({"win_probability": [0.5, 0.5], "amount_eur": [1.0, 1.0]})
    return SimpleNamespace(closure=SimpleNamespace(quality=frame, scores=scores))


def test_the_shared_spread_is_what_luck_leaves_of_past_biases() -> None:
    """Biases of 5 points each: .05^2 less .25 / 1000 of luck; in log-odds over p (1 - p) = .25."""
    found = shared_spread(quality([5, -5, 5, -5], [1000] * 4))  # type: ignore[arg-type]
    assert found == pytest.approx(np.sqrt(0.0025 - 0.00025) / 0.25)
    assert shared_spread(quality([1, -1, 1], [100] * 3)) == 0  # type: ignore[arg-type]
    assert shared_spread(quality([9, 9], [1000] * 2)) == USUAL_SPREAD  # type: ignore[arg-type]


def test_futures_are_summed_into_the_rows_of_the_requirement() -> None:
    """Quarters into half hours, in the requirement's own order; what is not rostered is left out."""
    starts = np.arange("2026-03-09T09:00", "2026-03-09T10:15", np.timedelta64(15, "m"), dtype="datetime64[us]")
    paths = np.array([[[1, 2, 4, 8, 16]], [[0, 1, 0, 1, 0]]], dtype=np.float32)
    forecast = CallForecast(("q",), starts, paths, np.full((1, 5), 60.0), pd.DataFrame(), pd.DataFrame())
    requirement = pd.DataFrame(
        {"queue": ["q", "q"], "interval_start": pd.to_datetime(["2026-03-09T09:30", "2026-03-09T09:00"])}
    )
    assert calls_of(forecast, requirement, interval_minutes=30).tolist() == [[12, 3], [1, 1]]


def test_a_future_with_more_calls_is_answered_less() -> None:
    """One agent on the phone: no calls are left out, a light future is answered better than a heavy one."""
    requirement = pd.DataFrame({"agents_rostered": [1.0, 0.0], "handle_seconds_mean": [180.0, 180.0]})
    share = answered_pct(SCENARIO, requirement, np.array([[1.0, 0.0], [0.0, 0.0], [12.0, 0.0], [1.0, 1.0]]))
    assert len(share) == 3
    assert share[0] > 85 > 50 > share[1]
    assert share[2] == pytest.approx(share[0] / 2)  # the second call finds nobody


def test_gains_are_those_of_contacted_customers_only() -> None:
    """C1 is visited: lift .1 on 1,000 eur at half margin; C2 has no contact; no gain if deals do not count. Where the
    effect is half of the assumed, so is the lift."""
    allocations = pd.DataFrame({"customer_id": ["C1", "C2"], "channel": ["field", "none"]})

    def told(factor: float) -> Any:
        table = pd.DataFrame({"customer_id": ["C1"], "channel": ["field"], "effect_factor": [factor]})
        return SimpleNamespace(channels=SimpleNamespace(allocations=allocations), actions=SimpleNamespace(table=table))

    decisions = told(1.0)
    deals = pd.DataFrame({"customer_id": ["C1", "C2"], "win_probability": [0.4, 0.4], "amount_eur": [1000.0, 500.0]})
    gains = deal_gains(SCENARIO, decisions, deals)
    assert (gains.lift.tolist(), gains.stake.tolist()) == ([0.1], [500.0])
    assert deal_gains(SCENARIO, told(0.5), deals).lift.tolist() == [0.05]
    nba = SCENARIO.next_best_action.model_copy(update={"value_from": ["potential"]})
    assert len(deal_gains(SCENARIO.model_copy(update={"next_best_action": nba}), decisions, deals).p) == 0


def test_a_plan_has_bands_around_its_figures(small_run: Any) -> None:
    """Every banded figure is stated, its band is ordered, and the mean of the draws is near what is stated."""
    from planner.cache import StageCache
    from planner.pipeline import make_plan

    plan: Plan = make_plan(small_run.scenario, small_run.tables, cache=StageCache(small_run.store / "cache"))
    bands = figure_bands(plan.scenario, plan.decisions, plan.tables)
    stated = plan.kpis.set_index("kpi")["value"]
    assert {"calls", "call_hours", "answered_pct", "expected_won_eur", "win_eur", "net_value_eur"} <= set(bands["kpi"])
    assert set(bands["kpi"]) <= set(stated.index)
    assert (bands["low"] <= bands["median"]).all()
    assert (bands["median"] <= bands["high"]).all()
    calls = bands.set_index("kpi").loc["calls"]
    assert calls["low"] <= stated["calls"] <= calls["high"]
    net, won = (bands.set_index("kpi").loc[name] for name in ("net_value_eur", "win_eur"))
    assert net["high"] - net["low"] >= 0.9 * (won["high"] - won["low"])
    pd.testing.assert_frame_equal(bands, figure_bands(plan.scenario, plan.decisions, plan.tables))


def test_without_calls_and_deals_there_are_no_bands(small_run: Any) -> None:
    """Nothing forecast, nothing banded."""
    from planner.cache import StageCache
    from planner.pipeline import make_plan

    plan: Plan = make_plan(small_run.scenario, small_run.tables, cache=StageCache(small_run.store / "cache"))
    d = plan.decisions
    empty = replace(
        d,
        calls=replace(d.calls, paths=d.calls.paths[:, :, :0], interval_starts=d.calls.interval_starts[:0]),
        closure=replace(d.closure, scores=d.closure.scores.iloc[:0]),
        customers=replace(d.customers, scores=d.customers.scores.iloc[:0]),
    )
    assert figure_bands(plan.scenario, empty, plan.tables).empty
