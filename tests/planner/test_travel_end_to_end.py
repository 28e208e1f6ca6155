"""A tiny company planned on a travel matrix and on a server: the audit reads the raw source and finds nothing."""

import json
import threading
from dataclasses import replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd

from inputs.load import load_tables
from inputs.synthetic import make_company, write_company
from planner.audit import audit
from planner.cache import StageCache
from planner.pipeline import make_plan
from planner.tables import plan_tables
from scenarios.loader import load_scenario
from solvers.travel import Haversine, Places, great_circle_km

SIZES = {"customers": 30, "reps": 2, "agents": 4, "seed": 3}
NOW = datetime(2026, 3, 6, 18, 0)


def drives(tables) -> pd.DataFrame:
    """A table of drives one way slower than the other; a rep's end place has the id `rep/end`."""
    reps, customers = tables.reps, tables.customers
    apart = reps[reps["end_latitude"].notna()]
    at = pd.concat(
        [
            customers[["customer_id", "latitude", "longitude"]].set_axis(["id", "lat", "lon"], axis=1),
            reps[["rep_id", "home_latitude", "home_longitude"]].set_axis(["id", "lat", "lon"], axis=1),
            apart[["rep_id", "end_latitude", "end_longitude"]]
            .assign(rep_id=apart["rep_id"] + "/end")
            .set_axis(["id", "lat", "lon"], axis=1),
        ],
        ignore_index=True,
    )
    places = Places(at["id"].to_numpy(object), at["lat"].to_numpy(float), at["lon"].to_numpy(float), at["lat"].isna())
    seconds, km = Haversine(25, 1.4, 0).matrix(places, places)
    rows = [
        (a, b, float(seconds[i, j]) * (1.2 if i < j else 1.0) + 45, 1000 * km[i, j])
        for i, a in enumerate(places.ids)
        for j, b in enumerate(places.ids)
        if i != j
    ]
    return pd.DataFrame(rows, columns=["from_id", "to_id", "seconds", "metres"])


def test_a_plan_on_a_matrix_has_no_findings_and_one_on_other_times_has(tmp_path):
    file = write_company(make_company("tiny", **SIZES), tmp_path / "tiny")
    times = drives(load_tables(load_scenario(file, []).scenario, store=None, loaded_at=NOW))
    times.to_csv(file.parent / "times.csv", index=False)
    settings = ["solve.effort=quick", "reps.travel.engine=matrix", f"data.travel_times={file.parent / 'times.csv'}"]
    scenario = load_scenario(file, settings).scenario
    tables = load_tables(scenario, store=None, loaded_at=NOW)
    assert len(tables.travel_times) == len(times)
    plan = make_plan(scenario, tables)
    assert plan.findings.empty, plan.findings.to_string()
    assert (plan.tables["stops"]["kind"] == "visit").sum() > 5
    slower = replace(tables, travel_times=tables.travel_times.assign(seconds=tables.travel_times["seconds"] * 3 + 600))
    found = audit(scenario, slower, plan_tables(plan.decisions))
    assert set(found["check"]) == {"days_in_order"}


class Osrm(BaseHTTPRequestHandler):
    """OSRM's table service with drives of 90 s and 100 s a km of the crow's way, by direction."""

    def do_GET(self):
        self.server.asked += 1
        parts, asked = urlsplit(self.path), parse_qs(urlsplit(self.path).query)
        degrees = np.array([at.split(",") for at in parts.path.split("/")[-1].split(";")], float)
        rows, columns = (list(map(int, asked[name][0].split(";"))) for name in ("sources", "destinations"))
        ids = np.arange(len(degrees))
        every = Places(ids, degrees[:, 1], degrees[:, 0], ids < 0)
        km = great_circle_km(every.take(np.array(rows)), every.take(np.array(columns)))
        north = degrees[columns, 1][None, :] > degrees[rows, 1][:, None]
        points = [[{"distance": 3.0, "location": degrees[i].tolist()} for i in some] for some in (rows, columns)]
        text = json.dumps(
            {
                "code": "Ok",
                "durations": (km * np.where(north, 100, 90)).round(1).tolist(),
                "distances": (1000 * km).round(1).tolist(),
                "sources": points[0],
                "destinations": points[1],
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        """Say nothing."""


def test_a_plan_on_a_server_has_no_findings_and_the_next_one_asks_nothing(tmp_path):
    file = write_company(make_company("tiny", **SIZES), tmp_path / "tiny")
    with ThreadingHTTPServer(("localhost", 0), Osrm) as server:
        server.asked = 0
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        travel = f"reps.travel.url=http://localhost:{server.server_address[1]}"
        settings = ["solve.effort=quick", "reps.travel.engine=osrm", travel, f"reps.travel.kept_in={tmp_path / 'kept'}"]
        scenario = load_scenario(file, settings).scenario
        tables = load_tables(scenario, store=None, loaded_at=NOW)
        plan = make_plan(scenario, tables, cache=StageCache(tmp_path / "cache"))
        asked = server.asked
        again = make_plan(scenario, tables, cache=StageCache(tmp_path / "cache"))
        server.shutdown()
        thread.join()
    assert plan.findings.empty, plan.findings.to_string()
    assert 0 < asked == server.asked
    assert again.tables["stops"].equals(plan.tables["stops"])
    assert any("drives are those of the OSRM server" in note for note in plan.decisions.routes.outcome.notes)
