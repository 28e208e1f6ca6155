"""The engines `osrm` and `valhalla` against the programs themselves, serving the streets of Monaco on this machine.

A server is taken from MUSTER_OSRM_URL or MUSTER_VALHALLA_URL (one that serves Monaco), else built from the map by the
programs on PATH: osrm-extract, osrm-contract, osrm-routed; valhalla_build_config, valhalla_build_tiles,
valhalla_service. MUSTER_OSM_FILE names the map if it lies elsewhere. Nothing here holds figures of one map's version.
"""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from inputs.load import load_tables
from inputs.synthetic import make_company, write_company
from planner.pipeline import make_plan
from scenarios.errors import DataError
from scenarios.loader import load_scenario
from scenarios.schema import Travel
from solvers.travel import Places, great_circle_km, make_travel

HERE = Path(__file__).resolve()
OSM = Path(os.environ.get("MUSTER_OSM_FILE", HERE.parents[4] / "shared/data/routing/osm/monaco.osm.pbf"))
PROGRAMS = {
    "osrm": ("osrm-extract", "osrm-contract", "osrm-routed"),
    "valhalla": ("valhalla_build_config", "valhalla_build_tiles", "valhalla_service"),
}
PATIENCE_SECONDS = 60
LAND = ((43.7335, 43.7450), (7.408, 7.420))
"""Degrees of a rectangle of streets without water."""


@dataclass(frozen=True)
class Real:
    """engine: as `reps.travel.engine`; url: of the running server."""

    engine: str
    url: str

    def model(self, folder, **settings):
        return make_travel(self.settings(folder, **settings), pd.DataFrame())

    def settings(self, folder, **settings):
        return Travel(engine=self.engine, url=self.url, kept_in=str(folder), **{"timeout_seconds": 60, **settings})

    def get(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url + path, data), timeout=60) as answer:
            return json.load(answer)

    def way(self, a, b):
        """(seconds, metres) of the server's own route between two (latitude, longitude)."""
        if self.engine == "osrm":
            found = self.get(f"/route/v1/car/{a[1]},{a[0]};{b[1]},{b[0]}?overview=false")["routes"][0]
            return found["duration"], found["distance"]
        ends = [{"lat": lat, "lon": lon, "search_cutoff": 500} for lat, lon in (a, b)]
        asked = {"locations": ends, "costing": "auto", "directions_type": "none", "units": "kilometers"}
        found = self.get("/route", asked)["trip"]["summary"]
        return found["time"], 1000 * found["length"]


def prepared(engine, folder):
    """The command that serves the map in `folder` on a port, {port}."""
    extract, second, serve = (shutil.which(name) for name in PROGRAMS[engine])
    if engine == "osrm":
        profile = car_profile(Path(extract))
        shutil.copy(OSM, folder / "map.osm.pbf")
        run(extract, "-t", "1", "-p", profile, folder / "map.osm.pbf")
        run(second, "-t", "1", folder / "map.osrm")
        return [serve, "--ip", "127.0.0.1", "-p", "{port}", "-t", "1", str(folder / "map.osrm")]
    config = json.loads(run(extract, "--mjolnir-tile-dir", folder / "tiles"))
    for name in ("tile_extract", "traffic_extract", "admin", "timezone", "landmarks", "transit_dir"):
        config["mjolnir"].pop(name, None)
    config["mjolnir"] |= {"concurrency": 1, "id_table_size": 1_000_000}
    sockets = {"loopback": "loopback", "interrupt": "interrupt"}
    config["httpd"]["service"] |= {key: f"ipc://{folder / name}" for key, name in sockets.items()}
    for part in ("loki", "thor", "odin"):
        config[part]["service"]["proxy"] = f"ipc://{folder / part}"
    config["httpd"]["service"] |= {"listen": "tcp://127.0.0.1:{port}", "drain_seconds": 1, "shutdown_seconds": 1}
    (folder / "tiles").mkdir()
    (folder / "valhalla.json").write_text(json.dumps(config))
    run(second, "-c", folder / "valhalla.json", OSM)
    return [serve, str(folder / "valhalla.json"), "1"]


