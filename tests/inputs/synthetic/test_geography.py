"""The coast: districts tile the land, the sea lies to the south-east, own polygons take their place."""

import json
from pathlib import Path

import numpy as np
import pytest
import shapely

from inputs.synthetic.geography import ORIGIN_LATITUDE, ORIGIN_LONGITUDE, degrees, make_geography, place_points
from scenarios.errors import DataError


def test_districts_tile_the_land() -> None:
    """Areas add up to the land's, no two overlap by more than the rounding of six decimals."""
    place = make_geography(np.random.default_rng(1))
    total = sum(d.area for d in place.districts)
    assert total == pytest.approx(place.land.area, rel=1e-6)
    assert len(place.districts) == len(set(place.names)) == len(set(place.keys)) == 24
    assert place.weights.sum() == pytest.approx(1)
    assert all(d.is_valid for d in place.districts)


def test_sea_lies_to_the_south_east() -> None:
    """Three kilometres inland is land, a kilometre out to sea is not, at every part of the shore."""
    land = make_geography(np.random.default_rng(1)).land
    for u in np.linspace(-6, 6, 13):
        assert shapely.contains_xy(land, *degrees(u, 3.0))
        longitude, latitude = degrees(u, -1.0)
        assert not shapely.contains_xy(land, longitude, latitude)
        inland = degrees(u, 3.0)
        assert longitude > inland[0]
        assert latitude < inland[1]


def test_degrees_of_known_points() -> None:
    """The origin is the middle of the shore; a kilometre north-west moves by 1/(111.195 sqrt 2) degrees of latitude."""
    assert degrees(np.array([0.0]), np.array([0.0])) == (ORIGIN_LONGITUDE, ORIGIN_LATITUDE)
    _, latitude = degrees(np.array([0.0]), np.array([1.0]))
    assert latitude[0] == pytest.approx(ORIGIN_LATITUDE + 0.006359, abs=1e-6)


def test_a_district_of_nothing_but_no_go_still_takes_points() -> None:
    """Where the no-go area swallows a district, its points fall in the district rather than nowhere."""
    from dataclasses import replace

    place = make_geography(np.random.default_rng(1), districts=[shapely.box(0, 0, 1, 1)])
    swallowed = replace(place, no_go={"all": shapely.box(-1, -1, 2, 2)})
    x, y = place_points(swallowed, np.random.default_rng(2), district=np.zeros(50, dtype=int))
    assert shapely.contains_xy(place.land, x, y).all()


def test_own_districts_from_a_file(tmp_path: Path) -> None:
    """A GeoJSON gives names and keys; land cuts it; keys that repeat are numbered anew."""
    squares = [("A", "k", shapely.box(2, 41, 2.1, 41.1)), ("B", "k", shapely.box(2.1, 41, 2.2, 41.1))]
    features = [{"type": "Feature", "properties": {"nom": n, "key": k}, "geometry": shapely.geometry.mapping(g)}
                for n, k, g in squares]  # fmt: skip
    path = tmp_path / "own.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    place = make_geography(np.random.default_rng(1), districts=path, land=shapely.box(2.05, 41, 3, 42))
    assert place.names == ("A", "B")
    assert place.keys == ("01", "02")
    assert place.districts[0].area == pytest.approx(0.005)
    only_b = make_geography(np.random.default_rng(1), districts=path, land=shapely.box(2.15, 41, 3, 42))
    assert only_b.names == ("B",)


def test_bad_districts_say_what_is_wrong(tmp_path: Path) -> None:
    """No file, no GeoJSON, no polygon, no degrees, crossed lines, off the land: each a sentence."""
    rng = np.random.default_rng(1)
    with pytest.raises(DataError, match="cannot be read"):
        make_geography(rng, districts=tmp_path / "nothing.geojson")
    bad = tmp_path / "bad.geojson"
    for text in ("{", "[]", '{"features": [{"geometry": {"type": "Polygon"}}]}', '{"features": [{"geometry": null}]}'):
        bad.write_text(text)
        with pytest.raises(DataError, match="no GeoJSON"):
            make_geography(rng, districts=bad)
    with pytest.raises(DataError, match="not in degrees"):
        make_geography(rng, districts=[shapely.box(430_000, 4_580_000, 431_000, 4_581_000)])
    with pytest.raises(DataError, match="crosses itself"):
        make_geography(rng, districts=[shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])])
    with pytest.raises(DataError, match="no district lies on land"):
        make_geography(rng, districts=[shapely.box(0, 0, 1, 1)], land=shapely.box(5, 5, 6, 6))
    with pytest.raises(DataError, match="no district"):
        make_geography(rng, districts=[])
