"""Segments people can speak of (value band x potential band), and clusters by k-means in a stable order."""

import numpy as np
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

BANDS = 4
CLUSTERS = 5
WORDS = ("low", "modest", "good", "high")


def bands(values: np.ndarray) -> np.ndarray:
    """(N,) band 1 low .. 4 high: one more than the quartiles below the value; equal values share a band."""
    if not len(values):
        return np.zeros(0, dtype=np.int64)
    cuts = np.quantile(values, np.arange(1, BANDS) / BANDS)
    found: np.ndarray = 1 + (values[:, None] > cuts[None]).sum(axis=1)
    return found


def labels(value_band: np.ndarray, potential_band: np.ndarray) -> np.ndarray:
    """(N,) such as `high value, modest potential`: the words of both bands."""
    pairs = zip(value_band, potential_band, strict=True)
    return np.array([f"{WORDS[v - 1]} value, {WORDS[p - 1]} potential" for v, p in pairs], dtype=object)


def clusters(values: np.ndarray, rank_by: np.ndarray, *, seed: int) -> np.ndarray:
    """(N,) cluster of each row, 0 the one with the largest mean of `rank_by`.

    Args:
        values: (N, F) numbers without NaN; they are standardised. rank_by: (N,) what the clusters are ordered by.
    """
    if not len(values):
        return np.zeros(0, dtype=np.int64)
    scaled = StandardScaler().fit_transform(values)
    count = min(CLUSTERS, len(np.unique(np.round(scaled, 9), axis=0)))
    with threadpool_limits(limits=1):  # sums in another order would move a border case
        found = KMeans(n_clusters=count, n_init=4, random_state=seed).fit_predict(scaled)
    means = np.array([rank_by[found == k].mean() for k in range(count)])
    position = np.empty(count, dtype=np.int64)
    position[np.argsort(-means, kind="stable")] = np.arange(count)
    ranked: np.ndarray = position[found]
    return ranked
