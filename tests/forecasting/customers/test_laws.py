"""Two ways to decline: each is recognised where it is the truth, and the euros are at the level of the past."""

import numpy as np
import pytest

from forecasting.customers.dropout import summarise
from forecasting.customers.laws import fit_laws, scaled
from forecasting.customers.purchases import Purchases


def cohort(*, leaving: bool, days: int, ahead: int, seed: int, count: int = 1500) -> tuple[Purchases, float]:
    """Customers who begin together; a fifth leaves after each purchase, or rates fall as (1 + t / 7)^-0.5. 20 EUR each.

    Also the euros of the `ahead` days after.
    """
    rng = np.random.default_rng(seed)
    rate = rng.gamma(1.0, 0.05 if leaving else 0.1, count)
    rows, whens = [], []
    for i in range(count):
        worked = np.cumsum(rng.exponential(1 / rate[i], 150))
        stays = np.cumprod(rng.random(150) > 0.2) if leaving else np.ones(150)
        when = worked if leaving else 7 * ((1 + worked * 0.5 / 7) ** 2 - 1)
        kept = when[(np.r_[1, stays[:-1]] > 0) & (when < days + ahead)]
        rows.append(np.full(1 + len(kept), i))
        whens.append(np.r_[0, np.floor(kept)])
    row, day = np.concatenate(rows), np.concatenate(whens).astype(np.int64)
    order = np.lexsort((row, day))
    row, day = row[order], day[order]
    known = day < days
    ids = np.array([f"c{i:05d}" for i in range(count)])
    past = Purchases(ids, row[known], day[known], np.full(known.sum(), 20.0), days, ())
    return past, 20.0 * float((~known).sum())


@pytest.mark.parametrize("leaving", [True, False])
def test_the_true_way_to_decline_sets_the_total(leaving: bool) -> None:
    """Within 12 % of what came, the other law alone more than 12 % off; the sum of both would be lower than either."""
    purchases, came = cohort(leaving=leaving, days=200, ahead=91, seed=5)
    history = summarise(purchases, 200)
    laws = fit_laws(history)
    assert laws.total_eur(history, 91) == pytest.approx(came, rel=0.12)
    other = laws.slowing if leaving else laws.leaving
    assert other.sales(history, 91).sum() > 1.12 * came
    assert laws.both.sales(history, 91).sum() < laws.leaving.sales(history, 91).sum()


def test_windows_add_up() -> None:
    """Purchases of days 0 to 30 and 30 to 91 are those of 0 to 91; never-buyers have none."""
    purchases, _ = cohort(leaving=True, days=150, ahead=0, seed=6, count=300)
    ids = np.append(purchases.ids, "never")
    history = summarise(Purchases(ids, purchases.row, purchases.day, purchases.eur, 150, ()), 150)
    laws = fit_laws(history)
    parts = laws.window_purchases(history, 0, 30) + laws.window_purchases(history, 30, 91)
    assert parts[:-1] == pytest.approx(laws.both.expected(history, 91)[:-1])
    assert np.isnan(parts[-1])


def test_shares_are_stretched_to_the_total() -> None:
    """1 and 3 to 8 are 2 and 6; nothing stays nothing."""
    assert scaled(np.array([1.0, 3.0]), 8.0).tolist() == [2, 6]
    assert scaled(np.zeros(2), 8.0).tolist() == [0, 0]
