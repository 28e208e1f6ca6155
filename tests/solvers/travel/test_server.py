"""OSRM and Valhalla as a real server on loopback: blocks, kept answers, and every way in which it can go wrong."""

import json
import math
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest

from scenarios.errors import DataError
from scenarios.schema import Travel
from solvers.travel import Places, make_travel, travel_notes

NO_TIMES = pd.DataFrame()
COAST = (41.0, 2.0)
CALIBRATION = {"bands": [{"speed_kmh": 36}]}


@dataclass
class Roads:
    """Drives take 100 s per 0.01 degree north or south, 200 s east or west; roads lie within a degree of COAST.

    version, connectivity: Valhalla's, and whether it was set up to know which regions are joined; islands: places that
    no road joins to the others; reach_degrees: farthest two places that Valhalla takes;
    radius: metres within which OSRM looks for a road.
    """

    no_way: set[tuple[float, float]] = field(default_factory=set)
    islands: set[tuple[float, float]] = field(default_factory=set)
    reach_degrees: float = 1000
    radius: float = math.inf
    version: str = "3.9"
    connectivity: bool = True
    failures: int = 0
    requests: list[int] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)
    profiles: tuple[str, ...] = ("car", "auto")

    def seconds(self, a, b):
        if (a[0], b[0]) in self.no_way or (a in self.islands) != (b in self.islands):
            return None
        return round(10_000 * abs(a[0] - b[0]) + 20_000 * abs(a[1] - b[1]), 1)

    def snap_metres(self, place):
        return 0.0 if math.dist(place, COAST) < 1 else 100_000.0


class Handler(BaseHTTPRequestHandler):
    def _send(self, status, answer):
        text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):  # OSRM
        roads, parts = self.server.roads, urlsplit(self.path)
        if roads.failures:
            roads.failures -= 1
            return self._send(503, b"")
        _, service, version, profile, at = parts.path.split("/")
        assert (service, version) == ("table", "v1")
        if profile not in roads.profiles:  # as proxies in front of several servers do; osrm-routed takes every name
            return self._send(400, {"code": "InvalidUrl", "message": "URL string malformed"})
        asked = parse_qs(parts.query)
        places = [(float(p.split(",")[1]), float(p.split(",")[0])) for p in at.split(";")]
        ends = [[places[int(i)] for i in asked[name][0].split(";")] for name in ("sources", "destinations")]
        roads.requests.append(len(ends[0]) * len(ends[1]))
        far = [i for i, p in enumerate(places) if roads.snap_metres(p) > roads.radius]
        if far:
            message = f"Could not find a matching segment for coordinate {far[0]}"
            return self._send(400, {"code": "NoSegment", "message": message})
        seconds = [[roads.seconds(a, b) for b in ends[1]] for a in ends[0]]
        metres = [[None if s is None else 10 * s for s in row] for row in seconds]
        points = [[{"location": [p[1], p[0]], "distance": roads.snap_metres(p)} for p in some] for some in ends]
        return self._send(
            200,
            {"code": "Ok", "durations": seconds, "distances": metres, "sources": points[0], "destinations": points[1]},
        )

    def do_POST(self):  # Valhalla
        roads = self.server.roads
        assert self.path == "/sources_to_targets"
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if asked["costing"] not in roads.profiles:
            return self._refuse(125, f"No costing method found: '{asked['costing']}'")
        ends = [[(p["lat"], p["lon"]) for p in asked[name]] for name in ("sources", "targets")]
        roads.requests.append(len(ends[0]) * len(ends[1]))
        if any(math.dist(a, b) > roads.reach_degrees for a in ends[0] for b in ends[1]):
            return self._refuse(154, "Path distance exceeds the max distance limit: 400000 meters")
        cutoff, every = asked["sources"][0]["search_cutoff"], [*ends[0], *ends[1]]
        lost = {p for p in every if roads.snap_metres(p) > cutoff}
        if lost and roads.version == "3.2":
            return self._refuse(171, "No suitable edges near location")
        if roads.connectivity and (lost or len({p in roads.islands for p in every}) > 1):
            return self._refuse(170, "Locations are in unconnected regions. Go check/edit the map at osm.org")
        if lost and asked["verbose"]:
            return self._send(500, {"error_code": 499, "error": "Unknown: !level_stack_", "status_code": 500})
        apart = [[None if {a, b} & lost else roads.seconds(a, b) for b in ends[1]] for a in ends[0]]
        seconds = [[s if s is None else int(s) for s in row] for row in apart]
        km = [[s if s is None else s / 100 for s in row] for row in apart]
        if roads.version == "3.5" and all(s is None for row in seconds for s in row):
            return self._refuse(442, "No path could be found for input")
        roads.answered.append(len(ends[0]) * len(ends[1]))
        cells = {"durations": seconds, "distances": km}
        if roads.version == "3.2" or asked["verbose"]:
            cells = [
                [{"from_index": i, "to_index": j, "time": s, "distance": km[i][j]} for j, s in enumerate(row)]
                for i, row in enumerate(seconds)
            ]
        return self._send(200, {"sources_to_targets": cells, "units": "kilometers", "algorithm": "costmatrix"})

    def _refuse(self, code, error):
        self._send(400, {"error_code": code, "error": error, "status_code": 400, "status": "Bad Request"})

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def server():
    with ThreadingHTTPServer(("localhost", 0), Handler) as running:
        running.roads = Roads()
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def places(*rows):
    ids, latitude, longitude = zip(*rows, strict=True)
    parks = np.array([name.startswith("C") for name in ids])
    return Places(np.array(ids, object), np.array(latitude, float), np.array(longitude, float), parks)


