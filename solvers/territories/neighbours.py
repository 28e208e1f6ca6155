"""Which customers are neighbours: the graph on which a territory is one piece. Distances in km on a local plane.

The graph's nodes are areas or distinct places; customers of one node are mutually connected. Areas are used where
`customers.area` matches a polygon for nearly all customers: polygons that touch are neighbours, and an area without
customers joins the areas around it. Else the nodes are the distinct places, joined by a Delaunay triangulation whose
long edges are cut. Either graph is made connected by its shortest missing links, so that one piece is always possible.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial import Delaunay, QhullError, cKDTree

EARTH_RADIUS_KM = 6371.0088
MATCHED_SHARE = 0.98
"""Areas are used if at least this share of the customers stands in a known area; the rest joins its nearest one."""
TOUCH_DEGREES = 2e-4
"""Polygons at most so far apart (about 20 m) are neighbours: published borders have slivers."""
LONG_EDGE = 4.0
"""A Delaunay edge longer than so many times the second shortest edge at both of its ends is cut."""


@dataclass(frozen=True)
class Neighbours:
    """node (n,): each customer's node; adjacent: per node the sorted neighbouring nodes; kind: areas | delaunay."""

    node: np.ndarray
    adjacent: tuple[np.ndarray, ...]
    kind: str


def to_plane_km(latitude: np.ndarray, longitude: np.ndarray, *, middle_latitude: float) -> np.ndarray:
    """(n, 2) km east and north (equirectangular projection; good to a few per mille within a sales region)."""
    east = np.radians(longitude) * np.cos(np.radians(middle_latitude)) * EARTH_RADIUS_KM
    return np.column_stack([east, np.radians(latitude) * EARTH_RADIUS_KM])


def find_neighbours(customers: pd.DataFrame, areas: pd.DataFrame, plane_km: np.ndarray) -> Neighbours:
    """The neighbourhood graph of the customers.

    Args:
        customers: silver table, with `area`.
        areas: key, geometry (shapely shape, WKB or WKT); may be empty.
        plane_km: (n, 2) places of the customers.
    """
    if len(areas) and {"key", "geometry"} <= set(areas.columns):
        found = _by_areas(customers, areas, plane_km)
        if found is not None:
            return found
    places, node = np.unique(plane_km, axis=0, return_inverse=True)
    node = node.reshape(-1)
    edges = _delaunay_edges(places)
    return Neighbours(node, _adjacency(_connected(edges, places, len(places)), len(places)), "delaunay")


def _by_areas(customers: pd.DataFrame, areas: pd.DataFrame, plane_km: np.ndarray) -> Neighbours | None:
    """The graph of the areas that hold customers; None where too few customers stand in a known area."""
    shapes = _shapes(areas)
    key_of = {str(key): number for number, key in enumerate(areas["key"]) if shapes[number] is not None}
    area = np.array([key_of.get(str(value), -1) for value in customers["area"]], dtype=np.int64)
    known = area >= 0
    if not len(area) or known.mean() < MATCHED_SHARE:
        return None
    if not known.all():
        area[~known] = area[known][cKDTree(plane_km[known]).query(plane_km[~known])[1]]
    populated, node = np.unique(area, return_inverse=True)
    edges = _through_empty(_touching(shapes), populated, len(shapes))
    centre = np.column_stack([np.bincount(node, plane_km[:, axis]) for axis in (0, 1)]) / np.bincount(node)[:, None]
    count = len(populated)
    return Neighbours(node, _adjacency(_connected(edges, centre, count), count), "areas")


def _shapes(areas: pd.DataFrame) -> list:
    """Shapely shapes of the areas; None where there is none or it is empty."""
    import shapely

    shapes: list = []
    for value in areas["geometry"]:
        shape = value
        if isinstance(value, bytes):
            shape = shapely.from_wkb(value, on_invalid="ignore")
        elif isinstance(value, str):
            text = value.lstrip()
            read = shapely.from_geojson if text.startswith("{") else shapely.from_wkt
            shape = read(text, on_invalid="ignore")
        usable = isinstance(shape, shapely.Geometry) and not bool(shapely.is_empty(shape))
        shapes.append(shape if usable else None)
    return shapes


