"""Read the areas of a GeoJSON: one row an area, its polygon as WKT (longitude before latitude, WGS84)."""

import json
from typing import Any

import pandas as pd

from inputs.sources.raw import Raw, Unreadable, as_raw
from inputs.sources.text_file import tell_encoding, unzipped
from scenarios.schema.data import Source

_KEY_PROPERTIES = ("key", "id", "code", "area")
_NAME_PROPERTIES = ("name", "nom", "nombre", "title")


def _chosen(properties: dict[str, Any], named: str | None, usual: tuple[str, ...]) -> str | None:
    if named is not None:
        return named
    return next((name for name in usual if name in properties), None)


def _property(properties: dict[str, Any], name: str | None) -> str | None:
    value = properties.get(name) if name else None
    return None if value is None or str(value).strip() == "" else str(value).strip()


def _wkt(geometry: dict[str, Any] | None) -> str | None:
    """WKT of a polygon or multipolygon, repaired if its rings cross; None if it is no area."""
    import shapely
    from shapely.geometry import shape

    if not geometry or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        return None
    try:
        area = shape(geometry)
    except (ValueError, TypeError, KeyError, IndexError, shapely.errors.ShapelyError):
        return None
    if not area.is_valid:
        area = shapely.make_valid(area)
    return None if area.is_empty else str(area.wkt)


def read_areas(data: bytes, source: Source) -> Raw:
    """Areas of a GeoJSON: columns key, name, geometry and the other properties.

    Args:
        data: the file's bytes.
        source: `key` and `name` are the properties to take; usual ones are tried unless given.

    Raises:
        Unreadable: no GeoJSON, or no property that could be the key.
    """
    data = unzipped(data)
    try:
        content = json.loads(data.decode(tell_encoding(data)))
    except (ValueError, UnicodeDecodeError) as error:
        raise Unreadable(f"it is no valid JSON: {error}") from None
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
        raise Unreadable("it is no GeoJSON FeatureCollection")
    properties = [feature.get("properties") or {} for feature in features]
    known = sorted({name for entry in properties for name in entry})
    key = _chosen(properties[0] if properties else {}, source.key, _KEY_PROPERTIES)
    if features and key not in known:
        wanted = f"has no property {key!r}" if key else "names no property that is the area's key"
        raise Unreadable(f"it {wanted}; write `key:` with one of {', '.join(known)}")
    name = _chosen(properties[0] if properties else {}, source.name, _NAME_PROPERTIES)
    if features and source.name is not None and source.name not in known:
        raise Unreadable(f"it has no property {source.name!r}; write `name:` with one of {', '.join(known)}")
    keys = [_property(entry, key) for entry in properties]
    frame = pd.DataFrame(
        {
            "key": pd.Series(keys, dtype="str"),
            "name": pd.Series([_property(entry, name) for entry in properties], dtype="str").fillna(
                pd.Series(keys, dtype="str")
            ),
            "geometry": pd.Series([_wkt(feature.get("geometry")) for feature in features], dtype="str"),
        }
    )
    for other in known:
        if other not in ("key", "name", "geometry", key, name):
            frame[other] = pd.Series([_property(entry, other) for entry in properties], dtype="str")
    return as_raw(frame)