FIELD = places(("R1", 41.0, 2.0), ("C1", 41.01, 2.0), ("C2", 41.0, 2.02))


def model(server, folder, engine="osrm", **settings):
    url = f"http://localhost:{server.server_address[1]}"
    return make_travel(Travel(engine=engine, url=url, kept_in=str(folder), **settings), NO_TIMES)


@pytest.mark.parametrize("engine", ["osrm", "valhalla"])
def test_a_table_is_the_servers_with_parking_and_the_hours_factor(server, tmp_path, engine):
    hours = [{"between": "07:00-09:00", "factor": 1.5}]
    travel = model(server, tmp_path, engine, parking_minutes=1, hours=hours, planned_at="08:00")
    seconds, km = travel.matrix(FIELD, FIELD)
    assert seconds.tolist() == [[0, 210, 660], [150, 0, 810], [600, 810, 0]]  # 100 s x 1.5 + 60; 400 s x 1.5 + 60
    np.testing.assert_allclose(km, [[0, 1, 4], [1, 0, 5], [4, 5, 0]], atol=1e-6)
    assert any("hour factor 1.5" in note for note in travel_notes(travel, FIELD))


def test_each_drive_is_asked_for_once_whoever_asks(server, tmp_path):
    """A second model, as of a sweep's next scenario, asks nothing; a new place asks for its own drives only."""
    first = model(server, tmp_path, places_per_request=2).matrix(FIELD, FIELD)
    assert sum(server.roads.requests) == 8  # 3 x 3 in four blocks; the last is one place by itself
    assert max(server.roads.requests) <= 4
    again = model(server, tmp_path, places_per_request=2).matrix(FIELD, FIELD)
    assert sum(server.roads.requests) == 8
    assert (first[0] == again[0]).all()
    model(server, tmp_path).matrix(FIELD, places(("C3", 41.05, 2.0)))
    assert sum(server.roads.requests) == 11


def test_a_server_that_stumbles_is_asked_again_and_one_that_is_down_is_named(server, tmp_path, monkeypatch):
    monkeypatch.setattr("solvers.travel.services.PAUSE_SECONDS", 0.0)
    server.roads.failures = 2
    assert model(server, tmp_path, retries=2).matrix(FIELD, FIELD)[0][1, 0] == 100
    server.roads.failures = 2
    with pytest.raises(DataError, match=r"localhost:\d+ gave no answer in 2 attempts of 10 s: HTTP status 503"):
        model(server, tmp_path / "other", retries=1).matrix(FIELD, FIELD)
    closed = Travel(engine="osrm", url="http://localhost:9", retries=0, kept_in=str(tmp_path))
    with pytest.raises(DataError, match=r"http://localhost:9 gave no answer in 1 attempts.*refused.*reps\.travel\.url"):
        make_travel(closed, NO_TIMES).matrix(FIELD, FIELD)


@pytest.mark.parametrize("engine", ["osrm", "valhalla"])
def test_places_without_a_road_are_named_with_a_guess(server, tmp_path, engine):
    lost = places(("R1", 41.0, 2.0), ("C1", 41.01, 2.0), ("C2", 2.0, 41.0), ("C3", 0.0, 0.0))
    with pytest.raises(DataError) as caught:
        model(server, tmp_path, engine).matrix(lost, lost)
    said = str(caught.value)
    assert "no road within 500 m of 2 places" in said
    assert "C2 at latitude 2, longitude 41: swapped?" in said
    assert "C3 at latitude 0, longitude 0: in the sea" in said
    assert "R1" not in said


