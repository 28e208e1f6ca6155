"""The dropout model: a published fit, planted laws found again, and the formula against a simulation."""

import numpy as np
import pytest

from forecasting.customers.dropout import LIMITS, START, Dropout, History, fit_dropout, summarise
from forecasting.customers.purchases import Purchases


def simulate(count: int, law: Dropout, *, days: float, ahead: float, seed: int) -> tuple[History, np.ndarray]:
    """Histories drawn from the law, every customer watched `days`, and purchases within `ahead` days after."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(law.rate_shape, 1 / law.rate_days, count)
    leave = rng.beta(law.leave, law.stay, count)
    repeat, last, later = np.zeros(count), np.zeros(count), np.zeros(count)
    for i in range(count):
        at = 0.0
        while True:
            at += rng.exponential(1 / max(rate[i], 1e-12))
            if at >= days + ahead:
                break
            if at < days:
                repeat[i], last[i] = repeat[i] + 1, at
            else:
                later[i] += 1
            if rng.random() < leave[i]:  # after each purchase but the first
                break
    eur = 10.0 * (repeat + 1)
    return History(repeat, last, np.full(count, days), eur), later


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
    assert found.eur.tolist() == [18, 8, 0]


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


def test_where_nobody_leaves_all_sales_are_kept():
    """Purchases at steady rates to the end: kept share above 97 %."""
    rng = np.random.default_rng(2)
    rate = rng.gamma(2.0, 1 / 40, 1500)
    repeat = rng.poisson(rate * 365).astype(float)
    last = np.where(repeat > 0, 365 * rng.random(1500) ** (1 / np.maximum(repeat, 1)), 0.0)
    history = History(repeat, last, np.full(1500, 365.0), 10 * (repeat + 1))
    assert fit_dropout(history).kept_share(history, 365) > 0.97


def test_nobody_bought_and_leaving_certainly_at_one_purchase():
    """No buyers: the start values and no sales. The hole of the formula at 1 is closed without a step."""
    nobody = History(np.zeros(2), np.zeros(2), np.full(2, np.nan), np.zeros(2))
    model = fit_dropout(nobody)
    assert model == Dropout(*START)
    assert model.sales(nobody, 90).tolist() == [0, 0]
    assert model.kept_share(nobody, 90) == 1.0
    one = History(np.array([3.0]), np.array([50.0]), np.array([60.0]), np.array([40.0]))
    near, hole = (Dropout(1.0, 30.0, a, 3.0).expected(one, 90)[0] for a in (1.0001, 1.0))
    assert near == pytest.approx(hole, rel=1e-3)
    assert all(low < value < high for value, (low, high) in zip(START, LIMITS, strict=True))
