"""The frame of the benchmarks: rows as they finish, kept when stopped, a JSON object last, RESULTS.md by section."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import benchmarks.__main__ as command
from benchmarks.frame import Benchmark, Cell, Options, measure, plain, whole_summary
from benchmarks.keeping import Kept, code_files, fingerprint
from benchmarks.results import figure, line_of, machine, rewrite, section

OPTIONS = Options(data=Path("nowhere"))


def toy(log: list[str], *, broken: str = "", stop: str = "") -> Benchmark:
    """Three cells a, b, c, each worth its place; `broken` raises, `stop` is interrupted."""

    def cell(key: str, value: float) -> Cell:
        def run() -> Iterator[dict]:
            log.append(key)
            if key == stop:
                raise KeyboardInterrupt
            if key == broken:
                raise ZeroDivisionError("by nothing")
            yield {"instance": key, "value": np.float64(value)}

        return Cell(key, run)

    return Benchmark(
        name="toy",
        about="Counts to three.",
        columns=("instance", "value"),
        summary_keys=("sum", "unmeasured"),
        cells=lambda options: [cell("a", 1), cell("b", 2), cell("c", 3.5)],
        summarise=lambda rows: {"sum": sum(row["value"] for row in rows)},
    )


def test_rows_sum_to_the_summary_and_undeclared_keys_are_refused(tmp_path: Path) -> None:
    """1 + 2 + 3.5; a key that was not measured is None; one that was not declared is an error."""
    shown: list = []
    measured = measure(
        toy([]), OPTIONS, Kept(tmp_path, name="toy", fingerprint="x"), lambda row, kept: shown.append((row, kept))
    )
    assert measured.summary == {"sum": 6.5, "unmeasured": None}
    assert [kept for _, kept in shown] == [False] * 3
    wrong = Benchmark("toy", "", (), ("sum",), lambda o: [], lambda rows: {"other": 1})
    with pytest.raises(ValueError, match="does not declare: other"):
        whole_summary(wrong, [])


def test_a_stopped_run_goes_on(tmp_path: Path) -> None:
    """Interrupted in b, the second run answers a from what was kept and measures b and c."""
    log: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        measure(toy(log, stop="b"), OPTIONS, Kept(tmp_path, name="toy", fingerprint="x"), lambda *a: None)
    shown: list = []
    measured = measure(
        toy(log), OPTIONS, Kept(tmp_path, name="toy", fingerprint="x"), lambda row, kept: shown.append(kept)
    )
    assert log == ["a", "b", "b", "c"]
    assert shown == [True, False, False]
    assert measured.summary["sum"] == 6.5


def test_a_broken_cell_costs_only_itself(tmp_path: Path) -> None:
    """The others are measured; the broken one is named and measured again next time."""
    log: list[str] = []
    kept = Kept(tmp_path, name="toy", fingerprint="x")
    measured = measure(toy(log, broken="b"), OPTIONS, kept, lambda *a: None)
    assert measured.failed == (("b", "ZeroDivisionError: by nothing"),)
    assert measured.summary["sum"] == 4.5
    assert kept.rows_of("b") is None
    assert kept.rows_of("c") == [{"instance": "c", "value": 3.5}]


def test_kept_rows_survive_a_cut_line_but_no_change(tmp_path: Path) -> None:
    """A half-written last line is forgotten; another fingerprint sees nothing and removes the old file."""
    kept = Kept(tmp_path, name="toy", fingerprint="x")
    kept.keep("a", [{"v": 1}])
    with kept.file.open("a") as file:
        file.write('{"cell": "b", "ro')
    again = Kept(tmp_path, name="toy", fingerprint="x")
    assert again.rows_of("a") == [{"v": 1}]
    assert again.rows_of("b") is None
    again.keep("b", [{"v": 2}])
    assert Kept(tmp_path, name="toy", fingerprint="x").rows_of("b") == [{"v": 2}]
    assert Kept(tmp_path, name="toy", fingerprint="y").rows_of("a") is None
    assert not kept.file.exists()


def test_fingerprint_follows_code_options_and_inputs(tmp_path: Path) -> None:
    """It changes with a line of code, an option, an input's content; not with tests or runs."""
    for name in ("room", "tests", "runs"):
        (tmp_path / name).mkdir()
    (tmp_path / "room" / "a.py").write_text("1")
    data = tmp_path / "data.txt"
    data.write_text("x")
    first = fingerprint(["quick"], root=tmp_path, inputs=[data])
    (tmp_path / "tests" / "t.py").write_text("1")
    (tmp_path / "runs" / "r.csv").write_text("1")
    assert fingerprint(["quick"], root=tmp_path, inputs=[data]) == first
    assert [file.name for file in code_files(tmp_path)] == ["a.py"]
    seen = {first, fingerprint(["full"], root=tmp_path, inputs=[data])}
    data.write_text("y")
    seen.add(fingerprint(["quick"], root=tmp_path, inputs=[data]))
    (tmp_path / "room" / "a.py").write_text("2")
    seen.add(fingerprint(["quick"], root=tmp_path, inputs=[data]))
    seen.add(fingerprint(["quick"], root=tmp_path, inputs=[tmp_path / "room"]))
    (tmp_path / "room" / "b.txt").write_text("2")
    seen.add(fingerprint(["quick"], root=tmp_path, inputs=[tmp_path / "room"]))
    assert len(seen) == 6
    assert fingerprint([], root=tmp_path, inputs=[tmp_path / "missing"])


