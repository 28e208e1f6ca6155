from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting.closure.evaluate import _gain_error, choose
from forecasting.closure.forecast import forecast_closure
from forecasting.metrics import auc
from scenarios.schema.forecast import ClosureSettings

SHARED = Path(__file__).resolve().parents[4] / "shared"
AS_OF = date(2026, 6, 30)
SETTINGS = ClosureSettings(start_stages=["lead"], horizon_days=60, hidden_states=3)


def company(deals: int, seed: int = 1, *, signal: bool = True, clean: bool = True):
    """Deals over 30 weeks, good and bad ones. Good ones go on to `offer` and win, bad ones linger and lose.

    Returns opportunities, events, and the true quality (good or not) by opportunity id.
    """
    rng = np.random.default_rng(seed)
    good = rng.random(deals) < 0.4
    end = pd.Timestamp(AS_OF)
    rows, created_at, ids = [], [], [f"O{number:05d}" for number in range(deals)]
    for number, name in enumerate(ids):
        created = end - pd.Timedelta(days=float(rng.uniform(0, 210)))
        created_at.append(created)
        looks_good = good[number] if signal else rng.random() < 0.4
        path = ["lead", "talk", "offer"] if looks_good and rng.random() < 0.9 else ["lead", "talk", "lead"]
        if not clean and number % 4 == 0:
            path = path[1:]
        at = created
        for stage in path:
            rows.append((name, stage, at))
            at += pd.Timedelta(days=float(rng.exponential(5)))
        wins = rng.random() < (0.8 if good[number] else 0.1)
        rows.append((name, "won" if wins else "lost", at + pd.Timedelta(days=float(rng.exponential(12)))))
    opportunities = pd.DataFrame(
        {
            "opportunity_id": pd.Series(ids, dtype="str"),
            "customer_id": pd.Series([f"C{i % 50}" for i in range(deals)], dtype="str"),
            "created_at": pd.Series(created_at).astype("datetime64[us]"),
            "amount_eur": np.where(np.arange(deals) % 10 == 0, np.nan, 1000.0),
            "rep_probability_pct": rng.integers(0, 101, deals).astype(float),
        }
    )
    events = pd.DataFrame(rows, columns=["opportunity_id", "stage", "entered_at"])
    events["entered_at"] = events["entered_at"].astype("datetime64[us]")
    return opportunities, events.astype({"opportunity_id": "str", "stage": "str"}), dict(zip(ids, good, strict=True))


def run(opportunities, events, *, seed: int = 7, settings: ClosureSettings = SETTINGS):
    return forecast_closure(opportunities, events, settings=settings, as_of=AS_OF, seed=seed)


def figure(forecast, model: str, metric: str, baseline: str = "base rate") -> tuple[float, float]:
    q = forecast.quality
    row = q[(q["model"] == model) & (q["metric"] == metric) & (q["baseline"] == baseline)].iloc[0]
    return float(row["value"]), float(row["baseline_value"])


@pytest.fixture(scope="module")
def planted():
    opportunities, events, good = company(1600)
    return opportunities, events, good, run(opportunities, events)


def test_the_model_finds_a_planted_truth_and_beats_base_rate_and_reps(planted) -> None:
    _, events, good, forecast = planted
    model = forecast.scores["method"].iloc[0].split(",")[0]
    value, base = figure(forecast, f"{model} (strict and all)", "log_loss")
    assert value < base - 0.05
    assert figure(forecast, f"{model} (strict and all)", "auc", "rep's number")[0] > 0.75
    assert abs(figure(forecast, f"{model} (strict and all)", "bias_points")[0]) < 5
    quality_known = forecast.scores["opportunity_id"].map(good)
    assert auc(forecast.scores["win_probability"], quality_known) > 0.75
    # The outcomes of the deals now open happen later, and the probabilities must sum to them.
    later = events[events["stage"] == "won"].set_index("opportunity_id")["entered_at"]
    happened = later.reindex(forecast.scores["opportunity_id"]).notna()
    assert forecast.scores["win_probability"].mean() == pytest.approx(happened.mean(), abs=0.1)


