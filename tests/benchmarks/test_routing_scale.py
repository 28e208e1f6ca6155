from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import routing_scale
from benchmarks.frame import Options
from benchmarks.routing_scale import DRIVE, faults_of, make_field, measure_field, measure_week, summarise
from solvers.routing.scale import solve


@pytest.fixture(scope="module")
def field():
    problem = make_field(3, 60, seed=2)
    return problem, solve(problem, travel=DRIVE, seed=1, effort="quick")


def test_a_field_comes_from_its_seed():
    """Same seed, same field; four reps of three at most; no matrix is kept."""
    first, again, other = (make_field(3, 40, seed=s) for s in (1, 1, 2))
    assert first.tasks == again.tasks
    assert first.tasks != other.tasks
    assert all(len({first.shifts[s].rep_id for s in t.shifts}) == 3 for t in first.tasks)
    assert first.seconds.size == 0


def test_the_second_formula_of_a_drive_agrees():
    """Haversine and the law of cosines: the same km to a metre, whole seconds never longer than planned."""
    problem = make_field(2, 30, seed=5)
    seconds, km = DRIVE.matrix(problem.places, problem.places)
    for a in range(8):
        for b in range(8):
            mine = routing_scale._drive(problem.places, a, b)
            assert mine[1] == pytest.approx(km[a, b], abs=1e-3)
            assert 0 <= seconds[a, b] - mine[0] <= 1


def test_faults_are_found(field):
    """A sound plan has none; a visit made twice, a day overfilled and a value overstated are named."""
    problem, plan = field
    assert faults_of(problem, plan) == []
    longest = max(range(len(plan.sequences)), key=lambda s: len(plan.sequences[s]))
    order = plan.sequences[longest]
    doubled = tuple((*o, o[0]) if s == longest else o for s, o in enumerate(plan.sequences))
    assert f"{problem.tasks[order[0]].customer_id} visited twice" in faults_of(
        problem, replace(plan, sequences=doubled)
    )
    full = tuple(tuple(range(60)) if s == longest else () for s in range(len(plan.sequences)))
    assert any("late" in text or "window" in text for text in faults_of(problem, replace(plan, sequences=full)))
    assert "value" in faults_of(problem, replace(plan, value_eur=plan.value_eur + 5))[0]


def test_rows_and_summary(monkeypatch, tmp_path):
    """A tiny field: figures by their keys, no faults, the solution file has a line for each visit."""
    monkeypatch.setattr(routing_scale, "WORKERS", 1)
    (row,) = measure_field(Options(Path(), size="quick", seed=4, solutions=tmp_path), 2, 40)
    assert row["faults"] == 0
    assert 0 < row["value_over_bound_pct"] <= 100
    lines = (tmp_path / "field_2.csv").read_text().splitlines()
    assert lines[0] == "rep,day,position,customer"
    assert len(lines) == 1 + row["visits"]
    week = [{"measure": "rep-week of 250", "value": 99.0}, {"measure": "rep-week of 250", "value": 100.0}]
    summary = summarise([row, *week])
    assert summary["scale.week_1s_over_10s_pct"] == 99.0
    assert summary["scale.value_over_bound_pct"] == row["value_over_bound_pct"]
    assert set(summary) == set(routing_scale.SUMMARY_KEYS)


def test_the_cells_of_a_size():
    """A rep's week, and the field of the size."""
    keys = [cell.key for cell in routing_scale.cells(Options(Path(), size="quick"))]
    assert keys == ["scale week", "scale field 10 x 2000"]


def test_a_week_is_searched_twice(monkeypatch):
    """Two rows of the same week; ten times as long a search is not worth less (tiny here: the same plan)."""
    monkeypatch.setattr(routing_scale, "WEEK_SECONDS", (0.05, 0.3))
    short, long = measure_week(Options(Path(), seed=4))
    assert short["customers"] == long["customers"] == 250
    assert 0.9 * long["value"] <= short["value"]
