"""Coordinates that cannot be right (out of range, at 0,0, swapped), and places that lie apart from all others."""

import numpy as np
import pandas as pd

from inputs.gates.faults import Fault

FAR_DEGREES = 10.0
"""A point further than this from the table's middle, that lies near it once swapped, was swapped."""
NEAR_DEGREES = 5.0
EARTH_KM = 6371.0088
LONELY_KM, LONELY_TIMES, FEWEST_PLACES = 25.0, 10.0, 20
"""A place lies apart if its next one is further than 25 km and ten times what is usual (the 95th percentile)."""


def check_places(
    frame: pd.DataFrame, rows: np.ndarray, *, latitude: str, longitude: str, required: bool
) -> list[Fault]:
    """Bad coordinates of two columns (degrees, WGS84); rows in which one of them is missing are left to other checks.

    Args:
        frame: the converted columns; rows: their row numbers in the source.
        required: bad rows are rejected; otherwise both cells are emptied.
    """
    lat, lon = frame[latitude].to_numpy(dtype=float), frame[longitude].to_numpy(dtype=float)
    known = np.isfinite(lat) & np.isfinite(lon)
    outside = known & ((np.abs(lat) > 90) | (np.abs(lon) > 180))
    origin = known & (lat == 0) & (lon == 0)
    good = known & ~outside & ~origin
    turned = outside & (np.abs(lon) <= 90) & (np.abs(lat) <= 180)
    if good.any():
        mid_lat, mid_lon = float(np.median(lat[good])), float(np.median(lon[good]))
        far = (np.abs(lat - mid_lat) > FAR_DEGREES) & (np.abs(lon - mid_lon) > FAR_DEGREES)
        near_once_swapped = (np.abs(lon - mid_lat) < NEAR_DEGREES) & (np.abs(lat - mid_lon) < NEAR_DEGREES)
        turned |= good & far & near_once_swapped
    checks = (
        ("swapped coordinates", turned, "look swapped", "swap the two columns in these rows"),
        (
            "out of range",
            outside & ~turned,
            "no place on earth",
            "latitude lies in -90 to 90, longitude in -180 to 180",
        ),
        ("place at 0,0", origin, "0,0 lies in the sea off Africa: the place is unknown", "look the address up again"),
    )
    faults = []
    for check, bad, reason, advice in checks:
        if bad.any():
            cells = [f"{a:g}, {b:g}" for a, b in zip(lat[bad], lon[bad], strict=True)]
            faults.append(
                Fault(
                    f"{latitude}, {longitude}",
                    check,
                    "reject" if required else "warn",
                    rows[bad],
                    cells,
                    reason,
                    advice,
                    emptied=not required,
                )
            )
    return faults


def lonely_km(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Kilometres to the nearest other place, for places that lie apart from all others; nan for all else.

    Customers at the same spot count as one place, so two rows with the same wrong address are both found. What is
    usual is measured on the table itself: in thin country distances are longer.

    Args:
        latitude, longitude: degrees, WGS84, finite.

    Returns:
        float64, one per place; all nan where there are fewer than `FEWEST_PLACES` different ones.
    """
    from scipy.spatial import cKDTree

    spots, number = np.unique(np.column_stack([latitude, longitude]), axis=0, return_inverse=True)
    lonely = np.full(len(latitude), np.nan)
    if len(spots) < FEWEST_PLACES:
        return lonely
    phi, lam = np.radians(spots).T
    ball = np.column_stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])
    chord = cKDTree(ball).query(ball, k=2)[0][:, 1]
    km = 2 * EARTH_KM * np.arcsin(np.minimum(chord / 2, 1.0))
    apart = (km > LONELY_KM) & (km > LONELY_TIMES * np.percentile(km, 95))
    return np.where(apart, km, np.nan)[number.ravel()]
