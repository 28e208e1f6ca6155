"""Places in degrees, the great circle between them, and what every travel model answers."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

EARTH_RADIUS_KM = 6371.0088
"""Mean earth radius (IUGG, 1980)."""


@dataclass(frozen=True)
class Places:
    """n places: ids (n,), degrees (n,), `parks` (n,) True where a drive that ends here needs parking."""

    ids: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray
    parks: np.ndarray

    def take(self, rows: np.ndarray) -> "Places":
        """The places of `rows`, in their order."""
        return Places(self.ids[rows], self.latitude[rows], self.longitude[rows], self.parks[rows])


class TravelModel(Protocol):
    """Anything that says how long the drives between places take."""

    def matrix(self, origins: Places, destinations: Places) -> tuple[np.ndarray, np.ndarray]:
        """Seconds (int64, rounded up, parking at the destination included) and km (float64), each (n, m)."""
        ...


def great_circle_km(origins: Places, destinations: Places) -> np.ndarray:
    """Great-circle kilometres, (n, m), by the haversine formula (Sinnott, 1984)."""
    lat1, lat2 = np.radians(origins.latitude)[:, None], np.radians(destinations.latitude)[None, :]
    dlon = np.radians(destinations.longitude)[None, :] - np.radians(origins.longitude)[:, None]
    half = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin(dlon / 2) ** 2
    km: np.ndarray = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return km


def arrivals(
    driving_seconds: np.ndarray, km: np.ndarray, origins: Places, destinations: Places, *, parking_minutes: float
) -> tuple[np.ndarray, np.ndarray]:
    """Driving seconds and km, (n, m), as `TravelModel.matrix` gives them; same place: no drive, no parking."""
    parking = np.where(destinations.parks, 60 * parking_minutes, 0.0)
    same = origins.ids[:, None] == destinations.ids[None, :]
    seconds = np.ceil(np.where(same, 0.0, driving_seconds + parking)).astype(np.int64)
    return seconds, np.where(same, 0.0, km)
