import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from forecasting.calibration import logit
from forecasting.closure.landmarks import DAY
from forecasting.closure.report import (
    Drift,
    Judged,
    by_deal,
    by_lead_time,
    by_owner,
    by_period,
    difference_interval,
    fit_drift,
    interval,
    largest_lead,
    pipeline,
    reliability,
)
from forecasting.closure.report.periods import period_names
from forecasting.closure.report.revenue import LEAST_FREEDOM, PRIOR_SD, band
from forecasting.metrics import auc, bias_points


def seconds(*days: str) -> np.ndarray:
    return np.array(days, dtype="datetime64[s]").astype(np.int64)


def judged_of(p, won, *, landmark=None, closed=None, rep=None, amount=None, owner=None, deal=None) -> Judged:
    count = len(p)
    at = np.zeros(count, dtype=np.int64) if landmark is None else np.asarray(landmark)
    return Judged(
        deal=np.arange(count) if deal is None else np.asarray(deal),
        landmark=at,
        created=at - DAY,
        closed=at + DAY if closed is None else np.asarray(closed),
        won=np.asarray(won, dtype=bool),
        probability={"m": np.asarray(p, dtype=float)},
        rep=np.full(count, np.nan) if rep is None else np.asarray(rep, dtype=float),
        amount_eur=np.ones(count) if amount is None else np.asarray(amount, dtype=float),
        owner=np.full(count, "", dtype=object) if owner is None else np.asarray(owner, dtype=object),
    )


def test_fiscal_periods_are_named_for_the_year_in_which_they_end() -> None:
    when = seconds("2023-06-30", "2023-07-01", "2024-06-30", "2024-01-15", "2024-01-16")
    assert period_names(when, periods="year", year_begins=7).tolist() == ["FY23", "FY24", "FY24", "FY24", "FY24"]
    assert period_names(when[:2], periods="quarter", year_begins=7).tolist() == ["FY23 Q4", "FY24 Q1"]
    assert period_names(when[:1], periods="year", year_begins=1).tolist() == ["FY23"]
    assert period_names(when[3:], periods="half-month", year_begins=1).tolist() == [
        "2024-01-01 to 15",
        "2024-01-16 to end",
    ]
    assert period_names(when[3:4], periods="month", year_begins=1).tolist() == ["2024-01"]
    with pytest.raises(ValueError, match="month 1 to 12"):
        period_names(when, periods="year", year_begins=13)
    with pytest.raises(ValueError, match="not week"):
        period_names(when, periods="week", year_begins=1)


def test_the_one_who_was_nearer_is_named_also_when_it_is_the_rep() -> None:
    won = np.arange(100) < 44
    when = np.repeat(seconds("2024-03-01", "2025-03-01"), 100)
    rep = np.concatenate([np.full(100, 0.46), np.full(100, 0.60)])
    model = np.concatenate([np.full(100, 0.35), np.full(100, 0.43)])
    judged = judged_of(model, np.tile(won, 2), landmark=when, rep=rep)
    found = by_period(judged, "m", periods="year", year_begins=1, draws=50).set_index("period")
    assert found["nearer"].to_dict() == {"FY24": "rep", "FY25": "model"}
    assert found.loc["FY24", ["model_bias_points", "rep_bias_points"]].tolist() == pytest.approx([-9.0, 2.0])
    assert found.loc["FY24", "model_bias_low"] < -9.0 < found.loc["FY24", "model_bias_high"]
    unrated = by_period(judged_of(model, np.tile(won, 2), landmark=when), "m", periods="year", draws=10)
    assert unrated["nearer"].tolist() == ["", ""]


def test_a_bootstrap_draws_whole_deals() -> None:
    deal = np.repeat([7, 3, 9], [2, 1, 4])
    for rows in by_deal(deal, draws=20, seed=1):
        count = np.bincount(rows, minlength=7)
        assert count[0] == count[1]
        assert len(set(count[3:].tolist())) == 1
    once = interval(bias_points, np.full(200, 0.5), np.arange(200) % 2 == 0, np.arange(200), draws=100)
    copied = interval(
        bias_points, np.full(1000, 0.5), np.repeat(np.arange(200) % 2 == 0, 5), np.repeat(np.arange(200), 5), draws=100
    )
    assert once == pytest.approx(copied)
    assert once[0] < 0 < once[1]


def test_a_difference_is_surer_than_its_parts() -> None:
    rng = np.random.default_rng(0)
    p = rng.random(400)
    won = rng.random(400) < p
    low, high = difference_interval(auc, p, 1 - p, won, np.arange(400), draws=60)
    assert 0 < low < high
    assert difference_interval(auc, p, p, won, np.arange(400), draws=20) == [0.0, 0.0]
    empty = np.zeros(0)
    assert np.isnan(interval(auc, empty, empty, empty.astype(int))).all()
    assert np.isnan(difference_interval(auc, empty, empty, empty, empty.astype(int))).all()


