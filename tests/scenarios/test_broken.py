"""Broken scenario files: the text a planner sees is held word for word beside each file."""

import os
from pathlib import Path

import pytest

from scenarios.errors import ScenarioError
from scenarios.loader import examine_scenario, load_scenario

BROKEN = Path(__file__).parent / "broken"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "real_week"
FILES = sorted(path.name for path in BROKEN.glob("*.yaml") if path.name != "good.yaml")


def told(name: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(Path(name))
    return f"{caught.value}\n"


@pytest.mark.parametrize("name", FILES)
def test_a_broken_file_is_told_as_its_golden_text(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """MUSTER_WRITE_GOLDEN=1 writes the texts anew; read the difference before it is committed."""
    monkeypatch.chdir(BROKEN)
    golden = Path(name).with_suffix(".txt")
    if os.environ.get("MUSTER_WRITE_GOLDEN") == "1":
        golden.write_text(told(name), encoding="utf-8")
    assert told(name) == golden.read_text(encoding="utf-8")


def test_every_golden_text_belongs_to_a_file() -> None:
    assert {path.stem for path in BROKEN.glob("*.txt")} == {Path(name).stem for name in FILES}
    assert len(FILES) >= 20


def test_the_good_file_that_others_extend_is_good() -> None:
    assert load_scenario(BROKEN / "good.yaml").scenario.channels["outbound"].capacity_minutes_per_day == 900


@pytest.mark.parametrize("name", FILES)
def test_each_problem_stands_on_its_token(name: str) -> None:
    """Only a missing key of the top level stands nowhere."""
    examined = examine_scenario(BROKEN / name)
    for problem in examined.problems:
        if problem.place is None:
            assert "is missing" in problem.message
            continue
        assert problem.place.path in examined.files
        lines = examined.texts.lines[problem.place.path]
        assert 1 <= problem.place.line <= max(1, len(lines))
        assert 1 <= problem.place.column <= max(map(len, lines), default=0) + 1


needs_real_week = [
    pytest.mark.real_week,
    pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/real_week is not beside the checkout"),
]


class TestRealWeek:
    pytestmark = needs_real_week

    @pytest.mark.parametrize("name", ["week", "two_reps_away", "headcount_by_service_level"])
    def test_its_good_files_load(self, name: str) -> None:
        loaded = load_scenario(SHARED / f"{name}.yaml")
        assert loaded.scenario.staffing.opening_hours["fri"] == (7 * 60, 14 * 60)
        assert loaded.scenario.data.customers.path == SHARED / "data" / "customers.csv.gz"

    def test_typos_are_all_placed_at_once(self) -> None:
        """The fourth fault, a rep who does not exist, needs the tables: test_plan_cli."""
        problems = examine_scenario(SHARED / "broken" / "typo.yaml").problems
        found = {(p.place.line, p.place.column, p.key) for p in problems if p.place}
        assert found == {
            (5, 5, "channels.outbound.capcity_minutes_per_day"),
            (7, 42, "staffing.service_level.answered_pct"),
            (7, 63, "staffing.service_level.within_seconds"),
        }
        assert [p.suggestion for p in problems if "capcity" in p.key] == ["capacity_minutes_per_day"]

    @pytest.mark.parametrize(("name", "other"), [("cycle_a", "cycle_b"), ("cycle_b", "cycle_a")])
    def test_a_cycle_is_named(self, name: str, other: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(SHARED / "broken")
        first = told(f"{name}.yaml").splitlines()[0]
        chain = f"{name}.yaml -> {other}.yaml -> {name}.yaml"
        assert first == f"{other}.yaml:1:10: `extends` leads back to this file: {chain}"