@pytest.mark.parametrize("engine", ["osrm", "valhalla"])
def test_a_pair_without_a_way_is_an_error_or_estimated_if_the_scenario_says_so(server, tmp_path, engine):
    server.roads.no_way = {(41.01, 41.0)}
    with pytest.raises(DataError, match=r"knows no way for 2 of 9 drives, for example C1 to R1, C1 to C2"):
        model(server, tmp_path, engine).matrix(FIELD, FIELD)
    filled = model(server, tmp_path, engine, fill_holes=True, calibration=CALIBRATION, detour_factor=1)
    seconds, km = filled.matrix(FIELD, FIELD)
    assert seconds[0, 1] == 100
    assert seconds[1, 0] == 112  # 1.11195 km at 36 km/h are 111.2 s
    assert km[1, 0] == pytest.approx(1.11195, abs=1e-4)
    assert any("2 drives for which the server knows no way are estimated" in n for n in travel_notes(filled, FIELD))


@pytest.mark.parametrize("engine", ["osrm", "valhalla"])
def test_a_wrong_profile_and_another_kind_of_server_are_said_so(server, tmp_path, engine):
    with pytest.raises(DataError, match=r"refused a table for profile plane: .*reps\.travel\.profile"):
        model(server, tmp_path, engine, profile="plane").matrix(FIELD, FIELD)


@pytest.mark.parametrize(
    "answer",
    [b"<html>", b"[]", {"code": "Ok", "durations": [[0]], "distances": [[0]]}, {"code": "Ok", "durations": "x"}],
)
def test_an_answer_that_is_no_table_is_an_error(server, tmp_path, monkeypatch, answer):
    monkeypatch.setattr(Handler, "do_GET", lambda self: self._send(200, answer))
    with pytest.raises(DataError, match="answers, but not"):
        model(server, tmp_path).matrix(FIELD, FIELD)


def test_degrees_that_are_no_place_never_reach_the_server(server, tmp_path):
    with pytest.raises(DataError, match=r"1 places have no latitude and longitude on earth: C1 \(141, 2\)"):
        model(server, tmp_path).matrix(places(("C1", 141.0, 2.0)), FIELD)
    assert server.roads.requests == []


def test_a_damaged_file_of_kept_drives_is_named(server, tmp_path):
    travel = model(server, tmp_path)
    travel.kept.file.write_bytes(b"no database at all, but long enough to be read as one" * 30)
    with pytest.raises(DataError, match=r"kept drives in .*\.sqlite cannot be used.*delete the file"):
        travel.matrix(FIELD, FIELD)


ISLAND = places(("R1", 41.0, 2.0), ("C1", 41.01, 2.0), ("C2", 41.0, 2.02), ("C3", 41.5, 2.5), ("C4", 41.5, 2.51))
"""C3 and C4 lie on an island."""
TWO_ISLANDS = "knows no way for 12 of 25 drives, for example R1 to C3, R1 to C4, C1 to C3"


@pytest.mark.parametrize(("version", "connectivity"), [("3.2", False), ("3.5", False), ("3.9", False), ("3.9", True)])
def test_an_island_is_a_hole_between_its_places_and_the_others_only(server, tmp_path, version, connectivity):
    """Servers with connectivity refuse every block that spans both; then halves are asked, and each answer is kept."""
    server.roads.islands = {(41.5, 2.5), (41.5, 2.51)}
    server.roads.version, server.roads.connectivity = version, connectivity
    with pytest.raises(DataError, match=TWO_ISLANDS):
        model(server, tmp_path, "valhalla", places_per_request=3).matrix(ISLAND, ISLAND)
    asked = len(server.roads.requests)
    filled = model(server, tmp_path, "valhalla", fill_holes=True, calibration=CALIBRATION, detour_factor=1)
    assert filled.matrix(ISLAND, ISLAND)[0][3:, 3:].tolist() == [[0, 200], [200, 0]]
    assert len(server.roads.requests) == asked


