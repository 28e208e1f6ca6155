"""House rules that no other tool checks: short files, no address of a machine, no foreign owner of a room's name."""

import re
import subprocess
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("scenarios", "inputs", "forecasting", "solvers", "planner", "outputs", "benchmarks", "service", "plan")
MAX_LINES = 400

FOREIGN = {
    "a machine's path": re.compile(r"(?<![\w.:/-])/(?:work|root|home/\w+|Users/\w+|tmp/\w+)/"),
    "a package index": re.compile(r"--(?:extra-)?index-url|--find-links|--trusted-host|https?://[^\s\"'<>)]*/simple\b"),
    "a private address": re.compile(
        r"https?://(?:\w+[:@]\w*@|(?:10|127|192\.168)\.\d|[\w-]+(?:\.[\w-]+)*\.(?:internal|local|corp)\b)"
    ),
}


def tracked() -> list[Path]:
    """Files of the project: what git tracks, and what it would."""
    found = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if found.returncode:
        pytest.skip("no git checkout")
    return sorted(path for name in found.stdout.decode().split("\0") if name and (path := ROOT / name).is_file())


def test_no_python_file_is_over_400_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked()
        if path.suffix == ".py" and (lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_LINES
    }
    assert long == {}


def foreign_in(text: str) -> list[str]:
    """What in a text belongs to one machine: `kind: line`."""
    return [
        f"{kind}: {line.strip()[:120]}"
        for kind, pattern in FOREIGN.items()
        for line in text.splitlines()
        if pattern.search(line)
    ]


def test_no_file_names_a_machine_or_a_package_index() -> None:
    found = {}
    for path in tracked():
        raw = path.read_bytes()
        if b"\0" in raw or path == Path(__file__).resolve():
            continue
        if lines := foreign_in(raw.decode("utf-8", "replace")):
            found[str(path.relative_to(ROOT))] = lines
    assert found == {}


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("path: /root/muster/week.yaml", 1),
        ("cp /home/ana/plan.py .", 1),
        ("--index-url https://example.org/simple", 1),
        ("https://ana:word@example.org/simple/numpy", 2),
        ("see http://10.0.0.7:8080/x", 1),
        ("the work/root folder, ../shared/real_week/week.yaml", 0),
        ("https://example.org/work/home", 0),
        ("numpy==2.4.6", 0),
    ],
)
def test_the_search_for_machines_finds_them(text: str, count: int) -> None:
    assert len(foreign_in(text)) == count


def test_the_lock_file_holds_pins_only() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[\w.+!-]+", line)] == []
    assert len(lines) > 50


def test_no_other_distribution_owns_a_room() -> None:
    """Rooms have common names; a package of the same name would shadow one."""
    owners = packages_distributions()
    foreign = {room: set(owners.get(room, [])) - {"muster"} for room in ROOMS}
    assert {room: names for room, names in foreign.items() if names} == {}
