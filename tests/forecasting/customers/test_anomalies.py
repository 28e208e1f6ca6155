"""Anomalies: a planted oddity is found and explained; nobody is odd where nothing can be told."""

import numpy as np

from forecasting.customers.anomalies import find_anomalies

NAMES = ("orders", "sales", "flat")


def crowd(count: int = 300) -> np.ndarray:
    rng = np.random.default_rng(1)
    return np.column_stack([rng.normal(10, 2, count), rng.normal(100, 10, count), np.full(count, 7.0)])


def test_a_planted_oddity_has_the_highest_score_and_its_reason():
    """Ten standard deviations above in sales, six below in orders, sales named first."""
    values = crowd()
    values[17] = [-2.0, 200.0, 7.0]
    result = find_anomalies(values, NAMES, seed=1)
    assert result.score.argmax() == 17
    assert result.is_anomaly[17]
    assert result.is_anomaly.mean() < 0.05
    first, second = result.reason[17].split(", ")
    assert first.startswith("sales ")
    assert first.endswith("robust standard deviations above the median")
    assert 9 < float(first.split()[1]) < 11
    assert second.startswith("orders ")
    assert second.endswith("below the median")
    assert set(result.reason[~result.is_anomaly]) == {""}
    assert ((result.score >= 0) & (result.score <= 1)).all()


def test_unknown_numbers_are_read_as_usual():
    """A customer of whom nothing is known is not odd; a column unknown everywhere is not used."""
    values = crowd()
    values[5] = np.nan
    values[:, 2] = np.nan
    assert not find_anomalies(values, NAMES, seed=1).is_anomaly[5]


def test_a_column_equal_for_most_still_counts_by_its_spread():
    """Open cases are 0 for 290 of 300 and 50 for one: that one is named with them."""
    values = crowd()
    values[:, 2] = 0
    values[:10, 2] = 1
    values[3, 2] = 50
    result = find_anomalies(values, NAMES, seed=1)
    assert result.is_anomaly[3]
    assert result.reason[3].startswith("flat ")


def test_a_rare_combination_of_usual_numbers_is_called_that():
    """Two tight groups and one customer between the habits of both: no single number stands out."""
    rng = np.random.default_rng(2)
    low, high = rng.normal(0, 0.01, (150, 2)), rng.normal(1, 0.01, (150, 2))
    values = np.vstack([low, high, [[0.0, 1.0]]])
    result = find_anomalies(values, ("a", "b"), seed=1)
    assert result.is_anomaly[-1]
    assert result.reason[-1] == "no single number stands out: their combination is rare"


def test_too_few_customers_or_nothing_that_varies_make_nobody_odd():
    """Score one half, and a note."""
    for values in (crowd(5), np.full((300, 3), 1.0), np.full((40, 3), np.nan), np.zeros((40, 0))):
        result = find_anomalies(values, NAMES[: values.shape[1]], seed=1)
        assert (result.score == 0.5).all()
        assert not result.is_anomaly.any()
        assert result.notes[0].startswith("anomalies: not looked for")
