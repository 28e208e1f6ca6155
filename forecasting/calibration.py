"""Makes a score mean what it says: a map from raw to calibrated probability, chosen by what time will bring.

Four kinds: `none` (the score as it is), `platt` (a logistic line on the log-odds; Platt, 1999), `beta` (a line that may
bend at the two ends, a log p - b log(1 - p) + c; Kull, Silva Filho and Flach, 2017) and `isotonic` (a rising step
function; Zadrozny and Elkan, 2002). Chosen by log loss on time blocks that were not fitted: each block
is predicted by a calibrator fitted on the blocks before it, as it will be used.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from forecasting.metrics import CLIP, Array, log_loss

Kind = Literal["none", "platt", "beta", "isotonic"]

BLOCKS = 5
"""Time blocks: the first is only fitted on, each later one is predicted from all before it."""
MIN_ROWS = 50
"""Below so many rows, or so few of one outcome per block, no calibrator can be told from chance: `none`."""
MARGIN = 1e-4
"""A more flexible kind must win by so many nats a row, so that noise does not decide."""


@dataclass(frozen=True)
class Calibrator:
    """A fitted map of probabilities.

    kind: none, platt, beta or isotonic. slope, intercept: of the log-odds (platt). slope, slope_high, intercept: of
    log p, of -log(1 - p), and c (beta). steps_x, steps_y: (K,) knots, joined by straight lines and held flat outside
    (isotonic). block_log_loss: log loss in nats of each kind that was tried, on
    the blocks it was not fitted on; empty if there was nothing to choose.
    """

    kind: Kind = "none"
    slope: float = 1.0
    intercept: float = 0.0
    steps_x: tuple[float, ...] = ()
    steps_y: tuple[float, ...] = ()
    block_log_loss: dict[str, float] = field(default_factory=dict)
    slope_high: float = 1.0

    def apply(self, probability: ArrayLike) -> Array:
        """Calibrated probabilities, (N,) in 0..1, of raw ones; never falls where the raw one rises. NaN stays NaN."""
        p = np.asarray(probability, dtype=np.float64)
        if self.kind == "platt":
            return np.asarray(expit(self.slope * logit(p) + self.intercept), dtype=np.float64)
        if self.kind == "beta":
            low, high = _ends(p)
            return np.asarray(expit(self.slope * low + self.slope_high * high + self.intercept), dtype=np.float64)
        if self.kind == "isotonic":
            return np.interp(p, self.steps_x, self.steps_y)
        return p.copy()


def logit(probability: ArrayLike) -> Array:
    """Log-odds of probabilities, held `CLIP` away from 0 and 1 so that they are finite."""
    p = np.clip(np.asarray(probability, dtype=np.float64), CLIP, 1 - CLIP)
    odds: Array = np.log(p) - np.log1p(-p)
    return odds


def fit_calibrator(
    probability: ArrayLike,
    outcome: ArrayLike,
    order: ArrayLike,
    *,
    kinds: Sequence[Kind] = ("none", "platt", "isotonic"),
) -> Calibrator:
    """Chooses a kind by log loss on later time blocks, then fits it on all rows.

    Args:
        probability: (N,) raw scores in 0..1, made by a model that did not see these rows' outcomes.
        outcome: (N,) 0 or 1.
        order: (N,) anything that sorts by time; equal values are never parted between blocks.
        kinds: the candidates, simplest first; a later one must beat the best so far by `MARGIN`.

    Returns:
        The calibrator. With fewer than `MIN_ROWS` rows, one outcome only, or one moment only it is of kind `none`
        (or the only kind allowed, where just one is and both outcomes are there).

    Raises:
        ValueError: lengths differ, a probability is NaN, or no kind is given.
    """
    p = np.asarray(probability, dtype=np.float64)
    y = np.asarray(outcome, dtype=np.float64)
    when = np.asarray(order)
    if not (p.shape == y.shape == when.shape and p.ndim == 1):
        raise ValueError("probability, outcome and order must be one-dimensional and of equal length")
    if np.isnan(p).any() or not kinds:
        raise ValueError("probabilities must be known and at least one kind must be given")
    if len(np.unique(y)) < 2:
        return Calibrator()
    if len(kinds) == 1:
        return _fit(kinds[0], p, y)
    blocks = time_blocks(when)
    losses = _block_losses(kinds, p, y, blocks) if len(p) >= MIN_ROWS else {}
    if not losses:
        return Calibrator()
    best = kinds[0]
    for kind in kinds[1:]:
        if losses[kind] < losses[best] - MARGIN:
            best = kind
    fitted = _fit(best, p, y)
    return replace(fitted, block_log_loss=losses)


def time_blocks(order: ArrayLike, *, blocks: int = BLOCKS) -> np.ndarray[Any, np.dtype[np.intp]]:
    """(N,) block 0..blocks-1 of each row: about equal numbers of rows by time, equal moments in one block."""
    when = np.asarray(order)
    _, first, position = np.unique(np.sort(when), return_index=True, return_inverse=True)
    block = np.empty(len(when), dtype=np.intp)
    block[np.argsort(when, kind="stable")] = (first * blocks // max(1, len(when)))[position]
    return block


def _block_losses(
    kinds: Sequence[Kind], p: Array, y: Array, blocks: np.ndarray[Any, np.dtype[np.intp]]
) -> dict[str, float]:
    """Log loss of each kind over the blocks that have both outcomes before them; empty if there is none."""
    usable = [b for b in range(1, BLOCKS) if (blocks == b).any() and len(np.unique(y[blocks < b])) == 2]
    if not usable:
        return {}
    tested = np.isin(blocks, usable)
    losses = {}
    for kind in kinds:
        calibrated = np.full(len(p), np.nan)
        for block in usable:
            before = blocks < block
            calibrated[blocks == block] = _fit(kind, p[before], y[before]).apply(p[blocks == block])
        losses[str(kind)] = log_loss(calibrated[tested], y[tested])
    return losses


def _fit(kind: Kind, p: Array, y: Array) -> Calibrator:
    if kind == "platt":
        line = LogisticRegression(C=1e4, max_iter=200).fit(logit(p)[:, None], y)
        slope = float(line.coef_[0, 0])
        if slope <= 0:  # A score that orders backwards is not turned round: it says nothing, the mean does.
            return Calibrator("platt", 0.0, float(logit(y.mean())))
        return Calibrator("platt", slope, float(line.intercept_[0]))
    if kind == "beta":
        return _fit_beta(p, y)
    if kind == "isotonic":
        return _fit_isotonic(p, y)
    return Calibrator()


def _fit_beta(p: Array, y: Array) -> Calibrator:
    """Both slopes at least 0, so that the map rises: one that would fall is left out and the other fitted alone."""
    ends = np.column_stack(_ends(p))
    kept = [0, 1]
    while kept:
        line = LogisticRegression(C=1e4, max_iter=200).fit(ends[:, kept], y)
        if (line.coef_[0] >= 0).all():
            slopes = dict(zip(kept, line.coef_[0].tolist(), strict=True))
            return Calibrator(
                "beta", slopes.get(0, 0.0), float(line.intercept_[0]), slope_high=float(slopes.get(1, 0.0))
            )
        kept = [each for each in kept if each != kept[int(line.coef_[0].argmin())]]
    return Calibrator("beta", 0.0, float(logit(y.mean())), slope_high=0.0)


def _ends(p: Array) -> tuple[Array, Array]:
    """log p and -log(1 - p), held finite."""
    held = np.clip(p, CLIP, 1 - CLIP)
    return np.log(held), -np.log1p(-held)


def _fit_isotonic(p: Array, y: Array) -> Calibrator:
    """The rising steps, none of them at exactly 0 or 1: a step of n rows is drawn to the mean by one row's weight."""
    steps = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(p, y).predict(p)
    values, position, count = np.unique(steps, return_inverse=True, return_counts=True)
    drawn = ((values * count + y.mean()) / (count + 1))[position]
    drawn = np.maximum.accumulate(drawn[np.argsort(p, kind="stable")])
    x, first = np.unique(np.sort(p), return_index=True)
    knots = drawn[first]
    # Only the two ends of each flat step are needed.
    keep = np.ones(len(x), dtype=bool)
    keep[1:-1] = (knots[1:-1] != knots[:-2]) | (knots[1:-1] != knots[2:])
    return Calibrator("isotonic", steps_x=tuple(x[keep].tolist()), steps_y=tuple(knots[keep].tolist()))
