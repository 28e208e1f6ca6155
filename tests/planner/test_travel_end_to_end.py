"""A tiny company planned on a travel matrix: the audit reads the raw table and finds nothing."""

from dataclasses import replace
from datetime import datetime

import pandas as pd

from inputs.load import load_tables
from inputs.synthetic import make_company, write_company
from planner.audit import audit
from planner.pipeline import make_plan
from planner.tables import plan_tables
from scenarios.loader import load_scenario
from solvers.travel import Haversine, Places

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
