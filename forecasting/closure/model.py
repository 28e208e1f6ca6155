"""A closure model as it is used: candidates fitted on the past, each drawn to what came true, and the one chosen.

Finishing a candidate takes predictions of deals that it was not fitted on. Deals are cut into blocks by the time of
their creation, and each block is predicted by models of the others (`cross_fit`). On these predictions a calibrator is
chosen and fitted, then the latest weeks shift all log-odds a little (`recent`), then owners and segments get their
partially pooled offsets (`pooling`).
"""

from dataclasses import dataclass, field

import numpy as np

from forecasting.calibration import Calibrator, Kind, fit_calibrator, time_blocks
from forecasting.closure.landmarks import draw_evenly, weights_at
from forecasting.closure.load import Bools, Floats
from forecasting.closure.models import BASE, CANDIDATES, JOURNEY, RATIO, Care, Fitted, History, fit_models
from forecasting.closure.pooling import GroupOffsets, fit_offsets
from forecasting.closure.recent import recent_shift, shifted

FOLDS = 4
"""Blocks of deals for the predictions that a candidate is finished with."""


@dataclass(frozen=True)
class Finish:
    """What is done to a candidate's raw probability: calibrated, shifted, then owner and segment."""

    calibrator: Calibrator = field(default_factory=Calibrator)
    shift: float = 0.0
    owners: GroupOffsets = field(default_factory=GroupOffsets)
    segments: GroupOffsets = field(default_factory=GroupOffsets)

    def apply(self, raw: Floats, history: History) -> Floats:
        """(R,) finished probabilities of raw ones; NaN stays NaN."""
        p = shifted(self.calibrator.apply(raw), self.shift)
        return self.segments.apply(self.owners.apply(p, history.owner), history.segment)

    @property
    def in_words(self) -> str:
        """`platt`, `isotonic`, ... or "" where the raw score stands."""
        return "" if self.calibrator.kind == "none" else self.calibrator.kind


@dataclass(frozen=True)
class ClosureModel:
    """Candidates fitted at one moment with what finishes each of them, and the candidate that is used.

    stages: names by code, the last for unknown ones. rank: (S,) their usual order. as_of: last second known.
    """

    fitted: Fitted
    finishes: dict[str, Finish]
    chosen: str
    stages: tuple[str, ...]
    rank: Floats
    horizon_days: int | None
    end: int
    notes: tuple[str, ...] = field(default=())

    def probabilities(
        self, history: History, *, only: tuple[str, ...] = CANDIDATES, still: Floats | None = None
    ) -> dict[str, Floats]:
        """Finished (R,) probability by candidate; those that could not be finished are left out.

        still: see `Fitted.probabilities`.
        """
        raw = self.fitted.probabilities(history, only=only, still=still)
        found = {name: self.finishes[name].apply(p, history) for name, p in raw.items() if name in self.finishes}
        return found | {BASE: raw[BASE]}

    @property
    def method(self) -> str:
        """The candidate used and how it was calibrated, in words."""
        words = self.finishes[self.chosen].in_words if self.chosen in self.finishes else ""
        return f"{self.chosen}, {words}" if words else self.chosen


