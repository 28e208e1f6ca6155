"""Drives, recomputed: chord length between unit vectors instead of the haversine, or the raw matrix."""

import math

import pandas as pd

from inputs.rows import rows
from scenarios.schema import Travel

EARTH_RADIUS_KM = 6371.0088
Place = tuple[str, float, float]
"""id ("" where none), latitude, longitude in degrees."""


def _unit(latitude: float, longitude: float) -> tuple[float, float, float]:
    lat, lon = math.radians(latitude), math.radians(longitude)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)


class Drives:
    """Least seconds and km of a drive between two places, by `reps.travel`."""

    def __init__(self, settings: Travel, travel_times: pd.DataFrame) -> None:
        self.settings = settings
        self.matrix = {
            (row.from_id, row.to_id): (float(row.seconds), float(row.metres) / 1000)
            for row in (rows(travel_times) if settings.engine == "matrix" else ())
        }

    def drive(self, origin: Place, destination: Place, *, parks: bool) -> tuple[float, float]:
        """(seconds with parking if `parks`, km); both 0 within one place."""
        if origin[0] == destination[0] and origin[1:] == destination[1:]:
            return 0.0, 0.0
        if self.settings.engine == "matrix":
            seconds, km = self.matrix.get((origin[0], destination[0]), (math.inf, math.inf))
        else:
            chord = min(math.dist(_unit(*origin[1:]), _unit(*destination[1:])), 2.0)
            km = 2 * EARTH_RADIUS_KM * math.asin(chord / 2) * self.settings.detour_factor
            seconds = 3600 * km / self.settings.speed_kmh
        return seconds + (60 * self.settings.parking_minutes if parks else 0.0), km
