"""Drives, recomputed: chord length between unit vectors instead of the haversine, the raw matrix, or kept answers.

Where `reps.travel.hours` tells how the day's traffic stretches a drive, and no hour is named for all of them, a drive
is followed from one part of the day into the next: within a part of factor f it gets on by 1 / f of a second a second.
"""

import math
import sqlite3
from contextlib import closing

import pandas as pd

from inputs.rows import rows
from scenarios.schema import Calibration, Travel

EARTH_RADIUS_KM = 6371.0088
Place = tuple[str, float, float]
"""id ("" where none), latitude, longitude in degrees."""
SERVERS = {"osrm", "valhalla"}
DAY_SECONDS = 86400
NEVER = (math.inf, math.inf)


def _unit(latitude: float, longitude: float) -> tuple[float, float, float]:
    lat, lon = math.radians(latitude), math.radians(longitude)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)


def _at(place: Place) -> str:
    return f"{place[1]:.6f},{place[2]:.6f}"


def km_between(here: tuple[float, float], there: tuple[float, float]) -> float:
    """Great-circle kilometres between two (latitude, longitude)."""
    return 2 * EARTH_RADIUS_KM * math.asin(min(math.dist(_unit(*here), _unit(*there)), 2.0) / 2)


class Drives:
    """Least seconds and km of a drive between two places, by `reps.travel`; a drive nobody knows takes for ever."""

    def __init__(self, settings: Travel, travel_times: pd.DataFrame) -> None:
        self.settings = settings
        self.matrix = {
            (row.from_id, row.to_id): (float(row.seconds), float(row.metres) / 1000)
            for row in (rows(travel_times) if settings.engine == "matrix" else ())
        }
        self.answered: dict[tuple[str, str], tuple[float, float]] = {}

    def drive(
        self, origin: Place, destination: Place, *, parks: bool, leaves: float, drive_factor: float = 1.0
    ) -> tuple[float, float]:
        """(seconds with parking if `parks`, km); both 0 within one place.

        leaves: seconds after midnight. drive_factor: of the rep, on the time at the wheel.
        """
        if origin[0] == destination[0] and origin[1:] == destination[1:]:
            return 0.0, 0.0
        seconds, km = self._driving(origin, destination)
        at_the_wheel = self._stretched(seconds * drive_factor, leaves)
        return at_the_wheel + (60 * self.settings.parking_minutes if parks else 0.0), km

    def usual_seconds(self, origin: Place, destination: Place, *, parks: bool) -> float:
        """Seconds of the drive for a usual rep, at the hour of `planned_at` or without any traffic."""
        if self.settings.planned_at is not None or not self.settings.hours:
            return self.drive(origin, destination, parks=parks, leaves=0.0)[0]
        calm = Drives(self.settings.model_copy(update={"hours": []}), pd.DataFrame())
        calm.matrix, calm.answered = self.matrix, self.answered
        return calm.drive(origin, destination, parks=parks, leaves=0.0)[0]

    def _stretched(self, seconds: float, leaves: float) -> float:
        """What a drive of so many seconds takes on the road at that hour of the day."""
        if self.settings.planned_at is not None:
            return seconds * self._part_of_day(60.0 * self.settings.planned_at)[0]
        clock, ahead = leaves, seconds
        while math.isfinite(ahead):
            factor, until = self._part_of_day(clock)
            if clock + ahead * factor <= until:
                return clock + ahead * factor - leaves
            ahead -= (until - clock) / factor
            clock = until
        return seconds

    def _part_of_day(self, clock: float) -> tuple[float, float]:
        """(factor at that second, second at which it ends); every day is like the first."""
        midnight = clock // DAY_SECONDS * DAY_SECONDS
        ends = DAY_SECONDS
        for band in self.settings.hours:
            begins, closes = (60 * minute for minute in band.between)
            if begins <= clock - midnight < closes:
                return band.factor, midnight + closes
            ends = min(ends, begins) if begins > clock - midnight else ends
        return 1.0, midnight + ends

    def _driving(self, origin: Place, destination: Place) -> tuple[float, float]:
        """(seconds at the wheel before the factor of the hour, km)."""
        settings = self.settings
        road_km = km_between(origin[1:], destination[1:]) * settings.detour_factor
        if settings.engine == "haversine":
            return 3600 * road_km / settings.speed_kmh, road_km
        guess = NEVER
        if settings.calibration and (settings.fill_holes or settings.engine == "calibrated"):
            guess = _calibrated_seconds(settings.calibration, road_km), road_km
        if settings.engine == "calibrated":
            return guess
        if settings.engine in SERVERS:
            return self._kept(origin, destination) or guess
        seconds, km = self.matrix.get((origin[0], destination[0]), guess)
        return seconds, road_km if math.isnan(km) else km

    def _kept(self, origin: Place, destination: Place) -> tuple[float, float] | None:
        """The server's answer as it was kept; None: it knew no way, or was never asked."""
        if not self.answered and self.settings.kept_drives().exists():
            query = (
                "SELECT a.at, b.at, d.seconds, d.metres FROM drive d JOIN place a ON a.number = d.origin "
                "JOIN place b ON b.number = d.destination WHERE d.seconds IS NOT NULL"
            )
            with closing(sqlite3.connect(self.settings.kept_drives())) as store:
                self.answered = {(a, b): (seconds, metres / 1000) for a, b, seconds, metres in store.execute(query)}
        return self.answered.get((_at(origin), _at(destination)))


def _calibrated_seconds(given: Calibration, road_km: float) -> float:
    """The intercept, and kilometre after kilometre at the speed of its band."""
    seconds, begun = given.intercept_seconds, 0.0
    for band in given.bands:
        end = math.inf if band.to_km is None else band.to_km
        seconds += 3600 * max(0.0, min(road_km, end) - begun) / band.speed_kmh
        begun = end
    return seconds