def test_every_open_deal_is_scored_once_with_its_stage_age_and_dwell(planted) -> None:
    opportunities, events, _, forecast = planted
    end = pd.Timestamp(AS_OF) + pd.Timedelta(days=1)
    known = events[events["entered_at"] < end]
    decided = set(known.loc[known["stage"].isin(["won", "lost"]), "opportunity_id"])
    open_ids = sorted(set(opportunities["opportunity_id"]) - decided)
    assert forecast.scores["opportunity_id"].tolist() == open_ids
    last = known.groupby("opportunity_id").tail(1).set_index("opportunity_id").loc[open_ids]
    assert forecast.scores["stage"].tolist() == last["stage"].tolist()
    dwell = (end - last["entered_at"]).dt.total_seconds() / 86400
    assert forecast.scores["dwell_days"].to_numpy() == pytest.approx(dwell.to_numpy(), abs=2e-5)
    assert (forecast.scores["age_days"] >= forecast.scores["dwell_days"] - 2e-5).all()
    assert forecast.scores["win_probability"].between(0.001, 0.999).all()
    assert f"{forecast.scores['amount_eur'].isna().sum()} open deals have no amount." in forecast.notes


def test_the_reps_number_is_never_a_feature(planted) -> None:
    opportunities, events, _, forecast = planted
    changed = run(opportunities.assign(rep_probability_pct=np.nan), events)
    columns = ["win_probability", "hmm_probability", "method"]
    pd.testing.assert_frame_equal(changed.scores[columns], forecast.scores[columns])
    assert changed.scores["rep_probability"].isna().all()
    assert "rep's number" not in set(changed.quality["baseline"])


def test_what_happens_after_the_as_of_day_changes_nothing(planted) -> None:
    opportunities, events, _, forecast = planted
    known = events[events["entered_at"] < pd.Timestamp(AS_OF) + pd.Timedelta(days=1)]
    truncated = run(opportunities, known)
    pd.testing.assert_frame_equal(truncated.scores, forecast.scores)
    pd.testing.assert_frame_equal(truncated.quality, forecast.quality)


def test_deals_outside_the_strict_regime_have_a_model_and_figures_of_their_own() -> None:
    forecast = run(*company(700, clean=False)[:2])
    assert set(forecast.scores["regime"]) == {"strict", "all"}
    beside_base = forecast.quality[forecast.quality["baseline"] == "base rate"]
    rows = beside_base[beside_base["metric"] == "brier"].set_index("model")["rows"]
    assert rows["base rate (strict)"] < rows["base rate (all)"]
    reasons = dict(zip(forecast.left_out["reason"], forecast.left_out["deals"], strict=True))
    assert reasons["strict: starts in a stage that is no start stage"] == 175


def test_where_nothing_can_be_learned_the_base_rate_is_used_and_said() -> None:
    opportunities, events, _ = company(500, signal=False, seed=3)
    noise = events.assign(stage=events["stage"].where(events["stage"].isin(["won", "lost"]), "one"))
    noise = noise.groupby("opportunity_id").nth([0, -1])
    shuffled = noise["stage"].to_numpy().copy()
    ends = np.isin(shuffled, ["won", "lost"])
    shuffled[ends] = np.random.default_rng(0).permutation(shuffled[ends])
    forecast = run(opportunities, noise.assign(stage=shuffled), settings=ClosureSettings(horizon_days=60))
    assert set(forecast.scores["method"]) == {"base rate"}
    assert np.ptp(forecast.scores["win_probability"]) == 0
    assert any("scored by the base rate; no model beat it" in note for note in forecast.notes)


def test_without_settled_deals_the_base_rate_is_laplaces_guess() -> None:
    opportunities, events, _ = company(3)
    opportunities["created_at"] = pd.Timestamp(AS_OF) - pd.Timedelta(days=20)
    events["entered_at"] = opportunities["created_at"].iloc[0]
    started = events.groupby("opportunity_id").head(1)
    forecast = run(opportunities, started[started["opportunity_id"] != "O00001"])
    assert forecast.scores["win_probability"].tolist() == [0.5] * 3
    assert forecast.scores["stage"].tolist() == ["lead", "", "lead"]
    assert forecast.scores["method"].tolist() == ["base rate", "base rate: no stage event yet", "base rate"]
    assert "1 open deals have no stage event and are scored by the base rate." in forecast.notes
    assert forecast.quality.empty


def test_only_losses_give_a_low_but_not_an_impossible_base_rate() -> None:
    opportunities, events, _ = company(300)
    forecast = run(opportunities, events.assign(stage=events["stage"].replace("won", "lost")))
    assert 0 < forecast.scores["win_probability"].max() < 0.02
    assert forecast.scores["hmm_probability"].isna().all()


