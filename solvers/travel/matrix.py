"""Drives looked up in the table `travel_times`; a hole is an error, or estimated if the scenario says so."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scenarios.errors import DataError
from solvers.travel.formula import Calibrated
from solvers.travel.places import Places, arrivals, great_circle_km

NAMED = 5
"""Drives named in a message."""
TRIANGLES = 120
"""Places among which detours are looked for: all triples of more would take long."""


@dataclass(frozen=True)
class Matrix:
    """seconds, metres: by (from_id, to_id), either direction on its own; metres may be missing.

    Without metres km are great circle x detour. estimate: what fills holes; None: a hole is an error. factor: of the
    hour.
    """

    seconds: pd.Series
    metres: pd.Series
    parking_minutes: float
    detour_factor: float = 1.35
    estimate: Calibrated | None = None
    factor: float = 1.0

    def matrix(self, origins: Places, destinations: Places) -> tuple[np.ndarray, np.ndarray]:
        """See `TravelModel.matrix`.

        Raises:
            DataError: the table has no row for a pair that is asked for, and nothing fills holes.
        """
        seconds, metres = self._known(origins, destinations)
        holes = self.holes(origins, destinations)
        if holes.any() and self.estimate is None:
            raise DataError(
                f"travel_times has no row for {holes.sum()} of {holes.size} drives, for example "
                f"{some_drives(origins, destinations, holes)}. Complete the table, let `reps.travel.fill_holes: true` "
                "estimate them, or set reps.travel.engine: haversine."
            )
        km = np.where(np.isnan(metres), great_circle_km(origins, destinations) * self.detour_factor, metres / 1000)
        driving = seconds * self.factor
        if self.estimate is not None:
            road_km = great_circle_km(origins, destinations) * self.estimate.detour_factor
            driving = np.where(np.isnan(seconds), self.estimate.driving_seconds(road_km), driving)
        return arrivals(driving, km, origins, destinations, parking_minutes=self.parking_minutes)

    def holes(self, origins: Places, destinations: Places) -> np.ndarray:
        """(n, m) True where the table has no row for a drive between two different places."""
        apart = origins.ids[:, None] != destinations.ids[None, :]
        missing: np.ndarray = np.isnan(self._known(origins, destinations)[0]) & apart
        return missing

    def notes(self, places: Places) -> tuple[str, ...]:
        """What is missing in the table for the drives between `places`, and what is odd in it."""
        found = []
        holes = self.holes(places, places)
        if holes.any():
            found.append(
                f"{holes.sum()} of {holes.size - len(places.ids)} drives are missing in travel_times and estimated by "
                f"the calibration, for example {some_drives(places, places, holes)}"
            )
        bare = np.isnan(self._known(places, places)[1]) & ~holes & (places.ids[:, None] != places.ids[None, :])
        if bare.any():
            found.append(f"{bare.sum()} drives of travel_times have no metres: great circle x detour_factor")
        if count := detours(self._known(places.take(np.arange(len(places.ids))[:TRIANGLES]), places)[0]):
            found.append(
                f"{count} drives of travel_times are longer than the way by a third place (among the first "
                f"{min(TRIANGLES, len(places.ids))} places)"
            )
        strangers = set(self.seconds.index.get_level_values(0)) | set(self.seconds.index.get_level_values(1))
        if unused := len(strangers - set(places.ids)):
            found.append(f"{unused} ids of travel_times are no places of this plan's field work")
        return tuple(found)

    def _known(self, origins: Places, destinations: Places) -> tuple[np.ndarray, np.ndarray]:
        pairs = pd.MultiIndex.from_product([origins.ids, destinations.ids])
        shape = (len(origins.ids), len(destinations.ids))
        return (
            self.seconds.reindex(pairs).to_numpy(float).reshape(shape),
            self.metres.reindex(pairs).to_numpy(float).reshape(shape),
        )


def matrix_from(
    travel_times: pd.DataFrame,
    *,
    parking_minutes: float,
    detour_factor: float,
    estimate: Calibrated | None,
    factor: float,
) -> Matrix:
    """The lookup in `travel_times`: from_id, to_id, seconds, metres.

    Raises:
        DataError: the table is empty, names a drive twice, or has times that are no times.
    """
    if travel_times.empty:
        raise DataError("reps.travel.engine is matrix, but data.travel_times is not given or empty")
    seconds = travel_times["seconds"].to_numpy(float)
    wrong = ~np.isfinite(seconds) | (seconds < 0)
    if wrong.any():
        raise DataError(
            f"travel_times has {wrong.sum()} rows whose seconds are negative or not a number, for example "
            f"{_some_rows(travel_times, wrong)}; correct or remove them"
        )
    twice = travel_times.duplicated(["from_id", "to_id"]).to_numpy()
    if twice.any():
        raise DataError(
            f"travel_times has {twice.sum()} drives twice, for example {_some_rows(travel_times, twice)}; keep one row"
        )
    table = travel_times.set_index(["from_id", "to_id"])
    metres = table["metres"] if "metres" in table else pd.Series(np.nan, table.index)
    return Matrix(table["seconds"], metres.astype(float), parking_minutes, detour_factor, estimate, factor)


def detours(seconds: np.ndarray) -> int:
    """How many of the drives among the first n places, (n, m >= n), take longer than by way of a third place."""
    count = len(seconds)
    direct = np.nan_to_num(seconds[:, :count], nan=np.inf)
    np.fill_diagonal(direct, np.inf)
    best = np.full_like(direct, np.inf)
    for via in range(count):
        np.minimum(best, direct[:, via][:, None] + direct[via][None, :], out=best)
    off = ~np.eye(count, dtype=bool)
    return int((np.isfinite(direct) & off & (best < direct - 1)).sum())


def some_drives(origins: Places, destinations: Places, chosen: np.ndarray) -> str:
    """The first few drives of the mask `chosen`, (n, m), by name."""
    return ", ".join(f"{origins.ids[i]} to {destinations.ids[j]}" for i, j in np.argwhere(chosen)[:NAMED])


def _some_rows(table: pd.DataFrame, chosen: np.ndarray) -> str:
    few = table.loc[chosen].head(NAMED)
    return ", ".join(f"{a} to {b} ({s:g} s)" for a, b, s in zip(few.from_id, few.to_id, few.seconds, strict=True))
