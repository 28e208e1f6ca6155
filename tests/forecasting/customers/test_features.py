"""Features read alike on both sides: numbers, texts, booleans, and what one side lacks."""

import numpy as np
import pandas as pd
import pytest

from forecasting.customers.features import as_numbers, fit_encoder, is_number


def test_categories_are_those_of_history_and_a_new_one_is_unknown():
    """`b` is position 1 on both sides; `z`, never seen when learning, is NaN."""
    history = pd.DataFrame({"feature_kind": ["b", "a", "ö", None], "feature_x": [1, 2, 3, 4]})
    customers = pd.DataFrame({"feature_kind": ["z", "b", "ö"], "feature_x": [5.0, None, 7.0]})
    encoder, notes = fit_encoder(history, customers)
    assert notes == ()
    assert encoder.columns == ("feature_kind", "feature_x")
    assert encoder.categorical == [0]
    assert encoder.encode(customers).tolist() == pytest.approx(
        np.array([[np.nan, 5], [1, np.nan], [2, 7]]), nan_ok=True
    )
    assert encoder.one_hot(customers)[:, :3].tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 1]]


def test_text_that_is_a_number_nearly_everywhere_is_a_number():
    """Nineteen numbers and one blank are numbers; `12a` among three texts is not."""
    texts = pd.Series([str(n) for n in range(20)] + [" "])
    assert is_number(texts)
    assert as_numbers(texts)[[3, 20]].tolist() == pytest.approx([3, np.nan], nan_ok=True)
    assert not is_number(pd.Series(["1", "12a", "3"]))
    assert not is_number(pd.Series([None, None], dtype="object"))


def test_a_code_is_one_category_whether_it_came_as_number_or_text():
    """1 and 2 on one side, `1`, `2` and `x` on the other: a category, the same on both."""
    history = pd.DataFrame({"feature_code": ["1", "2", "x"]})
    encoder, _ = fit_encoder(history, pd.DataFrame({"feature_code": [1.0, 2.0]}))
    assert encoder.encode(pd.DataFrame({"feature_code": [1.0, 2.0, np.nan]}))[:, 0].tolist() == pytest.approx(
        [0, 1, np.nan], nan_ok=True
    )


def test_booleans_are_numbers_and_infinity_is_unknown():
    """True is 1; inf is NaN."""
    assert as_numbers(pd.Series([True, False])).tolist() == [1, 0]
    assert np.isnan(as_numbers(pd.Series([np.inf]))).all()


def test_columns_of_one_side_and_columns_without_news_are_left_out_aloud():
    """A column that only one table has, that is constant, or that is unknown everywhere is named."""
    history = pd.DataFrame({"feature_a": [1, 2], "feature_old": [1, 2], "feature_c": [5, 5], "feature_n": [np.nan] * 2})
    customers = pd.DataFrame({"feature_a": [1], "feature_new": [1], "feature_c": [5], "feature_n": [np.nan]})
    encoder, notes = fit_encoder(history, customers)
    assert encoder.columns == ("feature_a",)
    assert notes == (
        "churn: not used, because customers lacks them: feature_old",
        "churn: not used, because customer_history lacks them: feature_new",
        "churn: not used, because they are the same or unknown everywhere: feature_c, feature_n",
    )
    assert encoder.encode(pd.DataFrame({"feature_b": [1.0]})).tolist() == pytest.approx(
        np.array([[np.nan]]), nan_ok=True
    )


def test_no_feature_in_common_gives_no_columns():
    """Zero columns, not an error."""
    encoder, _ = fit_encoder(pd.DataFrame({"feature_a": [1, 2]}), pd.DataFrame({"feature_b": [1, 2]}))
    assert encoder.columns == ()
    assert encoder.one_hot(pd.DataFrame({"feature_b": [1, 2]})).shape == (2, 0)
