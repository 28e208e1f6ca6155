"""Bands, words and clusters."""

import numpy as np
import pytest

from forecasting.customers.segments import bands, clusters, labels


def test_bands_are_quarters_and_equal_values_share_one():
    """1..8 are two to a band; five zeros of eight are all band 1; equal values everywhere are band 1."""
    assert bands(np.arange(1.0, 9)).tolist() == [1, 1, 2, 2, 3, 3, 4, 4]
    assert bands(np.array([0, 0, 0, 0, 0, 1, 2, 3.0])).tolist() == [1, 1, 1, 1, 1, 3, 4, 4]
    assert bands(np.full(5, 3.0)).tolist() == [1] * 5
    assert bands(np.zeros(0)).tolist() == []


def test_labels_are_the_words_of_both_bands():
    """Band 4 by band 2."""
    assert labels(np.array([4, 1]), np.array([2, 3])).tolist() == [
        "high value, modest potential",
        "low value, good potential",
    ]


def test_clusters_are_numbered_from_the_largest_down_whatever_the_order_of_rows():
    """Five planted groups keep their numbers when the rows are turned round."""
    values = np.repeat([[0.0], [1.0], [5.0], [20.0], [50.0]], 20, axis=0)
    found = clusters(values, values[:, 0], seed=1)
    assert found.tolist() == np.repeat([4, 3, 2, 1, 0], 20).tolist()
    turned = clusters(values[::-1].copy(), values[::-1, 0].copy(), seed=1)[::-1]
    assert turned.tolist() == found.tolist()


@pytest.mark.parametrize(("rows", "count"), [(np.zeros((4, 2)), 1), (np.array([[0.0], [1.0], [1.0]]), 2)])
def test_fewer_different_rows_than_clusters_give_fewer_clusters(rows, count):
    """As many clusters as there are different customers."""
    assert len(set(clusters(rows, rows[:, 0], seed=1))) == count
    assert clusters(rows[:0], rows[:0, 0], seed=1).tolist() == []
