"""The command line: what goes to which stream, and which exit code ends it."""

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

import outputs
import plan
from scenarios.errors import NoLegalPlan, UsageError

ROOT = Path(__file__).resolve().parents[1]
BROKEN = ROOT / "tests" / "scenarios" / "broken"
SHARED = ROOT.parent / "shared" / "real_week"

real_week = [
    pytest.mark.real_week,
    pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/real_week is not beside the checkout"),
]


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(plan.app, [str(word) for word in words])


def made(folder: Path, *, flags: tuple[str, ...] = (), reused: bool = False) -> SimpleNamespace:
    """What the room `outputs` hands back for a run."""
    return SimpleNamespace(
        folder=folder,
        exit_code=5 if flags else 0,
        flags=flags,
        kpis=pd.DataFrame({"kpi": ["travel_km"], "value": [1234.5], "unit": ["km"], "description": ["on the road"]}),
        outcomes=pd.DataFrame(
            {
                "stage": ["channels", "routing"],
                "reason": ["optimal", "budget spent"],
                "value": [100.0, 90.0],
                "bound": [100.0, float("nan")],
                "gap_pct": [0.0, float("nan")],
                "seconds": [1.5, 20.25],
                "method": ["highs", "pyvrp"],
                "notes": [[], ["a lunch is missing"]],
            }
        ),
        findings=pd.DataFrame({"check": [], "table": [], "row": [], "message": []}),
        stages=pd.DataFrame({"stage": ["calls"], "source": ["cache"], "seconds": [0.25]}),
        report=folder / "report.html",
        reused=reused,
    )


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What `run` asked of the room `outputs`."""
    seen: dict[str, Any] = {}

    def run_scenario(path: Path, *, progress: Any, **options: Any) -> SimpleNamespace:
        seen.update(options, path=path)
        progress.start("calls")
        progress.message("half of it")
        progress.done("calls", source="cache", seconds=0.25, note="14 days")
        flags = ("3 required visits are on no route.",) if "solve.seed=5" in options["overrides"] else ()
        return made(tmp_path / "run", flags=flags)

    monkeypatch.setitem(vars(outputs), "run_scenario", run_scenario)
    return seen


def test_run_passes_on_what_was_asked_and_shows_what_came(asked: dict[str, Any], tmp_path: Path) -> None:
    result = call(
        "run", BROKEN / "good.yaml", "--set", "solve.seed=4", "--set", "why=x", "--runs", tmp_path, "--no-cache"
    )
    assert result.exit_code == 0
    assert asked["path"] == BROKEN / "good.yaml"
    assert asked["overrides"] == ["solve.seed=4", "why=x"]
    assert (asked["runs"], asked["store"], asked["use_cache"]) == (tmp_path, Path(".muster"), False)
    assert isinstance(asked["clock"](), datetime)
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["routing", "budget", "spent", "90.00", "none", "-", "20.25"] in lines
    assert "  routing: a lunch is missing\n" in result.stdout
    assert "  channels: highs\n" in result.stdout
    assert ["travel_km", "1,234.50", "km", "on", "the", "road"] in lines
    assert result.stdout.endswith(f"run: {tmp_path}/run\nopen: {tmp_path}/run/report.html\n")


def test_run_says_how_much_of_the_data_was_left_out(asked: dict[str, Any], tmp_path: Path) -> None:
    """Rows set aside over all tables, and warnings; nothing where everything was used."""
    tables = tmp_path / "run" / "tables"
    tables.mkdir(parents=True)
    (tables / "data_counts.csv").write_text("table,rejected\ncustomers,8\ncalls,0\ntransactions,1000\n")
    (tables / "data_findings.csv").write_text('severity,message\nreject,a\nwarn,b\nwarn,"c\nd"\n')
    told = "1,008 rows set aside (each in tables/data_rejects.csv), 2 warnings (in the report, or by `validate`)"
    assert f"\ndata: {told}\nrun: " in call("run", BROKEN / "good.yaml").stdout
    (tables / "data_counts.csv").write_text("table,rejected\ncustomers,1\n")
    (tables / "data_findings.csv").write_text("severity,message\nreject,a\n")
    told = "1 row set aside (each in tables/data_rejects.csv)"
    assert f"\ndata: {told}\nrun: " in call("run", BROKEN / "good.yaml").stdout
    (tables / "data_counts.csv").write_text("table,rejected\ncustomers,0\n")
    (tables / "data_findings.csv").write_text("severity,message\n")
    assert "\ndata:" not in call("run", BROKEN / "good.yaml").stdout


def test_progress_goes_to_stderr_and_quiet_keeps_it(asked: dict[str, Any]) -> None:
    loud = call("run", BROKEN / "good.yaml")
    assert "calls" in loud.stderr
    assert "14 days" in loud.stderr
    assert "half of it" in loud.stderr
    assert "half of it" not in loud.stdout
    assert call("run", BROKEN / "good.yaml", "--quiet").stderr == ""


def test_a_flagged_run_ends_with_5_and_says_why(asked: dict[str, Any]) -> None:
    result = call("run", BROKEN / "good.yaml", "--set", "solve.seed=5")
    assert result.exit_code == 5
    assert "flagged: 3 required visits are on no route.\n" in result.stdout


def test_json_is_plain_data_with_null_for_what_is_missing(asked: dict[str, Any], tmp_path: Path) -> None:
    answer = json.loads(call("run", BROKEN / "good.yaml", "--json").stdout)
    assert answer["folder"] == f"{tmp_path}/run"
    assert (answer["exit_code"], answer["flags"], answer["reused"], answer["findings"]) == (0, [], False, [])
    assert answer["outcomes"][1]["bound"] is None
    assert answer["stages"] == [{"stage": "calls", "source": "cache", "seconds": 0.25}]


def test_run_refuses_a_sweep_that_validate_accepts(tmp_path: Path) -> None:
    sweep = tmp_path / "sweep.yaml"
    sweep.write_text(f"extends: {BROKEN}/good.yaml\nsweep: {{solve.seed: [1, 2]}}\n")
    result = call("run", sweep)
    assert result.exit_code == 2
    assert "describes several runs" in result.stderr
    checked = call("validate", sweep)
    assert checked.exit_code == 0, checked.stderr
    assert "valid, several runs" in checked.stdout


@pytest.mark.parametrize("command", ["run", "validate", "explain", "load"])
def test_a_broken_scenario_ends_with_3_and_its_golden_text(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BROKEN)
    result = call(command, "out_of_range.yaml")
    assert result.exit_code == 3
    assert result.stderr == Path("out_of_range.txt").read_text()
    assert result.stdout == ""


def test_problems_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    result = call("validate", BROKEN / "unknown_key.yaml", "--json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["valid"]) == (3, False)
    first = answer["problems"][0]
    assert (first["file"], first["line"], first["column"]) == (str(BROKEN / "unknown_key.yaml"), 2, 1)
    assert (first["key"], first["suggestion"]) == ("chanels", "channels")


@pytest.mark.parametrize(
    "words",
    [
        ["run"],
        ["run", BROKEN / "good.yaml", "--set", "solve.seed"],
        ["explain", BROKEN / "good.yaml", "rep"],
        ["show", "nowhere"],
        ["why", "nowhere", "C1"],
        ["check", "nowhere"],
        ["new", "../up"],
        ["new", " "],
        ["sweep"],
        ["compare", "nowhere"],
        ["sweep", BROKEN / "good.yaml"],
        ["new", "tiny", "--customers", "0"],
    ],
)
def test_wrong_usage_ends_with_2(words: list[str | Path]) -> None:
    result = call(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr


def test_a_misspelt_key_or_run_is_guessed(tmp_path: Path) -> None:
    assert "did you mean `reps`?" in call("explain", BROKEN / "good.yaml", "rep").stderr
    (tmp_path / "2026-W11-abcdef0123").mkdir()
    assert "did you mean 2026-W11-abcdef0123?" in call("show", "2026-W11-abcdef", "--runs", tmp_path).stderr


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (NoLegalPlan("two laws clash"), 4, "two laws clash\n"),
        (UsageError("no such run"), 2, "no such run\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
    ],
)
def test_errors_end_as_a_sentence_and_their_exit_code(
    error: BaseException, code: int, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setitem(vars(outputs), "run_scenario", fail)
    result = call("run", BROKEN / "good.yaml")
    assert (result.exit_code, result.stderr) == (code, text)


def test_our_own_fault_is_one_line_with_the_traceback_in_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("by zero\nand more")

    monkeypatch.setitem(vars(outputs), "run_scenario", fail)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.delenv("MUSTER_DEBUG", raising=False)
    result = call("run", BROKEN / "good.yaml")
    assert result.exit_code == 1
    (kept,) = tmp_path.iterdir()
    assert result.stderr.startswith("Muster failed, and this is no fault of yours: ZeroDivisionError: by zero (")
    assert str(kept) in result.stderr
    assert result.stderr.count("\n") == 1
    assert 'raise ZeroDivisionError("by zero' in kept.read_text()
    monkeypatch.setenv("MUSTER_DEBUG", "1")
    assert "Traceback (most recent call last)" in call("run", BROKEN / "good.yaml").stderr


def test_show_why_and_check_speak_of_a_finished_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "2026-W11-abc"
    folder.mkdir()
    monkeypatch.setitem(vars(outputs), "read_run", lambda path: made(path, reused=True))
    monkeypatch.setitem(vars(outputs), "explain_customer", lambda path, who: f"{path.name}: {who} is visited")
    monkeypatch.setitem(vars(outputs), "check_run", lambda path: [])
    assert "(made before, unchanged)" in call("show", folder.name, "--runs", tmp_path).stdout
    assert json.loads(call("show", folder, "--json").stdout)["reused"] is True
    assert call("why", folder, "C00104").stdout == "2026-W11-abc: C00104 is visited\n"
    assert (call("check", folder).exit_code, call("check", folder).stdout) == (0, f"{folder}: sound\n")
    monkeypatch.setitem(vars(outputs), "check_run", lambda path: ["kpis.csv: changed"])
    result = call("check", folder, "--json")
    assert result.exit_code == 5
    assert json.loads(result.stdout) == {"run": str(folder), "sound": False, "problems": ["kpis.csv: changed"]}


def test_explain_prints_values_and_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BROKEN)
    result = call("explain", "good.yaml", "horizon")
    assert result.stdout == "  horizon.start  2026-03-09  good.yaml:3:18\n  horizon.days   5           good.yaml:3:36\n"
    rows = json.loads(call("explain", "good.yaml", "reps.travel", "--json").stdout)
    assert {"key": "reps.travel.speed_kmh", "value": 30.0, "origin": "default"} in rows


def test_schema_prints_json() -> None:
    assert json.loads(call("schema").stdout)["title"] == "Muster scenario"


def test_a_new_company_can_be_validated_and_loaded(tmp_path: Path) -> None:
    words = ["new", "tiny", "--customers", "60", "--reps", "3", "--agents", "6", "--seed", "3", "--folder", tmp_path]
    first = call(*words)
    assert first.exit_code == 0, first.stderr
    week = tmp_path / "tiny" / "week.yaml"
    assert first.stdout == f"{week}\n"
    assert call(*words).exit_code == 2
    checked = call("validate", week)
    assert checked.exit_code == 0, checked.stderr
    wrong = call("validate", week, "--set", "reps.absent=[R99]", "--set", "solve.sede=1", "--json")
    told = [problem["key"] for problem in json.loads(wrong.stdout)["problems"]]
    assert (wrong.exit_code, sorted(told)) == (3, ["reps.absent.0", "solve.sede"])
    loaded = call("load", week, "--store", tmp_path / "store", "--json")
    counts = {row["table"]: row for row in json.loads(loaded.stdout)["counts"]}
    assert counts["customers"]["bronze"] == 60
    assert "customers" in call("load", week, "--store", tmp_path / "store").stdout


def timed(*words: str | Path) -> float:
    began = time.perf_counter()
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "plan.py", *map(str, words)], cwd=ROOT, capture_output=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return time.perf_counter() - began


def test_help_imports_nothing_heavy() -> None:
    """The wall time is 0.15 s on two cores; modules are what a busy machine cannot blur."""
    code = """
import json, sys, plan
try:
    plan.app(["--help"], prog_name="plan.py")
except SystemExit:
    print(json.dumps(sorted(sys.modules)))
"""
    text = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    loaded = set(json.loads(text.splitlines()[-1]))
    heavy = {"pandas", "numpy", "pydantic", "ruamel.yaml", "holidays", "ortools", "sklearn", "duckdb", "outputs.run"}
    assert loaded & heavy == set()
    assert min(timed("--help") for _ in range(3)) < 0.5


class TestRealWeek:
    pytestmark = real_week

    def test_a_typo_file_tells_all_four_faults(self) -> None:
        result = call("validate", SHARED / "broken" / "typo.yaml", "--json")
        lines = [problem["line"] for problem in json.loads(result.stdout)["problems"]]
        assert (result.exit_code, lines) == (3, [5, 6, 7, 7])

    @pytest.mark.parametrize("name", ["week", "two_reps_away", "headcount_by_service_level"])
    def test_its_files_are_valid(self, name: str) -> None:
        result = call("validate", SHARED / f"{name}.yaml")
        assert result.exit_code == 0, result.stderr
