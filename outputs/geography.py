"""Outlines for maps: areas simplified to what a screen can show."""

import json
from typing import Any

import pandas as pd
import shapely

TOLERANCE_DEGREES = 0.0005
"""About 50 m: a pixel of a city map."""


def outlines(areas: pd.DataFrame) -> list[tuple[str, Any]]:
    """(name, simplified geometry) of each area; `geometry` is WKT in degrees. Neighbours keep their shared borders."""
    if areas.empty:
        return []
    shapes = shapely.from_wkt(areas["geometry"].to_numpy(dtype=object))
    simple = shapely.coverage_simplify(shapes, TOLERANCE_DEGREES)
    names = areas["name"].fillna(areas["key"]).astype(str)
    return list(zip(names, simple, strict=True))


def geojson(shape: Any) -> dict[str, Any]:
    """GeoJSON of a geometry, with four decimals (ten metres)."""
    rounded = shapely.set_precision(shape, 1e-4, mode="pointwise")
    mapping: dict[str, Any] = json.loads(shapely.to_geojson(rounded))
    return mapping
