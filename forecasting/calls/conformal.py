"""Bands that cover what they promise: the spread of the paths is stretched by what past origins show.

Split conformal prediction in time order (Gibbs and Candes, 2021, in spirit): at each past origin paths are drawn from
what was known then, stretched by what the origins before it taught; the distance of what came from the middle of the
paths, in half band widths, is a score; the factor is the score's quantile at the band's level. Few scores are drawn to
a factor of 1; the allowance for few origins is made once, in the spread of the paths, and not in the level here. Three
grains, each with a factor of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from forecasting.calls.paths import Stretch

LEVEL = 0.8
LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9
GRAINS = ("interval", "day", "total")
PRIOR_CASES = {"interval": 200.0, "day": 40.0, "total": 3.0}
"""Cases at which the past and a factor of 1 weigh alike."""
LEAST, MOST = 0.6, 1.8
"""Limits of a factor."""


@dataclass
class Scores:
    """Scores so far by grain; `independent` cases are fewer than scores, because neighbours share their error."""

    values: dict[str, list[np.ndarray]] = field(default_factory=lambda: {grain: [] for grain in GRAINS})
    independent: dict[str, float] = field(default_factory=lambda: dict.fromkeys(GRAINS, 0.0))

    def add(self, grain: str, actual: np.ndarray, paths: np.ndarray, *, independent: float) -> None:
        """Scores of one origin: actual (n,), paths (N, n)."""
        if len(actual):
            self.values[grain].append(band_score(actual, paths))
            self.independent[grain] += independent

    def stretch(self) -> Stretch:
        """The factors that past scores ask for."""
        return Stretch(**{grain: self._factor(grain) for grain in GRAINS})

    def _factor(self, grain: str) -> float:
        if not self.values[grain]:
            return 1.0
        score = np.concatenate(self.values[grain])
        cases = self.independent[grain]
        share = cases / (cases + PRIOR_CASES[grain])
        factor = float(np.clip(np.quantile(score, LEVEL), LEAST, MOST))
        return float(np.exp(share * np.log(factor)))


def count_quantiles(paths: np.ndarray, levels: Sequence[float]) -> np.ndarray:
    """(L, ...) quantiles over the paths (N, ...) of whole calls.

    A band between whole numbers cannot hold 80 %: it holds 70 or 90. So equal counts are spread evenly over the half
    call below and above them before the quantile is read (Machado and Santos Silva, 2005), by the same offset for all
    intervals of a path; where all paths agree, the count itself is the quantile. Never negative, never crossing.
    """
    if not len(paths):
        return np.zeros((len(levels), *paths.shape[1:]))
    offset = _even_offsets(len(paths)).reshape(-1, *([1] * (paths.ndim - 1))).astype(np.float32)
    spread = paths.max(axis=0) > paths.min(axis=0)
    read: np.ndarray = np.maximum(np.quantile(paths + offset * spread, levels, axis=0), 0.0)
    return read


def _even_offsets(count: int) -> np.ndarray:
    """(count,) numbers within -0.5..0.5 of which any run of neighbours is spread evenly (van der Corput, base 2)."""
    bits = max(1, int(count - 1).bit_length())
    numbers = np.arange(count)
    value = sum(((numbers >> b) & 1) / 2.0 ** (b + 1) for b in range(bits))
    offsets: np.ndarray = np.asarray(value, dtype=np.float64) - 0.5 + 0.5 / 2.0**bits
    return offsets


def band_score(actual: np.ndarray, paths: np.ndarray) -> np.ndarray:
    """(n,) distance from the middle in half widths of the 80 % band on that side; at most 1 is inside.

    Args:
        actual: (n,). paths: (N, n). A band of no width scores 0 where it is met and 2 where it is missed.
    """
    low, middle, high = count_quantiles(paths, (LOW, MIDDLE, HIGH))
    above = actual >= middle
    width = np.where(above, high - middle, middle - low)
    distance = np.abs(actual - middle)
    flat: np.ndarray = np.where(distance > 0, 2.0, 0.0)
    return np.where(width > 0, distance / np.where(width > 0, width, 1.0), flat)
