"""Customers and leads as they should not come: one row, empty columns, unknown words, one outcome."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from forecasting.customers import score_customers
from forecasting.leads import score_leads

AS_OF = date(2024, 6, 30)
NOTHING_BOUGHT = pd.DataFrame(
    {"customer_id": pd.Series(dtype="str"), "date": pd.Series(dtype="datetime64[us]"),
     "amount_eur": pd.Series(dtype=float)}
)  # fmt: skip


def history(rows: int = 300, *, churned: str = "law") -> pd.DataFrame:
    rng = np.random.default_rng(1)
    usage = rng.normal(size=rows)
    law = (rng.random(rows) < 1 / (1 + np.exp(1 + usage))).astype(float)
    return pd.DataFrame(
        {
            "feature_usage": usage,
            "feature_city": rng.choice(["Köln", "Łódź", "東京"], rows),
            "feature_constant": "x",
            "feature_empty": np.nan,
            "churned": {"law": law, "nobody": np.zeros(rows), "all": np.ones(rows)}[churned],
        }
    )


def customers(rows: int) -> pd.DataFrame:
    frame = history(max(rows, 1)).drop(columns="churned").head(rows)
    return frame.assign(customer_id=[f"C{i}" for i in range(rows)], feature_city="São Paulo ☀")


@pytest.mark.parametrize("rows", [0, 1, 2])
@pytest.mark.parametrize("churned", ["law", "nobody", "all"])
def test_one_customer_unknown_city_and_one_outcome_end_in_scores(rows: int, churned: str) -> None:
    """Every score is finite and within its range; a probability of certainty is never given."""
    found = score_customers(
        customers(rows), history(churned=churned), NOTHING_BOUGHT, as_of=AS_OF, value_horizon_months=12, seed=1
    )
    scores = found.scores
    assert len(scores) == rows
    assert ((scores["churn_probability"] > 0) & (scores["churn_probability"] < 1)).all()
    assert scores["potential_eur"].eq(0).all()
    assert np.isfinite(scores["anomaly_score"]).all()
    if churned != "law":
        assert "base rate" in " ".join(found.notes)


def test_one_customer_with_one_purchase_is_expected_to_buy_something() -> None:
    """One purchase of 50 EUR: nothing can be learned, and the note says from what the potential is read."""
    bought = pd.DataFrame({"customer_id": ["C0"], "date": pd.to_datetime(["2024-05-01"]), "amount_eur": [50.0]})
    found = score_customers(customers(1), history(), bought, as_of=AS_OF, value_horizon_months=12, seed=1)
    assert found.scores["potential_eur"].iloc[0] >= 0
    assert any("only 1 customers have bought" in note for note in found.notes)


def leads(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    source = rng.choice(["Messe", "Wéb"], rows)
    chance = np.where(source == "Messe", 0.7, 0.2)
    return pd.DataFrame(
        {
            "lead_id": pd.Series([f"L{seed}-{i:04d}" for i in range(rows)], dtype="str"),
            "source": source,
            "empty": np.nan,
            "constant": "一",
            "visits": rng.poisson(3, rows),
            "converted": (rng.random(rows) < chance).astype(int),
        }
    )


def test_a_single_lead_with_an_unknown_source_and_empty_columns_is_scored() -> None:
    """A word never seen is unknown: the probability lies between those of the known words."""
    fresh = leads(3, 2).drop(columns="converted").assign(source=["Messe", "Wéb", "☎ 未知"], visits=3)
    found = score_leads(fresh, leads(400, 1), seed=7)
    messe, web, unknown = found.scores["conversion_probability"]
    assert messe > web
    assert web - 0.1 < unknown < messe + 0.1
    assert "empty (constant)" in " ".join(found.notes)
    one = score_leads(fresh.head(1), leads(400, 1), seed=7)
    assert one.scores["rank"].tolist() == [1]


def test_leads_that_all_look_alike_get_the_base_rate() -> None:
    """No column is left to learn from: the share of the past."""
    past = leads(400, 1)[["lead_id", "constant", "empty", "converted"]]
    found = score_leads(past.head(2).drop(columns="converted"), past, seed=7)
    assert found.scores["conversion_probability"].tolist() == pytest.approx([past["converted"].mean()] * 2)


def test_ten_customers_who_are_all_the_same_are_all_told_the_same() -> None:
    """One segment, one cluster, nobody odd, one churn probability, one potential."""
    people = pd.DataFrame({"customer_id": [f"C{i}" for i in range(10)], "feature_usage": 0.0, "feature_city": "Köln"})
    dates = pd.to_datetime(["2024-01-05", "2024-03-05", "2024-06-05"] * 10)
    bought = pd.DataFrame({"customer_id": np.repeat(people["customer_id"], 3), "date": dates, "amount_eur": 50.0})
    found = score_customers(people, history(), bought, as_of=AS_OF, value_horizon_months=12, seed=1)
    scores = found.scores
    for name in ("churn_probability", "potential_eur", "segment", "cluster", "anomaly_score", "value_band"):
        assert len(set(scores[name])) == 1, name
    assert not scores["is_anomaly"].any()
    months = ((AS_OF - date(2024, 1, 5)).days + 1) / (365.25 / 12)
    p = scores["churn_probability"].iloc[0]  # within a year: sales go on for p / -log(1 - p) of it
    left = p / -np.log1p(-p)
    assert scores["potential_eur"].iloc[0] == pytest.approx(12 * 100 / months * left, rel=2e-3)  # two repeats of 50 EUR


def test_three_hundred_buyers_of_one_purchase_each_on_one_day_end_in_scores() -> None:
    """No repeat purchase anywhere: no rate can be told, and every potential is finite, equal and small."""
    people = pd.DataFrame({"customer_id": [f"C{i:03d}" for i in range(300)]})
    bought = people.assign(date=pd.Timestamp("2024-03-01"), amount_eur=50.0)
    found = score_customers(people, history(), bought, as_of=AS_OF, value_horizon_months=12, seed=1)
    potential = found.scores["potential_eur"]
    assert len(set(potential)) == 1
    assert 0 <= potential.iloc[0] < 50


def test_returns_larger_than_sales_leave_no_negative_potential() -> None:
    """Every second row is a return: potentials are finite and never below 0, with the laws and without."""
    for count in (40, 260):
        rng = np.random.default_rng(count)
        ids = np.array([f"C{i:03d}" for i in range(count)])
        who = rng.choice(ids, 6 * count)
        days = pd.Timestamp(AS_OF) - pd.to_timedelta(rng.integers(0, 300, len(who)), unit="D")
        bought = pd.DataFrame({"customer_id": who, "date": days, "amount_eur": rng.choice([40.0, -55.0], len(who))})
        found = score_customers(
            pd.DataFrame({"customer_id": ids}), history(), bought, as_of=AS_OF, value_horizon_months=6, seed=1
        )
        assert np.isfinite(found.scores["potential_eur"]).all()
        assert (found.scores["potential_eur"] >= 0).all()
