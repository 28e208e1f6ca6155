"""A rep is ill on Tuesday: which commands are run, and what is read from the run that they make."""

import json
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.frame import Options
from benchmarks.process import Finished
from benchmarks.routing import replanning
from benchmarks.routing.summary import summarise
from outputs.folder import write_tables

TUESDAY, WEDNESDAY = pd.Timestamp("2024-03-05"), pd.Timestamp("2024-03-06")
STOPS = pd.DataFrame(
    [("R2", TUESDAY, "visit"), ("R3", TUESDAY, "visit"), ("R3", TUESDAY, "visit"), ("R1", TUESDAY, "visit"),
     ("R1", TUESDAY, "visit"), ("R2", WEDNESDAY, "visit"), ("R2", WEDNESDAY, "visit"), ("R2", TUESDAY, "lunch")],
    columns=["rep_id", "day", "kind"],
)  # fmt: skip


def test_the_busiest_rep_of_tuesday_is_ill():
    """R1 and R3 have two visits on Tuesday; R2 has more on Wednesday."""
    assert replanning.busiest(STOPS) == "R1"


@pytest.fixture
def commands(monkeypatch):
    """`run_plan` in words: what was asked for is kept, and a run with two moved visits is written."""
    asked: list[list[str]] = []

    def run_plan(arguments, *, folder):
        words = list(map(str, arguments))
        asked.append(words)
        run = folder / "runs" / words[0]
        if words[0] != "new":
            changes = pd.DataFrame({"what": ["moved", "dropped", "moved", "another time"]})
            run.mkdir(parents=True)
            write_tables(run, {"stops": STOPS, "changes": changes, "audit": pd.DataFrame({"check": []})})
            stages = [{"stage": "replan", "seconds": 1.5}, {"stage": "other", "seconds": 9.0}]
            (run / "manifest.json").write_text(json.dumps({"stages": stages}))
        return Finished(0, 8.25, 300.0, json.dumps({"folder": f"runs/{words[0]}"}), "")

    monkeypatch.setattr(replanning, "run_plan", run_plan)
    return asked


def test_the_command_as_its_user_types_it(commands, tmp_path):
    """Planned once at effort quick, then without R1 on Tuesday; search and command stand apart."""
    (row,) = replanning.measure(tmp_path / "real_week" / "week.yaml")
    plan, again = commands
    assert plan[:4] == ["run", str(tmp_path / "real_week" / "week.yaml"), "--set", "solve.effort=quick"]
    assert again[:6] == ["replan", "runs/run", "--from", "tue", "--away", "R1:tue"]
    assert (row["instance"], row["visits"], row["faults"]) == ("real_week, R1 ill on Tuesday", 7, "")
    assert row["method"] == "search 1.50 s, 300 MB; 1 dropped, 2 moved"
    summary = summarise([row])
    assert (summary["replan.seconds"], summary["replan.command_seconds"], summary["replan.peak_mb"]) == (1.5, 8.25, 300)


def test_without_the_real_week_a_company_is_made(commands, tmp_path):
    """The company of `make plan`."""
    (cell,) = replanning.cells(Options(data=tmp_path / "data"))
    (row,) = cell.run()
    assert commands[0][:2] == ["new", "company"]
    assert commands[0][4:] == ["--customers", "3200", "--reps", "20", "--agents", "60", "--seed", "7"]
    assert commands[1][1].endswith("company/week.yaml")
    assert row["instance"] == "company, R1 ill on Tuesday"


def test_a_command_that_fails_is_told(monkeypatch):
    """The exit code and its last words."""
    monkeypatch.setattr(replanning, "run_plan", lambda *_, **__: Finished(3, 1.0, 1.0, "", "wrong\nrep R99 is unknown"))
    with pytest.raises(RuntimeError, match="ended with 3: rep R99 is unknown"):
        list(replanning.measure(Path("week.yaml")))