def test_values_as_tables_and_json_show_them() -> None:
    """Numpy numbers become Python's, what is no number becomes nothing."""
    assert plain({"a": np.int64(2), "b": [float("nan"), np.float32(0.5)], "c": float("inf")}) == {
        "a": 2, "b": [None, 0.5], "c": None,
    }  # fmt: skip
    values = (None, True, False, 0.123456, 12345.6, 12345, "x", 2)
    assert [figure(value) for value in values] == ["-", "yes", "no", "0.1235", "12,346", "12,345", "x", "2"]
    assert line_of({"a": "x", "b": 1}, ("a", "b")) == "x" + " " * 41 + "1"


def test_results_are_rewritten_by_section(tmp_path: Path) -> None:
    """A run replaces its own section and leaves the others; sections are sorted; no place of this machine is named."""
    path = tmp_path / "RESULTS.md"
    measured = measure(toy([]), OPTIONS, Kept(tmp_path, name="toy", fingerprint="x"), lambda *a: None)
    rewrite(path, section(toy([]), Options(Path("d"), size="quick"), measured))
    rewrite(path, section(toy([]), Options(Path("d"), seconds=5, instances=(Path("i"),)), measured))
    rewrite(path, section(toy([]), Options(Path("d"), size="quick", seed=9), measured))
    text = path.read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## toy, default", "## toy, quick"]
    assert "seed 9." in text
    assert text.count("seed 7") == 1
    assert "5 s a solve, 1 own instances" in text
    assert "| c | 3.5 |" in text
    assert "| sum | 6.5 |" in text
    assert str(Path.cwd()) not in text
    assert "cores" in machine()
    assert "pandas" in machine()


@pytest.fixture
def commanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Arguments of a command whose benchmarks are the toy under two names, with files in a folder of its own."""
    monkeypatch.setattr(command, "built", lambda: ["house", "plan"])
    monkeypatch.setattr(command, "load", lambda name: toy([]))
    return ["--results", str(tmp_path / "R.md"), "--keep", str(tmp_path / "kept"), "--data", str(tmp_path)]


def test_last_line_is_the_json_object(commanded: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The table first, the object last; kept rows are gone when all is done."""
    assert command.main(["house", "--quick", *commanded]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "house, quick: Counts to three."
    answer = json.loads(lines[-1])
    assert set(answer) == {"benchmark", "rows", "summary"}
    assert answer["summary"] == {"sum": 6.5, "unmeasured": None}
    assert len(lines) == 6
    assert list((tmp_path / "kept").iterdir()) == []
    assert (tmp_path / "R.md").exists()


def test_all_runs_those_that_exist(commanded: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Rows say of which benchmark they are; summaries stand by name."""
    assert command.main(["all", "--full", *commanded]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(answer["summary"]) == {"house", "plan"}
    assert [row["benchmark"] for row in answer["rows"]] == ["house"] * 3 + ["plan"] * 3


def test_failures_have_exit_codes(
    commanded: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """1 for a failed cell, 130 when interrupted, 2 for what is not there."""
    monkeypatch.setattr(command, "load", lambda name: toy([], broken="b"))
    assert command.main(["house", *commanded]) == 1
    assert "b failed: ZeroDivisionError" in capsys.readouterr().err
    monkeypatch.setattr(command, "load", lambda name: toy([], stop="c"))
    assert command.main(["plan", *commanded]) == 130
    assert command.main(["routing", *commanded]) == 2
    assert capsys.readouterr().err.endswith("routing is not built yet; there are: house, plan, or all\n")
    assert command.main(["ruoting", *commanded]) == 2
    assert "ruoting is no benchmark" in capsys.readouterr().err
    assert command.main(["house", *commanded, "--instances", "not/there.csv"]) == 2
    assert "no such file: not/there.csv" in capsys.readouterr().err


def test_every_built_benchmark_declares_itself() -> None:
    """A built benchmark has its module's name and its summary keys once each."""
    for name in command.built():
        benchmark = command.load(name)
        assert benchmark.name == name
        assert len(set(benchmark.summary_keys)) == len(benchmark.summary_keys) > 0
