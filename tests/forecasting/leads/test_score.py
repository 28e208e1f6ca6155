from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting.leads import score_leads
from forecasting.leads.columns import read_columns
from forecasting.leads.model import predict
from forecasting.metrics import auc

SHARED = Path(__file__).resolve().parents[4] / "shared"
QUALITY = ["model", "metric", "value", "baseline", "baseline_value", "rows", "note"]


def company(past: int = 1500, fresh: int = 400, seed: int = 1):
    """Leads whose source and visits tell who converts, and the true probability of the fresh ones."""
    rng = np.random.default_rng(seed)
    rows = past + fresh
    source = rng.choice(["web", "fair", 'friend: "ünlü" [a]'], rows)
    visits = rng.poisson(4, rows).astype(float)
    truth = 1 / (1 + np.exp(-(-2.0 + 0.3 * visits + 1.5 * (source == "fair"))))
    frame = pd.DataFrame(
        {
            "lead_id": pd.Series([f"L{i:05d}" for i in rng.permutation(rows)], dtype="str"),
            "number": np.arange(1000, 1000 + rows),
            "feature source": pd.Series(source, dtype="str"),
            "visits": np.where(rng.random(rows) < 0.05, np.nan, visits),
            "converted": (rng.random(rows) < truth).astype(int),
            "constant": "x",
            "newsletter": rng.random(rows) < 0.5,
        }
    )
    history = frame.iloc[:past].sort_values("lead_id").reset_index(drop=True)
    leads = frame.iloc[past:].drop(columns="converted").sample(frac=1, random_state=1)
    return leads, history, pd.Series(truth[past:], index=frame["lead_id"].iloc[past:])


def figures(scores) -> dict[str, float]:
    return dict(zip(scores.quality["metric"], scores.quality["value"], strict=True))


def test_the_trees_find_a_planted_truth_and_are_calibrated() -> None:
    leads, history, truth = company()
    scores = score_leads(leads, history, seed=7)
    expected = truth.loc[scores.scores["lead_id"]].to_numpy()
    probability = scores.scores["conversion_probability"].to_numpy()
    assert np.corrcoef(probability, expected)[0, 1] > 0.85
    assert probability.mean() == pytest.approx(expected.mean(), abs=0.05)
    assert scores.refused.empty
    assert list(scores.quality.columns) == QUALITY
    assert figures(scores)["auc"] > 0.65
    assert abs(figures(scores)["bias_points"]) < 6
    assert (scores.quality["rows"] == 450).all()


def test_rank_one_is_the_most_likely_and_rows_are_sorted_by_lead() -> None:
    leads, history, _ = company()
    scores = score_leads(leads, history, seed=7).scores
    assert scores["lead_id"].tolist() == sorted(leads["lead_id"])
    by_rank = scores.sort_values("rank")
    assert by_rank["rank"].tolist() == list(range(1, 401))
    assert (by_rank["conversion_probability"].diff().dropna() <= 0).all()


def test_the_order_of_rows_does_not_matter_and_the_same_seed_gives_the_same_scores() -> None:
    leads, history, _ = company()
    one = score_leads(leads, history, seed=7)
    other = score_leads(leads.iloc[::-1], history.sample(frac=1, random_state=3), seed=7)
    pd.testing.assert_frame_equal(one.scores, other.scores)
    pd.testing.assert_frame_equal(one.quality, other.quality)


def test_the_notes_name_the_order_and_the_columns_that_are_no_features() -> None:
    leads, history, _ = company(past=300, fresh=10)
    notes = score_leads(leads, history, seed=7).notes
    assert notes == (
        "Past leads are put in order of time by: number.",
        "No features: constant (constant), number (the order in time).",
    )


def test_a_column_that_only_the_history_has_is_refused_and_never_learned_from() -> None:
    leads, history, _ = company(past=600)
    scores = score_leads(leads, history.assign(contract=history["converted"]), seed=7)
    pd.testing.assert_frame_equal(scores.scores, score_leads(leads, history, seed=7).scores)
    assert scores.refused["column"].tolist() == ["contract"]
    assert scores.refused["reason"].tolist() == ["the fresh leads do not have this column"]
    assert np.isnan(scores.refused["auc_alone"].iloc[0])


