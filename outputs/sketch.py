"""A small picture of a route over the areas, as SVG: enough to see the day's shape, also in print."""

from typing import Any

import numpy as np
import pandas as pd
import shapely

WIDTH, HEIGHT, MARGIN = 640.0, 300.0, 18.0


def route_sketch(stops: pd.DataFrame, shapes: list[tuple[str, Any]]) -> str:
    """SVG of one rep-day: areas behind, the way in order, visits numbered. Empty without a drive.

    Args:
        stops: a rep-day's rows in order. shapes: (name, geometry in degrees) of the areas.
    """
    moves = stops[stops["kind"] != "lunch"]
    points = moves[["longitude", "latitude"]].to_numpy(float)
    if len(points) < 2 or np.isnan(points).any() or np.ptp(points, axis=0).max() == 0:
        return ""
    low, high = points.min(axis=0), points.max(axis=0)
    narrow = float(np.cos(np.radians(points[:, 1].mean())))
    scale = min(
        (WIDTH - 2 * MARGIN) / max((high[0] - low[0]) * narrow, 1e-9),
        (HEIGHT - 2 * MARGIN) / max(high[1] - low[1], 1e-9),
    )
    middle = (low + high) / 2

    def xy(lonlat: np.ndarray) -> np.ndarray:
        east = (lonlat[:, 0] - middle[0]) * narrow * scale + WIDTH / 2
        return np.column_stack([east, HEIGHT / 2 - (lonlat[:, 1] - middle[1]) * scale])

    half = np.array([WIDTH / 2 / (scale * narrow), HEIGHT / 2 / scale])
    frame = shapely.box(*(middle - half), *(middle + half))
    land = "".join(_area_path(shape, frame, xy) for _, shape in shapes)
    way = " ".join(f"{x:.0f},{y:.0f}" for x, y in xy(points))
    marks, number = [], 0
    for (x, y), kind in zip(xy(points), moves["kind"], strict=True):
        if kind == "visit":
            number += 1
            marks.append(
                f'<circle cx="{x:.0f}" cy="{y:.0f}" r="10" fill="#0b5c8a" stroke="#fff"/>'
                f'<text x="{x:.0f}" y="{y + 4:.0f}" font-size="11" fill="#fff" text-anchor="middle">{number}</text>'
            )
        elif kind == "start":
            marks.append(f'<rect x="{x - 6:.0f}" y="{y - 6:.0f}" width="12" height="12" fill="#8a4b00"/>')
    return (
        f'<svg viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" aria-label="Sketch of the route" '
        f'style="background:#e6ebef;border-radius:.5rem">{land}'
        f'<polyline points="{way}" fill="none" stroke="#0b5c8a" stroke-width="2.5" stroke-linejoin="round"/>'
        f"{''.join(marks)}</svg>"
    )


def _area_path(shape: Any, frame: Any, xy: Any) -> str:
    seen = shapely.intersection(shape, frame)
    rings = [
        shapely.get_exterior_ring(part)
        for part in shapely.get_parts(seen)
        if part.geom_type == "Polygon" and not part.is_empty
    ]
    drawn = []
    for ring in rings:
        corners = xy(shapely.get_coordinates(ring))
        drawn.append("M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in corners) + "Z")
    return f'<path d="{"".join(drawn)}" fill="#fbfcfd" stroke="#b4bec7" stroke-width=".7"/>' if drawn else ""
