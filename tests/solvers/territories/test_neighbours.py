"""Neighbourhood graphs of places whose neighbours can be told by eye."""

import numpy as np
import pandas as pd
import shapely

from solvers.territories.neighbours import find_neighbours

NO_AREAS = pd.DataFrame({"key": [], "name": [], "geometry": []})


def graph(places: list, areas: pd.DataFrame = NO_AREAS, area: list | None = None):
    people = pd.DataFrame({"area": area or [np.nan] * len(places)})
    return find_neighbours(people, areas, np.array(places, float).reshape(-1, 2))


def test_places_on_a_line_are_a_chain_and_one_place_is_one_node():
    line = graph([(2, 0), (0, 0), (1, 0), (1, 0)])
    assert line.kind == "delaunay"
    assert line.node.tolist() == [2, 0, 1, 1]
    assert [nodes.tolist() for nodes in line.adjacent] == [[1], [0, 2], [1]]
    assert [nodes.tolist() for nodes in graph([(3, 3)]).adjacent] == [[]]


def test_long_edges_are_cut_but_two_towns_stay_joined_by_their_shortest_link():
    town = [(x, y) for x in range(4) for y in range(4)]
    far = [(x + 40.3, y + 0.1 * x) for x, y in town]
    joined = graph(town + far)
    between = [(a, int(b)) for a in range(16) for b in joined.adjacent[a] if b >= 16]
    # Nodes are sorted by place: 12 to 15 are the first town's eastern edge, 16 to 19 the other's western one.
    assert len(between) == 1
    assert between[0][0] in range(12, 16)
    assert between[0][1] in range(16, 20)


def test_areas_may_come_as_wkb_and_what_is_no_shape_is_passed_over():
    squares = [shapely.box(x, 0, x + 1, 1) for x in range(3)]
    areas = pd.DataFrame({"key": ["A", "B", "C", "bad"], "geometry": [*map(shapely.to_wkb, squares), "no shape"]})
    found = graph([(0, 0), (1, 0), (2, 0)], areas, ["A", "B", "C"])
    assert found.kind == "areas"
    assert [nodes.tolist() for nodes in found.adjacent] == [[1], [0, 2], [1]]


def test_a_customer_of_an_unknown_area_joins_the_nearest_and_an_island_is_linked():
    areas = pd.DataFrame({"key": ["A", "B"], "geometry": [shapely.box(0, 0, 1, 1), shapely.box(5, 0, 6, 1)]})
    places = [(0.5, 0.5)] * 60 + [(5.5, 0.5)] * 60 + [(4.9, 0.5)]
    found = graph(places, areas, ["A"] * 60 + ["B"] * 60 + ["?"])
    assert found.kind == "areas"
    assert found.node[-1] == found.node[60]
    assert [nodes.tolist() for nodes in found.adjacent] == [[1], [0]]
