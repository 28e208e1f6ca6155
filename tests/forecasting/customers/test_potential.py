"""Potential: rates by hand, a planted law, and what is measured on held-out origins."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from forecasting.customers.potential import (
    MIN_BUYERS,
    MIN_BUYERS_LAWS,
    PRIOR_MONTHS,
    expect_sales,
    make_windows,
    past_mean,
    shrunken_rate,
    top_capture,
)
from forecasting.customers.purchases import MONTH_DAYS, Purchases, read_purchases

AS_OF = date(2024, 6, 30)


def planted(customers: int, *, days: int = 500, seed: int = 1, extra: int = 0) -> tuple[Purchases, np.ndarray]:
    """Customers who buy for 20 EUR at their own steady rate (a month: 0.1 or 2), and those rates; `extra` never buy."""
    rng = np.random.default_rng(seed)
    rate = np.where(rng.random(customers) < 0.3, 2.0, 0.1)
    counts = rng.poisson(rate * days / MONTH_DAYS)
    who = np.repeat(np.arange(customers), counts)
    day = rng.integers(0, days, len(who))
    ids = np.array([f"c{i:05d}" for i in range(customers + extra)])
    frame = pd.DataFrame(
        {
            "customer_id": ids[who],
            "date": pd.Timestamp(AS_OF) - pd.to_timedelta(days - 1 - day, unit="D"),
            "amount_eur": 20.0,
        }
    )
    return read_purchases(frame, pd.Series(ids), as_of=AS_OF), np.r_[rate, np.zeros(extra)]


def test_windows_add_up_to_the_horizon():
    """Seven months are a month, the rest of its quarter, a quarter and a month; days add up to 7 x 365.25 / 12."""
    windows = make_windows(7)
    assert (windows.stop - windows.start).tolist() == [30, 61, 92, 30]
    assert windows.stop[-1] == round(7 * 365.25 / 12)
    assert make_windows(1).stop.tolist() == [30]


def test_the_shrunken_rate_by_hand():
    """60 EUR bought twice, and nothing, both watched a year: 2.5 a month on average; (60 + 15) / 18 and 15 / 18."""
    year = round(12 * MONTH_DAYS)
    purchases = Purchases(np.array(["a", "b"]), np.array([0, 0]), np.array([0, 90]), np.array([60.0, 60.0]), year, ())
    assert PRIOR_MONTHS == 6
    assert shrunken_rate(purchases, year) == pytest.approx([75 / 18, 15 / 18], rel=2e-3)
    assert past_mean(purchases, year) == pytest.approx([10, 0], rel=2e-3)


def test_hardly_any_buyers_carry_their_shrunken_rate_forward():
    """Below the least number for the laws: the rate times the horizon, with a note, and still measured."""
    purchases, _ = planted(MIN_BUYERS_LAWS - 5, extra=2)
    result = expect_sales(purchases, horizon_months=12, seed=1)
    days = round(12 * MONTH_DAYS)
    assert result.eur == pytest.approx(shrunken_rate(purchases, purchases.days) * days / MONTH_DAYS)
    assert "customers have bought: what they will buy is read from how often" in result.notes[0]
    assert {row[1] for row in result.quality} >= {"bias_pct_3_months", "top10_capture_6_months"}
    assert result.eur[-1] < result.eur[:-2].mean()


def test_few_buyers_are_read_by_the_laws_alone():
    """Below the least number for trees: 60 steady buyers, expected a year 240 EUR x rate, right within 25 % in all."""
    purchases, rate = planted(80, extra=2)
    assert MIN_BUYERS_LAWS <= purchases.buyers < MIN_BUYERS
    result = expect_sales(purchases, horizon_months=12, seed=1)
    assert result.eur.sum() == pytest.approx((rate * 240).sum(), rel=0.25)
    assert result.kept_share > 0.9
    assert result.eur[-2:] == pytest.approx(shrunken_rate(purchases, purchases.days)[-2:] * 12, rel=2e-3)


def test_trees_find_steady_rates_without_bias():
    """Expected a year: 20 x rate x 12. The total is right within 10 %, and nobody is below 0."""
    purchases, rate = planted(600)
    result = expect_sales(purchases, horizon_months=12, seed=1)
    assert result.eur.sum() == pytest.approx((rate * 240).sum(), rel=0.1)
    assert result.eur[rate == 2].mean() == pytest.approx(480, rel=0.15)
    assert result.eur.min() >= 0
    bias = {row[3]: row[2] for row in result.quality if row[1] == "bias_pct_3_months"}
    assert abs(bias["shrunken_rate"]) < 12
    assert any("parts of the horizon" in note for note in expect_sales(purchases, horizon_months=36, seed=1).notes)


def test_customers_who_never_bought_get_the_shrunken_rate():
    """Their shrunken rate: 6 months of the mean rate over 6 months and the 500 days watched, far below the mean."""
    purchases, _ = planted(400, extra=50)
    eur = expect_sales(purchases, horizon_months=12, seed=1).eur
    assert np.ptp(eur[-50:]) == 0
    assert eur[-1] == pytest.approx(shrunken_rate(purchases, purchases.days)[-1] * 12, rel=2e-3)
    assert eur[-1] < 0.3 * eur[:400].mean()


def test_a_table_too_short_to_learn_from_falls_back():
    """Three weeks of purchases: shrunken rate, and the figures say that nothing was measured."""
    purchases, _ = planted(3000, days=21)
    assert purchases.buyers >= MIN_BUYERS
    result = expect_sales(purchases, horizon_months=12, seed=1)
    assert "purchases cover only 21 days" in result.notes[0]
    assert result.quality[0][6] == "the purchases are too short to hold out an origin: not measured"


def test_no_purchases_expect_nothing_aloud():
    """Zero for all."""
    empty = Purchases(np.array(["a"]), np.zeros(0, int), np.zeros(0, int), np.zeros(0), 0, ())
    result = expect_sales(empty, horizon_months=12, seed=1)
    assert result.eur.tolist() == [0]
    assert result.notes == ("potential: there are no purchases, so nothing is expected of any customer",)


def test_refunds_never_make_a_potential_negative():
    """More returned than bought: rate 0 or more."""
    purchases = Purchases(np.array(["a"]), np.array([0, 0]), np.array([0, 50]), np.array([10.0, -90.0]), 400, ())
    result = expect_sales(purchases, horizon_months=12, seed=1)
    assert result.eur.tolist() == [0]
    assert np.isnan(next(row[2] for row in result.quality if row[1].startswith("bias")))


def test_a_total_that_was_missed_is_said():
    """Everybody stops half a year before the end: the held-out total comes out too high, aloud."""
    purchases, _ = planted(300)
    kept = (purchases.day < 320) | (purchases.row == 0)
    stopped = Purchases(purchases.ids, purchases.row[kept], purchases.day[kept], purchases.eur[kept], 500, ())
    notes = expect_sales(stopped, horizon_months=12, seed=1).notes
    assert any("held-out origin 6 months" in note and note.endswith("% too high") for note in notes)


def test_a_season_is_not_read_from_less_than_two_years_and_this_is_said():
    """499 days, three months ahead: the note names both. A whole year ahead holds every season: no note."""
    purchases, _ = planted(80)
    note = next(note for note in expect_sales(purchases, horizon_months=3, seed=1).notes if "season" in note)
    assert "499 days of purchases show no part of the year twice; if the 3 months ahead" in note
    assert not any("season" in note for note in expect_sales(purchases, horizon_months=12, seed=1).notes)


def test_a_cohort_that_slows_down_is_not_carried_on_at_its_mean():
    """Rates fall as (1 + t / 7)^-0.5: the next quarter within 15 %, the past mean more than half too high."""
    rng = np.random.default_rng(3)
    times = [np.cumsum(rng.exponential(1 / rate, 200)) for rate in rng.gamma(1.0, 0.1, 1500)]
    days = [7 * ((1 + each * 0.5 / 7) ** 2 - 1) for each in times]
    row = np.concatenate([np.full(1 + (each < 291).sum(), i) for i, each in enumerate(days)])
    day = np.concatenate([np.r_[0, each[each < 291]] for each in days]).astype(np.int64)
    order = np.lexsort((row, day))
    ids = np.array([f"c{i:05d}" for i in range(1500)])
    whole = Purchases(ids, row[order], day[order], np.full(len(row), 20.0), 291, ())
    known = whole.day < 200
    past = Purchases(ids, whole.row[known], whole.day[known], whole.eur[known], 200, ())
    came = 20.0 * (~known).sum()
    assert expect_sales(past, horizon_months=3, seed=1).eur.sum() == pytest.approx(came, rel=0.15)
    assert past_mean(past, 200).sum() * 91 / MONTH_DAYS > 1.5 * came


def test_top_capture_by_hand():
    """The best tenth of ten customers is one: ranked first it had 60 of 100 EUR."""
    actual = np.array([60.0, 10, 10, 10, 10, 0, 0, 0, 0, 0])
    assert top_capture(np.arange(10, 0, -1.0), actual) == pytest.approx(0.6)
    assert np.isnan(top_capture(np.ones(3), np.zeros(3)))


def test_the_same_seed_gives_the_same_bytes():
    """Two runs, equal bytes."""
    purchases, _ = planted(250)
    first, again = (expect_sales(purchases, horizon_months=6, seed=4).eur for _ in range(2))
    assert first.tobytes() == again.tobytes()
