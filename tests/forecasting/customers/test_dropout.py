"""The dropout model: planted laws found again, the formula against a simulation, euros of a purchase by hand."""

import numpy as np
import pytest

from forecasting.customers.dropout import (
    FACTOR_PURCHASES,
    LIMITS,
    START,
    Dropout,
    History,
    fit_dropout,
    next_purchase_eur,
    summarise,
    worked_off,
)
from forecasting.customers.purchases import Purchases


def history_of(repeat, last, watched, *, log_ages=None, eur: float = 10.0) -> History:
    """Purchases of `eur` each."""
    bought = ~np.isnan(watched)
    return History(
        repeat, last, watched, np.zeros(len(repeat)) if log_ages is None else log_ages, eur * repeat,
        np.where(bought, eur, np.nan),
    )  # fmt: skip


def days_for(worked: float, slowing: float) -> float:
    """Days in which a slowing rate works off so many: S backwards."""
    return 7 * ((1 + worked * (1 - slowing) / 7) ** (1 / (1 - slowing)) - 1)


def simulate(count: int, law: Dropout, *, days: float, ahead: float, seed: int) -> tuple[History, np.ndarray]:
    """Histories drawn from the law, every customer watched `days`, and purchases within `ahead` days after."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(law.rate_shape, 1 / law.rate_days, count)
    leave = rng.beta(max(law.leave, 1e-9), law.stay, count)
    repeat, last, later, ages = np.zeros(count), np.zeros(count), np.zeros(count), np.zeros(count)
    for i in range(count):
        worked = 0.0
        while True:
            worked += rng.exponential(1 / max(rate[i], 1e-12))
            at = days_for(worked, law.slowing)
            if at >= days + ahead:
                break
            if at < days:
                repeat[i], last[i], ages[i] = repeat[i] + 1, at, ages[i] + np.log1p(at / 7)
            else:
                later[i] += 1
            if law.leave and rng.random() < leave[i]:  # after each purchase but the first
                break
    return history_of(repeat, last, np.full(count, days), log_ages=ages), later


def test_history_by_hand():
    """Two purchases on one day are one; the second customer bought once; the third never."""
    purchases = Purchases(
        np.array(["a", "b", "c"]), np.array([0, 0, 0, 1, 0]), np.array([3, 3, 10, 12, 40]),
        np.array([5.0, 6.0, 7.0, 8.0, 9.0]), 50, (),
    )  # fmt: skip
    found = summarise(purchases, 30)
    assert found.repeat.tolist() == [1, 0, 0]
    assert found.last.tolist() == [7, 0, 0]
    assert found.watched[:2].tolist() == [27, 18]
    assert np.isnan(found.watched[2])
    assert found.repeat_eur.tolist() == [7, 0, 0]
    assert found.log_ages.tolist() == pytest.approx([np.log(2), 0, 0])
    assert found.bought.tolist() == [True, True, False]


def test_euros_of_the_next_purchase_by_hand():
    """Means drawn to that of all (15) by one purchase, times a factor that two pairs and 30 purchases of 15 settle."""
    who, eur = np.array([0, 0, 1]), np.array([10.0, 20.0, 15.0])
    found = next_purchase_eur(who, eur, 3)
    drawn = FACTOR_PURCHASES * 15
    overall = (20 + drawn) / (12.5 + drawn)  # one purchase after a first one of 10: said (10 + 15) / 2
    first = (20 + drawn * overall) / (12.5 + drawn)
    assert found[0] == pytest.approx((30 + 15) / 3 * overall)
    assert found[1] == pytest.approx(15 * first)
    assert np.isnan(found[2])
    assert np.isnan(next_purchase_eur(who[:0], eur[:0], 2)).all()


def test_who_buys_often_and_more_at_a_time_is_not_drawn_to_the_others():
    """Frequent customers spend 100, rare ones 10: the sum of what is said of both kinds is met within 3 %."""
    rng = np.random.default_rng(4)
    times = np.r_[np.full(200, 12), np.full(2000, 2)]
    who = np.repeat(np.arange(2200), times)
    eur = np.where(who < 200, 100.0, 10.0) * rng.lognormal(-0.08, 0.4, len(who))
    found = next_purchase_eur(who, eur, 2200)
    assert found[:200].mean() == pytest.approx(100, rel=0.05)
    assert found[200:].mean() < 25


def test_the_time_a_slowing_rate_works_off():
    """7 days at slowing 1 are 7 log 2; at 0.5 they are 14 (sqrt 2 - 1); at 0 they are 7."""
    found = [worked_off(np.array([7.0]), slowing)[0] for slowing in (1.0, 0.5, 0.0)]
    assert found == pytest.approx([7 * np.log(2), 14 * (np.sqrt(2) - 1), 7])
    assert days_for(found[1], 0.5) == pytest.approx(7)


def test_expected_purchases_agree_with_a_simulation():
    """The mean over 6,000 simulated customers is met within 6 %, those who bought lately and those who did not."""
    law = Dropout(rate_shape=1.2, rate_days=30.0, leave=0.8, stay=4.0)
    history, later = simulate(6000, law, days=180, ahead=120, seed=3)
    expected = law.expected(history, 120)
    assert expected.sum() == pytest.approx(later.sum(), rel=0.06)
    recent = history.last > 120
    assert expected[recent].sum() == pytest.approx(later[recent].sum(), rel=0.08)
    assert 0.4 < law.kept_share(history, 120) < 0.9


def test_a_planted_law_is_found_again():
    """Mean rate a day, and mean chance of leaving after a purchase, within 15 %."""
    law = Dropout(rate_shape=1.2, rate_days=30.0, leave=0.8, stay=4.0)
    history, _ = simulate(4000, law, days=240, ahead=0, seed=5)
    found = fit_dropout(history)
    assert found.rate_shape / found.rate_days == pytest.approx(1.2 / 30, rel=0.15)
    assert found.leave / (found.leave + found.stay) == pytest.approx(0.8 / 4.8, rel=0.15)


def test_a_planted_slowing_is_found_and_carried_on():
    """Exponent 0.4 within 0.1, nobody leaving; purchases of the next 120 days within 8 %."""
    law = Dropout(rate_shape=1.2, rate_days=20.0, leave=0.0, stay=1.0, slowing=0.4)
    history, later = simulate(3000, law, days=180, ahead=120, seed=7)
    found = fit_dropout(history, leaving=False, slowing=True)
    assert found.slowing == pytest.approx(0.4, abs=0.1)
    assert found.leave == 0
    assert found.expected(history, 120).sum() == pytest.approx(later.sum(), rel=0.08)
    assert found.kept_share(history, 120) < 0.9


def test_where_nobody_leaves_all_sales_are_kept():
    """Purchases at steady rates to the end: kept share above 97 %."""
    rng = np.random.default_rng(2)
    rate = rng.gamma(2.0, 1 / 40, 1500)
    repeat = rng.poisson(rate * 365).astype(float)
    last = np.where(repeat > 0, 365 * rng.random(1500) ** (1 / np.maximum(repeat, 1)), 0.0)
    history = history_of(repeat, last, np.full(1500, 365.0))
    assert fit_dropout(history).kept_share(history, 365) > 0.97


def test_nobody_bought_and_leaving_certainly_at_one_purchase():
    """No buyers: the start values and no sales. The hole of the formula at 1 is closed without a step."""
    nobody = history_of(np.zeros(2), np.zeros(2), np.full(2, np.nan))
    model = fit_dropout(nobody)
    assert model == Dropout(*START)
    assert model.sales(nobody, 90).tolist() == [0, 0]
    assert model.kept_share(nobody, 90) == 1.0
    one = history_of(np.array([3.0]), np.array([50.0]), np.array([60.0]))
    near, hole = (Dropout(1.0, 30.0, a, 3.0).expected(one, 90)[0] for a in (1.0001, 1.0))
    assert near == pytest.approx(hole, rel=1e-3)
    assert all(low < value < high for value, (low, high) in zip(START, LIMITS, strict=True))
