"""How long a drive takes: calibrated great circle, or a matrix from a table. Never a silent fallback."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from scenarios.errors import DataError
from scenarios.schema import Travel

EARTH_RADIUS_KM = 6371.0088
"""Mean earth radius (IUGG, 1980)."""


@dataclass(frozen=True)
class Places:
    """n places: ids (n,), degrees (n,), `parks` (n,) True where a drive that ends here needs parking."""

    ids: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray
    parks: np.ndarray


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


@dataclass(frozen=True)
class Haversine:
    """km = great circle x detour; seconds = ceil(3600 km / speed) + parking; same place: no drive, no parking."""

    speed_kmh: float
    detour_factor: float
    parking_minutes: float

    def matrix(self, origins: Places, destinations: Places) -> tuple[np.ndarray, np.ndarray]:
        """See `TravelModel.matrix`."""
        km = great_circle_km(origins, destinations) * self.detour_factor
        seconds = np.ceil(3600 * km / self.speed_kmh) + np.where(destinations.parks, 60 * self.parking_minutes, 0.0)
        same = origins.ids[:, None] == destinations.ids[None, :]
        return np.where(same, 0, np.ceil(seconds)).astype(np.int64), np.where(same, 0.0, km)


@dataclass(frozen=True)
class Matrix:
    """Drives looked up in the table `travel_times`; parking is added, a missing pair is an error."""

    seconds: pd.Series
    metres: pd.Series
    parking_minutes: float

    def matrix(self, origins: Places, destinations: Places) -> tuple[np.ndarray, np.ndarray]:
        """See `TravelModel.matrix`.

        Raises:
            DataError: the table has no row for a pair that is asked for.
        """
        pairs = pd.MultiIndex.from_product([origins.ids, destinations.ids])
        shape = (len(origins.ids), len(destinations.ids))
        seconds = self.seconds.reindex(pairs).to_numpy(float).reshape(shape)
        km = self.metres.reindex(pairs).to_numpy(float).reshape(shape) / 1000
        same = origins.ids[:, None] == destinations.ids[None, :]
        holes = np.argwhere(np.isnan(seconds) & ~same)
        if len(holes):
            some = ", ".join(f"{origins.ids[i]} to {destinations.ids[j]}" for i, j in holes[:5])
            raise DataError(
                f"travel_times has no row for {len(holes)} of {seconds.size} drives, for example {some}. "
                "Complete the table, or set reps.travel.engine: haversine."
            )
        parking = np.where(destinations.parks, 60 * self.parking_minutes, 0.0)
        return (
            np.where(same, 0, np.ceil(np.nan_to_num(seconds) + parking)).astype(np.int64),
            np.where(same, 0.0, np.nan_to_num(km)),
        )


def make_travel(settings: Travel, travel_times: pd.DataFrame) -> TravelModel:
    """The travel model that `reps.travel` asks for.

    Args:
        travel_times: from_id, to_id, seconds, metres; needed by `engine: matrix` only.

    Raises:
        DataError: `engine: matrix` without the table.
    """
    if settings.engine == "haversine":
        return Haversine(settings.speed_kmh, settings.detour_factor, settings.parking_minutes)
    if travel_times.empty:
        raise DataError("reps.travel.engine is matrix, but data.travel_times is not given or empty")
    table = travel_times.set_index(["from_id", "to_id"])
    return Matrix(table["seconds"], table["metres"], settings.parking_minutes)