def test_lead_time_says_how_long_before_the_end_a_number_is_worth_something() -> None:
    rng = np.random.default_rng(1)
    won = rng.random(600) < 0.5
    left = np.repeat([1, 5, 10], 200) * DAY
    p = np.where(left == 10 * DAY, 0.5, np.where(won, 0.9, 0.1))
    judged = judged_of(p, won, closed=left)
    table = by_lead_time(judged, "m")
    assert table["from_days"].tolist() == [0.0, 3.0, 7.0]
    assert table["skill"].iloc[0] == pytest.approx(1 - 0.01 / (won[:200].mean() * (1 - won[:200].mean())))
    days, cycles = largest_lead(judged, "m")
    assert days == 7.0
    assert cycles == pytest.approx(7.0 / 6.0)  # created a day before; the median deal ends on day 5
    assert largest_lead(judged_of(np.full(600, 0.5), won, closed=left), "m")[0] == 0.0


def test_reliability_by_hand() -> None:
    p = np.repeat([0.2, 0.7], 50)
    won = np.concatenate([np.arange(50) < 10, np.arange(50) < 40])
    table = reliability(p, won, np.arange(100), bins=2, draws=50)
    assert table["said_pct"].tolist() == pytest.approx([20.0, 70.0])
    assert table["happened_pct"].tolist() == pytest.approx([20.0, 80.0])
    assert (table["happened_low"] <= table["happened_pct"]).all()
    assert reliability(p[:0], won[:0], np.arange(0)).empty


def test_owners_are_judged_only_with_enough_deals_and_enough_evidence() -> None:
    won = np.tile(np.arange(40) < 20, 3)
    rep = np.repeat([0.9, 0.5, 0.1], 40)
    owner = np.repeat(["loud", "fair", "shy"], 40)
    extra = judged_of([0.5] * 5, [True] * 5, rep=[0.1] * 5, owner=["new"] * 5)
    judged = judged_of(np.full(120, 0.5), won, rep=rep, owner=owner)
    assert by_owner(judged, draws=80).set_index("owner")["verdict"].to_dict() == {
        "loud": "over-confident",
        "fair": "as it happened",
        "shy": "under-confident",
    }
    assert by_owner(extra).empty


def censuses(sd: float, count: int = 40, deals: int = 300, seed: int = 2):
    rng = np.random.default_rng(seed)
    p = rng.uniform(0.1, 0.6, count * deals)
    landmark = np.repeat(np.arange(count), deals) * DAY
    q = expit(logit(p) + np.repeat(rng.normal(0, sd, count), deals))
    return p, rng.random(len(p)) < q, landmark, rng.uniform(500, 2000, len(p))


def test_a_shared_drift_is_found_and_the_band_then_holds() -> None:
    p, won, landmark, amount = censuses(0.4)
    drift = fit_drift(p, won, amount, landmark, np.arange(len(p)))
    # Each census has deals of its own here: which of the two shifts it was cannot be told, how much it was can.
    assert np.hypot(drift.sd, drift.cohort_sd) == pytest.approx(0.4, abs=0.12)
    judged = judged_of(p, won, landmark=landmark, amount=amount)
    held = pipeline(judged, "m", drift, draws=300)
    alone = pipeline(judged, "m", Drift(0.0), draws=300)
    assert 0.65 <= held["inside"].mean() <= 0.95
    assert alone["inside"].mean() < 0.6
    assert held["expected_eur"].iloc[0] == pytest.approx((p[:300] * amount[:300]).sum())
    assert (held["low_eur"] < held["expected_eur"]).all()
    assert held["census"].iloc[0] == pd.Timestamp(0)  # the first landmark


def test_without_drift_little_is_added_and_few_censuses_tell_nothing() -> None:
    p, won, landmark, amount = censuses(0.0)
    found = fit_drift(p, won, amount, landmark, np.arange(len(p)))
    assert np.hypot(found.sd, found.cohort_sd) < 0.18
    few = landmark < 2 * DAY
    assert fit_drift(p[few], won[few], amount[few], landmark[few], np.arange(int(few.sum()))) == Drift(
        cohort_sd=PRIOR_SD, freedom=LEAST_FREEDOM
    )


def test_deals_of_one_week_rise_and_fall_together_and_of_many_less() -> None:
    p, amount = np.full(500, 0.4), np.ones(500)
    drift = Drift(sd=0.0, cohort_sd=0.5)
    widths = []
    for weeks in (1, 5, 500):
        low, high = band(p, amount, np.arange(500) % weeks, drift, share=0.8, draws=2000, rng=np.random.default_rng(3))
        widths.append((high - low) / 2 / 1.2816)
    # To first order the variance is 500 p q + (.5 x 500 p q)^2 / weeks.
    expected = [np.sqrt(120 + (0.5 * 120) ** 2 / weeks) for weeks in (1, 5, 500)]
    assert widths == pytest.approx(expected, rel=0.08)


def test_scale_that_is_little_known_stretches_the_shifts() -> None:
    drift = Drift(sd=0.3, cohort_sd=0.1, freedom=5.0)
    rng = np.random.default_rng(2)
    drawn = [drift.draw(rng, 3) for _ in range(20_000)]
    of_all = np.array([each[0] for each in drawn])
    # The variance of a t with 5 degrees is 5 / 3.
    assert of_all.std() == pytest.approx(0.3 * np.sqrt(5 / 3), rel=0.03)
    assert np.array([each[1] for each in drawn]).std() == pytest.approx(0.1 * np.sqrt(5 / 3), rel=0.03)
    assert Drift(sd=0.0).draw(rng, 2)[0] == 0.0
