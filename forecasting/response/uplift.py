"""How well an order of customers finds those whom a contact changes, measured on an experiment.

Sorted by predicted effect, best first, the gain of contacting the first share of customers is the sum over them of an
unbiased effect a row (the doubly robust score of learn.py, or the effect itself where it is planted). Qini is the area
between that curve and the straight line of contacting at random (Radcliffe, 2007); AUUC is the area under the curve.
Both are per customer and in the outcome's unit.
"""

import numpy as np


def gain_curve(predicted: np.ndarray, effect: np.ndarray) -> np.ndarray:
    """(N + 1,) gain of contacting the k best by `predicted`, k = 0..N, over N; customers alike share their effect."""
    n = len(predicted)
    if not n:
        return np.zeros(1)
    _, group = np.unique(-predicted, return_inverse=True)
    rows = np.bincount(group)
    mean = np.bincount(group, weights=effect) / rows
    return np.concatenate([[0.0], np.cumsum(np.repeat(mean, rows)) / n])


def auuc(predicted: np.ndarray, effect: np.ndarray) -> float:
    """Area under the gain curve over the share contacted, 0..1."""
    curve = gain_curve(predicted, effect)
    return float((curve[1:] + curve[:-1]).sum() / 2 / max(len(curve) - 1, 1))


def qini(predicted: np.ndarray, effect: np.ndarray) -> float:
    """Area between the gain curve and the line of contacting at random: 0 for an order that says nothing."""
    curve = gain_curve(predicted, effect)
    return auuc(predicted, effect) - float(curve[-1]) / 2
