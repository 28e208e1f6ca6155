"""How a search ended, in one word for all solvers. Pattern: OR-Tools `math_opt/python/result.py`."""

from dataclasses import dataclass
from typing import Literal

Reason = Literal["optimal", "within_gap", "feasible", "time_limit", "infeasible", "nothing_to_do"]
"""optimal: bound meets value; within_gap: the bound proves the asked gap; feasible: steps used up, no proof;
time_limit: the emergency brake was hit; infeasible: proven that nothing legal exists; nothing_to_do: empty input."""

OPTIMAL_GAP_PCT = 1e-4
"""A gap at most this large, in percent, counts as proof of optimality (solvers' own tolerances are of this size)."""


@dataclass(frozen=True)
class Outcome:
    """Computed from value and bound, never from a library's status word.

    value and bound are in `unit`, of the quantity that the stage optimises; bound None: none is known.
    gap_pct: |bound - value| / max(|value|, 1e-9) x 100, None without a bound.
    """

    stage: str
    reason: Reason
    value: float
    bound: float | None
    unit: str
    maximise: bool
    method: str
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def gap_pct(self) -> float | None:
        """Distance from value to bound in percent of the value; None where no bound is known."""
        return None if self.bound is None else 100 * abs(self.bound - self.value) / max(abs(self.value), 1e-9)

    @property
    def brake_hit(self) -> bool:
        """Whether the emergency brake ended the search, so that the run cannot be repeated byte for byte."""
        return self.reason == "time_limit"


def conclude(
    *,
    stage: str,
    value: float,
    bound: float | None,
    unit: str,
    maximise: bool,
    method: str,
    seconds: float,
    brake_hit: bool = False,
    asked_gap_pct: float | None = None,
    notes: tuple[str, ...] = (),
) -> Outcome:
    """The `Outcome` of a search that found a solution worth `value`.

    Raises:
        ValueError: the bound contradicts the value by more than rounding: a fault of the solver's caller.
    """
    if bound is not None:
        slack = (bound - value) if maximise else (value - bound)
        if slack < -1e-6 * max(1.0, abs(value)):
            raise ValueError(f"{stage}: bound {bound} contradicts value {value}")
        bound = max(bound, value) if maximise else min(bound, value)
    gap_pct = None if bound is None else 100 * abs(bound - value) / max(abs(value), 1e-9)
    reason: Reason
    if gap_pct is not None and gap_pct <= OPTIMAL_GAP_PCT:
        reason = "optimal"
    elif gap_pct is not None and asked_gap_pct is not None and gap_pct <= asked_gap_pct:
        reason = "within_gap"
    else:
        reason = "time_limit" if brake_hit else "feasible"
    return Outcome(stage, reason, value, bound, unit, maximise, method, seconds, notes)