def learn(
    history: History,
    when: int,
    *,
    chosen: str,
    hidden_states: int,
    seed: int,
    care: Care,
    folds: int = FOLDS,
    taught: Bools | None = None,
) -> ClosureModel:
    """Fits all candidates on what was known at second `when` and finishes them.

    Args:
        history: observations. when: second of knowledge.
        chosen: the candidate to use; where it cannot be fitted and finished, the base rate is used.
        hidden_states, seed, care: see `fit_models`. folds: blocks of deals for finishing.
        taught: (R,) rows that models and calibrators may learn from, all of a deal or none; None: all. The others only
            tell the level of the latest weeks.
    """
    inside = np.ones(len(history.rows), dtype=bool) if taught is None else taught
    part = history.pick(inside)
    fitted = fit_models(part, when, hidden_states=hidden_states, seed=seed, care=care)
    weight = np.zeros(len(inside))
    weight[inside] = weights_at(part.rows, when)
    finishes: dict[str, Finish] = {}
    if len(fitted.names) > 1:
        crossed = cross_fit(part, when, hidden_states=hidden_states, seed=seed, care=care, folds=folds)
        beside = {} if inside.all() else fitted.probabilities(history.pick(~inside))
        apart = {name: np.full(len(inside), np.nan) for name in crossed}
        for name, p in crossed.items():
            apart[name][inside] = p
            if name in beside:
                apart[name][~inside] = beside[name]
        for name in fitted.names:
            found = finish(name, apart[name], history, weight, when=when) if name in apart and name != BASE else None
            if found is not None:
                finishes[name] = found
    used = chosen if chosen in finishes else BASE
    deals = history.deals
    rank = deals.rank if deals.rank is not None else np.zeros(len(deals.stages))
    return ClosureModel(fitted, finishes, used, deals.stages, rank, history.horizon_days, when)


def cross_fit(
    history: History, when: int, *, hidden_states: int, seed: int, care: Care, folds: int = FOLDS
) -> dict[str, Floats]:
    """Raw probability (R,) by candidate, each deal predicted by models that never saw it; NaN where none could.

    Deals are cut into `folds` blocks by creation, so a block is predicted from earlier and later times alike, and a
    deal's rows never stand on both sides.
    """
    rows = history.rows
    deals, place = np.unique(rows.deal, return_inverse=True)
    block = time_blocks(history.deals.created[deals], blocks=folds)[place]
    found = {name: np.full(len(rows), np.nan) for name in CANDIDATES}
    before = rows.landmark < when
    for number in range(folds):
        inside = (block == number) & before
        if not inside.any() or (block == number).all():
            continue
        fitted = fit_models(history.pick(block != number), when, hidden_states=hidden_states, seed=seed, care=care)
        for name, p in fitted.probabilities(history.pick(inside)).items():
            found[name][inside] = p
    return {name: p for name, p in found.items() if not np.isnan(p[before]).any()}


def finish(
    name: str, raw: Floats, history: History, weight: Floats, *, when: int, among: Bools | None = None
) -> Finish | None:
    """What draws a candidate's predictions to the known outcomes; None if fewer than two outcomes are known.

    Args:
        name: of the candidate: the hidden chains are drawn to a line only, for steps cost them their rank.
        raw: (R,) probabilities of rows that the model had not seen; NaN: not predicted.
        history: the rows. weight: (R,) 0 where the outcome is not known at second `when`.
        among: (R,) rows to look at; None: all.

    The shift looks at open deals too: of a young census the quick outcomes alone are known, and they are not like the
    others (on planted deals a shift from them was 5 points too high).
    """
    used = ~np.isnan(raw) & (weight > 0)
    if among is not None:
        used &= among
    part = history.pick(used)
    if len(np.unique(part.rows.won)) < 2:
        return None
    p, share = raw[used], weight[used]
    drawn = draw_evenly(share)
    kinds: tuple[Kind, ...] = ("platt",) if name in (JOURNEY, RATIO) else ("none", "platt", "beta", "isotonic")
    calibrator = fit_calibrator(p[drawn], part.rows.won[drawn], part.rows.landmark[drawn], kinds=kinds)
    p = calibrator.apply(p)
    told = ~np.isnan(raw) & (history.rows.landmark < when)
    if among is not None:
        told &= among
    seen = history.rows.pick(told)
    known = seen.known_at <= seen.landmark.max()
    shift = recent_shift(calibrator.apply(raw[told]), seen, known, horizon_days=history.horizon_days)
    p = shifted(p, shift)
    owners = fit_offsets(p, part.rows.won, part.rows.deal, part.owner, share)
    p = owners.apply(p, part.owner)
    segments = fit_offsets(p, part.rows.won, part.rows.deal, part.segment, share)
    return Finish(calibrator, shift, owners, segments)
