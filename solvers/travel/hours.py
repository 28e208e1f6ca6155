"""How the hour of the day, and how a rep gets about, stretch drives: a pace. Seconds after midnight, factors on driving
time; parking is never stretched.

A pace is ((from second, factor), ...), ascending from second 0: a drive takes the factor of each second in which it is
driven (Ichoua, Gendreau and Potvin, 2003, European Journal of Operational Research 144(2)). () is the pace of factor 1.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from scenarios.clock import format_clock
from scenarios.schema import Travel
from solvers.travel.places import Places, TravelModel

Pace = tuple[tuple[int, float], ...]
DAY_SECONDS = 24 * 3600


def parking_seconds(settings: Travel) -> int:
    """Seconds of each drive to a customer that no pace stretches: those of `parking_minutes`, rounded up."""
    return math.ceil(60 * settings.parking_minutes)


def pace_of(bands: Pace, drive_factor: float) -> Pace:
    """The pace of one rep: the hours' factors (of `Travel.hour_bands`; () : none) times the rep's own."""
    pace = tuple((begin, factor * drive_factor) for begin, factor in bands or ((0, 1.0),))
    return () if all(factor == 1 for _, factor in pace) else pace


def drive_factors(team: pd.DataFrame) -> dict[str, float]:
    """By rep how many times as long drives take; 1 where the table does not say."""
    given = team.get("drive_factor", pd.Series(1.0, team.index)).astype(float).fillna(1.0)
    return dict(zip(team["rep_id"], given.tolist(), strict=True))


def mean_factor(pace: Pace, begin_seconds: float, until_seconds: float) -> float:
    """The pace's mean factor over a span of the day; where the span is empty, the factor at its beginning."""
    if not pace:
        return 1.0
    ends = [end for end, _ in pace[1:]] + [DAY_SECONDS]
    within = [
        (max(0.0, min(end, until_seconds) - max(begin, begin_seconds)), factor)
        for (begin, factor), end in zip(pace, ends, strict=True)
    ]
    span = sum(seconds for seconds, _ in within)
    if span <= 0:
        return next(factor for begin, factor in reversed(pace) if begin <= max(begin_seconds, 0))
    return sum(seconds * factor for seconds, factor in within) / span


def driven_by(pace: Pace, departure: int, base_seconds: float) -> int:
    """The first whole second by which a drive of so many seconds at factor 1 is over, parking apart.

    Within a part of factor f a second of the clock is 1 / f of a second of the drive; after midnight the last factor
    stays.
    """
    at, ahead = float(departure), float(base_seconds)
    for (_, factor), (end, _) in pairwise(pace):
        if end > at and ahead > 0:
            seconds = min(end - at, ahead * factor)
            at, ahead = at + seconds, ahead - seconds / factor
    return math.ceil(at + max(ahead, 0.0) * (pace[-1][1] if pace else 1.0) - 1e-6)


def least_factor(pace: Pace) -> float:
    """The smallest factor of the day: no drive is shorter than by it."""
    return min((factor for _, factor in pace), default=1.0)


@dataclass(frozen=True)
class Stretched:
    """Drives of a model that all take `factor` times as long: what a planner counts with who knows no departures."""

    model: TravelModel
    factor: float
    parking_seconds: int

    def matrix(self, origins: Places, destinations: Places) -> tuple[np.ndarray, np.ndarray]:
        """See `TravelModel.matrix`."""
        seconds, km = self.model.matrix(origins, destinations)
        parked = np.where(destinations.parks, self.parking_seconds, 0)[None, :]
        stretched = np.ceil((seconds - parked) * self.factor - 1e-9).astype(np.int64) + parked
        return np.where(seconds > 0, stretched, seconds), km


def stretched(model: TravelModel, factor: float, settings: Travel) -> TravelModel:
    """The model at one factor; itself at factor 1."""
    return model if factor == 1 else Stretched(model, factor, parking_seconds(settings))


def pace_notes(settings: Travel, team: pd.DataFrame) -> tuple[str, ...]:
    """Sentences on drives by their own time, and on reps who drive at another pace."""
    notes = []
    if bands := settings.hour_bands():
        spans = ", ".join(
            f"{format_clock(begin // 60)}-{format_clock(end // 60)} x {factor:g}"
            for (begin, factor), (end, _) in pairwise([*bands, (DAY_SECONDS, 1.0)])
            if factor != 1
        )
        if spans:
            notes.append(f"each part of a drive takes the factor of reps.travel.hours when it is driven: {spans}")
    others = sorted((rep, factor) for rep, factor in drive_factors(team).items() if factor != 1)
    if others:
        some = ", ".join(f"{rep} x {factor:g}" for rep, factor in others[:5])
        more = f" and {len(others) - 5} more" if len(others) > 5 else ""
        notes.append(f"drives of {len(others)} reps take their reps.drive_factor: {some}{more}")
    return tuple(notes)
