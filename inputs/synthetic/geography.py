"""Where the synthetic company lies: a coast with the sea to the south-east and hills behind, districts, no-go areas.

The land is the strip between two curves in a frame turned by 45 degrees: u runs along the shore to the north-east,
v inland to the north-west, both in kilometres from the middle of the shore. All coordinates handed out are degrees
(WGS 84), rounded to six decimals, as they are written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPoint, Polygon, mapping, shape
from shapely.geometry.base import BaseGeometry

from inputs.synthetic.words import DISTRICT_NAMES
from scenarios.errors import DataError

ORIGIN_LATITUDE, ORIGIN_LONGITUDE = 41.385, 2.190
KM_PER_DEGREE = 111.195
HALF_SHORE_KM = 7.0
DISTRICT_COLUMNS, DISTRICT_ROWS = 6, 4
GRID_DEGREES = 1e-6
DENSITY_DECAY_KM = 4.0

Districts = Path | str | Sequence[BaseGeometry] | Mapping[str, BaseGeometry]


@dataclass(frozen=True)
class Geography:
    """The map of the company.

    names, keys: (D,) texts of the districts. districts: (D,) polygons that tile the land. land: their union.
    no_go: name -> polygon where nobody lives. weights: (D,) share of customers that live in each district, sums to 1.
    """

    names: tuple[str, ...]
    keys: tuple[str, ...]
    districts: tuple[BaseGeometry, ...]
    land: BaseGeometry
    no_go: dict[str, BaseGeometry]
    weights: np.ndarray


def shore_km(u: np.ndarray) -> np.ndarray:
    """Where the land begins: v of the shore at u, both in km."""
    return 0.35 * np.sin(1.1 * u) + 0.18 * np.sin(2.7 * u + 1.0)


def ridge_km(u: np.ndarray) -> np.ndarray:
    """Where the hills end the town: v of the ridge at u, both in km."""
    return 6.3 + 0.8 * np.sin(0.7 * u + 0.5)


def degrees(u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(longitude, latitude) of points u km along the shore and v km inland, rounded as written."""
    east, north = (u - v) / np.sqrt(2), (u + v) / np.sqrt(2)
    latitude = ORIGIN_LATITUDE + north / KM_PER_DEGREE
    longitude = ORIGIN_LONGITUDE + east / (KM_PER_DEGREE * np.cos(np.radians(ORIGIN_LATITUDE)))
    return np.round(longitude, 6), np.round(latitude, 6)


def _polygon(u: np.ndarray, v: np.ndarray) -> BaseGeometry:
    return Polygon(np.column_stack(degrees(u, v)))


def _coast_land() -> BaseGeometry:
    u = np.linspace(-HALF_SHORE_KM, HALF_SHORE_KM, 141)
    return _polygon(np.r_[u, u[::-1]], np.r_[shore_km(u), ridge_km(u)[::-1]])


def _coast_no_go() -> dict[str, BaseGeometry]:
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    park = _polygon(-1.5 + 1.3 * np.cos(angle), 5.2 + 0.7 * np.sin(angle) + 0.15 * np.sin(3 * angle))
    port = _polygon(np.array([-6.0, -3.4, -3.2, -5.8]), np.array([-0.9, -0.9, 0.9, 1.1]))
    return {"Parc del Turó": park, "Port": port}


def _coast_districts(land: BaseGeometry, rng: np.random.Generator) -> list[BaseGeometry]:
    """Voronoi cells of a jittered grid of seeds, cut at the land's edge."""
    column, row = np.meshgrid(np.arange(DISTRICT_COLUMNS), np.arange(DISTRICT_ROWS))
    jitter = rng.uniform(-0.32, 0.32, size=(2, column.size))
    u = (column.ravel() + 0.5 + jitter[0]) / DISTRICT_COLUMNS * 2 * HALF_SHORE_KM - HALF_SHORE_KM
    v = (row.ravel() + 0.5 + jitter[1]) / DISTRICT_ROWS * 6.6
    seeds = MultiPoint(np.column_stack(degrees(u, v)))
    cells = shapely.voronoi_polygons(seeds, extend_to=land, ordered=True).geoms
    return [cell.intersection(land) for cell in cells]


def _given_districts(given: Districts) -> tuple[list[str], list[str], list[BaseGeometry]]:
    """Names, keys and polygons that the user brought."""
    if isinstance(given, (str, Path)):
        return _read_districts(Path(given))
    named = given.items() if isinstance(given, Mapping) else ((f"District {i + 1}", g) for i, g in enumerate(given))
    names, shapes = [], []
    for name, geometry in named:
        names.append(name)
        shapes.append(geometry)
    return names, [f"{i + 1:02d}" for i in range(len(names))], shapes


def _read_districts(path: Path) -> tuple[list[str], list[str], list[BaseGeometry]]:
    import json

    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        shapes = [shape(feature["geometry"]) for feature in features]
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); give the path of a GeoJSON file") from error
    except (ValueError, KeyError, TypeError, AttributeError, shapely.errors.ShapelyError) as error:
        raise DataError(f"{path}: is no GeoJSON FeatureCollection of polygons ({error})") from error
    properties: list[dict[str, Any]] = [feature.get("properties") or {} for feature in features]
    names = [str(p.get("name") or p.get("nom") or f"District {i + 1}") for i, p in enumerate(properties)]
    keys = [str(p.get("key") or p.get("id") or f"{i + 1:02d}") for i, p in enumerate(properties)]
    return names, keys if len(set(keys)) == len(keys) else [f"{i + 1:02d}" for i in range(len(keys))], shapes


