"""Drives from coordinates alone: one speed, or a speed by band of distance."""

from dataclasses import dataclass

import numpy as np

from solvers.travel.places import Places, arrivals, great_circle_km


@dataclass(frozen=True)
class Haversine:
    """km = great circle x detour; seconds = ceil(3600 km / speed) + parking; same place: no drive, no parking."""

    speed_kmh: float
    detour_factor: float
    parking_minutes: float

    def matrix(self, origins: Places, destinations: Places) -> tuple[np.ndarray, np.ndarray]:
        """See `TravelModel.matrix`."""
        km = great_circle_km(origins, destinations) * self.detour_factor
        driving = np.ceil(3600 * km / self.speed_kmh)
        return arrivals(driving, km, origins, destinations, parking_minutes=self.parking_minutes)


@dataclass(frozen=True)
class Calibrated:
    """seconds = factor x (intercept + 3600 x sum over bands of km within / speed) + parking; grows with distance.

    ends_km: (B - 1,) ascending road km where bands end; the last has no end. speeds_kmh: (B,). factor: of the hour.
    """

    intercept_seconds: float
    ends_km: tuple[float, ...]
    speeds_kmh: tuple[float, ...]
    detour_factor: float
    parking_minutes: float
    factor: float = 1.0

    def driving_seconds(self, road_km: np.ndarray) -> np.ndarray:
        """Seconds at the wheel for drives of `road_km`, of any shape, before rounding."""
        within = km_by_band(road_km, self.ends_km)
        driving: np.ndarray = self.intercept_seconds + 3600 * (within / np.array(self.speeds_kmh)).sum(axis=-1)
        return self.factor * driving

    def matrix(self, origins: Places, destinations: Places) -> tuple[np.ndarray, np.ndarray]:
        """See `TravelModel.matrix`."""
        km = great_circle_km(origins, destinations) * self.detour_factor
        return arrivals(self.driving_seconds(km), km, origins, destinations, parking_minutes=self.parking_minutes)


def km_by_band(road_km: np.ndarray, ends_km: tuple[float, ...]) -> np.ndarray:
    """(..., B) how many of the km lie in each band; they add up to `road_km`."""
    lower, upper = np.array([0.0, *ends_km]), np.array([*ends_km, np.inf])
    within: np.ndarray = np.clip(road_km[..., None], lower, upper) - lower
    return within
