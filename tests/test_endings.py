"""How a run may end early: Ctrl-C, a killed process, a full disk. No half folder stays, the next run works."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

import outputs
import plan
from inputs.synthetic import make_company, write_company
from outputs.folder import broken_seal
from outputs.process import pool, stoppable

ROOT = Path(__file__).resolve().parents[1]
pytestmark = [
    pytest.mark.xdist_group("endings"),
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
]


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    company = make_company("tiny", customers=50, reps=2, agents=3, seed=12)
    return write_company(company, tmp_path_factory.mktemp("endings") / "tiny")


def start(week: Path, runs: Path, *settings: str) -> subprocess.Popen[str]:
    """A run in a process of its own; its progress can be read line by line."""
    words = ["run", str(week), "--runs", str(runs), "--store", str(week.parent / "store")]
    words += ["--set", "solve.effort=quick", "--set", "outputs=[report]", *settings]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "plan.py", *words], cwd=ROOT, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def sealed(runs: Path) -> list[Path]:
    return [folder for folder in runs.iterdir() if not folder.name.startswith(".")] if runs.is_dir() else []


def test_a_killed_run_leaves_no_half_folder_and_the_next_one_succeeds(week: Path, tmp_path: Path) -> None:
    """Killed at ten moments, from the start until it has ended: whatever stands in `runs` is whole."""
    moments = random.Random(1)
    for _ in range(10):
        with start(week, tmp_path) as process:
            try:
                process.wait(timeout=moments.uniform(0.3, 3.0))
            except subprocess.TimeoutExpired:
                process.kill()
        assert all(broken_seal(folder) == [] for folder in sealed(tmp_path))
    with start(week, tmp_path, "--set", "name=last") as process:
        _, told = process.communicate()
    assert process.returncode == 0, told
    assert all(broken_seal(folder) == [] for folder in sealed(tmp_path))
    assert list(tmp_path.glob(".draft-*")) == []
    assert list((week.parent / "store" / "cache").glob(".draft-*")) == []


def interrupted_after(week: Path, runs: Path, store: str, seconds: float, *settings: str) -> tuple[int, str, float]:
    """(exit code, what was told, seconds until the end) of a run that gets a Ctrl-C so long after its start."""
    with start(week, runs, "--store", str(week.parent / store), *settings) as process:
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
        asked = time.perf_counter()
        _, told = process.communicate()
    return process.returncode, told, time.perf_counter() - asked


def test_ctrl_c_ends_a_run_at_any_moment_with_a_plan_or_a_sentence(week: Path, tmp_path: Path) -> None:
    """Fresh runs: 130 with a sealed plan, 130 with a sentence, or done; no half folder, no traceback."""
    moments = random.Random(3)
    endings = []
    for number in range(6):
        runs = tmp_path / f"{number}"
        settings = ("--set", f"solve.seed={number}")
        code, told, seconds = interrupted_after(week, runs, f"fresh{number}", moments.uniform(0.6, 5.0), *settings)
        folders = sealed(runs)
        assert all(broken_seal(folder) == [] for folder in folders)
        assert list(runs.glob(".draft-*")) == []
        assert "Traceback" not in told
        assert seconds < 120, told  # some seconds on a machine of its own
        if code == 130 and not folders:
            assert "interrupted" in told
        elif code == 130:
            assert "interrupted: the run ends soon, with the best plan found by then" in told
            assert [folder.name.endswith("-interrupted") for folder in folders] == [True]
        else:
            assert (code, len(folders)) == (0, 1), told
        endings.append((code, len(folders)))
    assert {code for code, _ in endings} >= {130}


def test_ctrl_c_during_the_searches_keeps_the_best_so_far(week: Path, tmp_path: Path) -> None:
    """Forecasts are known; asked to stop, the run still ends with a sealed plan, says so, and exits with 130."""
    first = tmp_path / "first"
    with start(week, first) as process:
        process.communicate()
    with start(week, tmp_path / "runs", "--set", "staffing.shrinkage_pct=11") as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("load"):
                process.send_signal(signal.SIGINT)
                break
        told = process.stderr.read()
        process.wait()
    assert process.returncode == 130, told
    assert "interrupted: the run ends soon, with the best plan found by then" in told
    (folder,) = sealed(tmp_path / "runs")
    assert folder.name.endswith("-interrupted")
    assert broken_seal(folder) == []


def test_ctrl_c_before_there_is_a_plan_is_a_sentence(week: Path, tmp_path: Path) -> None:
    """Asked while forecasts are still to be made: nothing is written, and what was said tells why."""
    with start(week, tmp_path, "--store", str(week.parent / "unknown")) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("load"):
                process.send_signal(signal.SIGINT)
                break
        told = process.stderr.read()
        process.wait()
    assert process.returncode == 130, told
    assert "there is no plan yet, and nothing was written" in told
    assert sealed(tmp_path) == []


def test_the_second_ctrl_c_leaves_at_once() -> None:
    """The first makes the question answer yes; the second is a KeyboardInterrupt; afterwards all is as before."""
    before, told = signal.getsignal(signal.SIGINT), list[str]()

    def twice() -> bool:
        with stoppable(told.append, "it ends") as stop:
            assert not stop()
            signal.raise_signal(signal.SIGINT)
            assert stop()
            signal.raise_signal(signal.SIGINT)
        return stop()

    with pytest.raises(KeyboardInterrupt):
        twice()
    assert told == ["interrupted: it ends; Ctrl-C again leaves at once, without a result"]
    assert signal.getsignal(signal.SIGINT) == before


def test_an_error_ends_the_processes_of_a_pool() -> None:
    """Who leaves a pool by an error does not wait for what its processes do."""
    began = time.perf_counter()

    def leave() -> None:
        with pool(1) as executor:
            executor.submit(time.sleep, 60)
            time.sleep(1.0)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        leave()
    assert time.perf_counter() - began < 20


@pytest.mark.parametrize(
    "fault",
    [OSError(28, "No space left on device", "/data/x"), RuntimeError("parquet: No space left on device (os error 28)")],
)
def test_a_full_disk_is_a_sentence(fault: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 1, what to do, and no traceback, whoever found the disk full."""

    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setitem(vars(outputs), "run_scenario", fail)
    monkeypatch.setattr("outputs.cli.planning.examined_scenario", lambda *_: SimpleNamespace(loaded=None))
    result = CliRunner().invoke(plan.app, ["run", "week.yaml"])
    assert result.exit_code == 1
    assert result.stderr.startswith("The disk is full")
    assert result.stderr.count("\n") == 1


def test_a_full_disk_leaves_no_half_folder(week: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk fills up while the report is written: neither a run nor a draft stays."""

    def fill_up(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("outputs.run.write_outputs", fill_up)
    words = ["run", str(week), "--runs", str(tmp_path), "--store", str(week.parent / "store"), "-q"]
    result = CliRunner().invoke(plan.app, [*words, "--set", "solve.effort=quick"])
    assert result.exit_code == 1, result.stderr
    assert "The disk is full" in result.stderr
    assert list(tmp_path.iterdir()) == []