def _touching(shapes: list) -> np.ndarray:
    """(edges, 2) pairs of shapes that touch, each pair once."""
    import shapely

    numbers = np.array([number for number, shape in enumerate(shapes) if shape is not None], dtype=np.int64)
    usable = [shapes[number] for number in numbers]
    tree = shapely.STRtree(usable)
    pairs = tree.query(usable, predicate="dwithin", distance=TOUCH_DEGREES).T
    pairs = numbers[pairs[pairs[:, 0] < pairs[:, 1]]]
    return pairs.reshape(-1, 2)


def _through_empty(edges: np.ndarray, populated: np.ndarray, count: int) -> np.ndarray:
    """Edges between populated areas (renumbered); those around one stretch of empty areas are mutually joined."""
    number = np.full(count, -1, dtype=np.int64)
    number[populated] = np.arange(len(populated))
    ends = number[edges] >= 0
    direct = number[edges[ends.all(axis=1)]]
    among_empty = edges[~ends.any(axis=1)]
    graph = coo_matrix((np.ones(len(among_empty)), among_empty.T), shape=(count, count))
    stretch = connected_components(graph, directed=False)[1]
    around: dict[int, set[int]] = {}
    for first, second in edges[ends.sum(axis=1) == 1].tolist():
        empty, full = (first, second) if number[first] < 0 else (second, first)
        around.setdefault(int(stretch[empty]), set()).add(int(number[full]))
    joined = [(a, b) for group in around.values() for a in sorted(group) for b in sorted(group) if a < b]
    return np.concatenate([direct, np.array(joined, dtype=np.int64).reshape(-1, 2)])


def _delaunay_edges(places: np.ndarray) -> np.ndarray:
    """(edges, 2) Delaunay neighbours with long edges cut; a chain where the places lie on a line."""
    if len(places) < 2:
        return np.empty((0, 2), dtype=np.int64)
    try:
        triangles = Delaunay(places - places.mean(axis=0)).simplices.astype(np.int64)
    except (QhullError, ValueError):
        order = np.lexsort((places[:, 1], places[:, 0]))
        return np.column_stack([order[:-1], order[1:]])
    edges = np.unique(
        np.sort(np.concatenate([triangles[:, pair] for pair in ([0, 1], [1, 2], [0, 2])]), axis=1), axis=0
    )
    length = np.linalg.norm(places[edges[:, 0]] - places[edges[:, 1]], axis=1)
    ends, both = edges.T.reshape(-1), np.concatenate([length, length])
    order = np.lexsort((both, ends))
    first = np.searchsorted(ends[order], np.arange(len(places)))
    degree = np.bincount(ends, minlength=len(places))
    usual = both[order][np.minimum(first + np.clip(degree - 1, 0, 1), len(both) - 1)]
    return np.asarray(edges[length <= LONG_EDGE * usual[edges].max(axis=1)])


def _connected(edges: np.ndarray, places: np.ndarray, count: int) -> np.ndarray:
    """The edges, and the shortest links between pieces that are needed to make one piece of them."""
    while count > 1:
        graph = coo_matrix((np.ones(len(edges)), edges.T), shape=(count, count))
        pieces, piece = connected_components(graph, directed=False)
        if pieces == 1:
            break
        links = []
        for number in range(pieces):
            inside, outside = np.flatnonzero(piece == number), np.flatnonzero(piece != number)
            far, to = cKDTree(places[outside]).query(places[inside])
            best = int(np.argmin(far))
            links.append((inside[best], outside[to[best]], far[best]))
        rows, cols, far = (np.array(part) for part in zip(*links, strict=True))
        between = csr_matrix((far + 1e-9, (piece[rows], piece[cols])), shape=(pieces, pieces))
        tree = minimum_spanning_tree(between).tocoo()
        kept = {(int(a), int(b)) for a, b in zip(tree.row, tree.col, strict=True)}
        needed = [(a, b) for a, b, _ in links if (int(piece[a]), int(piece[b])) in kept]
        edges = np.concatenate([edges, np.array(needed, dtype=np.int64).reshape(-1, 2)])
    return edges


def _adjacency(edges: np.ndarray, count: int) -> tuple[np.ndarray, ...]:
    both = np.concatenate([edges, edges[:, ::-1]])
    both = np.unique(both, axis=0) if len(both) else both.reshape(0, 2)
    starts = np.searchsorted(both[:, 0], np.arange(count + 1))
    return tuple(both[starts[node] : starts[node + 1], 1] for node in range(count))