def test_empty_tables_give_empty_frames_of_the_contract() -> None:
    opportunities, events, _ = company(3)
    forecast = run(opportunities.iloc[:0], events.iloc[:0])
    assert forecast.scores.empty
    assert list(forecast.scores.columns) == [
        "opportunity_id",
        "customer_id",
        "stage",
        "age_days",
        "dwell_days",
        "amount_eur",
        "regime",
        "win_probability",
        "hmm_probability",
        "rep_probability",
        "method",
        "reason",
    ]
    assert list(forecast.left_out.columns) == ["reason", "deals"]


@pytest.mark.parametrize(
    ("losses", "chosen"),
    [
        ({}, "base rate"),
        ({"base rate": 0.60}, "base rate"),
        ({"base rate": 0.60, "mean logit": 0.5, "hidden Markov": 0.55}, "mean logit"),
        ({"base rate": 0.60, "mean logit": 0.5005, "trees": 0.5}, "mean logit"),
        ({"base rate": 0.60, "mean logit": 0.52, "trees": 0.5}, "trees"),
        ({"base rate": 0.60, "mean logit": 0.585}, "base rate"),
    ],
)
def test_the_best_on_later_weeks_is_chosen_and_the_base_rate_must_be_clearly_beaten(losses, chosen) -> None:
    assert choose(losses, needed=dict.fromkeys(losses, 0.02)) == chosen


def test_the_gain_is_as_uncertain_as_the_deals_are_few() -> None:
    # Two deals gain log 2 and lose log 2; saying each row four times must not make the gain more certain.
    p, q, won = np.array([0.5, 0.25]), np.array([0.25, 0.5]), np.array([True, True])
    once = _gain_error(p, q, won, np.array([0, 1]))
    assert once == pytest.approx(np.log(2) / np.sqrt(2))
    four = _gain_error(np.tile(p, 4), np.tile(q, 4), np.tile(won, 4), np.tile([0, 1], 4))
    assert four == pytest.approx(once)


@pytest.mark.real_week
@pytest.mark.skipif(not SHARED.exists(), reason="../shared is not beside the checkout")
def test_real_week_is_forecast_better_than_by_base_rate_and_reps() -> None:
    data = SHARED / "real_week" / "data"
    opportunities = pd.read_csv(data / "opportunities.csv.gz", parse_dates=["created_at"])
    events = pd.read_csv(data / "stage_events.csv.gz", parse_dates=["entered_at"])
    settings = ClosureSettings(start_stages=["a_submitted", "a_partlysubmitted"], horizon_days=90)
    as_of = date(1999, 12, 17)
    forecast = forecast_closure(opportunities, events, settings=settings, as_of=as_of, seed=7)
    assert len(forecast.scores) == 836
    value, rep = figure(forecast, "mean logit (strict and all)", "auc", "rep's number")
    assert value >= 0.76 > rep
    bias, rep_bias = figure(forecast, "mean logit (strict and all)", "bias_points", "rep's number")
    assert abs(bias) <= 4 < rep_bias
    # As if the day were a month earlier: the deals then open, and what came of them.
    earlier = forecast_closure(opportunities, events, settings=settings, as_of=as_of - timedelta(days=35), seed=7)
    ends = events[events["stage"].isin(["won", "lost"])].set_index("opportunity_id")["stage"]
    outcome = ends.reindex(earlier.scores["opportunity_id"]).to_numpy()
    settled = pd.notna(outcome)
    assert auc(earlier.scores["win_probability"][settled], outcome[settled] == "won") > 0.73


def test_forty_customers_are_too_few_for_trees_and_are_scored_all_the_same() -> None:
    """The chains and the regression can be fitted at the end, but in no block before: none of them is used."""
    from inputs.synthetic import make_company

    company = make_company("few", customers=40, reps=2, agents=4, seed=5)
    tables = company.tables
    forecast = forecast_closure(
        tables["opportunities"],
        tables["stage_events"],
        settings=ClosureSettings(),
        as_of=company.as_of,
        seed=1,
    )
    assert forecast.scores["win_probability"].between(0, 1).all()
    assert not forecast.scores["method"].str.contains("trees|hazard").any()