def make_geography(
    rng: np.random.Generator, *, districts: Districts | None = None, land: BaseGeometry | None = None
) -> Geography:
    """The built-in coast, or the user's own districts (degrees) in its place.

    Own districts are the land unless `land` is given too, which then cuts them; the built-in no-go areas belong to
    the built-in coast. A district of which nothing is left is dropped.

    Raises:
        DataError: no polygon is left, or one of them is no polygon of degrees.
    """
    if districts is None:
        land = _coast_land() if land is None else land
        shapes, no_go = _coast_districts(land, rng), _coast_no_go()
        names, keys = list(DISTRICT_NAMES), [f"{i + 1:02d}" for i in range(len(shapes))]
    else:
        names, keys, shapes = _given_districts(districts)
        no_go = {}
    _check_degrees(names, shapes)
    shapes = [shapely.set_precision(s if land is None else s.intersection(land), GRID_DEGREES) for s in shapes]
    kept = [i for i, s in enumerate(shapes) if s.area > 0]
    if not kept:
        raise DataError("no district lies on land; give polygons in degrees (longitude, latitude)")
    polygons = tuple(shapes[i] for i in kept)
    whole = shapely.union_all(polygons)
    weights = _weights(polygons, whole, no_go, rng)
    return Geography(
        tuple(names[i] for i in kept), tuple(keys[i] for i in kept), polygons, whole,
        {name: area.intersection(whole) for name, area in no_go.items()}, weights,
    )  # fmt: skip


def _check_degrees(names: Sequence[str], shapes: Sequence[BaseGeometry]) -> None:
    for name, geometry in zip(names, shapes, strict=True):
        if geometry.geom_type not in ("Polygon", "MultiPolygon"):
            raise DataError(f"district {name!r} is a {geometry.geom_type}; districts are polygons")
        west, south, east, north = geometry.bounds if not geometry.is_empty else (0, 0, 0, 0)
        if west < -180 or east > 180 or south < -90 or north > 90:
            raise DataError(f"district {name!r} is not in degrees (longitude, latitude); convert it to WGS 84")
        if not geometry.is_valid:
            raise DataError(f"district {name!r} crosses itself: {shapely.is_valid_reason(geometry)}")


def _weights(
    districts: Sequence[BaseGeometry], land: BaseGeometry, no_go: Mapping[str, BaseGeometry], rng: np.random.Generator
) -> np.ndarray:
    """Shares of customers: habitable area, thinning out with the distance from the middle, some chance."""
    blocked = shapely.union_all(list(no_go.values())) if no_go else Polygon()
    area = np.array([d.difference(blocked).area for d in districts])
    middle = land.centroid
    km = np.array([d.centroid.distance(middle) for d in districts]) * KM_PER_DEGREE
    raw = area * np.exp(-km / DENSITY_DECAY_KM) * rng.lognormal(0, 0.3, len(districts))
    return np.asarray(raw / raw.sum())


def place_points(
    geography: Geography, rng: np.random.Generator, *, district: np.ndarray, clustered_share: float = 0.7
) -> tuple[np.ndarray, np.ndarray]:
    """(longitude, latitude) of one point in each given district, on land and outside every no-go area.

    district: (n,) indices. Within a district points crowd around a few centres and thin out between them.
    """
    longitude, latitude = np.empty(len(district)), np.empty(len(district))
    blocked = shapely.union_all(list(geography.no_go.values())) if geography.no_go else Polygon()
    for index in np.unique(district):
        here = np.flatnonzero(district == index)
        habitable = geography.districts[index].difference(blocked)
        habitable = habitable if habitable.area > 0 else geography.districts[index]
        centres = _uniform(habitable, rng, 3)
        spread = 0.12 * np.sqrt(habitable.area)
        clustered = here[rng.random(len(here)) < clustered_share]
        points = centres[rng.integers(0, 3, len(clustered))] + rng.normal(0, spread, (len(clustered), 2))
        points = np.round(points, 6)
        good = shapely.contains_xy(habitable, points[:, 0], points[:, 1])
        longitude[clustered[good]], latitude[clustered[good]] = points[good, 0], points[good, 1]
        rest = np.setdiff1d(here, clustered[good])
        points = _uniform(habitable, rng, len(rest))
        longitude[rest], latitude[rest] = points[:, 0], points[:, 1]
    return longitude, latitude


def _uniform(polygon: BaseGeometry, rng: np.random.Generator, count: int) -> np.ndarray:
    """(count, 2) points spread evenly inside a polygon, by rejection from its bounding box."""
    west, south, east, north = polygon.bounds
    found = np.empty((0, 2))
    while len(found) < count:
        points = np.round(rng.uniform((west, south), (east, north), (2 * count + 16, 2)), 6)
        found = np.vstack([found, points[shapely.contains_xy(polygon, points[:, 0], points[:, 1])]])
    return found[:count]


def feature_collection(rows: Sequence[tuple[dict[str, str], BaseGeometry]]) -> dict[str, Any]:
    """A GeoJSON FeatureCollection of (properties, polygon) rows."""
    return {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": p, "geometry": mapping(g)} for p, g in rows],
    }
