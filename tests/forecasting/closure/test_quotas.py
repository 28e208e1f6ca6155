"""Quotas: parts that sum, a band by simulation against formulas, territories by customer."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecasting.closure.landmarks import DAY
from forecasting.closure.load import NEVER
from forecasting.closure.quotas import ALL, NOBODY, REP, TERRITORY, new_deals, quotas
from forecasting.closure.report import Drift


@pytest.fixture
def pipeline(deals_of):
    """Four open deals of A and B and one past win of A that began and ended within the last 20 days; as-of day 100."""
    spans = [(95 * DAY, NEVER, False)] * 4 + [(85 * DAY, 95 * DAY, True), (10 * DAY, 70 * DAY, True)]
    deals = deals_of(spans, [[at] for at, _, _ in spans], amounts=[100.0, 100.0, 100.0, 100.0, 900.0, 5000.0])
    owner = pd.Series(["A", "A", "A", "B", "A", "B"], dtype="str")
    customer = pd.Series(["c1", "c1", "c2", "c2", "c1", "c2"], dtype="str")
    deals = replace(deals, table=deals.table.assign(owner=owner, customer_id=customer, rep_probability=0.9))
    scores = pd.DataFrame(
        {"opportunity_id": deals.table["opportunity_id"][:4], "win_probability": 0.5, "amount_eur": 100.0}
    )
    return deals, scores


def test_new_deals_are_those_that_began_and_were_won_in_one_window(pipeline) -> None:
    """Of 20 days: the win of 900 in the last window; that of 60 days began in another one than it ended."""
    found = new_deals(pipeline[0], horizon_days=20)
    assert found.amount_eur.tolist() == [900.0]
    assert found.windows == 4
    assert found.won_share == 1.0
    assert new_deals(pipeline[0], horizon_days=200).windows == 0


def test_parts_sum_by_rep_and_by_territory(pipeline) -> None:
    """A: 3 x 50 open, 900 / 4 new; B: 50; c2 is in nobody's territory."""
    deals, scores = pipeline
    territories = pd.DataFrame({"customer_id": ["c1"], "rep_id": ["T"]})
    found = quotas(scores, deals, Drift(0.0), horizon_days=20, seed=1, territories=territories)
    by = found.set_index(["level", "name"])
    assert by.loc[(ALL, ALL), ["from_open_eur", "from_new_eur", "expected_eur"]].tolist() == [200.0, 225.0, 425.0]
    assert by.loc[(REP, "A"), "expected_eur"] == 150.0 + 225.0
    assert by.loc[(REP, "B"), ["expected_eur", "open_deals", "reps_said_eur"]].tolist() == [50.0, 1, 90.0]
    assert by.loc[(TERRITORY, "T"), "expected_eur"] == 100.0 + 225.0
    assert by.loc[(TERRITORY, NOBODY), "expected_eur"] == 100.0
    assert found.loc[found["level"] == REP, "share_pct"].sum() == pytest.approx(100.0)
    assert found["level"].tolist() == [ALL, REP, REP, TERRITORY, TERRITORY]


def test_a_shared_season_widens_the_band_of_all_more_than_that_of_one(deals_of) -> None:
    """400 even deals of 1 euro: alone the band is 1.28 x 10 euros to each side, with a shared shift far more."""
    deals = deals_of([(95 * DAY, NEVER, False)] * 400, [[95 * DAY]] * 400, amounts=[1.0] * 400)
    names = deals.table["opportunity_id"]
    scores = pd.DataFrame({"opportunity_id": names, "win_probability": 0.5, "amount_eur": 1.0})
    apart = quotas(scores, deals, Drift(0.0), horizon_days=20, seed=2).iloc[0]
    assert apart["low_eur"] == pytest.approx(200 - 12.8, abs=1.5)
    assert apart["high_eur"] == pytest.approx(200 + 12.8, abs=1.5)
    together = quotas(scores, deals, Drift(0.4), horizon_days=20, seed=2).iloc[0]
    assert together["high_eur"] - together["low_eur"] == pytest.approx(2 * 1.2816 * np.hypot(40, 10), rel=0.08)
    assert together["name"] == ALL
