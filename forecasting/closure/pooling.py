"""What owners and segments add, partially pooled: few deals say little, many say what they say.

Each group gets an offset on the log-odds. Its size is what the group's outcomes ask for beyond the model, drawn to 0
by empirical Bayes: with o_g the summed surprise y - p of the group and v_g the summed variance p (1 - p), the offset is
o_g / (v_g + 1 / t^2), where t^2, how much groups differ at all, is found from their spread (a method of moments;
DerSimonian and Laird, 1986). Where groups differ no more than chance, t^2 is 0 and so are all offsets.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import expit

from forecasting.calibration import logit
from forecasting.closure.load import Bools, Floats, Ints

MIN_GROUPS = 3
"""With fewer groups their spread cannot be told."""


@dataclass(frozen=True)
class GroupOffsets:
    """offsets: log-odds by group name. spread: standard deviation of groups in log-odds, 0 where none is seen."""

    offsets: dict[str, float] = field(default_factory=dict)
    spread: float = 0.0

    def apply(self, probability: Floats, groups: Any) -> Floats:
        """(R,) probabilities with the offset of each row's group; a group never seen has none."""
        if not self.offsets:
            return probability
        names, code = np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)
        offset = np.array([self.offsets.get(str(name), 0.0) for name in names])[code]
        return np.asarray(expit(logit(probability) + offset), dtype=np.float64)


def fit_offsets(probability: Floats, won: Bools, deal: Ints, groups: Any, weight: Floats) -> GroupOffsets:
    """Offsets of the groups; none where groups differ no more than chance lets them.

    Args:
        probability: (R,) calibrated, not fitted on the rows' own outcomes. won: (R,). deal: (R,) rows of one deal
            count together as one. groups: (R,) names, "" for unknown (never given an offset). weight: (R,).
    """
    name = np.asarray(groups, dtype=object).astype(str)
    used = (weight > 0) & ~np.isnan(probability) & (name != "")
    if not used.any():
        return GroupOffsets()
    _, number = np.unique(deal[used], return_inverse=True)
    share = weight[used] / np.bincount(number, weights=weight[used])[number]
    names, code = np.unique(name[used], return_inverse=True)
    p = probability[used]
    surprise = np.bincount(code, weights=share * (won[used] - p))
    # The mean of a deal's rows has the variance of one outcome, not of many.
    variance = np.bincount(code, weights=share * p * (1 - p))
    if len(names) < MIN_GROUPS or (variance <= 0).any():
        return GroupOffsets()
    asked = surprise / variance
    pooled = surprise.sum() / variance.sum()
    excess = float((variance * (asked - pooled) ** 2).sum()) - (len(names) - 1)
    room = float(variance.sum() - (variance**2).sum() / variance.sum())
    between = max(0.0, excess / room) if room > 0 else 0.0
    if between == 0.0:
        return GroupOffsets()
    drawn = (surprise - pooled * variance) / (variance + 1 / between)
    return GroupOffsets({str(each): float(v) for each, v in zip(names, drawn, strict=True)}, float(np.sqrt(between)))
