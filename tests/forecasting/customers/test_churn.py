"""Churn: a planted law is found, calibrated and measured; with nothing to learn from it says so."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting.customers.churn import FOLDS, _folds, score_churn

SHARED = Path(__file__).resolve().parents[3].parent / "shared"


def planted(rows: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Churn of 50 % for monthly contracts with short tenure, 20 % with long, 5 % for yearly ones; and its truth."""
    rng = np.random.default_rng(seed)
    contract = rng.choice(["monthly", "yearly"], rows)
    tenure = rng.uniform(0, 60, rows)
    truth = np.where(contract == "monthly", np.where(tenure < 30, 0.5, 0.2), 0.05)
    frame = pd.DataFrame(
        {"feature_contract": contract, "feature_tenure": tenure, "feature_noise": rng.normal(size=rows)}
    )
    return frame.assign(churned=(rng.random(rows) < truth).astype(int)), truth


def test_a_planted_law_is_learned_and_calibrated():
    """Mean absolute distance to the planted probability below 5 points; measured better than the base rate."""
    history, _ = planted(2500, 1)
    customers, truth = planted(800, 2)
    result = score_churn(customers.drop(columns="churned"), history, seed=3)
    assert np.abs(result.probability - truth).mean() < 0.05
    figures = {(row[1], row[3]): (row[2], row[4]) for row in result.quality}
    ours, base = figures["brier", "base_rate"]
    assert ours < base - 0.02
    assert figures["auc", "base_rate"][1] == 0.5
    assert figures["auc", "logistic"][0] > 0.7
    assert abs(figures["bias_points", "base_rate"][0]) < 1.5


def test_everybody_is_told_what_moves_the_risk():
    """Monthly contracts raise it, yearly ones lower it; nobody is told of the noise first."""
    history, _ = planted(2500, 1)
    customers, _ = planted(300, 2)
    result = score_churn(customers.drop(columns="churned"), history, seed=3)
    monthly = (customers["feature_contract"] == "monthly").to_numpy()
    assert all("raised by" in text and "contract monthly" in text for text in result.reason[monthly])
    assert all("contract yearly" in text.partition("lowered by")[2] for text in result.reason[~monthly])
    fresh = customers["feature_tenure"].to_numpy() < 20
    assert all("tenure" in text for text in result.reason[monthly & fresh])
    assert score_churn(customers.drop(columns="churned"), history.iloc[:0], seed=3).reason.tolist() == [""] * 300


def test_without_history_no_euro_rests_on_churn():
    """Probability 0 for all, and a note."""
    empty = pd.DataFrame({"churned": pd.Series(dtype="float64")})
    result = score_churn(pd.DataFrame({"feature_a": [1, 2]}), empty, seed=1)
    assert result.probability.tolist() == [0, 0]
    assert result.notes == (
        "churn: there is no customer_history, so nothing is known of leaving and its probability counts 0",
    )
    assert result.quality[0][5] == 0


@pytest.mark.parametrize("left", [0, 3, 40])
def test_one_outcome_or_few_give_the_smoothed_base_rate(left):
    """k of 40 left: (k + 0.5) / 41 for everybody, never 0 or 1."""
    history = pd.DataFrame({"churned": [1] * left + [0] * (40 - left), "feature_a": range(40)})
    result = score_churn(pd.DataFrame({"feature_a": [1, 2, 3]}), history, seed=1)
    assert result.probability == pytest.approx(np.full(3, (left + 0.5) / 41))
    assert "every customer gets the base rate" in result.notes[0]


def test_no_common_feature_gives_the_base_rate_with_both_reasons():
    """Columns do not meet: base rate."""
    history = pd.DataFrame({"churned": [0, 1] * 50, "feature_a": range(100)})
    result = score_churn(pd.DataFrame({"feature_b": [1.0]}), history, seed=1)
    assert result.probability == pytest.approx([0.5])
    assert result.notes[-1] == "churn: no feature can be learned from: every customer gets the base rate 50.0 %"


def test_unlabelled_rows_are_left_out_and_all_unknown_features_still_score():
    """NaN labels do not count; a customer about whom nothing is known gets a probability between 0 and 1."""
    history, _ = planted(400, 4)
    history["churned"] = history["churned"].astype(float)
    history.loc[:99, "churned"] = np.nan
    nobody = pd.DataFrame({name: [np.nan] for name in history.columns if name.startswith("feature_")})
    result = score_churn(nobody, history, seed=1)
    assert result.quality[0][5] == 300
    assert 0 < result.probability[0] < 1


def test_rows_of_one_customer_stay_in_one_fold_and_folds_have_both_outcomes():
    """Three snapshots a customer never part; rows without an id stand alone; leavers are spread evenly."""
    ids = pd.Series([f"c{i // 3}" for i in range(300)])
    ids[0] = None
    labelled = pd.DataFrame({"customer_id": ids.astype("str"), "snapshot_date": pd.Timestamp("2024-01-01")})
    y = (np.arange(300) % 30 < 6).astype(float)
    fold = _folds(labelled, y, seed=1)
    by_customer = pd.Series(fold[1:]).groupby(ids[1:].to_numpy()).nunique()
    assert by_customer.max() == 1
    left = np.bincount(fold, weights=y, minlength=FOLDS)
    assert left.max() - left.min() <= 6


def test_the_same_seed_gives_the_same_bytes():
    """Two runs, equal bytes; the order of time comes from snapshot_date where it is known."""
    history, _ = planted(300, 5)
    dated = history.assign(snapshot_date=pd.date_range("2020-01-01", periods=300))
    first, again = (score_churn(history.head(50), dated, seed=9).probability for _ in range(2))
    assert first.tobytes() == again.tobytes()


@pytest.mark.real_week
def test_real_churn_beats_logistic_regression_and_has_no_bias():
    """Telco rows: AUC at least .84, above the logistic beside it; bias within a point."""
    if not SHARED.exists():
        pytest.skip("../shared is not beside the checkout")
    folder = SHARED / "real_week" / "data"
    history, customers = (pd.read_csv(folder / f"{name}.csv.gz") for name in ("customer_history", "customers"))
    figures = {(row[1], row[3]): (row[2], row[4]) for row in score_churn(customers, history, seed=7).quality}
    ours, logistic = figures["auc", "logistic"]
    assert ours > 0.84
    assert ours > logistic
    assert abs(figures["bias_points", "base_rate"][0]) < 1
