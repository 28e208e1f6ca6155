"""How far a figure may be off by the rows that happened to be there: bootstrap over rows, 90 % interval."""

from collections.abc import Callable

import numpy as np

SAMPLES = 200
SEED = 20_120_314


def spread(
    measure: Callable[[np.ndarray, np.ndarray], float], forecast: np.ndarray, actual: np.ndarray
) -> tuple[float, float]:
    """5th and 95th percentile of `measure(forecast, actual)` over samples of the rows with replacement."""
    rng = np.random.default_rng(SEED)
    drawn = [rng.integers(0, len(actual), len(actual)) for _ in range(SAMPLES)]
    values = [measure(forecast[rows], actual[rows]) for rows in drawn]
    return float(np.nanquantile(values, 0.05)), float(np.nanquantile(values, 0.95))


def spread_of_lead(
    measure: Callable[[np.ndarray, np.ndarray], float], ours: np.ndarray, other: np.ndarray, actual: np.ndarray
) -> tuple[float, float, float]:
    """`measure` of ours less that of another forecast; 5th and 95th percentile over samples of the same rows."""
    rng = np.random.default_rng(SEED)
    drawn = [rng.integers(0, len(actual), len(actual)) for _ in range(SAMPLES)]
    leads = [measure(ours[rows], actual[rows]) - measure(other[rows], actual[rows]) for rows in drawn]
    low, high = np.nanquantile(leads, (0.05, 0.95))
    return measure(ours, actual) - measure(other, actual), float(low), float(high)