def car_profile(program):
    """OSRM's profile of cars, where packages of Debian and of Python put it."""
    root = program.parent.parent
    packages = root.glob("lib/python3*/site-packages/osrm/share/profiles/car.lua")
    for at in (root / "share/osrm/profiles/car.lua", root / "share/profiles/car.lua", *packages):
        if at.exists():
            return at
    pytest.skip(f"no car.lua beside {program}")


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[0]}: {done.stdout[-1000:]} {done.stderr[-1000:]}"
    return done.stdout


@contextmanager
def served(engine, folder):
    """The address of a server of the map that runs until the block ends."""
    command = prepared(engine, folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    for file in folder.glob("valhalla.json"):
        file.write_text(file.read_text().replace("{port}", port))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([part.replace("{port}", port) for part in command], stdout=log, stderr=log)
        try:
            wait_for(process, f"http://localhost:{port}/", folder / "log")
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            process.wait()


def wait_for(process, url, log):
    for _ in range(10 * PATIENCE_SECONDS):
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            assert process.poll() is None, log.read_text()[-1000:]
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"{url} does not answer: {log.read_text()[-1000:]}")


@pytest.fixture(scope="module", params=sorted(PROGRAMS))
def real(request, tmp_path_factory):
    engine = request.param
    url = os.environ.get(f"MUSTER_{engine.upper()}_URL")
    if url:
        yield Real(engine, url.rstrip("/"))
        return
    missing = [name for name in PROGRAMS[engine] if not shutil.which(name)]
    if missing:
        pytest.skip(f"needs MUSTER_{engine.upper()}_URL, or {', '.join(missing)} on PATH")
    if not OSM.exists():
        pytest.skip("needs ../shared/data/routing/osm/monaco.osm.pbf beside the checkout, or MUSTER_OSM_FILE")
    with served(engine, tmp_path_factory.mktemp(engine)) as address:
        yield Real(engine, address)


def places(*rows):
    ids, latitude, longitude = zip(*rows, strict=True)
    return Places(np.array(ids, object), np.array(latitude), np.array(longitude), np.ones(len(ids), bool))


def streets(n, seed):
    """n places somewhere on LAND."""
    rng = np.random.default_rng(seed)
    ends = (rng.uniform(*LAND[0], n).round(6), rng.uniform(*LAND[1], n).round(6))
    return places(*((f"C{i}", *each) for i, each in enumerate(zip(*ends, strict=True))))


PORT = ("C1", 43.7352, 7.4210)
STATION = ("C2", 43.7385, 7.4195)
SEA = ("C9", 43.7150, 7.4600)


def test_a_table_is_what_the_servers_own_routes_take(real, tmp_path):
    """Seconds are rounded up; Valhalla's tables are whole seconds rounded down, and its search another one."""
    some = streets(12, seed=9)
    seconds, km = real.model(tmp_path).matrix(some, some)
    at = list(zip(some.latitude.tolist(), some.longitude.tolist(), strict=True))
    pairs = [(i, (i + step) % len(at)) for i in range(len(at)) for step in (1, 5)]
    took, metres = np.array([real.way(at[i], at[j]) for i, j in pairs]).T
    i, j = np.array(pairs).T
    assert np.abs(seconds[i, j] - took).max() <= 1.1
    np.testing.assert_allclose(1000 * km[i, j], metres, atol=1.1)
    assert (seconds != seconds.T).any()  # one-way streets


def test_roads_are_longer_than_the_crows_way_between_places_near_them(real, tmp_path):
    some = streets(40, seed=2)
    seconds, km = real.model(tmp_path, max_snap_metres=200, parking_minutes=2).matrix(some, some)
    away = ~np.eye(40, dtype=bool)
    assert (km[away] >= great_circle_km(some, some)[away] - 0.4).all()  # each end was moved by at most 200 m
    assert (km >= 0).all()
    assert (seconds[away] >= 120).all()
    assert (seconds.diagonal() == 0).all()
    speed = 3600 * km[away].sum() / (seconds[away] - 120).sum()
    assert 10 < speed < 60


