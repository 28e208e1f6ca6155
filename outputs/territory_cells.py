"""Outlines of territories: the land that lies nearer to a rep's customers than to anybody else's.

Voronoi cells of the customers, joined by owner, cut to the land that the areas cover (or to the customers' surroundings
where there are no areas). Neighbours share their borders to the point, and pieces apart stay apart: nothing is smoothed
over that a planner should see.
"""

from typing import Any

import numpy as np
import pandas as pd
import shapely

from inputs.rows import groups

MOST_PLACES = 20_000
"""Cells that are drawn at most; of more customers every k-th of a rep is taken."""
TOLERANCE_DEGREES = 0.0009
"""About 100 m: corners that a border does without."""
AROUND_DEGREES = 0.01
"""About 1 km of surroundings where no areas are known."""
SMALLEST_SHARE = 0.004
"""Pieces of a territory below this share of its area are left out: they are single customers inside a neighbour."""


def territory_cells(owners: pd.DataFrame, shapes: list[Any]) -> dict[str, Any]:
    """Geometry in degrees (longitude, latitude) of each rep's territory.

    Args:
        owners: rep_id, latitude, longitude of customers; rows without an owner or a place are left out.
        shapes: geometries of the areas in degrees; empty: none are known.
    """
    known = owners[owners["rep_id"].fillna("").ne("") & owners[["latitude", "longitude"]].notna().all(axis=1)]
    known = known.drop_duplicates(["latitude", "longitude"])
    known = known.iloc[:: -(-len(known) // MOST_PLACES) or 1]
    if known.empty:
        return {}
    narrow = float(np.cos(np.radians(known["latitude"].mean())))
    places: Any = shapely.points(known["longitude"].to_numpy(float) * narrow, known["latitude"].to_numpy(float))
    around = shapely.buffer(shapely.convex_hull(shapely.multipoints(places)), AROUND_DEGREES)
    land = _scaled(shapely.union_all(shapes), narrow) if shapes else around
    land = land if shapely.covers(land, places).mean() >= 0.5 else around
    if len(places) == 1:
        return {str(known["rep_id"].iloc[0]): _scaled(land, 1 / narrow)}
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(places), extend_to=land, ordered=True))
    rows = known.assign(row=np.arange(len(known)))
    joined = {str(rep): shapely.union_all(cells[part["row"].to_numpy()]) for rep, part in groups(rows, "rep_id")}
    simple = shapely.coverage_simplify(list(joined.values()), TOLERANCE_DEGREES)
    cut = shapely.intersection(simple, land)
    return {rep: _scaled(_large_pieces(shape), 1 / narrow) for rep, shape in zip(joined, cut, strict=True)}


def _large_pieces(shape: Any) -> Any:
    """The polygons of a shape that are worth drawing, without holes as small as what is left out."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    least = SMALLEST_SHARE * sum(part.area for part in parts)
    kept = []
    for part in parts:
        if part.area >= least:
            holes = [ring for ring in part.interiors if shapely.Polygon(ring).area >= least]
            kept.append(shapely.Polygon(part.exterior, holes))
    return kept[0] if len(kept) == 1 else shapely.MultiPolygon(kept)


def _scaled(shape: Any, factor: float) -> Any:
    """The shape with its longitudes times `factor`."""
    return shapely.transform(shape, lambda corners: corners * np.array([factor, 1.0]))
