"""Drafts of dead processes go, those of the living stay; a stage is computed by one process at a time."""

import multiprocessing
import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from planner.cache import StageCache
from planner.drafts import STALE_SECONDS, _host, claimed, draft_in, remove_dead_drafts

posix = pytest.mark.skipif(sys.platform == "win32", reason="no locks and no signals of this kind on Windows")


def dead_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


@posix
def test_drafts_of_dead_processes_are_removed(tmp_path: Path) -> None:
    """A draft goes when its process is gone; one of a living process, or of another machine, stays for a day."""
    gone = tmp_path / f".draft-{_host()}-{dead_process()}-x"
    living = tmp_path / f".draft-{_host()}-{os.getpid()}-x"
    elsewhere = tmp_path / f".draft-elsewhere-{dead_process()}-x"
    for folder in (gone, living, elsewhere, tmp_path / "2026-W11-abc"):
        folder.mkdir()
    assert remove_dead_drafts(tmp_path, now_seconds=time.time()) == [gone.name]
    removed = remove_dead_drafts(tmp_path, now_seconds=time.time() + STALE_SECONDS + 1)
    assert removed == sorted([elsewhere.name, living.name])
    assert [path.name for path in tmp_path.iterdir()] == ["2026-W11-abc"]


def test_a_draft_that_was_not_moved_is_removed(tmp_path: Path) -> None:
    """An error inside the block leaves nothing behind; a draft that was renamed stays under its new name."""

    def fail() -> None:
        with draft_in(tmp_path / "runs") as draft:
            (draft / "half").write_text("half")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    with draft_in(tmp_path / "runs") as draft:
        (draft / "whole").write_text("whole")
        draft.rename(tmp_path / "runs" / "made")
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["made"]


def slow_stage(*, marks: str) -> dict[str, int]:
    """A stage that leaves a mark each time it is computed, and takes a while."""
    (Path(marks) / str(time.time_ns())).touch(exist_ok=False)
    time.sleep(0.5)
    return {"answer": 42}


def cell(store: str, marks: str) -> tuple[int, str]:
    cache = StageCache(Path(store))
    value = cache.run("slow", slow_stage, marks=marks)
    return value["answer"], cache.records[0].source


@posix
def test_processes_side_by_side_compute_a_stage_once(tmp_path: Path) -> None:
    """Of three processes that ask at the same time one computes; the others wait and read its result."""
    store, marks = tmp_path / "store", tmp_path / "marks"
    marks.mkdir()
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        answers = list(pool.map(cell, [str(store)] * 3, [str(marks)] * 3))
    assert sorted(answers) == [(42, "cache"), (42, "cache"), (42, "computed")]
    assert len(list(marks.iterdir())) == 1
    assert [path.name.split("-")[0] for path in store.iterdir()] == ["slow"]


@posix
def test_a_claim_dies_with_its_process(tmp_path: Path) -> None:
    """A process that is killed while it holds a claim keeps nobody waiting."""
    claim = tmp_path / "x.claim"
    code = f"""
import time
from pathlib import Path
from planner.drafts import claimed
with claimed(Path({str(claim)!r})):
    print("held", flush=True)
    time.sleep(60)
"""
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=root) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        holder.kill()
    assert claim.exists()
    began = time.perf_counter()
    with claimed(claim):
        assert claim.exists()
    assert time.perf_counter() - began < 5
    assert not claim.exists()
