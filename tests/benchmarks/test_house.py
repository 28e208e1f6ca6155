"""The house benchmark: what it makes of commands that answer, fail or plan unequal tables; a real process measured."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from benchmarks import house
from benchmarks.frame import Options
from benchmarks.process import Finished, run_plan


class Commands:
    """Stands in for plan.py: writes tables as told and remembers the commands."""

    def __init__(self, *, contents: Sequence[str] = ("same",) * 9, exit_codes: dict[str, int] | None = None) -> None:
        self.contents, self.exit_codes = list(contents), exit_codes or {}
        self.asked: list[list[str]] = []

    def __call__(self, arguments: Sequence[str | Path], *, folder: Path, limit_seconds: float = 0) -> Finished:
        asked = [str(each) for each in arguments]
        self.asked.append(asked)
        name = Path(asked[1]).stem if asked[0] == "run" else asked[0]
        code = self.exit_codes.get(name, 0)
        if asked[0] != "run" or code not in (0, 5):
            return Finished(code, 0.25, 50.0, "", "first\nsays why\n")
        runs = Path(asked[asked.index("--runs") + 1])
        tables = runs / name / "tables"
        again = tables.exists()
        tables.mkdir(parents=True, exist_ok=True)
        if not again:
            (tables / "routes.csv").write_text(self.contents.pop(0))
        kept = again or runs.name == "other runs"
        stages = [{"stage": s, "source": "cache" if kept or (name != "week" and s == "calls") else "computed"}
                  for s in ("calls", "routing")]  # fmt: skip
        answer = {"stages": stages, "findings": [], "folder": str(runs / name)}
        return Finished(code, 2.0 if kept else 40.0, 700.0, json.dumps(answer), "")


def real_week(tmp_path: Path) -> Options:
    """Options whose real week is a folder of empty scenario files."""
    folder = tmp_path / "real_week"
    (folder / "broken").mkdir(parents=True)
    for name in ("week", "two_reps_away", "broken/typo", "broken/cycle_a"):
        (folder / f"{name}.yaml").write_text("")
    return Options(data=tmp_path / "data", solutions=tmp_path / "solutions")


def rows_of(options: Options) -> list[dict]:
    return [row for cell in house.cells(options) for row in cell.run()]


def test_summary_of_commands_that_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds, stages computed and kept, equality and exit codes come from the right rows."""
    options = real_week(tmp_path)
    commands = Commands(exit_codes={"typo": 3, "cycle_a": 3, "week": 5})
    monkeypatch.setattr(house, "run_plan", commands)
    rows = rows_of(options)
    summary = house.summarise(rows)
    assert set(summary) == set(house.SUMMARY_KEYS)
    assert summary == {
        "help_seconds": 0.25, "validate_seconds": 0.25, "run_seconds": 40.0, "rerun_seconds": 2.0,
        "tables_equal": True, "audit_findings": 0, "recomputed_stages": 1, "cached_stages": 1,
        "broken_exit_codes_ok": True, "synthetic_run_seconds": 40.0, "peak_mb": 700.0,
    }  # fmt: skip
    assert (tmp_path / "solutions" / "real_week" / "routes.csv").read_text() == "same"
    assert sum(asked[0] == "--help" for asked in commands.asked) == 5
    assert not any("solve.effort=quick" in asked for asked in commands.asked)


def test_unequal_tables_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan computed from nothing that differs in a byte makes the summary say no."""
    options = real_week(tmp_path)
    commands = Commands(contents=["one", "one", "other", *["same"] * 9], exit_codes={"typo": 3, "cycle_a": 3})
    monkeypatch.setattr(house, "run_plan", commands)
    rows = rows_of(options)
    assert [row["equal"] for row in rows if "equal" in row][:3] == [True, True, False]
    assert house.summarise(rows)["tables_equal"] is False


def test_failures_are_no_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that fails has no seconds in the summary and says why; broken files with another exit code are not ok."""
    options = real_week(tmp_path)
    monkeypatch.setattr(house, "run_plan", Commands(exit_codes={"week": 1, "typo": 3, "cycle_a": 1, "new": 1}))
    rows = rows_of(options)
    failed = next(row for row in rows if row["measure"] == "run")
    assert (failed["exit_code"], failed["note"]) == (1, "says why")
    summary = house.summarise(rows)
    assert summary["run_seconds"] is None
    assert summary["tables_equal"] is None
    assert summary["broken_exit_codes_ok"] is False
    assert summary["synthetic_run_seconds"] is None
    assert [row["measure"] for row in rows if row["week"] == "synthetic"] == ["new"]


def test_quick_plans_a_small_synthetic_company_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """300 customers at effort quick, also where the real week is there; own instances are planned in its place."""
    options = real_week(tmp_path)
    commands = Commands(exit_codes={"typo": 3, "cycle_a": 3})
    monkeypatch.setattr(house, "run_plan", commands)
    quick = Options(data=options.data, size="quick")
    assert [cell.key for cell in house.cells(quick)] == ["help", "broken", "synthetic"]
    rows = rows_of(quick)
    assert "300" in next(asked for asked in commands.asked if asked[0] == "new")
    assert all("solve.effort=quick" in asked for asked in commands.asked if "--json" in asked)
    assert {row["week"] for row in rows if row["measure"] == "run"} == {"synthetic"}
    own = Options(data=tmp_path / "nothing" / "data", instances=(tmp_path / "real_week" / "week.yaml",))
    assert [cell.key.split(" ")[0] for cell in house.cells(own)] == ["help", "week", "synthetic"]
    assert house.inputs(own) == (tmp_path / "nothing" / "real_week", tmp_path / "real_week" / "week.yaml")


def test_a_real_process_is_measured(tmp_path: Path) -> None:
    """plan.py --help answers, with its own memory and not ours; 2 for an unknown command; killed at the limit."""
    ours = np.ones(64 * 2**20)
    done = run_plan(["--help"], folder=tmp_path)
    assert done.exit_code == 0
    assert "run" in done.stdout
    assert 0.02 < done.seconds < 60
    assert 5 < done.peak_mb < 400
    assert run_plan(["no-such-command"], folder=tmp_path).exit_code == 2
    assert run_plan(["--help"], folder=tmp_path, limit_seconds=0.001).exit_code == -9
    assert ours.nbytes == 512 * 2**20


def test_last_words_name_no_folder(tmp_path: Path) -> None:
    """The note of a failed command is its last line, without this machine's folders."""
    text = f"one\n{tmp_path.parents[-2]}/x: {house.__file__} is bad\n\n"
    words = Finished(1, 1.0, 1.0, "", text).last_words()
    assert words.endswith("benchmarks/house.py is bad")
    assert str(Path(house.__file__).parent) not in words
    assert Finished(1, 1.0, 1.0, "", "").last_words() == ""