@pytest.mark.parametrize(("outcome", "rate"), [(0, 1 / 302), (1, 301 / 302)])
def test_one_outcome_only_gives_laplaces_rate(outcome, rate) -> None:
    leads, history, _ = company(past=300, fresh=5)
    scores = score_leads(leads, history.assign(converted=outcome), seed=7)
    assert scores.scores["conversion_probability"].tolist() == pytest.approx([rate] * 5)
    assert scores.scores["rank"].tolist() == [1, 2, 3, 4, 5]
    assert scores.quality.empty
    assert "every lead has the base rate" in scores.notes[-1]


def test_few_past_leads_give_their_base_rate() -> None:
    leads, history, _ = company(past=40, fresh=5)
    scores = score_leads(leads, history, seed=7).scores
    assert scores["conversion_probability"].tolist() == pytest.approx([history["converted"].mean()] * 5)


def test_every_lead_is_told_why_and_the_words_change_no_number() -> None:
    """Reasons name features; the probabilities are those of `predict`."""
    leads, history, _ = company(past=400, fresh=30)
    scores = score_leads(leads, history, seed=7)
    assert scores.scores["reason"].str.contains("raised by|lowered by|near the mean").all()
    columns = read_columns(leads, history)
    kept = [name for name in columns.past if name not in set(scores.refused["column"])]
    plain = predict(columns.past[kept], columns.converted, columns.fresh[kept], seed=7)
    assert scores.scores["conversion_probability"].tolist() == plain.tolist()


def test_no_history_gives_one_half_and_no_leads_give_no_scores() -> None:
    leads, history, _ = company(past=300, fresh=3)
    assert score_leads(leads, history.iloc[:0], seed=7).scores["conversion_probability"].tolist() == [0.5] * 3
    none = score_leads(leads.iloc[:0], history, seed=7)
    assert none.scores.empty
    assert list(none.scores.columns) == ["lead_id", "conversion_probability", "rank", "reason"]
    metrics = ["auc", "brier", "ece", "bias_points", "log_loss", "precision_top20"]
    assert none.quality["metric"].tolist() == metrics * 2
    assert none.quality["baseline"].tolist() == ["base rate"] * 6 + ["logistic regression"] * 6
    bare = pd.DataFrame({"lead_id": pd.Series([], dtype="str")})
    assert score_leads(bare, bare.assign(converted=pd.Series([], dtype="float64")), seed=7).scores.empty


def test_columns_empty_or_of_another_type_among_the_fresh_leads_are_survived() -> None:
    leads, history, _ = company(past=400, fresh=150)
    odd = leads.assign(visits="many", **{"feature source": np.nan})
    scores = score_leads(odd, history, seed=7)
    assert scores.scores["conversion_probability"].between(0, 1).all()
    assert scores.refused["column"].tolist() == ["feature source", "visits"]
    assert scores.refused["reason"].str.startswith("filled for others").all()


@pytest.mark.real_week
@pytest.mark.skipif(not SHARED.exists(), reason="../shared is not beside the checkout")
def test_the_known_leaks_of_real_leads_are_refused_and_the_rest_still_tells() -> None:
    data = SHARED / "real_week" / "data"
    history, leads = pd.read_csv(data / "lead_history.csv.gz"), pd.read_csv(data / "leads.csv.gz")
    scores = score_leads(leads, history, seed=7)
    asymmetric = [
        f"asymmetrique_{what}" for what in ("activity_index", "activity_score", "profile_index", "profile_score")
    ]
    known = [*asymmetric, "last_notable_activity", "lead_profile", "lead_quality", "tags"]
    # One more than is known: last_activity moves as last_notable_activity does.
    assert scores.refused["column"].tolist() == sorted([*known, "last_activity"])
    assert figures(scores)["auc"] > 0.87
    assert abs(figures(scores)["bias_points"]) < 2
    assert figures(scores)["precision_top20"] > 0.88
    assert auc(scores.scores["conversion_probability"], -scores.scores["rank"] > -370) == 1.0
