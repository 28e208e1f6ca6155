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