def test_blocks_and_kept_drives_give_what_one_request_gives(real, tmp_path, monkeypatch):
    some = streets(7, seed=3)
    whole = real.model(tmp_path / "whole").matrix(some, some)
    parts = real.model(tmp_path / "parts", places_per_request=3).matrix(some, some)
    np.testing.assert_array_equal(whole, parts)
    monkeypatch.setattr("solvers.travel.services.Http.json", lambda *_: pytest.fail("asked again"))
    np.testing.assert_array_equal(real.model(tmp_path / "parts").matrix(some, some), whole)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (SEA, "C9 at latitude 43.715, longitude 7.46"),
        (("C9", PORT[2], PORT[1]), "C9 at latitude 7.421, longitude 43.7352: swapped?"),
        (("C9", 0.0, 0.0), "C9 at latitude 0, longitude 0: in the sea, a place that is not known?"),
    ],
)
def test_a_place_far_from_every_road_is_named(real, tmp_path, place, said):
    some = places(PORT, STATION, place)
    with pytest.raises(DataError) as caught:
        real.model(tmp_path).matrix(some, some)
    assert f"no road within 500 m of 1 places: {said}. Correct" in str(caught.value)


def test_the_limit_is_in_metres_to_the_nearest_road(real, tmp_path):
    """The place in the sea is some 2 km off: refused at 500 m, taken at 6 km."""
    some = places(PORT, SEA)
    seconds, _ = real.model(tmp_path, max_snap_metres=6000).matrix(some, some)
    assert (seconds[[0, 1], [1, 0]] > 0).all()


def test_a_table_too_big_and_a_wrong_costing_are_refusals_with_what_to_change(real, tmp_path):
    many = streets(105, seed=4)
    with pytest.raises(DataError, match=r"refused a table.*(TooBig|150).*lower reps\.travel\.places_per_request"):
        real.model(tmp_path, places_per_request=105).matrix(many, many)
    if real.engine == "valhalla":
        with pytest.raises(DataError, match=r"profile plane: 125 No costing method.*Correct reps\.travel\.profile"):
            real.model(tmp_path, profile="plane").matrix(many, many)
    other = {"osrm": "valhalla", "valhalla": "osrm"}[real.engine]
    with pytest.raises(DataError, match=r"answers, but not with a .* table"):
        replace(real, engine=other).model(tmp_path).matrix(many, many)


def test_a_week_planned_on_it_passes_the_audit(real, tmp_path):
    """The audit takes the answers from the file in which they are kept, with lines of its own."""
    file = write_company(make_company("tiny", customers=20, reps=2, agents=4, seed=3), tmp_path / "tiny")
    where = real.settings(tmp_path / "kept").model_dump(include={"engine", "url", "kept_in", "timeout_seconds"})
    settings = ["solve.effort=quick", *(f"reps.travel.{key}={value}" for key, value in where.items())]
    scenario = load_scenario(file, settings).scenario
    plan = make_plan(scenario, on_land(load_tables(scenario, store=None, loaded_at=datetime(2026, 3, 6, 18, 0))))
    assert plan.findings.empty, plan.findings.to_string()
    assert (plan.tables["stops"]["kind"] == "visit").sum() > 5
    assert any(f"server {real.url}" in note for note in plan.decisions.routes.outcome.notes)


def on_land(tables):
    """The tables with every place moved to LAND, as they lie to each other."""
    moved = {name: getattr(tables, name).copy() for name in ("customers", "reps")}
    for what, (low, high) in zip(("latitude", "longitude"), LAND, strict=True):
        columns = [(t, c) for t in moved.values() for c in t.columns if c.endswith(what)]
        every = pd.concat([t[c] for t, c in columns]).astype(float)
        for table, column in columns:
            table[column] = low + (table[column].astype(float) - every.min()) / np.ptp(every.dropna()) * (high - low)
    return replace(tables, **moved)
