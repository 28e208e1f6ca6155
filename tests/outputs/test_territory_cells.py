"""Outlines of territories: nearest customers own the land, neighbours share borders, nothing lies outside."""

import numpy as np
import pandas as pd
import pytest
import shapely

from outputs.territory_cells import territory_cells


def owners(rows: list[tuple[str | None, float, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["rep_id", "latitude", "longitude"])


def test_two_customers_share_the_square_at_the_middle() -> None:
    """West of the perpendicular bisector is R1's, east is R2's."""
    cells = territory_cells(owners([("R1", 41.05, 2.02), ("R2", 41.05, 2.08)]), [shapely.box(2.0, 41.0, 2.1, 41.1)])
    assert cells["R1"].equals_exact(shapely.box(2.0, 41.0, 2.05, 41.1).normalize(), 1e-9, normalize=True)
    assert cells["R2"].area == pytest.approx(0.005)


def test_cells_tile_the_land_and_hold_their_customers() -> None:
    """300 customers of four reps by quadrant: no overlap, no gap beyond the simplification, customers inside."""
    rng = np.random.default_rng(3)
    places = rng.random((300, 2)) * 0.2
    reps = [f"R{int(lat > 0.1)}{int(lon > 0.1)}" for lat, lon in places]
    frame = owners([(rep, 41 + lat, 2 + lon) for rep, (lat, lon) in zip(reps, places, strict=True)])
    land = shapely.box(1.99, 40.99, 2.21, 41.21)
    cells = territory_cells(frame, [land])
    assert sum(cell.area for cell in cells.values()) == pytest.approx(land.area, rel=1e-6)
    assert shapely.union_all(list(cells.values())).area == pytest.approx(land.area, rel=1e-6)
    inside = [
        cells[row.rep_id].buffer(0.002).covers(shapely.Point(row.longitude, row.latitude)) for row in frame.itertuples()
    ]
    assert all(inside)


def test_a_piece_apart_stays_and_a_single_customer_inside_a_neighbour_does_not() -> None:
    """R1 has two quarters apart: two polygons; one customer of R2 among R1's is no hole."""
    quarters = [("R1", 0.02, 0.02), ("R1", 0.18, 0.18), ("R2", 0.02, 0.18), ("R2", 0.18, 0.02)]
    rows = [
        (rep, 41 + lat + dy / 500, 2 + lon + dx / 500)
        for rep, lat, lon in quarters for dy in range(-5, 6) for dx in range(-5, 6)
    ]  # fmt: skip
    rows[60] = ("R2", *rows[60][1:])
    cells = territory_cells(owners(rows), [shapely.box(2, 41, 2.2, 41.2)])
    assert shapely.get_num_geometries(cells["R1"]) == 2
    assert sum(len(part.interiors) for part in shapely.get_parts(cells["R1"])) == 0


def test_what_has_no_place_or_owner_is_left_out() -> None:
    """Nobody: no cells; one customer: the land around; areas elsewhere are no land of these customers."""
    assert territory_cells(owners([(None, 41.0, 2.0), ("R1", np.nan, 2.0)]), []) == {}
    alone = territory_cells(owners([("R1", 41.0, 2.0), ("R1", 41.0, 2.0)]), [shapely.box(5, 5, 6, 6)])
    assert alone["R1"].covers(shapely.Point(2.0, 41.0))
    assert alone["R1"].area < 0.001
