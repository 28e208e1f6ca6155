"""What may leave the house: hashes, bands, and no group of fewer than twenty customers."""

import pandas as pd
import pytest

from forecasting.closure.exports import COLUMNS, amount_bands, anonymous_scores, score_cohorts
from forecasting.customers.anonymous import OTHER, SUPPRESSED
from scenarios.errors import MusterError


def scores_of(**stages: int) -> pd.DataFrame:
    """So many deals of as many customers in each stage, all worth 2,000 euros and half as likely as not."""
    stage = [name for name, count in stages.items() for _ in range(count)]
    count = len(stage)
    return pd.DataFrame(
        {
            "opportunity_id": [f"O{i}" for i in range(count)],
            "customer_id": [f"C{i}" for i in range(count)],
            "stage": pd.Series(stage, dtype="str"),
            "age_days": 13.0,
            "amount_eur": 2000.0,
            "win_probability": 0.5049,
            "close_p50": pd.Timestamp("2026-04-17"),
            "expected_eur": 1009.8,
        }
    )


def test_ids_are_hashed_and_figures_coarse() -> None:
    """Nothing of the id is left, amounts are bands, days weeks and months, chances whole percent."""
    found = anonymous_scores(scores_of(demo=20), salt="secret")
    assert tuple(found.columns) == COLUMNS
    assert found.iloc[0, 2:].to_dict() == {
        "stage": "demo", "amount_band": "1000 to 3000 eur", "age_weeks": 1, "win_probability": 0.5,
        "close_month": "2026-04",
    }  # fmt: skip
    assert not set(found["customer_id"]) & {f"C{i}" for i in range(20)}
    assert anonymous_scores(scores_of(demo=20), salt="other")["customer_id"].tolist() != found["customer_id"].tolist()
    with pytest.raises(MusterError, match="salt"):
        anonymous_scores(scores_of(demo=20), salt="")


def test_nineteen_customers_lose_stage_and_band() -> None:
    """Also where they have many deals."""
    few = scores_of(demo=20, new=19)
    again = few[few["stage"] == "new"].assign(opportunity_id=lambda f: f["opportunity_id"] + "b")
    found = anonymous_scores(pd.concat([few, again], ignore_index=True), salt="s")
    assert found["stage"].value_counts().to_dict() == {SUPPRESSED: 38, "demo": 20}
    assert set(found.loc[found["stage"] == SUPPRESSED, "amount_band"]) == {SUPPRESSED}


def test_the_band_goes_before_the_stage() -> None:
    """Ten and ten customers of two bands still share a stage."""
    table = scores_of(demo=20)
    table.loc[:9, "amount_eur"] = 50.0
    found = anonymous_scores(table, salt="s")
    assert set(found["amount_band"]) == {SUPPRESSED}
    assert set(found["stage"]) == {"demo"}
    assert len(anonymous_scores(table.iloc[:0], salt="s")) == 0


def test_cohorts_cannot_be_found_by_subtraction() -> None:
    """Five alone would be the total less the others: the smallest cohort that is shown joins them."""
    found = score_cohorts(scores_of(demo=40, new=25, offer=5), by=["stage"]).set_index("cohort")
    assert found["customers"].to_dict() == {OTHER: 30, "demo": 40}
    assert found.loc["demo", ["deals", "win_pct", "amount_eur"]].tolist() == pytest.approx([40, 50.49, 2000.0])
    assert score_cohorts(scores_of(demo=12, new=12), by=["stage"])["customers"].tolist() == [24]
    assert score_cohorts(scores_of(demo=12), by=["stage"]).empty


def test_bands_by_hand() -> None:
    """An amount on an edge is in the band that it begins; none is unknown."""
    bands = amount_bands(pd.Series([0.0, 999.0, 1000.0, 100_000.0, None]))
    assert bands.tolist() == ["0 to 1000 eur", "0 to 1000 eur", "1000 to 3000 eur", "100000 eur on", "unknown"]
