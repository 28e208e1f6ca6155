"""`fit travel` from files to the block that a scenario takes."""

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from outputs.cli import command_line
from outputs.travel_commands import fit_block, fit_from_files, fit_story, fit_text
from scenarios.errors import DataError, UsageError
from scenarios.schema import Reps


@pytest.fixture
def files(tmp_path):
    """Places on a meridian, 2 to 30 km apart; a km on the road takes 90 s at 8 and 60 s at 11 o'clock."""
    km = np.array([0, 2, 5, 9, 14, 20, 27, 30])
    pd.DataFrame({"customer_id": range(8), "latitude": 40 + km / 111.19508, "longitude": 2.0}).to_csv(
        tmp_path / "customers.csv", index=False
    )
    rows = [
        (i, j, pace * 1.25 * abs(km[i] - km[j]), 1.25 * abs(km[i] - km[j]), hour)
        for i in range(8) for j in range(8) if i != j for hour, pace in ((8, 90), (11, 60))
    ]  # fmt: skip
    drives = pd.DataFrame(rows, columns=["from_id", "to_id", "seconds", "km", "hour"])
    drives.to_csv(tmp_path / "matrix.csv", index=False)
    return tmp_path


def test_the_block_that_is_printed_is_a_block_that_a_scenario_takes(files):
    """Whatever the hours share of the pace, both together give the pace of each hour."""
    fit = fit_from_files(files / "matrix.csv", [files / "customers.csv"])
    travel = Reps(**YAML(typ="safe").load(fit_text(fit))["reps"]).travel
    assert travel.engine == "calibrated"
    assert travel.detour_factor == 1.25
    assert travel.calibration.pairs == 112
    assert travel.planned_at is None
    by_second = dict(travel.hour_bands())
    assert by_second[8 * 3600] / by_second[11 * 3600] == pytest.approx(1.5, abs=0.02)
    rush = travel.model_copy(update={"planned_at": 480}).hour_factor()
    usual = travel.model_copy(update={"planned_at": 660}).hour_factor()
    assert rush / usual == pytest.approx(1.5, abs=0.02)
    assert fit.predict(np.array([8.0]), np.array([11])) == pytest.approx(600, rel=0.02)


def test_the_command_prints_yaml_alone_and_the_error_beside_it(files):
    command = ["fit", "travel", str(files / "matrix.csv"), "--places", str(files / "customers.csv")]
    answer = CliRunner().invoke(command_line(), command)
    assert answer.exit_code == 0
    assert YAML(typ="safe").load(answer.stdout)["reps"]["travel"]["engine"] == "calibrated"
    assert "planned_at" not in answer.stdout
    assert "112 drives; on drives the fit did not see it is off by" in answer.stderr
    assert 'takes the factor of the hour in which it is driven; with `planned_at: "08:00"` beside' in answer.stderr


def test_drives_without_hours_have_no_word_on_hours(files):
    drives = pd.read_csv(files / "matrix.csv").drop(columns="hour")
    drives.to_csv(files / "matrix.csv", index=False)
    fit = fit_from_files(files / "matrix.csv", [files / "customers.csv"])
    assert "hours" not in fit_block(fit)["reps"]["travel"]
    assert not [line for line in fit_story(fit) if "planned_at" in line]


def test_places_may_stand_beside_the_drives_and_files_may_be_parquet(files):
    drives = pd.read_csv(files / "matrix.csv")
    at = pd.read_csv(files / "customers.csv").set_index("customer_id")["latitude"]
    for end in ("from", "to"):
        drives[f"{end}_latitude"], drives[f"{end}_longitude"] = at.loc[drives[f"{end}_id"]].to_numpy(), 2.0
    drives.to_parquet(files / "matrix.parquet")
    assert fit_from_files(files / "matrix.parquet", []) == fit_from_files(
        files / "matrix.csv", [files / "customers.csv"]
    )


def test_files_that_do_not_serve_are_named(files):
    with pytest.raises(UsageError, match=r"name a table with the places of matrix\.csv"):
        fit_from_files(files / "matrix.csv", [])
    with pytest.raises(UsageError, match=r"customers\.csv has neither from_id"):
        fit_from_files(files / "customers.csv", [])
    with pytest.raises(UsageError, match=r"matrix\.csv needs an id"):
        fit_from_files(files / "matrix.csv", [files / "matrix.csv"])
    with pytest.raises(UsageError, match="does not exist"):
        fit_from_files(files / "nothing.csv", [])
    (files / "odd.parquet").write_bytes(b"no parquet")
    with pytest.raises(UsageError, match=r"odd\.parquet is no table"):
        fit_from_files(files / "odd.parquet", [])


def test_past_visits_serve_as_drives(files):
    """A rep goes round all places once a day for three days, 20 minutes a visit; a km takes 75 s."""
    km, rows = [0, 2, 5, 9, 14, 20, 27, 30], []
    for day in (2, 3, 4):
        start = pd.Timestamp(2026, 3, day, 8)
        for i in range(8):
            rows.append(("R1", i, start, start + pd.Timedelta(minutes=20)))
            if i < 7:
                start += pd.Timedelta(minutes=20) + pd.Timedelta(seconds=75 * 1.35 * (km[i + 1] - km[i]))
    visits = pd.DataFrame(rows, columns=["rep_id", "customer_id", "start", "end"])
    visits.to_csv(files / "visits.csv", index=False)
    fit = fit_from_files(files / "visits.csv", [files / "customers.csv"])
    assert fit.pairs == 21
    assert fit.speeds_kmh == pytest.approx([48], abs=0.5)
    visits.assign(start="noon-ish").to_csv(files / "visits.csv", index=False)
    with pytest.raises(DataError, match=r"start and end of visits\.csv are not dates"):
        fit_from_files(files / "visits.csv", [files / "customers.csv"])
