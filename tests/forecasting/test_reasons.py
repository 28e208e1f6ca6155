"""Reasons in words: the features that move a probability most, with the row's own values; sums that add up."""

import lightgbm as lgb
import numpy as np
import pandas as pd

from forecasting import reasons
from forecasting.reasons import in_words, reason_texts, shown_rows, tree_contributions


def test_two_of_each_direction_the_largest_first() -> None:
    added = np.array([[0.1, -0.9, 0.5, 0.3, 0.01], [0.0, 0.0, 0.0, 0.0, 0.04]])
    names = ["tenure", "contract", "fee", "calls", "late"]
    values: list[list] = [[7.0, 1.0], ["two_years", "x"], [1234.5, 0.0], [None, 2.0], [True, False]]
    assert reason_texts(added, names, values) == [
        "raised by fee 1,234 and calls unknown; lowered by contract two years",
        "near the mean: nothing moves it much",
    ]


def test_values_as_people_write_them() -> None:
    values: list[list] = [[True], [np.nan], [0.12345], [pd.NA], [12], [np.bool_(False)]]
    texts = [reason_texts(np.array([[1.0]]), ["f"], [value])[0] for value in values]
    expected = ["yes", "unknown", "0.123", "unknown", "12", "no"]
    assert texts == [f"raised by f {value}" for value in expected]
    assert in_words("feature_late_payments") == "late payments"


def test_contributions_sum_to_the_score_less_the_mean() -> None:
    """Shapley values of a row and the model's mean add up to its raw score."""
    rng = np.random.default_rng(1)
    x = rng.random((400, 3))
    y = (x[:, 0] > 0.5).astype(int)
    model = lgb.train({"objective": "binary", "verbosity": -1, "num_threads": 1}, lgb.Dataset(x, y), 20)
    added = tree_contributions(model, x)
    whole = np.asarray(model.predict(x, raw_score=True)) - added.sum(axis=1)
    assert np.ptp(whole) < 1e-9
    assert np.abs(added).mean(axis=0).argmax() == 0
    assert tree_contributions(model, x[:0]).shape == (0, 3)


def test_only_the_most_important_rows_are_explained(monkeypatch) -> None:
    monkeypatch.setattr(reasons, "MOST_ROWS", 2)
    assert shown_rows(np.array([0.1, 0.9, 0.5])).tolist() == [1, 2]
    assert shown_rows(np.array([0.1, 0.9])).tolist() == [0, 1]