def test_an_answer_split_by_places_apart_asks_each_drive_of_the_halves_once(server, tmp_path):
    server.roads.islands = {(41.5, 2.5), (41.5, 2.51)}
    with pytest.raises(DataError, match=TWO_ISLANDS):
        model(server, tmp_path, "valhalla").matrix(ISLAND, ISLAND)
    assert server.roads.requests[:6] == [25, 1, 1, 1, 1, 1]  # the block; then its places alone: all have a road
    assert sum(server.roads.answered) == 5 + 3 * 3 + 2 * 2  # alone; the coast; the island


@pytest.mark.parametrize(("version", "connectivity"), [("3.2", True), ("3.9", True), ("3.9", False)])
def test_a_place_without_a_road_is_told_from_an_island(server, tmp_path, version, connectivity):
    server.roads.version, server.roads.connectivity = version, connectivity
    server.roads.islands = {(41.5, 2.5)}
    lost = places(("R1", 41.0, 2.0), ("C1", 41.01, 2.0), ("C2", 41.5, 2.5), ("C3", 0.0, 0.0))
    with pytest.raises(DataError, match="no road within 500 m of 1 places: C3 at latitude 0"):
        model(server, tmp_path, "valhalla").matrix(lost, lost)


def test_a_server_with_a_radius_of_its_own_says_no_segment_and_the_place_is_named(server, tmp_path):
    server.roads.radius = 300
    lost = places(("R1", 41.0, 2.0), ("C1", 0.0, 0.0), ("C2", 41.0, 2.02))
    with pytest.raises(DataError, match="no road within 500 m of 1 places: C1 at latitude 0"):
        model(server, tmp_path).matrix(lost, lost)


@pytest.mark.parametrize("cells", [[[5]], [5], {"durations": [[0]]}, {"durations": [[0]], "distances": [[-1]]}, "x"])
def test_a_matrix_that_is_none_is_an_error(server, tmp_path, monkeypatch, cells):
    monkeypatch.setattr(Handler, "do_POST", lambda self: self._send(200, {"sources_to_targets": cells}))
    with pytest.raises(DataError, match="answers, but not with a Valhalla table"):
        model(server, tmp_path, "valhalla").matrix(places(("C1", 41.0, 2.0)), places(("C2", 41.0, 2.02)))


def test_places_farther_apart_than_the_server_takes_are_named_with_its_limit(server, tmp_path):
    server.roads.reach_degrees = 0.015
    with pytest.raises(
        DataError, match=r"no drives as long as from C1 to C2, 2 km .*400000 meters.*max_matrix_distance"
    ):
        model(server, tmp_path, "valhalla").matrix(FIELD, FIELD)


def test_a_place_that_nothing_reaches_is_named_beside_its_holes(server, tmp_path):
    server.roads.no_way = {(41.0, 41.01)}
    with pytest.raises(DataError, match=r"2 of 9 drives, for example R1 to C1, C2 to C1; no way reaches C1\. Correct"):
        model(server, tmp_path).matrix(FIELD, FIELD)


def test_lengths_below_zero_become_the_straight_line_between_the_points_on_the_road(server, tmp_path, monkeypatch):
    """As osrm-routed 26.5 answers for two places on one road; 0.001 degrees of latitude are 111.2 m."""

    def answer(self):
        points = [{"distance": 4.0, "location": [2.0, latitude]} for latitude in (41.0, 41.001)]
        self._send(200, {"code": "Ok", "durations": [[0, 9], [8, 0]], "distances": [[0, -86.8], [120, 0]],
                         "sources": points, "destinations": points})  # fmt: skip

    monkeypatch.setattr(Handler, "do_GET", answer)
    two = places(("C1", 41.0, 2.0), ("C2", 41.001, 2.0))
    seconds, km = model(server, tmp_path).matrix(two, two)
    assert seconds.tolist() == [[0, 9], [8, 0]]
    np.testing.assert_allclose(km, [[0, 0.1112], [0.12, 0]], atol=1e-4)


def test_the_other_kind_of_server_is_told_from_a_refusal(server, tmp_path, monkeypatch):
    monkeypatch.setattr(Handler, "do_GET", lambda self: self._refuse(106, "Try any of: '/route'"))
    with pytest.raises(DataError, match=r"answers, but not with a OSRM table.*reps\.travel\.engine"):
        model(server, tmp_path).matrix(FIELD, FIELD)
    monkeypatch.setattr(
        Handler, "do_POST", lambda self: self._send(400, {"code": "InvalidUrl", "message": "malformed"})
    )
    with pytest.raises(DataError, match=r"answers, but not with a Valhalla table.*reps\.travel\.engine"):
        model(server, tmp_path, "valhalla").matrix(FIELD, FIELD)
